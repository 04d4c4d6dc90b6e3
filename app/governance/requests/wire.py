"""Rights requests as they are written on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from app.accounts.wire import AccountRef
from app.governance.grants import wire as grant_wire
from app.governance.models.rules import ModelKey, Right
from app.governance.routing import wire as routing_wire
from app.governance.routing.rules import RequestState
from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out

from .service import Shown


def _distinct(rights: list[Right]) -> list[Right]:
    if len(set(rights)) != len(rights):
        raise ValueError("names a right twice")
    return rights


Rights = Annotated[list[Right], Field(min_length=1, max_length=5, examples=[["publish"]]), AfterValidator(_distinct)]


class NewRequest(In):
    """Which rights on which account, why, for whom (the caller, unless named), until when."""

    account_id: AccountRef
    rights: Rights
    justification: Annotated[Prose, Field(examples=["Customer care in Swedish and Finnish."])]
    beneficiary_id: UUID | None = None
    until: Instant | None = None


class RequestChanges(In):
    """Only the members sent are changed; every decision is reset."""

    rights: Rights | None = None
    justification: Prose | None = None
    until: Instant | None = None


class Renewal(In):
    """Why the right is still needed, and until when."""

    justification: Prose
    until: Instant | None = None


class Nothing(In):
    """Nothing needs to be said."""


class RightsRequest(Out):
    """A request, its route as it stands now, and the grants that came out of it.

    ``notes``: what is not as the model has it. ``advice``: what advisory policy says against it. ``campaign_id``: for
    which campaign it was asked; no right that comes of it begins before ``starts_at``.
    """

    id: UUID
    account_id: UUID
    requester_id: UUID
    beneficiary_id: UUID
    rights: list[Right]
    justification: str | None
    campaign_id: UUID | None
    starts_at: Instant | None
    until: Instant | None
    state: RequestState
    model: ModelKey
    steps: list[routing_wire.Step]
    grants: list[grant_wire.Grant]
    notes: list[str]
    advice: list[routing_wire.Reason]
    policy_versions: list[str]
    expires_at: Instant
    ended_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Preview(Out):
    """What would become of a request: every reason against it, else its route."""

    allowed: bool
    reasons: list[routing_wire.Reason]
    advice: list[routing_wire.Reason]
    model: ModelKey
    steps: list[routing_wire.Step]
    notes: list[str]


_COMPUTED = frozenset({"state", "steps", "grants", "advice"})


def request(shown: Shown, at: datetime) -> RightsRequest:
    """A request as it stands at an instant."""
    one = shown.request
    members: dict[str, Any] = {name: getattr(one, name) for name in RightsRequest.model_fields if name not in _COMPUTED}
    return RightsRequest(
        **members,
        state=shown.state,
        steps=routing_wire.steps(shown.steps),
        grants=[grant_wire.grant(grant, at) for grant in shown.grants],
        advice=routing_wire.reasons(shown.advice),
    )
