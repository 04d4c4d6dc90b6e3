"""An enterprise of any size as an HRIS export, and what the database alone makes of it: COPY and set-wise SQL."""

import csv
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import gcd
from pathlib import Path

import psycopg
import sqlalchemy as sa

from .processes import Installation

HEADER = (
    "Employee ID", "First Name", "Last Name", "Preferred Name", "Work Email", "Job Title", "Department", "Location",
    "Worker Type", "Hire Date", "Termination Date", "Status", "Manager ID",
)  # fmt: skip
DEPARTMENTS, LEAVERS, FOUNDERS = 200, 50, 20
_GIVEN = (
    "Ada", "Alan", "Amélie", "Anders", "Aoife", "Björn", "Carla", "Chidi", "Dmitri", "Elif", "Emma", "Farid", "Grace",
    "Hana", "Ines", "Jamal", "Jürgen", "Kofi", "Leïla", "Lin", "María", "Mei", "Noor", "Olga", "Paul", "Priya", "Raj",
    "Sofia", "Tomás", "Uma", "Viktor", "Wei", "Yuki", "Zoë",
)  # fmt: skip
_FAMILY = (
    "Abebe", "Andersson", "Bauer", "Becker", "Chen", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Haddad",
    "Ito", "Jansen", "Kaya", "Kim", "Kowalski", "Kumar", "Lindström", "Martin", "Müller", "Nguyen", "Novak",
    "O'Brien", "Okafor", "Patel", "Popescu", "Rossi", "Sato", "Silva", "Smith", "Tanaka", "Weber", "Yildiz", "Zhang",
)  # fmt: skip
_GRADES = ("Analyst", "Associate", "Engineer", "Manager", "Senior Manager", "Specialist", "Director", "Coordinator")
_FIELDS = ("Sales", "Finance", "Logistics", "Marketing", "Care", "Product", "Legal", "Research", "People", "Quality")
_SITES = ("Berlin", "Bogotá", "Chicago", "Dublin", "Lagos", "Lyon", "Osaka", "Porto", "Pune", "São Paulo", "Toronto")
_EPOCH = date(1995, 1, 1)


@dataclass(frozen=True, slots=True)
class Files:
    """The export; the same a month on, 1 % changed and 50 people gone from it; and its first people alone."""

    full: Path
    changed: Path
    founders: Path


def files(folder: Path, rows: int) -> Files:
    """Write the three; the same for the same number of rows."""
    made = Files(folder / "full.csv", folder / "changed.csv", folder / "founders.csv")
    _write(made.full, (_row(n) for n in _shuffled(rows)))
    _write(made.changed, (_later(n, _row(n)) for n in _shuffled(rows) if not _leaves(n, rows)))
    _write(made.founders, map(_row, range(FOUNDERS)))
    return made


def _write(path: Path, rows: Iterator[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)


def _shuffled(rows: int) -> Iterator[int]:
    """Every number once, far from its neighbours, so that a manager may stand after their people; held nowhere."""
    step = next(step for step in range(int(rows * 0.618) | 1, 2 * rows + 3) if gcd(step, rows) == 1)
    return (n * step % rows for n in range(rows))


def number(n: int) -> str:
    """The employee id of the n-th person."""
    return f"{n + 1:07}"


def _row(n: int) -> list[str]:
    of = random.Random(n)
    given, family = of.choice(_GIVEN), of.choice(_FAMILY)
    department = n % DEPARTMENTS
    return [
        number(n), given, family, f"{given} {family}" if of.random() < 0.3 else "", f"w{n + 1}@enterprise.example",
        f"{of.choice(_GRADES)} {of.choice(_FIELDS)}", f"{_FIELDS[department % 10]} {department:03}", of.choice(_SITES),
        "Contractor" if of.random() < 0.08 else "Employee", (_EPOCH + timedelta(days=of.randrange(10500))).isoformat(),
        "2099-12-31" if of.random() < 0.05 else "", "Leave" if of.random() < 0.02 else "Active",
        number((n - 1) // 8) if n else "",
    ]  # fmt: skip


def _leaves(n: int, rows: int) -> bool:
    return n >= rows - LEAVERS  # nobody's manager


def _later(n: int, row: list[str]) -> list[str]:
    """One person in a hundred: half of them have a new title, a third moved, the rest have another manager."""
    if n % 100 != 99:
        return row
    kind = n // 100 % 6
    if kind < 3:
        row[5] = f"Lead {row[5]}"
    elif kind < 5:
        department = (n + 7) % DEPARTMENTS
        row[6] = f"{_FIELDS[department % 10]} {department:03}"
    else:
        row[12] = number(0)
    return row


# --- the database alone ----------------------------------------------------------------------------------------------

_STAGING = f"CREATE TEMP TABLE staged ({', '.join(f'c{n} text' for n in range(len(HEADER)))})"
_MATCHED = """
CREATE TEMP TABLE stated AS
SELECT s.*, coalesce(e.id, gen_random_uuid()) AS id, e.id IS NULL AS fresh FROM staged s LEFT JOIN employee e ON e.employee_number = s.c0;
CREATE INDEX ON stated (c0);
ANALYZE stated, employee;
"""
_UNITS = """
INSERT INTO business_unit (id, key, name, name_key, parent_id, path, timezone, state, created_at, updated_at, version)
SELECT made.id, lower(replace(made.name, ' ', '-')), made.name, lower(made.name), root.id,
       root.path || '/' || replace(made.id::text, '-', ''), 'UTC', 'open', now(), now(), 1
FROM (SELECT gen_random_uuid() AS id, c6 AS name FROM stated GROUP BY c6) made
CROSS JOIN (SELECT id, path FROM business_unit WHERE parent_id IS NULL) root
WHERE NOT EXISTS (SELECT 1 FROM business_unit b WHERE b.name_key = lower(made.name))
"""
_NAME = "coalesce(nullif(s.c3, ''), s.c1 || ' ' || s.c2)"
# Column of `employee` -> what the staged row says of it.
_SAYS = {
    "employee_number": "s.c0",
    "user_name": "s.c4",
    "user_name_key": "lower(s.c4)",
    "email": "s.c4",
    "email_key": "lower(s.c4)",
    "given_name": "s.c1",
    "given_name_key": "lower(s.c1)",
    "family_name": "s.c2",
    "family_name_key": "lower(s.c2)",
    "display_name": _NAME,
    "display_name_key": f"lower({_NAME})",
    "title": "s.c5",
    "title_key": "lower(s.c5)",
    "location": "s.c7",
    "employment_type": "lower(s.c8)",
    "business_unit_id": "u.id",
    "manager_id": "m.id",
    "hired_on": "s.c9::date",
    "terminated_on": "nullif(s.c10, '')::date",
    "starts_at": "s.c9::date::timestamp AT TIME ZONE u.timezone",
    "ends_at": "(nullif(s.c10, '')::date + 1)::timestamp AT TIME ZONE u.timezone",
    "active": "true",
}
_FROM = "FROM stated s JOIN business_unit u ON u.name_key = lower(s.c6) LEFT JOIN stated m ON m.c0 = s.c12"


def raw(at: Installation, file: Path) -> float:
    """Seconds of COPY into a staging table and set-wise SQL into `employee`, in one transaction, committed."""
    with psycopg.connect(_dsn(at), autocommit=True) as connection:
        found = connection.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'employee'")
        says = {name: _SAYS[name] for (name,) in found if name in _SAYS}
        began = time.monotonic()
        with connection.transaction():
            _load(connection, file, says)
        return time.monotonic() - began


def _load(connection: "psycopg.Connection[tuple[object, ...]]", file: Path, says: dict[str, str]) -> None:
    connection.execute(_STAGING)
    _copied(connection, "COPY staged FROM STDIN (FORMAT csv, HEADER)", file)
    for statement in (*filter(str.strip, _MATCHED.split(";")), _UNITS, *_statements(says)):
        connection.execute(statement)
    connection.execute("DROP TABLE staged, stated")


def _statements(says: dict[str, str]) -> Iterator[str]:
    names, values = ", ".join(says), ", ".join(says.values())
    yield (
        f"INSERT INTO employee (id, created_at, updated_at, version, {names}) "
        f"SELECT s.id, now(), now(), 1, {values} {_FROM} WHERE s.fresh"
    )
    sets = ", ".join(f"{name} = {value}" for name, value in says.items())
    held = ", ".join(f"e.{name}" for name in says)
    yield (
        f"UPDATE employee e SET updated_at = now(), version = e.version + 1, {sets} {_FROM} "
        f"WHERE e.id = s.id AND NOT s.fresh AND ({held}) IS DISTINCT FROM ({values})"
    )
    yield (
        "UPDATE employee e SET updated_at = now(), version = version + 1, active = false, left_at = now() "
        "WHERE active AND NOT EXISTS (SELECT 1 FROM stated s WHERE s.c0 = e.employee_number)"
    )


def recorded(at: Installation, beside: Installation, folder: Path) -> float:
    """Seconds in which a database takes over the audit records of another by COPY, in one transaction, committed."""
    parts = [(table, folder / f"{table}.copy") for table in ("audit_event", "audit_personal")]
    with psycopg.connect(_dsn(at), autocommit=True) as connection:
        for table, path in parts:
            with path.open("wb") as into, connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                into.writelines(copy)
    with psycopg.connect(_dsn(beside), autocommit=True) as connection:
        began = time.monotonic()
        with connection.transaction():
            for table, path in parts:
                _copied(connection, f"COPY {table} FROM STDIN", path)
        return time.monotonic() - began


def _copied(connection: "psycopg.Connection[tuple[object, ...]]", statement: str, file: Path) -> None:
    with file.open("rb") as source, connection.cursor().copy(statement.encode()) as copy:
        while part := source.read(1 << 18):
            copy.write(part)


def _dsn(at: Installation) -> str:
    return sa.make_url(at.url).set(drivername="postgresql").render_as_string(hide_password=False)


def emptied(at: Installation) -> None:
    """Forget everybody, so that the next load is a first one."""
    with psycopg.connect(_dsn(at), autocommit=True) as connection:
        connection.execute("TRUNCATE employee CASCADE")
        connection.execute("VACUUM business_unit")
