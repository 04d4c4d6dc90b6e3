"""Retirement campaigns over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from app.accounts.rules import WrongState
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/retirements", route_class=Route, tags=[Tag.HUB])
_SAYING = (NotFound, Forbidden, rules.RetirementOver, PreconditionFailed)


@router.get("")
def list_retirements(
    work: Annotated[Work, allow(Permission.RETIREMENT_READ)],
    page: Annotated[Page, paging("id", "created_at", "due_at", default="-created_at")],
) -> Listing[wire.Retirement]:
    """List the retirement campaigns, the newest first."""
    shown, cursor = page.cut(service.retirements(work, page))
    return Listing[wire.Retirement](items=[wire.retirement(one, work.now) for one in shown], next_cursor=cursor)


@router.post("", status_code=201, responses=responses(Forbidden, Invalid))
def open_retirement(
    body: wire.NewRetirement, work: Annotated[Work, allow(Permission.RETIREMENT_MANAGE)]
) -> wire.WatchedRetirement:
    """Ask who looks after them whether accounts are still needed: all in use that have one of the flags now.

    Preview it first. A community manager's lies inside their scope. Nothing is retired by it, nor by silence: what is not
    kept is left to the hub.
    """
    return wire.watched(service.create(work, _asked(body)), work.now)


@router.post("/preview", responses=responses(Forbidden, Invalid))
def preview_retirement(
    body: wire.NewRetirement, work: Annotated[Work, allow(Permission.RETIREMENT_MANAGE, reads=True)]
) -> wire.RetirementPreview:
    """Which accounts such a campaign would ask about; nothing is changed."""
    return wire.preview(service.preview(work, _asked(body)))


def _asked(body: wire.NewRetirement) -> service.Asked:
    return service.Asked(
        body.title, tuple(dict.fromkeys(body.flags)), body.business_unit_id, body.network, body.due_at
    )  # fmt: skip


@router.get("/{id}", responses=responses(NotFound))
def get_retirement(id: UUID, work: Annotated[Work, allow(Permission.RETIREMENT_READ)]) -> wire.WatchedRetirement:
    """One campaign, and how far it has come."""
    return wire.watched(service.retirement(work, id), work.now)


@router.post("/{id}/end", responses=responses(NotFound, Forbidden, rules.RetirementOver, PreconditionFailed))
def end_retirement(
    id: UUID, body: wire.Ending, work: Annotated[Work, allow(Permission.RETIREMENT_MANAGE)]
) -> wire.WatchedRetirement:
    """End a campaign: what nobody has kept or retired by now stays as it is."""
    return wire.watched(service.close(work, id, body.reason), work.now)


@router.get("/{id}/items", responses=responses(NotFound))
def list_retirement_items(
    id: UUID,
    work: Annotated[Work, allow(Permission.RETIREMENT_READ)],
    page: Annotated[Page, paging("id")],
    state: rules.ItemState | None = None,
    account_id: UUID | None = None,
    waits_for: Annotated[Literal["me"] | None, Query(description="`me`: only what waits for your word.")] = None,
) -> Listing[wire.RetirementItem]:
    """List the accounts that a campaign asks about, and where each stands."""
    found = service.items(work, id, page, state, account_id, mine=waits_for is not None)
    shown, cursor = page.cut(found)
    return Listing[wire.RetirementItem](items=[wire.item(one) for one in shown], next_cursor=cursor)


@router.get("/{id}/items/{item_id}", responses=responses(NotFound))
def get_retirement_item(
    id: UUID, item_id: UUID, work: Annotated[Work, allow(Permission.RETIREMENT_READ)]
) -> wire.RetirementItem:
    """One account that is asked about."""
    return wire.item(service.item(work, id, item_id))


@router.post("/{id}/items/{item_id}/answer", responses=responses(*_SAYING, rules.NotAsked))
def answer_retirement(
    id: UUID, item_id: UUID, body: wire.CustodianAnswer, work: Annotated[Work, allow(Permission.RETIREMENT_ANSWER)]
) -> wire.RetirementItem:
    """As who looks after the account, say whether it is still needed. Kept, it is over; else the hub decides."""
    return wire.item(service.answer(work, id, item_id, body.answer, body.reason))


@router.post("/{id}/items/{item_id}/decide", responses=responses(*_SAYING, rules.NotForTheHub, WrongState))
def decide_retirement(
    id: UUID, item_id: UUID, body: wire.HubDecision, work: Annotated[Work, allow(Permission.RETIREMENT_MANAGE)]
) -> wire.RetirementItem:
    """As the hub, keep what is left to you, or begin to retire it: every right on it ends at once."""
    return wire.item(service.decide(work, id, item_id, body.decision, body.reason))
