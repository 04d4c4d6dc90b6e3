"""Where the things stand that events are about."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.audit.rules import Event
from app.directory import store as directory
from app.kernel.work import Work

from . import rules, store
from .rules import Whereabouts
from .store import About


def whereabouts(work: Work, events: Sequence[Event]) -> dict[int, Whereabouts]:
    """Where each event stands, by its number: where its account and its people are now.

    An account that was given to another unit stands in both, so that a receiver of the old one hears that it has gone.
    """
    about = dict(_about(work, events))
    there = accounts.accounts(work.session, [one.account_id for one in about.values() if one.account_id])
    people = directory.employees(work.session, {id_ for one in about.values() for id_ in one.people})
    homes = {id_: one.business_unit_id for id_, one in people.items()}
    units = {event.seq: _units(event, about[event.seq], there, homes) for event in events if event.seq in about}
    paths = {id_: one.path for id_, one in directory.units(work.session, set[UUID]().union(*units.values())).items()}
    return {
        event.seq: _stands(
            about.get(event.seq), there, [paths[id_] for id_ in units.get(event.seq, ()) if id_ in paths]
        )
        for event in events
    }


def _about(work: Work, events: Sequence[Event]) -> Iterator[tuple[int, About]]:
    by_kind: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_kind[event.subject_kind].append(event)
    for event in by_kind.pop("account", []):
        yield event.seq, About(UUID(event.subject_id))
    for kind, those in by_kind.items():
        found = store.about(work.session, kind, [one.subject_id for one in those])
        yield from ((event.seq, found[event.subject_id]) for event in those if event.subject_id in found)


def _units(event: Event, one: About, there: Mapping[UUID, Account], homes: Mapping[UUID, UUID]) -> set[UUID]:
    """The units that an event concerns."""
    found = {homes[id_] for id_ in one.people if id_ in homes}
    found |= {one.unit_id} if one.unit_id else set()
    account = there.get(one.account_id) if one.account_id else None
    found |= {account.business_unit_id} if account else set()
    return found | (rules.members(event, "business_unit_id") if event.subject_kind == "account" else set())


def _stands(one: About | None, there: Mapping[UUID, Account], paths: Sequence[tuple[UUID, ...]]) -> Whereabouts:
    if one is None:
        return Whereabouts()
    account = there.get(one.account_id) if one.account_id else None
    return Whereabouts(tuple(paths), one.account_id, account.business_unit_id if account else one.unit_id)
