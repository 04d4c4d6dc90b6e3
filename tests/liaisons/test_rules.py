"""Whom the directory names for a unit, and with which units it has to do: pure rules."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.directory.rules import BusinessUnit, UnitState
from app.governance.models.rules import MODELS, ModelKey
from app.kernel.actor import Scope, ScopeKind
from app.liaisons import rules
from app.liaisons.rules import Line, Offices
from app.roles.rules import Appointment, Role

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROOT, SALES, FIELD, OTHER, GONE = (UUID(int=n) for n in range(1, 6))
LIAISON, MANAGER = Role.BU_LIAISON, Role.COMMUNITY_MANAGER


def unit(id_, key, parent=None, path=(), closed=False):
    state = UnitState.CLOSED if closed else UnitState.OPEN
    return BusinessUnit(
        id_, key, key.title(), parent, (*path, id_), None, None, "UTC", state, None, AT if closed else None, AT, AT, 1
    )


TREE = {
    one.id: one
    for one in (
        unit(ROOT, "root"),
        unit(SALES, "sales", ROOT, (ROOT,)),
        unit(FIELD, "field", SALES, (ROOT, SALES)),
        unit(OTHER, "other", ROOT, (ROOT,)),
        unit(GONE, "gone", ROOT, (ROOT,), closed=True),
    )
}


def office(n, role=LIAISON, unit_id=None, network=None):
    kind = ScopeKind.BUSINESS_UNIT if unit_id else ScopeKind.NETWORK if network else ScopeKind.ENTERPRISE
    return Appointment(
        UUID(int=100 + n), UUID(int=n), role, Scope(kind, unit_id, network), AT, None, None, None, None, None, None, AT, AT, 1
    )  # fmt: skip


def test_who_covers_a_unit_is_named_the_nearest_first():
    near, far, other = office(1, unit_id=FIELD), office(2, unit_id=ROOT), office(3, unit_id=OTHER)
    everywhere, of_x, here = office(4, MANAGER), office(5, MANAGER, network="x"), office(6, MANAGER, unit_id=SALES)
    offices = Offices([far, near, other, everywhere, of_x, here, office(7, Role.STRATEGIST)])
    shown = rules.spoke(TREE[FIELD], MODELS[ModelKey.HUB_AND_SPOKE], ("x", "youtube"), offices)
    assert (shown.liaisons, shown.managers) == ((near, far), (here, of_x, everywhere))
    assert rules.spoke(TREE[FIELD], MODELS[ModelKey.HUB_AND_SPOKE], ("youtube",), offices).managers == (
        here,
        everywhere,
    )


@pytest.mark.parametrize(
    ("model", "people", "gap", "routed", "says"),
    [
        ("hub_and_spoke", [], "no_liaison", "hub_and_spoke", "No liaison covers this unit."),
        ("hub_and_spoke", [1], None, "hub_and_spoke", None),
        ("dandelion", [], "no_liaison", "hub_and_spoke",
         "No liaison covers this unit. Requests are routed as hub_and_spoke."),
        ("dandelion", [1, 1], "too_few_liaisons", "hub_and_spoke",
         "1 of the 2 liaisons that dandelion needs. Requests are routed as hub_and_spoke."),
        ("dandelion", [1, 2], None, "dandelion", None),
        ("centralized", [], "no_liaison", "centralized", "No liaison covers this unit."),
    ],
)  # fmt: skip
def test_a_unit_that_lacks_liaisons_says_so(model, people, gap, routed, says):
    """One person with two appointments is one."""
    offices = Offices([office(n, unit_id=(ROOT, SALES)[at]) for at, n in enumerate(people)])
    shown = rules.spoke(TREE[SALES], MODELS[ModelKey(model)], (), offices)
    assert (shown.gap, shown.routed_as, shown.says) == (gap, routed, says)
    assert len(shown.liaisons) == len(people)


def test_neighbours_stand_beside_or_share_people_or_requests():
    offices = Offices([office(1, unit_id=OTHER)])
    rights = [Line(SALES, FIELD, 3), Line(FIELD, SALES, 2)]
    requests = [Line(ROOT, SALES, 5), Line(SALES, GONE, 1), Line(FIELD, SALES, 4)]
    found = rules.neighbours(TREE[SALES], TREE, rights, requests, offices)
    assert [
        (one.unit.key, one.sibling, one.our_people, one.their_people, one.our_requests, one.their_requests)
        for one in found
    ] == [("field", False, 3, 2, 0, 4), ("other", True, 0, 0, 0, 0), ("root", False, 0, 0, 0, 5)]
    assert [len(one.liaisons) for one in found] == [0, 1, 0]
    assert rules.neighbours(TREE[ROOT], TREE, [], [], offices) == []  # nothing stands beside the enterprise


def test_units_are_wanted_by_where_they_stand_and_what_they_have():
    networks = {FIELD: ("x",), GONE: ("x",)}
    wanted = lambda below, network: {  # noqa: E731
        one.key for one in TREE.values() if rules.wanted(one, below, network, networks)
    }
    assert wanted(None, None) == {"root", "sales", "field", "other"}
    assert wanted(SALES, None) == {"sales", "field"}
    assert wanted(None, "x") == {"field"}
    assert wanted(OTHER, "x") == set()
    assert rules.named(TREE[FIELD], "IEL") and not rules.named(TREE[FIELD], "sales")
