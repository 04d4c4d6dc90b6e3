"""A TCP proxy that can be slow, dead, deaf or rude: `python -m benchmarks.campaign.proxy NAME...`, a process of its own.

Its first line on standard output tells the port of every link. After that each line on standard input is an order,
``{"link": NAME, ...}`` with any of ``target`` (a port; connections to another one end), ``mode`` (``open``, ``cut``: refused
and ended, ``deaf``: kept open and nothing passed on, for as long as it lasts), ``latency`` (least and most seconds for each
piece), ``reset`` (true: every connection ends with RST, once), and is answered with an empty line. It ends with its input.
"""

import asyncio
import json
import random
import socket
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import uvloop

HOST = "127.0.0.1"
OPEN, CUT, DEAF = "open", "cut", "deaf"
_PIECE = 64 * 1024


@dataclass(slots=True)
class Link:
    """One way through, and its connections."""

    target: int = 0
    mode: str = OPEN
    latency: tuple[float, float] = (0.0, 0.0)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)
    hearing: asyncio.Event = field(default_factory=asyncio.Event)

    def order(self, told: Mapping[str, Any]) -> None:
        """Be otherwise from now on."""
        moved = told.get("target", self.target) != self.target
        self.target = told.get("target", self.target)
        self.mode = told.get("mode", self.mode)
        self.latency = tuple(told.get("latency", self.latency))
        (self.hearing.clear if self.mode == DEAF else self.hearing.set)()
        if moved or self.mode == CUT or told.get("reset"):
            self.end(rude=bool(told.get("reset")))

    def end(self, *, rude: bool) -> None:
        """End every connection, by RST if rude."""
        for one in self.writers:
            sock = one.get_extra_info("socket")
            if rude and sock is not None:
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.transport.abort() if rude else one.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection through it, until either side has enough."""
        if self.mode == CUT or not self.target:
            writer.close()
            return
        self.writers.add(writer)
        other: asyncio.StreamWriter | None = None
        try:
            back, other = await asyncio.open_connection(HOST, self.target)
            self.writers.add(other)
            await asyncio.wait(
                [asyncio.create_task(self._pump(reader, other)), asyncio.create_task(self._pump(back, writer))],
            )
        except OSError:
            pass
        finally:
            for one in (writer, other):
                if one is not None:
                    self.writers.discard(one)
                    one.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, RuntimeError):  # uvloop has the latter for what the other pump has closed
            while piece := await reader.read(_PIECE):
                if self.latency[1]:
                    await asyncio.sleep(random.uniform(*self.latency))
                await self.hearing.wait()
                writer.write(piece)
                await writer.drain()
        writer.close()


async def main(names: list[str]) -> None:
    """Listen for each name on a port of its own, and obey."""
    links = {name: Link() for name in names}
    ports = {}
    for name, link in links.items():
        link.order({})
        server = await asyncio.start_server(link.serve, HOST, 0)
        ports[name] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    loop, orders = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        told = json.loads(line)
        links[told.pop("link")].order(told)
        print(flush=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        uvloop.run(main(sys.argv[1:]))
