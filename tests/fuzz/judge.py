"""What every answer is held to: the document's statuses, media types, headers and schemas, and one form of refusals."""

import json
from urllib.parse import unquote, urlsplit

from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from . import scim
from .drafts import body_text

CHECKS = [
    status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance
]  # fmt: skip
PROBLEM = "application/problem+json"
OAUTH = "/oauth/"


def judge(draft, prepared, status, headers, content):
    """What is wrong with this answer, in words; nothing where all is well."""
    told = Response(status, {name: [value] for name, value in headers.items()}, content, prepared, 0.0, False)
    found = (
        [f"{status}, which is no answer to a request"]
        if status >= 500 and not _later(prepared, status, content)
        else []
    )
    try:
        draft.case.validate_response(told, checks=CHECKS)
    except FailureGroup as failures:
        found += [f"{one.title}: {one.message}" for one in failures.exceptions]
    except Failure as failure:
        found.append(f"{failure.title}: {failure.message}")
    if status >= 400:
        found += _refusal(unquote(urlsplit(prepared.url).path), status, headers, content)
    return found


def _later(prepared, status, content):
    """Was an answer asked for that reflects a write which is still to come? There is none, and that is said so."""
    return (
        status == 503
        and "at_least_revision" in (body_text(prepared) or "")
        and json.loads(content).get("code") == "revision_unavailable"
    )


def _refusal(path, status, headers, content):
    """Is it told as a refusal of its kind is told?"""
    kind = headers.get("content-type", "")
    if path.startswith(scim.BASE):
        return [] if kind == scim.MEDIA_TYPE else [f"refused as {kind}"]
    if path.startswith(OAUTH) and kind != PROBLEM:
        return [] if "error" in json.loads(content) else ["no error of OAuth"]
    if kind != PROBLEM:
        return [f"refused as {kind}"]
    problem = json.loads(content)
    return [] if problem.get("status") == status and problem.get("code") else ["status and document differ"]


def shown(draft, prepared, status, content):
    """The request and its answer, for a person who wants to see it again."""
    body = (body_text(prepared) or "")[:1500]
    named = {
        name: value
        for name, value in prepared.headers.items()
        if name in ("If-Match", "Idempotency-Key", "Content-Type")
    }
    return f"{prepared.method} {prepared.url} as {draft.caller.name}\n  {named} {body!r}\n  {status} {content[:600]!r}"
