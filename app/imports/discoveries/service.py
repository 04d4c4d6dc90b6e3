"""Loading what a monitoring vendor has seen. It only ever adds sightings; what was said of a discovery stays said."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from uuid import UUID

from app.discoveries import service as discoveries
from app.discoveries.rules import Seen
from app.imports.rules import BATCH, Fault, FileRefused, Progress, Reject, Row, Summary, read
from app.imports.store import Entry, Sheet
from app.imports.units.service import open_units
from app.kernel.access import House, operator_work
from app.kernel.work import Work
from app.networks import store as networks
from app.networks.rules import Network

from . import rules

AT_ONCE = 100
"""Sightings of one transaction: each is some statements, and whoever else writes waits on SQLite."""


@dataclass(slots=True)
class _Run:
    """One run. ``units``: by key and by name."""

    parts: House
    sheet: Sheet
    progress: Progress
    units: Mapping[str, UUID] = field(default_factory=dict)
    networks: Mapping[str, Network] = field(default_factory=dict)
    summary: Summary = field(default_factory=Summary)
    done: int = 0


def run(parts: House, raw: Iterable[bytes], *, progress: Progress, reject: Reject, most: int | None = None) -> Summary:
    """Load a file, in transactions of at most 100 sightings. ``created`` counts handles that nobody had seen before,
    ``updated`` further sightings, ``unchanged`` those that are recorded, or there twice.

    ``most``: how many rows are taken. Raises ``FileRefused`` before anything is written.
    """
    with closing(Sheet()) as sheet:
        one = _Run(parts, sheet, progress)
        with operator_work(parts, write=False) as work:
            one.networks = {network.key: network for network in networks.networks(work.session)}
        _read(one, raw, most)
        with operator_work(parts, write=False) as work:
            _check(one, work)
        _report(one, reject)
        for batch in sheet.live():
            _load(one, batch)
        return one.summary


def _read(one: _Run, raw: Iterable[bytes], most: int | None) -> None:
    one.sheet.header, rows = read(raw, rules.COLUMNS, line_breaks=True)
    for count, row in enumerate(rows, start=1):
        if most is not None and count > most:
            raise FileRefused(
                f"More than {most} rows: send the file in parts, or load it with `coe import discoveries`."
            )
        try:
            stated = _listed(one, row)
        except Fault as fault:
            one.sheet.add(row, Entry(None), fault)
        else:
            one.sheet.add(row, Entry(stated.key, stated.says, place=stated.business_unit))
        if count % BATCH == 0:
            one.progress(count, None)
    one.sheet.complete()


def _listed(one: _Run, row: Row) -> rules.Listed:
    return rules.listed(one.sheet.header.cells(row.cells), one.networks, one.parts.clock())


def _check(one: _Run, work: Work) -> None:
    """What is wrong with rows beside others, and beside what the directory holds."""
    one.sheet.settle_repeats()
    one.units, doubtful = open_units(work)
    ambiguous = Fault("business_unit_ambiguous", "Several business units have this name; use the key of the one meant.")
    one.sheet.reject("place", doubtful, ambiguous)
    unknown = [place for batch in one.sheet.values("place") for place in batch if place not in one.units]
    one.sheet.reject("place", unknown, Fault("unknown_business_unit", "No open business unit has this key or name."))


def _report(one: _Run, reject: Reject) -> None:
    for rejected in one.sheet.rejected():
        one.summary.rejected += 1
        reject(rejected)
    one.done = one.sheet.skipped()
    one.summary.unchanged += one.done - one.summary.rejected  # said twice, and once is enough
    one.progress(one.done, one.sheet.count())


def _load(one: _Run, batch: Sequence[Row]) -> None:
    """Compare first, without a lock; write only what is new."""
    stated = [_listed(one, row).stated(one.units) for row in batch]
    with operator_work(one.parts, write=False) as work:
        news = discoveries.unheard(work, stated)
    one.summary.unchanged += len(stated) - len(news)
    ordered = sorted(news, key=lambda said: said.said)  # two files at once then never wait for each other in a circle
    for start in range(0, len(ordered), AT_ONCE):
        _write(one, ordered[start : start + AT_ONCE])
    one.done += len(batch)
    one.progress(one.done, one.sheet.count())


def _write(one: _Run, news: Sequence[Seen]) -> None:
    with operator_work(one.parts) as work:
        done = [discoveries.report(work, said) for said in news]
    for each in done:
        one.summary.created += each.new
        one.summary.updated += each.heard and not each.new
        one.summary.unchanged += not each.heard
