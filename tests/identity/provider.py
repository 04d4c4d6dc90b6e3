"""An OpenID provider on loopback: its keys over a real connection, its tokens, its failures."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from app.kernel import tokens
from app.kernel.tokens import SigningKey

from .conftest import START

ISSUER = "https://idp.example"
KEY, OTHER = tokens.generate_key(), tokens.generate_key()


@dataclass
class Provider:
    """Serves ``answer`` at every path, counts who came, and keeps the headers and the form of whoever sent one."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    sent: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler], None] = lambda handler: None

    def serve(self, *keys: SigningKey) -> None:
        self.say(json.dumps({"keys": [key.public_jwk() for key in keys]}).encode())

    def say(self, body: bytes, status: int = 200, **headers: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answer = answer


def running() -> Iterator[Provider]:
    """A provider that serves ``KEY`` until the test ends."""
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            try:
                made.answer(self)
            except OSError:  # the client has hung up, as some tests want
                pass

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            made.sent.append((dict(self.headers), dict(parse_qsl(self.rfile.read(length).decode()))))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/keys"
    made.serve(KEY)
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def token(now: datetime = START, key: SigningKey = KEY, **claims: Any) -> str:
    seconds = int(now.timestamp())
    members = {
        "iss": ISSUER, "aud": "coe", "sub": "idp|1", "iat": seconds, "exp": seconds + 3600, "email": "ann@firm.example",
        "client_id": "spa", **claims,
    }  # fmt: skip
    return tokens.sign({name: value for name, value in members.items() if value is not None}, key)
