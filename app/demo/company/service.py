"""Founding the company: its units and people, who holds which role, and how it is governed."""

from datetime import timedelta
from random import Random
from typing import Any

from app.demo.rules import COMPANY, FOUNDED, PASSWORD
from app.demo.stage.service import DAY, HOUR, Founding
from app.directory import service as directory_service
from app.directory.rules import ROOT_KEY
from app.groups import service as groups
from app.groups.rules import Member, MemberKind
from app.identity.login import service as login
from app.imports.columns.rules import GENERIC
from app.imports.rules import Summary
from app.imports.runs import service as imports
from app.imports.runs.rules import Asked, File, RunState
from app.kernel.actor import ENTERPRISE, Scope, ScopeKind
from app.kernel.work import Work
from app.lifecycle import service as lifecycle
from app.roles import service as roles
from app.roles.rules import Role

from . import rules as data
from .rules import Person, Seat

_FILE, _FILE_SIZE = "people.csv", 11_264


def found_company(one: Founding) -> None:
    """The units; the root, which is there already, takes the company's name."""
    with one.operating(FOUNDED * DAY) as work:
        root = directory_service.update_unit(work, ROOT_KEY, {"name": COMPANY, "timezone": "Europe/Amsterdam"})
        one.units[ROOT_KEY] = root.id
        for unit in data.UNITS:
            values = {
                "key": unit.key, "name": unit.name, "parent_id": one.units[unit.parent], "function": unit.function,
                "region": unit.region, "timezone": unit.timezone,
            }  # fmt: skip
            one.units[unit.key] = directory_service.create_unit(work, values).id


def employ(one: Founding) -> None:
    """Everybody joins, managers first; it is told as the import of a file, as it would be."""
    dice = Random(1861)  # noqa: S311 - the same company each time, nothing secret
    cities = {unit.key: unit.city for unit in data.UNITS}
    with one.operating(FOUNDED * DAY) as work:
        run = imports.begin(work, Asked(complete=True), File(_FILE, _FILE_SIZE), RunState.RUNNING, GENERIC)
        for person in data.PEOPLE:
            hired = work.now.date() - timedelta(days=dice.randint(100, 6000))
            values = {**_stated(one, person), "hired_on": hired, "location": cities.get(person.unit, "Utrecht")}
            one.people[person.key] = lifecycle.join(work, values).id
        imports.end(work, run, RunState.DONE, summary=Summary(created=len(data.PEOPLE)).as_dict())
        one.examples["import_id"] = str(run.id)


def _stated(one: Founding, person: Person) -> dict[str, Any]:
    given, _, family = person.name.partition(" ")
    return {
        "employee_number": person.number, "user_name": person.key, "email": person.email, "given_name": given,
        "family_name": family, "display_name": person.name, "title": person.title,
        "employment_type": person.employment, "business_unit_id": one.units[person.unit],
        "manager_id": one.people[person.manager] if person.manager else None,
    }  # fmt: skip


def appoint(one: Founding) -> None:
    """The first appointments by an operator, the others by the strategist."""
    with one.operating(FOUNDED * DAY) as work:
        for seat in data.LEADERS:
            _seat(one, work, seat)
    with one.acting("strategist", FOUNDED * DAY - HOUR) as work:
        for seat in data.SEATS:
            _seat(one, work, seat)


def send_groups(one: Founding) -> None:
    """The identity provider sends two groups; the strategist has one of them mean a role, the other means nothing."""
    with one.operating(FOUNDED * DAY - HOUR) as work:
        made = {}
        for name, keys in data.GROUPS.items():
            members = [Member(MemberKind.EMPLOYEE, one.people[key]) for key in keys]
            made[name] = groups.create(work, {"display_name": name, "external_id": None}, members).id
    meaning, plain = made.values()
    with one.acting("strategist", FOUNDED * DAY - 2 * HOUR) as work:
        reason = "Who may read the figures is kept where the licences are."
        mapped = groups.map_group(work, meaning, Role.SOCIAL_ANALYST, None, None, reason)
    one.examples |= {"group_id": str(plain), "group_mapping_id": str(mapped.id)}


def _seat(one: Founding, work: Work, seat: Seat) -> None:
    deputy = one.people[seat.deputy] if seat.deputy else None
    made = roles.appoint(work, one.people[seat.person], seat.role, _scope(one, seat), deputy_id=deputy)
    if seat.person == "campaign":
        one.examples["appointment_id"] = str(made.id)


def _scope(one: Founding, seat: Seat) -> Scope:
    if seat.unit:
        return Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=one.units[seat.unit])
    return Scope(ScopeKind.NETWORK, network=seat.network) if seat.network else ENTERPRISE


def set_passwords(one: Founding) -> None:
    """One login for each role."""
    with one.operating(FOUNDED * DAY - 2 * HOUR) as work:
        for key in data.PERSONAS:
            login.set_password(work, key, PASSWORD)
