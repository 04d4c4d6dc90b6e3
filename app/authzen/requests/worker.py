"""Telling of the end of tasks: taken in one short transaction, told outside of any, marked in another.

As with mail (``app/notices/worker.py``): two tellers never take the same task, what one that dies leaves behind is told
again when its claim has run out, and a receiver that is slow or dead holds up nobody else for long.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Final

import structlog

from app.kernel import outbound, tokens
from app.kernel.access import House, operator_work
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.kernel.outbound import Answer, Outside, Resolve, Unreachable
from app.kernel.tokens import SigningKey
from app.notices import rules as pauses

from . import rules, service, store
from .rules import Callback, Task

AT_ONCE = 8
"""How many are told at the same time."""
BUDGET_SECONDS = 120
CLAIM: Final = timedelta(minutes=5)
"""Longer than the slowest receiver may take, from the taking to the marking."""
LONGEST_WAIT: Final = timedelta(hours=4)
"""However long a receiver asks us to wait."""
_GONE = 410
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Courier:
    """Whom it may call, in whose name and by which key. ``look_up``: how names become addresses."""

    outside: Outside
    issuer: str
    key: SigningKey
    look_up: Resolve = outbound.resolve


@dataclass(frozen=True, slots=True)
class Call:
    """One task's end, as it is told to one receiver."""

    task: Task
    callback: Callback
    body: bytes


def deliver(courier: Courier, parts: House, stopping: Callable[[], bool] = lambda: False) -> int:
    """Tell of every end that is due, until none is or the time is over; answers how many were told."""
    ends, sent = time.monotonic() + BUDGET_SECONDS, 0
    while not stopping() and time.monotonic() < ends:
        calls = take(courier, parts)
        if not calls:
            break
        with ThreadPoolExecutor(AT_ONCE) as pool:
            results = list(pool.map(partial(_tell, courier, parts.clock()), calls))
        with operator_work(parts) as work:
            for one, values in zip(calls, results, strict=True):
                store.mark(work.session, one.task, _after(one.task, values, work.now))
        sent += sum(values.get("callback_state") == "sent" for values in results)
    return sent


def take(courier: Courier, parts: House) -> list[Call]:
    """Take the calls that are due; an end that was not to be told is put away."""
    calls: list[Call] = []
    with operator_work(parts) as work:
        while not calls:
            taken = store.claim(work.session, work.now, work.now + CLAIM, AT_ONCE)
            if not taken:
                break
            for task in taken:
                view = service.ended(work, task)
                if task.callback is None or not rules.wanted(task.callback, view.status):
                    store.mark(work.session, task, {"callback_state": "dropped"})
                elif task.attempts > pauses.MOST_ATTEMPTS:
                    store.mark(work.session, task, {"callback_state": "failed"})
                else:
                    said = rules.call(view, task.callback, courier.outside.public_url)
                    calls.append(Call(task, task.callback, json.dumps(said).encode()))
    return calls


def _tell(courier: Courier, now: datetime, call: Call) -> Mapping[str, Any]:
    """Call a receiver; answers what becomes of it: no state where it is to be tried again."""
    try:
        to = outbound.target(call.callback.url, courier.outside)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {_proof(courier, now, call)}"}
        answer = outbound.post(to, call.body, headers, look_up=courier.look_up)
    except (DomainError, Unreachable) as error:
        _log.warning("callback_failed", task=str(call.task.id), error=pauses.one_line(str(error), 300))
        return {"last_error": pauses.one_line(str(error), 300)}
    return _heard(answer)


def _heard(answer: Answer) -> Mapping[str, Any]:
    if answer.taken:
        return {"callback_state": "sent", "last_error": None}
    said = {"last_error": f"The receiver answered {answer.status}."}
    if answer.status == _GONE:  # it says itself that it is never to be called again
        return {**said, "callback_state": "failed"}
    return {**said, "retry_after": answer.retry_after}


def _proof(courier: Courier, now: datetime, call: Call) -> str:
    """By what a receiver knows that it is us, and that this is what we said: checked with our published keys."""
    issued = int(now.timestamp())
    claims = {
        "iss": courier.issuer, "aud": call.callback.url, "sub": str(call.task.id), "jti": str(new_id()), "iat": issued,
        "exp": issued + int(rules.CALL_LASTS.total_seconds()), "body_sha256": sha256(call.body).hexdigest(),
    }  # fmt: skip
    return tokens.sign(claims, courier.key, rules.CALL_TYPE)


def _after(task: Task, values: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
    """What is written down of a call: where it is to be tried again, when."""
    kept = {name: value for name, value in values.items() if name != "retry_after"}
    if "callback_state" in kept:
        return kept
    if task.attempts >= pauses.MOST_ATTEMPTS:
        return {**kept, "callback_state": "failed"}
    asked = min(timedelta(seconds=values.get("retry_after") or 0), LONGEST_WAIT)
    return {**kept, "callback_due_at": now + max(asked, pauses.pause(task.attempts, secrets.randbelow(1000) / 1000))}
