"""The console's first page."""

from typing import Annotated

from fastapi import Request, Response

from app.accounts.rules import AccountState
from app.console.drawing import rules as drawing
from app.console.frame.api import router
from app.console.frame.wire import page
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.work import Work

from . import service

parts = router()
_S = AccountState
DRAWN = (_S.ACTIVE, _S.SUSPENDED, _S.APPROVED, _S.PROPOSED, _S.DECOMMISSIONING, _S.ARCHIVED)
"""The states that the chart shows, in its order."""


@parts.get("")
def overview(request: Request, work: Annotated[Work, allow(Permission.ME_READ)]) -> Response:
    """How things stand, and what waits for you."""
    found = service.overview(work)
    rows = {name: {state.value: number for state, number in row.items()} for name, row in found.accounts.items()}
    states = [state.value for state in DRAWN]
    totals = {state: sum(row.get(state, 0) for row in rows.values()) for state in states}
    return page(
        request, work, "overview.html", found=found, states=states, totals=totals,
        flags=drawing.bars({flag.value: {"flag": number} for flag, number in found.flags.items()}, ["flag"]),
        chart=[one for one in drawing.bars(rows, states) if one.total],
    )  # fmt: skip
