"""What was observed, as it is looked at: one KPI side by side, and how its targets stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.console.drawing.rules import Bar, bars
from app.console.frame import service as frame
from app.console.frame.service import Names
from app.kernel.actor import Permission
from app.kernel.pages import Page
from app.kernel.work import Work
from app.measurement.comparing import service as comparing
from app.measurement.comparing.rules import By
from app.measurement.comparing.service import Comparison
from app.measurement.kpis import service as kpis
from app.measurement.kpis.rules import Kpi
from app.measurement.targets import service as targets
from app.measurement.targets.service import Standing

MOST_KPIS, MOST_TARGETS = 200, 50


@dataclass(frozen=True, slots=True)
class Found:
    """One KPI: ``bars``, by key, of what the groups of ``compared`` come to, where that can be computed; its targets."""

    compared: Comparison
    bars: dict[str, Bar]
    targets: Sequence[Standing]
    names: Names


def defined(work: Work) -> list[Kpi]:
    """What can be looked at, by key."""
    return kpis.kpis(work, Page(limit=MOST_KPIS, sort="key"), retired=None)[:MOST_KPIS]


def found(work: Work, kpi: str, by: By, since: date, until: date, unit: str | None) -> Found:
    """A KPI over some days, the last excluded, of all or of what stands below one unit. Raises ``NotFound``, ``Invalid``."""
    compared = comparing.comparison(work, kpi, by, since, until, unit)
    known = {one.key or "": one.figure.value for one in compared.groups if one.figure.value is not None}
    drawn = bars({key: {"known": max(value, Decimal(0))} for key, value in known.items()}, ("known",))
    aimed = _targets(work, compared.kpi) if work.actor.holds(Permission.TARGET_READ) else []
    names = frame.names(
        work, account_ids=[one.target.account_id for one in aimed], unit_ids=[one.target.business_unit_id for one in aimed]
    )  # fmt: skip
    return Found(compared, {one.name: one for one in drawn}, aimed, names)


def _targets(work: Work, kpi: Kpi) -> list[Standing]:
    wanted = {"kpi": kpi.key, "scope_kind": None, "business_unit_id": None, "account_id": None}
    return targets.targets(work, Page(limit=MOST_TARGETS, sort="-period_until"), wanted)[:MOST_TARGETS]
