"""Signed checkpoints over HTTP: to be fetched, and kept elsewhere."""

from typing import Annotated

from fastapi import APIRouter

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.pages import Listing, Page, paging
from app.kernel.tags import Tag
from app.kernel.wire import Instant, Out
from app.kernel.work import Work

from . import service

router = APIRouter(prefix="/v1/audit", route_class=Route, tags=[Tag.AUDITORS])


class AuditCheckpoint(Out):
    """At this instant the event ``seq`` was the last, and this was its hash; signed (RFC 7515) by the key ``kid`` of
    `/.well-known/jwks.json`.
    """

    seq: int
    hash: str
    created_at: Instant
    kid: str
    signature: str


@router.get("/checkpoints")
def list_checkpoints(
    work: Annotated[Work, allow(Permission.AUDIT_READ)], page: Annotated[Page, paging("seq", default="-seq")]
) -> Listing[AuditCheckpoint]:
    """List signed checkpoints, the newest first. Whoever keeps one knows later whether the log before it was altered."""
    shown, cursor = page.cut(service.checkpoints(work, page), lambda one: (one.seq,))
    return Listing[AuditCheckpoint](items=[AuditCheckpoint.model_validate(one) for one in shown], next_cursor=cursor)
