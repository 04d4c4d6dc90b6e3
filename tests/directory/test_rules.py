"""What a unit and an employee are: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.directory.rules import (
    MAX_DEPTH,
    ROOT_ID,
    BusinessUnit,
    Employee,
    UnitClosed,
    UnitCycle,
    UnitNotEmpty,
    UnitState,
    bounds,
    check_close,
    check_key,
    check_open,
    check_parent,
    check_timezone,
    slug,
)
from app.kernel.errors import Conflict, Invalid

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
TICK = timedelta(microseconds=1)
OWN, OTHER = UUID(int=5), UUID(int=6)
UNIT = BusinessUnit(**{one.name: None for one in fields(BusinessUnit)} | dict(
    id=OWN, key="sales", name="Sales", path=(ROOT_ID, OWN), timezone="UTC", state=UnitState.OPEN,
))  # fmt: skip
CLOSED = replace(UNIT, state=UnitState.CLOSED)
PERSON = Employee(**{one.name: None for one in fields(Employee)} | dict(id=UUID(int=1), active=True))


def person(**changes):
    return replace(PERSON, **changes)


def test_who_is_employed_goes_by_hrs_word_and_by_the_dates():
    assert PERSON.employed(NOW) and not person(active=False).employed(NOW)
    assert [person(starts_at=NOW).employed(at) for at in (NOW - TICK, NOW)] == [False, True]
    assert [person(ends_at=NOW).employed(at) for at in (NOW - TICK, NOW)] == [True, False]
    assert [person(ends_at=NOW).over(at) for at in (NOW - TICK, NOW)] == [False, True]
    assert not PERSON.over(NOW) and not person(active=False, starts_at=NOW).employed(NOW)


def test_the_first_and_the_last_day_are_whole_days_where_the_unit_is():
    zone = ZoneInfo("Asia/Tokyo")
    assert bounds(date(2026, 3, 1), date(2026, 3, 31), "Asia/Tokyo") == {
        "starts_at": datetime(2026, 3, 1, tzinfo=zone), "ends_at": datetime(2026, 4, 1, tzinfo=zone),
    }  # fmt: skip
    assert bounds(None, None, "UTC") == {"starts_at": None, "ends_at": None}
    assert bounds(date(1900, 1, 1), date(8999, 12, 31), "UTC") == {
        "starts_at": datetime(1900, 1, 1, tzinfo=UTC), "ends_at": datetime(9000, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    assert bounds(date(1899, 12, 31), date(9000, 1, 1), "UTC") == {"starts_at": None, "ends_at": None}


@pytest.mark.parametrize(("name", "key"), [
    ("House - AL", "house-al"), ("Größe & Weite", "groe-weite"), ("Málaga", "malaga"), ("", "unit"), ("社長室", "unit"),
    ("a" * 61, "a" * 60), (f"{'a' * 59} b", "a" * 59), ("R2 D2", "r2-d2"),
])  # fmt: skip
def test_a_key_is_made_of_a_name(name, key):
    assert slug(name) == key and check_key(key) == key


def refusal(call, *words):
    with pytest.raises(Invalid) as found:
        call(*words)
    (one,) = found.value.errors
    return one.pointer, one.code, str(found.value)


@pytest.mark.parametrize("key", ["", "Sales", "a b", "-a", "a-", "a--b", "a_b", "a" * 61, "ä"])
def test_what_is_no_key_is_refused(key):
    said = "A key is at most 60 lower-case letters, digits and single hyphens."
    assert refusal(check_key, key) == ("/key", "key_form", said)


def test_a_time_zone_is_one_that_there_is():
    assert check_timezone("Europe/Berlin") == "Europe/Berlin"
    said = "'Mars/Olympus' is not an IANA time zone, e.g. Europe/Berlin."
    assert refusal(check_timezone, "Mars/Olympus") == ("/timezone", "unknown_timezone", said)


def test_what_a_unit_may_stand_below():
    check_parent(None, UNIT)
    check_parent(OTHER, UNIT)
    with pytest.raises(UnitClosed, match=r"^Sales is closed and takes no new units\.$"):
        check_parent(None, CLOSED)
    for unit_id in UNIT.path:
        with pytest.raises(UnitCycle, match=r"^Sales is the unit itself or stands below it\.$"):
            check_parent(unit_id, UNIT)
    deep = replace(UNIT, path=tuple(UUID(int=n) for n in range(MAX_DEPTH)))
    with pytest.raises(Conflict, match=rf"^The tree may be {MAX_DEPTH} levels deep\.$"):
        check_parent(UUID(int=99), deep)
    check_parent(UUID(int=99), replace(deep, path=deep.path[1:]))


def test_a_closed_unit_takes_nothing_new():
    check_open(UNIT)
    with pytest.raises(UnitClosed, match=r"^Sales is closed and takes nothing new\.$"):
        check_open(CLOSED)


def test_a_unit_closes_once_and_when_nothing_is_left_in_it():
    check_close(UNIT, {"people": 0})
    with pytest.raises(Conflict, match=r"^The enterprise itself cannot be closed or merged\.$"):
        check_close(replace(UNIT, id=ROOT_ID), {})
    with pytest.raises(UnitClosed, match=r"^Sales is closed already\.$"):
        check_close(CLOSED, {"people": 1})
    with pytest.raises(UnitNotEmpty) as found:
        check_close(UNIT, {"people": 2, "accounts": 0, "open_requests": 1})
    assert str(found.value) == (
        "Sales still has 2 people, 1 open requests. Move or end them, or merge the unit into another."
    )
    assert [(one.pointer, one.code, one.message) for one in found.value.errors] == [
        ("", "people", "2 people"), ("", "open_requests", "1 open requests"),
    ]  # fmt: skip
