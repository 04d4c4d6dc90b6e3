"""Stopping the press over HTTP: who may, where, how far it reaches, and how it ends."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest


@pytest.fixture
def account(team):
    return team.account("acme")


@pytest.fixture
def held(team, account):
    """Somebody may publish on the account."""
    asked = team.ask("asker", account)
    for who in ("liaison", "hub"):
        asked = team.decide(who, asked)
    return asked["grants"][0]


def freeze(team, who="boss", status=201, kind="enterprise", id=None, **more):
    scope = {"kind": kind} | ({"id": str(id)} if id else {})
    body = {"scope": scope, "severity": "L2", "reason": "A recall is reported.", **more}
    return team.want(status, "POST", "/v1/freezes", who, body)


def lift(team, made, who="boss", status=200):
    return team.want(status, "POST", f"/v1/freezes/{made['id']}/lift", who, {"reason": "The statement is out."})


def codes(team, account, who="asker"):
    return team.codes("boss", who, "publish", account)


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("kind", ["enterprise", "business_unit", "network", "account"])
def test_it_holds_in_the_decision_after_it_and_ends_with_its_lifting(team, account, kind):
    named = {"business_unit": "sales", "network": "x", "account": account}.get(kind)
    assert codes(team, account) == set()
    made = freeze(team, kind=kind, id=named)
    assert made["state"] == "in_force" and made["authority"] == "strategist"
    assert codes(team, account) == {"frozen"}
    assert lift(team, made)["state"] == "lifted"
    assert codes(team, account) == set()


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(("kind", "named"), [("business_unit", "logistics"), ("network", "instagram")])
def test_it_leaves_alone_what_it_does_not_cover(team, account, kind, named):
    freeze(team, kind=kind, id=named)
    assert codes(team, account) == set()


@pytest.mark.usefixtures("held")
def test_whom_it_exempts_goes_on(team, account):
    freeze(team, exempt_employee_ids=[str(team.ids["asker"])])
    assert codes(team, account) == set() and codes(team, account, "colleague") == {"frozen", "no_grant"}


@pytest.mark.usefixtures("held")
def test_it_ends_by_itself_at_its_very_instant(team, account):
    made = freeze(team, until=(team.clock.now + timedelta(hours=1)).isoformat())
    team.clock.turn(minutes=59)
    assert codes(team, account) == {"frozen"}
    team.clock.turn(minutes=1)
    assert codes(team, account) == set() and team.get(f"/v1/freezes/{made['id']}", "asker")["state"] == "over"
    assert lift(team, made, status=409)["code"] == "freeze_ended"


@pytest.mark.usefixtures("held")
def test_where_several_overlap_the_account_is_covered_while_any_covers_it(team, account):
    first, second = freeze(team), freeze(team, kind="network", id="x")
    lift(team, first)
    assert codes(team, account) == {"frozen"}
    lift(team, second)
    assert codes(team, account) == set()


def test_lifting_restores_what_is_otherwise_valid_and_nothing_else(team, account, held):
    made = freeze(team)
    team.post(f"/v1/grants/{held['id']}/revoke", "hub", {"reason": "No more."})
    assert codes(team, account) == {"frozen", "grant_revoked"}
    lift(team, made)
    assert codes(team, account) == {"grant_revoked"}


def test_the_hub_freezes_within_its_scope_and_the_liaison_does_not(team, account):
    assert freeze(team, "hub")["authority"] == "hub"
    refused = freeze(team, "liaison", 403, kind="account", id=account)
    assert refused["code"] == "not_the_authority" and "community manager" in refused["detail"]
    assert freeze(team, "asker", 403)["code"] == "forbidden"
    assert freeze(team, "auditor", 403)["code"] == "forbidden"


def test_a_dandelion_liaison_freezes_their_own_unit(team, account):
    team.switch("boss", "dandelion", "sales")
    made = freeze(team, "liaison", kind="business_unit", id="sales")
    assert made["authority"] == "liaison"
    assert freeze(team, "liaison", 403, kind="business_unit", id="logistics")["code"] == "not_the_authority"
    assert freeze(team, "liaison", 403)["code"] == "not_the_authority"
    assert freeze(team, "liaison", 403, kind="network", id="x")["code"] == "not_the_authority"
    assert lift(team, made, "hub", 403)["code"] == "not_the_authority"  # the authority that froze, or the strategist
    assert lift(team, made, "liaison")["lifted_by"] == str(team.ids["liaison"])
    team.switch("boss", "dandelion")  # liaisons freeze everywhere now, each their own unit
    assert freeze(team, "liaison", 403, kind="business_unit", id="logistics")["code"] == "not_the_authority"
    assert freeze(team, "liaison", 403)["code"] == "not_the_authority"


@pytest.mark.parametrize("model", ["decentralized", "centralized"])
def test_where_the_strategist_alone_freezes(team, account, model):
    team.switch("boss", model)
    assert freeze(team, "hub", 403, kind="account", id=account)["code"] == "not_the_authority"
    assert freeze(team, kind="account", id=account)["authority"] == "strategist"


def test_what_a_strategist_froze_the_hub_does_not_lift(team):
    """Attack B10."""
    made = freeze(team)
    assert lift(team, made, "hub", 403)["code"] == "not_the_authority"
    other = freeze(team, "hub")
    assert lift(team, other)["state"] == "lifted"  # a strategist lifts anything


def test_a_freeze_is_set_and_lifted_once(team):
    made = freeze(team)
    lift(team, made)
    assert lift(team, made, status=409)["code"] == "freeze_ended"
    assert [one["action"] for one in team.events() if one["action"].startswith("freeze.")] == [
        "freeze.lifted",
        "freeze.set",
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"scope": {"kind": "enterprise", "id": "x"}}, "scope_id"),
        ({"scope": {"kind": "network"}}, "scope_id"),
        ({"scope": {"kind": "account", "id": "not-an-id"}}, "not_an_id"),
        ({"until": "2020-01-01T00:00:00Z"}, "in_the_past"),
        ({"exempt_employee_ids": ["01930000-0000-7000-8000-000000000000"]}, "unknown_employee"),
    ],
)
def test_bad_input(team, body, code):
    said = {"scope": {"kind": "enterprise"}, "severity": "L1", "reason": "Wait.", **body}
    answer = team.want(422, "POST", "/v1/freezes", "boss", said)
    assert [one["code"] for one in answer["errors"]] == [code]
    assert team.get("/v1/freezes", "boss")["items"] == []


@pytest.mark.parametrize(
    ("kind", "id"),
    [("business_unit", "nowhere"), ("network", "nowhere"), ("account", "01930000-0000-7000-8000-000000000000")],
)
def test_what_is_not_there_cannot_be_frozen(team, kind, id):
    freeze(team, status=404, kind=kind, id=id)


def test_the_list_by_state(team):
    lifted, over, on = (
        freeze(team),
        freeze(team, until=(team.clock.now + timedelta(minutes=5)).isoformat()),
        freeze(team),
    )
    lift(team, lifted)
    team.clock.turn(minutes=5)
    for state, one in (("lifted", lifted), ("over", over), ("in_force", on)):
        assert [found["id"] for found in team.get("/v1/freezes", "asker", params={"state": state})["items"]] == [
            one["id"]
        ]
    assert len(team.get("/v1/freezes", "asker")["items"]) == 3


def test_two_who_lift_it_at_once_lift_it_once(team):
    made, start, answers, bearer = freeze(team), Barrier(4), [], team.token("boss")

    def go():
        start.wait()
        answer = team.call("POST", f"/v1/freezes/{made['id']}/lift", body={"reason": "Out."}, bearer=bearer)
        answers.append(answer.status_code)

    threads = [Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409]
    assert len(team.events(action="freeze.lifted")) == 1
