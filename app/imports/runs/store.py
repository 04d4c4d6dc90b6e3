"""Every statement that touches the runs of imports and the rows that they rejected."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.imports.rules import BATCH, ImportRunning, Rejected
from app.kernel.actor import ActorKind
from app.kernel.database import flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset

from .rules import ALIVE, KEPT_FOR, Kind, Run, RunState, cells_of
from .tables import ImportReject, ImportRun

_BUSY = "Another import has just been started. Wait for it to end, and run this one again."


def add(session: Session, now: datetime, values: Mapping[str, Any]) -> Run:
    """A new run, which is alive. Raises ``ImportRunning`` where another is."""
    row = ImportRun(id=new_id(), created_at=now, updated_at=now, seen_at=now, slot=1, **values)
    session.add(row)
    flush(session, ImportRunning, _BUSY)
    return _run(row)


def run(session: Session, id_: UUID) -> Run:
    """One run, as it is now. Raises ``NotFound``."""
    row = session.get(ImportRun, id_, populate_existing=True)
    if row is None:
        raise NotFound(f"There is no import {id_}.")
    return _run(row)


def alive(session: Session) -> Run | None:
    """The run that has the slot, if any has."""
    row = session.scalars(select(ImportRun).where(ImportRun.slot == 1)).first()
    return _run(row) if row else None


def page(session: Session, page: Page) -> list[Run]:
    """A page of runs."""
    order = ((getattr(ImportRun, page.column or "id"), page.descending), (ImportRun.id, page.descending))
    return [_run(row) for row in session.scalars(keyset(select(ImportRun), order, page))]


def claim(session: Session, id_: UUID, now: datetime) -> bool:
    """From now on it is at work. False where it does not wait, or is not there."""
    return _change(
        session, id_, now, (RunState.QUEUED,), {"state": RunState.RUNNING, "started_at": now, "seen_at": now}
    )


def pulse(session: Session, id_: UUID, now: datetime, done: int, total: int | None) -> None:
    """A sign of life, with how far it is."""
    _change(session, id_, now, (RunState.RUNNING,), {"seen_at": now, "done": done, "total": total})


def end(session: Session, id_: UUID, now: datetime, state: RunState, values: Mapping[str, Any]) -> bool:
    """It has ended. False where that was known already."""
    return _change(session, id_, now, tuple(ALIVE), {"state": state, "slot": None, "finished_at": now, **values})


def _change(session: Session, id_: UUID, now: datetime, of: Sequence[RunState], values: Mapping[str, Any]) -> bool:
    # A statement of its own and no object: the pulse and the end come from two threads, and neither reads first.
    row = ImportRun
    stmt = update(row).where(row.id == id_, row.state.in_(of)).execution_options(synchronize_session=False)
    done: Any = session.execute(stmt.values(updated_at=now, version=row.version + 1, **values))
    return bool(done.rowcount)


def add_rejects(session: Session, run: Run, first: int, rejected: Sequence[Rejected]) -> None:
    """Rejected rows, the first of them being the ``first`` of the run."""
    rows = [
        {"run_id": run.id, "n": n, "line": one.line, "code": one.code, "message": one.message,
         "cells": cells_of(one, run.header)}
        for n, one in enumerate(rejected, start=first)
    ]  # fmt: skip
    if rows:
        session.execute(insert(ImportReject), rows)


def rejects(session: Session, id_: UUID, after: int) -> list[tuple[int, int, str, str, list[str]]]:
    """The next rejected rows of a run after the one with this number: (number, line, code, message, cells)."""
    row = ImportReject
    columns = (row.n, row.line, row.code, row.message, row.cells)
    stmt = select(*columns).where(row.run_id == id_, row.n > after).order_by(row.n).limit(BATCH)
    return [(one.n, one.line, one.code, one.message, one.cells) for one in session.execute(stmt)]


def forget_rejects(session: Session, now: datetime) -> int:
    """Delete rejected rows that were kept long enough; answers how many."""
    old = select(ImportRun.id).where(ImportRun.finished_at <= now - KEPT_FOR)
    done: Any = session.execute(delete(ImportReject).where(ImportReject.run_id.in_(old)))
    return int(done.rowcount)


def _run(row: ImportRun) -> Run:
    typed = {"kind": Kind(row.kind), "state": RunState(row.state), "actor_kind": ActorKind(row.actor_kind)}
    return value_of(Run, row, **typed)
