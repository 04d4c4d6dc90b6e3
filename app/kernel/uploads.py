"""A form with one file in it (RFC 7578), written to disk as it arrives: never held, and never taken from just anybody."""

import hashlib
import json
import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from fastapi import Request, Response
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from .access import Allow, Route, house
from .errors import FieldError, Invalid, MalformedRequest, TooLarge, UnsupportedMediaType
from .ids import new_id

FILE: Final = "file"
MAX_PARTS: Final = 20
MAX_FIELD: Final = 64 * 1024
_FRESH: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_CHUNK: Final = 1024 * 1024
_FORM_OVERHEAD: Final = 2 * 1024 * 1024
_PLAIN_CODINGS: Final = frozenset({b"", b"7bit", b"8bit", b"binary"})


class MalformedForm(MalformedRequest):
    """Not a form, or not the whole of one: nothing of it counts."""

    code = "malformed_form"
    title = "The form cannot be read, or broke off"


@dataclass(frozen=True, slots=True)
class Spool:
    """Where uploads wait for whoever works on them, and how large each may be."""

    folder: Path
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come, whole, and the form's other fields. ``path`` is gone after the request, unless it is moved."""

    path: Path
    name: str
    media_type: str
    size: int
    sha256: str
    fields: Mapping[str, str]

    @property
    def print(self) -> bytes:
        """What makes two uploads the same: the content, however the form was put together."""
        return json.dumps([self.sha256, self.name, self.media_type, sorted(self.fields.items())]).encode()


class UploadRoute(Route):
    """A route that takes a form with a file: ``request.state.upload``. Its lock is tried before a byte is taken."""

    async def take(self, request: Request) -> bytes:
        """Write the file to the spool.

        Raises what the route's lock does, ``TooLarge``, ``UnsupportedMediaType``, ``MalformedForm``, ``Invalid``.
        """
        await run_in_threadpool(self._knock, request)
        request.state.upload = await receive(request, request.app.state.spool)
        taken: Upload = request.state.upload
        return taken.print

    def _knock(self, request: Request) -> None:
        parts = house(request)
        calls: list[object] = [one.call for one in self.dependant.dependencies]
        locks = [call for call in calls if isinstance(call, Allow)]
        with parts.reads.begin() as session:
            actor = parts.load_actor(session, request, parts.clock())
        for permission in (lock.permission for lock in locks):
            if permission is not None and not actor.holds(permission):
                actor.require(permission)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As any route's; what was spooled and not moved elsewhere is gone when it has ended."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            finally:
                upload = getattr(request.state, "upload", None)
                if upload is not None:
                    upload.path.unlink(missing_ok=True)

        return handle


async def receive(request: Request, spool: Spool) -> Upload:
    """Read a form with one file called ``file``. Raises as ``UploadRoute.take`` does; then nothing stays on disk."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 18 or int(declared) > spool.max_bytes + _FORM_OVERHEAD):
        raise _too_large(spool)
    form = _Form(_boundary(request), spool)
    try:
        return await _filled(form, request)
    except FormParserError as error:
        raise MalformedForm("The body is no form as its boundary says (RFC 7578).") from error
    except ClientDisconnect as error:
        raise MalformedForm("The upload broke off.") from error
    finally:
        form.close()


async def _filled(form: "_Form", request: Request) -> Upload:
    async for chunk in request.stream():
        form.parser.write(chunk)
        if len(form.waiting) >= _CHUNK:
            await run_in_threadpool(form.flush)
    form.parser.finalize()
    await run_in_threadpool(form.flush)
    return form.done()


def _boundary(request: Request) -> bytes:
    media_type, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if media_type != b"multipart/form-data" or not boundary:
        raise UnsupportedMediaType("Send a form with the file in it, as multipart/form-data.")
    return boundary


def _too_large(spool: Spool) -> TooLarge:
    return TooLarge(f"A file is accepted up to {spool.max_bytes} bytes.")


@dataclass(slots=True)
class _Part:
    """A part that is being read: its headers, and what it holds, if it is not the file."""

    headers: dict[str, bytes] = field(default_factory=dict)
    name: str = ""
    content: bytearray = field(default_factory=bytearray)


class _Form:
    """What the parser of a form tells, put together; the file goes to disk by and by (``flush``)."""

    def __init__(self, boundary: bytes, spool: Spool) -> None:
        self.spool = spool
        self.waiting = bytearray()
        self.fields: dict[str, str] = {}
        self.parts = 0
        self.ended = False
        self.about: tuple[str, str] | None = None
        self.size, self.digest = 0, hashlib.sha256()
        spool.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = spool.folder / f"{new_id()}.part"
        self._file = os.fdopen(os.open(self.path, _FRESH, 0o600), "wb")  # it holds what HR knows of people
        self._kept = False
        self._part, self._header = _Part(), b""
        told = ("part_begin", "header_begin", "headers_finished", "part_end", "end")
        data = ("header_field", "header_value", "part_data")
        callbacks: Any = {f"on_{name}": getattr(self, f"_{name}") for name in (*told, *data)}
        self.parser = MultipartParser(boundary, callbacks)

    def flush(self) -> None:
        """Write what has come of the file so far."""
        self._file.write(self.waiting)
        self.digest.update(self.waiting)
        self.waiting.clear()

    def done(self) -> Upload:
        """The whole of it. Raises ``MalformedForm`` where the end is missing, ``Invalid`` where the file is."""
        if not self.ended:
            raise MalformedForm("The form has no end: the upload broke off.")
        if self.about is None:
            raise Invalid.field(f"/{FILE}", "missing", "A file is needed.")
        self._file.flush()
        self._kept = True
        name, media_type = self.about
        fields = MappingProxyType(self.fields)
        return Upload(self.path, name, media_type, self.size, self.digest.hexdigest(), fields)

    def close(self) -> None:
        """Close the file, and forget it unless it came whole."""
        self._file.close()
        if not self._kept:
            self.path.unlink(missing_ok=True)

    def _part_begin(self) -> None:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise TooLarge(f"A form is accepted with up to {MAX_PARTS} parts.")
        self._part = _Part()

    def _header_begin(self) -> None:
        self._header = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        name = self._header.decode("latin-1").lower()
        self._part.headers[name] = self._part.headers.get(name, b"") + data[start:end]

    def _headers_finished(self) -> None:
        headers = self._part.headers
        _, options = parse_options_header(headers.get("content-disposition"))
        if headers.get("content-transfer-encoding", b"").strip().lower() not in _PLAIN_CODINGS:
            raise UnsupportedMediaType("Send the file as it is, without a Content-Transfer-Encoding (RFC 7578 4.7).")
        self._part.name = _text(options.get(b"name", b""))
        if self._part.name == FILE:
            self._begin_file(_text(options.get(b"filename", b"")), _text(headers.get("content-type", b"")))

    def _begin_file(self, name: str, media_type: str) -> None:
        if self.about is not None:
            raise _twice(FILE)
        self.about = (name, media_type)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._part.name == FILE:
            self.size += end - start
            if self.size > self.spool.max_bytes:
                raise _too_large(self.spool)
            self.waiting += data[start:end]
            return
        self._part.content += data[start:end]
        if len(self._part.content) > MAX_FIELD:
            raise TooLarge(f"A field of the form is accepted up to {MAX_FIELD} bytes.")

    def _part_end(self) -> None:
        name = self._part.name
        if name == FILE:
            return
        if name in self.fields:
            raise _twice(name)
        self.fields[name] = _text(bytes(self._part.content))

    def _end(self) -> None:
        self.ended = True


def _twice(name: str) -> Invalid:
    return Invalid(f"{name[:100]} is there twice.", errors=[FieldError(f"/{name[:100]}", "repeated", "Send it once.")])


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedForm("A part of the form is not in UTF-8.") from error
    if "\0" in text:
        raise MalformedForm("A part of the form holds a NUL.")
    return text
