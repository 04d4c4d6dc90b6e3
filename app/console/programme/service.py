"""The programme as it is looked at: how mature social media is somewhere, what it is to do, and each unit's strategy."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app.console.frame import service as frame
from app.console.frame.service import Names
from app.directory import store as directory
from app.directory.rules import ROOT_ID, BusinessUnit
from app.governance.models import service as models
from app.governance.models.rules import MODELS
from app.kernel.actor import Permission
from app.kernel.pages import Page
from app.kernel.work import Work
from app.maturity import service as maturity
from app.maturity.rules import Assessment, Evidence, Stage
from app.programme.strategy import rules
from app.programme.strategy import service as strategies
from app.programme.strategy import store as strategy_store
from app.programme.strategy.rules import Goal, Objective, Strategy, StrategyState

EVERYTHING = Page(limit=1000, sort="id")
"""More than an enterprise has of any of these."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A stage of maturity with what it asks for; ``reached``: with all before it."""

    stage: Stage
    reached: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Programme:
    """``stages`` are None where the reader may not see them; ``lacking``: units that have no strategy, and are to."""

    unit: BusinessUnit
    units: list[BusinessUnit]
    stages: list[Steps] | None
    undecided: list[Strategy]
    approved: list[Strategy]
    lacking: list[BusinessUnit]
    pursued: Mapping[UUID, list[Objective]]
    goals: list[Goal]
    names: Names


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a strategy; ``decides``: whether the reader may say a word on it."""

    strategy: Strategy
    unit: BusinessUnit
    decides: bool
    names: Names


def overview(work: Work, unit_id: UUID | None) -> Programme:
    """What is pursued everywhere, and how mature a unit with all below it is; the enterprise, or else the reader's own."""
    unit = directory.unit(work.session, unit_id or _usual(work))
    seen = work.actor.may(Permission.MATURITY_READ, unit.place)
    undecided = [
        one for state in sorted(rules.UNDECIDED) for one in strategies.strategies(work, EVERYTHING, None, state)
    ]
    approved = strategies.strategies(work, EVERYTHING, None, StrategyState.APPROVED)
    objectives = strategies.objectives(work, EVERYTHING, None, None, retired=False)
    pursued: dict[UUID, list[Objective]] = {}
    for one in objectives:
        pursued.setdefault(one.goal_id, []).append(one)
    units = frame.open_units(work)
    names = frame.names(
        work, people=[one.author_id for one in undecided],
        unit_ids=[*(one.business_unit_id for one in (*undecided, *approved)), *(one.business_unit_id for one in objectives)],
    )  # fmt: skip
    return Programme(
        unit, units, _stages(maturity.assess(work, str(unit.id), ())[1][0]) if seen else None, undecided, approved,
        _lacking(work, units), pursued, strategies.goals(work, EVERYTHING, retired=False), names,
    )  # fmt: skip


def _usual(work: Work) -> UUID:
    root = directory.unit(work.session, ROOT_ID)
    if work.actor.may(Permission.MATURITY_READ, root.place):
        return root.id
    return directory.employee(work.session, work.me).business_unit_id


def _stages(found: Assessment) -> list[Steps]:
    there = list(Stage)
    up_to = there.index(found.stage) if found.stage is not None else -1
    return [
        Steps(one, n <= up_to, tuple(each for each in found.evidence if each.stage is one))
        for n, one in enumerate(there)
    ]


def _lacking(work: Work, units: list[BusinessUnit]) -> list[BusinessUnit]:
    approved = strategy_store.units_with_strategy(work.session)
    settings = models.settings(work, [one.path for one in units])
    asked = (one for one in units if MODELS[settings[one.path].model].own_strategy)
    return [one for one in asked if not rules.covered(one.path, approved)]


def version(work: Work, id_: UUID) -> Version:
    """One version of a unit's strategy. Raises ``NotFound``."""
    found = strategies.strategy(work, id_)
    unit = directory.unit(work.session, found.business_unit_id)
    decides = found.state == StrategyState.SUBMITTED and work.actor.may(Permission.STRATEGY_APPROVE, unit.place)
    names = frame.names(work, people=[found.author_id, found.decided_by], unit_ids=[unit.id])
    return Version(found, unit, decides, names)
