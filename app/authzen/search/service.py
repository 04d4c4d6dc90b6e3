"""Searching, whatever the candidates come from. Nobody without a grant is ever permitted, so grants name them all."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from app.governance.evaluation.rules import Decision
from app.governance.evaluation.service import Evaluator, Question
from app.governance.grants import store as grants
from app.governance.models.rules import Right
from app.kernel.actor import Actor, Permission
from app.kernel.work import Work

from . import rules
from .rules import Found, Window


class Source(Protocol):
    """Where candidates and answers come from: the database here, or an index in memory. All of it is of one instant."""

    def candidates_on(self, account: str) -> Iterable[UUID]:
        """At least everybody who may do anything on the account; nobody where there is no such account."""

    def candidates_of(self, person: str) -> Iterable[UUID]:
        """At least every account on which this person may do anything; none where there is no such person.

        Raises ``Forbidden`` where the caller may not ask about this person.
        """

    def decide(self, question: Question) -> Decision:
        """As an evaluation decides. Raises ``Forbidden`` where the caller may not ask about this person."""


class Database:
    """The source that is never behind."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._evaluator = Evaluator(work)

    def candidates_on(self, account: str) -> set[UUID]:
        """Whoever has a grant on the account that has not ended."""
        found = self._evaluator.account(account)
        return {one.employee_id for one in grants.open_on_account(self._work.session, found.id)} if found else set()

    def candidates_of(self, person: str) -> set[UUID]:
        """Wherever this person has a grant that has not ended or lapsed. Raises ``Forbidden``."""
        found = self._evaluator.person(person)
        running = grants.running_of(self._work.session, found.id, self._work.now) if found else []
        return {one.account_id for one in running}

    def decide(self, question: Question) -> Decision:
        """As an evaluation decides. Raises ``Forbidden``."""
        return self._evaluator.evaluate(question)


def subjects(source: Source, actor: Actor, asked: Question, window: Window) -> Found:
    """Who may do it: the ids of employees. Whoever may ask about themselves only finds themselves at most."""
    everybody = actor.may(Permission.DECISION_EVALUATE)
    people = (one for one in source.candidates_on(asked.account) if everybody or one == actor.employee_id)
    return _search(source, asked, "subject", map(str, people), window)


def resources(source: Source, asked: Question, window: Window) -> Found:
    """Where this person may do it: the ids of accounts. Raises ``Forbidden``."""
    return _search(source, asked, "account", map(str, source.candidates_of(asked.subject)), window)


def actions(source: Source, asked: Question, window: Window) -> Found:
    """What this person may do there: the names of rights. Raises ``Forbidden``."""
    return _search(source, asked, "right", Right, window)


def _search(source: Source, asked: Question, member: str, candidates: Iterable[str], window: Window) -> Found:
    """Those candidates that are permitted, each in the place of the one member that is searched for."""

    def permitted(one: str) -> bool:
        changed: dict[str, Any] = {member: one}
        return source.decide(replace(asked, **changed)).permitted

    return rules.cut(candidates, permitted, window)
