"""Units and employees: one function per verb. Joining, moving and leaving are in ``lifecycle``, which reaches further."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.kernel.actor import Permission
from app.kernel.errors import Invalid
from app.kernel.pages import Page
from app.kernel.work import Work

from . import rules, store
from .rules import BusinessUnit, Employee

UNIT_FIELDS = (
    "key", "name", "parent_id", "function", "region", "timezone", "state", "merged_into_id", "closed_at",
)  # fmt: skip
PRIVATE = ("employee_number", "user_name", "email")


def unit(work: Work, id_or_key: str) -> BusinessUnit:
    """One unit by id or key."""
    return work.show(store.unit(work.session, id_or_key))


def units(work: Work, page: Page, filters: Mapping[str, Any]) -> list[BusinessUnit]:
    """A page of units."""
    return store.page_units(work.session, page, filters)


def create_unit(work: Work, values: Mapping[str, Any]) -> BusinessUnit:
    """A new unit below ``parent_id`` (the root where none is named). Raises ``KeyTaken``, ``UnitClosed``, ``Invalid``."""
    store.lock_tree(work.session)
    members = {"timezone": "UTC", "function": None, "region": None, **values}
    parent = store.unit(work.session, members.pop("parent_id", None) or rules.ROOT_ID)
    rules.check_parent(None, parent)
    rules.check_key(members["key"])
    rules.check_timezone(members["timezone"])
    unit = store.add_unit(work.session, work.now, parent, members)
    audit.record(work, "business_unit.created", ("business_unit", unit.id), after=told(unit))
    return work.show(unit)


def update_unit(work: Work, id_or_key: str, changes: Mapping[str, Any]) -> BusinessUnit:
    """Rename, describe or move a unit. Raises ``UnitCycle``, ``UnitClosed``, ``KeyTaken``, ``PreconditionFailed``."""
    store.lock_tree(work.session)
    before = store.unit(work.session, id_or_key)
    work.match(before)
    if before.state is rules.UnitState.CLOSED:
        raise rules.UnitClosed(f"{before.name} is closed; its record is history.")
    rest = dict(changes)
    parent_id = rest.pop("parent_id", before.parent_id)
    _check_described(rest)
    unit = move_unit(work, before, parent_id)
    if rest:
        unit = store.save_unit(work.session, unit, work.now, rest)
    if unit.timezone != before.timezone:
        store.redate(work.session, unit, work.now)
    if told(unit) != told(before):
        audit.record(work, "business_unit.updated", ("business_unit", unit.id), before=told(before), after=told(unit))
    return work.show(unit)


def _check_described(changes: Mapping[str, Any]) -> None:
    if "timezone" in changes:
        rules.check_timezone(changes["timezone"])
    for name in ("name", "timezone"):
        if name in changes and changes[name] is None:
            raise Invalid.field(f"/{name}", "required", f"A unit needs a {name}.")


def move_unit(work: Work, unit: BusinessUnit, parent_id: UUID | None) -> BusinessUnit:
    """Hang a unit, with all below it, under another; its record is the caller's. Raises ``UnitCycle``, ``Invalid``."""
    if parent_id == unit.parent_id:
        return unit
    if parent_id is None or unit.id == rules.ROOT_ID:
        raise Invalid.field("/parent_id", "one_root", "There is one root; every other unit stands below another.")
    parent = store.unit(work.session, parent_id)
    rules.check_parent(unit.id, parent)
    return store.reparent(work.session, unit, parent, work.now)


def told(unit: BusinessUnit) -> dict[str, Any]:
    """A unit as the audit log tells it."""
    return {name: getattr(unit, name) for name in UNIT_FIELDS}


def employee(work: Work, id_: UUID) -> Employee:
    """One employee; who may see more than name, title and unit is for ``sees_details``."""
    return work.show(_today(work, store.employee(work.session, id_)))


def _today(work: Work, one: Employee) -> Employee:
    """As it is at this instant: someone dated to join is not active yet, someone dated to leave not for ever."""
    return replace(one, active=one.employed(work.now))


def employees(work: Work, page: Page, filters: Mapping[str, Any]) -> list[Employee]:
    """A page of employees. A filter on what not everybody may read finds only those whose details the actor may see,
    so that its answer tells nothing more than reading would."""
    rest = dict(filters)
    active = rest.pop("active", None)
    given = {**rest, "employed": None if active is None else (active, work.now)}
    found = [_today(work, one) for one in store.page_employees(work.session, page, given)]
    if any(filters.get(name) is not None for name in PRIVATE):
        seen = details_of(work, found)
        return [one for one in found if one.id in seen]
    return found


def details_of(work: Work, people: list[Employee]) -> set[UUID]:
    """Of these people, those whose details the actor may see: their own, and those in the scope of a role."""
    places = store.units(work.session, {one.business_unit_id for one in people})
    return {
        one.id
        for one in people
        if work.actor.may(
            Permission.EMPLOYEE_READ_DETAILS, places[one.business_unit_id].place, own=one.id == work.actor.employee_id
        )
    }
