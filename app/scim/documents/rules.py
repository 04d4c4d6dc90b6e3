"""A person as a SCIM User (RFC 7643 4.1, 4.3) and as the directory holds them: what one says in the words of the other.

The directory's columns are what counts. The document that the feed sent is kept beside them, in the feed's own words, so
that what was written is read back; ``lifecycle`` keeps the two in agreement, whichever door a change comes by.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.directory.rules import Employee
from app.kernel.text import key_of
from app.kernel.wire import format_instant
from app.lifecycle.documents.rules import ENTERPRISE, Unusable, line_of

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
MAX_DOCUMENT = 64 * 1024
MAX_ENTRIES = 200
"""Of one attribute of a person. A PATCH looks at each for each of its operations, and nobody has as many."""
_OURS = ("schemas", "id", "meta", "groups", "externalId", "password")
"""Members of a document that are not kept in it: made by us, kept elsewhere, or never kept (a password)."""


@dataclass(frozen=True, slots=True)
class Place:
    """The unit that somebody is in, by the names a department may have."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Membership:
    """A group that somebody is in."""

    id: UUID
    name: str


def kept(dumped: Mapping[str, Any]) -> dict[str, Any]:
    """The document to keep of a user as sent: without what is ours, and without the empty. Raises ``Unusable``."""
    document: dict[str, Any] = _pruned({name: value for name, value in dumped.items() if name not in _OURS}) or {}
    manager = document.get(ENTERPRISE, {}).get("manager")
    if manager is not None:
        manager_id = manager.get("value")
        del document[ENTERPRISE]["manager"]
        if manager_id:
            document[ENTERPRISE]["manager"] = {"value": manager_id}
    _check(document, "")
    return document


def uuid_of(said: Any) -> UUID | None:
    """An id of ours, or None for what cannot be one."""
    try:
        return UUID(said)
    except (ValueError, TypeError, AttributeError):
        return None


def _pruned(said: Any) -> Any:
    """Without nulls, empty texts, empty lists and empty objects: all of them mean "unassigned" (RFC 7643 2.5)."""
    if isinstance(said, Mapping):
        members = {name: _pruned(value) for name, value in said.items()}
        return {name: value for name, value in members.items() if value is not None} or None
    if isinstance(said, list):
        return [value for value in map(_pruned, said) if value is not None] or None
    return None if said == "" else said


def _check(said: Any, path: str) -> None:
    if isinstance(said, str):
        if "\0" in said or (not said.isascii() and any("\ud800" <= char <= "\udfff" for char in said)):
            raise Unusable(path, "holds a character that is no text")
        if len(said) > MAX_DOCUMENT:
            raise Unusable(path, f"is longer than {MAX_DOCUMENT} characters")
    elif isinstance(said, Mapping):
        for name, value in said.items():
            _check(value, f"{path}.{name}" if path else str(name))
    elif isinstance(said, list):
        if len(said) > MAX_ENTRIES:
            raise Unusable(path, f"has more than {MAX_ENTRIES} entries")
        for value in said:
            _check(value, path)


def number_of(document: Mapping[str, Any]) -> str | None:
    """HR's employee id, if the document says it. Raises ``Unusable``."""
    return line_of(document.get(ENTERPRISE, {}), "employeeNumber", f"{ENTERPRISE}:", longest=100)


def department_of(document: Mapping[str, Any]) -> str | None:
    """The department's name, if the document says it. Raises ``Unusable``."""
    return line_of(document.get(ENTERPRISE, {}), "department", f"{ENTERPRISE}:")


def manager_of(document: Mapping[str, Any]) -> str | None:
    """The manager's id as written, if the document says it."""
    return (document.get(ENTERPRISE, {}).get("manager") or {}).get("value")


def stored(person: Employee, place: Place) -> dict[str, Any]:
    """The document of a person as it is now: what the feed said, with what the directory alone knows."""
    if person.attributes is None:
        return _from_columns(person, place)
    said: dict[str, Any] = {**person.attributes}
    if "active" in said:
        said["active"] = person.active
    return _with_enterprise(said, person, place)


def _with_enterprise(said: dict[str, Any], person: Employee, place: Place) -> dict[str, Any]:
    work = dict(said.get(ENTERPRISE, {}))
    if "employeeNumber" in work:
        work["employeeNumber"] = person.employee_number
    if "department" in work and key_of(work["department"]) not in (place.key, key_of(place.name)):
        work["department"] = place.name
    work.pop("manager", None)
    if person.manager_id is not None:
        work["manager"] = {"value": str(person.manager_id)}
    said.pop(ENTERPRISE, None)
    return {**said, ENTERPRISE: work} if work else said


def _from_columns(person: Employee, place: Place) -> dict[str, Any]:
    name = {"givenName": person.given_name, "familyName": person.family_name}
    work = {
        "employeeNumber": person.employee_number,
        "department": place.name,
        "manager": {"value": str(person.manager_id)} if person.manager_id else None,
    }
    document: dict[str, Any] = _pruned(
        {
            "userName": person.user_name,
            "name": name,
            "displayName": person.display_name,
            "title": person.title,
            "userType": str(person.employment_type),
            "active": person.active,
            "emails": [{"value": person.email, "type": "work", "primary": True}] if person.email else None,
            "addresses": [{"locality": person.location, "type": "work", "primary": True}] if person.location else None,
            ENTERPRISE: work,
        }
    )
    return document


def user(person: Employee, place: Place, groups: Iterable[Membership]) -> dict[str, Any]:
    """A person as they are read over SCIM; references are relative to the root (RFC 7643 2.3.7), ``location`` is not there."""
    said = stored(person, place)
    work = said.get(ENTERPRISE)
    if work and "manager" in work:
        work["manager"]["$ref"] = f"Users/{work['manager']['value']}"
    memberships = [
        {"value": str(one.id), "$ref": f"Groups/{one.id}", "display": one.name, "type": "direct"} for one in groups
    ]
    return {
        "schemas": [USER, ENTERPRISE] if work else [USER],
        "id": str(person.id),
        **({"externalId": person.external_id} if person.external_id is not None else {}),
        **said,
        **({"groups": memberships} if memberships else {}),
        "meta": meta("User", person.created_at, person.updated_at, person.version),
    }


def meta(kind: str, created_at: datetime, updated_at: datetime, version: int) -> dict[str, Any]:
    """What is said of a resource itself (RFC 7643 3.1)."""
    return {
        "resourceType": kind,
        "created": format_instant(created_at),
        "lastModified": format_instant(updated_at),
        "version": version_of(version),
    }


def version_of(version: int) -> str:
    """A row's version as an ETag; a weak one, since equal versions need not be equal bytes (RFC 7644 3.14)."""
    return f'W/"{version}"'


def name_of(said: str | None) -> str:
    """A group's name. Raises ``Unusable``."""
    name = line_of({"displayName": said or None}, "displayName", longest=320)
    if name is None:
        raise Unusable("displayName", "is required")
    return name


def group(
    said: tuple[UUID, str, str | None],
    members: Iterable[tuple[UUID, str | None, str]],
    known: tuple[datetime, datetime, int],
) -> dict[str, Any]:
    """A group as it is read over SCIM. ``said``: id, name, the feed's id; ``members``: id, name, kind; ``known``: when made,
    when changed, version.
    """
    id_, name, external_id = said
    listed = [
        {"value": str(one), "$ref": f"{kind}s/{one}", "type": kind, **({"display": display} if display else {})}
        for one, display, kind in members
    ]
    return {
        "schemas": [GROUP],
        "id": str(id_),
        **({"externalId": external_id} if external_id is not None else {}),
        "displayName": name,
        **({"members": listed} if listed else {}),
        "meta": meta("Group", *known),
    }
