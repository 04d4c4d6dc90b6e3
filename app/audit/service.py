"""Recording changes, sealing them into the chain, reading and verifying it."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from app.kernel.clocks import check_since
from app.kernel.committing import afterwards
from app.kernel.pages import Page
from app.kernel.work import Record, Work

from . import rules, store, verifier
from .verifier import Checkpoint, Flaw

KNOWN = "coe.known"
"""Under which name sessions hold what their process knows of the log (``rules.Known``)."""


def record(
    work: Work,
    action: str,
    subject: tuple[str, UUID | str],
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    on_behalf_of: UUID | None = None,
    person_id: UUID | None = None,
) -> None:
    """Tell of one change, in the transaction that makes it. ``subject``: (kind, id)."""
    kind, id_ = subject
    work.records.append(Record(action, kind, str(id_), before, after, reason, on_behalf_of, person_id))


def seal(work: Work) -> int | None:
    """Number, chain and write what was recorded; the last act before the commit. Answers the revision."""
    while work.closing:
        work.closing.pop(0)(work)
    if not work.records:
        return None
    check_since(work.began)
    work.session.flush()  # the change itself before the lock: the chain is held for the sealing alone
    known = _known(work)
    newest = known.newest
    seq, prev_hash, found = store.lock_head(work.session, newest[0])
    rules.check_known(newest, found)
    author = rules.Author(work.actor.kind, work.actor.id, work.actor.roles)
    events, values = rules.seal(work.records, author, work.now, work.request_id, seq, prev_hash)
    store.append(work.session, events, values)
    work.records.clear()
    afterwards(work.session, partial(known.note, events[-1].seq, events[-1].hash))
    return events[-1].seq


def _known(work: Work) -> rules.Known:
    """What this process knows of the log; of a session that nobody gave anything to know: nothing."""
    known: rules.Known = work.session.info.get(KNOWN) or rules.Known()
    return known


def events(work: Work, page: Page, filters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A page of events, readable: JSON members parsed, personal values put back unless erased."""
    found = store.page(work.session, page, filters)
    kept = store.personal(work.session, [event.seq for event in found])
    return [_readable(event, kept.get(event.seq, {})) for event in found]


def _readable(event: rules.Event, kept: Mapping[str, str]) -> dict[str, Any]:
    members = {
        name: getattr(event, name)
        for name in ("seq", "at", "on_behalf_of", "action", "request_id", "prev_hash", "hash")
    }
    members["actor"] = rules.readable(event.actor, "actor", {})
    members["subject"] = {"kind": event.subject_kind, "id": event.subject_id}
    for side in ("reason", "before", "after"):
        members[side] = rules.readable(getattr(event, side), side, kept)
    return members


def verify(
    work: Work, signed: Mapping[int, Checkpoint] = MappingProxyType({}), progress: Callable[[int], None] | None = None
) -> Flaw | int:
    """Walk the whole chain, and compare it with what was signed: the first flaw, or the number of events if there is none."""
    seen: Flaw | int = 0
    for seen in verifier.walk(store.walk(work.session), signed):
        if progress and isinstance(seen, int) and seen % 1000 == 0:
            progress(seen)
    return seen


def lines(work: Work, *, values: bool) -> Iterator[str]:
    """The whole log as JSON lines, each event as it was hashed; with the personal values that still exist, if wanted."""
    for event, kept in store.walk(work.session):
        said = dict(zip((*verifier.FIELDS, "hash"), event, strict=True))
        yield json.dumps(said | ({"personal": kept} if values and kept else {}), ensure_ascii=False)


def revision(work: Work, at: datetime | None = None) -> int:
    """The newest revision that this transaction can see, or the newest that there was at an instant."""
    return store.newest(work.session) if at is None else store.newest_until(work.session, rules.instant(at))
