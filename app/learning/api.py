"""What one still has to learn, and the coverage of units, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, NotFound
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import service, wire

router = APIRouter(prefix="/v1", route_class=Route)


@router.get("/me/learning", tags=[Tag.EVERYONE])
def get_my_learning(work: Annotated[Work, allow(Permission.ME_READ)]) -> wire.Learning:
    """What you should learn, why, and how you stand in it."""
    return wire.learning(service.mine(work))


@router.get("/employees/{id}/learning", tags=[Tag.PROGRAMME], responses=responses(NotFound, Forbidden))
def get_learning(id: UUID, work: Annotated[Work, allow(Permission.COMPLETION_READ)]) -> wire.Learning:
    """What somebody should learn, why, and how they stand in it; for those who may read their completions."""
    return wire.learning(service.learning(work, id))


@router.get("/learning/coverage", tags=[Tag.PROGRAMME], responses=responses(NotFound, Forbidden))
def get_learning_coverage(
    work: Annotated[Work, allow(Permission.REPORT_READ)],
    business_unit_id: Annotated[
        str | None, Query(description="A unit's id or key; without it, the enterprise.")
    ] = None,
    course_id: Annotated[
        str | None, Query(description="The course's id or key; without it, all that is asked.")
    ] = None,
) -> wire.LearningCoverage:
    """How many people of a unit have learnt what is asked of them: its own, and those of each unit directly below it."""
    return wire.coverage(service.coverage(work, business_unit_id, course_id))
