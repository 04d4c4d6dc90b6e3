"""What waits for somebody in any review: what cannot be theirs is left out by the database, the rest judged by the rules."""

from dataclasses import replace
from functools import cache, partial
from uuid import UUID

from app.governance.reviews import rules as reviews
from app.governance.reviews import store as items
from app.governance.reviews.rules import Bench, Item, Kind
from app.governance.reviews.service import Shown, bench_now, sift
from app.kernel.actor import Place
from app.kernel.pages import Page
from app.kernel.work import Work

from . import rules, store
from .store import Condition

BATCH = 100
"""So many ways go into one statement; SQLite takes no condition that is deeper than a thousand."""


def waiting(work: Work, page: Page) -> list[Shown]:
    """What the actor may answer now in any review, from the page's cursor on, with the seat they would sit in."""
    bench, me = bench_now(work), work.actor.employee_id
    if me is None or not bench.seats_of(me):
        return []
    found = [one for near in _conditions(work, bench, me) for one in _sifted(work, page, bench, me, near)]
    found.sort(key=lambda one: one.id, reverse=page.descending)
    return [
        replace(one, seat=reviews.seat_of(one.item.case, one.reviewers, bench, me)) for one in found[: page.limit + 1]
    ]


def _sifted(work: Work, page: Page, bench: Bench, me: UUID, near: Condition) -> list[Shown]:
    def read(after: UUID | None, down: bool) -> list[Item]:
        return items.waiting(work.session, work.now, near, after, descending=down)

    return sift(work, page, bench, read, lambda one: me in one.reviewers.people)


def _conditions(work: Work, bench: Bench, me: UUID) -> list[Condition]:
    """What may come to somebody, each item by one of these at most."""
    mine, barring = rules.barring(bench, me), cache(partial(rules.barring, bench))
    found = list(rules.ways(bench, store.places(work.session, work.now), me).items())
    since = store.oldest(work.session, work.now)
    parts = (found[start : start + BATCH] for start in range(0, len(found), BATCH))
    conditions = [store.there(some, mine, barring, since, work.now) for some in parts]
    if rules.way(bench, Place(), me, Kind.APPOINTMENTS) is not None:
        conditions.append(store.of_roles(mine, rules.others(bench, mine), barring))
    return conditions
