"""What pydantic finds wrong with an input, in our own codes and in plain words.

The input itself is never repeated: it may hold a secret, or what cannot be put into JSON.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from .errors import FieldError

MAX_FINDINGS: Final = 50
MAX_POINTER: Final = 200

_WANTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "string_type": "a text",
        "string_sub_type": "a text",
        "bool_type": "true or false",
        "bool_parsing": "true or false",
        "int_type": "a whole number",
        "int_parsing": "a whole number",
        "int_parsing_size": "a whole number of ordinary size",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "float_parsing": "a number",
        "finite_number": "a number",
        "decimal_type": "a number",
        "decimal_parsing": "a number",
        "list_type": "a list",
        "set_type": "a list",
        "frozen_set_type": "a list",
        "tuple_type": "a list",
        "dict_type": "an object",
        "mapping_type": "an object",
        "model_type": "an object",
        "model_attributes_type": "an object",
        "dataclass_type": "an object",
        "none_required": "null",
        "uuid_type": "an id (a UUID)",
        "uuid_parsing": "an id (a UUID)",
        "uuid_version": "an id (a UUID)",
        "datetime_type": "an instant such as 2026-05-01T12:00:00Z",
        "datetime_parsing": "an instant such as 2026-05-01T12:00:00Z",
        "datetime_from_date_parsing": "an instant such as 2026-05-01T12:00:00Z",
        "datetime_object_invalid": "an instant such as 2026-05-01T12:00:00Z",
        "timezone_aware": "an instant with its time zone, such as 2026-05-01T12:00:00Z",
        "date_type": "a date such as 2026-05-01",
        "date_parsing": "a date such as 2026-05-01",
        "date_from_datetime_parsing": "a date such as 2026-05-01",
        "date_from_datetime_inexact": "a date such as 2026-05-01",
        "time_delta_type": "a duration such as P30D",
        "time_delta_parsing": "a duration such as P30D",
        "url_type": "an address (a URL)",
        "url_parsing": "an address (a URL)",
        "url_scheme": "an address (a URL) of an accepted scheme",
    }
)
"""Pydantic's error types that say: this is no such thing."""

_SAID: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "missing": ("required", "This is required."),
        "extra_forbidden": ("unknown_field", "There is no such field here."),
        "string_too_long": ("too_long", "This takes at most {max_length} characters."),
        "string_too_short": ("too_short", "This takes at least {min_length} characters."),
        "too_long": ("too_long", "This takes at most {max_length} entries."),
        "too_short": ("too_short", "This takes at least {min_length} entries."),
        "string_pattern_mismatch": ("wrong_format", "This must match {pattern}."),
        "is_instance_of": ("wrong_type", "This is of another kind than expected."),
        "string_unicode": ("invalid_unicode", "This is no text."),
        "greater_than": ("out_of_range", "This must be greater than {gt}."),
        "greater_than_equal": ("out_of_range", "This must be at least {ge}."),
        "less_than": ("out_of_range", "This must be less than {lt}."),
        "less_than_equal": ("out_of_range", "This must be at most {le}."),
        "literal_error": ("not_allowed", "This must be one of {expected}."),
        "enum": ("not_allowed", "This must be one of {expected}."),
        "union_tag_invalid": ("not_allowed", "{discriminator} must be one of {expected_tags}."),
        "union_tag_not_found": ("required", "{discriminator} is required."),
        "value_error": ("invalid", "{error}"),
        "assertion_error": ("invalid", "{error}"),
    }
)
"""Pydantic's other error types, as our code and sentence; the names in braces are those of its context."""


def findings(errors: Sequence[Mapping[str, Any]], body: Any) -> tuple[FieldError, ...]:
    """Pydantic's errors as ours, at most ``MAX_FINDINGS``. ``body``: the parsed body, into which the pointers lead.

    A validator's own ``ValueError`` or ``PydanticCustomError`` speaks for itself, so it must not repeat its input.
    """
    found = (_finding(error, body) for error in errors[:MAX_FINDINGS])
    return tuple(dict.fromkeys(found))


def _finding(error: Mapping[str, Any], body: Any) -> FieldError:
    code, message = _words(error["type"], error.get("ctx") or {}, error["msg"])
    return FieldError(_place(error["loc"], body, missing=error["type"] == "missing")[:MAX_POINTER], code, message)


def _words(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    if kind in _WANTED:
        return "wrong_type", f"This must be {_WANTED[kind]}."
    if kind in _SAID:
        code, sentence = _SAID[kind]
        return code, sentence.format_map(context)
    return kind, message


def _place(location: Sequence[int | str], body: Any, *, missing: bool) -> str:
    where, *parts = location
    if where == "body":
        return _pointer(parts, body, missing=missing)
    name = str(parts[0]) if parts else ""
    return {"query": f"?{name}", "path": f"{{{name}}}"}.get(str(where), f"{name}:")


def _pointer(parts: Sequence[int | str], body: Any, *, missing: bool) -> str:
    """A JSON pointer (RFC 6901) into the body.

    Pydantic's location also names the member of a union that it tried; what the body does not hold is left out.
    """
    pointer = ""
    for last, part in ((i == len(parts) - 1, part) for i, part in enumerate(parts)):
        inside = _holds(body, part)
        if inside or (missing and last):
            pointer += "/" + str(part).replace("~", "~0").replace("/", "~1")
        body = body[part] if inside else body
    return pointer


def _holds(value: Any, part: int | str) -> bool:
    if isinstance(value, Mapping):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value)
