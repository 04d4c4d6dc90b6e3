"""Imports of HR's files over HTTP: upload one, watch it, fetch what it rejected."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request, Response
from fastapi.responses import StreamingResponse

from app.imports.columns.rules import BadColumns
from app.imports.rules import FileRefused, ImportRunning
from app.kernel.access import Route, allow, house
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.uploads import MalformedForm, UploadRoute
from app.kernel.work import Work

from . import service
from .wire import FORM, ImportRun, shown

PATH = "/v1/directory/imports"
router = APIRouter(prefix=PATH, route_class=Route, tags=[Tag.ORGANISATION])
uploads = APIRouter(prefix=PATH, route_class=UploadRoute, tags=[Tag.ORGANISATION])
routers = (uploads, router)
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


def is_upload(method: str, path: str) -> bool:
    """Is this a request whose body is a file, which nobody is to hold?"""
    return method == "POST" and path == PATH


@uploads.post(
    "",
    status_code=202,
    openapi_extra=FORM,
    responses=responses(Invalid, FileRefused, BadColumns, MalformedForm, ImportRunning, NotFound),
)
def start_import(
    request: Request,
    response: Response,
    after: BackgroundTasks,
    work: Annotated[Work, allow(Permission.DIRECTORY_IMPORT)],
) -> ImportRun:
    """Import an HRIS export. The file is checked and loaded by a process of its own: watch the run at `Location`.

    A joiner, a mover and a leaver are each written whole, in transactions of at most 500 people; send the same file
    again after anything went wrong. A `complete` file that leaves out more than 10 % of the active people is refused
    until somebody confirms the leavers.
    """
    made = service.start(work, request.app.state.spool, request.state.upload)
    response.headers["Location"] = f"{PATH}/{made.id}"
    after.add_task(request.app.state.launch_import, made.id)
    return shown(made)


@router.get("")
def list_imports(
    work: Annotated[Work, allow(Permission.DIRECTORY_IMPORT)],
    page: Annotated[Page, paging("id", "created_at", default="-created_at")],
) -> Listing[ImportRun]:
    """List the runs of imports, over HTTP and at the command line, the newest first."""
    items, cursor = page.cut(service.runs(work, page))
    return Listing[ImportRun](items=[shown(one) for one in items], next_cursor=cursor)


@router.get("/{id}", responses=responses(NotFound))
def get_import(id: UUID, work: Annotated[Work, allow(Permission.DIRECTORY_IMPORT)]) -> ImportRun:
    """One run: how far it is, and what it did."""
    return shown(service.run(work, id))


@router.get("/{id}/rejects", response_class=StreamingResponse, responses={**_CSV, **responses(NotFound)})
def get_rejects(
    id: UUID, request: Request, work: Annotated[Work, allow(Permission.DIRECTORY_IMPORT)]
) -> StreamingResponse:
    """The rows that a run rejected, with line and reason, as CSV: mend them and send them again. Kept for 30 days.

    A cell that a spreadsheet would run as a formula has an apostrophe in front, which an import takes away again.
    """
    found = service.run(work, id)
    headers = {"Content-Disposition": f'attachment; filename="rejects-{id}.csv"', "X-Content-Type-Options": "nosniff"}
    rows = service.rejects(house(request), found)
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)
