"""Items of reviews over HTTP. The reviews themselves are in ``recertification``."""

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
from app.roles.rules import LastStrategist

from . import rules, service, wire

router = APIRouter(prefix="/v1/reviews/{id}/items", route_class=Route, tags=[Tag.HUB])
_ANSWERING = (NotFound, Forbidden, rules.OwnReview, rules.ReviewOver, rules.NothingToAnswer, PreconditionFailed)


@router.get("", responses=responses(NotFound))
def list_review_items(
    id: UUID,
    work: Annotated[Work, allow(Permission.REVIEW_READ)],
    page: Annotated[Page, paging("id")],
    state: rules.ItemState | None = None,
    kind: rules.Kind | None = None,
    reviewer: Annotated[Literal["me"] | None, Query(description="`me`: only what you may answer now.")] = None,
) -> Listing[wire.ReviewItem]:
    """List the items of a review: all for who oversees it; else your own, those that wait for you, those you answered."""
    found = service.items(work, id, page, kind, state, mine=reviewer is not None)
    shown, cursor = page.cut(found)
    return Listing[wire.ReviewItem](items=[wire.review_item(one) for one in shown], next_cursor=cursor)


@router.get("/{item_id}", responses=responses(NotFound))
def get_review_item(id: UUID, item_id: UUID, work: Annotated[Work, allow(Permission.REVIEW_READ)]) -> wire.ReviewItem:
    """One item, and who may answer it now."""
    return wire.review_item(service.item(work, id, item_id))


@router.post("/{item_id}/decisions", responses=responses(*_ANSWERING, rules.NotTheReviewer, LastStrategist, WrongState))
def decide_review_item(
    id: UUID, item_id: UUID, body: wire.Decision, work: Annotated[Work, allow(Permission.REVIEW_DECIDE)]
) -> wire.ReviewItem:
    """Keep what the item is about, or end it now. Nobody answers about what they hold or asked for."""
    return wire.review_item(service.decide(work, id, item_id, body.decision, body.comment))


@router.post("/{item_id}/reassign", responses=responses(*_ANSWERING, Invalid))
def reassign_review_item(
    id: UUID, item_id: UUID, body: wire.Reassignment, work: Annotated[Work, allow(Permission.REVIEW_MANAGE)]
) -> wire.ReviewItem:
    """Have somebody else answer: a liaison, community manager or strategist in scope whose item it is not."""
    return wire.review_item(service.reassign(work, id, item_id, body.reviewer_id, body.reason))
