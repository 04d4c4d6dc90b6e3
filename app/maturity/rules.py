"""How mature an enterprise's, or a unit's, use of social media is: a stage with the evidence for it, never a score.

There is no correct level (domain: 8). What cannot be worked out is said to be so, and counts neither way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

SPEAKING: Final = ("publish", "engage")
"""The rights by which somebody speaks for the enterprise: whoever holds one living is in a team."""
ATTESTED: Final = 9, 10
"""Nine in ten of those who hold rights are most of them: coverage from there on is what ``enterprise`` asks for."""


class Stage(StrEnum):
    """Advocate: rights in one person's hands. Team: in one unit two or more. Business: teams in several units, and open
    dialogue. Enterprise: several time zones or languages, published policy, attestation coverage.
    """

    ADVOCATE = "advocate"
    TEAM = "team"
    BUSINESS = "business"
    ENTERPRISE = "enterprise"


class Criterion(StrEnum):
    """What a stage asks for."""

    SPEAKER = "speaker"
    TEAM = "team"
    TEAMS = "teams"
    OPEN_DIALOGUE = "open_dialogue"
    SPREAD = "spread"
    PUBLISHED_POLICY = "published_policy"
    ATTESTATION = "attestation"


ASKS: Final = {
    Stage.ADVOCATE: (Criterion.SPEAKER,),
    Stage.TEAM: (Criterion.TEAM,),
    Stage.BUSINESS: (Criterion.TEAMS, Criterion.OPEN_DIALOGUE),
    Stage.ENTERPRISE: (Criterion.SPREAD, Criterion.PUBLISHED_POLICY, Criterion.ATTESTATION),
}
"""What each stage asks for beyond the one before."""


@dataclass(frozen=True, slots=True)
class Attested:
    """Of those who hold rights where a version holds that asks for attestation, how many have attested to it."""

    version: str
    holders: int
    attested: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a stage is worked out from, at an instant. ``teams``: by unit, how many people speak on its accounts."""

    teams: dict[UUID, int]
    speakers: int
    timezones: frozenset[str]
    languages: frozenset[str]
    policies: tuple[str, ...]
    attested: tuple[Attested, ...]
    open_dialogue: bool | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a criterion was found to be. ``met`` None: it cannot be worked out. ``cure``: what would change it."""

    stage: Stage
    criterion: Criterion
    met: bool | None
    found: str
    cure: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The stage reached (None: nobody speaks for them), and everything that every stage asks for."""

    at: datetime
    stage: Stage | None
    evidence: tuple[Evidence, ...]


def assess(facts: Facts, at: datetime) -> Assessment:
    """The highest stage all of whose criteria, and those of the stages before it, are met."""
    evidence = tuple(_weighed(facts))
    reached = None
    for stage in Stage:
        if not all(one.met for one in evidence if one.stage is stage):
            break
        reached = stage
    return Assessment(at, reached, evidence)


def _weighed(facts: Facts) -> Iterator[Evidence]:
    for stage, criteria in ASKS.items():
        for criterion in criteria:
            yield Evidence(stage, criterion, *_WEIGHED[criterion](facts))


Found = tuple[bool | None, str, str]


def _speaker(facts: Facts) -> Found:
    found = f"{facts.speakers} hold a right to {' or '.join(SPEAKING)}."
    return facts.speakers > 0, found, "Grant somebody a right to publish."


def _team(facts: Facts) -> Found:
    return _teams_of(facts, 1)


def _teams(facts: Facts) -> Found:
    return _teams_of(facts, 2)


def _teams_of(facts: Facts, least: int) -> Found:
    teams = sum(people > 1 for people in facts.teams.values())
    found = (
        f"On the accounts of {teams} of {len(facts.teams)} units that are spoken for, two people or more hold a right."
    )
    return teams >= least, found, f"Have a second person on the accounts of {max(least - teams, 1)} more."


def _dialogue(facts: Facts) -> Found:
    cure = "Declare it once people answer in public: POST /v1/maturity/declarations."
    if facts.open_dialogue is None:
        return None, "Nobody has declared whether there is an open dialogue; it cannot be computed.", cure
    return facts.open_dialogue, f"Open dialogue is declared: {'yes' if facts.open_dialogue else 'no'}.", cure


def _spread(facts: Facts) -> Found:
    zones, languages = len(facts.timezones), len(facts.languages)
    found = f"The accounts that are spoken for stand in {zones} time zones and {languages} languages."
    if zones < 2 and not languages:
        return None, f"{found} No account says which language it has, so that languages cannot be counted.", _SPREAD
    return zones > 1 or languages > 1, found, _SPREAD


_SPREAD: Final = "Say of each account which language it has; speak in a second one, or from a second time zone."


def _policy(facts: Facts) -> Found:
    found = f"In force: {', '.join(facts.policies)}." if facts.policies else "No policy is in force."
    return bool(facts.policies), found, "Publish a policy."


def _attestation(facts: Facts) -> Found:
    cure = "Have those who hold rights attest to the policies that ask for it."
    asked = [one for one in facts.attested if one.holders]
    if not asked:
        return None, "No policy asks those who hold rights for attestation; coverage cannot be computed.", cure
    share, of = ATTESTED
    met = all(one.attested * of >= one.holders * share for one in asked)
    told = "; ".join(f"{one.version}: {one.attested} of {one.holders}" for one in asked)
    return met, f"Have attested, of those who hold rights: {told} ({share} of {of} are asked for).", cure


_WEIGHED: Final = {
    Criterion.SPEAKER: _speaker,
    Criterion.TEAM: _team,
    Criterion.TEAMS: _teams,
    Criterion.OPEN_DIALOGUE: _dialogue,
    Criterion.SPREAD: _spread,
    Criterion.PUBLISHED_POLICY: _policy,
    Criterion.ATTESTATION: _attestation,
}


@dataclass(frozen=True, slots=True)
class Declaration:
    """Somebody's word on a unit's open dialogue (the root's: the enterprise's); the latest counts."""

    id: UUID
    business_unit_id: UUID
    open_dialogue: bool
    note: str | None
    declared_by: UUID | None
    created_at: datetime
    updated_at: datetime
    version: int
