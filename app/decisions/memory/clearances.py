"""What was cleared, by account and content."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from app.governance.clearances.rules import ClearanceState, Vetted

from .instants import sure


class Cleared(NamedTuple):
    """A clearance as decisions know it; ``account`` is a row, ``not_after`` in microseconds."""

    id: bytes
    account: int
    content_sha256: str
    not_after: int
    state: ClearanceState

    def vetted(self) -> Vetted:
        """The same as rules take it."""
        return Vetted(UUID(bytes=self.id), self.content_sha256, sure(self.not_after), self.state)


class Clearances:
    """All there ever were: one that was used says why the same content does not go out again."""

    def __init__(self) -> None:
        self._of_content: dict[tuple[int, str], dict[bytes, Cleared]] = {}
        self._cleared: dict[int, dict[bytes, Cleared]] = {}

    def put(self, one: Cleared) -> None:
        """Take a clearance in, or what is new of one that is known; its account and its content never change."""
        self._of_content.setdefault((one.account, one.content_sha256), {})[one.id] = one
        ready = self._cleared.setdefault(one.account, {})
        if one.state is ClearanceState.CLEARED:
            ready[one.id] = one
        else:
            ready.pop(one.id, None)

    def of_account(self, account: int, content_sha256: str | None) -> Sequence[Cleared]:
        """Those of this content, and every cleared one of the account: all that ``check`` wants to know."""
        same = self._of_content.get((account, content_sha256), {}) if content_sha256 else {}
        return tuple({**self._cleared.get(account, {}), **same}.values())
