"""Request bodies, checked before anything else sees them: size, encoding, media type, and JSON as RFC 8259 means it.

Python's own parser takes more than JSON (``NaN``, repeated names, lone surrogates, numbers of any length) and the
layers behind it answer some of that with a 500. Here all of it is a 4xx, on every route alike.
"""

import asyncio
import json
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import Any, Final, NoReturn

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import DomainError, MalformedRequest, TooLarge, UnsupportedMediaType
from .problems import render

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 64
MAX_INT: Final = 2**63 - 1
# What a client may still send after we refused: enough that it gets to read the answer, not enough to be a burden.
DRAIN_BYTES: Final = 64 * 1024 * 1024
DRAIN_SECONDS: Final = 10

FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_JSON_TYPE = re.compile(r"application/(?:[a-z0-9!#$&^_.-]+\+)?json")

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_A_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_DOUBTFUL_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class MalformedJson(MalformedRequest):
    code = "malformed_json"
    title = "The body is not valid JSON"


class DuplicateKey(MalformedRequest):
    """RFC 8259 4 leaves open what a repeated name means; two readers of one body must never differ on it."""

    code = "duplicate_key"
    title = "A name occurs twice in one object of the body"


class JsonTooDeep(MalformedRequest):
    code = "json_depth"
    title = "The body is nested too deeply"


class NotANumber(MalformedRequest):
    code = "not_a_number"
    title = "NaN and Infinity are not JSON"


class NumberOutOfRange(MalformedRequest):
    """Beyond 64 bits with a sign, or for a fraction beyond a double: readers would differ on it (RFC 8259 6)."""

    code = "number_out_of_range"
    title = "A number in the body is too large"


class InvalidUnicode(MalformedRequest):
    """Not UTF-8, a byte order mark in front (RFC 8259 8.1), half of a surrogate pair, or a NUL in body or address."""

    code = "invalid_unicode"
    title = "The request holds characters that are no text"


BODY_ERRORS: Final[tuple[type[DomainError], ...]] = (
    MalformedJson,
    DuplicateKey,
    JsonTooDeep,
    NotANumber,
    NumberOutOfRange,
    InvalidUnicode,
    TooLarge,
    UnsupportedMediaType,
)
"""Every way a body can be refused here, for the documentation of routes that take one."""


def parse(raw: bytes, *, max_depth: int = MAX_DEPTH, lenient: bool = False) -> Any:
    """The value of a JSON text in UTF-8, or one of the errors above.

    ``lenient``: of repeated names the last counts, as AuthZEN and SCIM have it. All else is refused all the same.
    """
    text = _text(raw, max_depth)
    try:
        value = (_LENIENT if lenient else _STRICT).decode(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(f"{error.msg} at line {error.lineno}, column {error.colno}.") from None
    _refuse_unstorable(raw, value)
    return value


def check_limits(raw: bytes, *, max_depth: int = MAX_DEPTH) -> None:
    """Refuse what no reader of ours survives; whether the rest is JSON at all is for the edge to say.

    Raises ``InvalidUnicode`` and ``JsonTooDeep``.
    """
    text = _text(raw, max_depth)
    if _DOUBTFUL_ESCAPE.search(raw):
        with suppress(ValueError):
            _refuse_unstorable(raw, json.loads(text))


def _text(raw: bytes, max_depth: int) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        raise InvalidUnicode("The body starts with a byte order mark; send UTF-8 without it (RFC 8259 8.1).")
    if b"\0" in raw:
        raise InvalidUnicode("The body holds a NUL byte; send JSON in UTF-8.")
    # The depth comes first: deep enough, and the parser itself would give up with a RecursionError.
    if too_deep(raw, max_depth):
        raise JsonTooDeep(f"At most {max_depth} levels of objects and arrays are accepted.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidUnicode(f"The body is not UTF-8: see byte {error.start}.") from None


def too_deep(raw: bytes, max_depth: int) -> bool:
    """Do the arrays and objects of a JSON text nest deeper than this? In a broken text, as far as a parser would get.

    Linear in the length: strings are cut out, every bracket becomes a step up or down, and the highest sum counts.
    """
    if raw.count(b"[") + raw.count(b"{") <= max_depth:
        return False
    steps = array("b", _STRING.sub(b"", raw).translate(_STEPS, _NOT_A_BRACKET))
    return max(accumulate(steps), default=0) > max_depth


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        counted = Counter(name for name, _ in pairs)
        name = next(name for name, _ in pairs if counted[name] > 1)
        raise DuplicateKey(
            f"The name {json.dumps(name[:100])} occurs twice in one object."
        )  # escaped: it is from outside
    return result


def _no_constant(name: str) -> NoReturn:
    raise NotANumber(f"{name} is not JSON; leave the member out or send null.")


def _integer(digits: str) -> int:
    # The length is looked at first: converting thousands of digits is slow, and an error of its own past 4300.
    if len(digits) > len(str(-MAX_INT)) or not -MAX_INT - 1 <= (value := int(digits)) <= MAX_INT:
        raise NumberOutOfRange("Whole numbers are accepted from -2^63 to 2^63 - 1.")
    return value


def _fraction(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise NumberOutOfRange("A number is too large for a double (RFC 8259 6).")
    return value


_LENIENT = json.JSONDecoder(parse_constant=_no_constant, parse_int=_integer, parse_float=_fraction)
_STRICT = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer, parse_float=_fraction
)


def _refuse_unstorable(raw: bytes, value: Any) -> None:
    # UTF-8 cannot spell a surrogate and a bare NUL was refused, so only an escape can bring one in: most skip the walk.
    if _DOUBTFUL_ESCAPE.search(raw) and any(_UNSTORABLE.search(text) for text in _texts(value)):
        raise InvalidUnicode("A text in the body holds a NUL or half of a surrogate pair.")


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)


def _nowhere(_path: str) -> bool:
    return False


def _everywhere(_path: str) -> bool:
    return True


def _no_upload(_method: str, _path: str) -> bool:
    return False


class StrictBody:
    """ASGI middleware: every request's body is read once, checked, and handed on whole.

    ``lenient(path)``: a protocol with rules of its own (AuthZEN, SCIM) gets only the limits of ``check_limits``, the
    size and the refusal of content codings. ``forms(path)``: where form bodies are taken at all, everywhere by default.
    ``uploads(method, path)``: where a body is too large to be held; it is passed on as it comes, and the route that
    takes it sees to its size and its type.
    ``refuse(request, error)`` makes the answer, a problem document by default.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int = MAX_BYTES,
        max_depth: int = MAX_DEPTH,
        lenient: Callable[[str], bool] = _nowhere,
        forms: Callable[[str], bool] = _everywhere,
        uploads: Callable[[str, str], bool] = _no_upload,
        refuse: Callable[[Request, DomainError], Response] = render,
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.max_depth = max_depth
        self.lenient = lenient
        self.forms = forms
        self.uploads = uploads
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body replayed, or answer it here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        incoming = _Incoming(receive)
        try:
            _check_target(scope)
            if self.uploads(scope["method"], scope["path"]):
                _refuse_codings(scope)
                await self.app(scope, incoming.message, _heard_out(incoming, send))
                return
            raw = await self._read(scope, incoming)
            self._check(scope, raw)
        except DomainError as error:
            await _answer(self.refuse(Request(scope), error), incoming, scope, send)
            return
        if not incoming.gone:
            await self.app(scope, _replay(raw, receive), send)

    async def _read(self, scope: Scope, incoming: "_Incoming") -> bytes:
        if _declared_length(_values(scope, b"content-length")) > self.max_bytes:
            raise self._too_large()
        body = bytearray()
        while incoming.more:
            body += await incoming.chunk()
            if len(body) > self.max_bytes:
                raise self._too_large()
        return bytes(body)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"A body is accepted up to {self.max_bytes} bytes.")

    def _check(self, scope: Scope, raw: bytes) -> None:
        if not raw:
            return
        _refuse_codings(scope)
        if self.lenient(scope["path"]):
            check_limits(raw, max_depth=self.max_depth)
            return
        media_type = _media_type(_values(scope, b"content-type"))
        if media_type in FORMS and self.forms(scope["path"]):
            _check_form(media_type, raw)
        elif _JSON_TYPE.fullmatch(media_type):
            parse(raw, max_depth=self.max_depth)
        else:
            raise UnsupportedMediaType("Send the body as application/json, in UTF-8.")


class _Incoming:
    """What the client sends: ``more`` while there may be more of it, ``gone`` once the client went away."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.more = True
        self.gone = False

    async def message(self) -> Message:
        message = await self.receive()
        self.gone = message["type"] == "http.disconnect"
        self.more = not self.gone and message.get("more_body", False)
        return message

    async def chunk(self) -> bytes:
        body: bytes = (await self.message()).get("body", b"")
        return body

    async def drain(self) -> None:
        left = DRAIN_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self.more and left > 0:
                    left -= len(await self.chunk())


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in scope["headers"] if key == name]


def _refuse_codings(scope: Scope) -> None:
    if any(coding.lower() != "identity" for coding in _values(scope, b"content-encoding")):
        raise UnsupportedMediaType("A body with a Content-Encoding is not accepted; send it as it is.")


def _check_target(scope: Scope) -> None:
    # PostgreSQL cannot hold a NUL in a text, not even to look for it.
    if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
        raise InvalidUnicode("The address holds a NUL.")


def _declared_length(values: Sequence[str]) -> int:
    """What Content-Length says. The server has seen to it that it is a number; how many digits it has is unknown."""
    if not values or not values[0].isdecimal():
        return 0
    return int(values[0]) if len(values[0]) < len(str(MAX_INT)) else MAX_INT


def _media_type(values: Sequence[str]) -> str:
    """The media type in small letters, without parameters; empty if there is not just one, or not in UTF-8."""
    if len(values) != 1:
        return ""
    media_type, *parameters = (part.strip().lower() for part in values[0].split(";"))
    charsets = {value.strip('" ') for name, _, value in (p.partition("=") for p in parameters) if name == "charset"}
    return media_type if charsets <= {"utf-8", "utf8"} else ""


def _check_form(media_type: str, raw: bytes) -> None:
    if media_type == "application/x-www-form-urlencoded" and (b"%00" in raw or b"\0" in raw):
        raise InvalidUnicode("The form holds a NUL.")


def _replay(raw: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the whole body first, then whatever the server has to say (a disconnect)."""
    replayed = False

    async def again() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": raw, "more_body": False}

    return again


async def _answer(response: Response, incoming: _Incoming, scope: Scope, send: Send) -> None:
    """Send a refusal."""
    if not incoming.gone:
        await response(scope, incoming.receive, _heard_out(incoming, send))


def _heard_out(incoming: _Incoming, send: Send) -> Send:
    """A ``send`` for which a client that is still sending when it is answered is heard out before the answer ends.

    A client that writes its whole body before it reads would otherwise meet a closed connection and never see why.
    """

    async def sends(message: Message) -> None:
        if not incoming.more:
            await send(message)
        elif message["type"] == "http.response.start":
            await send({**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]})
        else:
            await send({**message, "more_body": True})
            if not message.get("more_body", False):
                await incoming.drain()
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    return sends
