"""What the log says of a decision; and which are told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from app.governance.evaluation.rules import Decision


@dataclass(frozen=True, slots=True)
class Sampling:
    """Every refusal is told; of the permits this share (0 to 1). ``chance`` answers a number from 0 up to 1."""

    share: float
    chance: Callable[[], float]

    def tells(self, decision: Decision) -> bool:
        """Is this one told?"""
        return not decision.permitted or self.chance() < self.share


def members(person: UUID | None, account: UUID | None, right: str, decision: Decision) -> dict[str, object]:
    """About whom, what and where, and what was answered: ids and codes, never a name as it was written."""
    return {
        "subject": str(person) if person else None,
        "account": str(account) if account else None,
        "right": right[:40],
        "permitted": decision.permitted,
        "reasons": _codes(one.code for one in decision.reasons),
        "advice": _codes(one.code for one in decision.advice),
    }


def _codes(codes: Iterable[str]) -> list[str]:
    return [str(code) for code in codes]
