"""The audit log as an outsider reads it: its chain computed anew, and the state that it tells of, revision by revision.

Nothing of the service is used here: what it says of its own log is what is to be checked.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .evidence import Row, said

_HASHED = (
    "encoding", "seq", "at", "actor", "on_behalf_of", "action", "subject_kind", "subject_id", "reason", "before", "after",
    "request_id", "prev_hash",
)  # fmt: skip
_GENESIS = "0" * 64
_ENDS = frozenset({"grant.revoked", "grant.expired", "grant.superseded"})


def hash_of(event: Row) -> str:
    """What an event's hash must be: docs/events.md says how it is made."""
    told = []
    for name in _HASHED:
        value = event[name]
        data = None if value is None else str(value).encode()
        told.append(b"\xff" * 8 if data is None else len(data).to_bytes(8, "big") + data)
    return hashlib.sha256(b"".join(told)).hexdigest()


def flaws(events: Iterable[Row]) -> Iterator[str]:
    """Everything that is wrong with a chain."""
    last, before = 0, _GENESIS
    for one in events:
        if one["seq"] != last + 1:
            yield f"event {one['seq']} stands behind {last}"
        if one["prev_hash"] != before:
            yield f"event {one['seq']} does not hang on the one before it"
        if one["hash"] != hash_of(one):
            yield f"event {one['seq']} is not what was sealed"
        last, before = one["seq"], one["hash"]


@dataclass(slots=True)
class World:
    """Who may do what, as far as the log tells up to a revision."""

    revision: int = 0
    grants: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    frozen: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    issued_by: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _held: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def apply(self, event: Row) -> None:
        """One event more."""
        self.revision = event["seq"]
        action, id_ = event["action"], event["subject_id"]
        if action == "grant.issued":
            after = said(event, "after")
            where = (after["employee_id"], after["account_id"], after["right"])
            self.grants[id_] = where
            self.issued_by[where] = event["request_id"] or ""
            self._held.setdefault(where[:2], {})[id_] = where[2]
        elif action in _ENDS:
            if id_ in self.grants:
                self._held[self.grants.pop(id_)[:2]].pop(id_, None)
        elif action == "freeze.set":
            self.frozen[id_] = said(event, "after")["account_id"]
        elif action == "freeze.lifted":
            self.frozen.pop(id_, None)
        elif action == "employee.left":
            self.gone.add(id_)
        elif action == "employee.rejoined":
            self.gone.discard(id_)

    def may(self, who: str, account: str, right: str) -> bool:
        """Is it permitted?"""
        if who in self.gone or account in self.frozen.values():
            return False
        rights = set(self._held.get((who, account), {}).values())
        return right in rights or (right == "draft" and "publish" in rights)
