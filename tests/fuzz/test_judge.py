"""Each thing that an answer is held to, with an answer that is wrong in it: a judge who finds nothing shows nothing."""

import json

import pytest

from app.main import create_app
from app.settings import Settings
from tests.matrix import NOBODY

from .drafts import Draft, operations, schema_of
from .judge import judge

PROBLEM = {"content-type": "application/problem+json"}
JSON = {"content-type": "application/json"}
SCIM = {"content-type": "application/scim+json"}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    told = Settings(_env_file=None, database_url="sqlite://", key_dir=tmp_path_factory.mktemp("keys"))
    return {one.label: one for one in operations(schema_of(create_app(told).openapi()))}


def refusal(status, **changes):
    told = {"type": "t", "title": "t", "status": status, "detail": "d", "instance": "/", "code": "c", **changes}
    return json.dumps(told).encode()


SCIM_ERROR = b'{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"}'
ASKED = "POST /access/v1/evaluation"
"""With a revision that is still to come."""
GOOD = [
    ("GET /healthz", 200, JSON, b'{"status": "ok"}'), ("GET /v1/me", 401, PROBLEM, refusal(401)),
    ("GET /scim/v2/Users/{id}", 404, SCIM, SCIM_ERROR),
    ("POST /oauth/token", 401, JSON, b'{"error": "invalid_client", "error_description": "No."}'),
    (ASKED, 503, PROBLEM, refusal(503, code="revision_unavailable")),
]  # fmt: skip
WRONG = [
    ("GET /healthz", 500, PROBLEM, refusal(500)), ("GET /healthz", 503, PROBLEM, refusal(503)),
    ("GET /v1/me", 418, PROBLEM, refusal(418)), ("GET /v1/me", 200, JSON, b'{"nothing": 1}'),
    ("GET /v1/me", 200, {"content-type": "text/html"}, b"<p>"), ("GET /v1/me", 401, JSON, refusal(401)),
    ("GET /v1/me", 401, PROBLEM, refusal(403)), ("GET /v1/me", 401, PROBLEM, refusal(401, code="")),
    ("GET /v1/me", 401, PROBLEM, b'{"status": 401}'), ("GET /scim/v2/Users/{id}", 404, PROBLEM, refusal(404)),
    ("GET /scim/v2/Users/{id}", 404, SCIM, b"{}"), ("GET /scim/v2/Users/{id}", 200, SCIM, b"{}"),
    ("POST /oauth/token", 401, JSON, b'{"code": "c"}'), (ASKED, 503, PROBLEM, refusal(503)),
    ("POST /access/v1/evaluations", 503, PROBLEM, refusal(503, code="revision_unavailable")),
]  # fmt: skip


def found(known, label, status, headers, content):
    body = {"body": {"context": {"at_least_revision": "9"}}, "media_type": "application/json"} if label == ASKED else {}
    case = known[label].Case(path_parameters={"id": "x"} if "{id}" in label else {}, **body)
    draft = Draft(case, NOBODY)
    return judge(draft, draft.prepared(), status, headers, content)


@pytest.mark.parametrize("answer", GOOD, ids=lambda one: f"{one[0]} {one[1]}")
def test_a_good_answer_is_none_to_complain_of(known, answer):
    assert found(known, *answer) == []


@pytest.mark.parametrize("answer", WRONG, ids=lambda one: f"{one[0]} {one[1]} {one[3][:20]}")
def test_a_wrong_answer_is_found(known, answer):
    assert found(known, *answer)
