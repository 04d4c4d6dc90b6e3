"""Accounts that are retired: their rights end at once, the checklist is worked off, and only then are they archived."""

from threading import Barrier, Thread

import pytest

from app.governance.decommissioning.rules import Step

SAID = ("credentials_rotated", "handle_parked", "evidence_kept")
WHY = {"reason": "Nobody reads it."}


@pytest.fixture
def account(team):
    theirs = {"steward_id": team.ids["asker"], "backup_steward_id": team.ids["colleague"]}
    return team.account("acme", **theirs)


def granted(team, account, who="asker", right="publish"):
    asked = team.ask(who, account, [right])
    team.decide("liaison", asked)
    return team.decide("hub", asked)["grants"][0]["id"]


def checklist(team, account, who="asker"):
    return team.get(f"/v1/accounts/{account}/decommissioning", who)


def states(team, account):
    return {one["step"]: one["state"] for one in checklist(team, account)["steps"]}


def say(team, account, step, who="asker", status=200, reference="vault:social/acme", **more):
    body = {"step": step, "reference": reference, **more}
    return team.post(f"/v1/accounts/{account}/decommissioning", who, body, status)


def begin(team, account, who="hub", status=200):
    return team.post(f"/v1/accounts/{account}/decommission", who, WHY, status)


def archive(team, account, who="hub", status=200):
    return team.post(f"/v1/accounts/{account}/archive", who, WHY, status)


def verify(team):
    return team.client.get("/v1/accounts/verify?url=https://x.com/acme").json()["status"]


def test_the_story_until_the_account_answers_that_it_was_ours(team, account):
    grant = granted(team, account)
    assert team.codes("boss", "asker", "publish", account) == set() and verify(team) == "official"
    begin(team, account)
    assert team.codes("boss", "asker", "publish", account) == {"account_not_active", "grant_revoked"}
    ended = team.get(f"/v1/grants/{grant}", "asker")
    assert (ended["state"], ended["end_reason"]) == ("revoked", "the account is being retired")
    for n, step in enumerate(SAID):
        refused = archive(team, account, status=409)
        assert refused["code"] == "checklist_incomplete"
        assert [one["code"] for one in refused["errors"]] == list(SAID[n:])
        assert refused["steps"][0]["remedy"]["call"] == f"POST /v1/accounts/{account}/decommissioning"
        say(team, account, step)
    assert checklist(team, account)["complete"] is True
    assert archive(team, account)["state"] == "archived" and verify(team) == "was_official"
    assert team.untold() == ()


def test_the_checklist_before_and_while_an_account_is_retired(team, account):
    granted(team, account)
    before = checklist(team, account)
    assert {one["step"]: one["state"] for one in before["steps"]} == dict.fromkeys(map(str, Step), "open")
    assert before["steps"][0]["remedy"] == {
        "message": "Open grants: 1; waiting requests: 0. They end as it begins.",
        "call": f"POST /v1/accounts/{account}/decommission",
    }
    assert not any(one["may_say"] for one in before["steps"])
    begin(team, account)
    shown = checklist(team, account)
    assert [one["state"] for one in shown["steps"]] == ["done", "open", "open", "open"]
    assert [one["may_say"] for one in shown["steps"]] == [False, True, True, True]
    assert not any(one["may_say"] for one in checklist(team, account, "stranger")["steps"])
    said = say(team, account, "handle_parked", note="Kept by us.")["steps"][2]["said"]
    assert said == {
        "reference": "vault:social/acme", "note": "Kept by us.", "said_by": str(team.ids["asker"]),
        "said_at": "2026-03-02T09:00:00Z",
    }  # fmt: skip


def test_what_was_never_open_has_nothing_to_be_done_for_on_the_network(team):
    account = team.account("acme", state="approved", official_from=None)
    begin(team, account)
    assert states(team, account) == {"rights_ended": "done"} | dict.fromkeys(SAID, "not_needed")
    archive(team, account)


@pytest.mark.parametrize("who", ["asker", "colleague", "hub", "boss"])
def test_who_looks_after_an_account_says_what_is_done_and_so_does_the_hub(team, account, who):
    begin(team, account)
    say(team, account, "evidence_kept", who)
    assert states(team, account)["evidence_kept"] == "done"


@pytest.mark.parametrize("who", ["stranger", "liaison", "content", "auditor", "developer"])
def test_nobody_else_does(team, account, who):
    begin(team, account)
    assert say(team, account, "evidence_kept", who, 403)["code"] == "forbidden"
    assert states(team, account)["evidence_kept"] == "open"


def test_that_rights_have_ended_nobody_says(team, account):
    begin(team, account)
    (error,) = say(team, account, "rights_ended", "hub", 422)["errors"]
    assert (error["pointer"], error["code"]) == ("/step", "computed")


@pytest.mark.parametrize("state", ["active", "approved", "archived"])
def test_a_step_is_said_of_what_is_being_retired_only(team, state):
    account = team.account("acme", state=state)
    assert say(team, account, "evidence_kept", "hub", 409)["code"] == "wrong_state"


@pytest.mark.parametrize("reference", ["", "two\nlines", "x" * 201])
def test_a_reference_is_a_line(team, account, reference):
    begin(team, account)
    say(team, account, "evidence_kept", reference=reference, status=422)


def test_a_step_said_anew_stands_so_and_the_log_has_both(team, account):
    begin(team, account)
    say(team, account, "evidence_kept", reference="https://records.example/old", note="In parts.")
    team.clock.turn(hours=1)
    said = say(team, account, "evidence_kept", "hub", reference="https://records.example/new")["steps"][3]["said"]
    assert (said["reference"], said["note"], said["said_by"]) == (
        "https://records.example/new", None, str(team.ids["hub"]),
    )  # fmt: skip
    late, early = team.events(action="account.step_said")
    assert early["before"] is None and early["after"]["reference"] == "https://records.example/old"
    assert late["before"] == early["after"] and late["after"]["note"] is None
    assert team.untold() == ()


def test_what_waits_ends_denied_with_the_account_and_its_requester_is_told(team, account):
    waits, endorsed = team.ask("asker", account), team.ask("colleague", account)
    team.decide("liaison", endorsed)
    lapsed = team.ask("asker", account, ["analyze"])
    team.post(f"/v1/rights-requests/{lapsed['id']}/withdraw", "asker")
    begin(team, account)
    for one, state in ((waits, "denied"), (endorsed, "denied"), (lapsed, "withdrawn")):
        assert team.get(f"/v1/rights-requests/{one['id']}", "boss")["state"] == state
    assert "request_denied" in {one["kind"] for one in team.get("/v1/me/notices", "colleague")["items"]}
    assert team.decide("hub", endorsed, status=409)["code"] == "request_not_pending"
    assert team.untold() == ()


def test_every_right_ends_whatever_state_it_is_in(team, account):
    running, paused = granted(team, account), granted(team, account, right="engage")
    other = granted(team, team.account("acme_other"))
    team.post(f"/v1/grants/{paused}/suspend", "hub", {"reason": "A pause."})
    begin(team, account)
    found = {id_: team.get(f"/v1/grants/{id_}", "boss")["state"] for id_ in (running, paused, other)}
    assert found == {running: "revoked", paused: "revoked", other: "active"}
    told = [one["action"] for one in team.events() if one["action"] in ("grant.revoked", "account.decommissioning")]
    assert told == ["account.decommissioning", "grant.revoked", "grant.revoked"]


def test_a_right_that_had_lapsed_is_told_as_that(team, account):
    asked = team.ask("asker", account, until="2026-03-03T09:00:00Z")
    team.decide("liaison", asked)
    (grant,) = team.decide("hub", asked)["grants"]
    team.clock.turn(days=2)
    begin(team, account)
    assert team.get(f"/v1/grants/{grant['id']}", "boss")["state"] == "expired"
    assert states(team, account)["rights_ended"] == "done"


def test_what_is_refused_changes_nothing(team, account):
    grant = granted(team, account)
    begin(team, account, "asker", 403)
    stopped = team.account("acme_old", state="archived")
    assert begin(team, stopped, status=409)["code"] == "wrong_state"
    assert archive(team, account, status=409)["code"] == "wrong_state"
    assert team.get(f"/v1/grants/{grant}", "asker")["state"] == "active"


def test_a_review_that_ends_an_account_ends_its_rights(team, account):
    grant = granted(team, account)
    body = {"title": "Autumn", "kinds": ["accounts"], "filter": {"business_unit_id": "sales"}}
    review = team.post("/v1/reviews", "boss", body, 201)["id"]
    (item,) = team.get(f"/v1/reviews/{review}/items", "boss")["items"]
    team.post(f"/v1/reviews/{review}/items/{item['id']}/decisions", "liaison", {"decision": "end"})
    assert team.get(f"/v1/grants/{grant}", "asker")["state"] == "revoked"
    assert states(team, account)["rights_ended"] == "done" and states(team, account)["evidence_kept"] == "open"
    assert team.untold() == ()


ROUNDS = 4


def test_an_approval_and_a_retirement_at_once_leave_no_right_open(team):
    """Whichever comes first: what was granted ends, or is not granted any more."""
    bearer = {who: team.token(who) for who in ("hub", "boss")}
    for n in range(ROUNDS):
        account = team.account(f"acme_{n}")
        asked = team.ask("asker", account)
        team.decide("liaison", asked)
        calls = (
            (f"/v1/rights-requests/{asked['id']}/decisions", {"decision": "approve"}, "hub"),
            (f"/v1/accounts/{account}/decommission", WHY, "boss"),
        )
        gate, answers = Barrier(len(calls)), []

        def run(path, body, who, gate=gate, answers=answers):
            gate.wait()
            answers.append(team.call("POST", path, body=body, bearer=bearer[who]).status_code)

        threads = [Thread(target=run, args=one) for one in calls]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert set(answers) <= {200, 409, 503} and answers.count(200) >= 1, answers
        if team.get(f"/v1/accounts/{account}", "boss")["state"] == "decommissioning":
            assert states(team, account)["rights_ended"] == "done"
            assert team.get(f"/v1/rights-requests/{asked['id']}", "boss")["state"] in ("granted", "denied")
    assert team.untold() == ()
