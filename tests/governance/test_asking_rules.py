"""What may be asked, registered and submitted at all: every refusal whole, by plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.accounts.rules import Account, AccountState
from app.directory.rules import Employee, EmploymentType
from app.governance.clearances import rules as clearances
from app.governance.clearances.rules import Clearance, ClearanceState, Submission
from app.governance.grants.rules import End
from app.governance.models.rules import MODELS, ModelKey, Right
from app.governance.reasons.rules import (
    NoLongerAllowed,
    Reason,
    ReasonCode,
    RequestRefused,
    as_members,
    curable,
    not_active,
    refuse,
)
from app.governance.registrations import rules as registrations
from app.governance.registrations.rules import Proposing
from app.governance.requests import rules as requests
from app.governance.requests.rules import Asking, TooManyOpen, Verdict
from app.governance.steps.rules import SelfApproval
from app.kernel.errors import Invalid
from app.policies.rules import Limits
from tests.governance.test_grants_rules import GRANT

C = ReasonCode
NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
D, CENTRAL, H, N, Y = (MODELS[key] for key in ModelKey)
NO_LIMITS = Limits({}, {}, ())
PERSON = Employee(**{one.name: None for one in fields(Employee)} | dict(
    id=UUID(int=1), display_name="Ada", active=True, employment_type=EmploymentType.EMPLOYEE,
))  # fmt: skip
ACCOUNT = Account(**{one.name: None for one in fields(Account)} | dict(
    id=UUID(int=3), network="x", state=AccountState.ACTIVE,
))  # fmt: skip
ASKING = Asking((Right.PUBLISH,), None, True, False, PERSON, False, ACCOUNT, H, NO_LIMITS, 0, ())


def ruled(**rules):
    return Limits(rules, {name: f"{name}@1" for name in rules}, ("care@1",))


def judged(**changes):
    return requests.judge(replace(ASKING, **changes), NOW)


@pytest.mark.parametrize(("changes", "reason"), [
    ({"beneficiary": replace(PERSON, active=False)}, Reason(C.SUBJECT_INACTIVE, "Ada is not an active employee.")),
    ({"beneficiary": replace(PERSON, starts_at=NOW + TICK)}, Reason(C.SUBJECT_INACTIVE, "Ada is not an active employee.")),
    ({"for_self": False}, Reason(C.NOT_FOR_OTHERS, "Under hub_and_spoke a liaison of their unit asks for them.")),
    ({"for_self": False, "liaison_of_beneficiary": True, "model": Y},
     Reason(C.NOT_FOR_OTHERS, "Under honeycomb each asks for themselves.")),
    ({"account": replace(ACCOUNT, state=AccountState.CHANGES_REQUESTED)},
     Reason(C.ACCOUNT_NOT_ACTIVE, "The account is changes requested.")),
    ({"rights": (Right.ADMINISTER,)},
     Reason(C.ABOVE_MODEL_CEILING, "Under hub_and_spoke only members of the Center of Excellence may administer.")),
    ({"rights": (Right.DRAFT, Right.PUBLISH, Right.ENGAGE), "model": CENTRAL},
     Reason(C.ABOVE_MODEL_CEILING, "Under centralized only members of the Center of Excellence may publish or engage.")),
    ({"suspended": (Right.PUBLISH, Right.DRAFT)}, Reason(C.GRANT_SUSPENDED, "The right to publish or draft is held and suspended.")),
    ({"until": NOW}, Reason(C.UNTIL_IN_THE_PAST, "The right would have ended before it began.")),
    ({"until": NOW + 365 * DAY + TICK},
     Reason(C.UNTIL_TOO_LATE, "The most allowed here is 365 days, until 2027-03-04T10:00:00Z.")),
    ({"until": NOW + 31 * DAY, "limits": ruled(max_grant_days=30)},
     Reason(C.UNTIL_TOO_LATE, "The most allowed here is 30 days, until 2026-04-03T10:00:00Z.", "max_grant_days@1")),
    ({"until": NOW + 366 * DAY, "limits": ruled(max_grant_days=365)},
     Reason(C.UNTIL_TOO_LATE, "The most allowed here is 365 days, until 2027-03-04T10:00:00Z.")),
    ({"limits": ruled(employment_types=["agency", "contractor"])},
     Reason(C.EMPLOYMENT_TYPE_EXCLUDED, "Policy lets agency or contractor hold rights; this is an employee.", "employment_types@1")),
    ({"limits": ruled(employment_types=[]), "beneficiary": replace(PERSON, employment_type=EmploymentType.CONTRACTOR)},
     Reason(C.EMPLOYMENT_TYPE_EXCLUDED, "Policy lets nobody hold rights; this is a contractor.", "employment_types@1")),
    ({"limits": ruled(allowed_networks=["blog", "linkedin"])},
     Reason(C.NETWORK_NOT_ALLOWED, "Policy allows blog or linkedin; not x.", "allowed_networks@1")),
    ({"limits": ruled(allowed_networks=[])}, Reason(C.NETWORK_NOT_ALLOWED, "Policy allows no network; not x.", "allowed_networks@1")),
    ({"limits": ruled(max_publishers_per_account=2), "other_publishers": 2},
     Reason(C.PUBLISHERS_FULL, "2 people may publish on this account, and as many do.", "max_publishers_per_account@1")),
])  # fmt: skip
def test_each_refusal_of_a_request_is_told_whole(changes, reason):
    assert judged(**changes) == Verdict((reason,), ())


@pytest.mark.parametrize("changes", [
    {}, {"for_self": False, "liaison_of_beneficiary": True}, {"rights": (Right.ADMINISTER,), "beneficiary_in_coe": True},
    {"account": replace(ACCOUNT, state=AccountState.APPROVED)}, {"until": NOW + TICK}, {"until": NOW + 365 * DAY},
    {"until": NOW + 30 * DAY, "limits": ruled(max_grant_days=30)},
    {"limits": ruled(employment_types=["employee"], allowed_networks=["x"], max_publishers_per_account=2), "other_publishers": 1},
    {"limits": ruled(max_publishers_per_account=2), "other_publishers": 9, "rights": (Right.ENGAGE,)},
    {"limits": ruled(max_publishers_per_account=0), "rights": (Right.DRAFT,)},
])  # fmt: skip
def test_what_may_be_asked(changes):
    assert judged(**changes) == Verdict((), ())


@pytest.mark.parametrize(("right", "asked", "taken"), [
    (Right.PUBLISH, (Right.PUBLISH,), True), (Right.PUBLISH, (Right.DRAFT,), True), (Right.DRAFT, (Right.PUBLISH,), True),
    (Right.PUBLISH, (Right.ENGAGE, Right.DRAFT), True), (Right.PUBLISH, (Right.ENGAGE, Right.ADMINISTER), False),
    (Right.PUBLISH, (), False),
])  # fmt: skip
def test_what_somebody_else_took_away_comes_back_by_no_machine(right, asked, taken):
    revoked = replace(GRANT, right=right, end=End.REVOKED, ended_by=UUID(int=7), ended_at=NOW)
    assert requests.taken_away(revoked, asked, NOW) is taken
    by_themselves = replace(revoked, ended_by=GRANT.employee_id)
    assert requests.taken_away(by_themselves, asked, NOW) is False
    under_review = replace(GRANT, right=right, review_ends_at=NOW + TICK)
    assert requests.taken_away(under_review, asked, NOW) is taken


def test_what_policy_says_is_advice_where_it_is_advisory_and_nothing_else_is():
    limits = ruled(employment_types=["agency"], max_grant_days=1)
    found = judged(model=D, limits=limits, suspended=(Right.PUBLISH,), until=NOW + 2 * DAY)
    assert [one.code for one in found.refusals] == [C.GRANT_SUSPENDED]
    assert [one.code for one in found.advice] == [C.EMPLOYMENT_TYPE_EXCLUDED]
    both = judged(limits=ruled(employment_types=["agency"]), suspended=(Right.PUBLISH,))
    assert [one.code for one in both.refusals] == [C.GRANT_SUSPENDED, C.EMPLOYMENT_TYPE_EXCLUDED]


def test_so_many_requests_may_wait():
    requests.check_room(99)
    with pytest.raises(
        TooManyOpen, match=r"^100 of your requests wait for a decision; at most 100 may\. Withdraw some, or wait\.$"
    ):
        requests.check_room(100)


# --- registrations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "liaison", "coe", "refused"), [
    (D, False, False, None), (H, False, False, "Under hub_and_spoke a liaison of the unit registers accounts."),
    (H, True, False, None), (H, False, True, None),
    (CENTRAL, True, False, "Under centralized a member of the Center of Excellence registers accounts."), (CENTRAL, False, True, None),
])  # fmt: skip
def test_who_may_register(model, liaison, coe, refused):
    found = registrations.judge(Proposing(model, NO_LIMITS, "x", liaison, coe))
    assert found == ((Reason(C.NOT_THE_PROPOSER, refused),) if refused else (), ())


def test_what_policy_says_of_a_registration():
    limits = ruled(allowed_networks=["blog", "linkedin"], two_custodians=True)
    network = Reason(C.NETWORK_NOT_ALLOWED, "Policy allows blog or linkedin; not x.", "allowed_networks@1")
    custody = Reason(
        C.CUSTODIANS_MISSING, "Policy wants a steward and a backup steward for every account.", "two_custodians@1"
    )
    asked = Proposing(H, limits, "x", True, False, 1)
    assert registrations.judge(asked) == ((network, custody), ())
    assert registrations.judge(replace(asked, model=D)) == ((), (network, custody))
    assert registrations.judge(replace(asked, network="blog", custodians=2)) == ((), ())
    assert registrations.judge(Proposing(H, limits, "blog", True, False)) == ((), ())
    nowhere = registrations.judge(replace(asked, limits=ruled(allowed_networks=[])))[0]
    assert [one.message for one in nowhere] == ["Policy allows no network; not x."]
    assert [one.code for one in registrations.judge(replace(asked, liaison_of_unit=False))[0]] == [
        C.NOT_THE_PROPOSER, C.NETWORK_NOT_ALLOWED, C.CUSTODIANS_MISSING,
    ]  # fmt: skip


# --- clearances ------------------------------------------------------------------------------------------------------

SUBMISSION = Submission(True, False, False, ACCOUNT, ModelKey.HUB_AND_SPOKE, (GRANT,))
CLEARANCE = Clearance(**{one.name: None for one in fields(Clearance)} | dict(
    id=UUID(int=8), content_sha256="a" * 64, not_after=NOW + DAY, state=ClearanceState.SUBMITTED, employee_id=UUID(int=1),
))  # fmt: skip


def submitted(**changes):
    return clearances.judge(replace(SUBMISSION, **changes), NOW)


def held(**changes):
    return {"grants": (replace(GRANT, **changes),)}


@pytest.mark.parametrize(("changes", "reason"), [
    ({"employed": False}, Reason(C.SUBJECT_INACTIVE, "You are not an active employee.")),
    ({"account": replace(ACCOUNT, state=AccountState.CHANGES_REQUESTED)},
     Reason(C.ACCOUNT_NOT_ACTIVE, "The account is changes requested; nothing is posted there.")),
    ({"grants": ()}, Reason(C.NO_GRANT, "You never held the right to draft on this account.")),
    (held(right=Right.ENGAGE), Reason(C.NO_GRANT, "You never held the right to draft on this account.")),
    (held(valid_until=NOW), Reason(C.GRANT_EXPIRED, "Your right to publish on this account has expired.")),
    (held(end=End.SUPERSEDED, ended_at=NOW), Reason(C.GRANT_EXPIRED, "Your right to publish on this account was replaced by a newer one.")),
    (held(end=End.REVOKED, ended_at=NOW), Reason(C.GRANT_REVOKED, "Your right to publish on this account was revoked.")),
    (held(suspended_since=NOW), Reason(C.GRANT_SUSPENDED, "Your right to publish on this account is suspended.")),
    (held(valid_from=NOW + TICK), Reason(C.GRANT_NOT_STARTED, "Your right to publish on this account has not begun.")),
    ({"of_the_unit": True, "grants": ()}, Reason(C.NO_GRANT, "You never held the right to draft on this account.")),
    ({"model": ModelKey.CENTRALIZED, "grants": ()}, Reason(C.NO_GRANT, "You never held the right to draft on this account.")),
])  # fmt: skip
def test_each_refusal_of_a_submission_is_told_whole(changes, reason):
    assert submitted(**changes) == (reason,)


@pytest.mark.parametrize("changes", [
    {}, held(right=Right.DRAFT), {"coe_member": True, "grants": ()},
    {"of_the_unit": True, "model": ModelKey.CENTRALIZED, "grants": ()}, {"account": replace(ACCOUNT, state=AccountState.SUSPENDED)},
])  # fmt: skip
def test_who_may_submit(changes):
    assert submitted(**changes) == ()


def test_without_a_right_in_force_the_latest_speaks_unless_it_was_replaced():
    revoked = replace(GRANT, id=UUID(int=90), created_at=NOW - 9 * DAY, end=End.REVOKED, ended_at=NOW)
    replaced = replace(GRANT, id=UUID(int=10), created_at=NOW, end=End.SUPERSEDED, ended_at=NOW)
    expired = replace(GRANT, id=UUID(int=11), created_at=NOW - DAY, valid_until=NOW)
    paused = replace(expired, id=UUID(int=12), suspended_since=NOW, valid_until=NOW + DAY)
    for grants, code in (
        ((revoked, replaced), C.GRANT_REVOKED), ((replaced, revoked), C.GRANT_REVOKED), ((expired, revoked), C.GRANT_EXPIRED),
        ((revoked, expired), C.GRANT_EXPIRED), ((paused, expired), C.GRANT_SUSPENDED), ((expired, paused), C.GRANT_SUSPENDED),
    ):  # fmt: skip
        assert [one.code for one in submitted(grants=grants)] == [code]
    assert submitted(grants=(revoked, GRANT)) == ()


def refusal(call, *words):
    with pytest.raises(Invalid) as found:
        call(*words)
    (one,) = found.value.errors
    return one.pointer, one.code, one.message


def test_until_when_a_clearance_is_good():
    assert clearances.ends(None, NOW) == NOW + 7 * DAY
    assert clearances.ends(NOW + TICK, NOW) == NOW + TICK and clearances.ends(NOW + 30 * DAY, NOW) == NOW + 30 * DAY
    early = ("/not_after", "in_the_past", "The clearance would have ended before it began.")
    assert refusal(clearances.ends, NOW, NOW) == early
    late = ("/not_after", "too_late", "The most allowed is 30 days, until 2026-04-03T10:00:00Z.")
    assert refusal(clearances.ends, NOW + 30 * DAY + TICK, NOW) == late


def state(value, **more):
    return replace(CLEARANCE, state=ClearanceState(value), **more)


def said(call, *words):
    try:
        call(*words)
    except Exception as error:
        return type(error).__name__, str(error)
    return None


def test_who_decides_takes_back_and_redeems_when():
    me, other = UUID(int=1), UUID(int=2)
    decide, withdraw = clearances.check_decision, clearances.check_withdrawal
    assert said(decide, CLEARANCE, other, NOW) is None
    assert said(decide, CLEARANCE, me, NOW) == (SelfApproval.__name__, "Nobody clears a post that they submitted.")
    late = ("ClearanceNotPending", "The clearance is expired; it takes no decision.")
    assert said(decide, CLEARANCE, me, NOW + DAY) == said(decide, CLEARANCE, other, NOW + DAY) == late
    assert said(decide, state("cleared"), other, NOW)[1] == "The clearance is cleared; it takes no decision."
    for open_ in ("submitted", "cleared"):
        assert said(withdraw, state(open_), NOW) is None
        assert said(withdraw, state(open_), NOW + DAY) == ("ClearanceEnded", "The clearance is expired.")
    assert said(withdraw, state("denied"), NOW + DAY) == ("ClearanceEnded", "The clearance is denied.")
    redeem = lambda one, content="a" * 64, at=NOW: said(clearances.check_redemption, one, content, at)  # noqa: E731
    assert redeem(state("cleared")) is None
    used = ("ClearanceUsed", "The clearance was used already; it is good for one post.")
    assert redeem(state("redeemed"), "b" * 64, NOW + DAY) == used
    assert redeem(state("withdrawn"), "b" * 64) == ("ClearanceNotCleared", "The clearance is withdrawn, not cleared.")
    assert redeem(state("cleared"), at=NOW + DAY)[0] == "ClearanceNotCleared"
    differs = "Another content was cleared than the one to be posted; submit what has changed."
    assert redeem(state("cleared"), "b" * 64) == ("ContentMismatch", differs)


@pytest.mark.parametrize(("known", "content", "code"), [
    ([], "a" * 64, C.CLEARANCE_MISSING), ([], None, C.CLEARANCE_MISSING),
    ([state("cleared")], "a" * 64, None), ([state("redeemed"), state("cleared")], "a" * 64, None),
    ([state("redeemed")], "a" * 64, C.CLEARANCE_USED), ([state("redeemed"), state("denied")], "a" * 64, C.CLEARANCE_USED),
    ([state("cleared")], "b" * 64, C.CLEARANCE_CONTENT_MISMATCH), ([state("cleared")], None, C.CLEARANCE_MISSING),
    ([state("cleared", not_after=NOW)], "b" * 64, C.CLEARANCE_MISSING), ([state("cleared", not_after=NOW)], "a" * 64, C.CLEARANCE_MISSING),
    ([state("submitted")], "a" * 64, C.CLEARANCE_MISSING), ([state("submitted")], "b" * 64, C.CLEARANCE_MISSING),
    ([state("denied"), state("cleared", content_sha256="c" * 64)], "a" * 64, C.CLEARANCE_MISSING),
    ([state("redeemed")], "b" * 64, C.CLEARANCE_MISSING),
])  # fmt: skip
def test_why_a_post_of_this_content_is_not_cleared(known, content, code):
    assert clearances.check(known, content, NOW) is code


# --- reasons ---------------------------------------------------------------------------------------------------------


def of(*codes, **more):
    return [Reason(code, "So.", **more) for code in codes]


@pytest.mark.parametrize(("reasons", "cured"), [
    (of(), None), (of(C.NO_GRANT), C.NO_GRANT), (of(C.FROZEN, C.GRANT_EXPIRED), C.GRANT_EXPIRED), (of(C.GRANT_REVOKED), C.GRANT_REVOKED),
    (of(C.FROZEN), None), (of(C.NO_GRANT, C.TRAINING_MISSING), C.NO_GRANT),
    *((of(C.NO_GRANT, other), None) for other in (C.ABOVE_MODEL_CEILING, C.EMPLOYMENT_TYPE_EXCLUDED, C.SUBJECT_INACTIVE)),
    (of(C.NO_GRANT, C.ACCOUNT_NOT_ACTIVE), None),
    ([*of(C.NO_GRANT), *of(C.ACCOUNT_NOT_ACTIVE, call="POST /x")], C.NO_GRANT),
])  # fmt: skip
def test_which_refusal_a_request_cures(reasons, cured):
    found = curable(reasons)
    assert (found and found.code) == cured


@pytest.mark.parametrize("one", AccountState)
def test_an_account_that_is_not_active_says_what_makes_it_so(one):
    calls = {"suspended": "resume", "approved": "activate"}
    call = f"POST /v1/accounts/{ACCOUNT.id}/{calls[one]}" if one in calls else None
    told = Reason(C.ACCOUNT_NOT_ACTIVE, f"The account is {one.replace('_', ' ')}, not active.", call=call)
    assert not_active(ACCOUNT.id, one) == (() if one == "active" else (told,))


def test_reasons_as_a_document_and_as_a_refusal():
    plain = Reason(C.NO_GRANT, "One.")
    whole = Reason(C.FROZEN, "Two.", "care@1", "POST /v1/freezes/7/lift", NOW)
    told = [
        {"code": "no_grant", "message": "One.",
         "remedy": {"message": "Ask for the right.", "call": "POST /v1/rights-requests", "until": None}},
        {"code": "frozen", "message": "Two.", "policy": "care@1",
         "remedy": {"message": "Wait, or ask whoever may lift the freeze.", "call": "POST /v1/freezes/7/lift",
                    "until": "2026-03-04T10:00:00Z"}},
    ]  # fmt: skip
    assert as_members((plain, whole)) == told
    refuse(RequestRefused, ())
    for kind in (RequestRefused, NoLongerAllowed):
        with pytest.raises(kind, match=r"^One\. Two\.$") as found:
            refuse(kind, (plain, whole))
        assert found.value.members == {"reasons": told}
