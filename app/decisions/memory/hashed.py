"""A map from integers to integers that takes twenty-odd bytes an entry, where a dictionary takes well over a hundred.

Open addressing with linear probing in two arrays. The arrays hold no Python objects: the collector never walks them, and
processes that are forked after they were filled go on sharing their pages.
"""

from array import array
from collections.abc import Iterable, Sequence

_EMPTY, _GONE = -1, -2
_SPREAD, _WORD = 0x9E3779B97F4A7C15, (1 << 64) - 1  # Fibonacci hashing: neighbouring keys land far apart
ABSENT = -1
"""What a key that is not there has for its value."""
NONE = 0xFFFF_FFFF
"""The same, in four bytes."""


class IntMap:
    """Keys from 0 to 2**63 - 1, values from 0 to 2**63 - 1; a key may stand there more than once (see ``every``).

    What counts up belongs into the low bits of a key: in high ones it lands in heaps, and is searched for six times as long.
    """

    __slots__ = ("_keys", "_mask", "_shift", "_taken", "_values", "count")

    def __init__(self, expected: int = 0) -> None:
        self.count = 0
        self._taken = 0
        self._allocate(max(expected, 8))

    def _allocate(self, expected: int) -> None:
        bits = (expected * 8 // 5).bit_length()  # filled to five eighths at most: probes stay short
        self._keys = array("q", (_EMPTY,)) * (1 << bits)
        self._values = array("q", bytes(8)) * (1 << bits)
        self._mask, self._shift = (1 << bits) - 1, 64 - bits

    def __len__(self) -> int:
        return self.count

    def get(self, key: int) -> int:
        """The value of a key, ``ABSENT`` without one."""
        keys, mask = self._keys, self._mask
        at = (key * _SPREAD & _WORD) >> self._shift
        while (found := keys[at]) != key:
            if found == _EMPTY:
                return ABSENT
            at = (at + 1) & mask
        return self._values[at]

    def every(self, key: int) -> list[int]:
        """All values of a key."""
        keys, mask, values = self._keys, self._mask, []
        at = (key * _SPREAD & _WORD) >> self._shift
        while (found := keys[at]) != _EMPTY:
            if found == key:
                values.append(self._values[at])
            at = (at + 1) & mask
        return values

    def put(self, key: int, value: int) -> int:
        """Set the one value of a key; answers the one before, ``ABSENT`` without one."""
        keys, mask = self._keys, self._mask
        at = (key * _SPREAD & _WORD) >> self._shift
        while (found := keys[at]) != _EMPTY:
            if found == key:
                before, self._values[at] = self._values[at], value
                return before
            at = (at + 1) & mask
        self._settle(at, key, value)
        return ABSENT

    def add(self, key: int, value: int) -> None:
        """One more value of a key, whether or not it has any."""
        keys, mask = self._keys, self._mask
        at = (key * _SPREAD & _WORD) >> self._shift
        while keys[at] != _EMPTY:
            at = (at + 1) & mask
        self._settle(at, key, value)

    # The same for many at once, in half the time: a map of millions is filled at a start.

    def put_all(self, pairs: Sequence[tuple[int, int]], absent: int = ABSENT) -> list[int]:
        """As ``put`` of each; ``absent`` stands for what there was not."""
        self._make_room(len(pairs))
        keys, values, mask, shift, before = self._keys, self._values, self._mask, self._shift, list[int]()
        new = 0
        for key, value in pairs:
            at = (key * _SPREAD & _WORD) >> shift
            while (there := keys[at]) != key and there != _EMPTY:
                at = (at + 1) & mask
            before.append(values[at] if there == key else absent)
            keys[at], values[at] = key, value
            new += there != key
        self.count += new
        self._taken += new
        return before

    def add_all(self, pairs: Sequence[tuple[int, int]]) -> None:
        """As ``add`` of each."""
        self._make_room(len(pairs))
        keys, values, mask, shift = self._keys, self._values, self._mask, self._shift
        for key, value in pairs:
            at = (key * _SPREAD & _WORD) >> shift
            while keys[at] != _EMPTY:
                at = (at + 1) & mask
            keys[at], values[at] = key, value
        self.count += len(pairs)
        self._taken += len(pairs)

    def _make_room(self, more: int) -> None:
        if (self._taken + more) * 8 > len(self._keys) * 5:
            self._grow(more)

    def _settle(self, at: int, key: int, value: int) -> None:
        self._keys[at], self._values[at] = key, value
        self.count += 1
        self._taken += 1
        if self._taken * 8 > len(self._keys) * 5:
            self._grow(0)

    def remove(self, key: int, value: int | None = None) -> None:
        """Take a key away, or of a key with several values this one; nothing happens if it is not there."""
        keys, mask = self._keys, self._mask
        at = (key * _SPREAD & _WORD) >> self._shift
        while (found := keys[at]) != _EMPTY:
            if found == key and value in (None, self._values[at]):
                keys[at] = _GONE
                self.count -= 1
                return
            at = (at + 1) & mask

    def _grow(self, more: int) -> None:
        keys, values = self._keys, self._values
        self._allocate(
            max((self.count + more) * 3 // 2, 8)
        )  # twice the room for what is there; none for what was taken away
        self.count = self._taken = 0
        for key, value in zip(keys, values, strict=True):
            if key >= 0:
                self.add(key, value)


class Heads:
    """The last value of each number from 0 on: four bytes each, for what is numbered without gaps. Values to 2**32 - 2."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = array("I")

    def get(self, number: int) -> int:
        """The value of a number, ``NONE`` without one."""
        return self._last[number] if number < len(self._last) else NONE

    def put_all(self, numbers: Sequence[int], values: Iterable[int]) -> list[int]:
        """Set the value of each; answers those before, ``NONE`` where there was none."""
        last, before = self._last, list[int]()
        if (short := max(numbers, default=0) + 1 - len(last)) > 0:
            last.extend(array("I", (NONE,)) * (short + len(last) // 8))
        for number, value in zip(numbers, values, strict=True):
            before.append(last[number])
            last[number] = value
        return before
