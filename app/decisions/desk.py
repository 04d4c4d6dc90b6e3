"""Where decisions are given out: each is made once, and stands until something that it depends on changes.

``decide`` is a function of facts and an instant. So an answer may be kept as long as its facts are the same and no
instant has come at which they, or what rules make of them, change by themselves (``Found.until``). Whatever the feed
brings takes away the answers about whom or what it touches, in the same step in which the index goes on.
"""

from typing import Final

from app.governance.evaluation import rules
from app.governance.evaluation.rules import Decision
from app.kernel import memory

from .memory.hashed import ABSENT
from .memory.index import LONGEST, Delta, Index, Question
from .memory.instants import NEVER, sure

KEPT: Final = 200_000
"""So many answers are kept; then they are made anew."""
_SETTLED: Final = 5_000


class Answer:
    """The decision on a question, for whatever instant from ``since`` up to ``until`` (microseconds).

    ``person`` and ``account``: whose change ends it sooner; it is then ``over``, whoever still has it. ``kept``: until
    then it is. ``rendered``: whoever spells it keeps that here, up to ``renewed`` (microseconds); ``told``: whoever logs
    it keeps there what is the same in every line.
    """

    __slots__ = (
        "account", "decision", "kept", "permitted", "person", "question", "rendered", "renewed", "since", "told", "until",
    )  # fmt: skip

    def __init__(
        self,
        question: Question,
        decision: Decision,
        since: int,
        until: int,
        person: int = ABSENT,
        account: int = ABSENT,
    ) -> None:
        self.question, self.decision, self.permitted = question, decision, decision.permitted
        self.since, self.until = since, until
        self.person, self.account, self.kept = person, account, False
        self.rendered, self.renewed, self.told = b"", since, b""

    def over(self) -> None:
        """It is not the answer any more, at no instant."""
        self.until = -NEVER


class Desk:
    """The index and the answers that were made from it. Used from one thread at a time."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.answers: dict[Question, Answer] = {}
        self._of_person: dict[int, set[Question]] = {}
        self._of_account: dict[int, set[Question]] = {}

    def answer(self, question: Question, now: int) -> Answer:
        """The decision on a question at an instant, in microseconds."""
        kept = self.answers.get(question)
        if kept is not None and kept.since <= now < kept.until:
            return kept
        at = sure(now)
        found = self.index.look(question, at)
        made = Answer(question, rules.decide(found.facts, at), now, found.until, found.person, found.account)
        if kept is not None:
            kept.over()
        elif not self._note(question, made):
            return made
        self.answers[question] = made
        made.kept = True
        return made

    def _note(self, question: Question, made: Answer) -> bool:
        """Is the answer to be kept? Then it is known whom and what it depends on."""
        if any(type(part) is str and len(part) > LONGEST for part in question):
            return False
        if len(self.answers) >= KEPT:
            self.forget_all()
        self._of_person.setdefault(made.person, set()).add(question)
        self._of_account.setdefault(made.account, set()).add(question)
        if len(self.answers) % _SETTLED == _SETTLED - 1:
            memory.settled()
        return True

    def apply(self, delta: Delta) -> None:
        """Go on to a later state of the database."""
        touched = self.index.apply(delta)
        if touched.all_:
            self.forget_all()
            return
        # Who nobody was, or what there was none of, may be somebody or something now.
        people = touched.people | {ABSENT} if touched.people else touched.people
        accounts = touched.accounts | {ABSENT} if touched.accounts else touched.accounts
        for known, rows in ((self._of_person, people), (self._of_account, accounts)):
            for row in rows:
                for question in known.pop(row, ()):
                    self._forget(question)

    def _forget(self, question: Question) -> None:
        gone = self.answers.pop(question)
        gone.over()
        for known, row in ((self._of_person, gone.person), (self._of_account, gone.account)):
            others = known.get(row)
            if others is not None:
                others.discard(question)
                if not others:
                    del known[row]

    def forget_all(self) -> None:
        """Every answer is made anew."""
        for answer in self.answers.values():
            answer.over()
        self.answers.clear()
        self._of_person.clear()
        self._of_account.clear()
