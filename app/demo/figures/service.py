"""Measuring at the demo enterprise: what figures mean, what they were lately, and what they are to be."""

from datetime import timedelta
from decimal import Decimal

from app.demo.rules import FOUNDED
from app.demo.stage.service import DAY, HOUR, Founding
from app.measurement.kpis import service as kpis
from app.measurement.observations import service as observations
from app.measurement.targets import service as targets
from app.measurement.targets.rules import TargetKind

from . import rules

_MINUTE = timedelta(minutes=1)


def define_kpis(one: Founding) -> None:
    """Written by the content strategist, once for all units."""
    with one.acting("content", FOUNDED * DAY - 6 * HOUR - 45 * _MINUTE) as work:
        for each in rules.KPIS:
            kpis.define(work, each.key, each.title, each.definition, each.meaning)


def record_figures(one: Founding) -> None:
    """What two tools have measured in the last weeks, as the analyst sends it."""
    with one.acting("analyst", 5 * HOUR - 2 * _MINUTE) as work:
        observations.observe(work, list(rules.observations(work.now.date())))


def aim(one: Founding) -> None:
    """What the strategist wanted of these weeks."""
    with one.acting("strategist", 5 * HOUR - 4 * _MINUTE) as work:
        weeks = rules.weeks(work.now.date())
        made = []
        for goal in rules.GOALS:
            kind = TargetKind.BUSINESS_UNIT if goal.unit else TargetKind.ENTERPRISE
            days = (weeks[0][0], weeks[-1][1])
            said = targets.Aim(goal.kpi, kind, goal.unit, Decimal(goal.value), *days, goal.note)
            made.append(targets.aim(work, said).target.id)
    one.examples["target_id"] = str(made[0])
