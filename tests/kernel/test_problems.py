"""Every error is a problem document (RFC 9457), says nothing it should not, and is documented."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.testing import capture_logs

from app.kernel import errors
from app.kernel.errors import Conflict, DomainError, FieldError, Forbidden, Invalid, NotFound, Unauthenticated
from app.kernel.findings import MAX_FINDINGS
from app.kernel.problems import TYPE_BASE, install, problem, refuse_unknown_query, responses, status_of
from app.kernel.request_id import RequestId


class SelfApproval(Forbidden):
    code = "self_approval"
    title = "Nobody approves their own request"


class Taken(Conflict):
    code = "handle_taken"
    title = "The handle is taken"


class KeyInUse(Conflict):
    code = "key_in_use"
    title = "The key is in use"


class Scope(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["enterprise", "business_unit"]


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    days: Annotated[int, Field(ge=1, le=90)]


class Ask(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(max_length=5)]
    rules: list[Inner] = []
    until: int | Inner | None = None
    scope: Scope | None = None
    secret: SecretStr | None = None
    ids: dict[str, UUID] = {}
    ratio: float | None = None
    word: str = ""

    @field_validator("word")
    @classmethod
    def _no_shouting(cls, value: str) -> str:
        if value.isupper():
            raise ValueError("Please do not shout.")
        if value == "odd":
            raise PydanticCustomError("odd_word", "This word is odd.")
        return value


class Filters(BaseModel):
    state: str | None = None
    tag: Annotated[list[str], Field()] = []


class Strict(APIRoute):
    def get_route_handler(self) -> Any:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            refuse_unknown_query(request, self)
            return await handler(request)

        return handle


ERRORS: dict[str, Exception] = {
    "self": SelfApproval("You asked for it yourself."),
    "taken": Taken(
        "It is taken.", members={"account_id": UUID(int=1), "at": datetime(2026, 1, 1, tzinfo=UTC), "code": "x"}
    ),
    "busy": KeyInUse("Wait.", members={"retry_after": 2}),
    "field": Invalid.field("/handle", "too_long", "Too long."),
    "odd": NotFound("No \ud800 here."),
    "token": Unauthenticated("A valid bearer token is needed."),
    "locked": OperationalError("INSERT INTO secret_table", {"a": "secret"}, Exception("database is locked")),
    "pool": PoolTimeout("QueuePool limit of size 24 overflow 8 reached"),
    "teapot": HTTPException(418, "short and stout"),
    "bug": RuntimeError("secret in the trace"),
}


def colour(colour: str | None = None) -> str | None:
    return colour


def build() -> FastAPI:
    app = FastAPI(title="test")
    install(app, everywhere=(Unauthenticated,), with_body=(errors.MalformedRequest, errors.TooLarge))
    app.add_middleware(RequestId)
    router = APIRouter(prefix="/v1", route_class=Strict)

    @router.post("/asks", responses=responses(Taken, KeyInUse, NotFound, SelfApproval))
    def ask(body: Ask) -> None: ...

    @router.post("/lists")
    def lists(body: list[Inner]) -> None: ...

    @router.post("/bare")
    def bare(body: Annotated[float, Body(embed=True)]) -> None: ...

    @router.get("/asks")
    def asks(filters: Annotated[Filters, Query()], x_number: Annotated[int, Header()] = 1) -> None: ...

    @router.get("/asks/{ask_id}")
    def one(ask_id: UUID, limit: Annotated[int, Query(le=200, alias="size")] = 50) -> None: ...

    @router.delete("/asks/{ask_id}")
    def end(ask_id: UUID) -> None: ...

    @router.get("/errors/{name}")
    def fail(name: str) -> None:
        raise ERRORS[name]

    app.include_router(router, dependencies=[Depends(colour)])
    return app


APP = build()


@pytest.fixture
def client() -> TestClient:
    return TestClient(APP, raise_server_exceptions=False)


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_a_domain_error_is_a_problem(client: TestClient) -> None:
    answer = client.get("/v1/errors/self")
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": f"{TYPE_BASE}self_approval",
        "title": "Nobody approves their own request",
        "status": 403,
        "detail": "You asked for it yourself.",
        "instance": "/v1/errors/self",
        "code": "self_approval",
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Invalid, 422),
        (errors.MalformedRequest, 400),
        (errors.InvalidCursor, 400),
        (errors.UnsupportedMediaType, 415),
        (errors.TooLarge, 413),
        (errors.Unauthenticated, 401),
        (errors.Forbidden, 403),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (Taken, 409),
        (errors.PreconditionFailed, 412),
        (errors.Unavailable, 503),
    ],
)
def test_the_status_is_that_of_the_nearest_base(error: type[DomainError], status: int) -> None:
    assert status_of(error) == status


def test_members_are_added_and_never_replace_the_standard_ones(client: TestClient) -> None:
    body = client.get("/v1/errors/taken").json()
    assert (body["account_id"], body["at"]) == (str(UUID(int=1)), "2026-01-01T00:00:00+00:00")
    assert body["code"] == "handle_taken"
    assert client.get("/v1/errors/busy").headers["retry-after"] == "2"


def test_errors_of_fields_are_listed(client: TestClient) -> None:
    body = client.get("/v1/errors/field").json()
    assert body["errors"] == [{"pointer": "/handle", "code": "too_long", "message": "Too long."}]
    assert body["code"] == "validation"


def test_any_text_can_be_told(client: TestClient) -> None:
    odd = problem(Request({"type": "http", "path": "/\ud800"}), 400, "code", "title", "detail")
    assert odd["instance"] == "/%3F"
    assert client.get("/v1/errors/odd").json()["detail"] == "No ? here."
    instance = client.get('/v1/n\u00f6%20"x"?token=secret').json()["instance"]
    assert instance == "/v1/n%C3%B6%20%22x%22"


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (None, "Bearer"),
        ("Basic eDp5", "Bearer"),
        ("Bearer x", 'Bearer error="invalid_token"'),
        ("bearer x", 'Bearer error="invalid_token"'),
        ("Bearer", 'Bearer error="invalid_token"'),
    ],
)
def test_who_sent_a_bad_token_is_told_so_and_who_sent_none_is_asked_for_one(
    client: TestClient, header: str | None, challenge: str
) -> None:
    answer = client.get("/v1/errors/token", headers={"authorization": header} if header else {})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, challenge)


@pytest.mark.parametrize("name", ["locked", "pool"])
def test_a_database_that_does_not_answer_is_a_503(client: TestClient, name: str) -> None:
    """Attack K11."""
    with capture_logs() as logs:
        answer = client.get(f"/v1/errors/{name}")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["code"]) == (503, "1", "unavailable")
    assert "secret" not in answer.text and "Pool" not in answer.text
    assert logs[0]["event"] == "database_unavailable"


def test_a_defect_is_a_500_that_says_nothing_and_is_logged(client: TestClient) -> None:
    with capture_logs() as logs:
        answer = client.get("/v1/errors/bug", headers={"x-request-id": "abc"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == "abc"
    told = next(line for line in logs if line["event"] == "unhandled_error")
    assert told["request_id"] == "abc" and told["exc_info"] is ERRORS["bug"]


def test_what_the_framework_refuses_is_a_problem_too(client: TestClient) -> None:
    nowhere = client.get("/nowhere")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    teapot = client.get("/v1/errors/teapot").json()
    assert (teapot["status"], teapot["code"], teapot["detail"]) == (418, "im_a_teapot", "short and stout")


def test_a_wrong_method_is_told_all_the_right_ones(client: TestClient) -> None:
    answer = client.put(f"/v1/asks/{UUID(int=1)}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET")
    assert answer.json()["code"] == "method_not_allowed"
    assert client.delete("/v1/asks").headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("/name", "required")]),
        ([], [("", "wrong_type")]),
        (None, [("", "required")]),
        ({"name": 1}, [("/name", "wrong_type")]),
        ({"name": "toolong"}, [("/name", "too_long")]),
        ({"name": "x", "state": "granted"}, [("/state", "unknown_field")]),
        ({"name": "x", "a/b~c": 1}, [("/a~1b~0c", "unknown_field")]),
        ({"name": "x", "rules": {}}, [("/rules", "wrong_type")]),
        ({"name": "x", "rules": [{"days": 1}, {"days": 91}]}, [("/rules/1/days", "out_of_range")]),
        (
            {"name": "x", "rules": [{"days": True}, {}]},
            [("/rules/0/days", "wrong_type"), ("/rules/1/days", "required")],
        ),
        ({"name": "x", "rules": [{"days": 0.1}]}, [("/rules/0/days", "wrong_type")]),
        ({"name": "x", "until": "soon"}, [("/until", "wrong_type"), ("/until", "wrong_type")]),
        ({"name": "x", "until": {}}, [("/until", "wrong_type"), ("/until/days", "required")]),
        ({"name": "x", "scope": {"kind": "all"}}, [("/scope/kind", "not_allowed")]),
        ({"name": "x", "ids": {"k": "zzz"}}, [("/ids/k", "wrong_type")]),
        ({"name": "x", "word": "HEY"}, [("/word", "invalid")]),
        ({"name": "x", "word": "odd"}, [("/word", "odd_word")]),
    ],
)
def test_each_fault_of_a_body_is_pointed_at(client: TestClient, body: Any, expected: list[tuple[str, str]]) -> None:
    raw = b"" if body is None else json.dumps(body).encode()
    answer = client.post("/v1/asks", content=raw, headers={"content-type": "application/json"})
    assert faults(answer) == expected


def test_messages_are_plain_and_our_validators_speak_for_themselves(client: TestClient) -> None:
    answer = client.post("/v1/asks", json={"name": "x", "scope": {"kind": 1}, "word": "HEY"}).json()
    assert [error["message"] for error in answer["errors"]] == [
        "This must be one of 'enterprise' or 'business_unit'.",
        "Please do not shout.",
    ]
    assert answer["detail"].startswith("2 things")
    assert client.post("/v1/asks", json={}).json()["detail"] == "/name: This is required."


def test_no_value_is_ever_repeated(client: TestClient) -> None:
    answer = client.post("/v1/asks", json={"name": ["hunter2"], "secret": {"x": "hunter2"}, "ids": {"k": "hunter2"}})
    assert len(answer.json()["errors"]) == 3 and "hunter2" not in answer.text


def test_what_json_cannot_hold_does_not_break_the_answer(client: TestClient) -> None:
    raw = b'{"body": [NaN, "\\ud800"], "x\\ud800": 1}'
    answer = client.post("/v1/bare", content=raw, headers={"content-type": "application/json"})
    assert faults(answer) == [("/body", "wrong_type")]
    raw = b'{"name": "x", "\\ud800": NaN}'
    answer = client.post("/v1/asks", content=raw, headers={"content-type": "application/json"})
    assert faults(answer) == [("", "invalid_unicode")]


def test_broken_json_that_comes_this_far_is_a_400(client: TestClient) -> None:
    answer = client.post("/v1/asks", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


def test_a_long_list_of_faults_is_cut(client: TestClient) -> None:
    answer = client.post("/v1/lists", json=[1] * 5000)
    assert len(faults(answer)) == MAX_FINDINGS
    answer = client.post("/v1/asks", json={"name": "x", "k" * 100_000: 1})
    assert len(answer.content) < 1000


def test_faults_outside_the_body_name_where_they_are(client: TestClient) -> None:
    assert faults(client.get("/v1/asks/nobody", params={"size": "abc"})) == [
        ("{ask_id}", "wrong_type"),
        ("?size", "wrong_type"),
    ]
    assert faults(client.get(f"/v1/asks/{UUID(int=1)}", params={"size": 201})) == [("?size", "out_of_range")]
    assert faults(client.get("/v1/asks", headers={"x-number": "one"})) == [("x-number:", "wrong_type")]


def test_an_unknown_or_repeated_query_parameter_is_refused(client: TestClient) -> None:
    """Attack F11."""
    one = f"/v1/asks/{UUID(int=1)}"
    assert faults(client.get(f"{one}?limit=1")) == [("?limit", "unknown_parameter")]
    assert faults(client.get(f"{one}?size=1&size=2")) == [("?size", "repeated_parameter")]
    assert len(faults(client.get(one + "?" + "&".join(f"p{n}=1" for n in range(5_000))))) == 20
    assert client.get(f"{one}?size=1").status_code == 200
    assert client.get("/v1/asks?tag=a&tag=b&state=c&colour=red").status_code == 200
    assert faults(client.get("/v1/asks?filters=1")) == [("?filters", "unknown_parameter")]


def test_field_errors_compare_by_value() -> None:
    assert FieldError("/a", "b", "c") == FieldError("/a", "b", "c")


def test_refusals_are_documented_by_status_with_every_code() -> None:
    documented = responses(Taken, NotFound, KeyInUse)
    assert sorted(documented) == [404, 409]
    content = documented[409]["content"]["application/problem+json"]
    assert documented[409]["description"] == "`handle_taken`, `key_in_use`"
    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert content["examples"]["key_in_use"]["value"]["status"] == 409


def test_the_openapi_document_knows_our_problems_only(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    assert "HTTPValidationError" not in json.dumps(schema)
    assert {"Problem", "FieldProblem"} <= set(schema["components"]["schemas"])
    ask = schema["paths"]["/v1/asks"]["post"]["responses"]
    assert list(ask) == ["200", "400", "401", "403", "404", "409", "413", "422"]
    assert ask["422"]["description"] == "`validation`"
    end = schema["paths"]["/v1/asks/{ask_id}"]["delete"]["responses"]
    assert list(end) == ["200", "401", "422"]
    assert client.get("/openapi.json").json() == schema
