"""Answering whether someone may do something now, from the database."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, partial
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import Account
from app.directory import store as directory
from app.directory.rules import Employee
from app.governance.clearances import rules as clearance_rules
from app.governance.clearances import store as clearances
from app.governance.freezes import store as freezes
from app.governance.grants import store as grants
from app.governance.grants.rules import Grant
from app.governance.models import service as models
from app.governance.models.rules import MODELS, Right
from app.governance.reasons.rules import ReasonCode
from app.kernel.actor import Permission, Place
from app.kernel.errors import Forbidden
from app.kernel.work import Work
from app.policies import service as policies
from app.policies.attestations import store as attestations
from app.policies.rules import Limits
from app.policies.typed import rules as typed
from app.programme.training import store as training
from app.roles import service as roles
from app.roles.rules import coe_member
from app.tools import store as tools

from . import rules
from .rules import Decision, Duty, Facts, Resource, Subject, UsedTool


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is asked: who (any of a person's names), what, where (our id or ``network:handle``), through what.

    ``digest``: SHA-256 of the very content that is to go out, in hex. ``approval``: the id of the one grant that is to
    answer.
    """

    subject: str
    right: str
    account: str
    tool: str | None = None
    digest: str | None = None
    approval: UUID | None = None


class Evaluator:
    """Answers any number of questions of one work; what several of them rest on is read once.

    It never learns of a change that its own work makes after an answer.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self.account = cache(partial(accounts.named, work))
        self._person = cache(partial(_person, work))
        self._limits = cache(partial(policies.limits, work))
        self._setting = cache(partial(models.setting, work))
        self._freezes = cache(partial(freezes.open_freezes, work.session))
        self._tool = cache(partial(_tool, work))
        self._subjects: dict[tuple[UUID, Place | None], Subject] = {}

    def evaluate(self, question: Question) -> Decision:
        """Permit or refuse, with every reason. Raises ``Forbidden`` where the actor may not ask about this person."""
        return rules.decide(self.facts(question, self.person(question.subject)), self.work.now)

    def person(self, text: str) -> Employee | None:
        """The one whom this text names. Raises ``Forbidden`` where the actor may not ask about them."""
        found = self._person(text)
        _check_may_ask(self.work, found)
        return found

    def facts(self, question: Question, person: Employee | None) -> Facts:
        """All that the answer depends on."""
        account = self.account(question.account)
        right = Right(question.right) if question.right in set(Right) else None
        had = grants.of_pair(self.work.session, person.id, account.id) if person and account else []
        resource = self._resource(account) if account else None
        return Facts(
            right=right,
            subject=self._subject(person, account) if person else None,
            resource=resource,
            grants=tuple(had),
            tool=self._tool(question.tool),
            clearance=_clearance(self.work, question, resource) if resource and right is Right.PUBLISH else None,
            approval=question.approval,
        )

    def _subject(self, person: Employee, account: Account | None) -> Subject:
        key = (person.id, account.place if account else None)
        if key not in self._subjects:
            limits = self._limits(account.place) if account else None
            self._subjects[key] = _subject(self.work, person, limits)
        return self._subjects[key]

    def _resource(self, account: Account) -> Resource:
        setting, place = self._setting(account.path), account.place
        limits, unit_id = self._limits(place), account.business_unit_id
        # Whose clock is asked for only where policy has hours.
        clocks = {} if limits["posting_hours"] is None else directory.timezones(self.work.session, [unit_id])
        frozen = [one for one in self._freezes() if one.target.covers(account.id, place)]
        return Resource(
            account.id, account.state, account.path, MODELS[setting.model], setting.platform_id, limits,
            network=account.network, timezone=clocks.get(unit_id, "UTC"), freezes=tuple(frozen),
        )  # fmt: skip


def evaluate(work: Work, question: Question) -> Decision:
    """Permit or refuse, with every reason. Raises ``Forbidden`` where the actor may not ask about this person."""
    return Evaluator(work).evaluate(question)


def facts(work: Work, question: Question) -> Facts:
    """All that the answer depends on. Raises as ``evaluate``."""
    evaluator = Evaluator(work)
    return evaluator.facts(question, evaluator.person(question.subject))


def asked_about(work: Work, question: Question) -> Employee | None:
    """The one person whom a question names; None: nobody, or two. Raises as ``evaluate``."""
    return Evaluator(work).person(question.subject)


def evaluate_grant(work: Work, grant: Grant) -> Decision:
    """May its holder use this very grant now? No other that covers the same right answers for it."""
    holder = directory.employee(work.session, grant.employee_id)
    facts = Evaluator(work).facts(Question(str(holder.id), grant.right, str(grant.account_id)), holder)
    return rules.decide(replace(facts, grants=(grant,)), work.now)


def _person(work: Work, text: str) -> Employee | None:
    """A text that names two people names nobody."""
    found = directory.find_employees(work.session, text)
    return found[0] if len(found) == 1 else None


def _check_may_ask(work: Work, person: Employee | None) -> None:
    own = person is not None and person.id == work.actor.id
    if not work.actor.may(Permission.DECISION_EVALUATE, own=own):
        raise Forbidden("Without a role of the Center of Excellence you may ask about yourself only.")


SOON = timedelta(days=30)
"""So long before a completion counts no more its holder is told that it will not."""


def duties(work: Work) -> list[Duty]:
    """What policy asks of whoever acts for the rights that they hold: overdue, or due, or due again soon; once each."""
    person = directory.employee(work.session, work.me)
    held = [one.account_id for one in grants.running_of(work.session, work.me, work.now)]
    found: dict[tuple[object, ...], Duty] = {}
    for place in {account.place for account in account_store.accounts(work.session, held).values()}:
        limits = policies.limits(work, place)
        for one in rules.duties(_subject(work, person, limits), limits):
            if one.reason.code is not ReasonCode.TRAINING_EXPIRED or one.due(work.now + SOON):
                found.setdefault((one.reason.code, one.reason.policy, one.reason.message), one)
    return sorted(found.values(), key=lambda one: (one.by or work.now, one.reason.message))


def _clearance(work: Work, question: Question, resource: Resource) -> ReasonCode | None:
    """Why this content may not go out, where policy wants it cleared; nothing is read where it does not."""
    if not resource.limits["clearance_required"]:
        return None
    known = clearances.of_account(work.session, resource.id, question.digest, work.now)
    return clearance_rules.check(known, question.digest, work.now)


def _subject(work: Work, person: Employee, limits: Limits | None) -> Subject:
    """The person, with what the policies there ask of people: nothing is read that nobody asks for."""
    asked = limits.attestations if limits else ()
    courses = typed.courses(limits["required_training"] or ()) if limits else {}
    return Subject(
        person.id, person.employed(work.now), person.employment_type, coe_member(roles.held(work, person.id)),
        completed=training.learnt(work.session, person.id, courses),
        attested=attestations.attested(work.session, person.id, [one.version_id for one in asked]),
    )  # fmt: skip


def _tool(work: Work, named: str | None) -> UsedTool | None:
    """The calling client's own tool; only a gateway's word about another counts."""
    if work.actor.gateway:
        return UsedTool(named, tools.find(work.session, named)) if named else None
    if work.actor.tool_id is None:
        return None
    tool = tools.tool(work.session, work.actor.tool_id)
    return UsedTool(tool.key, tool)
