"""What every page has, how long a sign-in lasts, and what is looked for in the inventory: rules as plain calls."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.accounts.rules import AccountState, Flag
from app.console.frame.rules import PARTS, SENTENCES, Told, part_of, parts_for, words
from app.console.inventory.rules import Days, Spot, Wanted, days, narrowed
from app.console.sessions.rules import HOME, IDLE, LONGEST, RENEWED_AFTER, Session, way_back
from app.kernel.actor import ENTERPRISE, Permission, Scope, ScopeKind
from app.policies.rules import InForce

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ROOT, SALES, ASIA = (UUID(int=n) for n in range(1, 4))


# --- the frame --------------------------------------------------------------------------------------------------------


class Holder:
    """Whoever holds these permissions."""

    def __init__(self, *held):
        self.held = held

    def holds(self, permission):
        return permission in self.held


def test_one_sees_the_parts_that_one_can_use_in_their_order():
    assert parts_for(Holder(*Permission)) == list(PARTS) and parts_for(Holder()) == []
    some = parts_for(Holder(Permission.FREEZE_READ, Permission.ME_READ))
    assert [one.path for one in some] == ["/console", "/console/freezes"]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/console", "/console"), ("/console/accounts", "/console/accounts"), ("/console/accounts/7", "/console/accounts"),
        ("/console/accountsx", "/console/accountsx"), ("/console/models/preview", "/console/models"),
        ("/elsewhere", "/elsewhere"), ("/console/approvals/7", "/console/approvals"),
    ],
)  # fmt: skip
def test_in_which_part_a_page_is(path, part):
    assert part_of(path) == part


def test_codes_are_told_in_words_and_everything_that_is_done_has_a_sentence():
    assert [words(one) for one in ("rights_request", "x", "look_alike", "merged", 7)] == [
        "rights request", "X", "look-alike", "went up", "7",
    ]  # fmt: skip
    assert words(AccountState.SUSPENDED) == "suspended" and set(SENTENCES) == set(Told)


# --- a sign-in --------------------------------------------------------------------------------------------------------


def session(started=NOW, seen=NOW):
    return Session(ROOT, SALES, started, seen)


def test_a_sign_in_ends_when_it_is_idle_or_after_a_working_day():
    assert session().ends_at == NOW + IDLE
    assert session(NOW - LONGEST + IDLE - TICK).ends_at == NOW + IDLE - TICK


def test_a_cookie_is_made_anew_once_it_is_a_minute_old():
    later = NOW + RENEWED_AFTER
    assert session().renewed(later - TICK) is None and session().renewed(later) == session(seen=later)


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        (None, HOME), ("", HOME), (HOME, HOME), ("/console?a=1", "/console?a=1"), ("/console/accounts", "/console/accounts"),
        ("/console/accounts?q=//", HOME), ("/console//evil.example", HOME), ("/console/\\evil", HOME), ("/console/a b", HOME),
        ("/console/\n", HOME), ("/console/\u00e9", HOME), ("/consolex", HOME), ("https://evil.example/console/", HOME),
        ("//evil.example/console", HOME), ("/v1/me", HOME), ("/consolex?a=/console/", HOME),
    ],
)  # fmt: skip
def test_one_comes_back_to_a_page_of_the_console_and_nowhere_else(asked, goes):
    assert way_back(asked) == goes


# --- the inventory ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "some",
    [{"words": "a"}, {"network": "x"}, {"unit_id": SALES}, {"state": AccountState.ACTIVE}, {"flag": Flag.IDLE}],
)
def test_whether_anything_is_left_out(some):
    assert Wanted().everything and Wanted(words="").everything and not Wanted(**some).everything


def policy(key, scope, **rules):
    return InForce(ROOT, key, scope, ROOT, 1, rules)


def test_policies_that_speak_of_a_rule_for_a_part_alone():
    sales = Scope(ScopeKind.BUSINESS_UNIT, SALES)
    assert not narrowed([], "idle_after_days")
    assert not narrowed([policy("a", ENTERPRISE, idle_after_days=30)], "idle_after_days")
    assert not narrowed([policy("a", sales, validate_every_days=30)], "idle_after_days")
    everywhere = policy("b", ENTERPRISE, idle_after_days=30)
    assert narrowed([everywhere, policy("a", sales, idle_after_days=30)], "idle_after_days")


def test_days_are_the_usual_ones_and_those_of_spots_with_others():
    sales, asia, far = Spot((ROOT, SALES), "x"), Spot((ROOT, ASIA), "x"), Spot((ROOT, ASIA), "linkedin")
    held = [
        policy("a", ENTERPRISE, idle_after_days=60),
        policy("b", Scope(ScopeKind.BUSINESS_UNIT, SALES), idle_after_days=30),
        policy("c", Scope(ScopeKind.NETWORK, network="linkedin"), idle_after_days=20),
    ]
    assert (sales.unit_id, asia.unit_id) == (SALES, ASIA)
    found = days(held, "idle_after_days", [sales, asia, far])
    assert found == Days(60, ((20, (far,)), (30, (sales,))))
    more = Spot((ROOT, SALES), "mastodon")
    assert days(held, "idle_after_days", [sales, more]) == Days(60, ((30, (sales, more)),))
    assert days(held, "idle_after_days", []) == Days(60)
