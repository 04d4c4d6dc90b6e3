"""The stages of maturity: by plain calls, and over HTTP as an enterprise grows."""

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


# --- over HTTP ------------------------------------------------------------------------------------------------------


def stage(team, who="boss", **asked):
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return [one["stage"] for one in team.get(f"/v1/maturity?{query}", who)["assessments"]]


def granted(team, who, account):
    return team.ask(who, account, ["publish"])["grants"][0]["id"]


def test_an_enterprise_grows_and_can_look_back(team):
    team.switch("boss", "decentralized")
    ours, theirs = team.account("acme", language="en"), team.account("acme_log", "logistics", language="fr")
    began = team.clock.now
    assert stage(team) == [None]
    granted(team, "asker", ours)
    assert stage(team) == ["advocate"]
    team.clock.turn(days=1)
    granted(team, "colleague", ours)
    assert stage(team) == ["team"] == stage(team, "liaison", business_unit_id="sales")
    for who in ("stranger", "liaison"):
        granted(team, who, theirs)
    assert stage(team) == ["team"]  # nobody has said that people answer
    said = team.post("/v1/maturity/declarations", "boss", {"open_dialogue": True, "note": "We do."}, 201)
    assert said["declared_by"] == str(team.ids["boss"]) and stage(team) == ["business"]
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    rules = {"attestation_required": True}
    team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": rules}, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss")
    assert stage(team) == ["business"]
    for who in ("asker", "colleague", "stranger", "liaison"):
        team.post("/v1/policies/care/versions/1/attestations", who, {}, 201)
    assert stage(team) == ["enterprise"]
    team.clock.turn(days=1)
    team.post("/v1/maturity/declarations", "boss", {"open_dialogue": False}, 201)
    then = [f"{one.isoformat()[:19]}Z" for one in (began, team.clock.now)]
    assert team.get(f"/v1/maturity?at={then[1]}&at={then[0]}", "boss")["assessments"][0]["stage"] == "advocate"
    assert stage(team) == ["team"]


def test_what_is_asked_of_maturity_is_checked(team):
    team.want(422, "GET", "/v1/maturity?at=2030-01-01T00:00:00Z", "boss")
    team.want(422, "GET", "/v1/maturity?" + "&".join(["at=2026-01-01T00:00:00Z"] * 25), "boss")
    team.want(404, "GET", "/v1/maturity?business_unit_id=nowhere", "boss")
    team.want(403, "GET", "/v1/maturity", "liaison")  # the enterprise is not theirs
    team.want(403, "POST", "/v1/maturity/declarations", "liaison", {"open_dialogue": True})
    team.post("/v1/maturity/declarations", "liaison", {"open_dialogue": True, "business_unit_id": "sales"}, 201)
