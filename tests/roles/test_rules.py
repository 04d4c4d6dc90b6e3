"""Who may hold what together, what a role brings, and who sits where: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from app.kernel.actor import ENTERPRISE, Permission, Place, Power, Reach, Scope, ScopeKind
from app.kernel.errors import Invalid
from app.roles.rules import (
    CLIENT_TABLE,
    EMPLOYEE,
    SCOPES,
    TABLE,
    Appointment,
    ClientScope,
    DeputyCycle,
    Role,
    SeparationOfDuties,
    Slot,
    check_deputies,
    check_scope,
    check_separation,
    client_powers,
    coe_member,
    powers,
    slots,
)

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
A, B, C = (UUID(int=n) for n in range(1, 4))
UNIT, BELOW, ELSEWHERE = (UUID(int=n) for n in range(11, 14))
IN_UNIT, ON_X = Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=UNIT), Scope(ScopeKind.NETWORK, network="x")
HELD = Appointment(**{one.name: None for one in fields(Appointment)} | dict(
    id=UUID(int=9), employee_id=A, role=Role.COMMUNITY_MANAGER, scope=ENTERPRISE, valid_from=NOW - DAY, version=1,
))  # fmt: skip
NEVER_WITH_ANOTHER = {Role.AUDITOR, Role.ADMIN}


def appointment(role=Role.COMMUNITY_MANAGER, scope=ENTERPRISE, **more):
    return replace(HELD, role=role, scope=scope, **more)


@pytest.mark.parametrize(("at", "holds"), [(NOW - DAY - TICK, False), (NOW - DAY, True), (NOW, True)])
def test_it_holds_from_its_first_instant_on(at, holds):
    assert HELD.in_force(at) is holds
    assert not HELD.lapsed(at)


def test_it_lapses_at_its_last_instant():
    limited = appointment(valid_until=NOW)
    assert (limited.in_force(NOW - TICK), limited.lapsed(NOW - TICK)) == (True, False)
    assert (limited.in_force(NOW), limited.lapsed(NOW)) == (False, True)


def test_what_was_ended_holds_no_more_whatever_the_clock_says():
    assert not appointment(ended_at=NOW + DAY).in_force(NOW)


@pytest.mark.parametrize(("role", "kind"), list(product(Role, ScopeKind)))
def test_a_role_is_held_over_the_scopes_it_is_made_for(role, kind):
    if kind in SCOPES[role]:
        check_scope(role, Scope(kind))
        return
    with pytest.raises(Invalid) as refused:
        check_scope(role, Scope(kind))
    (error,) = refused.value.errors
    assert (error.pointer, error.code) == ("", "scope_not_for_role")
    assert error.message == f"A {role} is appointed for: {', '.join(sorted(SCOPES[role]))}; not for: {kind}."


@pytest.mark.parametrize(("held", "new"), list(product(Role, Role)))
def test_auditors_and_admins_hold_nothing_else(held, new):
    if held is not new and {held, new} & NEVER_WITH_ANOTHER:
        with pytest.raises(SeparationOfDuties, match=f"One person cannot be {held} and {new}"):
            check_separation([held], new)
    else:
        check_separation([held], new)


def test_every_role_held_counts():
    check_separation([], Role.AUDITOR)
    for held in ([Role.DEVELOPER, Role.AUDITOR], [Role.AUDITOR, Role.DEVELOPER]):
        with pytest.raises(SeparationOfDuties):
            check_separation(held, Role.AUDITOR)


@pytest.mark.parametrize(("standing_in", "circle"), [
    ({}, False), ({B: [C]}, False), ({B: [A]}, True), ({B: [C], C: [A]}, True), ({B: [C], C: [B]}, False),
    ({C: [A]}, False), ({A: [B]}, False), ({B: [C, A]}, True), ({B: [A, C]}, True),
])  # fmt: skip
def test_deputies_never_lead_back(standing_in, circle):
    if circle:
        with pytest.raises(DeputyCycle):
            check_deputies(standing_in, A, B)
    else:
        check_deputies(standing_in, A, B)


def test_nobody_deputizes_for_themselves():
    with pytest.raises(DeputyCycle):
        check_deputies({}, A, A)


@pytest.mark.parametrize("role", Role)
def test_who_is_of_the_centre(role):
    centre = {Role.STRATEGIST, Role.CONTENT_STRATEGIST, Role.COMMUNITY_MANAGER}
    assert coe_member([appointment(role)]) is (role in centre)
    assert coe_member([appointment(Role.SOCIAL_ANALYST), appointment(role)]) is (role in centre)


def test_a_units_or_a_networks_hub_is_not_of_the_centre():
    assert not coe_member([appointment(scope=IN_UNIT), appointment(scope=ON_X)])
    assert not coe_member([])


def test_everybody_has_everyones_part_and_no_more():
    assert powers([]) == {permission: (Power(reach),) for permission, reach in TABLE[EMPLOYEE].items()}


@pytest.mark.parametrize("role", Role)
def test_an_appointment_adds_what_its_role_has_over_its_scope(role):
    found = powers([appointment(role, IN_UNIT)])
    for permission in Permission:
        wanted = [Power(TABLE[EMPLOYEE][permission])] if permission in TABLE[EMPLOYEE] else []
        wanted += [Power(TABLE[role][permission], IN_UNIT)] if permission in TABLE[role] else []
        assert found.get(permission, ()) == tuple(wanted), permission


def test_a_deputy_sees_requests_as_whom_they_stand_in_for_and_has_nothing_else_of_theirs():
    found = powers([], [appointment(Role.BU_LIAISON, IN_UNIT)])
    assert found.pop(Permission.RIGHTS_REQUEST_READ) == (Power(Reach.OWN), Power(Reach.IN_SCOPE, IN_UNIT))
    plain = powers([])
    del plain[Permission.RIGHTS_REQUEST_READ]
    assert found == plain
    assert powers([], [appointment(Role.DEVELOPER)]) == powers([])


def test_two_appointments_are_two_ways():
    both = powers([appointment(scope=IN_UNIT), appointment(scope=ON_X)])[Permission.GRANT_REVOKE]
    assert both == (Power(Reach.OWN), Power(Reach.IN_SCOPE, IN_UNIT), Power(Reach.IN_SCOPE, ON_X))


def test_a_client_may_what_its_scopes_say_anywhere():
    asked = [ClientScope.HR, ClientScope.LMS]
    wanted = CLIENT_TABLE[ClientScope.HR] | CLIENT_TABLE[ClientScope.LMS]
    assert client_powers(asked) == {permission: (Power(Reach.ANYWHERE),) for permission in wanted}
    assert client_powers([]) == {}


def test_seats_are_those_of_the_role_at_the_place_each_once_and_in_one_order():
    place = Place((UNIT, BELOW), "x")
    there = [
        appointment(employee_id=B, deputy_id=C), appointment(scope=IN_UNIT, employee_id=B, deputy_id=C),
        appointment(scope=ON_X, employee_id=A), appointment(scope=ON_X, employee_id=B),
    ]  # fmt: skip
    away = [
        appointment(Role.STRATEGIST, employee_id=C), appointment(scope=Scope(ScopeKind.NETWORK, network="y"), employee_id=C),
        appointment(scope=Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=ELSEWHERE), employee_id=C),
    ]  # fmt: skip
    wanted = (Slot(A), Slot(B), Slot(B, C))
    assert slots([*there, *away], Role.COMMUNITY_MANAGER, place) == wanted
    assert slots([*away, *reversed(there)], Role.COMMUNITY_MANAGER, place) == wanted
