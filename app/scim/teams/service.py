"""SCIM Groups: stored as they are sent (``app.groups``)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from scim2_models import InvalidValueException, NotFoundException

from app.directory import store as directory
from app.groups import service as groups
from app.groups import store as group_store
from app.groups.rules import Member, MemberKind
from app.kernel.work import Work
from app.scim.documents import rules as documents
from app.scim.search import store as search


def listed(work: Work, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Groups as plain JSON values."""
    members = group_store.members(work.session, ids)
    made = {}
    for id_, one in search.groups(work.session, ids).items():
        said = [(m.id, m.display, "User" if m.kind is MemberKind.EMPLOYEE else "Group") for m in members.get(id_, ())]
        known = (one.created_at, one.updated_at, one.version)
        made[id_] = documents.group((one.id, one.display_name, one.external_id), said, known)
    return made


def version(work: Work, id_: UUID) -> int:
    """The version of a group. Raises ``NotFoundException``."""
    found = group_store.groups(work.session, [id_]).get(id_)
    if found is None:
        raise NotFoundException(detail=f"There is no Group {id_}")
    return found.version


def create(work: Work, resource: Any, external_id: str | None) -> UUID:
    """A new group as sent; answers its id."""
    return groups.create(work, _values(resource, external_id), _members(work, resource)).id


def restate(work: Work, id_: UUID, resource: Any, external_id: str | None) -> None:
    """A group as sent anew."""
    groups.update(work, id_, _values(resource, external_id), _members(work, resource))


def _values(resource: Any, external_id: str | None) -> dict[str, Any]:
    return {"display_name": documents.name_of(resource.display_name), "external_id": external_id}


def _members(work: Work, resource: Any) -> list[Member]:
    said = {}
    for one in resource.members or []:
        id_ = documents.uuid_of(one.value)
        if id_ is None:
            raise InvalidValueException(detail=f"members: there is no user or group {one.value}.")
        said[id_] = documents.name_of(one.display) if one.display else None
    people = directory.employees(work.session, said)
    kinds = {True: MemberKind.EMPLOYEE, False: MemberKind.GROUP}
    return [Member(kinds[id_ in people], id_, display) for id_, display in said.items()]
