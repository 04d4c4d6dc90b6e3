"""Vendors, what is known of tools, assessments, and the tools that accounts use: over HTTP, and their rules by plain calls."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.rules import Flag, Surroundings, Usage, flags
from app.programme.vendors import rules, store
from app.programme.vendors.rules import Assessment, AssessmentState, Standing, ToolState, Vendor
from app.tools.rules import Tool
from tests.accounts.test_rules import ACCOUNT, NO_LIMITS

VENDORS, TOOLS, ASSESSMENTS = "/v1/vendors", "/v1/publishing-tools", "/v1/assessments"
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
S = AssessmentState


def told(at):
    return at.isoformat().replace("+00:00", "Z")


@pytest.fixture
def tool(team):
    """A tool of a vendor, which nobody has assessed."""
    team.post(VENDORS, "boss", {"key": "fan", "name": "Fan Inc.", "contract_ends_on": "2026-12-31"}, 201)
    new = {"key": "trumpet", "name": "Trumpet", "vendor_id": "fan", "kinds": ["publishing", "analytics"]}
    return team.post(TOOLS, "developer", new, 201)


def proposed(team, days=90, who="developer", status=201, tool="trumpet"):
    body = {"tool_id": tool, "summary": "It works.", "valid_until": told(team.clock.now + days * DAY)}
    return team.post(ASSESSMENTS, who, body, status)


def decided(team, made, decision="approve", status=200, who="boss"):
    return team.post(f"{ASSESSMENTS}/{made['id']}/decisions", who, {"decision": decision, "comment": "Seen."}, status)


def state(team, key="trumpet"):
    (listed,) = [one["standing"] for one in team.get(TOOLS, "asker")["items"] if one["key"] == key]
    assert listed == team.get(f"{TOOLS}/{key}", "asker")["standing"]
    return listed["state"]


# --- vendors and tools ----------------------------------------------------------------------------------------------


def test_a_vendor_sells_tools_and_everybody_reads_of_both(team, tool):
    vendor = team.get(f"{VENDORS}/fan", "stranger")
    assert (tool["vendor_id"], tool["kinds"]) == (vendor["id"], ["analytics", "publishing"])
    assert tool["standing"] == {"state": "unassessed", "until": None}
    assert team.get(f"{TOOLS}/trumpet", "stranger") == tool
    changed = team.want(200, "PATCH", f"{VENDORS}/fan", "developer", {"url": "https://fan.example", "contact": "Sales"})
    assert (changed["url"], changed["contact"], changed["contract_ends_on"]) == (
        "https://fan.example", "Sales", "2026-12-31",
    )  # fmt: skip
    alone = team.want(200, "PATCH", f"{TOOLS}/trumpet", "developer", {"vendor_id": None})
    assert (alone["vendor_id"], alone["kinds"]) == (None, tool["kinds"])
    assert [one["key"] for one in team.get(VENDORS, "asker")["items"]] == ["fan"]


def test_what_a_vendor_and_a_tool_need_is_said(team, tool):
    refused = lambda method, path, who, body, status: team.want(status, method, path, who, body)  # noqa: E731
    assert refused("POST", VENDORS, "boss", {"key": "fan", "name": "x"}, 409)["code"] == "key_taken"
    assert refused("POST", VENDORS, "boss", {"key": "No Key", "name": "x"}, 422)["errors"][0]["pointer"] == "/key"
    assert refused("PATCH", f"{VENDORS}/fan", "boss", {"name": None}, 422)["errors"][0]["pointer"] == "/name"
    assert refused("PATCH", f"{VENDORS}/fan", "boss", {"url": "javascript:1"}, 422)["errors"][0]["pointer"] == "/url"
    (error,) = refused("PATCH", f"{TOOLS}/trumpet", "boss", {"vendor_id": "nobody"}, 422)["errors"]
    assert (error["pointer"], error["code"]) == ("/vendor_id", "unknown_vendor")
    refused("PATCH", f"{TOOLS}/trumpet", "boss", {"kinds": ["cooking"]}, 422)
    refused("PATCH", f"{TOOLS}/trumpet", "content", {"kinds": []}, 403)
    team.post(f"{TOOLS}/trumpet/retire", "developer")
    assert refused("PATCH", f"{TOOLS}/trumpet", "boss", {"kinds": []}, 409)["code"] == "tool_retired"
    assert state(team) == "retired"


# --- assessments ----------------------------------------------------------------------------------------------------


def test_a_tool_is_approved_until_its_assessment_ends(team, tool):
    made = proposed(team)
    assert (made["state"], state(team)) == ("proposed", "proposed")
    etag = team.call("GET", f"{TOOLS}/trumpet", "asker").headers["etag"]
    done = decided(team, made)
    assert (done["state"], done["decided_by"], done["comment"]) == ("approved", str(team.ids["boss"]), "Seen.")
    assert team.get(f"{TOOLS}/trumpet", "asker")["standing"] == {"state": "approved", "until": made["valid_until"]}
    assert team.call("GET", f"{TOOLS}/trumpet", "asker").headers["etag"] != etag
    team.clock.turn(days=90, microseconds=-1)
    assert state(team) == "approved"
    team.clock.turn(microseconds=1)
    assert state(team) == team.get(f"{ASSESSMENTS}/{made['id']}", "asker")["state"] == "lapsed"
    again = proposed(team)
    assert state(team) == "lapsed"  # as long as nobody has decided otherwise
    decided(team, again)
    assert state(team) == "approved"
    assert team.get(f"{ASSESSMENTS}/{made['id']}", "asker")["state"] == "superseded"


def test_the_next_decision_counts_in_place_of_the_last(team, tool):
    first = decided(team, proposed(team))
    second = decided(team, proposed(team), "refuse")
    assert (second["state"], state(team)) == ("refused", "refused")
    states = {one["id"]: one["state"] for one in team.get(f"{ASSESSMENTS}?tool_id=trumpet", "asker")["items"]}
    assert states == {first["id"]: "superseded", second["id"]: "refused"}
    assert team.get(f"{ASSESSMENTS}?tool_id=nothing", "asker")["items"] == []
    (event,) = team.events(action="assessment.refused")
    assert event["after"]["supersedes"] == [first["id"]]
    assert team.untold() == ()


def test_who_proposed_an_assessment_does_not_decide_it_and_nobody_does_twice(team, tool):
    mine = proposed(team, who="boss")
    assert decided(team, mine, status=403)["code"] == "assessor_decides"
    assert decided(team, mine, who="boss2")["state"] == "approved"
    assert decided(team, mine, status=409)["code"] == "assessment_decided"
    waits = proposed(team)
    assert proposed(team, status=409)["code"] == "assessment_open"
    decided(team, waits, status=403, who="developer")
    decided(team, waits, status=403, who="content")


def test_a_lone_strategist_decides_their_own(team, tool):
    team.fire("boss2")
    assert decided(team, proposed(team, who="boss"))["state"] == "approved"


def test_what_is_over_is_not_approved(team, tool):
    assert proposed(team, days=0, status=422)["errors"][0]["pointer"] == "/valid_until"
    short = proposed(team, days=1)
    team.clock.turn(days=1)
    assert decided(team, short, status=422)["errors"][0]["code"] == "not_later"
    assert decided(team, short, "refuse")["state"] == "refused"
    waits = proposed(team)
    team.want(200, "PATCH", f"{VENDORS}/fan", "boss", {"contract_ends_on": "2026-03-02"})
    assert decided(team, waits, status=422)["errors"][0]["code"] == "contract_over"
    assert proposed(team, status=422)["errors"][0]["code"] == "contract_over"
    team.post(f"{TOOLS}/trumpet/retire", "developer")
    assert decided(team, waits, status=409)["code"] == "tool_retired"
    assert proposed(team, status=409)["code"] == "tool_retired"


def test_with_the_contract_the_approval_ends_and_comes_back_with_it(team, tool):
    decided(team, proposed(team, days=400))
    assert team.get(f"{TOOLS}/trumpet", "asker")["standing"]["until"] == "2027-01-01T00:00:00Z"
    team.want(200, "PATCH", f"{VENDORS}/fan", "boss", {"contract_ends_on": "2026-03-01"})
    assert state(team) == "lapsed"
    team.want(200, "PATCH", f"{VENDORS}/fan", "boss", {"contract_ends_on": None})
    assert state(team) == "approved"


# --- accounts -------------------------------------------------------------------------------------------------------


def test_an_account_says_which_tools_it_uses(team, tool):
    team.post(TOOLS, "developer", {"key": "ears", "name": "Ears"}, 201)
    new = {"network": "x", "handle": "acme", "business_unit_id": "sales", "tools": ["trumpet", "ears", tool["id"]]}
    made = team.post("/v1/accounts", "liaison", new, 201)
    path = f"/v1/accounts/{made['id']}"
    assert made["tools"] == team.get(path, "asker")["tools"] == ["ears", "trumpet"]
    using = lambda ref: [one["handle"] for one in team.get(f"/v1/accounts?tool={ref}", "asker")["items"]]  # noqa: E731
    assert using("ears") == using(tool["id"]) == ["acme"] and using("nothing") == []
    etag = team.call("GET", path, "asker").headers["etag"]
    assert team.want(200, "PATCH", path, "hub", {"tools": ["trumpet"]})["tools"] == ["trumpet"]
    assert team.call("GET", path, "asker").headers["etag"] != etag and using("ears") == []
    assert team.want(200, "PATCH", path, "hub", {"purpose": "News."})["tools"] == ["trumpet"]
    (error,) = team.want(422, "PATCH", path, "hub", {"tools": ["trumpet", "nothing"]})["errors"]
    assert (error["pointer"], error["code"]) == ("/tools/1", "unknown_tool")
    before = team.intact()
    team.want(200, "PATCH", path, "hub", {"tools": ["trumpet"]})
    assert len(team.events(action="account.tools_changed")) == 2 and team.intact() == before
    assert team.want(200, "PATCH", path, "hub", {"tools": []})["tools"] == []
    assert team.untold() == ()


def test_an_unauthorised_tool_is_flagged_since_it_is_one(team, tool):
    account = team.account("acme")
    flagged = lambda: {  # noqa: E731
        one["flag"]: (one["since"], one["policy"]) for one in team.get(f"/v1/accounts/{account}", "hub")["flags"]
    }.get("unauthorised_tool")
    decided(team, proposed(team, days=10))
    assert flagged() is None
    team.clock.turn(days=1)
    team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", {"tools": ["trumpet"]})
    assert flagged() is None
    team.clock.turn(days=20)
    assert flagged() == ("2026-03-12T09:00:00Z", None)
    other = team.account("acme_more")
    team.want(200, "PATCH", f"/v1/accounts/{other}", "hub", {"tools": ["trumpet"]})
    (late,) = [
        one for one in team.get(f"/v1/accounts/{other}", "hub")["flags"] if one["flag"] == "unauthorised_tool"
    ]  # fmt: skip
    assert late["since"] == "2026-03-23T09:00:00Z"  # it began to use what was not approved any more
    decided(team, proposed(team))
    assert flagged() is None
    team.clock.turn(days=1)
    decided(team, proposed(team), "refuse")
    assert flagged() == ("2026-03-24T09:00:00Z", None)
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    said = {"text": "Care.", "rules": {"allowed_tools": []}}
    team.post("/v1/policies/care/versions", "content", said, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss")
    assert flagged() == ("2026-03-24T09:00:00Z", "care@1")


def test_a_proposal_with_other_tools_goes_on_its_route_again(team, tool):
    new = {"network": "x", "handle": "acme", "business_unit_id": "sales", "risk": "high"}
    made = team.post("/v1/accounts", "liaison", new, 201)
    word = {"decision": "approve"}
    team.post(f"/v1/accounts/{made['id']}/decisions", "hub", word)
    changed = team.want(200, "PATCH", f"/v1/accounts/{made['id']}", "liaison", {"tools": ["trumpet"]})
    assert [step["state"] for step in changed["registration"]["steps"]] == ["open", "waiting"]
    assert changed["tools"] == ["trumpet"]


# --- rules ----------------------------------------------------------------------------------------------------------

TOOL = Tool(UUID(int=1), "trumpet", "Trumpet", None, None, None, AT, AT, 1)
VENDOR = Vendor(UUID(int=2), "fan", "Fan", None, None, None, None, AT, AT, 1)
PROPOSED = Assessment(UUID(int=3), TOOL.id, S.PROPOSED, "", AT + 90 * DAY, None, None, None, None, None, AT, AT, 1)
APPROVED = replace(PROPOSED, state=S.APPROVED, decided_at=AT)


@pytest.mark.parametrize(
    ("tool", "vendor", "found", "wanted"),
    [
        (TOOL, None, [], Standing(ToolState.UNASSESSED)),
        (TOOL, None, [PROPOSED], Standing(ToolState.PROPOSED)),
        (TOOL, VENDOR, [APPROVED], Standing(ToolState.APPROVED, AT + 90 * DAY)),
        (TOOL, None, [replace(PROPOSED, state=S.REFUSED, decided_at=AT)], Standing(ToolState.REFUSED)),
        (replace(TOOL, retired_at=AT + DAY), None, [APPROVED], Standing(ToolState.RETIRED, None, AT + DAY)),
        (replace(TOOL, retired_at=AT + DAY), None, [], Standing(ToolState.RETIRED)),
        (
            TOOL, None,
            [replace(APPROVED, superseded_at=AT + 2 * DAY), replace(PROPOSED, state=S.REFUSED, decided_at=AT + 2 * DAY)],
            Standing(ToolState.REFUSED, None, AT + 2 * DAY),
        ),
        (
            TOOL, replace(VENDOR, contract_ends_on=date(2026, 3, 3)), [APPROVED],
            Standing(ToolState.LAPSED, None, datetime(2026, 3, 4, tzinfo=UTC)),
        ),
        (  # the contract's end was put to a day before the approval: it was over as it was given
            TOOL, replace(VENDOR, contract_ends_on=date(2026, 1, 1)), [APPROVED], Standing(ToolState.LAPSED, None, AT),
        ),
    ],
)  # fmt: skip
def test_where_a_tool_stands(tool, vendor, found, wanted):
    assert rules.standing(tool, vendor, found, AT + 3 * DAY) == wanted


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=5), st.integers(0, 60),
    st.none() | st.integers(0, 60), st.none() | st.integers(0, 60),
)  # fmt: skip
@settings(deadline=None)
def test_a_tool_is_approved_by_the_last_word_alone_and_ceased_to_be_before_now(words, now, retired, contract):
    """``words``: approved or refused, one a day, and for how many days."""
    made = []
    for n, (yes, days) in enumerate(words):
        at = AT + n * DAY
        made = [replace(one, superseded_at=one.superseded_at or at) for one in made]
        made.append(
            replace(PROPOSED, state=S.APPROVED if yes else S.REFUSED, decided_at=at, valid_until=at + days * DAY)
        )
    at = AT + max(now, len(words)) * DAY
    tool = replace(TOOL, retired_at=None if retired is None else min(AT + retired * DAY, at))
    vendor = replace(VENDOR, contract_ends_on=None if contract is None else (AT + contract * DAY).date())
    found = rules.standing(tool, vendor, made, at)
    over = vendor.contract_over_at
    last = made[-1] if made else None
    assert found.approved is (
        last is not None and last.state is S.APPROVED and last.valid_until > at and tool.retired_at is None
        and (over is None or over > at)
    )  # fmt: skip
    assert (found.until is not None) is found.approved
    ceased = found.approved_last_at
    assert (ceased is None) is (found.approved or not any(yes for yes, _ in words))
    assert ceased is None or ceased <= at


def test_the_flag_is_of_the_first_of_several_tools():
    used = [
        Usage("good", AT, Standing(ToolState.APPROVED, AT + DAY)),
        Usage("late", AT + 2 * DAY, Standing(ToolState.UNASSESSED)),
        Usage("lapsed", AT, Standing(ToolState.LAPSED, None, AT + DAY)),
    ]
    since = lambda *usages: [  # noqa: E731
        one.since
        for one in flags(ACCOUNT, Surroundings(usages={ACCOUNT.id: usages}), NO_LIMITS, AT)
        if one.flag is Flag.UNAUTHORISED_TOOL
    ]
    assert since(*used) == [AT + DAY] and since(*used[:2]) == [AT + 2 * DAY] and since(used[0]) == []


def test_what_the_database_finds_approved_is_what_the_rule_says(team, tool):
    decided(team, proposed(team, days=30))
    seen = []
    for _ in range(2):
        with team.work(write=False) as work:
            seen.append(set(work.session.scalars(store.approved_ids(work.now))))
            standings = store.standings(work.session, work.now)
        assert seen[-1] == {id_ for id_, one in standings.items() if one.approved}
        team.clock.turn(days=30)
    assert seen == [{UUID(tool["id"])}, set()]
