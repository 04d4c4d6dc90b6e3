"""The AuthZEN Access Request and Approval Profile over HTTP: a second door to rights requests."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.authzen.binding.api import StandardRoute
from app.authzen.denials.rules import REQUESTS, SCHEMA, Desk, ExpiredDenial, InvalidDenialBinding
from app.governance.grants import rules as grant_rules
from app.governance.reasons.rules import RequestRefused
from app.governance.requests.rules import AlreadyRequested, TooManyOpen
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, MalformedRequest
from app.kernel.outbound import UrlNotAllowed
from app.kernel.problems import responses
from app.kernel.replies import KeyReused
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import rules, service, wire
from .rules import DuplicateRequest, InvalidTaskState, UnknownTask


class ProfileRoute(StandardRoute):
    """The profile has a name of its own for a key that came with two requests."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with that refusal spelled so."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except KeyReused as error:
                raise DuplicateRequest(str(error)) from error

        return handle


router = APIRouter(route_class=ProfileRoute, tags=[Tag.TOOLS])
_ASKING = (
    MalformedRequest, InvalidDenialBinding, ExpiredDenial, DuplicateRequest, RequestRefused, AlreadyRequested, TooManyOpen,
    grant_rules.GrantSuspended, Forbidden, UrlNotAllowed,
)  # fmt: skip


def desk_of(request: Request) -> Desk:
    """What the profile needs of this installation, as ``main`` composed it."""
    desk: Desk = request.app.state.desk
    return desk


@router.post(
    REQUESTS,
    status_code=202,
    response_model_exclude_none=True,
    responses={201: {"model": wire.Answer, "description": "It was granted at once"}, **responses(*_ASKING)},
)
def submit_access_request(
    body: wire.Submission,
    work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_CREATE)],
    request: Request,
    response: Response,
) -> wire.Answer:
    """Ask for what an evaluation has refused: a rights request like any other, followed as a task."""
    desk = desk_of(request)
    made = wire.answer(service.submit(work, desk, wire.submission(body)), desk.public_url)
    response.headers["Location"] = made.task.status_endpoint
    if made.task.status is not rules.TaskStatus.PENDING:
        response.status_code = 201
    return made


@router.get(SCHEMA)
def get_request_schema() -> dict[str, Any]:
    """What an access request has to say beyond the evaluation, as a JSON Schema."""
    return wire.schema()


@router.get(f"{REQUESTS}/{{id}}", response_model_exclude_none=True, responses=responses(UnknownTask))
def get_access_request(
    id: str, work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_READ)], request: Request
) -> wire.Answer:
    """How far an access request has come; any rights request can be looked at so."""
    return wire.answer(service.task(work, id), desk_of(request).public_url)


@router.post(
    f"{REQUESTS}/{{id}}/cancel",
    response_model_exclude_none=True,
    responses=responses(MalformedRequest, UnknownTask, InvalidTaskState, DuplicateRequest, Forbidden),
)
def cancel_access_request(
    id: str,
    work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_UPDATE)],
    request: Request,
    body: wire.Cancellation = wire.Cancellation(),
) -> wire.Answer:
    """Take an access request back, with all of it that has not ended."""
    return wire.answer(service.cancel(work, id, body.comment), desk_of(request).public_url)
