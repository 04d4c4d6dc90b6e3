"""The five models as pictures, which is in force where, and what another would change."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.console.drawing.rules import PICTURES
from app.console.frame.api import Blank, Form, router
from app.console.frame.rules import Told
from app.console.frame.wire import FORM, go, page
from app.governance.models.rules import MODELS, ModelKey, Right
from app.governance.switching import service as switching
from app.governance.switching.service import Choice
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.text import Prose
from app.kernel.work import Work

from . import service

parts = router()
Id = Annotated[UUID | None, Blank]


class Switch(Form):
    """A model is chosen, for the enterprise or a unit, from this moment on."""

    model: ModelKey
    unit: Id = None
    platform: Id = None
    reason: Prose


@parts.get("/models")
def models(request: Request, work: Annotated[Work, allow(Permission.GOVERNANCE_READ)]) -> Response:
    """The five models, and the one in force in each unit."""
    return page(
        request,
        work,
        "models.html",
        found=service.overview(work),
        models=MODELS.values(),
        pictures=PICTURES,
        rights=Right,
    )


@parts.get("/models/preview")
def preview(
    request: Request,
    work: Annotated[Work, allow(Permission.GOVERNANCE_SWITCH)],
    model: ModelKey,
    unit: Annotated[Id, Query()] = None,
    platform: Annotated[Id, Query()] = None,
) -> Response:
    """What a switch would change, changing nothing."""
    found = service.foresee(work, model, unit, platform)
    return page(request, work, "preview.html", found=found, models=MODELS, pictures=PICTURES)


@parts.post("/models")
def switch(form: Annotated[Switch, FORM], work: Annotated[Work, allow(Permission.GOVERNANCE_SWITCH)]) -> Response:
    """Choose a model. What is pending is routed anew; grants stay."""
    switching.switch(work, Choice(form.model, form.reason, form.unit, None, form.platform))
    return go("/console/models", Told.SWITCHED)
