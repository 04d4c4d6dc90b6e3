"""Loading business units: parents in any order, each unit after the one it stands below."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from uuid import UUID

from app.directory import service as directory_service
from app.directory import store as directory
from app.directory.rules import MAX_DEPTH, BusinessUnit, UnitState
from app.imports.rules import Fault, Progress, Reject, Row, Summary, read
from app.imports.store import Entry, Sheet
from app.kernel.access import House, operator_work
from app.kernel.text import key_of
from app.kernel.work import Work

from . import rules
from .rules import Unit


@dataclass(slots=True)
class _Run:
    """One run. ``units``: the whole tree by key, kept true while it is written."""

    parts: House
    sheet: Sheet
    progress: Progress
    units: dict[str, BusinessUnit] = field(default_factory=dict)
    summary: Summary = field(default_factory=Summary)
    done: int = 0


def run(parts: House, raw: Iterable[bytes], *, progress: Progress, reject: Reject) -> Summary:
    """Load a file. Raises ``FileRefused`` before anything is written."""
    with closing(Sheet()) as sheet:
        one = _Run(parts, sheet, progress)
        sheet.header, rows = read(raw, rules.COLUMNS)
        for row in rows:
            sheet.add(row, *_entry(sheet, row))
        sheet.complete()
        with operator_work(parts, write=False) as work:
            one.units = {unit.key: unit for unit in directory.all_units(work.session)}
        _check(one)
        for rejected in sheet.rejected():
            one.summary.rejected += 1
            reject(rejected)
        one.done = sheet.skipped()
        for batch in sheet.live():
            _load(one, [rules.unit(sheet.header.cells(row.cells)) for row in batch])
        progress(sheet.count(), sheet.count())
        return one.summary


def open_units(work: Work) -> tuple[dict[str, UUID], list[str]]:
    """The open units by key and by name, as ``key_of`` spells them; and the names that several of them have.

    A key is a key, even where it is another unit's name.
    """
    keys: dict[str, UUID] = {}
    names: dict[str, set[UUID]] = defaultdict(set)
    for unit in directory.all_units(work.session):
        if unit.state is UnitState.OPEN:
            keys[unit.key] = unit.id
            names[key_of(unit.name)].add(unit.id)
    found = {name: next(iter(ids)) for name, ids in names.items() if len(ids) == 1} | keys
    return found, [name for name in names if name not in found]


def _entry(sheet: Sheet, row: Row) -> tuple[Entry, Fault | None]:
    try:
        stated = rules.unit(sheet.header.cells(row.cells))
    except Fault as fault:
        return Entry(None), fault
    return Entry(stated.key, repr(stated), refers=stated.parent), None


def _check(one: _Run) -> None:
    """Reject closed units, unknown parents, circles, a tree too deep; and whatever that leaves without its parent."""
    sheet = one.sheet
    sheet.settle_repeats()
    closed = [key for key, unit in one.units.items() if unit.state is UnitState.CLOSED]
    sheet.reject("key", closed, Fault("business_unit_closed", "The unit is closed; its record is history."))
    sheet.reject("refers", closed, Fault("business_unit_closed", "The parent is closed and takes no new units."))
    above = {unit.id: unit.key for unit in one.units.values()}
    unknown = Fault("unknown_parent", "The parent's key is neither in the file's good rows nor known here.")
    circle = Fault("business_unit_cycle", "Following the parents upward leads back to this unit.")
    while True:
        missing = _add_known(one, above)
        sheet.reject("refers", missing, unknown)
        circles = sheet.rank(circle)
        deep = sheet.reject_below(MAX_DEPTH - 1, Fault("too_deep", f"The tree may be {MAX_DEPTH} levels deep."))
        if not (missing or circles or deep):
            return


def _add_known(one: _Run, above: dict[UUID, str]) -> list[str]:
    """Put those parents beside the file's rows that only the directory knows; answers the keys it does not know."""
    while True:
        missing = one.sheet.missing()
        known = {key: one.units[key] for key in missing if key in one.units}
        if not known:
            return missing
        one.sheet.add_known({key: above[unit.parent_id] if unit.parent_id else None for key, unit in known.items()})


def _load(one: _Run, batch: Sequence[Unit]) -> None:
    if any(_is_news(one, stated) for stated in batch):
        with operator_work(one.parts) as work:
            for stated in batch:
                _apply(one, work, stated)
    else:
        one.summary.unchanged += len(batch)
    one.done += len(batch)
    one.progress(one.done, one.sheet.count())


def _parent_id(one: _Run, stated: Unit) -> UUID | None:
    return one.units[stated.parent].id if stated.parent else None


def _is_news(one: _Run, stated: Unit) -> bool:
    if stated.key not in one.units or (stated.parent and stated.parent not in one.units):
        return True
    return bool(rules.changes(stated, one.units[stated.key], _parent_id(one, stated)))


def _apply(one: _Run, work: Work, stated: Unit) -> None:
    parent_id = _parent_id(one, stated)
    present = one.units.get(stated.key)
    if present is None:
        values = {"key": stated.key, **stated.values, "parent_id": parent_id}
        one.units[stated.key] = directory_service.create_unit(work, values)
        one.summary.created += 1
        return
    changes = rules.changes(stated, present, parent_id)
    if changes:
        one.units[stated.key] = directory_service.update_unit(work, str(present.id), changes)
        one.summary.updated += 1
    else:
        one.summary.unchanged += 1
