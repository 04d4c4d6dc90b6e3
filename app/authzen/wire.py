"""AuthZEN 1.0 shapes. The standard stands here: unknown members are ignored."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictStr

from app.governance.evaluation.rules import Decision
from app.governance.routing.wire import Reason, reasons
from app.kernel.wire import Instant, Out


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")


def _absent(value: object) -> bool:
    return value is None


class Subject(_Shape):
    """Who: an employee, by our id, HR's employee id, the work e-mail or the user name."""

    type: StrictStr
    id: StrictStr


class Action(_Shape):
    """What: draft, publish, engage, analyze or administer."""

    name: StrictStr


class Resource(_Shape):
    """On what: an account, by our id or `network:handle`."""

    type: StrictStr
    id: StrictStr


class Evaluation(_Shape):
    """May this subject take this action on this resource, now?"""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "subject": {"type": "employee", "id": "liaison@demo.example"},
                    "action": {"name": "publish"},
                    "resource": {"type": "account", "id": "x:alder_nordics"},
                }
            ]
        },
    )

    subject: Subject
    action: Action
    resource: Resource
    context: dict[str, Any] | None = None


class AccessRequest(Out):
    """That a refusal can be cured: where to ask, what to say beyond the evaluation, and until when."""

    endpoint: str
    expires_at: Instant
    request_schema_url: str


class Approval(Out):
    """An approval, by the id of the grant that came of it. It lasts no longer than ``approved_until``, and may end before."""

    id: str
    approved_at: Annotated[Instant | None, Field(exclude_if=_absent)] = None
    approved_until: Instant


class Context(BaseModel):
    """Why. ``advice`` refuses nothing; ``revision``: the newest write that the answer knows of.

    What follows is said where it applies: how a refusal can be cured, and what came of an approval that was named.
    """

    reasons: list[Reason]
    advice: list[Reason]
    grant_id: str | None
    model: str | None
    revision: str
    evaluation_id: Annotated[str | None, Field(exclude_if=_absent)] = None
    evaluated_at: Annotated[Instant | None, Field(exclude_if=_absent)] = None
    reason: Annotated[str | None, Field(exclude_if=_absent)] = None
    access_request: Annotated[AccessRequest | None, Field(exclude_if=_absent)] = None
    approval: Annotated[Approval | None, Field(exclude_if=_absent)] = None
    next_action: Annotated[str | None, Field(exclude_if=_absent)] = None
    retry_after: Annotated[int | None, Field(exclude_if=_absent)] = None


class Answer(BaseModel):
    """The decision, and its context."""

    decision: bool
    context: Context


NO_APPROVAL = UUID(int=0)
"""What is no id of ours stands for: no grant has it, so that it refuses."""


def approval_of(context: Mapping[str, Any]) -> UUID | None:
    """The approval that a question names, by id; None where it names none. What cannot be read is no approval of ours."""
    said = context.get("approval")
    if said is None:
        return None
    id_ = said.get("id") if isinstance(said, dict) else None
    try:
        return UUID(id_) if isinstance(id_, str) else NO_APPROVAL
    except ValueError:
        return NO_APPROVAL


def answer(decision: Decision, revision: int, profile: Mapping[str, Any] = MappingProxyType({})) -> Answer:
    """A decision in the standard's shape; ``profile``: what the Access Request and Approval Profile adds to its context."""
    return Answer(
        decision=decision.permitted,
        context=Context(
            reasons=reasons(decision.reasons),
            advice=reasons(decision.advice),
            grant_id=str(decision.grant_id) if decision.grant_id else None,
            model=decision.model,
            revision=str(revision),
            **profile,
        ),
    )
