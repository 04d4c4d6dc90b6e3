"""What the demo enterprise gives to whoever founds it: how to log in, and what there is to try."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

COMPANY = "Alder Group"
PASSWORD = "garden-shears-178"  # noqa: S105 - printed on purpose: it opens nothing but made-up data on one's own machine
"""Everyone's password in the demo."""
FOUNDED = 210
"""Days ago."""
ACCOUNTS = 178
"""Accounts in the register, open proposals and the archived one among them, and not what was only found: what the average
enterprise holds.
"""
IDLE = 44
"""A quarter of them: active, without activity for longer than policy allows."""


@dataclass(frozen=True, slots=True)
class Demo:
    """``logins``: role -> (e-mail, name). ``examples``: ids and keys that exist, by what they are of."""

    company: str
    logins: Mapping[str, tuple[str, str]]
    password: str
    examples: dict[str, str]


EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "course_id": "social-media-basics",
        "kpi_id": "posts",
        "policy_id": "social-media",
        "n": "1",
        "report": "inventory",
        "publish_version.n": "2",
        "preview_version.n": "2",
        "compare_versions.n": "2",
        "tool_id": "postwell",
        "get_network.network": "x",
        "create_unit.key": "baltics",
        "create_unit.name": "Baltics",
        "appoint.role": "social_analyst",
    }
)
"""What can be tried out, where a key names it; what only an id names is added when the enterprise is founded."""
