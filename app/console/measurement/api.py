"""Measurement: one KPI over some days, by unit, network or function, and its targets."""

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Request, Response

from app.console.frame import service as frame
from app.console.frame.api import Blank, Words, router
from app.console.frame.wire import page
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.wire import Day
from app.kernel.work import Work
from app.measurement.comparing.rules import By
from app.measurement.kpis.rules import plain

from . import service

parts = router()
USUAL_DAYS = 90
"""Before today, where nobody says which."""


@parts.get("/measurement")
def measurement(
    request: Request,
    work: Annotated[Work, allow(Permission.OBSERVATION_READ)],
    kpi: Annotated[Words, Query()] = None,
    by: Annotated[By, Query()] = By.NETWORK,
    unit: Annotated[Words, Query()] = None,
    since: Annotated[Day | None, Blank, Query(alias="from")] = None,
    until: Annotated[Day | None, Blank, Query()] = None,
) -> Response:
    """A KPI side by side, with what cannot be compared; the day ``until`` is the first that is not meant any more."""
    end = until or work.now.date()
    begin = since or end - timedelta(days=USUAL_DAYS)
    defined = service.defined(work)
    chosen = kpi or next((one.key for one in defined if one.retired_at is None), None)
    found = service.found(work, chosen, by, begin, end, unit) if chosen else None
    return page(
        request, work, "measurement.html", found=found, defined=defined, chosen=chosen, by=by, ways=By, unit=unit, since=begin,
        until=end, units=frame.open_units(work), plain=plain,
    )  # fmt: skip
