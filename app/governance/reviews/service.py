"""Reviews: what waits for whom, each answer, and what silence answers. Opening and closing is in ``recertification``.

Silence ends a right at the very instant at which its review ends: that instant stands in the grant from the beginning, so
that every decision sees it, and ``sweep`` only writes down what has happened.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts import store as account_store
from app.audit import service as audit
from app.directory import store as directory
from app.governance.decommissioning import service as decommissioning
from app.governance.grants import service as grants
from app.governance.grants import store as grant_store
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Work
from app.roles import service as roles
from app.roles import store as role_store
from app.roles.rules import LastStrategist, Role

from . import rules, store
from .rules import Answer, Bench, Item, ItemState, Kind, Outcome, Review, Reviewers


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as it stands now, and who may answer it. ``able``: who might, if it took an answer. ``seat``: in whose
    place the asking person would.
    """

    item: Item
    state: ItemState
    reviewers: Reviewers
    able: frozenset[UUID]
    seat: UUID | None = None

    @property
    def id(self) -> UUID:
        return self.item.id


def bench_now(work: Work) -> Bench:
    """Who holds which role now."""
    return Bench(role_store.in_force(work.session, work.now))


def overseen(work: Work, id_: UUID) -> Review:
    """One review, or ``NotFound`` for who does not oversee it."""
    found = store.review(work.session, id_)
    if not oversees(work, found):
        raise NotFound(f"There is no review {id_}.")
    return found


def oversees(work: Work, found: Review) -> bool:
    """May the actor see all of a review?"""
    return work.actor.may(Permission.REVIEW_READ, found.place)


def shown(work: Work, item: Item, bench: Bench) -> Shown:
    """An item as it stands now."""
    able = rules.reviewers(item.case, bench, overdue=work.now >= item.due_at)
    where = rules.state(item, able, work.now)
    return Shown(item, where, able if where in rules.PENDING else Reviewers(), able.people)


def _concerns(work: Work, one: Shown) -> bool:
    """Is it the actor's own; or did they answer it, may they, or might they if nobody had?"""
    people = {*one.item.case.holders, *one.able, one.item.decided_by, one.item.principal_id}
    return work.me in people


def items(
    work: Work, review_id: UUID, page: Page, kind: Kind | None, state: ItemState | None, *, mine: bool
) -> list[Shown]:
    """A page of a review's items: all for who oversees it, else those that concern the actor. ``mine``: only those that
    the actor may answer now. Raises ``NotFound`` where there is nothing that the actor may see.
    """
    overseer, bench = oversees(work, store.review(work.session, review_id)), bench_now(work)
    near = None if overseer else store.near(work.session, review_id, work.me, bench.seats_of(work.me))

    def seen(one: Shown) -> bool:
        return overseer or _concerns(work, one)

    def wanted(one: Shown) -> bool:
        return seen(one) and state in (None, one.state) and (not mine or work.actor.employee_id in one.reviewers.people)

    def read(after: UUID | None, down: bool) -> list[Item]:
        return store.items(work.session, work.now, review_id, kind, after, descending=down, near=near)

    found = sift(work, page, bench, read, wanted)
    everything = Page(limit=0, sort="id")
    if not overseer and not found and not sift(work, everything, bench, read, seen):
        raise NotFound(f"There is no review {review_id}.")
    return found


def sift(
    work: Work,
    page: Page,
    bench: Bench,
    read: Callable[[UUID | None, bool], list[Item]],
    wanted: Callable[[Shown], bool],
) -> list[Shown]:
    """Items from the page's cursor on, judged one by one, until there is one more than the page shows."""
    position, found = page.after(), list[Shown]()
    part = read(UUID(position[-1]) if position else None, page.descending)
    while part:
        found += [one for one in (shown(work, item, bench) for item in part) if wanted(one)]
        if len(found) > page.limit:
            break
        part = read(part[-1].id, page.descending) if len(part) == store.CHUNK else []
    return found[: page.limit + 1]


def item(work: Work, review_id: UUID, id_: UUID) -> Shown:
    """One item that the actor may see."""
    found = _seen(work, review_id, id_)
    work.show(found.item)
    return found


def _seen(work: Work, review_id: UUID, id_: UUID) -> Shown:
    found = shown(work, store.item(work.session, review_id, id_, work.now), bench_now(work))
    if not oversees(work, store.review(work.session, review_id)) and not _concerns(work, found):
        raise NotFound(f"There is no item {id_} in a review {review_id}.")
    return found


# --- answering ------------------------------------------------------------------------------------------------------


def decide(work: Work, review_id: UUID, id_: UUID, answer: Answer, comment: str | None) -> Shown:
    """Keep or end what an item is about. Raises ``NotFound``, ``NothingToAnswer``, ``ReviewOver``, ``OwnReview``,
    ``NotTheReviewer``, and ``LastStrategist``, which leaves the item as it is.
    """
    before = _held(work, review_id, id_, alone=answer is Answer.END)
    rules.check_pending(before.item, before.state, work.now)
    seat = rules.seat_of(before.item.case, before.reviewers, bench_now(work), work.me)
    outcome = Outcome.KEPT if answer is Answer.KEEP else Outcome.ENDED
    changes = {
        "outcome": outcome,
        "decided_by": work.me,
        "principal_id": seat,
        "comment": comment,
        "decided_at": work.now,
    }
    store.save_item(work.session, id_, work.now, changes)
    if answer is Answer.KEEP:
        _keep(work, before.item)
    else:
        _end(work, before.item, comment or f"ended in review {before.item.title}")
    after = _now(work, before.item)
    audit.record(
        work, "review_item.kept" if answer is Answer.KEEP else "review_item.ended", ("review_item", id_),
        before=_item_told(before), after=_item_told(after), reason=comment, on_behalf_of=seat if seat != work.me else None,
    )  # fmt: skip
    work.show(after.item)
    return after


def _held(work: Work, review_id: UUID, id_: UUID, *, alone: bool) -> Shown:
    """An item that the actor sees, held until the transaction ends; before it its people, its review, what it is about.

    ``alone``: what it is about may end, so that nobody else may rely on it meanwhile.
    """
    seen = _seen(work, review_id, id_)
    _, deputy_of = role_store.held_by(work.session, work.me, work.now)
    behind = {work.me, *seen.item.case.own, *(one.employee_id for one in deputy_of)}
    if alone and seen.item.kind is Kind.ACCOUNTS and seen.item.account_id is not None:
        decommissioning.hold_rules(work)  # first of all, and then whose rights end with it
        behind |= decommissioning.people_on(work, seen.item.account_id)
    _hold_people(work, [seen.item], behind, alone=alone)
    store.lock_review(work.session, review_id, shared=True)
    _hold_subject(work, seen.item)
    store.lock_items(work.session, [id_], work.now)
    held = _now(work, seen.item)
    work.match(held.item)
    return held


def _hold_people(work: Work, found: Sequence[Item], more: set[UUID], *, alone: bool) -> None:
    """Hold whoever stands behind these items; where a strategist's appointment may end, every strategist."""
    people = set(more)
    if alone and any(one.role is Role.STRATEGIST for one in found):
        strategists = role_store.in_force(work.session, work.now, role=Role.STRATEGIST)
        people |= {one.employee_id for one in strategists}
    ends = alone and any(one.kind is Kind.APPOINTMENTS for one in found)
    directory.lock_employees(work.session, people, shared=not ends)


def _hold_subject(work: Work, one: Item) -> None:
    if one.grant_id is not None:
        grant_store.lock_grant(work.session, one.grant_id)
    elif one.appointment_id is not None:
        role_store.appointment(work.session, one.appointment_id, lock=True)
    elif one.account_id is not None:
        account_store.lock_account(work.session, one.account_id)


def _now(work: Work, one: Item) -> Shown:
    return shown(work, store.item(work.session, one.review_id, one.id, work.now), bench_now(work))


def _keep(work: Work, one: Item) -> None:
    """A right that is kept lasts, unless another review of it is unanswered."""
    if one.grant_id is not None:
        grant_store.redate_review(work.session, store.one_grant(one.grant_id), work.now, store.first_end())


def _end(work: Work, one: Item, reason: str) -> None:
    """End what an item is about, by the service that ends such things."""
    if one.grant_id is not None:
        grants.close(work, grant_store.grant(work.session, one.grant_id), reason)
    elif one.appointment_id is not None:
        roles.end_held(work, role_store.appointment(work.session, one.appointment_id), reason)
    elif one.account_id is not None:
        decommissioning.begin(work, account_store.account(work.session, one.account_id), reason)


def reassign(work: Work, review_id: UUID, id_: UUID, reviewer_id: UUID, reason: str) -> Shown:
    """Tell somebody to answer an item. Raises as ``decide``, ``Forbidden``, and ``Invalid`` for who could not answer it."""
    before = _held(work, review_id, id_, alone=False)
    work.actor.require(Permission.REVIEW_MANAGE, store.review(work.session, review_id).place)
    rules.check_pending(before.item, before.state, work.now)
    bench = bench_now(work)
    rules.check_not_own(before.item.case, bench, work.me)
    if not rules.could_answer(before.item.case, bench, reviewer_id):
        raise Invalid.field(
            "/reviewer_id", "could_not_answer",
            "They hold no role there that answers such an item, or it is theirs, or they asked for it.",
        )  # fmt: skip
    store.save_item(work.session, id_, work.now, {"reviewer_id": reviewer_id})
    after = _now(work, before.item)
    audit.record(
        work, "review_item.reassigned", ("review_item", id_), before=_item_told(before), after=_item_told(after),
        reason=reason,
    )  # fmt: skip
    work.show(after.item)
    return after


# --- silence --------------------------------------------------------------------------------------------------------


def sweep(work: Work, limit: int = 100) -> int:
    """Write down what silence has answered by now; answers how many items there were.

    Rights are revoked, which nothing depends on: they are refused since the review ended. Appointments end, but for the
    last strategist's. Accounts are only told of: whether one goes off its network is for a person to say. Several may run
    at once: what one holds another waits for, and then finds answered.
    """
    found = store.lapsing(work.session, work.now, limit)
    people = {one.case.holder_id for one in found if one.case.holder_id is not None}
    _hold_people(work, found, people, alone=True)
    for review_id in sorted({one.review_id for one in found}):
        store.lock_review(work.session, review_id, shared=True)
    for one in sorted(found, key=lambda one: one.grant_id or one.appointment_id or one.id):
        if one.kind is not Kind.ACCOUNTS:
            _hold_subject(work, one)
    held = store.lock_items(work.session, [one.id for one in found], work.now)
    lapsed = [one for one in held if one.outcome is None and _lapse(work, one)]
    return len(lapsed)


def _lapse(work: Work, one: Item) -> bool:
    """Do what silence means, if what the item is about has not ended meanwhile."""
    before = _now(work, one)  # another item of this very sweep may have been about the same
    if before.state is not ItemState.LAPSED:
        return False
    reason = f"nobody kept it in review {one.title}"
    try:
        if one.kind is not Kind.ACCOUNTS:
            _end(work, one, reason)
    except LastStrategist as error:
        reason = str(error)
    store.save_item(work.session, one.id, work.now, {"outcome": Outcome.LAPSED, "decided_at": work.now})
    after = _now(work, one)
    audit.record(work, "review_item.lapsed", ("review_item", one.id), after=_item_told(after), reason=reason)
    return True


def _item_told(one: Shown) -> dict[str, Any]:
    item = one.item
    about = {name: getattr(item, name) for name in ("grant_id", "appointment_id", "account_id") if getattr(item, name)}
    return {
        "review_id": item.review_id,
        "kind": item.kind,
        **about,
        "state": one.state,
        "reviewer_id": item.case.reviewer_id,
    }
