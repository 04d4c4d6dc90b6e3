"""What the standard adds to a question: how far a batch goes, and how new the answer must be."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from app.kernel.errors import Unavailable

EMPLOYEE: Final = "employee"
"""The one type of subject."""
ACCOUNT: Final = "account"
"""The one type of resource."""
MAX_EVALUATIONS: Final = 1000
REVISION: Final = "^[0-9]{1,18}$"
"""How a ``Coe-Revision`` is written."""


class RevisionUnavailable(Unavailable):
    """The answer is to reflect a write that this process does not know of: perhaps not yet, perhaps nobody does."""

    code = "revision_unavailable"
    title = "The answer cannot be as new as was asked"


class Consistency(StrEnum):
    """How much an answer promises beyond what it always does."""

    FULL = "full"


class Semantic(StrEnum):
    """How far a batch goes: through all of it, to its first refusal, or to its first permit."""

    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"

    def ends_with(self, *, permitted: bool) -> bool:
        """Is this answer the last one?"""
        if self is Semantic.DENY_ON_FIRST_DENY:
            return not permitted
        return self is Semantic.PERMIT_ON_FIRST_PERMIT and permitted


def least_revision(said: Any) -> int:
    """The newest revision that any part of a request, as it came, wants reflected; 0 if none does.

    What is not as it should be says nothing here: it is refused where it is read.
    """
    return max(map(int, _revisions(said)), default=0)


def _revisions(said: Any) -> Iterator[str]:
    items = said.get("evaluations") if isinstance(said, Mapping) else None
    for one in (said, *(items if isinstance(items, list) else ())):
        context = one.get("context") if isinstance(one, Mapping) else None
        wanted = context.get("at_least_revision") if isinstance(context, Mapping) else None
        if isinstance(wanted, str) and re.fullmatch(REVISION, wanted):
            yield wanted
