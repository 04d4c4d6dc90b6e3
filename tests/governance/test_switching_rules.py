"""What a model needs before it works, and which rights a switch can touch: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from app.governance.models.rules import MODELS, ModelKey, Right
from app.governance.switching.rules import concerned, liaisons_needed, missing
from app.kernel.actor import Place, Scope, ScopeKind
from app.roles.rules import Appointment, Role
from app.tools.rules import Tool

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
D, C, H, N, Y = (MODELS[key] for key in ModelKey)
ROOT, UNIT, OTHER, ANN, BOB = (UUID(int=n) for n in range(1, 6))
PLACE = Place((ROOT, UNIT), "x")
TOOL = Tool(**{one.name: None for one in fields(Tool)} | {"key": "postwell"})
NO_STRATEGIST = "There is no strategist."
NO_MANAGER = "There is no community manager: requests go up to the strategist."
NO_PLATFORM = "The one platform is no registered publishing tool any more."
NO_STRATEGY = "The unit has no strategy of its own that was approved."


def liaisons(there, needed):
    return f"The unit has {there} of the {needed} liaisons that the model needs."


def held(role, unit=None, who=ANN, network=None):
    kind = ScopeKind.BUSINESS_UNIT if unit else ScopeKind.NETWORK if network else ScopeKind.ENTERPRISE
    return Appointment(
        uuid4(), who, role, Scope(kind, unit, network), NOW, None, None, None, None, None, None, NOW, NOW, 1
    )


STRATEGIST, MANAGER = held(Role.STRATEGIST), held(Role.COMMUNITY_MANAGER)
ALL = (STRATEGIST, MANAGER, held(Role.BU_LIAISON, UNIT), held(Role.BU_LIAISON, UNIT, BOB))


def lacks(model, appointments=ALL, place=PLACE, platform=TOOL, strategies=(UNIT,)):
    return missing(model, appointments, place, platform, strategies)


@pytest.mark.parametrize("model", MODELS.values())
def test_who_has_everything_lacks_nothing(model):
    assert lacks(model) == lacks(model, place=None) == ()


@pytest.mark.parametrize("model", MODELS.values())
def test_a_strategist_is_needed_under_every_model(model):
    assert lacks(model, ALL[1:]) == (NO_STRATEGIST,)
    assert lacks(model, (), place=None)[0] == NO_STRATEGIST


def test_a_community_manager_is_needed_where_one_decides():
    without = (STRATEGIST, *ALL[2:])
    assert {model.key: lacks(model, without) for model in MODELS.values()} == {
        "decentralized": (), "centralized": (), "hub_and_spoke": (NO_MANAGER,), "dandelion": (), "honeycomb": (NO_MANAGER,),
    }  # fmt: skip
    elsewhere = (*without, held(Role.COMMUNITY_MANAGER, OTHER), held(Role.COMMUNITY_MANAGER, network="facebook"))
    assert lacks(H, elsewhere) == (NO_MANAGER,)
    assert lacks(H, elsewhere, place=None) == ()  # of the enterprise as a whole: somewhere there is one
    assert lacks(H, (*without, held(Role.COMMUNITY_MANAGER, ROOT))) == ()


def test_how_many_liaisons_a_unit_needs():
    assert [liaisons_needed(one) for one in (D, C, H, N, Y)] == [0, 0, 1, 2, 1]
    one, none = ALL[:3], ALL[:2]
    assert (lacks(H, one), lacks(H, none)) == ((), (liaisons(0, 1),))
    assert (lacks(N, one), lacks(N, none)) == ((liaisons(1, 2),), (liaisons(0, 2),))
    assert lacks(N, (*one, held(Role.BU_LIAISON, ROOT))) == (liaisons(1, 2),)  # one person, twice
    assert lacks(N, (*one, held(Role.BU_LIAISON, OTHER, BOB))) == (liaisons(1, 2),)
    assert lacks(N, none, place=None) == lacks(H, none, place=None) == ()


def test_the_one_platform_is_registered():
    for gone in (None, replace(TOOL, retired_at=NOW)):
        assert {model.key for model in MODELS.values() if lacks(model, platform=gone) == (NO_PLATFORM,)} == {
            "honeycomb"
        }
        assert lacks(Y, platform=gone, place=None) == (NO_PLATFORM,)


def test_a_dandelion_has_a_strategy_of_its_own():
    for strategies in ((), (ROOT,), (OTHER,)):
        found = {model.key for model in MODELS.values() if lacks(model, strategies=strategies) == (NO_STRATEGY,)}
        assert found == {"dandelion"} and lacks(N, strategies=strategies, place=None) == ()


def test_all_that_is_missing_is_told_at_once():
    assert missing(N, (), PLACE, None, ()) == (NO_STRATEGIST, liaisons(0, 2), NO_STRATEGY)
    assert missing(Y, (), PLACE, None, ()) == (NO_STRATEGIST, NO_MANAGER, liaisons(0, 1), NO_PLATFORM)


def test_which_rights_a_switch_can_touch():
    for one in MODELS.values():
        assert concerned(one, one) == frozenset()
        for other in MODELS.values():
            everything = (one is D) is not (other is D)  # policy binds under one of them only
            assert concerned(one, other) == concerned(other, one)
            assert concerned(one, other) == (frozenset(Right) if everything else one.ceiling ^ other.ceiling)
