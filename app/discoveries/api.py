"""Discoveries over HTTP. Files of sightings are for ``imports``."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from app.accounts.rules import AccountExists
from app.directory import service as directory
from app.directory.rules import UnitClosed
from app.governance.reasons.rules import RequestRefused
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work
from app.networks.rules import BadHandle, UnknownNetwork

from . import rules, service, wire

router = APIRouter(prefix="/v1/discoveries", route_class=Route, tags=[Tag.HUB])
_SAME: dict[int | str, dict[str, Any]] = {
    200: {"model": wire.Discovery, "description": "It was known; this is it, with this sighting."}
}
_RESOLVING = responses(NotFound, Forbidden, rules.WrongDiscoveryState, PreconditionFailed)


@router.get("", responses=responses(NotFound, BadHandle))
def list_discoveries(
    work: Annotated[Work, allow(Permission.DISCOVERY_READ)],
    page: Annotated[Page, paging("id", "created_at", "last_seen_at")],
    network: str | None = None,
    handle: str | None = None,
    state: rules.DiscoveryState | None = None,
    match: rules.Match | None = None,
    alarm: bool | None = None,
) -> Listing[wire.Discovery]:
    """List what was found on the networks, as it stands now. `alarm=true`: what posts and should not."""
    filters = {"network": network, "handle": handle, "state": state, "match": match, "alarm": alarm}
    found = service.discoveries(work, page, filters)
    kept, cursor = page.cut([one.discovery for one in found])
    return Listing[wire.Discovery](items=[wire.discovery(one) for one in found[: len(kept)]], next_cursor=cursor)


@router.get("/{id}", responses=responses(NotFound))
def get_discovery(id: UUID, work: Annotated[Work, allow(Permission.DISCOVERY_READ)]) -> wire.Discovery:
    """One discovery."""
    return wire.discovery(service.discovery(work, id))


@router.get("/{id}/sightings", responses=responses(NotFound))
def list_sightings(
    id: UUID,
    work: Annotated[Work, allow(Permission.DISCOVERY_READ)],
    page: Annotated[Page, paging("id", "seen_at", default="-seen_at")],
) -> Listing[wire.Sighting]:
    """List when and by whom it was seen, the newest first."""
    shown, cursor = page.cut(service.sightings(work, id, page))
    return Listing[wire.Sighting](items=[wire.Sighting.model_validate(one) for one in shown], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    response_model=wire.Discovery,
    responses={**_SAME, **responses(UnknownNetwork, BadHandle, NotFound, UnitClosed, Invalid)},
)
def record_discovery(
    body: wire.NewSighting, response: Response, work: Annotated[Work, allow(Permission.DISCOVERY_RECORD)]
) -> wire.Discovery:
    """Record that an account was seen; one handle is one discovery, however often and by whomever it is seen."""
    done = service.report(work, service.seen(work, body.model_dump()))
    response.status_code = 201 if done.new else 200
    return wire.discovery(service.shown(work, done))


@router.post(
    "/{id}/adopt",
    responses={**_RESOLVING, **responses(RequestRefused, AccountExists, UnitClosed, Invalid)},
)
def adopt_discovery(
    id: UUID, body: wire.Adoption, work: Annotated[Work, allow(Permission.DISCOVERY_RESOLVE)]
) -> wire.Discovery:
    """Register it as one of ours, as the model in force where it is to be says; its account tells how that goes."""
    values = {**body.model_dump(), "business_unit_id": directory.unit(work, body.business_unit_id).id}
    return wire.discovery(service.adopt(work, id, values))


@router.post("/{id}/dispute", responses=_RESOLVING)
def dispute_discovery(
    id: UUID, body: wire.Evidenced, work: Annotated[Work, allow(Permission.DISCOVERY_RESOLVE)]
) -> wire.Discovery:
    """Say that it is somebody else's who passes for us; nobody can register it."""
    return wire.discovery(service.dispute(work, id, service.Reason(body.reason, body.evidence_url)))


@router.post("/{id}/taken-down", responses=_RESOLVING)
def take_down_discovery(
    id: UUID, body: wire.Evidenced, work: Annotated[Work, allow(Permission.DISCOVERY_RESOLVE)]
) -> wire.Discovery:
    """Say that it is gone from its network; seen again, it is open again."""
    return wire.discovery(service.take_down(work, id, service.Reason(body.reason, body.evidence_url)))


@router.post("/{id}/ignore", responses=_RESOLVING)
def ignore_discovery(
    id: UUID, body: wire.Reasoned, work: Annotated[Work, allow(Permission.DISCOVERY_RESOLVE)]
) -> wire.Discovery:
    """Say that it is no concern of ours; it is open again when it is seen to post and did not, or is another match."""
    return wire.discovery(service.ignore(work, id, service.Reason(body.reason)))


@router.post("/{id}/reopen", responses=_RESOLVING)
def reopen_discovery(
    id: UUID, body: wire.Reasoned, work: Annotated[Work, allow(Permission.DISCOVERY_RESOLVE)]
) -> wire.Discovery:
    """Take back what was said of it."""
    return wire.discovery(service.reopen(work, id, service.Reason(body.reason)))
