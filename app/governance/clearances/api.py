"""Clearances over HTTP: a post is cleared by the centre, and the tool uses the clearance when it posts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.governance.reasons.rules import RequestRefused
from app.governance.steps.rules import SelfApproval
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/clearances", route_class=Route, tags=[Tag.LIAISONS])


@router.get("")
def list_clearances(
    work: Annotated[Work, allow(Permission.CLEARANCE_READ)],
    page: Annotated[Page, paging("id", "created_at", "not_after")],
    account_id: UUID | None = None,
    employee_id: UUID | None = None,
    state: rules.ClearanceState | None = None,
) -> Listing[wire.Clearance]:
    """List the clearances that you may see; a tool sees those that it can redeem, and those that it has."""
    filters = {"account_id": account_id, "employee_id": employee_id, "state": state}
    shown, cursor = page.cut(service.clearances(work, page, filters))
    return Listing[wire.Clearance](items=[wire.clearance(one, work.now) for one in shown], next_cursor=cursor)


@router.get("/{id}", responses=responses(NotFound))
def get_clearance(id: UUID, work: Annotated[Work, allow(Permission.CLEARANCE_READ)]) -> wire.Clearance:
    """One clearance."""
    return wire.clearance(service.clearance(work, id), work.now)


@router.post("", status_code=201, responses=responses(RequestRefused, rules.ClearanceExists, NotFound, Invalid))
def submit_clearance(
    body: wire.NewClearance, work: Annotated[Work, allow(Permission.CLEARANCE_SUBMIT)]
) -> wire.Clearance:
    """Submit a post's exact content, to be cleared once; whatever is changed afterwards needs another clearance."""
    return wire.clearance(service.submit(work, service.Content(**body.model_dump())), work.now)


@router.post(
    "/{id}/decisions", responses=responses(NotFound, rules.ClearanceNotPending, SelfApproval, PreconditionFailed)
)
def decide_clearance(
    id: UUID, body: wire.Decided, work: Annotated[Work, allow(Permission.CLEARANCE_DECIDE)]
) -> wire.Clearance:
    """Clear a post, or deny it; never one's own."""
    return wire.clearance(service.decide(work, id, body.decision, body.comment), work.now)


@router.post("/{id}/withdraw", responses=responses(NotFound, Forbidden, rules.ClearanceEnded, PreconditionFailed))
def withdraw_clearance(
    id: UUID, body: wire.Withdrawing, work: Annotated[Work, allow(Permission.CLEARANCE_SUBMIT)]
) -> wire.Clearance:
    """Take back what you submitted, cleared or not."""
    return wire.clearance(service.withdraw(work, id), work.now)


@router.post(
    "/{id}/redeem",
    responses=responses(
        NotFound, rules.ClearanceUsed, rules.ClearanceNotCleared, rules.ContentMismatch, RequestRefused, PreconditionFailed,
    ),
)  # fmt: skip
def redeem_clearance(
    id: UUID, body: wire.Redeeming, work: Annotated[Work, allow(Permission.CLEARANCE_REDEEM)]
) -> wire.Clearance:
    """Use a clearance, as the tool that posts: it succeeds once, and not while posting there is stopped."""
    return wire.clearance(service.redeem(work, id, body.content_sha256), work.now)
