"""`python -m benchmarks.files`: employees by file, beside what PostgreSQL alone makes of the same file.

Every import is `coe import employees FILE --complete --json` as a process of its own, from its start to its end. Beside
it, in the same run, on the same server and into a table with the same indexes and constraints: COPY into a staging table
and set-wise SQL, which checks nothing and records nothing. While the first load runs, a `coe serve` on the same database
is asked for evaluations, some ten a second.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import sqlalchemy as sa

from . import report, workforce
from .databases import durability, fresh, postgres
from .processes import Caller, Failed, Installation, Took, coe, serving
from .report import mib, millis, seconds
from .workforce import Files

KINDS = ("sqlite", "postgresql")
CASES = ("full", "unchanged", "changed")
TOLD = {
    "full": "{rows:,} employees into an empty directory",
    "unchanged": "the same file again, nothing changes",
    "changed": "1 % changed and 50 people gone from it",
}
PACE = 0.1
IDLE = 3.0


@dataclass(slots=True)
class Measured:
    """What one kind of database showed, by case; ``raw``: the database alone."""

    took: dict[str, list[Took]] = field(default_factory=lambda: {case: [] for case in CASES})
    raw: dict[str, list[float]] = field(default_factory=lambda: {case: [] for case in CASES})
    recorded: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    loaded: list[float] = field(default_factory=list)


def main() -> int:
    """Measure and print one table; exit 1 when something did not do what it should."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.files", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="people in the file")
    parser.add_argument("--repeats", type=int, default=1, help="each from an empty database; medians are told")
    parser.add_argument("--only", choices=KINDS, help="one kind of database")
    parser.add_argument("--verify", action="store_true", help="walk the audit chain in the end")
    told = parser.parse_args()
    kinds = (told.only,) if told.only else KINDS
    try:
        with tempfile.TemporaryDirectory(prefix="coe-files-") as folder, postgres() as server:
            found = _measure(server, workforce.files(Path(folder), told.rows), told, kinds)
            about = report.machine([_durability(kind, server) for kind in kinds])
    except Failed as error:
        sys.stderr.write(f"benchmarks: {error}\n")
        return 1
    print("\n".join([*about, "", _table(found, told.rows).text()]))
    return 0


def _durability(kind: str, server: sa.URL) -> str:
    with fresh(kind, server, migrated=False) as at:
        return durability(at)


def _measure(server: sa.URL, files: Files, told: argparse.Namespace, kinds: tuple[str, ...]) -> dict[str, Measured]:
    found = {kind: Measured() for kind in kinds}
    for _ in range(told.repeats):
        for kind in kinds:
            with fresh(kind, server) as at, fresh("postgresql", server) as beside:
                _run(at, beside, files, found[kind], told.rows)
                if told.verify:
                    _tell(f"{kind}: {coe(at, 'audit', 'verify').output.strip()}")
    return found


def _run(at: Installation, beside: Installation, files: Files, into: Measured, rows: int) -> None:
    """All three cases on one database, in their order, each beside the database alone."""
    gone = workforce.LEAVERS
    changed = sum(n % 100 == 99 for n in range(rows - gone))
    known = workforce.FOUNDERS
    with _asked(at, files.founders, into):
        _one(at, files.full, into, "full", {"created": rows - known, "unchanged": known})
    if at.name == "postgresql":
        into.recorded.append(workforce.recorded(at, beside, files.full.parent))
        _tell(f"raw: audit records {into.recorded[-1]:.2f} s")
    _one(at, files.full, into, "unchanged", {"unchanged": rows})
    _one(at, files.changed, into, "changed", {"updated": changed, "unchanged": rows - gone - changed, "left": gone})
    if at.name == "postgresql":
        for _ in range(3):
            workforce.emptied(beside)
            for case, file in zip(CASES, (files.full, files.full, files.changed), strict=True):
                into.raw[case].append(workforce.raw(beside, file))
                _tell(f"raw: {case} {into.raw[case][-1]:.2f} s")


def _one(at: Installation, file: Path, into: Measured, case: str, wanted: dict[str, int]) -> None:
    took = coe(at, "import", "employees", file, "--complete", "--json")
    counts = {what: n for what, n in json.loads(took.output.splitlines()[-1]).items() if n}
    if counts != {what: n for what, n in wanted.items() if n}:
        raise Failed(f"{at.name}, {case}: {counts}, wanted {wanted}")
    into.took[case].append(took)
    _tell(f"{at.name}: {case} {took.seconds:.2f} s, CPU {took.cpu:.2f} s, {took.peak:.0f} MiB")


def _tell(what: str) -> None:
    sys.stderr.write(f"  {what}\n")
    sys.stderr.flush()


# --- evaluations meanwhile -------------------------------------------------------------------------------------------


@contextmanager
def _asked(at: Installation, founders: Path, into: Measured) -> Iterator[None]:
    """A server on this database that is asked the whole time, a while before the block and during it."""
    token = _found(at, founders)
    with serving(at) as running:
        _ask(running.port, token, IDLE, threading.Event())  # the first calls fill caches
        into.idle += _ask(running.port, token, IDLE, threading.Event())
        stop, thread = threading.Event(), threading.Thread()
        answers: list[float | Exception] = []
        thread = threading.Thread(target=lambda: answers.extend(_kept(running.port, token, stop)))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        for one in answers:
            if isinstance(one, Exception):
                raise Failed(f"{at.name}: an evaluation during the load: {one}") from one
            into.loaded.append(one)


def _found(at: Installation, founders: Path) -> str:
    """A few people, one account, and who may ask about everybody."""
    inventory = at.folder / "accounts.csv"
    head = "network,handle,url,business_unit,steward_employee_id,display_name"
    inventory.write_text(f"{head}\nx,enterprise,,enterprise,{workforce.number(0)},Ours\n", encoding="utf-8")
    coe(at, "import", "employees", founders, "--json")
    coe(at, "import", "accounts", inventory, "--json")
    coe(at, "appoint", workforce.number(1), "strategist")
    return coe(at, "token", workforce.number(1), "--ttl", "86400").output.strip()


def _kept(port: int, token: str, stop: threading.Event) -> list[float | Exception]:
    try:
        return [*_ask(port, token, None, stop)]
    except Exception as error:  # noqa: BLE001 - told by the thread that waits for this one
        return [error]


def _ask(port: int, token: str, length: float | None, stop: threading.Event) -> list[float]:
    """The seconds of each evaluation, one after the other with a pause between."""
    caller, times, began = Caller(port), list[float](), time.monotonic()
    body = {
        "subject": {"type": "employee", "id": workforce.number(2)},
        "action": {"name": "publish"},
        "resource": {"type": "account", "id": "x:enterprise"},
    }
    while not stop.is_set() and (length is None or time.monotonic() - began < length):
        start = time.perf_counter()
        caller.want(200, "POST", "/access/v1/evaluation", token, body)
        times.append(time.perf_counter() - start)
        stop.wait(PACE)
    return times


# --- the table -------------------------------------------------------------------------------------------------------


def _table(found: dict[str, Measured], rows: int) -> report.Table:
    table = report.Table()
    lite, post = (found.get(kind, Measured()) for kind in KINDS)
    for case in CASES:
        table.row(TOLD[case].format(rows=rows), *(_speed(one.took[case], rows) for one in (lite, post)))
        table.row("  CPU of the command, memory at its highest", *(_use(one.took[case]) for one in (lite, post)))
        table.row("  the database alone: COPY and set-wise SQL", "", _seconds(post.raw[case]))
        table.row("  the command to the database alone", "", _ratio(post.took[case], post.raw[case]))
        if case == "full" and post.recorded:
            kept = [one + median(post.raw[case]) for one in post.recorded]
            table.row("  the database alone, and COPY of the audit records", "", _seconds(kept))
            table.row("  the command to that", "", _ratio(post.took[case], kept))
    for name, what in (("idle", "before"), ("loaded", "during")):
        table.row(
            f"evaluations {what} the first load, p50 / p99 / most",
            *(_spread(getattr(one, name)) for one in (lite, post)),
        )
    return table


def _speed(took: list[Took], rows: int) -> str:
    whole = median(one.seconds for one in took) if took else 0.0
    return f"{seconds(whole)}, {rows / whole:,.0f} /s" if whole else ""


def _use(took: list[Took]) -> str:
    return f"{seconds(median(one.cpu for one in took))}, {mib(max(one.peak for one in took))}" if took else ""


def _seconds(times: list[float]) -> str:
    return seconds(median(times)) if times else ""


def _ratio(took: list[Took], raw: list[float]) -> str:
    return f"{median(one.seconds for one in took) / median(raw):.1f} x" if took and raw else ""


def _spread(times: list[float]) -> str:
    if len(times) < 2:
        return ""
    cut = quantiles(times, n=100)
    return f"{millis(cut[49])} / {millis(cut[98])} / {millis(max(times))}"


if __name__ == "__main__":
    sys.exit(main())
