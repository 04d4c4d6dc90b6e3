"""Where a version stands, what differs between two, who publishes and attests: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.decisions.rules import Part, touches
from app.governance.models.rules import MODELS, ModelKey, Right
from app.governance.switching.rules import concerned
from app.kernel.actor import ENTERPRISE, Scope, ScopeKind
from app.policies.attestations.rules import TextDiffers, check
from app.policies.rules import (
    Attesting,
    AuthorPublishes,
    Dated,
    InForce,
    Limits,
    Looser,
    PolicyState,
    PolicyWidens,
    Version,
    VersionNotCurrent,
    VersionPublished,
    changed,
    check_publish,
    check_tightens,
    combine,
    looser,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
AUTHOR, OTHER = UUID(int=1), UUID(int=2)
DRAFT = Version(**{one.name: None for one in fields(Version)} | dict(
    id=UUID(int=9), n=3, state=PolicyState.DRAFT, rules={}, attestation_grace_days=5, author_id=AUTHOR, text_sha256="a" * 64,
))  # fmt: skip
OUT = replace(DRAFT, state=PolicyState.PUBLISHED, published_at=NOW - DAY, effective_from=NOW)


def test_where_a_version_stands():
    replaced = replace(OUT, superseded_at=NOW + DAY)
    assert [replaced.state_at(at) for at in (NOW, NOW + DAY - TICK, NOW + DAY)] == [
        "published",
        "published",
        "superseded",
    ]
    assert replace(replaced, state=PolicyState.RETIRED).state_at(NOW + 9 * DAY) == "retired"
    assert OUT.attest_by == NOW + 5 * DAY and DRAFT.attest_by is None
    assert [OUT.begun(at) for at in (NOW - TICK, NOW)] == [False, True]
    assert not DRAFT.begun(NOW) and not replace(OUT, effective_from=None).begun(NOW)
    assert not replace(OUT, published_at=None).begun(NOW)
    assert [replaced.in_force(at) for at in (NOW - TICK, NOW, NOW + DAY - TICK, NOW + DAY)] == [
        False,
        True,
        True,
        False,
    ]
    assert OUT.in_force(NOW + 999 * DAY)


def test_from_when_until_when_a_dated_one_holds():
    one = InForce(UUID(int=1), "care", ENTERPRISE, UUID(int=2), 3, {})
    dated = Dated(one, NOW, NOW + DAY)
    assert [dated.holds(at) for at in (NOW - TICK, NOW, NOW + DAY - TICK, NOW + DAY)] == [False, True, True, False]
    assert Dated(one, NOW, None).holds(NOW + 999 * DAY)
    assert one.name == Attesting(UUID(int=2), "care", 3, None).name == "care@3"


def in_force(key, n, **rules):
    return InForce(UUID(int=n), key, ENTERPRISE, UUID(int=n + 50), n, rules, NOW)


def test_combined_each_part_names_the_version_that_set_it():
    first = in_force(
        "a",
        1,
        required_training=[{"course": "brand", "valid_for_days": 90}],
        min_approvals={"high": 1},
        max_grant_days=30,
    )
    second = in_force(
        "b",
        2,
        required_training=[{"course": "brand"}, {"course": "law"}],
        min_approvals={"high": 2},
        attestation_required=True,
    )
    third = in_force("c", 3, max_grant_days=30, min_approvals={"high": 2, "standard": 1}, attestation_required=False)
    limits = combine([third, second, first])
    assert limits.source == {
        "required_training": "b@2", "required_training/brand": "a@1", "required_training/law": "b@2", "min_approvals": "c@3",
        "min_approvals/high": "b@2", "min_approvals/standard": "c@3", "max_grant_days": "a@1", "attestation_required": "b@2",
    }  # fmt: skip
    assert limits.values["min_approvals"] == {"high": 2, "standard": 1} and limits.versions == ("a@1", "b@2", "c@3")
    assert limits.attestations == (Attesting(UUID(int=52), "b", 2, NOW),)
    assert limits["max_grant_days"] == 30 and limits["idle_after_days"] == 90 and limits["allowed_tools"] is None


def test_what_would_loosen_the_enterprises_rules_is_named():
    floor = Limits(
        {"max_grant_days": 30, "allowed_tools": ["a"]}, {"max_grant_days": "care@1", "allowed_tools": "care@2"}, ()
    )
    said = "max_grant_days 31 is looser than the enterprise's 30 (care@1)."
    unit = Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=AUTHOR)
    assert looser({"max_grant_days": 31, "idle_after_days": 999, "allowed_tools": ["a"]}, floor) == [
        Looser("max_grant_days", said)
    ]
    check_tightens(ENTERPRISE, {"max_grant_days": 31}, floor)
    check_tightens(unit, {"max_grant_days": 30, "allowed_tools": []}, floor)
    with pytest.raises(PolicyWidens) as found:
        check_tightens(unit, {"max_grant_days": 31, "allowed_tools": ["a", "b"]}, floor)
    other = "allowed_tools ['a', 'b'] is looser than the enterprise's ['a'] (care@2)."
    assert str(found.value) == f"{said} {other}"
    assert [(one.pointer, one.code, one.message) for one in found.value.errors] == [
        ("/rules/max_grant_days", "looser", said), ("/rules/allowed_tools", "looser", other),
    ]  # fmt: skip


def test_what_differs_between_two_versions():
    before = replace(
        DRAFT, rules={"max_grant_days": 30, "allowed_tools": ["a", "b"], "two_custodians": True, "idle_after_days": 5}
    )
    after = replace(
        DRAFT,
        rules={
            "max_grant_days": 20,
            "allowed_tools": ["b", "a", "a"],
            "clearance_required": True,
            "idle_after_days": 5,
        },
    )
    assert changed(before, after) == [
        ("max_grant_days", 30, 20), ("clearance_required", None, True), ("two_custodians", True, None),
    ]  # fmt: skip
    assert changed(before, before) == []


def test_who_publishes_what():
    check_publish(DRAFT, OTHER, 2)
    check_publish(DRAFT, AUTHOR, 1)
    with pytest.raises(AuthorPublishes, match=r"^You wrote this version; another strategist publishes it\.$"):
        check_publish(DRAFT, AUTHOR, 2)
    with pytest.raises(VersionPublished, match=r"^Version 3 is published; write a new version to change the policy\.$"):
        check_publish(OUT, AUTHOR, 2)


def test_what_is_attested_is_what_holds_and_was_read():
    check(OUT, None, NOW - DAY)
    check(OUT, "a" * 64, NOW)
    check(replace(OUT, superseded_at=NOW + TICK), None, NOW)
    for one, state in ((DRAFT, "draft"), (replace(OUT, superseded_at=NOW), "superseded")):
        with pytest.raises(
            VersionNotCurrent, match=rf"^Version 3 is {state}; what is attested is the version that holds\.$"
        ):
            check(one, "b" * 64, NOW)
    with pytest.raises(TextDiffers, match=rf"^The text of version 3 has the SHA-256 {'a' * 64}; read it again\.$"):
        check(OUT, "b" * 64, NOW)


def test_which_rights_a_switch_concerns():
    free, central, hub, dandelion, honeycomb = (MODELS[key] for key in ModelKey)
    assert concerned(free, hub) == concerned(hub, free) == set(Right) and concerned(hub, honeycomb) == set()
    assert concerned(hub, dandelion) == {Right.ADMINISTER} and concerned(central, hub) == {Right.PUBLISH, Right.ENGAGE}


def test_what_a_change_makes_somebody_look_at():
    assert touches("grant", "grant.issued") == {Part.GRANTS} and touches("audit", "audit.x") == frozenset()
    assert touches("policy_version", "policy_version.attested") == {Part.ATTESTATIONS}
    assert (
        touches("policy_version", "policy_version.published") == {Part.WORLD}
        and touches("unheard", "unheard.of") is None
    )
