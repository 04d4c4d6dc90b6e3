"""Every reason by itself and with every other: the rule alone, without a database or a clock."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.rules import AccountState
from app.directory.rules import EmploymentType
from app.governance.evaluation.rules import Facts, Resource, Subject, UsedTool, decide
from app.governance.freezes.rules import Freeze, FreezeKind, Office, Severity, Target
from app.governance.grants.rules import End, Grant
from app.governance.models.rules import MODELS, ModelKey, Right
from app.governance.reasons.rules import ReasonCode
from app.policies.rules import Attesting, Limits
from app.programme.training.rules import Learnt
from app.tools.rules import Tool

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)  # a Wednesday
DAY = timedelta(days=1)
ME, ACCOUNT, UNIT, VERSION = UUID(int=1), UUID(int=3), UUID(int=7), UUID(int=70)
RULES = {
    "required_training": [{"course": "brand", "valid_for_days": 365}], "attestation_required": True,
    "employment_types": ["employee"], "allowed_tools": ["fanfare", "platform"], "posting_hours": {"wed": ["08:00-18:00"]},
    "clearance_required": True,
}  # fmt: skip
LIMITS = Limits(
    RULES,
    {**dict.fromkeys(RULES, "care@1"), "required_training/brand": "care@1"},
    ("care@1",),
    (Attesting(VERSION, "care", 1, NOW - DAY),),
)
TOOL = Tool(UUID(int=8), "fanfare", "Fanfare", None, None, None, NOW, NOW, 1)
PLATFORM = replace(TOOL, id=UUID(int=9), key="platform")
GRANT = Grant(**{one.name: None for one in fields(Grant)} | dict(
    id=UUID(int=4), employee_id=ME, account_id=ACCOUNT, right=Right.PUBLISH, request_id=UUID(int=5), valid_from=NOW - DAY,
    valid_until=NOW + DAY, model=ModelKey.HUB_AND_SPOKE, policy_versions=(), approvers=(), created_at=NOW - DAY,
    updated_at=NOW - DAY, version=1,
))  # fmt: skip
GOOD = Facts(
    Right.PUBLISH,
    Subject(ME, True, EmploymentType.EMPLOYEE, False, {"brand": Learnt(NOW - DAY, 730)}, frozenset({VERSION})),
    Resource(
        ACCOUNT, AccountState.ACTIVE, (UUID(int=6), UNIT), MODELS[ModelKey.HUB_AND_SPOKE], None, LIMITS, "x", "UTC", ()
    ),
    (GRANT,),
    UsedTool("fanfare", TOOL),
)


def frozen(kind=FreezeKind.ENTERPRISE, exempt=(), **more):
    members = {"business_unit_id": UNIT} if kind is FreezeKind.BUSINESS_UNIT else {}
    members |= {"network": "x"} if kind is FreezeKind.NETWORK else {}
    members |= {"account_id": ACCOUNT} if kind is FreezeKind.ACCOUNT else {}
    return Freeze(**{
        "id": UUID(int=50 + len(members)), "target": Target(kind, **members), "severity": Severity.L2, "reason": "A recall.",
        "exempt": frozenset(exempt), "authority": Office.STRATEGIST, "until": None, "set_by": UUID(int=2), "lifted_at": None,
        "lifted_by": None, "lift_reason": None, "created_at": NOW - DAY, "updated_at": NOW, "version": 1, **more,
    })  # fmt: skip


def subject(**changes):
    return lambda facts: replace(facts, subject=replace(facts.subject, **changes))


def resource(**changes):
    return lambda facts: replace(facts, resource=replace(facts.resource, **changes))


def granted(**changes):
    return lambda facts: replace(facts, grants=(replace(GRANT, **changes),))


def ruled(**rules):
    def change(facts):
        limits = replace(facts.resource.limits, values={**facts.resource.limits.values, **rules})
        return replace(facts, resource=replace(facts.resource, limits=limits))

    return change


def clearance(code):
    return lambda facts: replace(facts, clearance=ReasonCode(code))


def tool(used):
    return lambda facts: replace(facts, tool=used)


def with_model(**changes):
    return lambda facts: replace(
        facts, resource=replace(facts.resource, model=replace(facts.resource.model, **changes))
    )


BREAK = {
    "subject_inactive": subject(active=False),
    "account_not_active": resource(state=AccountState.SUSPENDED),
    "frozen": resource(freezes=(frozen(),)),
    "no_grant": lambda facts: replace(facts, grants=()),
    "grant_not_started": granted(valid_from=NOW + DAY / 2),
    "grant_expired": granted(valid_until=NOW),
    "grant_suspended": granted(suspended_since=NOW),
    "grant_revoked": granted(end=End.REVOKED, ended_at=NOW - DAY / 2),
    "above_model_ceiling": with_model(ceiling=frozenset({Right.DRAFT})),
    "training_missing": subject(completed={}),
    "training_expired": subject(completed={"brand": Learnt(NOW - 365 * DAY, None)}),
    "attestation_missing": subject(attested=frozenset()),
    "employment_type_excluded": subject(employment_type=EmploymentType.AGENCY),
    "outside_posting_hours": ruled(posting_hours={"wed": ["08:00-10:00"]}),
    "clearance_missing": clearance("clearance_missing"),
    "clearance_content_mismatch": clearance("clearance_content_mismatch"),
    "clearance_used": clearance("clearance_used"),
    "tool_not_allowed": tool(UsedTool("other", replace(TOOL, key="other"))),
}
GRANTS = {"no_grant", "grant_not_started", "grant_expired", "grant_suspended", "grant_revoked"}
CLEARANCES = {"clearance_missing", "clearance_content_mismatch", "clearance_used"}
TRAININGS = {"training_missing", "training_expired"}
ELSEWHERE = {
    "subject_unknown", "account_unknown", "right_unknown",  # alone by their meaning
    "tool_not_registered", "tool_not_the_platform",  # with other tools, below
    "network_not_allowed", "not_for_others", "not_the_proposer", "publishers_full", "until_in_the_past", "until_too_late",
    "custodians_missing",  # of requests and registrations
    "approval_unverifiable",  # of a question that names an approval
    "decision_stale",  # of whoever answers, not of the facts
}  # fmt: skip
NEVER_BOTH = [GRANTS, CLEARANCES, TRAININGS]


def codes(facts, at=NOW):
    found = decide(facts, at)
    assert found.permitted is (not found.reasons)
    return {one.code.value for one in found.reasons}


def test_with_every_condition_met_it_is_permitted():
    assert decide(GOOD, NOW).permitted and decide(GOOD, NOW).reasons == ()


def test_every_reason_of_a_decision_is_here():
    assert set(BREAK) | ELSEWHERE == set(ReasonCode)


@pytest.mark.parametrize("code", BREAK)
def test_each_comes_alone(code):
    assert codes(BREAK[code](GOOD)) == {code}


@pytest.mark.parametrize(
    ("one", "other"),
    [pair for pair in combinations(BREAK, 2) if not any(set(pair) <= group for group in NEVER_BOTH)],
)
def test_each_comes_with_every_other(one, other):
    assert codes(BREAK[other](BREAK[one](GOOD))) == {one, other}
    assert codes(BREAK[one](BREAK[other](GOOD))) == {one, other}


def test_all_that_can_come_together_do():
    facts = GOOD
    for code in set(BREAK) - GRANTS - CLEARANCES - TRAININGS | {"no_grant", "clearance_missing", "training_missing"}:
        facts = BREAK[code](facts)
    found = codes(facts)
    assert found == set(BREAK) - GRANTS - CLEARANCES - TRAININGS | {"no_grant", "clearance_missing", "training_missing"}


def test_a_tool_that_nobody_registered_and_one_that_is_not_the_platform():
    unruled = ruled(allowed_tools=None)(GOOD)
    assert codes(tool(UsedTool("own", None))(unruled)) == {"tool_not_registered"}
    honeycomb = resource(model=MODELS[ModelKey.HONEYCOMB], platform_id=PLATFORM.id)(GOOD)
    assert codes(honeycomb) == {"tool_not_the_platform"}
    assert codes(tool(UsedTool("platform", PLATFORM))(honeycomb)) == set()


@pytest.mark.parametrize("named", [None, UsedTool("own", None)])
def test_where_policy_names_tools_an_unnamed_one_is_refused(named):
    found = decide(tool(named)(GOOD), NOW)
    assert "tool_not_allowed" in {one.code for one in found.reasons}
    assert [one.policy for one in found.reasons if one.code == "tool_not_allowed"] == ["care@1"]


@pytest.mark.parametrize("right", [Right.DRAFT, Right.ANALYZE, Right.ENGAGE, Right.ADMINISTER])
def test_content_is_cleared_for_posts_and_hours_bind_what_the_public_sees(right):
    facts = replace(
        BREAK["clearance_missing"](BREAK["outside_posting_hours"](GOOD)), right=right, grants=(replace(GRANT, right=right),),
        subject=replace(GOOD.subject, coe_member=True),
    )  # fmt: skip
    assert codes(facts) == ({"outside_posting_hours"} if right is Right.ENGAGE else set())


@pytest.mark.parametrize("kind", FreezeKind)
def test_a_freeze_stops_what_it_covers_and_whom_it_does_not_exempt(kind):
    assert codes(resource(freezes=(frozen(kind),))(GOOD)) == {"frozen"}
    assert codes(resource(freezes=(frozen(kind, exempt=[ME]),))(GOOD)) == set()
    elsewhere = {
        FreezeKind.BUSINESS_UNIT: Target(kind, business_unit_id=UUID(int=99)), FreezeKind.NETWORK: Target(kind, network="blog"),
        FreezeKind.ACCOUNT: Target(kind, account_id=UUID(int=99)),
    }  # fmt: skip
    if kind in elsewhere:
        assert codes(resource(freezes=(replace(frozen(kind), target=elsewhere[kind]),))(GOOD)) == set()


def test_freezes_overlap_and_each_is_told():
    every = tuple(frozen(kind) for kind in FreezeKind)
    found = decide(resource(freezes=tuple(replace(one, id=UUID(int=n)) for n, one in enumerate(every)))(GOOD), NOW)
    assert [one.code for one in found.reasons] == ["frozen"] * 4 and len(
        {one.remedy.call for one in found.reasons}
    ) == 4
    lifted = replace(frozen(), lifted_at=NOW)
    assert codes(resource(freezes=(lifted, frozen(FreezeKind.NETWORK)))(GOOD)) == {"frozen"}
    assert codes(resource(freezes=(lifted, frozen(until=NOW)))(GOOD)) == set()  # the very instant of its end is over
    assert codes(resource(freezes=(frozen(until=NOW + DAY),))(GOOD)) == {"frozen"}


def test_a_freeze_is_never_advice():
    free = resource(model=MODELS[ModelKey.DECENTRALIZED])(GOOD)
    assert codes(resource(freezes=(frozen(),))(free)) == {"frozen"}


def test_what_policy_says_is_advice_where_policy_is_advisory():
    facts = resource(model=MODELS[ModelKey.DECENTRALIZED])(GOOD)
    for code in ("training_missing", "attestation_missing", "employment_type_excluded", "outside_posting_hours",
                 "clearance_missing", "tool_not_allowed"):  # fmt: skip
        facts = BREAK[code](facts)
        found = decide(facts, NOW)
        assert found.permitted and code in {one.code for one in found.advice}


@given(st.integers(0, 800), st.none() | st.integers(1, 800), st.none() | st.integers(1, 800))
def test_training_counts_for_the_shorter_of_the_two_and_not_at_its_last_instant(age, course, rule):
    rules = ruled(required_training=[{"course": "brand"} | ({"valid_for_days": rule} if rule else {})])
    facts = subject(completed={"brand": Learnt(NOW - age * DAY, course)})(rules(GOOD))
    ends = [days for days in (course, rule) if days is not None]
    assert codes(facts) == ({"training_expired"} if ends and age >= min(ends) else set())
    if ends and age == min(ends):
        assert codes(facts, NOW - timedelta(microseconds=1)) == set()


@given(st.integers(-30, 30))
def test_grace_is_over_at_its_very_instant(hours):
    limits = replace(LIMITS, attestations=(Attesting(VERSION, "care", 1, NOW + timedelta(hours=hours)),))
    facts = subject(attested=frozenset())(resource(limits=limits)(GOOD))
    assert codes(facts) == ({"attestation_missing"} if hours <= 0 else set())


def test_a_remedy_names_the_very_call():
    found = {code: decide(BREAK[code](GOOD), NOW).reasons[0].remedy for code in BREAK}
    assert found["attestation_missing"].call == "POST /v1/policies/care/versions/1/attestations"
    assert found["account_not_active"].call == f"POST /v1/accounts/{ACCOUNT}/resume"
    assert found["grant_suspended"].call == f"POST /v1/grants/{GRANT.id}/resume"
    assert found["frozen"].call.endswith("/lift") and found["no_grant"].call == "POST /v1/rights-requests"
    assert found["grant_not_started"].until == NOW + DAY / 2
    opens = datetime(2026, 3, 11, 8, tzinfo=UTC)
    assert (
        found["outside_posting_hours"].until == opens
        and str(opens.date()) in decide(BREAK["outside_posting_hours"](GOOD), NOW).reasons[0].message
    )
