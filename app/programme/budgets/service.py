"""Budgets of objectives: the hub allocates, units enter what they spend and what it brings."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import rules as units
from app.directory import store as directory
from app.kernel.actor import Permission, Place
from app.kernel.errors import NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.programme.strategy import rules as strategy_rules
from app.programme.strategy import store as strategies
from app.programme.strategy.rules import Objective

from . import rules, store
from .rules import Budget, Entry, Returns


def budget(work: Work, id_: UUID) -> Budget:
    """One budget that the actor may see, else ``NotFound``."""
    return work.show(_seen(work, id_))


def _seen(work: Work, id_: UUID) -> Budget:
    found = store.budget(work.session, id_)
    if not work.actor.may(Permission.BUDGET_READ, _place(work, found)):
        raise NotFound(f"There is no budget {id_}.")
    return found


def _place(work: Work, one: Budget) -> Place:
    return directory.unit(work.session, one.business_unit_id).place


def budgets(work: Work, page: Page, objective: str | None, unit: str | None) -> list[Budget]:
    """A page of the budgets that the actor may see: of an objective, of a unit (id or key each)."""
    return store.page(work.session, page, *_asked(work, objective, unit))


def returns(work: Work, objective: str | None, unit: str | None) -> list[Returns]:
    """What came of the budgets that the actor may see."""
    return store.returns(work.session, *_asked(work, objective, unit))


def _asked(work: Work, objective: str | None, unit: str | None) -> tuple[Mapping[str, Any], Any]:
    filters = {
        "objective_id": strategies.one(work.session, Objective, objective).id if objective is not None else None,
        "business_unit_id": directory.unit(work.session, unit).id if unit is not None else None,
    }
    scopes = work.actor.scopes(Permission.BUDGET_READ)
    return filters, None if scopes is None else directory.unit_ids_in(scopes)


def allocate(work: Work, values: Mapping[str, Any]) -> Budget:
    """Money for an objective (id or key) in a unit (id or key). Raises ``ObjectiveRetired``, ``UnitClosed``, ``Invalid``."""
    rules.check_period(values["starts_on"], values["ends_on"])
    of = strategies.one(work.session, Objective, values["objective_id"])
    strategy_rules.check_objective(strategies.lock(work.session, Objective, of.id))
    unit = directory.unit(work.session, values["business_unit_id"])
    units.check_open(unit)
    made = store.add_budget(
        work.session, work.now, {**values, "objective_id": of.id, "business_unit_id": unit.id}
    )  # fmt: skip
    audit.record(work, "budget.allocated", ("budget", made.id), after=_told(made))
    return work.show(made)


def reallocate(work: Work, id_: UUID, changes: Mapping[str, Any], reason: str) -> Budget:
    """Allocate more or less than before. Raises ``NotFound``, ``PreconditionFailed``."""
    before = store.lock_budget(work.session, _seen(work, id_).id)
    work.match(before)
    after = store.save_budget(work.session, id_, work.now, changes)
    audit.record(work, "budget.reallocated", ("budget", id_), before=_told(before), after=_told(after), reason=reason)
    return work.show(after)


def entries(work: Work, page: Page, budget_id: UUID) -> list[Entry]:
    """A page of the entries of a budget that the actor may see."""
    return store.page_entries(work.session, page, _seen(work, budget_id).id)


def enter(work: Work, budget_id: UUID, values: Mapping[str, Any]) -> Entry:
    """Enter what was spent, or what it brought. Raises ``NotFound``, ``Forbidden``, ``Invalid``."""
    of = _entering(work, budget_id)
    rules.check_entry(of, values["kind"], values["occurred_on"], values["basis"], work.now.date())
    made = store.add_entry(work.session, work.now, {**values, "budget_id": of.id})
    audit.record(work, "budget_entry.recorded", ("budget_entry", made.id), after=_entry_told(made))
    return work.show(made)


def void(work: Work, budget_id: UUID, id_: UUID, reason: str) -> Entry:
    """An entry was wrong, and counts no more. Raises ``EntryVoid``, ``NotFound``, ``Forbidden``, ``PreconditionFailed``."""
    before = store.lock_entry(work.session, _entering(work, budget_id).id, id_)
    work.match(before)
    rules.check_living(before)
    after = store.save_entry(work.session, id_, work.now, {"voided_at": work.now})
    audit.record(
        work, "budget_entry.voided", ("budget_entry", id_), before=_entry_told(before), after=_entry_told(after), reason=reason
    )  # fmt: skip
    return work.show(after)


def _entering(work: Work, budget_id: UUID) -> Budget:
    of = _seen(work, budget_id)
    work.actor.require(Permission.BUDGET_RECORD, _place(work, of))
    return of


def _told(one: Budget) -> dict[str, Any]:
    plain = ("objective_id", "business_unit_id", "starts_on", "ends_on", "currency")
    return {
        **{name: getattr(one, name) for name in plain}, "allocated": str(one.allocated), "note": Personal(one.note),
    }  # fmt: skip


def _entry_told(one: Entry) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in ("budget_id", "kind", "occurred_on", "voided_at")}
    return {**plain, "amount": str(one.amount), "basis": Personal(one.basis), "note": Personal(one.note)}
