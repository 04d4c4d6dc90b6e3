"""Courses and completions over HTTP, and what evaluation reads of them."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest

from app.clients import service as clients
from app.programme.training import rules, store

COURSES, DONE = "/v1/courses", "/v1/completions"
WHY = {"reason": "A mistake."}
WHEN = "2026-02-01T09:00:00Z"


@pytest.fixture
def lms(team):
    with team.work() as work:
        return clients.create_client(work, "LMS", ["lms"], static=True).bearer


@pytest.fixture
def basics(team):
    return team.post(COURSES, "content", {"key": "basics", "title": "Basics", "valid_for_days": 365}, 201)


def stated(team, who="asker", course="basics", at=WHEN, **more):
    return {"employee_id": str(team.ids.get(who, who)), "course_id": course, "completed_at": at, **more}


def complete(team, who="asker", status=201, by="boss", **more):
    return team.post(DONE, by, stated(team, who, **more), status)


def actions(team, kind):
    return [one["action"] for one in reversed(team.events()) if one["action"].startswith(kind)]


# --- courses --------------------------------------------------------------------------------------------------------


def test_a_course_is_made_changed_and_retired(team):
    made = team.post(COURSES, "content", {"key": "basics", "title": " Basics "}, 201)
    assert (made["key"], made["title"], made["valid_for_days"], made["retired_at"]) == ("basics", "Basics", None, None)
    changed = team.want(200, "PATCH", f"{COURSES}/basics", "boss", {"valid_for_days": 365})
    assert changed == {**made, "valid_for_days": 365}
    for body in ({}, {"valid_for_days": 365}, {"title": "Basics"}):
        assert team.want(200, "PATCH", f"{COURSES}/{made['id']}", "boss", body) == changed
    assert team.want(200, "PATCH", f"{COURSES}/basics", "boss", {"valid_for_days": None})["valid_for_days"] is None
    team.clock.turn(days=1)
    retired = team.post(f"{COURSES}/basics/retire", "content", WHY)
    assert retired["retired_at"] == retired["updated_at"] == "2026-03-03T09:00:00Z"
    assert team.get(f"{COURSES}/{made['id']}", "stranger") == team.get(f"{COURSES}/basics", "asker") == retired
    assert actions(team, "course.") == ["course.created", "course.updated", "course.updated", "course.retired"]
    (told,) = team.events(action="course.retired")
    assert (told["reason"], told["before"]["retired_at"]) == ("A mistake.", None) and told["after"]["key"] == "basics"


def test_a_retired_course_is_not_changed_any_more(team, basics):
    team.post(f"{COURSES}/basics/retire", "boss", WHY)
    assert team.want(409, "PATCH", f"{COURSES}/basics", "boss", {"title": "New"})["code"] == "course_retired"
    assert team.post(f"{COURSES}/basics/retire", "boss", WHY, 409)["code"] == "course_retired"
    assert team.post(COURSES, "boss", {"key": "basics", "title": "Again"}, 409)["code"] == "key_taken"


def test_a_strategist_does_not_record_their_own_training(team, basics, lms):
    for name in (str(team.ids["boss"]), "boss", "boss@world.example"):
        assert complete(team, name, 403)["code"] == "self_completion"
    assert team.get(DONE, "boss")["items"] == [] and actions(team, "completion.") == []
    complete(team, "boss", by="boss2")
    assert complete(team, "boss", 403)["code"] == "self_completion"
    team.post(DONE, None, stated(team, "boss2", basics["id"]), 201, bearer=lms)


@pytest.mark.parametrize(
    "bad",
    [
        {"key": "No Key"}, {"key": ""}, {"key": "x" * 61}, {"title": ""}, {"title": "a\u202eb"}, {"title": "x" * 201},
        {"valid_for_days": 0}, {"valid_for_days": -1}, {"valid_for_days": 3651}, {"valid_for_days": "30"},
        {"valid_for_days": True}, {"valid_for_days": 1.5}, {"more": 1},
    ],
)  # fmt: skip
def test_a_bad_course_is_refused_by_its_member(team, bad):
    told = team.post(COURSES, "boss", {"key": "good", "title": "Good", **bad}, 422)
    assert told["errors"][0]["pointer"] == f"/{next(iter(bad))}"
    assert team.get(COURSES, "boss")["items"] == []


def test_a_course_keeps_a_title(team, basics):
    told = team.want(422, "PATCH", f"{COURSES}/basics", "boss", {"title": None})
    assert told["errors"][0]["pointer"] == "/title"


def test_courses_are_listed_for_everybody_and_written_by_few(team, basics, lms):
    team.post(COURSES, "boss", {"key": "crisis", "title": "Crisis"}, 201)
    team.post(f"{COURSES}/crisis/retire", "boss", WHY)
    keys = lambda query="": [one["key"] for one in team.get(f"{COURSES}?sort=key{query}", "stranger")["items"]]
    assert (keys(), keys("&retired=true"), keys("&retired=false")) == (["basics", "crisis"], ["crisis"], ["basics"])
    assert [one["key"] for one in team.want(200, "GET", f"{COURSES}?sort=-key", bearer=lms)["items"]] == [
        "crisis",
        "basics",
    ]
    for who in ("asker", "liaison", "hub", "auditor", "admin", "developer"):
        team.post(COURSES, who, {"key": "mine", "title": "Mine"}, 403)
    team.want(403, "POST", COURSES, body={"key": "mine", "title": "Mine"}, bearer=lms)
    team.get(f"{COURSES}/{uuid4()}", "asker", 404)
    team.want(404, "PATCH", f"{COURSES}/nope", "boss", {"title": "x"})


# --- completions ----------------------------------------------------------------------------------------------------


def test_a_completion_is_recorded_with_how_long_it_counts(team, basics):
    made = complete(team, source="LMS")
    assert made["employee_id"] == str(team.ids["asker"])
    assert (made["course_id"], made["course_key"], made["source"]) == (basics["id"], "basics", "LMS")
    assert (made["completed_at"], made["valid_until"]) == (WHEN, "2027-02-01T09:00:00Z")
    assert made["revoked_at"] is made["revoked_by"] is made["revoke_reason"] is None
    assert team.get(f"{DONE}/{made['id']}", "asker") == made
    team.want(200, "PATCH", f"{COURSES}/basics", "boss", {"valid_for_days": 30})
    assert team.get(f"{DONE}/{made['id']}", "asker")["valid_until"] == "2026-03-03T09:00:00Z"
    team.want(200, "PATCH", f"{COURSES}/basics", "boss", {"valid_for_days": None})
    assert team.get(f"{DONE}/{made['id']}", "asker")["valid_until"] is None
    (told,) = team.events(action="completion.recorded")
    assert told["after"]["completed_at"] == "2026-02-01T09:00:00.000000Z" and told["after"]["source"] == "LMS"


def test_the_same_said_again_is_the_same(team, basics, lms):
    made = complete(team)
    for body in (
        stated(team),
        stated(team, at="2026-02-01T10:00:00+01:00", source="elsewhere"),
        stated(team, course=basics["id"]),
        stated(team, "asker@WORLD.example"),
    ):
        answer = team.call("POST", DONE, body=body, bearer=lms)
        assert (answer.status_code, answer.json()) == (200, made) and "coe-revision" not in answer.headers
    assert actions(team, "completion.") == ["completion.recorded"]
    assert complete(team, at="2026-02-01T09:00:00.000001Z")["id"] != made["id"]
    assert complete(team, "colleague")["id"] != made["id"]


def test_a_person_is_known_by_id_number_mail_or_user_name(team, basics, lms):
    team.hire("N-7", user_name="anna.berg", email="anna@world.example")
    names = (str(team.ids["N-7"]), "N-7", "Anna@World.example", "ANNA.BERG")
    answers = [team.call("POST", DONE, body=stated(team, name), bearer=lms) for name in names]
    assert [one.status_code for one in answers] == [201, 200, 200, 200]
    team.hire("two", user_name="two", email="anna@world.example")
    told = team.want(422, "POST", DONE, body=stated(team, "anna@world.example"), bearer=lms)
    assert told["errors"][0] == {
        "pointer": "/employee_id", "code": "ambiguous_employee", "message": "Two people have this name; use the id."
    }  # fmt: skip


def test_what_nobody_can_have_done_is_refused(team, basics):
    cases = {
        "/employee_id": [{"who": str(uuid4())}, {"who": "nobody@world.example"}],
        "/course_id": [{"course": "nope"}, {"course": str(uuid4())}, {"course": ""}],
        "/completed_at": [{"at": "2026-03-02T09:00:00.000001Z"}, {"at": "2026-02-01"}, {"at": "2026-02-30T09:00:00Z"}],
        "/source": [{"source": ""}, {"source": "x" * 201}],
    }
    for pointer, bodies in cases.items():
        for body in bodies:
            assert complete(team, **body, status=422)["errors"][0]["pointer"] == pointer, body
    complete(team, at="2026-03-02T09:00:00Z")  # this very instant
    assert actions(team, "completion.") == ["completion.recorded"]


def test_whoever_has_left_has_learnt_it_all_the_same(team, basics):
    team.fire("asker")
    made = complete(team)
    assert team.get(f"{DONE}/{made['id']}", "auditor") == made


def test_a_retired_course_takes_what_happened_before(team, basics):
    team.post(f"{COURSES}/basics/retire", "boss", WHY)  # at 09:00 of the 2nd of March
    team.clock.turn(days=1)
    complete(team, at="2026-03-02T08:59:59Z")
    assert complete(team, at="2026-03-02T09:00:00Z", status=409)["code"] == "course_retired"


def test_a_wrong_completion_is_revoked_and_stays_so_for_the_lms(team, basics, lms):
    made = complete(team)
    team.clock.turn(days=1)
    gone = team.post(f"{DONE}/{made['id']}/revoke", "boss", {"reason": "It was somebody else."})
    assert gone["revoked_at"] == "2026-03-03T09:00:00Z" and gone["revoked_by"] == str(team.ids["boss"])
    assert gone["revoke_reason"] == "It was somebody else."
    assert team.get(f"{DONE}/{made['id']}", "asker") == gone
    assert team.post(f"{DONE}/{made['id']}/revoke", "boss", WHY, 409)["code"] == "completion_revoked"
    told = team.want(409, "POST", DONE, body=stated(team), bearer=lms)
    assert told["code"] == "completion_revoked"
    again = complete(team)  # the strategist means it
    assert again["id"] != made["id"] and again["revoked_at"] is None
    assert team.want(200, "POST", DONE, body=stated(team), bearer=lms) == again
    ids = lambda query: [one["id"] for one in team.get(f"{DONE}?{query}", "asker")["items"]]
    assert (ids("revoked=true"), ids("revoked=false"), ids("")) == (
        [made["id"]],
        [again["id"]],
        [made["id"], again["id"]],
    )
    assert actions(team, "completion.") == ["completion.recorded", "completion.revoked", "completion.recorded"]
    (told,) = team.events(action="completion.revoked")
    assert told["reason"] == "It was somebody else." and told["before"]["revoked_at"] is None


def test_the_lms_revokes_too(team, basics, lms):
    made = team.want(201, "POST", DONE, body=stated(team), bearer=lms)
    gone = team.want(200, "POST", f"{DONE}/{made['id']}/revoke", body=WHY, bearer=lms)
    assert gone["revoked_by"] is None and gone["revoked_at"]


def test_who_sees_whose_completions(team, basics, lms):
    team.hire("field", "Field")
    team.appoint("field", "community_manager", network="x")  # a network has no people
    made = {who: complete(team, who)["id"] for who in ("asker", "colleague", "stranger", "field")}
    everything = set(made)
    seen = {
        "asker": {"asker"}, "stranger": {"stranger"}, "liaison": {"asker", "colleague"}, "otherliaison": {"stranger"},
        "hub": everything, "boss": everything, "content": everything, "auditor": everything, "admin": set(),
        "developer": set(), "field": {"field"},
    }  # fmt: skip
    for who, theirs in seen.items():
        listed = {one["id"] for one in team.get(DONE, who)["items"]}
        assert listed == {made[name] for name in theirs}, who
        for name, id_ in made.items():
            team.get(f"{DONE}/{id_}", who, 200 if name in theirs else 404)
            found = team.get(f"{DONE}?employee_id={team.ids[name]}", who)["items"]
            assert [one["id"] for one in found] == ([id_] if name in theirs else []), (who, name)
    assert len(team.want(200, "GET", DONE, bearer=lms)["items"]) == len(made)
    for who in ("asker", "liaison", "hub", "content", "auditor", "admin"):
        complete(team, by=who, at="2026-01-01T00:00:00Z", status=403)
    team.post(f"{DONE}/{made['asker']}/revoke", "asker", WHY, 403)


def test_completions_are_listed_by_person_and_course(team, basics):
    team.post(COURSES, "boss", {"key": "crisis", "title": "Crisis"}, 201)
    first, second = complete(team), complete(team, course="crisis", at="2026-01-01T00:00:00Z")
    other = complete(team, "colleague", at="2026-02-02T00:00:00Z")
    ids = lambda query: [one["id"] for one in team.get(f"{DONE}?{query}", "boss")["items"]]
    assert ids("course_id=basics") == ids(f"course_id={basics['id']}") == [first["id"], other["id"]]
    assert ids(f"course_id=crisis&employee_id={team.ids['asker']}") == [second["id"]]
    assert ids("sort=-completed_at") == [other["id"], first["id"], second["id"]]
    assert ids("course_id=nope") == ids(f"course_id={uuid4()}") == ids(f"employee_id={uuid4()}") == []


def test_of_equal_completions_at_once_one_is_recorded(team, basics):
    bearer, body = team.token("boss"), stated(team)
    answers, gate = [], Barrier(4)

    def run():
        gate.wait()
        answers.append(team.call("POST", DONE, body=body, bearer=bearer))

    threads = [Thread(target=run) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    done = [one for one in answers if one.status_code != 503]  # a lock that was given up: to be tried again
    assert sorted(one.status_code for one in done) == [*[200] * (len(done) - 1), 201]
    assert len({one.json()["id"] for one in done}) == 1
    assert actions(team, "completion.") == ["completion.recorded"]


# --- what evaluation reads ------------------------------------------------------------------------------------------


def instant(text):
    return datetime.fromisoformat(text)


def test_what_somebody_has_completed_the_newest_first(team, basics):
    team.post(COURSES, "boss", {"key": "crisis", "title": "Crisis"}, 201)
    for at in ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2025-06-01T00:00:00Z"):
        complete(team, at=at)
    complete(team, course="crisis", at="2026-01-15T00:00:00Z")
    wrong = complete(team, at="2026-02-15T00:00:00Z")
    team.post(f"{DONE}/{wrong['id']}/revoke", "boss", WHY)
    complete(team, "colleague")
    with team.work(write=False) as work:
        found = store.completions_of(work.session, team.ids["asker"])
        (course,) = store.courses_by_key(work.session, ["basics", "nope"]).values()
    told = [(one.course_key, one.course_valid_for_days, one.completed_at.date().isoformat()) for one in found]
    assert told == [
        ("basics", 365, "2026-02-01"), ("crisis", None, "2026-01-15"), ("basics", 365, "2026-01-01"), ("basics", 365, "2025-06-01")
    ]  # fmt: skip
    assert str(course.id) == basics["id"]
    standing = rules.standing(found, course, team.clock.now, 30)
    assert (standing.state, standing.valid_until) == (
        "current",
        instant("2026-02-01T00:00:00+00:00") + timedelta(days=30),
    )


@pytest.mark.parametrize("many", [0, 5000])
def test_the_newest_of_many_people_in_one_statement(team, basics, many, monkeypatch):
    monkeypatch.setattr(store, "MANY", many)
    team.post(COURSES, "boss", {"key": "crisis", "title": "Crisis"}, 201)
    for at in ("2026-02-01T09:00:00Z", "2025-06-01T00:00:00Z"):
        complete(team, at=at)
    wrong = complete(team, at="2026-02-15T00:00:00Z")
    team.post(f"{DONE}/{wrong['id']}/revoke", "boss", WHY)
    complete(team, "colleague", course="crisis", at="2026-01-15T00:00:00Z")
    complete(team, "stranger")
    people = [team.ids[who] for who in ("asker", "colleague", "liaison")]
    with team.work(write=False) as work:
        found = store.latest_many(work.session, people, ["basics", "crisis"])
        assert (
            store.latest_many(work.session, people, ["nope"]) == store.latest_many(work.session, [], ["basics"]) == {}
        )
    assert found == {
        (team.ids["asker"], "basics"): instant("2026-02-01T09:00:00+00:00"),
        (team.ids["colleague"], "crisis"): instant("2026-01-15T00:00:00+00:00"),
    }
