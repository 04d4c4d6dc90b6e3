"""Calls that meet: what was looked at before somebody else committed decides nothing afterwards."""

from collections import Counter
from threading import Thread

import pytest

from app.audit import service as audit
from app.governance.clearances import service as clearances
from app.governance.evaluation import service as evaluation
from app.governance.freezes import service as freezes
from app.governance.passports import store as passports
from app.kernel.access import SYSTEM
from app.lifecycle import service as lifecycle
from app.sweeping import service as sweeping
from app.sweeping import worker
from tests.governance.reviewing import held, item, opened, path
from tests.test_races import Race

ROUNDS = 6
WHY = {"reason": "x"}


@pytest.fixture
def race(team):
    return Race(team)


@pytest.fixture
def account(team):
    return team.account("acme")


def meanwhile(monkeypatch, module, name, act):
    """``act`` is done by somebody else right before (a function that waits for it gets as far as it can)."""
    usual = getattr(module, name)

    def first(*args, **more):
        monkeypatch.setattr(module, name, usual)
        act()
        return usual(*args, **more)

    monkeypatch.setattr(module, name, first)


def in_a_thread(call):
    """Start it, and give it half a second: on SQLite it waits until the transaction is over."""

    def act():
        thread = Thread(target=call)
        thread.start()
        thread.join(0.5)
        act.thread = thread

    return act


# --- B07: a role that ends meanwhile ---------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["ended", "left"])
def test_B07_who_loses_the_role_before_the_post_is_held_clears_nothing(race, account, monkeypatch, way):
    team = race.team
    one = race.want("boss", "POST", "/v1/clearances", {"account_id": account, "content_sha256": "a" * 64}, 201)
    (role,) = race.want("boss", "GET", f"/v1/appointments?employee_id={team.ids['content']}")["items"]
    end = lambda: race.one("boss", "DELETE", f"/v1/appointments/{role['id']}")  # noqa: E731
    act = in_a_thread(end if way == "ended" else lambda: team.fire("content"))
    meanwhile(monkeypatch, clearances, "_held", act)
    answer = race.one("content", "POST", f"/v1/clearances/{one['id']}/decisions", {"decision": "approve"})
    act.thread.join()
    state = race.want("boss", "GET", f"/v1/clearances/{one['id']}")["state"]
    done = [event["action"] for event in team.events() if event["action"] in ENDS | {"clearance.cleared"}]
    if answer.status_code == 200:  # it came first: the log says so, too
        assert state == "cleared" and done[-1] == "clearance.cleared"
    else:
        assert (answer.status_code, state) == (403, "submitted") and "clearance.cleared" not in done


ENDS = {"appointment.ended", "employee.left"}

# --- I-01, I-02: a revision promises no more than was looked at ------------------------------------------------------


def revoked(race, grant):
    return in_a_thread(lambda: race.one("boss", "POST", f"/v1/grants/{grant['id']}/revoke", WHY))


def test_a_permit_names_no_revision_at_which_the_right_was_gone(race, account, monkeypatch):
    """Attack H05."""
    race.team.switch("boss", "decentralized")
    grant = race.ask("asker", account)["grants"][0]
    act = revoked(race, grant)
    usual = evaluation.Evaluator.evaluate

    def evaluate(evaluator, question):
        decision = usual(evaluator, question)
        act()
        return decision

    monkeypatch.setattr(evaluation.Evaluator, "evaluate", evaluate)
    question = {"subject": {"type": "employee", "id": "asker"}, "action": {"name": "publish"},
                "resource": {"type": "account", "id": account}}  # fmt: skip
    answer = race.want("asker", "POST", "/access/v1/evaluation", question)
    act.thread.join()
    (event,) = race.team.events(action="grant.revoked")
    assert answer["decision"] is True and int(answer["context"]["revision"]) < event["seq"]


def test_a_list_of_revocations_names_no_revision_that_it_does_not_hold(race, account, monkeypatch):
    race.team.switch("boss", "decentralized")
    grant = race.ask("asker", account)["grants"][0]
    act = revoked(race, grant)
    usual = passports.stopped

    def stopped(*args):
        found = usual(*args)
        act()
        return found

    monkeypatch.setattr(passports, "stopped", stopped)
    listed = race.want("boss", "GET", "/v1/passports/revocations")
    act.thread.join()
    (event,) = race.team.events(action="grant.revoked")
    assert listed["items"] == [] and int(listed["revision"]) < event["seq"]


# --- a unit that is frozen and merged at once ------------------------------------------------------------------------


@pytest.mark.parametrize("between", ["the freeze's two looks", "the merge's look and its commit"])
def test_B10_a_unit_is_frozen_or_merged_and_never_both(race, account, monkeypatch, between):
    team = race.team
    into = race.want("boss", "GET", "/v1/business-units/logistics")["id"]
    stop = {"scope": {"kind": "business_unit", "id": "sales"}, "severity": "L3", "reason": "x"}
    calls = {
        "freeze": lambda: race.one("boss", "POST", "/v1/freezes", stop),
        "merge": lambda: race.one("admin", "POST", "/v1/business-units/sales/merge", {"into_id": into, **WHY}),
    }
    told = {}
    ask = lambda name: told.update({name: calls[name]()})  # noqa: E731
    if between == "the freeze's two looks":
        act = in_a_thread(lambda: ask("merge"))
        meanwhile(monkeypatch, freezes.accounts, "ids_below", act)
        ask("freeze")
    else:
        act = in_a_thread(lambda: ask("freeze"))
        meanwhile(monkeypatch, lifecycle.tools, "rescope", act)
        ask("merge")
    act.thread.join()
    codes = {name: (one.status_code, one.json().get("code")) for name, one in told.items()}
    frozen_first = {"freeze": (201, None), "merge": (409, "business_unit_not_empty")}
    merged_first = {"freeze": (409, "business_unit_closed"), "merge": (200, None)}
    assert codes == frozen_first or (codes == merged_first and team.settings.sqlite), told
    assert ("frozen" in team.codes("boss", "asker", "publish", account)) == (codes == frozen_first)
    team.intact()


# --- two at once -----------------------------------------------------------------------------------------------------


def test_a_clearance_decided_twice_is_decided_once(race, account):
    for n in range(ROUNDS):
        body = {"account_id": account, "content_sha256": f"{n:064x}"}
        one = race.want("boss", "POST", "/v1/clearances", body, 201)
        way = f"/v1/clearances/{one['id']}"
        answers = race.together(
            ("content", "POST", f"{way}/decisions", {"decision": "approve"}),
            ("boss2", "POST", f"{way}/decisions", {"decision": "deny"}),
            ("boss", "POST", f"{way}/withdraw", {}),
        )
        told = [one["action"] for one in race.team.events(subject_id=one["id"])]
        state = race.want("boss", "GET", way)["state"]
        word = {"cleared": ["cleared"], "denied": ["denied"], "withdrawn": ["withdrawn"]}
        assert state in word and Counter(one.status_code for one in answers)[200] in (1, 2)
        assert told[0] == f"clearance.{state}" and len(told) == 1 + sum(one.status_code == 200 for one in answers)
    race.team.intact()


def test_an_item_kept_and_ended_at_once_has_one_answer(race):
    team = race.team
    for n, right in enumerate(("publish", "draft", "engage", "analyze")):
        made = held(team, f"acme{n}", right=right)
        one = item(team, opened(team, filter={"right": right}))
        answers = race.together(
            ("liaison", "POST", f"{path(one)}/decisions", {"decision": "keep"}),
            ("liaison", "POST", f"{path(one)}/decisions", {"decision": "end"}),
            ("boss", "POST", f"/v1/grants/{made['id']}/revoke", WHY),
        )
        spoken = [one.json()["state"] for one in answers[:2] if one.status_code == 200]
        assert len(spoken) <= 1 and len(team.events(action="grant.revoked", subject_id=made["id"])) == 1
        found = race.want("boss", "GET", path(one))["state"]
        assert [found] == spoken or (found, spoken) == ("moot", [])
        assert race.want("boss", "GET", f"/v1/grants/{made['id']}")["state"] == "revoked"
    team.intact()


def test_attesting_and_completing_twice_at_once_is_once(race):
    team = race.team
    race.want("boss", "POST", "/v1/policies", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    race.want("content", "POST", "/v1/policies/care/versions", {"text": "Care."}, 201)
    race.want("boss", "POST", "/v1/policies/care/versions/1/publish", {})
    race.want("boss", "POST", "/v1/courses", {"key": "basics", "title": "Basics"}, 201)
    done = {"employee_id": "asker", "course_id": "basics", "completed_at": "2026-02-01T09:00:00Z"}
    for action, call in {
        "policy_version.attested": ("asker", "POST", "/v1/policies/care/versions/1/attestations", {}),
        "completion.recorded": ("boss", "POST", "/v1/completions", done),
    }.items():
        answers = race.together(*[call] * 4)
        assert {one.status_code for one in answers} <= {200, 201, 503} and len({one.text for one in answers}) == 1
        assert len(team.events(action=action)) == 1


def test_H08_what_a_unit_tightens_while_the_enterprise_does_never_lets_more_through(race):
    team = race.team
    for key, scope in (("all", {"kind": "enterprise"}), ("own", {"kind": "business_unit", "id": "sales"})):
        race.want("boss", "POST", "/v1/policies", {"key": key, "title": key, "scope": scope}, 201)
    for n in range(1, ROUNDS + 1):
        days = 100 - n
        for key, asked in (("all", days), ("own", days + 1)):  # looser than what the enterprise is about to say
            body = {"text": "T.", "rules": {"max_grant_days": asked}}
            race.want("content", "POST", f"/v1/policies/{key}/versions", body, 201)
        answers = race.together(
            ("boss", "POST", f"/v1/policies/all/versions/{n}/publish", {}),
            ("boss2", "POST", f"/v1/policies/own/versions/{n}/publish", {}),
        )
        assert answers[0].status_code == 200 and answers[1].status_code in (200, 422), answers[1].text
        if answers[1].status_code == 200:  # then it came first: after the enterprise's it would have been looser
            assert team.events(action="policy_version.published")[0]["after"]["policy"] == "all"
        limits = race.want("asker", "GET", "/v1/limits?business_unit_id=sales")
        assert limits["rules"] == {"max_grant_days": days}
        conflicts = race.want("asker", "GET", "/v1/policy-conflicts")["items"]
        assert [one["n"] for one in conflicts] == (
            [n] if answers[1].status_code == 200 else conflicts and [conflicts[0]["n"]]
        )
    team.intact()


def test_H12_three_sweepers_write_each_silence_down_once(race):
    team = race.team
    made = [held(team, f"acme{n}") for n in range(4)]
    review = opened(team)
    team.clock.now = team.clock.now.fromisoformat(review["ends_at"])
    sweep = lambda: worker.sweep(team.house, sweeping.TASKS)  # noqa: E731
    race.together(sweep, sweep, sweep)
    assert Counter(one["subject"]["id"] for one in team.events(action="grant.revoked")) == {
        one["id"]: 1 for one in made
    }
    assert len(team.events(action="review_item.lapsed")) == 4
    assert {one["actor"]["kind"] for one in team.events(action="review_item.lapsed")} == {SYSTEM.kind}
    team.intact()


def test_the_end_of_a_review_and_a_revocation_end_a_right_once(race):
    team = race.team
    made = held(team)
    review = opened(team)
    team.clock.now = team.clock.now.fromisoformat(review["ends_at"])
    race.bearers = {who: team.token(who) for who in ("boss", "hub", "asker")}
    race.together(
        lambda: worker.sweep(team.house, sweeping.TASKS),
        ("hub", "POST", f"/v1/grants/{made['id']}/revoke", WHY),
        ("asker", "POST", f"/v1/grants/{made['id']}/revoke", WHY),
        ("boss", "POST", f"/v1/grants/{made['id']}/resume", WHY),
    )
    assert len(team.events(action="grant.revoked")) == 1 and not team.events(action="grant.resumed")
    with team.work(write=False) as work:
        assert isinstance(audit.verify(work), int)


def test_a_freeze_set_and_lifted_at_once_leaves_one_order_in_the_log(race):
    """Attack B10."""
    for _ in range(ROUNDS):
        body = {"scope": {"kind": "enterprise"}, "severity": "L3", "reason": "x"}
        made = race.want("boss", "POST", "/v1/freezes", body, 201)
        answers = race.together(
            ("boss", "POST", f"/v1/freezes/{made['id']}/lift", WHY), ("boss2", "POST", f"/v1/freezes/{made['id']}/lift", WHY),
            ("hub", "POST", "/v1/freezes", body),
        )  # fmt: skip
        assert sorted(one.status_code for one in answers) == [200, 201, 409]
        assert [one["action"] for one in race.team.events(subject_id=made["id"])] == ["freeze.lifted", "freeze.set"]
    race.team.intact()
