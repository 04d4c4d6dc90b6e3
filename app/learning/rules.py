"""What each person still has to learn, and how far units have come; worked out whenever somebody asks.

A course is asked of somebody by the curriculum (everybody, whoever holds rights, the holders of a role) or by a policy in
force for accounts on which they hold rights. Only the policy's word pauses a right.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from app.directory.rules import BusinessUnit
from app.kernel.actor import Place
from app.policies.rules import Dated, InForce
from app.policies.typed.rules import courses as required
from app.programme.curriculum.rules import Audience, Entry, Need
from app.programme.training.rules import Completion, Course, TrainingState, standing

NOBODY = "Nothing of this is required of anybody here, so that there is no share."
_SHARE = Decimal("0.0001")


class LearningState(StrEnum):
    """How somebody stands in a course that is asked of them. ``expires_soon``: it counts still, for 30 days at most."""

    MISSING = "missing"
    EXPIRED = "expired"
    EXPIRES_SOON = "expires_soon"
    DONE = "done"


class Ground(StrEnum):
    """Why a course is asked of somebody."""

    EVERYBODY = "everybody"
    RIGHTS_HOLDER = "rights_holder"
    ROLE = "role"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Ask:
    """A course that is asked of some, by an entry of the curriculum or by a version of a policy, since an instant.

    ``course`` None: there is none of this key, so that nobody can have completed it. ``days``: for how many days a
    completion counts by the policy's rule alone; None: as long as the course says.
    """

    course_key: str
    course: Course | None
    need: Need
    since: datetime
    entry: Entry | None = None
    policy: InForce | None = None
    days: int | None = None

    @property
    def ground(self) -> Ground:
        """Why it is asked."""
        if self.entry is None:
            return Ground.POLICY
        plain = self.entry.audience in (Audience.EVERYBODY, Audience.RIGHTS_HOLDER)
        return Ground(self.entry.audience.value) if plain else Ground.ROLE


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody who is with us: where they work and since when, their roles and their rights, each with since when.

    ``rights``: where the accounts stand on which they hold rights, in force or to come.
    """

    path: tuple[UUID, ...]
    begins: datetime
    roles: Sequence[tuple[str, datetime]] = ()
    rights: Sequence[tuple[Place, datetime]] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why a course is asked of somebody, and since when it is."""

    ask: Ask
    since: datetime


@dataclass(frozen=True, slots=True)
class Lesson:
    """A course that is asked of somebody: every reason, and how they stand in it.

    ``since``: since when it stands so: completed, run out, or asked for. ``until``: until when the newest completion
    counts, or did, by whichever asks for the freshest; None: for ever, or there is none.
    """

    course_key: str
    course: Course | None
    need: Need
    reasons: tuple[Reason, ...]
    state: LearningState
    since: datetime
    until: datetime | None


class Count(NamedTuple):
    """Of the people of a unit of whom a course (by its number) is asked: who has done it, and for whom it has run out."""

    business_unit_id: UUID
    course: int
    required: bool
    people: int
    done: int
    expired: int


class Whole(NamedTuple):
    """Of the people who work in a unit and of whom something is required: who has done all of it; of who has not, of how
    many everything that is lacking has only run out.
    """

    business_unit_id: UUID
    people: int
    done: int
    expired: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How many people are asked, and how they stand; each counts once, by where they stand worst."""

    people: int = 0
    done: int = 0
    expired: int = 0

    @property
    def missing(self) -> int:
        """Who never did it, or lacks some of it altogether."""
        return self.people - self.done - self.expired

    @property
    def share(self) -> Decimal | None:
        """How much of the whole is done; None of nobody."""
        return (Decimal(self.done) / Decimal(self.people)).quantize(_SHARE) if self.people else None

    def plus(self, one: Count | Whole) -> "Figures":
        """With those people beside."""
        return Figures(self.people + one.people, self.done + one.done, self.expired + one.expired)


@dataclass(frozen=True, slots=True)
class CourseFigures:
    """One course in a unit, as far as it is required, or recommended."""

    course_key: str
    course: Course | None
    need: Need
    figures: Figures


@dataclass(frozen=True, slots=True)
class UnitCoverage:
    """How far the people of a unit have come in everything that is required, and in each course that is asked.

    ``below``: with all units below it.
    """

    unit: BusinessUnit
    below: bool
    figures: Figures
    courses: tuple[CourseFigures, ...]


# --- what is asked --------------------------------------------------------------------------------------------------


def by_curriculum(entries: Iterable[Entry], courses: Iterable[Course]) -> list[Ask]:
    """What the curriculum asks; of a course that is held no more, nothing: nobody could learn it any more."""
    held = {one.id: one for one in courses if one.retired_at is None}
    return [
        Ask(one.course_key, held[one.course_id], one.need, one.created_at, entry=one)
        for one in entries
        if one.course_id in held
    ]


def by_policies(in_force: Iterable[Dated], courses: Iterable[Course]) -> list[Ask]:
    """What versions of policies that are in force require, of whoever holds rights where they hold."""
    known = {one.key: one for one in courses}
    return [
        Ask(key, known.get(key), Need.REQUIRED, one.begins, policy=one.policy, days=days)
        for one in in_force
        for key, days in required(one.policy.rules.get("required_training") or ()).items()
    ]


def since_when(ask: Ask, learner: Learner) -> datetime | None:
    """Since when something is asked of somebody; None: it is not."""
    reasons = _reasons(ask, learner)
    return max(ask.since, min(reasons)) if reasons else None


def _reasons(ask: Ask, learner: Learner) -> list[datetime]:
    """Since when somebody is one of those of whom it is asked: by each of their rights, roles, or by being here."""
    if ask.policy is not None:
        return [since for place, since in learner.rights if ask.policy.scope.covers(place)]
    if ask.entry is None or ask.entry.business_unit_id not in learner.path:
        return []
    if ask.ground is Ground.EVERYBODY:
        return [learner.begins]
    if ask.ground is Ground.RIGHTS_HOLDER:
        return [since for _, since in learner.rights]
    return [since for role, since in learner.roles if role == ask.entry.audience]


# --- how somebody stands --------------------------------------------------------------------------------------------


def lessons(
    asks: Iterable[Ask], learner: Learner, completions: Sequence[Completion], at: datetime, soon: timedelta
) -> tuple[Lesson, ...]:
    """Every course that is asked of somebody, what is required and lacking first.

    ``soon``: so long before a completion counts no more it expires soon.
    """
    asked: dict[str, list[Reason]] = {}
    for ask in asks:
        since = since_when(ask, learner)
        if since is not None:
            asked.setdefault(ask.course_key, []).append(Reason(ask, since))
    found = [_lesson(reasons, completions, at, soon) for reasons in asked.values()]
    states = list(LearningState)
    return tuple(
        sorted(found, key=lambda one: (one.need is not Need.REQUIRED, states.index(one.state), one.course_key))
    )


def _lesson(reasons: Sequence[Reason], completions: Sequence[Completion], at: datetime, soon: timedelta) -> Lesson:
    """One course, whoever asks for it: by the freshest completion that anybody wants."""
    first, asks = reasons[0].ask, [one.ask for one in reasons]
    need = Need.REQUIRED if any(one.need is Need.REQUIRED for one in asks) else Need.RECOMMENDED
    state, since, until = LearningState.MISSING, min(one.since for one in reasons), None
    if first.course is not None:
        days = min((one.days for one in asks if one.days is not None), default=None)
        held = standing(completions, first.course, at, days)
        until = held.valid_until
        if held.state is TrainingState.EXPIRED and until is not None:
            state, since = LearningState.EXPIRED, until
        elif held.completed_at is not None:
            state, since = _done(until, at, soon), held.completed_at
    return Lesson(first.course_key, first.course, need, tuple(reasons), state, since, until)


def _done(until: datetime | None, at: datetime, soon: timedelta) -> LearningState:
    return LearningState.EXPIRES_SOON if until is not None and until - soon <= at else LearningState.DONE


# --- how units stand ------------------------------------------------------------------------------------------------


def coverage(
    unit: BusinessUnit,
    units: Mapping[UUID, BusinessUnit],
    keys: Sequence[tuple[str, Course | None]],
    counts: Iterable[Count],
    wholes: Iterable[Whole],
) -> tuple[UnitCoverage, list[UnitCoverage]]:
    """How a unit stands with all below it; and of what that is made up: its own people, and each unit directly below it.

    ``units``: every unit. ``keys``: the courses by the numbers that the counts have.
    """
    parts: dict[UUID, list[Count]] = {}
    sums: dict[UUID, Figures] = {}
    for one in counts:
        parts.setdefault(_part(unit, units[one.business_unit_id]), []).append(one)
    for whole in wholes:
        part = _part(unit, units[whole.business_unit_id])
        sums[part] = sums.get(part, Figures()).plus(whole)
    children = [one for one in units.values() if one.parent_id == unit.id and (one.closed_at is None or one.id in sums)]
    rows = [unit, *sorted(children, key=lambda one: one.key)]
    told = [
        UnitCoverage(one, one.id != unit.id, sums.get(one.id, Figures()), _courses(keys, parts.get(one.id, ())))
        for one in rows
    ]
    every = [one for part in parts.values() for one in part]
    total = [sum(part) for part in zip(*((one.people, one.done, one.expired) for one in sums.values()), strict=True)]
    return UnitCoverage(unit, True, Figures(*total), _courses(keys, every)), told


def _part(unit: BusinessUnit, of: BusinessUnit) -> UUID:
    """In which row somebody counts who works in a unit: in that of the unit asked for, or of the one directly below it."""
    depth = len(unit.path)
    return of.path[depth] if len(of.path) > depth else unit.id


def _courses(keys: Sequence[tuple[str, Course | None]], counts: Iterable[Count]) -> tuple[CourseFigures, ...]:
    sums: dict[tuple[int, bool], Figures] = {}
    for one in counts:
        which = (one.course, bool(one.required))
        sums[which] = sums.get(which, Figures()).plus(one)
    found = [
        CourseFigures(*keys[n], Need.REQUIRED if needed else Need.RECOMMENDED, figures)
        for (n, needed), figures in sums.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.need is not Need.REQUIRED, one.course_key)))
