"""Reviews as a weapon: what somebody may not end themselves, silence must not end for them."""

from datetime import timedelta

import pytest

from app.sweeping import service as sweeping
from app.sweeping import worker
from tests.governance.reviewing import MOMENT, held, opened


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
