"""Goals, objectives, and the strategies of units: written there, approved by the hub."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from app.audit import service as audit
from app.directory import rules as units
from app.directory import store as directory
from app.directory.rules import ROOT_ID, BusinessUnit
from app.kernel.actor import Permission
from app.kernel.errors import NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.roles import store as roles
from app.roles.rules import Role

from . import rules, store
from .rules import Goal, Objective, Strategy, Verb

T = TypeVar("T", Goal, Objective, Strategy)
_WRITTEN = ("purpose", "benefits", "actions", "swot")
"""What people write in a strategy: it may name somebody, so that the log can forget it."""


def goal(work: Work, id_or_key: str) -> Goal:
    """One goal by id or key. Raises ``NotFound``."""
    return work.show(store.one(work.session, Goal, id_or_key))


def goals(work: Work, page: Page, *, retired: bool | None) -> list[Goal]:
    """A page of goals."""
    return store.page_of(work.session, Goal, page, {"retired": retired})


def create_goal(work: Work, key: str, title: str, description: str | None) -> Goal:
    """A new goal of the business. Raises ``KeyTaken``, ``Invalid``."""
    units.check_key(key)
    made = store.add(work.session, Goal, work.now, {"key": key, "title": title, "description": description})
    audit.record(work, "goal.created", ("goal", made.id), after=_told(made))
    return work.show(made)


def update_goal(work: Work, id_or_key: str, changes: Mapping[str, Any]) -> Goal:
    """Say otherwise what a goal is. Raises ``NotFound``, ``GoalRetired``, ``PreconditionFailed``, ``Invalid``."""
    rules.check_required(changes, "title")
    return _changed(work, _held_goal(work, id_or_key), changes, "goal.updated")


def retire_goal(work: Work, id_or_key: str, reason: str) -> Goal:
    """Pursue a goal no more; objectives that serve it stay until they are retired themselves."""
    return _changed(work, _held_goal(work, id_or_key), {"retired_at": work.now}, "goal.retired", reason)


def _held_goal(work: Work, id_or_key: str) -> Goal:
    found = store.lock(work.session, Goal, store.one(work.session, Goal, id_or_key).id)
    work.match(found)
    rules.check_goal(found)
    return found


def objective(work: Work, id_or_key: str) -> Objective:
    """One objective by id or key. Raises ``NotFound``."""
    return work.show(store.one(work.session, Objective, id_or_key))


def objectives(
    work: Work, page: Page, goal_ref: str | None, unit_ref: str | None, *, retired: bool | None
) -> list[Objective]:
    """A page of objectives: of a goal, of a unit; of what is not there, none."""
    of = store.find(work.session, Goal, goal_ref) if goal_ref is not None else None
    if goal_ref is not None and of is None:
        return []
    unit = directory.unit(work.session, unit_ref).id if unit_ref is not None else None
    filters = {"goal_id": of and of.id, "business_unit_id": unit, "retired": retired}
    return store.page_of(work.session, Objective, page, filters)


def create_objective(work: Work, values: Mapping[str, Any]) -> Objective:
    """A new objective: ``key``, ``title``, ``description``, ``goal_id`` (id or key), ``business_unit_id`` (id or key).

    Without a unit it is the enterprise's. Raises ``KeyTaken``, ``GoalRetired``, ``UnitClosed``, ``Forbidden``, ``NotFound``.
    """
    units.check_key(values["key"])
    unit = _drafting(work, values["business_unit_id"])
    of = store.one(work.session, Goal, values["goal_id"])
    rules.check_goal(store.lock(work.session, Goal, of.id))
    members = {**values, "goal_id": of.id, "business_unit_id": unit.id}
    made = store.add(work.session, Objective, work.now, members)
    audit.record(work, "objective.created", ("objective", made.id), after=_told(made))
    return work.show(made)


def update_objective(work: Work, id_or_key: str, changes: Mapping[str, Any]) -> Objective:
    """Say otherwise what an objective is. Raises ``NotFound``, ``Forbidden``, ``ObjectiveRetired``, ``Invalid``."""
    rules.check_required(changes, "title")
    return _changed(work, _held_objective(work, id_or_key), changes, "objective.updated")


def retire_objective(work: Work, id_or_key: str, reason: str) -> Objective:
    """Nothing serves it any more: accounts that name it are listed as serving none."""
    return _changed(work, _held_objective(work, id_or_key), {"retired_at": work.now}, "objective.retired", reason)


def _held_objective(work: Work, id_or_key: str) -> Objective:
    found = store.lock(work.session, Objective, store.one(work.session, Objective, id_or_key).id)
    work.match(found)
    work.actor.require(Permission.STRATEGY_DRAFT, directory.unit(work.session, found.business_unit_id).place)
    rules.check_objective(found)
    return found


def strategy(work: Work, id_: UUID) -> Strategy:
    """One version; one that is being written is there only for those who write or approve there, and the auditor."""
    return work.show(_seen(work, id_))


def _seen(work: Work, id_: UUID) -> Strategy:
    found = store.strategy(work.session, id_)
    if found.state not in rules.SHOWN_TO_ALL and not _sees_all(work):
        place = directory.unit(work.session, found.business_unit_id).place
        if not work.actor.may(Permission.STRATEGY_DRAFT, place):
            raise NotFound(f"There is no strategy {id_}.")
    return found


def _sees_all(work: Work) -> bool:
    return work.actor.may(Permission.STRATEGY_APPROVE) or Role.AUDITOR in work.actor.roles


def strategies(work: Work, page: Page, unit_ref: str | None, state: str | None) -> list[Strategy]:
    """A page of versions that the actor may read."""
    unit = directory.unit(work.session, unit_ref).id if unit_ref is not None else None
    scopes = work.actor.scopes(Permission.STRATEGY_DRAFT)
    drafts = directory.unit_ids_in(scopes) if scopes else None
    all_ = _sees_all(work) or scopes is None
    return store.page_strategies(work.session, page, {"business_unit_id": unit, "state": state}, drafts, all_=all_)


def draft(work: Work, unit_ref: str | None, values: Mapping[str, Any]) -> Strategy:
    """Begin the next version of a unit's strategy; without a unit the enterprise's. Raises ``Forbidden``, ``UnitClosed``."""
    unit = _drafting(work, unit_ref)
    members = {**values, "state": rules.StrategyState.DRAFT, "author_id": work.actor.employee_id}
    made = store.add_strategy(work.session, work.now, unit.id, members)
    audit.record(work, "strategy.drafted", ("strategy", made.id), after=_told(made, _WRITTEN))
    return work.show(made)


def _drafting(work: Work, unit_ref: str | None) -> BusinessUnit:
    unit = directory.unit(work.session, unit_ref if unit_ref is not None else ROOT_ID)
    work.actor.require(Permission.STRATEGY_DRAFT, unit.place)
    units.check_open(unit)
    return unit


def revise(work: Work, id_: UUID, changes: Mapping[str, Any]) -> Strategy:
    """Write a version anew before it is submitted, by whoever may write it: they are its author then.

    Who changes nothing has written nothing: else a word of nobody's would let the author approve.
    """
    rules.check_required(changes, *_WRITTEN)
    before = _held(work, id_, Permission.STRATEGY_DRAFT)
    rewritten = any(getattr(before, name) != value for name, value in changes.items())
    author_id = work.actor.employee_id if rewritten else before.author_id
    news = {"state": rules.moved_to(before, Verb.REVISE), "author_id": author_id, **changes}
    written = tuple(name for name in _WRITTEN if name in changes)
    return _changed(work, before, news, "strategy.revised", written=written)


def submit(work: Work, id_: UUID) -> Strategy:
    """Ask the hub to approve a version."""
    before = _held(work, id_, Permission.STRATEGY_DRAFT)
    news = {"state": rules.moved_to(before, Verb.SUBMIT), "submitted_at": work.now}
    return _changed(work, before, news, "strategy.submitted")


def withdraw(work: Work, id_: UUID) -> Strategy:
    """Drop a version that was not decided."""
    before = _held(work, id_, Permission.STRATEGY_DRAFT)
    return _changed(work, before, {"state": rules.moved_to(before, Verb.WITHDRAW)}, "strategy.withdrawn")


def decide(work: Work, id_: UUID, verb: Verb, comment: str | None) -> Strategy:
    """Approve a version, which then holds in place of the one before, or ask for changes.

    Raises ``StrategyDecided``, ``AuthorApproves``, ``PreconditionFailed``.
    """
    before = _held(work, id_, Permission.STRATEGY_APPROVE)
    state = rules.moved_to(before, verb)
    strategists = {one.employee_id for one in roles.in_force(work.session, work.now, role=Role.STRATEGIST)}
    rules.check_approver(before, work.me, len(strategists))
    news = {"state": state, "decided_by": work.actor.employee_id, "decided_at": work.now, "comment": comment}
    if verb is not Verb.APPROVE:
        return _changed(work, before, news, "strategy.changes_requested", comment)
    gone = _supersede(work, before.business_unit_id)
    return _changed(work, before, news, "strategy.approved", comment, more={"supersedes": gone})


def _supersede(work: Work, unit_id: UUID) -> list[UUID]:
    old = store.approved_of(work.session, unit_id)
    if old is None:
        return []
    over = {"state": rules.StrategyState.SUPERSEDED, "superseded_at": work.now}
    store.save(work.session, Strategy, old.id, work.now, over)
    return [old.id]


def _held(work: Work, id_: UUID, permission: Permission) -> Strategy:
    """The version, held for a change by somebody who may make it."""
    before = store.lock(work.session, Strategy, _seen(work, id_).id)
    work.match(before)
    work.actor.require(permission, directory.unit(work.session, before.business_unit_id).place)
    return before


def _changed(
    work: Work, before: T, news: Mapping[str, Any], action: str, reason: str | None = None, *,
    written: tuple[str, ...] = (), more: Mapping[str, Any] | None = None,
) -> T:  # fmt: skip
    """Change what is held, and tell of it; what is the same already is no change."""
    real = {name: value for name, value in news.items() if getattr(before, name) != value}
    if not real:
        return work.show(before)
    after = store.save(work.session, type(before), before.id, work.now, real)
    audit.record(
        work, action, (action.partition(".")[0], after.id), before=_told(before, written),
        after={**_told(after, written), **(more or {})}, reason=reason,
    )  # fmt: skip
    return work.show(after)


_PLAIN: Mapping[type[Any], tuple[str, ...]] = {
    Goal: ("key", "title", "retired_at"),
    Objective: ("key", "title", "goal_id", "business_unit_id", "retired_at"),
    Strategy: ("business_unit_id", "n", "state", "author_id", "submitted_at"),
}


def _told(one: Goal | Objective | Strategy, written: tuple[str, ...] = ()) -> dict[str, Any]:
    """A goal, an objective or a version as the audit log tells it; what people wrote where it may name somebody."""
    plain = {name: getattr(one, name) for name in _PLAIN[type(one)]}
    words = written if isinstance(one, Strategy) else ("description",)
    return {**plain, **{name: Personal(getattr(one, name)) for name in words}}
