"""What the demo enterprise has written down: its policies, and the tools it publishes with."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rules:
    """A policy: where it holds, what it says and what it has the service enforce."""

    key: str
    title: str
    unit: str | None
    text: str
    rules: dict[str, Any]


POLICIES = (
    Rules(
        "social-media", "Social media at Alder", None,
        """# Social media at Alder

We speak in our own name, we say who we are, and we answer.

1. **Only people with a granted right post** on an official account, and only what that right covers.
2. **Every right ends.** Ask again when you still need it; a lapsed right is no reproach.
3. **Two custodians** look after each account. Tell the hub when one of you leaves.
4. **Say when something goes wrong**, at once and to the hub. Nobody is blamed for asking.
5. An account without activity for ninety days is idle: use it, hand it over or close it.
""",
        {
            "max_grant_days": 365, "employment_types": ["contractor", "employee"], "max_publishers_per_account": 8,
            "idle_after_days": 90, "validate_every_days": 180, "pending_expires_after_days": 30,
        },
    ),
    Rules(
        "dach-social-media", "Social media in Germany, Austria and Switzerland", "dach",
        """# Social media in DACH

Beside the group's policy, and as agreed with the works council:

1. Only our own employees hold rights on our accounts.
2. A right lasts at most half a year.
""",
        {"max_grant_days": 180, "employment_types": ["employee"]},
    ),
)  # fmt: skip
NEXT_VERSION = """# Social media at Alder

As before, and new: pictures made by a machine say so.
"""
"""A draft that waits for the strategist to publish it."""
TOOLS = (
    ("postwell", "Postwell", "Postwell B.V.", None),
    ("iberia-studio", "Iberia Studio", "Estudio Levante S.L.", "iberia"),
)
"""Key, name, vendor, and the unit it belongs to; the centre's belongs to none."""
WEBHOOK = {
    "name": "Postwell", "url": "https://postwell.example.com/events", "events": ["grant.*", "freeze.*"],
    "business_unit_id": None,
}  # fmt: skip
"""Who is to be told, once there is somebody at that address."""
