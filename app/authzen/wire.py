"""AuthZEN 1.0 shapes. The standard stands here: unknown members are ignored."""

from typing import Any

from pydantic import BaseModel, ConfigDict, StrictStr

from app.governance.evaluation.rules import Decision
from app.governance.routing.wire import Reason, reasons


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")


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


class Context(BaseModel):
    """Why. ``advice`` refuses nothing; ``revision``: the newest write that the answer knows of."""

    reasons: list[Reason]
    advice: list[Reason]
    grant_id: str | None
    model: str | None
    revision: str


class Answer(BaseModel):
    """The decision, and its context."""

    decision: bool
    context: Context


def answer(decision: Decision, revision: int) -> Answer:
    """A decision in the standard's shape."""
    return Answer(
        decision=decision.permitted,
        context=Context(
            reasons=reasons(decision.reasons),
            advice=reasons(decision.advice),
            grant_id=str(decision.grant_id) if decision.grant_id else None,
            model=decision.model,
            revision=str(revision),
        ),
    )
