"""Calls that are started at once: whatever their order, the outcome is that of some order, and nothing is done twice."""

import os
from collections import Counter
from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from app.governance.grants import service as grants

ROUNDS = int(os.environ.get("COE_ROUNDS", "12"))
FINE = {200, 201, 401, 403, 404, 409, 412, 422, 503}
"""503: the database gave a lock up, and says to try again. Never 500."""


class Race:
    """A team whose calls can be started together; everybody's token is got beforehand."""

    def __init__(self, team):
        self.team = team
        self.bearers = {who: team.token(who) for who in team.ids}

    def one(self, who, method, path, body=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.team.call(method, path, body=body, bearer=self.bearers[who], headers=sent)

    def want(self, who, method, path, body=None, status=200):
        return self.team.want(status, method, path, body=body, bearer=self.bearers[who])

    def ask(self, who, account, rights=("publish",), status=201):
        body = {"account_id": account, "rights": list(rights), "justification": "Care."}
        return self.want(who, "POST", "/v1/rights-requests", body, status)

    def decide(self, who, request, decision="approve"):
        return self.want(who, "POST", f"/v1/rights-requests/{request['id']}/decisions", {"decision": decision})

    def word(self, who, request, decision="approve"):
        """A call to be raced."""
        return who, "POST", f"/v1/rights-requests/{request['id']}/decisions", {"decision": decision}

    def together(self, *calls):
        """Their answers, in the order of the calls; a call is a function, or what ``one`` takes."""
        answers, gate = [None] * len(calls), Barrier(len(calls))

        def run(n, call):
            gate.wait()
            answers[n] = call() if callable(call) else self.one(*call)

        threads = [Thread(target=run, args=one) for one in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = [answer for answer in answers if answer is not None and hasattr(answer, "status_code")]
        assert {one.status_code for one in told} <= FINE, [one.text for one in told if one.status_code not in FINE]
        return answers

    def rows(self, statement, **values):
        with self.team.work(write=False) as work:
            return [tuple(row) for row in work.session.execute(text(statement), values)]


@pytest.fixture
def race(team):
    for number in ("hub2", "hub3"):
        team.hire(number, "Communications")
        team.appoint(number, "community_manager")
    return Race(team)


@pytest.fixture
def account(team):
    return team.account("acme")


OPEN = """SELECT employee_id, account_id, "right", count(*) FROM posting_grant WHERE ended_at IS NULL
          GROUP BY employee_id, account_id, "right" HAVING count(*) > 1"""
TWICE = 'SELECT request_id, "right", count(*) FROM posting_grant GROUP BY request_id, "right" HAVING count(*) > 1'
ORPHANS = "SELECT g.id FROM posting_grant g JOIN request r ON r.id = g.request_id WHERE r.state <> 'granted'"


def check(race):
    """No right is held twice, no request gave two grants, none came of a request that was not granted; the log is whole."""
    assert race.rows(OPEN) == [] and race.rows(TWICE) == [] and race.rows(ORPHANS) == []
    race.team.intact()


def test_many_approve_the_last_step_and_one_grant_comes_of_it(race, account):
    """Attack H01."""
    for n in range(ROUNDS):
        asked = race.ask("asker", account)
        race.decide("liaison", asked)
        answers = race.together(*(race.word(who, asked) for who in ("hub", "hub2", "hub3", "hub", "boss")))
        done = [one for one in answers if one.status_code == 200]
        assert len(done) == 1 and done[0].json()["state"] == "granted", [one.text for one in answers]
        assert {one.json()["code"] for one in answers if one.status_code == 409} <= {
            "request_not_pending",
            "already_decided",
        }
        assert len(race.rows("SELECT id FROM posting_grant")) == n + 1
    check(race)


def test_one_persons_two_words_at_once_count_once(race, account):
    """Attack B06."""
    for right in ("publish", "engage", "analyze", "draft"):
        asked = race.ask("asker", account, [right])
        answers = race.together(*[race.word("liaison", asked)] * 4)
        assert Counter(one.status_code for one in answers)[200] == 1
        found = race.want("asker", "GET", f"/v1/rights-requests/{asked['id']}")
        assert found["state"] == "pending" and [len(step["decisions"]) for step in found["steps"]] == [1, 0]


def test_approve_deny_and_withdraw_at_once_end_a_request_once(race, account):
    """Attack H02."""
    ends = Counter()
    for _ in range(ROUNDS):
        asked = race.ask("asker", account)
        race.decide("liaison", asked)
        path = f"/v1/rights-requests/{asked['id']}"
        answers = race.together(
            race.word("hub", asked), race.word("hub2", asked, "deny"), ("asker", "POST", f"{path}/withdraw", {})
        )
        done = [one.json()["state"] for one in answers if one.status_code == 200]
        assert len(done) == 1, [one.text for one in answers]
        found = race.want("asker", "GET", path)
        assert found["state"] == done[0] and len(found["grants"]) == (1 if done == ["granted"] else 0)
        ends[done[0]] += 1
    check(race)
    assert sum(ends.values()) == ROUNDS


def test_what_was_read_before_a_change_is_not_what_is_approved(race, account):
    """Attack B08."""
    for _ in range(ROUNDS // 2):
        asked = race.ask("asker", account, ["draft"])
        race.decide("liaison", asked)
        path = f"/v1/rights-requests/{asked['id']}"
        tag = race.one("hub", "GET", path).headers["etag"]
        approve = lambda asked=asked, tag=tag: race.one(*race.word("hub", asked), If_Match=tag)  # noqa: E731
        approved, revised = race.together(approve, ("asker", "PATCH", path, {"rights": ["publish"]}))
        assert sorted((approved.status_code == 200, revised.status_code == 200)) == [False, True]
        granted = race.want("asker", "GET", path)["grants"]
        assert [one["right"] for one in granted] == (["draft"] if approved.status_code == 200 else [])
        if revised.status_code == 200:
            race.want("asker", "POST", f"{path}/withdraw", {})
    check(race)


def test_who_leaves_while_being_granted_holds_nothing_afterwards(race, account):
    """Attack H03."""
    for n in range(ROUNDS):
        race.team.hire(f"new-{n}")
        race.bearers[f"new-{n}"] = race.team.token(f"new-{n}")
        asked = race.ask(f"new-{n}", account)
        race.decide("liaison", asked)
        answer, _ = race.together(race.word("hub", asked), lambda n=n: race.team.fire(f"new-{n}"))
        (request,) = race.rows("SELECT state FROM request ORDER BY id DESC LIMIT 1")
        assert request == (("granted",) if answer.status_code == 200 else ("withdrawn",)), answer.text
        assert race.rows("SELECT id FROM posting_grant WHERE ended_at IS NULL") == []
    check(race)


def test_who_leaves_in_the_very_midst_of_being_granted_holds_nothing_afterwards(race, account, monkeypatch):
    """Attack H03."""
    issue, leaving = grants.issue, Thread(target=race.team.fire, args=("asker",))

    def meanwhile(work, award):
        leaving.start()
        leaving.join(0.5)  # it gets as far as it can: no further than this transaction lets it
        return issue(work, award)

    asked = race.ask("asker", account)
    race.decide("liaison", asked)
    monkeypatch.setattr(grants, "issue", meanwhile)
    answer = race.one(*race.word("hub", asked))
    leaving.join()
    assert answer.status_code == 200 and race.rows("SELECT id FROM posting_grant WHERE ended_at IS NULL") == []
    check(race)


def test_who_leaves_while_approving_has_either_approved_or_not(race, account):
    """Attack B07."""
    for n, right in enumerate(("publish", "engage", "analyze", "draft")):
        who = f"liaison-{n}"
        race.team.hire(who)
        race.team.appoint(who, "bu_liaison", "sales")
        race.bearers[who] = race.team.token(who)
        asked = race.ask("asker", account, [right])
        answer, _ = race.together(race.word(who, asked), lambda who=who: race.team.fire(who))
        said = race.rows(
            "SELECT count(*) FROM request_decision WHERE request_id = (SELECT id FROM request ORDER BY id DESC LIMIT 1)"
        )
        assert said == [(1,)] if answer.status_code == 200 else [(0,)], answer.text
        assert answer.status_code in (200, 401, 403, 404, 503)


def test_a_revocation_is_not_undone_by_a_renewal_at_once(race, account):
    """Attack H04."""
    race.team.switch("boss", "decentralized")
    for n in range(ROUNDS):
        race.team.hire(f"new-{n}")
        race.bearers[f"new-{n}"] = race.team.token(f"new-{n}")
        grant = race.ask(f"new-{n}", account)["grants"][0]
        path = f"/v1/grants/{grant['id']}"
        revoked, renewed = race.together(
            ("boss", "POST", f"{path}/revoke", {"reason": "Misuse."}),
            (f"new-{n}", "POST", f"{path}/renew", {"justification": "Mine."}),
        )
        running = race.want("boss", "GET", f"/v1/grants?state=active&employee_id={race.team.ids[f'new-{n}']}")["items"]
        if revoked.status_code == 200:
            assert running == [] and (renewed.status_code != 201 or renewed.json()["state"] == "pending"), renewed.text
        else:
            assert revoked.json()["code"] == "grant_ended" and len(running) == 1
    check(race)


def test_two_strategists_who_end_each_other_leave_one(race):
    """Attack H06."""
    team = race.team
    for n in range(ROUNDS):
        held = {
            one["employee_id"]: one["id"]
            for one in race.want("hub", "GET", "/v1/appointments?role=strategist&ended=false")["items"]
        }
        assert len(held) == 2
        boss, boss2 = (held[str(team.ids[who])] for who in ("boss", "boss2"))
        answers = race.together(
            ("boss", "DELETE", f"/v1/appointments/{boss2}"), ("boss2", "DELETE", f"/v1/appointments/{boss}")
        )
        assert sorted(one.status_code == 200 for one in answers) == [False, True], [one.text for one in answers]
        assert {one.json()["code"] for one in answers if one.status_code != 200} <= {
            "last_strategist",
            "forbidden",
            "unavailable",
        }
        left = race.want("hub", "GET", "/v1/appointments?role=strategist&ended=false")["items"]
        assert len(left) == 1, n
        gone = "boss" if left[0]["employee_id"] == str(team.ids["boss2"]) else "boss2"
        team.appoint(gone, "strategist")


def test_two_roles_that_may_not_be_held_together_are_not(race):
    """Attack H07."""
    team = race.team
    for n in range(ROUNDS):
        team.hire(f"new-{n}")
        id_ = str(team.ids[f"new-{n}"])
        ask = lambda who, role, id_=id_: (who, "POST", "/v1/appointments", {"employee_id": id_, "role": role})  # noqa: E731
        deputy = {"employee_id": str(team.ids["content"]), "role": "developer", "deputy_id": id_}
        second = ask("boss2", "developer") if n % 2 else ("boss2", "POST", "/v1/appointments", deputy)
        answers = race.together(ask("boss", "auditor"), second)
        assert sorted(one.status_code for one in answers) in ([201, 409], [201, 503]), [one.text for one in answers]
    mixed = """SELECT a.employee_id FROM appointment a JOIN appointment b
               ON a.ended_at IS NULL AND b.ended_at IS NULL AND a.role = 'auditor' AND b.role <> 'auditor'
               AND (b.employee_id = a.employee_id OR b.deputy_id = a.employee_id)"""
    assert race.rows(mixed) == []


def test_the_last_place_for_a_publisher_is_given_once(race, account):
    race.want("boss", "POST", "/v1/policies", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    version = {"text": "Care.", "rules": {"max_publishers_per_account": 1}}
    race.want("content", "POST", "/v1/policies/care/versions", version, 201)
    race.want("boss", "POST", "/v1/policies/care/versions/1/publish", {})
    for _ in range(ROUNDS):
        asked = [race.ask(who, account) for who in ("asker", "colleague")]
        for one in asked:
            race.decide("liaison", one)
        answers = race.together(race.word("hub", asked[0]), race.word("hub2", asked[1]))
        assert sorted(one.status_code for one in answers) in ([200, 409], [200, 503]), [one.text for one in answers]
        (grant,) = race.want("boss", "GET", "/v1/grants?state=active")["items"]
        race.want("hub", "POST", f"/v1/grants/{grant['id']}/revoke", {"reason": "Next."})
        for who, one, answer in zip(("asker", "colleague"), asked, answers, strict=True):
            if answer.status_code != 200:
                assert answer.json()["code"] in ("no_longer_allowed", "unavailable")
                race.want(who, "POST", f"/v1/rights-requests/{one['id']}/withdraw", {})
    check(race)


def test_two_moves_at_once_close_no_circle(race):
    make = lambda key: race.want("boss", "POST", "/v1/business-units", {"key": key, "name": key}, 201)["id"]  # noqa: E731
    for n in range(ROUNDS // 2):
        a, b = make(f"a{n}"), make(f"b{n}")
        answers = race.together(
            ("boss", "PATCH", f"/v1/business-units/a{n}", {"parent_id": b}),
            ("boss2", "PATCH", f"/v1/business-units/b{n}", {"parent_id": a}),
        )
        assert sorted(one.status_code for one in answers) == [200, 409], [one.text for one in answers]
    paths = {id_: path for id_, path in race.rows("SELECT id, path FROM business_unit")}
    assert all(path.split("/")[-1] == str(id_).replace("-", "") for id_, path in paths.items())
    assert all(len(set(path.split("/"))) == len(path.split("/")) for path in paths.values())


def test_one_handle_proposed_by_two_is_one_account(race):
    for n in range(ROUNDS // 2):
        body = lambda handle: {"network": "x", "handle": handle, "business_unit_id": "sales"}  # noqa: E731
        answers = race.together(
            ("liaison", "POST", "/v1/accounts", body(f"new_{n}")), ("hub", "POST", "/v1/accounts", body(f"@NEW_{n}"))
        )
        assert sorted(one.status_code for one in answers) == [201, 409], [one.text for one in answers]
    assert len(race.rows("SELECT id FROM account")) == ROUNDS // 2


def test_an_account_that_changes_while_its_requests_are_decided(race, account):
    """Locks in two orders would wait for each other here, and one row read before its lock would be written over."""
    for n in range(ROUNDS // 2):
        asked, more = race.ask("asker", account), race.ask("colleague", account, ["draft"])
        race.decide("liaison", asked)
        path = f"/v1/accounts/{account}"
        answers = race.together(
            race.word("hub", asked), ("hub2", "PATCH", path, {"risk": "high" if n % 2 == 0 else "standard"}),
            ("hub3", "POST", f"{path}/suspend", {}), race.word("liaison", more),
        )  # fmt: skip
        assert answers[1].status_code in (200, 503), answers[1].text
        for who, one in (("asker", asked), ("colleague", more)):
            if race.want(who, "GET", f"/v1/rights-requests/{one['id']}")["state"] == "pending":
                race.want(who, "POST", f"/v1/rights-requests/{one['id']}/withdraw", {})
        if answers[2].status_code == 200:
            race.want("hub", "POST", f"{path}/resume", {})
    check(race)


def test_a_registration_decided_revised_and_withdrawn_at_once(race):
    for n in range(ROUNDS // 2):
        body = {"network": "x", "handle": f"new_{n}", "business_unit_id": "sales"}
        path = f"/v1/accounts/{race.want('liaison', 'POST', '/v1/accounts', body, 201)['id']}"
        race.together(
            ("hub", "POST", f"{path}/decisions", {"decision": "approve"}), ("hub2", "POST", f"{path}/decisions", {"decision": "deny"}),
            ("liaison", "PATCH", path, {"purpose": "News."}), ("liaison", "POST", f"{path}/withdraw", {}),
        )  # fmt: skip
        found = race.want("liaison", "GET", path)
        same = {"granted": "approved", "denied": "denied", "withdrawn": "withdrawn", "pending": "proposed"}
        assert found["state"] == same[found["registration"]["state"]]
    race.team.intact()


def test_a_switch_of_the_model_while_people_ask_and_decide(race, account):
    for n, model in enumerate(("centralized", "hub_and_spoke") * (ROUNDS // 4)):
        race.team.clock.turn(seconds=1)
        waiting = [
            race.one(
                "asker",
                "POST",
                "/v1/rights-requests",
                {"account_id": account, "rights": ["draft"], "justification": "x"},
            )
        ]
        asked = waiting[0].json()
        body = {"account_id": account, "rights": ["engage"], "justification": "x"}
        race.together(
            ("boss", "PUT", "/v1/governance", {"model": model, "reason": "x"}), race.word("liaison", asked),
            race.word("boss2", asked), ("colleague", "POST", "/v1/rights-requests", body),
        )  # fmt: skip
        for one in race.want("boss", "GET", "/v1/rights-requests?state=pending")["items"]:
            assert one["model"] == model, n  # nothing waits under a model that is no more
            who = "asker" if one["requester_id"] == str(race.team.ids["asker"]) else "colleague"
            race.want(who, "POST", f"/v1/rights-requests/{one['id']}/withdraw", {})
    check(race)


def test_the_same_thing_twice_at_once_is_done_once(race, account):
    race.want("developer", "POST", "/v1/publishing-tools", {"key": "fanfare", "name": "Fanfare"}, 201)
    race.want("boss", "POST", "/v1/policies", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    race.want("content", "POST", "/v1/policies/care/versions", {"text": "Care."}, 201)
    race.want("boss", "POST", "/v1/business-units", {"key": "spain", "name": "Spain"}, 201)
    made = race.want(
        "boss", "POST", "/v1/appointments", {"employee_id": str(race.team.ids["asker"]), "role": "developer"}, 201
    )
    calls = {
        "publishing_tool.retired": ("developer", "POST", "/v1/publishing-tools/fanfare/retire"),
        "policy_version.published": ("boss", "POST", "/v1/policies/care/versions/1/publish", {}),
        "business_unit.closed": ("boss", "POST", "/v1/business-units/spain/close", {"reason": "x"}),
        "appointment.ended": ("boss", "DELETE", f"/v1/appointments/{made['id']}"),
        "account.suspended": ("boss", "POST", f"/v1/accounts/{account}/suspend", {}),
    }
    for action, call in calls.items():
        answers = race.together(*[call] * 4)
        assert 200 in {one.status_code for one in answers}, action
        assert len(race.team.events(action=action)) == 1, action
    body = {"account_id": account, "rights": ["publish"], "justification": "x"}
    answers = race.together(*[("asker", "POST", "/v1/rights-requests", body)] * 4)
    assert Counter(one.status_code for one in answers)[201] == 1, [one.text for one in answers]
