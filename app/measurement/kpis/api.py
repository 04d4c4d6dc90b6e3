"""KPIs over HTTP: every employee reads what a figure means, the hub says it."""

from typing import Annotated

from fastapi import APIRouter

from app.directory.rules import KeyTaken
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import given
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/kpis", route_class=Route, tags=[Tag.PROGRAMME])


@router.get("")
def list_kpis(
    work: Annotated[Work, allow(Permission.KPI_READ)],
    page: Annotated[Page, paging("id", "key", "created_at")],
    retired: bool | None = None,
) -> Listing[wire.Kpi]:
    """List the KPIs: one meaning of each for all business units."""
    shown, cursor = page.cut(service.kpis(work, page, retired=retired))
    return Listing[wire.Kpi](items=[wire.Kpi.model_validate(one) for one in shown], next_cursor=cursor)


@router.get("/{id}", response_model=wire.Kpi, responses=responses(NotFound))
def get_kpi(id: wire.KpiRef, work: Annotated[Work, allow(Permission.KPI_READ)]) -> rules.Kpi:
    """One KPI, by id or key."""
    return service.kpi(work, id)


@router.post("", status_code=201, response_model=wire.Kpi, responses=responses(KeyTaken, rules.KpiRetired, Invalid))
def define_kpi(body: wire.NewKpi, work: Annotated[Work, allow(Permission.KPI_WRITE)]) -> rules.Kpi:
    """Define a KPI. What it measures never changes."""
    return service.define(work, body.key, body.title, body.definition, body.meaning())


@router.patch(
    "/{id}", response_model=wire.Kpi, responses=responses(NotFound, rules.KpiRetired, PreconditionFailed, Invalid)
)
def describe_kpi(
    id: wire.KpiRef, body: wire.KpiChanges, work: Annotated[Work, allow(Permission.KPI_WRITE)]
) -> rules.Kpi:
    """Say in other words what a KPI means; what it measures stays."""
    return service.describe(work, id, given(body))


@router.post(
    "/{id}/retire", response_model=wire.Kpi, responses=responses(NotFound, rules.KpiRetired, PreconditionFailed)
)
def retire_kpi(id: wire.KpiRef, body: wire.Reason, work: Annotated[Work, allow(Permission.KPI_WRITE)]) -> rules.Kpi:
    """Measure a KPI no more; what was observed stays."""
    return service.retire(work, id, body.reason)
