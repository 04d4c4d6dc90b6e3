"""Finding whom to turn to in a unit; reading alone. The number of statements is the same however many units there are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from app.directory import service as people
from app.directory import store as directory
from app.directory.rules import BusinessUnit, Employee
from app.governance.models import rules as models
from app.governance.models import store as choices
from app.governance.models.rules import MODELS, ModelKey, Setting
from app.kernel.errors import NotFound
from app.kernel.pages import Page
from app.kernel.work import Work
from app.roles import store as roles
from app.roles.rules import Appointment

from . import rules, store
from .rules import Neighbour, Offices, Spoke


@dataclass(frozen=True, slots=True)
class Known:
    """Whoever is named beside the units that are shown, and every unit. ``seen``: whose address the actor may see, too."""

    people: dict[UUID, Employee]
    seen: Collection[UUID]
    units: dict[UUID, BusinessUnit]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which units are looked for: in one (its id or key) and below it, with accounts on a network, under a model, by a text
    in the name of the unit or of one of its liaisons. None: not narrowed.
    """

    business_unit: str | None = None
    network: str | None = None
    model: ModelKey | None = None
    q: str | None = None


class _Map:
    """What there is of units, choices of model and offices, read once."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.units = {one.id: one for one in directory.all_units(work.session)}
        self.networks = store.networks(work.session)
        self.offices = Offices(roles.in_force(work.session, work.now))
        self._choices: list[Setting] = choices.history(work.session)

    def spoke(self, unit: BusinessUnit) -> Spoke:
        """What the directory says of a unit."""
        now = self.work.now
        chosen = models.nearest(self._choices, unit.path, now) or models.undecided(now)
        return rules.spoke(unit, MODELS[chosen.model], self.networks.get(unit.id, ()), self.offices)

    def known(self, appointments: Iterable[Appointment]) -> Known:
        """Those who are named."""
        ids = {id_ for one in appointments for id_ in (one.employee_id, one.deputy_id) if id_ is not None}
        found = directory.employees(self.work.session, ids)
        return Known(found, people.details_of(self.work, list(found.values())), self.units)


def spokes(work: Work, page: Page, asked: Asked) -> tuple[list[Spoke], str | None, Known]:
    """A page of open units with whom to turn to there, the cursor to the next, and who is named. Raises ``NotFound``."""
    here = _Map(work)
    below = directory.unit(work.session, asked.business_unit).id if asked.business_unit is not None else None
    called = store.liaisons_called(work.session, asked.q, work.now) if asked.q is not None else set[UUID]()
    units = [one for one in here.units.values() if rules.wanted(one, below, asked.network, here.networks)]
    found = [
        one
        for one in map(here.spoke, units)
        if asked.model in (None, one.model) and (asked.q is None or _found_by(one, asked.q, called))
    ]
    shown, cursor = page.cut(_after(found, page), lambda one: _position(one, page))
    named = here.known(each for one in shown for each in (*one.liaisons, *one.managers))
    return shown, cursor, named


def _found_by(one: Spoke, text: str, called: Collection[UUID]) -> bool:
    return rules.named(one.unit, text) or any(each.employee_id in called for each in one.liaisons)


def _after(found: list[Spoke], page: Page) -> list[Spoke]:
    """Those that come after the page's cursor, in its order."""
    ordered = sorted(found, key=lambda one: _position(one, page), reverse=page.descending)
    after = page.after()
    if after is None:
        return ordered
    return [
        one for one in ordered if (_position(one, page) < after if page.descending else _position(one, page) > after)
    ]


def _position(one: Spoke, page: Page) -> list[str]:
    return [str(getattr(one.unit, page.column or "key")), str(one.unit.id)]


def spoke(work: Work, id_or_key: str) -> tuple[Spoke, list[Neighbour], Known]:
    """An open unit with whom to turn to there, its neighbours, and who is named. Raises ``NotFound``."""
    here = _Map(work)
    unit = directory.unit(work.session, id_or_key)
    if unit.closed_at is not None:
        raise NotFound(f"There is no open business unit {id_or_key}.")
    found = here.spoke(unit)
    beside = rules.neighbours(
        unit, here.units, store.rights(work.session, unit.id, work.now),
        store.requests(work.session, unit.id, work.now - rules.LATELY), here.offices,
    )  # fmt: skip
    named = here.known((*found.liaisons, *found.managers, *(each for one in beside for each in one.liaisons)))
    return found, beside, named
