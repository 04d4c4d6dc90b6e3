"""Sketches of bodies from small schemas, and ids by the names of a path."""

import pytest

from app.docs.rules import fill
from app.docs.rules.examples import NAMES


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


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "date-time"}, "2030-03-31T17:00:00Z"),
        ({"type": "string", "format": "uuid"}, "01930000-0000-7000-8000-000000000000"),
        ({"type": "string", "format": "uri"}, "https://example.com"),
        ({"type": "string", "format": "byte"}, "text"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "format": "date"}, 1),
        ({"type": "number"}, 1.0),
        ({"type": "number", "minimum": 2.5}, 2.5),
        ({"type": "string", "minimum": 2}, "text"),
        ({"type": "boolean"}, False),
        ({"type": "null"}, None),
        ({}, {}),
        ({"type": "array"}, []),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": "array", "items": {"type": "integer"}, "minimum": 3}, [1]),
        ({"type": "string", "enum": [], "examples": []}, "text"),
        ({"examples": ["a", "b"], "enum": ["c"]}, "a"),
        ({"enum": ["c", "d"], "example": "e"}, "c"),
        ({"example": "e", "const": "f"}, "e"),
        ({"const": "f", "default": "g"}, "f"),
        ({"default": None}, None),
        ({"oneOf": [{"type": "null"}, {"type": "integer"}, {"type": "string"}]}, 1),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}], "default": "g"}, 1),
        ({"anyOf": [{"type": "integer"}], "examples": [9]}, 9),
        ({"anyOf": [{"$ref": "#/components/schemas/Word"}], "oneOf": 1}, "yes"),
        ({"$ref": "#/components/schemas/Word", "examples": ["said"]}, "said"),
        ({"$ref": "#/components/schemas/Word", "default": "said"}, "yes"),
        (of(more={"example": None}), {"more": None}),
        (of(reason={"type": "string", "examples": ["said"]}), {"reason": "said"}),
        (of(comment={"type": "string", "example": "said"}), {"comment": "said"}),
        ({"properties": {}}, {}),
        ({"properties": {"z": {"type": "integer"}, "b": {"type": "string"}}}, {"b": "text"}),
        ({"properties": {"a": {"const": 1}, "reason": {"const": 2}, "purpose": {"const": 3}}}, {"purpose": "News and customer care."}),
    ],
)  # fmt: skip
def test_a_value_as_short_as_can_be(schema, example):
    assert filled(schema, schemas={"Word": {"enum": ["yes", "no"]}}) == example


def test_a_known_member_goes_before_everything_that_is_said_of_it():
    assert filled(of(reason={"examples": ["said"]}), {"reason": "known"}) == {"reason": "known"}
    assert filled(of(more={"type": "string"}), {"more": "known"}) == {"more": "known"}
    assert filled(of(a={"const": 1}, more={"type": "string"}), {"more": "known"}) == {"a": 1}


def test_an_example_is_a_copy_of_what_was_said():
    said = {"examples": [{"of": {"a": []}}]}
    shown = filled(said)
    shown["of"]["a"].append(1)
    assert said == {"examples": [{"of": {"a": []}}]}
    listed = {"examples": [[[]]]}
    filled(listed)[0].append(1)
    assert listed == {"examples": [[[]]]}


def body(**content):
    return {"requestBody": {"content": content}, "responses": {}}


@pytest.mark.parametrize(
    "content",
    [
        {"application/json": {"schema": {"type": "integer"}, "example": 7}},
        {"application/json": {"schema": {"type": "integer"}, "examples": {"seven": 7}}},
        {"application/json": {}},
        {"text/csv": {"schema": {"type": "string"}}},
    ],
)
def test_what_has_an_example_or_no_schema_is_left_alone(content):
    document = {"paths": {"/": {"post": body(**content)}}}
    assert fill(document, {}) == document


def test_the_document_given_is_not_changed():
    document = {"paths": {"/": {"post": body(**{"application/json": {"schema": {"type": "integer"}}})}}}
    shown = fill(document, {})["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]
    assert shown == {"schema": {"type": "integer"}, "example": 1}
    assert "example" not in document["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]


def test_only_parts_of_a_path_are_filled_in():
    parameters = [{"name": "id", "in": "query"}, {"$ref": "#/x"}, {"name": "id", "in": "path"}, {"in": "path"}]
    document = {"paths": {"/v1/grants/{id}": {"get": {"parameters": parameters}}}}
    shown = fill(document, {"grant_id": 1, "id": 2, "": 3})["paths"]["/v1/grants/{id}"]["get"]["parameters"]
    assert [one.get("example") for one in shown] == [None, None, 1, 3]


def test_a_name_for_one_operation_alone_is_no_general_one():
    told = {"make.thing": {"id": "own"}, "thing": "general", "odd.make.thing": "another's"}
    assert filled(of(thing={"type": "string"}), told) == {"thing": {"id": "own"}}
    assert filled(of(**{"odd.make.thing": {"type": "string"}}), told) == {"odd.make.thing": "text"}


def test_an_unknown_collection_s_id_is_called_id():
    document = {"paths": {"/v1/wonders/{id}": {"get": {"parameters": [{"name": "id", "in": "path"}]}}}}
    parameter = fill(document, {"id": 5})["paths"]["/v1/wonders/{id}"]["get"]["parameters"][0]
    assert parameter["example"] == 5
    assert "wonders" not in NAMES
