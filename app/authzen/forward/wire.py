"""A question in headers, as a gateway can ask it that has no way to write a body.

Each value is a text and nothing else: it is never a part of a document that somebody would have to parse.
"""

from typing import Annotated, Any, Final

from fastapi import Header
from fastapi.openapi.models import Example

_LONGEST: Final = 320
_VISIBLE: Final = r"^[!-~]+$"
"""What a header can hold without being read in two ways (RFC 9110 5.5); whoever is named otherwise has an id."""
REASONS: Final = "X-Coe-Reasons"
"""The codes of a refusal's reasons: a gateway hands on headers, and drops the body."""
NO_STORE: Final = {"Cache-Control": "no-store"}
"""A 204 may be kept by a cache that is not told otherwise (RFC 9110 15.3.5); this one is over in an instant."""


def _header(name: str, said: str, example: str | None = None, pattern: str = _VISIBLE) -> Any:
    shown: dict[str, Example] | None = {"the demo": {"value": example}} if example else None
    return Header(alias=name, description=said, max_length=_LONGEST, pattern=pattern, openapi_examples=shown)


_WHO = "An employee: our id, HR's employee id, the work e-mail or the user name."
Subject = Annotated[str, _header("X-Coe-Subject", _WHO, "liaison2@demo.example")]
Right = Annotated[str, _header("X-Coe-Right", "draft, publish, engage, analyze or administer.", "publish")]
Account = Annotated[str, _header("X-Coe-Account", "Our id, or `network:handle`.", "x:alder_nordics")]
Tool = Annotated[str | None, _header("X-Coe-Tool", "The key of a publishing tool; counts from a gateway only.")]
Content = Annotated[
    str | None,
    _header("X-Coe-Content-SHA256", "SHA-256 of the very content that is to go out, in hex.", None, "^[0-9a-f]{64}$"),
]
NAMES: Final = ("X-Coe-Subject", "X-Coe-Right", "X-Coe-Account", "X-Coe-Tool", "X-Coe-Content-SHA256")
