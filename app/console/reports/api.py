"""Reports: to be read here, to be printed, and to be taken along as a file."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from app.console.drawing import rules as drawing
from app.console.frame import service as frame
from app.console.frame.api import Blank, Text, router
from app.console.frame.wire import page
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.wire import Day
from app.kernel.work import Work
from app.networks import store as networks
from app.reports import service as reports
from app.reports import wire
from app.reports.service import Asked

parts = router()
Date = Annotated[Day | None, Blank]
Unit = Annotated[UUID | None, Blank]
Written = Annotated[Literal["csv", "print"] | None, Blank]


@parts.get("/reports")
def list_reports(request: Request, work: Annotated[Work, allow(Permission.REPORT_READ)]) -> Response:
    """What can be asked for."""
    return page(request, work, "reports.html", reports=list(reports.REPORTS.values()))


@parts.get("/reports/{key}")
def report(
    key: str,
    request: Request,
    work: Annotated[Work, allow(Permission.REPORT_READ)],
    unit: Annotated[Unit, Query()] = None,
    network: Annotated[Text, Query()] = None,
    since: Annotated[Date, Query(alias="from")] = None,
    until: Annotated[Date, Query()] = None,
    written: Annotated[Written, Query(alias="as")] = None,
) -> Response:
    """One report, of what of the enterprise the reader may see; days are whole ones where the reader works."""
    asked = Asked(str(unit) if unit else None, network, frame.begin_of(work, since), frame.end_of(work, until))
    found = reports.report(work, key, asked)
    if written is not None:
        work.etag = None
        return wire.as_csv(found) if written == "csv" else wire.as_page(found)
    filters = {"unit": unit, "network": network, "from": since, "until": until}
    drawn = found.figures.bars
    return page(
        request, work, "report.html", report=found, table=wire.table(found), filters=filters,
        chart=drawing.bars({label: {"": value} for label, value in drawn.bars}, [""]) if drawn else None,
        periodic=reports.REPORTS[key].periodic, networks=networks.networks(work.session), units=frame.open_units(work),
    )  # fmt: skip
