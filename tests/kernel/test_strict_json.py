"""What a body may be: `trust.md` 4.E05-E06, 4.F01-F05, as values, through the middleware, and over a real socket."""

import gzip
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Scope

from app.kernel.errors import DomainError, MalformedRequest
from app.kernel.problems import install
from app.kernel.strict_json import (
    DuplicateKey,
    InvalidUnicode,
    JsonTooDeep,
    MalformedJson,
    NotANumber,
    NumberOutOfRange,
    StrictBody,
    check_limits,
    parse,
)

MIB = 1024 * 1024

REFUSED: list[tuple[str, bytes, type[MalformedRequest]]] = [
    ("65 arrays", b"[" * 65 + b"]" * 65, JsonTooDeep),
    ("300 objects", b'{"a":' * 300 + b"1" + b"}" * 300, JsonTooDeep),
    ("100,000 arrays", b"[" * 100_000, JsonTooDeep),
    ("deep after a string with a quote", b'["\\"",' + b"[" * 65 + b"]" * 66, JsonTooDeep),
    ("deep after a string with a backslash", b'["\\\\",' + b"[" * 65 + b"]" * 66, JsonTooDeep),
    ("NaN", b'{"a": NaN}', NotANumber),
    ("Infinity", b"[Infinity]", NotANumber),
    ("-Infinity", b"[-Infinity]", NotANumber),
    ("1e999", b"[1e999]", NumberOutOfRange),
    ("-1e999", b"[-1e999]", NumberOutOfRange),
    ("2^63", b"[9223372036854775808]", NumberOutOfRange),
    ("-2^63-1", b"[-9223372036854775809]", NumberOutOfRange),
    ("4,000 digits", b"[" + b"7" * 4000 + b"]", NumberOutOfRange),
    ("5,000 digits", b"[" + b"7" * 5000 + b"]", NumberOutOfRange),
    ("repeated name", b'{"a": 1, "b": 2, "a": 1}', DuplicateKey),
    ("repeated by escape", b'{"a": 1, "\\u0061": 2}', DuplicateKey),
    ("repeated deep down", b'[{"x": {"a": 1, "a": 2}}]', DuplicateKey),
    ("lone high surrogate", b'["\\ud800"]', InvalidUnicode),
    ("lone low surrogate", b'["\\udfff"]', InvalidUnicode),
    ("pair the wrong way round", b'["\\ude00\\ud83d"]', InvalidUnicode),
    ("surrogate in a name", b'{"x": {"\\uD800": 1}}', InvalidUnicode),
    ("surrogate as bytes", b'["\xed\xa0\x80"]', InvalidUnicode),
    ("escaped NUL", b'{"a": ["x\\u0000y"]}', InvalidUnicode),
    ("escaped NUL in a name", b'{"\\u0000": 1}', InvalidUnicode),
    ("bare NUL", b'["\x00"]', InvalidUnicode),
    ("byte order mark", b"\xef\xbb\xbf{}", InvalidUnicode),
    ("UTF-16", '{"a": 1}'.encode("utf-16"), InvalidUnicode),
    ("UTF-16 without mark", '{"a": 1}'.encode("utf-16-le"), InvalidUnicode),
    ("latin-1", '["\xe9"]'.encode("latin-1"), InvalidUnicode),
    ("truncated", b'{"a": [1', MalformedJson),
    ("open string", b'{"a": "x', MalformedJson),
    ("trailing garbage", b"{} x", MalformedJson),
    ("two documents", b"{}\n{}", MalformedJson),
    ("trailing comma", b"[1,]", MalformedJson),
    ("bare line feed in a string", b'["a\nb"]', MalformedJson),
    ("leading zero", b"[01]", MalformedJson),
    ("only blanks", b"  \n", MalformedJson),
    ("single quotes", b"{'a': 1}", MalformedJson),
]
NAMES = [name for name, _, _ in REFUSED]

TAKEN: list[tuple[bytes, Any]] = [
    (b"[" * 64 + b"]" * 64, None),
    (b"[[]," + b"[" * 63 + b"]" * 64, None),
    (b"[" + b",".join([b"[]"] * 100) + b"]", [[]] * 100),
    (b'["' + b"[" * 100 + b'"]', ["[" * 100]),
    (b'["\\"' + b"[" * 100 + b'"]', ['"' + "[" * 100]),
    (b"[9223372036854775807, -9223372036854775808, -0, 0.5, 1e3]", [2**63 - 1, -(2**63), 0, 0.5, 1000.0]),
    (b'["\\ud83d\\ude00", "\xf0\x9f\x98\x80"]', ["\N{GRINNING FACE}"] * 2),
    (b'["\\\\u0000 \\\\ud800"]', ["\\u0000 \\ud800"]),
    (b'{"a": {"a": [{"a": null}]}}', {"a": {"a": [{"a": None}]}}),
    (b" true\n", True),
]


@pytest.mark.parametrize(("raw", "error"), [(raw, error) for _, raw, error in REFUSED], ids=NAMES)
def test_what_is_not_json_is_refused_with_its_own_code(raw: bytes, error: type[MalformedRequest]) -> None:
    """Attacks E05, E06, F01, F02, F03, F05."""
    with pytest.raises(MalformedRequest) as refused:
        parse(raw)
    assert type(refused.value) is error


@pytest.mark.parametrize(("raw", "value"), TAKEN)
def test_what_is_json_is_taken(raw: bytes, value: Any) -> None:
    assert value is None or parse(raw) == value
    parse(raw)


@pytest.mark.parametrize("raw", [b'{"' + b'\\"' * 400_000, b'"\\"' * 300_000, b"[" * MIB, b"{" * MIB, b'"' * MIB])
def test_no_body_is_slow_or_deep_enough_to_break_the_parser(raw: bytes) -> None:
    """Attack F01."""
    with pytest.raises(MalformedRequest):
        parse(raw)


def test_lenient_takes_the_last_of_repeated_names_and_nothing_else_more() -> None:
    assert parse(b'{"a": 1, "a": 2}', lenient=True) == {"a": 2}
    for _, raw, error in REFUSED:
        if error is not DuplicateKey:
            with pytest.raises(error):
                parse(raw, lenient=True)


def test_the_limits_alone_leave_the_grammar_to_the_edge() -> None:
    for _, raw, error in REFUSED:
        if error in {JsonTooDeep, InvalidUnicode}:
            with pytest.raises(error):
                check_limits(raw)
        else:
            check_limits(raw)
    check_limits(b'{"\\ud800')


def test_a_repeated_name_is_told_without_harm() -> None:
    with pytest.raises(DuplicateKey, match=r'"\\u202e"'):
        parse('{"\u202e": 1, "\u202e": 2}'.encode())


storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | storable,
    lambda inner: st.lists(inner) | st.dictionaries(storable, inner),
    max_leaves=20,
)


@given(values, st.booleans())
def test_every_json_value_comes_through_unchanged(value: Any, ascii_only: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary() | st.text('[]{}",:\\u0d8 \x00a1eN').map(str.encode))
def test_nothing_but_a_refusal_comes_of_any_bytes(raw: bytes) -> None:
    try:
        parse(raw)
    except MalformedRequest:
        return
    json.loads(raw)


def refused_plainly(_request: Request, error: DomainError) -> Response:
    return JSONResponse({"scimType": error.code}, 418)


def echo_app(**options: Any) -> FastAPI:
    app = FastAPI()
    install(app)

    @app.api_route("/{path:path}", methods=["GET", "POST", "DELETE"])
    async def echo(request: Request) -> dict[str, Any]:
        raw = await request.body()
        return {"length": len(raw), "body": raw[:200].decode("latin-1")}

    app.add_middleware(StrictBody, lenient=lambda path: path.startswith("/access/v1/"), **options)
    return app


@pytest.fixture
def client() -> TestClient:
    return TestClient(echo_app(forms=lambda path: path == "/oauth/token"))


def post(client: TestClient, raw: Any, path: str = "/v1/x", **headers: str) -> Any:
    sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, content=raw, headers=sent)


@pytest.mark.parametrize(("raw", "error"), [(raw, error) for _, raw, error in REFUSED], ids=NAMES)
def test_a_bad_body_is_a_400_problem(client: TestClient, raw: bytes, error: type[MalformedRequest]) -> None:
    """Attacks E05, E06, F01, F02, F03, F05."""
    answer = post(client, raw)
    assert (answer.status_code, answer.json()["code"]) == (400, error.code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_good_body_reaches_the_application_whole(client: TestClient) -> None:
    assert post(client, b'{"a": 1}').json() == {"length": 8, "body": '{"a": 1}'}
    assert post(client, iter([b'{"a"', b": 1}"])).json()["body"] == '{"a": 1}'
    assert post(client, b"").json()["length"] == 0
    assert client.get("/v1/x").json()["length"] == 0
    assert client.post("/v1/x", content=b"", headers={"content-type": "text/plain"}).status_code == 200


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json; charset=utf-8",
        'Application/JSON;Charset="UTF-8"',
        "application/merge-patch+json",
        "application/scim+json",
        "application/json; profile=x",
    ],
)
def test_json_types_are_taken(client: TestClient, media_type: str) -> None:
    assert post(client, b"{}", content_type=media_type).status_code == 200
    assert post(client, b"{", content_type=media_type).status_code == 400


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "text/plain",
        "text/json",
        "application/jsonx",
        "application/json, text/plain",
        "application/json (comment)",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json; charset=utf-8; charset=utf-16",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/x-ndjson",
    ],
)
def test_other_types_are_415(client: TestClient, media_type: str) -> None:
    """Attack F05."""
    answer = post(client, b"{}", content_type=media_type)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_no_type_or_two_types_are_415(client: TestClient) -> None:
    """Attack F05."""
    twice = [("content-type", "application/json"), ("content-type", "application/json")]
    assert client.post("/v1/x", content=b"{}").status_code == 415
    assert client.post("/v1/x", content=b"{}", headers=twice).status_code == 415


def test_any_content_coding_is_415(client: TestClient) -> None:
    """Attack F04."""
    for path in ("/v1/x", "/access/v1/evaluation"):
        assert post(client, gzip.compress(b"{}"), path, content_encoding="gzip").status_code == 415
        assert post(client, b"{}", path, content_encoding="identity").status_code == 200


def test_forms_pass_with_the_size_limit_where_they_are_taken(client: TestClient) -> None:
    form = "application/x-www-form-urlencoded"
    assert post(client, b"a=1&a=2", "/oauth/token", content_type=form).json()["body"] == "a=1&a=2"
    assert post(client, b"a=%00", "/oauth/token", content_type=form).status_code == 400
    assert post(client, b"a=" + b"x" * MIB, "/oauth/token", content_type=form).status_code == 413
    assert post(client, b"--x\r\n\0", "/oauth/token", content_type="multipart/form-data; boundary=x").status_code == 200
    assert post(client, b"{", "/oauth/token").status_code == 400


def test_forms_are_taken_everywhere_unless_said_otherwise() -> None:
    form, client = "application/x-www-form-urlencoded", TestClient(echo_app())
    assert post(client, b"a=1", "/v1/x", content_type=form).json()["body"] == "a=1"
    assert post(client, b"a=%00", "/v1/x", content_type=form).status_code == 400


def test_the_size_limit_holds_with_and_without_a_length(client: TestClient) -> None:
    """Attack F04."""
    largest = b'"' + b"x" * (MIB - 2) + b'"'
    assert post(client, largest).json()["length"] == MIB
    for larger in (largest + b" ", iter([largest, b" "]), iter([b"[" * 1000] * 2000)):
        answer = post(client, larger)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert post(client, b"{}", content_length="9" * 5000).status_code == 413


def test_a_lenient_path_keeps_the_limits_only(client: TestClient) -> None:
    path = "/access/v1/evaluation"
    for taken in (b'{"a": 1, "a": 2}', b"{", b"[NaN]"):
        assert post(client, taken, path, content_type="text/plain").status_code == 200
    for refused in (b"[" * 65, b'["\\ud800"]', b'["\\u0000"]', b"\xff"):
        assert post(client, refused, path).status_code == 400
    assert post(client, b" " * (MIB + 1), path).status_code == 413


@pytest.mark.parametrize("target", ["/v1/x?handle=a%00b", "/v1/a%00b"])
def test_a_nul_in_the_address_is_refused(client: TestClient, target: str) -> None:
    answer = client.get(target)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_unicode")
    assert client.get("/v1/x?handle=a%2500b").status_code == 200


def test_an_edge_may_word_the_refusal_its_own_way() -> None:
    answer = post(TestClient(echo_app(refuse=refused_plainly)), b"{")
    assert (answer.status_code, answer.json()) == (418, {"scimType": "malformed_json"})


@pytest.mark.anyio
@pytest.mark.parametrize("half", [b"{}", b"{"], ids=["whole by chance", "no JSON"])
async def test_who_goes_away_half_way_is_neither_served_nor_refused(half: bytes) -> None:
    served: list[Scope] = []
    sent: list[Message] = []
    messages: Iterator[Message] = iter(
        [{"type": "http.request", "body": half, "more_body": True}, {"type": "http.disconnect"}]
    )

    async def app(scope: Scope, _receive: Any, _send: Any) -> None:
        served.append(scope)

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/x", "query_string": b"", "headers": headers}
    await StrictBody(app, refuse=refused_plainly)(scope, receive, send)
    assert served == [] and sent == []


@pytest.mark.anyio
async def test_an_answer_in_pieces_ends_once_its_client_was_heard_out() -> None:
    incoming: list[Message] = [{"type": "http.request", "body": b"x", "more_body": n < 2} for n in range(3)]
    sent: list[Message] = []

    async def app(_scope: Scope, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b"too ", "more_body": True})
        assert len(incoming) == 2  # that is for the end
        await send({"type": "http.response.body", "body": b"large"})

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/x", "query_string": b"", "headers": []}
    await StrictBody(app, uploads=lambda *_: True)(scope, receive, send)
    assert incoming == [] and (b"connection", b"close") in sent[0]["headers"]
    assert [(one["body"], one["more_body"]) for one in sent[1:]] == [(b"too ", True), (b"large", True), (b"", False)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@contextmanager
def serving(http_implementation: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(echo_app(), http=http_implementation, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(params=["h11", "httptools"], scope="module")
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    with serving(request.param) as number:
        yield number


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_sends_first_and_reads_after_gets_its_413(port: int, chunked: bool) -> None:
    """Attack F04."""
    size = 20 * MIB
    body = (b"x" * 65536 for _ in range(size // 65536))
    length = {} if chunked else {"Content-Length": str(size)}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/v1/x", body, {"Content-Type": "application/json", **length}, encode_chunked=chunked)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (413, "too_large")
    assert answer.getheader("connection") == "close"
    connection.close()


def test_a_declared_length_is_refused_before_the_body_is_sent(port: int) -> None:
    """Attacks F04, F08."""
    head = b"POST /v1/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_connection_goes_on_after_a_refused_small_body(port: int) -> None:
    """Attack F08."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for raw, status in ((b"[NaN]", 400), (b"[1]", 200)):
        connection.request("POST", "/v1/x", raw, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()
