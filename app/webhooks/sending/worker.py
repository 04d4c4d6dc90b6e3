"""Sending: events are read in one short transaction, deliveries taken in another, sent outside of any, marked in a third.

Two senders never take the same delivery; what one that dies leaves behind is sent again under the same id when its claim
has run out. A receiver that hangs holds up neither the others nor, for long, itself.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from itertools import zip_longest
from uuid import UUID

import structlog

from app.kernel import clocks, outbound
from app.kernel.access import House, operator_work
from app.kernel.clock import Clock
from app.kernel.errors import DomainError
from app.kernel.outbound import Unreachable
from app.notices.rules import one_line
from app.webhooks.rules import Delivery, Sender
from app.webhooks.secrets.rules import signatures

from . import rules, service
from .rules import Message, Result

LOOK_SECONDS = 1.0
"""How often somebody looks whether there is anything; while something is being sent, too."""
BUDGET_SECONDS = 120
"""After so long nothing more is begun; what is left waits for the next look."""
READS_AT_ONCE = 20
_log = structlog.get_logger(__name__)


def deliver(sender: Sender, parts: House, stopping: Callable[[], bool] = lambda: False) -> int:
    """Read on and send what is due, until nothing is or the time is over; answers how many messages were taken."""
    with operator_work(parts, write=False) as work:
        sealed = service.waiting_for_checkpoint(work)
        if not sealed and not service.anything(work):
            return 0
    if sealed:
        with operator_work(parts) as work:
            service.tell_checkpoint(work)
    ends = time.monotonic() + BUDGET_SECONDS
    with ThreadPoolExecutor(rules.AT_ONCE) as pool:
        return _Round(sender, parts, pool).run(lambda: stopping() or time.monotonic() > ends)


class _Round:
    """One round of sending, with the lanes that are under way."""

    def __init__(self, sender: Sender, parts: House, pool: ThreadPoolExecutor) -> None:
        self._sender, self._parts, self._pool = sender, parts, pool
        self._under_way: dict[Future[list[Result]], list[Message]] = {}
        self._served: list[UUID] = []

    def run(self, over: Callable[[], bool]) -> int:
        """Send until nothing is due and nothing under way; answers how many were taken."""
        taken = 0
        while True:
            begun = not over() and self._begin()
            if not begun and not self._under_way:
                return taken
            done, _ = wait(self._under_way, LOOK_SECONDS, FIRST_COMPLETED)
            results = [pair for one in done for pair in _pairs(self._under_way.pop(one), one.result())]
            self._settle(results)
            taken += sum(result is not None and result.taken for _, result in results)

    def _begin(self) -> bool:
        """Read on, and begin to send what there is room for; was there anything?"""
        read = read_all(self._parts)
        lanes = self._take()
        if not lanes:
            return read
        with operator_work(self._parts, write=False) as work:
            made = service.messages(work, self._sender, [one for lane in lanes for one in lane])
            clock = clocks.shared(work.session, self._parts.clock)  # a receiver refuses what is signed at another time
        self._settle([(one, what) for one, what in made if isinstance(what, Result)])
        letters = {one.id: what for one, what in made if isinstance(what, Message)}
        for lane in lanes:
            if to_send := [letters[one.id] for one in lane if one.id in letters]:
                self._under_way[self._pool.submit(send_all, self._sender, clock, to_send)] = to_send
        return True

    def _take(self) -> Sequence[list[Delivery]]:
        busy = Counter(lane[0].delivery.webhook_id for lane in self._under_way.values())
        if busy.total() >= rules.AT_ONCE:
            return ()
        with operator_work(self._parts) as work:
            lanes = service.take(work, busy, self._served)
        now = list(dict.fromkeys(lane[0].webhook_id for lane in lanes))
        self._served = [one for one in self._served if one not in now] + now
        return lanes

    def _settle(self, done: Sequence[tuple[Delivery, Result | None]]) -> None:
        if not done:
            return
        with operator_work(self._parts) as work:
            service.settle(work, [(one, result, secrets.randbelow(1001) / 1000) for one, result in done])


def _pairs(lane: Sequence[Message], results: Sequence[Result]) -> list[tuple[Delivery, Result | None]]:
    """Each delivery of a lane with what came of it; None for those that were not tried."""
    return [(one.delivery, result) for one, result in zip_longest(lane, results)]


def read_all(parts: House) -> bool:
    """Let the webhooks that are behind read on, though not for ever; was there any?"""
    for n in range(READS_AT_ONCE):
        with operator_work(parts) as work:
            if not service.read_on(work):
                return n > 0
    return True


def send_all(sender: Sender, clock: Clock, lane: Sequence[Message]) -> list[Result]:
    """Send messages one after another, until one is not taken or the time is over; answers what came of as many."""
    ends, results = time.monotonic() + rules.LANE_SECONDS, list[Result]()
    for one in lane:
        results.append(send(sender, clock(), one))
        if not results[-1].taken or time.monotonic() > ends:
            break
    return results


def send(sender: Sender, now: datetime, message: Message) -> Result:
    """Send one message, and answer what came of it."""
    one, at = message.delivery, int(now.timestamp())
    headers = {
        "Content-Type": "application/json", "webhook-id": one.message_id, "webhook-timestamp": str(at),
        "webhook-signature": signatures(message.secrets, one.message_id, at, message.body),
    }  # fmt: skip
    try:
        to = outbound.target(message.url, sender.outside)
        answer = outbound.post(to, message.body, headers, look_up=sender.look_up)
    except (DomainError, Unreachable) as error:
        said = one_line(str(error), 300)
        _log.warning("webhook_failed", message=one.message_id, error=said)
        return Result(error=said)
    error_said = None if answer.taken else f"The receiver answered {answer.status}."
    return Result(answer.status, error_said, answer.retry_after)
