"""Joining, changing, moving, leaving, coming back; closing and merging units: one transaction each, over every package.

SCIM, files and the command line call only this. HR's word is never blocked.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.audit import service as audit
from app.audit import store as audit_store
from app.audit.rules import instant
from app.clients import service as clients
from app.directory import rules as directory_rules
from app.directory import service as directory_service
from app.directory import store as directory
from app.directory.rules import BusinessUnit, Employee
from app.governance.clearances import service as clearances
from app.governance.freezes import store as freezes
from app.governance.grants import service as grants
from app.governance.grants import store as grant_store
from app.governance.registrations import service as registrations
from app.governance.requests import service as requests
from app.kernel.actor import Permission
from app.kernel.work import Personal, Work
from app.policies import store as policies
from app.roles import service as roles
from app.roles import store as role_store
from app.tools import service as tools
from app.tools import store as tool_store

from . import rules, store
from .documents import rules as documents
from .rules import Alarm

PERSONAL = (
    "user_name", "email", "given_name", "family_name", "display_name", "title", "location", "employee_number",
    "external_id", "attributes",
)  # fmt: skip
PLAIN = ("employment_type", "business_unit_id", "manager_id", "hired_on", "terminated_on", "active", "left_at",
         "deleted_at")  # fmt: skip
_DATED = {"hired_on", "terminated_on", "business_unit_id"}
_GONE = "the holder has left"
_LEFT = "employee.left"
_DAY, _NEWS = timedelta(days=1), timedelta(days=7)


def join(work: Work, values: Mapping[str, Any]) -> Employee:
    """Someone HR has not named before; with ``hired_on`` dated ahead they are one of us from that day. Raises
    ``EmployeeExists``.
    """
    stated = {"active": True, **values}
    made = directory.add_employee(work.session, work.now, {**stated, **_bounds(work, stated)})
    audit.record(work, "employee.joined", ("employee", made.id), after=told(made), person_id=made.id)
    return made


def join_many(work: Work, people: Sequence[Mapping[str, Any]]) -> None:
    """As ``join``, of many people at once, each with an ``id``. Raises ``EmployeeExists``."""
    zones = directory.timezones(work.session, (one["business_unit_id"] for one in people))
    stated = [
        {
            "active": True,
            **one,
            **directory_rules.bounds(one.get("hired_on"), one.get("terminated_on"), zones[one["business_unit_id"]]),
        }
        for one in people
    ]
    directory.add_employees(work.session, work.now, stated)
    for one in stated:
        audit.record(work, "employee.joined", ("employee", one["id"]), after=_told_of(one), person_id=one["id"])


def _told_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """As ``told``, of someone new by their columns."""
    plain = {name: values.get(name) for name in PLAIN}
    return plain | {name: None if values.get(name) is None else Personal(values[name]) for name in PERSONAL}


def restate(work: Work, employee: Employee, values: Mapping[str, Any], *, active: bool, reason: str) -> Employee:
    """HR states someone anew: they leave, come back, or are amended, as ``active`` says. Raises ``EmployeeExists``.

    Someone whose last day has passed is active no more, whether or not anybody has written that down.
    """
    here = employee.active and not employee.over(work.now)
    if here and not active:
        return leave(work, employee, reason, values)
    if active and not here:
        return come_back(work, employee, values)
    return amend(work, employee, values)


def amend(work: Work, employee: Employee, values: Mapping[str, Any]) -> Employee:
    """HR says something else of someone than before; a change of unit is a move. Raises ``EmployeeExists``.

    Someone whose last day has passed has left: if HR gives them another last day now, they come back as any rehire does,
    without a right; whatever else HR says of them does not make them one of us again.
    """
    if not rules.differences(employee, values):
        return employee
    before = directory.lock_employees(work.session, [employee.id])[employee.id]
    if before.active and before.over(work.now):
        left = _has_left(work, before)
        return come_back(work, left, values) if _prolonged(left, values) else amend(work, left, values)
    changes = rules.differences(before, values)
    changes |= rules.differences(before, _bounds(work, changes, before))
    if not changes:
        return before
    changes |= _in_words(before, changes)
    ends_at = changes.get("ends_at")
    if before.active and ends_at is not None and ends_at <= work.now:
        over = {**changes, "active": False, "left_at": ends_at}
        return _leave(work, before, over, _over(changes.get("terminated_on", before.terminated_on)))
    after = directory.save_employee(work.session, before.id, work.now, changes)
    moved = "business_unit_id" in changes
    _tell(work, "employee.moved" if moved else "employee.updated", before, after, changes)
    if moved:
        roles.leave_unit(work, before.id, before.business_unit_id)
        grants.review_mover(work, before.id, before.business_unit_id)
    return after


def leave(work: Work, employee: Employee, reason: str, values: Mapping[str, Any] | None = None) -> Employee:
    """Someone is active no more: in this transaction their rights are revoked, their appointments and their service
    clients end, what they asked for or were to receive is withdrawn. What waits for them goes to whoever else may decide,
    since that is worked out anew.
    """
    before = directory.lock_employees(work.session, [employee.id])[employee.id]
    if not before.active:
        return before
    if before.over(work.now):
        return amend(work, _has_left(work, before), values or {})
    changes = rules.differences(before, values or {})
    changes |= rules.differences(before, _bounds(work, changes, before))
    return _leave(work, before, {**changes, **_in_words(before, changes), "active": False, "left_at": work.now}, reason)


def _in_words(before: Employee, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What their feed had said of them, where another door changes what it says."""
    if before.attributes is None or "attributes" in changes:
        return {}
    return rules.differences(before, {"attributes": documents.agreeing(before.attributes, changes)})


def _prolonged(left: Employee, values: Mapping[str, Any]) -> bool:
    return "terminated_on" in values and values["terminated_on"] != left.terminated_on


def _has_left(work: Work, employee: Employee) -> Employee:
    """Write down that someone left on their last day, which has passed."""
    over = {"active": False, "left_at": employee.ends_at}
    return _leave(work, employee, over, _over(employee.terminated_on))


def _over(last_day: date | None) -> str:
    return f"the last day, {last_day}, has passed" if last_day else "the last day has passed"


def settle(work: Work, limit: int = 500) -> int:
    """Write down what has become of those whose last day has passed; answers how many there were.

    Nothing depends on it: since that day they are refused everything. It ends what they held, and says so.
    """
    found = directory.over(work.session, work.now, limit)
    held = directory.lock_employees(work.session, [one.id for one in found])
    ended = [_has_left(work, one) for one in held.values() if one.active and one.over(work.now)]
    return len(ended)


def _leave(work: Work, before: Employee, changes: Mapping[str, Any], reason: str) -> Employee:
    after = directory.save_employee(work.session, before.id, work.now, changes)
    _tell(work, "employee.left", before, after, changes, reason)
    if note_leavers not in work.closing:
        work.closing.append(note_leavers)
    _let_go(work, before)
    return after


def _let_go(work: Work, person: Employee) -> None:
    """End what somebody who leaves holds, asked for or owns. Their row is held, so nothing is given to them meanwhile."""
    held = store.ties(work.session, person.id)
    for grant in grant_store.open_of_employee(work.session, person.id) if "grants" in held else ():
        grants.close(work, grant, _GONE)
    if "appointments" in held:
        roles.leave(work, person.id)
    if "requests" in held:
        registrations.leave(work, person.id)
        requests.leave(work, person.id)
    if "clearances" in held:
        clearances.leave(work, person.id)
    if "clients" in held:
        clients.leave(work, person.id)
    for account in account_store.stewarded(work.session, person.id) if "accounts" in held else ():
        _flag_orphan(work, account, person)


def note_leavers(work: Work) -> None:
    """Raise an alarm where so many have left within a day that a feed may be broken; at most one a day.

    Called once, when a work in which somebody left ends. It costs as many steps as there were leavers within the day,
    and one once there is an alarm. Two works that end at the same instant may both raise one.
    """
    since = instant(work.now - _DAY)
    if _alarm_since(work, since):
        return
    left = sum(one.action == _LEFT for one in work.records)
    left += audit_store.count_since(work.session, _LEFT, since, rules.MANY_LEAVERS + 1 - left)
    if not rules.unusual(left, left):
        return
    enough = int(left / rules.UNUSUAL_SHARE)  # active people to be sure that it is nothing unusual
    if not rules.unusual(left, left + directory.count_active(work.session, enough)):
        return
    told = {"left": left, "active": left + directory.count_active(work.session), "since": since}
    audit.record(work, "directory.unusual_terminations", ("directory", "employees"), after=told)


def _alarm_since(work: Work, since: str) -> Alarm | None:
    newest = audit_store.newest_of(work.session, "directory.unusual_terminations")
    if newest is None or newest.at < since:
        return None
    return Alarm(newest.seq, newest.at, **json.loads(newest.after or "{}"))


def alarms(work: Work) -> list[Alarm]:
    """The last alarm of an unusual rate of terminations while it is news, for who looks after the whole enterprise."""
    if work.actor.scopes(Permission.DIRECTORY_READ_ORPHANS) is not None:
        return []
    found = _alarm_since(work, instant(work.now - _NEWS))
    return [found] if found else []


def remove(work: Work, employee: Employee, reason: str) -> None:
    """HR's feed has deleted its record: the person leaves, and their user name is free. What they did stays on record."""
    left = leave(work, employee, reason)
    if left.deleted_at is not None:
        return
    changes = {"deleted_at": work.now}
    after = directory.save_employee(work.session, left.id, work.now, changes)
    _tell(work, "employee.removed", left, after, changes, reason)


def _bounds(work: Work, stated: Mapping[str, Any], before: Employee | None = None) -> dict[str, Any]:
    """From when until when they are employed, where what is stated bears on that."""
    if not _DATED & set(stated):
        return {}
    dates = {name: stated.get(name, getattr(before, name, None)) for name in ("hired_on", "terminated_on")}
    if before is None and not any(dates.values()):
        return {}
    unit_id = stated["business_unit_id"] if "business_unit_id" in stated or before is None else before.business_unit_id
    zone = directory.unit(work.session, unit_id).timezone
    return directory_rules.bounds(dates["hired_on"], dates["terminated_on"], zone)


def _flag_orphan(work: Work, account: Any, employee: Employee) -> None:
    """An account without a custodian left is said so, with whom to ask: the leaver's manager, if active."""
    others = directory.employees(work.session, account.stewards - {employee.id})
    if any(one.employed(work.now) for one in others.values()):
        return
    manager = (
        directory.employees(work.session, [employee.manager_id]).get(employee.manager_id)
        if employee.manager_id
        else None
    )
    successor = manager.id if manager and manager.employed(work.now) else None
    audit.record(work, "account.orphaned", ("account", account.id), after={"proposed_successor_id": successor})


def come_back(work: Work, employee: Employee, values: Mapping[str, Any]) -> Employee:
    """Someone who had left is employed again: the person returns, no right and no role does. Raises ``EmployeeExists``.

    Not if HR gives a last day that has passed: a date says more than a flag.
    """
    before = directory.lock_employees(work.session, [employee.id])[employee.id]
    if before.active and before.over(work.now):
        before = _has_left(work, before)
    stated = {"terminated_on": None, **values}
    bounds = _bounds(work, stated, before)
    if bounds["ends_at"] is not None and bounds["ends_at"] <= work.now:
        return amend(work, before, values)
    changes = {**rules.differences(before, stated), **bounds, "active": True, "left_at": None, "deleted_at": None}
    changes |= _in_words(before, changes)
    after = directory.save_employee(work.session, before.id, work.now, changes)
    _tell(work, "employee.rejoined", before, after, changes)
    return after


def _tell(
    work: Work, action: str, before: Employee, after: Employee, changes: Mapping[str, Any], reason: str | None = None
) -> None:
    names = [name for name in (*PLAIN, *PERSONAL) if name in changes and getattr(before, name) != getattr(after, name)]
    audit.record(
        work, action, ("employee", after.id), before=told(before, names), after=told(after, names),
        reason=reason, person_id=after.id,
    )  # fmt: skip


def reports_to(work: Work, person: Employee, other_id: UUID) -> bool:
    """Is this the other person, or somebody below them?"""
    seen: set[UUID] = set()
    one: Employee | None = person
    while one is not None and one.id not in seen:
        if one.id == other_id:
            return True
        seen.add(one.id)
        one = directory.employees(work.session, [one.manager_id]).get(one.manager_id) if one.manager_id else None
    return False


def told(employee: Employee, names: list[str] | None = None) -> dict[str, Any]:
    """A person as the audit log tells it: what names them is erasable."""
    wanted = [*PLAIN, *PERSONAL] if names is None else names
    return {name: Personal(getattr(employee, name)) if name in PERSONAL else getattr(employee, name) for name in wanted}


def department(work: Work, text: str) -> UUID | None:
    """The unit that a department names, by key or name; an unknown one becomes a unit under the root.

    None where several units have that name: it is not for us to guess.
    """
    found = directory.units_named(work.session, text)
    if len(found) > 1:
        return None
    return found[0].id if found else _new_unit(work, text).id


def _new_unit(work: Work, name: str) -> BusinessUnit:
    key = base = directory_rules.slug(name)
    n = 1
    while directory.has_key(work.session, key):
        n += 1
        key = f"{base[:56]}-{n}"
    return directory_service.create_unit(work, {"key": key, "name": name})


def close_unit(work: Work, id_or_key: str, reason: str) -> BusinessUnit:
    """Close a unit in which nothing living is left. Raises ``UnitNotEmpty`` with what it still holds."""
    directory.lock_tree(work.session)
    unit = directory.unit(work.session, id_or_key)
    work.match(unit)
    held = {
        **directory.unit_holdings(work.session, unit.id),
        "living_accounts": account_store.living_in_unit(work.session, unit.id),
        "publishing_tools": tool_store.count_in_unit(work.session, unit.id),
        "open_appointments": sum(not one.lapsed(work.now) for one in role_store.open_in_unit(work.session, unit.id)),
        "policies": policies.scoped_to_unit(work.session, unit.id, work.now),
    }
    directory_rules.check_close(unit, held)
    return work.show(_close(work, unit, None, reason))


def merge_unit(work: Work, id_or_key: str, into: UUID, reason: str) -> BusinessUnit:
    """Merge a unit into another: child units, people, accounts, publishing tools and appointments go along;
    appointments end where the other stands above, since they would cover more there; policies and freezes of its own block.

    Raises ``UnitNotEmpty``, ``UnitClosed``, ``UnitCycle``. Its model ends with it: what goes along comes under the other's.
    """
    directory.lock_tree(work.session)
    unit, target = directory.unit(work.session, id_or_key), directory.unit(work.session, into)
    work.match(unit)
    _check_bare(work, unit)
    directory_rules.check_parent(unit.id, target)
    for child in directory.child_units(work.session, unit.id):
        moved = directory_service.move_unit(work, child, target.id)
        audit.record(
            work, "business_unit.updated", ("business_unit", child.id),
            before=directory_service.told(child), after=directory_service.told(moved),
        )  # fmt: skip
    before, after = ({"business_unit_id": one.id} for one in (unit, target))
    for person_id in directory.move_employees(work.session, unit.id, target.id, work.now):
        audit.record(work, "employee.moved", ("employee", person_id), before=before, after=after, person_id=person_id)
    directory.redate(work.session, target, work.now)
    for account in account_store.of_unit(work.session, unit.id):
        accounts.change(work, account, {"business_unit_id": target.id}, "account.updated")
    if target.id in unit.path:  # it would widen an appointment to cover all that stands below the other
        roles.end_over(work, unit.id)
    else:
        roles.rescope(work, unit.id, target.id)
    tools.rescope(work, unit.id, target.id)
    freezes.lock_units(work.session)  # last of all: a freeze waits for what is left to be done here, and no longer
    _check_bare(work, unit)
    return work.show(_close(work, unit, target.id, reason))


def _check_bare(work: Work, unit: BusinessUnit) -> None:
    own = {"policies": policies.scoped_to_unit, "freezes": freezes.of_unit}
    directory_rules.check_close(unit, {what: count(work.session, unit.id, work.now) for what, count in own.items()})


def _close(work: Work, unit: BusinessUnit, into: UUID | None, reason: str) -> BusinessUnit:
    changes = {"state": directory_rules.UnitState.CLOSED, "closed_at": work.now, "merged_into_id": into}
    after = directory.save_unit(work.session, unit, work.now, changes)
    audit.record(
        work, "business_unit.merged" if into else "business_unit.closed", ("business_unit", unit.id),
        before=directory_service.told(unit), after=directory_service.told(after), reason=reason,
    )  # fmt: skip
    return after
