"""One HTTP/1.1 connection, with limits that the server itself does not have: on its head, and on how long it takes.

Nobody holds memory, a file descriptor or a turn by being slow: what does not go on is closed. The application, and the
database behind it, never hear of a request whose head is not whole.
"""

import asyncio
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD: Final = 64 * 1024
MAX_HEADERS: Final = 100
_REFUSED: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class HeadTooLarge(Exception):
    """RFC 6585 5: more or larger header fields than are read."""


class Connection(HttpToolsProtocol):
    """What uvicorn makes of each connection.

    Every ``pause`` seconds it is looked at: a head that has not come whole since the last look, a body or a reader that
    has gone on by less than ``least`` bytes meanwhile, end the connection. So a head has between one and two of them.
    """

    pause: ClassVar[float] = 5
    least: ClassVar[int] = 1000

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to watch it."""
        super().connection_made(transport)
        self._heard = self._begun = self._pauses = 0
        self._before: tuple[Any, ...] = ()
        self._whole, self._large = True, False
        self._watch = self.loop.call_later(self.pause, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hear what comes; a head without an end is heard only so far."""
        self._heard += len(data)
        super().data_received(data)
        if not self._whole and self._heard - self._begun > MAX_HEAD and not self.transport.is_closing():
            self._refuse()

    def on_message_begin(self) -> None:
        """A head begins, somewhere in what has just been heard."""
        super().on_message_begin()
        self._whole, self._begun = False, self._heard

    def on_headers_complete(self) -> None:
        """A head is whole. Raises ``HeadTooLarge``, which the parser answers as any other fault of a head."""
        self._whole = True
        self._large = len(self.headers) > MAX_HEADERS or _size(self.url, self.headers) > MAX_HEAD
        if self._large:
            raise HeadTooLarge
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, or too large a one; nothing after it is heard."""
        if self._large:
            self._refuse()
        else:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        """The other side reads more slowly than we write."""
        self._pauses += 1
        super().pause_writing()

    def _refuse(self) -> None:
        self.transport.write(_REFUSED)
        self.transport.close()

    def _look(self) -> None:
        now = self._standing()
        if now and self._before[:2] == now[:2] and abs(now[2] - self._before[2]) < self.least:
            self.transport.abort()
            return
        self._before = now
        self._watch = self.loop.call_later(self.pause, self._look)

    def _standing(self) -> tuple[Any, ...]:
        """What it is that we wait for, of which request, and how far it has come; nothing if it is our own turn."""
        cycle, left = self.cycle, self.transport.get_write_buffer_size()
        if left and (self.flow.write_paused or self.transport.is_closing()):
            return ("reader", self._pauses, left)
        if cycle is None or cycle.response_complete:
            return () if self.timeout_keep_alive_task else ("head", self.cycle, 0)
        if cycle.more_body and not cycle.waiting_for_100_continue and not self.flow.read_paused:
            return ("body", cycle, self._heard)
        return ()


def _size(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)
