"""Answering one question or many, each answer as new as was asked."""

from collections.abc import Iterable

from app.audit import service as audit
from app.authzen.log.service import DecisionLog
from app.governance.evaluation.rules import Decision
from app.governance.evaluation.service import Evaluator, Question
from app.kernel.errors import DomainError
from app.kernel.work import Work

from .rules import RevisionUnavailable, Semantic

Asked = Question | DomainError
"""A question, or why what was asked is none."""
Answered = Decision | DomainError


def revision(work: Work, at_least: int) -> int:
    """The newest revision that this transaction sees. Raises ``RevisionUnavailable`` where it is older than that."""
    newest = audit.revision(work)
    if newest < at_least:
        raise RevisionUnavailable(f"The newest write known here is {newest}, and you ask for {at_least}.")
    return newest


class Deciding:
    """Answers questions of one work, as of a revision, and tells the log of each."""

    def __init__(self, work: Work, revision: int, log: DecisionLog) -> None:
        self._evaluator, self._revision, self._log = Evaluator(work), revision, log

    def evaluate(self, question: Question) -> Decision:
        """Permit or refuse, with every reason. Raises ``Forbidden`` where the actor may not ask about this person."""
        evaluator, decision = self._evaluator, self._evaluator.evaluate(question)
        person, account = evaluator.person(question.subject), evaluator.account(question.account)
        ids = person.id if person else None, account.id if account else None
        self._log.tell(evaluator.work.actor, *ids, question.right, decision, self._revision)
        return decision


def evaluate_all(deciding: Deciding, asked: Iterable[Asked], semantic: Semantic) -> list[Answered]:
    """The answers, in order, as far as the semantic goes. Where there is no decision there is the error, which permits
    nothing.
    """
    given: list[Answered] = []
    for one in asked:
        given.append(_answer(deciding, one))
        if semantic.ends_with(permitted=permits(given[-1])):
            break
    return given


def permits(answered: Answered) -> bool:
    """Is it a permit?"""
    return isinstance(answered, Decision) and answered.permitted


def _answer(deciding: Deciding, asked: Asked) -> Answered:
    if isinstance(asked, DomainError):
        return asked
    try:
        return deciding.evaluate(asked)
    except DomainError as error:
        return error
