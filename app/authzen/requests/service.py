"""Access requests: the second door to rights requests. Each verb is that of ``governance/requests``; here is spelling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from uuid import UUID

from app.accounts import service as accounts
from app.accounts.rules import Account
from app.audit import service as audit
from app.authzen.denials import rules as denials
from app.authzen.denials.rules import Asked, Desk
from app.directory import store as directory
from app.directory.rules import Employee
from app.governance.models.rules import Right
from app.governance.reasons.rules import Reason, ReasonCode, RequestRefused, refuse
from app.governance.requests import service as requests
from app.governance.requests.service import Ask, Shown
from app.governance.routing import store as routing
from app.governance.routing.rules import LIVE, RequestKind, RequestState
from app.governance.steps.rules import Standing, StepState
from app.kernel import outbound
from app.kernel.actor import Permission
from app.kernel.errors import DomainError, FieldError, Forbidden, NotFound
from app.kernel.ids import new_id
from app.kernel.work import Work

from . import rules, store
from .rules import Approval, Callback, InvalidTaskState, Item, Progress, Task, UnknownTask, View


@dataclass(frozen=True, slots=True)
class Wanted:
    """One pair that is asked for, word for word; ``evaluation_id``: the refusal behind it. ``bound``: a refusal is named."""

    asked: Asked
    until: datetime | None
    bound: bool = False
    evaluation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """An access request. ``bundled``: as a list of items, all of one subject."""

    subject_type: str
    subject: str
    wanted: tuple[Wanted, ...]
    justification: str
    bundled: bool = False
    callback: Callback | None = None


@dataclass(frozen=True, slots=True)
class _Pair:
    """What one wanted pair means here."""

    wanted: Wanted
    right: Right
    account: Account


def submit(work: Work, desk: Desk, said: Submission) -> View:
    """Ask for everything at once, or for nothing: of one account as one request with several rights.

    Raises as ``requests.ask``, and ``InvalidDenialBinding``, ``ExpiredDenial``, ``UrlNotAllowed``.
    """
    for one in said.wanted:
        if one.bound:
            denials.check(one.evaluation_id, one.asked, work.now, desk.key)
    if said.callback:
        outbound.target(said.callback.url, desk.outside, "/callback/endpoint")
    person, pairs = _read(work, said)
    shown = _ask(work, said, person, pairs)
    items = [(one, _request_of(one, shown)) for one in pairs]
    task = Task(
        id=shown[0][1].request.id if len(shown) == 1 else new_id(),
        items=tuple(Item(id_, one.right, one.wanted.asked.resource, one.wanted.evaluation_id) for one, id_ in items),
        bundled=said.bundled,
        callback=said.callback,
    )
    _record(work, desk, store.add(work.session, task, work.now))
    return _shown(task, {one.request.id: one for _, one in shown})


def _read(work: Work, said: Submission) -> tuple[Employee, list[_Pair]]:
    """Whom and what it is about. Raises ``RequestRefused`` with a reason for each thing that is unknown."""
    found = directory.find_employees(work.session, said.subject) if said.subject_type == "employee" else []
    person = found[0] if len(found) == 1 else None
    own = person is not None and person.id == work.actor.id
    if not own and work.actor.scopes(Permission.RIGHTS_REQUEST_CREATE) == ():
        raise Forbidden("Without a unit of your own to look after you may ask for yourself only.")
    refusals = [] if person else [Reason(ReasonCode.SUBJECT_UNKNOWN, "No one person is known by this id.")]
    pairs = []
    for one in said.wanted:
        asked = one.asked
        right = Right(asked.action) if asked.action in set(Right) else None
        account = accounts.named(work, asked.resource) if asked.resource_type == "account" else None
        if right is None:
            refusals.append(Reason(ReasonCode.RIGHT_UNKNOWN, f"There is no right {asked.action}."))
        if account is None:
            refusals.append(Reason(ReasonCode.ACCOUNT_UNKNOWN, f"No account is known as {asked.resource}."))
        if right and account:
            pairs.append(_Pair(one, right, account))
    refuse(RequestRefused, tuple(dict.fromkeys(refusals)))
    assert person is not None  # noqa: S101 - refused above
    return person, pairs


_Key = tuple[UUID, str]
"""What makes one rights request: the account, and until when it is wanted."""


def _key(one: _Pair) -> _Key:
    return one.account.id, str(one.wanted.until)


def _ask(work: Work, said: Submission, person: Employee, pairs: Sequence[_Pair]) -> list[tuple[_Key, Shown]]:
    grouped: dict[_Key, list[_Pair]] = {}
    for one in pairs:
        grouped.setdefault(_key(one), []).append(one)
    shown = []
    for key, group in sorted(grouped.items()):  # accounts are held in one order, so that no two wait for each other
        rights = tuple(dict.fromkeys(one.right for one in group))
        ask = Ask(group[0].account.id, rights, said.justification, person.id, group[0].wanted.until)
        try:
            shown.append((key, requests.ask(work, ask)))
        except DomainError as error:
            if said.bundled:
                error.errors = tuple(
                    FieldError(f"/items/{n}", "refused", str(error)) for n, one in enumerate(pairs) if one in group
                )
            raise
    if len(shown) > 1:
        work.etag = None  # it is nobody's version
    return shown


def _request_of(one: _Pair, shown: Sequence[tuple[_Key, Shown]]) -> UUID:
    return next(found.request.id for key, found in shown if key == _key(one))


def _record(work: Work, desk: Desk, task: Task) -> None:
    called = outbound.target(task.callback.url, desk.outside).host if task.callback else None
    after = {
        "request_ids": list(task.request_ids),
        "evaluation_ids": [one.evaluation_id for one in task.items if one.evaluation_id],
        "callback_host": called,
        "bundled": task.bundled,
        "items": [
            {
                "request_id": one.request_id,
                "right": one.right,
                "resource": one.resource,
                "evaluation_id": one.evaluation_id,
            }
            for one in task.items
        ],
    }
    audit.record(work, "access_task.opened", ("access_task", task.id), after=after)


def task(work: Work, id_: str) -> View:
    """A task that the actor may see: one of this door, or any rights request. Raises ``UnknownTask``."""
    found, shown = _found(work, id_)
    return _shown(found, shown)


def _found(work: Work, id_: str) -> tuple[Task, dict[UUID, Shown]]:
    try:
        known = store.task(work.session, UUID(id_))
        ids = known.request_ids if known else (UUID(id_),)
        shown = {one: requests.request(work, one) for one in ids}
    except (NotFound, ValueError):
        raise UnknownTask(f"There is no task {id_}.") from None
    if len(shown) > 1:
        work.etag = None
    return known or _plain(shown[UUID(id_)]), shown


def _plain(one: Shown) -> Task:
    """A rights request that came by the other door, as a task."""
    request = one.request
    items = tuple(Item(request.id, right, str(request.account_id)) for right in request.rights)
    return Task(request.id, items, bundled=len(items) > 1)


def cancel(work: Work, id_: str, why: str | None = None) -> View:
    """Take back all of a task that has not ended. Raises ``UnknownTask``, ``InvalidTaskState``, ``Forbidden``."""
    found, shown = _found(work, id_)
    live = [one for one in sorted(shown) if shown[one].state in LIVE]
    if not live:
        raise InvalidTaskState("The task has ended; there is nothing left to take back.")
    for one in live:
        shown[one] = requests.withdraw(work, one, why)
    if len(shown) > 1:
        work.etag = None
    return _shown(found, shown)


def ended(work: Work, found: Task) -> View:
    """A task of whose end somebody is to be told, whoever may see it."""
    held = [routing.request(work.session, one, RequestKind.RIGHTS) for one in found.request_ids]
    return _shown(found, {one.request.id: one for one in requests.show_all(work, held)})


def _shown(found: Task, shown: Mapping[UUID, Shown]) -> View:
    outcomes = []
    for item in found.items:
        one = shown[item.request_id]
        approvals = {made.right: Approval(made.id, made.created_at, made.valid_until) for made in one.grants}
        outcomes.append(rules.outcome(item, one.state, approvals))
    live = [one for one in shown.values() if one.state in LIVE]
    return View(
        found,
        tuple(outcomes),
        progress=_progress(list(shown.values())) if live else None,
        expires_at=max((one.request.expires_at for one in live), default=None),
    )


def _progress(shown: Sequence[Shown]) -> Progress:
    """How far along it is, the steps of several requests one after the other."""
    steps = list(chain.from_iterable(one.steps for one in shown))
    current = next(
        (n for n, one in enumerate(steps) if one.state in (StepState.OPEN, StepState.BLOCKED)), len(steps) - 1
    )
    awaiting: dict[UUID, None] = {}
    for one in shown:
        awaiting |= dict.fromkeys(_awaited(one))
    changes = any(one.state is RequestState.CHANGES_REQUESTED for one in shown)
    name = "changes_requested" if changes else steps[current].kind.value
    return Progress(current + 1, len(steps), name, tuple(awaiting))


def _awaited(one: Shown) -> list[UUID]:
    if one.state is RequestState.CHANGES_REQUESTED:
        return [one.request.requester_id]
    opened: list[Standing] = [step for step in one.steps if step.state is StepState.OPEN]
    return [seat.holder_id for step in opened for seat in step.seats]
