"""Why, and why not: a decision taken apart, now or as it was; and who may publish on an account."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.audit import service as audit
from app.directory import store as directory
from app.governance.evaluation import rules as evaluation
from app.governance.evaluation import service as evaluations
from app.governance.evaluation.rules import Decision, Facts, Resource, UsedTool
from app.governance.evaluation.service import Question
from app.governance.grants import store as grants
from app.governance.grants.rules import Grant
from app.governance.history.service import Past
from app.governance.models import service as models
from app.governance.models.rules import Right
from app.kernel.actor import ActorKind, Permission
from app.kernel.errors import Invalid
from app.kernel.pages import Page
from app.kernel.work import Work
from app.tools import store as tools

from . import rules
from .rules import Condition

_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, the instant that it is of, the newest write that it knows of, and every condition behind it."""

    decision: Decision
    at: datetime
    revision: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Publisher:
    """Somebody who may publish; ``id``: of the grant by which they may."""

    id: UUID
    employee_id: UUID
    name: str
    since: datetime
    until: datetime


def explain(work: Work, question: Question, as_of: datetime | None) -> Explanation:
    """Every condition of a decision, now or at an instant that is over. Raises as an evaluation, ``Invalid`` for an
    instant that is still ahead, ``HistoryIncomplete``.
    """
    _check_over(work, as_of)
    at = as_of or work.now
    revision = audit.revision(work, as_of)  # first: the answer is not to name a write that it did not look at
    facts = _facts(work, question, as_of)
    there = facts.resource
    setting = models.setting(work, there.path, at) if there else None
    return Explanation(evaluation.decide(facts, at), at, revision, rules.conditions(facts, at, setting))


def _check_over(work: Work, as_of: datetime | None) -> None:
    if as_of is not None and as_of > work.now:
        raise Invalid.field("?as_of", "in_the_future", "What will be decided then depends on what happens until then.")


def _facts(work: Work, question: Question, as_of: datetime | None) -> Facts:
    if as_of is None:
        found = evaluations.facts(work, question)
        return found if work.actor.kind is ActorKind.CLIENT else replace(found, tool=_named(work, question.tool, None))
    person = evaluations.asked_about(work, question)
    past = Past(work, as_of)
    return replace(past.facts(question, person), tool=_tool(work, question, past))


def _tool(work: Work, question: Question, past: Past) -> UsedTool | None:
    """A client that is one tool asks about itself, as in an evaluation; people, and gateways, ask about any."""
    if work.actor.kind is not ActorKind.CLIENT or work.actor.gateway:
        return _named(work, question.tool, past)
    if work.actor.tool_id is None:
        return None
    own = tools.tool(work.session, work.actor.tool_id)
    return UsedTool(own.key, past.tool(own))


def _named(work: Work, named: str | None, past: Past | None) -> UsedTool | None:
    if not named:
        return None
    found = tools.find(work.session, named)
    return UsedTool(named, past.tool(found) if past else found)


def publishers(work: Work, account: str, as_of: datetime | None, page: Page) -> list[Publisher]:
    """Who may publish on an account, now or at an instant that is over; of them those whose grants the actor may see.

    What lies with one post, its content and its tool, is left aside. Raises ``NotFound``, ``Invalid``,
    ``HistoryIncomplete``.
    """
    _check_over(work, as_of)
    past = Past(work, as_of) if as_of is not None else None
    then = past.account(account) if past else None
    id_ = then.id if then else accounts.ref(work, account)
    if past is None:
        found = _usable(work, id_, work.now, page, lambda one: _usable_now(work, one))
    elif then is None:  # it is there today, and was not then
        found = []
    else:
        there = past.resource(then)
        found = _usable(work, id_, past.at, page, lambda one: _usable_then(past, there, one))
    names = directory.employees(work.session, {one.employee_id for one in found})
    return [
        Publisher(one.id, one.employee_id, names[one.employee_id].display_name, one.valid_from, one.valid_until)
        for one in found
    ]


def _usable(work: Work, id_: UUID, at: datetime, page: Page, usable: Callable[[Grant], bool]) -> list[Grant]:
    """Grants to publish on an account, from the page's cursor on, until there is one more than the page shows."""
    position, seen = page.after(), _seen(work, id_)
    after = UUID(position[-1]) if position else None
    found: list[Grant] = []
    while len(found) <= page.limit:
        part = grants.running_on(work.session, id_, Right.PUBLISH, at, after, _CHUNK, seen, descending=page.descending)
        found += [one for one in part if usable(one)]
        if len(part) < _CHUNK:
            break
        after = part[-1].id
    return found[: page.limit + 1]


def _seen(work: Work, account_id: UUID) -> Any:
    """The condition of the grants that the actor may see on an account; None: all."""
    scopes, place = work.actor.scopes(Permission.GRANT_READ), account_store.account(work.session, account_id).place
    if scopes is None or any(one.covers(place) for one in scopes):
        return None
    return grants.seen_by(work.actor.employee_id, None, directory.employee_ids_in(scopes))


def _usable_now(work: Work, one: Grant) -> bool:
    # Read as it is: an end that was recorded counts, whatever this process thinks the time is.
    return _permits(evaluations.evaluate_grant(work, grants.grant(work.session, one.id)))


def _usable_then(past: Past, there: Resource, one: Grant) -> bool:
    holder = past.subject(directory.employee(past.work.session, one.employee_id), there.limits)
    return _permits(evaluation.decide(Facts(Right.PUBLISH, holder, there, (past.reviewed(one),)), past.at))


def _permits(decision: Decision) -> bool:
    return not {one.code for one in decision.reasons} - rules.OF_THE_POST
