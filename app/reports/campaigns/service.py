"""How far reviews have come: what was kept, what ended, what still waits."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from app.governance.reviews import store
from app.governance.reviews.rules import ItemState, Review, ReviewState
from app.kernel.work import Work
from app.reports.rules import Column, Figures, Kind, Row, View, count, longest, share, summed

from .store import Tally, tallies

WAITING = "waiting"
_TOLD = (
    WAITING, ItemState.ESCALATED, ItemState.KEPT, ItemState.ENDED, ItemState.LAPSED, ItemState.MOOT, ItemState.UNREVIEWED,
)  # fmt: skip
COLUMNS = (
    Column("review", "Review"),
    Column("title", "Title"),
    Column("state", "State"),
    Column("opened_at", "Opened", Kind.INSTANT),
    Column("due_at", "Due", Kind.INSTANT),
    Column("ends_at", "Ends", Kind.INSTANT),
    count("items"),
    *(count(name) for name in _TOLD),
    Column("answered_share", "Answered", Kind.SHARE),
)
_NOTES = (
    "Reviews that ran at some instant of the period, with their items about accounts and roles in this part.",
    (
        "Waiting: takes an answer, and is not due yet; escalated: overdue, so that the next level up may answer too; lapsed: "
        "nobody answered; moot: it ended otherwise; unreviewed: the review was closed before."
    ),
    "Answered: kept or ended, of the items that are not moot.",
)
_NOT_COMPUTED = (
    "How many of the items that wait are for nobody, so that only an appointment helps: the review itself tells.",
)


_PENDING: Mapping[ReviewState, str] = MappingProxyType(
    {
        ReviewState.OPEN: WAITING,
        ReviewState.OVERDUE: ItemState.ESCALATED,
        ReviewState.OVER: ItemState.LAPSED,
        ReviewState.CLOSED: ItemState.UNREVIEWED,
    }
)
"""Where an item without an answer stands whose matter still lives; ``reviews.rules.state`` says it of one item."""


def reviews(work: Work, view: View) -> Figures:
    """Progress of reviews."""
    found = store.between(work.session, view.since, view.until)
    counted: dict[UUID, list[Tally]] = {}
    for tally in tallies(work.session, view, work.now, [one.id for one in found]):
        counted.setdefault(tally.review_id, []).append(tally)
    rows, waiting = [], Counter[str]()
    for one in found:
        if one.id in counted:
            counts = _counts(counted[one.id], one.state_at(work.now))
            waiting[one.title] += counts[WAITING] + counts[ItemState.ESCALATED]
            rows.append(_row(one, one.state_at(work.now), counts))
    totals = summed(COLUMNS, rows)
    totals["answered_share"] = _answered(Counter({key: n for key, n in totals.items() if isinstance(n, int)}))
    chart = longest("Items that wait for an answer, by review", "items", waiting)
    return Figures(COLUMNS, tuple(rows), totals, _NOTES, _NOT_COMPUTED if rows else (), chart)


def _counts(found: Iterable[Tally], where: ReviewState) -> Counter[str]:
    """The items of a review by where they stand, and all of them."""
    counts = Counter[str]()
    for one in found:
        pending = _PENDING[where] if one.alive else ItemState.MOOT
        counts.update({one.outcome.value if one.outcome else str(pending): one.items, "items": one.items})
    return counts


def _row(one: Review, where: ReviewState, counts: Counter[str]) -> Row:
    told = (str(one.id), one.title, str(where), one.created_at, one.due_at, one.ends_at)
    return (*told, counts["items"], *(counts[name] for name in _TOLD), _answered(counts))


def _answered(counts: Counter[str]) -> Decimal | None:
    return share(counts[ItemState.KEPT] + counts[ItemState.ENDED], counts["items"] - counts[ItemState.MOOT])
