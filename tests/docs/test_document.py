"""What every operation says of itself."""

import json
from collections import Counter

import pytest
from fastapi.routing import iter_route_contexts
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from app.docs.rules.document import SCOPE_WORDS, operations
from app.kernel.actor import Permission
from app.kernel.tags import Tag
from app.roles.rules import ClientScope

OPEN = {
    ("get", "/.well-known/authzen-configuration"),
    ("get", "/.well-known/jwks.json"),
    ("get", "/.well-known/openid-configuration"),
    ("get", "/access/v1/request-schema"),
    ("get", "/healthz"),
    ("get", "/metrics"),
    ("get", "/readyz"),
    ("get", "/v1/accounts/verify"),
    ("post", "/oauth/token"),
}
"""What anybody may call without a token, in full: a route that is added to it is added here on purpose."""


def codes(operation):
    return {
        code
        for answer in operation["responses"].values()
        for code in answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }


def parameters(operation):
    return {one.get("$ref", "").rsplit("/", 1)[-1] or one["name"] for one in operation.get("parameters", [])}


def test_it_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document)] == []


def test_the_validator_would_notice(document):
    broken = {**document, "paths": {**document["paths"], "/v1/me": {"get": {"responses": "none"}}}}
    assert list(OPENAPI_31_VALIDATOR.iter_errors(broken))


def test_every_reference_leads_somewhere(document):
    def references(part):
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for member in part.values():
                yield from references(member)
        if isinstance(part, list):
            for member in part:
                yield from references(member)

    for reference in set(references(document)):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in found, reference
            found = found[step]


def test_every_route_is_in_it(app, document):
    served = {
        (method.lower(), context.path_format)
        for context in iter_route_contexts(app.routes)
        if getattr(context, "include_in_schema", False) and getattr(context, "dependant", None)
        for method in context.methods
    }
    assert served == {(method, path) for path, method, _ in operations(document)}


def test_every_operation_is_named_once_and_said_in_words(document):
    names = Counter(operation["operationId"] for _, _, operation in operations(document))
    assert [name for name, times in names.items() if times > 1] == []
    for path, method, operation in operations(document):
        assert operation["tags"][0] in set(Tag), (method, path)
        assert len(operation["summary"].split()) > 1, (method, path)
        assert operation["summary"] != operation["operationId"].replace("_", " ").title(), (method, path)
        assert operation["description"], (method, path)


def test_the_groups_come_in_the_order_of_who_uses_them(document):
    assert [tag["name"] for tag in document["tags"]] == [tag.value for tag in Tag]


def test_every_operation_has_its_permission_or_is_listed_as_open(document):
    open_to_all = set()
    for path, method, operation in operations(document):
        if "x-permission" not in operation:
            open_to_all.add((method, path))
            assert operation["security"] == []
            assert "invalid_token" not in codes(operation)
            continue
        assert operation["x-permission"] in set(Permission)
        assert f"`{operation['x-permission']}`" in operation["description"]
        assert {"bearer": []} in operation["security"]
        assert {"invalid_token", "forbidden", "validation"} <= codes(operation), (method, path)
    assert open_to_all == OPEN


def test_every_refusal_is_a_problem_with_its_code(document):
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status[0] in "45" and path != "/oauth/token":
                problem = answer["content"]["application/problem+json"]
                assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert problem["examples"], (method, path, status)
                for code, example in problem["examples"].items():
                    assert example["value"]["code"] == code
                    assert example["value"]["status"] == int(status)
                    assert f"`{code}`" in answer["description"]
                    assert example["summary"] == code
                    assert example["value"]["title"] in answer["description"]


def test_what_shared_machinery_refuses_is_documented_where_it_stands(document):
    for path, method, operation in operations(document):
        named, said = parameters(operation), codes(operation)
        assert ("cursor" in named) == ("invalid_cursor" in said), (method, path)
        assert ("IdempotencyKey" in named) == ("idempotency_key_reused" in said), (method, path)
        assert "IfMatch" not in named or "precondition_failed" in said, (method, path)


@pytest.mark.parametrize(
    ("method", "path", "named"),
    [
        ("post", "/v1/rights-requests", {"IdempotencyKey"}),
        ("post", "/v1/rights-requests/preview", set()),
        ("post", "/access/v1/evaluation", set()),
        ("post", "/v1/rights-requests/{id}/decisions", {"id", "IdempotencyKey", "IfMatch"}),
        ("patch", "/v1/rights-requests/{id}", {"id", "IfMatch"}),
        ("delete", "/v1/appointments/{id}", {"id", "IfMatch"}),
        ("get", "/v1/grants/{id}", {"id"}),
        ("put", "/v1/governance", set()),
    ],
)
def test_common_headers_stand_where_they_are_honoured(document, method, path, named):
    assert parameters(document["paths"][path][method]) == named


def test_a_parameter_is_never_said_to_be_null(document):
    for path, method, operation in operations(document):
        assert '"null"' not in json.dumps(operation.get("parameters", [])), (method, path)
    told = {one["name"]: one["schema"] for one in document["paths"]["/v1/grants"]["get"]["parameters"]}
    assert told["employee_id"]["format"] == "uuid"


def test_answers_tell_of_their_headers(document):
    asked = document["paths"]["/v1/rights-requests"]["post"]["responses"]
    assert set(asked["201"]["headers"]) == {"X-Request-ID", "ETag", "Coe-Revision"}
    assert "headers" not in asked["422"]
    assert set(document["paths"]["/v1/grants/{id}"]["get"]["responses"]["200"]["headers"]) == {"X-Request-ID", "ETag"}
    assert set(document["paths"]["/v1/grants"]["get"]["responses"]["200"]["headers"]) == {"X-Request-ID"}


def test_a_service_client_reads_which_scope_it_needs(document):
    evaluation = document["paths"]["/access/v1/evaluation"]["post"]
    assert evaluation["security"] == [{"OAuth2": []}, {"client": ["decisions"]}, {"bearer": []}]
    assert "scope `decisions`" in evaluation["description"]
    flows = document["components"]["securitySchemes"]["client"]["flows"]
    assert set(flows["clientCredentials"]["scopes"]) == set(ClientScope) == set(SCOPE_WORDS)


def test_where_people_log_in_elsewhere_no_login_is_offered(make):
    elsewhere = make(issuer="https://idp.example", jwks_url="https://idp.example/jwks")
    document = elsewhere.openapi()
    assert set(document["components"]["securitySchemes"]) == {"client", "bearer"}
    assert document["paths"]["/v1/me"]["get"]["security"] == [{"bearer": []}]


def test_it_names_the_public_address(make):
    document = make(public_url="https://coe.example.com").openapi()
    told = document["components"]["securitySchemes"]["OAuth2"]["flows"]["authorizationCode"]
    assert told["authorizationUrl"] == "https://coe.example.com/oauth/authorize"
    assert told["tokenUrl"] == "https://coe.example.com/oauth/token"


def test_it_is_made_once_and_the_same_for_everybody(app, make):
    assert app.openapi() is app.openapi()
    assert make().openapi() == app.openapi()


@pytest.mark.parametrize(("method", "path", "status", "kinds"), [
    ("post", "/oauth/token", "400", {"application/json", "application/problem+json"}),
    ("post", "/oauth/token", "401", {"application/json"}),  # RFC 6749 5.2; no token of ours is asked for there
    ("get", "/v1/reviews/{id}/evidence", "200", {"application/json", "text/csv"}),
    ("get", "/v1/accounts", "404", {"application/problem+json"}),  # an unknown network
    ("get", "/healthz", "401", None),
    ("get", "/v1/decisions/explain", "400", {"application/problem+json"}),  # a NUL in the address
])  # fmt: skip
def test_an_answer_is_told_in_each_form_it_comes_in(document, method, path, status, kinds):
    answer = document["paths"][path][method]["responses"].get(status)
    assert (set(answer["content"]) if answer else None) == kinds
