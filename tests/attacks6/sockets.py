"""The whole service behind a real socket, and clients that speak HTTP by hand."""

import asyncio
import json
import socket
import threading
from contextlib import contextmanager

import uvicorn

from app.kernel.connections import Connection
from app.serving import options

PATIENCE = 30
"""Seconds after which a test is over: nothing here takes one."""


@contextmanager
def serving(world, app=None, **more):
    """The port of a world's application, or of one around it, served as `coe serve` does it."""
    told = {**options(world.settings), "loop": "asyncio", "lifespan": "off", "log_level": "critical", **more}
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        server = uvicorn.Server(uvicorn.Config(app or world.app, **told))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            thread.join(PATIENCE)


def quick(monkeypatch, pause=0.2):
    """Whoever is slow is given up after fractions of a second instead of some."""
    monkeypatch.setattr(Connection, "pause", pause)


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def heard(connection):
    """All that comes until the other side closes."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionError:
        pass
    return found


def raw(port, sent):
    """What is answered to these bytes, until the other side closes."""
    with connected(port) as one:
        one.sendall(sent)
        return heard(one)


def statuses(answer):
    """The status of each answer among these bytes."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def head(method, path, *lines, bearer=None, host="x"):
    """The head of a request; the connection closes after it unless it says otherwise."""
    named = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if bearer:
        named.append(f"Authorization: Bearer {bearer}")
    if not any(line.lower().startswith("connection:") for line in lines):
        named.append("Connection: close")
    return "\r\n".join([*named, *lines, "", ""]).encode("latin-1")


def whole(method, path, bearer=None, body=None, *lines):
    """A request with a JSON body, if it has one."""
    if body is None:
        return head(method, path, *lines, bearer=bearer)
    sent = json.dumps(body).encode()
    length = f"Content-Length: {len(sent)}"
    return head(method, path, "Content-Type: application/json", length, *lines, bearer=bearer) + sent


async def _many(port, requests):
    async def one(sent):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        answer = await reader.read()
        writer.close()
        return answer

    async with asyncio.timeout(2 * PATIENCE):
        return await asyncio.gather(*map(one, requests))


def many(port, requests):
    """What is answered to each of many requests that are sent at once, each on a connection of its own."""
    return asyncio.run(_many(port, requests))
