"""Who is told what: whom a change concerns, once, and in the transaction that makes it."""

import pytest
import sqlalchemy as sa

from app.audit import store as audit_store
from app.directory import store as directory
from app.lifecycle import service as lifecycle

WHY = {"reason": "A test."}


def test_each_step_is_told_to_whom_may_decide_it_and_the_end_to_whoever_asked(team, office, account):
    asked = team.ask("asker", account)
    assert office.told() == [("liaison", "step_open")]
    team.decide("liaison", asked)
    assert office.told() == [("hub", "step_open"), ("liaison", "step_open")]
    team.decide("hub", asked)
    assert office.told() == [("asker", "request_granted"), ("hub", "step_open"), ("liaison", "step_open")]


def test_whom_a_right_is_for_is_told_as_well_and_nobody_of_what_they_did_themselves(team, office, account):
    team.appoint("colleague", "bu_liaison", "sales")
    asked = team.ask("liaison", account, beneficiary_id=str(team.ids["asker"]))
    assert office.told() == [("colleague", "step_open")]
    team.decide("colleague", asked)
    team.decide("hub", asked, "deny")
    assert office.told("request_denied") == [("asker", "request_denied"), ("liaison", "request_denied")]


def test_a_step_that_needs_two_is_told_once(team, office, account):
    team.post("/v1/policies", "boss", {"key": "two", "title": "Two", "scope": {"kind": "enterprise"}}, 201)
    rules = {"min_approvals": {"standard": 2}}
    team.post("/v1/policies/two/versions", "content", {"text": "Two.", "rules": rules}, 201)
    team.post("/v1/policies/two/versions/1/publish", "boss", {})
    for who in ("colleague", "content"):
        team.appoint(who, "community_manager")
    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    first = office.told("step_open")
    assert first == [(who, "step_open") for who in ("colleague", "content", "hub", "liaison")]
    team.decide("hub", asked)
    assert office.told("step_open") == first


def test_changes_wanted_are_told_and_the_edit_brings_it_back_to_whom_may_decide(team, office, account):
    asked = team.ask("asker", account)
    team.decide("liaison", asked, "request_changes")
    assert office.told("request_changes_requested") == [("asker", "request_changes_requested")]
    team.clock.turn(hours=1)
    body = {"justification": "Better."}
    team.want(200, "PATCH", f"/v1/rights-requests/{asked['id']}", "asker", body)
    assert office.told("step_open") == [("liaison", "step_open")] * 2


def test_a_registration_is_told_like_a_request(team, office):
    body = {"network": "x", "handle": "acme_new", "business_unit_id": "sales"}
    made = team.post("/v1/accounts", "liaison", body, 201)
    assert office.told() == [("hub", "step_open")]
    (told,) = team.get("/v1/me/notices", "hub")["items"]
    assert told["title"] == "Waits for your decision: the registration of x:acme_new"
    assert told["link"].endswith(f"/v1/accounts/{made['id']}")
    team.post(f"/v1/accounts/{made['id']}/decisions", "hub", {"decision": "approve", "comment": "Yes."})
    assert office.told("request_granted") == [("liaison", "request_granted")]


def test_a_holder_is_told_what_becomes_of_their_right_unless_they_did_it(team, office, grant):
    path = f"/v1/grants/{grant['id']}"
    for verb in ("suspend", "resume"):
        team.post(f"{path}/{verb}", "hub", WHY)
    assert office.told() == [("asker", "grant_resumed"), ("asker", "grant_suspended")]
    team.post(f"{path}/revoke", "asker", WHY)
    assert office.told("grant_revoked") == []


def test_what_somebody_else_revokes_is_told(team, office, grant):
    team.post(f"/v1/grants/{grant['id']}/revoke", "hub", {"reason": "A secret reason."})
    (told,) = team.get("/v1/me/notices", "asker")["items"]
    assert (told["kind"], told["title"]) == ("grant_revoked", "Revoked: publish on x:acme_sales")
    assert told["subject"] == {"kind": "grant", "id": grant["id"]} and told["link"].endswith(
        f"/v1/grants/{grant['id']}"
    )
    assert "secret" not in str(told)


def test_a_mover_is_told_that_their_rights_are_to_be_reviewed(team, office, grant):
    with team.work() as work:
        person = directory.employee(work.session, team.ids["asker"])
        lifecycle.amend(work, person, {"business_unit_id": directory.unit(work.session, "logistics").id})
    assert office.told() == [("asker", "grant_review_due")]


def test_what_is_rolled_back_was_never_told(team, office, account, monkeypatch):
    bearer = team.token("asker")
    broken = sa.exc.OperationalError("INSERT", {}, Exception())
    monkeypatch.setattr(audit_store, "append", lambda *_: (_ for _ in ()).throw(broken))
    body = {"account_id": account, "rights": ["publish"], "justification": "x"}
    assert team.call("POST", "/v1/rights-requests", body=body, bearer=bearer).status_code == 503
    monkeypatch.undo()
    assert office.rows() == []
    team.want(201, "POST", "/v1/rights-requests", body=body, bearer=bearer)
    assert office.told() == [("liaison", "step_open")]


def test_who_has_left_is_told_nothing(team, office, grant):
    team.fire("asker")
    assert office.rows() == []


def test_a_unit_that_decides_alone_is_told_to_the_hub_once_for_all_rights(team, office, account):
    team.switch("boss", "dandelion")
    team.appoint("colleague", "bu_liaison", "sales")
    asked = team.ask("asker", account, ["publish", "engage"])
    office.forget()
    team.decide("liaison", asked)
    hub = [(who, "granted_by_unit") for who in ("boss", "boss2", "hub")]
    assert office.told() == [("asker", "request_granted"), *hub]
    (told,) = [one for one in team.get("/v1/me/notices", "hub")["items"] if one["kind"] == "granted_by_unit"]
    assert (
        told["title"] == "Granted by a unit alone: publish, engage on x:acme_sales" and "5 working days" in told["text"]
    )


def test_a_unit_short_of_liaisons_goes_to_the_hub_which_is_not_told_twice(team, office, account):
    team.switch("boss", "dandelion")
    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    team.decide("hub", asked)
    assert office.told("granted_by_unit") == []


def test_an_overdue_step_is_told_once_to_whom_may_decide_and_to_the_next_level(team, office, account):
    team.ask("asker", account)
    team.clock.turn(days=2, seconds=-1)
    assert office.sweep()["steps_overdue"] == 0
    team.clock.turn(seconds=1)
    assert office.sweep()["steps_overdue"] == 1
    assert office.told("step_overdue") == [("hub", "step_overdue"), ("liaison", "step_overdue")]
    team.clock.turn(days=1)
    assert office.sweep()["steps_overdue"] == 0


def test_who_comes_to_be_able_to_decide_is_told_of_what_waits(team, office, account):
    team.ask("asker", account)
    assert office.sweep()["steps_open"] == 0
    team.appoint("colleague", "bu_liaison", "sales")
    team.clock.turn(hours=1)
    assert office.sweep()["steps_open"] == 1 and office.sweep()["steps_open"] == 0
    assert office.told() == [("colleague", "step_open"), ("liaison", "step_open")]
    team.fire("liaison")
    team.fire("colleague")
    assert office.sweep()["steps_open"] == 1  # it has gone up
    assert office.told()[1] == ("hub", "step_open")


def test_the_next_level_is_not_told_twice_of_what_is_overdue(team, office, account):
    team.ask("asker", account)
    team.clock.turn(days=2)
    swept = office.sweep()
    assert (swept["steps_overdue"], swept["steps_open"]) == (1, 0)
    assert office.told("step_open") == [("liaison", "step_open")]


def test_a_right_that_ends_in_fourteen_days_is_told_once(team, office, grant):
    team.clock.turn(days=180 - 14, seconds=-1)
    assert office.sweep()["grants_ending"] == 0
    team.clock.turn(seconds=1)
    assert office.sweep()["grants_ending"] == 1
    assert office.told() == [("asker", "grant_ending")]
    team.clock.turn(days=1)
    assert office.sweep()["grants_ending"] == 0


def test_a_request_that_nobody_can_decide_raises_one_alarm_for_each_time(team, office, account):
    asked = team.ask("boss", account, ["analyze"])
    for who in ("liaison", "hub", "boss2"):
        team.fire(who)
    office.forget()
    assert office.sweep()["requests_blocked"] == 1 and office.sweep()["requests_blocked"] == 0
    assert office.told() == [("boss", "request_blocked")]
    (event,) = team.events(action="rights_request.blocked")
    assert event["subject"]["id"] == asked["id"] and event["actor"]["kind"] == "system"
    again = team.appoint("stranger", "strategist")
    assert office.sweep()["requests_blocked"] == 1  # noted that it is not any more
    assert len(team.events(action="rights_request.blocked")) == 1
    with team.work() as work:
        from app.roles import service as roles

        roles.end(work, again)
    assert office.sweep()["requests_blocked"] == 1
    assert len(team.events(action="rights_request.blocked")) == 2


def test_without_a_strategist_admins_are_told_what_is_blocked(team, office, account):
    team.ask("asker", account)
    for who in ("liaison", "hub", "boss", "boss2"):
        team.fire(who)
    office.forget()
    office.sweep()
    assert office.told() == [("admin", "request_blocked")]


def test_an_account_without_custodian_is_told_to_the_successor_or_to_the_liaisons(team, office):
    team.hire("chief", "Logistics")
    for handle, steward in (("one", "asker"), ("two", "colleague")):
        team.account(handle, steward_id=team.ids[steward])
    with team.work() as work:
        lifecycle.amend(work, directory.employee(work.session, team.ids["asker"]), {"manager_id": team.ids["chief"]})
    team.fire("asker")
    assert office.told() == [("chief", "account_orphaned")]
    team.fire("colleague")
    assert office.told() == [("chief", "account_orphaned"), ("liaison", "account_orphaned")]


def test_an_unusual_rate_of_terminations_is_told_to_strategists_and_admins(team, office):
    for n in range(25):
        team.hire(f"c-{n}")
    with team.work() as work:
        for n in range(25):
            lifecycle.leave(work, directory.employee(work.session, team.ids[f"c-{n}"]), "terminated")
    assert office.told() == [(who, "unusual_terminations") for who in ("admin", "boss", "boss2")]
    (told,) = team.get("/v1/me/notices", "boss")["items"]
    assert told["text"].startswith("25 of 37 people have left within a day, and their rights have ended.")
    assert told["subject"] == {"kind": "directory", "id": None}


def test_a_policy_is_told_to_who_wants_to_know(team, office):
    choice = {"email": "immediately", "kinds": {"policy_published": True}}
    team.want(200, "PUT", "/v1/me/notification-settings", "asker", choice)
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    team.post("/v1/policies/care/versions", "content", {"text": "Care."}, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss", {})
    assert office.told() == [("asker", "policy_published")]
    (told,) = team.get("/v1/me/notices", "asker")["items"]
    assert told["title"] == "Published: care, version 1"
    assert told["link"] == "http://127.0.0.1:8000/v1/policies/care/versions/1"


def test_one_reads_ones_own_the_newest_first_page_by_page(team, account):
    for right in ("publish", "engage", "analyze"):
        team.ask("asker", account, [right])
    first = team.get("/v1/me/notices?limit=2", "liaison")
    titles = [one["title"].partition(": ")[2] for one in first["items"]]
    assert titles == ["analyze on x:acme_sales", "engage on x:acme_sales"]
    rest = team.get(f"/v1/me/notices?limit=2&cursor={first['next_cursor']}", "liaison")
    assert [one["title"].partition(": ")[2] for one in rest["items"]] == ["publish on x:acme_sales"]
    assert rest["next_cursor"] is None and team.get("/v1/me/notices", "asker")["items"] == []


def test_people_are_named_by_their_display_name_as_it_is_now(team, account):
    team.ask("asker", account)
    with team.work() as work:
        lifecycle.amend(work, directory.employee(work.session, team.ids["asker"]), {"display_name": "Dr Ask"})
    (told,) = team.get("/v1/me/notices", "liaison")["items"]
    assert told["text"].startswith(
        "Dr Ask asks for publish on x:acme_sales. You are among those who may decide, by 4 March 2026, 09:00 (UTC)"
    )
    assert "asker@" not in str(told)


def test_no_name_or_address_is_kept_in_a_notice(team, office, account):
    team.ask("asker", account, justification="Because of Mr Secret.")
    (row,) = office.rows()
    for word in ("Asker", "asker@world.example", "Secret"):
        assert word not in str(row["data"])


SETTINGS = "/v1/me/notification-settings"


def test_whoever_never_chose_gets_all_but_what_must_be_wanted_at_once(team):
    answer = team.get(SETTINGS, "asker")
    assert answer["email"] == "immediately" and answer["updated_at"] is None
    assert [kind for kind, on in answer["kinds"].items() if not on] == ["policy_published"]


def test_a_choice_is_kept_recorded_once_and_guarded_by_its_version(team):
    choice = {"email": "daily", "kinds": {"grant_resumed": False}}
    answer = team.call("PUT", SETTINGS, "asker", choice, headers={"If-Match": '"0"'})
    assert answer.status_code == 200 and answer.headers["etag"] == '"1"'
    assert answer.json()["email"] == "daily" and answer.json()["kinds"]["grant_resumed"] is False
    same = team.call("PUT", SETTINGS, "asker", choice)
    assert same.status_code == 200 and "coe-revision" not in same.headers
    stale = team.call("PUT", SETTINGS, "asker", {"email": "off"}, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    team.want(200, "PUT", SETTINGS, "asker", {"email": "off"})
    assert team.get(SETTINGS, "asker")["kinds"]["grant_resumed"] is True
    late, early = team.events(action="notification_settings.changed")
    assert early["before"] == {"email": "immediately", "kinds": {}}
    assert early["after"] == {"email": "daily", "kinds": {"grant_resumed": False}} == late["before"]
    assert early["subject"] == {"kind": "notification_settings", "id": str(team.ids["asker"])}
    assert team.get(SETTINGS, "colleague")["email"] == "immediately"


@pytest.mark.parametrize(
    "body", [{}, {"email": "weekly"}, {"email": "off", "kinds": {"nonsense": True}}, {"email": "off", "more": 1}]
)
def test_a_choice_that_means_nothing_is_refused(team, body):
    team.want(422, "PUT", SETTINGS, "asker", body)


def test_notices_are_kept_for_half_a_year(team, office, grant):
    team.post(f"/v1/grants/{grant['id']}/suspend", "hub", WHY)
    assert office.send() == 1
    team.clock.turn(days=180, seconds=-1)
    assert office.sweep()["notices_forgotten"] == 0
    team.clock.turn(seconds=1)
    assert office.sweep()["notices_forgotten"] == 1
    assert [one for one in office.rows() if one["kind"] == "grant_suspended"] == []


def test_whoever_holds_rights_is_told_what_to_accept_and_once_more_before_it_is_late(team, office, grant):
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    body = {"text": "Care.", "rules": {"attestation_required": True}, "attestation_grace_days": 10}
    team.post("/v1/policies/care/versions", "content", body, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss", {})
    for _ in range(2):
        office.sweep()
    assert office.told("attestation_due") == [("asker", "attestation_due")]  # and nobody who holds nothing
    team.clock.turn(days=7, seconds=-1)
    office.sweep()
    assert office.told("attestation_late") == []
    team.clock.turn(seconds=1)
    for _ in range(2):
        office.sweep()
    assert office.told("attestation_late") == [("asker", "attestation_late")]
    told = team.get("/v1/me/notices", "asker", params={"sort": "-id"})["items"][0]
    assert "Not accepted yet: the policy care, version 1" in told["title"]
    assert told["link"].endswith("/v1/policies/care/versions/1")


def test_who_has_accepted_is_not_reminded(team, office, grant):
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": {"attestation_required": True}}, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss", {})
    team.post("/v1/policies/care/versions/1/attestations", "asker", {}, 201)
    office.sweep()
    assert office.told("attestation_due") == []


def test_a_post_to_be_cleared_is_told_to_whom_may_clear_it_and_the_word_on_it_to_whoever_submitted_it(
    team, office, account, grant
):
    made = team.post("/v1/clearances", "asker", {"account_id": account, "content_sha256": "a" * 64}, 201)
    assert office.told("clearance_open") == [("content", "clearance_open")]
    team.post(f"/v1/clearances/{made['id']}/decisions", "content", {"decision": "deny", "comment": "No."})
    assert office.told("clearance_denied") == [("asker", "clearance_denied")]
    told = team.get("/v1/me/notices", "content")["items"]
    assert "wants a post on x:acme_sales cleared" in told[-1]["text"]


def test_a_review_is_told_to_whom_it_may_wait_for(team, office, grant):
    body = {"title": "Autumn", "kinds": ["grants"], "filter": {"business_unit_id": "sales"}}
    made = team.post("/v1/reviews", "boss", body, 201)
    assert office.told("review_open") == [("boss2", "review_open"), ("hub", "review_open"), ("liaison", "review_open")]
    (told,) = [one for one in team.get("/v1/me/notices", "liaison")["items"] if one["kind"] == "review_open"]
    assert told["title"] == "To be reviewed: Autumn" and told["link"].endswith(f"/v1/reviews/{made['id']}")


def test_what_a_retirement_leaves_to_the_hub_is_told_once_when_the_time_to_answer_is_over(team, office, account):
    theirs = {"steward_id": team.ids["asker"], "backup_steward_id": team.ids["colleague"]}
    team.account("acme_two", **theirs), team.account("acme_three", **theirs)
    made = team.post("/v1/retirements", "hub", {"title": "Spring", "flags": ["unvalidated"]}, 201)
    one, *_ = team.get(f"/v1/retirements/{made['id']}/items", "asker", params={"waits_for": "me"})["items"]
    keep = {"answer": "keep", "reason": "We need it."}
    team.post(f"/v1/retirements/{made['id']}/items/{one['id']}/answer", "asker", keep)
    team.clock.turn(days=14, seconds=-1)
    assert office.sweep()["retirements_due"] == 0
    team.clock.turn(seconds=1)
    assert office.sweep()["retirements_due"] == 1
    assert office.told("retirement_due") == [(who, "retirement_due") for who in ("boss", "boss2", "hub")]
    (told,) = [one for one in team.get("/v1/me/notices", "hub")["items"] if one["kind"] == "retirement_due"]
    assert (
        told["title"] == "Left to the hub: Spring" and "2 of the accounts that Spring asks about wait" in told["text"]
    )
    assert told["link"].endswith(f"/v1/retirements/{made['id']}/items?waits_for=me")
    team.clock.turn(days=1)
    assert office.sweep()["retirements_due"] == 0


@pytest.mark.parametrize("cause", ["all is answered", "it has ended", "it was over a week ago"])
def test_a_retirement_that_leaves_nothing_to_the_hub_is_told_to_nobody(team, office, cause):
    team.account("acme_two", steward_id=team.ids["asker"])
    made = team.post("/v1/retirements", "hub", {"title": "Spring", "flags": ["unvalidated"]}, 201)
    if cause == "all is answered":
        (one,) = team.get(f"/v1/retirements/{made['id']}/items", "asker")["items"]
        keep = {"answer": "keep", "reason": "We need it."}
        team.post(f"/v1/retirements/{made['id']}/items/{one['id']}/answer", "asker", keep)
    elif cause == "it has ended":
        team.post(f"/v1/retirements/{made['id']}/end", "hub", {"reason": "We have looked."})
    team.clock.turn(days=21 if cause == "it was over a week ago" else 14)
    assert office.sweep()["retirements_due"] == 0 and office.told("retirement_due") == []
