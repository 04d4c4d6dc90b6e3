"""What wrong clocks explain, and what must not be (trust.md, I01)."""

from collections.abc import Iterator

from .evidence import Evidence
from .history import Attempt, Operation
from .log import World

WRITES_WITHIN = 60.0
"""Seconds that the clock of whoever writes may be wrong; who decides may be wrong by one."""
NOTICES_WITHIN = 2.0
"""Seconds in which a replica has noticed that."""


def begins(told: Evidence, world: World, one: Operation) -> bool:
    """Was it refused since the right begins later? It does where it was granted after the question; and by the clock of
    whoever granted it, where that was fast within what is let.
    """
    if one.told["codes"] != ["grant_not_started"]:
        return False
    who, account, right = (one.args[name] for name in ("who", "account", "right"))
    wide = {right, "publish"} if right == "draft" else {right}
    by = [world.issued_by[where] for each in wide if (where := (who, account, each)) in world.issued_by]
    granted = (each for op in told.writes for each in op.attempts if f"{op.op}.{each.number}" in by)
    return any(one.attempts[-1].sent <= (each.answered or each.sent) + _fast(told, each) for each in granted)


def _fast(told: Evidence, one: Attempt) -> float:
    """By how many seconds the clock of whoever was asked may have been fast."""
    return max(
        (
            float(fault.detail)
            for fault in told.faults
            if fault.kind == "skew" and fault.replica == one.replica and 0 < float(fault.detail) <= WRITES_WITHIN
            and fault.began <= (one.answered or one.sent) and one.sent <= fault.ended
        ),
        default=0.0,
    )  # fmt: skip


def answered(told: Evidence, sure: list[Operation]) -> Iterator[str]:
    """A replica whose clock is wrong decides nothing; by more than a minute, it writes nothing either. It may say again
    what another one did.
    """
    logged = {one["request_id"] for one in told.rows["events"]}
    wrote = [(one, each) for one in told.writes for each in one.attempts if f"{one.op}.{each.number}" in logged]
    decided = [(one, one.attempts[-1]) for one in sure]
    for fault in (one for one in told.faults if one.kind == "skew"):
        for one, each in (*decided, *(wrote if abs(float(fault.detail)) > WRITES_WITHIN else ())):
            noticed = fault.began + NOTICES_WITHIN < each.sent and (each.answered or each.sent) < fault.ended
            if each.replica == fault.replica and noticed:
                yield f"{one.op} was answered by replica {each.replica}, whose clock was wrong by {fault.detail} s"
