"""Observations over HTTP. Files of them are for ``imports``."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import Day
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/observations", route_class=Route, tags=[Tag.PROGRAMME])
_SAME: dict[int | str, dict[str, Any]] = {
    200: {
        "model": wire.Observation | wire.Recorded,
        "description": "Nothing is new: it was known, or it corrects what was.",
    }
}


@router.get("")
def list_observations(
    work: Annotated[Work, allow(Permission.OBSERVATION_READ)],
    page: Annotated[Page, paging("id", "period_from", "created_at")],
    account_id: Annotated[
        str | None, Query(description="The account's id, or `network:handle`.", max_length=700)
    ] = None,
    kpi_id: Annotated[str | None, Query(description="The KPI's id or key.", max_length=200)] = None,
    source: str | None = None,
    since: Annotated[Day | None, Query(alias="from", description="Of periods that begin on this day or later.")] = None,
    until: Annotated[Day | None, Query(description="Of periods that end on this day or before.")] = None,
) -> Listing[wire.Observation]:
    """List the observations that one may see."""
    found = service.observations(work, page, account_id, kpi_id, source, (since, until))
    shown, cursor = page.cut(found)
    return Listing[wire.Observation](items=[wire.Observation.model_validate(one) for one in shown], next_cursor=cursor)


@router.post("", status_code=201, responses={**_SAME, **responses(Invalid, Forbidden, rules.OverlappingPeriod)})
def record_observations(
    body: wire.OneOrMany, response: Response, work: Annotated[Work, allow(Permission.OBSERVATION_WRITE)]
) -> wire.Observation | wire.Recorded:
    """Record what a source says of an account, or with `items` at most 1,000 of these, all of them or none.

    The same said again changes nothing; another value of the same account, KPI, source and period corrects it. Periods
    that overlap are refused: their days would be counted twice.
    """
    many = isinstance(body, wire.NewObservations)
    said = [one.named() for one in body.items] if isinstance(body, wire.NewObservations) else [body.named()]
    done = service.observe(work, said, "/items/{}" if many else "")
    response.status_code = 201 if done.recorded else 200
    return wire.Recorded.model_validate(done) if many else wire.Observation.model_validate(done.held[0])
