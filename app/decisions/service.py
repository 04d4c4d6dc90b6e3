"""The index, filled by one pass over the database; and what is new since, read by what the log says has changed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar
from uuid import UUID

import orjson

from app.audit import store as audit
from app.clients import store as clients
from app.directory import store as directory
from app.governance.freezes import store as freezes
from app.governance.models import store as models
from app.kernel import memory
from app.kernel.work import Work
from app.networks import store as networks
from app.policies import store as policies
from app.programme.training import store as training
from app.roles import store as roles
from app.tools import store as tools

from . import rules, store
from .memory.filling import Filling
from .memory.index import Delta, Index, standing
from .memory.world import World
from .rules import Part
from .store import Change

T = TypeVar("T")
_AT_ONCE = 10_000
MANY = 100_000
"""From so many changes on the whole is read anew; meanwhile what is known grows stale, and is refused."""


class Rebuild(Exception):
    """The whole is to be read anew: more has changed than is worth following, or something that is not known here."""


def load(work: Work) -> Index:
    """The index of what this transaction sees, which must be one snapshot."""
    session = work.session
    index = Index(world(work), audit.newest(session), *store.counts(session))
    with memory.bulk():
        for account in store.accounts(session):
            index.accounts.put(standing(*account))
        filling = Filling(index)
        _fill(filling.people, store.people(session))
        _fill(filling.grants, store.grants(session))
        _fill(filling.learnt, store.studied(session))
        _fill(filling.attested, store.accepted(session))
    for cleared in store.clearances(session):
        index.take_clearance(*cleared)
    return index


def _fill(fill: Callable[[Sequence[T]], None], rows: Iterator[T]) -> None:
    while some := list(islice(rows, _AT_ONCE)):
        fill(some)


def world(work: Work) -> World:
    """What there is little of, read whole."""
    session = work.session
    return World(
        units={one.id: (one.path, one.timezone) for one in directory.all_units(session)},
        settings=tuple(models.history(session)),
        versions=tuple(policies.dated(session)),
        freezes=tuple(freezes.open_freezes(session)),
        appointments=tuple(roles.every_open(session)),
        tools=tuple(tools.tools(session)),
        courses={one.key: (one.id, one.valid_for_days) for one in training.courses(session)},
        networks={one.key: one for one in networks.networks(session)},
        clients=tuple(clients.usable(session)),
    )


def read(work: Work, since: int) -> Delta | None:
    """What is new after a revision, up to the newest that this transaction sees; None: nothing.

    The transaction must be one snapshot: what the log tells of, and what is read then, are of one state. Raises ``Rebuild``.
    """
    changes = store.changes(work.session, since, MANY + 1)
    if not changes:
        return None
    if len(changes) > MANY:
        raise Rebuild(f"more than {MANY} changes")
    marked = _marked(changes)
    delta = Delta(changes[-1].seq, world(work) if Part.WORLD in marked else None)
    _read_things(work, delta, marked)
    _read_duties(work, delta, marked, changes)
    return delta


def _read_things(work: Work, delta: Delta, marked: dict[Part, set[str]]) -> None:
    session, people = work.session, _ids(marked, Part.PEOPLE)
    for unit in _ids(marked, Part.UNITS):
        people.update(store.people_of(session, unit))
    delta.people += store.people(session, people)
    delta.accounts += (standing(*one) for one in store.accounts(session, _ids(marked, Part.ACCOUNTS)))
    delta.grants += store.grants(session, _grants(work, marked))
    delta.clearances += store.clearances(session, _ids(marked, Part.CLEARANCES))


def _marked(changes: Iterable[Change]) -> dict[Part, set[str]]:
    """What to look at anew: by part, the ids of what changed."""
    marked: dict[Part, set[str]] = {}
    for one in changes:
        parts = rules.touches(one.subject_kind, one.action)
        if parts is None:
            raise Rebuild(one.subject_kind)
        for part in parts:
            marked.setdefault(part, set()).add(one.subject_id)
    return marked


def _ids(marked: dict[Part, set[str]], part: Part) -> set[UUID]:
    return {UUID(id_) for id_ in marked.get(part, ())}


def _grants(work: Work, marked: dict[Part, set[str]]) -> set[UUID]:
    found = _ids(marked, Part.GRANTS)
    for review in _ids(marked, Part.REVIEWS):
        found.update(store.grants_of_review(work.session, review))
    for item in _ids(marked, Part.REVIEW_ITEMS):
        found.update(store.grants_of_item(work.session, item))
    return found


def _read_duties(work: Work, delta: Delta, marked: dict[Part, set[str]], changes: Iterable[Change]) -> None:
    """What people have learnt and accepted: all there is of whoever did, or of whom something was taken back."""
    session = work.session
    students = store.students(session, _ids(marked, Part.COMPLETIONS))
    delta.learnt = {id_.bytes: {} for id_ in students}
    for done in store.studied(session, students):
        delta.learnt[done.employee_id][done.course_id] = done.at
    readers = _authors(changes) if Part.ATTESTATIONS in marked else set()
    for agreed in store.accepted(session, readers):
        delta.attested.setdefault(agreed.employee_id, set()).add(agreed.version_id)


def _authors(changes: Iterable[Change]) -> set[UUID]:
    """Who attested something: people do it themselves."""
    mine = (orjson.loads(one.actor)["id"] for one in changes if one.action == rules.ATTESTED)
    return {UUID(id_) for id_ in mine if id_}
