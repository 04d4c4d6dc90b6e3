"""Every account, by our id and by handle."""

from typing import NamedTuple
from uuid import UUID

from app.accounts.rules import NEVER_OURS, AccountState

from .hashed import ABSENT


class Standing(NamedTuple):
    """An account as decisions know it."""

    id: bytes
    network: str
    handle: str
    state: AccountState
    unit_id: UUID


class Accounts:
    """Rows are numbered from 0 and never taken away; a handle names whoever holds it, not whom it was denied."""

    def __init__(self) -> None:
        self._rows: list[Standing] = []
        self._by_id: dict[bytes, int] = {}
        self._by_handle: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, account: Standing) -> int:
        """Take an account in, or what is new of one that is known; answers its row."""
        row = self._by_id.get(account.id)
        if row is None:
            row = self._by_id[account.id] = len(self._rows)
            self._rows.append(account)
        else:
            before, self._rows[row] = self._rows[row], account
            if self._by_handle.get((before.network, before.handle)) == row:
                del self._by_handle[before.network, before.handle]
        if account.state not in NEVER_OURS:
            self._by_handle[account.network, account.handle] = row
        return row

    def row_of(self, id_: bytes) -> int:
        """The row of an account by our id, ``ABSENT`` for none's."""
        return self._by_id.get(id_, ABSENT)

    def id_of(self, row: int) -> UUID:
        """Our id of the account in a row."""
        return UUID(bytes=self._rows[row].id)

    def registered(self, network: str, handle: str) -> int:
        """The row of the account that holds a canonical handle, ``ABSENT`` for nobody's."""
        return self._by_handle.get((network, handle), ABSENT)

    def account(self, row: int) -> Standing:
        """The account in a row."""
        return self._rows[row]
