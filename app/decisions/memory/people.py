"""Everybody, by each of their names, in a hundred-odd bytes a person."""

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import NamedTuple
from uuid import UUID

from app.directory.rules import EmploymentType
from app.kernel.text import key_of

from .hashed import ABSENT, IntMap

_TYPES = tuple(EmploymentType)
_NUMBERS = {kind: n for n, kind in enumerate(_TYPES)}
_ROW = Struct("<16sBBqqQ")  # id, active, employment type, begins, ends, where the names stand
_LENGTHS = Struct("<HHH")
_KEY = (1 << 63) - 1
_ID_LENGTH = 36  # the one spelling that the directory takes for an id; any other may be a name
_ID, _NUMBER, _EMAIL, _USER_NAME = range(4)
_NAMES = slice(5, None)
"""Of a person the names, in this order."""


class Employment(NamedTuple):
    """How a person stands with us. ``begins`` and ``ends`` in microseconds; without a begin: since ever."""

    id: bytes
    active: bool
    employment_type: EmploymentType
    begins: int
    ends: int

    def employed(self, at: int) -> bool:
        """Is this person one of us at that instant? As ``Employee.employed`` has it."""
        return self.active and self.begins <= at < self.ends


class Person(NamedTuple):
    """A person as decisions know them: how they stand with us, and their names.

    ``email`` and ``user_name`` as they are compared, empty for none: a record that HR's feed has deleted has neither.
    """

    id: bytes
    active: bool
    employment_type: EmploymentType
    begins: int
    ends: int
    number: str
    email: str
    user_name: str


class People:
    """Rows are numbered from 0 in the order in which people came, and never taken away: who leaves is kept."""

    def __init__(self, expected: int = 0) -> None:
        self._rows = bytearray()
        self._names = bytearray()
        self._by_name = IntMap(expected * 4)

    def __len__(self) -> int:
        return len(self._rows) // _ROW.size

    def row_of(self, id_: bytes) -> int:
        """The row of a person by our id, ``ABSENT`` for nobody's."""
        row = self._by_name.get(key := hash((_ID, id_)) & _KEY)
        if row == ABSENT or self._is(row, id_):
            return row
        return next((one for one in self._by_name.every(key) if self._is(one, id_)), ABSENT)

    def _is(self, row: int, id_: bytes) -> bool:
        begin = row * _ROW.size
        return self._rows[begin : begin + 16] == id_

    def id_of(self, row: int) -> UUID:
        """Our id of the person in a row."""
        begin = row * _ROW.size
        return UUID(bytes=bytes(self._rows[begin : begin + 16]))

    def employment(self, row: int) -> Employment:
        """The person in a row, without their names."""
        id_, active, kind, begins, ends, _ = _ROW.unpack_from(self._rows, row * _ROW.size)
        return Employment(id_, active, _TYPES[kind], begins, ends)

    def person(self, row: int) -> Person:
        """The person in a row."""
        id_, active, kind, begins, ends, where = _ROW.unpack_from(self._rows, row * _ROW.size)
        return Person(id_, bool(active), _TYPES[kind], begins, ends, *self._written(where))

    def _written(self, where: int) -> tuple[str, ...]:
        lengths = _LENGTHS.unpack_from(self._names, where)
        at, found = where + _LENGTHS.size, []
        for length in lengths:
            found.append(self._names[at : at + length].decode())
            at += length
        return tuple(found)

    def put(self, person: Person) -> int:
        """Take a person in, or what is new of one who is known; answers their row."""
        row = self.row_of(person.id)
        if row == ABSENT:
            row = len(self)
            self._rows += self._packed(person, self._write(person))
            self._by_name.add(hash((_ID, person.id)) & _KEY, row)
            for key in _keys(person):
                self._by_name.add(key, row)
            return row
        before, where = self.person(row), _ROW.unpack_from(self._rows, row * _ROW.size)[-1]
        if before[_NAMES] != person[_NAMES]:
            where = self._write(person)
            for key in _keys(before):
                self._by_name.remove(key, row)
            for key in _keys(person):
                self._by_name.add(key, row)
        self._rows[row * _ROW.size : (row + 1) * _ROW.size] = self._packed(person, where)
        return row

    def fill(self, people: Iterable[Person]) -> None:
        """Take in many, none of whom is known yet: as ``put`` of each, in a third of the time."""
        rows, names, row, found = self._rows, self._names, len(self), list[tuple[int, int]]()
        for id_, active, kind, begins, ends, number, email, user_name in people:
            rows += _ROW.pack(id_, active, _NUMBERS[kind], begins, ends, len(names))
            first, second, third = number.encode(), email.encode(), user_name.encode()
            names += _LENGTHS.pack(len(first), len(second), len(third)) + first + second + third
            found.append((hash((_ID, id_)) & _KEY, row))
            if number:
                found.append((hash((_NUMBER, number)) & _KEY, row))
            if email:
                found.append((hash((_EMAIL, email)) & _KEY, row))
            if user_name:
                found.append((hash((_USER_NAME, user_name)) & _KEY, row))
            row += 1
        self._by_name.add_all(found)

    @staticmethod
    def _packed(person: Person, where: int) -> bytes:
        id_, active, kind, begins, ends, *_ = person
        return _ROW.pack(id_, active, _NUMBERS[kind], begins, ends, where)

    def _write(self, person: Person) -> int:
        """Where the names stand from now on; the place of earlier ones is not used again: names hardly ever change."""
        where = len(self._names)
        written = [name.encode() for name in (person.number, person.email, person.user_name)]
        self._names += _LENGTHS.pack(*map(len, written)) + b"".join(written)
        return where

    def find(self, text: str) -> list[int]:
        """Whom a text names: our id, else HR's employee id, else the work e-mail, else the user name. At most two rows."""
        id_ = uuid_bytes(text) if len(text) == _ID_LENGTH else None
        if id_ is not None and (row := self.row_of(id_)) != ABSENT:
            return [row]
        key = key_of(text)
        return (self._called(_NUMBER, text) or self._called(_EMAIL, key) or self._called(_USER_NAME, key))[:2]

    def namesakes(self, person: Person) -> set[int]:
        """Everybody whom a text may have named until this person came to be called so."""
        number = key_of(person.number)
        called = [(_EMAIL, number), (_USER_NAME, number)]
        called += [(_EMAIL, person.email), (_USER_NAME, person.email), (_USER_NAME, person.user_name)]
        return {row for kind, name in called for row in self._called(kind, name)}

    def _called(self, kind: int, name: str) -> list[int]:
        if not name:
            return []
        rows = self._by_name.every(hash((kind, name)) & _KEY)
        return [row for row in rows if self.person(row)[4 + kind] == name]


def _keys(person: Person) -> Iterator[int]:
    """Under what a person is found, beside our id."""
    for kind in (_NUMBER, _EMAIL, _USER_NAME):
        if person[4 + kind]:
            yield hash((kind, person[4 + kind])) & _KEY


def uuid_bytes(text: str) -> bytes | None:
    """The id that a text spells, in any of the ways in which ids are spelled."""
    if len(text) < 32:  # digits that no spelling goes without
        return None
    try:
        return UUID(text).bytes
    except ValueError:
        return None
