"""Courses and their completions over HTTP. Completions in files are for ``imports``."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from app.directory.rules import KeyTaken
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import given
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1", route_class=Route, tags=[Tag.HUB])
CourseRef = Annotated[str, Field(description="The course's id or key.", examples=["social-media-basics"])]
_SAME: dict[int | str, dict[str, Any]] = {
    200: {"model": wire.Completion, "description": "It was recorded before; this is it."}
}


@router.get("/courses")
def list_courses(
    work: Annotated[Work, allow(Permission.COURSE_READ)],
    page: Annotated[Page, paging("id", "key", "created_at")],
    retired: bool | None = None,
) -> Listing[wire.Course]:
    """List courses."""
    shown, cursor = page.cut(service.courses(work, page, retired=retired))
    return Listing[wire.Course](items=[wire.Course.model_validate(one) for one in shown], next_cursor=cursor)


@router.get("/courses/{id}", response_model=wire.Course, responses=responses(NotFound))
def get_course(id: CourseRef, work: Annotated[Work, allow(Permission.COURSE_READ)]) -> rules.Course:
    """One course, by id or key."""
    return service.course(work, id)


@router.post("/courses", status_code=201, response_model=wire.Course, responses=responses(KeyTaken, Invalid))
def create_course(body: wire.NewCourse, work: Annotated[Work, allow(Permission.COURSE_WRITE)]) -> rules.Course:
    """Create a course, for policies to require."""
    return service.create_course(work, body.key, body.title, body.valid_for_days)


@router.patch(
    "/courses/{id}",
    response_model=wire.Course,
    responses=responses(NotFound, rules.CourseRetired, PreconditionFailed, Invalid),
)
def update_course(
    id: CourseRef, body: wire.CourseChanges, work: Annotated[Work, allow(Permission.COURSE_WRITE)]
) -> rules.Course:
    """Rename a course, or have its completions count longer or shorter, those of before too."""
    return service.update_course(work, id, given(body))


@router.post(
    "/courses/{id}/retire",
    response_model=wire.Course,
    responses=responses(NotFound, rules.CourseRetired, PreconditionFailed),
)
def retire_course(
    id: CourseRef, body: wire.Reason, work: Annotated[Work, allow(Permission.COURSE_WRITE)]
) -> rules.Course:
    """Hold a course no more; what was completed counts as before."""
    return service.retire_course(work, id, body.reason)


@router.get("/completions")
def list_completions(
    work: Annotated[Work, allow(Permission.COMPLETION_READ)],
    page: Annotated[Page, paging("id", "completed_at", "created_at")],
    employee_id: UUID | None = None,
    course_id: Annotated[str | None, Query(description="The course's id or key.")] = None,
    revoked: bool | None = None,
) -> Listing[wire.Completion]:
    """List the completions that one may see: one's own, and those of the people in the scope of a role."""
    shown, cursor = page.cut(service.completions(work, page, employee_id, course_id, revoked=revoked))
    return Listing[wire.Completion](items=[wire.Completion.model_validate(one) for one in shown], next_cursor=cursor)


@router.get("/completions/{id}", response_model=wire.Completion, responses=responses(NotFound))
def get_completion(id: UUID, work: Annotated[Work, allow(Permission.COMPLETION_READ)]) -> rules.Completion:
    """One completion."""
    return service.completion(work, id)


@router.post(
    "/completions",
    status_code=201,
    response_model=wire.Completion,
    responses={**_SAME, **responses(rules.CourseRetired, rules.CompletionRevoked, rules.SelfCompletion, Invalid)},
)
def record_completion(
    body: wire.NewCompletion, response: Response, work: Annotated[Work, allow(Permission.COMPLETION_WRITE)]
) -> rules.Completion:
    """Record that somebody else has completed a course; the same said again is answered with what is held."""
    done = service.complete(work, body.employee_id, body.course_id, body.model_dump(include={"completed_at", "source"}))
    response.status_code = 201 if done.new else 200
    return done.completion


@router.post(
    "/completions/{id}/revoke",
    response_model=wire.Completion,
    responses=responses(NotFound, rules.CompletionRevoked, PreconditionFailed),
)
def revoke_completion(
    id: UUID, body: wire.Reason, work: Annotated[Work, allow(Permission.COMPLETION_WRITE)]
) -> rules.Completion:
    """Revoke a completion that was none; the record of it stays."""
    return service.revoke(work, id, body.reason)
