"""Loading an HRIS export: first every row is checked, then the good ones are written, in transactions of at most 500.

Running the same file again, also after an interruption, completes it and changes nothing that is so already.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.directory import store as directory
from app.directory.rules import Employee
from app.imports.rules import BATCH, EmptyFile, Fault, Progress, Reject, Row, Summary, read
from app.imports.store import Entry, Sheet
from app.imports.units.service import open_units
from app.kernel.access import House, operator_work
from app.kernel.errors import Conflict
from app.kernel.text import key_of
from app.kernel.work import Work
from app.lifecycle import service as lifecycle
from app.lifecycle.rules import MassDeactivation, check_absence

from . import rules
from .rules import Person

_TERMINATED = "terminated in the HR file"
_ABSENT = "missing from the complete HR file"


@dataclass(slots=True)
class _Run:
    """One run. ``units``: department -> unit id, as far as known."""

    parts: House
    sheet: Sheet
    today: date
    progress: Progress
    units: dict[str, UUID] = field(default_factory=dict)
    summary: Summary = field(default_factory=Summary)
    done: int = 0


def run(
    parts: House,
    raw: Iterable[bytes],
    *,
    complete: bool,
    confirm_leavers: bool,
    progress: Progress,
    reject: Reject,
) -> Summary:
    """Load a file; ``complete``: whoever is missing from it has left.

    Raises ``FileRefused`` and ``MassDeactivation``, both before anything is written.
    """
    with closing(Sheet()) as sheet:
        one = _Run(parts, sheet, parts.clock().date(), progress)
        _read(one, raw, complete=complete)
        _check(one)
        absent = _absent(one, confirmed=confirm_leavers) if complete else []
        _report(one, reject)
        _end_absent(one, absent)
        _end_rejected(one)
        for batch in sheet.live():
            _load(one, [rules.person(sheet.header.cells(row.cells), one.today) for row in batch])
        return one.summary


# --- the checking pass -----------------------------------------------------------------------------------------------


def _read(one: _Run, raw: Iterable[bytes], *, complete: bool) -> None:
    try:
        one.sheet.header, rows = read(raw, rules.COLUMNS)
    except EmptyFile:
        if complete:
            _refuse_nobody(one)
        raise
    for count, row in enumerate(rows, start=1):
        one.sheet.add(row, *_entry(one, row))
        if count % BATCH == 0:
            one.progress(count, None)


def _entry(one: _Run, row: Row) -> tuple[Entry, Fault | None]:
    """What the checks need of a row, and what is wrong with it by itself."""
    place = one.sheet.header.places["employee_id"]
    try:
        cells = one.sheet.header.cells(row.cells)
    except Fault as fault:
        key = row.cells[place].strip() if rules.surely_names(row.cells, place) else None
        return Entry(key or None, json.dumps(row.cells)), fault
    key, says, gone = None, json.dumps(cells), False
    try:
        key = rules.number_of(cells)
        gone = not rules.active_of(cells, one.today)
        stated = rules.person(cells, one.today)
    except Fault as fault:
        return Entry(key, says, gone=gone), fault
    name = key_of(stated.values["user_name"])
    return Entry(key, says, refers=stated.manager, also=name, place=stated.place, gone=gone), None


def _check(one: _Run) -> None:
    """What is wrong with rows beside others, and beside what the directory holds."""
    sheet = one.sheet
    sheet.settle_repeats()
    sheet.settle_shared("user_name_shared", "Several employee ids have this user name; it belongs to one person.")
    with operator_work(one.parts, write=False) as work:
        one.units, several = open_units(work)
        doubtful = Fault("department_ambiguous", "Several business units have this name; use the key of the one meant.")
        sheet.reject("place", several, doubtful)
        _check_names(work, sheet)
        _check_managers(work, sheet)


def _check_names(work: Work, sheet: Sheet) -> None:
    """A user name belongs to one person for ever, also after they have left."""
    taken: list[str] = []
    for batch in sheet.pairs():
        owners = directory.numbers_by_user_name(work.session, [name for name, _ in batch])
        taken += [number for name, number in batch if owners.get(name, number) != number]
    sheet.reject("key", taken, Fault("user_name_taken", "The user name belongs to another employee id already."))


def _check_managers(work: Work, sheet: Sheet) -> None:
    """Reject who names a manager nobody knows, or goes round in a circle; and whoever that leaves without theirs."""
    unknown = Fault("unknown_manager", "The manager's employee id is neither in the file's good rows nor known here.")
    circle = Fault("manager_circle", "Following the managers upward leads back to this person.")
    while True:
        missing = _add_known_managers(work, sheet)
        sheet.reject("refers", missing, unknown)
        if not sheet.rank(circle) and not missing:
            return


def _add_known_managers(work: Work, sheet: Sheet) -> list[str]:
    """Put those managers beside the file's rows that only the directory knows, and theirs.

    Answers whom it does not know either.
    """
    while True:
        missing = sheet.missing()
        found = {}
        for batch in directory.batches(missing):
            found.update(directory.managers_by_number(work.session, batch))
        if not found:
            return missing
        sheet.add_known(found)


def _absent(one: _Run, *, confirmed: bool) -> list[UUID]:
    """Who is active and not in the file, be it in a rejected row. Raises ``MassDeactivation``."""
    if one.sheet.count() == 0:
        _refuse_nobody(one)
    active, absent = 0, []
    with operator_work(one.parts, write=False) as work:
        for batch in directory.walk_active(work.session):
            named = one.sheet.named(list(batch))
            active += len(batch)
            absent += [id_ for number, id_ in batch.items() if number not in named]
    check_absence(active, len(absent), confirmed=confirmed)
    # A row that does not say whose it is may be that of any of them: then only a person's word makes them leavers.
    if absent and not confirmed and one.sheet.nameless():
        one.sheet.remark_nameless(f" So none of the {len(absent)} people missing from the file was taken to have left.")
        return []
    return absent


def _refuse_nobody(one: _Run) -> None:
    """A complete file without a row is a failed export, whatever anybody confirms."""
    with operator_work(one.parts, write=False) as work:
        if next(directory.walk_active(work.session), None):
            raise MassDeactivation("The file names nobody, so everybody would leave. Nothing was changed.")


def _report(one: _Run, reject: Reject) -> None:
    for rejected in one.sheet.rejected():
        one.summary.rejected += 1
        reject(rejected)
    one.done = one.sheet.skipped()
    one.progress(one.done, one.sheet.count())


# --- the writing pass ------------------------------------------------------------------------------------------------


def _end_absent(one: _Run, absent: Sequence[UUID]) -> None:
    for ids in directory.batches(absent):
        with operator_work(one.parts) as work:
            for person in directory.employees(work.session, ids).values():
                _leave(one, work, person, _ABSENT)


def _end_rejected(one: _Run) -> None:
    """An explicit termination applies, whatever else is wrong with its row."""
    for batch in one.sheet.gone():
        numbers = [rules.number_of(one.sheet.header.cells(row.cells)) for row in batch]
        with operator_work(one.parts) as work:
            for person in directory.employees_by_number(work.session, numbers).values():
                _leave(one, work, person, _TERMINATED)


def _leave(one: _Run, work: Work, person: Employee, reason: str) -> None:
    if person.active:
        lifecycle.leave(work, person, reason)
        one.summary.left += 1


def _load(one: _Run, batch: Sequence[Person]) -> None:
    """Compare first, without a lock; write only what is new."""
    with operator_work(one.parts, write=False) as work:
        known = _known(work, batch)
        news = [stated for stated in batch if rules.is_news(stated, one.units, known)]
    one.summary.unchanged += len(batch) - len(news)
    if news:
        with operator_work(one.parts) as work:
            known = _known(work, news)
            for stated in news:
                known[stated.number] = _apply(one, work, stated, known)
    one.done += len(batch)
    one.progress(one.done, one.sheet.count())


def _known(work: Work, batch: Iterable[Person]) -> dict[str, Employee]:
    """The people of these rows and their managers, as the directory holds them."""
    numbers = {stated.number for stated in batch} | {stated.manager for stated in batch if stated.manager}
    return directory.employees_by_number(work.session, numbers)


def _apply(one: _Run, work: Work, stated: Person, known: dict[str, Employee]) -> Employee:
    values = rules.values_of(stated, _unit(one, work, stated), known)
    present = known.get(stated.number)
    if present is None:
        one.summary.created += 1
        left = {} if stated.active else {"active": False, "left_at": work.now}
        return lifecycle.join(work, {**values, **left})
    if present.active and not stated.active:
        one.summary.left += 1
        return lifecycle.leave(work, present, _TERMINATED, values)
    one.summary.updated += 1
    if stated.active and not present.active:
        return lifecycle.come_back(work, present, values)
    return lifecycle.amend(work, present, values)


def _unit(one: _Run, work: Work, stated: Person) -> Any:
    """The department's unit; one that nobody knows yet is made below the root."""
    if stated.place not in one.units:
        made = lifecycle.department(work, stated.department)
        if made is None:
            raise Conflict(f"Several units came to be named {stated.department} during the import. Run it again.")
        one.units[stated.place] = made
    return one.units[stated.place]
