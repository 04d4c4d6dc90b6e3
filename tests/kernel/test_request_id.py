"""Every request has one id and one log line."""

from typing import Any
from uuid import UUID

import pytest
import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from app.kernel.actor import Actor, ActorKind
from app.kernel.request_id import RequestId


def build(**more: Any) -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/things")

    @router.get("/{name}")
    def thing(name: str, request: Request) -> dict[str, Any]:
        if name == "broken":
            raise RuntimeError
        request.state.actor = Actor(ActorKind.EMPLOYEE, UUID(int=7))
        bound = structlog.contextvars.get_contextvars()["request_id"]
        return {"state": request.state.request_id, "bound": bound}

    @app.get("/own")
    def own() -> PlainTextResponse:
        return PlainTextResponse("x", headers={"X-Request-ID": "another"})

    app.include_router(router, prefix="/v1")
    app.add_middleware(RequestId, **more)
    return app


@pytest.fixture
def client() -> TestClient:
    return TestClient(build(), raise_server_exceptions=False)


@pytest.mark.parametrize("given", ["a", "A.b_c-9", "x" * 128])
def test_a_harmless_id_is_kept_echoed_and_bound(client: TestClient, given: str) -> None:
    answer = client.get("/v1/things/x", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == given
    assert answer.json() == {"state": given, "bound": given}
    assert "request_id" not in structlog.contextvars.get_contextvars()


@pytest.mark.parametrize("given", ["", " ", "x" * 129, "a b", "a\nb", "é", '{"x":1}', "a;b"])
def test_any_other_is_replaced_by_a_new_one(client: TestClient, given: str) -> None:
    answer = client.get("/v1/things/x", headers=[(b"x-request-id", given.encode())])
    assert UUID(answer.headers["x-request-id"]).version == 7


@pytest.mark.parametrize("given", ["a b", '{"x":1}', "x" * 300, "a"])
def test_where_a_standard_wants_it_back_it_comes_back_and_is_kept_nowhere_if_it_is_not_harmless(given: str) -> None:
    client = TestClient(build(echoed=lambda path: path.startswith("/v1/")))
    answer = client.get("/v1/things/x", headers={"X-Request-ID": given})
    assert answer.headers.get_list("x-request-id") == [given]
    assert (answer.json()["bound"] == given) is (given == "a")
    for odd in ("a\tb", "a\x7fb", "a\x01"):
        answer = client.get("/v1/things/x", headers=[(b"x-request-id", odd.encode())])
        assert UUID(answer.headers["x-request-id"]).version == 7


def test_two_ids_are_none(client: TestClient) -> None:
    answer = client.get("/v1/things/x", headers=[("x-request-id", "a"), ("x-request-id", "b")])
    assert answer.headers["x-request-id"] not in {"a", "b"}


def test_an_answer_names_one_id_only(client: TestClient) -> None:
    answer = client.get("/own", headers={"x-request-id": "mine"})
    assert answer.headers.get_list("x-request-id") == ["mine"]


def test_one_line_tells_of_each_request(client: TestClient) -> None:
    with capture_logs() as logs:
        client.get("/v1/things/jane.doe?q=secret")
    assert len(logs) == 1 and logs[0].pop("duration_ms") >= 0
    assert logs == [
        {
            "event": "request",
            "log_level": "info",
            "method": "GET",
            "route": "/v1/things/{name}",
            "status": 200,
            "actor": f"employee:{UUID(int=7)}",
        }
    ]


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [("/own", "/own", 200), ("/nowhere", None, 404), ("/v1/things/broken", "/v1/things/{name}", 500)],
)
def test_the_line_has_template_and_status_whatever_happens(
    client: TestClient, path: str, route: str | None, status: int
) -> None:
    with capture_logs() as logs:
        assert client.get(path).status_code == status
    assert [(line["route"], line["status"]) for line in logs if line["event"] == "request"] == [(route, status)]
    assert "actor" not in logs[-1]
