"""Starting runs of imports, looking at them, and ending them: each written down, and one at a time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.imports.service import columns_of, header_of
from app.imports.store import under_way
from app.kernel.access import House
from app.kernel.actor import ActorKind
from app.kernel.errors import DomainError
from app.kernel.pages import Page
from app.kernel.uploads import Spool, Upload
from app.kernel.work import Work

from . import rules, store
from .rules import Asked, File, Kind, Run, RunState

_MAGIC_BYTES = 16
_LEFT_BEHIND_SECONDS = 24 * 3600


def run(work: Work, id_: UUID) -> Run:
    """One run. Raises ``NotFound``."""
    return work.show(store.run(work.session, id_).as_of(work.now))


def runs(work: Work, page: Page) -> list[Run]:
    """A page of runs."""
    return [one.as_of(work.now) for one in store.page(work.session, page)]


def start(work: Work, spool: Spool, upload: Upload) -> Run:
    """Queue a run for an uploaded file, which moves to ``spool_path``.

    What shows without reading all of it is refused at once: ``Invalid``, ``UnsupportedMediaType``, ``FileRefused``,
    ``BadColumns``; and ``ImportRunning``.
    """
    _tidy(work, spool)
    asked = rules.asked(upload.fields)
    with upload.path.open("rb") as file:
        rules.check_type(upload.media_type, file.read(_MAGIC_BYTES))
    columns = columns_of(upload.path, asked.columns)
    file_ = File(upload.name[:200], upload.size, upload.sha256, header_of(upload.path, columns))
    made = begin(work, asked, file_, RunState.QUEUED, columns.name)
    upload.path.rename(spool_path(spool, made.id))
    return work.show(made)


def clean(spool: Spool, work: Work, _limit: int) -> int:
    """Remove what was kept long enough: files of processes that died, rejected rows. Answers how many of both."""
    return _tidy(work, spool) + store.forget_rejects(work.session, work.now)


def _tidy(work: Work, spool: Spool) -> int:
    """Remove what a process that died has left behind; answers how many files that were."""
    removed = 0
    for path in spool.folder.iterdir() if spool.folder.is_dir() else ():
        with suppress(FileNotFoundError):
            if work.now.timestamp() - path.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                path.unlink()
                removed += 1
    return removed


def spool_path(spool: Spool, id_: UUID) -> Path:
    """Where the file of a run waits."""
    return spool.folder / f"{id_}.csv"


def begin(work: Work, asked: Asked, file: File, state: RunState, columns: str | None = None) -> Run:
    """Write down a run that begins: ``queued``, or ``running`` where the caller keeps other imports out already.

    Raises ``ImportRunning`` while another is alive; one that has the place and is dead is told to have failed.
    """
    holder = store.alive(work.session)
    if holder is not None:
        if not _dead(work, holder, held=state is RunState.RUNNING):
            raise rules.busy(holder)
        end(work, holder, RunState.FAILED, error=rules.gone())
    store.forget_rejects(work.session, work.now)
    described = asked.columns if asked.kind is Kind.EMPLOYEES and asked.columns not in (None, columns) else None
    values = {
        "kind": asked.kind, "state": state, "complete": asked.complete, "confirm_leavers": asked.confirm_leavers,
        "dry_run": asked.dry_run, "columns": columns, "described": described, "header": list(file.header),
        "file_name": file.name, "file_size": file.size, "file_sha256": file.sha256,
        "actor_kind": work.actor.kind, "actor_id": work.actor.id, "actor_roles": list(work.actor.roles),
        "started_at": work.now if state is RunState.RUNNING else None,
    }  # fmt: skip
    made = store.add(work.session, work.now, values)
    if state is RunState.QUEUED:  # somebody asked for it, from outside
        audit.record(work, "import.started", ("import", made.id), after=told(made))
    return made


def _dead(work: Work, holder: Run, *, held: bool) -> bool:
    # Whoever is at work holds the lock until the process ends, however it ends; whoever is queued has yet to take it.
    return holder.silent(work.now) or (holder.state is RunState.RUNNING and (held or not under_way(work.session)))


def end(
    work: Work, run: Run, state: RunState, summary: Mapping[str, int] | None = None, error: DomainError | None = None
) -> None:
    """Write down how a run ended, if nobody has. An operator's file that changed nothing is nothing to tell of."""
    values: dict[str, Any] = {"summary": summary, "problem": rules.told_problem(error) if error else None}
    ended = store.end(work.session, run.id, work.now, state, values)
    if ended and (run.actor.kind is not ActorKind.OPERATOR or _did_something(state, summary)):
        audit.record(work, "import.finished", ("import", run.id), after={**told(run), "state": state, **values})


def _did_something(state: RunState, summary: Mapping[str, int] | None) -> bool:
    changed = any((summary or {}).get(name) for name in ("created", "updated", "left"))
    return state is RunState.FAILED or changed


def told(run: Run) -> dict[str, Any]:
    """A run as the audit log tells it when it begins."""
    names = ("kind", "complete", "confirm_leavers", "dry_run", "columns", "file_size", "file_sha256")
    return {name: getattr(run, name) for name in names}


def rejects(parts: House, run: Run) -> Iterator[str]:
    """The rejected rows of a run as CSV, line by line; read in short transactions, however slowly they are taken."""
    return rules.rejects_file(run.header, _rejected(parts, run.id))


def _rejected(parts: House, id_: UUID) -> Iterator[tuple[int, str, str, list[str]]]:
    after = 0
    while True:
        with parts.reads.begin() as session:
            found = store.rejects(session, id_, after)
        if not found:
            return
        yield from (row[1:] for row in found)
        after = found[-1][0]


Launch = Callable[[UUID], None]
"""Lets a process of its own work on a queued run."""
