"""Who is turned away because they have left: nobody is recognised then, so what they asked for before stays as it was.

A repeated request is answered by its key only for whoever may ask at all. 401 for somebody who has left between two attempts
refuses that attempt; whether one before it, whose outcome nobody told, was done, it does not say.
"""

from bisect import bisect_left
from collections.abc import Iterable

from .evidence import Evidence, Row
from .history import FAIL, INFO, OK, Operation

_NAMED = frozenset({"ask"})
"""Kinds of operations whose ``who`` is whoever asks."""


class Leavers:
    """When people were gone, by the log; and which revisions may have been the last at an instant, by the history."""

    def __init__(self, told: Evidence) -> None:
        self._gone = _absences(told.rows["events"])
        known = [one for one in told.writes if one.outcome == OK and one.revision is not None]
        self._ended = sorted((one.ended, one.revision or 0) for one in known)
        self._begun = sorted((one.invoked, one.revision or 0) for one in known)

    def turned_away(self, one: Operation) -> bool:
        """Was the last answer 401 for somebody who was gone just then, and nobody told what became of an attempt before?"""
        *before, last = one.attempts
        if one.kind not in _NAMED or one.outcome != FAIL or one.status != 401 or last.answered is None:
            return False
        if not any(each.outcome == INFO for each in before):
            return False
        low = max((revision for _, revision in self._ended[: bisect_left(self._ended, (last.sent, 0))]), default=0)
        later = self._begun[bisect_left(self._begun, (last.answered, 0)) :]
        high = min((revision for _, revision in later), default=float("inf"))
        return any(left < high and back > low for left, back in self._gone.get(one.args["who"], ()))


def _absences(events: Iterable[Row]) -> dict[str, list[tuple[int, float]]]:
    """By person: gone from which revision until before which."""
    found: dict[str, list[tuple[int, float]]] = {}
    for one in events:
        mine = found.setdefault(one["subject_id"], [])
        if one["action"] == "employee.left":
            mine.append((one["seq"], float("inf")))
        elif one["action"] == "employee.rejoined" and mine:
            mine[-1] = (mine[-1][0], one["seq"])
    return found
