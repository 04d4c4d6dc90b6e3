"""What every client asked for and was told: one JSON line for each step, on the disk before the next one counts."""

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

OK, FAIL, INFO = "ok", "fail", "info"
INVOKE = "invoke"
EVALUATE = "evaluate"


@dataclass(frozen=True, slots=True)
class Line:
    """One step of one operation. ``at``: seconds on the clock that all share; ``op``: its name, key and marker at once.

    ``attempt`` counts from 1; the request is named ``op.attempt`` in the audit log. ``code``: of a problem, or how the
    answer was lost. ``told``: what of the answer matters to the checker.
    """

    at: float
    phase: str
    client: int
    op: str
    kind: str
    attempt: int
    replica: int
    args: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0
    revision: int | None = None
    code: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)


class Recorder:
    """Writes lines. Each is handed to the kernel at once; the disk is waited for once a second and at the end."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._synced = time.monotonic()
        self.lines: list[Line] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.fsync(self._file.fileno())
        self._file.close()

    def write(self, line: Line) -> None:
        """One more line."""
        self.lines.append(line)
        self._file.write(json.dumps(asdict(line), separators=(",", ":")) + "\n")
        self._file.flush()
        if line.at - self._synced > 1:
            self._synced = line.at
            os.fsync(self._file.fileno())


def read(path: Path) -> list[Line]:
    """A history as it was written."""
    return [Line(**json.loads(one)) for one in path.read_text(encoding="utf-8").splitlines()]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request. ``answered`` None: nothing came back until the end of the run."""

    number: int
    replica: int
    sent: float
    answered: float | None = None
    outcome: str = INFO
    status: int = 0
    code: str = ""

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.answered or self.sent) - self.sent


@dataclass(slots=True)
class Operation:
    """One thing that a client wanted, with all its attempts. ``outcome``: of the last one that was definite, else info."""

    op: str
    kind: str
    client: int
    args: Mapping[str, Any]
    attempts: list[Attempt] = field(default_factory=list)
    outcome: str = INFO
    status: int = 0
    revision: int | None = None
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def invoked(self) -> float:
        """When it was first asked for."""
        return self.attempts[0].sent

    @property
    def ended(self) -> float:
        """When it was known how it ended."""
        return self.attempts[-1].answered or float("inf")

    @property
    def write(self) -> bool:
        """Does it change anything?"""
        return self.kind != EVALUATE


def fold(lines: Iterable[Line]) -> list[Operation]:
    """Operations, in the order in which they were first asked for."""
    found: dict[str, Operation] = {}
    for one in lines:
        if one.phase == INVOKE:
            operation = found.setdefault(one.op, Operation(one.op, one.kind, one.client, one.args))
            operation.attempts.append(Attempt(one.attempt, one.replica, one.at))
            continue
        operation = found[one.op]
        sent = operation.attempts[-1]
        operation.attempts[-1] = Attempt(sent.number, sent.replica, sent.sent, one.at, one.phase, one.status, one.code)
        if one.phase != INFO:
            operation.outcome, operation.status, operation.revision = one.phase, one.status, one.revision
            operation.told = one.told
    return list(found.values())
