"""Working on a run: in a process of its own for an upload, in the caller's at the command line.

The run says once a second that it lives, and how far it is. A process that dies says nothing: whoever started it notes
that, and if nobody can, its silence is told as failure.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any, NoReturn
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.imports.rules import BATCH, Progress, Reject, Rejected, Summary
from app.imports.service import columns_of, import_employees
from app.imports.store import alone
from app.kernel.access import House, operator_work
from app.kernel.errors import DomainError
from app.kernel.uploads import Spool

from . import rules, service, store
from .rules import Asked, File, Run, RunState

PULSE_SECONDS = 1.0
_log = structlog.get_logger(__name__)
Load = Callable[[House, Progress, Reject], Summary]
"""Loads a file: with these parts, telling how far it is, and of each rejected row."""


def record(parts: House, asked: Asked, file: File, columns: str | None, load: Load) -> Summary:
    """Load a file at the command line, and write the run down. Raises what ``load`` does, and ``ImportRunning``."""
    with alone(parts.writes):
        with operator_work(parts) as work:
            run = service.begin(work, asked, file, RunState.RUNNING, columns)
        return _at_work(parts, run, load)


def work_off(parts: House, spool: Spool, id_: UUID) -> None:
    """Load the uploaded file of a queued run: what a process of its own does. How it ends stands in the run."""
    path = service.spool_path(spool, id_)
    try:
        with operator_work(parts, write=False) as work:
            run = store.run(work.session, id_)
        with _ending(parts, run), alone(parts.writes):
            with parts.writes.begin() as session:
                if not store.claim(session, id_, parts.clock()):
                    return
            _at_work(parts, run, lambda acting, progress, reject: _load(acting, run, path, progress, reject))
    except DomainError as error:
        _log.info("import_refused", import_id=str(id_), code=error.code)
    finally:
        path.unlink(missing_ok=True)


def _load(acting: House, run: Run, path: Path, progress: Progress, reject: Reject) -> Summary:
    options: dict[str, Any] = {"dry_run": True} if run.dry_run else {}
    return import_employees(
        acting, path, complete=run.complete, confirm_leavers=run.confirm_leavers, progress=progress, reject=reject,
        columns=columns_of(path, run.described or run.columns), held=True, **options,
    )  # fmt: skip


def _at_work(parts: House, run: Run, load: Load) -> Summary:
    """Load, in the name of whoever asked for the run; write down its signs of life, its rejected rows and its end."""
    acting = replace(parts, operator=run.actor, request_id=str(run.id))
    with _ending(parts, run):
        rejects = _Rejects(parts, run)
        with _pulse(parts, run) as told:
            summary = load(acting, told.progress, rejects)
        rejects.flush()
        with operator_work(acting) as work:
            store.pulse(work.session, run.id, work.now, told.done, told.total)
            service.end(work, run, RunState.DONE, summary=summary.as_dict())
        return summary


@contextmanager
def _ending(parts: House, run: Run) -> Iterator[None]:
    """Whatever goes wrong inside is written down as the end of the run, and raised."""
    try:
        yield
    except DomainError as error:
        _end(parts, run, RunState.REFUSED, error)
        raise
    except BaseException as error:
        with suppress(SQLAlchemyError):  # where the database is what went wrong, its silence tells the rest
            _end(parts, run, RunState.FAILED, rules.broke_off(error))
        raise


def _end(parts: House, run: Run, state: RunState, error: DomainError) -> None:
    acting = replace(parts, operator=run.actor, request_id=str(run.id))
    with operator_work(acting) as work:
        service.end(work, run, state, error=error)


@dataclass(slots=True)
class _Told:
    """How far a run is."""

    done: int = 0
    total: int | None = None

    def progress(self, done: int, total: int | None) -> None:
        self.done, self.total = done, total


@contextmanager
def _pulse(parts: House, run: Run) -> Iterator[_Told]:
    told, over = _Told(), Event()

    def beat() -> None:
        while not over.wait(PULSE_SECONDS):
            # A beat that is missed is no matter: the next one tells the same.
            with suppress(SQLAlchemyError), parts.writes.begin() as session:
                store.pulse(session, run.id, parts.clock(), told.done, told.total)

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        over.set()
        thread.join()


@dataclass(slots=True)
class _Rejects:
    """Takes rejected rows, and writes them in batches."""

    parts: House
    run: Run
    count: int = 0
    waiting: list[Rejected] = field(default_factory=list)

    def __call__(self, rejected: Rejected) -> None:
        self.waiting.append(rejected)
        if len(self.waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if not self.waiting:
            return
        with self.parts.writes.begin() as session:
            store.add_rejects(session, self.run, self.count + 1, self.waiting)
        self.count += len(self.waiting)
        self.waiting.clear()


# --- the process -----------------------------------------------------------------------------------------------------


def end_at_once(_signal: int, _frame: Any) -> NoReturn:
    """Told to stop: break off, so that the run says so."""
    raise SystemExit(128 + _signal)


def heed_signals() -> None:
    """Let a polite end (SIGTERM) be written down; any other is seen by the silence after it."""
    signal.signal(signal.SIGTERM, end_at_once)


def command(id_: UUID) -> Sequence[str]:
    """What a process is started with that works on a run."""
    return (sys.executable, "-m", "app", "import", "run", str(id_))


def launch(parts: House, settings: Mapping[str, str], id_: UUID) -> None:
    """Start a process that works on a run, with these settings; when it ends, see that the run has ended, too."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COE_")}
    process = subprocess.Popen(command(id_), env={**kept, **settings}, stdin=subprocess.DEVNULL)
    Thread(target=_see_off, args=(parts, id_, process), daemon=True).start()


def _see_off(parts: House, id_: UUID, process: "subprocess.Popen[bytes]") -> None:
    status = process.wait()
    if status == 0:
        return
    _log.warning("import_process_ended", import_id=str(id_), status=status)
    with suppress(SQLAlchemyError), operator_work(parts) as work:
        service.end(work, store.run(work.session, id_), RunState.FAILED, error=rules.gone())
