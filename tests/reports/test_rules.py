"""Shares, ranks, periods, and which part of the enterprise a report is of."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.actor import ENTERPRISE, Place, Scope, ScopeKind
from app.kernel.errors import Forbidden, Invalid
from app.reports.rules import (
    EVERYTHING,
    Bars,
    Column,
    Kind,
    Part,
    View,
    between,
    count,
    hours,
    longest,
    narrowed,
    period,
    rank,
    share,
    summed,
)
from tests.kit import START


@dataclass
class Unit:
    id: UUID
    path: tuple[UUID, ...]


ROOT, EUROPE, NORDICS, ASIA = (UUID(int=n) for n in range(1, 5))
UNITS = {
    one.id: one
    for one in (
        Unit(ROOT, (ROOT,)), Unit(EUROPE, (ROOT, EUROPE)), Unit(NORDICS, (ROOT, EUROPE, NORDICS)), Unit(ASIA, (ROOT, ASIA)),
    )
}  # fmt: skip
NETWORKS = ("x", "linkedin")
PLACES = [Place(unit.path, network) for unit in UNITS.values() for network in NETWORKS]
SCOPES = [Scope(ScopeKind.BUSINESS_UNIT, id_) for id_ in UNITS] + [
    Scope(ScopeKind.NETWORK, network=one) for one in NETWORKS
]
PARTS = [Part(id_, network) for id_ in (None, *UNITS) for network in (None, *NETWORKS)]


@given(st.lists(st.sampled_from(SCOPES), min_size=1, max_size=3), st.sampled_from(PARTS))
def test_a_report_is_of_what_is_asked_for_and_may_be_seen_and_of_nothing_else(scopes, asked):
    wanted = {place for place in PLACES if asked.covers(place) and any(scope.covers(place) for scope in scopes)}
    try:
        parts = narrowed(scopes, asked, UNITS)
    except Forbidden:
        assert not wanted
        return
    view = View(parts, UNITS, START, START)
    assert {place for place in PLACES if view.covers(place)} == wanted != set()
    assert not view.whole


def test_who_sees_everything_gets_what_is_asked_for():
    assert narrowed(None, Part(EUROPE, "x"), UNITS) == (Part(EUROPE, "x"),)
    assert View(narrowed(None, EVERYTHING, UNITS), UNITS, START, START).whole
    assert ENTERPRISE.covers(Place((ROOT,)))


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60), st.sampled_from([1, 50, 90, 100]))
def test_the_nearest_rank_is_the_first_value_that_so_many_percent_do_not_exceed(values, percent):
    found = sorted(values)[rank(len(values), percent) - 1]
    assert sum(one <= found for one in values) * 100 >= percent * len(values)
    below = [one for one in values if one < found]
    assert len(below) * 100 < percent * len(values)


def test_shares_and_hours():
    assert (share(44, 169), share(0, 3), share(1, 0)) == (Decimal("0.2604"), Decimal("0.0000"), None)
    assert (hours(5400), hours(None), hours(17)) == (Decimal("1.50"), None, Decimal("0.00"))
    assert between(START, START + timedelta(hours=2, minutes=15)) == Decimal("2.25")


def test_a_period_ends_later_than_it_begins_and_is_ninety_days_unless_said():
    assert period(START, None, None) == (START - timedelta(days=90), START)
    assert period(START, START - timedelta(days=1), None) == (START - timedelta(days=1), START)
    for since, until in ((START, START), (START + timedelta(days=1), None)):
        with pytest.raises(Invalid) as found:
            period(START, since, until)
        (one,) = found.value.errors
        assert (one.pointer, one.code) == ("?from", "ends_before_it_begins")


def test_sums_and_charts_are_of_whole_numbers():
    columns = (Column("a", "A"), Column("b", "B", Kind.COUNT), Column("c", "C", Kind.SHARE))
    assert summed(columns, [("x", 2, Decimal("0.5")), ("y", 3, None)]) == {"b": 5}
    assert summed(columns, []) == {"b": 0} and summed(columns, [("x", None, None), ("y", 3, None)]) == {"b": 3}
    bars = longest("T", "things", {**{f"n{n:02}": n for n in range(20)}, "most": 99})
    assert bars.bars[0] == ("most", 99) and len(bars.bars) == 12
    assert longest("T", "things", {"none": 0}) is None
    assert longest("T", "things", {"b": 1, "a": 1, "c": 2}) == Bars("T", "things", (("c", 2), ("a", 1), ("b", 1)))


def test_a_column_of_whole_numbers_is_headed_by_its_key_unless_it_is_said_how():
    assert count("idle_accounts") == Column("idle_accounts", "Idle accounts", Kind.COUNT)
    assert count("idle", "Asleep") == Column("idle", "Asleep", Kind.COUNT)
    assert type(count(Kind.COUNT).key) is str


def test_a_scope_in_a_unit_that_is_gone_reaches_nothing():
    gone = Scope(ScopeKind.BUSINESS_UNIT, UUID(int=9))
    with pytest.raises(Forbidden):
        narrowed([gone], EVERYTHING, UNITS)
