"""What receivers heard, beside what the log tells (trust.md 5.5, 4)."""

from collections import Counter
from collections.abc import Iterator

from .evidence import Evidence, Row
from .receivers import HONEST, Heard, Receiver

SOON = 60.0
"""Seconds after everything is healed, by which all that was committed has been told."""


def genuine(told: Evidence) -> Iterator[str]:
    """Whatever came that is not signed, not in the log, not always the same under its id, or where nothing should come."""
    events = {one["seq"]: one for one in told.rows["events"]}
    for receiver in told.receivers:
        bodies: dict[str, str] = {}
        numbers: dict[int, str] = {}
        for one in receiver.heard:
            if one.flaw or one.path != f"/{receiver.name}":
                yield f"{receiver.name} got {one.id} at {one.path}: {one.flaw or 'nobody is told there'}"
                continue
            seq = one.said["data"]["seq"]
            if bodies.setdefault(one.id, one.body) != one.body or numbers.setdefault(seq, one.id) != one.id:
                yield f"{receiver.name} got {one.id} of event {seq} in other words, or under another name, before"
            yield from _in_log(receiver, one, events.get(seq))


def _in_log(receiver: Receiver, one: Heard, event: Row | None) -> Iterator[str]:
    said, data = one.said, one.said["data"]
    told = (said["type"], said["timestamp"], data["subject"]["kind"], data["subject"]["id"])
    there = event and (event["action"], event["at"], event["subject_kind"], event["subject_id"])
    if told != there:
        yield f"{receiver.name} was told by {one.id} of {' '.join(told)}, and the log has {there}"


def due(told: Evidence, receiver: Receiver) -> set[int]:
    """The numbers of the events that a receiver must be told of."""
    return {
        one["seq"]
        for one in told.rows["events"]
        if one["seq"] >= receiver.first and one["action"].partition(".")[0] in receiver.kinds
    }


def came(receiver: Receiver) -> dict[int, float]:
    """When each event was first taken, by its number."""
    found: dict[int, float] = {}
    for one in receiver.heard:
        if one.taken and not one.flaw:
            found.setdefault(one.said["data"]["seq"], one.at)
    return found


def complete(told: Evidence) -> Iterator[str]:
    """What the honest receiver was not told of, or not soon enough."""
    for receiver in told.receivers:
        if receiver.name != HONEST:
            continue
        there = came(receiver)
        for seq in sorted(due(told, receiver)):
            if seq not in there:
                yield f"{receiver.name} was never told of event {seq}"
            elif there[seq] > told.quiet + SOON:
                yield f"{receiver.name} was told of event {seq} {there[seq] - told.quiet:.0f} s after all was quiet"


def summary(told: Evidence) -> Iterator[str]:
    """What came, in one line for each."""
    for receiver in told.receivers:
        ids = Counter(one.id for one in receiver.heard)
        last = max(came(receiver).values(), default=told.healed)
        words = f"{len(receiver.heard):,} requests, {len(ids):,} messages, {len(came(receiver)):,} taken"
        yield f"{receiver.name + ' receiver':<18} {words}; the last {last - told.healed:.1f} s after all was healed"
