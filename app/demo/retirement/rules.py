"""The campaign by which the demo enterprise asks which of its pages are still needed, and what it has heard so far."""

from dataclasses import dataclass
from datetime import timedelta

from app.accounts.rules import Flag
from app.governance.retirements.rules import Word
from app.governance.retirements.service import Asked

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
OPENED = 3 * _DAY - _HOUR
"""How long ago the hub opened it."""
CAMPAIGN = Asked("Facebook pages that nobody reads", (Flag.IDLE,), business_unit="europe", network="facebook")
WAITING = "facebook:AlderGardenNordics"
"""Its custodian has still to answer, while somebody has just asked for a right on it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A custodian's word on an account, so long ago."""

    who: str
    account: str
    word: Word
    why: str
    ago: timedelta


KEPT = Answer(
    "iberia.liaison",
    "facebook:AlderCareIberia",
    Word.KEEP,
    "It is where warranty claims of the chains come in.",
    2 * _DAY,
)
AGREED = Answer(
    "iberia.liaison2",
    "facebook:AlderGardenIberia",
    Word.RETIRE,
    "Its readers are on Instagram by now.",
    2 * _DAY - _HOUR,
)
ANSWERS = (KEPT, AGREED)
"""In the order in which they were given; the hub has decided nothing yet."""
