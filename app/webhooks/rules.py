"""What a webhook is, and what a delivery of an event to it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from app.kernel import outbound
from app.kernel.actor import Actor, ActorKind, Permission, Place
from app.kernel.errors import Conflict, Invalid
from app.kernel.outbound import Outside, Resolve

from .events.rules import CHECKPOINT, Kind, Whereabouts, Width, kind_of, wanted

MOST_OF_ONE_OWNER: Final = 20
OVERLAP: Final = timedelta(hours=24)
"""How long after a rotation messages are signed by the secret before, too."""
KEPT_FOR: Final = timedelta(days=30)
"""How long a delivery is listed after it has ended."""


class WebhookState(StrEnum):
    """``disabled``: nothing is read for it and nothing sent, until somebody makes it active again."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DeliveryState(StrEnum):
    """Where a delivery stands. ``failed``: it was tried as often as it is; ``dropped``: it was not to be told any more."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


class TooManyWebhooks(Conflict):
    """Each webhook costs a look at every event: one owner has a few, not many."""

    code = "too_many_webhooks"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Somebody who is told of events. ``secret``, ``previous_secret``: as they are kept, sealed."""

    id: UUID
    name: str
    url: str
    events: tuple[str, ...]
    business_unit_id: UUID | None
    owner_kind: str
    owner_id: UUID
    state: WebhookState
    disabled_reason: str | None
    secret: str = field(repr=False)
    previous_secret: str | None = field(repr=False)
    previous_until: datetime | None
    next_seq: int
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def owner(self) -> tuple[str, UUID]:
        """Whose powers decide what it is told: what kind of actor they are, and their id."""
        return self.owner_kind, self.owner_id

    def held(self, at: datetime) -> tuple[str, ...]:
        """The secrets that sign at an instant, as they are kept: the newest, and for a while the one before."""
        if self.previous_secret is None or self.previous_until is None or self.previous_until <= at:
            return (self.secret,)
        return self.secret, self.previous_secret


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event that one webhook is told of."""

    id: UUID
    webhook_id: UUID
    seq: int
    type: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    claimed_until: datetime | None
    last_status: int | None
    last_error: str | None
    delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def message_id(self) -> str:
        """The message's name: the same at every attempt, and when it is delivered again."""
        mark = "c" if self.type == CHECKPOINT else ""  # beside the event of the same number
        return f"msg_{self.webhook_id.hex}_{mark}{self.seq}"


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom it may call, and the key that secrets are kept by. ``look_up``: how names become addresses."""

    outside: Outside
    key: bytes = field(repr=False)
    look_up: Resolve = outbound.resolve


def may_hear(owner: Actor, kind: Kind, *, of_unit: bool) -> bool:
    """May a webhook of this owner, ``of_unit`` or of the enterprise, be told of a kind of events at all?"""
    if kind.width is Width.ENTERPRISE and of_unit:
        return False
    return kind.needs is None or owner.may(kind.needs, Place())


def told(webhook: Webhook, owner: Actor, type_: str, where: Whereabouts) -> bool:
    """Is the webhook told of an event of this type that stands there, as its owner's powers are?"""
    kind, unit = kind_of(type_), webhook.business_unit_id
    if not wanted(webhook.events, type_) or not may_hear(owner, kind, of_unit=unit is not None):
        return False
    return unit is None or kind.width is Width.OPEN or where.within(unit)


def manages(actor: Actor, owner: tuple[str, UUID], path: tuple[UUID, ...]) -> bool:
    """May the actor see and change a webhook of this owner over this unit (its path; empty: the enterprise)?

    A service client has its own and nobody else's.
    """
    if actor.kind is ActorKind.CLIENT:
        return actor.holds(Permission.WEBHOOK_MANAGE) and (actor.kind, actor.id) == owner
    return actor.may(Permission.WEBHOOK_MANAGE, Place(path))


def check_start(from_seq: int, newest: int) -> None:
    """One may go back to any event, or ahead to the next that comes. Raises ``Invalid``."""
    if not 1 <= from_seq <= newest + 1:
        text = f"The events are numbered from 1; the next will have the number {newest + 1}."
        raise Invalid.field("/from_seq", "out_of_range", text)


def as_told(webhook: Webhook) -> dict[str, Any]:
    """A webhook as the audit log tells it: never its secret, and of its address, which may hold one, the host."""
    names = ("name", "events", "business_unit_id", "owner_kind", "owner_id", "state", "disabled_reason")
    return {"host": urlsplit(webhook.url).netloc, **{name: getattr(webhook, name) for name in names}}
