"""Groups of the identity provider over HTTP, and what a strategist has them mean."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.directory.rules import UnitClosed
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out
from app.kernel.work import Work
from app.roles.rules import Role

from . import rules, service

router = APIRouter(prefix="/v1", route_class=Route, tags=[Tag.HUB])


class NewMapping(In):
    """Which group, and what membership of it shall mean: with a role an appointment, without one a move into the unit."""

    group_id: UUID
    role: Annotated[Role | None, Field(examples=["social_analyst"])] = None
    business_unit_id: UUID | None = None
    network: str | None = None
    reason: Annotated[Prose, Field(examples=["The identity provider keeps the list of our analysts."])]


class Ending(In):
    """Why the group means this no more."""

    reason: Prose


class GroupMapping(Out):
    """What membership of a group means here."""

    id: UUID
    group_id: UUID | None
    group_name: str
    role: Role | None
    business_unit_id: UUID | None
    network: str | None
    mapped_by: UUID | None
    reason: str
    ended_at: Instant | None
    end_reason: str | None
    created_at: Instant
    updated_at: Instant


class Group(Out):
    """A group as the identity provider sends it."""

    id: UUID
    display_name: str
    external_id: str | None
    members: Annotated[int, Field(description="How many there are; they are listed at `/scim/v2/Groups`.")]
    created_at: Instant
    updated_at: Instant


@router.get("/groups")
def list_groups(
    work: Annotated[Work, allow(Permission.GROUP_READ)],
    page: Annotated[Page, paging("id", "created_at", "display_name")],
    display_name: str | None = None,
) -> Listing[Group]:
    """List the groups that the identity provider has sent, to be mapped."""
    found = service.groups(work, page, display_name)
    kept, cursor = page.cut([one for one, _ in found])
    items = [Group.model_validate({**_members(one), "members": count}) for one, count in found[: len(kept)]]
    return Listing[Group](items=items, next_cursor=cursor)


def _members(one: rules.Group) -> dict[str, object]:
    return {name: getattr(one, name) for name in Group.model_fields if name != "members"}


@router.get("/group-mappings")
def list_group_mappings(
    work: Annotated[Work, allow(Permission.GROUP_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    group_id: UUID | None = None,
    role: Role | None = None,
    business_unit_id: UUID | None = None,
    ended: bool | None = None,
) -> Listing[GroupMapping]:
    """List what membership of groups means here, and meant."""
    filters = {"group_id": group_id, "role": role, "business_unit_id": business_unit_id, "ended": ended}
    shown, cursor = page.cut(service.mappings(work, page, filters))
    return Listing[GroupMapping](items=[GroupMapping.model_validate(one) for one in shown], next_cursor=cursor)


@router.get("/group-mappings/{id}", response_model=GroupMapping, responses=responses(NotFound))
def get_group_mapping(id: UUID, work: Annotated[Work, allow(Permission.GROUP_READ)]) -> rules.Mapping:
    """One mapping."""
    return service.mapping(work, id)


@router.post(
    "/group-mappings",
    status_code=201,
    response_model=GroupMapping,
    responses=responses(NotFound, rules.AlreadyMapped, UnitClosed, Invalid),
)
def map_group(body: NewMapping, work: Annotated[Work, allow(Permission.GROUP_MAP)]) -> rules.Mapping:
    """Have membership of a group mean something, for those who are members already, too."""
    return service.map_group(work, body.group_id, body.role, body.business_unit_id, body.network, body.reason)


@router.post(
    "/group-mappings/{id}/end",
    response_model=GroupMapping,
    responses=responses(NotFound, rules.MappingEnded, PreconditionFailed),
)
def end_group_mapping(id: UUID, body: Ending, work: Annotated[Work, allow(Permission.GROUP_MAP)]) -> rules.Mapping:
    """Have membership mean this no more: the appointments that came from it end; people stay where they were moved."""
    return service.end_mapping(work, id, body.reason)
