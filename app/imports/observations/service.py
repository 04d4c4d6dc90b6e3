"""Loading what tools and networks measured from a file. The same file again writes nothing; another value corrects."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from app.accounts import service as accounts
from app.accounts.rules import Account
from app.imports.rules import BATCH, Fault, FileRefused, Progress, Reject, Rejected, Row, Summary, read
from app.imports.store import Entry, Sheet
from app.kernel.access import House, operator_work
from app.kernel.actor import ActorKind
from app.kernel.work import Work
from app.measurement.kpis import store as kpis
from app.measurement.kpis.rules import Kpi
from app.measurement.observations import rules as observed
from app.measurement.observations import service as recording
from app.measurement.observations.rules import Named, Stated

from . import rules

_DIFFERING = Fault("differing_rows", "Another row says something else of the same account, KPI, source and period.")
_OVERLAPPING = Fault("overlapping_period", "Its days are in another period of the same account, KPI and source.")


@dataclass(slots=True)
class _Run:
    """One run."""

    parts: House
    sheet: Sheet
    progress: Progress
    reject: Reject
    summary: Summary = field(default_factory=Summary)
    done: int = 0

    def rejected(self, row: Row, fault: Fault) -> None:
        """A row that is not loaded."""
        self.summary.rejected += 1
        self.reject(Rejected(row.line, fault.code, fault.message, self.sheet.header.shown(row.cells)))


def run(parts: House, raw: Iterable[bytes], *, progress: Progress, reject: Reject, most: int | None = None) -> Summary:
    """Load a file, in transactions of at most 500 rows; what is held already, or is there twice, is ``unchanged``.

    ``most``: how many rows are taken. Raises ``FileRefused`` before anything is written.
    """
    with closing(Sheet()) as sheet:
        one = _Run(parts, sheet, progress, reject)
        _read(one, raw, most)
        sheet.settle_repeats()
        _report(one)
        for batch in sheet.live():
            with operator_work(parts) as work:
                _load(one, work, batch)
            one.done += len(batch)
            one.progress(one.done, one.sheet.count())
        return one.summary


def _read(one: _Run, raw: Iterable[bytes], most: int | None) -> None:
    today = one.parts.clock().date()
    one.sheet.header, rows = read(raw, rules.COLUMNS)
    for count, row in enumerate(rows, start=1):
        if most is not None and count > most:
            raise FileRefused(
                f"More than {most} rows: send the file in parts, or load it with `coe import observations`."
            )
        try:
            said = rules.listed(one.sheet.header.cells(row.cells), today)
        except Fault as fault:
            one.sheet.add(row, Entry(None), fault)
        else:
            one.sheet.add(row, Entry(rules.key(said), says=str(said.value)))
        if count % BATCH == 0:
            one.progress(count, None)
    one.sheet.complete()


def _report(one: _Run) -> None:
    for rejected in one.sheet.rejected():
        one.summary.rejected += 1
        one.reject(rejected)
    one.done = one.sheet.skipped()
    one.summary.unchanged += one.done - one.summary.rejected  # said twice, and once is enough
    one.progress(one.done, one.sheet.count())


def _load(one: _Run, work: Work, batch: Sequence[Row]) -> None:
    """Record what is good of some rows. What stands in the way of a row is known only where nobody else records."""
    rows, stated = _stated(one, work, batch)
    found = recording.sort_out(work, stated)
    bad = {**dict.fromkeys(found.differing, _DIFFERING), **dict.fromkeys(found.overlapping, _OVERLAPPING)}
    for place in sorted(bad):
        one.rejected(rows[place], bad[place])
    if bad:
        stated = [each for place, each in enumerate(stated) if place not in bad]
        found = recording.sort_out(work, stated)
    done = recording.write(work, stated, found)
    one.summary.created += done.recorded
    one.summary.updated += done.corrected
    one.summary.unchanged += done.unchanged


def _stated(one: _Run, work: Work, batch: Sequence[Row]) -> tuple[list[Row], list[Stated]]:
    """What rows state of accounts and KPIs that are there; others are rejected."""
    today = one.parts.clock().date()
    said = [rules.listed(one.sheet.header.cells(row.cells), today) for row in batch]
    of = accounts.all_named(work, {each.account for each in said})
    meant = kpis.named(work.session, {each.kpi for each in said})
    rows, stated = list[Row](), list[Stated]()
    for row, each in zip(batch, said, strict=True):
        try:
            stated.append(_checked(work, each, of.get(each.account), meant.get(each.kpi)))
        except Fault as fault:
            one.rejected(row, fault)
        else:
            rows.append(row)
    return rows, stated


def _checked(work: Work, said: Named, of: Account | None, kpi: Kpi | None) -> Stated:
    if of is None:
        raise Fault("unknown_account", "There is no account with this id, or of this network and handle.")
    if work.actor.kind is not ActorKind.OPERATOR and not work.actor.may(recording.WRITE, of.place):
        raise Fault("forbidden", "This account is none of those that you may write observations of.")
    if kpi is None:
        raise Fault("unknown_kpi", "There is no KPI with this key.")
    wrong = observed.kpi_fault(kpi, said.period_from)
    if wrong is not None:
        raise Fault(wrong.code, wrong.message)
    return Stated(of, kpi, said.period_from, said.period_until, said.value, said.source)
