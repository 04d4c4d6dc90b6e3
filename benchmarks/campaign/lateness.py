"""How late the machine is. An answer from memory costs a replica some microseconds, and needs nobody else: whatever else it
took, the machine took, whose processors had others to serve.
"""

from collections.abc import Iterable, Iterator

from .history import EVALUATE, OK, Attempt, Operation

TURNS = 3
"""How often a request that asks the database waits for a processor at least: in the loop, in a thread, in the loop."""


class Lateness:
    """Of each replica, as answers from memory showed it."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._seen: dict[int, list[Attempt]] = {}
        for one in operations:
            if one.kind == EVALUATE and one.outcome == OK and one.args["least"] is None:
                self._seen.setdefault(one.attempts[-1].replica, []).append(one.attempts[-1])

    def of(self, one: Attempt) -> float:
        """How many seconds of an attempt were the machine's: the longest that an answer from memory took meanwhile, in each
        of its turns.
        """
        end = one.answered or one.sent
        there = self._seen.get(one.replica, ())
        beside = (each.seconds for each in there if each.sent <= end and one.sent <= each.sent + each.seconds)
        return TURNS * max(beside, default=0.0)

    def summary(self) -> Iterator[str]:
        """In how many seconds answers came from memory."""
        took = sorted(each.seconds for several in self._seen.values() for each in several)
        if took:
            half, most, all_ = (took[int(len(took) * share)] for share in (0.5, 0.99, 1 - 1e-9))
            yield f"answers from memory: half within {half:.2f} s, 99 of 100 within {most:.2f} s, all within {all_:.2f} s"
