"""Who is told of events: one that takes whatever comes, and one that does to its senders what it can think of.

Both keep every request as it came, and look at once whether its signature is good: the reference library does not believe
what is older than five minutes.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

HOST = "127.0.0.1"
HONEST, HOSTILE = "honest", "hostile"
KINDS = {HONEST: ("rights_request", "grant", "freeze", "employee", "completion"), HOSTILE: ("freeze", "employee")}
"""What each wants to hear of."""
_TAKES = 0.6
"""How often the hostile one takes what it gets."""
_NEVER = 60.0
_YEARS = 315_360_000


@dataclass(frozen=True, slots=True)
class Heard:
    """One request to a receiver. ``taken``: it was told so; ``flaw``: what the reference library said, if it did."""

    at: float
    path: str
    id: str
    body: str
    taken: bool
    flaw: str = ""

    @property
    def said(self) -> Mapping[str, Any]:
        """The message."""
        found: Mapping[str, Any] = json.loads(self.body)
        return found


@dataclass(slots=True)
class Receiver:
    """One receiver, and all that it heard. ``id`` and ``secret``: of its webhook, which is told from event ``first`` on."""

    name: str
    port: int = 0
    id: str = ""
    secret: str = ""
    first: int = 1
    chance: random.Random = field(default_factory=random.Random)
    heard: list[Heard] = field(default_factory=list)
    decoy: int = 0
    """Where it leads whoever follows: a port that nobody should be sent to."""

    @property
    def url(self) -> str:
        """Where it is told."""
        return f"http://{HOST}:{self.port}/{self.name}"

    @property
    def kinds(self) -> Sequence[str]:
        """What it wants to hear of."""
        return KINDS[self.name]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request; senders make a connection for each."""
        with suppress(OSError, EOFError, asyncio.CancelledError):  # the last: the campaign is over
            path, headers, body = await _request(reader)
            taken = self.name == HONEST or self.chance.random() < _TAKES
            self._keep(path, headers, body, taken=taken)
            await (_take if taken else self._rude())(writer)
        writer.close()

    def _keep(self, path: str, headers: Mapping[str, str], body: bytes, *, taken: bool) -> None:
        flaw = ""
        try:
            Webhook(self.secret).verify(body, dict(headers))
        except (WebhookVerificationError, ValueError) as error:
            flaw = f"{type(error).__name__}: {error}"
        text = body.decode(errors="replace")
        self.heard.append(Heard(monotonic(), path, headers.get("webhook-id", ""), text, taken, flaw))

    def _rude(self) -> "Callable[[asyncio.StreamWriter], Awaitable[None]]":
        ways = {_fail: 4, _hang: 1, _drip: 1, _busy: 1, _babble: 2, _leave: 3, _reset: 2, self._lead_astray: 2}
        return self.chance.choices(list(ways), list(ways.values()))[0]

    async def _lead_astray(self, writer: asyncio.StreamWriter) -> None:
        await _say(writer, f"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{HOST}:{self.decoy}/stolen\r\n\r\n")


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (one.partition(":") for one in lines if one)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return first.split()[1], headers, await reader.readexactly(int(headers.get("content-length", "0")))


async def _say(writer: asyncio.StreamWriter, text: str) -> None:
    writer.write(text.encode("latin-1"))
    await writer.drain()


async def _take(writer: asyncio.StreamWriter) -> None:
    await _say(writer, "HTTP/1.1 204 No Content\r\n\r\n")


async def _fail(writer: asyncio.StreamWriter) -> None:
    await _say(writer, "HTTP/1.1 503 Service Unavailable\r\n\r\n" + "no " * 50_000)


async def _busy(writer: asyncio.StreamWriter) -> None:
    await _say(writer, f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {_YEARS}\r\n\r\n")


async def _hang(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(_NEVER)


async def _drip(writer: asyncio.StreamWriter) -> None:
    for letter in "HTTP/1.1 200 OK, in a while":
        await _say(writer, letter)
        await asyncio.sleep(1)


async def _babble(writer: asyncio.StreamWriter) -> None:
    await _say(writer, "HTTP/1.1 103 Early Hints\r\n\r\n" * 200 + "what?\r\n\r\n")


async def _leave(_: asyncio.StreamWriter) -> None:
    return


async def _reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@asynccontextmanager
async def listening(seed: int) -> AsyncIterator[list[Receiver]]:
    """Both, until the block ends."""
    several = [Receiver(name, chance=random.Random(f"{seed} {name}")) for name in (HONEST, HOSTILE)]
    servers = [await asyncio.start_server(one.serve, HOST, 0) for one in several]
    for one, server in zip(several, servers, strict=True):
        one.port = server.sockets[0].getsockname()[1]
        one.decoy = several[0].port
    try:
        yield several
    finally:
        for server in servers:
            server.close()
