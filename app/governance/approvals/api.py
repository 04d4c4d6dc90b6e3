"""One's inbox over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.governance.models.rules import Right, StepKind
from app.governance.routing.rules import RequestKind
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.pages import Listing, Page, paging
from app.kernel.tags import Tag
from app.kernel.wire import Instant, Out
from app.kernel.work import Work

from . import service

router = APIRouter(prefix="/v1/approvals", route_class=Route, tags=[Tag.LIAISONS])


class Notice(Out):
    """A right that a unit granted by itself, and until when the hub may veto it (by revoking it)."""

    grant_id: UUID
    employee_id: UUID
    account_id: UUID
    right: Right
    granted_at: Instant
    may_veto_until: Instant


class Approval(Out):
    """One thing that waits for the caller. ``decide``: where to say one's word; ``seat_of``: whose deputy one would be."""

    id: UUID
    kind: RequestKind
    account_id: UUID
    requester_id: UUID
    beneficiary_id: UUID
    rights: list[Right]
    justification: str | None
    step: StepKind
    due_at: Instant | None
    expires_at: Instant
    seat_of: UUID | None
    decide: str
    created_at: Instant
    updated_at: Instant


@router.get("")
def list_approvals(
    work: Annotated[Work, allow(Permission.APPROVAL_READ)], page: Annotated[Page, paging("id")]
) -> Listing[Approval]:
    """What waits for you: rights requests and registrations whose open step you may decide now."""
    shown, cursor = page.cut(service.waiting(work, page))
    return Listing[Approval](items=[approval(one, work) for one in shown], next_cursor=cursor)


def approval(one: service.Waiting, work: Work) -> Approval:
    """A waiting thing, with where to decide it."""
    request = one.request
    path = (
        f"/v1/rights-requests/{request.id}"
        if request.kind is RequestKind.RIGHTS
        else f"/v1/accounts/{request.account_id}"
    )
    names = ("id", "kind", "account_id", "requester_id", "beneficiary_id", "rights", "justification", "expires_at")
    return Approval(
        **{name: getattr(request, name) for name in (*names, "created_at", "updated_at")},
        step=one.step.kind,
        due_at=one.step.due_at,
        seat_of=one.seat if one.seat != work.actor.employee_id else None,
        decide=f"POST {path}/decisions",
    )


def notice(one: service.Notice) -> Notice:
    """What the hub is told of."""
    grant = one.grant
    return Notice(
        grant_id=grant.id,
        employee_id=grant.employee_id,
        account_id=grant.account_id,
        right=grant.right,
        granted_at=grant.created_at,
        may_veto_until=one.may_veto_until,
    )
