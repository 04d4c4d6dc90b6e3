"""What a decision tells, member by member: the whole reason, its policy, its remedy's call and instant, the grant behind it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.accounts.rules import AccountState
from app.directory.rules import EmploymentType
from app.governance.evaluation.rules import (
    Decision,
    Duty,
    UsedTool,
    decide,
    duties,
    in_force,
    lasting,
    turns,
)
from app.governance.freezes.rules import FreezeKind, Target
from app.governance.grants.rules import End
from app.governance.models.rules import MODELS, ModelKey, Right
from app.governance.reasons.rules import Reason, ReasonCode
from app.policies.rules import Attesting
from app.programme.training.rules import Learnt
from tests.governance.test_conditions import (
    ACCOUNT,
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
    clearance,
    frozen,
    granted,
    resource,
    ruled,
    subject,
    tool,
)

C = ReasonCode
TICK = timedelta(microseconds=1)
TOMORROW, YESTERDAY = "2026-03-05T10:00:00Z", "2026-03-03T10:00:00Z"


def test_a_permit_names_its_grant_its_model_and_until_when():
    assert decide(GOOD, NOW) == Decision(True, (), (), GRANT.id, "hub_and_spoke", NOW + DAY)
    assert decide(BREAK["frozen"](GOOD), NOW) == Decision(
        False,
        (Reason(C.FROZEN, "Posting is frozen (enterprise, L2): A recall.", call=f"POST /v1/freezes/{UUID(int=50)}/lift"),),
        (), None, "hub_and_spoke", None,
    )  # fmt: skip


def test_where_something_is_unknown_that_is_all_that_is_said():
    person, account = (
        Reason(C.SUBJECT_UNKNOWN, "No one person is known by this id."),
        Reason(C.ACCOUNT_UNKNOWN, "No account is known by this id."),
    )
    nothing = replace(GOOD, right=None, subject=None, resource=None)
    assert decide(nothing, NOW) == Decision(False, (person, account))
    assert decide(replace(GOOD, subject=None), NOW) == Decision(False, (person,))
    assert decide(replace(GOOD, right=None, resource=None), NOW) == Decision(False, (account,))
    assert decide(replace(GOOD, right=None), NOW) == Decision(
        False, (Reason(C.RIGHT_UNKNOWN, "There is no such right."),)
    )


LATER = replace(GRANT, id=UUID(int=40), valid_from=NOW + DAY / 2, valid_until=NOW + 2 * DAY)
ALONE = {
    "inactive": (subject(active=False), Reason(C.SUBJECT_INACTIVE, "This person is not an active employee.")),
    "account": (
        resource(state=AccountState.SUSPENDED),
        Reason(C.ACCOUNT_NOT_ACTIVE, "The account is suspended, not active.", call=f"POST /v1/accounts/{ACCOUNT}/resume"),
    ),
    "account, nothing cures it": (
        resource(state=AccountState.DECOMMISSIONING),
        Reason(C.ACCOUNT_NOT_ACTIVE, "The account is decommissioning, not active."),
    ),
    "never": (
        lambda facts: replace(facts, grants=()),
        Reason(C.NO_GRANT, "This person never held the right to publish on this account."),
    ),
    "ended": (granted(valid_until=NOW), Reason(C.GRANT_EXPIRED, "The right ended on 2026-03-04T10:00:00Z.")),
    "replaced": (
        granted(end=End.SUPERSEDED, ended_at=NOW - DAY),
        Reason(C.GRANT_EXPIRED, f"The right was replaced by a newer one on {YESTERDAY}."),
    ),
    "revoked": (
        granted(end=End.REVOKED, ended_at=NOW - DAY),
        Reason(C.GRANT_REVOKED, f"The right was revoked on {YESTERDAY}."),
    ),
    "suspended": (
        granted(suspended_since=NOW - DAY, review_due_at=NOW),
        Reason(
            C.GRANT_SUSPENDED, f"The right is suspended since {YESTERDAY}.", call=f"POST /v1/grants/{GRANT.id}/resume"
        ),
    ),
    "paused": (
        granted(review_due_at=NOW - DAY),
        Reason(
            C.GRANT_SUSPENDED, f"The right is suspended since {YESTERDAY}.", call=f"POST /v1/grants/{GRANT.id}/resume"
        ),
    ),
    "not begun": (
        granted(valid_from=NOW + DAY / 2),
        Reason(C.GRANT_NOT_STARTED, "The right begins on 2026-03-04T22:00:00Z.", until=NOW + DAY / 2),
    ),
    "ceiling": (
        lambda facts: replace(
            facts, right=Right.ADMINISTER, grants=(replace(GRANT, right=Right.ADMINISTER),), tool=None,
            resource=replace(facts.resource, limits=replace(LIMITS, values={}, attestations=())),
        ),
        Reason(
            C.ABOVE_MODEL_CEILING, "Under hub_and_spoke only members of the Center of Excellence may administer."
        ),
    ),
    "untrained": (
        subject(completed={}),
        Reason(C.TRAINING_MISSING, "The course brand has not been completed.", "care@1"),
    ),
    "trained long ago": (
        subject(completed={"brand": Learnt(NOW - 365 * DAY, 400)}),
        Reason(
            C.TRAINING_EXPIRED,
            "The course brand was completed on 2025-03-04; that counts until 2026-03-04T10:00:00Z.",
            "care@1",
        ),
    ),
    "not accepted": (
        subject(attested=frozenset()),
        Reason(
            C.ATTESTATION_MISSING, "Version 1 of the policy care has not been accepted.", "care@1",
            "POST /v1/policies/care/versions/1/attestations",
        ),
    ),
    "employed otherwise": (
        lambda facts: subject(employment_type=EmploymentType.AGENCY)(
            ruled(employment_types=["employee", "contractor"])(facts)
        ),
        Reason(
            C.EMPLOYMENT_TYPE_EXCLUDED,
            "Policy lets employee or contractor hold rights; this person is employed as agency.",
            "care@1",
        ),
    ),
    "nobody is employed so": (
        ruled(employment_types=[]),
        Reason(
            C.EMPLOYMENT_TYPE_EXCLUDED, "Policy lets nobody hold rights; this person is employed as employee.", "care@1"
        ),
    ),
    "another hour": (
        lambda facts: resource(timezone="Asia/Tokyo")(ruled(posting_hours={"wed": ["08:00-18:00"]})(facts)),
        Reason(
            C.OUTSIDE_POSTING_HOURS,
            "It is outside of posting hours (Asia/Tokyo); they begin again on 2026-03-10T23:00:00Z.",
            "care@1",
            until=datetime(2026, 3, 10, 23, tzinfo=UTC),
        ),
    ),
    "no hour at all": (
        ruled(posting_hours={}),
        Reason(C.OUTSIDE_POSTING_HOURS, "It is outside of posting hours (UTC); there are none.", "care@1"),
    ),
    "not cleared": (
        clearance("clearance_missing"),
        Reason(C.CLEARANCE_MISSING, "The content of a post has to be cleared here, and this has not been.", "care@1"),
    ),
    "another content": (
        clearance("clearance_content_mismatch"),
        Reason(C.CLEARANCE_CONTENT_MISMATCH, "What was cleared is another content than this.", "care@1"),
    ),
    "posted": (
        clearance("clearance_used"),
        Reason(C.CLEARANCE_USED, "The clearance of this content was for one post, which has gone out.", "care@1"),
    ),
    "another tool": (
        tool(UsedTool("other", replace(TOOL, key="other"))),
        Reason(C.TOOL_NOT_ALLOWED, "Policy lets posts go through fanfare or platform; not other.", "care@1"),
    ),
    "no tool will do": (
        ruled(allowed_tools=[]),
        Reason(C.TOOL_NOT_ALLOWED, "Policy lets posts go through no tool; not fanfare.", "care@1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_each_reason_is_told_whole(name):
    change, reason = ALONE[name]
    found = decide(change(GOOD), NOW)
    assert found.reasons == (reason,)
    assert found == replace(found, permitted=False, grant_id=None, until=None, model="hub_and_spoke")


def test_an_approval_that_is_named_is_the_one_grant_that_answers():
    other = replace(GRANT, id=UUID(int=41), valid_until=NOW + 9 * DAY)
    both = replace(GOOD, grants=(GRANT, other))
    assert decide(both, NOW).grant_id == other.id
    assert decide(replace(both, approval=GRANT.id), NOW) == Decision(True, (), (), GRANT.id, "hub_and_spoke", NOW + DAY)
    said = "This approval is of another person, right or account, or of none."
    unknown = decide(replace(both, approval=UUID(int=99)), NOW)
    assert unknown.reasons == (Reason(C.APPROVAL_UNVERIFIABLE, said),)
    ended = decide(replace(GOOD, grants=(replace(GRANT, valid_until=NOW),), approval=GRANT.id), NOW)
    assert [one.code for one in ended.reasons] == [C.GRANT_EXPIRED]


def test_of_several_grants_the_one_that_lasts_longest_answers():
    short, long = replace(GRANT, id=UUID(int=90)), replace(GRANT, id=UUID(int=10), valid_until=NOW + 2 * DAY)
    equal = replace(long, id=UUID(int=9))
    for held in ((short, long, equal), (equal, long, short)):
        assert in_force(held, Right.PUBLISH, NOW) == long
    assert in_force([replace(GRANT, right=Right.ENGAGE)], Right.PUBLISH, NOW) is None


def test_without_one_in_force_the_latest_speaks_unless_it_was_replaced():
    old = replace(GRANT, id=UUID(int=90), created_at=NOW - 9 * DAY, valid_until=NOW)
    new = replace(GRANT, id=UUID(int=10), created_at=NOW - DAY, end=End.REVOKED, ended_at=NOW)
    replaced = replace(GRANT, id=UUID(int=11), created_at=NOW, end=End.SUPERSEDED, ended_at=NOW)
    same = replace(old, id=UUID(int=91), suspended_since=NOW, valid_until=NOW + DAY)
    code = lambda *held: [one.code for one in decide(replace(GOOD, grants=held), NOW).reasons]  # noqa: E731
    assert code(old, new) == code(new, old) == ["grant_revoked"]
    assert code(old, replaced) == code(replaced, old) == ["grant_expired"]
    assert code(new, replaced) == code(replaced, new) == ["grant_revoked"]
    assert code(old, same) == code(same, old) == ["grant_suspended"]


def test_a_freeze_stops_by_person_account_unit_network_and_instant():
    for kind in FreezeKind:
        one = frozen(kind)
        told = kind.replace("_", " ")
        assert decide(resource(freezes=(one,))(GOOD), NOW).reasons == (
            Reason(C.FROZEN, f"Posting is frozen ({told}, L2): A recall.", call=f"POST /v1/freezes/{one.id}/lift"),
        )
        assert decide(resource(freezes=(replace(one, exempt=frozenset({ME})),))(GOOD), NOW).permitted
        ending = replace(one, until=NOW + TICK)
        assert decide(resource(freezes=(ending,))(GOOD), NOW).reasons[0].until == NOW + TICK
        assert decide(resource(freezes=(replace(one, until=NOW),))(GOOD), NOW).permitted
    member = Target(FreezeKind.BUSINESS_UNIT, business_unit_id=UUID(int=99), members=frozenset({ACCOUNT}))
    assert not decide(resource(freezes=(replace(frozen(), target=member),))(GOOD), NOW).permitted


def test_the_models_row_for_tools():
    free = ruled(allowed_tools=None)(GOOD)
    under = lambda key, used, **more: decide(resource(model=MODELS[key], **more)(tool(used)(free)), NOW)  # noqa: E731
    theirs, mine = replace(TOOL, business_unit_id=UUID(int=99)), replace(TOOL, business_unit_id=UNIT)
    retired = replace(TOOL, retired_at=NOW)
    hub, centre = ModelKey.HUB_AND_SPOKE, ModelKey.CENTRALIZED
    honeycomb, free_for_all = ModelKey.HONEYCOMB, ModelKey.DECENTRALIZED
    unnamed = Reason(C.TOOL_NOT_REGISTERED, "No publishing tool was named; use a registered one.")
    unknown = Reason(C.TOOL_NOT_REGISTERED, "own is not a registered publishing tool.")
    elsewhere = Reason(C.TOOL_NOT_ALLOWED, "own is not registered for this unit.")
    assert under(hub, None) == Decision(True, (), (unnamed,), GRANT.id, hub, NOW + DAY)
    for used in (None, retired, replace(retired, business_unit_id=UUID(int=99))):
        assert under(hub, UsedTool("own", used)).reasons == (unknown,)
    assert under(hub, UsedTool("own", theirs)).reasons == (elsewhere,)
    assert under(hub, UsedTool("own", mine)) == Decision(True, (), (), GRANT.id, hub, NOW + DAY)
    central = under(centre, UsedTool("own", mine)).reasons
    assert [one.code for one in central] == [C.ABOVE_MODEL_CEILING, C.TOOL_NOT_ALLOWED] and central[1] == elsewhere
    assert [one.code for one in under(centre, UsedTool("own", TOOL)).reasons] == [C.ABOVE_MODEL_CEILING]
    assert [one.code for one in under(centre, UsedTool("own", theirs)).reasons][1:] == [C.TOOL_NOT_ALLOWED]
    platform = {"platform_id": PLATFORM.id}
    assert under(honeycomb, None, **platform).reasons == (
        Reason(C.TOOL_NOT_THE_PLATFORM, "Posts go through the one platform; no tool was named."),
    )
    for used in (None, TOOL):
        assert under(honeycomb, UsedTool("own", used), **platform).reasons == (
            Reason(C.TOOL_NOT_THE_PLATFORM, "Posts go through the one platform, not through own."),
        )
    assert under(honeycomb, UsedTool("own", PLATFORM), **platform).permitted
    gone = under(honeycomb, UsedTool("own", replace(PLATFORM, retired_at=NOW)), **platform)
    assert gone.reasons == (unknown,)
    for used in (None, UsedTool("own", None), UsedTool("own", retired)):
        assert under(free_for_all, used).permitted and under(free_for_all, used).advice == ()


def test_no_tool_at_all_where_policy_names_some():
    found = decide(tool(None)(GOOD), NOW)
    said = "Policy lets posts go through fanfare or platform; and none was named."
    assert found.reasons == (Reason(C.TOOL_NOT_ALLOWED, said, "care@1"),)
    assert [one.code for one in found.advice] == [C.TOOL_NOT_REGISTERED]


def test_in_an_advisory_model_the_same_reasons_are_advice():
    free = resource(model=MODELS[ModelKey.DECENTRALIZED])
    for name in ("untrained", "not accepted", "another hour", "not cleared", "another tool", "nobody is employed so"):
        change, reason = ALONE[name]
        assert decide(free(change(GOOD)), NOW) == Decision(True, (), (reason,), GRANT.id, "decentralized", NOW + DAY)


# --- what lasts: the ceiling, and what policy asks of the person -----------------------------------------------------

MODEL = MODELS[ModelKey.HUB_AND_SPOKE]
CEILING = ALONE["ceiling"][1]


def test_what_lasts_is_the_ceiling_and_what_policy_asks_of_the_person():
    undone = replace(GOOD.subject, completed={}, attested=frozenset(), employment_type=EmploymentType.AGENCY)
    asked = lambda right, person, model=MODEL: lasting(right, person, model, LIMITS, NOW)  # noqa: E731
    policy = [C.EMPLOYMENT_TYPE_EXCLUDED, C.TRAINING_MISSING, C.ATTESTATION_MISSING]
    assert asked(Right.PUBLISH, GOOD.subject) == ()
    assert asked(Right.ADMINISTER, GOOD.subject) == (CEILING,)
    assert asked(Right.ADMINISTER, replace(GOOD.subject, coe_member=True)) == ()
    assert [one.code for one in asked(Right.PUBLISH, undone)] == policy
    assert [one.code for one in asked(Right.ADMINISTER, undone)] == [C.ABOVE_MODEL_CEILING, *policy]
    low = replace(MODELS[ModelKey.DECENTRALIZED], ceiling=frozenset({Right.DRAFT}))
    assert [one.code for one in asked(Right.PUBLISH, undone, low)] == [C.ABOVE_MODEL_CEILING]
    assert asked(Right.DRAFT, undone, low) == ()


def test_what_lasts_goes_by_the_instant():
    limits = replace(LIMITS, attestations=(Attesting(VERSION, "care", 1, NOW + DAY),))
    person = replace(GOOD.subject, attested=frozenset())
    assert lasting(Right.PUBLISH, person, MODEL, limits, NOW) == ()
    assert [one.code for one in lasting(Right.PUBLISH, person, MODEL, limits, NOW + DAY)] == [C.ATTESTATION_MISSING]


def attesting(n, by):
    return Attesting(UUID(int=70 + n), "care", n, by)


def owed(reason, by):
    return Duty(reason, by)


UNDONE = replace(GOOD.subject, completed={}, attested=frozenset())
UNTRAINED, UNACCEPTED = ALONE["untrained"][1], ALONE["not accepted"][1]


def test_a_duty_is_due_from_its_very_instant_on():
    assert [owed(UNTRAINED, by).due(NOW) for by in (None, NOW - TICK, NOW, NOW + TICK)] == [True, True, True, False]


def test_every_duty_is_told_with_when_it_counts():
    assert list(duties(GOOD.subject, LIMITS, NOW)) == []
    done = replace(GOOD.subject, completed={"brand": Learnt(NOW - 365 * DAY, 400)})
    assert list(duties(done, LIMITS, NOW)) == [owed(ALONE["trained long ago"][1], NOW)]
    assert list(duties(done, LIMITS, NOW - TICK)) == []
    shorter = replace(GOOD.subject, completed={"brand": Learnt(NOW - 100 * DAY, 90)})
    (found,) = duties(shorter, LIMITS, NOW)
    assert found.by == NOW - 10 * DAY and found.reason.policy == "care@1"
    assert list(duties(UNDONE, LIMITS, NOW)) == [owed(UNTRAINED, None), owed(UNACCEPTED, NOW - DAY)]
    assert list(duties(UNDONE, replace(LIMITS, values={}), NOW)) == [owed(UNACCEPTED, NOW - DAY)]


def test_without_an_instant_all_that_ever_counts_is_told():
    coming = replace(GOOD.subject, completed={"brand": Learnt(NOW, None)})
    assert [(one.reason.code, one.by) for one in duties(coming, LIMITS)] == [(C.TRAINING_EXPIRED, NOW + 365 * DAY)]
    for_ever = replace(LIMITS, values={"required_training": [{"course": "brand"}]})
    assert list(duties(coming, for_ever)) == []
    open_ones = replace(LIMITS, values={}, attestations=tuple(map(attesting, (2, 3, 4), (None, NOW, NOW + TICK))))
    assert [one.by for one in duties(UNDONE, open_ones)] == [None, NOW, NOW + TICK]
    assert [one.by for one in duties(UNDONE, open_ones, NOW)] == [None, NOW]
    assert [one.reason.message for one in duties(UNDONE, open_ones, NOW - TICK)] == [
        "Version 2 of the policy care has not been accepted."
    ]


def test_the_instants_at_which_it_turns_by_itself():
    accepted = replace(GOOD.subject, attested=frozenset({UUID(int=72)}))
    limits = replace(LIMITS, attestations=tuple(map(attesting, (2, 3, 4), (NOW, NOW + DAY, None))))
    assert list(turns(accepted, limits)) == [NOW - DAY + 365 * DAY, NOW + DAY]
    assert list(turns(replace(accepted, completed={}), limits)) == [NOW + DAY]
    assert list(turns(accepted, replace(limits, values={}))) == [NOW + DAY]
    shorter = replace(accepted, completed={"brand": Learnt(NOW, 30)})
    assert list(turns(shorter, replace(limits, attestations=()))) == [NOW + 30 * DAY]
    for_ever = replace(LIMITS, values={"required_training": [{"course": "brand"}]}, attestations=())
    assert list(turns(replace(accepted, completed={"brand": Learnt(NOW, None)}), for_ever)) == []
