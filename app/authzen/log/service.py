"""The decision log: a line of JSON for each refusal and for some permits, beside the lines of requests.

What is answered from memory is noted only, and written together a few times a second: an answer never waits for its line.
If more is asked than can be written, lines are left out, and how many is said.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from uuid import UUID

import orjson
import structlog
from prometheus_client import Counter

from app.decisions.desk import Answer
from app.decisions.memory.hashed import ABSENT
from app.decisions.memory.index import Index
from app.decisions.memory.instants import sure
from app.governance.evaluation.rules import Decision
from app.kernel.actor import Actor
from app.kernel.wire import format_instant

from . import rules
from .rules import Sampling

MOST: Final = 20_000
"""So many lines wait to be written, at most."""
FLUSH_SECONDS: Final = 0.25
EVENT: Final = "decision"
_DECISIONS = Counter("coe_decisions", "How many decisions were given out, by what was decided.", ["decision"])
_UNTOLD = Counter("coe_decisions_unlogged", "Of how many decisions no line was written, since there were too many.")
_log = structlog.get_logger(__name__)


_Note = tuple[int, bytes, bytes, Answer, int]
"""What a line is made of, later: the instant in microseconds, the request's name, who asked, the answer, the revision."""


class DecisionLog:
    """Tells of decisions. ``write`` takes whole lines; None: nothing is logged at this level."""

    def __init__(self, sampling: Sampling, write: Callable[[bytes], object] | None) -> None:
        self._sampling, self._write = sampling, write
        self._notes: deque[_Note] = deque()
        self._untold = 0
        self._flushing = False
        self._given = [0, 0]
        self._counters = _DECISIONS.labels("refuse"), _DECISIONS.labels("permit")

    def tell(
        self, actor: Actor, person: UUID | None, account: UUID | None, right: str, decision: Decision, revision: int
    ) -> None:
        """A line at once, where the answer has waited for a database anyway."""
        self._counters[decision.permitted].inc()
        if self._write is not None and self._sampling.tells(decision):
            told = rules.members(person, account, right, decision)
            _log.info(EVENT, actor=f"{actor.kind}:{actor.id}", revision=str(revision), **told)

    def note(self, index: Index, now: int, request_id: bytes, by: bytes, answer: Answer) -> None:
        """A line soon; ``by``: who asked. On the loop that answers."""
        self._given[answer.permitted] += 1
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush, index)
        if self._write is None or (answer.permitted and not self._sampling.tells(answer.decision)):
            return
        if len(self._notes) >= MOST:
            self._untold += 1
        else:
            self._notes.append((now, request_id, by, answer, index.revision))

    def _flush(self, index: Index) -> None:
        """Make lines of what was noted, and have them written elsewhere."""
        self._flushing = False
        for counter, given in zip(self._counters, self._given, strict=True):
            counter.inc(given)
        self._given = [0, 0]
        notes, self._notes = self._notes, deque()
        lines = list(_lines(index, notes))
        if self._untold:
            _UNTOLD.inc(self._untold)
            lines.append(orjson.dumps({"event": "decisions_unlogged", "level": "warning", "count": self._untold}))
            self._untold = 0
        if lines and self._write is not None:
            asyncio.get_running_loop().run_in_executor(None, self._write, b"\n".join(lines) + b"\n")


def _lines(index: Index, notes: Iterable[_Note]) -> Iterator[bytes]:
    second, at = -1, b""
    for now, request_id, by, answer, revision in notes:
        if now // 1_000_000 != second:
            second = now // 1_000_000
            at = format_instant(sure(second * 1_000_000))[:-1].encode()
        if not answer.told:
            answer.told = orjson.dumps(_same(index, answer))[1:-1]
        # The rest is ours, or was looked at: nothing in it has to be escaped.
        yield _LINE % (at, now % 1_000_000, request_id, by, revision, answer.told)


_LINE = (
    b'{"event":"%b","level":"info","timestamp":"%%b.%%06dZ","request_id":"%%b","actor":"%%b","revision":"%%d",%%b}'
    % EVENT.encode()
)


def _same(index: Index, answer: Answer) -> dict[str, object]:
    """What every line about an answer says."""
    return rules.members(
        index.people.id_of(answer.person) if answer.person != ABSENT else None,
        index.accounts.id_of(answer.account) if answer.account != ABSENT else None,
        answer.question.right, answer.decision,
    )  # fmt: skip
