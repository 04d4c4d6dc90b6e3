"""What the log says of how things were: rules as plain calls."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.governance.history.rules import Employment, HistoryIncomplete, Told, UnitLog, before_all, employment

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ANN, SALES, PRESS = (UUID(int=n) for n in range(1, 4))


def told(seq, action="employee.changed", subject=ANN, before=None, after=None, at=None):
    return Told(seq, at or NOW + seq * DAY, action, subject, before or {}, after or {})


JOINED = told(1, "employee.joined", after={
    "active": True, "employment_type": "contractor", "hired_on": "2026-03-01", "terminated_on": "2026-12-31",
    "business_unit_id": str(SALES),
})  # fmt: skip


def rezoned(seq, was, now, unit=SALES):
    return told(seq, "business_unit.changed", unit, {"timezone": was}, {"timezone": now})


def utc(*words, offset=0):
    return datetime(*words, tzinfo=UTC) - timedelta(hours=offset)


UNITS = {SALES: UnitLog("UTC", ()), PRESS: UnitLog("Asia/Tokyo", ())}
WHOLE = Employment(True, "contractor", utc(2026, 3, 1), utc(2027, 1, 1))


def was(*events, units=None, at=NOW + 99 * DAY):
    return employment([JOINED, *events], units or UNITS, at)


def test_members_as_they_were_before_what_came_later():
    later = [told(3, before={"a": 2}), told(2, before={"a": 1, "x": 9}), told(4, before={"b": 5})]
    assert before_all({"a": 3, "b": 6, "c": 7}, later) == {"a": 1, "b": 5, "c": 7}
    now = {"a": 3}
    assert before_all(now, []) == now and before_all(now, [told(2, before={"a": 1})]) != now == {"a": 3}


def test_a_units_zone_just_before_an_event():
    log = UnitLog("Asia/Tokyo", [rezoned(5, "UTC", "Europe/Oslo"), rezoned(7, "Europe/Oslo", "Asia/Tokyo")])
    assert [log.zone(seq) for seq in (4, 5, 6, 7, 8)] == ["UTC", "UTC", "Europe/Oslo", "Europe/Oslo", "Asia/Tokyo"]
    same = told(6, "business_unit.changed", SALES, {"timezone": "Europe/Oslo"}, {"timezone": "Europe/Oslo"})
    other = told(4, "business_unit.changed", SALES, {"name": "x"}, {"name": "y"})
    again = UnitLog("Asia/Tokyo", [other, *log.told, same])
    assert [one.seq for one in again.rezoned()] == [5, 7]


def test_whether_a_unit_was_merged_at_that_instant():
    log = UnitLog("UTC", [told(5, "business_unit.merged", SALES), told(6, "business_unit.closed", SALES)])
    assert [log.merged(NOW + n * DAY) for n in (4, 5, 6)] == [False, True, False]


def test_who_joined_is_employed_between_two_midnights_of_the_unit():
    assert was() == WHOLE
    tokyo = told(2, after={"business_unit_id": str(PRESS)})
    assert was(tokyo) == Employment(True, "contractor", utc(2026, 3, 1, offset=9), utc(2027, 1, 1, offset=9))
    assert was(told(2, after={"title": "x", "active": False})) == Employment(False, *list(vars_of(WHOLE))[1:])
    assert was(told(2, after={"employment_type": None})).employment_type == "employee"
    assert was(told(2, after={"terminated_on": None})) == Employment(True, "contractor", utc(2026, 3, 1), None)
    assert was(told(2, "employee.rejoined", after={"hired_on": None})).starts_at is None


def vars_of(one):
    return (one.active, one.employment_type, one.starts_at, one.ends_at)


def test_whoever_did_not_join_in_the_log_cannot_be_told_of():
    for own in ([], [told(1)]):
        with pytest.raises(HistoryIncomplete, match=r"^The audit log does not tell how this person joined\.$"):
            employment(own, UNITS, NOW)


def test_a_unit_that_changes_its_zone_moves_the_days_that_are_still_ahead():
    log = {SALES: UnitLog("Asia/Tokyo", [rezoned(5, "UTC", "Asia/Tokyo")])}
    assert was(units=log) == Employment(True, "contractor", utc(2026, 3, 1, offset=9), utc(2027, 1, 1, offset=9))
    assert was(units=log, at=NOW + 4 * DAY) == WHOLE
    gone = told(2, after={"terminated_on": "2026-03-03"})
    assert was(gone, units=log) == Employment(True, "contractor", utc(2026, 3, 1), utc(2026, 3, 4))
    early = {SALES: UnitLog("Asia/Tokyo", [rezoned(0, "UTC", "Asia/Tokyo")])}
    assert was(units=early).ends_at == utc(2027, 1, 1, offset=9)
    elsewhere = {**UNITS, PRESS: UnitLog("Asia/Tokyo", [rezoned(5, "UTC", "Asia/Tokyo", PRESS)])}
    assert was(units=elsewhere) == WHOLE


def test_who_is_merged_along_keeps_what_is_past_by_the_old_clock():
    merged = {SALES: UnitLog("UTC", [told(5, "business_unit.merged", SALES)]), PRESS: UNITS[PRESS]}
    move = told(5, after={"business_unit_id": str(PRESS)})
    assert was(move, units=merged) == Employment(
        True, "contractor", utc(2026, 3, 1, offset=9), utc(2027, 1, 1, offset=9)
    )
    gone = told(2, after={"terminated_on": "2026-03-03"})
    assert was(gone, move, units=merged).ends_at == utc(2026, 3, 4)
    assert was(gone, told(6, after={"business_unit_id": str(PRESS)}), units=merged).ends_at == utc(2026, 3, 4, offset=9)


def test_a_clock_counts_from_the_very_instant_on_that_it_was_changed():
    log = {SALES: UnitLog("Asia/Tokyo", [rezoned(5, "UTC", "Asia/Tokyo")])}
    assert was(units=log, at=NOW + 5 * DAY).ends_at == utc(2027, 1, 1, offset=9)
    midnight = told(5, "business_unit.changed", SALES, {"timezone": "UTC"}, {"timezone": "Asia/Tokyo"}, utc(2026, 3, 4))
    gone = told(2, after={"terminated_on": "2026-03-03"})
    assert was(gone, units={SALES: UnitLog("Asia/Tokyo", [midnight])}).ends_at == utc(2026, 3, 4)  # it has come already


def test_of_two_clocks_that_follow_each_other_each_counts_in_its_turn():
    log = {SALES: UnitLog("Asia/Tokyo", [rezoned(5, "UTC", "Europe/Oslo"), rezoned(6, "Europe/Oslo", "Asia/Tokyo")])}
    assert was(units=log, at=NOW + 5 * DAY).ends_at == utc(2027, 1, 1, offset=1)
    assert was(units=log).ends_at == utc(2027, 1, 1, offset=9)


def test_what_is_past_is_dated_anew_by_a_rejoining_and_not_by_another_change():
    log = {SALES: UnitLog("Asia/Tokyo", [rezoned(5, "UTC", "Asia/Tokyo")])}
    gone = told(2, after={"terminated_on": "2026-03-03"})
    assert was(gone, told(7, after={"title": "x"}), units=log).ends_at == utc(2026, 3, 4)
    back = told(7, "employee.rejoined", after={"active": True})
    assert was(gone, back, units=log).ends_at == utc(2026, 3, 4, offset=9)
