"""Which model is in force where, and what another would change."""

from dataclasses import dataclass
from uuid import UUID

from app.console.frame import service as frame
from app.console.frame.service import Names
from app.directory import store as directory
from app.directory.rules import BusinessUnit, UnitState
from app.governance.models import service as models
from app.governance.models.rules import ModelKey, Setting
from app.governance.switching import service as switching
from app.governance.switching.rules import Preview
from app.governance.switching.service import Choice
from app.kernel.work import Work
from app.tools import store as tools
from app.tools.rules import Tool


@dataclass(frozen=True, slots=True)
class There:
    """A unit, how deep it stands in the tree, the choice in force there, and whether it was made for this very unit."""

    unit: BusinessUnit
    depth: int
    setting: Setting
    own: bool


@dataclass(frozen=True, slots=True)
class Models:
    """The enterprise's choice, each open unit's, what was chosen when, and what a honeycomb could have as its platform."""

    default: Setting
    units: list[There]
    history: tuple[Setting, ...]
    tools: list[Tool]
    names: Names


def overview(work: Work) -> Models:
    """What is in force at this instant."""
    found = switching.governance(work)
    units = _in_order([one for one in directory.all_units(work.session) if one.state is UnitState.OPEN])
    settings = models.settings(work, [one.path for one in units])
    there = [
        There(one, len(one.path) - 1, settings[one.path], settings[one.path].business_unit_id == one.id)
        for one in units
    ]
    names = frame.names(
        work, people=[one.set_by for one in found.history], unit_ids=[one.business_unit_id for one in found.history]
    )
    usable = [one for one in tools.tools(work.session) if one.retired_at is None]
    return Models(found.default, there, found.history, usable, names)


def _in_order(units: list[BusinessUnit]) -> list[BusinessUnit]:
    """A tree as it is read: each unit below the one that it belongs to, by name."""
    named = {one.id: one.name.casefold() for one in units}
    return sorted(units, key=lambda one: [named.get(id_, "") for id_ in one.path])


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A switch that is only supposed, and what it would change."""

    choice: Choice
    preview: Preview
    names: Names

    @property
    def refusing(self) -> int:
        """How many rights in force would be refused."""
        return sum(len(one.ids) for one in self.preview.grants if one.after)


def foresee(work: Work, model: ModelKey, unit_id: UUID | None, platform_id: UUID | None) -> Foreseen:
    """What a switch would change, changing nothing. Raises ``NotFound``, ``Invalid``, ``UnitClosed``."""
    choice = Choice(model, "a preview", unit_id, None, platform_id)
    found = switching.preview(work, choice)
    units = [unit_id, *(one.business_unit_id for one in found.units)]
    return Foreseen(choice, found, frame.names(work, unit_ids=units))
