"""How rules combine: in any order, as often as one likes, and never to something looser."""

from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.actor import ENTERPRISE, Place, Scope, ScopeKind
from app.policies.rules import InForce, PolicyWidens, check_tightens, combine, in_scope
from app.policies.typed.rules import RULES

DAYS = st.integers(1, 3650)
VALUES = {
    "max_grant_days": DAYS,
    "employment_types": st.lists(st.sampled_from(["employee", "contractor", "agency"]), max_size=4),
    "allowed_networks": st.lists(st.sampled_from(["x", "instagram", "blog"]), max_size=4),
    "max_publishers_per_account": st.integers(0, 9),
    "min_approvals": st.dictionaries(st.sampled_from(["standard", "high"]), st.integers(0, 5)),
    "idle_after_days": DAYS,
    "mover_grace_days": DAYS,
    "validate_every_days": DAYS,
    "pending_expires_after_days": DAYS,
    "step_due_working_days": DAYS,
    "required_training": st.lists(
        st.builds(
            lambda course, days: {"course": course} | ({"valid_for_days": days} if days else {}),
            st.sampled_from(["brand", "law"]),
            st.one_of(st.none(), st.integers(1, 4)),
        ),
        max_size=3,
        unique_by=lambda one: one["course"],
    ),
    "attestation_required": st.just(True),
    "two_custodians": st.just(True),
    "clearance_required": st.just(True),
    "allowed_tools": st.lists(st.sampled_from(["suite", "desk", "planner"]), max_size=4),
    "posting_hours": st.dictionaries(
        st.sampled_from(["mon", "tue", "sun"]),
        st.lists(st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda one: one[0] < one[1]), max_size=3).map(
            lambda spans: [
                f"{begins:02}:00-{ends:02}:30" if ends < 24 else f"{begins:02}:00-24:00" for begins, ends in spans
            ]
        ),
    ),
}
RULESETS = st.fixed_dictionaries({}, optional=VALUES)


def policies(*rulesets):
    return [InForce(UUID(int=n), f"p{n}", ENTERPRISE, UUID(int=n), 1, rules) for n, rules in enumerate(rulesets)]


def combined(*rulesets):
    return {name: plain(value) for name, value in combine(policies(*rulesets)).values.items()}


def plain(value):
    return sorted(set(value)) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value


def allows(name, limit, case):
    """Does a rule of this value let this case through? A meaning of each rule that knows nothing of how two combine."""
    if name in ("employment_types", "allowed_networks"):
        return case in limit
    if name == "allowed_tools":
        return case in limit
    if name == "min_approvals":
        tier, given_ = case
        return given_ >= limit.get(tier, 0)
    if name == "required_training":  # a case: the age of each completion in days
        needed = {one["course"]: one.get("valid_for_days") for one in limit}
        return all(course in case and (days is None or case[course] < days) for course, days in needed.items())
    if name == "posting_hours":
        day, minute = case
        clocks = [[int(part[:2]) * 60 + int(part[3:]) for part in span.split("-")] for span in limit.get(day, ())]
        return any(begins <= minute < ends for begins, ends in clocks)
    if limit is True:
        return case
    return case <= limit


CASES = {
    "employment_types": ["employee", "contractor", "agency"],
    "allowed_networks": ["x", "instagram", "blog"],
    "allowed_tools": ["suite", "desk", "planner"],
    "required_training": [
        {},
        {"brand": 0},
        {"law": 3},
        {"brand": 2, "law": 0},
        {"brand": 0, "law": 9},
        {"brand": 3, "law": 1},
    ],
    "posting_hours": [(day, minute) for day in ("mon", "tue", "wed", "sun") for minute in range(0, 1440, 15)],
    **dict.fromkeys(("attestation_required", "two_custodians", "clearance_required"), [True, False]),
    "min_approvals": [(tier, n) for tier in ("standard", "high") for n in range(6)],
}


def test_every_rule_has_its_values_here():
    assert set(VALUES) == set(RULES)


@given(RULESETS, RULESETS, RULESETS)
def test_combining_is_commutative_associative_and_idempotent(a, b, c):
    assert all(combined(*order) == combined(a, b, c) for order in permutations((a, b, c)))
    assert combined(combined(a, b), c) == combined(a, combined(b, c))
    assert combined(a, a) == combined(a) and combined(a, {}) == combined(a)


@given(RULESETS, RULESETS)
def test_a_combination_lets_through_what_both_let_through(a, b):
    both = combine(policies(a, b)).values
    for name, value in both.items():
        for case in CASES.get(name) or [value - 1, value, value + 1]:
            wanted = all(allows(name, one[name], case) for one in (a, b) if name in one)
            assert allows(name, value, case) is wanted, (name, case)


@given(RULESETS, RULESETS)
def test_each_rule_names_a_version_that_had_a_part_in_it(a, b):
    limits = combine(policies(a, b))
    whole = {name: source for name, source in limits.source.items() if "/" not in name}
    assert limits.versions == ("p0@1", "p1@1") and set(whole) == set(limits.values) == {*a, *b}
    for name, source in whole.items():
        rules = {"p0@1": a, "p1@1": b}[source]
        assert name in rules
        if plain(combine(policies(a)).values.get(name)) == plain(limits.values[name]):
            assert source == "p0@1", name  # the second changed nothing


@given(RULESETS, RULESETS)
def test_a_unit_is_refused_just_what_would_let_more_through(enterprise, unit):
    """Attack B11."""
    limits = combine(policies(enterprise))
    looser = {
        name
        for name, value in unit.items()
        if name in enterprise
        and name not in ("min_approvals", "required_training")  # what they leave out, they do not rule
        for case in CASES.get(name) or [value]
        if allows(name, value, case) and not allows(name, enterprise[name], case)
    }
    ruled = set(unit.get("min_approvals", {})) & set(enterprise.get("min_approvals", {}))
    if any(unit["min_approvals"][tier] < enterprise["min_approvals"][tier] for tier in ruled):
        looser.add("min_approvals")
    counts = [
        {one["course"]: one.get("valid_for_days", 99) for one in said.get("required_training", ())}
        for said in (enterprise, unit)
    ]
    if any(counts[1][course] > counts[0][course] for course in set(counts[0]) & set(counts[1])):
        looser.add("required_training")
    refused = set()
    try:
        check_tightens(Scope(ScopeKind.BUSINESS_UNIT, UUID(int=1)), unit, limits)
    except PolicyWidens as error:
        refused = {one.pointer.removeprefix("/rules/") for one in error.errors}
    assert refused == looser
    check_tightens(ENTERPRISE, unit, limits)  # the enterprise itself may change its mind


def test_each_course_and_each_tier_names_whose_word_it_is():
    limits = combine(
        policies(
            {
                "required_training": [{"course": "brand", "valid_for_days": 365}, {"course": "law"}],
                "min_approvals": {"high": 2},
            },
            {
                "required_training": [{"course": "brand", "valid_for_days": 90}],
                "min_approvals": {"standard": 1, "high": 1},
            },
        )
    )
    assert limits["required_training"] == [{"course": "brand", "valid_for_days": 90}, {"course": "law"}]
    assert {name: source for name, source in limits.source.items() if "/" in name} == {
        "required_training/brand": "p1@1", "required_training/law": "p0@1", "min_approvals/high": "p0@1",
        "min_approvals/standard": "p1@1",
    }  # fmt: skip


def test_what_stands_where_no_policy_says_anything():
    nothing = combine([])
    assert nothing.versions == () and nothing["idle_after_days"] == 90 and nothing["validate_every_days"] == 180
    assert nothing["pending_expires_after_days"] == 30 and nothing["step_due_working_days"] == 2
    assert nothing["max_grant_days"] is None and nothing["min_approvals"] is None


@pytest.mark.parametrize(
    ("scope", "place", "covers"),
    [
        (ENTERPRISE, Place(), True),
        (Scope(ScopeKind.BUSINESS_UNIT, UUID(int=2)), Place((UUID(int=1), UUID(int=2), UUID(int=3))), True),
        (Scope(ScopeKind.BUSINESS_UNIT, UUID(int=3)), Place((UUID(int=1), UUID(int=2))), False),
        (Scope(ScopeKind.NETWORK, network="x"), Place((UUID(int=1),), "x"), True),
        (Scope(ScopeKind.NETWORK, network="x"), Place((UUID(int=1),)), False),
    ],
)
def test_which_policies_are_in_scope(scope, place, covers):
    one = InForce(UUID(int=9), "p", scope, UUID(int=9), 1, {})
    assert in_scope([one], place) == ([one] if covers else [])
