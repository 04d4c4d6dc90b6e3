"""Reports over HTTP: as JSON, as a table, as a page to be printed."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import Instant
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/reports", route_class=Route, tags=[Tag.HUB])
Format = Literal["json", "csv", "html"]
_WRITTEN: Final[Mapping[str, Callable[[rules.Report], Response]]] = {
    "json": wire.as_json, "csv": wire.as_csv, "html": wire.as_page,
}  # fmt: skip
_ACCEPTED: Final[Mapping[str, Format]] = {"application/json": "json", "text/csv": "csv", "text/html": "html"}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": wire.ReportDocument,
        "content": {"text/csv": {"schema": {"type": "string"}}, "text/html": {"schema": {"type": "string"}}},
    }
}


@router.get("")
def list_reports(work: Annotated[Work, allow(Permission.REPORT_READ)]) -> wire.Reports:
    """List the reports that can be asked for."""
    return wire.listing(list(service.REPORTS.values()))


@router.get(
    "/{key}", response_model=None, response_class=Response, responses={**_FILES, **responses(NotFound, Forbidden, Invalid)}
)  # fmt: skip
def get_report(
    key: Annotated[str, Path(json_schema_extra={"enum": list(service.REPORTS)})],
    request: Request,
    work: Annotated[Work, allow(Permission.REPORT_READ)],
    business_unit_id: Annotated[
        str | None, Query(max_length=200, description="A unit's id or key; all below it is meant, too.")
    ] = None,
    network: Annotated[str | None, Query(max_length=200)] = None,
    since: Annotated[
        Instant | None, Query(alias="from", description="Where a report takes a period: 90 days, if left out.")
    ] = None,
    until: Annotated[Instant | None, Query(description="Up to, and not at, this instant; now, if left out.")] = None,
    format: Annotated[Format | None, Query(description="As `Accept` asks, if left out.")] = None,
) -> Response:
    """One report, of what of the enterprise you may see; it says what that is.

    As JSON, as CSV (a cell that a spreadsheet would run as a formula has an apostrophe in front), or as a page to print.
    """
    asked = service.Asked(business_unit_id, network, since, until)
    return _WRITTEN[format or _accepted(request)](service.report(work, key, asked))


def _accepted(request: Request) -> Format:
    """The first of the media types that the caller accepts in which there is a report; JSON if there is none."""
    wanted = (one.partition(";")[0].strip().lower() for one in request.headers.get("accept", "").split(","))
    return next((_ACCEPTED[one] for one in wanted if one in _ACCEPTED), "json")
