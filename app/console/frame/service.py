"""Who reads a page, and the names of people, accounts and units that it speaks of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.directory import store as directory
from app.directory.rules import BusinessUnit, Employee, UnitState
from app.governance.steps.rules import Standing
from app.kernel.work import Work

from .rules import Reader


def reader(work: Work) -> Reader:
    """Whoever has signed in."""
    person = directory.employee(work.session, work.me)
    unit = directory.unit(work.session, person.business_unit_id)
    return Reader(person.id, person.display_name, unit.name, unit.timezone, work.actor.roles)


def begin_of(work: Work, day: date | None) -> datetime | None:
    """The first instant of a day where the reader works."""
    return datetime.combine(day, time(), ZoneInfo(reader(work).timezone)).astimezone(UTC) if day else None


def end_of(work: Work, day: date | None) -> datetime | None:
    """The first instant after it."""
    return begin_of(work, day + timedelta(days=1)) if day else None


@dataclass(frozen=True, slots=True)
class Names:
    """What ids stand for: names are open to every employee (domain: 9)."""

    people: dict[UUID, Employee]
    accounts: dict[UUID, Account]
    units: dict[UUID, BusinessUnit]

    def person(self, id_: UUID | None) -> str:
        """A person's name."""
        found = self.people.get(id_) if id_ else None
        return found.display_name if found else "somebody"

    def person_of(self, text: str) -> str:
        """A person's name, whose id is told as text."""
        return self.person(UUID(text))

    def account(self, id_: UUID | None) -> str:
        """An account as ``network:handle``."""
        found = self.accounts.get(id_) if id_ else None
        return f"{found.network}:{found.handle}" if found else "an account"

    def unit(self, id_: UUID | None) -> str:
        """A unit's name; of an account, its unit's."""
        found = self.units.get(id_) if id_ else None
        return found.name if found else "the enterprise"

    def unit_of(self, account_id: UUID | None) -> str:
        """The name of the unit that an account belongs to."""
        found = self.accounts.get(account_id) if account_id else None
        return self.unit(found.business_unit_id) if found else ""


def open_units(work: Work) -> list[BusinessUnit]:
    """What can be chosen where a form asks for a unit, by name."""
    return sorted(
        (one for one in directory.all_units(work.session) if one.state is UnitState.OPEN), key=lambda one: one.name
    )


def names(
    work: Work,
    *,
    people: Iterable[UUID | None] = (),
    account_ids: Iterable[UUID | None] = (),
    unit_ids: Iterable[UUID | None] = (),
) -> Names:
    """The names of all of these, in one statement for each kind."""
    there = accounts.accounts(work.session, {one for one in account_ids if one})
    units = {one for one in unit_ids if one} | {one.business_unit_id for one in there.values()}
    wanted = {one for one in people if one}
    return Names(
        directory.employees(work.session, wanted) if wanted else {},
        there,
        directory.units(work.session, units) if units else {},
    )


def people_on(steps: Iterable[Standing]) -> list[UUID | None]:
    """Everybody whom a route names: who may decide, and who has."""
    found: list[UUID | None] = []
    for step in steps:
        found += [*step.people, *(word.decided_by for word in step.decisions)]
    return found
