"""The enterprise of a size, into a fresh PostgreSQL: what is decided over HTTP, what is many by COPY."""

import http.client
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import psycopg
import sqlalchemy as sa

from benchmarks.processes import HOST, Caller, Failed, Installation, coe, many

from . import world as worlds
from .serving import served
from .world import World, account, person, state_of

ROOT_UNIT = "00000000-0000-7000-8000-000000000001"
PEOPLE_A_UNIT = 100
UNITS_AT_MOST = 1_000
DIVISIONS = 10
ALWAYS = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
_CHUNK = 20_000
_UNIT, _EMPLOYEE, _ACCOUNT, _REQUEST, _GRANT, _SUSPENSION, _ATTESTED, _LEARNT = range(1, 9)


@dataclass(frozen=True, slots=True)
class Seeded:
    """A database with all of it. ``strategist``: a token; ``client``: id and secret of the tool that asks."""

    at: Installation
    world: World
    strategist: str
    client: tuple[str, str]
    seconds: float


def uid(kind: int, n: int) -> str:
    """The id of the n-th row of a kind, in the order of their numbers as ids by time are."""
    return f"0190{kind:04x}-0000-7000-8000-{n:012x}"


def grant_id(n: int) -> str:
    """Our id of the n-th grant."""
    return uid(_GRANT, n)


def employee_id(n: int) -> str:
    """Our id of the n-th person."""
    return uid(_EMPLOYEE, n)


def account_id(n: int) -> str:
    """Our id of the n-th account."""
    return uid(_ACCOUNT, n)


def seed(at: Installation, world: World) -> Seeded:
    """Fill a migrated, empty database."""
    began, now = time.monotonic(), datetime.now(UTC)
    with _connect(at) as connection:
        _unchecked(connection)
        _units(connection, world, now)
        _people(connection, world, now)
        _accounts(connection, world, now)
    strategist, client = _found(at, world)
    with _connect(at) as connection:
        _unchecked(connection)
        with _unindexed(connection, "request", "posting_grant", "attestation", "completion"):
            _rights(connection, world, now)
            _duties(connection, now)
    with _connect(at) as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return Seeded(at, world, strategist, client, time.monotonic() - began)


def _connect(at: Installation) -> "psycopg.Connection[Any]":
    return psycopg.connect(sa.make_url(at.url).set(drivername="postgresql").render_as_string(hide_password=False))


def _unchecked(connection: "psycopg.Connection[Any]") -> None:
    """Foreign keys are right by construction; looking each up costs more than all the rest. Only a superuser may."""
    try:
        with connection.transaction():
            connection.execute("SET session_replication_role = replica")
    except psycopg.errors.InsufficientPrivilege:
        pass


@contextmanager
def _unindexed(connection: "psycopg.Connection[Any]", *tables: str) -> Iterator[None]:
    """Indexes of these tables that are no constraints are built once in the end: half the time for millions of rows."""
    found = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " WHERE i.indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
        (list(tables),),
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    yield
    connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
    for _, definition in found:
        connection.execute(definition)


def _copy(connection: "psycopg.Connection[Any]", table: str, columns: str, rows: Iterable[str]) -> None:
    """COPY rows, each a line of its cells with tabs between, in pieces that are a pleasure to send."""
    lines = iter(rows)
    with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        while piece := list(islice(lines, _CHUNK)):
            copy.write("\n".join(piece) + "\n")


def units(world: World) -> int:
    """How many departments there are."""
    return max(min(world.size.people // PEOPLE_A_UNIT, UNITS_AT_MOST), 1)


def _units(connection: "psycopg.Connection[Any]", world: World, now: datetime) -> None:
    """Departments in divisions; after them the free unit and the frozen one, under the root."""
    count, root = units(world), ROOT_UNIT.replace("-", "")
    divisions = [(uid(_UNIT, 900_000 + n), f"division-{n}", ROOT_UNIT, root) for n in range(DIVISIONS)]
    found = [
        *divisions,
        (uid(_UNIT, count), "free", ROOT_UNIT, root),
        (uid(_UNIT, count + 1), "frozen", ROOT_UNIT, root),
    ]
    for n in range(count):
        above = divisions[n % DIVISIONS][0]
        found.append((uid(_UNIT, n), f"department-{n}", above, f"{root}/{above.replace('-', '')}"))
    _copy(
        connection, "business_unit",
        "id, key, name, name_key, parent_id, path, timezone, state, created_at, updated_at, version",
        (
            f"{unit}\t{key}\t{key}\t{key}\t{parent}\t{above}/{unit.replace('-', '')}\tEurope/Berlin\topen\t{now}\t{now}\t1"
            for unit, key, parent, above in found
        ),
    )  # fmt: skip


def _people(connection: "psycopg.Connection[Any]", world: World, now: datetime) -> None:
    count = units(world)

    def line(n: int) -> str:
        who, name = person(n), f"p{n:07d}.person"
        return (
            f"{uid(_EMPLOYEE, n)}\t{who}\t{name}\t{name}\t{name}@bench.example\t{name}@bench.example\tP {n}\tp {n}"
            f"\temployee\t{uid(_UNIT, n % count)}\tt\t{now}\t{now}\t1"
        )

    _copy(
        connection, "employee",
        "id, employee_number, user_name, user_name_key, email, email_key, display_name, display_name_key,"
        " employment_type, business_unit_id, active, created_at, updated_at, version",
        map(line, range(world.askers.stop)),
    )  # fmt: skip


def _accounts(connection: "psycopg.Connection[Any]", world: World, now: datetime) -> None:
    count = units(world)

    def line(n: int) -> str:
        unit = n % count if n <= world.crowded else count + 1 if n == world.frozen else count
        handle = account(n).removeprefix("x:")
        return (
            f"{uid(_ACCOUNT, n)}\tx\t{handle}\t{handle}\t{handle}\thttps://x.com/{handle}\t{uid(_UNIT, unit)}"
            f"\tstandard\tactive\tinventory\t{now}\t{now}\t1"
        )

    _copy(
        connection, "account",
        "id, network, handle, handle_written, skeleton, url, business_unit_id, risk, state, source, created_at,"
        " updated_at, version",
        map(line, range(world.free.stop)),
    )  # fmt: skip


def _found(at: Installation, world: World) -> tuple[str, tuple[str, str]]:
    """What people decide: tool, course, policy, freeze, the free unit's model; then the client that asks."""
    boss = person(world.strategist)
    many(at, [["appoint", boss, "strategist"]])
    (token,) = many(at, [["token", boss, "--ttl", "86400"]])
    with served(at, "api") as server:
        caller = Caller(server.port)
        post = lambda path, body, status=201: caller.want(status, "POST", path, token, body)  # noqa: E731 - short, and only here
        post("/v1/publishing-tools", {"key": worlds.TOOL, "name": "Fanfare"})
        post("/v1/courses", {"key": worlds.COURSE, "title": "The basics", "valid_for_days": 365})
        post("/v1/policies", {"key": "conduct", "title": "Conduct", "scope": {"kind": "enterprise"}})
        rules = {
            "required_training": [{"course": worlds.COURSE}],
            "attestation_required": True,
            "allowed_tools": [worlds.TOOL],
            "posting_hours": ALWAYS,
            "employment_types": ["employee", "contractor"],
            "max_grant_days": 365,
        }
        version = {"text": "# Conduct\n\nBe kind.", "rules": rules, "attestation_grace_days": 0}
        post("/v1/policies/conduct/versions", version)
        post("/v1/policies/conduct/versions/1/publish", {}, 200)
        frozen = {"kind": "business_unit", "id": "frozen"}
        post("/v1/freezes", {"scope": frozen, "severity": "L2", "reason": "The press is asking."})
        choice = {"model": "decentralized", "business_unit_id": "free", "reason": "They post as they like."}
        caller.want(200, "PUT", "/v1/governance", token, choice)
    made = coe(at, "client", "create", "Fanfare", "--scope", "decisions", "--tool", worlds.TOOL).output.split()
    return token, (made[1], made[3])


def _rights(connection: "psycopg.Connection[Any]", world: World, now: datetime) -> None:
    """One request and one grant for each right, and a pause for those that are suspended."""
    asked, ends = now - timedelta(days=60), now + timedelta(days=120)
    over, gone = now - timedelta(days=1), now - timedelta(days=10)
    rights = list(_held(world))
    _copy(
        connection, "request",
        "id, kind, account_id, requester_id, beneficiary_id, rights, state, model, steps, passed, round, notes,"
        " policy_versions, expires_at, ended_at, created_at, updated_at, version",
        (
            f"{uid(_REQUEST, n)}\trights\t{uid(_ACCOUNT, where)}\t{uid(_EMPLOYEE, who)}\t{uid(_EMPLOYEE, who)}"
            f'\t["{right}"]\tgranted\thub_and_spoke\t[]\t[]\t1\t[]\t[]\t{now}\t{asked}\t{asked}\t{asked}\t1'
            for n, (who, where, right, _) in enumerate(rights)
        ),
    )  # fmt: skip

    def line(n: int, who: int, where: int, right: str, state: str) -> str:
        until, ended = over if state == worlds.EXPIRED else ends, "\\N\t\\N\t\\N"
        if state == worlds.EXPIRED:
            ended = f"{over}\texpired\t\\N"
        elif state == worlds.REVOKED:
            ended = f"{gone}\trevoked\tNo longer needed."
        return (
            f"{uid(_GRANT, n)}\t{uid(_EMPLOYEE, who)}\t{uid(_ACCOUNT, where)}\t{right}\t{uid(_REQUEST, n)}\t{asked}\t{until}"
            f"\thub_and_spoke\t[]\t[]\t{ended}\t{asked}\t{asked}\t1"
        )

    _copy(
        connection, "posting_grant",
        'id, employee_id, account_id, "right", request_id, valid_from, valid_until, model, policy_versions, approvers,'
        ' ended_at, "end", end_reason, created_at, updated_at, version',
        (line(n, *one) for n, one in enumerate(rights)),
    )  # fmt: skip
    _copy(
        connection, "grant_suspension", "id, grant_id, suspended_at, scheduled, reason",
        (
            f"{uid(_SUSPENSION, n)}\t{uid(_GRANT, n)}\t{gone}\tf\tOn leave."
            for n, (_, _, _, state) in enumerate(rights)
            if state == worlds.SUSPENDED
        ),
    )  # fmt: skip


def _held(world: World) -> Iterator[tuple[int, int, str, str]]:
    """Person, account, right and state of every grant: first those of ``pairs``, by their numbers."""
    for n, (who, where) in enumerate(world.pairs):
        yield who, where, "publish", state_of(n)
    for who in range(min(worlds.CROWD, world.size.people)):
        yield who, world.crowded, "publish", worlds.IN_FORCE
    for where, right in world.collected:
        yield world.collector, where, right, worlds.IN_FORCE


def _duties(connection: "psycopg.Connection[Any]", now: datetime) -> None:
    """Whoever holds a right has accepted the policy and completed the course."""
    version, text = _one(connection, "SELECT id, text_sha256 FROM policy_version")
    (course,) = _one(connection, "SELECT id FROM course")
    for table, kind, columns, values in (
        ("attestation", _ATTESTED, "policy_version_id, text_sha256", (version, text)),
        ("completion", _LEARNT, "course_id, completed_at", (course, now - timedelta(days=30))),
    ):
        more = ", created_at, updated_at, version"
        connection.execute(
            f"INSERT INTO {table} (id, employee_id, {columns}{more}) SELECT"
            f" ('0190{kind:04x}' || substr(h.employee_id::text, 9))::uuid, h.employee_id, %s, %s, %s, %s, 1"
            " FROM (SELECT DISTINCT employee_id FROM posting_grant) h",
            (*values, now, now),
        )


def _one(connection: "psycopg.Connection[Any]", statement: str) -> Any:
    found = connection.execute(statement).fetchall()
    assert len(found) == 1, statement
    return found[0]


def bearer(seeded: Seeded, port: int) -> str:
    """A fresh token of the client that asks, good for an hour; ``port``: of a process that gives tokens."""
    form = urlencode(
        {"grant_type": "client_credentials"} | dict(zip(("client_id", "client_secret"), seeded.client, strict=True))
    )
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    connection.request("POST", "/oauth/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != 200:
        raise Failed(f"POST /oauth/token: {answer.status} {text[:300]!r}")
    return str(json.loads(text)["access_token"])
