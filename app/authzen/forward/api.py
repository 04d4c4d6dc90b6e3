"""Forward authentication: the question of an evaluation in headers, its decision in the status."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.governance.evaluation.service import Question
from app.kernel.access import Route, allow_deciding
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid
from app.kernel.problems import render, responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import service, wire
from .rules import NotPermitted


class ForwardRoute(Route):
    """What a gateway asks, and is told, stands in headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the codes of a refusal's reasons where a gateway can read them."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            _check_once(request)
            try:
                reply = await handler(request)
            except NotPermitted as error:
                reply = request.state.reply = render(request, error)  # the transaction wants to see it
                reply.headers[wire.REASONS] = ", ".join(one["code"] for one in error.members["reasons"])
            reply.headers.update(wire.NO_STORE)
            return reply

        return handle


def _check_once(request: Request) -> None:
    """Of two values one would be the gateway's and one its client's, and nobody knows which. Raises ``Invalid``."""
    for name in wire.NAMES:
        if len(request.headers.getlist(name)) > 1:
            raise Invalid.field(f"{name}:", "repeated_header", "This is said once, by the gateway and nobody else.")


router = APIRouter(prefix="/access/v1", route_class=ForwardRoute, tags=[Tag.TOOLS])


@router.get("/check", status_code=204, response_class=Response, responses=responses(NotPermitted, Forbidden))
def check(
    work: Annotated[Work, allow_deciding(Permission.DECISION_EVALUATE)],
    subject: wire.Subject,
    right: wire.Right,
    account: wire.Account,
    tool: wire.Tool = None,
    content: wire.Content = None,
) -> None:
    """The question of an evaluation for a gateway: 204 is yes, and everything else is no.

    A refusal is 403 (`not_permitted`) with every reason and its remedy; their codes stand in `X-Coe-Reasons`, too. For
    nginx's `auth_request` and its like, which send headers and look at the status only.
    """
    service.check(work, Question(subject, right, account, tool, content))
