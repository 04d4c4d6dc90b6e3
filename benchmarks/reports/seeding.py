"""An enterprise of any size in a fresh PostgreSQL, written by the database itself, with something for every report.

Departments in ten divisions; accounts spread over departments and networks, so that as many groups as can be are to be
told; every right out of a request of its own that two people decided within the last 80 days.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from benchmarks.processes import Installation

DIVISIONS, DEPARTMENTS, NETWORKS = 10, 1_000, 10
PENDING, FREEZES, REVIEWS, ITEMS = 1_000, 200, 3, 20_000
TOOLS, KPIS, WEEKS = 6, 5, 52
ROOT = "00000000-0000-7000-8000-000000000001"
Run = Callable[..., Any]


def fill(at: Installation, people: int, accounts: int, rights: int) -> None:
    """Write all of it. Foreign keys are right by construction: nothing looks them up."""
    engine = sa.create_engine(at.url)
    with engine.begin() as session:
        run: Run = lambda text, **more: session.execute(sa.text(text), more)  # noqa: E731 - short, and only here
        run("SET session_replication_role = replica")
        _units(run)
        _people(run, people)
        _accounts(run, accounts)
        _requests(run, rights)
        _grants(run)
        _duties(run)
        _stops(run)
        _reviews(run)
        _tools(run)
        _figures(run)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _units(run: Run) -> None:
    made = (
        "INSERT INTO business_unit (id, key, name, name_key, parent_id, path, timezone, state, created_at, updated_at, version)"
        " SELECT id, '{0}-' || n, '{0} ' || n, '{0} ' || n, parent_id, parent_path || '/' || replace(id::text, '-', ''), 'UTC',"
        " 'open', now(), now(), 1 FROM ({1}) made"
    )
    root = f"SELECT gen_random_uuid() AS id, n, id AS parent_id, path AS parent_path FROM business_unit, generate_series(1, {DIVISIONS}) n WHERE id = '{ROOT}'"
    run(made.format("division", root))
    below = (
        f"SELECT gen_random_uuid() AS id, n, d.id AS parent_id, d.path AS parent_path FROM generate_series(1, {DEPARTMENTS}) n"
        f" JOIN (SELECT id, path, row_number() OVER (ORDER BY key) AS nth FROM business_unit WHERE key LIKE 'division-%') d"
        f" ON d.nth = n % {DIVISIONS} + 1"
    )
    run(made.format("department", below))
    run(
        "CREATE TEMPORARY TABLE department AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS nth"
        " FROM business_unit WHERE key LIKE 'department-%'"
    )
    run(
        f"CREATE TEMPORARY TABLE web AS SELECT key, row_number() OVER (ORDER BY key) - 1 AS nth FROM network LIMIT {NETWORKS}"
    )


def _people(run: Run, people: int) -> None:
    run(
        "INSERT INTO employee (id, employee_number, user_name, user_name_key, email, email_key, display_name,"
        " display_name_key, employment_type, business_unit_id, active, created_at, updated_at, version)"
        " SELECT gen_random_uuid(), n::text, 'p' || n, 'p' || n, 'p' || n || '@x.example', 'p' || n || '@x.example',"
        " 'P ' || n, 'p ' || n, CASE WHEN n % 10 = 0 THEN 'contractor' ELSE 'employee' END, d.id, n % 50 <> 0, now(), now(), 1"
        f" FROM generate_series(1, :people) n JOIN department d ON d.nth = n % {DEPARTMENTS}",
        people=people,
    )
    run("CREATE TEMPORARY TABLE person AS SELECT id, row_number() OVER () - 1 AS nth FROM employee")
    run("ALTER TABLE person ADD PRIMARY KEY (nth)")
    run("ANALYZE person")


def _accounts(run: Run, accounts: int) -> None:
    run(
        "INSERT INTO account (id, network, handle, handle_written, skeleton, url, business_unit_id, risk, state, source,"
        " steward_id, backup_steward_id, last_activity_at, last_validated_at, official_from, official_until, created_at,"
        " updated_at, version)"
        " SELECT gen_random_uuid(), w.key, 'a' || n, 'a' || n, 'a' || n, 'https://x.example/a' || n, d.id,"
        " CASE WHEN n % 20 = 0 THEN 'high' ELSE 'standard' END, CASE WHEN n % 25 = 0 THEN 'archived' ELSE 'active' END,"
        " 'inventory', s.id, b.id, now() - (n % 130) * interval '1 day', now() - (n % 240) * interval '1 day',"
        " now() - interval '400 days', CASE WHEN n % 25 = 0 THEN now() - interval '99 days' END,"
        " now() - interval '400 days', now(), 1 FROM generate_series(0, :last) n"
        f" JOIN department d ON d.nth = n % {DEPARTMENTS} JOIN web w ON w.nth = n / {DEPARTMENTS} % {NETWORKS}"
        " LEFT JOIN person s ON s.nth = n * 7 LEFT JOIN person b ON n % 3 <> 0 AND b.nth = n * 7 + 1",
        last=accounts - 1,
    )


def _requests(run: Run, rights: int) -> None:
    """``pairing``: request by request who is granted what on which account, asked when; the last of them still wait."""
    run(
        "CREATE TEMPORARY TABLE pairing AS SELECT gen_random_uuid() AS request_id, p.id AS employee_id, a.id AS account_id, n,"
        " (ARRAY['publish', 'engage', 'draft', 'analyze', 'administer'])[1 + n % 5] AS kind,"
        " now() - interval '2 days' - (n % 78) * interval '1 day' - (n % 1440) * interval '1 minute' AS asked,"
        " (1 + n % 37) * interval '1 hour' AS first, (1 + n % 11) * interval '1 hour' AS second"
        " FROM generate_series(0, :last) n JOIN person p ON p.nth = n * 4 % (SELECT count(*) FROM person)"
        " JOIN (SELECT id, row_number() OVER () - 1 AS nth FROM account WHERE state = 'active') a"
        " ON a.nth = n % (SELECT count(*) FROM account WHERE state = 'active')",
        last=rights + PENDING - 1,
    )
    run("CREATE TEMPORARY TABLE waiting AS SELECT * FROM pairing WHERE n >= :rights", rights=rights)
    run("DELETE FROM pairing WHERE n >= :rights", rights=rights)
    run("UPDATE account SET risk = 'standard' WHERE id IN (SELECT account_id FROM waiting)")  # the route as it is asked
    kinds = ("account_liaison", "beneficiary_liaison", "community_manager")
    steps = "'[" + ", ".join(f'{{"kind": "{kind}", "needed": 1}}' for kind in kinds) + "]'"
    columns = (
        "INSERT INTO request (id, kind, account_id, requester_id, beneficiary_id, rights, state, model, steps, passed, round,"
        " notes, policy_versions, due_at, expires_at, ended_at, created_at, updated_at, version) SELECT request_id, 'rights',"
        " account_id, employee_id, employee_id, json_build_array(kind),"
    )
    run(
        f"{columns} 'granted', 'hub_and_spoke', {steps}, '[\"account_liaison\", \"community_manager\"]', 1, '[]', '[]', NULL,"
        " asked + interval '30 days', asked + first + second, asked, asked, 1 FROM pairing"
    )
    run(
        f"{columns} 'pending', 'hub_and_spoke', {steps}, '[]', 1, '[]', '[]', now() - interval '1 hour',"
        " now() + interval '20 days', NULL, now() - interval '3 days', now(), 1 FROM waiting"
    )
    run(
        "INSERT INTO request_decision (id, request_id, round, kind, decision, decided_by, principal_id, at)"
        " SELECT gen_random_uuid(), request_id, 1, 'account_liaison', 'approve', p.id, p.id, asked + first"
        " FROM pairing CROSS JOIN (SELECT id FROM person WHERE nth = 1) p UNION ALL"
        " SELECT gen_random_uuid(), request_id, 1, 'community_manager', 'approve', p.id, p.id, asked + first + second"
        " FROM pairing CROSS JOIN (SELECT id FROM person WHERE nth = 2) p"
    )


def _grants(run: Run) -> None:
    run(
        'INSERT INTO posting_grant (id, employee_id, account_id, "right", request_id, valid_from, valid_until, model,'
        " policy_versions, approvers, created_at, updated_at, version) SELECT gen_random_uuid(), employee_id, account_id, kind,"
        " request_id, asked + first + second, now() + interval '100 days', 'hub_and_spoke', '[]', '[]', asked, asked, 1 FROM pairing"
    )
    run(
        "INSERT INTO grant_suspension (id, grant_id, suspended_at, scheduled, reason) SELECT gen_random_uuid(), id, now(), false,"
        " 'On leave.' FROM (SELECT id, row_number() OVER () AS nth FROM posting_grant) g WHERE nth % 50 = 0"
    )


def _duties(run: Run) -> None:
    """Three policies that ask to be accepted and each for a course; most people did both."""
    for n, scope in enumerate(("'enterprise', NULL, NULL", "'network', NULL, (SELECT key FROM web WHERE nth = 0)", "'business_unit', (SELECT id FROM business_unit WHERE key = 'division-1'), NULL")):  # fmt: skip
        run(
            "INSERT INTO course (id, key, title, valid_for_days, created_at, updated_at, version)"
            " VALUES (gen_random_uuid(), :key, 'Course', 365, now(), now(), 1)",
            key=f"course-{n}",
        )  # fmt: skip
        run(
            "INSERT INTO policy (id, key, title, scope_kind, business_unit_id, network, created_at, updated_at, version)"
            f" SELECT gen_random_uuid(), 'policy-{n}', 'Policy', {scope}, now(), now(), 1"
        )
        run(
            "INSERT INTO policy_version (id, policy_id, n, state, text, text_sha256, rules, effective_from, attestation_grace_days,"
            " published_at, created_at, updated_at, version) SELECT gen_random_uuid(), id, 1, 'published', 'x', 'x', :rules,"
            f" now() - interval '90 days', 14, now() - interval '90 days', now(), now(), 1 FROM policy WHERE key = 'policy-{n}'",
            rules=f'{{"attestation_required": true, "required_training": [{{"course": "course-{n}"}}]}}',
        )
    run("CREATE TEMPORARY TABLE holder AS SELECT employee_id, row_number() OVER () AS nth FROM (SELECT DISTINCT employee_id FROM posting_grant) h")  # fmt: skip
    run(
        "INSERT INTO attestation (id, employee_id, policy_version_id, text_sha256, created_at, updated_at, version)"
        " SELECT gen_random_uuid(), h.employee_id, v.id, 'x', now(), now(), 1 FROM holder h CROSS JOIN policy_version v WHERE h.nth % 7 <> 0"
    )
    run(
        "INSERT INTO completion (id, employee_id, course_id, completed_at, created_at, updated_at, version)"
        " SELECT gen_random_uuid(), h.employee_id, c.id, now() - (h.nth % 500) * interval '1 day', now(), now(), 1"
        " FROM holder h CROSS JOIN course c WHERE h.nth % 5 <> 0"
    )


def _stops(run: Run) -> None:
    run(
        'INSERT INTO "freeze" (id, kind, account_id, members, severity, reason, exempt, authority, set_by, lifted_at, created_at,'
        " updated_at, version) SELECT gen_random_uuid(), 'account', id, '[]', 'L1', 'A test.', '[]', 'strategist',"
        " (SELECT id FROM person WHERE nth = 1), CASE WHEN nth % 4 <> 0 THEN now() - interval '1 day' END,"
        " now() - (nth % 60 + 2) * interval '1 day', now(), 1 FROM (SELECT id, row_number() OVER () AS nth FROM account) a"
        f" WHERE nth <= {FREEZES}"
    )


def _reviews(run: Run) -> None:
    for n in range(REVIEWS):
        run(
            "INSERT INTO review (id, title, kinds, due_at, ends_at, created_at, updated_at, version) VALUES (gen_random_uuid(),"
            " :title, '[\"grants\"]', now() + interval '3 days', now() + interval '9 days', now() - interval '9 days', now(), 1)",
            title=f"Review {n}",
        )  # fmt: skip
        run(
            "INSERT INTO review_item (id, review_id, kind, grant_id, account_id, holder_id, outcome, decided_at, created_at,"
            " updated_at, version) SELECT gen_random_uuid(), (SELECT id FROM review WHERE title = :title), 'grants', g.id,"
            " g.account_id, g.employee_id, CASE WHEN nth % 3 = 0 THEN 'kept' END, CASE WHEN nth % 3 = 0 THEN now() END, now(),"
            " now(), 1 FROM (SELECT id, account_id, employee_id, row_number() OVER (ORDER BY id) AS nth FROM posting_grant) g"
            " WHERE nth > :first AND nth <= :last",
            title=f"Review {n}", first=n * ITEMS, last=(n + 1) * ITEMS,
        )  # fmt: skip


def _tools(run: Run) -> None:
    """Every account but each seventh uses one tool, each third a second; half of the tools are approved."""
    run(
        "INSERT INTO publishing_tool (id, key, name, created_at, updated_at, version)"
        f" SELECT gen_random_uuid(), 'tool-' || n, 'Tool ' || n, now(), now(), 1 FROM generate_series(0, {TOOLS - 1}) n"
    )
    run("CREATE TEMPORARY TABLE tool AS SELECT id, row_number() OVER (ORDER BY key) - 1 AS nth FROM publishing_tool")
    run(
        "INSERT INTO assessment (id, tool_id, state, summary, valid_until, decided_at, created_at, updated_at, version)"
        " SELECT gen_random_uuid(), id, 'approved', 'x', now() + interval '100 days', now() - interval '9 days',"
        " now() - interval '19 days', now(), 1 FROM tool WHERE nth % 2 = 0"
    )
    run("CREATE TEMPORARY TABLE numbered AS SELECT id, row_number() OVER (ORDER BY id) AS nth FROM account")
    run(
        "INSERT INTO account_tool (account_id, tool_id, since) SELECT a.id, t.id, now() - interval '30 days' FROM numbered a"
        f" JOIN tool t ON t.nth = a.nth % {TOOLS} AND a.nth % 7 <> 0 OR t.nth = (a.nth + 1) % {TOOLS} AND a.nth % 3 = 0"
    )


def _figures(run: Run) -> None:
    """Weeks of every KPI of every account."""
    run(
        "INSERT INTO kpi (id, key, title, definition, kind, unit, over_time, across_accounts, better, activity, created_at,"
        " updated_at, version) SELECT gen_random_uuid(), 'figure-' || n, 'Figure ' || n, 'x', 'measured', 'count', 'sum', 'sum',"
        f" 'higher', false, now(), now(), 1 FROM generate_series(0, {KPIS - 1}) n"
    )
    run(
        "INSERT INTO observation (id, account_id, kpi_id, source, period_from, period_until, value, created_at, updated_at,"
        " version) SELECT gen_random_uuid(), a.id, k.id, 'postwell', current_date - 7 * w, current_date - 7 * w + 7,"
        f" (a.nth * 31 + w * 17) % 1000, now(), now(), 1 FROM numbered a CROSS JOIN generate_series(1, {WEEKS}) w"
        " CROSS JOIN (SELECT id FROM kpi WHERE key LIKE 'figure-%') k"
    )
