"""Everybody whom HR says to be gone is gone; when they are too many for one day, somebody is told to look."""

import pytest

from app.directory import store as directory
from app.lifecycle import rules
from app.lifecycle import service as lifecycle

ALARM = "directory.unusual_terminations"


@pytest.fixture
def crowd(team):
    """As many more people as are wanted, in one work."""

    def hire(count):
        with team.work() as work:
            unit = lifecycle.department(work, "Sales")
            return [
                lifecycle.join(
                    work,
                    {
                        "employee_number": f"c-{n}",
                        "user_name": f"c-{n}",
                        "display_name": f"C {n}",
                        "business_unit_id": unit,
                    },
                )
                for n in range(count)
            ]

    return hire


def leave(team, people):
    with team.work() as work:
        for one in people:
            lifecycle.leave(work, one, "terminated")


def active(team):
    with team.work(write=False) as work:
        return directory.count_active(work.session)


@pytest.mark.parametrize(
    ("left", "active", "unusual"),
    [(20, 20, False), (21, 21, True), (21, 209, True), (21, 210, False), (100, 1000, False), (101, 1000, True)],
)
def test_more_than_a_tenth_and_more_than_twenty(left, active, unusual):
    assert rules.unusual(left, active) is unusual


def test_one_work_that_makes_too_many_leave_raises_one_alarm_and_stops_nobody(team, crowd):
    people, before = crowd(30), active(team)
    leave(team, people)
    (told,) = team.events(action=ALARM)
    assert told["after"] == {"active": before, "left": 30, "since": "2026-03-01T09:00:00.000000Z"}
    assert told["subject"] == {"kind": "directory", "id": "employees"}
    assert active(team) == before - 30 and len(team.events(action="employee.left")) == 30
    for who in ("boss", "auditor"):
        (shown,) = team.get("/v1/directory/orphans", who)["alarms"]
        assert shown == {"seq": told["seq"], "at": told["at"], **told["after"]}
        assert team.get("/v1/me", who)["alarms"] == [shown]
    assert team.get("/v1/directory/orphans", "liaison")["alarms"] == [] == team.get("/v1/me", "liaison")["alarms"]
    team.intact()


def test_one_after_the_other_within_a_day_raises_it_too_and_once(team, crowd):
    people = crowd(40)
    for n, one in enumerate(people[:20], start=1):
        leave(team, [one])
        team.clock.turn(minutes=30)
        assert team.events(action=ALARM) == [], n
    leave(team, people[20:21])
    assert [one["after"]["left"] for one in team.events(action=ALARM)] == [21]
    leave(team, people[21:])
    assert len(team.events(action=ALARM)) == 1


def test_slower_than_that_is_nothing_unusual(team, crowd):
    people = crowd(40)
    for one in people:
        leave(team, [one])
        team.clock.turn(hours=2)
    assert team.events(action=ALARM) == []


def test_it_is_raised_again_the_next_day_and_is_news_for_a_week(team, crowd):
    people = crowd(70)
    leave(team, people[:30])
    team.clock.turn(days=1, seconds=1)
    leave(team, people[30:65])
    assert [one["after"]["left"] for one in team.events(action=ALARM)] == [35, 30]
    team.clock.turn(days=7)
    assert len(team.get("/v1/directory/orphans", "boss")["alarms"]) == 1
    team.clock.turn(seconds=1)
    assert team.get("/v1/directory/orphans", "boss")["alarms"] == []


def test_a_tenth_of_many_is_many(team, crowd):
    people = crowd(400)
    leave(team, people[:38])
    assert team.events(action=ALARM) == []
    leave(team, people[38:43])
    assert [one["after"] for one in team.events(action=ALARM)] == [
        {"left": 43, "active": 412, "since": "2026-03-01T09:00:00.000000Z"}
    ]


def test_a_leaver_costs_no_more_statements_with_the_alarm_than_one_check_for_all(team, crowd):
    people, asked = crowd(12), []
    noted = lifecycle.note_leavers
    with team.work() as work:
        for one in people:
            lifecycle.leave(work, one, "terminated")
        asked = list(work.closing)
    assert asked == [noted]
