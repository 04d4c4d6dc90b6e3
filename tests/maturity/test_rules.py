"""The stages of maturity: by plain calls."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.maturity.rules import ASKS, Attested, Criterion, Facts, Stage, assess

AT = datetime(2026, 3, 2, tzinfo=UTC)
A, B, C = (UUID(int=n) for n in (1, 2, 3))
WHOLE = Facts({A: 2, B: 3, C: 1}, 6, frozenset({"UTC", "Europe/Paris"}), frozenset({"en"}), ("care@1",),
              (Attested("care@1", 10, 9),), open_dialogue=True)  # fmt: skip
NOTHING = Facts({}, 0, frozenset(), frozenset(), (), (), open_dialogue=None)


def unmet(facts):
    return {one.criterion: one.met for one in assess(facts, AT).evidence if not one.met}


@pytest.mark.parametrize(
    ("changes", "stage", "lacks"),
    [
        ({}, "enterprise", {}),
        ({"attested": (Attested("care@1", 10, 8),)}, "business", {"attestation": False}),
        ({"attested": ()}, "business", {"attestation": None}),
        ({"attested": (Attested("care@1", 0, 0),)}, "business", {"attestation": None}),
        ({"attested": (Attested("care@1", 10, 10), Attested("more@2", 10, 1))}, "business", {"attestation": False}),
        ({"policies": ()}, "business", {"published_policy": False}),
        ({"timezones": frozenset({"UTC"})}, "business", {"spread": False}),
        ({"timezones": frozenset({"UTC"}), "languages": frozenset({"en", "fr"})}, "enterprise", {}),
        ({"timezones": frozenset({"UTC"}), "languages": frozenset()}, "business", {"spread": None}),
        ({"open_dialogue": None}, "team", {"open_dialogue": None}),
        ({"open_dialogue": False}, "team", {"open_dialogue": False}),
        ({"teams": {A: 2, B: 1}}, "team", {"teams": False}),
        ({"teams": {A: 1, B: 1}}, "advocate", {"team": False, "teams": False}),
        ({"teams": {}, "speakers": 0}, None, {"speaker": False, "team": False, "teams": False}),
    ],
)
def test_the_stage_is_the_last_all_of_whose_criteria_are_met(changes, stage, lacks):
    facts = replace(WHOLE, **changes)
    assert assess(facts, AT).stage == stage and unmet(facts) == lacks


def test_all_that_the_stages_ask_for_is_told_with_what_would_change_it():
    found = assess(NOTHING, AT)
    assert found.stage is None and [one.criterion for one in found.evidence] == list(Criterion)
    assert [one.stage for one in found.evidence] == [stage for stage in Stage for _ in ASKS[stage]]
    assert all(one.found and one.cure for one in found.evidence)


_FACTS = st.builds(
    Facts, st.dictionaries(st.sampled_from([A, B, C]), st.integers(1, 4)), st.integers(0, 9),
    st.frozensets(st.sampled_from(["UTC", "Europe/Paris"])), st.frozensets(st.sampled_from(["en", "fr"])),
    st.sampled_from([(), ("care@1",)]), st.sampled_from([(), (Attested("care@1", 4, 4),), (Attested("care@1", 4, 1),)]),
    open_dialogue=st.sampled_from([None, False, True]),
)  # fmt: skip


@given(_FACTS, st.sampled_from([A, B, C]))
def test_another_person_who_speaks_never_takes_a_stage_away(facts, unit):
    more = replace(facts, teams={**facts.teams, unit: facts.teams.get(unit, 0) + 1}, speakers=facts.speakers + 1)
    order = [None, *Stage]
    assert order.index(assess(more, AT).stage) >= order.index(assess(facts, AT).stage)


def evidence(**changes):
    return {one.criterion.value: (one.found, one.cure) for one in assess(replace(WHOLE, **changes), AT).evidence}


SPREAD = "Say of each account which language it has; speak in a second one, or from a second time zone."
DIALOGUE = "Declare it once people answer in public: POST /v1/maturity/declarations."
ATTEST = "Have those who hold rights attest to the policies that ask for it."


def test_what_was_found_is_told_in_figures():
    found = "On the accounts of 2 of 3 units that are spoken for, two people or more hold a right."
    assert assess(WHOLE, AT).at == AT and evidence() == {
        "speaker": ("6 hold a right to publish or engage.", "Grant somebody a right to publish."),
        "team": (found, "Have a second person on the accounts of 1 more."),
        "teams": (found, "Have a second person on the accounts of 1 more."),
        "open_dialogue": ("Open dialogue is declared: yes.", DIALOGUE),
        "spread": ("The accounts that are spoken for stand in 2 time zones and 1 languages.", SPREAD),
        "published_policy": ("In force: care@1.", "Publish a policy."),
        "attestation": ("Have attested, of those who hold rights: care@1: 9 of 10 (9 of 10 are asked for).", ATTEST),
    }


def test_what_is_not_so_is_told_with_how_much_is_missing():
    told = evidence(teams={A: 1}, open_dialogue=False, policies=("care@1", "more@2"))
    none = "On the accounts of 0 of 1 units that are spoken for, two people or more hold a right."
    assert told["team"] == (none, "Have a second person on the accounts of 1 more.")
    assert told["teams"] == (none, "Have a second person on the accounts of 2 more.")
    assert told["open_dialogue"] == ("Open dialogue is declared: no.", DIALOGUE)
    assert told["published_policy"][0] == "In force: care@1, more@2."
    assert evidence(policies=())["published_policy"] == ("No policy is in force.", "Publish a policy.")


def test_one_who_speaks_is_a_speaker():
    told = [assess(replace(NOTHING, speakers=speakers), AT) for speakers in (0, 1)]
    assert [one.stage for one in told] == [None, Stage.ADVOCATE]


def test_what_cannot_be_worked_out_is_said_to_be_so():
    told = evidence(timezones=frozenset({"UTC"}), languages=frozenset(), open_dialogue=None, attested=())
    assert told["open_dialogue"] == (
        "Nobody has declared whether there is an open dialogue; it cannot be computed.", DIALOGUE,
    )  # fmt: skip
    assert told["attestation"] == (
        "No policy asks those who hold rights for attestation; coverage cannot be computed.", ATTEST,
    )  # fmt: skip
    found, cure = told["spread"]
    assert cure == SPREAD and found == (
        "The accounts that are spoken for stand in 1 time zones and 0 languages. No account says which language it has, so that"
        " languages cannot be counted."
    )


@pytest.mark.parametrize(
    ("zones", "languages", "met"),
    [(0, 0, None), (1, 0, None), (2, 0, True), (1, 1, False), (0, 1, False), (1, 2, True), (2, 2, True)],
)
def test_several_time_zones_or_languages(zones, languages, met):
    facts = replace(WHOLE, timezones=frozenset(map(str, range(zones))), languages=frozenset(map(str, range(languages))))
    assert [one.met for one in assess(facts, AT).evidence if one.criterion is Criterion.SPREAD] == [met]


def test_nine_in_ten_of_those_who_are_asked_are_enough():
    several = Attested("care@1", 10, 9), Attested("none@1", 0, 0), Attested("more@2", 20, 18)
    assert assess(replace(WHOLE, attested=several), AT).stage is Stage.ENTERPRISE
    assert "care@1: 9 of 10; more@2: 18 of 20 (9 of 10" in evidence(attested=several)["attestation"][0]
