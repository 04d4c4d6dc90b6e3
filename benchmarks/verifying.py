"""`python -m benchmarks.verifying`: verifying the audit log, beside a walk that only reads the same rows and hashes them.

`app/audit/verifier.py`, as an auditor runs it, over a file that `coe audit export` would have printed; and `coe audit
verify` over the same events in each database. All are processes of their own, in turns; memory is looked at ten times a
second. Every event is a step of a rights request, sealed by the service's own code, most with personal values.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit import rules, store, verifier
from app.kernel.database import engine_for
from app.kernel.work import Personal, Record

from . import report
from .databases import durability, fresh, postgres
from .processes import COE, Failed, Installation, Took, rss

KINDS = ("file", "sqlite", "postgresql")
HEAD = ("", "a file", "SQLite", "PostgreSQL")
_A_REQUEST = 4
_AT_ONCE = 2000
_LOOK = 0.1

READ_FILE = """
import hashlib, sys
with open(sys.argv[1], "rb") as file:
    for line in file:
        hashlib.sha256(line).hexdigest()
"""
_WALKED = """
for table in ("audit_event", "audit_personal"):
    for row in rows(f"SELECT * FROM {table} ORDER BY seq"):
        hashlib.sha256(repr(row).encode()).hexdigest()
"""
READ_SQLITE = f"""
import hashlib, sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute
{_WALKED}
"""
READ_POSTGRES = f"""
import hashlib, psycopg, sys
connection = psycopg.connect(sys.argv[1])
def rows(statement):
    cursor = connection.cursor("walk")
    cursor.itersize = 1000
    cursor.execute(statement)
    yield from cursor
    cursor.close()
{_WALKED}
"""


@dataclass(slots=True)
class Runs:
    """What one kind of log took, by number of events."""

    verified: dict[int, list[Took]] = field(default_factory=dict)
    read: dict[int, list[Took]] = field(default_factory=dict)


def main() -> int:
    """Measure and print one table; exit 1 when something did not do what it should."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verifying", description=__doc__)
    parser.add_argument("--events", default="100000,1000000", help="lengths of the log, the shortest first")
    parser.add_argument("--repeats", type=int, default=3, help="medians are told")
    parser.add_argument("--only", choices=KINDS, help="one kind of log")
    told = parser.parse_args()
    lengths = [int(one) for one in told.events.split(",")]
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coe-verifying-")))
            server = stack.enter_context(postgres())
            found = {
                kind: _measure(kind, server, folder, lengths, told.repeats)
                for kind in ((told.only,) if told.only else KINDS)
            }
            about = report.machine([_durability(kind, server) for kind in KINDS[1:] if kind in found])
    except Failed as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 1
    print("\n".join([*about, "", *_table(found, lengths)]))
    return 0


def _durability(kind: str, server: sa.URL) -> str:
    with fresh(kind, server, migrated=False) as at:
        return durability(at)


# --- a log -----------------------------------------------------------------------------------------------------------


def sealed(after: int, until: int, prev: str) -> Iterator[tuple[list[rules.Event], list[rules.PersonalValue]]]:
    """Events behind a number up to another, some at a time: requests that are asked, endorsed, approved and granted."""
    begin = datetime(2026, 1, 5, 9, tzinfo=UTC)
    people = [UUID(int=n) for n in range(1, 1001)]
    for start in range(after, until, _AT_ONCE):
        events, values = list[rules.Event](), list[rules.PersonalValue]()
        for seq in range(start, min(start + _AT_ONCE, until), _A_REQUEST):
            who = people[seq % len(people)]
            author = rules.Author("employee", who, ["bu_liaison"])
            some = _request(seq, who)[: until - seq]
            made, hidden = rules.seal(some, author, begin + timedelta(seconds=seq), f"req-{seq:032}", seq, prev)
            prev = made[-1].hash
            events += made
            values += hidden
        yield events, values


def _request(number: int, who: UUID) -> list[Record]:
    id_, grant = str(UUID(int=number)), str(UUID(int=number + 1))
    asked = {
        "account_id": id_,
        "rights": ["publish"],
        "justification": Personal("Customer care in the evening."),
        "state": "pending",
    }
    step = {"step": "liaison", "decision": "approve", "comment": Personal("Seen, and fine."), "model": "hub_and_spoke"}
    given = {"employee_id": who, "right": "publish", "from": "2026-01-05T09:00:00Z", "until": "2026-07-05T09:00:00Z"}
    return [
        Record("rights_request.asked", "rights_request", id_, after=asked, person_id=who),
        Record("rights_request.decided", "rights_request", id_, {"state": "pending"}, step, "As agreed."),
        Record("rights_request.decided", "rights_request", id_, {"state": "pending"}, step | {"step": "hub"}, "As agreed."),
        Record("grant.issued", "grant", grant, after=given, person_id=who),
    ]  # fmt: skip


class _File:
    """An exported log that grows."""

    def __init__(self, folder: Path) -> None:
        self.path, self.head = folder / "log.jsonl", (0, rules.GENESIS)

    def grow(self, until: int) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            for events, values in sealed(self.head[0], until, self.head[1]):
                kept: dict[int, list[tuple[str, str, str]]] = {}
                for value in values:
                    kept.setdefault(value.seq, []).append((value.field, value.salt, value.value))
                for event in events:
                    said = {name: getattr(event, name) for name in (*verifier.FIELDS, "hash")}
                    file.write(json.dumps(said | {"personal": kept.get(event.seq, [])}, ensure_ascii=False) + "\n")
                self.head = (events[-1].seq, events[-1].hash)

    def verify(self) -> tuple[Sequence[str], Mapping[str, str]]:
        return [sys.executable, verifier.__file__, str(self.path)], os.environ

    def read(self) -> tuple[Sequence[str], Mapping[str, str]]:
        return [sys.executable, "-c", READ_FILE, str(self.path)], os.environ


class _Database:
    """A database whose log grows."""

    def __init__(self, at: Installation) -> None:
        self.at, self.head = at, (0, rules.GENESIS)

    def grow(self, until: int) -> None:
        engine = engine_for(self.at.url)
        for events, values in sealed(self.head[0], until, self.head[1]):
            with Session(engine) as session, session.begin():
                store.append(session, events, values)
            self.head = (events[-1].seq, events[-1].hash)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        engine.dispose()

    def verify(self) -> tuple[Sequence[str], Mapping[str, str]]:
        return [str(COE), "audit", "verify"], self.at.env

    def read(self) -> tuple[Sequence[str], Mapping[str, str]]:
        url = sa.make_url(self.at.url)
        if self.at.name == "sqlite":
            return [sys.executable, "-c", READ_SQLITE, str(url.database)], os.environ
        dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return [sys.executable, "-c", READ_POSTGRES, dsn], os.environ


# --- measuring -------------------------------------------------------------------------------------------------------


def _measure(kind: str, server: sa.URL, folder: Path, lengths: Sequence[int], repeats: int) -> Runs:
    found = Runs()
    with ExitStack() as stack:
        log = _File(folder) if kind == "file" else _Database(stack.enter_context(fresh(kind, server)))
        for length in lengths:
            log.grow(length)
            for _ in range(repeats):
                for into, words in ((found.read, log.read()), (found.verified, log.verify())):
                    into.setdefault(length, []).append(took := _run(*words, folder))
                    sys.stderr.write(
                        f"  {kind}: {length:,}, {took.seconds:.1f} s, CPU {took.cpu:.1f} s, {took.peak:.0f} MiB\n"
                    )
                if not took.output.startswith(f"verified: {length} events"):
                    raise Failed(f"{kind}: {took.output}")
    return found


def _run(words: Sequence[str], env: Mapping[str, str], folder: Path) -> Took:
    """A process to its end; its memory is the most that was seen of it (what the kernel keeps begins with our own)."""
    with (folder / "said").open("w+b") as out:
        began, peak = time.monotonic(), 0.0
        process = subprocess.Popen(words, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        while (done := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            peak = max(peak, rss(process.pid))
            time.sleep(_LOOK)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(done[1])
        out.seek(0)
        said = out.read().decode()
    if process.returncode:
        raise Failed(f"{words[0]} ended with {process.returncode}: {said[-800:]}")
    return Took(seconds, done[2].ru_utime + done[2].ru_stime, peak, said)


# --- the table -------------------------------------------------------------------------------------------------------


def _table(found: Mapping[str, Runs], lengths: Sequence[int]) -> list[str]:
    lines = [f"| {' | '.join(HEAD)} |", "|---|---:|---:|---:|"]
    runs = [found.get(kind, Runs()) for kind in KINDS]
    for length in lengths:
        rows = {
            f"verifying {length:,} events": [_clock(one.verified.get(length)) for one in runs],
            "  its CPU": [_cpu(one.verified.get(length)) for one in runs],
            "  its memory at its highest": [_peak(one.verified.get(length)) for one in runs],
            "  only reading and hashing the same": [_clock(one.read.get(length)) for one in runs],
            "  its CPU, memory": [_both(one.read.get(length)) for one in runs],
            "  CPU of verifying to that of reading": [
                _ratio(one.verified.get(length), one.read.get(length)) for one in runs
            ],
        }
        lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    return lines


def _clock(took: Sequence[Took] | None) -> str:
    return report.seconds(median(one.seconds for one in took)) if took else ""


def _cpu(took: Sequence[Took] | None) -> str:
    return report.seconds(median(one.cpu for one in took)) if took else ""


def _peak(took: Sequence[Took] | None) -> str:
    return report.mib(max(one.peak for one in took)) if took else ""


def _both(took: Sequence[Took] | None) -> str:
    return f"{_cpu(took)}, {_peak(took)}" if took else ""


def _ratio(took: Sequence[Took] | None, read: Sequence[Took] | None) -> str:
    return f"{median(one.cpu for one in took) / median(one.cpu for one in read):.1f} x" if took and read else ""


if __name__ == "__main__":
    sys.exit(main())
