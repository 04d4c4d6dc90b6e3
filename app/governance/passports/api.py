"""Posting passports over HTTP: what somebody may do, to be checked offline for some minutes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from app.governance.reasons.rules import RequestRefused
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1", route_class=Route, tags=[Tag.TOOLS])


@router.post(
    "/grants/{id}/passport", responses=responses(NotFound, Forbidden, RequestRefused, Invalid, PreconditionFailed)
)
def issue_passport(
    id: UUID, body: wire.NewPassport, request: Request, work: Annotated[Work, allow(Permission.GRANT_PASSPORT)]
) -> wire.Passport:
    """A signed passport of your own grant, for at most five minutes, if an evaluation permits what it says now."""
    office: rules.Office = request.app.state.passports
    return wire.passport(service.issue(work, office, id, body.audience))


@router.get("/passports/revocations")
def list_revocations(work: Annotated[Work, allow(Permission.PASSPORT_READ_REVOCATIONS)]) -> wire.Revocations:
    """The grants that ended, were paused or frozen within the last ten minutes, for tools that check passports offline."""
    return wire.revocations(service.revocations(work))
