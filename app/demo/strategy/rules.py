"""What the demo enterprise wants of its social media, what it pays for it, and what it brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from app.directory.rules import ROOT_KEY

TRUST, GROWTH, PEOPLE = "trust", "growth", "people"
GOALS: Final = (
    (TRUST, "Be the brand that gardeners trust", "Measured each year, by asking two thousand of them."),
    (GROWTH, "Sell a fifth more in five years", None),
    (PEOPLE, "Find two hundred apprentices a year", None),
)
"""Key, title, description."""


@dataclass(frozen=True, slots=True)
class Aim:
    """An objective: its goal, and whose it is."""

    key: str
    title: str
    goal: str
    unit: str


ANSWERS, INSPIRATION, APPRENTICES = "answers-within-a-day", "garden-inspiration", "apprentices"
AIMS: Final = (
    Aim(ANSWERS, "Answer every question within a day", TRUST, ROOT_KEY),
    Aim(INSPIRATION, "Be where people look for ideas for their garden", GROWTH, ROOT_KEY),
    Aim(APPRENTICES, "Show what it is like to learn with us", PEOPLE, "people"),
)
SERVED: Mapping[str, str] = MappingProxyType(
    {
        "communications": ANSWERS,
        "customer-care": ANSWERS,
        "iberia": INSPIRATION,
        "marketing": INSPIRATION,
        "nordics": INSPIRATION,
        "people": APPRENTICES,
    }
)
"""Which objective the accounts of a unit serve; those of the others serve none, and are listed."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Money for a year and more, days ago; what was spent, and a benefit with its basis."""

    aim: str
    unit: str
    allocated: str
    spent: tuple[str, ...]
    benefit: tuple[str, str] | None


BUDGETS: Final = (
    Budget(INSPIRATION, "nordics", "60000.00", ("14200.00", "9800.50"), ("31000.00", "Orders that came by our links")),
    Budget(ANSWERS, "customer-care", "25000.00", ("11000.00",), ("16800.00", "Calls saved, at 4 EUR a call")),
)
ENTERPRISE: Mapping[str, Any] = MappingProxyType(
    {
        "purpose": "Gardeners find us, trust us and get an answer where they already are.",
        "benefits": ["Fewer calls", "Ideas from those who use our tools"],
        "actions": [{"title": "Retire what is idle", "due_on": "2027-06-30", "done": False}],
        "swot": {
            "customers": {
                "strengths": ["They like to show their gardens"], "weaknesses": ["Few write to us in the south"],
                "opportunities": ["Balconies"], "threats": ["Copies of our accounts ask them for money"],
            },
            "brand": {"strengths": ["Sixty years old"], "weaknesses": [], "opportunities": [], "threats": []},
            "partners": {"strengths": [], "weaknesses": [], "opportunities": ["Garden centres"], "threats": []},
            "competitors": {"strengths": [], "weaknesses": [], "opportunities": [], "threats": ["They pay more people"]},
        },
    }
)  # fmt: skip
_EMPTY: Mapping[str, list[str]] = {"strengths": [], "weaknesses": [], "opportunities": [], "threats": []}
_NO_SWOT: Mapping[str, Any] = {name: dict(_EMPTY) for name in ("customers", "brand", "partners", "competitors")}
IBERIA: Mapping[str, Any] = {
    "purpose": "Small gardens and balconies, in two languages.", "benefits": ["A public of our own"], "actions": [],
    "swot": _NO_SWOT,
}  # fmt: skip
NORDICS: Mapping[str, Any] = {
    "purpose": "Short summers: help in time.", "benefits": [], "actions": [], "swot": _NO_SWOT,
}  # fmt: skip
