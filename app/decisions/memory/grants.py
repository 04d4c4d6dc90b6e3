"""Every grant there ever was, by person, by account and by both, in some hundred bytes a grant."""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple
from uuid import UUID

from app.governance.grants.rules import End, Tenure
from app.governance.models.rules import Right

from .hashed import ABSENT, IntMap
from .instants import instant, sure

_RIGHTS, _ENDS = tuple(Right), (None, *End)
_RIGHT_NUMBERS = {right: n for n, right in enumerate(_RIGHTS)}
_END_NUMBERS = {end: n for n, end in enumerate(_ENDS)}
_ROW = Struct("<16sBBqqqqqqqIIIII")
_SIZE = _ROW.size
_LINKS = Struct("<III")
_LINKS_AT = _SIZE - _LINKS.size
_NONE = 0xFFFF_FFFF
_ENDED = frozenset({_NONE, ABSENT})
_PERSON, _ACCOUNT, _NEXT_OF_PAIR, _NEXT_OF_PERSON, _NEXT_OF_ACCOUNT = range(10, 15)


class Held(NamedTuple):
    """A grant as decisions know it: instants in microseconds; ``person`` and ``account`` are rows."""

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
        self._of_person = IntMap(expected // 2)
        self._of_account = IntMap(expected // 8)

    def __len__(self) -> int:
        return len(self._rows) // _SIZE

    def put(self, held: Held) -> None:
        """Take a grant in, or what is new of one that is known."""
        key = _pair(held.person, held.account)
        for row in self._walk(self._of_pair.get(key), _NEXT_OF_PAIR):
            if self._rows[row * _SIZE : row * _SIZE + 16] == held.id:
                links = _LINKS.unpack_from(self._rows, row * _SIZE + _LINKS_AT)
                self._rows[row * _SIZE : (row + 1) * _SIZE] = self._packed(held, *links)
                return
        row = len(self)
        chains = ((self._of_pair, key), (self._of_person, held.person), (self._of_account, held.account))
        self._rows += self._packed(held, *(_link(of.get(of_key)) for of, of_key in chains))
        for of, of_key in chains:
            of.put(of_key, row)

    @staticmethod
    def _packed(held: Held, *links: int) -> bytes:
        id_, right, end, *instants, person, account = held
        return _ROW.pack(id_, _RIGHT_NUMBERS[right], _END_NUMBERS[end], *instants, person, account, *links)

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


def _pair(person: int, account: int) -> int:
    return person << 24 | account


def _link(row: int) -> int:
    return _NONE if row == ABSENT else row
