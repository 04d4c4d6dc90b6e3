"""Reviews as a weapon: what somebody may not end themselves, silence must not end for them."""

from datetime import timedelta

import pytest

from app.sweeping import service as sweeping
from app.sweeping import worker
from tests.governance.reviewing import ENDS, MOMENT, WHY, answer, held, item, names, opened, reassigned


def ended(team):
    return [one["role"] for one in team.get("/v1/appointments?ended=true", "asker")["items"]]


@pytest.mark.parametrize("given", [MOMENT, timedelta(minutes=5), timedelta(days=1) - MOMENT])
def test_silence_is_no_answer_of_who_had_no_time_to_speak(team, given):
    """A review that is over at once would end all that it holds."""
    due = team.clock.now + given
    dates = {"due_at": due.isoformat(), "ends_at": (due + MOMENT).isoformat()}
    for kinds in (["appointments"], ["grants"], ["accounts"]):
        refused = opened(team, "hub", kinds, 422, **dates)
        assert [(one["pointer"], one["code"]) for one in refused["errors"]] == [("/due_at", "too_soon")]
        team.post("/v1/reviews/preview", "hub", {"title": "T", "kinds": kinds, **dates}, 422)
    team.clock.turn(days=2)
    worker.sweep(team.house, sweeping.TASKS)
    assert ended(team) == []


@pytest.mark.parametrize("kinds", [["appointments"], ["grants", "appointments"]])
def test_who_may_not_end_appointments_has_no_silence_end_them(team, kinds):
    team.appoint("colleague", "community_manager", "sales")
    for who, narrowed in (("hub", {}), ("colleague", {"business_unit_id": "sales"})):
        body = {"title": "T", "kinds": kinds, "filter": narrowed}
        assert team.post("/v1/reviews", who, body, 403)["code"] == "forbidden"
        assert team.post("/v1/reviews/preview", who, body, 403)["code"] == "forbidden"
        team.post("/v1/reviews", who, {**body, "kinds": ["grants", "accounts"]}, 201)
    assert opened(team, "boss", kinds)["state"] == "open"


def test_what_silence_has_paused_is_among_the_revocations_before_anybody_writes_it_down(team):
    made = held(team)
    review = opened(team)
    team.clock.now = team.clock.now.fromisoformat(review["ends_at"])
    listed = team.get("/v1/passports/revocations", "boss")["items"]
    assert listed == [{"grant_id": made["id"], "state": "suspended", "at": review["ends_at"]}]
    worker.sweep(team.house, sweeping.TASKS)
    (again,) = team.get("/v1/passports/revocations", "boss")["items"]
    assert (again["grant_id"], again["state"]) == (made["id"], "revoked")


def test_a_passport_ends_where_silence_would_pause_its_right(team):
    made = held(team)
    opened(team)
    team.clock.now = ENDS - timedelta(seconds=90)
    passport = team.post(f"/v1/grants/{made['id']}/passport", "asker")
    assert team.clock.now.fromisoformat(passport["expires_at"]) == ENDS


def named(team, one, who="boss", **custodians):
    """Name an account's custodians anew; None: nobody."""
    told = {f"{name}_id": who and str(team.ids[who]) for name, who in custodians.items()}
    team.want(200, "PATCH", f"/v1/accounts/{one['account_id']}", who, told)


@pytest.mark.parametrize("as_what", ["steward", "backup_steward"])
def test_B05_a_custodian_does_not_step_down_to_judge_about_the_account(team, as_what):
    team.account("acme", **{f"{as_what}_id": team.ids["liaison"]})
    one = item(team, opened(team, kinds=["accounts"]))
    named(team, one, "liaison", **{as_what: "colleague"})
    named(team, one, **{as_what: "boss2"})
    assert answer(team, one, "liaison", "keep", 403)["code"] == "own_review"
    seen = item(team, opened(team, kinds=["accounts"], title="Winter"))
    assert names(team, item(team, one_review(one))) == ["hub"]
    assert names(team, seen) == ["liaison"]  # who had stepped down before it was opened is not barred


def one_review(one):
    return {"id": one["review_id"]}


def test_B05_nor_does_who_was_one_for_a_moment_nor_a_deputy_of_theirs(team):
    team.hire("liaison2", "Sales")
    team.appoint("liaison2", "bu_liaison", "sales", deputy="colleague")
    team.account("acme", steward_id=team.ids["asker"])
    one = item(team, opened(team, kinds=["accounts"]))
    assert names(team, one) == ["liaison", "liaison2/colleague"]
    named(team, one, backup_steward="liaison2")
    named(team, one, backup_steward=None)
    assert names(team, item(team, one_review(one))) == ["liaison"]
    assert answer(team, one, "liaison2", status=403)["code"] == "own_review"
    answer(team, one, "colleague", status=404)
    assert reassigned(team, one, "liaison2", "boss", 422)["errors"][0]["code"] == "could_not_answer"
    answer(team, one, "liaison")


@pytest.mark.parametrize("theirs", ["custodian", "principal"])
def test_B05_nor_does_either_close_the_review_over_it(team, theirs):
    team.account("acme", steward_id=team.ids["hub" if theirs == "custodian" else "asker"])
    if theirs == "principal":
        team.appoint("asker", "social_analyst", deputy="hub")
    review = opened(team, kinds=["accounts"])
    if theirs == "custodian":
        named(team, item(team, review), "hub", steward="colleague")
    close = f"/v1/reviews/{review['id']}/close"
    assert team.post(close, "hub", WHY, 403)["code"] == "own_review"
    assert team.post(close, "boss", WHY)["state"] == "closed"
