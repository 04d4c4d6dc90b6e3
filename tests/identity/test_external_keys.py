"""Fetching the keys of an external provider and bearing its failures (trust.md 4.A, A07 and A22)."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from app.identity.external import store
from app.identity.external.rules import ExternalIssuer, IdpUnavailable
from app.identity.external.service import External
from app.identity.external.store import CannotFetch, fetch

from .conftest import START, Told, World
from .provider import ISSUER, KEY, OTHER, Provider, running, token


@pytest.fixture
def provider() -> Iterator[Provider]:
    yield from running()


@pytest.fixture
def told(told: Told, provider: Provider) -> Told:
    return replace(told, issuer=ISSUER, jwks_url=provider.url)


def test_many_threads_fetch_the_keys_once() -> None:
    asked, slow = [], threading.Event()

    def answer(url: str) -> dict[str, Any]:
        asked.append(url)
        slow.wait(0.05)
        return {"keys": [KEY.public_jwk()]}

    external = External(ExternalIssuer(ISSUER, "https://idp.example/keys", "coe"), answer)
    threads = [threading.Thread(target=external.trust, args=(KEY.kid, START)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1


def test_who_has_no_keys_to_go_by_waits_for_a_fetch_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SECONDS", 0.05)
    begun, ended = threading.Event(), threading.Event()

    def answer(url: str) -> dict[str, Any]:
        begun.set()
        assert ended.wait(10)
        return {"keys": [KEY.public_jwk()]}

    external = External(ExternalIssuer(ISSUER, "https://idp.example/keys", "coe"), answer)
    asker = threading.Thread(target=external.trust, args=(KEY.kid, START))
    asker.start()
    assert begun.wait(10)
    try:
        with pytest.raises(IdpUnavailable):
            external.trust(KEY.kid, START)
    finally:
        ended.set()
        asker.join()


def test_known_keys_answer_while_a_fetch_is_under_way() -> None:
    """A slow issuer must not slow down those whose keys we have."""
    begun, ended = threading.Event(), threading.Event()

    def answer(url: str) -> dict[str, Any]:
        if begun.is_set():
            return {"keys": [KEY.public_jwk()]}
        begun.set()
        assert ended.wait(10)
        return {"keys": [KEY.public_jwk()]}

    external = External(ExternalIssuer(ISSUER, "https://idp.example/keys", "coe"), answer)
    begun.set()
    external.trust(KEY.kid, START)
    begun.clear()
    later = START + timedelta(minutes=2)
    asker = threading.Thread(target=external.trust, args=("unknown", later))
    asker.start()
    assert begun.wait(10)
    try:
        assert KEY.kid in external.trust(KEY.kid, later).keys
        assert "another" not in external.trust("another", later).keys
    finally:
        ended.set()
        asker.join()


# --- A22 a provider that fails ---------------------------------------------------------------------------------------


def served(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """The right keys in the end, but not before anybody's patience is over."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.02)
    handler.wfile.write(GOOD)


def huge(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(10 * 1024):
        handler.wfile.write(b" " * 1024)


JWK = KEY.public_jwk()
GOOD = served(JWK)
BAD: dict[str, Any] = {
    "an error": (GOOD, 500),
    "html": (b"<!doctype html><title>Log in</title>", 200),
    "nothing": (b"", 200),
    "no set": (b"[]", 200),
    "no keys": (served(), 200),
    "keys for encryption": (served({**JWK, "use": "enc"}), 200),
    "a redirect": (GOOD, 302),
    "two keys of one kid": (served(JWK, {**OTHER.public_jwk(), "kid": JWK["kid"]}), 200),
    "a shared secret": (served({"kty": "oct", "kid": JWK["kid"], "k": "c2VjcmV0"}), 200),
    "a private key": (served({**JWK, "d": "AQAB"}), 200),
    "a member twice": (b'{"keys": [], "keys": []}', 200),
    "NaN": (b'{"keys": [], "x": NaN}', 200),
    "deep": (b'{"keys": ' + b"[" * 5000 + b"]" * 5000 + b"}", 200),
    "not text": (b"\xff\xfe", 200),
    "hanging": hang,
    "dripping": drip,
    "10 MB": huge,
    "a little too much": (GOOD + b" " * store.MAX_BYTES, 200),
}


def break_down(provider: Provider, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SECONDS", 0.3)
    bad = BAD[way]
    if callable(bad):
        provider.answer = bad
    else:
        body, status = bad
        headers = {"Location": provider.url + "/elsewhere"} if status == 302 else {}
        provider.say(body, status, **headers)


@pytest.mark.parametrize("way", BAD)
def test_a22_a_failing_provider_keeps_its_known_keys_until_they_are_too_old(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    external = External(ExternalIssuer(ISSUER, provider.url, "coe"))
    assert KEY.kid in external.trust(KEY.kid, START).keys
    break_down(provider, way, monkeypatch)
    late = START + timedelta(hours=5, minutes=59)
    for kid in (KEY.kid, OTHER.kid):
        assert set(external.trust(kid, late).keys) == {KEY.kid}
    for kid in (KEY.kid, OTHER.kid):
        with pytest.raises(IdpUnavailable):
            external.trust(kid, START + timedelta(hours=6))
    assert not [path for path in provider.asked if "elsewhere" in path]
    provider.serve(OTHER)
    assert OTHER.kid in external.trust(OTHER.kid, START + timedelta(hours=6, minutes=1)).keys


@pytest.mark.parametrize("way", BAD)
def test_a22_without_any_keys_nobody_is_let_in(provider: Provider, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    break_down(provider, way, monkeypatch)
    external = External(ExternalIssuer(ISSUER, provider.url, "coe"))
    for _ in range(3):
        with pytest.raises(IdpUnavailable):
            external.trust(KEY.kid, START)
    assert len(provider.asked) == 1  # and it is not asked again at every request


def test_a22_the_caller_is_told_503(world: World, provider: Provider) -> None:
    provider.say(b"", 500)
    answer = world.who(token())
    assert (answer.status_code, answer.json()["code"]) == (503, "idp_unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_a22_while_the_provider_is_down_service_clients_and_nonsense_are_answered_as_ever(
    world: World, provider: Provider
) -> None:
    """Attack K18."""
    made = world.client("registry:read", static=True)
    provider.say(b"", 500)
    assert world.who(made.bearer).status_code == 200
    for nonsense in ("x", "a.b.c", None):
        assert world.who(nonsense).status_code == 401


def test_a22_nobody_at_the_address_is_borne_as_well() -> None:
    external = External(ExternalIssuer(ISSUER, "http://127.0.0.1:9/keys", "coe"))
    with pytest.raises(IdpUnavailable):
        external.trust(KEY.kid, START)


def test_a22_no_proxy_is_taken_from_the_environment(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(provider.url)["keys"]


def test_a22_what_is_packed_is_not_unpacked(provider: Provider) -> None:
    provider.say(gzip.compress(GOOD), Content_Encoding="gzip")
    with pytest.raises(CannotFetch):
        fetch(provider.url)
