"""The curriculum over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.directory.rules import UnitClosed
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work
from app.programme.training.rules import CourseRetired
from app.programme.training.wire import Reason

from . import rules, service, wire

router = APIRouter(prefix="/v1/curriculum", route_class=Route, tags=[Tag.PROGRAMME])


@router.get("")
def list_curriculum(
    work: Annotated[Work, allow(Permission.COURSE_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    audience: rules.Audience | None = None,
    course_id: Annotated[str | None, Query(description="The course's id or key.")] = None,
    need: rules.Need | None = None,
    business_unit_id: UUID | None = None,
    retired: bool | None = None,
) -> Listing[wire.CurriculumEntry]:
    """List what people should learn, by whom it is for."""
    filters = {"audience": audience, "need": need, "business_unit_id": business_unit_id, "retired": retired}
    shown, cursor = page.cut(service.entries(work, page, course_id, filters))
    return Listing[wire.CurriculumEntry](
        items=[wire.CurriculumEntry.model_validate(one) for one in shown], next_cursor=cursor
    )


@router.get("/{id}", response_model=wire.CurriculumEntry, responses=responses(NotFound))
def get_curriculum_entry(id: UUID, work: Annotated[Work, allow(Permission.COURSE_READ)]) -> rules.Entry:
    """One entry of the curriculum."""
    return service.entry(work, id)


@router.post(
    "",
    status_code=201,
    response_model=wire.CurriculumEntry,
    responses=responses(rules.EntryExists, CourseRetired, UnitClosed, NotFound, Invalid),
)
def add_to_curriculum(
    body: wire.NewCurriculumEntry, work: Annotated[Work, allow(Permission.COURSE_WRITE)]
) -> rules.Entry:
    """Say that some people should learn a course. No right pauses for want of it: for that a policy requires it."""
    return service.add(work, body.audience, body.course_id, body.need, body.business_unit_id)


@router.post(
    "/{id}/retire",
    response_model=wire.CurriculumEntry,
    responses=responses(NotFound, rules.EntryRetired, PreconditionFailed),
)
def retire_curriculum_entry(
    id: UUID, body: Reason, work: Annotated[Work, allow(Permission.COURSE_WRITE)]
) -> rules.Entry:
    """Ask it of nobody any more; the entry stays as history."""
    return service.retire(work, id, body.reason)
