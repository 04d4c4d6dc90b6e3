"""The strategy of the demo enterprise and of two of its units; what was allocated, spent and gained."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.demo.rules import FOUNDED
from app.demo.stage.service import DAY, HOUR, Founding
from app.programme.budgets import service as budgets
from app.programme.budgets.rules import EntryKind
from app.programme.strategy import service as strategy
from app.programme.strategy.rules import Verb

from . import rules

_BEFORE = FOUNDED * DAY - 6 * HOUR - timedelta(minutes=31)


def plan(one: Founding) -> None:
    """Goals and objectives; the enterprise's strategy, and Iberia's, both approved."""
    with one.acting("strategist", _BEFORE) as work:
        for key, title, description in rules.GOALS:
            strategy.create_goal(work, key, title, description)
    with one.acting("content", _BEFORE - _later(2)) as work:
        for aim in rules.AIMS:
            strategy.create_objective(
                work, {"key": aim.key, "title": aim.title, "description": None, "goal_id": aim.goal,
                       "business_unit_id": aim.unit},
            )  # fmt: skip
    _approved(one, "content", None, rules.ENTERPRISE, 4)
    _approved(one, "iberia.liaison", "iberia", rules.IBERIA, 8)


def _later(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


def _approved(one: Founding, author: str, unit: str | None, said: Mapping[str, Any], minutes: int) -> None:
    id_ = _submitted(one, author, unit, said, _BEFORE - _later(minutes))
    with one.acting("strategist", _BEFORE - _later(minutes + 2)) as work:
        strategy.decide(work, id_, Verb.APPROVE, None)


def _submitted(one: Founding, author: str, unit: str | None, said: Mapping[str, Any], ago: timedelta) -> UUID:
    with one.acting(author, ago) as work:
        made = strategy.draft(work, unit, said)
        strategy.submit(work, made.id)
    return made.id


def account_for(one: Founding) -> None:
    """Budgets as they were allocated on the first day, and what was entered by its end."""
    starts = (one.now - FOUNDED * DAY).date()
    time = {"starts_on": starts, "ends_on": starts + timedelta(days=730), "currency": "EUR", "note": None}
    with one.acting("strategist", FOUNDED * DAY - 8 * HOUR) as work:
        made = [
            budgets.allocate(
                work,
                {"objective_id": each.aim, "business_unit_id": each.unit, "allocated": Decimal(each.allocated), **time},
            )
            for each in rules.BUDGETS
        ]
    with one.acting("strategist", FOUNDED * DAY - 9 * HOUR) as work:
        for each, budget in zip(rules.BUDGETS, made, strict=True):
            entries = [_enter(work, budget.id, EntryKind.SPENT, amount, None) for amount in each.spent]
            if each.benefit:
                _enter(work, budget.id, EntryKind.BENEFIT, *each.benefit)
            one.examples |= {"budget_id": str(budget.id), "entry_id": str(entries[0])}


def _enter(work: Any, budget: UUID, kind: EntryKind, amount: str, basis: str | None) -> UUID:
    values = {
        "kind": kind, "amount": Decimal(amount), "occurred_on": work.now.date(), "basis": basis, "note": None,
    }  # fmt: skip
    return budgets.enter(work, budget, values).id


def lately(one: Founding) -> None:
    """The Nordics have written a strategy, too, which waits for the strategist; and begun on the next."""
    waiting = _submitted(one, "liaison", "nordics", rules.NORDICS, 3 * HOUR)
    with one.acting("liaison", 3 * HOUR - _later(1)) as work:
        next_ = strategy.draft(work, "nordics", rules.NORDICS).id
    one.examples |= {
        "strategy_id": str(next_), "decide_strategy.strategy_id": str(waiting), "goal_id": rules.TRUST,
        "create_goal.key": "openness",
        "objective_id": rules.ANSWERS, "create_objective.key": "spring", "create_objective.business_unit_id": "nordics",
    }  # fmt: skip
