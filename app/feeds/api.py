"""What HR's feeds did and caused, and what of it needs a person, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.kernel.access import Route, allow
from app.kernel.actor import ActorKind, Permission
from app.kernel.pages import Listing, Page, paging
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import service, wire
from .rules import Did, Wanted

router = APIRouter(prefix="/v1/directory", route_class=Route, tags=[Tag.ORGANISATION])


@router.get("/changes")
def list_changes(
    work: Annotated[Work, allow(Permission.DIRECTORY_READ_CHANGES)],
    page: Annotated[Page, paging("seq", default="-seq")],
    source: Annotated[
        ActorKind | UUID | None,
        Query(description="Who said so: a kind of actor, or the id of the service client or the employee."),
    ] = None,
    employee_id: UUID | None = None,
    request_id: Annotated[str | None, Query(description="Of one call, or the id of one import.")] = None,
    action: Did | None = None,
) -> Listing[wire.Change]:
    """What HR's feeds did, the newest first: one item for each person changed, with all that it caused."""
    wanted = Wanted(source, employee_id, request_id, action)
    shown, cursor = page.cut(service.changes(work, page, wanted), lambda one: (one.seq,))
    return Listing[wire.Change](items=[wire.change(one) for one in shown], next_cursor=cursor)


@router.get("/orphans")
def list_orphans(work: Annotated[Work, allow(Permission.DIRECTORY_READ_ORPHANS)]) -> wire.Needs:
    """What leavers and movers left behind that needs a person: accounts, rights, roles; and an alarm if too many left."""
    return wire.needs(service.needs(work), work)
