"""AuthZEN Authorization API 1.0: searches. The results are what an evaluation would permit, now."""

from typing import Annotated

from fastapi import APIRouter, Request

from app.authzen.binding.api import AtLeast, StandardRoute
from app.authzen.rules import ACCOUNT, EMPLOYEE, RevisionUnavailable
from app.authzen.service import revision
from app.kernel.access import allow_deciding
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, MalformedRequest
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import service, wire
from .rules import InvalidPageToken

router = APIRouter(prefix="/access/v1/search", route_class=StandardRoute, tags=[Tag.TOOLS])
_REFUSALS = responses(MalformedRequest, InvalidPageToken, Forbidden, RevisionUnavailable)
_Asking = Annotated[Work, allow_deciding(Permission.DECISION_EVALUATE, reads=True)]


@router.post("/subject", responses=_REFUSALS)
def search_subjects(request: Request, body: wire.SubjectSearch, work: _Asking, at_least: AtLeast) -> wire.Entities:
    """Who may take this action on this account, now? Without a role of the centre one finds oneself at most."""
    newest, pager = revision(work, at_least), _pager(request, work, body)
    found = service.subjects(service.Database(work), work.actor, wire.question(body), pager.window())
    return wire.entities(EMPLOYEE, found, pager.page(found), newest)


@router.post("/resource", responses=_REFUSALS)
def search_resources(request: Request, body: wire.ResourceSearch, work: _Asking, at_least: AtLeast) -> wire.Entities:
    """On which accounts may this person take this action, now?"""
    newest, pager = revision(work, at_least), _pager(request, work, body)
    found = service.resources(service.Database(work), wire.question(body), pager.window())
    return wire.entities(ACCOUNT, found, pager.page(found), newest)


@router.post("/action", responses=_REFUSALS)
def search_actions(request: Request, body: wire.ActionSearch, work: _Asking, at_least: AtLeast) -> wire.Actions:
    """Which actions may this person take on this account, now?"""
    newest, pager = revision(work, at_least), _pager(request, work, body)
    found = service.actions(service.Database(work), wire.question(body), pager.window())
    return wire.actions(found, pager.page(found), newest)


def _pager(request: Request, work: Work, body: wire.Search) -> wire.Pager:
    return wire.Pager(body, request.scope["path"], work.actor, request.app.state.cursor_key)
