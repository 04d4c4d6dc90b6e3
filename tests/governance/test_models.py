"""The table of the five models, cell by cell, as the field's rules give it."""

import pytest

from app.governance.models.rules import (
    MODELS,
    Authority,
    ModelKey,
    Proposer,
    Right,
    StepKind,
    ToolRule,
    model_named,
)
from app.governance.routing.rules import route
from app.governance.steps.rules import Step
from app.kernel.errors import Invalid

D, C, H, N, Y = (
    ModelKey.DECENTRALIZED,
    ModelKey.CENTRALIZED,
    ModelKey.HUB_AND_SPOKE,
    ModelKey.DANDELION,
    ModelKey.HONEYCOMB,
)
L, B, M, S = StepKind.ACCOUNT_LIAISON, StepKind.BENEFICIARY_LIAISON, StepKind.COMMUNITY_MANAGER, StepKind.STRATEGIST
ALL = set(Right)
PUBLISH, DRAFT, ENGAGE, ANALYZE, ADMINISTER = Right.PUBLISH, Right.DRAFT, Right.ENGAGE, Right.ANALYZE, Right.ADMINISTER


def kinds(key, rights=(PUBLISH,), *, high_risk=False, other_unit=False, liaisons=2, **more):
    steps = route(MODELS[key], rights=rights, high_risk=high_risk, other_unit=other_unit, liaisons=liaisons, **more)
    return [step.kind for step in steps]


@pytest.mark.parametrize(("key", "proposer", "steps"), [
    (D, Proposer.ANYONE, []), (C, Proposer.COE, [S]), (H, Proposer.LIAISON, [M]), (N, Proposer.LIAISON, [L]), (Y, Proposer.COE, [S]),
])  # fmt: skip
def test_register_an_account(key, proposer, steps):
    assert MODELS[key].proposer is proposer
    assert kinds(key, None) == steps


@pytest.mark.parametrize(("key", "steps"), [(D, []), (C, [S]), (H, [L, M]), (N, [L]), (Y, [L, M])])
def test_who_decides_publish(key, steps):
    assert kinds(key) == steps


@pytest.mark.parametrize(("key", "ceiling"), [
    (D, ALL), (C, {DRAFT, ANALYZE}), (H, ALL - {ADMINISTER}), (N, ALL), (Y, ALL - {ADMINISTER}),
])  # fmt: skip
def test_ceiling_for_bu_people(key, ceiling):
    assert MODELS[key].ceiling == ceiling


@pytest.mark.parametrize(("key", "adds"), [(D, []), (C, [S]), (H, [L, M, S]), (N, [L, S]), (Y, [L, M, S])])
def test_high_risk_adds(key, adds):
    assert kinds(key, high_risk=True) == adds


@pytest.mark.parametrize(("key", "adds"), [(D, []), (C, [S]), (H, [L, B, M]), (N, [L, B]), (Y, [L, B, M])])
def test_another_units_account_adds(key, adds):
    assert kinds(key, other_unit=True) == adds


def test_high_risk_holds_for_registrations_and_another_unit_does_not():
    assert kinds(H, None, high_risk=True, other_unit=True) == [M, S]
    assert kinds(N, None, high_risk=True, other_unit=True) == [L, S]


@pytest.mark.parametrize(("rights", "high", "steps"), [
    ((DRAFT,), False, []), ((ENGAGE,), False, []), ((DRAFT, ENGAGE), False, []),
    ((PUBLISH,), False, [L, M]), ((ANALYZE,), False, [L, M]), ((DRAFT, PUBLISH), False, [L, M]),
    ((DRAFT,), True, [L, M, S]),
])  # fmt: skip
def test_honeycomb_grants_draft_and_engage_on_standard_accounts_at_once(rights, high, steps):
    assert kinds(Y, rights, high_risk=high) == steps


@pytest.mark.parametrize(
    ("key", "default", "most"), [(D, 365, 730), (C, 365, 365), (H, 180, 365), (N, 180, 365), (Y, 365, 365)]
)
def test_grant_length(key, default, most):
    assert (MODELS[key].default_days, MODELS[key].most_days) == (default, most)


@pytest.mark.parametrize(("key", "tool"), [
    (D, ToolRule.ANY), (C, ToolRule.CENTRAL), (H, ToolRule.REGISTERED), (N, ToolRule.REGISTERED), (Y, ToolRule.PLATFORM),
])  # fmt: skip
def test_publishing_tool(key, tool):
    assert MODELS[key].tool is tool


@pytest.mark.parametrize(("key", "who"), [
    (D, set()), (C, set()), (H, {Authority.LIAISON, Authority.HUB}),
    (N, {Authority.LIAISON, Authority.HUB_IN_VETO_WINDOW}), (Y, {Authority.HUB}),
])  # fmt: skip
def test_who_revokes(key, who):
    assert MODELS[key].authorities == who


def test_only_decentralized_is_advisory():
    assert [key for key in MODELS if MODELS[key].advisory] == [D]


def test_only_hub_and_spoke_and_dandelion_let_a_liaison_ask_for_others():
    assert {key for key in MODELS if MODELS[key].for_people_of_subtree} == {H, N}


@pytest.mark.parametrize("liaisons", [0, 1])
def test_a_dandelion_short_of_liaisons_is_routed_as_hub_and_spoke(liaisons):
    assert kinds(N, liaisons=liaisons) == [L, M]
    assert kinds(N, None, liaisons=liaisons) == [M]


def test_min_approvals_raise_the_last_step_and_never_bind_an_advisory_model():
    assert route(MODELS[H], rights=[PUBLISH], high_risk=False, liaisons=2, min_approvals=2) == (Step(L, 1), Step(M, 2))
    assert kinds(D, min_approvals=3) == []


def test_where_a_binding_model_has_no_step_min_approvals_add_a_community_managers():
    assert route(MODELS[Y], rights=[DRAFT], high_risk=False, liaisons=2, min_approvals=1) == (Step(M, 1),)


@pytest.mark.parametrize(("key", "rights"), [(D, (PUBLISH,)), (Y, (DRAFT,))])
def test_what_someone_else_revoked_is_never_granted_automatically(key, rights):
    assert kinds(key, rights, revoked_before=True) == [S]
    assert kinds(H, revoked_before=True) == [L, M]


@pytest.mark.parametrize(("name", "key"), [
    ("organic", D), ("centralized", C), ("Coordinated", H), ("multiple hub-and-spoke", N), ("holistic", Y), ("hub-and-spoke", H),
])  # fmt: skip
def test_older_names(name, key):
    assert model_named(name) is key


def test_an_unknown_model_is_refused():
    with pytest.raises(Invalid):
        model_named("matrix")
