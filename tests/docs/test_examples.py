"""Examples: bodies from the schemas, ids from the data served."""

from app.docs.rules.document import operations


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
