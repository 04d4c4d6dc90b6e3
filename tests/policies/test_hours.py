"""Posting hours: spans of the week by the unit's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policies.hours.rules import DAYS, both, is_open, normal, opens_after, span

BERLIN, UTC_ = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
SPANS = (
    st.tuples(st.integers(0, 95), st.integers(1, 96))
    .filter(lambda one: one[0] < one[1])
    .map(lambda one: f"{one[0] // 4:02}:{one[0] % 4 * 15:02}-{one[1] // 4:02}:{one[1] % 4 * 15:02}")
)
WEEKS = st.dictionaries(st.sampled_from(DAYS), st.lists(SPANS, max_size=3))
INSTANTS = st.integers(0, 7 * 24 * 60).map(
    lambda minutes: datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=minutes)
)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "8:00-18:00",
        "08:00",
        "18:00-08:00",
        "08:00-08:00",
        "08:00-24:01",
        "٠٨:00-18:00",
        "08:60-09:00",
        "08:00 - 18:00",
    ],
)
def test_what_is_no_span(bad):
    with pytest.raises(ValueError, match="must"):
        span(bad)


def test_spans_are_written_in_one_way():
    assert normal({"tue": ["12:00-13:00", "08:00-12:00", "07:00-07:30"], "mon": [], "sun": ["22:00-24:00"]}) == {
        "tue": ["07:00-07:30", "08:00-13:00"], "sun": ["22:00-24:00"],
    }  # fmt: skip


@given(WEEKS, WEEKS, INSTANTS)
def test_what_both_let_through(a, b, at):
    assert is_open(both(a, b), at, UTC_) is (is_open(a, at, UTC_) and is_open(b, at, UTC_))
    assert is_open(normal(a), at, UTC_) is is_open(a, at, UTC_)


@given(WEEKS, INSTANTS)
def test_when_they_open_next(week, at):
    opens = opens_after(week, at, BERLIN)
    if opens is None:
        assert not any(is_open(week, at + timedelta(minutes=15 * n), BERLIN) for n in range(1, 7 * 96))
    else:
        assert opens > at and is_open(week, opens, BERLIN) and (opens.minute % 15, opens.second) == (0, 0)


def test_the_clock_is_the_units():
    week = {"mon": ["08:00-18:00"]}
    at = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
    assert is_open(week, at, BERLIN) and not is_open(week, at, UTC_)


def test_summer_time_moves_the_hours_and_loses_none():
    """Attack I03."""
    week = dict.fromkeys(DAYS, ["08:00-18:00"])
    before, after = (
        datetime(2026, 3, 28, 12, tzinfo=UTC),
        datetime(2026, 3, 29, 0, tzinfo=UTC),
    )  # the clock jumps at 1 UTC
    assert is_open(week, before, BERLIN)
    assert opens_after(week, after, BERLIN) == datetime(2026, 3, 29, 6, tzinfo=UTC)
    jumped = {"sun": ["02:00-02:30"]}  # an hour that this Sunday does not have
    assert opens_after(jumped, after, BERLIN) in (None, datetime(2026, 4, 5, 0, tzinfo=UTC))
