"""How long it takes until rights are granted, step by step, and what waits for whom now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.accounts import store as accounts
from app.governance.approvals import service as approvals
from app.governance.models.rules import StepKind
from app.governance.routing import store as routing
from app.governance.routing.rules import Request, RequestKind
from app.governance.steps.rules import ROLE_OF, Standing, StepState
from app.kernel.work import Work
from app.reports.naming.service import NOT_NAMED, names
from app.reports.rules import Bars, Cell, Column, Figures, Kind, Row, View, between, count, hours

from . import rules, store
from .store import Took

TIME_COLUMNS = (
    Column("what", "What"),
    Column("role", "Role"),
    count("decided"),
    Column("median_hours", "Median hours", Kind.HOURS),
    Column("p90_hours", "90 % within hours", Kind.HOURS),
    count("waiting", "Waiting now"),
    Column("longest_hours", "Longest wait in hours", Kind.HOURS),
)
_TIME_NOTES = (
    (
        "Requests for rights decided in the period: granted or denied. A request takes from when it was made to its decision; "
        "a step from when the one before it had passed to its own last word."
    ),
    "granted_at_once: granted as it was asked for, since the model asks nobody.",
    "Median and 90th percentile are values that occurred (nearest rank): so many percent took no longer.",
    "What waits now waits whatever the period.",
)
WAITING_COLUMNS = (
    Column("step", "Step"), Column("role", "Role"), Column("person", "Person"), count("waiting"), count("overdue"),
    Column("longest_hours", "Longest wait in hours", Kind.HOURS),
)  # fmt: skip
_WAITING_NOTES = (
    (
        "Requests for rights that wait for a decision now. One waits for everybody who may decide its open step, "
        "and counts with each of them; the total counts it once."
    ),
    "Without a person: for people who are not named here; blocked_no_approver: for nobody, until somebody is appointed.",
)
Open = tuple[Request, Standing]


def time_to_grant(work: Work, view: View) -> Figures:
    """How long requests and their steps took, and how many wait at which step."""
    waiting = _open(work, view)
    whole = {one.what: one for one in store.requests(work.session, view)}
    steps = {one.what: one for one in store.steps(work.session, view)}
    queued = [one for one, _ in waiting]
    rows: list[Row] = [_timed(whole.get(what, Took(what, 0, None, None)), None, (), work.now) for what in store.DECIDED]
    for kind in StepKind:
        at = [one for one in waiting if one[1].kind is kind]
        rows.append(_timed(steps.get(kind, Took(kind, 0, None, None)), ROLE_OF[kind], at, work.now))
    untimed = sum(one.untimed for one in steps.values())
    left_out = f"How long {untimed} steps took of requests that were sent on their way anew: when that was is not kept."
    medians = [(str(kind), hours(steps[kind].median)) for kind in StepKind if kind in steps]
    bars = tuple((label, median) for label, median in medians if median is not None)
    totals: dict[str, Cell] = {"decided": sum(one.decided for one in whole.values()), "waiting": len(queued)}
    chart = Bars("Median hours of a step", "hours", bars) if bars else None
    return Figures(TIME_COLUMNS, tuple(rows), totals, _TIME_NOTES, (left_out,) if untimed else (), chart)


def _timed(took: Took, role: str | None, waiting: Sequence[Open], now: datetime) -> Row:
    figures = (took.decided + took.untimed, hours(took.median), hours(took.p90))
    return (str(took.what), role and str(role), *figures, len(waiting), _longest(waiting, now))


def _longest(waiting: Collection[Open], now: datetime) -> Cell:
    began = [since for since in (rules.waits_since(*one) for one in waiting) if since is not None]
    return between(min(began), now) if began else None


def _open(work: Work, view: View) -> list[Open]:
    """The requests for rights on accounts of a view that wait for a decision, each with its open step."""
    live = routing.live(work.session, work.now, RequestKind.RIGHTS)
    there = accounts.accounts(work.session, {one.account_id for one in live})
    return approvals.open_steps(work, [one for one in live if view.covers(there[one.account_id].place)])


@dataclass(slots=True)
class _Queue:
    """What waits for the same people: its requests by id, and which of them are overdue."""

    requests: dict[UUID, Open] = field(default_factory=dict)
    overdue: set[UUID] = field(default_factory=set)

    def add(self, one: Open, now: datetime) -> None:
        request, step = one
        self.requests[request.id] = one
        if step.due_at is not None and step.due_at <= now:
            self.overdue.add(request.id)


def waiting(work: Work, view: View) -> Figures:
    """What waits for whom now."""
    found = _open(work, view)
    named = names(work, {person for _, step in found for person in step.people})
    every, queues, hidden = _Queue(), dict[tuple[str, str, str], _Queue](), False
    for one in found:
        every.add(one, work.now)
        for who in _waits_for(one[1], named):
            hidden |= not who
            queues.setdefault((one[1].kind, _role(one[1]), who), _Queue()).add(one, work.now)
    order = list(StepKind)
    ordered = sorted(queues.items(), key=lambda pair: (order.index(StepKind(pair[0][0])), pair[0][1:]))
    rows = tuple((str(kind), role, who or None, *_queued(queue, work.now)) for (kind, role, who), queue in ordered)
    totals = dict(zip(("waiting", "overdue", "longest_hours"), _queued(every, work.now), strict=True))
    return Figures(WAITING_COLUMNS, rows, totals, (*_WAITING_NOTES, *((NOT_NAMED,) if hidden else ())))


def _role(step: Standing) -> str:
    return str(StepState.BLOCKED if step.state is StepState.BLOCKED else step.role)


def _waits_for(step: Standing, named: dict[UUID, str]) -> set[str]:
    """Who may decide a step, by name; empty for those who are not named, and where there is nobody."""
    return {named.get(person, "") for person in step.people} if step.state is StepState.OPEN else {""}


def _queued(queue: _Queue, now: datetime) -> tuple[Cell, ...]:
    return len(queue.requests), len(queue.overdue), _longest(queue.requests.values(), now)
