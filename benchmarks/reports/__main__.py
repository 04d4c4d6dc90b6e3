"""`python -m benchmarks.reports`: every report of a very large enterprise, over HTTP, and the plans behind the slow ones.

1,000,000 employees in 1,000 departments, 10,000 accounts on ten networks, 200,000 rights in force, all of them asked for and
decided within the period; a year of weekly figures of each account in five KPIs, 2,600,000 of them. ``--plans FILE`` also writes what PostgreSQL does for each statement that takes long.
"""

import argparse
import http.client
import os
import sys
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import monotonic, process_time, sleep

import sqlalchemy as sa

from app.directory import store as directory
from app.kernel.access import operator_work
from app.kernel.clock import system_clock
from app.kernel.database import engine_for
from app.main import house_for
from app.reports import service
from app.roles import service as roles
from benchmarks import report
from benchmarks.databases import durability, fresh, postgres
from benchmarks.processes import HOST, Failed, Installation, coe, cpu_of, rss, serving
from benchmarks.report import mib, seconds

from .seeding import WEEKS, fill

QUIET = 0.2
"""So many seconds of the processor's time in two are no work."""
SLOW = 0.15
"""Seconds from which on a statement's plan is looked at."""


def fetched(port: int, token: str, path: str) -> tuple[float, int]:
    """Seconds until the last byte, and how many there were."""
    connection = http.client.HTTPConnection(HOST, port, timeout=120)
    began = monotonic()
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    size = len(answer.read())
    took = monotonic() - began
    connection.close()
    if answer.status != 200:
        raise Failed(f"GET {path}: {answer.status}")
    return took, size


def worked(at: Installation, server: int) -> tuple[float, float]:
    """Seconds of CPU that the server has used so far, and the database with all its processes: on a machine that has other
    things to do this, and not the clock, says what a report costs.
    """
    engine = sa.create_engine(at.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        postmaster = _stat(own)[1]
        living = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]
        stats = [_stat(pid) for pid in living]
    ticks = sum(own for own, parent, _ in stats if parent == postmaster) + _stat(postmaster)[2]
    return cpu_of(server), ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> tuple[int, int, int]:
    """Of a process: ticks of its own, its parent, ticks of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0, 0, 0
    return int(fields[11]) + int(fields[12]), int(fields[1]), int(fields[13]) + int(fields[14])


def settle(server: int) -> None:
    """Wait until the server has read the rights by which it decides: it does so behind its first requests."""
    before = cpu_of(server)
    while True:
        sleep(2)
        now = cpu_of(server)
        if now - before < QUIET:
            return
        before = now


def ask(table: report.Table, at: Installation, repeats: int) -> None:
    """Time every report as a strategist asks for it."""
    token = coe(at, "token", "p1", "--ttl", "86400").output.split()[-1]
    with serving(at) as server:
        settle(server.pid)
        for key in service.REPORTS:
            for form in ("json", "csv", "html") if key in ("inventory", "rights") else ("json",):
                path = f"/v1/reports/{key}?format={form}"
                fetched(at.port, token, path)
                before = worked(at, server.pid)
                found = [fetched(at.port, token, path) for _ in range(repeats)]
                after = worked(at, server.pid)
                ours, theirs = ((one - other) / repeats for one, other in zip(after, before, strict=True))
                what = f"{key}, {form}, {found[0][1] / 1024:,.0f} KiB; CPU {ours:.2f} s, of the database {theirs:.2f} s"
                table.row(what, "", seconds(median(took for took, _ in found)))
        year = f"from={date.today() - timedelta(weeks=WEEKS)}&until={date.today()}"
        for what in (
            "comparison?by=business_unit&",
            "comparison?by=network&",
            "comparison?by=function&",
            "series?step=month&",
        ):
            path = f"/v1/measurement/{what}kpi_id=figure-1&{year}"
            fetched(at.port, token, path)
            found = [fetched(at.port, token, path) for _ in range(repeats)]
            name = what.rstrip("?&").replace("?", ", ")
            table.row(f"{name}, a year of one KPI", "", seconds(median(took for took, _ in found)))
        part = "/v1/reports/{}?business_unit_id=division-1"
        for key in ("inventory", "rights", "time-to-grant", "policy-coverage"):
            found = [fetched(at.port, token, part.format(key)) for _ in range(repeats)]
            table.row(f"{key} of a tenth of the units", "", seconds(median(took for took, _ in found)))
        table.row("resident memory of the server", "", mib(rss(server.pid)))


def plans(at: Installation, into: Path) -> None:
    """What the database does for each statement of each report that takes long; with the time of all that it does."""
    engine = engine_for(at.url)
    house, lines, statements = house_for(engine), list[str](), list[tuple[float, str, object]]()
    began: list[float] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def before(*_: object) -> None:
        began.append(monotonic())

    @sa.event.listens_for(engine, "after_cursor_execute")
    def after(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((monotonic() - began.pop(), statement, parameters))

    for key in service.REPORTS:
        with operator_work(house, write=False) as work:
            (person,) = directory.find_employees(work.session, "p1")
            work.actor = roles.actor_for(work, person)
            statements.clear()
            start, own = monotonic(), process_time()
            service.report(work, key, service.Asked())
            whole, own = monotonic() - start, process_time() - own
        told = [one for one in statements if one[0] >= SLOW]
        asked = sum(one[0] for one in statements)
        lines.append(
            f"## {key}: {whole:.2f} s, {len(statements)} statements take {asked:.2f} s, Python {own:.2f} s of CPU\n"
        )
        with engine.connect() as connection:
            for took, statement, parameters in list(told):
                found = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters)  # type: ignore[arg-type]
                plan = "\n".join(row[0] for row in found)
                lines.append(f"{took:.2f} s\n\n```sql\n{statement}\n```\n\n```text\n{plan}\n```\n")
    into.write_text("\n".join(lines))
    engine.dispose()


def main() -> int:
    """Measure on PostgreSQL and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000, help="employees")
    parser.add_argument("--accounts", type=int, default=10_000, help="accounts")
    parser.add_argument("--rights", type=int, default=200_000, help="rights in force")
    parser.add_argument("--repeats", type=int, default=5, help="of each; medians are told")
    parser.add_argument("--plans", type=Path, help="a file for the plans of what takes long")
    told = parser.parse_args()
    table = report.Table()
    with postgres() as server, fresh("postgresql", server) as at:
        durable = durability(at)
        began = system_clock()
        fill(at, told.people, told.accounts, told.rights)
        sys.stderr.write(f"filled in {(system_clock() - began).total_seconds():.0f} s\n")
        coe(at, "appoint", "p1", "strategist")
        coe(at, "appoint", "p2", "community_manager")
        if told.plans:
            plans(at, told.plans)
        ask(table, at, told.repeats)
    print("\n".join([*report.machine([durable]), "", table.text()]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
