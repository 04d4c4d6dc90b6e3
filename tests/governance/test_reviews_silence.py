"""What nobody keeps ends: at the very instant, whatever else happens to the right meanwhile; and is written down once."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.governance.reviewing import (
    DUE,
    ENDS,
    MOMENT,
    WHY,
    answer,
    done,
    held,
    item,
    items,
    opened,
    progress,
    sweep,
)  # fmt: skip
from tests.kit import START
from tests.lifecycle.kit import amend, as_of, grant

LATER = ENDS + timedelta(days=2)
MOVER_DUE = START + timedelta(days=14)


def times(at):
    return at.isoformat().replace("+00:00", "Z")


@pytest.fixture
def made(team):
    return held(team)


def publishes(team, made):
    return team.codes("boss", "asker", "publish", made["account_id"])


def listed(team, state):
    return [one["id"] for one in team.get("/v1/grants", "boss", params={"state": state})["items"]]


def test_a_right_that_nobody_kept_is_refused_at_the_very_instant(team, made):
    one = item(team, opened(team))
    before = team.intact()
    team.clock.now = ENDS - MOMENT
    assert publishes(team, made) == set() and listed(team, "active") == [made["id"]]
    team.clock.now = ENDS
    assert publishes(team, made) == {"grant_suspended"}
    message = team.evaluate("boss", "asker", "publish", made["account_id"])["context"]["reasons"][0]["message"]
    assert "suspended since 2026-03-23T09:00:00Z" in message
    assert grant(team, made)["state"] == "suspended"
    assert listed(team, "suspended") == [made["id"]] and listed(team, "active") == []
    assert {one["action"] for one in team.events() if one["seq"] > before} <= {"token.issued"}
    assert progress(team, {"id": one["review_id"]}) == {"items": 1, "lapsed": 1}


def test_nothing_brings_it_back_then(team, made):
    one = item(team, opened(team))
    team.clock.now = ENDS
    for who in ("liaison", "hub", "boss"):
        assert answer(team, one, who, status=409)["code"] == "review_over"
        assert team.post(f"/v1/grants/{made['id']}/resume", who, WHY, 409)["code"] == "grant_ended"
    for what, body in (("close", WHY), (f"items/{one['id']}/reassign", {"reviewer_id": str(team.ids["hub"]), **WHY})):
        assert team.post(f"/v1/reviews/{one['review_id']}/{what}", "boss", body, 409)["code"] == "review_over"
    assert publishes(team, made) == {"grant_suspended"}


def test_the_sweep_writes_down_what_has_happened_once(team, made):
    kept, other = held(team, "kept", "colleague"), held(team, "other", "colleague", "engage")
    review = opened(team)
    by_grant = {one["grant_id"]: one for one in items(team, review)}
    answer(team, by_grant[kept["id"]])
    team.clock.now = ENDS - MOMENT
    assert sweep(team) == 0
    team.clock.now = LATER
    team.post(f"/v1/grants/{other['id']}/revoke", "colleague", WHY)
    before = team.intact()
    assert (sweep(team), sweep(team)) == (1, 0)
    told = [(one["action"], one["reason"]) for one in reversed(team.events()) if one["seq"] > before]
    reason = "nobody kept it in review Autumn"
    assert told == [("grant.revoked", reason), ("review_item.lapsed", reason)]
    revoked = grant(team, made)
    assert (revoked["state"], revoked["end_reason"], revoked["ended_by"]) == ("revoked", reason, None)
    assert publishes(team, made) == {"grant_revoked"}
    assert grant(team, kept)["state"] == "active"
    assert progress(team, review) == {"items": 3, "kept": 1, "lapsed": 1, "moot": 1}


def test_the_past_stays_what_it_was(team, made):
    opened(team)
    team.clock.now = LATER
    sweep(team)
    team.clock.turn(days=1)
    states = [as_of(team, made, at) for at in (ENDS - MOMENT, ENDS, LATER - MOMENT, LATER)]
    assert states == ["active", "suspended", "suspended", None]


def test_a_sweep_does_so_much_at_a_time(team):
    for n in range(3):
        held(team, f"acme{n}")
    opened(team)
    team.clock.now = ENDS
    assert [sweep(team, 2) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("ends", [MOVER_DUE - timedelta(days=3), MOVER_DUE, MOVER_DUE + timedelta(days=3)])
@pytest.mark.parametrize("moved_first", [True, False])
def test_of_a_movers_pause_and_a_reviews_end_the_earlier_counts(team, made, ends, moved_first):
    dates = {"due_at": times(START + timedelta(days=1)), "ends_at": times(ends)}
    steps = [lambda: amend(team, "asker", department="Logistics"), lambda: opened(team, **dates)]
    for step in steps if moved_first else steps[::-1]:
        step()
    shown = grant(team, made)
    assert (shown["review_due_at"], shown["review_ends_at"]) == (times(MOVER_DUE), times(ends))
    team.clock.now = min(ends, MOVER_DUE) - MOMENT
    assert publishes(team, made) == set()
    team.clock.turn(microseconds=1)
    assert publishes(team, made) == {"grant_suspended"}


def test_keeping_a_movers_right_does_not_answer_its_review(team, made):
    amend(team, "asker", department="Logistics")
    opened(team)
    team.post(f"/v1/grants/{made['id']}/resume", "hub", WHY)
    shown = grant(team, made)
    assert (shown["review_due_at"], shown["review_ends_at"]) == (None, times(ENDS))
    team.clock.now = MOVER_DUE
    assert publishes(team, made) == set()
    team.clock.now = ENDS
    assert publishes(team, made) == {"grant_suspended"}


def test_nor_does_answering_its_review_keep_a_movers_right(team, made):
    one = item(team, opened(team))
    amend(team, "asker", department="Logistics")
    answer(team, one)
    team.clock.now = MOVER_DUE
    assert publishes(team, made) == {"grant_suspended"}
    team.post(f"/v1/grants/{made['id']}/resume", "hub", WHY)
    team.clock.now = ENDS
    assert publishes(team, made) == set()


def test_a_pause_and_its_end_do_not_answer_a_review(team, made):
    opened(team)
    for verb in ("suspend", "resume"):
        team.post(f"/v1/grants/{made['id']}/{verb}", "hub", WHY)
    assert publishes(team, made) == set()
    team.clock.now = ENDS
    assert publishes(team, made) == {"grant_suspended"}
    assert sweep(team) == 1 and grant(team, made)["state"] == "revoked"


def test_a_paused_right_that_is_kept_stays_paused(team, made):
    team.post(f"/v1/grants/{made['id']}/suspend", "hub", WHY)
    one = item(team, opened(team))
    answer(team, one)
    assert grant(team, made)["state"] == "suspended" and publishes(team, made) == {"grant_suspended"}


def test_two_reviews_of_one_right_both_want_an_answer(team, made):
    sooner = opened(team, title="Sooner", ends_at=times(ENDS - timedelta(days=2)))
    later = opened(team, title="Later")
    assert grant(team, made)["review_ends_at"] == times(ENDS - timedelta(days=2))
    answer(team, item(team, sooner))
    assert grant(team, made)["review_ends_at"] == times(ENDS)
    team.clock.now = ENDS - timedelta(days=2)
    assert publishes(team, made) == set()
    team.clock.now = ENDS
    assert publishes(team, made) == {"grant_suspended"}
    sweep(team)
    assert grant(team, made)["end_reason"] == "nobody kept it in review Later"
    assert progress(team, sooner) == {"items": 1, "kept": 1} and progress(team, later) == {"items": 1, "lapsed": 1}


def test_keeping_it_in_the_later_does_not_wake_what_the_sooner_silenced(team, made):
    opened(team, title="Sooner", ends_at=times(ENDS - timedelta(days=2)))
    later = opened(team, title="Later")
    team.clock.now = ENDS - timedelta(days=1)
    answer(team, item(team, later), "hub")
    assert publishes(team, made) == {"grant_suspended"}
    team.post(f"/v1/reviews/{later['id']}/close", "boss", WHY)
    assert publishes(team, made) == {"grant_suspended"}
    assert sweep(team) == 1 and publishes(team, made) == {"grant_revoked"}


def test_what_silence_ended_is_in_no_later_review(team, made):
    opened(team)
    team.clock.now = ENDS
    assert opened(team)["progress"]["items"] == 0


def test_no_machine_grants_what_is_under_review_or_what_silence_ended(team):
    team.switch("boss", "decentralized")
    account = team.account("acme")
    (made,) = team.ask("asker", account)["grants"]
    opened(team)
    team.post(f"/v1/grants/{made['id']}/revoke", "asker", WHY)
    asked = team.ask("asker", account)
    assert (asked["state"], [step["kind"] for step in asked["steps"]]) == ("pending", ["strategist"])
    team.post(f"/v1/rights-requests/{asked['id']}/withdraw", "asker")
    team.clock.now = ENDS  # what was given up before is nobody's silence
    assert team.ask("asker", account)["state"] == "granted"


def test_nor_what_silence_ended_before_it_was_written_down(team):
    team.switch("boss", "decentralized")
    account = team.account("acme")
    until = times(ENDS + timedelta(hours=1))
    team.ask("asker", account, until=until)
    opened(team)
    team.clock.now = ENDS + timedelta(hours=2)
    assert sweep(team) == 0  # it had run out
    assert team.ask("asker", account)["state"] == "pending"


def test_what_nobody_may_answer_ends_by_silence_too(team):
    made = held(team, who="boss")
    team.fire("boss2")
    team.fire("hub")
    team.fire("liaison")
    one = item(team, opened(team))
    assert one["state"] == "blocked_no_reviewer"
    assert progress(team, {"id": one["review_id"]}) == {"items": 1, "blocked_no_reviewer": 1}
    team.clock.now = ENDS
    assert team.codes("boss", "boss", "publish", made["account_id"]) == {"grant_suspended"}
    assert sweep(team) == 1 and grant(team, made)["state"] == "revoked"


def test_appointments_end_accounts_are_told_of_and_the_last_strategist_stays(team):
    account = team.account("acme")
    review = opened(team, kinds=["appointments", "accounts"])
    held_before = len(team.get("/v1/appointments", "boss", params={"ended": False, "limit": 200})["items"])
    team.clock.now = DUE
    assert progress(team, review)["escalated"] == held_before + 1
    team.clock.now = ENDS
    assert sweep(team) == held_before + 1
    left = team.get("/v1/appointments", "asker", params={"ended": False})["items"]
    assert [one["role"] for one in left] == ["strategist"]
    assert team.get(f"/v1/accounts/{account}", "asker")["state"] == "active"
    lapsed = team.events(action="review_item.lapsed")
    assert len(lapsed) == held_before + 1
    assert [one["reason"] for one in lapsed if "someone must be left" in one["reason"]] != []
    assert done(team).count("appointment.ended") == held_before - 1
    assert sweep(team) == 0


def test_a_right_that_runs_out_before_the_end_is_moot(team):
    made = held(team)
    review = opened(team)
    with team.work() as work:
        from app.governance.grants import tables
        from app.kernel.database import change

        row = work.session.get_one(tables.Grant, UUID(made["id"]))
        change(work.session, row, work.now, {"valid_until": ENDS - timedelta(days=1)})
    team.clock.now = ENDS
    assert progress(team, review) == {"items": 1, "moot": 1}
    assert sweep(team) == 0 and grant(team, made)["state"] == "expired"


def test_of_two_reviews_that_end_in_silence_one_ends_the_right_and_the_other_finds_it_ended(team, made):
    first, second = opened(team, title="First"), opened(team, title="Second")
    team.clock.now = ENDS
    assert (sweep(team), sweep(team)) == (1, 0)
    assert done(team).count("grant.revoked") == 1 == done(team).count("review_item.lapsed")
    assert [progress(team, one) for one in (first, second)] == [{"items": 1, "lapsed": 1}, {"items": 1, "moot": 1}]


def test_closing_a_later_review_does_not_change_what_an_earlier_one_had_silenced(team, made):
    sooner = ENDS - timedelta(days=2)
    opened(team, title="Sooner", ends_at=times(sooner))
    later = opened(team, title="Later")
    team.clock.now = ENDS - timedelta(days=1)
    assert sweep(team) == 1
    team.clock.turn(hours=1)
    team.post(f"/v1/reviews/{later['id']}/close", "boss", WHY)
    assert [as_of(team, made, at) for at in (sooner - MOMENT, sooner)] == ["active", "suspended"]
