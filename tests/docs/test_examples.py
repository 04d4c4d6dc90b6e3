"""Examples: bodies from the schemas, ids from the data served."""

import pytest

from app.docs.rules import fill
from app.docs.rules.document import operations


def filled(schema, examples=None, schemas=None, path="/v1/things"):
    body = {"content": {"application/json": {"schema": schema}}}
    document = {
        "paths": {path: {"post": {"operationId": "make", "requestBody": body, "responses": {}}}},
        "components": {"schemas": schemas or {}},
    }
    operation = fill(document, examples or {})["paths"][path]["post"]
    return operation["requestBody"]["content"]["application/json"]["example"]


def of(**properties):
    return {"type": "object", "properties": properties, "required": [name for name in properties if name != "more"]}


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        (of(a={"type": "string", "examples": ["x:coe"]}, more={"type": "string"}), {"a": "x:coe"}),
        (of(more={"type": "string", "examples": ["said"]}), {"more": "said"}),
        (of(a={"const": 1}, more={"type": "string", "examples": ["said"]}), {"a": 1, "more": "said"}),
        (of(a={"const": 1}, more={"type": "string"}), {"a": 1}),
        (of(a={"$ref": "#/components/schemas/Word"}), {"a": "yes"}),
        (of(a={"anyOf": [{"type": "null"}, {"type": "string", "format": "date"}]}), {"a": "2030-03-31"}),
        (of(a={"type": "array", "items": {"$ref": "#/components/schemas/Word"}}), {"a": ["yes"]}),
        (of(a={"type": "integer", "minimum": 7}), {"a": 7}),
        (of(reason={"type": "string"}), {"reason": "As agreed with the business unit."}),
        (of(a={"type": "string", "default": "usual"}), {"a": "usual"}),
        (of(a={"const": "x"}), {"a": "x"}),
        (of(a=of(b={"type": "boolean"})), {"a": {"b": False}}),
        ({"type": "object", "properties": {"z": {"type": "integer"}, "reason": {"type": "string"}}}, {"reason": "As agreed with the business unit."}),
        ({"type": "object"}, {}),
    ],
)  # fmt: skip
def test_a_body_is_sketched_from_its_schema(schema, example):
    assert filled(schema, schemas={"Word": {"enum": ["yes", "no"]}}) == example


def test_what_is_known_to_be_there_comes_first():
    schema = of(account_id={"type": "string", "examples": ["x:other"]}, more={"type": "string"})
    assert filled(schema, {"account_id": "7"}) == {"account_id": "7"}
    assert filled(schema, {"account_id": "7", "make.account_id": "8"}) == {"account_id": "8"}
    assert filled(schema, {"account_id": "7", "unmake.account_id": "8"}) == {"account_id": "7"}


def test_a_whole_example_keeps_its_members_but_those_we_know_better():
    schema = of(account_id={"type": "string"}) | {"examples": [{"account_id": "1", "more": "said"}]}
    assert filled(schema, {"account_id": "7"}) == {"account_id": "7", "more": "said"}


@pytest.mark.parametrize(
    ("path", "name", "key"),
    [
        ("/v1/rights-requests/{id}/decisions", "id", "request_id"),
        ("/v1/grants/{id}", "id", "grant_id"),
        ("/v1/networks/{key}", "key", "network"),
        ("/v1/policies/{id}/versions/{n}", "id", "policy_id"),
        ("/v1/policies/{id}/versions/{n}", "n", "n"),
    ],
)
def test_a_part_of_a_path_is_named_by_what_stands_before_it(path, name, key):
    operation = {"operationId": "look", "parameters": [{"name": name, "in": "path"}], "responses": {}}
    document = {"paths": {path: {"get": operation}}}
    shown = fill(document, {key: "there", f"other.{key}": "not here"})["paths"][path]["get"]
    assert shown["parameters"][0]["example"] == "there"
    assert "example" not in fill(document, {"other_id": "x"})["paths"][path]["get"]["parameters"][0]


def test_every_body_of_the_service_has_an_example_with_what_is_required(document):
    for path, method, operation in operations(document):
        told = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if told is None:
            continue
        ways = told["schema"].get("oneOf", [told["schema"]])
        schemas = [document["components"]["schemas"][one["$ref"].rsplit("/", 1)[-1]] for one in ways]
        assert any(
            set(schema.get("required", ())) <= set(told["example"]) <= set(schema["properties"]) for schema in schemas
        ), (method, path)


def test_without_data_no_id_is_made_up_in_a_path(document):
    for _, _, operation in operations(document):
        assert not any("example" in one for one in operation.get("parameters", []) if one.get("in") == "path")


def test_the_data_served_gives_ids_that_exist(make):
    document = make({"request_id": "11111111-1111-7111-8111-111111111111"}).openapi()
    shown = document["paths"]["/v1/rights-requests/{id}/decisions"]["post"]["parameters"][0]
    assert shown["example"] == "11111111-1111-7111-8111-111111111111"
