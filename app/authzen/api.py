"""AuthZEN Authorization API 1.0: access evaluation, one or many. Spelling only; the meaning is ``governance/evaluation``."""

from typing import Annotated

from fastapi import APIRouter

from app.governance.evaluation import service as evaluation
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, MalformedRequest
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import service, wire
from .binding.api import AtLeast, StandardRoute
from .rules import RevisionUnavailable, Semantic

router = APIRouter(prefix="/access/v1", route_class=StandardRoute, tags=[Tag.TOOLS])
_REFUSALS = responses(MalformedRequest, Forbidden, RevisionUnavailable)


@router.post("/evaluation", responses=_REFUSALS)
def evaluate(
    body: wire.Evaluation, work: Annotated[Work, allow(Permission.DECISION_EVALUATE, reads=True)], at_least: AtLeast
) -> wire.Answer:
    """May this person take this action on this account, now? A refusal names every reason and its remedy."""
    revision = service.revision(work, at_least)  # first: the answer is not to name a write that it did not look at
    return wire.answer(evaluation.evaluate(work, wire.question(body)), revision)


@router.post("/evaluations", responses=_REFUSALS)
def evaluate_many(
    body: wire.Evaluations, work: Annotated[Work, allow(Permission.DECISION_EVALUATE, reads=True)], at_least: AtLeast
) -> wire.Answers | wire.Answer:
    """Many evaluations at once, of one state of things at one instant; at most 1,000. Without any it is a single one.

    `options.evaluations_semantic`: `execute_all` (as a rule), `deny_on_first_deny` or `permit_on_first_permit`, which
    end with the first such answer. An item that cannot be evaluated is refused, with its error in the context.
    """
    revision = service.revision(work, at_least)
    if not body.evaluations:
        return wire.answer(evaluation.evaluate(work, wire.question(wire.single(body))), revision)
    semantic = (body.options and body.options.evaluations_semantic) or Semantic.EXECUTE_ALL
    return wire.answers(service.evaluate_all(work, wire.questions(body), semantic), revision)
