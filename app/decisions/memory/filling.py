"""Filling an index that knows nobody yet, some thousand at a time: as taking in each, in half the time."""

from collections.abc import Sequence

from .grants import Granted
from .index import Index, duty
from .people import Person


class Filling:
    """Whose row is which is kept in a dictionary until all is filled: it is asked for each grant and each course."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._rows: dict[bytes, int] = {}

    def people(self, several: Sequence[Person]) -> None:
        """People, before all that is theirs."""
        first = len(self._index.people)
        self._index.people.fill(several)
        self._rows.update(zip((one[0] for one in several), range(first, first + len(several)), strict=True))

    def grants(self, several: Sequence[Granted]) -> None:
        """Grants, when people and accounts are there."""
        row_of = self._index.accounts.row_of
        self._index.grants.fill(several, [self._rows[one[0]] for one in several], [row_of(one[1]) for one in several])

    def learnt(self, several: Sequence[tuple[bytes, bytes, int]]) -> None:
        """When people completed a course last: person, course, instant."""
        rows, number_of = self._rows, self._index.number_of_course
        self._index.learnt.put_all([(duty(rows[one[0]], number_of(one[1])), one[2]) for one in several])

    def attested(self, several: Sequence[tuple[bytes, bytes]]) -> None:
        """Who has accepted which version: person, version."""
        rows, number_of = self._rows, self._index.number_of_version
        self._index.attested.put_all([(duty(rows[one[0]], number_of(one[1])), 1) for one in several])
