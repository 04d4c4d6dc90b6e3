"""Erasing people who have left, and legal holds, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out
from app.kernel.work import Work

from . import rules, service

router = APIRouter(prefix="/v1", route_class=Route, tags=[Tag.ORGANISATION])


class ErasureReason(In):
    """Why, kept in the audit log; name nobody in it."""

    reason: Annotated[Prose, Field(examples=["Asked for under article 17; case 4711."])]


class HoldReason(In):
    """Why, kept in the audit log; name nobody in it."""

    reason: Annotated[Prose, Field(examples=["Needed as evidence; case 4711."])]


class Erasure(Out):
    """Somebody was erased: what they decided stands, under an id that leads to nobody."""

    employee_id: UUID
    erased_at: Instant


class LegalHold(Out):
    """As long as it is not released, nothing of this person is erased."""

    id: UUID
    employee_id: UUID
    reason: str
    set_by: UUID | None
    released_at: Instant | None
    released_by: UUID | None
    release_reason: str | None
    created_at: Instant
    updated_at: Instant


@router.post("/employees/{id}/erase", responses=responses(NotFound, rules.StillEmployed, rules.Held))
def erase_employee(id: UUID, body: ErasureReason, work: Annotated[Work, allow(Permission.EMPLOYEE_ERASE)]) -> Erasure:
    """Erase what says who somebody was who has left, and every text of theirs. It cannot be taken back."""
    return Erasure.model_validate(service.erase(work, id, body.reason))


@router.post("/employees/{id}/hold", status_code=201, responses=responses(NotFound, rules.Held))
def hold_employee(id: UUID, body: HoldReason, work: Annotated[Work, allow(Permission.LEGAL_HOLD_SET)]) -> LegalHold:
    """Set a legal hold: nothing of this person is erased until it is released."""
    return LegalHold.model_validate(service.hold(work, id, body.reason))


@router.post("/employees/{id}/release", responses=responses(NotFound, rules.NotHeld, PreconditionFailed))
def release_employee(id: UUID, body: HoldReason, work: Annotated[Work, allow(Permission.LEGAL_HOLD_SET)]) -> LegalHold:
    """Release the legal hold on a person."""
    return LegalHold.model_validate(service.release(work, id, body.reason))


@router.get("/legal-holds")
def list_legal_holds(
    work: Annotated[Work, allow(Permission.LEGAL_HOLD_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    released: bool | None = None,
) -> Listing[LegalHold]:
    """List legal holds."""
    shown, cursor = page.cut(service.holds(work, page, released=released))
    return Listing[LegalHold](items=[LegalHold.model_validate(one) for one in shown], next_cursor=cursor)
