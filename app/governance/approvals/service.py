"""What waits for somebody, and what the hub is told of: decisions taken without it that it may still veto."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.accounts import store as accounts
from app.directory import store as directory
from app.governance.clearances import service as clearances
from app.governance.clearances.rules import Clearance
from app.governance.grants import store as grants
from app.governance.grants.rules import Grant
from app.governance.models.rules import MODELS, StepKind
from app.governance.registrations import service as registrations
from app.governance.requests import service as requests
from app.governance.reviews.service import Shown
from app.governance.reviews.waiting import service as reviews
from app.governance.routing import service as routing
from app.governance.routing import store
from app.governance.routing.rules import Request, RequestKind, RequestState
from app.governance.steps import rules as step_rules
from app.governance.steps.rules import Standing, StepState
from app.kernel.pages import Page
from app.kernel.work import Work
from app.roles import service as roles
from app.roles.rules import Role


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing to decide: the request, its open step, and whose seat one would sit in (another's as deputy)."""

    request: Request
    step: Standing
    seat: UUID

    @property
    def id(self) -> UUID:
        return self.request.id


Wanted = Waiting | Clearance | Shown


def inbox(work: Work, page: Page) -> list[Wanted]:
    """A page of everything that waits for the acting employee: requests, registrations, clearances, items of reviews."""
    found: list[Wanted] = [*_from(waiting(work), page), *clearances.waiting(work, page), *reviews.waiting(work, page)]
    return sorted(found, key=lambda one: one.id, reverse=page.descending)[: page.limit + 1]


def waiting(work: Work) -> list[Waiting]:
    """The requests and registrations whose open step the acting employee may decide now, the oldest first."""
    found = _pending(work, store.live(work.session, work.now))
    grounds = routing.grounds_for(work, found)
    items = []
    for request in found:
        steps = routing.standing(work, request, grounds[request.id])
        try:
            step, seat = step_rules.seat_of(request.matter, steps, grounds[request.id].seats, work.me)
        except (step_rules.SelfApproval, step_rules.NotTheApprover, step_rules.AlreadyDecided):
            continue
        items.append(Waiting(request, step, seat))
    return items


def _pending(work: Work, live: Sequence[Request]) -> list[Request]:
    """Of these those that wait for a decision, as the model now in force routes them, the oldest first."""
    rights = requests.as_routed_now(work, [one for one in live if one.kind is RequestKind.RIGHTS])
    proposed = registrations.as_routed_now(work, [one for one in live if one.kind is RequestKind.REGISTRATION])
    return sorted((one for one in (*rights, *proposed) if one.state is RequestState.PENDING), key=lambda one: one.id)


def open_steps(work: Work, live: Sequence[Request]) -> list[tuple[Request, Standing]]:
    """Of these those that wait for a decision, each with the step that is open or blocked now."""
    found = _pending(work, live)
    grounds = routing.grounds_for(work, found)
    there = ((one, step_rules.open_step(routing.standing(work, one, grounds[one.id]))) for one in found)
    return [(one, step) for one, step in there if step is not None]


def note_blocked(work: Work, limit: int = 500) -> int:
    """Raise an alarm, once, for each request that nobody is left to decide; one that can be decided again may raise
    another. Answers for how many either was noted.
    """
    steps = open_steps(work, store.live(work.session, work.now))
    stuck = {one.id: (one, step) for one, step in steps if step.state is StepState.BLOCKED}
    known = store.blocked(work.session)
    freed, fresh = known - set(stuck), sorted(set(stuck) - known)[:limit]
    store.note_blocked(work.session, freed, None)
    store.note_blocked(work.session, fresh, work.now)
    for request, step in (stuck[id_] for id_ in fresh):
        routing.record(work, request, "blocked", after={"step": step.kind, "needed": step.needed})
    return len(freed) + len(fresh)


def _from(items: list[Waiting], page: Page) -> list[Waiting]:
    """The items from the page's cursor on, in its order."""
    ordered = sorted(items, key=lambda one: one.id, reverse=page.descending)
    position = page.after()
    if position is None:
        return ordered
    last = UUID(position[-1])
    return [one for one in ordered if (one.id < last if page.descending else one.id > last)]


@dataclass(frozen=True, slots=True)
class Notice:
    """A right that a unit granted by itself; the hub may revoke it until then."""

    grant: Grant
    may_veto_until: datetime


_HUB = frozenset({Role.COMMUNITY_MANAGER, Role.STRATEGIST})
_HUB_STEPS = frozenset({StepKind.COMMUNITY_MANAGER, StepKind.STRATEGIST})
LONGEST_WINDOW = timedelta(days=max(model.veto_working_days for model in MODELS.values()) * 2 + 2)


def notices(work: Work) -> list[Notice]:
    """What the hub is told of, within the acting employee's part of it: grants of a model with a veto window, made
    without the hub, while the window is open."""
    seats = [one.scope for one in roles.held(work, work.me) if one.role in _HUB]
    recent = grants.granted_since(work.session, work.now - LONGEST_WINDOW) if seats else []
    by_units = [one for one in recent if not _HUB_STEPS & {link.step for link in one.approvers}]
    there = accounts.accounts(work.session, {one.account_id for one in by_units})
    units = directory.units(work.session, {one.business_unit_id for one in there.values()})
    found = []
    for grant in by_units:
        account, days = there[grant.account_id], MODELS[grant.model].veto_working_days
        zone = ZoneInfo(units[account.business_unit_id].timezone)
        until = step_rules.working_days_after(grant.created_at, days, zone)
        if days and work.now < until and any(scope.covers(account.place) for scope in seats):
            found.append(Notice(grant, until))
    return found
