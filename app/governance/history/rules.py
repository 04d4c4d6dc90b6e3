"""What the audit log says of how things were: pure functions of a subject's events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.directory.rules import EmploymentType, bounds
from app.kernel.errors import Conflict

_DATED = frozenset({"hired_on", "terminated_on", "business_unit_id"})
Bounds = tuple[datetime | None, datetime | None]


class HistoryIncomplete(Conflict):
    """The audit log does not reach back to that instant, so that nobody can say how it was."""

    code = "history_incomplete"


@dataclass(frozen=True, slots=True)
class Told:
    """One event, as far as history goes by it: what its subject was before, and is after."""

    seq: int
    at: datetime
    action: str
    subject_id: UUID
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def before_all(now: Mapping[str, Any], later: Iterable[Told]) -> dict[str, Any]:
    """A subject's members as they were before all these events, which lead up to ``now``; JSON values, as the log has them."""
    then = dict(now)
    for one in sorted(later, key=lambda one: one.seq, reverse=True):
        then |= {name: value for name, value in one.before.items() if name in then}
    return then


@dataclass(frozen=True, slots=True)
class UnitLog:
    """A unit's present time zone, and all that was told of the unit."""

    timezone: str
    told: Sequence[Told]

    def zone(self, seq: int) -> str:
        """Its time zone just before an event."""
        zone: str = before_all({"timezone": self.timezone}, [one for one in self.told if one.seq >= seq])["timezone"]
        return zone

    def rezoned(self) -> list[Told]:
        """The events that gave it another time zone."""
        return [one for one in self.told if "timezone" in one.before and self.zone(one.seq) != self.zone(one.seq + 1)]

    def merged(self, at: datetime) -> bool:
        """Was it merged into another at that very instant?"""
        return any(one.action == "business_unit.merged" and one.at == at for one in self.told)


@dataclass(frozen=True, slots=True)
class Employment:
    """What HR had said of how, and from when until when, somebody was employed."""

    active: bool
    employment_type: EmploymentType
    starts_at: datetime | None
    ends_at: datetime | None


def employment(own: Sequence[Told], units: Mapping[UUID, UnitLog], at: datetime) -> Employment:
    """How somebody was employed at an instant, from their events up to then and those of the units that they were in.

    First and last day are dates; the instants that they stand for are not told by the log and are worked out again as
    they were then: by the clock of the unit, which may have changed. Raises ``HistoryIncomplete``.
    """
    if not own or own[0].action != "employee.joined":
        raise HistoryIncomplete("The audit log does not tell how this person joined.")
    members: dict[str, Any] = {}
    ends: Bounds = (None, None)
    rezoned = [one for unit in units.values() for one in unit.rezoned() if one.at <= at]
    theirs = {one.seq for one in own}
    for one in sorted([*own, *rezoned], key=lambda one: one.seq):
        if one.seq in theirs:
            merged = _unit(members) in units and units[_unit(members)].merged(one.at) if members else False
            members |= one.after
            if merged:
                ends = _redated(members, ends, units, one)
            elif one.action in ("employee.joined", "employee.rejoined") or _DATED & one.after.keys():
                ends = _bounds(members, units, one.seq)
        elif members and _unit(members) == one.subject_id:
            ends = _redated(members, ends, units, one)
    kind = members["employment_type"] or EmploymentType.EMPLOYEE  # which is what a file means that does not say
    return Employment(members["active"], EmploymentType(kind), *ends)


def _redated(members: Mapping[str, Any], held: Bounds, units: Mapping[UUID, UnitLog], by: Told) -> Bounds:
    """The unit's day begins at another instant: whoever has joined, and is not dated to leave, is not asked about."""
    ahead = any(one is not None and one > by.at for one in held)
    return _bounds(members, units, by.seq + 1) if ahead else held


def _bounds(members: Mapping[str, Any], units: Mapping[UUID, UnitLog], seq: int) -> Bounds:
    days = [date.fromisoformat(members[name]) if members[name] else None for name in ("hired_on", "terminated_on")]
    found = bounds(days[0], days[1], units[_unit(members)].zone(seq))
    return found["starts_at"], found["ends_at"]


def _unit(members: Mapping[str, Any]) -> UUID:
    return UUID(members["business_unit_id"])
