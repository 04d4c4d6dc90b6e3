"""Closing and merging business units over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.directory import rules as directory_rules
from app.directory.api import Unit, UnitRef
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import NotFound, PreconditionFailed
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.text import Prose
from app.kernel.wire import In
from app.kernel.work import Work

from . import service

router = APIRouter(prefix="/v1/business-units", route_class=Route, tags=[Tag.ORGANISATION])


class Closing(In):
    """Why the unit closes."""

    reason: Prose


class Merging(In):
    """Into which unit, and why."""

    into_id: UUID
    reason: Prose


@router.post(
    "/{id}/close",
    response_model=Unit,
    responses=responses(NotFound, directory_rules.UnitNotEmpty, directory_rules.UnitClosed, PreconditionFailed),
)
def close_unit(
    id: UnitRef, body: Closing, work: Annotated[Work, allow(Permission.BUSINESS_UNIT_WRITE)]
) -> directory_rules.BusinessUnit:
    """Close a unit in which nothing living is left; what it still holds is listed otherwise."""
    return service.close_unit(work, id, body.reason)


@router.post(
    "/{id}/merge",
    response_model=Unit,
    responses=responses(NotFound, directory_rules.UnitNotEmpty, directory_rules.UnitCycle, PreconditionFailed),
)
def merge_unit(
    id: UnitRef, body: Merging, work: Annotated[Work, allow(Permission.BUSINESS_UNIT_WRITE)]
) -> directory_rules.BusinessUnit:
    """Merge a unit into another: its child units, people, accounts and appointments go along."""
    return service.merge_unit(work, id, body.into_id, body.reason)
