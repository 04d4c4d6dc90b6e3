"""OpenID AuthZEN Authorization API 1.0, policy decision point metadata."""

from urllib.parse import urlsplit

import pytest

from tests.authzen.pdp import ENDPOINTS, METADATA

PUBLIC = "https://coe.example.com"


@pytest.fixture
def document(standing):
    state, usual = standing.app.state, standing.app.state.public_url
    state.public_url = PUBLIC
    answer = standing.client.get(METADATA)
    state.public_url = usual
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    return answer.json()


def test_the_decision_point_is_the_public_address(document):
    assert document["policy_decision_point"] == PUBLIC
    parts = urlsplit(document["policy_decision_point"])
    assert (parts.scheme, parts.query, parts.fragment) == ("https", "", "")


def test_every_endpoint_is_named_at_the_public_address(document):
    named = {name: value for name, value in document.items() if name.endswith("_endpoint")}
    for name in ("access_evaluation", "access_evaluations", "search_subject", "search_resource", "search_action"):
        assert f"{name}_endpoint" in named
    assert all(value.startswith(f"{PUBLIC}/") for value in named.values())
    assert set(ENDPOINTS) <= {value.removeprefix(PUBLIC) for value in named.values()}


def test_what_is_named_is_there(document, pdp):
    for name, value in document.items():
        if name.endswith("_endpoint"):
            assert pdp.send(value.removeprefix(PUBLIC), {}, None).status_code == 401, name


def test_what_has_no_value_is_left_out(document):
    assert all(isinstance(value, str) and value or isinstance(value, list) and value for value in document.values())


def test_it_is_open_to_anybody_and_a_bad_token_is_no_obstacle(pdp):
    for who, more in ((None, {}), ("tool", {}), (None, {"Authorization": "Bearer nonsense"})):
        answer = pdp.client.get(METADATA, headers={**more, **({"Authorization": pdp.bearers[who]} if who else {})})
        assert answer.status_code == 200


def test_it_is_read_only(pdp):
    for method in ("POST", "PUT", "DELETE"):
        assert pdp.send(METADATA, {}, method=method).status_code == 405
