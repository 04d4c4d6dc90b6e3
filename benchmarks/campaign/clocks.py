"""What wrong clocks explain, and what must not be (trust.md, I01)."""

from collections.abc import Iterator

from .evidence import Evidence
from .history import OK, Operation
from .log import World

WRITES_WITHIN = 60.0
"""Seconds that the clock of whoever writes may be wrong; who decides may be wrong by one."""
NOTICES_WITHIN = 2.0
"""Seconds in which a replica has noticed that."""


def begins(told: Evidence, world: World, one: Operation) -> bool:
    """Was it refused since the right begins later: by the clock of whoever granted it, which was fast within what is let?"""
    args = one.args
    granted = world.issued_by.get((args["who"], args["account"], args["right"]), "").rpartition(".")
    by = next(
        (each for op in told.writes if op.op == granted[0] for each in op.attempts if str(each.number) == granted[2]),
        None,
    )
    if one.told["codes"] != ["grant_not_started"] or by is None:
        return False
    return any(
        fault.replica == by.replica and 0 < float(fault.detail) <= WRITES_WITHIN
        and fault.began <= (by.answered or by.sent) and by.sent <= fault.ended
        and one.attempts[-1].sent <= (by.answered or by.sent) + float(fault.detail)
        for fault in told.faults if fault.kind == "skew"
    )  # fmt: skip


def answered(told: Evidence, sure: list[Operation]) -> Iterator[str]:
    """A replica whose clock is wrong decides nothing; by more than a minute, it writes nothing either."""
    for fault in (one for one in told.faults if one.kind == "skew"):
        wrong = abs(float(fault.detail))
        done = [one for one in told.writes if one.outcome == OK] if wrong > WRITES_WITHIN else []
        for one in (*sure, *done):
            last = one.attempts[-1]
            noticed = fault.began + NOTICES_WITHIN < last.sent and (last.answered or last.sent) < fault.ended
            if last.replica == fault.replica and noticed:
                yield f"{one.op} was answered by replica {last.replica}, whose clock was wrong by {fault.detail} s"
