"""4.F, HTTP itself, over a real socket: requests that two readers would read differently, and clients that take their time."""

import gzip
import json
import socket
import threading

import pytest

from app.kernel.connections import Connection
from tests.attacks6.sockets import PATIENCE, connected, head, many, quick, raw, serving, statuses, whole
from tests.governance.reviewing import held, opened

FREEZE = {"scope": {"kind": "enterprise"}, "severity": "L1", "reason": "Smuggled."}


@pytest.fixture
def served(team):
    with serving(team, timeout_keep_alive=1) as port:
        team.port = port
        yield team


any_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What comes before any database is the same with each."""


def stopped(team):
    """The freezes that somebody got through."""
    return team.get("/v1/freezes", "boss")["items"]


def smuggled(team):
    """A whole request that stops the press, to be hidden in another."""
    return whole("POST", "/v1/freezes", team.token("boss"), FREEZE)


CHUNKED = "Transfer-Encoding: chunked"
AMBIGUOUS = {
    "length and chunks": ["Content-Length: {n}", CHUNKED],
    "chunks and length": [CHUNKED, "Content-Length: {n}"],
    "two lengths": ["Content-Length: 0", "Content-Length: {n}"],
    "a list of lengths": ["Content-Length: 0, {n}"],
    "a length with a sign": ["Content-Length: +{n}"],
    "a negative length": ["Content-Length: -1"],
    "a length in hex": ["Content-Length: 0x10"],
    "chunked twice": [CHUNKED, CHUNKED, "Content-Length: {n}"],
    "chunked, then another coding": ["Transfer-Encoding: chunked, identity"],
    "chunked in quotes": ['Transfer-Encoding: "chunked"', "Content-Length: {n}"],
    "chunked behind a tab": ["Transfer-Encoding:\tchunked", "Content-Length: {n}"],
    "chunked after another": ["Transfer-Encoding: xchunked", "Content-Length: {n}"],
    "a space before the colon": ["Transfer-Encoding : chunked", "Content-Length: {n}"],
    "a space before the colon of a length": ["Content-Length : {n}"],
    "a folded line": ["X-Note: a", " Transfer-Encoding: chunked", "Content-Length: {n}"],
    "a line feed in a value": ["X-Note: a\nTransfer-Encoding: chunked", "Content-Length: {n}"],
    "a carriage return in a value": ["X-Note: a\rTransfer-Encoding: chunked", "Content-Length: {n}"],
    "a NUL in a value": ["X-Note: a\x00b", "Content-Length: {n}"],
    "a NUL in a name": ["X-No\x00te: a", "Content-Length: {n}"],
    "no name": [": a", "Content-Length: {n}"],
    "no colon": ["Content-Length {n}"],
}


@any_database
def test_F06_a_request_that_could_be_two_is_none(served):
    """Whoever stands in front may have read it otherwise: it is refused, and what comes behind it is never looked at."""
    inner, bearer = smuggled(served), served.token("asker")
    for what, lines in AMBIGUOUS.items():
        told = [line.format(n=len(inner) + 5) for line in lines]
        sent = head("POST", "/v1/rights-requests/preview", "Connection: keep-alive", *told, bearer=bearer)
        answer = raw(served.port, sent + b"0\r\n\r\n" + inner)
        assert statuses(answer) == [400] and b"connection: close" in answer, (what, answer)
    assert stopped(served) == []


CHUNKS = {
    "a bare line feed": b"1\n{\n0\n\n",
    "an extension with a line feed": b"2;a=\n{}\r\n0\r\n\r\n",
    "a size that is too long": b"FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
    "a size in other digits": b"0x2\r\n{}\r\n0\r\n\r\n",
    "a negative size": b"-2\r\n{}\r\n0\r\n\r\n",
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "more than its size": b"1\r\n{}\r\n0\r\n\r\n",
}


@any_database
def test_F06_a_body_whose_parts_are_none_ends_the_connection(served):
    inner, bearer = smuggled(served), served.token("asker")
    for what, body in CHUNKS.items():
        sent = head("POST", "/v1/rights-requests/preview", CHUNKED, "Connection: keep-alive", bearer=bearer)
        assert statuses(raw(served.port, sent + body + inner)) == [400], what
    assert stopped(served) == []


@any_database
def test_F06_a_head_is_read_only_so_far(served):
    bearer = served.token("asker")
    for lines in (
        [f"X-{n}: a" for n in range(101)],
        [f"X-{n}: {'a' * 1000}" for n in range(70)],
        [f"X-Long: {'a' * 66_000}"],
    ):
        assert statuses(raw(served.port, head("GET", "/v1/me", *lines, bearer=bearer))) == [431]
    assert statuses(raw(served.port, head("GET", f"/v1/accounts?handle={'a' * 66_000}", bearer=bearer))) == [431]
    fine = head("GET", "/v1/me", *[f"X-{n}: {'a' * 500}" for n in range(90)], bearer=bearer)
    assert statuses(raw(served.port, fine)) == [200]


@any_database
def test_F06_a_head_without_an_end_is_not_kept(served):
    """Neither a value nor an address that goes on for ever is gathered until memory ends."""
    for begun in (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ", b"GET /", b"GET / HTTP/1.1\r\nX-"):
        with connected(served.port) as one:
            one.sendall(begun)
            sent = 0
            try:
                while sent < 64 << 20:
                    sent += one.send(b"a" * 65536)
            except ConnectionError:
                pass
            assert sent < 64 << 20, begun


CLAIMS = ("X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For", "Forwarded", "X-Original-URL", "X-Rewrite-URL")


@any_database
def test_F07_nothing_is_built_from_what_a_header_says_of_us(served):
    """Links are built from COE_PUBLIC_URL, whatever the request calls this host."""
    bearer, body = served.token("liaison"), {"network": "x", "handle": "acme", "business_unit_id": "sales"}
    lines = [
        f"{name}: {'host=evil.example;proto=gopher' if name == 'Forwarded' else 'evil.example'}" for name in CLAIMS
    ]
    for method, path, sent in (
        ("GET", "/.well-known/openid-configuration", None), ("GET", "/.well-known/authzen-configuration", None),
        ("GET", "/openapi.json", None), ("GET", "/docs", None), ("GET", "/scim/v2/ServiceProviderConfig", None),
        ("GET", "/v1/nowhere", None), ("POST", "/v1/accounts", body), ("GET", "/", None), ("GET", "/oauth/authorize", None),
    ):  # fmt: skip
        asked = whole(method, path, bearer, sent, *lines).replace(b"Host: x", b"Host: evil.example")
        answer = raw(served.port, asked)
        assert statuses(answer)[0] < 500 and b"evil" not in answer, answer[:500]


@any_database
def test_F07_an_address_is_the_callers_own_unless_a_proxy_of_ours_says_otherwise(team):
    """The throttle of logins counts addresses: who could name their own would never be counted."""
    seen = []

    async def noting(scope, receive, send):
        seen.append(scope["client"][0])
        await team.app(scope, receive, send)

    for trusted, wanted in (("203.0.113.9", "127.0.0.1"), ("127.0.0.1", "198.51.100.7")):
        with serving(team, app=noting, forwarded_allow_ips=trusted) as port:
            assert statuses(raw(port, head("GET", "/healthz", "X-Forwarded-For: 198.51.100.7"))) == [200]
        assert seen.pop() == wanted and not seen


@any_database
def test_F07_an_absolute_address_leads_to_the_same_doors(served):
    bearer = served.token("asker")
    for target, status in (
        ("http://evil.example/v1/me", 200), ("http://evil.example/v1/nowhere", 404), ("http://evil.example", 400), ("*", 404), ("//v1/me", 404),
    ):  # fmt: skip
        answer = raw(served.port, head("GET", target, bearer=bearer))
        assert statuses(answer) == [status] and b"evil" not in answer, (target, answer)
    assert statuses(raw(served.port, head("CONNECT", "evil.example:443", bearer=bearer)))[0] in (400, 404, 405)


@any_database
def test_F08_requests_in_one_go_are_answered_in_their_order(served):
    bearer = served.token("asker")
    lines = ("Connection: keep-alive",)
    sent = b"".join(head("GET", path, *lines, bearer=bearer) for path in ("/v1/me", "/healthz", "/v1/nowhere") * 10)
    answer = raw(served.port, sent + head("GET", "/v1/me"))
    assert statuses(answer) == [200, 200, 404] * 10 + [401]


@any_database
def test_F08_older_and_newer_protocols(served, monkeypatch):
    old = b"GET /healthz HTTP/1.0\r\n\r\n"
    assert statuses(raw(served.port, old)) == [200]
    assert statuses(raw(served.port, b"GET /healthz\r\n\r\n")) in ([200], [400])  # as HTTP/0.9 had it
    assert statuses(raw(served.port, b"GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n")) in ([], [400])
    assert statuses(raw(served.port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) in ([], [400])
    assert statuses(raw(served.port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")) == [400]
    upgrade = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")
    quick(monkeypatch)
    assert statuses(raw(served.port, head("GET", "/healthz", *upgrade))) == [200]
    socketed = (
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    assert statuses(raw(served.port, head("GET", "/v1/me", *socketed))) == [401]


@any_database
def test_F08_who_is_told_to_go_on_and_says_nothing_is_given_up(served, monkeypatch):
    quick(monkeypatch)
    lines = ("Expect: 100-continue", "Content-Type: application/json", "Content-Length: 10", "Connection: keep-alive")
    answer = raw(served.port, head("POST", "/v1/rights-requests", *lines, bearer=served.token("asker")))
    assert statuses(answer) in ([100], [100, 400])


# --- F09: whoever is slow -------------------------------------------------------------------------------------------


def taken(team):
    """Connections to the database that somebody holds."""
    pool = team.app.state.engine.pool
    return pool.checkedout() if hasattr(pool, "checkedout") else 0


SLOW = {
    "nothing at all": b"",
    "blank lines": b"\r\n\r\n",
    "half a head": b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: a",
    "half a body": b"POST /v1/rights-requests HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    "half a chunk": b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100\r\na",
    "half a second request": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: a",
}  # fmt: skip


def test_F09_what_does_not_go_on_is_closed(served, monkeypatch):
    quick(monkeypatch)
    for what, begun in SLOW.items():
        assert statuses(raw(served.port, begun)) in ([], [200]), what


def test_F09_who_drips_is_closed_though_something_comes_all_the_time(served, monkeypatch):
    quick(monkeypatch)
    for begun in (SLOW["half a head"], SLOW["half a body"]):
        with connected(served.port) as one:
            one.sendall(begun)
            one.settimeout(0.02)
            for _ in range(1500):
                try:
                    one.sendall(b"a")
                    if one.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
            else:
                pytest.fail(f"it is heard for ever: {begun}")


def test_F09_two_hundred_who_are_slow_hold_nothing_that_others_need(served):
    """Neither a turn nor a connection to the database: those are taken once a request is whole."""
    slow = []
    try:
        for n in range(200):
            slow.append(connected(served.port))
            slow[-1].sendall(list(SLOW.values())[n % len(SLOW)])
        assert taken(served) == 0
        answers = many(served.port, [whole("GET", "/v1/me", served.token("asker")) for _ in range(20)])
        assert [statuses(one) for one in answers] == [[200]] * 20
        made = raw(served.port, whole("POST", "/v1/freezes", served.token("boss"), FREEZE))
        assert statuses(made) == [201]
    finally:
        for one in slow:
            one.close()


def test_F09_who_does_not_read_a_long_answer_is_given_up_and_holds_nothing(served, monkeypatch):
    held(served)
    review, lost, written = opened(served), threading.Event(), []
    usual = Connection.connection_lost

    def long(*_):
        for n in range(4000):
            written.append(n)
            yield "x" * 65536

    def noted(connection, reason):
        usual(connection, reason)
        lost.set()

    monkeypatch.setattr("app.governance.recertification.wire.as_json", long)
    monkeypatch.setattr(Connection, "connection_lost", noted)
    bearer = served.token("boss")
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect(("127.0.0.1", served.port))
        quick(monkeypatch)
        one.sendall(whole("GET", f"/v1/reviews/{review['id']}/evidence", bearer))
        assert lost.wait(PATIENCE) and 0 < len(written) < 4000
        assert taken(served) == 0


# --- F10: very many --------------------------------------------------------------------------------------------------


def test_F10_a_thousand_who_say_nothing_and_a_burst(served):
    idle = [connected(served.port) for _ in range(1000)]
    try:
        bearer = served.token("asker")
        answers = many(served.port, [whole("GET", "/v1/me", bearer) for _ in range(200)])
        assert {tuple(statuses(one)) for one in answers} <= {(200,), (429,), (503,)}
        for one in answers:
            assert statuses(one) == [200] or b"retry-after:" in one
        assert statuses(raw(served.port, whole("GET", "/healthz"))) == [200]
    finally:
        for one in idle:
            one.close()


# --- bodies ----------------------------------------------------------------------------------------------------------


@any_database
def test_F04_a_length_that_is_a_lie_is_no_whole_body(served, monkeypatch):
    """Less than was said is waited for and given up; more than was said is the next request, and none."""
    quick(monkeypatch)
    bearer, body = served.token("boss"), json.dumps(FREEZE).encode()
    said = lambda n: head(
        "POST",
        "/v1/freezes",
        "Content-Type: application/json",
        f"Content-Length: {n}",
        "Connection: keep-alive",
        bearer=bearer,
    )  # noqa: E731
    assert statuses(raw(served.port, said(len(body) + 1) + body)) == []
    assert statuses(raw(served.port, said(len(body) - 1) + body)) in ([400], [400, 400])
    packed = gzip.compress(b"x" * (50 << 20))
    lines = ("Content-Type: application/json", "Content-Encoding: gzip", f"Content-Length: {len(packed)}")
    assert statuses(raw(served.port, head("POST", "/v1/freezes", *lines, bearer=bearer) + packed)) == [415]
    assert stopped(served) == []


@any_database
def test_F01_F02_F03_what_is_no_json_over_the_wire(served):
    """The same refusals as through the application alone: no server in between has a reading of its own."""
    for body, status in ((b"[" * 100_000, 400), (b'{"a": NaN}', 400), (b'{"a": 1, "a": 2}', 400), (b"\xff", 400)):
        lines = ("Content-Type: application/json", f"Content-Length: {len(body)}")
        assert statuses(raw(served.port, head("POST", "/v1/freezes", *lines, bearer=served.token("boss")) + body)) == [
            status
        ]
