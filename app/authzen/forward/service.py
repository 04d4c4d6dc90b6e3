"""The decision of an evaluation, as something that succeeds or is refused."""

from app.governance.evaluation import service as evaluation
from app.governance.evaluation.service import Question
from app.governance.reasons.rules import as_members
from app.kernel.work import Work

from .rules import NotPermitted


def check(work: Work, question: Question) -> None:
    """Nothing, where it is permitted. Raises ``NotPermitted`` with every reason, and what an evaluation raises."""
    decision = evaluation.evaluate(work, question)
    if not decision.permitted:
        said = " ".join(one.message for one in decision.reasons)
        raise NotPermitted(said, members={"reasons": as_members(decision.reasons), "model": decision.model})
