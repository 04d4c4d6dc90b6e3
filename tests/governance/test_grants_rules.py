"""When a grant holds, how long one may last, and whose it is to end or pause it: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.governance.grants.rules import (
    Approver,
    End,
    Grant,
    GrantState,
    NotTheAuthority,
    check_authority,
    most_days,
    publishers,
    valid_until,
)
from app.governance.models.rules import MODELS, ModelKey, Right
from app.policies.rules import Limits

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)  # a Wednesday
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
HOLDER, OTHER = UUID(int=1), UUID(int=2)
GRANT = Grant(**{one.name: None for one in fields(Grant)} | dict(
    id=UUID(int=4), employee_id=HOLDER, account_id=UUID(int=3), right=Right.PUBLISH, request_id=UUID(int=5),
    valid_from=NOW - DAY, valid_until=NOW + DAY, model=ModelKey.HUB_AND_SPOKE, policy_versions=(), approvers=(),
    created_at=NOW - DAY, updated_at=NOW - DAY, version=1,
))  # fmt: skip
D, C, H, N, Y = (MODELS[key] for key in ModelKey)
NO_LIMITS, THIRTY_DAYS = Limits({}, {}, ()), Limits({"max_grant_days": 30}, {"max_grant_days": "care@1"}, ("care@1",))
UTC_ZONE = ZoneInfo("UTC")


def grant(**changes):
    return replace(GRANT, **changes)


@pytest.mark.parametrize(("at", "state"), [
    (NOW - DAY - TICK, GrantState.SCHEDULED), (NOW - DAY, GrantState.ACTIVE), (NOW + DAY - TICK, GrantState.ACTIVE),
    (NOW + DAY, GrantState.EXPIRED), (NOW + 9 * DAY, GrantState.EXPIRED),
])  # fmt: skip
def test_it_holds_from_its_first_instant_to_just_before_its_last(at, state):
    assert GRANT.state_at(at) is state


@pytest.mark.parametrize("end", End)
def test_an_end_that_was_written_down_counts_whatever_the_clock_says(end):
    ended = grant(end=end, ended_at=NOW)
    assert {ended.state_at(at) for at in (NOW - 9 * DAY, NOW, NOW + 9 * DAY)} == {GrantState(end.value)}


def test_a_pause_counts_at_once_and_an_expired_one_is_not_paused():
    paused = grant(suspended_since=NOW)
    assert paused.state_at(NOW - DAY) is paused.state_at(NOW) is GrantState.SUSPENDED
    assert paused.state_at(NOW + DAY) is GrantState.EXPIRED


@pytest.mark.parametrize(("due", "ends", "pauses"), [
    (None, None, None), (NOW, None, NOW), (None, NOW, NOW), (NOW, NOW + TICK, NOW), (NOW + TICK, NOW, NOW),
])  # fmt: skip
def test_the_earlier_of_two_pauses_that_were_announced_counts_from_its_instant_on(due, ends, pauses):
    announced = grant(review_due_at=due, review_ends_at=ends)
    assert announced.pauses_at == pauses
    assert announced.state_at(NOW - TICK) is GrantState.ACTIVE
    assert announced.state_at(NOW) is (GrantState.SUSPENDED if pauses else GrantState.ACTIVE)


def test_a_review_that_nobody_answered_is_over_at_its_instant():
    assert [grant(review_ends_at=NOW).silenced(at) for at in (NOW - TICK, NOW, NOW + TICK)] == [False, True, True]
    assert not GRANT.silenced(NOW)


def test_as_of_an_instant_an_end_that_came_later_is_not_known_yet():
    revoked = grant(end=End.REVOKED, ended_at=NOW)
    assert revoked.state_as_of(NOW - TICK) is GrantState.ACTIVE
    assert revoked.state_as_of(NOW) is revoked.state_as_of(NOW + TICK) is GrantState.REVOKED
    assert GRANT.state_as_of(NOW) is GrantState.ACTIVE


@pytest.mark.parametrize(("changes", "taken"), [
    ({}, False),
    ({"end": End.REVOKED, "ended_by": OTHER}, True), ({"end": End.REVOKED, "ended_by": None}, True),
    ({"end": End.REVOKED, "ended_by": HOLDER}, False),
    ({"end": End.EXPIRED, "ended_by": OTHER}, False), ({"end": End.SUPERSEDED, "ended_by": OTHER}, False),
    ({"end": End.EXPIRED, "paused_by": OTHER}, True), ({"paused_by": OTHER}, True), ({"paused_by": HOLDER}, False),
    ({"end": End.REVOKED, "ended_by": HOLDER, "paused_by": OTHER}, True),
])  # fmt: skip
def test_whether_somebody_else_took_it_away(changes, taken):
    assert grant(**changes).taken_by_another is taken


@pytest.mark.parametrize(("changes", "at", "unanswered"), [
    ({}, NOW, False),
    ({"review_ends_at": NOW}, NOW - TICK, True),  # under way
    ({"review_ends_at": NOW}, NOW, True),  # over in silence, and it would have lasted longer
    ({"review_ends_at": NOW, "ended_at": NOW - TICK}, NOW, False),  # it had ended before
    ({"review_ends_at": NOW, "ended_at": NOW}, NOW, True),
    ({"review_ends_at": NOW, "valid_until": NOW - TICK}, NOW, False),
    ({"review_ends_at": NOW, "valid_until": NOW - TICK, "ended_at": NOW + DAY}, NOW, False),  # swept late
])  # fmt: skip
def test_whether_a_review_of_it_waits_or_ended_in_silence(changes, at, unanswered):
    assert grant(**changes).unanswered(at) is unanswered


def test_the_most_days_are_the_models_unless_policy_allows_fewer():
    assert [most_days(model, NO_LIMITS) for model in (D, C, H, N, Y)] == [730, 365, 365, 365, 365]
    assert [most_days(model, THIRTY_DAYS) for model in (D, C, H, N, Y)] == [730, 30, 30, 30, 30]
    assert most_days(H, Limits({"max_grant_days": 9999}, {}, ())) == 365


def test_until_when_it_is_granted():
    wanted, office = NOW + 3 * DAY, NOW + 200 * DAY
    assert valid_until(H, NO_LIMITS, wanted, None, NOW) == valid_until(C, NO_LIMITS, wanted, office, NOW) == wanted
    assert valid_until(H, NO_LIMITS, None, None, NOW) == NOW + 180 * DAY
    assert valid_until(H, THIRTY_DAYS, None, None, NOW) == NOW + 30 * DAY
    assert valid_until(D, THIRTY_DAYS, None, None, NOW) == NOW + 365 * DAY


def test_only_where_the_model_says_so_it_ends_with_the_appointment():
    soon, late = NOW + 20 * DAY, NOW + 999 * DAY
    assert valid_until(C, NO_LIMITS, None, soon, NOW) == soon
    assert valid_until(C, NO_LIMITS, None, late, NOW) == NOW + 365 * DAY
    assert valid_until(C, THIRTY_DAYS, None, late, NOW) == NOW + 30 * DAY
    assert valid_until(C, NO_LIMITS, None, None, NOW) == NOW + 365 * DAY
    assert valid_until(H, NO_LIMITS, None, soon, NOW) == NOW + 180 * DAY


def allowed(model, *, granted_at=NOW - 30 * DAY, now=NOW, **who):
    offices = {"liaison": False, "hub": False, "strategist": False, **who}
    try:
        check_authority(model, **offices, granted_at=granted_at, now=now, zone=UTC_ZONE)
    except NotTheAuthority as refusal:
        return str(refusal)
    return None


def test_who_may_end_or_pause_it_under_each_model():
    may = {
        (model.key, who)
        for model, who in product((D, C, H, N, Y), ("liaison", "hub", "strategist"))
        if allowed(model, **{who: True}) is None
    }
    others = {
        (ModelKey.HUB_AND_SPOKE, "liaison"), (ModelKey.HUB_AND_SPOKE, "hub"), (ModelKey.DANDELION, "liaison"),
        (ModelKey.HONEYCOMB, "hub"),
    }  # fmt: skip
    assert may == {(model.key, "strategist") for model in (D, C, H, N, Y)} | others
    assert all(allowed(model) for model in (D, C, H, N, Y))


def test_who_may_is_said():
    assert allowed(D) == "Under decentralized this belongs to a strategist."
    assert allowed(H) == "Under hub_and_spoke this belongs to the hub or a liaison of the account's unit."
    assert allowed(N) == "Under dandelion this belongs to a liaison of the account's unit."
    assert allowed(Y, liaison=True) == "Under honeycomb this belongs to the hub."


def test_the_hubs_veto_ends_after_five_working_days():
    granted = NOW - 7 * DAY  # the Wednesday before: five working days ago
    assert allowed(N, hub=True, granted_at=granted + TICK) is None
    assert (
        allowed(N, hub=True, granted_at=granted)
        == "The hub's 5 working days to veto are over; ask a liaison of the unit."
    )
    assert allowed(N, hub=True, liaison=True, granted_at=granted) is None
    assert "belongs to" in allowed(C, hub=True, granted_at=NOW)


def test_who_publishes_is_counted_once_and_paused_or_not():
    mine, theirs = GRANT, grant(employee_id=OTHER, suspended_since=NOW)
    assert publishers([mine, replace(mine, id=UUID(int=9)), theirs], NOW) == 2
    assert publishers([grant(valid_from=NOW + DAY / 2)], NOW) == 1
    assert publishers([grant(right=Right.ENGAGE), grant(end=End.REVOKED), grant(valid_until=NOW)], NOW) == 0


def test_an_approver_as_data():
    assert Approver("strategist", HOLDER, OTHER, NOW).as_data() == {
        "step": "strategist", "decided_by": str(HOLDER), "on_behalf_of": str(OTHER), "at": "2026-03-04T10:00:00Z",
    }  # fmt: skip
    assert Approver("strategist", HOLDER, None, NOW).as_data()["on_behalf_of"] is None
