"""May they, now? Each reason over HTTP, alone where it can be; and what holds for every decision whatever the facts."""

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.rules import AccountState
from app.directory.rules import EmploymentType
from app.governance.evaluation.rules import Facts, Resource, Subject, UsedTool, decide
from app.governance.grants.rules import End, Grant
from app.governance.models.rules import MODELS, ModelKey, Right
from app.governance.reasons.rules import REMEDIES, ReasonCode
from app.policies.rules import Limits
from app.tools.rules import Tool
from tests.routes import doors

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
UNIT, PLATFORM = UUID(int=2), UUID(int=7)


@pytest.fixture
def account(team):
    return team.account("acme")


def granted(team, account, who="asker", right="publish"):
    asked = team.ask(who, account, [right])
    team.decide("liaison", asked)
    return team.decide("hub", asked)["grants"][0]


def answer(team, who="asker", right="publish", account="x:acme"):
    """The decision with its codes; every reason says what it means and what to do."""
    found = team.evaluate("boss", who, right, account)
    for one in found["context"]["reasons"]:
        assert one["message"].endswith(".") and one["remedy"]["message"].endswith("."), one
    return found["decision"], [one["code"] for one in found["context"]["reasons"]]


def test_what_is_unknown_is_the_only_reason(team, account):
    assert answer(team, who="nobody") == (False, ["subject_unknown"])
    assert answer(team, account="x:nobody") == (False, ["account_unknown"])
    assert answer(team, who="nobody", account="nowhere:acme", right="fly") == (
        False,
        ["subject_unknown", "account_unknown"],
    )
    assert answer(team, right="fly") == (False, ["right_unknown"])


def test_each_reason_that_a_grant_can_give_comes_alone(team, account):
    assert answer(team) == (False, ["no_grant"])
    grant = granted(team, account)
    assert answer(team) == (True, []) and answer(team, right="draft") == (True, [])
    found = team.evaluate("boss", "asker", "publish", account)["context"]
    assert found["grant_id"] == grant["id"] and found["model"] == "hub_and_spoke" and found["revision"].isdecimal()
    team.post(f"/v1/grants/{grant['id']}/suspend", "hub", {"reason": "Away."})
    assert answer(team) == (False, ["grant_suspended"])
    team.post(f"/v1/grants/{grant['id']}/resume", "hub", {"reason": "Back."})
    team.post(f"/v1/grants/{grant['id']}/revoke", "hub", {"reason": "Over."})
    assert answer(team) == (False, ["grant_revoked"]) and answer(team, right="engage") == (False, ["no_grant"])
    granted(team, account, right="draft")
    team.clock.turn(days=180, microseconds=-1)
    assert answer(team, right="draft") == (True, []) and answer(team) == (False, ["grant_revoked"])
    team.clock.turn(microseconds=1)
    assert answer(team, right="draft") == (False, ["grant_expired"])


def test_each_reason_that_is_none_of_the_grants_comes_alone(team, account):
    granted(team, account)
    team.post(f"/v1/accounts/{account}/suspend", "hub", {})
    assert answer(team) == (False, ["account_not_active"])
    team.post(f"/v1/accounts/{account}/resume", "hub", {})
    team.switch("boss", "centralized")
    assert answer(team) == (False, ["above_model_ceiling"])
    team.switch("boss", "hub_and_spoke")
    assert answer(team) == (True, [])
    team.fire("asker")
    assert answer(team) == (False, ["subject_inactive", "grant_revoked"])  # a leaver's rights end with them
    team.fire("colleague")
    assert answer(team, "colleague") == (False, ["subject_inactive", "no_grant"])


def test_all_reasons_are_told_at_once(team, account):
    granted(team, account)
    team.post(f"/v1/accounts/{account}/suspend", "hub", {})
    team.switch("boss", "centralized")
    team.fire("asker")
    assert answer(team) == (False, ["subject_inactive", "account_not_active", "grant_revoked", "above_model_ceiling"])


def test_the_ceiling_binds_the_people_of_units_and_not_the_centre(team, account):
    team.switch("boss", "centralized")
    for who in ("content", "hub"):
        asked = team.ask(who, account, ["administer"])
        assert team.decide("boss", asked)["state"] == "granted"
        assert answer(team, who, "administer") == (True, [])
    refused = team.ask("liaison", account, status=422)
    assert [one["code"] for one in refused["reasons"]] == ["above_model_ceiling"]


def test_each_refusal_of_a_request_comes_alone(team, account):
    code = lambda refused: [one["code"] for one in refused["reasons"]]  # noqa: E731
    past = (team.clock.now - timedelta(seconds=1)).isoformat()
    assert code(team.ask("asker", account, status=422, until=past)) == ["until_in_the_past"]
    assert code(team.ask("asker", team.account("old", state="archived"), status=422)) == ["account_not_active"]
    assert code(team.ask("asker", account, ["administer"], status=422)) == ["above_model_ceiling"]
    team.switch("boss", "decentralized")
    assert code(team.ask("liaison", account, status=422, beneficiary_id=str(team.ids["asker"]))) == ["not_for_others"]
    team.fire("colleague")
    team.switch("boss", "hub_and_spoke")
    gone = team.ask("liaison", account, status=422, beneficiary_id=str(team.ids["colleague"]))
    assert code(gone) == ["subject_inactive"]


def test_who_may_ask_about_whom(team, account):
    team.evaluate("asker", "asker", "publish", account)
    body = {
        "subject": {"type": "employee", "id": "colleague"}, "action": {"name": "publish"},
        "resource": {"type": "account", "id": account},
    }  # fmt: skip
    for who, status in (("asker", 403), ("admin", 403), ("liaison", 200), ("auditor", 200), ("developer", 200)):
        team.post("/access/v1/evaluation", who, body, status)
    body["subject"]["id"] = "nobody"
    assert team.post("/access/v1/evaluation", "asker", body, 403)["code"] == "forbidden"  # no oracle for names


def test_every_remedy_names_a_call_that_there_is(world):
    calls = {one.name for one in doors(world.app)}
    assert {remedy.call for remedy in REMEDIES.values() if remedy.call} <= calls and set(REMEDIES) == set(ReasonCode)
    assert all(re.fullmatch("[a-z_]+", code) for code in ReasonCode)


# The rule itself: no database, no clock.

INSTANTS = st.integers(-400, 400).map(lambda days: NOW + timedelta(days=days))


@st.composite
def grants(draw):
    begins, until = sorted(draw(st.lists(INSTANTS, min_size=2, max_size=2, unique=True)))
    ended = draw(st.none() | st.integers(0, 400).map(lambda days: NOW - timedelta(days=days)))
    return Grant(**{one.name: None for one in fields(Grant)} | dict(
        id=UUID(int=draw(st.integers(1, 2**32))), employee_id=UUID(int=1), account_id=UUID(int=3),
        right=draw(st.sampled_from(Right)), request_id=UUID(int=4), valid_from=begins, valid_until=until,
        model=ModelKey.HUB_AND_SPOKE, policy_versions=(), approvers=(),
        suspended_since=None if ended else draw(st.none() | st.just(NOW - timedelta(days=1))), suspended_by=None,
        ended_at=ended, end=draw(st.sampled_from(End)) if ended else None, end_reason=None, ended_by=None,
        created_at=begins, updated_at=begins, version=1,
    ))  # fmt: skip


def tool(id_, unit, retired):
    return Tool(id_, "fanfare", "Fanfare", None, unit, NOW if retired else None, NOW, NOW, 1)


TOOLS = st.none() | st.builds(
    UsedTool,
    st.just("fanfare"),
    st.none()
    | st.builds(
        tool, st.sampled_from([PLATFORM, UUID(int=8)]), st.sampled_from([None, UNIT, UUID(int=9)]), st.booleans()
    ),
)
TYPES = st.none() | st.lists(st.sampled_from(EmploymentType), max_size=2)


@st.composite
def resources(draw):
    model, types = MODELS[draw(st.sampled_from(ModelKey))], draw(TYPES)
    values = {} if types is None else {"employment_types": types}
    limits = Limits(values, dict.fromkeys(values, "care@1"), ("care@1",))
    state = draw(st.just(AccountState.ACTIVE) | st.sampled_from(AccountState))
    return Resource(
        UUID(int=3), state, (UUID(int=1), UNIT), model, PLATFORM if model.key == "honeycomb" else None, limits
    )


SUBJECTS = st.builds(
    Subject, st.just(UUID(int=1)), st.sampled_from([True, True, False]), st.sampled_from(EmploymentType), st.booleans()
)
FACTS = st.builds(
    Facts,
    st.none() | st.sampled_from(Right),
    st.none() | SUBJECTS,
    st.none() | resources(),
    st.lists(grants(), max_size=4).map(tuple),
    TOOLS,
)
KNOWN = st.builds(
    Facts, st.sampled_from(Right), SUBJECTS, resources(), st.lists(grants(), min_size=1, max_size=4).map(tuple), TOOLS
)


def held(facts):
    """Is there a grant that answers for the right at this very instant?"""
    covering = {facts.right, Right.PUBLISH} if facts.right is Right.DRAFT else {facts.right}
    return any(
        one.right in covering
        and one.valid_from <= NOW < one.valid_until
        and one.ended_at is None
        and one.suspended_since is None
        for one in facts.grants
    )


def tool_passes(facts):
    rule, used, resource = facts.resource.model.tool, facts.tool, facts.resource
    if rule == "any" or (used is None and rule != "platform"):
        return True
    if used is None or used.tool is None or used.tool.retired_at is not None:
        return False
    if rule == "platform":
        return used.tool.id == resource.platform_id
    return used.tool.business_unit_id is None or (rule == "registered" and used.tool.business_unit_id in resource.path)


@given(FACTS | KNOWN)
def test_permitted_is_what_meets_every_condition_and_nothing_else(facts):
    found = decide(facts, NOW)
    everything = (
        facts.right is not None and facts.subject is not None and facts.resource is not None
        and facts.subject.active and facts.resource.state == "active" and held(facts)
        and (facts.right in facts.resource.model.ceiling or facts.subject.coe_member)
        and (facts.resource.model.advisory or (
            facts.resource.limits["employment_types"] is None
            or facts.subject.employment_type in facts.resource.limits["employment_types"]
        ))
        and tool_passes(facts)
    )  # fmt: skip
    assert found.permitted is everything
    assert found.permitted is (not found.reasons) and found.permitted is (found.grant_id is not None)
    assert len({one.code for one in found.reasons}) == len(found.reasons)


@given(FACTS)
def test_where_something_is_unknown_only_that_is_said(facts):
    codes = [one.code for one in decide(facts, NOW).reasons]
    unknown = [
        code
        for code, value in (("subject_unknown", facts.subject), ("account_unknown", facts.resource))
        if value is None
    ] or (["right_unknown"] if facts.right is None else [])
    if unknown:
        assert codes == unknown
    else:
        assert not {"subject_unknown", "account_unknown", "right_unknown"} & set(codes)


@given(KNOWN)
def test_one_reason_at_most_is_about_the_grant_and_it_is_the_latest_ones(facts):
    codes = {one.code for one in decide(facts, NOW).reasons}
    about = {"no_grant", "grant_expired", "grant_revoked", "grant_suspended", "grant_not_started"} & codes
    assert len(about) == (0 if held(facts) else 1)
    covering = [
        one
        for one in facts.grants
        if one.right is facts.right or (facts.right is Right.DRAFT and one.right is Right.PUBLISH)
    ]
    assert ("no_grant" in about) is (not covering)


def ended(one, how=End.REVOKED):
    return replace(one, ended_at=one.ended_at or NOW, end=one.end or how, suspended_since=None)


RESTRICTIONS = {
    "deactivated": lambda facts: replace(facts, subject=replace(facts.subject, active=False)),
    "left the centre": lambda facts: replace(facts, subject=replace(facts.subject, coe_member=False)),
    "account stopped": lambda facts: replace(facts, resource=replace(facts.resource, state=AccountState.SUSPENDED)),
    "nothing held any more": lambda facts: replace(facts, grants=()),
    "one grant less": lambda facts: replace(facts, grants=facts.grants[1:]),
    "revoked": lambda facts: replace(facts, grants=tuple(ended(one) for one in facts.grants)),
    "one revoked": lambda facts: replace(facts, grants=(ended(facts.grants[0]), *facts.grants[1:])),
    "suspended": lambda facts: replace(facts, grants=tuple(replace(one, suspended_since=NOW) for one in facts.grants)),
    "shorter": lambda facts: replace(
        facts, grants=tuple(replace(one, valid_until=min(one.valid_until, NOW)) for one in facts.grants)
    ),
    "fewer employments": lambda facts: replace(
        facts,
        resource=replace(facts.resource, limits=Limits({"employment_types": []}, {"employment_types": "care@2"}, ())),
    ),
    "an unknown tool": lambda facts: replace(facts, tool=UsedTool("nothing", None)),
    "a lower ceiling": lambda facts: replace(
        facts, resource=replace(facts.resource, model=replace(facts.resource.model, ceiling=frozenset()))
    ),
}


@given(KNOWN, st.sampled_from(sorted(RESTRICTIONS)))
def test_no_restriction_ever_permits_what_was_refused(facts, name):
    before, after = decide(facts, NOW), decide(RESTRICTIONS[name](facts), NOW)
    assert before.permitted or not after.permitted


@given(KNOWN)
def test_what_an_advisory_model_says_of_policy_refuses_nothing(facts):
    advisory = replace(facts, resource=replace(facts.resource, model=MODELS[ModelKey.DECENTRALIZED]))
    found = decide(advisory, NOW)
    assert not {"employment_type_excluded", "tool_not_registered", "tool_not_allowed"} & {
        one.code for one in found.reasons
    }
    limits = Limits({"employment_types": []}, {"employment_types": "care@2"}, ())
    excluded = decide(replace(advisory, resource=replace(advisory.resource, limits=limits)), NOW)
    assert excluded.permitted is found.permitted and "employment_type_excluded" in {one.code for one in excluded.advice}


@given(KNOWN, st.integers(-400, 400))
def test_the_very_instant_of_its_end_is_after_it(facts, days):
    """Attack I02."""
    at = NOW + timedelta(days=days)
    for one in facts.grants:
        lasting = replace(
            one, valid_from=at - timedelta(days=1), valid_until=at, ended_at=None, end=None, suspended_since=None
        )
        permit = decide(replace(facts, grants=(lasting,)), at - timedelta(microseconds=1)).permitted
        refuse = decide(replace(facts, grants=(lasting,)), at)
        assert not refuse.permitted and ("grant_expired" in {one.code for one in refuse.reasons}) is (
            "no_grant" not in {one.code for one in refuse.reasons}
        )
        later = replace(lasting, valid_from=at + timedelta(microseconds=1), valid_until=at + timedelta(days=1))
        assert not decide(replace(facts, grants=(later,)), at).permitted
        assert permit in (True, False)
