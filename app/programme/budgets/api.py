"""Budgets, and what comes of them, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.directory.rules import UnitClosed
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work
from app.programme.strategy.rules import ObjectiveRetired

from . import rules, service, wire

router = APIRouter(prefix="/v1/strategy", route_class=Route, tags=[Tag.PROGRAMME])


@router.get("/budgets", responses=responses(NotFound))
def list_budgets(
    work: Annotated[Work, allow(Permission.BUDGET_READ)],
    page: Annotated[Page, paging("id", "created_at", "starts_on")],
    objective_id: str | None = None,
    business_unit_id: str | None = None,
) -> Listing[wire.Budget]:
    """List the budgets that one may see: of an objective, of a unit (id or key each)."""
    shown, cursor = page.cut(service.budgets(work, page, objective_id, business_unit_id))
    return Listing[wire.Budget](items=[wire.Budget.model_validate(one) for one in shown], next_cursor=cursor)


@router.get("/budgets/{id}", response_model=wire.Budget, responses=responses(NotFound))
def get_budget(id: UUID, work: Annotated[Work, allow(Permission.BUDGET_READ)]) -> rules.Budget:
    """One budget."""
    return service.budget(work, id)


@router.post(
    "/budgets",
    status_code=201,
    response_model=wire.Budget,
    responses=responses(NotFound, ObjectiveRetired, UnitClosed, Invalid),
)
def allocate_budget(body: wire.NewBudget, work: Annotated[Work, allow(Permission.BUDGET_WRITE)]) -> rules.Budget:
    """Allocate money to an objective in a unit."""
    return service.allocate(work, body.model_dump())


@router.patch("/budgets/{id}", response_model=wire.Budget, responses=responses(NotFound, PreconditionFailed, Invalid))
def reallocate_budget(
    id: UUID, body: wire.BudgetChange, work: Annotated[Work, allow(Permission.BUDGET_WRITE)]
) -> rules.Budget:
    """Allocate more or less than before."""
    return service.reallocate(work, id, {"allocated": body.allocated}, body.reason)


@router.get("/budgets/{id}/entries", responses=responses(NotFound))
def list_budget_entries(
    id: UUID,
    work: Annotated[Work, allow(Permission.BUDGET_READ)],
    page: Annotated[Page, paging("id", "occurred_on")],
) -> Listing[wire.Entry]:
    """List what was entered in a budget, with what was taken back."""
    shown, cursor = page.cut(service.entries(work, page, id))
    return Listing[wire.Entry](items=[wire.Entry.model_validate(one) for one in shown], next_cursor=cursor)


@router.post(
    "/budgets/{id}/entries",
    status_code=201,
    response_model=wire.Entry,
    responses=responses(NotFound, Forbidden, Invalid),
)
def record_budget_entry(
    id: UUID, body: wire.NewEntry, work: Annotated[Work, allow(Permission.BUDGET_RECORD)]
) -> rules.Entry:
    """Enter what was spent, or a benefit and by what it was measured."""
    return service.enter(work, id, body.model_dump())


@router.post(
    "/budgets/{id}/entries/{entry_id}/void",
    response_model=wire.Entry,
    responses=responses(NotFound, Forbidden, rules.EntryVoid, PreconditionFailed),
)
def void_budget_entry(
    id: UUID, entry_id: UUID, body: wire.Reason, work: Annotated[Work, allow(Permission.BUDGET_RECORD)]
) -> rules.Entry:
    """Take an entry back that was wrong; the record of it stays."""
    return service.void(work, id, entry_id, body.reason)


@router.get("/returns", responses=responses(NotFound))
def list_returns(
    work: Annotated[Work, allow(Permission.BUDGET_READ)],
    objective_id: str | None = None,
    business_unit_id: str | None = None,
) -> wire.Returned:
    """What the budgets that one may see have cost and brought, with the return on investment and its formula."""
    return wire.returned(service.returns(work, objective_id, business_unit_id))
