"""Asking the external issuer, for its keys and for tokens: the one outgoing connection of identity."""

from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

import httpx2

from app.kernel import strict_json
from app.kernel.errors import DomainError

MAX_BYTES: Final = 256 * 1024
SECONDS: Final = 3.0
"""For the whole answer, however slowly it drips."""


class CannotFetch(Exception):
    """What was asked for could not be had; the text says why, for our log."""


def fetch(url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON object at this address, or the answer to a form that is sent there.

    Raises ``CannotFetch`` for anything but a prompt, small, direct 200. No redirect is followed (it could lead into our own
    network) and no proxy is taken from the environment.
    """
    told = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
    method = "GET" if form is None else "POST"
    try:
        with (
            httpx2.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(method, url, data=form, headers=told) as answer,
        ):
            if answer.status_code != httpx2.codes.OK:
                raise CannotFetch(f"the answer is {answer.status_code}")
            document = strict_json.parse(_body(answer))
    except (httpx2.HTTPError, DomainError) as error:
        raise CannotFetch(f"{type(error).__name__}: {error}") from error
    if not isinstance(document, dict):
        raise CannotFetch("not an object")
    return document


def _body(answer: httpx2.Response) -> bytes:
    """The raw bytes: nothing is unpacked, so nothing small can grow large."""
    ends, body = monotonic() + SECONDS, bytearray()
    for part in answer.iter_raw():
        body += part
        if len(body) > MAX_BYTES or monotonic() > ends:
            raise CannotFetch("too large or too slow")
    return bytes(body)
