"""Searching the index: the same search, from another source of candidates and decisions."""

from typing import Final
from uuid import UUID

from app.authzen.search.service import Source
from app.decisions.desk import Desk
from app.decisions.memory.hashed import ABSENT
from app.decisions.memory.index import Question
from app.decisions.memory.instants import NEVER
from app.governance.evaluation import service as evaluation
from app.governance.evaluation.rules import Decision

from .callers import Caller
from .questions import LongWay

MOST: Final = 2_000
"""So many candidates are tried here, on the loop that answers everybody; a search among more takes the long way."""


class Memory(Source):
    """What one caller finds in the index at one instant. Raises ``LongWay`` where there is too much to try.

    ``until``: when one of the decisions ends by itself, in microseconds.
    """

    def __init__(self, desk: Desk, caller: Caller, now: int) -> None:
        self._desk, self._caller, self._now, self.until = desk, caller, now, NEVER

    def candidates_on(self, account: str) -> list[UUID]:
        """Whoever ever had a grant on the account."""
        index = self._desk.index
        row = index.find_account(account)
        return [index.people.id_of(one) for one in _few(index.grants.people_on(row))] if row != ABSENT else []

    def candidates_of(self, person: str) -> list[UUID]:
        """Wherever this person ever had a grant."""
        index = self._desk.index
        row = index.find_person(person)
        return [index.accounts.id_of(one) for one in _few(index.grants.accounts_of(row))] if row != ABSENT else []

    def decide(self, question: evaluation.Question) -> Decision:
        """As an evaluation decides."""
        asked = Question(
            question.subject, question.right, question.account, self._caller.tool(question.tool), question.digest
        )
        answer = self._desk.answer(asked, self._now)
        self.until = min(self.until, answer.until)
        return answer.decision


def _few(rows: set[int]) -> set[int]:
    if len(rows) > MOST:
        raise LongWay
    return rows
