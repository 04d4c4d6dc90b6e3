"""The audit log over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.pages import Listing, Page, paging
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import service

router = APIRouter(prefix="/v1/audit", route_class=Route, tags=[Tag.AUDITORS])


class Subject(BaseModel):
    """What was changed."""

    kind: str
    id: str


class AuditEvent(BaseModel):
    """One change: who, when, why, before and after; chained to the one before it. Erased values say so."""

    seq: int
    at: str
    actor: dict[str, Any]
    on_behalf_of: str | None
    action: str
    subject: Subject
    reason: Any
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str | None
    prev_hash: str
    hash: str


@router.get("/events")
def list_events(
    work: Annotated[Work, allow(Permission.AUDIT_READ)],
    page: Annotated[Page, paging("seq", default="-seq")],
    action: str | None = None,
    subject_kind: str | None = None,
    subject_id: str | None = None,
    request_id: str | None = None,
) -> Listing[AuditEvent]:
    """List audit events, the newest first."""
    filters = {"action": action, "subject_kind": subject_kind, "subject_id": subject_id, "request_id": request_id}
    shown, cursor = page.cut(service.events(work, page, filters), lambda event: (event["seq"],))
    return Listing[AuditEvent](items=[AuditEvent(**event) for event in shown], next_cursor=cursor)
