"""Answering whether someone may do something now, from the database."""

from dataclasses import dataclass, replace

from app.accounts import service as accounts
from app.accounts.rules import Account
from app.directory import store as directory
from app.directory.rules import Employee
from app.governance.grants import store as grants
from app.governance.grants.rules import Grant
from app.governance.models import service as models
from app.governance.models.rules import MODELS, Right
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden
from app.kernel.work import Work
from app.policies import service as policies
from app.roles import service as roles
from app.roles.rules import coe_member
from app.tools import store as tools

from . import rules
from .rules import Decision, Facts, Resource, Subject, UsedTool


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is asked: who (any of a person's names), what, where (our id or ``network:handle``), through what."""

    subject: str
    right: str
    account: str
    tool: str | None = None


def evaluate(work: Work, question: Question) -> Decision:
    """Permit or refuse, with every reason. Raises ``Forbidden`` where the actor may not ask about this person."""
    found = directory.find_employees(work.session, question.subject)
    person = found[0] if len(found) == 1 else None
    _check_may_ask(work, person)
    return rules.decide(_facts(work, question, person), work.now)


def evaluate_grant(work: Work, grant: Grant) -> Decision:
    """May its holder use this very grant now? No other that covers the same right answers for it."""
    holder = directory.employee(work.session, grant.employee_id)
    facts = _facts(work, Question(str(holder.id), grant.right, str(grant.account_id)), holder)
    return rules.decide(replace(facts, grants=(grant,)), work.now)


def _check_may_ask(work: Work, person: Employee | None) -> None:
    own = person is not None and person.id == work.actor.id
    if not work.actor.may(Permission.DECISION_EVALUATE, own=own):
        raise Forbidden("Without a role of the Center of Excellence you may ask about yourself only.")


def _facts(work: Work, question: Question, person: Employee | None) -> Facts:
    account = accounts.named(work, question.account)
    right = Right(question.right) if question.right in set(Right) else None
    had = grants.of_pair(work.session, person.id, account.id) if person and account else []
    return Facts(
        right=right,
        subject=_subject(work, person) if person else None,
        resource=_resource(work, account) if account else None,
        grants=tuple(had),
        tool=_tool(work, question.tool),
    )


def _subject(work: Work, person: Employee) -> Subject:
    return Subject(
        person.id, person.employed(work.now), person.employment_type, coe_member(roles.held(work, person.id))
    )


def _resource(work: Work, account: Account) -> Resource:
    setting = models.setting(work, account.path)
    limits = policies.limits(work, account.place)
    return Resource(account.id, account.state, account.path, MODELS[setting.model], setting.platform_id, limits)


def _tool(work: Work, named: str | None) -> UsedTool | None:
    """The calling client's own tool; only a gateway's word about another counts."""
    if work.actor.gateway:
        return UsedTool(named, tools.find(work.session, named)) if named else None
    if work.actor.tool_id is None:
        return None
    tool = tools.tool(work.session, work.actor.tool_id)
    return UsedTool(tool.key, tool)
