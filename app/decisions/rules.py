"""What a change, as the log tells of it, makes somebody look at anew."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Part(StrEnum):
    """A part of what decisions depend on; ``world``: all that there is little of."""

    PEOPLE = "people"
    ACCOUNTS = "accounts"
    GRANTS = "grants"
    REVIEWS = "reviews"
    REVIEW_ITEMS = "review_items"
    COMPLETIONS = "completions"
    ATTESTATIONS = "attestations"
    CLEARANCES = "clearances"
    UNITS = "units"
    WORLD = "world"


P = Part
TOUCHES: Mapping[str, frozenset[Part]] = MappingProxyType(
    {
        "access_task": frozenset(),
        "account": frozenset({P.ACCOUNTS}),
        "appointment": frozenset({P.WORLD}),
        "assessment": frozenset({P.WORLD}),  # of a tool, which stands there with its version
        "audit": frozenset(),
        "budget": frozenset(),
        "budget_entry": frozenset(),
        "business_unit": frozenset({P.UNITS, P.WORLD}),
        "campaign": frozenset(),
        "clearance": frozenset({P.CLEARANCES}),
        "client": frozenset({P.WORLD}),
        "completion": frozenset({P.COMPLETIONS}),
        "course": frozenset({P.WORLD}),
        "curriculum_entry": frozenset(),
        "directory": frozenset(),
        "discovery": frozenset(),
        "employee": frozenset({P.PEOPLE}),
        "finding": frozenset(),
        "freeze": frozenset({P.WORLD}),
        "goal": frozenset(),
        "governance": frozenset({P.WORLD}),
        "grant": frozenset({P.GRANTS}),
        "group": frozenset(),
        "group_mapping": frozenset(),
        "import": frozenset(),
        "kpi": frozenset(),
        "legal_hold": frozenset(),
        "login": frozenset(),
        "maturity": frozenset(),
        "network": frozenset({P.WORLD}),
        "notification_settings": frozenset(),
        "objective": frozenset(),
        "observation": frozenset(),
        "policy": frozenset({P.WORLD}),
        "policy_version": frozenset({P.WORLD}),
        "publishing_tool": frozenset({P.WORLD}),
        "registration": frozenset(),
        "retirement": frozenset(),
        "retirement_item": frozenset(),
        "review": frozenset({P.REVIEWS}),
        "review_item": frozenset({P.REVIEW_ITEMS}),
        "rights_request": frozenset(),
        "route": frozenset(),
        "strategy": frozenset(),
        "target": frozenset(),
        "vendor": frozenset(),
        "webhook": frozenset(),
    }
)
"""What may have changed when something of this kind did."""

ATTESTED = "policy_version.attested"
QUIET: Mapping[str, frozenset[Part]] = MappingProxyType({ATTESTED: frozenset({P.ATTESTATIONS})})
"""Actions that touch less than others on their kind: what happens often must not make everybody look at everything."""


def touches(subject_kind: str, action: str) -> frozenset[Part] | None:
    """What to look at anew; None for a kind that is not known here: then everything is."""
    found = QUIET.get(action)
    return found if found is not None else TOUCHES.get(subject_kind)
