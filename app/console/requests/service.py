"""Rights requests as they are looked at: those that one may see, and one of them whole."""

from dataclasses import dataclass
from uuid import UUID

from app.console.frame import service as frame
from app.console.frame.service import Names
from app.governance.requests import service as requests
from app.governance.requests.service import Shown
from app.governance.routing.rules import LIVE, RequestState
from app.governance.steps import rules as steps
from app.governance.steps.rules import StepState
from app.kernel.pages import Page
from app.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of requests, and the cursor to the next."""

    shown: list[Shown]
    names: Names
    cursor: str | None


def listed(work: Work, page: Page, state: RequestState | None, *, mine: bool) -> Listed:
    """The requests that the reader may see, the newest first; ``mine``: those that they made."""
    found = requests.requests(work, page, {"state": state, "requester_id": work.me if mine else None})
    kept, cursor = page.cut([one.request for one in found])
    shown = found[: len(kept)]
    people: list[UUID | None] = []
    for one in kept:
        people += [one.requester_id, one.beneficiary_id]
    return Listed(shown, frame.names(work, people=people, account_ids=[one.account_id for one in kept]), cursor)


@dataclass(frozen=True, slots=True)
class Whole:
    """One request. ``decide``, ``withdraw``: may the reader do that now? ``seat``: whose deputy they would be."""

    shown: Shown
    decide: bool
    withdraw: bool
    seat: UUID | None
    names: Names


def whole(work: Work, id_: UUID) -> Whole:
    """One request that the reader may see. Raises ``NotFound``."""
    shown = requests.request(work, id_)
    one = shown.request
    people = [one.requester_id, one.beneficiary_id, *frame.people_on(shown.steps)]
    seat = _seat(work, shown)
    return Whole(
        shown=shown, decide=seat is not None, withdraw=shown.state in LIVE and one.requester_id == work.me,
        seat=seat if seat != work.me else None, names=frame.names(work, people=people, account_ids=[one.account_id]),
    )  # fmt: skip


def _seat(work: Work, shown: Shown) -> UUID | None:
    """In whose seat the reader may give their word on the open step; None: they may not."""
    if shown.state is not RequestState.PENDING or not any(one.state is StepState.OPEN for one in shown.steps):
        return None
    seats = {one.kind: one.seats for one in shown.steps}
    try:
        return steps.seat_of(shown.request.matter, shown.steps, seats, work.me)[1]
    except (steps.SelfApproval, steps.NotTheApprover, steps.AlreadyDecided):
        return None
