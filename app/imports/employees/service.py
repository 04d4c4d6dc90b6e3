"""Loading an HRIS export: first every row is checked, then the good ones are written, in transactions of at most 500.

Running the same file again, also after an interruption, completes it and changes nothing that is so already.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from app.directory import store as directory
from app.directory.erasures import store as erasures
from app.directory.rules import Employee
from app.imports.rules import Change, Columns, EmptyFile, Fault, Progress, Reject, Row, Summary, read
from app.imports.store import Entry, Sheet
from app.imports.units.service import open_units
from app.kernel import memory
from app.kernel.access import House, operator_work
from app.kernel.errors import Conflict
from app.kernel.ids import new_id
from app.kernel.text import key_of
from app.kernel.work import Work
from app.lifecycle import service as lifecycle
from app.lifecycle.rules import MassDeactivation, check_absence

from . import rules
from .rules import Person
from .worker import side_by_side

_TERMINATED = "terminated in the HR file"
_ERASED = Fault(
    "person_erased", "This person's data was erased and is not taken in again; HR's feed has to leave them out."
)
_ABSENT = "missing from the complete HR file"
_AT_ONCE = 2000
"""Rows that are compared with the directory by one statement."""


@dataclass(slots=True)
class _Run:
    """One run. ``units``: department -> unit id, as far as known. ``tell``: of each change, None if nobody asks."""

    parts: House
    sheet: Sheet
    today: date
    progress: Progress
    columns: Columns = rules.COLUMNS
    tell: Callable[[Change], None] | None = None
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
    columns: Columns = rules.COLUMNS,
    dry_run: bool = False,
    changes: Callable[[Change], None] | None = None,
) -> Summary:
    """Load a file; ``complete``: whoever is missing from it has left; ``columns``: how its header and words are meant.

    ``dry_run``: write nothing, only count what would be, and tell ``changes`` of every person it would touch. Raises
    ``FileRefused`` and ``MassDeactivation``, both before anything of the file is written.
    """
    if not dry_run:
        _settle(parts)
    with closing(Sheet()) as sheet, memory.bulk():
        one = _Run(parts, sheet, _day(parts.clock()), progress, columns, changes)
        _read(one, raw, complete=complete)
        _check(one)
        absent = _absent(one, confirmed=confirm_leavers) if complete else []
        _report(one, reject)
        (_foresee if dry_run else _write)(one, absent)
        return one.summary


def _day(now: datetime) -> date:
    """The day it still is somewhere on earth. A last day that is over everywhere makes a leaver of whoever reads the row;
    one that may not be over yet where their unit is takes effect by ``ends_at``, when it is.
    """
    return (now - timedelta(hours=12)).date()


def _settle(parts: House) -> None:
    """Whose last day has passed has left before the file says anything."""
    while True:
        with operator_work(parts) as work:
            if not lifecycle.settle(work):
                return


# --- the checking pass -----------------------------------------------------------------------------------------------


def _read(one: _Run, raw: Iterable[bytes], *, complete: bool) -> None:
    try:
        one.sheet.header, rows = read(raw, one.columns)
    except EmptyFile:
        if complete:
            _refuse_nobody(one)
        raise
    with operator_work(one.parts, write=False) as work:
        one.units, several = open_units(work)
    count = 0
    while batch := list(islice(rows, _AT_ONCE)):
        _take(one, batch)
        count += len(batch)
        one.progress(count, None)
    one.sheet.complete()
    doubtful = Fault("department_ambiguous", "Several business units have this name; use the key of the one meant.")
    one.sheet.reject("place", several, doubtful)


def _take(one: _Run, batch: Sequence[Row]) -> None:
    """Judge rows by themselves, and compare them with what the directory holds."""
    entries = [_entry(one, row) for row in batch]
    names = next((tuple(stated.values) for _, _, stated in entries if stated), ())
    with operator_work(one.parts, write=False) as work:
        keys = {entry.key for entry, _, _ in entries if entry.key}
        held = directory.held(work.session, keys, names)
        erased = erasures.numbers(work.session, keys)
    for row, (entry, fault, stated) in zip(batch, entries, strict=True):
        present = held.get(entry.key) if entry.key else None
        entry.known, entry.here = present is not None, present is not None and present.active
        entry.same = stated is not None and not rules.is_news(stated, one.units, present)
        if entry.known and stated is not None and "user_name" not in stated.values:
            entry.also = None  # theirs stays what it is
        one.sheet.add(row, entry, _ERASED if entry.key in erased else fault)


def _entry(one: _Run, row: Row) -> tuple[Entry, Fault | None, Person | None]:
    """What the checks need of a row, what is wrong with it by itself, and what it states if nothing is."""
    header = one.sheet.header
    try:
        cells = header.cells(row.cells)
    except Fault as fault:
        place = header.places["employee_id"]
        key = row.cells[place].strip() if rules.surely_names(row.cells, place) else None
        return Entry(key or None, hash(tuple(row.cells))), fault, None
    says = hash(tuple(cells.values()))  # of 64 bits, and of another seed in every process: nobody can aim at it
    try:
        stated = rules.person(cells, one.today)
    except Fault as fault:
        return _doubtful(one, cells, says), fault, None
    name = key_of(stated.user_name)
    return Entry(stated.number, says, stated.manager, name, stated.place, gone=not stated.active), None, stated


def _doubtful(one: _Run, cells: Mapping[str, str], says: int) -> Entry:
    """What can still be read of a row with a fault: whose it is, and whether it ends their employment."""
    entry = Entry(None, says)
    try:
        entry.key = rules.number_of(cells)
        entry.gone = not rules.active_of(cells, one.today)
    except Fault:
        pass
    return entry


def _check(one: _Run) -> None:
    """What is wrong with rows beside others, and beside what the directory holds."""
    sheet = one.sheet
    sheet.settle_repeats()
    sheet.settle_shared("user_name_shared", "Several employee ids have this user name; it belongs to one person.")
    _check_names(one)
    _check_managers(one)


def _check_names(one: _Run) -> None:
    """A user name belongs to one person for ever, also after they have left."""
    taken: list[str] = []
    for batch in one.sheet.pairs():
        with operator_work(one.parts, write=False) as work:
            owners = directory.numbers_by_user_name(work.session, [name for name, _ in batch])
        taken += [number for name, number in batch if owners.get(name, number) != number]
    one.sheet.reject("key", taken, Fault("user_name_taken", "The user name belongs to another employee id already."))


def _check_managers(one: _Run) -> None:
    """Reject who names a manager nobody knows, or goes round in a circle; and whoever that leaves without theirs."""
    unknown = Fault("unknown_manager", "The manager's employee id is neither in the file's good rows nor known here.")
    circle = Fault("manager_circle", "Following the managers upward leads back to this person.")
    while True:
        missing = _add_known_managers(one)
        one.sheet.reject("refers", missing, unknown)
        if not one.sheet.rank(circle) and not missing:
            return


def _add_known_managers(one: _Run) -> list[str]:
    """Put those managers beside the file's rows that only the directory knows, and theirs.

    Answers whom it does not know either.
    """
    while True:
        missing = one.sheet.missing()
        found: dict[str, str | None] = {}
        for batch in directory.batches(missing):
            with operator_work(one.parts, write=False) as work:
                found.update(directory.managers_by_number(work.session, batch))
        if not found:
            return missing
        one.sheet.add_known(found)


def _absent(one: _Run, *, confirmed: bool) -> list[UUID]:
    """Who is active and not in the file, be it in a rejected row. Raises ``MassDeactivation``."""
    if one.sheet.count() == 0:
        _refuse_nobody(one)
    active, absent = 0, list[UUID]()
    with operator_work(one.parts, write=False) as work:
        if directory.count_active(work.session) == one.sheet.here():
            return []
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
        # What was erased is not kept again among the rejects.
        reject(replace(rejected, row={}) if rejected.code == _ERASED.code else rejected)
    one.summary.unchanged = one.sheet.same()
    one.done = one.sheet.skipped() + one.summary.unchanged
    one.progress(one.done, one.sheet.count())


def _stated(one: _Run, batch: Iterable[Row]) -> list[Person]:
    cells = one.sheet.header.cells
    return [rules.person(cells(row.cells), one.today) for row in batch]


def _ended(one: _Run) -> Iterator[list[str]]:
    """Whose employment rejected rows end: an explicit termination applies, whatever else is wrong with its row."""
    cells = one.sheet.header.cells
    return ([rules.number_of(cells(row.cells)) for row in batch] for batch in one.sheet.gone())


# --- the writing pass ------------------------------------------------------------------------------------------------


def _write(one: _Run, absent: Sequence[UUID]) -> None:
    for ids in directory.batches(absent):
        with operator_work(one.parts) as work:
            for person in directory.employees(work.session, ids).values():
                _leave(one, work, person, _ABSENT)
    for numbers in _ended(one):
        with operator_work(one.parts) as work:
            for person in directory.employees_by_number(work.session, numbers).values():
                _leave(one, work, person, _TERMINATED)
    _open_departments(one)
    write = partial(_load, one)
    for fresh, batches in ((True, one.sheet.fresh()), (False, one.sheet.known())):
        lanes = _lanes(one) if fresh else 1  # what becomes of someone known may reach far: one after the other
        for rows, counts in side_by_side(map(partial(_stated, one), batches), write, lanes):
            one.summary.add(counts)
            one.done += rows
            one.progress(one.done, one.sheet.count())


def _lanes(one: _Run) -> int:
    """SQLite has one writer. With PostgreSQL one transaction is made ready while the server is busy with another."""
    with one.parts.reads() as session:
        return 2 if session.get_bind().dialect.name == "postgresql" else 1


def _open_departments(one: _Run) -> None:
    """A department that nobody knows yet becomes a unit below the root."""
    for batch in one.sheet.places():
        unknown = [row for place, row in batch if place not in one.units]
        if not unknown:
            continue
        with operator_work(one.parts) as work:
            for stated in _stated(one, unknown):
                made = lifecycle.department(work, stated.department)
                if made is None:
                    text = f"Several units came to be named {stated.department} during the import. Run it again."
                    raise Conflict(text)
                one.units[stated.place] = made


def _leave(one: _Run, work: Work, person: Employee, reason: str) -> None:
    if person.active:
        lifecycle.leave(work, person, reason)
        one.summary.left += 1


def _load(one: _Run, batch: Sequence[Person]) -> Summary:
    """Write what is new, in one transaction; whom nobody knows yet all at once, and before those whose manager they may be."""
    counts = Summary()
    numbers = {stated.number for stated in batch} | {stated.manager for stated in batch if stated.manager}
    with operator_work(one.parts) as work:
        ids = directory.ids_by_number(work.session, numbers)
        present_ids = [ids[stated.number] for stated in batch if stated.number in ids]
        known = directory.employees(work.session, present_ids) if present_ids else {}
        fresh = [stated for stated in batch if stated.number not in ids]
        lifecycle.join_many(work, [_joiner(one, work, stated, ids) for stated in fresh])
        counts.created = len(fresh)
        for stated in batch:
            present = known.get(ids[stated.number])
            if present is not None:
                values = rules.values_of(stated, one.units[stated.place], ids)
                after = lifecycle.restate(work, present, values, active=stated.active, reason=_TERMINATED)
                counts.left += present.active and not after.active
    counts.updated = len(known) - counts.left
    return counts


def _joiner(one: _Run, work: Work, stated: Person, ids: dict[str, UUID]) -> dict[str, Any]:
    """The columns of someone new, with the id that those who stand below them go by."""
    values = rules.values_of(stated, one.units[stated.place], ids)
    left = {} if stated.active else {"active": False, "left_at": work.now}
    ids[stated.number] = new_id()
    return {**values, **left, "user_name": stated.user_name, "id": ids[stated.number]}


# --- instead of it, a dry run ----------------------------------------------------------------------------------------


def _foresee(one: _Run, absent: Sequence[UUID]) -> None:
    """Count, and tell, what ``_write`` would do."""
    for ids in directory.batches(absent):
        with operator_work(one.parts, write=False) as work:
            for person in directory.employees(work.session, ids).values():
                _told(one, person.employee_number, "left", ["active"])
    for numbers in _ended(one):
        with operator_work(one.parts, write=False) as work:
            for person in directory.employees_by_number(work.session, numbers).values():
                if person.active:
                    _told(one, person.employee_number, "left", ["active"])
    for batch in map(partial(_stated, one), one.sheet.live()):
        with operator_work(one.parts, write=False) as work:
            held = directory.held(work.session, [stated.number for stated in batch], tuple(batch[0].values))
        for stated in batch:
            what, names = rules.outcome(stated, one.units, held.get(stated.number))
            _told(one, stated.number, what, names)
        one.done += len(batch)
        one.progress(one.done, one.sheet.count())


def _told(one: _Run, number: str, what: str, names: Sequence[str]) -> None:
    setattr(one.summary, what, getattr(one.summary, what) + 1)
    if one.tell:
        one.tell(Change(number, what, tuple(names)))
