"""An event as it is replayed, and what stands in it for what is forgotten."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.audit.rules import DIGEST, Event
from app.audit.verifier import Value


class Erased:
    """Stands where a personal value stood that is forgotten; whatever a row holds there now is as good as another."""


ERASED: Final = Erased()


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is replayed. ``person``: the acting employee, if one acted; ``caller``: whoever acted; ``seat``: in
    whose place. ``request``: the id of the call that it came by.
    """

    at: str
    action: str
    subject: str
    person: str | None
    caller: str | None
    seat: str | None
    request: str | None
    reason: Any
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def told(event: Event, values: Sequence[Value]) -> Told:
    """An event with what is still known of its personal values."""
    kept = {one.field: json.loads(one.text) for one in values}
    actor = json.loads(event.actor)
    person = actor["id"] if actor["kind"] == "employee" else None
    reason = _revealed(json.loads(event.reason), kept.get("reason", ERASED)) if event.reason else None
    before, after = (_side(text, side, kept) for side, text in (("before", event.before), ("after", event.after)))
    who = (person, actor["id"], event.on_behalf_of or person, event.request_id)
    return Told(event.at, event.action, event.subject_id, *who, reason, before, after)


def _side(text: str | None, side: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    members = json.loads(text) if text else {}
    return {name: _revealed(value, kept.get(f"{side}.{name}", ERASED)) for name, value in members.items()}


def _revealed(value: Any, kept: Any) -> Any:
    return kept if isinstance(value, dict) and set(value) == {DIGEST} else value


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the log and a table do not agree on: a column of a row, or (None) whether the row is there."""

    table: str
    row: str
    column: str | None
    told: Any
    held: Any = None

    def __str__(self) -> str:
        if self.column is not None:
            return f"{self.table} {self.row}: {self.column} is {_short(self.held)}, by the log {_short(self.told)}"
        if self.told:
            return f"{self.table} {self.row}: the log tells of it, and it is not there"
        return f"{self.table} {self.row}: it is there, and the log does not tell of it"


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


_LONGEST = 80
