"""Appointing, ending appointments, and what a person's roles amount to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import store as directory
from app.directory.rules import Employee, UnitClosed, UnitState
from app.kernel.actor import Actor, ActorKind, Permission, Scope, ScopeKind
from app.kernel.database import advisory_lock
from app.kernel.errors import Conflict, Invalid
from app.kernel.pages import Page
from app.kernel.work import Work
from app.networks import store as networks

from . import rules, store
from .rules import Appointment, Role

DEPUTIES_LOCK = 0x636F_6505
"""Held alone by whoever names a deputy, before anybody's row."""


def actor_for(work: Work, employee: Employee) -> Actor:
    """An active employee as an actor, with the powers of this instant."""
    held, deputy_of = store.held_by(work.session, employee.id, work.now)
    roles = tuple(sorted({one.role.value for one in held}))
    return Actor(ActorKind.EMPLOYEE, employee.id, roles, rules.powers(held, deputy_of))


def held(work: Work, employee_id: UUID) -> list[Appointment]:
    """A person's appointments in force."""
    return store.held_by(work.session, employee_id, work.now)[0]


def appointment(work: Work, id_: UUID) -> Appointment:
    """One appointment."""
    return work.show(store.appointment(work.session, id_))


def appointments(work: Work, page: Page, filters: Mapping[str, Any]) -> list[Appointment]:
    """A page of appointments."""
    return store.page(work.session, page, filters)


def appoint(
    work: Work,
    employee_id: UUID,
    role: Role,
    scope: Scope,
    *,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    deputy_id: UUID | None = None,
    group_mapping_id: UUID | None = None,
) -> Appointment:
    """Appoint someone; ``group_mapping_id``: because they joined a group that was mapped to the role. Raises ``Invalid``,
    ``SeparationOfDuties``, ``NotFound``, ``UnitClosed``.

    The person's row is held alone, so that two appointments that conflict cannot be made side by side.
    """
    rules.check_scope(role, scope)
    begins = valid_from or work.now
    if begins < work.now:
        raise Invalid.field("/valid_from", "in_the_past", "An appointment begins now or later.")
    if valid_until is not None and valid_until <= max(begins, work.now):
        raise Invalid.field("/valid_until", "ends_before_it_begins", "An appointment must end later than it begins.")
    if deputy_id is not None:
        advisory_lock(work.session, DEPUTIES_LOCK)  # two made side by side could close a circle
    people = directory.lock_employees(work.session, {employee_id} | ({deputy_id} if deputy_id else set()))
    _check_person(work, people.get(employee_id), role)
    if deputy_id is not None:
        _check_deputy(work, people.get(deputy_id), employee_id, role)
    _check_place(work, scope)
    _check_free(work, employee_id, role, scope, deputy_id)
    values = {
        "employee_id": employee_id, "role": role, "valid_from": begins, "valid_until": valid_until,
        "deputy_id": deputy_id, "appointed_by": work.actor.employee_id, "group_mapping_id": group_mapping_id,
    }  # fmt: skip
    made = store.add(work.session, work.now, values, scope)
    audit.record(work, "appointment.created", ("appointment", made.id), after=told(made))
    return work.show(made)


def redeputize(work: Work, id_: UUID, deputy_id: UUID | None) -> Appointment:
    """Name another deputy, or none (None). Raises ``AppointmentEnded``, ``DeputyCycle``, ``SeparationOfDuties``,
    ``Invalid``.
    """
    advisory_lock(work.session, DEPUTIES_LOCK)
    found = store.appointment(work.session, id_)
    people = directory.lock_employees(work.session, {found.employee_id} | ({deputy_id} if deputy_id else set()))
    found = store.appointment(work.session, id_, lock=True)
    work.match(found)
    if found.ended_at is not None or found.lapsed(work.now):
        raise rules.AppointmentEnded("This appointment has ended already.")
    if deputy_id == found.deputy_id:
        return work.show(found)
    if deputy_id is not None:
        _check_deputy(work, people.get(deputy_id), found.employee_id, found.role)
    after = store.save(work.session, id_, work.now, {"deputy_id": deputy_id})
    audit.record(work, "appointment.deputy_changed", ("appointment", id_), before=told(found), after=told(after))
    return work.show(after)


def _check_deputy(work: Work, deputy: Employee | None, holder_id: UUID, role: Role) -> None:
    if deputy is not None and deputy.id == holder_id:
        raise Invalid.field("/deputy_id", "own_deputy", "A deputy is somebody else.")
    if deputy is None:
        raise Invalid.field("/deputy_id", "unknown_employee", "There is no such employee.")
    _check_person(work, deputy, role)
    rules.check_deputies(store.deputies(work.session, role, work.now), holder_id, deputy.id)


def _check_free(work: Work, employee_id: UUID, role: Role, scope: Scope, deputy_id: UUID | None) -> None:
    """The person does not hold the very same role already: ending one of two would leave them with it."""
    for one in store.open_of(work.session, employee_id):
        if (one.role, one.scope, one.deputy_id) == (role, scope, deputy_id) and not one.lapsed(work.now):
            raise rules.AlreadyAppointed(
                f"They are {role.replace('_', ' ')} there already; end that appointment first."
            )


def _check_person(work: Work, person: Employee | None, role: Role) -> None:
    if person is None:
        raise Invalid.field("/employee_id", "unknown_employee", "There is no such employee.")
    if not person.employed(work.now):
        raise Conflict(f"{person.display_name} is not employed at present and cannot be appointed.")
    held = [*store.open_of(work.session, person.id), *store.open_deputyships(work.session, person.id)]
    rules.check_separation((one.role for one in held if not one.lapsed(work.now)), role)


def _check_place(work: Work, scope: Scope) -> None:
    """The unit or the network is there, and the unit is open."""
    if scope.network:
        networks.network(work.session, scope.network)
    if scope.business_unit_id:
        unit = directory.unit(work.session, scope.business_unit_id)
        if unit.state is UnitState.CLOSED:
            raise UnitClosed(f"{unit.name} is closed; nobody is appointed there.")


def end(work: Work, id_: UUID, reason: str | None = None) -> Appointment:
    """End an appointment now. Raises ``AppointmentEnded``, ``LastStrategist``."""
    found = hold(work, id_)
    work.match(found)
    return work.show(end_held(work, found, reason or "ended"))


def hold(work: Work, id_: UUID) -> Appointment:
    """An appointment that is perhaps to end, held until the transaction ends, and before it its holder."""
    found = store.appointment(work.session, id_)
    if found.role is Role.STRATEGIST:  # every strategist's row, so that two cannot end each other side by side
        strategists = store.in_force(work.session, work.now, role=Role.STRATEGIST)
        directory.lock_employees(work.session, {one.employee_id for one in strategists} | {found.employee_id})
    else:
        directory.lock_employees(work.session, {found.employee_id})
    return store.appointment(work.session, id_, lock=True)


def end_held(work: Work, found: Appointment, reason: str) -> Appointment:
    """End an appointment that this transaction holds. Raises ``AppointmentEnded``, ``LastStrategist``."""
    if found.ended_at is not None:
        raise rules.AppointmentEnded("This appointment has ended already.")
    if found.role is Role.STRATEGIST and found.in_force(work.now):
        left = store.in_force(work.session, work.now, role=Role.STRATEGIST)
        if not any(one.employee_id != found.employee_id for one in left):
            raise rules.LastStrategist("Appoint another strategist first: someone must be left who can appoint.")
    return close(work, found, reason)


def close(work: Work, found: Appointment, reason: str) -> Appointment:
    """End an appointment whatever it is: a person's leaving is never blocked."""
    changes = {"ended_at": work.now, "ended_by": work.actor.employee_id, "end_reason": reason}
    ended = store.save(work.session, found.id, work.now, changes)
    audit.record(
        work, "appointment.ended", ("appointment", found.id), before=told(found), after=told(ended), reason=reason
    )
    return ended


def leave(work: Work, employee_id: UUID) -> int:
    """Someone has left: end their appointments, and their standing in for others. Answers how many ended."""
    mine = store.open_of(work.session, employee_id)
    for one in mine:
        close(work, one, "the holder has left")
    for one in store.open_deputyships(work.session, employee_id):
        changed = store.save(work.session, one.id, work.now, {"deputy_id": None})
        audit.record(work, "appointment.deputy_removed", ("appointment", one.id), before=told(one), after=told(changed))
    return len(mine)


def leave_unit(work: Work, employee_id: UUID, unit_id: UUID) -> int:
    """Someone has moved: end their appointments scoped to the unit that they left."""
    left = [one for one in store.open_of(work.session, employee_id) if one.scope.business_unit_id == unit_id]
    for one in left:
        close(work, one, "the holder has moved to another unit")
    return len(left)


def rescope(work: Work, source: UUID, target: UUID) -> int:
    """A unit is merged into another: appointments over it become appointments over the other."""
    found = store.open_in_unit(work.session, source)
    for one in found:
        changed = store.save(work.session, one.id, work.now, {"business_unit_id": target})
        audit.record(work, "appointment.rescoped", ("appointment", one.id), before=told(one), after=told(changed))
    return len(found)


def end_over(work: Work, unit_id: UUID) -> int:
    """A unit is merged into one above it: appointments over it end, lest they cover all of the other."""
    found = store.open_in_unit(work.session, unit_id)
    for one in found:
        close(work, one, "the unit was merged into one above it")
    return len(found)


def told(one: Appointment) -> dict[str, Any]:
    """An appointment as the audit log tells it."""
    names = ("employee_id", "role", "valid_from", "valid_until", "deputy_id", "ended_at")
    source = {"group_mapping_id": one.group_mapping_id} if one.group_mapping_id else {}
    return {**{name: getattr(one, name) for name in names}, **source, **scope_told(one.scope)}


def scope_told(scope: Scope) -> dict[str, Any]:
    """A scope as plain members."""
    return {"scope": scope.kind, "business_unit_id": scope.business_unit_id, "network": scope.network}


def matrix() -> list[dict[str, Any]]:
    """The table that is enforced, as data: who may do what, and how far it carries."""
    rows: list[dict[str, Any]] = []
    for permission in Permission:
        roles = {str(role): reaches[permission] for role, reaches in rules.TABLE.items() if permission in reaches}
        scopes = sorted(scope for scope, granted in rules.CLIENT_TABLE.items() if permission in granted)
        rows.append({"permission": permission, "roles": roles, "client_scopes": scopes})
    return rows


def scope_of(business_unit_id: UUID | None, network: str | None) -> Scope:
    """A scope from a body's members: a unit, a network, or neither (the enterprise)."""
    if business_unit_id is not None and network is not None:
        raise Invalid.field("", "one_scope", "A scope is one business unit or one network, not both.")
    kind = ScopeKind.BUSINESS_UNIT if business_unit_id else ScopeKind.NETWORK if network else ScopeKind.ENTERPRISE
    return Scope(kind, business_unit_id, network)
