"""Which reports there are, and making one: over the part of the enterprise that was asked for and may be seen.

A new report is one function of (work, view), and one entry in ``REPORTS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from app.directory import store as directory
from app.kernel import memory
from app.kernel.actor import Permission
from app.kernel.errors import FieldError, Invalid, NotFound
from app.kernel.work import Work
from app.networks import store as networks

from . import rules
from .campaigns.service import reviews
from .coverage.service import attestations, training_of
from .fit.service import model_fit
from .inventory.service import inventory
from .rights.service import holders, rights
from .rules import Figures, Part, Report, Seen, View
from .stops.service import freezes
from .timing.service import time_to_grant, waiting
from .tools.service import one_platform, used_tools


@dataclass(frozen=True, slots=True)
class Definition:
    """A report that can be asked for. ``periodic``: it tells of a period, and not only of the instant of asking."""

    key: str
    title: str
    says: str
    make: Callable[[Work, View], Figures]
    periodic: bool = False


REPORTS: Mapping[str, Definition] = MappingProxyType(
    {
        one.key: one
        for one in (
            Definition("inventory", "Inventory", "Accounts by unit and network, their states and flags.", inventory),
            Definition("rights", "Posting rights", "Rights by unit and network, holders, accounts without publisher.", rights),
            Definition("rights-holders", "Who holds the most rights", "People with the most posting rights.", holders),
            Definition(
                "time-to-grant", "Time to grant", "How long requests and their steps took: median and 90th percentile.",
                time_to_grant, periodic=True,
            ),
            Definition("waiting", "What waits for whom", "Requests that wait for a decision now, by who may give it.", waiting),
            Definition(
                "policy-coverage", "Policies accepted", "Attestations due, given and missing, by policy and unit.",
                attestations,
            ),
            Definition(
                "training-coverage", "Training", "Required courses completed, expired and missing, by course and unit.",
                training_of,
            ),
            Definition(
                "reviews", "Reviews", "How far reviews have come: kept, ended, waiting, escalated.", reviews, periodic=True
            ),
            Definition("freezes", "Freezes", "What is stopped and what was, why and for how long.", freezes, periodic=True),
            Definition(
                "model-fit", "Model and what it needs", "Whether the model in force at each unit has what it needs to work.",
                model_fit,
            ),
            Definition("tools", "Publishing tools", "Accounts by the tools that they use, approved or not.", used_tools),
            Definition(
                "one-platform", "One platform", "How far active accounts are posted to through one approved tool.",
                one_platform,
            ),
        )
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for: a unit by id or key, a network, a period; None: not narrowed."""

    business_unit: str | None = None
    network: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def report(work: Work, key: str, asked: Asked) -> Report:
    """One report over what of the part asked for the actor may see. Raises ``NotFound``, ``Forbidden``, ``Invalid``."""
    definition = REPORTS.get(key)
    if definition is None:
        raise NotFound(f"There is no report {key}.")
    if not definition.periodic:
        _check_no_period(asked)
    view = _view(work, asked)
    since, until = (view.since, view.until) if definition.periodic else (None, None)
    with memory.bulk():
        figures = definition.make(work, view)
    scope = () if view.whole else tuple(_seen(part, view) for part in view.parts)
    return Report(key, definition.title, definition.says, work.now, view.whole, scope, since, until, figures)


def _check_no_period(asked: Asked) -> None:
    errors = [
        FieldError(f"?{name}", "not_for_this_report", "This report tells of the instant of asking alone.")
        for name, value in (("from", asked.since), ("until", asked.until))
        if value is not None
    ]
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _view(work: Work, asked: Asked) -> View:
    unit = directory.unit(work.session, asked.business_unit) if asked.business_unit is not None else None
    network = networks.network(work.session, asked.network).key if asked.network is not None else None
    since, until = rules.period(work.now, asked.since, asked.until)
    units = {one.id: one for one in directory.all_units(work.session)}
    scopes = work.actor.scopes(Permission.REPORT_READ)
    wanted = Part(unit.id if unit and unit.parent_id else None, network)  # the root is the whole enterprise
    return View(rules.narrowed(scopes, wanted, units), units, since, until)


def _seen(part: Part, view: View) -> Seen:
    key, name = view.named(part.business_unit_id) if part.business_unit_id else (None, None)
    return Seen(key, name, part.network)
