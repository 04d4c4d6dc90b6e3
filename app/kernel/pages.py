"""Keyset pagination: pages that neither skip nor repeat a row when rows come and go in between.

A cursor is the sort values of the last row shown. It is signed and bound to the query it came from, so that it can
neither be made up nor be carried to another path, order, filter or caller.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Final, Generic, Protocol, TypeVar, overload
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel
from pydantic import Field as ModelField
from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeDecorator

from .errors import Invalid, InvalidCursor

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
_MAC_BYTES: Final = 16


class _Identified(Protocol):
    @property
    def id(self) -> UUID: ...


T = TypeVar("T")
R = TypeVar("R", bound=_Identified)
S = TypeVar("S", bound=Select[*tuple[Any, ...]])
Column = ColumnElement[Any] | InstrumentedAttribute[Any]
Order = Sequence[tuple[Column, bool]]
"""Columns with True for descending. None of them may be NULL, and together they must be unique."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a caller asked for: how many, after which cursor, in which order.

    ``binding`` names the query that a cursor belongs to, ``key`` signs it.
    """

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    sort: str | None = None
    binding: str = ""
    key: bytes = field(default=b"", repr=False)

    def after(self) -> list[Any] | None:
        """The position to go on from, as JSON values; None for the first page. Raises ``InvalidCursor``."""
        return None if self.cursor is None else decode_cursor(self.cursor, self.key, self.binding)

    @property
    def column(self) -> str | None:
        """The name of the field to sort by, one of those that the route allows."""
        return self.sort.removeprefix("-") if self.sort else None

    @property
    def descending(self) -> bool:
        """Is the largest value to come first?"""
        return self.sort is not None and self.sort.startswith("-")

    @overload
    def cut(self, rows: Sequence[R]) -> tuple[list[R], str | None]: ...

    @overload
    def cut(self, rows: Sequence[T], position: Callable[[T], Sequence[Any]]) -> tuple[list[T], str | None]: ...

    def cut(
        self, rows: Sequence[T], position: Callable[[T], Sequence[Any]] | None = None
    ) -> tuple[list[T], str | None]:
        """Of the up to ``limit + 1`` rows of a ``keyset`` query those to show, and the cursor to the next, if any.

        ``position(row)``: the row's values of the columns it was ordered by, in that order; by default those of the
        sort column and of ``id``.
        """
        shown = list(rows[: self.limit])
        if len(rows) <= self.limit:
            return shown, None
        return shown, encode_cursor((position or self._position)(shown[-1]), self.key, self.binding)

    def _position(self, row: Any) -> tuple[Any, Any]:
        return getattr(row, self.column or "id"), row.id


class Listing(BaseModel, Generic[T]):
    """One page of a collection."""

    items: list[T]
    next_cursor: str | None = ModelField(
        default=None, description="Pass it as `cursor` for the next page; null on the last."
    )


def paging(*fields: str, default: str | None = None) -> Any:
    """The page that the query asks for, as a route's ``page: Annotated[Page, paging("created_at", "name")]``.

    ``fields`` may be sorted by; without ``default`` it is the first of them, ascending. Put it after the Work among the
    parameters: then a cursor is bound to its caller, too.
    """
    allowed = [spelling for name in fields for spelling in (name, f"-{name}")]
    usual = default or fields[0]

    async def page(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many at most.")] = DEFAULT_LIMIT,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
        sort: Annotated[
            str, Query(description="A field; with `-` in front, descending.", json_schema_extra={"enum": allowed})
        ] = usual,
    ) -> Page:
        if sort not in allowed:
            raise Invalid.field("?sort", "not_allowed", f"This must be one of {', '.join(allowed)}.")
        return Page(limit, cursor, sort, _binding(request, sort), request.app.state.cursor_key)

    return Depends(page)


def _binding(request: Request, sort: str) -> str:
    filters = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in {"cursor", "limit", "sort"})
    actor = getattr(request.state, "actor", None)
    caller = [str(actor.kind), str(actor.id)] if actor is not None else None
    return json.dumps([request.scope["path"], sort, filters, caller])


def usual_order(row: Any, page: Page) -> Order:
    """The order of a list of resources: by the field that the page is sorted by, and by id where that is equal."""
    return ((getattr(row, page.column or "id"), page.descending), (row.id, page.descending))


def keyset(statement: S, order: Order, page: Page) -> S:
    """The statement in this order, from the page's cursor on, with one row more than the page shows.

    Raises ``InvalidCursor``.
    """
    position = page.after()
    if position is not None:
        if len(position) != len(order):
            raise _not_ours()
        values = [_restore(value, column) for value, (column, _) in zip(position, order, strict=True)]
        statement = statement.where(_beyond(order, values))
    return statement.order_by(*(c.desc() if descending else c.asc() for c, descending in order)).limit(page.limit + 1)


def _beyond(order: Order, values: Sequence[Any]) -> ColumnElement[bool]:
    """Strictly after the position: later in the first column, or equal there and later in the rest."""
    (column, descending), value = order[0], values[0]
    later: ColumnElement[bool] = column < value if descending else column > value
    if len(order) == 1:
        return later
    # Said once more as a plain bound, which an index on the first column can start from; an OR it cannot.
    bound = column <= value if descending else column >= value
    return and_(bound, or_(later, and_(column == value, _beyond(order[1:], values[1:]))))


_FROM_TEXT: Final[Mapping[type, Callable[[str], Any]]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    UUID: UUID,
}


def _restore(value: Any, column: Column) -> Any:
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    try:
        read = _FROM_TEXT.get(kind.python_type)
        return read(value) if read else value
    except (TypeError, ValueError):
        # Signed by us, yet of another shape: the column's type has changed since.
        raise _not_ours() from None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a cursor cannot hold {type(value).__name__}")


def encode_cursor(values: Sequence[Any], key: bytes, binding: str) -> str:
    """An opaque, signed name of this position in this query. Times and ids become text."""
    payload = json.dumps(list(values), default=_plain, separators=(",", ":"), allow_nan=False).encode()
    return base64.urlsafe_b64encode(_mac(payload, key, binding) + payload).rstrip(b"=").decode()


def decode_cursor(cursor: str, key: bytes, binding: str) -> list[Any]:
    """The position that ``encode_cursor`` was given, times and ids as text. Raises ``InvalidCursor``."""
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise _not_ours() from None
    mac, payload = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
    # Two spellings of one cursor (unused bits at the end) are one too many: only ours is taken.
    canonical = base64.urlsafe_b64encode(sealed).rstrip(b"=").decode() == cursor
    if not canonical or not hmac.compare_digest(mac, _mac(payload, key, binding)):
        raise _not_ours()
    position: list[Any] = json.loads(payload)
    return position


def _mac(payload: bytes, key: bytes, binding: str) -> bytes:
    if not key:
        raise RuntimeError("a page needs the key that signs cursors")
    # The binding is hashed to a fixed length first, so that no part of it can pass for payload.
    bound = hashlib.sha256(binding.encode("utf-8", "surrogatepass")).digest()
    return hmac.new(key, bound + payload, hashlib.sha256).digest()[:_MAC_BYTES]


def _not_ours() -> InvalidCursor:
    return InvalidCursor(
        "Start again without a cursor; one is only good for the query, order and caller it was given to."
    )
