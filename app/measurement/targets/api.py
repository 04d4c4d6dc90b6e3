"""Targets over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.directory.rules import UnitClosed
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work
from app.measurement.kpis.rules import KpiRetired

from . import service, wire
from .rules import TargetExists, TargetKind

router = APIRouter(prefix="/v1/targets", route_class=Route, tags=[Tag.PROGRAMME])


@router.get("")
def list_targets(
    work: Annotated[Work, allow(Permission.TARGET_READ)],
    page: Annotated[Page, paging("id", "period_until", "created_at")],
    kpi_id: Annotated[str | None, Query(description="The KPI's id or key.", max_length=200)] = None,
    scope_kind: TargetKind | None = None,
    business_unit_id: UUID | None = None,
    account_id: UUID | None = None,
) -> Listing[wire.Target]:
    """List the targets that one may see, each with how it stands."""
    filters = {
        "kpi": kpi_id, "scope_kind": scope_kind, "business_unit_id": business_unit_id, "account_id": account_id,
    }  # fmt: skip
    found = service.targets(work, page, filters)
    kept, cursor = page.cut([one.target for one in found])
    return Listing[wire.Target](items=[wire.shown(one) for one in found[: len(kept)]], next_cursor=cursor)


@router.get("/{id}", responses=responses(NotFound))
def get_target(id: UUID, work: Annotated[Work, allow(Permission.TARGET_READ)]) -> wire.Target:
    """One target, and how it stands."""
    return wire.shown(service.target(work, id))


@router.post("", status_code=201, responses=responses(TargetExists, KpiRetired, UnitClosed, Forbidden, Invalid))
def set_target(body: wire.NewTarget, work: Annotated[Work, allow(Permission.TARGET_WRITE)]) -> wire.Target:
    """Aim at a figure: in the enterprise, in a unit with all below it, or of one account."""
    return wire.shown(service.aim(work, body.aim()))


@router.delete("/{id}", status_code=204, responses=responses(NotFound, Forbidden, PreconditionFailed))
def remove_target(id: UUID, work: Annotated[Work, allow(Permission.TARGET_WRITE)]) -> None:
    """Aim at it no more."""
    service.remove(work, id)
