"""A file of sightings over HTTP: small enough to be loaded while the caller waits."""

from dataclasses import replace
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response

from app.imports.completions import worker
from app.imports.rules import FileRefused
from app.imports.service import import_discoveries as load_discoveries
from app.kernel.access import allow_inside, house, work_for
from app.kernel.actor import Permission
from app.kernel.errors import Invalid
from app.kernel.problems import responses
from app.kernel.rates import Rate
from app.kernel.tags import Tag
from app.kernel.uploads import MalformedForm, UploadRoute

from .rules import MOST
from .wire import FORM, DiscoveriesImported, shown

PATH = "/v1/discoveries/import"
router = APIRouter(prefix=PATH, route_class=UploadRoute, tags=[Tag.HUB])
_FILES = CapacityLimiter(2)
"""Files have threads of their own, and few: however many come at once, a freeze or a decision does not wait for one."""


def is_upload(method: str, path: str) -> bool:
    """Is this a request whose body is a file, which nobody is to hold?"""
    return method == "POST" and path == PATH


@router.post("", openapi_extra=FORM, responses=responses(Invalid, FileRefused, MalformedForm))
async def import_discoveries(
    request: Request, response: Response, lock: Annotated[Permission, allow_inside(Permission.DISCOVERY_RECORD)]
) -> DiscoveriesImported:
    """Load a file of sightings: `network` and `handle`, or `url`; `source`, `seen_at` (a date or an instant); and where
    known `active` (yes or no), `display_name`, `followers`, `evidence_url`, `note`, `business_unit` (key or name).

    At most 2,000 rows, written in transactions of at most 100. What is wrong with a row rejects that row alone. A
    sighting that is recorded, or there twice, is `unchanged`: the same file again writes nothing.
    """
    return await to_thread.run_sync(_load, request, response, lock, limiter=_FILES)


def _load(request: Request, response: Response, lock: Permission) -> DiscoveriesImported:
    with work_for(request, lock, Rate.FEEDS, write=False) as work:
        actor, request.state.reply = work.actor, Response()
    acting = replace(house(request), operator=actor, request_id=request.state.request_id)
    loaded = worker.load(acting, request.state.upload, load_discoveries, MOST)
    if loaded.revision is not None:
        response.headers["Coe-Revision"] = str(loaded.revision)
    return shown(loaded)
