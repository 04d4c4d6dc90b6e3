"""Every grant there ever was, by person, by account and by both, in some hundred bytes a grant."""

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import NamedTuple
from uuid import UUID

from app.governance.grants.rules import End, Tenure
from app.governance.models.rules import Right

from .hashed import ABSENT, NONE, Heads, IntMap
from .instants import instant, sure

_RIGHTS, _ENDS = tuple(Right), (None, *End)
_KINDS = {
    (right.value, end and end.value): bytes((n, m)) for n, right in enumerate(_RIGHTS) for m, end in enumerate(_ENDS)
}
_ROW = Struct(">16sBBqqqqqqqIIIII")
_SIZE = _ROW.size
INSTANTS = Struct(">qqqqqqq")
"""The seven instants of a grant as they stand in its row; the database gives them so, and nothing has to be read of them."""
_PLACES = Struct(">IIIII")
_LINKS = Struct(">III")
_LINKS_AT = _SIZE - _LINKS.size
_PAIR = 24  # bits for the row of an account beside that of a person
_ENDED = frozenset({NONE, ABSENT})
_PERSON, _ACCOUNT, _NEXT_OF_PAIR, _NEXT_OF_PERSON, _NEXT_OF_ACCOUNT = range(10, 15)


class Granted(NamedTuple):
    """A grant as the database knows it, with whose and where it is by our ids; ``instants``: as in ``INSTANTS``."""

    employee_id: bytes
    account_id: bytes
    id: bytes
    right: str
    end: str | None
    instants: bytes


class Held(NamedTuple):
    """The same as decisions know it; ``person`` and ``account`` are rows."""

    id: bytes
    right: Right
    end: End | None
    valid_from: int
    valid_until: int
    suspended_since: int
    review_due_at: int
    review_ends_at: int
    ended_at: int
    created_at: int
    person: int
    account: int

    def turns(self) -> tuple[int, ...]:
        """The instants at which its state changes by itself."""
        return (self.valid_from, self.valid_until, self.review_due_at, self.review_ends_at) if self.end is None else ()

    def tenure(self) -> Tenure:
        """The same as rules take it."""
        return Tenure(
            UUID(bytes=self.id), self.right, sure(self.valid_from), sure(self.valid_until),
            instant(self.suspended_since), instant(self.review_due_at), instant(self.review_ends_at),
            instant(self.ended_at), self.end, sure(self.created_at),
        )  # fmt: skip


class Grants:
    """Rows are never taken away: an ended grant says why there is none."""

    def __init__(self, expected: int = 0) -> None:
        self._rows = bytearray()
        self._of_pair = IntMap(expected)
        self._of_person, self._of_account = Heads(), Heads()

    def __len__(self) -> int:
        return len(self._rows) // _SIZE

    def put(self, granted: Granted, person: int, account: int) -> None:
        """Take a grant in, or what is new of one that is known; ``person`` and ``account``: their rows."""
        for row in self._walk(self._of_pair.get(_pair(person, account)), _NEXT_OF_PAIR):
            if self._rows[row * _SIZE : row * _SIZE + 16] == granted.id:
                links = _LINKS.unpack_from(self._rows, row * _SIZE + _LINKS_AT)
                self._rows[row * _SIZE : (row + 1) * _SIZE] = _packed(granted, person, account, *links)
                return
        self.fill([granted], [person], [account])

    def fill(self, several: Sequence[Granted], people: Sequence[int], accounts: Sequence[int]) -> None:
        """Take in many, none of which is known yet, of people and on accounts in these rows."""
        rows = range(len(self), len(self) + len(several))
        of_pair = self._of_pair.put_all(list(zip(map(_pair, people, accounts), rows, strict=True)), NONE)
        of_person, of_account = self._of_person.put_all(people, rows), self._of_account.put_all(accounts, rows)
        self._rows += b"".join(map(_packed, several, people, accounts, of_pair, of_person, of_account))

    def of_pair(self, person: int, account: int) -> list[Held]:
        """Every grant a person ever had on an account."""
        found, row = [], self._of_pair.get(_pair(person, account))
        while row not in _ENDED:
            id_, right, end, *rest, row, _, _ = _ROW.unpack_from(self._rows, row * _SIZE)
            found.append(Held(id_, _RIGHTS[right], _ENDS[end], *rest))
        return found

    def accounts_of(self, person: int) -> set[int]:
        """The accounts on which a person ever had a grant."""
        return {self._part(row, _ACCOUNT) for row in self._walk(self._of_person.get(person), _NEXT_OF_PERSON)}

    def people_on(self, account: int) -> set[int]:
        """The people who ever had a grant on an account."""
        return {self._part(row, _PERSON) for row in self._walk(self._of_account.get(account), _NEXT_OF_ACCOUNT)}

    def _walk(self, row: int, link: int) -> Iterator[int]:
        while row not in _ENDED:
            following = self._part(row, link)
            yield row
            row = following

    def _part(self, row: int, n: int) -> int:
        part: int = _ROW.unpack_from(self._rows, row * _SIZE)[n]
        return part


def _packed(granted: Granted, *places: int) -> bytes:
    _, _, id_, right, end, instants = granted
    return id_ + _KINDS[right, end] + instants + _PLACES.pack(*places)


def _pair(person: int, account: int) -> int:
    return person << _PAIR | account
