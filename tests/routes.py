"""Every door of the application as it is really built, and the many ways to spell one address."""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from fastapi.routing import iter_route_contexts

from app.kernel.access import Allow

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY", "get")


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one path, and the locks found on it."""

    method: str
    path: str
    locks: tuple[Allow, ...]

    @property
    def name(self):
        return f"{self.method} {self.path}"

    @property
    def lock(self):
        return self.locks[0].permission

    def leads(self, path):
        """Is this path one of this door's addresses?"""
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return re.fullmatch(pattern, path) is not None


def doors(app):
    """All of them; what is mounted answers to any method, and is named with the method ``ANY``."""
    found = []
    for route in iter_route_contexts(app.routes):
        locks = tuple(_locks(getattr(route, "dependant", None)))
        found += [
            Door(method, route.path_format or route.original_route.path, locks) for method in route.methods or ("ANY",)
        ]
    return found


def _locks(dependant):
    for one in dependant.dependencies if dependant else ():
        if isinstance(one.call, Allow):
            yield one.call
        yield from _locks(one)


def spellings(path):
    """Other ways to write this address, as they stand on the request line; none of them is an address of ours."""
    first, _, rest = path.lstrip("/").partition("/")
    return [
        f"{path}/", f"/{path}", f"{path}//", f"{path}/.", f"{path}%2f", f"{path}%00", f"{path}%20", f"{path}.json",
        f"/{first}//{rest}", f"/{first}/./{rest}", f"/{first}%2f{rest}", f"/{first}/%2e%2e/{first}/{rest}", f"/{first}/../{first}/{rest}",
        f"/docs/..{path}", f"/docs/%2e%2e{path}", f"/static/..{path}", f"/static/%2e%2e{path}", f"/healthz;{path}", f"/oauth/..%2f{path}",
        f"/{first.upper()}/{rest}", f"/{first}/{rest[:1].upper()}{rest[1:]}", f"{path};v=1", f"\\{path}", f"http://127.0.0.1:8000{path}",
    ]  # fmt: skip


async def send(app, method, target, *, bearer=None, body=None, headers=(), media_type="application/json"):
    """One request as a server would hand it over, nothing normalised on the way: (status, headers, body)."""
    raw, _, query = target.partition("?")
    named = [(b"host", b"127.0.0.1:8000"), *((name.encode(), value.encode()) for name, value in headers)]
    if bearer:
        named.append((b"authorization", f"Bearer {bearer}".encode()))
    if body is not None:
        named += [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "root_path": "",
        "path": unquote(raw), "raw_path": quote(raw, safe="/%;:.\\").encode(), "query_string": query.encode(),
        "headers": named, "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 50000),
    }  # fmt: skip
    heard, waiting = [], [{"type": "http.request", "body": body or b"", "more_body": False}]

    async def receive():
        if not waiting:  # as with a server, there is no more to hear until the client goes
            await asyncio.Event().wait()
        return waiting.pop()

    async def take(message):
        heard.append(message)

    try:
        await app(scope, receive, take)
    except Exception as error:
        if not heard:
            raise AssertionError(f"{method} {target} was not answered: {error!r}") from error
    start = next(one for one in heard if one["type"] == "http.response.start")
    text = b"".join(one.get("body", b"") for one in heard if one["type"] == "http.response.body")
    return start["status"], {name.decode().lower(): value.decode() for name, value in start["headers"]}, text
