"""A post's exact content, cleared by the centre and used once: who asks, who decides, what a tool is answered."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import store as accounts
from app.clients.service import create_client
from app.governance.clearances import rules, store
from app.governance.clearances.rules import Clearance, ClearanceState
from app.governance.models.rules import ModelKey
from tests.kit import START

CONTENT, OTHER = "a" * 64, "b" * 64
PATH = "/v1/clearances"
DAY = timedelta(days=1)


@pytest.fixture
def account(team):
    return team.account("acme")


@pytest.fixture
def tool(team):
    """A service client that may redeem."""
    with team.work() as work:
        return create_client(work, "Tool", ["decisions"], static=True)


@pytest.fixture
def drafter(team, account):
    """The asker, who may draft and nothing else."""
    asked = team.ask("asker", account, ["draft"])
    team.decide("liaison", asked)
    return team.decide("hub", asked)["grants"][0]


def submit(team, account, who="asker", status=201, content=CONTENT, **more):
    return team.post(PATH, who, {"account_id": account, "content_sha256": content, **more}, status)


def decide(team, one, who="content", decision="approve", status=200, **more):
    return team.post(f"{PATH}/{one['id']}/decisions", who, {"decision": decision, **more}, status)


def redeem(team, one, tool, content=CONTENT, status=200):
    return team.post(f"{PATH}/{one['id']}/redeem", None, {"content_sha256": content}, status, bearer=tool.bearer)


def shown(team, one, who="boss", status=200):
    return team.get(f"{PATH}/{one['id']}", who, status)


def reasons(refused):
    assert refused["code"] == "request_refused"
    for one in refused["reasons"]:
        assert one["message"].endswith(".") and one["remedy"]["message"].endswith("."), one
    return [one["code"] for one in refused["reasons"]]


# --- from the submission to the post ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("drafter")
def test_a_post_is_submitted_cleared_and_used_once(team, account, tool):
    one = submit(team, account, note="The spring catalogue.")
    assert (one["state"], one["employee_id"], one["note"]) == (
        "submitted",
        str(team.ids["asker"]),
        "The spring catalogue.",
    )
    assert one["not_after"] == "2026-03-09T09:00:00Z"
    cleared = decide(team, one, comment="Well said.")
    assert (cleared["state"], cleared["decided_by"], cleared["comment"]) == (
        "cleared", str(team.ids["content"]), "Well said.",
    )  # fmt: skip
    used = redeem(team, one, tool)
    assert (used["state"], used["redeemed_by"], used["redeemed_at"]) == (
        "redeemed",
        tool.client_id,
        "2026-03-02T09:00:00Z",
    )
    assert redeem(team, one, tool, status=409)["code"] == "clearance_used"
    assert redeem(team, one, tool, OTHER, status=409)["code"] == "clearance_used"
    told = team.events(subject_kind="clearance")
    assert [(event["action"], event["actor"]["kind"]) for event in reversed(told)] == [
        ("clearance.submitted", "employee"), ("clearance.cleared", "employee"), ("clearance.redeemed", "client"),
    ]  # fmt: skip


@pytest.mark.usefixtures("drafter")
def test_what_was_changed_after_it_was_cleared_is_refused_and_uses_nothing_up(team, account, tool):
    one = submit(team, account)
    assert redeem(team, one, tool, status=404)["code"] == "not_found"
    decide(team, one)
    assert redeem(team, one, tool, OTHER, status=409)["code"] == "clearance_content_mismatch"
    assert shown(team, one)["state"] == "cleared"
    assert redeem(team, one, tool)["state"] == "redeemed"


@pytest.mark.usefixtures("drafter")
def test_its_time_is_over_at_the_very_instant(team, account, tool):
    one = submit(team, account, not_after="2026-03-02T10:00:00Z")
    decide(team, one)
    team.clock.turn(minutes=59, seconds=59)
    assert shown(team, one)["state"] == "cleared"
    team.clock.turn(seconds=1)
    assert shown(team, one)["state"] == "expired"
    assert redeem(team, one, tool, status=404)["code"] == "not_found"
    assert team.post(f"{PATH}/{one['id']}/withdraw", "asker", {}, 409)["code"] == "clearance_ended"
    waits = submit(team, account, not_after="2026-03-02T11:00:00Z")  # the same content, once the first is over
    team.clock.turn(hours=1)
    assert decide(team, waits, status=409)["code"] == "clearance_not_pending"
    assert team.get(f"{PATH}?state=expired", "boss")["items"] == [shown(team, one), shown(team, waits)]
    assert (
        team.get(f"{PATH}?state=submitted", "boss")["items"] == team.get(f"{PATH}?state=cleared", "boss")["items"] == []
    )


@pytest.mark.usefixtures("drafter")
def test_it_lasts_seven_days_unless_told_and_thirty_at_most(team, account):
    for when, code in (("2026-03-02T09:00:00Z", "in_the_past"), ("2026-04-01T09:00:01Z", "too_late")):
        refused = submit(team, account, status=422, not_after=when)
        assert [(one["pointer"], one["code"]) for one in refused["errors"]] == [("/not_after", code)]
    assert submit(team, account, not_after="2026-04-01T09:00:00Z")["not_after"] == "2026-04-01T09:00:00Z"


@pytest.mark.parametrize("digest", ["A" * 64, "a" * 63, "a" * 65, "g" * 64, f"{'a' * 64}\n", "", None, 7])
@pytest.mark.usefixtures("drafter")
def test_a_digest_has_one_spelling(team, account, digest):
    (error,) = submit(team, account, status=422, content=digest)["errors"]
    assert error["pointer"] == "/content_sha256"


@pytest.mark.usefixtures("drafter")
def test_the_same_content_is_open_once_and_may_be_posted_again_with_another_clearance(team, account, tool):
    one = submit(team, account)
    for _ in range(2):  # while it waits, and while it is cleared
        refused = submit(team, account, "boss", 409)
        assert refused["code"] == "clearance_exists" and one["id"] in refused["detail"]
        decide(team, one, "boss") if shown(team, one)["state"] == "submitted" else None
    assert submit(team, account, content=OTHER)["state"] == "submitted"
    redeem(team, one, tool)
    again = submit(team, account)
    assert again["id"] != one["id"]
    assert redeem(team, again, tool, status=404)["code"] == "not_found"
    decide(team, again, decision="deny", comment="Not a third time.")
    assert decide(team, again, status=409)["code"] == "clearance_not_pending"
    assert redeem(team, again, tool, status=404)["code"] == "not_found"
    assert submit(team, account)["state"] == "submitted"


@pytest.mark.usefixtures("drafter")
def test_taking_it_back_is_the_submitters(team, account, tool):
    one = submit(team, account)
    decide(team, one)
    assert team.post(f"{PATH}/{one['id']}/withdraw", "boss", {}, 403)["code"] == "forbidden"
    assert team.post(f"{PATH}/{one['id']}/withdraw", "asker", {})["state"] == "withdrawn"
    assert team.post(f"{PATH}/{one['id']}/withdraw", "asker", {}, 409)["code"] == "clearance_ended"
    assert redeem(team, one, tool, status=404)["code"] == "not_found"


@pytest.mark.usefixtures("drafter")
def test_what_was_read_before_a_change_decides_nothing(team, account, tool):
    one = submit(team, account)
    stale = team.call("GET", f"{PATH}/{one['id']}", "content").headers["etag"]
    team.post(f"{PATH}/{one['id']}/withdraw", "asker", {})
    for path, who, body in (("decisions", "content", {"decision": "approve"}), ("withdraw", "asker", {})):
        answer = team.call("POST", f"{PATH}/{one['id']}/{path}", who, body, headers={"If-Match": stale})
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    other = submit(team, account, content=OTHER)
    stale = team.call("GET", f"{PATH}/{other['id']}", "content").headers["etag"]
    decide(team, other)
    sent = {"body": {"content_sha256": OTHER}, "bearer": tool.bearer, "headers": {"If-Match": stale}}
    assert team.call("POST", f"{PATH}/{other['id']}/redeem", **sent).status_code == 412


# --- who ---------------------------------------------------------------------------------------------------------------


def test_who_may_not_draft_there_is_told_why(team, account, drafter):
    assert reasons(submit(team, account, "colleague", 422)) == ["no_grant"]
    elsewhere = team.account("acme_logistics", "logistics")
    assert reasons(submit(team, elsewhere, "asker", 422)) == ["no_grant"]
    team.post(f"/v1/grants/{drafter['id']}/suspend", "hub", {"reason": "A pause."})
    assert reasons(submit(team, account, status=422)) == ["grant_suspended"]
    team.post(f"/v1/grants/{drafter['id']}/revoke", "hub", {"reason": "Over."})
    assert reasons(submit(team, account, status=422)) == ["grant_revoked"]
    assert submit(team, account, "content")["state"] == "submitted"  # a member of the CoE needs no right


def test_a_right_to_publish_covers_it_and_one_to_engage_does_not(team, account):
    team.switch("boss", "decentralized")
    team.ask("asker", account, ["publish"])
    team.ask("colleague", account, ["engage"])
    assert submit(team, account)["state"] == "submitted"
    assert reasons(submit(team, account, "colleague", 422, OTHER)) == ["no_grant"]
    team.clock.turn(days=366)
    assert reasons(submit(team, account, status=422)) == ["grant_expired"]


def test_under_the_centralized_model_the_people_of_the_unit_ask_the_centre(team, account):
    team.post("/v1/business-units", "boss", {"key": "field", "name": "Field", "parent_id": team.get(
        "/v1/business-units/sales", "boss")["id"]}, 201)  # fmt: skip
    team.hire("fielder", "Field")
    in_field = team.account("acme_field", "field")
    team.switch("boss", "centralized")
    assert submit(team, account, "colleague")["state"] == "submitted"
    assert submit(team, account, "fielder", content=OTHER)["state"] == "submitted"
    assert reasons(submit(team, account, "stranger", 422, "c" * 64)) == ["no_grant"]
    assert reasons(submit(team, in_field, "colleague", 422)) == ["no_grant"]  # above it, not of it


@pytest.mark.parametrize(
    ("state", "open_"),
    [
        ("active", True), ("suspended", True), ("approved", True), ("proposed", False), ("decommissioning", False),
        ("archived", False), ("denied", False),
    ],
)  # fmt: skip
def test_nothing_is_cleared_for_an_account_that_is_none_of_ours_any_more(team, state, open_):
    account = team.account("acme", state=state)
    found = submit(team, account, "boss", 201 if open_ else 422)
    assert found["state"] == "submitted" if open_ else reasons(found) == ["account_not_active"]


def test_who_leaves_while_submitting_submits_nothing(team, account):
    """A token is good when it is looked at; the person is held, and looked at again, after that."""
    with team.work(write=False) as work:
        place = accounts.account(work.session, UUID(account))
    asked = rules.Submission(False, True, True, place, ModelKey.CENTRALIZED, ())
    assert [one.code for one in rules.judge(asked, START)] == ["subject_inactive"]
    assert rules.judge(replace(asked, employed=True), START) == ()


def test_an_account_that_is_not_there_is_not_found(team):
    submit(team, str(UUID(int=7)), "boss", 404)


@pytest.mark.usefixtures("drafter")
def test_content_strategists_and_strategists_decide_and_never_their_own(team, account):
    one, theirs = submit(team, account), submit(team, account, "content", content=OTHER)
    for who in ("asker", "liaison", "hub", "auditor", "developer"):
        assert decide(team, one, who, status=403)["code"] == "forbidden"
    assert decide(team, theirs, "content", status=403)["code"] == "self_approval"
    assert decide(team, theirs, "boss")["state"] == "cleared"
    assert decide(team, theirs, "content", status=409)["code"] == "clearance_not_pending"  # before all else
    assert decide(team, one, "content", "request_changes", status=422)["code"] == "validation"


@pytest.mark.usefixtures("drafter")
def test_it_is_seen_by_those_concerned_and_by_tools_while_they_can_use_it(team, account, tool):
    one = submit(team, account)
    listed = lambda who=None, **more: [each["id"] for each in team.get(PATH, who, **more)["items"]]  # noqa: E731
    for who in ("asker", "liaison", "hub", "boss", "content", "auditor"):
        assert shown(team, one, who)["id"] == one["id"] and listed(who) == [one["id"]]
    for who in ("colleague", "otherliaison", "stranger", "developer", "admin"):
        assert shown(team, one, who, 404)["code"] == "not_found" and listed(who) == []
        assert team.post(f"{PATH}/{one['id']}/withdraw", who, {}, 404)["code"] == "not_found"
    with team.work() as work:
        other = create_client(work, "Other", ["decisions"], static=True)
    seen = lambda client: (  # noqa: E731
        team.call("GET", f"{PATH}/{one['id']}", bearer=client.bearer).status_code, listed(bearer=client.bearer))  # fmt: skip
    assert seen(tool) == (404, [])
    decide(team, one)
    assert seen(tool) == seen(other) == (200, [one["id"]])
    redeem(team, one, tool)
    assert seen(tool) == (200, [one["id"]]) and seen(other) == (404, [])
    assert listed("boss", params={"account_id": account}) == listed("boss", params={"employee_id": team.ids["asker"]})
    assert listed("boss", params={"employee_id": team.ids["boss"]}) == []


@pytest.mark.usefixtures("drafter")
def test_only_tools_redeem(team, account):
    one = submit(team, account)
    decide(team, one)
    with team.work() as work:
        feed = create_client(work, "HR", ["hr"], static=True)
    redeem(team, one, feed, status=403)
    for who in ("asker", "boss"):
        team.post(f"{PATH}/{one['id']}/redeem", who, {"content_sha256": CONTENT}, 403)
    assert shown(team, one)["state"] == "cleared"


@pytest.mark.usefixtures("drafter")
def test_it_waits_among_the_approvals_of_those_who_may_decide(team, account):
    one = submit(team, account, note="Please.", not_after="2026-03-20T09:00:00Z")
    theirs = submit(team, account, "content", content=OTHER)
    asked = team.ask("colleague", account)
    team.decide("liaison", asked)
    waits = lambda who: [each["id"] for each in team.get("/v1/approvals", who)["items"]]  # noqa: E731
    assert waits("content") == [one["id"]] and waits("boss") == [one["id"], theirs["id"]]
    assert waits("asker") == [] and waits("hub") == [asked["id"]]
    (found,) = team.get("/v1/me", "content")["approvals"]
    assert found | {"updated_at": None} == {
        "id": one["id"], "kind": "clearance", "account_id": account, "requester_id": one["employee_id"],
        "beneficiary_id": one["employee_id"], "rights": [], "justification": "Please.", "step": None, "due_at": None,
        "expires_at": one["not_after"], "seat_of": None, "decide": f"POST {PATH}/{one['id']}/decisions",
        "created_at": one["created_at"], "updated_at": None,
    }  # fmt: skip
    first = team.get("/v1/approvals?limit=1&sort=-id", "boss")
    rest = team.get(f"/v1/approvals?limit=1&sort=-id&cursor={first['next_cursor']}", "boss")
    assert [each["id"] for each in (*first["items"], *rest["items"])] == [theirs["id"], one["id"]]
    team.clock.turn(days=7)
    assert [each["id"] for each in team.get("/v1/me", "boss")["approvals"]] == waits("boss") == [one["id"], asked["id"]]
    team.clock.turn(days=11)
    assert waits("content") == []


# --- while posting is stopped ------------------------------------------------------------------------------------------


def stop(team, account, **more):
    body = {"scope": {"kind": "account", "id": account}, "severity": "L1", "reason": "A recall.", **more}
    return team.post("/v1/freezes", "boss", body, 201)


@pytest.mark.usefixtures("drafter")
def test_nothing_is_used_while_posting_is_frozen_but_by_who_is_exempt(team, account, tool):
    one, theirs = submit(team, account), submit(team, account, "boss", content=OTHER)
    decide(team, one)
    decide(team, theirs)
    frozen = stop(team, account, until="2026-03-02T10:00:00Z", exempt_employee_ids=[str(team.ids["boss"])])
    refused = redeem(team, one, tool, status=422)
    assert reasons(refused) == ["frozen"] and "A recall." in refused["detail"]
    assert {**refused["reasons"][0]["remedy"], "message": ""} == {
        "message": "", "call": f"POST /v1/freezes/{frozen['id']}/lift", "until": "2026-03-02T10:00:00Z",
    }  # fmt: skip
    assert redeem(team, theirs, tool, OTHER)["state"] == "redeemed"
    assert shown(team, one)["state"] == "cleared" and len(team.events(action="clearance.redeemed")) == 1
    team.clock.turn(hours=1)
    assert redeem(team, one, tool)["state"] == "redeemed"


@pytest.mark.usefixtures("drafter")
def test_nothing_is_used_while_the_account_is_not_active(team, account, tool):
    one = submit(team, account)
    decide(team, one)
    team.post(f"/v1/accounts/{account}/suspend", "hub", {})
    stop(team, account)
    assert redeem(team, one, tool, OTHER, 409)["code"] == "clearance_content_mismatch"
    refused = redeem(team, one, tool, status=422)
    assert reasons(refused) == ["account_not_active", "frozen"]
    assert refused["reasons"][0]["remedy"]["call"] == f"POST /v1/accounts/{account}/resume"
    assert shown(team, one)["state"] == "cleared"
    team.post(f"/v1/accounts/{account}/decommission", "hub", {})
    assert reasons(redeem(team, one, tool, status=422)) == ["account_not_active", "frozen"]


@pytest.mark.usefixtures("drafter")
def test_what_another_tool_has_used_is_not_there(team, account, tool):
    one = submit(team, account)
    decide(team, one)
    with team.work() as work:
        other = create_client(work, "Other", ["decisions"], static=True)
    redeem(team, one, other)
    assert redeem(team, one, tool, status=404) == {
        **redeem(team, {"id": str(UUID(int=7))}, tool, status=404), "instance": f"{PATH}/{one['id']}/redeem",
        "detail": f"There is no clearance {one['id']}.",
    }  # fmt: skip


# --- leaving -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("drafter")
def test_what_a_leaver_submitted_is_posted_no_more(team, account, tool):
    waits, cleared = submit(team, account), submit(team, account, content=OTHER)
    used, lapsed = (
        submit(team, account, content="c" * 64),
        submit(team, account, content="d" * 64, not_after="2026-03-02T10:00:00Z"),
    )
    for one in (cleared, used):
        decide(team, one)
    redeem(team, used, tool, "c" * 64)
    team.clock.turn(hours=1)
    others = submit(team, account, "boss", content="e" * 64)
    before = team.intact()
    team.fire("asker")
    told = [event for event in team.events(action="clearance.withdrawn") if event["seq"] > before]
    assert {event["subject"]["id"] for event in told} == {waits["id"], cleared["id"]}
    assert {event["reason"]["value"] if isinstance(event["reason"], dict) else event["reason"] for event in told} == {
        "the submitter has left"
    }
    states = [shown(team, one)["state"] for one in (waits, cleared, used, lapsed, others)]
    assert states == ["withdrawn", "withdrawn", "redeemed", "expired", "submitted"]
    assert redeem(team, cleared, tool, OTHER, 404)["code"] == "not_found"


# --- at once -----------------------------------------------------------------------------------------------------------


def together(*calls):
    """Their answers, started at once."""
    answers, gate = [None] * len(calls), Barrier(len(calls))

    def run(n, call):
        gate.wait()
        answers[n] = call()

    threads = [Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.usefixtures("drafter")
def test_of_tools_that_race_exactly_one_posts(team, account, tool):
    for n in range(8):
        content = f"{n:064x}"
        one = submit(team, account, content=content)
        decide(team, one)
        call = lambda path=f"{PATH}/{one['id']}/redeem", body={"content_sha256": content}: team.call(  # noqa: E731
            "POST", path, body=body, bearer=tool.bearer)  # fmt: skip
        answers = together(*[call] * 4)
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 3}, [one.text for one in answers]
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"clearance_used"}
    assert len(team.events(action="clearance.redeemed")) == 8
    team.intact()


@pytest.mark.usefixtures("drafter")
def test_a_post_is_withdrawn_or_used_and_submitted_once_whatever_comes_first(team, account, tool):
    bearer = {who: team.token(who) for who in ("asker", "boss", "content")}
    for n in range(6):
        body = {"account_id": account, "content_sha256": f"{n:064x}"}
        calls = [lambda who=who, body=body: team.call("POST", PATH, body=body, bearer=bearer[who]) for who in bearer]
        made = together(*calls)
        assert Counter(answer.status_code for answer in made) == {201: 1, 409: 2}, [one.text for one in made]
        (one,) = [answer.json() for answer in made if answer.status_code == 201]
        (who,) = [who for who in bearer if str(team.ids[who]) == one["employee_id"]]
        path = f"{PATH}/{one['id']}"
        decide(team, one, "boss2")
        used, back = together(
            lambda path=path, body=body: team.call(
                "POST", f"{path}/redeem", body={"content_sha256": body["content_sha256"]}, bearer=tool.bearer),
            lambda path=path, who=who: team.call("POST", f"{path}/withdraw", body={}, bearer=bearer[who]),
        )  # fmt: skip
        assert (used.status_code == 200) != (back.status_code == 200), (used.text, back.text)
        # Taken back before it was looked at, or before it was held.
        assert used.status_code == 200 or used.json()["code"] in ("not_found", "clearance_not_cleared")
        assert back.status_code == 200 or back.json()["code"] == "clearance_ended"
        assert shown(team, one)["state"] == ("redeemed" if used.status_code == 200 else "withdrawn")
    team.intact()


# --- what evaluation asks ----------------------------------------------------------------------------------------------


def made(state="cleared", content=CONTENT, ends=DAY, n=1):
    return Clearance(
        id=UUID(int=n), account_id=UUID(int=1), employee_id=UUID(int=2), content_sha256=content, not_after=START + ends,
        note=None, state=ClearanceState(state), decided_by=None, decided_at=None, comment=None, redeemed_by=None,
        redeemed_at=None, created_at=START, updated_at=START, version=1,
    )  # fmt: skip


@pytest.mark.parametrize("state", ["submitted", "denied", "withdrawn"])
def test_what_was_taken_back_after_it_was_looked_at_is_not_used(state):
    with pytest.raises(rules.ClearanceNotCleared):
        rules.check_redemption(made(state), CONTENT, START)


@pytest.mark.parametrize(
    ("known", "digest", "code"),
    [
        ([], CONTENT, "clearance_missing"),
        ([], None, "clearance_missing"),
        ([made()], CONTENT, None),
        ([made()], None, "clearance_missing"),
        ([made()], "", "clearance_missing"),
        ([made()], OTHER, "clearance_content_mismatch"),
        ([made()], CONTENT.upper(), "clearance_content_mismatch"),
        ([made("submitted")], CONTENT, "clearance_missing"),
        ([made("submitted")], OTHER, "clearance_missing"),
        ([made("denied")], CONTENT, "clearance_missing"),
        ([made("withdrawn")], CONTENT, "clearance_missing"),
        ([made("redeemed")], CONTENT, "clearance_used"),
        ([made("redeemed")], OTHER, "clearance_missing"),
        ([made("redeemed"), made(n=2)], CONTENT, None),
        ([made("redeemed", ends=-DAY)], CONTENT, "clearance_used"),
        ([made("submitted"), made(content=OTHER, n=2)], CONTENT, "clearance_missing"),
        ([made(ends=timedelta(0))], CONTENT, "clearance_missing"),
        ([made(ends=timedelta(0))], OTHER, "clearance_missing"),
        ([made(ends=timedelta(seconds=1))], CONTENT, None),
    ],
)
def test_what_the_clearances_of_an_account_say_of_a_post(known, digest, code):
    assert rules.check(known, digest, START) == rules.check(reversed(known), digest, START) == code


known_ones = st.lists(
    st.builds(made, st.sampled_from(["submitted", "cleared", "denied", "withdrawn", "redeemed"]),
              st.sampled_from([CONTENT, OTHER]), st.sampled_from([-DAY, DAY])), max_size=5)  # fmt: skip


@given(known_ones, st.sampled_from([CONTENT, OTHER, None]))
def test_a_post_is_cleared_only_by_an_open_clearance_of_its_very_content(known, digest):
    good = any(one.content_sha256 == digest and one.state == "cleared" and one.not_after > START for one in known)
    assert (rules.check(known, digest, START) is None) == good


@pytest.mark.usefixtures("drafter")
def test_the_store_finds_all_that_the_rule_needs(team, account, tool):
    ask = lambda digest, at=START: _asked(team, account, digest, at)  # noqa: E731
    assert ask(CONTENT) == ask(None) == "clearance_missing"
    one = submit(team, account)
    assert ask(CONTENT) == "clearance_missing"
    decide(team, one)
    assert (ask(CONTENT), ask(OTHER), ask(None)) == (None, "clearance_content_mismatch", "clearance_missing")
    assert ask(CONTENT, START + 7 * DAY) == ask(OTHER, START + 7 * DAY) == "clearance_missing"
    redeem(team, one, tool)
    assert (ask(CONTENT), ask(OTHER)) == ("clearance_used", "clearance_missing")
    decide(team, submit(team, account))
    assert (ask(CONTENT), ask(OTHER)) == (None, "clearance_content_mismatch")
    assert _asked(team, team.account("acme_two"), OTHER, START) == "clearance_missing"
    decide(team, submit(team, account, content="c" * 64, not_after="2026-03-20T09:00:00Z"))
    assert ask(OTHER, START + 8 * DAY) == "clearance_content_mismatch"  # one is open beside those that are over


def _asked(team, account, digest, at):
    with team.work(write=False) as work:
        return rules.check(store.of_account(work.session, UUID(account), digest, at), digest, at)
