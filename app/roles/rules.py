"""CoE roles as they are held: appointments, what comes of them, and who may hold which together."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kernel.actor import Permission, Place, Power, Scope, ScopeKind
from app.kernel.errors import Conflict, Invalid

from .permitted.rules import ANY, CLIENT_TABLE, DEPUTY_POWERS, EMPLOYEE, SCOPES, TABLE, ClientScope, Role

__all__ = [
    "CLIENT_TABLE",
    "EMPLOYEE",
    "SCOPES",
    "TABLE",
    "AlreadyAppointed",
    "Appointment",
    "AppointmentEnded",
    "ClientScope",
    "DeputyCycle",
    "LastStrategist",
    "Role",
    "SeparationOfDuties",
    "Slot",
    "check_deputies",
    "check_scope",
    "check_separation",
    "client_powers",
    "coe_member",
    "powers",
    "slots",
]


class SeparationOfDuties(Conflict):
    """Auditors and admins hold no other role."""

    code = "separation_of_duties"


class LastStrategist(Conflict):
    """Someone must be left who can appoint."""

    code = "last_strategist"


class AlreadyAppointed(Conflict):
    """The person holds this role over this scope already."""

    code = "already_appointed"


class DeputyCycle(Conflict):
    """Standing in for one another in a circle: in the end somebody would stand in for themselves."""

    code = "deputy_cycle"


class AppointmentEnded(Conflict):
    """An ended appointment stays ended; appoint again."""

    code = "appointment_ended"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A person in a role, over a scope, for a time; perhaps with a deputy."""

    id: UUID
    employee_id: UUID
    role: Role
    scope: Scope
    valid_from: datetime
    valid_until: datetime | None
    deputy_id: UUID | None
    appointed_by: UUID | None
    group_mapping_id: UUID | None
    ended_at: datetime | None
    end_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    def lapsed(self, at: datetime) -> bool:
        """Is its time over, whether or not anybody ended it?"""
        return self.valid_until is not None and self.valid_until <= at

    def in_force(self, at: datetime) -> bool:
        """Does it hold now? An end that was recorded counts at once, though another machine's clock be ahead."""
        begun = self.valid_from <= at and (self.valid_until is None or at < self.valid_until)
        return begun and self.ended_at is None


def check_scope(role: Role, scope: Scope) -> None:
    """A role is held over the kinds of scope it is made for."""
    if scope.kind not in SCOPES[role]:
        allowed = ", ".join(sorted(SCOPES[role]))
        raise Invalid.field("", "scope_not_for_role", f"A {role} is appointed for: {allowed}; not for: {scope.kind}.")


def check_deputies(standing_in: Mapping[UUID, Collection[UUID]], holder: UUID, deputy: UUID) -> None:
    """May this person have that deputy in a role? ``standing_in``: who deputizes for whom in it, by holder.

    Raises ``DeputyCycle`` where following the deputies' deputies leads back to the holder.
    """
    seen, ahead = set[UUID](), [deputy]
    while ahead:
        one = ahead.pop()
        if one == holder:
            raise DeputyCycle("The deputies of this deputy lead back to the holder; name somebody else.")
        if one not in seen:
            seen.add(one)
            ahead += standing_in.get(one, ())


def check_separation(held: Iterable[Role], new: Role) -> None:
    """``auditor`` and ``admin`` each conflict with every other role."""
    for role in set(held) - {new}:
        if {role, new} & {Role.AUDITOR, Role.ADMIN}:
            raise SeparationOfDuties(f"One person cannot be {role} and {new}.")


def coe_member(held: Iterable[Appointment]) -> bool:
    """The CoE: strategists, content strategists, enterprise-wide community managers. Ceilings bind everyone else."""
    return any(
        one.role in (Role.STRATEGIST, Role.CONTENT_STRATEGIST)
        or (one.role is Role.COMMUNITY_MANAGER and one.scope.kind is ScopeKind.ENTERPRISE)
        for one in held
    )


def powers(held: Iterable[Appointment], deputy_of: Iterable[Appointment] = ()) -> dict[Permission, tuple[Power, ...]]:
    """What an active employee may do: everyone's part, that of each appointment, and a deputy's sight of requests."""
    found: dict[Permission, list[Power]] = {}
    for permission, reach in TABLE[EMPLOYEE].items():
        found.setdefault(permission, []).append(Power(reach))
    for one in held:
        for permission, reach in TABLE[one.role].items():
            found.setdefault(permission, []).append(Power(reach, one.scope))
    for one in deputy_of:
        for permission in DEPUTY_POWERS & set(TABLE[one.role]):
            found.setdefault(permission, []).append(Power(TABLE[one.role][permission], one.scope))
    return {permission: tuple(ways) for permission, ways in found.items()}


def client_powers(scopes: Iterable[ClientScope]) -> dict[Permission, tuple[Power, ...]]:
    """What a service client may do."""
    granted = frozenset[Permission]().union(*(CLIENT_TABLE.get(scope, frozenset()) for scope in scopes))
    return {permission: (Power(ANY),) for permission in granted}


@dataclass(frozen=True, slots=True)
class Slot:
    """One seat that may decide: its holder, and the deputy who may sit there instead. The two count once."""

    holder_id: UUID
    deputy_id: UUID | None = None


def slots(appointments: Iterable[Appointment], role: Role, place: Place) -> tuple[Slot, ...]:
    """Who may decide as ``role`` at ``place``; ``appointments`` are those in force, of active people."""
    return tuple(
        sorted(
            {
                Slot(one.employee_id, one.deputy_id)
                for one in appointments
                if one.role is role and one.scope.covers(place)
            },
            key=lambda slot: (slot.holder_id, slot.deputy_id or UUID(int=0)),
        )
    )
