"""What each person still has to learn, and coverage by unit: over HTTP."""

from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from app.directory.rules import ROOT_ID
from app.learning import store
from app.learning.rules import Ask, Count
from app.programme.curriculum import store as curriculum
from app.programme.training import store as training

WHY = {"reason": "It is over."}


def learnt(team, who, course, at):
    body = {"employee_id": str(team.ids[who]), "course_id": course, "completed_at": at}
    return team.post("/v1/completions", "boss", body, 201)


def taught(team, audience, course, need="required", **more):
    return team.post(
        "/v1/curriculum", "content", {"audience": audience, "course_id": course, "need": need, **more}, 201
    )


@pytest.fixture
def school(team):
    """Two courses; the basics for everybody in sales, the drill for liaisons, and a policy that wants fresh basics."""
    team.post("/v1/courses", "content", {"key": "basics", "title": "Basics", "valid_for_days": 365}, 201)
    team.post("/v1/courses", "content", {"key": "drill", "title": "Drill"}, 201)
    taught(team, "everybody", "basics", "recommended", business_unit_id="sales")
    taught(team, "bu_liaison", "drill")
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    rules = {"required_training": [{"course": "basics", "valid_for_days": 60}]}
    team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": rules}, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss", {})
    account = team.account("acme_sales")
    learnt(team, "asker", "basics", "2026-02-01T09:00:00Z")
    request = team.ask("asker", account)
    team.decide("liaison", request)
    team.decide("hub", request)
    return team


def shown(team, who, path="/v1/me/learning"):
    items = team.get(path, who)["items"]
    return [(one["course_key"], one["need"], one["state"], [why["ground"] for why in one["reasons"]]) for one in items]


def test_everybody_reads_what_is_asked_of_them_why_and_how_they_stand(school):
    assert shown(school, "asker") == [("basics", "required", "done", ["everybody", "policy"])]
    assert shown(school, "colleague") == [("basics", "recommended", "missing", ["everybody"])]
    assert shown(school, "liaison") == [
        ("drill", "required", "missing", ["role"]), ("basics", "recommended", "missing", ["everybody"])
    ]  # fmt: skip
    assert shown(school, "otherliaison") == [("drill", "required", "missing", ["role"])]
    assert shown(school, "stranger") == []
    (one,) = school.get("/v1/me/learning", "asker")["items"]
    assert (one["since"], one["until"]) == ("2026-02-01T09:00:00Z", "2026-04-02T09:00:00Z")
    policy = one["reasons"][1]
    assert (policy["policy"], policy["valid_for_days"], policy["since"]) == ("care@1", 60, "2026-03-02T09:00:00Z")


def test_time_alone_makes_it_expire(school):
    school.clock.turn(days=1)
    assert shown(school, "asker")[0][2] == "expires_soon"
    school.clock.turn(days=30)
    (one,) = school.get("/v1/me/learning", "asker")["items"]
    assert (one["state"], one["since"]) == ("expired", "2026-04-02T09:00:00Z")


def test_roles_that_end_policies_that_are_retired_and_people_who_leave_ask_no_more(school):
    (role,) = school.get(f"/v1/appointments?employee_id={school.ids['liaison']}", "boss")["items"]
    school.want(200, "DELETE", f"/v1/appointments/{role['id']}", "boss")
    assert shown(school, "liaison") == [("basics", "recommended", "missing", ["everybody"])]
    school.post("/v1/policies/care/versions/1/retire", "boss", WHY)
    assert shown(school, "asker") == [("basics", "recommended", "done", ["everybody"])]
    school.fire("colleague")
    assert shown(school, "boss", f"/v1/employees/{school.ids['colleague']}/learning") == []


def test_others_read_it_who_may_read_what_somebody_completed(school):
    path = f"/v1/employees/{school.ids['asker']}/learning"
    for who in ("asker", "liaison", "boss", "content", "auditor", "hub"):
        assert shown(school, who, path) == shown(school, "asker"), who
    for who in ("colleague", "otherliaison", "developer"):
        school.get(path, who, 403)
    school.get("/v1/employees/00000000-0000-7000-8000-00000000dead/learning", "boss", 404)


def figures(one):
    return tuple(one[name] for name in ("people", "done", "expired", "missing", "share"))


def test_a_unit_is_told_by_its_own_people_and_the_units_directly_below(school):
    school.post("/v1/business-units", "boss", {"key": "field", "name": "Field", "parent_id": unit(school)}, 201)
    school.hire("fielder", "Field")
    found = school.get("/v1/learning/coverage?business_unit_id=sales", "liaison")
    assert [(one["business_unit_key"], one["with_below"], figures(one)) for one in found["units"]] == [
        ("sales", False, (2, 1, 0, 1, "0.5000")), ("field", True, (0, 0, 0, 0, None)),
    ]  # fmt: skip
    assert figures(found["total"]) == (2, 1, 0, 1, "0.5000")
    assert "no share" in found["units"][1]["not_computed"] and found["units"][0]["not_computed"] is None
    courses = {
        (unit["business_unit_key"], one["course_key"], one["need"]): figures(one)
        for unit in found["units"]
        for one in unit["courses"]
    }
    assert courses == {
        ("sales", "basics", "required"): (1, 1, 0, 0, "1.0000"),
        ("sales", "basics", "recommended"): (2, 0, 0, 2, "0.0000"),
        ("sales", "drill", "required"): (1, 0, 0, 1, "0.0000"),
        ("field", "basics", "recommended"): (1, 0, 0, 1, "0.0000"),
    }
    one = school.get("/v1/learning/coverage?business_unit_id=sales&course_id=basics", "liaison")
    assert (one["course_key"], figures(one["total"])) == ("basics", (1, 1, 0, 0, "1.0000"))
    school.clock.turn(days=31)
    assert figures(school.get("/v1/learning/coverage?course_id=basics", "boss")["total"]) == (1, 0, 1, 0, "0.0000")


def unit(team, key="sales"):
    return team.get(f"/v1/business-units/{key}", "boss")["id"]


def test_coverage_is_for_those_who_read_reports_there(school):
    for who, where, status in (
        ("liaison", "?business_unit_id=sales", 200), ("liaison", "?business_unit_id=logistics", 403), ("liaison", "", 403),
        ("boss", "", 200), ("auditor", "", 200), ("asker", "?business_unit_id=sales", 403), ("boss", "?business_unit_id=no", 404),
        ("boss", "?course_id=no", 404),
    ):  # fmt: skip
        school.get(f"/v1/learning/coverage{where}", who, status)


@contextmanager
def counted(team):
    """How many statements are sent."""
    seen = []
    note = lambda *args: seen.append(args[2])  # noqa: E731
    sa.event.listen(team.app.state.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(team.app.state.engine, "before_cursor_execute", note)


def test_the_number_of_statements_does_not_grow(school):
    paths = ("/v1/learning/coverage", f"/v1/employees/{school.ids['asker']}/learning")
    bearer = school.token("boss")

    def sent():
        found = []
        for path in paths:
            with counted(school) as seen:
                school.want(200, "GET", path, bearer=bearer)
            found.append(len(seen))
        return found

    sent()
    before = sent()
    for n in range(4):
        school.post("/v1/business-units", "boss", {"key": f"unit-{n}", "name": f"Unit {n}"}, 201)
        school.post("/v1/courses", "boss", {"key": f"course-{n}", "title": "One more"}, 201)
        taught(school, "everybody", f"course-{n}")
        school.hire(f"new-{n}", f"Unit {n}")
        learnt(school, f"new-{n}", f"course-{n}", "2026-02-01T09:00:00Z")
    assert sent() == before
    assert len(school.get("/v1/learning/coverage", "boss")["total"]["courses"]) == 7


def test_very_many_may_ask_at_once(school):
    """More than a database puts together in one go."""
    with school.work(write=False) as work:
        (entry, *_) = curriculum.taught(work.session)
        basics = training.course(work.session, "basics")
        asks = [(n, Ask(f"course-{n}", basics, entry.need, entry.created_at, entry=entry)) for n in range(601)]
        everywhere = store.below(ROOT_ID)
        counts = store.by_course(work.session, asks, work.now, everywhere)
        assert {one.course: (one.people, one.done) for one in counts} == dict.fromkeys(range(601), (3, 1))
        assert all(isinstance(one, Count) and not one.required for one in counts)
        assert store.by_person(work.session, asks, work.now, everywhere) == []
