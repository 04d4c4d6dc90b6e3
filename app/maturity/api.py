"""Maturity over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import Instant
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/maturity", route_class=Route, tags=[Tag.PROGRAMME])


@router.get("", responses=responses(NotFound, Forbidden, Invalid))
def get_maturity(
    work: Annotated[Work, allow(Permission.MATURITY_READ)],
    business_unit_id: Annotated[
        str | None, Query(description="A unit's id or key; without it, the enterprise.")
    ] = None,
    at: Annotated[
        list[Instant] | None,
        Query(description="Instants that are over, to see the change over time; without any, now."),
    ] = None,
) -> wire.Maturity:
    """The stage of a unit with all below it, or of the enterprise, with its evidence and what would change it."""
    return wire.maturity(*service.assess(work, business_unit_id, at or []))


@router.post(
    "/declarations",
    status_code=201,
    response_model=wire.Declaration,
    responses=responses(NotFound, Forbidden, Invalid),
)
def declare_dialogue(
    body: wire.NewDeclaration, work: Annotated[Work, allow(Permission.MATURITY_DECLARE)]
) -> rules.Declaration:
    """Declare whether there is an open dialogue, which nothing can compute; the latest word counts."""
    return service.declare(work, body.business_unit_id, body.open_dialogue, body.note)
