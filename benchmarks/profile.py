"""`python -m benchmarks.profile`: where one call's CPU goes, and how many statements it sends.

Server and one client run in threads of this process. A timer that counts CPU, not the clock, wakes the main thread to
look at what the server's threads are doing: so a busy machine does not distort it, and waiting does not count.
"""

import argparse
import os
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy as sa
import uvicorn

from . import organisation
from .databases import fresh, postgres
from .organisation import Case, Laps
from .processes import HOST, Caller, Installation, wait_until
from .starting import ROOT

EVERY = 0.001
STEPS = ("ask", "endorse", "approve", "evaluate")
_IDLE = {("threading.py", "wait"), ("queue.py", "get"), ("selectors.py", "select"), ("runners.py", "run"), ("__init__.py", "run"),
         ("_asyncio.py", "run"), ("server.py", "run"), ("threading.py", "_wait_for_tstate_lock")}  # fmt: skip
_LIBRARY = re.compile(r"site-packages/(?:_?)([A-Za-z0-9]+)")


@dataclass(slots=True)
class Seen:
    """What was seen during one kind of call."""

    calls: int = 0
    cpu: float = 0.0
    samples: int = 0
    where: Counter[str] = field(default_factory=Counter)
    ours: Counter[str] = field(default_factory=Counter)
    statements: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Watch(Laps):
    """Sees calls by name: CPU, stacks and statements."""

    seen: dict[str, Seen] = field(default_factory=lambda: {name: Seen() for name in STEPS})
    now: str | None = None
    began: float = 0.0

    def __call__(self, name: str) -> "Watch":
        self.now = name
        return self

    def __enter__(self) -> None:
        self.began = time.process_time()

    def __exit__(self, *_: object) -> None:
        one = self.seen[self.now or STEPS[0]]
        one.calls += 1
        one.cpu += time.process_time() - self.began
        self.now = None

    def statement(self, _connection: Any, _cursor: Any, text: str, *_: object) -> None:
        """SQLAlchemy is about to send this."""
        if self.now:
            self.seen[self.now].statements[_short(text)] += 1

    def sample(self, but: set[int | None]) -> None:
        """What are the threads doing, all but these?"""
        if self.now is None:
            return
        one = self.seen[self.now]
        for thread, frame in sys._current_frames().items():
            if thread not in but and not _idle(frame):
                one.samples += 1
                _place(one, frame)


def _short(text: str) -> str:
    words = " ".join(text.split())
    found = re.match(r"(INSERT INTO|UPDATE|DELETE FROM) (\w+)|SELECT .*? FROM (\w+)", words)
    if not found:
        return words[:60]
    locked = " FOR UPDATE/SHARE" if re.search(r" FOR (UPDATE|SHARE)", words) else ""
    return f"{found[1]} {found[2]}" if found[1] else f"SELECT {found[3]}{locked}"


def _idle(frame: FrameType) -> bool:
    return (Path(frame.f_code.co_filename).name, frame.f_code.co_name) in _IDLE


def _place(one: Seen, frame: FrameType) -> None:
    """The library that is at work, and the innermost function of ours that asked for it."""
    library, ours = "", ""
    at: FrameType | None = frame
    while at is not None:
        name = at.f_code.co_filename
        found = _LIBRARY.search(name)
        library = library or (found[1] if found else "app" if "/app/" in name else "")
        if not found and "/app/" in name:
            ours = f"{name.rpartition('/app/')[2]}:{at.f_code.co_qualname}"
            break
        at = at.f_back
    one.where[library or "python"] += 1
    one.ours[ours or "(the web framework)"] += 1


@contextmanager
def _served(at: Installation) -> Iterator[None]:
    """The application in a thread of this process."""
    for name in [name for name in os.environ if name.startswith("COE_")]:
        del os.environ[name]
    os.environ.update({name: value for name, value in at.env.items() if name.startswith("COE_")})
    from app.serving import application

    server = uvicorn.Server(uvicorn.Config(application(), host=HOST, port=at.port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started, "the server did not start")
    yield
    server.should_exit = True
    thread.join()


def _watched(at: Installation, export: Path, trips: int) -> Watch:
    watch = Watch()
    staff = organisation.load(at, export)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})  # in every thread to come: only `sigwait` takes it
    with _served(at):
        caller = Caller(at.port)
        cases = organisation.appoint(at, caller, staff)
        for case in cases[:10]:
            _calls(caller, case, Laps())
        sa.event.listen(sa.Engine, "before_cursor_execute", watch.statement)
        sys.setswitchinterval(EVERY / 10)
        _sampled(watch, caller, cases[10 : 10 + trips])
        sa.event.remove(sa.Engine, "before_cursor_execute", watch.statement)
    return watch


def _sampled(watch: Watch, caller: Caller, cases: Sequence[Case]) -> None:
    """Make the calls in a thread, and look at the others whenever so much CPU was used."""

    def work() -> None:
        for case in cases:
            _calls(caller, case, watch)

    client = threading.Thread(target=work)
    client.start()
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    while client.is_alive():
        if signal.sigtimedwait({signal.SIGPROF}, 0.1):
            watch.sample({threading.get_ident(), client.ident})
    signal.setitimer(signal.ITIMER_PROF, 0)


def _calls(caller: Caller, case: Case, watch: Laps) -> None:
    organisation.round_trip(caller, case, watch)
    body = {
        "subject": {"type": "employee", "id": case.number}, "action": {"name": "publish"},
        "resource": {"type": "account", "id": case.account_id},
    }  # fmt: skip
    with watch("evaluate"):
        caller.want(200, "POST", "/access/v1/evaluation", case.asker, body)


def _tell(name: str, watch: Watch, top: int) -> None:
    for step in STEPS:
        one = watch.seen[step]
        each = 1000 * one.cpu / one.calls
        sent = sum(one.statements.values()) / one.calls
        print(
            f"\n## {name}, {step}: {each:.1f} ms of CPU, {sent:.1f} statements a call ({one.calls} calls, {one.samples} samples)"
        )
        print("statements: " + ", ".join(f"{text} x{n / one.calls:g}" for text, n in one.statements.most_common()))
        for title, counted in (("library", one.where), ("our function, with what it calls in libraries", one.ours)):
            print(f"ms by {title}:")
            for what, n in counted.most_common(top):
                print(f"  {each * n / max(one.samples, 1):6.2f}  {what}")


def main() -> int:
    """Profile on one database, or both."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "tests/data/congress", help="folder of dated exports")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--trips", type=int, default=100, help="round trips to watch")
    parser.add_argument("--top", type=int, default=12, help="lines of each list")
    told = parser.parse_args()
    export = min(day for day in told.data.iterdir() if day.is_dir())
    with postgres() as server, fresh(told.database, server) as at:
        _tell(told.database, _watched(at, export, told.trips), told.top)
    return 0


if __name__ == "__main__":
    sys.exit(main())
