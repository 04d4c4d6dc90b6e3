"""Routes, decisions and reasons as they are written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.governance.models.rules import StepKind
from app.governance.reasons.rules import Reason as ReasonValue
from app.governance.reasons.rules import ReasonCode, as_members
from app.governance.steps.rules import Standing, StepState, Verdict
from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out
from app.roles.rules import Role


class Word(In):
    """One's word on the open step."""

    decision: Annotated[Verdict, Field(examples=["approve"])]
    comment: Annotated[Prose | None, Field(examples=["Trained and attested."])] = None


class Remedy(Out):
    """What to do about it; ``call``: the request that cures it, where one does; ``until``: when it ends by itself."""

    message: str
    call: str | None
    until: Instant | None = None


class Reason(Out):
    """Why: a stable code, a sentence, the remedy, and the policy version behind it if one is."""

    code: ReasonCode
    message: str
    remedy: Remedy
    policy: str | None = None


class StepDecision(Out):
    """One person's word. ``on_behalf_of``: whose deputy they were."""

    decision: Verdict
    decided_by: UUID
    on_behalf_of: UUID | None
    comment: str | None
    at: Instant


class Eligible(Out):
    """Who may decide a step now, and who may in their stead."""

    employee_id: UUID
    deputy_id: UUID | None


class Step(Out):
    """A step as it stands now. ``note``: why it is not as the model has it."""

    order: int
    kind: StepKind
    role: Role
    eligible: list[Eligible]
    needed: int
    state: StepState
    decisions: list[StepDecision]
    due_at: Instant | None
    note: str | None


def steps(standings: tuple[Standing, ...]) -> list[Step]:
    """The steps of a route, numbered from 1."""
    return [_step(n, one) for n, one in enumerate(standings, 1)]


def _step(n: int, one: Standing) -> Step:
    words = [
        StepDecision(
            decision=word.decision,
            decided_by=word.decided_by,
            on_behalf_of=word.principal_id if word.principal_id != word.decided_by else None,
            comment=word.comment,
            at=word.at,
        )
        for word in one.decisions
    ]
    seats = [Eligible(employee_id=seat.holder_id, deputy_id=seat.deputy_id) for seat in one.seats]
    return Step(
        order=n, kind=one.kind, role=one.role, eligible=seats, needed=one.needed, state=one.state, decisions=words,
        due_at=one.due_at, note=one.note,
    )  # fmt: skip


def reasons(values: tuple[ReasonValue, ...]) -> list[Reason]:
    """Reasons with their remedies."""
    return [Reason.model_validate(one) for one in as_members(values)]
