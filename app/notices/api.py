"""One's own notices, and what one wants by e-mail."""

from typing import Annotated

from fastapi import APIRouter, Request

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import service, wire

router = APIRouter(prefix="/v1/me", route_class=Route, tags=[Tag.EVERYONE])


@router.get("/notices")
def list_notices(
    request: Request,
    work: Annotated[Work, allow(Permission.ME_READ)],
    page: Annotated[Page, paging("id", "created_at", default="-id")],
) -> Listing[wire.PersonalNotice]:
    """List what you were told, mailed or not, the newest first."""
    shown, cursor = page.cut(service.notices(work, page))
    items = [wire.notice(one, request.app.state.public_url) for one in service.in_words(work, shown)]
    return Listing[wire.PersonalNotice](items=items, next_cursor=cursor)


@router.get("/notification-settings")
def get_notification_settings(work: Annotated[Work, allow(Permission.ME_READ)]) -> wire.NotificationSettings:
    """What you get by e-mail."""
    return wire.settings(service.preferences(work))


@router.put("/notification-settings", responses=responses(PreconditionFailed))
def set_notification_settings(
    body: wire.NotificationChoice, work: Annotated[Work, allow(Permission.ME_UPDATE)]
) -> wire.NotificationSettings:
    """Choose what you get by e-mail: at once, once a day at eight in your unit's time zone, or not at all."""
    return wire.settings(service.set_preferences(work, body.email, body.kinds))
