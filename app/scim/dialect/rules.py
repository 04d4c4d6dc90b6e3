"""What SCIM clients really send, in the words of the standard: pure functions of parsed JSON.

Microsoft Entra sends booleans as the texts "True" and "False", a manager as a bare id, in a list, or as "" to clear it, and
PATCH operations with a capital letter, or without a path and with dotted or qualified names; Okta puts ``id`` into a
path-less replace; OneLogin names the schemas of an older draft. What cannot be understood is refused, never ignored.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.lifecycle.documents.rules import ENTERPRISE
from app.scim.documents.rules import GROUP, MAX_ENTRIES, USER

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MAX_PATCH = 1000
MAX_FILTER, MAX_BRACKETS = 10_000, 200
"""Characters and parentheses in a filter, and characters in a path: the parser takes far longer to refuse more."""
_OPS = frozenset({"add", "replace", "remove"})
_BOOLEANS = {"True": True, "False": False}
_READ_ONLY = frozenset({"id", "schemas", "meta", "groups"})
"""Members that a client may repeat in a path-less PATCH as it read them; they change nothing."""
_LISTS = frozenset(
    {"emails", "phonenumbers", "addresses", "photos", "ims", "roles", "entitlements", "x509certificates"}
)
_MANAGER = frozenset({"manager", "manager.value"})
NOTHING: dict[str, Any] = {"op": "add", "value": {}}
"""An operation that changes nothing, in the place of one of which nothing was left."""
_BARE_MANAGER = re.compile(r'"(?:[^"\\]|\\.)*+"?|(?<![\w.:$-])(manager)(?![\w:$-])', re.IGNORECASE | re.DOTALL)
"""A text in quotes, to be passed over, or the attribute."""
_MEMBER = re.compile(r'members\[\s*value\s+eq\s+"([^"\\]+)"\s*\]', re.IGNORECASE)
_OLD_ENTERPRISE = ("urn:scim:schemas:extension:enterprise:1.0", "urn:scim:schemas:extension:enterprise:2.0:user")


class NotUnderstood(Exception):
    """A value that may mean anything; ``scim_type`` as RFC 7644 3.12 has it."""

    def __init__(self, message: str, scim_type: str = "invalidValue") -> None:
        super().__init__(message)
        self.scim_type = scim_type


class TooMany(Exception):
    """More operations in one PATCH than anybody needs."""


def resource(kind: str, said: Any) -> Any:
    """A ``User`` or ``Group`` as a client sent it, in the words of the standard. Raises ``NotUnderstood``."""
    if not isinstance(said, Mapping):
        return said
    named = said.get("schemas")
    if isinstance(named, list) and (GROUP if kind == "User" else USER) in named:
        raise NotUnderstood(f"The schemas are not those of a {kind}")
    document = _plainly_named(kind, said)
    _set(document, "schemas", _schemas(kind, document))
    return _user(document) if kind == "User" else _group(document)


def _plainly_named(kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """The members without their schema's name, and those of the extension under it, however they were named."""
    document: dict[str, Any] = {}
    work: dict[str, Any] = {}
    for name, value in said.items():
        extended, plain = _placed(kind, name)
        found = work if extended else document
        if plain:
            found[plain] = value
        elif isinstance(value, Mapping):
            found.update(value)
        elif extended:
            document[ENTERPRISE] = value
    return {**document, ENTERPRISE: work} if work else document


def _placed(kind: str, name: str) -> tuple[bool, str]:
    """Is a name one of the enterprise extension? And the name without its schema, "" for the schema itself."""
    name = name.strip()
    lowered = name.lower()
    for schema in (USER if kind == "User" else GROUP, ENTERPRISE, *_OLD_ENTERPRISE):
        if lowered == schema.lower() or lowered.startswith(f"{schema.lower()}:"):
            return schema not in (USER, GROUP), name[len(schema) + 1 :]
    return False, name


def _schemas(kind: str, document: Mapping[str, Any]) -> list[str]:
    """The schemas there are here; whatever a client calls them, the address says what it is about."""
    return [USER, *([ENTERPRISE] if ENTERPRISE in document else [])] if kind == "User" else [GROUP]


def _user(document: dict[str, Any]) -> dict[str, Any]:
    for name in list(document):
        if name.lower() == "active":
            document[name] = boolean(document[name], "active")
        elif name.lower() in _LISTS:
            document[name] = _entries(document[name])
    work = document.get(ENTERPRISE)
    if isinstance(work, Mapping):
        document[ENTERPRISE] = {
            name: manager(value) if name.lower() == "manager" else value for name, value in work.items()
        }
    return document


def _group(document: dict[str, Any]) -> dict[str, Any]:
    for name in list(document):
        if name.lower() == "members":
            document[name] = members(document[name])
    return document


def boolean(value: Any, path: str) -> bool:
    """A boolean, or one of the two texts that are documented to mean one. Raises ``NotUnderstood``."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _BOOLEANS:
        return _BOOLEANS[value]
    raise NotUnderstood(f'{path} must be true or false (or the text "True" or "False")')


def _entries(value: Any) -> Any:
    """The entries of a list: one alone becomes a list, their ``primary`` a boolean."""
    listed = [value] if isinstance(value, Mapping) else value
    if not isinstance(listed, list):
        return value
    if len(listed) > MAX_ENTRIES:
        raise NotUnderstood(f"An attribute has at most {MAX_ENTRIES} entries")
    return [
        {name: boolean(v, "primary") if name.lower() == "primary" and v is not None else v for name, v in one.items()}
        if isinstance(one, Mapping)
        else one
        for one in listed
    ]


def manager(value: Any) -> Any:
    """A manager as ``{"value": id}``, null where it is cleared, in whichever of its spellings."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str):
        value = {"value": value}
    if not isinstance(value, Mapping):
        return value
    named = {name: said for name, said in value.items() if name.lower() in ("value", "$ref", "displayname")}
    return named if any(named.get(name) for name in named if name.lower() == "value") else None


def members(value: Any) -> Any:
    """Members as a list of objects: one alone, or bare ids, are taken for that."""
    listed = [value] if isinstance(value, (str, Mapping)) else value
    return [{"value": one} if isinstance(one, str) else one for one in listed] if isinstance(listed, list) else value


def patch(kind: str, said: Any) -> Any:
    """A PATCH message in the words of the standard. Raises ``NotUnderstood``, ``TooMany``."""
    if not isinstance(said, Mapping):
        return said
    name = next((one for one in said if one.lower() == "operations"), None)
    operations = said.get(name) if name else None
    if not isinstance(operations, list):
        return said
    if len(operations) > MAX_PATCH:
        raise TooMany(f"A PATCH may hold {MAX_PATCH} operations; send the rest in another.")
    found = [one for operation in operations for one in _operation(kind, operation)]
    return {"schemas": [PATCH_OP], "Operations": _together(found) or [NOTHING] * bool(operations)}


def _together(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Operations one after the other that each add or remove a member, as one: each goes through all there are."""
    made: list[dict[str, Any]] = []
    for one in found:
        last = made[-1] if made else {}
        listed = one.get("path") == "members" and isinstance(one.get("value"), list) and one["op"] != "replace"
        if listed and all(last.get(name) == one.get(name) for name in ("op", "path", "lenient")):
            last["value"].extend(one["value"])
        else:
            made.append(one)
    return made


def _operation(kind: str, said: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(said, Mapping):
        raise NotUnderstood("An operation is an object", "invalidSyntax")
    members_ = {name.lower(): value for name, value in said.items()}
    op = str(members_.get("op", "")).lower()
    if op not in _OPS:
        raise NotUnderstood("op must be add, replace or remove", "invalidSyntax")
    path, value = members_.get("path"), members_.get("value")
    if path is not None and (not isinstance(path, str) or len(path) > MAX_FILTER):
        raise NotUnderstood(f"path must be a text of at most {MAX_FILTER} characters", "invalidPath")
    extended, plain = _placed(kind, path or "")
    if not plain and op != "remove" and isinstance(value, Mapping):
        yield from _exploded(kind, op, {ENTERPRISE: value} if extended else value)
        return
    if op != "remove" and plain and "value" not in members_:
        raise NotUnderstood(f"{op} needs a value for {path}")
    whole = (path or "").strip() if not plain else f"{ENTERPRISE}:{plain}" if extended else plain
    yield _spelled(kind, op, whole or None, value, given="value" in members_)


def _exploded(kind: str, op: str, value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A path-less operation as one for each member, so that dotted and qualified names are paths like any other."""
    for name, inner in _plainly_named(kind, value).items():
        if name.lower() in _READ_ONLY:
            continue
        if name == ENTERPRISE and isinstance(inner, Mapping):
            for deeper, leaf in inner.items():
                yield _spelled(kind, op, f"{ENTERPRISE}:{deeper}", leaf, given=True, lenient=True)
        else:
            yield _spelled(kind, op, name, inner, given=True, lenient=True)


def _spelled(kind: str, op: str, path: str | None, value: Any, *, given: bool, lenient: bool = False) -> dict[str, Any]:
    """One operation; ``lenient``: its path was a member's name, so that an unknown one is left out by whoever applies it."""
    plain = (path or "").lower().removeprefix(f"{ENTERPRISE.lower()}:")
    if kind == "User" and op != "remove":
        value = _value(plain, path or "", value)
        path = f"{ENTERPRISE}:manager" if plain in _MANAGER else path
        if value == "" or value is None:  # how Entra clears an attribute
            return {"op": "remove", "path": path, **({"lenient": True} if lenient else {})}
    elif kind == "Group" and op == "remove" and (one := _MEMBER.fullmatch(path or "")):
        path, value, given = "members", [{"value": one[1]}], True
    elif kind == "Group" and plain == "members" and value is not None:
        path, value = plain, members(value)
    made: dict[str, Any] = {"op": op, **({"path": path} if path else {})}
    if given and not (op == "remove" and value is None):
        made["value"] = value
    return {**made, "lenient": True} if lenient else made


def _value(plain: str, path: str, value: Any) -> Any:
    """What an operation sets a user's attribute to."""
    if plain == "active":
        return boolean(value, "active")
    if plain.endswith(".primary"):
        return boolean(value, path)
    if plain in _MANAGER:
        return manager(value)
    return _entries(value) if plain in _LISTS and isinstance(value, (list, Mapping)) else value


def condition(text: str) -> str:
    """A filter in which a bare ``manager`` is the extension's attribute, as Entra has it. Raises ``NotUnderstood``."""
    if len(text) > MAX_FILTER or text.count("(") > MAX_BRACKETS:
        raise NotUnderstood(
            f"A filter may hold {MAX_FILTER} characters and {MAX_BRACKETS} parentheses", "invalidFilter"
        )
    return _BARE_MANAGER.sub(lambda found: f"{ENTERPRISE}:manager" if found[1] else found[0], text)


def _set(document: dict[str, Any], name: str, value: Any) -> None:
    for found in [one for one in document if one.lower() == name.lower()]:
        del document[found]
    document[name] = value
