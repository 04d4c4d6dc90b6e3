"""Is an answer as new as it has to be? Pure, so that made-up answers can show that it finds what it is to find."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Of one answer. Behind: it says itself that it does not know the write yet, and decides nothing."""

    FRESH = "fresh"
    BEHIND = "behind"
    STALE = "stale"
    WRONG = "wrong"


def judge(status: int, answer: Any, *, permitted: bool, revision: int | None) -> Verdict:
    """What an answer is worth to whoever has just written ``revision``, after which the decision is ``permitted``.

    Without ``revision`` nothing was promised, and only the decision is looked at.
    """
    if status == 503:
        return Verdict.BEHIND
    if status != 200 or not isinstance(answer, dict) or not isinstance(answer.get("decision"), bool):
        return Verdict.WRONG
    context = answer.get("context") or {}
    if "decision_stale" in {one.get("code") for one in context.get("reasons", ())}:
        return Verdict.WRONG if answer["decision"] else Verdict.BEHIND
    if answer["decision"] is not permitted:
        return Verdict.STALE
    if revision is not None and int(context.get("revision", -1)) < revision:
        return Verdict.STALE
    return Verdict.FRESH


def counted(verdicts: Iterable[Verdict]) -> str:
    """So many of each, as it is told."""
    found = Counter(verdicts)
    return ", ".join(f"{found[one]:,} {one}" for one in Verdict if found[one] or one is Verdict.STALE)
