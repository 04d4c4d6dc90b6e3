"""States, flags and what the public is told of an account: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from app.accounts.rules import (
    Account,
    AccountState,
    Flag,
    Flagged,
    Status,
    Surroundings,
    Usage,
    Verb,
    WrongState,
    flags,
    is_news,
    moved_to,
    status_of,
    twins,
)
from app.policies.rules import Limits
from app.programme.strategy.rules import Objective
from app.programme.vendors.rules import Standing, ToolState

S = AccountState
NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
STEWARD, BACKUP = UUID(int=1), UUID(int=2)
ACCOUNT = Account(**{one.name: None for one in fields(Account)} | dict(
    id=UUID(int=3), network="x", handle="acme", state=S.ACTIVE, steward_id=STEWARD, backup_steward_id=BACKUP, path=(),
    official_from=NOW - 400 * DAY, last_activity_at=NOW, last_validated_at=NOW, created_at=NOW - 500 * DAY, mfa=True,
))  # fmt: skip
NO_LIMITS = Limits({}, {}, ())
MOVES = {
    Verb.ACTIVATE: {S.APPROVED: S.ACTIVE}, Verb.SUSPEND: {S.ACTIVE: S.SUSPENDED}, Verb.RESUME: {S.SUSPENDED: S.ACTIVE},
    Verb.DECOMMISSION: dict.fromkeys((S.APPROVED, S.ACTIVE, S.SUSPENDED), S.DECOMMISSIONING),
    Verb.ARCHIVE: {S.DECOMMISSIONING: S.ARCHIVED},
}  # fmt: skip


def account(**changes):
    return replace(ACCOUNT, **changes)


@pytest.mark.parametrize(("verb", "state"), list(product(Verb, S)))
def test_every_verb_moves_from_its_states_and_from_no_other(verb, state):
    if state in MOVES[verb]:
        assert moved_to(account(state=state), verb) is MOVES[verb][state]
    else:
        with pytest.raises(WrongState, match=f"told to {verb} while it is .*; this one is {state}\\."):
            moved_to(account(state=state), verb)


def test_a_refused_verb_names_the_states_that_it_is_for():
    with pytest.raises(WrongState) as refused:
        moved_to(account(state=S.DENIED), Verb.DECOMMISSION)
    assert str(refused.value) == (
        "An account can be told to decommission while it is active or approved or suspended; this one is denied."
    )


def test_what_the_public_is_told():
    told = {state: status_of(account(state=state)) for state in S}
    official = {S.ACTIVE, S.SUSPENDED}
    was = {S.DECOMMISSIONING, S.ARCHIVED}
    assert {state for state in S if told[state] is Status.OFFICIAL} == official
    assert {state for state in S if told[state] is Status.WAS_OFFICIAL} == was
    assert {state for state in S if told[state] is Status.UNREGISTERED} == set(S) - official - was
    assert status_of(None) is Status.UNREGISTERED
    for state in was:
        assert status_of(account(state=state, official_from=None)) is Status.UNREGISTERED
    assert status_of(account(official_from=None)) is Status.OFFICIAL


def flagged(one=ACCOUNT, left=None, limits=NO_LIMITS, at=NOW):
    return {each.flag: each.since for each in flags(one, Surroundings(left or {}), limits, at)}


def test_an_account_that_is_looked_after_and_used_is_flagged_for_nothing():
    assert flags(ACCOUNT, Surroundings(), NO_LIMITS, NOW) == ()


def test_custody_is_flagged_since_the_last_of_them_left():
    created, early, late = ACCOUNT.created_at, NOW - 9 * DAY, NOW - 2 * DAY
    assert flagged(account(backup_steward_id=None)) == {Flag.SINGLE_CUSTODIAN: created}
    assert flagged(account(steward_id=None)) == {Flag.SINGLE_CUSTODIAN: created}
    assert flagged(account(steward_id=None, backup_steward_id=None)) == {Flag.ORPHANED: created}
    assert flagged(left={BACKUP: late}) == {Flag.SINGLE_CUSTODIAN: late}
    assert flagged(left={STEWARD: early, BACKUP: late}) == {Flag.ORPHANED: late}
    assert flagged(left={STEWARD: late, BACKUP: early}) == {Flag.ORPHANED: late}
    assert flagged(left={UUID(int=9): late}) == {}


def test_idle_is_an_account_in_use_that_was_used_and_is_not_any_more():
    since = NOW - 90 * DAY
    assert flagged(account(last_activity_at=since)) == {Flag.IDLE: NOW}
    assert flagged(account(last_activity_at=since + TICK)) == {}
    assert flagged(account(last_activity_at=None)) == {}
    assert flagged(account(last_activity_at=since, state=S.SUSPENDED)) == {}
    tighter = Limits({"idle_after_days": 30, "validate_every_days": 10}, {}, ())
    assert flagged(account(last_activity_at=NOW - 40 * DAY), limits=tighter) == {Flag.IDLE: NOW - 10 * DAY}


def test_unvalidated_is_one_that_nobody_has_looked_at_for_so_long():
    assert flagged(account(last_validated_at=None)) == {Flag.UNVALIDATED: ACCOUNT.created_at}
    assert flagged(account(last_validated_at=NOW - 180 * DAY)) == {Flag.UNVALIDATED: NOW}
    assert flagged(account(last_validated_at=NOW - 180 * DAY + TICK)) == {}
    tighter = Limits({"validate_every_days": 10}, {}, ())
    assert flagged(account(last_validated_at=NOW - 11 * DAY), limits=tighter) == {Flag.UNVALIDATED: NOW - DAY}


@pytest.mark.parametrize("state", S)
def test_which_states_are_flagged_at_all(state):
    neglected = account(state=state, steward_id=None, last_validated_at=None, look_alike_of=UUID(int=9))
    in_use = state in {S.APPROVED, S.ACTIVE, S.SUSPENDED}
    living = in_use or state in {S.PROPOSED, S.CHANGES_REQUESTED, S.DECOMMISSIONING}
    assert {one.flag for one in flags(neglected, Surroundings(), NO_LIMITS, NOW)} == {
        *((Flag.SINGLE_CUSTODIAN, Flag.UNVALIDATED) if in_use else ()), *((Flag.LOOK_ALIKE,) if living else ()),
    }  # fmt: skip


def test_a_look_alike_is_one_since_it_was_made():
    assert flags(account(look_alike_of=UUID(int=9)), Surroundings(), NO_LIMITS, NOW) == (
        Flagged(Flag.LOOK_ALIKE, ACCOUNT.created_at),
    )


def test_a_flag_names_the_policy_that_it_breaks():
    rules = {"two_custodians": True, "idle_after_days": 30, "validate_every_days": 10, "allowed_tools": ["good"]}
    limits = Limits(rules, {name: f"{name}@1" for name in rules}, ())
    neglected = account(
        steward_id=None, last_activity_at=NOW - 30 * DAY, last_validated_at=None, objective=None, mfa=None,
        backup_steward_id=BACKUP,
    )  # fmt: skip
    around = Surroundings({}, {}, {}, {ACCOUNT.id: [using("bad", NOW - DAY)]})
    assert flags(neglected, around, limits, NOW) == (
        Flagged(Flag.SINGLE_CUSTODIAN, ACCOUNT.created_at, "two_custodians@1"),
        Flagged(Flag.IDLE, NOW, "idle_after_days@1"),
        Flagged(Flag.UNVALIDATED, ACCOUNT.created_at, "validate_every_days@1"),
        Flagged(Flag.NO_OBJECTIVE, ACCOUNT.created_at),
        Flagged(Flag.NO_MFA, ACCOUNT.created_at),
        Flagged(Flag.UNAUTHORISED_TOOL, NOW - DAY, "allowed_tools@1"),
    )
    later = account(last_validated_at=NOW - 10 * DAY)
    assert flags(later, Surroundings(), limits, NOW)[-1] == Flagged(Flag.UNVALIDATED, NOW, "validate_every_days@1")
    nobody = flags(account(steward_id=None, backup_steward_id=None), Surroundings(), limits, NOW)
    assert nobody[0] == Flagged(Flag.ORPHANED, ACCOUNT.created_at, "two_custodians@1")


def test_what_time_is_news_of_activity():
    known = account(last_activity_at=NOW)
    assert [is_news(known, at) for at in (NOW - TICK, NOW, NOW + TICK)] == [False, False, True]
    assert is_news(account(last_activity_at=None), NOW - 999 * DAY)


def test_duplicates_are_so_since_the_second_of_them():
    one, other = ("x", UUID(int=1), "EMEA", "All"), ("x", UUID(int=1), "APAC", "All")
    dated = [(one, NOW), (other, NOW), (one, NOW - 2 * DAY), (one, NOW - DAY)]
    assert twins(dated) == {one: NOW - DAY} and twins([]) == {}
    mine = account(audience="All", region="EMEA", network="x", business_unit_id=UUID(int=1))
    assert mine.twin == one and account(audience=None).twin is None
    around = Surroundings(twins={one: NOW - DAY})
    assert flags(mine, around, NO_LIMITS, NOW) == (Flagged(Flag.DUPLICATE, NOW - DAY),)
    for same in (account(audience=None), replace(mine, region="APAC"), replace(mine, state=S.ARCHIVED)):
        assert flags(same, around, NO_LIMITS, NOW) == ()


def test_an_account_without_a_living_objective_is_so_since_then():
    goal = Objective(**{one.name: None for one in fields(Objective)} | {"key": "leads"})
    gone = replace(goal, key="old", retired_at=NOW - DAY)
    around = Surroundings(objectives={"leads": goal, "old": gone})
    aimless = lambda **more: {each.flag: each.since for each in flags(account(**more), around, NO_LIMITS, NOW)}  # noqa: E731
    assert aimless(objective="leads") == {}
    assert aimless(objective=None) == aimless(objective="none") == {Flag.NO_OBJECTIVE: ACCOUNT.created_at}
    assert aimless(objective=None, objective_since=NOW - 3 * DAY) == {Flag.NO_OBJECTIVE: NOW - 3 * DAY}
    assert aimless(objective="old", objective_since=NOW - 3 * DAY) == {Flag.NO_OBJECTIVE: NOW - DAY}
    assert aimless(objective="old", objective_since=NOW - TICK) == {Flag.NO_OBJECTIVE: NOW - TICK}
    assert flags(account(objective=None), Surroundings(), NO_LIMITS, NOW) == ()  # nobody has looked


def test_without_a_second_factor_since_that_was_said():
    assert flagged(account(mfa=True)) == {}
    assert flagged(account(mfa=None)) == flagged(account(mfa=False)) == {Flag.NO_MFA: ACCOUNT.created_at}
    assert flagged(account(mfa=False, mfa_since=NOW - DAY)) == {Flag.NO_MFA: NOW - DAY}


def using(tool, since, state=ToolState.UNASSESSED, ceased=None):
    return Usage(tool, since, Standing(state, None, ceased))


@pytest.mark.parametrize(("usages", "since"), [
    ([], None), ([using("a", NOW, ToolState.APPROVED)], None), ([using("a", NOW - 9 * DAY)], NOW - 9 * DAY),
    ([using("a", NOW - 9 * DAY, ToolState.LAPSED, NOW - 3 * DAY)], NOW - 3 * DAY),
    ([using("a", NOW - 2 * DAY, ToolState.LAPSED, NOW - 3 * DAY)], NOW - 2 * DAY),
    ([using("a", NOW - 2 * DAY), using("b", NOW - 4 * DAY), using("c", NOW - 9 * DAY, ToolState.APPROVED)], NOW - 4 * DAY),
])  # fmt: skip
def test_a_tool_that_no_assessment_approves_is_flagged_since_it_is_so(usages, since):
    found = flags(ACCOUNT, Surroundings(usages={ACCOUNT.id: usages, UUID(int=99): [using("z", NOW)]}), NO_LIMITS, NOW)
    assert found == ((Flagged(Flag.UNAUTHORISED_TOOL, since),) if since else ())


@pytest.mark.parametrize(("allowed", "tools", "told"), [
    (None, ["a"], None), (["a"], ["a"], None), ([], ["a"], "allowed_tools@1"), (["a"], ["a", "b"], "allowed_tools@1"),
])  # fmt: skip
def test_the_policy_is_told_that_does_not_allow_one_of_the_tools(allowed, tools, told):
    limits = Limits({} if allowed is None else {"allowed_tools": allowed}, {"allowed_tools": "allowed_tools@1"}, ())
    around = Surroundings(usages={ACCOUNT.id: [using(tool, NOW) for tool in tools]})
    assert flags(ACCOUNT, around, limits, NOW) == (Flagged(Flag.UNAUTHORISED_TOOL, NOW, told),)
