"""All that the checker looks at: the history, the faults, and the rows that there are in the end."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

from .history import Operation
from .nemesis import Done
from .receivers import Receiver

# Where an operation's name stands in the end, by its kind.
MARKERS = {
    "ask": "SELECT justification FROM request WHERE kind = 'rights'",
    "decide": "SELECT comment FROM request_decision WHERE comment IS NOT NULL",
    "revoke": "SELECT end_reason FROM posting_grant WHERE \"end\" = 'revoked'",
    "freeze": 'SELECT reason FROM "freeze"',
    "lift": 'SELECT lift_reason FROM "freeze" WHERE lift_reason IS NOT NULL',
    "complete": "SELECT source FROM completion WHERE source IS NOT NULL",
}
ROWS = {
    "events": "SELECT *, xmin::text AS tx FROM audit_event ORDER BY seq",
    "grants": 'SELECT id::text, employee_id::text, account_id::text, "right", request_id::text, ended_at, xmin::text AS tx'
    " FROM posting_grant",
    "freezes": 'SELECT id::text, kind, account_id::text, lifted_at, xmin::text AS tx FROM "freeze"',
    "people": "SELECT id::text, active, xmin::text AS tx FROM employee",
    "requests": "SELECT id::text, requester_id::text, beneficiary_id::text, rights, state FROM request WHERE kind = 'rights'",
    "words": "SELECT request_id::text, round, decided_by::text, principal_id::text FROM request_decision",
    "offices": "SELECT employee_id::text, role FROM appointment WHERE ended_at IS NULL",
    "replies": "SELECT key, status FROM idempotent_reply",
}
_IDLE = """
    SELECT count(*) FILTER (WHERE state LIKE 'idle in transaction%%'),
           (SELECT count(*) FROM pg_locks WHERE NOT granted), count(*)
    FROM pg_stat_activity WHERE application_name = 'coe'
"""
Row = Mapping[str, Any]


@dataclass(slots=True)
class Usage:
    """What the service holds: of its database (idle in a transaction, waiting locks, connections), and of each replica."""

    idle: int = 0
    waiting: int = 0
    connections: int = 0
    replicas: Sequence[Mapping[str, float]] = ()


@dataclass(slots=True)
class Evidence:
    """``rows`` by the names of ``ROWS``; ``markers``: how often each operation's name stands, by its kind.

    ``quiet``: when nothing was broken any more; ``before`` and ``after``: what was held before the load, and after all.
    ``began``: when the load began; ``healed``: when the last fault was mended; ``receivers``: who was told of events;
    ``pressure``: in which share of the time somebody waited for a processor.
    """

    operations: Sequence[Operation]
    faults: Sequence[Done] = ()
    rows: Mapping[str, Sequence[Row]] = field(default_factory=lambda: dict.fromkeys(ROWS, ()))
    markers: Mapping[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in MARKERS})
    began: float = 0.0
    quiet: float = float("inf")
    before: Usage = field(default_factory=Usage)
    after: Usage = field(default_factory=Usage)
    healed: float = 0.0
    receivers: Sequence[Receiver] = ()
    pressure: float | None = None

    @property
    def writes(self) -> list[Operation]:
        """Operations that change something."""
        return [one for one in self.operations if one.write]


def rows(dsn: str) -> tuple[dict[str, Sequence[Row]], dict[str, Counter[str]]]:
    """The rows and the markers, in one snapshot."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        found: dict[str, Sequence[Row]] = {name: connection.execute(told).fetchall() for name, told in ROWS.items()}
        marked = {
            kind: Counter(next(iter(row.values())) for row in connection.execute(told).fetchall())
            for kind, told in MARKERS.items()
        }
    return found, marked


def held(dsn: str, replicas: Iterable[Mapping[str, float]]) -> Usage:
    """What is held now."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        idle, waiting, connections = connection.execute(_IDLE.replace("%%", "%")).fetchall()[0]
    return Usage(idle, waiting, connections, list(replicas))


def said(event: Row, side: str) -> Mapping[str, Any]:
    """``before`` or ``after`` of an event."""
    found: Mapping[str, Any] = json.loads(event[side]) if event[side] else {}
    return found
