"""Reviews over HTTP: opening, watching and closing them, and the evidence of one."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from app.governance.reviews.rules import Filter, OwnReview, ReviewOver
from app.governance.reviews.service import overseen
from app.kernel.access import Route, allow, house
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import service, wire

router = APIRouter(prefix="/v1/reviews", route_class=Route, tags=[Tag.HUB])
_FILES: dict[int | str, dict[str, Any]] = {
    200: {"model": wire.Evidence, "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.get("")
def list_reviews(
    work: Annotated[Work, allow(Permission.REVIEW_READ)],
    page: Annotated[Page, paging("id", "created_at", "due_at", default="-created_at")],
) -> Listing[wire.Review]:
    """List the reviews that you oversee, the newest first."""
    shown, cursor = page.cut(service.reviews(work, page))
    return Listing[wire.Review](items=[wire.review(one, work.now) for one in shown], next_cursor=cursor)


@router.post("", status_code=201, responses=responses(Forbidden, Invalid))
def open_review(body: wire.NewReview, work: Annotated[Work, allow(Permission.REVIEW_CREATE)]) -> wire.WatchedReview:
    """Open a review of all that lives within a filter; preview it first. What nobody keeps by its end ends.

    A community manager's lies inside their scope; one over appointments is for whoever may end them, a strategist.
    """
    return wire.watched(service.create(work, _asked(body)), work.now)


@router.post("/preview", responses=responses(Forbidden, Invalid))
def preview_review(
    body: wire.NewReview, work: Annotated[Work, allow(Permission.REVIEW_CREATE, reads=True)]
) -> wire.ReviewPreview:
    """What such a review would hold, and how much of it nobody could answer; nothing is changed."""
    found = service.preview(work, _asked(body))
    return wire.ReviewPreview(items=[wire.Foreseen.model_validate(one) for one in found])


def _asked(body: wire.NewReview) -> service.Asked:
    given = body.filter.model_dump(exclude={"business_unit_id"})
    kinds = tuple(dict.fromkeys(body.kinds))
    return service.Asked(body.title, kinds, Filter(**given), body.filter.business_unit_id, body.due_at, body.ends_at)


@router.get("/{id}", responses=responses(NotFound))
def get_review(id: UUID, work: Annotated[Work, allow(Permission.REVIEW_READ)]) -> wire.WatchedReview:
    """One review, and how far it has come."""
    return wire.watched(service.review(work, id), work.now)


@router.post("/{id}/close", responses=responses(NotFound, Forbidden, OwnReview, ReviewOver, PreconditionFailed))
def close_review(
    id: UUID, body: wire.Closing, work: Annotated[Work, allow(Permission.REVIEW_MANAGE)]
) -> wire.WatchedReview:
    """Close a review before its end: what nobody has answered stays as it is."""
    return wire.watched(service.close(work, id, body.reason), work.now)


@router.get(
    "/{id}/evidence",
    response_model=None,
    response_class=StreamingResponse,
    responses={**_FILES, **responses(NotFound)},
)
def get_evidence(
    id: UUID,
    request: Request,
    work: Annotated[Work, allow(Permission.REVIEW_READ)],
    format: Literal["json", "csv"] = "json",
) -> StreamingResponse:
    """Every item of a review as it stands now, who answered, when and why, to be kept elsewhere.

    In a table, a cell that a spreadsheet would run as a formula has an apostrophe in front.
    """
    found = overseen(work, id)
    parts = service.evidence(house(request), found, work.now)
    rows = wire.as_json(found, work.now, parts) if format == "json" else wire.as_csv(parts)
    headers = {
        "Content-Disposition": f'attachment; filename="review-{id}.{format}"', "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    media_type = "application/json" if format == "json" else "text/csv; charset=utf-8"
    return StreamingResponse(rows, media_type=media_type, headers=headers)
