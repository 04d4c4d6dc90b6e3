"""A mover's rights on the accounts of the unit left: somebody keeps them, or they pause when the grace is over."""

from datetime import timedelta

import pytest

from tests.kit import START
from tests.lifecycle.kit import actions, amend, as_of, grant, granted, settle

MOMENT = timedelta(microseconds=1)
DUE = START + timedelta(days=14)
WHY = {"reason": "They go on answering until May."}


@pytest.fixture
def account(team):
    return team.account("acme")


@pytest.fixture
def moved(team, account):
    """A grant of somebody who has just moved."""
    made = granted(team, account)
    amend(team, "asker", department="Logistics")
    return made


def keep(team, made, who="liaison", status=200):
    return team.post(f"/v1/grants/{made['id']}/resume", who, WHY, status)


def listed(team, **params):
    return {one["id"]: one for one in team.get("/v1/grants", "boss", params=params)["items"]}


def publishes(team, account):
    return team.codes("boss", "asker", "publish", account)


def test_rights_on_the_left_unit_s_accounts_are_due_for_review_and_work_until_then(team, account, moved):
    (told,) = team.events(action="grant.review_due")
    assert told["after"]["review_due_at"] == "2026-03-16T09:00:00.000000Z"
    assert told["reason"] == "the holder has moved to another unit"
    assert actions(team)[-2:] == ["employee.moved", "grant.review_due"]
    for seen in (grant(team, moved), listed(team)[moved["id"]], team.get("/v1/me", "asker")["grants"][0]):
        assert (seen["state"], seen["review_due_at"]) == ("active", "2026-03-16T09:00:00Z")
    team.clock.now = DUE - MOMENT
    assert publishes(team, account) == set()


def test_they_pause_when_the_grace_is_over_though_nobody_writes_that_down(team, account, moved):
    before = team.intact()
    team.clock.now = DUE
    assert publishes(team, account) == {"grant_suspended"}
    message = team.evaluate("boss", "asker", "publish", account)["context"]["reasons"][0]["message"]
    assert "suspended since 2026-03-16T09:00:00Z" in message
    assert grant(team, moved)["state"] == "suspended" and moved["id"] in listed(team, state="suspended")
    assert moved["id"] not in listed(team, state="active")
    assert team.get("/v1/me", "asker")["grants"][0]["state"] == "suspended"
    assert settle(team) == 0
    assert set(actions(team, before)) <= {"token.issued"}


def test_lists_by_state_follow_the_instant_too(team, moved):
    team.clock.now = DUE - MOMENT
    assert moved["id"] in listed(team, state="active") and moved["id"] not in listed(team, state="suspended")


@pytest.mark.parametrize(("days", "risk"), [(3, "standard"), (30, "standard")])
def test_policy_says_how_long_the_grace_is(team, account, days, risk):
    made = granted(team, account)
    body = {"key": "movers", "title": "Movers", "scope": {"kind": "business_unit", "id": "sales"}}
    team.post("/v1/policies", "content", body, 201)
    team.post("/v1/policies/movers/versions", "content", {"text": "A while.", "rules": {"mover_grace_days": days}}, 201)
    team.post("/v1/policies/movers/versions/1/publish", "boss", {})
    team.clock.turn(seconds=1)
    moved_at = team.clock.now
    amend(team, "asker", department="Logistics")
    team.clock.now = moved_at + timedelta(days=days) - MOMENT
    assert publishes(team, account) == set()
    team.clock.now += MOMENT
    assert publishes(team, account) == {"grant_suspended"} and grant(team, made)["state"] == "suspended"


def test_kept_before_the_grace_is_over_a_right_never_pauses(team, account, moved):
    team.clock.now = DUE - MOMENT
    kept = keep(team, moved)
    assert (kept["state"], kept["review_due_at"]) == ("active", None)
    assert team.events(action="grant.resumed")[0]["reason"] == WHY["reason"]
    team.clock.now = DUE + timedelta(days=30)
    assert publishes(team, account) == set()
    for at in (DUE - timedelta(days=1), DUE, DUE + timedelta(days=1)):
        assert as_of(team, moved, at) == "active"
    assert keep(team, moved, status=409)["code"] == "grant_not_suspended"


def test_kept_after_the_grace_a_right_works_again_and_the_pause_stays_history(team, account, moved):
    kept_at = DUE + timedelta(days=3)
    team.clock.now = kept_at
    assert publishes(team, account) == {"grant_suspended"}
    keep(team, moved)
    assert publishes(team, account) == set()
    team.clock.turn(days=1)
    told = {at: as_of(team, moved, at) for at in (DUE - MOMENT, DUE, kept_at - MOMENT, kept_at)}
    assert list(told.values()) == ["active", "suspended", "suspended", "active"]


def test_a_hand_s_suspension_takes_the_review_s_place(team, account, moved):
    paused_at = START + timedelta(days=5)
    team.clock.now = paused_at
    paused = team.post(f"/v1/grants/{moved['id']}/suspend", "hub", {"reason": "Not now."})
    assert (paused["state"], paused["review_due_at"]) == ("suspended", None)
    assert paused["suspended_by"] == str(team.ids["hub"])
    team.clock.now = DUE + timedelta(days=1)
    assert grant(team, moved)["suspended_since"] == "2026-03-07T09:00:00Z"
    assert keep(team, moved)["state"] == "active"
    assert publishes(team, account) == set()
    assert as_of(team, moved, paused_at - MOMENT) == "active" and as_of(team, moved, paused_at) == "suspended"


def test_what_pauses_by_itself_is_not_suspended_a_second_time(team, account, moved):
    team.clock.now = DUE
    again = team.post(f"/v1/grants/{moved['id']}/suspend", "hub", {"reason": "Not now."}, 409)
    assert again["code"] == "grant_suspended"


def test_rights_elsewhere_are_not_touched(team, account):
    team.appoint("stranger", "bu_liaison", "logistics")
    elsewhere = team.account("cargo", "logistics")
    asked = team.ask("asker", elsewhere)
    for who in ("otherliaison", "liaison", "hub"):
        asked = team.decide(who, asked)
    kept, ours = asked["grants"][0], granted(team, account)
    theirs = granted(team, account, "colleague")
    amend(team, "asker", department="Communications")
    team.clock.now = DUE
    assert [grant(team, one)["state"] for one in (kept, ours, theirs)] == ["active", "suspended", "active"]


def test_what_is_suspended_or_over_already_is_not_reviewed(team, account):
    suspended, revoked = granted(team, account), granted(team, account, right="engage")
    team.post(f"/v1/grants/{suspended['id']}/suspend", "hub", {"reason": "Away."})
    team.post(f"/v1/grants/{revoked['id']}/revoke", "hub", {"reason": "Enough."})
    amend(team, "asker", department="Logistics")
    assert team.events(action="grant.review_due") == []
    assert grant(team, suspended)["review_due_at"] is None


def test_a_leaver_s_reviewed_rights_end_as_revoked_paused_or_not(team, account, moved):
    other = team.account("acme_two")
    again = team.ask("asker", other)
    for who in ("liaison", "otherliaison", "hub"):
        again = team.decide(who, again)
    team.clock.now = DUE + timedelta(days=1)
    team.fire("asker")
    for made in (moved, again["grants"][0]):
        found = grant(team, made)
        assert (found["state"], found["end_reason"]) == ("revoked", "the holder has left")
    assert as_of(team, moved, DUE - MOMENT) == "active" and as_of(team, moved, DUE) == "suspended"
    assert publishes(team, account) == {"subject_inactive", "grant_revoked"}


def test_a_leaver_within_the_grace_is_not_remembered_as_paused(team, account, moved):
    team.clock.now = left_at = START + timedelta(days=3)
    team.fire("asker")
    team.clock.now = DUE + timedelta(days=3)
    assert as_of(team, moved, left_at - MOMENT) == "active" and as_of(team, moved, DUE) is None


def test_one_whose_time_runs_out_in_the_pause_has_expired(team, account, moved):
    team.clock.turn(days=181)
    assert grant(team, moved)["state"] == "expired" and publishes(team, account) == {"grant_expired"}
    assert moved["id"] not in listed(team, state="suspended")


def test_nobody_keeps_their_own_and_only_who_has_authority_keeps_another_s(team, account, moved):
    team.appoint("asker", "bu_liaison", "sales")
    for who in ("colleague", "otherliaison", "auditor"):
        keep(team, moved, who, 403)
    assert team.post(f"/v1/grants/{moved['id']}/resume", "asker", WHY, 403)["code"] == "not_the_authority"
    team.clock.now = DUE
    assert publishes(team, account) == {"grant_suspended"}
    assert keep(team, moved, "hub")["state"] == "active"


def test_the_holder_may_give_it_up(team, account, moved):
    assert team.post(f"/v1/grants/{moved['id']}/revoke", "asker", {"reason": "No need."})["state"] == "revoked"


def test_moving_back_takes_nobody_s_word_for_granted(team, account, moved):
    """The review stands: somebody keeps the right, or it pauses. What came with a move does not go with another."""
    amend(team, "asker", department="Sales")
    assert grant(team, moved)["review_due_at"] == "2026-03-16T09:00:00Z"
    assert len(team.events(action="grant.review_due")) == 1
    team.clock.now = DUE
    assert publishes(team, account) == {"grant_suspended"}
    keep(team, moved)
    assert publishes(team, account) == set()


def test_moving_on_reviews_what_was_kept_no_second_time_and_leaving_again_does(team, account, moved):
    keep(team, moved)
    amend(team, "asker", department="Communications")  # from Logistics, whose accounts these are not
    assert len(team.events(action="grant.review_due")) == 1 and grant(team, moved)["review_due_at"] is None
    amend(team, "asker", department="Sales")
    team.clock.turn(days=1)
    amend(team, "asker", department="Logistics")
    assert grant(team, moved)["review_due_at"] == "2026-03-17T09:00:00Z"


def test_renewing_a_right_under_review_is_a_decision_to_keep_it(team, account, moved):
    asked = team.post(f"/v1/grants/{moved['id']}/renew", "asker", {"justification": "Still."}, 201)
    for step in asked["steps"]:
        asked = team.decide(
            {"account_liaison": "liaison", "beneficiary_liaison": "otherliaison"}.get(step["kind"], "hub"), asked
        )
    team.clock.now = DUE
    assert publishes(team, account) == set() and grant(team, moved)["state"] == "superseded"


def test_one_that_pauses_is_neither_renewed_nor_granted_anew(team, account, moved):
    team.clock.now = DUE
    renewing = team.call("POST", f"/v1/grants/{moved['id']}/renew", "asker", {"justification": "Still."})
    assert renewing.status_code == 422
    assert [one["code"] for one in renewing.json()["reasons"]] == ["grant_suspended"]
    assert publishes(team, account) == {"grant_suspended"}


def test_a_unit_s_merge_is_no_move_of_its_people(team, account):
    """People and accounts go along together: nobody has left the accounts' unit."""
    made = granted(team, account)
    into = team.get("/v1/business-units/logistics", "boss")["id"]
    team.post("/v1/business-units/sales/merge", "boss", {"into_id": into, "reason": "One team."})
    assert team.events(action="grant.review_due") == [] and grant(team, made)["state"] == "active"
