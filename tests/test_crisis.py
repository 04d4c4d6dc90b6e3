"""A crisis: one network is frozen, a crisis team goes on, content is still cleared; lifting it replays nothing."""

import hashlib
from datetime import timedelta

import pytest

from app.clients import service as clients

STATEMENT, BARBECUE = (hashlib.sha256(text).hexdigest() for text in (b"We are looking into it.", b"Barbecue week!"))


@pytest.fixture
def enterprise(team):
    """Two people publish on X and on Instagram; every post is cleared; a publishing tool asks before each."""
    team.switch("boss", "decentralized")
    team.accounts = {network: team.account(f"acme_{network}", "sales", network) for network in ("x", "instagram")}
    for who in ("asker", "colleague"):
        for account in team.accounts.values():
            team.ask(who, account)
    team.switch("boss", "hub_and_spoke")
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": {"clearance_required": True}}, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss", {})
    with team.work() as work:
        team.tool = clients.create_client(work, "Suite", ["decisions"], static=True).bearer
    return team


def cleared(team, who, network, digest):
    body = {"account_id": team.accounts[network], "content_sha256": digest}
    made = team.post("/v1/clearances", who, body, 201)
    team.post(f"/v1/clearances/{made['id']}/decisions", "content", {"decision": "approve", "comment": "Good."})
    return made["id"]


def asked(team, who, network, digest):
    """What the tool is told before a post."""
    answer = team.evaluate(None, who, "publish", team.accounts[network], bearer=team.tool, content_sha256=digest)
    return answer["decision"], {one["code"] for one in answer["context"]["reasons"]}


def test_a_crisis(enterprise):
    team = enterprise
    barbecue = {network: cleared(team, "asker", network, BARBECUE) for network in ("x", "instagram")}
    assert asked(team, "asker", "x", BARBECUE) == (True, set())

    # Somebody films a fire in a plant. The hub stops the press on X; one person of the crisis team may go on.
    stop = {
        "scope": {"kind": "network", "id": "x"}, "severity": "L2", "reason": "A fire in a plant; we say nothing until we know.",
        "exempt_employee_ids": [str(team.ids["colleague"])],
    }  # fmt: skip
    frozen = team.post("/v1/freezes", "hub", stop, 201)
    assert asked(team, "asker", "x", BARBECUE) == (False, {"frozen"})
    assert asked(team, "asker", "instagram", BARBECUE) == (True, set())
    redeem = {"content_sha256": BARBECUE}
    team.want(422, "POST", f"/v1/clearances/{barbecue['x']}/redeem", None, redeem, bearer=team.tool)

    # The statement is written, cleared and posted by the crisis team meanwhile.
    statement = cleared(team, "colleague", "x", STATEMENT)
    assert asked(team, "colleague", "x", STATEMENT) == (True, set())
    redeem = {"content_sha256": STATEMENT}
    team.want(200, "POST", f"/v1/clearances/{statement}/redeem", None, redeem, bearer=team.tool)
    assert asked(team, "colleague", "x", STATEMENT) == (False, {"clearance_used"})

    # The strategist stops everything for an hour beside: both hold, each until it ends.
    until = (team.clock.now + timedelta(hours=1)).isoformat()
    team.post(
        "/v1/freezes",
        "boss",
        {"scope": {"kind": "enterprise"}, "severity": "L3", "reason": "The market opens.", "until": until},
        201,
    )
    assert asked(team, "colleague", "x", STATEMENT)[1] == {"frozen", "clearance_used"}
    team.post(f"/v1/freezes/{frozen['id']}/lift", "hub", {"reason": "The statement is out."})
    assert asked(team, "asker", "x", BARBECUE) == (False, {"frozen"})
    before = [one["seq"] for one in team.events() if one["action"] != "token.issued"]
    team.clock.turn(hours=1)

    # It is over. Nothing was replayed: what was cleared before waits for the tool as it did, and nothing else happened.
    assert asked(team, "asker", "x", BARBECUE) == (True, set())
    assert [one["seq"] for one in team.events() if one["action"] != "token.issued"] == before
    assert team.get(f"/v1/clearances/{barbecue['x']}", "content")["state"] == "cleared"
    team.clock.turn(days=7)
    assert asked(team, "asker", "x", BARBECUE) == (
        False,
        {"clearance_missing"},
    )  # what is cleared does not keep for ever
    assert team.get(f"/v1/clearances/{barbecue['x']}", "content")["state"] == "expired"
