"""Loading an account inventory: an operator's word, so it does not go through the governance model."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import FOUND, Account, AccountState
from app.audit import service as audit
from app.directory import store as directory
from app.directory.rules import Employee
from app.imports.rules import BATCH, Fault, Progress, Reject, Row, Summary, read
from app.imports.store import Entry, Sheet
from app.imports.units.service import open_units
from app.kernel.access import House, operator_work
from app.kernel.work import Work
from app.networks import store as network_store
from app.networks.rules import Network
from app.tools import store as tool_store

from . import rules, store
from .rules import Listed


@dataclass(slots=True)
class _Run:
    """One run. ``units``: by key and by name."""

    parts: House
    sheet: Sheet
    progress: Progress
    units: Mapping[str, UUID] = field(default_factory=dict)
    networks: Mapping[str, Network] = field(default_factory=dict)
    tools: Mapping[str, UUID] = field(default_factory=dict)
    summary: Summary = field(default_factory=Summary)
    done: int = 0


def run(parts: House, raw: Iterable[bytes], *, progress: Progress, reject: Reject) -> Summary:
    """Load a file. Accounts not known yet become ``active``; of those known the description changes, never the state.

    Raises ``FileRefused`` before anything is written.
    """
    with closing(Sheet()) as sheet:
        one = _Run(parts, sheet, progress)
        with operator_work(parts, write=False) as work:
            one.networks = {network.key: network for network in network_store.networks(work.session)}
            one.tools = {tool.key: tool.id for tool in tool_store.tools(work.session)}
        _read(one, raw, parts.clock())
        with operator_work(parts, write=False) as work:
            _check(one, work)
        _report(one, reject)
        for batch in sheet.live():
            _load(one, [_listed(one, row) for row in batch])
        return one.summary


def _read(one: _Run, raw: Iterable[bytes], now: datetime) -> None:
    one.sheet.header, rows = read(raw, rules.COLUMNS, line_breaks=True)
    for count, row in enumerate(rows, start=1):
        one.sheet.add(row, *_entry(one, row, now))
        if count % BATCH == 0:
            one.progress(count, None)
    one.sheet.complete()


def _entry(one: _Run, row: Row, now: datetime) -> tuple[Entry, Fault | None]:
    try:
        stated = _listed(one, row)
        rules.check_past(stated, now)
    except Fault as fault:
        return Entry(None), fault
    return Entry(stated.key, stated.says, stated.steward, stated.backup_steward, stated.place), None


def _listed(one: _Run, row: Row) -> Listed:
    return rules.listed(one.sheet.header.cells(row.cells), one.networks, one.tools)


def _check(one: _Run, work: Work) -> None:
    """What is wrong with rows beside others, and beside what the directory holds."""
    sheet = one.sheet
    sheet.settle_repeats()
    one.units, doubtful = open_units(work)
    ambiguous = Fault("business_unit_ambiguous", "Several business units have this name; use the key of the one meant.")
    sheet.reject("place", doubtful, ambiguous)
    unknown = [place for batch in sheet.values("place") for place in batch if place not in one.units]
    theirs = Fault(
        "account_disputed", "The account is disputed, as somebody else's; what was found is to be reopened first."
    )
    sheet.reject("key", _disputed(one, work), theirs)
    sheet.reject("place", unknown, Fault("unknown_business_unit", "No open business unit has this key or name."))
    for column, who in (("refers", "steward"), ("also", "backup steward")):
        strangers: list[str] = []
        for batch in sheet.values(column):
            known = directory.employees_by_number(work.session, batch)
            strangers += [number for number in batch if number not in known]
        sheet.reject(column, strangers, Fault("unknown_steward", f"Nobody has the employee id given as {who}."))


def _disputed(one: _Run, work: Work) -> list[str]:
    """Keys of rows about accounts that are disputed."""
    found = list[str]()
    for batch in one.sheet.live():
        stated = [_listed(one, row) for row in batch]
        known = _known(work, stated)
        found += [":".join(named) for named in known if known[named].state is AccountState.DISPUTED]
    return found


def _report(one: _Run, reject: Reject) -> None:
    for rejected in one.sheet.rejected():
        one.summary.rejected += 1
        reject(rejected)
    one.done = one.sheet.skipped()
    one.progress(one.done, one.sheet.count())


def _load(one: _Run, batch: Sequence[Listed]) -> None:
    """Compare first, without a lock; write only what is new."""
    with operator_work(one.parts, write=False) as work:
        known, people = _known(work, batch), _people(work, batch)
        used = account_store.tools_of(work.session, [account.id for account in known.values()])
        news = [stated for stated in batch if _is_news(one, stated, known, people, used)]
    one.summary.unchanged += len(batch) - len(news)
    if news:
        with operator_work(one.parts) as work:
            _write(one, work, news)
    one.done += len(batch)
    one.progress(one.done, one.sheet.count())


def _known(work: Work, batch: Iterable[Listed]) -> dict[tuple[str, str], Account]:
    return account_store.by_handles(work.session, [stated.named for stated in batch])


def _people(work: Work, batch: Iterable[Listed]) -> dict[str, Employee]:
    numbers = {number for stated in batch for number in (stated.steward, stated.backup_steward) if number}
    return directory.employees_by_number(work.session, numbers)


def _is_news(
    one: _Run, stated: Listed, known: Mapping[tuple[str, str], Account], people: Mapping[str, Employee],
    used: Mapping[UUID, Mapping[UUID, datetime]],
) -> bool:  # fmt: skip
    present = known.get(stated.named)
    if present is None or present.state in FOUND:
        return True
    otherwise = stated.tools is not None and stated.tools != used.get(present.id, {}).keys()
    return otherwise or bool(rules.changes(stated, one.units[stated.place], people, present))


def _write(one: _Run, work: Work, news: Sequence[Listed]) -> None:
    known, people = _known(work, news), _people(work, news)
    looks = store.looks(work.session, [stated.handle.skeleton for stated in news])
    for stated in news:
        present, unit_id = known.get(stated.named), one.units[stated.place]
        if present is None:
            one.summary.created += 1
            alike = looks.setdefault((stated.network, stated.handle.skeleton), {})
            twin = next((id_ for handle, id_ in alike.items() if handle != stated.handle.canonical), None)
            values = rules.new_values(stated, unit_id, people, work.now)
            held = _add(work, {**values, "look_alike_of": twin})
            alike[stated.handle.canonical] = held.id
        elif present.state in FOUND:
            one.summary.created += 1
            held = account_store.lock_account(work.session, present.id)
            values = {**rules.new_values(stated, unit_id, people, work.now), "source": held.source}
            held = accounts.change(work, held, values, "account.imported")
        else:
            one.summary.updated += 1
            held = account_store.lock_account(work.session, present.id)
            held = accounts.change(work, held, rules.changes(stated, unit_id, people, held), "account.updated")
        if stated.tools is not None:
            accounts.use_tools(work, held, map(str, stated.tools))


def _add(work: Work, values: Mapping[str, object]) -> Account:
    made = account_store.add(work.session, work.now, values)
    audit.record(work, "account.imported", ("account", made.id), after=accounts.told(made))
    return made
