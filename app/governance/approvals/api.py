"""One's inbox over HTTP."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.governance.clearances.rules import Clearance
from app.governance.models.rules import Right, StepKind
from app.governance.reviews.service import Shown
from app.governance.routing.rules import RequestKind
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.pages import Listing, Page, paging
from app.kernel.tags import Tag
from app.kernel.wire import Instant, Out
from app.kernel.work import Work
from app.roles.rules import Role

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


class ApprovalKind(StrEnum):
    """What waits: a rights request, an account's registration, a post's content to be cleared, or an item of a review."""

    RIGHTS = "rights"
    REGISTRATION = "registration"
    CLEARANCE = "clearance"
    REVIEW = "review"


class Approval(Out):
    """One thing that waits for the caller. ``decide``: where to say one's word; ``seat_of``: whose deputy one would be.

    A clearance has no steps, and asks for no right. Of an item of a review: ``beneficiary_id`` is who holds what is
    reviewed, ``requester_id`` who had asked for it, ``justification`` the review's title, ``expires_at`` when silence
    answers.
    """

    id: UUID
    kind: ApprovalKind
    account_id: UUID | None
    requester_id: UUID | None
    beneficiary_id: UUID | None
    rights: list[Right]
    justification: str | None
    step: StepKind | None
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
    """What waits for you: requests and registrations whose open step you may decide, posts to be cleared, reviews."""
    shown, cursor = page.cut(service.inbox(work, page))
    return Listing[Approval](items=[approval(one, work) for one in shown], next_cursor=cursor)


def approval(one: service.Wanted, work: Work) -> Approval:
    """A waiting thing, with where to decide it."""
    if isinstance(one, Clearance):
        return _clearance(one)
    return _request(one, work) if isinstance(one, service.Waiting) else _review(one, work)


def _clearance(one: Clearance) -> Approval:
    return Approval(
        id=one.id, kind=ApprovalKind.CLEARANCE, account_id=one.account_id, requester_id=one.employee_id,
        beneficiary_id=one.employee_id, rights=[], justification=one.note, step=None, due_at=None, expires_at=one.not_after,
        seat_of=None, decide=f"POST /v1/clearances/{one.id}/decisions", created_at=one.created_at, updated_at=one.updated_at,
    )  # fmt: skip


def _request(one: service.Waiting, work: Work) -> Approval:
    request = one.request
    path = (
        f"/v1/rights-requests/{request.id}"
        if request.kind is RequestKind.RIGHTS
        else f"/v1/accounts/{request.account_id}"
    )
    names = ("id", "account_id", "requester_id", "beneficiary_id", "rights", "justification", "expires_at")
    return Approval(
        **{name: getattr(request, name) for name in (*names, "created_at", "updated_at")},
        kind=ApprovalKind(request.kind.value),
        step=one.step.kind,
        due_at=one.step.due_at,
        seat_of=one.seat if one.seat != work.actor.employee_id else None,
        decide=f"POST {path}/decisions",
    )


_STEPS = {
    Role.BU_LIAISON: StepKind.ACCOUNT_LIAISON,
    Role.COMMUNITY_MANAGER: StepKind.COMMUNITY_MANAGER,
    Role.STRATEGIST: StepKind.STRATEGIST,
}


def _review(one: Shown, work: Work) -> Approval:
    item = one.item
    return Approval(
        **{name: getattr(item, name) for name in ("id", "account_id", "due_at", "created_at", "updated_at")},
        kind=ApprovalKind.REVIEW,
        requester_id=item.case.requester_id,
        beneficiary_id=item.case.holder_id,
        rights=[item.right] if item.right else [],
        justification=item.title,
        step=_STEPS[one.reviewers.role or Role.STRATEGIST],
        expires_at=item.ends_at,
        seat_of=one.seat if one.seat != work.actor.employee_id else None,
        decide=f"POST /v1/reviews/{item.review_id}/items/{item.id}/decisions",
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
