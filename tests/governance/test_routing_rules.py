"""Which steps a request takes beyond the table of the models, and when one has expired: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.governance.models.rules import MODELS, ModelKey, Right, StepKind
from app.governance.routing.rules import LIVE, Request, RequestState, route, routed_as
from app.governance.steps.rules import Step

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
TICK = timedelta(microseconds=1)
D, C, H, N, Y = (MODELS[key] for key in ModelKey)
L, B, M, S = StepKind
REQUEST = Request(**{one.name: None for one in fields(Request)} | dict(
    id=UUID(int=1), requester_id=UUID(int=2), beneficiary_id=UUID(int=3), state=RequestState.PENDING, steps=(Step(L), Step(M)),
    passed=(L,), decisions=("a word",), due_at=NOW - TICK, expires_at=NOW,
))  # fmt: skip


def steps(model, rights=(Right.PUBLISH,), **more):
    return route(model, **{"rights": rights, "high_risk": False, "liaisons": 2, **more})


def test_who_has_not_done_what_policy_asks_is_granted_nothing_without_a_word():
    assert steps(Y, (Right.DRAFT,)) == ()
    assert steps(Y, (Right.DRAFT,), current=False) == (Step(L), Step(M))
    assert steps(D, current=False) == ()  # where policy is advice


def test_a_high_risk_alone_does_not_stop_what_no_model_wants_stopped():
    assert steps(D, high_risk=True) == ()
    assert steps(Y, (Right.ENGAGE,), high_risk=True) == (Step(L), Step(M), Step(S))


@pytest.mark.parametrize("least", [0, 1, 2, 3])
def test_the_last_step_alone_takes_the_approvals_that_policy_asks(least):
    assert steps(H, min_approvals=least) == (Step(L, 1), Step(M, max(1, least)))
    assert steps(H, min_approvals=least, high_risk=True) == (Step(L), Step(M), Step(S, max(1, least)))
    assert steps(D, min_approvals=least, revoked_before=True) == (Step(S, 1),)


def test_a_step_that_policy_adds_is_not_added_again_for_what_was_revoked():
    assert steps(Y, (Right.DRAFT,), min_approvals=2, revoked_before=True) == (Step(M, 2),)
    assert steps(Y, (Right.DRAFT,), min_approvals=0, revoked_before=True) == (Step(S),)


def test_registrations_take_the_models_own_steps():
    assert [steps(model, None) for model in (D, C, H, N, Y)] == [(), (Step(S),), (Step(M),), (Step(L),), (Step(S),)]
    assert steps(H, None, other_unit=True, current=False) == (Step(M),)


@pytest.mark.parametrize(
    ("liaisons", "key"), [(0, ModelKey.HUB_AND_SPOKE), (1, ModelKey.HUB_AND_SPOKE), (2, ModelKey.DANDELION)]
)
def test_two_liaisons_make_a_dandelion(liaisons, key):
    assert routed_as(N, liaisons).key is key
    assert routed_as(Y, liaisons) is Y


@pytest.mark.parametrize("state", RequestState)
def test_what_waits_expires_at_its_instant_and_what_ended_stays_as_it_ended(state):
    one = replace(REQUEST, state=state)
    assert one.state_at(NOW - TICK) is state
    assert one.state_at(NOW) is one.state_at(NOW + TICK) is (RequestState.EXPIRED if state in LIVE else state)


def test_what_is_decided_is_the_requests_own():
    matter = REQUEST.matter
    assert (matter.requester_id, matter.beneficiary_id) == (UUID(int=2), UUID(int=3))
    assert (matter.steps, matter.passed, matter.decisions) == (REQUEST.steps, (L,), ("a word",))
    assert matter.due_at == NOW - TICK
