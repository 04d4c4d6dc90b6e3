"""`python -m benchmarks.scim`: SCIM beside scim2-server's own in-memory server, at 1,000 and at 20,000 users.

Six servers run at once, each a process of its own under the same uvicorn: in memory, on SQLite and on PostgreSQL, small
and large. One client with one kept-alive connection to each calls them in turns, a few calls at a time, so that whatever
else the machine does falls on all of them; what is told is the median. The in-memory servers hold the very documents
that ours answers.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from . import report, scim_people
from .databases import durability, fresh, postgres
from .processes import HOST, Caller, Failed, coe, cpu_of, end, environment, free_port, serving, wait_for
from .scim_memory import USERS
from .scim_people import ENTERPRISE, IN_DEPARTMENT
from .starting import ROOT

KINDS = ("memory", "sqlite", "postgresql")
SIZES = (1_000, 20_000)
PAGE = 100
TURN = 5
ENOUGH = 10
GROWTH = 1.3
_PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(slots=True)
class Times:
    """What one server took for one operation: seconds of each call, and of CPU for all of them."""

    calls: list[float] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def each(self) -> float:
        """The median of the clock, in milliseconds."""
        return 1000 * median(self.calls)

    @property
    def cpu_each(self) -> float:
        """The mean of the server process's CPU, in milliseconds."""
        return 1000 * self.cpu / len(self.calls)


@dataclass(slots=True)
class Peer:
    """A running SCIM server, and what it showed by operation."""

    kind: str
    users: int
    pid: int
    caller: Caller
    root: str
    token: str | None = None
    ids: list[str] = field(default_factory=list)
    shown: dict[str, Times] = field(default_factory=dict)

    def again(self) -> None:
        """A new connection, in use: uvicorn closes one that was idle for five seconds while others had their turn."""
        self.caller.connection.close()
        self.call("GET", "/ServiceProviderConfig")

    def call(self, method: str, path: str, body: object = None, *, ok: Sequence[int] = (200,)) -> tuple[float, Any]:
        """Seconds until the answer was there, and the answer, whose reading does not count."""
        headers = {"Content-Type": "application/scim+json"} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        sent = None if body is None else json.dumps(body)
        connection, began = self.caller.connection, time.perf_counter()
        connection.request(method, self.root + path, sent, headers)
        answer = connection.getresponse()
        text = answer.read()
        took = time.perf_counter() - began
        if answer.status not in ok:
            raise Failed(f"{self.kind}, {self.users} users: {method} {path}: {answer.status} {text[:600]!r}")
        return took, json.loads(text) if text else None


# --- the operations: each makes its n-th call, looks at the answer, and says how long it took ---------------------------

Operation = Callable[[Peer, int], float]


def _listed(peer: Peer, query: dict[str, object], total: int | None, count: int) -> float:
    took, answer = peer.call("GET", f"/Users?{urlencode(query)}")
    got = answer["totalResults"], len(answer.get("Resources", ()))
    if got[1] != count or total not in (None, got[0]):
        raise Failed(f"{peer.kind}, {peer.users} users: {query} found {got}, wanted {total}, {count}")
    return took


def _by_name(peer: Peer, n: int) -> float:
    name = scim_people.user_name(random.Random(n).randrange(peer.users)).lower()
    return _listed(peer, {"filter": f'userName eq "{name}"'}, 1, 1)


def _first(peer: Peer, _n: int) -> float:
    return _listed(peer, {"startIndex": 1, "count": PAGE}, peer.users, PAGE)


def _anywhere(peer: Peer, n: int) -> float:
    start = random.Random(n).randrange(1, peer.users - PAGE)
    return _listed(peer, {"startIndex": start, "count": PAGE}, peer.users, PAGE)


def _filtered(peer: Peer, n: int) -> float:
    name = scim_people.department(random.Random(n).randrange(peer.users), peer.users)
    asked = f'active eq true and {ENTERPRISE}:department eq "{name}"'
    return _listed(peer, {"filter": asked, "count": PAGE}, IN_DEPARTMENT, IN_DEPARTMENT)


def _switch(peer: Peer, n: int, *, active: bool) -> float:
    """The n-th call in turns: everybody who is locked is unlocked next, so that nobody is in the end."""
    operation = {"op": "replace", "path": "active", "value": active}
    path = f"/Users/{peer.ids[n * 7919 % len(peer.ids)]}"
    took, answer = peer.call("PATCH", path, {"schemas": [_PATCH_OP], "Operations": [operation]}, ok=(200, 204))
    if answer is not None and answer["active"] is not active:
        raise Failed(f"{peer.kind}: {path} says active {answer['active']} after {active}")
    return took


def _create(peer: Peer, n: int) -> float:
    number = peer.users + n
    sent = scim_people.document(number, peer.users, peer.ids[n])
    took, made = peer.call("POST", "/Users", sent, ok=(201,))
    if made["userName"] != sent["userName"] or set(made) - {"id", "meta"} != set(sent):
        raise Failed(f"{peer.kind}: created {made}, sent {sent}")
    return took


@dataclass(frozen=True, slots=True)
class Goal:
    """So many times as quick as the in-memory server it is to be, from so many users on."""

    ahead: float
    least: int = 0

    def told(self) -> str:
        """In a cell of the table."""
        return f"{self.ahead:g} x{' at ' + format(self.least, ',') if self.least else ''}"


@dataclass(frozen=True, slots=True)
class Measure:
    """An operation, or two that take turns, by name; and the goal."""

    names: tuple[str, ...]
    calls: tuple[Operation, ...]
    goal: Goal


# Whoever is created makes the lists longer: so that comes last.
_NEAR, _LIST, _FILTER = Goal(round(1 / 1.5, 2)), Goal(4, max(SIZES)), Goal(10, max(SIZES))
MEASURES = (
    Measure(("`userName eq`",), (_by_name,), _NEAR),
    Measure((f"list {PAGE}, first page",), (_first,), _LIST),
    Measure((f"list {PAGE}, startIndex anywhere",), (_anywhere,), _LIST),
    Measure((f"active and department, {IN_DEPARTMENT} found",), (_filtered,), _FILTER),
    Measure(
        ("PATCH active false", "PATCH active true"),
        (partial(_switch, active=False), partial(_switch, active=True)),
        _NEAR,
    ),
    Measure(("create",), (_create,), _NEAR),
)


# --- measuring -------------------------------------------------------------------------------------------------------


def main() -> int:
    """Measure and print one table; exit 1 when something did not do what it should."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scim", description=__doc__)
    parser.add_argument("--calls", type=int, default=100, help="calls of each operation to each server")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help=f"after so long for one operation, {ENOUGH} calls are enough"
    )
    told, began = parser.parse_args(), time.monotonic()
    try:
        with ExitStack() as stack:
            server = stack.enter_context(postgres())
            peers = _peers(stack, server)
            for measure in MEASURES:
                _measure(measure, peers, told.calls, told.seconds)
            about = report.machine([_durability(kind, server) for kind in KINDS[1:]])
    except Failed as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 1
    print("\n".join([*about, "", *_table(peers), "", *_notes(time.monotonic() - began)]))
    return 0


def _durability(kind: str, server: sa.URL) -> str:
    with fresh(kind, server, migrated=False) as at:
        return durability(at)


def _peers(stack: ExitStack, server: sa.URL) -> list[Peer]:
    """All servers, loaded and running."""
    found: list[Peer] = []
    for users in SIZES:
        ours = [stack.enter_context(_ours(kind, server, users)) for kind in KINDS[1:]]
        documents = [_documents(one) for one in ours]
        found += [stack.enter_context(_memory(documents[0])), *ours]
    return found


@contextmanager
def _ours(kind: str, server: sa.URL, users: int) -> Iterator[Peer]:
    with fresh(kind, server) as at:
        began = time.monotonic()
        scim_people.load(at, users)
        token = coe(at, "client", "create", "HR", "--scope", "hr", "--static").output.rpartition("bearer: ")[2].strip()
        with serving(at) as running:
            _tell(f"{kind}, {users:,} users: loaded in {time.monotonic() - began:.1f} s")
            try:
                yield Peer(kind, users, running.pid, Caller(running.port), "/scim/v2", token)
            except Failed as error:
                said = (at.folder / "server.log").read_text(encoding="utf-8", errors="replace")
                raise Failed(f"{error}; {kind}, {users} users said: {said[-3000:] or 'nothing'}") from error


@contextmanager
def _memory(users: list[dict[str, Any]]) -> Iterator[Peer]:
    began, port = time.monotonic(), free_port()
    with tempfile.TemporaryDirectory(prefix="coe-scim-") as folder:
        file, log = Path(folder) / "users.jsonl", Path(folder) / "server.log"
        file.write_text("".join(json.dumps(one) + "\n" for one in users), encoding="utf-8")
        process = _in_memory(file, port, log)
        try:
            wait_for(process, port, "/v2/ServiceProviderConfig", log, within=180)
            _tell(f"memory, {len(users):,} users: loaded in {time.monotonic() - began:.1f} s")
            yield Peer("memory", len(users), process.pid, Caller(port), "/v2", ids=[one["id"] for one in users])
        finally:
            end(process)


def _in_memory(file: Path, port: int, log: Path) -> "subprocess.Popen[bytes]":
    """The in-memory server, as `coe serve` starts ours: the same uvicorn, no access log."""
    words = ["benchmarks.scim_memory:application", "--factory", "--host", HOST, "--port", str(port)]
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "uvicorn", *words, "--no-access-log", "--no-server-header", "--log-level", "warning"],
            cwd=ROOT, env=environment({USERS: str(file)}), stdout=out, stderr=out,
        )  # fmt: skip


def _documents(peer: Peer) -> list[dict[str, Any]]:
    """Everybody, as the server answers them."""
    found: list[dict[str, Any]] = []
    while len(found) < peer.users:
        query = urlencode({"startIndex": len(found) + 1, "count": 200})
        found += peer.call("GET", f"/Users?{query}")[1]["Resources"]
    peer.ids = [one["id"] for one in found]
    return found


def _measure(measure: Measure, peers: list[Peer], calls: int, seconds: float) -> None:
    """In turns until every server has had its calls; the first ones fill caches and do not count."""
    counts = dict.fromkeys(range(len(peers)), 0)
    spent = dict.fromkeys(range(len(peers)), 0.0)
    for peer in peers:
        peer.shown |= {name: Times() for name in measure.names}
    waiting = list(counts)
    while waiting:
        for index in waiting:
            began, first = time.monotonic(), counts[index] == 0
            peers[index].again()
            for _ in range(2 if first else TURN):
                _call(measure, peers[index], counts[index], counted=not first)
                counts[index] += 1
            spent[index] += time.monotonic() - began
        waiting = [i for i in waiting if counts[i] < ENOUGH or (counts[i] < calls and spent[i] < seconds)]
    for name in measure.names:
        _tell(f"{name}: " + ", ".join(f"{one.kind} {one.users:,} {one.shown[name].each:.1f} ms" for one in peers))


def _call(measure: Measure, peer: Peer, n: int, *, counted: bool) -> None:
    for name, operation in zip(measure.names, measure.calls, strict=True):
        before = cpu_of(peer.pid)
        took = operation(peer, n)
        if counted:
            peer.shown[name].calls.append(took)
            peer.shown[name].cpu += cpu_of(peer.pid) - before


def _tell(what: str) -> None:
    sys.stderr.write(f"  {what}\n")
    sys.stderr.flush()


# --- the table -------------------------------------------------------------------------------------------------------

_HEAD = ("median ms", "users", "in memory", *(cell for kind in ("SQLite", "PostgreSQL") for cell in (kind, "ahead", "growth", "CPU")), "goal")  # fmt: skip


def _table(peers: list[Peer]) -> list[str]:
    rows = [_row(name, measure.goal, users, peers) for measure in MEASURES for name in measure.names for users in SIZES]
    widths = [max(len(row[i]) for row in (_HEAD, *rows)) for i in range(len(_HEAD))]
    lines = [
        "  ".join(f"{cell:{'>' if i else '<'}{width}}" for i, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in (_HEAD, *rows)
    ]
    return [lines[0], "-" * len(lines[0]), *lines[1:]]


def _row(name: str, goal: Goal, users: int, peers: list[Peer]) -> tuple[str, ...]:
    shown = {(one.kind, one.users): one.shown[name] for one in peers}
    memory = shown["memory", users]
    cells = [name if users == SIZES[0] else "", f"{users:,}", f"{memory.each:.1f}"]
    for kind in KINDS[1:]:
        ours = shown[kind, users]
        ahead, growth = memory.each / ours.each, ours.each / shown[kind, SIZES[0]].each
        missed = users >= goal.least and ahead < goal.ahead
        grown = f"{growth:.2f} x{'!' if growth > GROWTH else ''}" if users != SIZES[0] else ""
        cells += [f"{ours.each:.1f}", f"{ahead:.2f} x{'!' if missed else ''}", grown, f"{ours.cpu_each:.1f}"]
    return (*cells, goal.told() if users >= goal.least else "")


def _notes(seconds: float) -> list[str]:
    return [
        f"ahead: the in-memory server's median to ours (goal: at least what the last column says); growth: ours at {SIZES[1]:,}",
        f"users to ours at {SIZES[0]:,} (goal: at most {GROWTH:g} x); CPU: the service's own process, a call, mean; PostgreSQL's",
        f"processes are not in it. An exclamation mark: a goal is missed. Measured in {seconds:.0f} s on {os.cpu_count()} cores.",
    ]


if __name__ == "__main__":
    sys.exit(main())
