"""Explanations as they are written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.governance.models.rules import ModelKey
from app.governance.reasons.rules import ReasonCode
from app.governance.routing.wire import Reason, reasons
from app.kernel.wire import Instant, Out

from . import service


class Condition(Out):
    """One thing that the decision rests on, and the fact behind it.

    ``code``: of the reason that it gives where it does not hold. ``advisory``: then it is advice, and refuses nothing.
    """

    code: ReasonCode
    passed: bool
    fact: str
    policy: Annotated[str | None, Field(description="The policy version behind it.", examples=["social-media@1"])]
    advisory: bool


class Explanation(Out):
    """A decision as an evaluation gives it, and every condition behind it.

    Of the conditions that did not pass the advisory ones are the advice, the others the reasons. ``at``: the instant that
    it is of; ``revision``: the newest write that it knows of.
    """

    decision: bool
    reasons: list[Reason]
    advice: list[Reason]
    grant_id: UUID | None
    model: ModelKey | None
    at: Instant
    revision: str
    conditions: list[Condition]


class Publisher(Out):
    """Somebody who may publish, and by which grant, given from when until when."""

    employee_id: UUID
    name: str
    grant_id: UUID
    since: Instant
    until: Instant


def explanation(one: service.Explanation) -> Explanation:
    """An explanation as it is told."""
    decision = one.decision
    return Explanation(
        decision=decision.permitted, reasons=reasons(decision.reasons), advice=reasons(decision.advice),
        grant_id=decision.grant_id, model=ModelKey(decision.model) if decision.model else None, at=one.at,
        revision=str(one.revision), conditions=[Condition.model_validate(each) for each in one.conditions],
    )  # fmt: skip


def publisher(one: service.Publisher) -> Publisher:
    """A publisher as it is told."""
    return Publisher(employee_id=one.employee_id, name=one.name, grant_id=one.id, since=one.since, until=one.until)
