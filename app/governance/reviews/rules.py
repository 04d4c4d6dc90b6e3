"""What a review is, who may answer an item of it, and where each item stands.

An item keeps what it is about, who was told to answer it and what was answered. Everything else - who may answer now,
whether it was escalated or is blocked, whether there is still anything to answer - is worked out anew at each instant.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.governance.models.rules import Right
from app.kernel.actor import Place, Scope
from app.kernel.errors import Conflict, Forbidden, Invalid
from app.policies.rules import RiskTier
from app.roles.rules import Appointment, Role, Slot, slots

DUE_AFTER, ENDS_AFTER = timedelta(days=14), timedelta(days=7)
"""After it was opened; after it was due."""
SHORTEST, LONGEST = timedelta(days=1), timedelta(days=366)
MOST_ITEMS = 20_000


class Kind(StrEnum):
    """What is reviewed: rights of people on accounts, roles that people hold, accounts themselves."""

    GRANTS = "grants"
    APPOINTMENTS = "appointments"
    ACCOUNTS = "accounts"


class Answer(StrEnum):
    """A reviewer's word: it stays as it is, or it ends now. An account that ends begins to be decommissioned."""

    KEEP = "keep"
    END = "end"


class Outcome(StrEnum):
    """What became of an item; ``lapsed``: nobody answered."""

    KEPT = "kept"
    ENDED = "ended"
    LAPSED = "lapsed"


class ItemState(StrEnum):
    """Where an item stands: ``escalated`` is overdue, so that the next level up may answer it too.

    ``blocked_no_reviewer``: nobody may answer it, and only an appointment helps. ``moot``: what it is about has ended
    otherwise. ``unreviewed``: the review was closed before anybody answered.
    """

    OPEN = "open"
    ESCALATED = "escalated"
    BLOCKED = "blocked_no_reviewer"
    KEPT = "kept"
    ENDED = "ended"
    LAPSED = "lapsed"
    MOOT = "moot"
    UNREVIEWED = "unreviewed"


PENDING = frozenset({ItemState.OPEN, ItemState.ESCALATED, ItemState.BLOCKED})


class ReviewState(StrEnum):
    """Where a review stands: ``overdue`` from ``due_at``, ``over`` from ``ends_at`` on, unless it was ``closed`` before."""

    OPEN = "open"
    OVERDUE = "overdue"
    OVER = "over"
    CLOSED = "closed"


class ReviewOver(Conflict):
    """The review was closed, or its time is over: nothing is answered, reassigned or closed in it any more."""

    code = "review_over"


class NothingToAnswer(Conflict):
    """The item was answered already, or what it is about has ended otherwise."""

    code = "nothing_to_answer"


class OwnReview(Forbidden):
    """Nobody reviews what they hold, asked for or look after, nor does a deputy of theirs."""

    code = "own_review"


class NotTheReviewer(Forbidden):
    """The item waits for somebody else."""

    code = "not_the_reviewer"


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a kind is reviewed: everything that agrees with every member that is set."""

    business_unit_id: UUID | None = None
    network: str | None = None
    right: Right | None = None
    risk: RiskTier | None = None
    role: Role | None = None
    employee_id: UUID | None = None


_ONLY_FOR: Mapping[str, frozenset[Kind]] = MappingProxyType(
    {
        "right": frozenset({Kind.GRANTS}),
        "risk": frozenset({Kind.GRANTS, Kind.ACCOUNTS}),
        "role": frozenset({Kind.APPOINTMENTS}),
    }
)


def check_filter(kinds: Collection[Kind], asked: Filter) -> None:
    """Every member means something for every kind: else a review would hold much that nobody meant. Raises ``Invalid``."""
    for name, only in _ONLY_FOR.items():
        beyond = sorted(set(kinds) - only)
        if getattr(asked, name) is not None and beyond:
            raise Invalid.field(
                f"/filter/{name}", "filter_not_for_kind", f"{beyond[0].capitalize()} have no {name}; review them apart."
            )


def dates(now: datetime, due_at: datetime | None, ends_at: datetime | None) -> tuple[datetime, datetime]:
    """By when to answer, and when silence answers. Raises ``Invalid``."""
    due = due_at or now + DUE_AFTER
    if due <= now:
        raise Invalid.field("/due_at", "in_the_past", "A review is due later than it begins.")
    if due < now + SHORTEST:  # silence is an answer only of who had the time to speak
        raise Invalid.field("/due_at", "too_soon", "A review gives whoever is to answer at least a day.")
    ends = ends_at or due + ENDS_AFTER
    if ends <= due:
        raise Invalid.field("/ends_at", "ends_before_due", "A review ends later than it is due.")
    if ends > now + LONGEST:
        raise Invalid.field("/ends_at", "too_late", f"A review ends within {LONGEST.days} days.")
    return due, ends


@dataclass(frozen=True, slots=True)
class Review:
    """A campaign. ``path``: of the unit that it was narrowed to, from the root down; empty for the whole enterprise."""

    id: UUID
    title: str
    kinds: tuple[Kind, ...]
    filter: Filter
    path: tuple[UUID, ...]
    opened_by: UUID | None
    due_at: datetime
    ends_at: datetime
    closed_at: datetime | None
    closed_by: UUID | None
    close_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def place(self) -> Place:
        return Place(self.path, self.filter.network)

    def state_at(self, at: datetime) -> ReviewState:
        """The state at an instant; that it was closed counts whatever the clock says."""
        if self.closed_at is not None:
            return ReviewState.CLOSED
        if at >= self.ends_at:
            return ReviewState.OVER
        return ReviewState.OVERDUE if at >= self.due_at else ReviewState.OPEN


@dataclass(frozen=True, slots=True)
class Case:
    """What says who may answer: where the thing stands, whose it is, who asked for it, who was told to answer.

    ``holder_id``: of the right or the role. ``custodians``: of an account under review, and ``former`` ones since it was
    opened. ``requester_id``: who made the request, the appointment or the proposal behind it.
    """

    kind: Kind
    place: Place
    holder_id: UUID | None = None
    requester_id: UUID | None = None
    custodians: frozenset[UUID] = frozenset()
    former: frozenset[UUID] = frozenset()
    reviewer_id: UUID | None = None

    @property
    def holders(self) -> frozenset[UUID]:
        """Whose it is, or was until a moment ago: nobody steps down to judge."""
        return self.custodians | self.former | ({self.holder_id} if self.holder_id else frozenset())

    @property
    def own(self) -> frozenset[UUID]:
        """Those who do not answer, since it is theirs or they asked for it (the field's rule)."""
        return self.holders | ({self.requester_id} if self.requester_id else frozenset())


@dataclass(slots=True)
class Bench:
    """Who sits where at an instant. Most items of a review stand at few places: each is worked out once."""

    appointments: Sequence[Appointment]
    _seats: dict[tuple[Role, Place], tuple[Slot, ...]] = field(default_factory=dict)
    _deputies: dict[UUID, set[UUID]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.appointments:
            if one.deputy_id:
                self._deputies.setdefault(one.employee_id, set()).add(one.deputy_id)

    def seats(self, role: Role, place: Place) -> tuple[Slot, ...]:
        """Who may answer as ``role`` at ``place``."""
        if (role, place) not in self._seats:
            self._seats[role, place] = slots(self.appointments, role, place)
        return self._seats[role, place]

    def deputies_of(self, people: Collection[UUID]) -> frozenset[UUID]:
        """Everybody who stands in for one of these people, in whatever role."""
        return frozenset(deputy for person in people for deputy in self._deputies.get(person, ()))

    def seats_of(self, person: UUID) -> list[Scope]:
        """Over what this person sits, or may sit in another's place; nowhere else is there anything for them to answer."""
        mine = [one for one in self.appointments if person in (one.employee_id, one.deputy_id)]
        return [one.scope for one in mine if one.role in LEVELS[Kind.GRANTS]]


_UP = (Role.BU_LIAISON, Role.COMMUNITY_MANAGER, Role.STRATEGIST)
LEVELS: Mapping[Kind, tuple[Role, ...]] = MappingProxyType(
    {Kind.GRANTS: _UP, Kind.APPOINTMENTS: (Role.STRATEGIST,), Kind.ACCOUNTS: _UP}
)
"""Whose it is to answer, from the first up."""
Level = tuple[Role, tuple[Slot, ...]]


def levels(case: Case, bench: Bench) -> tuple[Level, ...]:
    """Who could answer, level by level from the lowest up; a level where nobody could is left out.

    Whoever made an appointment reviews it only where no other strategist can.
    """
    found = _levels(case, bench, case.own)
    return found if found or case.kind is not Kind.APPOINTMENTS else _levels(case, bench, case.holders)


def _levels(case: Case, bench: Bench, own: frozenset[UUID]) -> tuple[Level, ...]:
    barred = own | bench.deputies_of(own)
    able = ((role, _able(bench.seats(role, case.place), barred)) for role in LEVELS[case.kind])
    return tuple((role, seats) for role, seats in able if seats)


def _able(seats: Iterable[Slot], barred: frozenset[UUID]) -> tuple[Slot, ...]:
    return tuple(
        Slot(one.holder_id, None if one.deputy_id in barred else one.deputy_id)
        for one in seats
        if one.holder_id not in barred
    )


@dataclass(frozen=True, slots=True)
class Reviewers:
    """Who may answer now. ``role``: as what the first of them does; None where there is nobody."""

    role: Role | None = None
    seats: tuple[Slot, ...] = ()

    @property
    def people(self) -> frozenset[UUID]:
        """Holders and the deputies who may sit in their place."""
        return frozenset(person for seat in self.seats for person in (seat.holder_id, seat.deputy_id) if person)


def reviewers(case: Case, bench: Bench, *, overdue: bool) -> Reviewers:
    """Who may answer: whoever was told to, else the lowest level; once overdue, both of these and the next level up.

    Somebody told to answer who could not by themselves (any more) counts for nothing.
    """
    found = levels(case, bench)
    if not found:
        return Reviewers()
    told = [(role, seat) for role, seats in found for seat in seats if seat.holder_id == case.reviewer_id]
    usual = tuple(seat for _, seats in found[: 2 if overdue else 1] for seat in seats)
    if not told:
        return Reviewers(found[0][0], usual)
    chosen = tuple(seat for _, seat in told)
    return Reviewers(told[0][0], tuple(dict.fromkeys((*chosen, *usual))) if overdue else chosen)


def could_answer(case: Case, bench: Bench, person: UUID) -> bool:
    """May this person be told to answer? Only in a seat of their own."""
    return any(seat.holder_id == person for _, seats in levels(case, bench) for seat in seats)


def check_not_own(case: Case, bench: Bench, person: UUID) -> None:
    """Raises ``OwnReview`` for whose it is, who asked for it, and their deputies."""
    if person in case.own | bench.deputies_of(case.own):
        raise OwnReview(
            "It is or was yours, you asked for it, or you are a deputy of somebody whose it is; that is for another."
        )


def seat_of(case: Case, who: Reviewers, bench: Bench, person: UUID) -> UUID:
    """The seat (its holder's id) in which this person may answer now. Raises ``OwnReview``, ``NotTheReviewer``."""
    holders = [seat.holder_id for seat in who.seats if person in (seat.holder_id, seat.deputy_id)]
    if holders:
        return person if person in holders else holders[0]
    check_not_own(case, bench, person)
    waits = f"for a {who.role.replace('_', ' ')}" if who.role else "until somebody is appointed who may answer it"
    raise NotTheReviewer(f"This item waits {waits}.")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to keep or to end, as it stands in a review. ``alive``: has what it is about not ended otherwise?

    ``right``, ``account`` (``network:handle``) and ``role`` with its ``scope`` say what it is about, as far as its kind
    has them.
    """

    id: UUID
    review_id: UUID
    title: str
    case: Case
    grant_id: UUID | None
    appointment_id: UUID | None
    account_id: UUID | None
    right: Right | None
    account: str | None
    role: Role | None
    scope: Scope | None
    alive: bool
    due_at: datetime
    ends_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None
    decided_by: UUID | None
    principal_id: UUID | None
    comment: str | None
    decided_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def kind(self) -> Kind:
        return self.case.kind


def state(item: Item, who: Reviewers, at: datetime) -> ItemState:
    """Where an item stands at an instant. What was written down counts before what the clock says."""
    if item.outcome is not None:
        return ItemState(item.outcome.value)
    if not item.alive:
        return ItemState.MOOT
    if item.closed_at is not None:
        return ItemState.UNREVIEWED
    if at >= item.ends_at:
        return ItemState.LAPSED
    if not who.seats:
        return ItemState.BLOCKED
    return ItemState.ESCALATED if at >= item.due_at else ItemState.OPEN


def check_pending(item: Item, where: ItemState, at: datetime) -> None:
    """Raises ``ReviewOver``, ``NothingToAnswer`` for an item that takes no answer."""
    if where in (ItemState.KEPT, ItemState.ENDED, ItemState.MOOT):
        said = "What it is about has ended." if where is ItemState.MOOT else f"It was {where} already."
        raise NothingToAnswer(said)
    if item.closed_at is not None or at >= item.ends_at or where not in PENDING:
        raise ReviewOver("The review was closed." if item.closed_at is not None else "The review is over.")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items stand where. ``items``: all of them."""

    items: int = 0
    open: int = 0
    escalated: int = 0
    blocked_no_reviewer: int = 0
    kept: int = 0
    ended: int = 0
    lapsed: int = 0
    moot: int = 0
    unreviewed: int = 0


def count(states: Collection[ItemState]) -> Counts:
    """Items counted by state."""
    return Counts(len(states), **Counter(one.value for one in states))
