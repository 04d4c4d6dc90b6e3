"""`python -m benchmarks.governing`: previews and publishing where there are very many people and rights.

An enterprise of 1,000,000 employees, 5,000 accounts and 200,000 rights in force is written by the database itself, units ten
levels deep; then a `coe serve` is asked, over HTTP, what a switch of model and what a new policy version would change, and
publishes it. Beside it, in the same run: what the database takes to read the same rights with what they hang on, once.
"""

import argparse
import sys
from collections.abc import Callable
from statistics import median
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from . import report
from .databases import durability, fresh, postgres
from .processes import Caller, Installation, coe, rss, serving
from .report import mib, millis, seconds

DEEP = 10
ROOT_UNIT = UUID("00000000-0000-7000-8000-000000000001")
_READ = (
    'SELECT g.id, g."right", u.path, a.network, e.employment_type FROM posting_grant g JOIN account a ON a.id = g.account_id '
    "JOIN business_unit u ON u.id = a.business_unit_id JOIN employee e ON e.id = g.employee_id "
    "WHERE g.ended_at IS NULL AND g.valid_until > now()"
)


def fill(at: Installation, people: int, rights: int) -> UUID:
    """Write people, accounts and rights set-wise; answers the id of the deepest unit."""
    engine = sa.create_engine(at.url)
    with engine.begin() as session:
        run: Callable[..., Any] = lambda text, **more: session.execute(sa.text(text), more)  # noqa: E731 - short, and only here
        path, parent = ROOT_UNIT.hex, ROOT_UNIT
        for n in range(DEEP):
            unit = uuid4()
            path = f"{path}/{unit.hex}"
            run(
                "INSERT INTO business_unit (id, key, name, name_key, parent_id, path, timezone, state, created_at, updated_at, version)"
                " VALUES (:id, :key, :key, :key, :parent, :path, 'UTC', 'open', now(), now(), 1)",
                id=unit, key=f"level-{n}", parent=parent, path=path,
            )  # fmt: skip
            parent = unit
        run(
            "INSERT INTO employee (id, employee_number, user_name, user_name_key, email, email_key, display_name,"
            " display_name_key, employment_type, business_unit_id, active, created_at, updated_at, version)"
            " SELECT gen_random_uuid(), n::text, 'p' || n, 'p' || n, 'p' || n || '@x.example', 'p' || n || '@x.example',"
            " 'P ' || n, 'p ' || n, CASE WHEN n % 10 = 0 THEN 'contractor' ELSE 'employee' END, :unit, true, now(), now(), 1"
            " FROM generate_series(1, :people) n",
            unit=parent, people=people,
        )  # fmt: skip
        run(
            "INSERT INTO account (id, network, handle, handle_written, skeleton, url, business_unit_id, risk, state, source,"
            " created_at, updated_at, version) SELECT gen_random_uuid(), 'x', 'a' || n, 'a' || n, 'a' || n,"
            " 'https://x.com/a' || n, :unit, 'standard', 'active', 'inventory', now(), now(), 1 FROM generate_series(1, :accounts) n",
            unit=parent, accounts=max(rights // 40, 1),
        )  # fmt: skip
        _requests(run, rights)
        run("ANALYZE")
    engine.dispose()
    return parent


def _requests(run: Callable[..., Any], rights: int) -> None:
    """One right for each of so many people, a tenth of them to administer, each out of a request of its own."""
    run(
        "CREATE TEMPORARY TABLE pairing AS SELECT gen_random_uuid() AS request_id, e.id AS employee_id, a.id AS account_id, e.n"
        " FROM (SELECT id, row_number() OVER () AS n FROM employee LIMIT :rights) e"
        " JOIN (SELECT id, row_number() OVER () AS n, count(*) OVER () AS all_of FROM account) a ON a.n = e.n % a.all_of + 1",
        rights=rights,
    )
    run(
        "INSERT INTO request (id, kind, account_id, requester_id, beneficiary_id, rights, state, model, steps, passed, round,"
        " notes, policy_versions, expires_at, ended_at, created_at, updated_at, version)"
        " SELECT request_id, 'rights', account_id, employee_id, employee_id, '[\"publish\"]', 'granted', 'decentralized', '[]',"
        " '[]', 1, '[]', '[]', now(), now(), now(), now(), 1 FROM pairing"
    )
    run(
        'INSERT INTO posting_grant (id, employee_id, account_id, "right", request_id, valid_from, valid_until, model,'
        " policy_versions, approvers, created_at, updated_at, version) SELECT gen_random_uuid(), employee_id, account_id,"
        " CASE WHEN n % 10 = 0 THEN 'administer' ELSE 'publish' END, request_id, now(), now() + interval '300 days',"
        " 'decentralized', '[]', '[]', now(), now(), 1 FROM pairing"
    )


def ask(table: report.Table, at: Installation, unit: UUID, repeats: int) -> None:
    """Time what a strategist asks."""
    for role in ("strategist",):
        coe(at, "appoint", "p1", role)
    token = coe(at, "token", "p1").output.split()[-1]
    with serving(at) as server:
        caller = Caller(at.port)

        def timed(method: str, path: str, body: object, status: int = 200) -> tuple[float, Any]:
            began = monotonic()
            answer = caller.want(status, method, path, token, body)
            return monotonic() - began, answer

        caller.want(
            201, "POST", "/v1/policies", token, {"key": "bench", "title": "Bench", "scope": {"kind": "enterprise"}}
        )
        rules = {
            "attestation_required": True,
            "employment_types": ["employee"],
            "max_publishers_per_account": 30,
            "max_grant_days": 90,
        }
        for n in range(DEEP):
            scope = {"kind": "business_unit", "id": f"level-{n}"}
            caller.want(201, "POST", "/v1/policies", token, {"key": f"level-{n}", "title": "Level", "scope": scope})
            caller.want(
                201,
                "POST",
                f"/v1/policies/level-{n}/versions",
                token,
                {"text": "x", "rules": {"max_grant_days": 300 - n}},
            )
            caller.want(200, "POST", f"/v1/policies/level-{n}/versions/1/publish", token, {})
        _switches(table, timed, repeats)
        for n in range(1, repeats + 1):
            caller.want(201, "POST", "/v1/policies/bench/versions", token, {"text": f"v{n}", "rules": rules})
        looked = [timed("POST", "/v1/policies/bench/versions/1/preview", {}) for _ in range(repeats)]
        affected = looked[0][1]["people"]
        table.row(
            f"preview of a version: {affected:,} people affected", "", seconds(median(took for took, _ in looked))
        )
        published = [timed("POST", f"/v1/policies/bench/versions/{n}/publish", {}) for n in range(1, repeats + 1)]
        table.row("publishing it", "", seconds(median(took for took, _ in published)))
        covered = [timed("GET", "/v1/policies/bench/versions/1/coverage", None) for _ in range(repeats)]
        table.row("its coverage by unit", "", seconds(median(took for took, _ in covered)))
        asked = [timed("GET", f"/v1/limits?business_unit_id={unit}&network=x", None) for _ in range(20)]
        table.row(f"all policies combined, {DEEP} levels deep", "", millis(median(took for took, _ in asked)))
        table.row("resident memory of the server", "", mib(rss(server.pid)))


def _switches(table: report.Table, timed: Callable[..., tuple[float, Any]], repeats: int) -> None:
    for model, more in (("dandelion", {}), ("centralized", {}), ("decentralized", {})):
        looked = [
            timed("POST", "/v1/governance/preview", {"model": model, "reason": "A look.", **more})
            for _ in range(repeats)
        ]
        changed = sum(len(one["ids"]) for one in looked[0][1]["grants"])
        took = seconds(median(took for took, _ in looked))
        table.row(f"preview of a switch to {model}: {changed:,} rights change", "", took)


def main() -> int:
    """Measure on PostgreSQL and print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.governing", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000, help="employees")
    parser.add_argument("--rights", type=int, default=200_000, help="rights in force")
    parser.add_argument("--repeats", type=int, default=3, help="of each; medians are told")
    told = parser.parse_args()
    table = report.Table()
    with postgres() as server, fresh("postgresql", server) as at:
        durable = durability(at)
        unit = fill(at, told.people, told.rights)
        engine = sa.create_engine(at.url)
        with engine.connect() as connection:
            began = monotonic()
            rows = connection.execute(sa.text(_READ)).all()
            table.row(
                f"the database alone: {len(rows):,} rights with what they hang on", "", seconds(monotonic() - began)
            )
        engine.dispose()
        ask(table, at, unit, told.repeats)
    print("\n".join([*report.machine([durable]), "", table.text()]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
