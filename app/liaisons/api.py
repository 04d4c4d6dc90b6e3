"""The liaison directory over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.directory.api import UnitRef
from app.governance.models.rules import ModelKey
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import NotFound
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.text import Line
from app.kernel.work import Work

from . import service, wire

router = APIRouter(prefix="/v1/liaisons", route_class=Route, tags=[Tag.EVERYONE])


@router.get("", responses=responses(NotFound))
def list_liaisons(
    work: Annotated[Work, allow(Permission.APPOINTMENT_READ)],
    page: Annotated[Page, paging("key", "name", "id")],
    business_unit_id: Annotated[
        str | None, Query(max_length=200, description="A unit's id or key; all below it is meant, too.")
    ] = None,
    network: Annotated[str | None, Query(max_length=200, description="With accounts in use on this network.")] = None,
    model: Annotated[ModelKey | None, Query(description="The model in force at the unit.")] = None,
    q: Annotated[Line | None, Query(description="Part of the name of the unit, or of one of its liaisons.")] = None,
) -> Listing[wire.Spoke]:
    """Whom to turn to in each open unit: its liaisons, and the community managers who cover it."""
    shown, cursor, known = service.spokes(work, page, service.Asked(business_unit_id, network, model, q))
    return Listing[wire.Spoke](items=[wire.spoke(one, known) for one in shown], next_cursor=cursor)


@router.get("/{id}", responses=responses(NotFound))
def get_liaisons(id: UnitRef, work: Annotated[Work, allow(Permission.APPOINTMENT_READ)]) -> wire.SpokeWithNeighbours:
    """Whom to turn to in one unit, by id or key, and the units with which it has to do."""
    return wire.spoke_with_neighbours(*service.spoke(work, id))
