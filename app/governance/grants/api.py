"""Grants over HTTP. Renewing is asking anew, and is in ``requests``."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.governance.models.rules import Right
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import Instant
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/grants", route_class=Route, tags=[Tag.LIAISONS])
_ENDING = (NotFound, Forbidden, rules.NotTheAuthority, rules.GrantEnded, PreconditionFailed)


@router.get("")
def list_grants(
    work: Annotated[Work, allow(Permission.GRANT_READ)],
    page: Annotated[Page, paging("id", "created_at", "valid_until")],
    employee_id: UUID | None = None,
    account_id: UUID | None = None,
    right: Right | None = None,
    state: rules.GrantState | None = None,
    as_of: Annotated[
        Instant | None, Query(description="Only what was in force at this instant, as it was then.")
    ] = None,
) -> Listing[wire.Grant]:
    """List the grants that you may see."""
    filters = {"employee_id": employee_id, "account_id": account_id, "right": right, "state": state}
    shown, cursor = page.cut(service.grants(work, page, as_of, filters))
    return Listing[wire.Grant](items=[wire.grant(one, work.now, as_of) for one in shown], next_cursor=cursor)


@router.get("/{id}", responses=responses(NotFound))
def get_grant(id: UUID, work: Annotated[Work, allow(Permission.GRANT_READ)]) -> wire.Grant:
    """One grant."""
    return wire.grant(service.grant(work, id), work.now)


@router.post("/{id}/revoke", responses=responses(*_ENDING))
def revoke_grant(id: UUID, body: wire.Why, work: Annotated[Work, allow(Permission.GRANT_REVOKE)]) -> wire.Grant:
    """End a right for good; everyone may give up their own."""
    return wire.grant(service.revoke(work, id, body.reason), work.now)


@router.post("/{id}/suspend", responses=responses(*_ENDING, rules.GrantSuspended))
def suspend_grant(id: UUID, body: wire.Why, work: Annotated[Work, allow(Permission.GRANT_SUSPEND)]) -> wire.Grant:
    """Pause a right."""
    return wire.grant(service.suspend(work, id, body.reason), work.now)


@router.post("/{id}/resume", responses=responses(*_ENDING, rules.NotSuspended))
def resume_grant(id: UUID, body: wire.Why, work: Annotated[Work, allow(Permission.GRANT_SUSPEND)]) -> wire.Grant:
    """End the pause of a right."""
    return wire.grant(service.resume(work, id, body.reason), work.now)
