"""Freezes over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.directory.rules import UnitClosed
from app.kernel.access import Route, allow, allow_urgent
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/freezes", route_class=Route, tags=[Tag.HUB])


@router.post("", status_code=201, responses=responses(rules.NotTheFreezer, NotFound, UnitClosed, Invalid))
def freeze(body: wire.NewFreeze, work: Annotated[Work, allow_urgent(Permission.FREEZE_SET)]) -> wire.Freeze:
    """Stop all posting somewhere; it holds in the decision after this answer."""
    stop = service.Stop(
        body.scope.kind, body.scope.id, body.severity, body.reason, body.until, frozenset(body.exempt_employee_ids)
    )
    return wire.shown(service.freeze(work, stop), work.now)


@router.get("")
def list_freezes(
    work: Annotated[Work, allow(Permission.FREEZE_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    state: rules.FreezeState | None = None,
) -> Listing[wire.Freeze]:
    """List freezes, past ones too."""
    shown, cursor = page.cut(service.freezes(work, page, state))
    return Listing[wire.Freeze](items=[wire.shown(one, work.now) for one in shown], next_cursor=cursor)


@router.get("/{id}", responses=responses(NotFound))
def get_freeze(id: UUID, work: Annotated[Work, allow(Permission.FREEZE_READ)]) -> wire.Freeze:
    """One freeze."""
    return wire.shown(service.one(work, id), work.now)


@router.post("/{id}/lift", responses=responses(rules.NotTheFreezer, rules.FreezeEnded, NotFound, PreconditionFailed))
def lift_freeze(
    id: UUID, body: wire.Lifting, work: Annotated[Work, allow_urgent(Permission.FREEZE_LIFT)]
) -> wire.Freeze:
    """Let posting go on; whatever else refuses it goes on refusing."""
    return wire.shown(service.lift(work, id, body.reason), work.now)
