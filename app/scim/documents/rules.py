"""A person as a SCIM User (RFC 7643 4.1, 4.3) and as the directory holds them: what one says in the words of the other.

The directory's columns are what counts. The document that the feed sent is kept beside them, in the feed's own words, so
that what was written is read back; where another door has changed a column since, the column is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.directory.rules import Employee
from app.kernel.text import key_of, line
from app.kernel.wire import format_instant
from app.lifecycle.rules import employment_type_of

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
MAX_DOCUMENT = 64 * 1024
MAX_ENTRIES = 200
"""Of one attribute of a person. A PATCH looks at each for each of its operations, and nobody has as many."""
_STAMP = "$version"
_OURS = ("schemas", "id", "meta", "groups", "externalId", "password")
"""Members of a document that are not kept in it: made by us, kept elsewhere, or never kept (a password)."""


class Unusable(Exception):
    """A value that the directory cannot take; ``path`` is the attribute's."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")


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


def stamped(document: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The document as it is kept: with the version of the row of which it is all there is to say."""
    return {**document, _STAMP: version}


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


def values_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of ``Employee`` that a kept document states by itself; department and manager are named elsewhere.

    Who is not said how they are employed stays as they are. Raises ``Unusable``.
    """
    name = document.get("name", {})
    given, family = _line(name, "givenName", "name."), _line(name, "familyName", "name.")
    user_name = _line(document, "userName", longest=320)
    if user_name is None:
        raise Unusable("userName", "is required")
    values = {
        "user_name": user_name,
        "email": _email(document),
        "given_name": given,
        "family_name": family,
        "display_name": _display_name(document, given, family) or user_name[:200],
        "title": _line(document, "title"),
        "location": _location(document),
    }
    stated = employment_type_of(document.get("userType"))
    return {**values, "employment_type": stated} if stated else values


def _line(said: Mapping[str, Any], name: str, path: str = "", longest: int = 200) -> str | None:
    value = said.get(name)
    if value is None:
        return None
    try:
        return line(value, longest)
    except ValueError as error:
        raise Unusable(f"{path}{name}", str(error)) from error


def _display_name(document: Mapping[str, Any], given: str | None, family: str | None) -> str | None:
    formatted = _line(document.get("name", {}), "formatted", "name.")
    return _line(document, "displayName") or formatted or " ".join(filter(None, (given, family))) or None


def _is_primary(one: Mapping[str, Any]) -> bool:
    return one.get("primary") is True


def _is_for_work(one: Mapping[str, Any]) -> bool:
    return str(one.get("type", "")).lower() == "work"


def chosen(entries: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Of several e-mails or addresses the one that counts: the primary, else the first for work, else the first."""
    listed = list(entries)
    for fits in (_is_primary, _is_for_work):
        found = next((one for one in listed if fits(one)), None)
        if found is not None:
            return found
    return listed[0] if listed else None


def _email(document: Mapping[str, Any]) -> str | None:
    return _line(chosen(document.get("emails", ())) or {}, "value", "emails.", longest=320)


def _location(document: Mapping[str, Any]) -> str | None:
    where = chosen(document.get("addresses", ())) or {}
    said = " ".join(str(where.get("locality") or where.get("formatted") or "").split())[:200]
    return _line({"locality": said}, "locality", "addresses.") if said else None


def number_of(document: Mapping[str, Any]) -> str | None:
    """HR's employee id, if the document says it. Raises ``Unusable``."""
    return _line(document.get(ENTERPRISE, {}), "employeeNumber", f"{ENTERPRISE}:", longest=100)


def department_of(document: Mapping[str, Any]) -> str | None:
    """The department's name, if the document says it. Raises ``Unusable``."""
    return _line(document.get(ENTERPRISE, {}), "department", f"{ENTERPRISE}:")


def manager_of(document: Mapping[str, Any]) -> str | None:
    """The manager's id as written, if the document says it."""
    return (document.get(ENTERPRISE, {}).get("manager") or {}).get("value")


def stored(person: Employee, place: Place) -> dict[str, Any]:
    """The document of a person as it is now: what the feed said, and the columns where another door changed them since."""
    if person.attributes is None:
        return _from_columns(person, place)
    said: dict[str, Any] = {**person.attributes}
    if said.pop(_STAMP, None) == person.version:  # no other door has changed them since
        return _with_enterprise(said, person, place)
    implied = values_of(said)
    for column, show in _SHOWN.items():
        held = getattr(person, column)
        if column in implied and implied[column] != held:
            show(said, held)
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


def _set(*path: str) -> Any:
    """A function that shows a column's value at a place of the document."""

    def show(said: dict[str, Any], held: Any) -> None:
        inner = said
        for name in path[:-1]:
            inner[name] = dict(inner.get(name, {}))
            inner = inner[name]
        if held is None:
            inner.pop(path[-1], None)
        else:
            inner[path[-1]] = held

    return show


def _set_email(said: dict[str, Any], held: str | None) -> None:
    entries = [dict(one) for one in said.get("emails", ())]
    main = chosen(entries)
    if held is None:
        entries = [one for one in entries if one is not main]
    elif main is None:
        entries = [{"value": held, "type": "work", "primary": True}]
    else:
        entries[entries.index(dict(main))]["value"] = held
    said["emails"] = entries


_SHOWN = {
    "user_name": _set("userName"),
    "email": _set_email,
    "given_name": _set("name", "givenName"),
    "family_name": _set("name", "familyName"),
    "display_name": _set("displayName"),
    "title": _set("title"),
    "employment_type": _set("userType"),
}


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
            "addresses": [{"locality": person.location, "type": "work"}] if person.location else None,
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
    name = _line({"displayName": said or None}, "displayName", longest=320)
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
