"""The least of HTTP/1.1 that a client needs: kept-alive connections, and to know whether a request can have arrived."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"


class NotSent(Exception):
    """Nobody listens: the request was never made."""


class Lost(Exception):
    """The request was sent, and no answer came: nobody knows whether it was done. The text says how."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. ``headers`` have their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class Connection:
    """One connection to one replica, made when it is needed."""

    port: int
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None)

    async def call(self, method: str, path: str, headers: Mapping[str, str], body: object, within: float) -> Reply:
        """Ask, and wait so many seconds for the answer. Raises ``NotSent``, ``Lost``."""
        try:
            async with asyncio.timeout(within):
                return await self._call(method, path, headers, body)
        except TimeoutError:
            self.close()
            raise Lost("timeout") from None
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise Lost(type(error).__name__) from None
        except asyncio.CancelledError:
            self.close()
            raise

    async def _call(self, method: str, path: str, headers: Mapping[str, str], body: object) -> Reply:
        reader, writer = await self._open()
        sent = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{self.port}", f"Content-Length: {len(sent)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + sent)
        await writer.drain()
        status, told = await self._head(reader)
        text = await reader.readexactly(int(told.get("content-length", "0")))
        if told.get("connection") == "close":
            self.close()
        return Reply(status, told, json.loads(text) if text[:1] in (b"{", b"[") else None)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # What the other side has closed meanwhile is not sent into: nobody could tell whether it was read.
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            try:
                self._streams = await asyncio.open_connection(HOST, self.port, limit=1 << 20)
            except OSError as error:
                raise NotSent(type(error).__name__) from None
        return self._streams

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (one.partition(":") for one in lines[1:] if one)
        return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}

    def close(self) -> None:
        """Forget the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
