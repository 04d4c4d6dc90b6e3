"""How values are written on the wire: the base of every request and response model, and instants (RFC 3339)."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))")
LATEST = datetime(9000, 1, 1, tzinfo=UTC)


def parse_instant(value: Any) -> datetime:
    """An RFC 3339 date-time with a zone; a number, a bare date or a leap second is refused. Raises ValueError."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("must be an RFC 3339 date-time with a zone, e.g. 2027-03-31T17:00:00Z")
    at = datetime.fromisoformat(value.upper())
    if at.year < 1900 or at.year >= LATEST.year:
        raise ValueError("must lie between the years 1900 and 9000")
    return at.astimezone(UTC)


def format_instant(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[
    datetime, BeforeValidator(parse_instant), PlainSerializer(format_instant, return_type=str, when_used="json")
]

Day = Annotated[date, Field(ge=date(1900, 1, 1), lt=LATEST.date())]
"""A day that a body or a query names: one with days before and after it, whatever is reckoned from it."""


class In(BaseModel):
    """A request body: unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """A response, filled from a value of the domain by attribute names."""

    model_config = ConfigDict(from_attributes=True)


def given(body: In) -> dict[str, Any]:
    """Only the members that the caller sent: what a PATCH changes (RFC 7396)."""
    return body.model_dump(exclude_unset=True)
