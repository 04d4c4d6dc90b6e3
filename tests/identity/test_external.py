"""An external OpenID provider: its keys over a real connection on loopback, its people matched, its failures borne."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import Engine

from app.identity.external import store
from app.identity.external.rules import ExternalIssuer, IdpUnavailable
from app.identity.external.service import External
from app.identity.external.store import CannotFetch, fetch
from app.identity.service import ExternalLogin, build_identity, issue_token
from app.kernel import tokens
from app.kernel.tokens import SigningKey

from .conftest import PASSWORD, START, URL, Clock, Told, World, authorize_url

ISSUER = "https://idp.example"
KEY, OTHER = tokens.generate_key(), tokens.generate_key()


@dataclass
class Provider:
    """Serves ``answer`` at every path and counts who came."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
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


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            try:
                made.answer(self)
            except OSError:  # the client has hung up, as some tests want
                pass

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


@pytest.fixture
def told(told: Told, provider: Provider) -> Told:
    return replace(told, issuer=ISSUER, jwks_url=provider.url)


def token(now: datetime = START, key: SigningKey = KEY, **claims: Any) -> str:
    seconds = int(now.timestamp())
    members = {
        "iss": ISSUER, "aud": "coe", "sub": "idp|1", "iat": seconds, "exp": seconds + 3600, "email": "ann@firm.example",
        "client_id": "spa", **claims,
    }  # fmt: skip
    return tokens.sign({name: value for name, value in members.items() if value is not None}, key)


def test_an_employee_is_found_by_the_configured_claim(world: World) -> None:
    id_ = world.hire("ann")
    assert world.who(token()).json()["id"] == str(id_)
    assert world.who(token(email="Ann@Firm.example")).json()["id"] == str(id_)


@pytest.mark.parametrize(
    ("name", "claim", "value"),
    [
        ("employee_number", "hr_id", "n-ann"),
        ("user_name", "preferred_username", "ann"),
        ("email", "upn", "ann@firm.example"),
    ],
)
def test_claim_and_field_are_settings(
    engine: Engine, clock: Clock, told: Told, world: World, name: str, claim: str, value: str
) -> None:
    id_ = world.hire("ann")
    world.hire("bob")
    world.app.state.identity = build_identity(replace(told, subject_claim=claim, subject_field=name))
    shown = token(**{claim: value, "email": "bob@firm.example"})
    assert world.who(shown).json()["id"] == str(id_)
    assert world.who(token(email="ann@firm.example")).status_code == 401
    assert world.who(token(**{claim: f"{value} "})).status_code == 401
    assert world.who(token(**{claim: value[:-1]})).status_code == 401


NOBODY: list[dict[str, Any]] = [
    {"email": None}, {"email": ""}, {"email": 7}, {"email": ["ann@firm.example"]}, {"email": "bob@firm.example"},
    {"email": "n-ann"}, {"email": "ann"}, {"email": "ann@firm.example\u200b"}, {"email": "\uff41nn@firm.example"},
    {"email_verified": False}, {"email_verified": "true"}, {"aud": "another"}, {"iss": URL}, {"iss": ISSUER + "/"},
    {"principal": "employee", "iss": URL}, {"nonce": "of an ID token"},
]  # fmt: skip


def test_who_is_not_named_exactly_is_nobody(world: World) -> None:
    world.hire("ann")
    assert world.who(token()).status_code == 200
    for claims in NOBODY:
        assert world.who(token(**claims)).status_code == 401, claims


def test_a_name_that_two_people_have_is_nobodys(world: World) -> None:
    world.hire("ann", email="both@firm.example")
    assert world.who(token(email="both@firm.example")).status_code == 200
    world.hire("bob", email="Both@firm.example")
    assert world.who(token(email="both@firm.example")).status_code == 401


def test_someone_who_left_is_refused_at_once(world: World) -> None:
    world.hire("ann")
    assert world.who(token()).status_code == 200
    world.leave("ann")
    assert world.who(token()).status_code == 401


def test_people_log_in_there_and_not_here(world: World) -> None:
    world.hire("ann")
    for answer in (
        world.http.get(authorize_url()),
        world.http.post(authorize_url(), data={"user": "ann", "password": PASSWORD}),
    ):
        assert answer.status_code == 404
        assert "location" not in answer.headers
    answer = world.exchange("x")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    with world.work() as work, pytest.raises(ExternalLogin):
        issue_token(world.identity, work, "ann")
    told = world.http.get("/.well-known/openid-configuration").json()
    assert told["grant_types_supported"] == ["client_credentials"]
    assert "authorization_endpoint" not in told


def test_our_own_tokens_for_people_count_no_more_once_there_is_an_external_issuer(world: World, told: Told) -> None:
    world.hire("ann")
    external, world.app.state.identity = world.identity, build_identity(replace(told, issuer=None, jwks_url=None))
    mine = world.token("ann")
    assert world.who(mine).status_code == 200
    world.app.state.identity = external
    assert world.who(mine).status_code == 401


def test_service_clients_still_get_their_tokens_here(world: World) -> None:
    made = world.client("registry:read")
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": str(made.secret)}
    answer = world.http.post("/oauth/token", data=form)
    assert world.who(answer.json()["access_token"]).json()["id"] == made.client_id


def test_the_external_issuer_cannot_speak_for_our_service_clients(world: World) -> None:
    made = world.client("registry:read")
    for sub in ({"sub": made.client_id}, {"email": made.client_id}):
        assert world.who(token(principal="client", scope="registry:read", **sub)).status_code == 401


# --- A07 unknown keys ------------------------------------------------------------------------------------------------


def test_a07_a_thousand_unknown_kids_fetch_the_keys_once_a_minute(world: World, provider: Provider) -> None:
    world.hire("ann")
    assert world.who(token()).status_code == 200
    world.clock.forward(seconds=60)
    forged = token(world.clock.now, OTHER)
    for _ in range(200):
        assert world.who(forged).status_code == 401
    assert len(provider.asked) == 2
    external = world.identity.external
    assert external is not None
    for number in range(800):
        assert "nobody" not in external.trust(f"nobody-{number}", world.clock.now).keys
    assert len(provider.asked) == 2
    world.clock.forward(seconds=60)
    assert world.who(forged).status_code == 401
    assert len(provider.asked) == 3
    assert world.who(token(world.clock.now)).status_code == 200


def test_a07_a_new_key_of_the_issuer_is_found(world: World, provider: Provider) -> None:
    world.hire("ann")
    assert world.who(token()).status_code == 200
    provider.serve(KEY, OTHER)
    world.clock.forward(seconds=59)
    assert world.who(token(world.clock.now, OTHER)).status_code == 401
    world.clock.forward(seconds=1)
    assert world.who(token(world.clock.now, OTHER)).status_code == 200


def test_a_key_that_the_issuer_took_back_soon_counts_no_more(world: World, provider: Provider) -> None:
    world.hire("ann")
    assert world.who(token()).status_code == 200
    provider.serve(OTHER)
    world.clock.forward(minutes=9)
    assert world.who(token()).status_code == 200
    world.clock.forward(minutes=1)
    assert world.who(token()).status_code == 401


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
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.02)


def huge(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(10 * 1024):
        handler.wfile.write(b" " * 1024)


JWK = KEY.public_jwk()
BAD: dict[str, Any] = {
    "an error": (b"", 500),
    "html": (b"<!doctype html><title>Log in</title>", 200),
    "nothing": (b"", 200),
    "no set": (b"[]", 200),
    "no keys": (served(), 200),
    "keys for encryption": (served({**JWK, "use": "enc"}), 200),
    "a redirect": (b"", 302),
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
    provider.say(gzip.compress(b" " * 10**7), Content_Encoding="gzip")
    with pytest.raises(CannotFetch):
        fetch(provider.url)


def test_a_key_of_ours_is_never_looked_for_at_the_provider(world: World, provider: Provider) -> None:
    """The key decides the issuer: the provider cannot take over our kid, nor we be asked for its."""
    world.hire("ann")
    ours = world.identity.own.ring.newest
    assert world.who(token(key=ours)).status_code == 401
    assert provider.asked == []
