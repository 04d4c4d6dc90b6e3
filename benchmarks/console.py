"""How long each page of the console takes, at 1,243 accounts and at 100,000.

    python -m benchmarks.console [--accounts 1243 100000]

In one process, on a fresh SQLite file: seconds on the wall and of the processor, the median of several, since a machine that is
busy with something else makes the first of the two tell little.
"""

import argparse
import logging
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import structlog
from fastapi.testclient import TestClient
from sqlalchemy import insert, select

from app import migrating
from app.accounts.tables import Account
from app.console.sessions import service as sessions
from app.directory import service as directory
from app.directory.tables import BusinessUnit
from app.kernel.access import operator_work
from app.kernel.actor import Scope, ScopeKind
from app.kernel.ids import new_id
from app.lifecycle import service as lifecycle
from app.main import create_app
from app.roles import service as roles
from app.roles.rules import Role
from app.settings import Settings
from benchmarks import report

NETWORKS = ("x", "instagram", "facebook", "youtube", "tiktok", "threads")
UNITS, PEOPLE, TIMES = 60, 300, 7


def found(app, count):
    """An enterprise with so many accounts; answers the cookie of its strategist."""
    with operator_work(app.state.house) as work:
        units = [directory.create_unit(work, {"key": f"unit-{n}", "name": f"Unit {n}"}).id for n in range(UNITS)]
        people = [
            lifecycle.join(
                work,
                {"employee_number": f"e{n}", "user_name": f"e{n}", "email": f"e{n}@bench.example", "display_name": f"Person {n}",
                 "business_unit_id": units[n % UNITS]},
            ).id
            for n in range(PEOPLE)
        ]  # fmt: skip
        roles.appoint(work, people[0], Role.STRATEGIST, Scope(ScopeKind.ENTERPRISE))
        now = work.now
        for start in range(0, count, 5000):
            rows = [
                {
                    "id": new_id(), "created_at": now, "updated_at": now, "version": 1, "network": NETWORKS[n % len(NETWORKS)],
                    "handle": f"brand_{n}", "handle_written": f"brand_{n}", "skeleton": f"brand_{n}",
                    "url": f"https://example.com/brand_{n}", "display_name": f"Brand {n}", "business_unit_id": units[n % UNITS],
                    "steward_id": people[n % PEOPLE], "backup_steward_id": people[(n + 1) % PEOPLE] if n % 4 else None,
                    "state": "active" if n % 9 else "suspended", "risk": "standard", "source": "inventory",
                    "audience": f"customers of line {n % 97}" if n % 3 else None,
                    "last_activity_at": now - timedelta(days=n % 120), "last_validated_at": now - timedelta(days=n % 240),
                }
                for n in range(start, min(count, start + 5000))
            ]  # fmt: skip
            work.session.execute(insert(Account), rows)
        made = sessions.begin(work, people[0])
        unit, account = units[7], work.session.scalar(select(Account.id).limit(1))
        assert work.session.scalar(select(BusinessUnit.id).where(BusinessUnit.id == unit))
    desk = app.state.console
    return {desk.cookie: desk.seal(made)}, unit, account, people[0]


def measured(client, path):
    """(wall, processor) in milliseconds, the medians."""
    walls, works = [], []
    for _ in range(TIMES):
        wall, work = time.perf_counter(), time.process_time()
        answer = client.get(path)
        walls.append(1000 * (time.perf_counter() - wall))
        works.append(1000 * (time.process_time() - work))
        assert answer.status_code == 200, (path, answer.text[:500])
    return statistics.median(walls), statistics.median(works)


def main():
    """Print a line for each page, and what it was measured on."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--accounts", nargs="+", type=int, default=[1243, 100_000])
    for count in asked.parse_args().accounts:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(
                _env_file=None,
                database_url=f"sqlite:///{folder}/coe.db",
                key_dir=Path(folder) / "keys",
            )
            migrating.migrate(settings)
            app = create_app(settings)
            cookies, unit, account, person = found(app, count)
            client = TestClient(app, base_url="http://127.0.0.1:8000", cookies=cookies)
            list_ = "/console/accounts"
            for path in (
                "/console", "/console/approvals", list_, f"{list_}?q=brand_9", f"{list_}?network=x&state=active", f"{list_}?unit={unit}",
                f"{list_}?flag=idle", f"{list_}?flag=orphaned", f"{list_}?flag=single_custodian", f"{list_}?flag=unvalidated", f"{list_}?flag=duplicate",
                f"{list_}/{account}", f"/console/people/{person}", "/console/requests", "/console/models",
                "/console/models/preview?model=centralized", "/console/freezes", "/console/campaigns", "/console/discoveries",
                "/console/retirements", "/console/programme", "/console/measurement", "/console/reports",
                "/console/reports/inventory",
            ):  # fmt: skip
                wall, work = measured(client, path)
                print(
                    f"{count:>7,} {path.replace(str(unit), 'UNIT')[:60]:60} {wall:8.1f} ms  {work:8.1f} ms processor",
                    flush=True,
                )
    print("\n".join(report.machine([])))


if __name__ == "__main__":
    main()
