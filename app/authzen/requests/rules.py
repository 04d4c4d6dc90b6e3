"""A rights request in the words of the AuthZEN Access Request and Approval Profile (Draft 1): a task.

A task is one rights request, or where it was asked as a list several of them; it holds nothing of their state itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from app.authzen.denials.rules import FAMILY, REQUESTS
from app.governance.models.rules import Right
from app.governance.routing.rules import RequestState
from app.kernel.errors import Conflict, NotFound
from app.kernel.wire import format_instant

MODE: Final = "reevaluate"
CALL_TYPE: Final = "access-request-callback+jwt"
"""The ``typ`` of the token that a callback comes with: nothing else we sign has it, nor does an access token."""
CALL_LASTS: Final = timedelta(minutes=5)


class UnknownTask(NotFound):
    code = "unknown_task"
    title = "There is no such task, or it is not yours to see"
    family = FAMILY


class InvalidTaskState(Conflict):
    code = "invalid_task_state"
    title = "The task has ended, and changes no more"
    family = FAMILY


class DuplicateRequest(Conflict):
    code = "duplicate_request"
    title = "This Idempotency-Key was used for another access request"
    family = FAMILY


class TaskStatus(StrEnum):
    """Where a task, or an item of one, stands: ``pending`` or ended for good. ``partial``: its items ended differently."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"
    PARTIAL = "partial"


STATUS: Mapping[RequestState, TaskStatus] = MappingProxyType(
    {
        RequestState.PENDING: TaskStatus.PENDING,
        RequestState.CHANGES_REQUESTED: TaskStatus.PENDING,  # it waits for its requester
        RequestState.GRANTED: TaskStatus.APPROVED,
        RequestState.DENIED: TaskStatus.DENIED,
        RequestState.EXPIRED: TaskStatus.EXPIRED,
        RequestState.WITHDRAWN: TaskStatus.CANCELLED,
    }
)


@dataclass(frozen=True, slots=True)
class Callback:
    """Whom to tell of the end of a task, and which ends (none named: any). ``state``: their own words, told back."""

    url: str
    state: str | None = None
    events: tuple[TaskStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One pair of a task: the right, the account as it was named, and the request that asks for it."""

    request_id: UUID
    right: Right
    resource: str
    evaluation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What was asked. ``bundled``: as a list of items. ``attempts``, ``claimed_until``: of telling of its end."""

    id: UUID
    items: tuple[Item, ...]
    bundled: bool = False
    callback: Callback | None = None
    attempts: int = 0
    claimed_until: datetime | None = None

    @property
    def request_ids(self) -> tuple[UUID, ...]:
        """Its rights requests, each once."""
        return tuple(dict.fromkeys(one.request_id for one in self.items))


@dataclass(frozen=True, slots=True)
class Approval:
    """What came of an item that was approved: the grant, by its id, and how long it lasts at the most."""

    id: UUID
    approved_at: datetime
    approved_until: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an item stands."""

    item: Item
    status: TaskStatus
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far along its route a task is; ``awaiting``: ids of the people whose word, or change, it waits for."""

    current_step: int
    total_steps: int
    step_name: str
    awaiting: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class View:
    """A task as it stands at an instant; ``expires_at``: until when it may still be decided, where it may."""

    task: Task
    outcomes: tuple[Outcome, ...]
    progress: Progress | None
    expires_at: datetime | None

    @property
    def status(self) -> TaskStatus:
        """Of all its items together."""
        return together([one.status for one in self.outcomes])


def together(statuses: Sequence[TaskStatus]) -> TaskStatus:
    """The status of a task of items with these: pending while one is, ``partial`` where they ended differently."""
    if TaskStatus.PENDING in statuses:
        return TaskStatus.PENDING
    return statuses[0] if len(set(statuses)) == 1 else TaskStatus.PARTIAL


def outcome(item: Item, state: RequestState, approvals: Mapping[Right, Approval]) -> Outcome:
    """Where an item stands, whose request is in this state and led to these approvals.

    A right that the requester took out of their request was not decided about: it is as if they had taken it back.
    """
    status = STATUS[state]
    if status is not TaskStatus.APPROVED:
        return Outcome(item, status)
    approval = approvals.get(item.right)
    return Outcome(item, status, approval) if approval else Outcome(item, TaskStatus.CANCELLED)


def wanted(callback: Callback, status: TaskStatus) -> bool:
    """Is such an end to be told?"""
    return not callback.events or status in callback.events


def told(view: View, public_url: str) -> dict[str, Any]:
    """A task as plain members of a document: ``task``, and ``result`` where one item alone was approved."""
    task = view.task
    place = f"{public_url}{REQUESTS}/{task.id}"
    links = {"cancel": f"{place}/cancel"}
    if len(task.request_ids) == 1:
        links["ticket"] = f"{public_url}/v1/rights-requests/{task.request_ids[0]}"
    members: dict[str, Any] = {
        "id": str(task.id), "status": view.status.value, "status_endpoint": place, "links": links,
        **({"progress": _progress(view.progress)} if view.progress else {}),
        **({"expires_at": format_instant(view.expires_at)} if view.expires_at else {}),
        **({"items": [_item(one) for one in view.outcomes]} if task.bundled else {}),
    }  # fmt: skip
    if task.bundled:
        return {"task": members}
    return {"task": members, **_result(view.outcomes[0])}


def _progress(one: Progress) -> dict[str, Any]:
    return {
        "current_step": one.current_step,
        "total_steps": one.total_steps,
        "step_name": one.step_name,
        "awaiting": [str(id_) for id_ in one.awaiting],
    }


def _item(one: Outcome) -> dict[str, Any]:
    resource = {"type": "account", "id": one.item.resource}
    return {
        "resource": resource, "action": {"name": one.item.right.value}, "status": one.status.value, **_result(one)
    }  # fmt: skip


def _result(one: Outcome) -> dict[str, Any]:
    if one.approval is None:
        return {}
    approval = {
        "id": str(one.approval.id),
        "approved_at": format_instant(one.approval.approved_at),
        "approved_until": format_instant(one.approval.approved_until),
    }
    return {"result": {"mode": MODE, "approval": approval}}


def call(view: View, callback: Callback, public_url: str) -> dict[str, Any]:
    """What a callback says: the end as the task's own address tells it, and the words that it was asked with."""
    return {**({"state": callback.state} if callback.state is not None else {}), **told(view, public_url)}
