"""What waits for one, and one's word on it."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response

from app.console.frame.api import Blank, Form, router
from app.console.frame.rules import Told
from app.console.frame.wire import FORM, go, page
from app.governance.clearances import service as clearances
from app.governance.registrations import service as registrations
from app.governance.requests import service as requests
from app.governance.reviews import service as reviews
from app.governance.reviews.rules import Answer
from app.governance.steps.rules import Verdict
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.text import Prose
from app.kernel.work import Work

from . import service

parts = router()
INBOX = "/console/approvals"
_TOLD = {
    Verdict.APPROVE: Told.APPROVED,
    Verdict.DENY: Told.DENIED,
    Verdict.REQUEST_CHANGES: Told.CHANGES_REQUESTED,
}


class Word(Form):
    """One's word on something."""

    decision: Verdict
    comment: Annotated[Prose | None, Blank] = None


class ReviewWord(Form):
    """One's word on an item of a review."""

    decision: Answer
    comment: Annotated[Prose | None, Blank] = None


@parts.get("/approvals")
def approvals(request: Request, work: Annotated[Work, allow(Permission.APPROVAL_READ)]) -> Response:
    """What waits for you: decide it here."""
    return page(request, work, "approvals.html", found=service.inbox(work))


@parts.post("/requests/{id}/decisions")
def decide_request(
    id: UUID, form: Annotated[Word, FORM], work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_DECIDE)]
) -> Response:
    """Give your word on the open step of a rights request."""
    requests.decide(work, id, form.decision, form.comment)
    return go(INBOX, _TOLD[form.decision])


@parts.post("/accounts/{id}/decisions")
def decide_registration(
    id: UUID, form: Annotated[Word, FORM], work: Annotated[Work, allow(Permission.ACCOUNT_DECIDE)]
) -> Response:
    """Give your word on the open step of a registration."""
    registrations.decide(work, id, form.decision, form.comment)
    return go(INBOX, _TOLD[form.decision])


@parts.post("/clearances/{id}/decisions")
def decide_clearance(
    id: UUID, form: Annotated[Word, FORM], work: Annotated[Work, allow(Permission.CLEARANCE_DECIDE)]
) -> Response:
    """Clear a post, or deny it."""
    clearances.decide(work, id, form.decision, form.comment)
    return go(INBOX, _TOLD[form.decision])


@parts.post("/reviews/{id}/items/{item_id}/decisions")
def decide_review_item(
    id: UUID, item_id: UUID, form: Annotated[ReviewWord, FORM], work: Annotated[Work, allow(Permission.REVIEW_DECIDE)]
) -> Response:
    """Keep what an item of a review is about, or end it."""
    reviews.decide(work, id, item_id, form.decision, form.comment)
    return go(INBOX, Told.REVIEWED)
