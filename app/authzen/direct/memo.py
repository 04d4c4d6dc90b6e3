"""What a caller has asked before, byte for byte: it need not be read again, and what was found need not be looked for.

Nothing here decides: a kept answer stands as long as the desk says it does, and a search's as long as nothing is written.
"""

from typing import Final, NamedTuple

from app.decisions.desk import Answer

MANY: Final = 20_000
"""So many bodies of one caller are remembered; then all of them are read anew."""
LONG: Final = 2_000
"""Bytes of a body that is remembered, at most."""
HEAVY: Final = 4_000_000
"""Bytes of what was found that are remembered for one caller, at most."""


class Results(NamedTuple):
    """A search's reply, and the state of things that it is right for: a revision, and instants in microseconds."""

    reply: bytes
    revision: int
    since: int
    until: int


class Memo:
    """One caller's. ``answers``: by the body of an evaluation; ``results``: by path and body of a search."""

    __slots__ = ("_weight", "answers", "results")

    def __init__(self) -> None:
        self.answers: dict[bytes, Answer] = {}
        self.results: dict[tuple[str, bytes], Results] = {}
        self._weight = 0

    def answer(self, body: bytes, now: int) -> Answer | None:
        """The answer to this body, where it still is the answer."""
        kept = self.answers.get(body) if len(body) <= LONG else None
        return kept if kept is not None and kept.since <= now < kept.until else None

    def keep(self, body: bytes, answer: Answer) -> None:
        """Remember an answer of the desk's, if the desk does and will say when it is over."""
        if answer.kept and len(body) <= LONG:
            if len(self.answers) >= MANY:
                self.answers.clear()
            self.answers[body] = answer

    def found(self, path: str, body: bytes, revision: int, now: int) -> bytes | None:
        """What such a search found, where nothing has been written or has come to its end since."""
        kept = self.results.get((path, body)) if len(body) <= LONG else None
        if kept is None or kept.revision != revision or not kept.since <= now < kept.until:
            return None
        return kept.reply

    def keep_found(self, path: str, body: bytes, results: Results) -> None:
        """Remember what a search found."""
        if len(body) > LONG:
            return
        self._weight += len(body) + len(results.reply)
        if self._weight > HEAVY:
            self.results.clear()
            self._weight = 0
        self.results[path, body] = results
