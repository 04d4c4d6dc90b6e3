"""A person in a feed's own words: the document kept beside the directory's columns, and what of it those columns say.

The words are those of a SCIM User (RFC 7643 4.1, 4.3). What the feed said is kept as it said it; where another door changes
a column, the document is changed with it, so that both are searched and shown alike.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from app.kernel.text import line
from app.lifecycle.rules import employment_type_of

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Unusable(Exception):
    """A value that the directory cannot take; ``path`` is the attribute's."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")


def values_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of ``Employee`` that a kept document states by itself; department and manager are named elsewhere.

    Who is not said how they are employed stays as they are. Raises ``Unusable``.
    """
    name = document.get("name", {})
    given, family = line_of(name, "givenName", "name."), line_of(name, "familyName", "name.")
    user_name = line_of(document, "userName", longest=320)
    if user_name is None:
        raise Unusable("userName", "is required")
    values = {
        "user_name": user_name,
        "email": _email(document),
        "given_name": given,
        "family_name": family,
        "display_name": _display_name(document, given, family) or user_name[:200],
        "title": line_of(document, "title"),
        "location": _location(document),
    }
    stated = employment_type_of(document.get("userType"))
    return {**values, "employment_type": stated} if stated else values


def line_of(said: Mapping[str, Any], name: str, path: str = "", longest: int = 200) -> str | None:
    """A member that is one line of text. Raises ``Unusable``."""
    value = said.get(name)
    if value is None:
        return None
    try:
        return line(value, longest)
    except ValueError as error:
        raise Unusable(f"{path}{name}", str(error)) from error


def _display_name(document: Mapping[str, Any], given: str | None, family: str | None) -> str | None:
    formatted = line_of(document.get("name", {}), "formatted", "name.")
    return line_of(document, "displayName") or formatted or " ".join(filter(None, (given, family))) or None


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
    return line_of(chosen(document.get("emails", ())) or {}, "value", "emails.", longest=320)


def _location(document: Mapping[str, Any]) -> str | None:
    where = chosen(document.get("addresses", ())) or {}
    said = " ".join(str(where.get("locality") or where.get("formatted") or "").split())[:200]
    return line_of({"locality": said}, "locality", "addresses.") if said else None


def agreeing(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The document after these columns were changed elsewhere; where it says the same already, and where it does not say
    anything of the kind, it stays as the feed put it.
    """
    said, implied = dict(document), values_of(document)
    for column, show in _SHOWN.items():
        if column in changes and column in implied and implied[column] != changes[column]:
            show(said, changes[column])
    return said


def _set(path: Sequence[str], said: dict[str, Any], held: Any) -> None:
    """Show a column's value at a place of the document."""
    inner = said
    for name in path[:-1]:
        inner[name] = dict(inner.get(name, {}))
        inner = inner[name]
    if held is None:
        inner.pop(path[-1], None)
    else:
        inner[path[-1]] = held


def _set_chosen(name: str, part: str, said: dict[str, Any], held: Any) -> None:
    """Show a column's value in the entry that counts, of several."""
    entries = list(said.pop(name, ()))
    main = chosen(entries)
    if held is None:
        entries = [one for one in entries if one is not main]
    elif main is None:
        entries = [{part: held, "type": "work", "primary": True}]
    else:
        entries = [{**one, part: held} if one is main else one for one in entries]
    if entries:
        said[name] = entries


_SHOWN: Mapping[str, Callable[[dict[str, Any], Any], None]] = {
    "user_name": partial(_set, ("userName",)),
    "email": partial(_set_chosen, "emails", "value"),
    "given_name": partial(_set, ("name", "givenName")),
    "family_name": partial(_set, ("name", "familyName")),
    "display_name": partial(_set, ("displayName",)),
    "title": partial(_set, ("title",)),
    "location": partial(_set_chosen, "addresses", "locality"),
    "employment_type": partial(_set, ("userType",)),
}
"""How each column's value is shown in a document."""
