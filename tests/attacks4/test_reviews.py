"""Reviews as a weapon: what somebody may not end themselves, silence must not end for them."""

from datetime import timedelta

import pytest

from app.sweeping import service as sweeping
from app.sweeping import worker
from tests.governance.reviewing import ENDS, MOMENT, answer, held, item, opened


def ended(team):
    return [one["role"] for one in team.get("/v1/appointments?ended=true", "asker")["items"]]


@pytest.mark.parametrize("given", [MOMENT, timedelta(minutes=5), timedelta(days=1) - MOMENT])
def test_silence_is_no_answer_of_who_had_no_time_to_speak(team, given):
    """A community manager ends no appointment; a review that is over at once would have ended all of them."""
    due = team.clock.now + given
    dates = {"due_at": due.isoformat(), "ends_at": (due + MOMENT).isoformat()}
    for kinds in (["appointments"], ["grants"], ["accounts"]):
        refused = opened(team, "hub", kinds, 422, **dates)
        assert [(one["pointer"], one["code"]) for one in refused["errors"]] == [("/due_at", "too_soon")]
        team.post("/v1/reviews/preview", "hub", {"title": "T", "kinds": kinds, **dates}, 422)
    team.clock.turn(days=2)
    worker.sweep(team.house, sweeping.TASKS)
    assert ended(team) == []


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


@pytest.mark.xfail(strict=True, reason="whoever answers may have been its custodian until a moment ago")
def test_B05_a_custodian_does_not_step_down_to_judge_about_the_account(team):
    team.account("acme", steward_id=team.ids["liaison"])
    one = item(team, opened(team, kinds=["accounts"]))
    team.want(200, "PATCH", f"/v1/accounts/{one['account_id']}", "liaison", {"steward_id": str(team.ids["colleague"])})
    assert answer(team, one, "liaison", "keep", 403)["code"] == "own_review"
