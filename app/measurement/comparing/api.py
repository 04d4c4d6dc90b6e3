"""What was observed, side by side and over time."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import Day
from app.kernel.work import Work

from . import service, wire
from .rules import By, SeriesStep

router = APIRouter(prefix="/v1/measurement", route_class=Route, tags=[Tag.PROGRAMME])
_Kpi = Annotated[
    str, Query(description="The KPI's id or key.", max_length=200, openapi_examples={"posts": {"value": "posts"}})
]
_By = Annotated[By, Query(openapi_examples={"networks": {"value": "network"}})]
_Unit = Annotated[str | None, Query(description="The unit's id or key: it, and all below it.", max_length=200)]
_Account = Annotated[str | None, Query(description="The account's id, or `network:handle`.", max_length=700)]
_Since = Annotated[Day, Query(alias="from", openapi_examples={"a day": {"value": "2026-01-01"}})]
_Until = Annotated[
    Day, Query(description="The first day after it.", openapi_examples={"a day": {"value": "2026-04-01"}})
]


@router.get("/comparison", responses=responses(NotFound, Invalid))
def compare(
    work: Annotated[Work, allow(Permission.OBSERVATION_READ)],
    kpi_id: _Kpi,
    by: _By,
    since: _Since,
    until: _Until,
    business_unit_id: _Unit = None,
) -> wire.Comparison:
    """Compare business units, networks or functions in one KPI, over the accounts that one may see.

    Units are those right below `business_unit_id`, each with all under it. Periods that reach beyond the days asked for
    are left out. What cannot be compared is said: `no_data`, `partial_coverage`, `not_additive`, `different_sources`,
    `denominator_zero`.
    """
    return wire.comparison(service.comparison(work, kpi_id, by, since, until, business_unit_id))


@router.get("/series", responses=responses(NotFound, Forbidden, Invalid))
def follow(
    work: Annotated[Work, allow(Permission.OBSERVATION_READ)],
    kpi_id: _Kpi,
    since: _Since,
    until: _Until,
    step: SeriesStep = SeriesStep.MONTH,
    account_id: _Account = None,
    business_unit_id: _Unit = None,
) -> wire.Series:
    """Follow one KPI over the weeks or months that some days touch: of an account, a unit, or all that one may see."""
    return wire.series(service.series(work, kpi_id, account_id, business_unit_id, (since, until), step))
