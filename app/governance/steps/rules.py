"""Who must decide, who may, and where a matter stands.

A matter keeps its base route, what has passed and who decided. Everything else - who may decide now, whether a step goes
up for want of people, whether it is blocked - is worked out anew each time it is asked, from who holds which role then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from app.governance.models.rules import StepKind
from app.kernel.errors import Conflict, Forbidden
from app.roles.rules import Role, Slot

ROLE_OF: Mapping[StepKind, Role] = MappingProxyType(
    {
        StepKind.ACCOUNT_LIAISON: Role.BU_LIAISON,
        StepKind.BENEFICIARY_LIAISON: Role.BU_LIAISON,
        StepKind.COMMUNITY_MANAGER: Role.COMMUNITY_MANAGER,
        StepKind.STRATEGIST: Role.STRATEGIST,
    }
)
UP: Mapping[StepKind, StepKind] = MappingProxyType(
    {
        StepKind.ACCOUNT_LIAISON: StepKind.COMMUNITY_MANAGER,
        StepKind.BENEFICIARY_LIAISON: StepKind.COMMUNITY_MANAGER,
        StepKind.COMMUNITY_MANAGER: StepKind.STRATEGIST,
    }
)
Seats = Mapping[StepKind, Sequence[Slot]]
"""Who may decide each kind of step at the place of the matter."""


class NotPending(Conflict):
    """It has ended; nothing can be decided about it any more."""

    code = "request_not_pending"


class SelfApproval(Forbidden):
    """Nobody decides their own request: not as requester, not as beneficiary, not as deputy of either."""

    code = "self_approval"


class NotTheApprover(Forbidden):
    """The step that is open waits for somebody else."""

    code = "not_the_approver"


class AlreadyDecided(Conflict):
    """One person decides at most one step of a request, and a deputy and the one they stand for count once."""

    code = "already_decided"


class Verdict(StrEnum):
    """An approver's word on a step: one ``deny`` ends the request.

    ``request_changes`` gives it back to its requester, whose edit starts it anew with every decision reset.
    """

    APPROVE = "approve"
    DENY = "deny"
    REQUEST_CHANGES = "request_changes"


class StepState(StrEnum):
    """Where one step of a route stands.

    ``merged``: too few could decide it, so it went up. ``blocked_no_approver``: there is nobody above either, and only
    an appointment helps.
    """

    WAITING = "waiting"
    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    MERGED = "merged"
    BLOCKED = "blocked_no_approver"


@dataclass(frozen=True, slots=True)
class Step:
    """One decision of a route: whose, and by how many."""

    kind: StepKind
    needed: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's word on one step. ``principal_id``: whose seat it was; another than ``decided_by`` for a deputy."""

    kind: StepKind
    decision: Verdict
    decided_by: UUID
    principal_id: UUID
    comment: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Matter:
    """What is being decided: by whom it was asked, for whom, its base route, what has passed, and this round's decisions."""

    requester_id: UUID
    beneficiary_id: UUID
    steps: tuple[Step, ...]
    passed: tuple[StepKind, ...] = ()
    decisions: tuple[Decision, ...] = ()
    due_at: datetime | None = None

    @property
    def own(self) -> frozenset[UUID]:
        """Those who never decide it, since it is theirs: requester and beneficiary (the field's rule)."""
        return frozenset({self.requester_id, self.beneficiary_id})


@dataclass(frozen=True, slots=True)
class Standing:
    """A step as it stands at an instant. ``seats``: who may decide it now. ``note``: why it is not as the model says."""

    kind: StepKind
    needed: int
    state: StepState
    seats: tuple[Slot, ...] = ()
    decisions: tuple[Decision, ...] = ()
    due_at: datetime | None = None
    note: str | None = None

    @property
    def role(self) -> Role:
        return ROLE_OF[self.kind]

    @property
    def people(self) -> frozenset[UUID]:
        """Everyone who may decide it now."""
        return frozenset(person for seat in self.seats for person in (seat.holder_id, seat.deputy_id) if person)


@dataclass(slots=True)
class _Climb:
    """Working out where each step stands, from the first up."""

    matter: Matter
    seats: Seats
    needed: dict[StepKind, int] = field(default_factory=dict)
    found: dict[StepKind, Standing] = field(default_factory=dict)


def standing(matter: Matter, seats: Seats, at: datetime) -> tuple[Standing, ...]:
    """Every step of a pending matter as it stands now; exactly one is open or blocked, unless all have passed."""
    climb = _Climb(matter, seats, {step.kind: step.needed for step in matter.steps})
    open_seen = False
    for kind in StepKind:
        if kind not in climb.needed:
            continue
        one = _passed(matter, kind, climb.needed[kind]) or _present(climb, kind)
        if one.state in (StepState.OPEN, StepState.BLOCKED):
            one = _later(one) if open_seen else _with_due(one, matter, seats, at)
            open_seen = True
        climb.found[kind] = one
    return tuple(climb.found.values())


def _passed(matter: Matter, kind: StepKind, needed: int) -> Standing | None:
    if kind not in matter.passed:
        return None
    given = tuple(one for one in matter.decisions if one.kind is kind)
    if given:
        return Standing(kind, needed, StepState.APPROVED, decisions=given)
    return Standing(
        kind, needed, StepState.MERGED, note=f"Nobody could decide it; it was decided by the {_up_role(kind)}."
    )


def _present(climb: _Climb, kind: StepKind) -> Standing:
    matter, needed = climb.matter, climb.needed[kind]
    given = valid_approvals(matter, kind, climb.seats)
    able = _able(matter, climb.seats.get(kind, ()))
    # Who is left must be somebody, even where enough have approved: words that count again wait for one more to be said.
    if able and len(given) + capacity(able) >= needed:
        return Standing(kind, needed, StepState.OPEN, able, given)
    up = UP.get(kind)
    if up is None:
        note = "Nobody is left who may decide it: appoint another strategist."
        return Standing(kind, needed, StepState.BLOCKED, able, given, note=note)
    climb.needed[up] = max(climb.needed.get(up, 0), needed)
    why = f"Fewer than {needed} who may decide it" if needed > 1 else "Nobody may decide it"
    return Standing(kind, needed, StepState.MERGED, note=f"{why}; it went up to the {_up_role(kind)}.")


def _up_role(kind: StepKind) -> str:
    return ROLE_OF[UP[kind]].replace("_", " ")


def _later(one: Standing) -> Standing:
    state = StepState.WAITING if one.state is StepState.OPEN else one.state
    return Standing(one.kind, one.needed, state, one.seats, one.decisions, note=one.note)


def _with_due(one: Standing, matter: Matter, seats: Seats, at: datetime) -> Standing:
    """The open step, with its due date; once overdue, the next up may decide it too."""
    up, note, able = UP.get(one.kind), one.note, one.seats
    if matter.due_at is not None and at >= matter.due_at and up is not None:
        able = (*able, *(seat for seat in _able(matter, seats.get(up, ())) if seat not in able))
        note = f"Overdue: the {_up_role(one.kind)} may decide it too."
    return Standing(one.kind, one.needed, one.state, able, one.decisions, matter.due_at, note)


def valid_approvals(matter: Matter, kind: StepKind, seats: Seats) -> tuple[Decision, ...]:
    """The approvals of a step that still count: those whose seat, own or stood in for, is still there."""
    up = UP.get(kind)
    there = (*seats.get(kind, ()), *(seats.get(up, ()) if up else ()))
    return tuple(
        one
        for one in matter.decisions
        if one.kind is kind
        and one.decision is Verdict.APPROVE
        and any(
            seat.holder_id == one.principal_id and one.decided_by in (seat.holder_id, seat.deputy_id) for seat in there
        )
    )


def _able(matter: Matter, seats: Iterable[Slot]) -> tuple[Slot, ...]:
    """Who of these seats may still decide: neither requester nor beneficiary nor a deputy of theirs, and nobody twice."""
    used = {person for one in matter.decisions for person in (one.decided_by, one.principal_id)}
    able = []
    for seat in seats:
        if seat.holder_id in matter.own or seat.holder_id in used:
            continue
        deputy = None if seat.deputy_id in matter.own or seat.deputy_id in used else seat.deputy_id
        able.append(Slot(seat.holder_id, deputy))
    return tuple(able)


def capacity(seats: Iterable[Slot]) -> int:
    """How many distinct decisions these seats can give, where a person counts once and a holder with deputy counts once.

    A holder may always sit in their own seat, so that no deputy adds a decision.
    """
    return len({seat.holder_id for seat in seats})


def open_step(steps: Iterable[Standing]) -> Standing | None:
    """The step that waits for someone (or that is blocked), if any."""
    return next((step for step in steps if step.state in (StepState.OPEN, StepState.BLOCKED)), None)


def seat_of(matter: Matter, steps: Sequence[Standing], seats: Seats, person: UUID) -> tuple[Standing, UUID]:
    """The open step and the seat (its holder's id) in which this person may decide it now.

    Raises ``SelfApproval``, ``AlreadyDecided``, ``NotTheApprover``, in this order.
    """
    if person in matter.own:
        raise SelfApproval("No one decides a request that they made or that is for them.")
    if any(person in (one.decided_by, one.principal_id) for one in matter.decisions):
        raise AlreadyDecided("You, or your deputy, decided a step of this request; one person decides at most one.")
    step = open_step(steps)
    if step is None:
        raise NotPending("Every step of this request has passed.")
    holders = [seat.holder_id for seat in step.seats if person in (seat.holder_id, seat.deputy_id)]
    if holders:
        return step, person if person in holders else holders[0]
    if any(seat.deputy_id == person and seat.holder_id in matter.own for seat in seats.get(step.kind, ())):
        raise SelfApproval("A deputy of the requester or the beneficiary does not decide in their place.")
    raise NotTheApprover(f"The open step waits for a {step.role.replace('_', ' ')}{_who(step)}.")


def _who(step: Standing) -> str:
    return (
        "; nobody who may decide it is left"
        if step.state is StepState.BLOCKED
        else " of this unit, network or enterprise"
    )


def passed_after(matter: Matter, steps: Sequence[Standing], seats: Seats) -> tuple[StepKind, ...]:
    """What has passed once the latest decision is counted: the open step if it has enough, and all that merged into it.

    ``steps``: as they stood before that decision, which may have been the last that anybody could give.
    """
    step = open_step(steps)
    if step is None or len(valid_approvals(matter, step.kind, seats)) < step.needed:
        return matter.passed
    before = [
        one.kind for one in steps[: list(steps).index(step) + 1] if one.state in (StepState.MERGED, StepState.OPEN)
    ]
    return tuple(kind for kind in StepKind if kind in matter.passed or kind in before)


def history(matter: Matter) -> tuple[Standing, ...]:
    """The steps of a matter that has ended, or waits for its requester: as they were left."""
    found = []
    kinds = {step.kind: step.needed for step in matter.steps}
    for one in matter.decisions:
        kinds.setdefault(one.kind, 1)
    for kind in StepKind:
        if kind in kinds:
            given = tuple(one for one in matter.decisions if one.kind is kind)
            denied = any(one.decision is Verdict.DENY for one in given)
            state = StepState.DENIED if denied else StepState.WAITING
            found.append(_passed(matter, kind, kinds[kind]) or Standing(kind, kinds[kind], state, decisions=given))
    return tuple(found)


def working_days_after(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of day, so many working days (Monday to Friday, in the unit's time zone) later."""
    local = at.astimezone(zone)
    while days > 0:
        local += timedelta(days=1)
        days -= local.weekday() < 5
    return local.astimezone(UTC)


def with_decision(matter: Matter, word: Decision) -> Matter:
    """The matter with one more word on it."""
    return replace(matter, decisions=(*matter.decisions, word))


def complete(matter: Matter, passed: Iterable[StepKind]) -> bool:
    """Has every step of the route passed, and every step that one of them went up to?"""
    return {step.kind for step in matter.steps} <= set(passed)
