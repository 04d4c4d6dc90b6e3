"""The inventory, and one account."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.accounts import service as accounts
from app.accounts.rules import AccountState, Flag
from app.accounts.wire import AccountRef
from app.console.frame import service as frame
from app.console.frame.api import Blank, Text, Words, bound, router
from app.console.frame.wire import HEADERS, page
from app.governance.freezes.rules import Severity
from app.governance.models.rules import Right
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.pages import Page, paging
from app.kernel.sheets import csv_line
from app.kernel.wire import format_instant
from app.kernel.work import Work
from app.networks import store as networks

from . import service
from .rules import Wanted

parts = router()
LIST = "/console/accounts"
MOST_LINES = 10_000
"""Of a file: as many as a spreadsheet opens at once; whoever wants more asks the API."""
_COLUMNS = (
    "id", "network", "handle", "url", "display_name", "state", "business_unit", "steward", "backup_steward", "risk",
    "last_activity_at", "last_validated_at", "flags",
)  # fmt: skip

State = Annotated[AccountState | None, Blank]
Flagged = Annotated[Flag | None, Blank]
Unit = Annotated[UUID | None, Blank]


@parts.get("/accounts")
def inventory(
    request: Request,
    work: Annotated[Work, allow(Permission.ACCOUNT_READ)],
    asked: Annotated[Page, paging("network")],
    q: Annotated[Words, Query()] = None,
    network: Annotated[Text, Query()] = None,
    unit: Annotated[Unit, Query()] = None,
    state: Annotated[State, Query()] = None,
    flag: Annotated[Flagged, Query()] = None,
) -> Response:
    """Every account, looked through by words, network, unit, state and flag; 50 to a page."""
    wanted = Wanted(q, network, unit, state, flag)
    asked = bound(asked, work, _said(wanted))
    return page(
        request, work, "accounts.html", found=service.search(work, asked, wanted), wanted=wanted, filters=_said(wanted),
        networks=networks.networks(work.session), units=frame.open_units(work), states=AccountState,
        flags=Flag, later=asked.cursor is not None,
    )  # fmt: skip


def _said(wanted: Wanted) -> dict[str, Any]:
    return {
        "q": wanted.words, "network": wanted.network, "unit": wanted.unit_id, "state": wanted.state, "flag": wanted.flag,
    }  # fmt: skip


@parts.get("/accounts.csv")
def inventory_file(
    work: Annotated[Work, allow(Permission.ACCOUNT_READ)],
    q: Annotated[Words, Query()] = None,
    network: Annotated[Text, Query()] = None,
    unit: Annotated[Unit, Query()] = None,
    state: Annotated[State, Query()] = None,
    flag: Annotated[Flagged, Query()] = None,
) -> Response:
    """The same as a file for a spreadsheet; nothing in it runs as a formula."""
    found = service.search(work, Page(limit=MOST_LINES), Wanted(q, network, unit, state, flag))
    text = "".join([csv_line(_COLUMNS), *_lines(found)])
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="accounts.csv"'}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(found: service.Found) -> Iterator[str]:
    for shown in found.shown:
        one = shown.account
        stewards = [found.names.person(id_) if id_ else "" for id_ in (one.steward_id, one.backup_steward_id)]
        flags = " ".join(flagged.flag for flagged in shown.flags)
        yield csv_line(
            [
                str(one.id), one.network, one.handle, one.url, one.display_name or "", one.state,
                found.names.unit(one.business_unit_id), *stewards, one.risk,
                _time(one.last_activity_at), _time(one.last_validated_at), flags,
            ]
        )  # fmt: skip


def _time(at: datetime | None) -> str:
    return format_instant(at) if at else ""


@parts.get("/accounts/{id}")
def account(id: AccountRef, request: Request, work: Annotated[Work, allow(Permission.ACCOUNT_READ)]) -> Response:
    """One account: what it is, who may post on it and by whose decision, what happened to it."""
    found = service.whole(work, accounts.ref(work, id))
    return page(request, work, "account.html", found=found, rights=Right, severities=Severity)
