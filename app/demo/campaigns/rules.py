"""The campaign that the demo enterprise is in the middle of: where, who takes part, and who has asked already."""

from collections.abc import Mapping
from typing import Any, Final

from app.demo.inventory.rules import MAIN
from app.demo.strategy.rules import INSPIRATION
from app.governance.models.rules import Right

KEY: Final = "small-gardens"
PLANNED: Final[Mapping[str, Any]] = {
    "key": KEY, "title": "Small gardens", "business_unit_id": "nordics", "objective": INSPIRATION, "manager_id": None,
    "purpose": "Six weeks of ideas for balconies, and an answer to everybody who shows us theirs.",
}  # fmt: skip
ACCOUNTS: Final = (MAIN, "instagram:alder.garden.nordics")
MEMBERS: Mapping[str, frozenset[Right]] = {
    "freja.nielsen": frozenset({Right.PUBLISH, Right.ENGAGE}),
    "employee": frozenset({Right.ENGAGE}),
    "lars.berg": frozenset({Right.ANALYZE}),
}
READY: Final = "freja.nielsen"
"""She has asked, and was granted what she asked for; the others have still to ask."""
DECIDERS: Final = ("liaison2", "hub")
SAID: Final = ("She plans the pictures for it.", "For the six weeks, yes.")
