"""A map from integers to integers that takes twenty-odd bytes an entry, where a dictionary takes well over a hundred.

Open addressing with linear probing in two arrays. The arrays hold no Python objects: the collector never walks them, and
processes that are forked after they were filled go on sharing their pages.
"""

from array import array

_EMPTY, _GONE = -1, -2
_SPREAD, _WORD = 0x9E3779B97F4A7C15, (1 << 64) - 1  # Fibonacci hashing: neighbouring keys land far apart
ABSENT = -1
"""What a key that is not there has for its value."""


class IntMap:
    """Keys from 0 to 2**63 - 1, values from 0 to 2**63 - 1; a key may stand there more than once (see ``every``)."""

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

    def put(self, key: int, value: int) -> None:
        """Set the one value of a key."""
        keys, mask = self._keys, self._mask
        at = (key * _SPREAD & _WORD) >> self._shift
        while (found := keys[at]) != _EMPTY:
            if found == key:
                self._values[at] = value
                return
            at = (at + 1) & mask
        self._settle(at, key, value)

    def add(self, key: int, value: int) -> None:
        """One more value of a key, whether or not it has any."""
        keys, mask = self._keys, self._mask
        at = (key * _SPREAD & _WORD) >> self._shift
        while keys[at] != _EMPTY:
            at = (at + 1) & mask
        self._settle(at, key, value)

    def _settle(self, at: int, key: int, value: int) -> None:
        self._keys[at], self._values[at] = key, value
        self.count += 1
        self._taken += 1
        if self._taken * 8 > len(self._keys) * 5:
            self._grow()

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

    def _grow(self) -> None:
        keys, values = self._keys, self._values
        self._allocate(max(self.count * 3 // 2, 8))  # twice the room for what is there; none for what was taken away
        self.count = self._taken = 0
        for key, value in zip(keys, values, strict=True):
            if key >= 0:
                self.add(key, value)
