"""Webhooks over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request

from app.directory.rules import UnitClosed
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.outbound import UrlNotAllowed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import given
from app.kernel.work import Work

from . import service, wire
from .events.rules import EventsOutOfReach
from .rules import DeliveryState, Sender, TooManyWebhooks, WebhookState

router = APIRouter(prefix="/v1/webhooks", route_class=Route, tags=[Tag.TOOLS])
Managing = Annotated[Work, allow(Permission.WEBHOOK_MANAGE)]


def _sender(request: Request) -> Sender:
    sender: Sender = request.app.state.webhooks
    return sender


@router.get("")
def list_webhooks(
    work: Managing,
    page: Annotated[Page, paging("id", "name", "created_at")],
    business_unit_id: UUID | None = None,
    state: WebhookState | None = None,
) -> Listing[wire.Webhook]:
    """List the webhooks that you may manage."""
    filters = {"business_unit_id": business_unit_id, "state": state}
    shown, cursor = page.cut(service.webhooks(work, page, filters))
    return Listing[wire.Webhook](items=[wire.webhook(one) for one in shown], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    responses=responses(Invalid, UrlNotAllowed, NotFound, Forbidden, EventsOutOfReach, UnitClosed, TooManyWebhooks),
)
def create_webhook(body: wire.NewWebhook, request: Request, work: Managing) -> wire.WebhookWithSecret:
    """Be told of events, of a unit or of the whole enterprise, from now on; the secret is shown once."""
    made, secret = service.create(work, _sender(request), body.model_dump())
    work.once |= {"secret"}
    return wire.with_secret(made, secret)


@router.get("/{id}", responses=responses(NotFound))
def get_webhook(id: UUID, work: Managing) -> wire.Webhook:
    """One webhook, without its secret."""
    return wire.webhook(service.webhook(work, id))


@router.patch(
    "/{id}",
    responses=responses(
        Invalid, UrlNotAllowed, NotFound, Forbidden, EventsOutOfReach, TooManyWebhooks, PreconditionFailed
    ),
)
def change_webhook(id: UUID, body: wire.WebhookChanges, request: Request, work: Managing) -> wire.Webhook:
    """Change a webhook, which is yours from then on; made active again it goes on where it stopped."""
    changes: dict[str, Any] = {name: value for name, value in given(body).items() if value is not None}
    return wire.webhook(service.amend(work, _sender(request), id, changes))


@router.delete("/{id}", status_code=204, responses=responses(NotFound, PreconditionFailed))
def remove_webhook(id: UUID, work: Managing) -> None:
    """Take a webhook away, with the list of what it was told."""
    service.remove(work, id)


@router.post("/{id}/rotate", responses=responses(NotFound, PreconditionFailed))
def rotate_webhook_secret(id: UUID, body: wire.Rotation, request: Request, work: Managing) -> wire.WebhookWithSecret:
    """Give a webhook a new secret, shown once; for 24 hours the old one signs beside it."""
    found, secret = service.rotate(work, _sender(request), id)
    work.once |= {"secret"}
    return wire.with_secret(found, secret)


@router.get("/{id}/deliveries", responses=responses(NotFound))
def list_deliveries(
    id: UUID,
    work: Managing,
    page: Annotated[Page, paging("id", "seq", default="-id")],
    state: DeliveryState | None = None,
    seq: int | None = None,
) -> Listing[wire.Delivery]:
    """List what a webhook was told, or is to be, the newest first."""
    shown, cursor = page.cut(service.deliveries(work, id, page, {"state": state, "seq": seq}))
    return Listing[wire.Delivery](items=[wire.Delivery.model_validate(one) for one in shown], next_cursor=cursor)


@router.post("/{id}/redeliver", responses=responses(Invalid, NotFound, PreconditionFailed))
def redeliver(id: UUID, body: wire.Redelivery, work: Managing) -> wire.Webhook:
    """Send one delivery again, or all from an event on; what was sent before comes again under the same id."""
    return wire.webhook(service.redeliver(work, id, body.delivery_id, body.from_seq))
