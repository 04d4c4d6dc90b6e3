"""Goals, objectives and strategies over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.directory.rules import KeyTaken, UnitClosed
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import given
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/strategy", route_class=Route, tags=[Tag.PROGRAMME])
_ORDER = ("id", "key", "created_at")


@router.get("/goals")
def list_goals(
    work: Annotated[Work, allow(Permission.STRATEGY_READ)],
    page: Annotated[Page, paging(*_ORDER)],
    retired: bool | None = None,
) -> Listing[wire.Goal]:
    """List the goals of the business."""
    shown, cursor = page.cut(service.goals(work, page, retired=retired))
    return Listing[wire.Goal](items=[wire.Goal.model_validate(one) for one in shown], next_cursor=cursor)


@router.get("/goals/{id}", response_model=wire.Goal, responses=responses(NotFound))
def get_goal(id: str, work: Annotated[Work, allow(Permission.STRATEGY_READ)]) -> rules.Goal:
    """One goal, by id or key."""
    return service.goal(work, id)


@router.post("/goals", status_code=201, response_model=wire.Goal, responses=responses(KeyTaken, Invalid))
def create_goal(body: wire.NewGoal, work: Annotated[Work, allow(Permission.STRATEGY_APPROVE)]) -> rules.Goal:
    """Name a goal of the business, for objectives to serve."""
    return service.create_goal(work, body.key, body.title, body.description)


@router.patch(
    "/goals/{id}",
    response_model=wire.Goal,
    responses=responses(NotFound, rules.GoalRetired, PreconditionFailed, Invalid),
)
def update_goal(
    id: str, body: wire.GoalChanges, work: Annotated[Work, allow(Permission.STRATEGY_APPROVE)]
) -> rules.Goal:
    """Say otherwise what a goal is."""
    return service.update_goal(work, id, given(body))


@router.post(
    "/goals/{id}/retire", response_model=wire.Goal, responses=responses(NotFound, rules.GoalRetired, PreconditionFailed)
)
def retire_goal(id: str, body: wire.Reason, work: Annotated[Work, allow(Permission.STRATEGY_APPROVE)]) -> rules.Goal:
    """Pursue a goal no more."""
    return service.retire_goal(work, id, body.reason)


@router.get("/objectives", responses=responses(NotFound))
def list_objectives(
    work: Annotated[Work, allow(Permission.STRATEGY_READ)],
    page: Annotated[Page, paging(*_ORDER)],
    goal_id: str | None = None,
    business_unit_id: str | None = None,
    retired: bool | None = None,
) -> Listing[wire.Objective]:
    """List objectives: of a goal, of a unit (id or key each)."""
    shown, cursor = page.cut(service.objectives(work, page, goal_id, business_unit_id, retired=retired))
    return Listing[wire.Objective](items=[wire.Objective.model_validate(one) for one in shown], next_cursor=cursor)


@router.get("/objectives/{id}", response_model=wire.Objective, responses=responses(NotFound))
def get_objective(id: str, work: Annotated[Work, allow(Permission.STRATEGY_READ)]) -> rules.Objective:
    """One objective, by id or key."""
    return service.objective(work, id)


@router.post(
    "/objectives",
    status_code=201,
    response_model=wire.Objective,
    responses=responses(KeyTaken, rules.GoalRetired, UnitClosed, NotFound, Forbidden, Invalid),
)
def create_objective(
    body: wire.NewObjective, work: Annotated[Work, allow(Permission.STRATEGY_DRAFT)]
) -> rules.Objective:
    """Name an objective of a unit, or of the enterprise, that serves a goal."""
    return service.create_objective(work, body.model_dump())


@router.patch(
    "/objectives/{id}",
    response_model=wire.Objective,
    responses=responses(NotFound, Forbidden, rules.ObjectiveRetired, PreconditionFailed, Invalid),
)
def update_objective(
    id: str, body: wire.ObjectiveChanges, work: Annotated[Work, allow(Permission.STRATEGY_DRAFT)]
) -> rules.Objective:
    """Say otherwise what an objective is."""
    return service.update_objective(work, id, given(body))


@router.post(
    "/objectives/{id}/retire",
    response_model=wire.Objective,
    responses=responses(NotFound, Forbidden, rules.ObjectiveRetired, PreconditionFailed),
)
def retire_objective(
    id: str, body: wire.Reason, work: Annotated[Work, allow(Permission.STRATEGY_DRAFT)]
) -> rules.Objective:
    """Retire an objective: accounts that name it serve none."""
    return service.retire_objective(work, id, body.reason)


@router.get("/versions", responses=responses(NotFound))
def list_strategies(
    work: Annotated[Work, allow(Permission.STRATEGY_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    business_unit_id: str | None = None,
    state: rules.StrategyState | None = None,
) -> Listing[wire.Strategy]:
    """List versions of strategies: those approved, and drafts where one may write them."""
    shown, cursor = page.cut(service.strategies(work, page, business_unit_id, state))
    return Listing[wire.Strategy](items=[wire.Strategy.model_validate(one) for one in shown], next_cursor=cursor)


@router.get("/versions/{id}", response_model=wire.Strategy, responses=responses(NotFound))
def get_strategy(id: UUID, work: Annotated[Work, allow(Permission.STRATEGY_READ)]) -> rules.Strategy:
    """One version of a strategy."""
    return service.strategy(work, id)


@router.post(
    "/versions",
    status_code=201,
    response_model=wire.Strategy,
    responses=responses(NotFound, Forbidden, UnitClosed, Invalid),
)
def draft_strategy(body: wire.NewStrategy, work: Annotated[Work, allow(Permission.STRATEGY_DRAFT)]) -> rules.Strategy:
    """Begin the next version of a unit's strategy, or of the enterprise's."""
    values = body.model_dump(mode="json", exclude={"business_unit_id"})
    return service.draft(work, body.business_unit_id, values)


_REFUSED = responses(NotFound, Forbidden, rules.StrategyDecided, PreconditionFailed)


@router.patch(
    "/versions/{id}",
    response_model=wire.Strategy,
    responses=responses(NotFound, Forbidden, rules.StrategyDecided, PreconditionFailed, Invalid),
)
def revise_strategy(
    id: UUID, body: wire.StrategyChanges, work: Annotated[Work, allow(Permission.STRATEGY_DRAFT)]
) -> rules.Strategy:
    """Write a draft anew, or mend one that was sent back."""
    return service.revise(work, id, body.model_dump(mode="json", exclude_unset=True))


@router.post("/versions/{id}/submit", response_model=wire.Strategy, responses=_REFUSED)
def submit_strategy(
    id: UUID, body: wire.Nothing, work: Annotated[Work, allow(Permission.STRATEGY_DRAFT)]
) -> rules.Strategy:
    """Ask the hub to approve it."""
    return service.submit(work, id)


@router.post(
    "/versions/{id}/decisions",
    response_model=wire.Strategy,
    responses=responses(NotFound, rules.AuthorApproves, rules.StrategyDecided, PreconditionFailed),
)
def decide_strategy(
    id: UUID, body: wire.Word, work: Annotated[Work, allow(Permission.STRATEGY_APPROVE)]
) -> rules.Strategy:
    """Approve a strategy, which then holds in place of the version before, or ask for changes."""
    return service.decide(work, id, rules.Verb(body.decision), body.comment)


@router.post("/versions/{id}/withdraw", response_model=wire.Strategy, responses=_REFUSED)
def withdraw_strategy(
    id: UUID, body: wire.Nothing, work: Annotated[Work, allow(Permission.STRATEGY_DRAFT)]
) -> rules.Strategy:
    """Drop a version that was not decided."""
    return service.withdraw(work, id)
