"""Webhooks as callers send and read them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictInt, StringConstraints

from app.kernel.text import Line
from app.kernel.wire import In, Instant, Out

from . import rules
from .rules import DeliveryState, WebhookState

Url = Annotated[
    str,
    StringConstraints(max_length=2000),
    Field(description="A public https address.", examples=["https://tool.example.com/events"]),
]
Patterns = Annotated[
    list[Annotated[str, StringConstraints(max_length=100)]],
    Field(
        min_length=1,
        max_length=100,
        description="Types (`grant.issued`), kinds (`grant.*`), or `*` for everything that it may be told.",
        examples=[["grant.*", "freeze.set", "freeze.lifted"]],
    ),
]


class NewWebhook(In):
    """Somebody to be told of events; without a unit, of those of the whole enterprise."""

    name: Annotated[Line, Field(examples=["Postwell"])]
    url: Url
    events: Patterns
    business_unit_id: Annotated[
        str | None, Field(description="An id or key: only what stands in this unit or below.", max_length=100)
    ] = None


class WebhookChanges(In):
    """What is to be otherwise; whoever changes a webhook is its owner from then on."""

    name: Annotated[Line, Field(examples=["Postwell"])] | None = None
    url: Url | None = None
    events: Patterns | None = None
    state: WebhookState | None = None


class Owner(Out):
    """Whose powers decide what is told: an employee, or a service client."""

    kind: str
    id: UUID


class Webhook(Out):
    """Somebody who is told of events. ``next_seq``: the audit event that is read next."""

    id: UUID
    name: str
    url: str
    events: list[str]
    business_unit_id: UUID | None
    owner: Owner
    state: WebhookState
    disabled_reason: str | None
    previous_secret_until: Annotated[
        Instant | None, Field(description="Until then messages are signed by the secret before the last rotation, too.")
    ]
    next_seq: int
    failing_since: Instant | None
    created_at: Instant
    updated_at: Instant


class WebhookWithSecret(Webhook):
    """A webhook, and the one time its secret is shown."""

    secret: Annotated[str, Field(description="`whsec_` and base64. Repeated under its Idempotency-Key: already shown.")]


class Delivery(Out):
    """One event that a webhook is told of. ``message_id``: its header ``webhook-id``, the same at each attempt."""

    id: UUID
    message_id: str
    seq: int
    type: str
    state: DeliveryState
    attempts: int
    due_at: Annotated[Instant, Field(description="When it is, or was, to be tried.")]
    last_status: int | None
    last_error: str | None
    delivered_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Rotation(In):
    """Nothing needs to be said."""


class Redelivery(In):
    """One of the two: a delivery, or the number of the event to go on from, back or ahead."""

    delivery_id: UUID | None = None
    from_seq: Annotated[StrictInt | None, Field(ge=1, le=2**53, examples=[1])] = None


def webhook(one: rules.Webhook) -> Webhook:
    """As it is answered."""
    return Webhook(**_members(one))


def with_secret(one: rules.Webhook, secret: str) -> WebhookWithSecret:
    """As it is answered when its secret is new."""
    return WebhookWithSecret(**_members(one), secret=secret)


def _members(one: rules.Webhook) -> dict[str, object]:
    names = set(Webhook.model_fields) - {"events", "owner", "previous_secret_until"}
    return {
        **{name: getattr(one, name) for name in names},
        "events": list(one.events),
        "owner": Owner(kind=one.owner_kind, id=one.owner_id),
        "previous_secret_until": one.previous_until,
    }
