"""Bugs and settings that break a promise on purpose; the checker has to find each (trust.md 5.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_LOG_UNGUARDED = (
    "ALTER TABLE audit_event DROP CONSTRAINT pk_audit_event CASCADE",
    "ALTER TABLE audit_event DROP CONSTRAINT uq_audit_event_prev_hash",
    "ALTER TABLE audit_event DROP CONSTRAINT uq_audit_event_hash",
    "ALTER TABLE audit_personal DROP CONSTRAINT pk_audit_personal",
)


@dataclass(frozen=True, slots=True)
class Control:
    """``caught``: the numbers of the checks one of which must not hold; ``ddl``: done to the database before the load.

    ``bug``: of ``broken.bugs``; ``settings``: of PostgreSQL; ``asynchronous``: commits do not wait for the standby.
    """

    what: str
    caught: frozenset[str]
    faults: Sequence[str]
    bug: str = ""
    ddl: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    asynchronous: bool = False


CONTROLS = {
    "a": Control("events in a transaction of their own", frozenset("13"), ("kill", "terminate"), "audit_apart"),
    "b": Control("webhooks sent before their commit", frozenset("4"), ("crash", "restart", "terminate"),
                 "sent_before_commit"),
    "c": Control("a second open grant of the same", frozenset("2"), ("terminate",), "two_open_grants",
                 ("DROP INDEX uq_posting_grant_open",)),
    "d": Control("decisions from the standby", frozenset("5"), ("stall",), "from_the_standby", asynchronous=True),
    "e": Control("decisions from a cache of 30 seconds", frozenset("5"), ("terminate",), "cached"),
    "f": Control("commits that are not on the disk", frozenset("1"), ("restart",),
                 settings={"synchronous_commit": "off", "wal_writer_delay": "10s"}),
    "g": Control("failover to a standby that nobody waited for", frozenset("1"), ("partition",), asynchronous=True),
    "h": Control("answers kept after their effect", frozenset("1"), ("crash", "kill"), "reply_later"),
    "i": Control("the chain locked under REPEATABLE READ", frozenset("3"), ("kill",), "repeatable_read", _LOG_UNGUARDED),
    "j": Control("commits whose wait for the standby was cancelled", frozenset("1"), ("cancel",), "deaf_to_warnings"),
}  # fmt: skip
"""By their letters in trust.md. Where a bug needs no replica to die none does: what is found is found by what is asked."""
