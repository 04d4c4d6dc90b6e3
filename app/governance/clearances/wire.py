"""Clearances as they are written on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from app.governance.steps.rules import Verdict
from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out

from .rules import Clearance as ClearanceValue
from .rules import ClearanceState

Digest = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 over the post's text and media, in lower-case hex.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]


class NewClearance(In):
    """One post's exact content, to be cleared for one account."""

    account_id: UUID
    content_sha256: Digest
    not_after: Annotated[
        Instant | None, Field(description="Until when it may be posted; 7 days unless told, at most 30.")
    ] = None
    note: Annotated[Prose | None, Field(examples=["The announcement of the spring catalogue."])] = None


class Decided(In):
    """One's word on it."""

    decision: Literal[Verdict.APPROVE, Verdict.DENY]
    comment: Prose | None = None


class Withdrawing(In):
    """Nothing needs to be said to take it back."""


class Redeeming(In):
    """The content that is posted now."""

    content_sha256: Digest


class Clearance(Out):
    """One post's exact content, cleared or to be cleared for one account, once; ``state`` is as of now."""

    id: UUID
    account_id: UUID
    employee_id: Annotated[UUID, Field(description="Who submitted it.")]
    content_sha256: str
    not_after: Instant
    note: str | None
    state: ClearanceState
    decided_by: UUID | None
    decided_at: Instant | None
    comment: str | None
    redeemed_by: Annotated[UUID | None, Field(description="The service client that posted it.")]
    redeemed_at: Instant | None
    created_at: Instant
    updated_at: Instant


def clearance(one: ClearanceValue, now: datetime) -> Clearance:
    """A clearance with its state now."""
    members: dict[str, Any] = {name: getattr(one, name) for name in Clearance.model_fields if name != "state"}
    return Clearance.model_validate({**members, "state": one.state_at(now)})
