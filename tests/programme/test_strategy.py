"""Goals, objectives, strategies of units, and budgets: over HTTP, and their rules by plain calls."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.rules import ROOT_ID
from app.programme.budgets.rules import Returns, total
from app.programme.strategy import rules
from app.programme.strategy.rules import Objective, Strategy, StrategyState, Verb

GOALS, OBJECTIVES, VERSIONS = "/v1/strategy/goals", "/v1/strategy/objectives", "/v1/strategy/versions"
BUDGETS = "/v1/strategy/budgets"
WHY = {"reason": "It is over."}
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SAID = {"purpose": "To be near.", "business_unit_id": "sales"}


@pytest.fixture
def aim(team):
    team.post(GOALS, "boss", {"key": "trust", "title": "Trust"}, 201)
    new = {"key": "answers", "title": "Answers", "goal_id": "trust", "business_unit_id": "sales"}
    return team.post(OBJECTIVES, "liaison", new, 201)


def drafted(team, who="liaison", **said):
    return team.post(VERSIONS, who, {**SAID, **said}, 201)


def submitted(team, who="liaison", **said):
    return team.post(f"{VERSIONS}/{drafted(team, who, **said)['id']}/submit", who, {})


def decided(team, made, decision="approve", status=200, who="boss"):
    return team.post(f"{VERSIONS}/{made['id']}/decisions", who, {"decision": decision, "comment": "Seen."}, status)


# --- goals and objectives -------------------------------------------------------------------------------------------


def test_an_objective_serves_a_goal_and_both_are_retired(team, aim):
    assert team.get(f"{OBJECTIVES}/answers", "stranger") == aim
    assert [one["key"] for one in team.get(f"{OBJECTIVES}?goal_id=trust&business_unit_id=sales", "asker")["items"]] == [
        "answers"
    ]
    assert team.get(f"{OBJECTIVES}?goal_id=nothing", "asker")["items"] == []
    changed = team.want(
        200, "PATCH", f"{OBJECTIVES}/answers", "liaison", {"title": "All answers", "description": "Soon."}
    )
    assert (changed["title"], changed["description"]) == ("All answers", "Soon.")
    assert team.post(f"{GOALS}/trust/retire", "boss", WHY)["retired_at"]
    new = {"key": "more", "title": "More", "goal_id": "trust"}
    assert team.post(OBJECTIVES, "content", new, 409)["code"] == "goal_retired"
    assert team.want(409, "PATCH", f"{GOALS}/trust", "boss", {"title": "x"})["code"] == "goal_retired"
    assert team.post(f"{OBJECTIVES}/answers/retire", "liaison", WHY)["retired_at"]
    assert team.post(f"{OBJECTIVES}/answers/retire", "liaison", WHY, 409)["code"] == "objective_retired"
    assert [one["key"] for one in team.get(f"{OBJECTIVES}?retired=false", "asker")["items"]] == []


def test_what_an_objective_needs_is_said(team, aim):
    assert (
        team.post(
            OBJECTIVES,
            "liaison",
            {"key": "answers", "title": "x", "goal_id": "trust", "business_unit_id": "sales"},
            409,
        )["code"]
        == "key_taken"
    )
    assert (
        team.post(OBJECTIVES, "boss", {"key": "No Key", "title": "x", "goal_id": "trust"}, 422)["errors"][0]["pointer"]
        == "/key"
    )
    team.post(OBJECTIVES, "liaison", {"key": "ours", "title": "x", "goal_id": "trust"}, 403)  # that is the enterprise's
    assert team.post(OBJECTIVES, "content", {"key": "all", "title": "x", "goal_id": "trust"}, 201)[
        "business_unit_id"
    ] == str(ROOT_ID)
    problem = team.want(422, "PATCH", f"{OBJECTIVES}/answers", "liaison", {"title": None})
    assert problem["errors"][0]["pointer"] == "/title"


# --- strategies -----------------------------------------------------------------------------------------------------


def test_a_strategy_is_written_sent_back_mended_and_approved_and_the_next_takes_its_place(team):
    first = submitted(team, benefits=["Fewer calls"])
    assert (first["n"], first["state"], first["swot"]["brand"]["threats"]) == (1, "submitted", [])
    back = decided(team, first, "request_changes")
    assert (back["state"], back["comment"], back["decided_by"]) == ("changes_requested", "Seen.", str(team.ids["boss"]))
    mended = team.want(200, "PATCH", f"{VERSIONS}/{first['id']}", "liaison", {"purpose": "To be nearer."})
    assert (mended["state"], mended["purpose"], mended["benefits"]) == ("draft", "To be nearer.", ["Fewer calls"])
    team.post(f"{VERSIONS}/{first['id']}/submit", "liaison", {})
    assert decided(team, first)["state"] == "approved"
    second = submitted(team)
    assert decided(team, second)["n"] == 2
    old = team.get(f"{VERSIONS}/{first['id']}", "stranger")
    assert (old["state"], old["superseded_at"]) == ("superseded", "2026-03-02T09:00:00Z")
    (told,) = [one for one in team.events(action="strategy.approved") if one["subject"]["id"] == second["id"]]
    assert told["after"]["supersedes"] == [first["id"]]
    assert decided(team, second, status=409)["code"] == "strategy_decided"
    team.want(409, "PATCH", f"{VERSIONS}/{first['id']}", "liaison", {"purpose": "x"})
    team.post(f"{VERSIONS}/{second['id']}/withdraw", "liaison", {}, 409)


def test_a_draft_is_there_for_those_alone_who_write_it_or_decide_it(team):
    made = drafted(team)
    for who, status in (("stranger", 404), ("asker", 404), ("liaison", 200), ("content", 200), ("boss", 200)):
        team.want(status, "GET", f"{VERSIONS}/{made['id']}", who)
        shown = team.get(f"{VERSIONS}?business_unit_id=sales", who)["items"]
        assert [one["id"] for one in shown] == ([made["id"]] if status == 200 else [])
    team.post(f"{VERSIONS}/{made['id']}/submit", "stranger", {}, 403)  # no role lets them write any
    decided(team, submitted(team))
    assert len(team.get(f"{VERSIONS}?state=approved", "stranger")["items"]) == 1


def test_who_wrote_a_strategy_approves_it_only_as_the_one_strategist(team):
    made = submitted(team, "boss")
    team.appoint("content", "strategist")
    assert decided(team, made, status=403)["code"] == "author_approves"
    # Whoever sends it back as it was has not written it.
    decided(team, made, "request_changes", who="content")
    same = {"purpose": made["purpose"], "actions": made["actions"], "swot": made["swot"]}
    for words in ({}, same):
        again = team.want(200, "PATCH", f"{VERSIONS}/{made['id']}", "liaison", words)
        assert again["author_id"] == made["author_id"], words
    team.post(f"{VERSIONS}/{made['id']}/submit", "liaison", {})
    assert decided(team, made, status=403)["code"] == "author_approves"
    assert decided(team, made, who="content")["state"] == "approved"
    alone = Strategy(
        uuid4(),
        ROOT_ID,
        1,
        StrategyState.SUBMITTED,
        "x",
        [],
        [],
        {},
        UUID(int=1),
        None,
        None,
        None,
        None,
        None,
        AT,
        AT,
        1,
    )
    assert rules.check_approver(alone, UUID(int=1), 1) is None
    assert rules.check_approver(alone, UUID(int=2), 5) is None


def test_every_step_of_a_strategy_starts_where_it_may():
    one = Strategy(
        uuid4(), ROOT_ID, 1, StrategyState.DRAFT, "x", [], [], {}, None, None, None, None, None, None, AT, AT, 1
    )
    allowed = {
        (state, verb)
        for state in StrategyState
        for verb in Verb
        if not _refused(replace(one, state=state), verb)
    }  # fmt: skip
    assert allowed == {
        *((state, verb) for state in ("draft", "changes_requested") for verb in ("revise", "submit", "withdraw")),
        *(("submitted", verb) for verb in ("approve", "request_changes", "withdraw")),
    }


def _refused(one, verb):
    try:
        rules.moved_to(one, verb)
    except rules.StrategyDecided:
        return True
    return False


def test_a_unit_is_covered_by_its_own_strategy_or_one_above_it_but_not_by_the_enterprises():
    root, above, own = UUID(int=1), UUID(int=2), UUID(int=3)
    path = (root, above, own)
    assert [rules.covered(path, {one}) for one in path] == [False, True, True]
    assert rules.covered((root,), {root}) and not rules.covered((root,), {own})


def test_what_names_no_living_objective_serves_none():
    living = Objective(uuid4(), "one", "One", None, uuid4(), ROOT_ID, None, AT, AT, 1)
    retired = replace(living, key="two", retired_at=AT)
    known = {"one": living, "two": retired}
    assert [rules.serves(name, known) for name in ("one", "two", "three", None)] == [living, None, None, None]


# --- budgets --------------------------------------------------------------------------------------------------------


@pytest.fixture
def budget(team, aim):
    new = {"objective_id": "answers", "business_unit_id": "sales", "starts_on": "2026-01-01", "ends_on": "2026-07-01"}
    return team.post(BUDGETS, "boss", {**new, "currency": "EUR", "allocated": "1000.00"}, 201)


def entered(team, budget, kind, amount, who="liaison", status=201, **more):
    said = {"kind": kind, "amount": amount, "occurred_on": "2026-02-01", **more}
    return team.post(f"{BUDGETS}/{budget['id']}/entries", who, said, status)


def test_a_budget_is_spent_and_what_it_brings_is_told_with_its_formula(team, budget):
    entered(team, budget, "spent", "100.10")
    wrong = entered(team, budget, "spent", "99.90")
    entered(team, budget, "spent", "99.90")
    entered(team, budget, "benefit", "250", basis="Calls saved")
    void = f"{BUDGETS}/{budget['id']}/entries/{wrong['id']}/void"
    assert team.post(void, "liaison", WHY)["voided_at"]
    assert team.post(void, "liaison", WHY, 409)["code"] == "entry_void"
    told = team.get("/v1/strategy/returns?objective_id=answers", "liaison")
    assert told["formula"] == "(benefit - spent) / spent"
    (one,) = told["items"]
    assert {name: Decimal(one[name]) for name in ("allocated", "spent", "left", "benefit", "roi")} == {
        "allocated": 1000, "spent": 200, "left": 800, "benefit": 250, "roi": Decimal("0.25"),
    }  # fmt: skip
    assert len(team.get(f"{BUDGETS}/{budget['id']}/entries", "boss")["items"]) == 4
    more = team.want(200, "PATCH", f"{BUDGETS}/{budget['id']}", "boss", {"allocated": "1500", **WHY})
    assert Decimal(more["allocated"]) == 1500


def test_where_nothing_was_spent_no_return_is_told(team, budget):
    entered(team, budget, "benefit", "250", basis="Calls saved")
    (one,) = team.get("/v1/strategy/returns", "boss")["items"]
    assert one["roi"] is None and Decimal(one["benefit"]) == 250


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"kind": "spent", "occurred_on": "2025-12-31"}, "/occurred_on"),
        ({"kind": "spent", "occurred_on": "2026-03-03"}, "/occurred_on"),
        ({"kind": "benefit"}, "/basis"),
        ({"kind": "spent", "amount": "-1"}, "/amount"),
        ({"kind": "spent", "amount": "1.001"}, "/amount"),
        ({"kind": "spent", "amount": "NaN"}, "/amount"),
    ],
)
def test_what_is_entered_has_happened_in_the_time_of_its_budget(team, budget, said, pointer):
    body = {"amount": "1.00", "occurred_on": "2026-02-01", **said}
    problem = team.post(f"{BUDGETS}/{budget['id']}/entries", "liaison", body, 422)
    assert [one["pointer"] for one in problem["errors"]] == [pointer]


def test_a_budget_is_seen_by_the_unit_and_the_hub_and_allocated_by_the_hub(team, budget):
    for who, status in (("liaison", 200), ("content", 200), ("boss", 200)):
        team.want(status, "GET", f"{BUDGETS}/{budget['id']}", who)
    team.want(403, "GET", BUDGETS, "stranger")
    team.want(403, "PATCH", f"{BUDGETS}/{budget['id']}", "liaison", {"allocated": "1", **WHY})
    entered(team, budget, "spent", "1", who="content", status=403)
    new = {"objective_id": "answers", "business_unit_id": "sales", "currency": "EUR", "allocated": "1"}
    problem = team.post(BUDGETS, "boss", {**new, "starts_on": "2026-02-01", "ends_on": "2026-02-01"}, 422)
    assert problem["errors"][0]["pointer"] == "/ends_on"


_AMOUNT = st.decimals(min_value=0, max_value=10**9, places=2)


@given(st.lists(st.tuples(st.sampled_from(["EUR", "SEK"]), _AMOUNT, _AMOUNT, _AMOUNT)))
def test_sums_are_made_by_currency_and_whatever_the_order(told):
    found = [Returns(uuid4(), uuid4(), *one) for one in told]
    sums = total(found)
    assert sums == total(list(reversed(found))) and [one[0] for one in sums] == sorted({one[0] for one in told})
    for currency, *amounts in sums:
        assert amounts == [sum(one[n] for one in told if one[0] == currency) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("spent", "benefit", "roi"), [("3", "4", "0.3333"), ("4", "2", "-0.5"), ("0", "9", None), ("7", "7", "0")]
)
def test_the_return_is_what_was_gained_for_each_unit_spent(spent, benefit, roi):
    one = Returns(uuid4(), uuid4(), "EUR", Decimal(10), Decimal(spent), Decimal(benefit))
    assert one.roi == (None if roi is None else Decimal(roi)) and one.left == 10 - Decimal(spent)
