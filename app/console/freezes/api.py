"""Freezes: set and lifted, before everything else that is asked for."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field

from app.console.frame.api import Blank, Form, router
from app.console.frame.rules import Told
from app.console.frame.wire import FORM, go, page
from app.governance.freezes import service as freezes
from app.governance.freezes.rules import FreezeKind, Severity
from app.governance.freezes.service import Stop
from app.kernel.access import allow, allow_urgent
from app.kernel.actor import Permission
from app.kernel.errors import Invalid
from app.kernel.pages import Page, paging
from app.kernel.text import Prose
from app.kernel.work import Work

from . import service

parts = router()
LIST = "/console/freezes"


class NewFreeze(Form):
    """What is to stop: ``target`` is a kind of scope, with a colon and the id or key unless it is everything."""

    target: Annotated[str, Field(max_length=300)]
    severity: Severity
    reason: Prose
    hours: Annotated[int | None, Blank, Field(ge=1, le=720)] = None


class Lifting(Form):
    """Posting may go on."""

    reason: Prose


@parts.get("/freezes")
def list_freezes(
    request: Request,
    work: Annotated[Work, allow(Permission.FREEZE_READ)],
    asked: Annotated[Page, paging("id", default="-id")],
) -> Response:
    """What stops posting now, and what did; and the button."""
    return page(request, work, "freezes.html", found=service.overview(work, asked), severities=Severity)


@parts.post("/freezes")
def freeze(form: Annotated[NewFreeze, FORM], work: Annotated[Work, allow_urgent(Permission.FREEZE_SET)]) -> Response:
    """Stop all posting somewhere; it holds in the decision after this."""
    kind, id_ = _target(form.target)
    until = work.now + timedelta(hours=form.hours) if form.hours else None
    freezes.freeze(work, Stop(kind, id_, form.severity, form.reason, until, frozenset()))
    return go(LIST, Told.FROZEN)


def _target(text: str) -> tuple[FreezeKind, str | None]:
    kind, _, id_ = text.partition(":")
    if kind not in set(FreezeKind):
        raise Invalid.field("/target", "unknown_scope", "Choose what is to be frozen.")
    return FreezeKind(kind), id_ or None


@parts.post("/freezes/{id}/lift")
def lift(
    id: UUID, form: Annotated[Lifting, FORM], work: Annotated[Work, allow_urgent(Permission.FREEZE_LIFT)]
) -> Response:
    """Let posting go on; whatever else refuses it goes on refusing."""
    freezes.lift(work, id, form.reason)
    return go(LIST, Told.LIFTED)
