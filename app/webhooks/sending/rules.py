"""When a message is tried again, and when it is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.webhooks.rules import Delivery, DeliveryState, Webhook

SCHEDULE: Final = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
"""How long to wait after the first attempt, the second, and so on; after one more it is given up."""
JITTER: Final = 0.2
"""By up to so much each wait is longer, so that what failed together does not come back together."""
LONGEST_WAIT: Final = timedelta(hours=24)
"""However long a receiver asks us to wait."""
GIVEN_UP_AFTER: Final = timedelta(days=5)
"""A webhook that has taken nothing for so long is disabled."""
LONGEST_PAUSE: Final = timedelta(seconds=30)
"""How long a receiver that takes nothing is left alone between two attempts, whatever waits for it."""
HASTENED: Final = (2, 3)
"""What has failed so often is due at once when its receiver takes something again: it need not wait for the schedule. What
fails by itself, beside others that are taken, is soon past that.
"""
AT_ONCE, OF_ONE, OF_FAILING = 8, 2, 4
"""How many messages a process sends at the same time: in all, to one webhook, and to all that last failed; of these, each
gets one at a time.
"""
LANE: Final = 20
"""How many messages are taken at a time to be sent one after another, to a webhook that does not fail."""
LANE_SECONDS: Final = 20.0
"""After so long a lane ends with the message that is being sent; what is left in it is given back."""
CLAIM: Final = timedelta(seconds=50)
"""Longer than a lane to the slowest receiver may take, from the taking to the marking; and what a sender that dies had taken
is sent within a minute.
"""
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery as it is sent. ``secrets``: those to sign by, in the clear."""

    delivery: Delivery
    url: str
    body: bytes
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Message({self.delivery.message_id})"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one attempt. ``away``: it was not made, since the webhook is not to be told, and ``ends``: of anything.

    Without a status there was no answer, and ``error`` says why.
    """

    status: int | None = None
    error: str | None = None
    retry_after: int | None = None
    away: bool = False
    ends: bool = False

    @property
    def taken(self) -> bool:
        """Did the receiver take it? A redirection is no such answer, and is not followed."""
        return self.status is not None and 200 <= self.status < 300


def slots(ready: list[tuple[UUID, bool]], busy: dict[UUID, int]) -> dict[UUID, int]:
    """How many messages to take for each webhook: ``ready`` ones with whether they are failing, what they have ``busy``.

    Those that fail never take every place: who hangs does not keep the others waiting.
    """
    failing = {id_ for id_, fails in ready if fails}
    free = AT_ONCE - sum(busy.values())
    spare = OF_FAILING - sum(n for id_, n in busy.items() if id_ in failing)
    found: dict[UUID, int] = {}
    for id_, fails in ready:
        room = min((1 if fails else OF_ONE) - busy.get(id_, 0), free, spare if fails else free)
        if room > 0:
            found[id_] = room
            free -= room
            spare -= room if fails else 0
    return found


def after(one: Delivery, result: Result, now: datetime, jitter: float) -> dict[str, Any]:
    """What is written down of an attempt. ``jitter``: 0 to 1."""
    said = {"last_status": result.status, "last_error": result.error}
    if result.taken:
        return {**said, "state": DeliveryState.DELIVERED, "delivered_at": now}
    if result.away:
        return {**said, "state": DeliveryState.DROPPED}
    if result.status == GONE or one.attempts > len(SCHEDULE):
        return {**said, "state": DeliveryState.FAILED}
    wait = SCHEDULE[one.attempts - 1] * (1 + JITTER * jitter)
    asked = min(timedelta(seconds=result.retry_after or 0), LONGEST_WAIT)
    return {**said, "due_at": now + max(wait, asked)}


def pause(failing: timedelta) -> timedelta:
    """How long to leave a receiver alone that has failed for so long: a tenth of that, so that much that waits for a dead one
    does not keep us busy.
    """
    return min(failing / 10, LONGEST_PAUSE)


def why_ended(webhook: Webhook, result: Result, now: datetime) -> str | None:
    """Why the webhook is disabled after this attempt, if it is."""
    if result.ends:
        return result.error
    if result.status == GONE:
        return "The receiver answered 410: it is gone."
    since = webhook.failing_since
    if not result.taken and since is not None and now - since >= GIVEN_UP_AFTER:
        return "The receiver has taken nothing for 5 days."
    return None
