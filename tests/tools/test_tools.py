"""Publishing tools: registering them, and through which of them a post may go under each model."""

import pytest

from app.clients.service import create_client

NONE, UNKNOWN = None, "nonsense"
REFUSED = {
    "decentralized": {},
    "centralized": {
        "unit": "tool_not_allowed", "away": "tool_not_allowed", "retired": "tool_not_registered", UNKNOWN: "tool_not_registered",
    },
    "hub_and_spoke": {"away": "tool_not_allowed", "retired": "tool_not_registered", UNKNOWN: "tool_not_registered"},
    "dandelion": {"away": "tool_not_allowed", "retired": "tool_not_registered", UNKNOWN: "tool_not_registered"},
    "honeycomb": dict.fromkeys(("central", "unit", "away", "retired", UNKNOWN, NONE), "tool_not_the_platform"),
}  # fmt: skip
"""The row of the table of models: what is refused, by the tool that is used. All else is permitted."""


class Tools:
    """Five tools, a client for each, a gateway, and a client that is no tool; and someone who may draft in a unit of sales."""

    def __init__(self, team):
        self.team = team
        team.post("/v1/business-units", "boss", {"key": "field", "name": "Field", "parent_id": self.unit("sales")}, 201)
        self.account = team.account("acme", "field")
        self.made = {key: self.register(key, unit) for key, unit in (
            ("central", None), ("platform", None), ("unit", "sales"), ("away", "logistics"), ("retired", None),
        )}  # fmt: skip
        team.switch("boss", "decentralized")
        assert team.ask("asker", self.account, ["draft"])["state"] == "granted"
        with team.work() as work:
            self.bearers = {
                key: create_client(work, key, ["decisions"], tool_key=key, static=True).bearer for key in self.made
            }
            self.gateway = create_client(work, "Gateway", ["decisions"], gateway=True, static=True).bearer
            self.plain = create_client(work, "Plain", ["decisions"], static=True).bearer
        team.post("/v1/publishing-tools/retired/retire", "developer")

    def unit(self, key):
        return self.team.get(f"/v1/business-units/{key}", "boss")["id"]

    def register(self, key, unit):
        body = {"key": key, "name": key.title(), **({"business_unit_id": self.unit(unit)} if unit else {})}
        return self.team.post("/v1/publishing-tools", "developer", body, 201)

    def switch(self, model):
        self.team.clock.turn(seconds=1)
        more = {"platform_id": self.made["platform"]["id"]} if model == "honeycomb" else {}
        self.team.switch("boss", model, **more)

    def ask(self, bearer, **context):
        found = self.team.evaluate(None, "asker", "draft", self.account, bearer=bearer, **context)
        codes = lambda name: [one["code"] for one in found["context"][name]]  # noqa: E731
        return found["decision"], codes("reasons"), codes("advice")


@pytest.fixture
def tools(team):
    return Tools(team)


def wanted(model, used):
    reason = REFUSED[model].get(used)
    unnamed = used is NONE and model not in ("decentralized", "honeycomb")
    return reason is None, [reason] if reason else [], ["tool_not_registered"] if unnamed else []


@pytest.mark.parametrize("model", sorted(REFUSED))
def test_the_row_of_the_table(tools, model):
    tools.switch(model)
    for key in tools.made:
        assert tools.ask(tools.bearers[key]) == wanted(model, key), key
        assert tools.ask(tools.bearers[key], tool="central") == wanted(model, key), (
            f"{key}: a tool speaks for itself alone"
        )
        assert tools.ask(tools.gateway, tool=key) == wanted(model, key), f"gateway: {key}"
        assert tools.ask(tools.gateway, tool=tools.made[key]["id"]) == wanted(model, key), f"gateway: {key} by id"
    assert tools.ask(tools.gateway, tool=UNKNOWN) == wanted(model, UNKNOWN)
    for bearer, context in (
        (tools.gateway, {}),
        (tools.gateway, {"tool": ""}),
        (tools.gateway, {"tool": 7}),
        (tools.plain, {}),
    ):
        assert tools.ask(bearer, **context) == wanted(model, NONE), context
    assert tools.ask(tools.plain, tool="platform") == wanted(model, NONE), "only a gateway names tools"
    person = tools.team.token("asker")
    assert tools.ask(person, tool="platform") == wanted(model, NONE), "nor does a person"


def test_a_platform_that_was_retired_is_no_platform(tools):
    tools.switch("honeycomb")
    assert tools.ask(tools.bearers["platform"])[0] is True
    tools.team.post("/v1/publishing-tools/platform/retire", "developer")
    assert tools.ask(tools.bearers["platform"])[:2] == (False, ["tool_not_registered"])


def test_registering_and_retiring(team):
    register = lambda body, status, who="developer": team.post("/v1/publishing-tools", who, body, status)  # noqa: E731
    made = register({"key": "fanfare", "name": "Fanfare", "vendor": "Loud Ltd"}, 201)
    assert made["retired_at"] is None and made["business_unit_id"] is None
    assert register({"key": "fanfare", "name": "Another"}, 409)["code"] == "key_taken"
    for body in (
        {"key": "Fan Fare", "name": "x"},
        {"key": "f"},
        {"key": "f", "name": ""},
        {"key": "f", "name": "x", "id": "1"},
    ):
        register(body, 422)
    register({"key": "f", "name": "x", "business_unit_id": "00000000-0000-7000-8000-00000000dead"}, 404)
    for who in ("asker", "liaison", "hub", "auditor", "content"):
        register({"key": "mine", "name": "Mine"}, 403, who)
    assert team.get("/v1/publishing-tools/fanfare", "asker") == made
    assert team.get(f"/v1/publishing-tools/{made['id']}", "asker") == made
    first = team.post("/v1/publishing-tools/fanfare/retire", "developer")
    team.clock.turn(hours=1)
    assert (
        team.post("/v1/publishing-tools/fanfare/retire", "developer") == first
    )  # once is enough, and nothing is told twice
    assert len(team.events(action="publishing_tool.retired")) == 1
    assert [one["key"] for one in team.get("/v1/publishing-tools", "asker")["items"]] == ["fanfare"]
    team.get("/v1/publishing-tools/nothing", "asker", 404)


def test_a_retired_tool_is_no_platform_to_choose(team):
    tool = team.post("/v1/publishing-tools", "developer", {"key": "fanfare", "name": "Fanfare"}, 201)
    team.post("/v1/publishing-tools/fanfare/retire", "developer")
    body = {"model": "honeycomb", "reason": "x", "platform_id": tool["id"]}
    assert team.want(422, "PUT", "/v1/governance", "boss", body)["errors"][0]["pointer"] == "/platform_id"
