"""Grants as they are written on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.governance.models.rules import ModelKey, Right
from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out

from .rules import End, GrantState
from .rules import Grant as GrantValue


class Why(In):
    """The reason, kept in the audit log."""

    reason: Annotated[Prose, Field(examples=["The campaign is over."])]


class Approver(Out):
    """One link of the chain of approvers."""

    step: str
    decided_by: UUID
    on_behalf_of: UUID | None
    at: Instant


class Grant(Out):
    """One right of one person on one account, and the decision behind it. ``state`` is as of the instant asked for."""

    id: UUID
    employee_id: UUID
    account_id: UUID
    right: Right
    state: GrantState
    request_id: UUID
    valid_from: Instant
    valid_until: Instant
    model: ModelKey
    policy_versions: list[str]
    approvers: list[Approver]
    suspended_since: Instant | None
    suspended_by: UUID | None
    review_due_at: Annotated[
        Instant | None, Field(description="The holder has moved; unless it is resumed by then, the right pauses.")
    ] = None
    review_ends_at: Annotated[
        Instant | None, Field(description="A review of it is under way; unless it is kept by then, the right ends.")
    ] = None
    ended_at: Instant | None
    end: End | None
    end_reason: str | None
    ended_by: UUID | None
    created_at: Instant
    updated_at: Instant


def grant(one: GrantValue, now: datetime, as_of: datetime | None = None) -> Grant:
    """A grant with its state now, or as it was at an instant of the past."""
    members: dict[str, Any] = {name: getattr(one, name) for name in Grant.model_fields if name != "state"}
    state = one.state_at(now) if as_of is None else one.state_as_of(as_of)
    return Grant.model_validate({**members, "state": state}, from_attributes=True)
