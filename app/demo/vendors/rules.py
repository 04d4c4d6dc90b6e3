"""Who sells the demo enterprise its tools, what was found out about them, and which accounts use them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

VENDORS: Final = (
    ("postwell-bv", "Postwell B.V.", "https://postwell.example.com", 400),
    ("levante", "Estudio Levante S.L.", None, None),
)
"""Key, name, address, and in how many days the contract ends."""
TOOLS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "postwell": {"vendor_id": "postwell-bv", "kinds": ["publishing", "engagement", "analytics"]},
        "iberia-studio": {"vendor_id": "levante", "kinds": ["publishing"]},
    }
)
USED: Mapping[str, str] = MappingProxyType(
    {
        "communications": "postwell", "customer-care": "postwell", "iberia": "iberia-studio", "marketing": "postwell",
        "nordics": "postwell",
    }
)  # fmt: skip
"""Which tool the accounts of a unit use; of the others nobody has said."""
CHOSEN: Final = "Two references, data in the EU, and it asks us before every post."
WAITING: Final = "Keeps the passwords of accounts: to be talked about with the vendor."
FINDING: Mapping[str, Any] = MappingProxyType(
    {
        "title": "Answers within a day keep customers", "question": "How fast must an answer be?",
        "summary": "Of two thousand customers, those who were answered within a day bought again; an hour made no difference.",
        "source": "Alder market research, survey of gardeners, 2026", "url": None, "published_on": None,
    }
)  # fmt: skip
CITED: Final = "It is why the policy asks us to answer."
