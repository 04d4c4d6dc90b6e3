"""AuthZEN Authorization API 1.0: access evaluation. Spelling only; the meaning is ``governance/evaluation``."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError

from app.audit import service as audit
from app.authzen.denials import rules as denials
from app.authzen.denials.rules import Desk
from app.authzen.requests import wire as profile
from app.governance.evaluation import service
from app.governance.evaluation.service import Question
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, MalformedRequest
from app.kernel.findings import findings
from app.kernel.problems import responses
from app.kernel.strict_json import parse
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import wire


class StandardRoute(Route):
    """The standard wants 400, not 422, for what is missing, of a wrong type or no JSON at all."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with refused input spelled as the standard has it."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            raw = await request.body()
            if raw:
                parse(raw, lenient=True)  # the framework's own parser takes NaN, which is no JSON
            try:
                return await handler(request)
            except RequestValidationError as error:
                found = findings(error.errors(), error.body)
                raise MalformedRequest("The request is incomplete or of a wrong type.", errors=found) from error

        return handle


router = APIRouter(prefix="/access/v1", route_class=StandardRoute, tags=[Tag.TOOLS])


@router.post("/evaluation", responses=responses(MalformedRequest, Forbidden))
def evaluate(
    body: wire.Evaluation, work: Annotated[Work, allow(Permission.DECISION_EVALUATE, reads=True)], request: Request
) -> wire.Answer:
    """May this person take this action on this account, now? A refusal names every reason and its remedy."""
    said = body.context or {}
    approval = wire.approval_of(said)
    named, digest = said.get("tool"), said.get("content_sha256")
    question = Question(
        subject=body.subject.id if body.subject.type == "employee" else "",
        right=body.action.name,
        account=body.resource.id if body.resource.type == "account" else "",
        tool=named if isinstance(named, str) else None,
        digest=digest if isinstance(digest, str) else None,
        approval=approval,
    )
    revision = audit.revision(work)  # first: the answer is not to name a write that it did not look at
    decision = service.evaluate(work, question)
    desk: Desk = request.app.state.desk
    offered = denials.offer(decision, profile.asked(body.subject, body.action, body.resource), work.now, revision, desk)
    return wire.answer(decision, revision, profile.context(decision, offered, approval, work.now))
