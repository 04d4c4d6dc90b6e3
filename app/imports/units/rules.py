"""What a row of a business-unit file says. An empty cell of an optional column leaves as it is what we hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from app.directory.rules import ROOT_KEY, BusinessUnit, Function, check_key, check_timezone
from app.imports.rules import Columns, Fault, text_of
from app.kernel.errors import Invalid
from app.kernel.text import key_of

COLUMNS = Columns(
    MappingProxyType(
        {
            "key": ("key",),
            "name": ("name",),
            "parent": ("parent", "parent_key"),
            "function": ("function",),
            "region": ("region",),
            "timezone": ("timezone",),
        }
    ),
    optional=frozenset({"function", "region", "timezone"}),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """What a file states of one unit.

    ``parent``: the key of the unit above, None only of the root. ``values``: the other columns of ``BusinessUnit``.
    """

    key: str
    parent: str | None
    values: Mapping[str, Any]


def unit(cells: Mapping[str, str]) -> Unit:
    """All that a row says; without a parent it hangs below the root. Raises ``Fault``."""
    key, name = text_of(cells, "key"), text_of(cells, "name")
    if key is None or name is None:
        raise Fault("key_or_name_missing", "A business unit needs a key and a name.")
    parent = text_of(cells, "parent")
    if key == ROOT_KEY and parent:
        raise Fault("root_has_no_parent", "The enterprise itself stands below nothing.")
    if parent == key:
        raise Fault("own_parent", "A unit does not stand below itself.")
    above = None if key == ROOT_KEY else parent or ROOT_KEY
    return Unit(_checked(check_key, key), above, {"name": name, **_values(cells)})


def _values(cells: Mapping[str, str]) -> dict[str, Any]:
    timezone = text_of(cells, "timezone")
    values = {
        "function": _function(cells),
        "region": text_of(cells, "region"),
        "timezone": _checked(check_timezone, timezone) if timezone else None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _checked(check: Any, text: str) -> str:
    try:
        checked: str = check(text)
    except Invalid as refused:
        raise Fault(refused.errors[0].code, str(refused)) from refused
    return checked


def _function(cells: Mapping[str, str]) -> Function | None:
    text = text_of(cells, "function")
    if text is None:
        return None
    name = key_of(text).replace(" ", "_")
    if name not in list(Function):
        raise Fault("bad_function", f"function: it must be one of {', '.join(Function)}.")
    return Function(name)


def changes(stated: Unit, present: BusinessUnit, parent_id: UUID | None) -> dict[str, Any]:
    """What the row says otherwise than the directory."""
    values = {**stated.values, "parent_id": parent_id}
    return {name: value for name, value in values.items() if getattr(present, name) != value}
