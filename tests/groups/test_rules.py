"""What membership of a group may be made to mean: rules as plain calls."""

from dataclasses import fields
from uuid import UUID

import pytest

from app.groups.rules import Mapping, Member, MemberKind, check_mapping, difference
from app.kernel.actor import ENTERPRISE, Scope, ScopeKind
from app.kernel.errors import Invalid
from app.roles.rules import Role

UNIT, ANN, BOB, TEAM = (UUID(int=n) for n in range(1, 5))


def refusal(*words):
    with pytest.raises(Invalid) as found:
        check_mapping(*words)
    (one,) = found.value.errors
    return one.pointer, one.code, one.message


def test_a_group_gives_a_role_that_it_may_or_moves_into_a_unit():
    for role, unit in ((Role.BU_LIAISON, UNIT), (Role.AUDITOR, None), (None, UNIT)):
        check_mapping(role, unit)
    for role in (Role.STRATEGIST, Role.ADMIN):
        said = f"A group does not make anyone {role}; appoint them by name."
        assert refusal(role, UNIT) == ("/role", "appointed_by_people", said)
    said = "Name a role, a business unit to move the members into, or both."
    assert refusal(None, None) == ("", "means_nothing", said)


def test_over_what_a_mapped_role_is_held():
    blank = {one.name: None for one in fields(Mapping)}
    scope = lambda **where: Mapping(**blank | where).scope  # noqa: E731
    assert scope() == ENTERPRISE and scope(network="x") == Scope(ScopeKind.NETWORK, network="x")
    unit = Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=UNIT)
    assert scope(business_unit_id=UNIT) == scope(business_unit_id=UNIT, network="x") == unit


def test_who_joined_and_who_left():
    ann, bob = Member(MemberKind.EMPLOYEE, ANN, "Ann"), Member(MemberKind.EMPLOYEE, BOB)
    team, same = Member(MemberKind.GROUP, ANN), Member(MemberKind.EMPLOYEE, ANN, "Annie")
    assert difference([ann, bob], [same, team]) == ([team], [bob])
    assert difference([], [bob, Member(MemberKind.EMPLOYEE, BOB, "Bob")]) == (
        [Member(MemberKind.EMPLOYEE, BOB, "Bob")],
        [],
    )
    assert difference([ann], [ann]) == ([], []) and difference([team], []) == ([], [team])
