"""The fastest that this shape can be in Python: a plain ASGI handler that looks a pair up in a dictionary.

No bearer is checked, nothing but a grant is looked at, no reason is given.
"""

import time
from typing import Any

import orjson

from benchmarks.decisions.peers.holdings import held

GRANTS = held()
_PERMIT, _REFUSAL = b'{"decision":true}', b'{"decision":false}'


def _headers(body: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer every POST as an evaluation."""
    if scope["type"] == "lifespan":
        while True:
            said = await receive()
            await send({"type": f"{said['type']}.complete"})
            if said["type"] == "lifespan.shutdown":
                return
    body, more = b"", scope["method"] == "POST"
    while more:
        piece = await receive()
        body += piece.get("body", b"")
        more = piece.get("more_body", False)
    answer = _PERMIT
    if body:
        asked = orjson.loads(body)
        until = GRANTS.get((asked["subject"]["id"], asked["resource"]["id"]))
        if until is None or until <= time.time() or asked["action"]["name"] != "publish":
            answer = _REFUSAL
    await send({"type": "http.response.start", "status": 200, "headers": _headers(answer)})
    await send({"type": "http.response.body", "body": answer})
