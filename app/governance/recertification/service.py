"""Recertification: opening a review over rights, roles and accounts, watching it, closing it, proving what came of it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import store as directory
from app.governance.grants import store as grants
from app.governance.reviews import rules, store
from app.governance.reviews import service as items
from app.governance.reviews.rules import Bench, Counts, Filter, Item, Kind, Review
from app.governance.reviews.service import Shown
from app.governance.reviews.store import Found
from app.kernel.access import House
from app.kernel.actor import Permission, Place
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.networks import store as networks


@dataclass(frozen=True, slots=True)
class Asked:
    """A review as it is asked for; None: the usual time. ``business_unit`` is a unit's id or key."""

    title: str
    kinds: tuple[Kind, ...]
    filter: Filter
    business_unit: str | None = None
    due_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a review has come: all of its items by state, and those of each kind."""

    all: Counts
    by_kind: Mapping[Kind, Counts]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a review would hold of a kind, and how much of it nobody could answer."""

    kind: Kind
    items: int
    without_reviewer: int


def preview(work: Work, asked: Asked) -> list[Foreseen]:
    """What such a review would hold; raises as ``create``."""
    _, _, _, found = _prepared(work, asked, hold=False)
    bench = items.bench_now(work)
    kinds = {kind: [one for one in found if one.case.kind is kind] for kind in asked.kinds}
    return [Foreseen(kind, len(of), sum(not rules.levels(one.case, bench) for one in of)) for kind, of in kinds.items()]


def create(work: Work, asked: Asked) -> tuple[Review, Progress]:
    """Open a review with all of its items; the pause of each of its grants is written down for its end.

    Raises ``Invalid``, ``Forbidden`` where the filter reaches beyond the actor's scope, or to appointments that they may
    not end.
    """
    # People before grants, in every transaction: the keys of the review itself refer to these.
    directory.lock_employees(
        work.session, {work.me} | ({asked.filter.employee_id} if asked.filter.employee_id else set()), shared=True
    )
    due_at, ends_at, narrowed, found = _prepared(work, asked, hold=True)
    values = {
        "title": asked.title, "kinds": list(asked.kinds), "opened_by": work.actor.employee_id, "due_at": due_at,
        "ends_at": ends_at,
    }  # fmt: skip
    made = store.add(work.session, work.now, values, narrowed)
    ids = store.add_items(work.session, work.now, made.id, found)
    _redate(work, made)
    counts = {kind: sum(one.case.kind is kind for one in found) for kind in asked.kinds}
    listed = [_found_told(*one) for one in zip(ids, found, strict=True)]
    audit.record(work, "review.opened", ("review", made.id), after={**told(made), "items": counts, "listed": listed})
    return work.show(made), progress(work, made)


def _prepared(work: Work, asked: Asked, *, hold: bool) -> tuple[datetime, datetime, Filter, list[Found]]:
    due_at, ends_at = rules.dates(work.now, asked.due_at, asked.ends_at)
    rules.check_filter(asked.kinds, asked.filter)
    narrowed, place = _narrowed(work, asked)
    work.actor.require(Permission.REVIEW_CREATE, place)
    if Kind.APPOINTMENTS in asked.kinds:  # its silence would end them: only who may do so themselves sets that going
        work.actor.require(Permission.APPOINTMENT_END, place)
    found: list[Found] = []
    for kind in asked.kinds:
        found += store.matching(work.session, kind, narrowed, work.now, rules.MOST_ITEMS + 1 - len(found), hold=hold)
    if len(found) > rules.MOST_ITEMS:
        raise Invalid.field("/filter", "too_many_items", f"This is more than {rules.MOST_ITEMS:,} items; narrow it.")
    return due_at, ends_at, narrowed, found


def _narrowed(work: Work, asked: Asked) -> tuple[Filter, Place]:
    """The filter with the unit's id, and the place that it lies in."""
    one, path = asked.filter, tuple[UUID, ...]()
    if one.network is not None and one.network not in {each.key for each in networks.networks(work.session)}:
        raise Invalid.field("/filter/network", "unknown_network", "There is no such network.")
    if one.employee_id is not None and not directory.employees(work.session, [one.employee_id]):
        raise Invalid.field("/filter/employee_id", "unknown_employee", "There is no such employee.")
    unit_id = None
    if asked.business_unit is not None:
        try:
            unit = directory.unit(work.session, asked.business_unit)
        except NotFound as error:
            raise Invalid.field("/filter/business_unit_id", "unknown_business_unit", str(error)) from error
        unit_id, path = unit.id, unit.path
    return Filter(**{**asdict(one), "business_unit_id": unit_id}), Place(path, one.network)


def _redate(work: Work, review: Review) -> None:
    """State anew until when each grant of a review has to be kept."""
    ids = store.grants_of(review.id)
    grants.hold(work.session, ids)
    grants.redate_review(work.session, ids, work.now, store.first_end())


def reviews(work: Work, page: Page) -> list[Review]:
    """A page of the reviews that the actor oversees."""
    return store.page(work.session, page, work.actor.scopes(Permission.REVIEW_READ))


def review(work: Work, id_: UUID) -> tuple[Review, Progress]:
    """One review that the actor oversees, and how far it has come."""
    found = items.overseen(work, id_)
    return work.show(found), progress(work, found)


def progress(work: Work, found: Review) -> Progress:
    """How many items of a review stand where, now."""
    bench = items.bench_now(work)
    shown = [items.shown(work, one, bench) for part in _parts(work, found.id) for one in part]
    by_kind = {kind: rules.count([one.state for one in shown if one.item.kind is kind]) for kind in found.kinds}
    return Progress(rules.count([one.state for one in shown]), by_kind)


def _parts(work: Work, review_id: UUID) -> Iterator[list[Item]]:
    part = store.items(work.session, work.now, review_id)
    yield part
    while len(part) == store.CHUNK:
        part = store.items(work.session, work.now, review_id, None, part[-1].id)
        yield part


def evidence(parts: House, found: Review, at: datetime) -> Iterator[list[tuple[Shown, Mapping[UUID, str]]]]:
    """Every item of a review as it stands at an instant, in parts, each item with the names of the people it names.

    Read in short transactions, however slowly they are taken.
    """
    after: UUID | None = None
    while True:
        with parts.reads.begin() as session:
            work = Work(session, parts.operator, at)
            part = store.items(session, at, found.id, None, after)
            bench = items.bench_now(work) if part else Bench(())
            people = directory.employees(session, {one for each in part for one in _people(each)})
        if not part:
            return
        names = {id_: person.display_name for id_, person in people.items()}
        yield [(items.shown(work, one, bench), names) for one in part]
        after = part[-1].id


def _people(item: Item) -> set[UUID]:
    named = (item.case.holder_id, item.case.requester_id, item.decided_by, item.principal_id, item.case.reviewer_id)
    return {one for one in (*named, *item.case.custodians) if one is not None}


def close(work: Work, id_: UUID, reason: str) -> tuple[Review, Progress]:
    """Close a review before its end: what nobody has answered stays as it is. Raises ``NotFound``, ``Forbidden``,
    ``ReviewOver``, ``OwnReview`` for somebody about whom, or about whose principal, it has still to say something.
    """
    items.overseen(work, id_)
    before = store.lock_review(work.session, id_)
    work.match(before)
    work.actor.require(Permission.REVIEW_MANAGE, before.place)
    if before.closed_at is not None or work.now >= before.ends_at:
        raise rules.ReviewOver("The review was closed." if before.closed_at is not None else "The review is over.")
    _check_not_own(work, id_)
    changes = {"closed_at": work.now, "closed_by": work.me, "close_reason": reason}
    after = store.save(work.session, id_, work.now, changes)
    _redate(work, after)
    far = progress(work, after)
    audit.record(
        work, "review.closed", ("review", id_), before=told(before), after={**told(after), "items": asdict(far.all)},
        reason=reason, person_id=before.opened_by,
    )  # fmt: skip
    return work.show(after), far


def _check_not_own(work: Work, review_id: UUID) -> None:
    """Whoever may not answer an item that waits does not close the review over it either. Raises ``OwnReview``."""
    bench = items.bench_now(work)
    for part in _parts(work, review_id):
        for one in part:
            if one.alive and one.outcome is None:
                rules.check_not_own(one.case, bench, work.me)


def _found_told(id_: UUID, one: Found) -> dict[str, Any]:
    """An item as the audit log tells it when its review is opened: there may be thousands in one event."""
    case = one.case
    members = {
        "id": id_, "kind": case.kind, "grant_id": one.grant_id, "appointment_id": one.appointment_id,
        "account_id": one.account_id, "holder_id": case.holder_id, "requester_id": case.requester_id,
    }  # fmt: skip
    return {name: value for name, value in members.items() if value is not None}


def told(one: Review) -> dict[str, Any]:
    """A review as the audit log tells it."""
    names = ("kinds", "due_at", "ends_at", "closed_at")
    narrowed = {name: value for name, value in asdict(one.filter).items() if value is not None}
    return {"title": Personal(one.title), **{name: getattr(one, name) for name in names}, "filter": narrowed}
