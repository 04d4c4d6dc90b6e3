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
    Verb,
    WrongState,
    flags,
    moved_to,
    status_of,
)
from app.policies.rules import Limits

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
