"""Who may do what to a strategy, what it covers, and what budgets come to: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest

from app.kernel.errors import Invalid
from app.programme.budgets import rules as budgets
from app.programme.budgets.rules import Budget, Entry, EntryKind, EntryVoid, Returns
from app.programme.strategy import rules
from app.programme.strategy.rules import (
    AuthorApproves,
    Goal,
    GoalRetired,
    Objective,
    ObjectiveRetired,
    Strategy,
    StrategyDecided,
    StrategyState,
    Verb,
)

NOW, DAY = datetime(2026, 3, 2, 9, tzinfo=UTC), timedelta(days=1)
ROOT, SALES, NORTH, BOSS, OTHER = (UUID(int=n) for n in range(1, 6))


def made(kind, **told):
    return kind(**{**dict.fromkeys(one.name for one in fields(kind)), **told})


def refused(error, call, *words):
    with pytest.raises(error) as found:
        call(*words)
    return found.value


def field_of(call, *words):
    (one,) = refused(Invalid, call, *words).errors
    return one.pointer, one.code


def test_what_is_retired_changes_no_more():
    goal, objective = made(Goal, key="trust"), made(Objective, key="answers")
    rules.check_goal(goal)
    rules.check_objective(objective)
    assert str(refused(GoalRetired, rules.check_goal, replace(goal, retired_at=NOW))) == "The goal trust is retired."
    told = str(refused(ObjectiveRetired, rules.check_objective, replace(objective, retired_at=NOW)))
    assert told == "The objective answers is retired."


AFTER = {
    ("draft", "revise"): "draft", ("changes_requested", "revise"): "draft", ("draft", "submit"): "submitted",
    ("changes_requested", "submit"): "submitted", ("submitted", "approve"): "approved",
    ("submitted", "request_changes"): "changes_requested", ("draft", "withdraw"): "withdrawn",
    ("changes_requested", "withdraw"): "withdrawn", ("submitted", "withdraw"): "withdrawn",
}  # fmt: skip


@pytest.mark.parametrize(("state", "verb"), list(product(StrategyState, Verb)))
def test_the_state_after_a_verb(state, verb):
    strategy = made(Strategy, n=2, state=state)
    if (state, verb) in AFTER:
        assert rules.moved_to(strategy, verb) == AFTER[state, verb]
    else:
        assert f"version 2 is {state}." in str(refused(StrategyDecided, rules.moved_to, strategy, verb))


def test_a_refusal_names_the_states_in_which_it_can_be_done():
    told = str(refused(StrategyDecided, rules.moved_to, made(Strategy, n=1, state=StrategyState.APPROVED), Verb.SUBMIT))
    assert told == "A strategy can be told to submit while it is changes_requested or draft; version 1 is approved."


def test_somebody_else_than_the_author_approves():
    mine = made(Strategy, author_id=BOSS)
    rules.check_approver(mine, OTHER, 2)
    rules.check_approver(mine, BOSS, 1)
    refused(AuthorApproves, rules.check_approver, mine, BOSS, 2)


def test_what_must_be_there_is_not_taken_away():
    rules.check_required({"title": "So", "note": None}, "title", "key")
    assert field_of(rules.check_required, {"title": "So", "key": None}, "title", "key") == ("/key", "required")


@pytest.mark.parametrize(
    ("path", "approved", "covered"),
    [
        ((ROOT,), [ROOT], True), ((ROOT,), [SALES], False), ((ROOT, SALES), [ROOT], False), ((ROOT, SALES), [SALES], True),
        ((ROOT, SALES, NORTH), [SALES], True), ((ROOT, SALES, NORTH), [NORTH], True), ((ROOT, SALES), [NORTH], False),
        ((ROOT, SALES), [], False),
    ],
)  # fmt: skip
def test_whose_strategy_covers_a_unit(path, approved, covered):
    assert rules.covered(path, approved) is covered


def test_which_living_objective_is_named():
    living, retired = made(Objective, key="a"), made(Objective, key="b", retired_at=NOW)
    held = {"a": living, "b": retired}
    assert [rules.serves(named, held) for named in ("a", "b", "c", None)] == [living, None, None, None]


# --- budgets ----------------------------------------------------------------------------------------------------------


def returns(spent="0", benefit="0", allocated="0", currency="EUR"):
    return Returns(ROOT, SALES, currency, *map(Decimal, (allocated, spent, benefit)))


def test_what_came_of_money():
    assert (returns("3", "4").roi, returns("3", "1").roi) == (Decimal("0.3333"), Decimal("-0.6667"))
    assert returns("0", "4").roi is None and returns("3", allocated="2").left == -1


def test_sums_of_different_currencies_are_never_made():
    found = [returns("1", "2", "3"), returns("10", "20", "30", "CHF"), returns("4", "5", "6")]
    assert budgets.total(found) == [("CHF", 30, 10, 20), ("EUR", 9, 5, 7)] and budgets.total([]) == []


FIRST = date(2026, 1, 1)
BUDGET = made(Budget, starts_on=FIRST, ends_on=FIRST + 30 * DAY)
LAST = FIRST + 29 * DAY


def test_a_budget_ends_after_it_begins():
    budgets.check_period(FIRST, FIRST + DAY)
    assert field_of(budgets.check_period, FIRST, FIRST) == ("/ends_on", "not_later")


@pytest.mark.parametrize(
    ("kind", "day", "basis"),
    [
        ("spent", FIRST, None),
        ("spent", LAST, None),
        ("benefit", FIRST - DAY, "sales"),
        ("benefit", LAST + DAY, "sales"),
    ],
)
def test_what_may_be_entered(kind, day, basis):
    budgets.check_entry(BUDGET, EntryKind(kind), day, basis, day)


@pytest.mark.parametrize(
    ("kind", "day", "basis", "today", "fault"),
    [
        ("spent", FIRST, None, FIRST - DAY, ("/occurred_on", "in_the_future")),
        ("spent", FIRST - DAY, "sales", LAST, ("/occurred_on", "outside_budget")),
        ("spent", LAST + DAY, "sales", LAST + DAY, ("/occurred_on", "outside_budget")),
        ("benefit", FIRST, None, FIRST, ("/basis", "required")),
    ],
)
def test_what_may_not(kind, day, basis, today, fault):
    assert field_of(budgets.check_entry, BUDGET, EntryKind(kind), day, basis, today) == fault


def test_an_entry_is_taken_back_once():
    budgets.check_living(made(Entry))
    refused(EntryVoid, budgets.check_living, made(Entry, voided_at=NOW))
