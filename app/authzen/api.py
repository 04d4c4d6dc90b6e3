"""AuthZEN Authorization API 1.0: access evaluation, one or many. Spelling only; the meaning is ``governance/evaluation``."""

from typing import Annotated, Any

from fastapi import APIRouter, Request

from app.authzen.denials import rules as denials
from app.authzen.requests import wire as profile
from app.governance.evaluation.rules import Decision
from app.kernel.access import allow_deciding
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, MalformedRequest
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import service, wire
from .binding.api import AtLeast, StandardRoute
from .rules import RevisionUnavailable, Semantic
from .wire import Said

router = APIRouter(prefix="/access/v1", route_class=StandardRoute, tags=[Tag.TOOLS])
_REFUSALS = responses(MalformedRequest, Forbidden, RevisionUnavailable)


@router.post("/evaluation", responses=_REFUSALS)
def evaluate(
    body: wire.Evaluation,
    work: Annotated[Work, allow_deciding(Permission.DECISION_EVALUATE, reads=True)],
    at_least: AtLeast,
    request: Request,
) -> wire.Answer:
    """May this person take this action on this account, now? A refusal names every reason and its remedy."""
    revision = service.revision(work, at_least)  # first: the answer is not to name a write that it did not look at
    return _one(request, work, wire.said(body), revision)


@router.post("/evaluations", responses=_REFUSALS)
def evaluate_many(
    body: wire.Evaluations,
    work: Annotated[Work, allow_deciding(Permission.DECISION_EVALUATE, reads=True)],
    at_least: AtLeast,
    request: Request,
) -> wire.Answers | wire.Answer:
    """Many evaluations at once, of one state of things at one instant; at most 1,000. Without any it is a single one.

    `options.evaluations_semantic`: `execute_all` (as a rule), `deny_on_first_deny` or `permit_on_first_permit`, which
    end with the first such answer. An item that cannot be evaluated is refused, with its error in the context.
    """
    revision = service.revision(work, at_least)
    if not body.evaluations:
        return _one(request, work, wire.said(wire.single(body)), revision)
    semantic = (body.options and body.options.evaluations_semantic) or Semantic.EXECUTE_ALL
    asked = list(wire.items(body))
    deciding = service.Deciding(work, revision, request.app.state.decision_log)
    given = service.evaluate_all(deciding, (one.question if isinstance(one, Said) else one for one in asked), semantic)
    told = [
        _profile(request, work, decision, one, revision)
        if isinstance(one, Said) and isinstance(decision, Decision)
        else {}
        for decision, one in zip(given, asked, strict=False)
    ]
    return wire.answers(given, revision, told)


def _one(request: Request, work: Work, asked: Said, revision: int) -> wire.Answer:
    decision = service.Deciding(work, revision, request.app.state.decision_log).evaluate(asked.question)
    return wire.answer(decision, revision, _profile(request, work, decision, asked, revision))


def _profile(request: Request, work: Work, decision: Decision, asked: Said, revision: int) -> dict[str, Any]:
    """What the Access Request and Approval Profile adds to an answer's context."""
    offered = denials.offer(decision, asked.words, work.now, revision, request.app.state.desk)
    return profile.context(decision, offered, asked.question.approval, work.now)
