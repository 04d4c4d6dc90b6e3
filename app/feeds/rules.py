"""What HR's feeds did, read out of the audit log; and what of their doing needs a person."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.accounts.rules import Account
from app.audit.rules import Event
from app.directory.rules import Employee
from app.governance.grants.rules import Grant
from app.lifecycle.rules import Alarm
from app.roles.rules import Appointment, Role

MOST = 200
"""How many things of one kind are told at once of what needs a person."""
MOST_CAUSED = 500
"""How many consequences of one change are told; the audit log has the rest."""
UNIT_MADE = "business_unit.created"


class Did(StrEnum):
    """What a feed did to somebody."""

    JOINED = "employee.joined"
    UPDATED = "employee.updated"
    MOVED = "employee.moved"
    LEFT = "employee.left"
    REJOINED = "employee.rejoined"
    REMOVED = "employee.removed"


CONSEQUENCES = frozenset(
    {
        "account.orphaned", "account.withdrawn", "appointment.created", "appointment.deputy_removed", "appointment.ended",
        "appointment.refused", "client.revoked", "grant.expired", "grant.review_due", "grant.revoked", "group.updated",
        "group_mapping.created", "group_mapping.ended", "group_mapping.refused", "registration.withdrawn",
        "rights_request.withdrawn",
    }
)  # fmt: skip
"""What may follow from it, in the same transaction and directly behind it."""
_NOT_SAID = frozenset({"left_at"})
"""Members of a change that no feed states."""
_NAMES_PEOPLE = ("employee_id", "deputy_id", "requester_id", "beneficiary_id", "owner_id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are asked for. ``source``: a kind of actor, or the id of one."""

    source: str | UUID | None = None
    employee_id: UUID | None = None
    request_id: str | None = None
    action: Did | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One person changed, and what that caused; ``more``: it caused more than is told here."""

    event: Event
    employee: Employee | None
    reason: Any
    caused: tuple[Event, ...]
    more: bool

    @property
    def seq(self) -> int:
        return self.event.seq

    @property
    def fields(self) -> list[str]:
        """The names of what is otherwise than before; of somebody new, of all that was stated."""
        before, after = members(self.event.before), members(self.event.after)
        named = {*before, *(name for name, value in after.items() if value is not None or name in before)}
        return sorted(named - _NOT_SAID)


def members(told: str | None) -> Mapping[str, Any]:
    """One side of an event."""
    found: Mapping[str, Any] = json.loads(told) if told else {}
    return found


def about(event: Event, person: str) -> bool:
    """Is this that person's? An event that names people, and not this one, is another's; one that names nobody follows."""
    if event.subject_kind == "employee":
        return event.subject_id == person
    sides = (members(event.before), members(event.after))
    named = {side[name] for side in sides for name in _NAMES_PEOPLE if side.get(name) is not None}
    return not named or person in named


def same_transaction(one: Event, other: Event) -> bool:
    """Were both sealed together?"""
    return (one.at, one.actor, one.request_id) == (other.at, other.actor, other.request_id)


@dataclass(frozen=True, slots=True)
class Orphan:
    """An account without a custodian, since or from ``since``, and who might take it over."""

    account: Account
    since: datetime
    ahead: bool
    last_custodian_id: UUID | None
    successor_id: UUID | None


@dataclass(frozen=True, slots=True)
class Review:
    """A mover's right that somebody has to keep or revoke, and whom to ask."""

    grant: Grant
    account: Account
    ask: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A role that nobody holds although it is needed; ``accounts``: how many of the unit's are waiting for it."""

    role: Role
    business_unit_id: UUID | None
    accounts: int


@dataclass(frozen=True, slots=True)
class Needs:
    """What needs a person; ``more``: of which kinds there is more than is told."""

    alarms: list[Alarm]
    accounts: list[Orphan]
    grants: list[Review]
    roles: list[Vacancy]
    people: list[Employee]
    more: frozenset[str]


def last_custodian(people: Iterable[Employee]) -> tuple[Employee | None, datetime | None]:
    """Of an account's custodians the one who went last, or will, and when. Nobody's custodians: (None, None)."""
    gone = [(one.left_at or one.ends_at or one.updated_at, one) for one in people]
    since, last = max(gone, key=lambda pair: (pair[0], pair[1].id), default=(None, None))
    return last, since


def stays(person: Employee | None, at: datetime, since: datetime) -> bool:
    """Is this person employed, and still will be then?"""
    return person is not None and person.employed(at) and not person.over(max(at, since))


def liaisons_nearest_first(appointments: Iterable[Appointment], account: Account) -> list[UUID]:
    """Who coordinates the account's unit, whoever does so for it alone before whoever does for a larger part."""
    depth = {id_: n for n, id_ in enumerate(account.path)}
    found = [
        (-depth[one.scope.business_unit_id], one.employee_id)
        for one in appointments
        if one.role is Role.BU_LIAISON and one.scope.business_unit_id in depth
    ]
    return [id_ for _, id_ in sorted(found)]
