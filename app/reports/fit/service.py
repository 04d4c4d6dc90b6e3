"""Whether the model in force at each unit can work there: what it needs, and whether that is there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from app.directory.rules import BusinessUnit, UnitState
from app.governance.models import service as models
from app.governance.models import store as choices
from app.governance.models.rules import MODELS, ModelKey, Right, Setting
from app.governance.routing.rules import routed_as
from app.governance.switching import rules as switching
from app.kernel.actor import Place
from app.kernel.work import Work
from app.programme.strategy import store as strategy
from app.reports.rules import UNIT, Cell, Column, Figures, Kind, Row, View, count, longest, summed
from app.roles import store as roles
from app.roles.rules import Appointment, Role, coe_member, slots
from app.tools import store as tools
from app.tools.rules import Tool

from . import store

COLUMNS = (
    *UNIT,
    Column("model", "Model"),
    Column("routed_as", "Routed as"),
    count("accounts", "Accounts in use"),
    count("liaisons"),
    count("liaisons_needed", "Needed"),
    count("hub", "Community managers"),
    count("strategists"),
    Column("platform", "Platform"),
    count("above_ceiling", "Rights above the ceiling"),
    Column("works", "Works", Kind.FLAG),
    Column("missing", "What is missing"),
)
_NOTES = (
    "Open units with accounts in use, or with a model of their own.",
    "Liaisons and community managers are people whose role covers the unit; strategists are those of the enterprise.",
    (
        "Rights above the ceiling have neither ended nor lapsed, are more than the model lets people outside the Center of "
        "Excellence hold, and are refused for as long as that is so."
    ),
    "Routed as: a dandelion with fewer than two liaisons is routed as hub_and_spoke.",
)
_SUMMED = frozenset({"accounts", "above_ceiling"})


def model_fit(work: Work, view: View) -> Figures:
    """The model in force at each unit of a view."""
    appointments = roles.in_force(work.session, work.now)
    accounts = store.accounts(work.session, view)
    chosen = {one.business_unit_id for one in choices.history(work.session)}
    units = [one for one in view.units.values() if _told(one, view) and (one.id in accounts or one.id in chosen)]
    settings = models.settings(work, [one.path for one in units])
    members = _members(appointments)
    held = store.rights(work.session, view, work.now, members) if units else {}
    platforms = {one.id: one for one in tools.tools(work.session)}
    strategies = strategy.units_with_strategy(work.session)
    rows = []
    for one in sorted(units, key=lambda unit: unit.key):
        setting = settings[one.path]
        above = _above(held, one.id, setting.model)
        rows.append(_row(one, setting, appointments, platforms, strategies, (accounts.get(one.id, 0), above)))
    totals = {key: n for key, n in summed(COLUMNS, rows).items() if key in _SUMMED}
    by_model = Counter(str(settings[one.path].model) for one in units)
    chart = longest("Units by model", "units", by_model)
    return Figures(COLUMNS, tuple(rows), totals, _NOTES, (), chart)


def _told(unit: BusinessUnit, view: View) -> bool:
    """Is it an open unit of the view? A network's part is wherever the network has accounts."""
    return unit.state is UnitState.OPEN and any(part.business_unit_id in (None, *unit.path) for part in view.parts)


def _members(appointments: Sequence[Appointment]) -> set[UUID]:
    """Who belongs to the Center of Excellence: no ceiling binds them."""
    held: dict[UUID, list[Appointment]] = {}
    for one in appointments:
        held.setdefault(one.employee_id, []).append(one)
    return {id_ for id_, theirs in held.items() if coe_member(theirs)}


def _above(held: Mapping[tuple[UUID, Right], int], unit_id: UUID, model: ModelKey) -> int:
    return sum(held.get((unit_id, right), 0) for right in Right if right not in MODELS[model].ceiling)


def _row(
    unit: BusinessUnit,
    setting: Setting,
    appointments: Sequence[Appointment],
    platforms: Mapping[UUID, Tool],
    strategies: frozenset[UUID],
    counts: tuple[int, int],
) -> Row:
    model, place = MODELS[setting.model], Place(unit.path)
    people = {role: len({slot.holder_id for slot in slots(appointments, role, place)}) for role in Role}
    platform = platforms.get(setting.platform_id) if setting.platform_id else None
    missing = switching.missing(model, appointments, place, platform, strategies)
    cells: tuple[Cell, ...] = (
        people[Role.BU_LIAISON], switching.liaisons_needed(model), people[Role.COMMUNITY_MANAGER], people[Role.STRATEGIST],
        platform.key if platform else None,
    )  # fmt: skip
    routed = routed_as(model, people[Role.BU_LIAISON]).key
    told = (unit.key, unit.name, str(model.key), str(routed), counts[0], *cells, counts[1])
    return (*told, not missing, " ".join(missing) or None)
