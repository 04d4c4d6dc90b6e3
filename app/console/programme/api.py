"""The programme: maturity, goals, objectives, strategies; and the strategist's word on a strategy."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from app.console.frame.api import Blank, Form, router
from app.console.frame.rules import Told
from app.console.frame.wire import FORM, go, page
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.text import Prose
from app.kernel.work import Work
from app.programme.strategy import service as strategies
from app.programme.strategy.rules import Verb

from . import service

parts = router()
LIST = "/console/programme"


class Word(Form):
    """A decision about a strategy."""

    decision: Literal["approve", "request_changes"]
    comment: Annotated[Prose | None, Blank] = None


@parts.get("/programme")
def programme(
    request: Request,
    work: Annotated[Work, allow(Permission.STRATEGY_READ)],
    unit: Annotated[UUID | None, Blank, Query()] = None,
) -> Response:
    """How mature social media is, what it is to do, and who has a strategy."""
    return page(request, work, "programme.html", found=service.overview(work, unit))


@parts.get("/programme/strategies/{id}")
def strategy(id: UUID, request: Request, work: Annotated[Work, allow(Permission.STRATEGY_READ)]) -> Response:
    """One version of a unit's strategy."""
    return page(request, work, "strategy.html", found=service.version(work, id))


@parts.post("/programme/strategies/{id}/decisions")
def decide(
    id: UUID, form: Annotated[Word, FORM], work: Annotated[Work, allow(Permission.STRATEGY_APPROVE)]
) -> Response:
    """Approve a strategy, which then holds in place of the version before, or ask for changes."""
    strategies.decide(work, id, Verb(form.decision), form.comment)
    told = Told.APPROVED if form.decision == "approve" else Told.CHANGES_REQUESTED
    return go(f"{LIST}/strategies/{id}", told)
