"""A decision taken apart: every condition with the fact behind it, by plain calls; and that it is the same decision."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.accounts.rules import AccountState
from app.governance.evaluation.rules import UsedTool, decide
from app.governance.explaining.rules import Condition, conditions
from app.governance.freezes.rules import FreezeKind
from app.governance.models.rules import MODELS, ModelKey, Right, Setting
from app.governance.reasons.rules import Reason, ReasonCode
from app.policies.rules import Attesting
from app.programme.training.rules import Learnt
from tests.governance.test_conditions import (
    BREAK,
    DAY,
    GOOD,
    GRANT,
    LIMITS,
    ME,
    NOW,
    PLATFORM,
    TOOL,
    UNIT,
    VERSION,
    frozen,
    granted,
    resource,
    ruled,
    subject,
    tool,
)

C = ReasonCode
CHOSEN = Setting(UUID(int=60), None, ModelKey.HUB_AND_SPOKE, None, NOW - DAY, "So.", UUID(int=2), NOW - DAY)
BY = f"It holds for the enterprise since 2026-03-03T10:00:00Z, chosen by employee {UUID(int=2)}."
WHOLE = (
    Condition(C.SUBJECT_UNKNOWN, "The person is known."),
    Condition(C.ACCOUNT_UNKNOWN, "The account is known."),
    Condition(C.RIGHT_UNKNOWN, "The right is to publish."),
    Condition(C.SUBJECT_INACTIVE, "The person is an active employee."),
    Condition(C.ACCOUNT_NOT_ACTIVE, "The account is active."),
    Condition(C.FROZEN, "No freeze covers the account."),
    Condition(
        C.NO_GRANT,
        "The right to publish was given from 2026-03-03T10:00:00Z until 2026-03-05T10:00:00Z "
        f"(grant {GRANT.id}).",
    ),
    Condition(C.ABOVE_MODEL_CEILING, f"Under hub_and_spoke everybody may publish, if granted. {BY}"),
    Condition(
        C.EMPLOYMENT_TYPE_EXCLUDED, "Policy lets employee hold rights; this person is employed as employee.", "care@1"
    ),
    Condition(
        C.TRAINING_EXPIRED,
        "The course brand was completed on 2026-03-03; that counts until 2027-03-03T10:00:00Z.",
        "care@1",
    ),
    Condition(C.ATTESTATION_MISSING, "Version 1 of the policy care has been accepted.", "care@1"),
    Condition(C.OUTSIDE_POSTING_HOURS, "It is within posting hours (UTC).", "care@1"),
    Condition(C.CLEARANCE_MISSING, "This content has been cleared.", "care@1"),
    Condition(C.TOOL_NOT_ALLOWED, "Policy lets posts go through fanfare or platform; fanfare is one.", "care@1"),
    Condition(C.TOOL_NOT_REGISTERED, "fanfare is a registered publishing tool that serves this unit."),
)  # fmt: skip
POLICY = {
    C.EMPLOYMENT_TYPE_EXCLUDED, C.TRAINING_EXPIRED, C.TRAINING_MISSING, C.ATTESTATION_MISSING, C.OUTSIDE_POSTING_HOURS,
    C.CLEARANCE_MISSING, C.TOOL_NOT_ALLOWED,
}  # fmt: skip


def explained(facts, setting=CHOSEN, at=NOW):
    """The conditions; whatever they are, those that do not hold are the reasons and the advice of the decision."""
    found, decision = conditions(facts, at, setting), decide(facts, at)
    failed = [one for one in found if not one.passed]
    assert tuple(one.reason for one in failed if not one.advisory) == decision.reasons
    assert {one.reason for one in failed if one.advisory} == set(decision.advice)
    for one in failed:
        assert (one.code, one.policy) == (one.reason.code, one.reason.policy) and one.reason.message in one.fact
    return found


def one_of(found, code):
    (one,) = [one for one in found if one.code is code]
    return one


def test_everything_that_a_permit_rests_on_is_told_in_order():
    assert explained(GOOD) == WHOLE
    assert all(one.passed for one in WHOLE) and not any(one.advisory for one in WHOLE)


@pytest.mark.parametrize("code", BREAK)
def test_what_does_not_hold_stands_where_it_would_have_held(code):
    found = explained(BREAK[code](GOOD))
    (reason,) = decide(BREAK[code](GOOD), NOW).reasons
    places = [n for n, one in enumerate(found) if not one.passed]
    assert len(places) == 1 and len(found) == len(WHOLE)
    suffix = f" {BY}" if code == "above_model_ceiling" else ""
    assert found[places[0]] == Condition(reason.code, reason.message + suffix, reason.policy, reason=reason)
    others = [(one, usual) for n, (one, usual) in enumerate(zip(found, WHOLE, strict=True)) if n not in places]
    named_anew = {"tool_not_allowed": C.TOOL_NOT_REGISTERED}
    assert all(one == usual or one.code is named_anew.get(code) for one, usual in others)


def test_where_something_is_unknown_only_that_is_told():
    nobody = replace(GOOD, subject=None)
    assert [(one.code, one.passed) for one in conditions(nobody, NOW, CHOSEN)] == [
        (C.SUBJECT_UNKNOWN, False), (C.ACCOUNT_UNKNOWN, True),
    ]  # fmt: skip
    assert conditions(replace(GOOD, resource=None), NOW, CHOSEN) == (
        WHOLE[0],
        Condition(
            C.ACCOUNT_UNKNOWN,
            "No account is known by this id.",
            reason=Reason(C.ACCOUNT_UNKNOWN, "No account is known by this id."),
        ),
    )
    no_right = conditions(replace(GOOD, right=None), NOW, CHOSEN)
    assert [(one.code, one.passed) for one in no_right] == [
        (C.SUBJECT_UNKNOWN, True), (C.ACCOUNT_UNKNOWN, True), (C.RIGHT_UNKNOWN, False),
    ]  # fmt: skip
    assert conditions(GOOD, NOW, None) == WHOLE[:3]


def test_each_freeze_is_a_condition_of_its_own_whomever_it_exempts():
    high = replace(frozen(FreezeKind.BUSINESS_UNIT, exempt=[ME]), id=UUID(int=59))
    low = replace(frozen(FreezeKind.NETWORK), id=UUID(int=51))
    over, lifted = replace(low, id=UUID(int=52), until=NOW), replace(low, id=UUID(int=53), lifted_at=NOW)
    found = [one for one in explained(resource(freezes=(high, over, low, lifted))(GOOD)) if one.code is C.FROZEN]
    assert [one.passed for one in found] == [False, True]
    assert found[0].reason.call == f"POST /v1/freezes/{low.id}/lift"
    assert found[1] == Condition(C.FROZEN, f"The freeze {high.id} (business unit, L2) exempts this person.")
    assert one_of(explained(resource(freezes=(over, lifted))(GOOD)), C.FROZEN) == WHOLE[5]
    ending = explained(resource(freezes=(replace(low, until=NOW + DAY),))(GOOD))
    assert one_of(ending, C.FROZEN).reason.until == NOW + DAY


def test_the_right_that_covers_is_named():
    found = explained(replace(GOOD, right=Right.DRAFT))
    assert one_of(found, C.NO_GRANT).fact.startswith("The right to publish was given from")
    assert one_of(found, C.RIGHT_UNKNOWN).fact == "The right is to draft."


@pytest.mark.parametrize(("changes", "told"), [
    ({"id": None}, "Nobody has chosen a model: this is the product's own."),
    ({"set_by": None}, "It holds for the enterprise since 2026-03-03T10:00:00Z, chosen by an operator."),
    ({"business_unit_id": UNIT},
     f"It holds for the unit {UNIT} and below since 2026-03-03T10:00:00Z, chosen by employee {UUID(int=2)}."),
])  # fmt: skip
def test_who_chose_the_model_and_for_where_is_told(changes, told):
    fact = one_of(explained(GOOD, replace(CHOSEN, **changes)), C.ABOVE_MODEL_CEILING).fact
    assert fact == f"Under hub_and_spoke everybody may publish, if granted. {told}"


def test_above_the_ceiling_it_says_for_whom_it_is_none():
    mine = replace(GRANT, right=Right.ADMINISTER)
    above = replace(GOOD, right=Right.ADMINISTER, grants=(mine,))
    only = "Under hub_and_spoke only members of the Center of Excellence may administer"
    assert one_of(explained(above), C.ABOVE_MODEL_CEILING).fact == f"{only}. {BY}"
    member = subject(coe_member=True)(above)
    assert one_of(explained(member), C.ABOVE_MODEL_CEILING).fact == f"{only}; this person is one. {BY}"


def test_each_course_and_each_attestation_stands_by_itself():
    courses = [{"course": "brand"}, {"course": "law", "valid_for_days": 30}]
    limits = replace(
        LIMITS,
        values={"required_training": courses},
        source={"required_training/brand": "care@1", "required_training/law": "law@2"},
        attestations=(
            Attesting(VERSION, "care", 1, NOW - DAY),
            Attesting(UUID(int=71), "care", 2, NOW + DAY),
            Attesting(UUID(int=72), "law", 3, None),
        ),
    )
    done = {"brand": Learnt(NOW - DAY, None), "law": Learnt(NOW - 30 * DAY, 60)}
    found = explained(subject(completed=done)(resource(limits=limits)(GOOD)))[8:-1]
    expired = Reason(
        C.TRAINING_EXPIRED,
        "The course law was completed on 2026-02-02; that counts until 2026-03-04T10:00:00Z.",
        "law@2",
    )
    missing = Reason(
        C.ATTESTATION_MISSING, "Version 3 of the policy law has not been accepted.", "law@3",
        "POST /v1/policies/law/versions/3/attestations",
    )  # fmt: skip
    assert found == (
        Condition(
            C.TRAINING_EXPIRED, "The course brand was completed on 2026-03-03; that counts for ever.", "care@1"
        ),
        Condition(C.TRAINING_EXPIRED, expired.message, "law@2", reason=expired),
        Condition(C.ATTESTATION_MISSING, "Version 1 of the policy care has been accepted.", "care@1"),
        Condition(
            C.ATTESTATION_MISSING,
            "Version 2 of the policy care has not been accepted; there is time until 2026-03-05T10:00:00Z.",
            "care@2",
        ),
        Condition(C.ATTESTATION_MISSING, missing.message, "law@3", reason=missing),
    )  # fmt: skip


def test_a_course_counts_for_the_shorter_of_the_two():
    for course, rule, until in ((30, 60, "2026-04-02"), (60, 30, "2026-04-02"), (30, None, "2026-04-02")):
        asked = {"course": "brand"} | ({"valid_for_days": rule} if rule else {})
        facts = subject(completed={"brand": Learnt(NOW - DAY, course)})(ruled(required_training=[asked])(GOOD))
        assert f"that counts until {until}T10:00:00Z." in one_of(explained(facts), C.TRAINING_EXPIRED).fact


def test_without_a_tool_what_policy_asks_of_it_does_not_hold():
    reason = one_of(explained(tool(None)(GOOD)), C.TOOL_NOT_ALLOWED).reason
    assert reason.message.endswith("and none was named.")


def test_what_policy_does_not_ask_is_no_condition():
    nothing = explained(resource(limits=replace(LIMITS, values={}, attestations=()))(GOOD))
    assert not POLICY & {one.code for one in nothing} and len(nothing) == 9
    draft = {one.code for one in explained(replace(GOOD, right=Right.DRAFT))}
    assert not {C.OUTSIDE_POSTING_HOURS, C.CLEARANCE_MISSING} & draft and C.TOOL_NOT_ALLOWED in draft
    engage = explained(replace(GOOD, right=Right.ENGAGE, grants=(replace(GRANT, right=Right.ENGAGE),)))
    assert {one.code for one in engage} & {C.OUTSIDE_POSTING_HOURS, C.CLEARANCE_MISSING} == {C.OUTSIDE_POSTING_HOURS}
    assert C.CLEARANCE_MISSING not in {one.code for one in explained(ruled(clearance_required=False)(GOOD))}


def test_in_an_advisory_model_what_policy_asks_is_advisory_whether_it_holds_or_not():
    free = resource(model=MODELS[ModelKey.DECENTRALIZED])(GOOD)
    found = explained(free)
    assert {one.code for one in found if one.advisory} == POLICY - {C.TRAINING_MISSING}
    assert found[-1] == Condition(C.TOOL_NOT_REGISTERED, "Under decentralized posts go through any tool.")
    assert one_of(explained(BREAK["training_missing"](free)), C.TRAINING_MISSING).advisory


def test_what_the_model_asks_of_the_tool():
    through = lambda facts: explained(facts)[-1]  # noqa: E731
    free = ruled(allowed_tools=None)(GOOD)
    unnamed = through(tool(None)(free))
    assert unnamed.advisory and unnamed.reason.code is C.TOOL_NOT_REGISTERED and not unnamed.passed
    unknown = through(tool(UsedTool("own", None))(free))
    assert not unknown.advisory and unknown.fact == "own is not a registered publishing tool."
    central = resource(model=replace(MODELS[ModelKey.CENTRALIZED], ceiling=frozenset(Right)))
    assert through(central(free)) == Condition(
        C.TOOL_NOT_REGISTERED, "fanfare is a registered publishing tool of no unit's own."
    )
    honeycomb = resource(model=MODELS[ModelKey.HONEYCOMB], platform_id=PLATFORM.id)
    platform = through(honeycomb(tool(UsedTool("platform", PLATFORM))(free)))
    assert platform == Condition(C.TOOL_NOT_THE_PLATFORM, "platform is the one platform.")
    assert through(honeycomb(tool(UsedTool("fanfare", TOOL))(free))).reason.code is C.TOOL_NOT_THE_PLATFORM


def test_it_is_told_for_the_instant_that_is_asked_about():
    later = NOW + timedelta(days=1)
    found = explained(GOOD, at=later)
    assert one_of(found, C.GRANT_EXPIRED).reason is not None
    assert one_of(explained(granted(valid_until=NOW + 9 * DAY)(GOOD), at=later), C.OUTSIDE_POSTING_HOURS).reason
    stopped = explained(resource(state=AccountState.ARCHIVED)(GOOD))
    assert one_of(stopped, C.ACCOUNT_NOT_ACTIVE).fact == "The account is archived, not active."
