"""Posts that people of the demo enterprise had cleared before they were made, or wait to have cleared."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from app.governance.steps.rules import Verdict

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody wants to post where, and what was said to it, if anything was."""

    who: str
    account: str
    text: str
    note: str
    ago: timedelta
    verdict: Verdict | None = None
    comment: str | None = None

    @property
    def content_sha256(self) -> str:
        """What is cleared: this text, and no other."""
        return hashlib.sha256(self.text.encode()).hexdigest()


DECIDER = "content"
WAITING = Post(
    "employee", "linkedin:alder-nordics", "We open a service workshop in Turku on Monday.",
    "Names a town that we have not announced elsewhere.", 3.5 * _HOUR,
)  # fmt: skip
CLEARED = Post(
    "contractor", "instagram:alder.garden.nordics", "Hedges in autumn: three cuts, one picture each.",
    "The pictures are our own.", 4.8 * _HOUR, Verdict.APPROVE, "Good pictures.",
)  # fmt: skip
DENIED = Post(
    "contractor", "instagram:alder.garden.nordics", "Half the price of any other shears!",
    "For the weekend.", 4.2 * _HOUR, Verdict.DENY, "We do not compare prices.",
)  # fmt: skip
POSTS = (CLEARED, DENIED, WAITING)
"""In the order in which they were submitted."""
