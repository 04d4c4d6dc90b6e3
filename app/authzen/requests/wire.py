"""The shapes of the profile. The standard stands here: unknown members are ignored, absent ones left out."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictStr, model_validator

from app.authzen.denials.rules import Asked, Offer, follow_up
from app.authzen.wire import AccessRequest, Action, Approval, Resource, Subject
from app.governance.evaluation.rules import Decision
from app.kernel.text import Line, Prose
from app.kernel.wire import Instant, Out

from .rules import Callback as CallbackValue
from .rules import TaskStatus, View, told
from .service import Submission as SubmissionValue
from .service import Wanted

MOST_ITEMS = 50


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")


class End(StrEnum):
    """The ends of a task, as a callback may name them."""

    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"
    PARTIAL = "partial"


class Why(_Shape):
    """Said beside the context of the evaluation."""

    justification: Annotated[Prose, Field(examples=["Customer care in Swedish and Finnish."])]


class RequestedAccess(_Shape):
    """Until when it is wanted; without it, for as long as is usual."""

    requested_until: Instant | None = None


class Denial(_Shape):
    """The refusal that the request is to cure: `evaluation_id` as it was given."""

    evaluation_id: StrictStr | None = None


class Callback(_Shape):
    """Where to tell of the end of the task; `state` is told back, `events` are the ends to be told (unsaid: every one)."""

    endpoint: Annotated[StrictStr, Field(max_length=2000)]
    state: Annotated[StrictStr, Field(max_length=2000)] | None = None
    events: Annotated[list[End], Field(max_length=6)] | None = None


class Item(_Shape):
    """One pair of several."""

    resource: Resource
    action: Action
    requested_access: RequestedAccess | None = None
    denial: Denial | None = None


class Submission(_Shape):
    """Who is to be allowed what on which account, why, and until when; or `items`: several pairs at once."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "subject": {"type": "employee", "id": "liaison@demo.example"},
                    "action": {"name": "publish"},
                    "resource": {"type": "account", "id": "x:alder_nordics"},
                    "context": {"justification": "Customer care in Swedish and Finnish."},
                }
            ]
        },
    )

    subject: Subject
    action: Action | None = None
    resource: Resource | None = None
    items: Annotated[list[Item], Field(min_length=1, max_length=MOST_ITEMS)] | None = None
    context: Why
    requested_access: RequestedAccess | None = None
    denial: Denial | None = None
    callback: Callback | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Submission":
        single = self.action is not None and self.resource is not None
        neither = self.action is None and self.resource is None
        if not (single if self.items is None else neither):
            raise ValueError("takes either `action` and `resource`, or `items`")
        return self


class Cancellation(_Shape):
    """Why the task is taken back, for the record."""

    comment: Line | None = None


class Progress(Out):
    """How far along the route; `awaiting`: ids of those whose word, or change, it waits for."""

    current_step: int
    total_steps: int
    step_name: str
    awaiting: list[str]


class Result(Out):
    """What to do with an approval: evaluate again, with `approval` in the context."""

    mode: str
    approval: Approval


class TaskItem(Out):
    """Where one pair of several stands."""

    resource: Resource
    action: Action
    status: TaskStatus
    result: Result | None = None


class Task(Out):
    """An access request on its way. `items`: where each pair stands, if several were asked for."""

    id: str
    status: TaskStatus
    status_endpoint: str
    progress: Progress | None = None
    expires_at: Instant | None = None
    links: dict[str, str]
    items: list[TaskItem] | None = None


class Answer(Out):
    """A task, and what came of it once it is approved."""

    task: Task
    result: Result | None = None


def answer(view: View, public_url: str) -> Answer:
    """A task in the profile's shape."""
    return Answer.model_validate(told(view, public_url))


def submission(body: Submission) -> SubmissionValue:
    """An access request as a value."""
    alone = {"resource": body.resource, "action": body.action}
    items = body.items if body.items is not None else [Item.model_validate(alone)]
    return SubmissionValue(
        subject_type=body.subject.type,
        subject=body.subject.id,
        wanted=tuple(_wanted(body, one, alone=len(items) == 1) for one in items),
        justification=body.context.justification,
        bundled=body.items is not None,
        callback=_callback(body.callback) if body.callback else None,
    )


def _wanted(body: Submission, one: Item, *, alone: bool) -> Wanted:
    """One pair. What is said of all holds where it says nothing itself; but one refusal never speaks for several pairs."""
    until = next(
        (
            said.requested_until
            for said in (one.requested_access, body.requested_access)
            if said and said.requested_until
        ),
        None,
    )
    denial = one.denial or body.denial
    covers = denial is not None and (alone or denial is one.denial)
    return Wanted(
        asked=Asked(body.subject.type, body.subject.id, one.action.name, one.resource.type, one.resource.id),
        until=until,
        bound=denial is not None,
        evaluation_id=denial.evaluation_id if denial is not None and covers else None,
    )


def _callback(said: Callback) -> CallbackValue:
    return CallbackValue(said.endpoint, said.state, tuple(TaskStatus(one.value) for one in said.events or ()))


def context(decision: Decision, offered: Offer | None, approval: UUID | None, at: datetime) -> dict[str, Any]:
    """What the profile adds to the context of an answer. ``approval``: the one that the question named."""
    said: dict[str, Any] = {}
    if offered is not None:
        said |= {
            "evaluation_id": offered.evaluation_id, "evaluated_at": offered.evaluated_at, "reason": offered.reason,
            "access_request": AccessRequest(
                endpoint=offered.endpoint, expires_at=offered.expires_at, request_schema_url=offered.schema_url
            ),
        }  # fmt: skip
    if approval is not None and not decision.permitted:
        follow = follow_up(decision, offered, at)
        said |= {"reason": follow.reason, "next_action": follow.next_action.value, "retry_after": follow.retry_after}
    if approval is not None and decision.until is not None:
        said["approval"] = Approval(id=str(approval), approved_until=decision.until)
    return said


def schema() -> dict[str, Any]:
    """What an access request has to say beyond the evaluation, as a JSON Schema (draft 2020-12)."""
    until: dict[str, Any] = {"type": "string", "format": "date-time"}
    why = {"type": "string", "minLength": 1, "maxLength": 4000, "description": "Why this person needs it."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What an access request adds to the evaluation that was refused",
        "type": "object",
        "required": ["context"],
        "properties": {
            "context": {"type": "object", "required": ["justification"], "properties": {"justification": why}},
            "requested_access": {"type": "object", "properties": {"requested_until": until}},
        },
    }
