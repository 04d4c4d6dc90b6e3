"""Errors as RFC 9457 problem documents: the one place that knows both our errors and HTTP."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, cast, get_args, get_origin
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Match

from .errors import (
    Conflict,
    DomainError,
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    MalformedRequest,
    NotFound,
    PreconditionFailed,
    StorageFull,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from .findings import findings
from .rates import TooManyRequests

MEDIA_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "tag:coe.example,2026:problem/"
"""A problem's ``type`` is this and the code. A tag (RFC 4151), since it is a name and no place: an ``https`` address
would promise a page on a host that each installation would have to keep, and a relative one would change with the host
it is read at (RFC 9457 3.1.1)."""

STATUS: Final[Mapping[type[DomainError], int]] = MappingProxyType(
    {
        DomainError: 400,
        MalformedRequest: 400,
        Unauthenticated: 401,
        Forbidden: 403,
        NotFound: 404,
        Conflict: 409,
        Gone: 410,
        PreconditionFailed: 412,
        TooLarge: 413,
        UnsupportedMediaType: 415,
        Invalid: 422,
        TooManyRequests: 429,
        Unavailable: 503,
    }
)
_BY_STATUS: Final = {status: error for error, status in STATUS.items()}

Spelling = Callable[[Mapping[str, Any], Mapping[str, str]], Response]
"""A problem document and its headers, as the answer that some standard wants."""

_DISK_FULL: Final = "53100"
"""SQLSTATE of PostgreSQL (appendix A)."""
_log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """What is wrong with one part of the input."""

    pointer: str = Field(
        description="A JSON pointer into the body (RFC 6901), or `?name`, `{name}`, `name:` for a query parameter, "
        "a part of the path, a header.",
        examples=["/rights/0"],
    )
    code: str = Field(examples=["not_allowed"])
    message: str = Field(examples=["This must be one of 'draft' or 'publish'."])


class Problem(BaseModel):
    """A refusal (RFC 9457). Programs go by `code`; more members may stand beside these."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="A stable name for this kind of problem; it ends in the code.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    code: str
    errors: list[FieldProblem] | None = Field(default=None, description="Each part of the input that is at fault.")


class ProblemResponse(Response):
    """A problem document. Whatever text it quotes, it can be encoded."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """JSON in UTF-8, "?" for half of a surrogate pair. Raises ``ValueError`` for NaN and Infinity (RFC 8259 6)."""
        return json.dumps(jsonable_encoder(content), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


def status_of(error: type[DomainError]) -> int:
    """The HTTP status of an error, decided by its nearest base in ``STATUS``."""
    return next(STATUS[base] for base in error.__mro__ if base in STATUS)


def type_of(error: type[DomainError]) -> str:
    """The ``type`` of a problem: ours, unless a standard has named it."""
    return (error.family or TYPE_BASE) + error.code


def render(request: Request, error: DomainError) -> Response:
    """The answer that tells of this error. A ``retry_after`` among its members is also said in the header."""
    status = status_of(type(error))
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = _challenge(request)
    retry_after = error.members.get("retry_after", 1 if status == HTTPStatus.SERVICE_UNAVAILABLE else None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    document = problem(request, status, error.code, error.title, str(error), error.errors)
    document["type"] = type_of(type(error))
    for name, value in error.members.items():
        document.setdefault(name, value)
    return _answer(request, document, headers)


def _answer(request: Request, document: dict[str, Any], headers: Mapping[str, str]) -> Response:
    """The document as an answer; under an address where a standard has its own form of errors, in that form."""
    spelled: Mapping[str, Spelling] = getattr(request.app.state, "spelled", {})
    for prefix, spelling in spelled.items():
        if request.scope["path"].startswith(prefix):
            return spelling(document, headers)
    return ProblemResponse(document, document["status"], dict(headers))


def problem(
    request: Request, status: int, code: str, title: str, detail: str, errors: Sequence[FieldError] = ()
) -> dict[str, Any]:
    """A problem document as a value; ``instance`` is the path alone, since a query may hold what nobody should log."""
    document: dict[str, Any] = {
        "type": TYPE_BASE + code,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": quote(request.scope["path"], safe="/:@!$&'()*+,;=~", errors="replace"),
        "code": code,
    }
    if errors:
        document["errors"] = [{"pointer": e.pointer, "code": e.code, "message": e.message} for e in errors]
    return document


def _challenge(request: Request) -> str:
    # RFC 6750 3.1: who sent no token at all is not told of an error in it.
    scheme = request.headers.get("authorization", "").partition(" ")[0].lower()
    return 'Bearer error="invalid_token"' if scheme == "bearer" else "Bearer"


async def _on_domain_error(request: Request, error: Exception) -> Response:
    return render(request, cast("DomainError", error))


async def _on_bad_input(request: Request, error: Exception) -> Response:
    refused = cast("RequestValidationError", error)
    if any(found["type"] == "json_invalid" for found in refused.errors()):
        return render(request, MalformedRequest("The body is not valid JSON."))
    faults = findings(refused.errors(), refused.body)
    return render(request, Invalid(_summary(faults), errors=faults))


def _summary(faults: Sequence[FieldError]) -> str:
    if len(faults) == 1:
        return f"{faults[0].pointer or 'The body'}: {faults[0].message}"
    return f"{len(faults)} things in the request are not as they should be; see errors."


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: an unknown path, a method that a path does not have."""
    refused = cast("HTTPException", error)
    status, headers, detail = refused.status_code, dict(refused.headers or {}), str(refused.detail)
    if status < HTTPStatus.BAD_REQUEST:
        return Response(status_code=status, headers=headers)
    if status == HTTPStatus.NOT_FOUND:
        detail = "There is nothing at this address."
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request))
        detail = f"This address takes: {headers['Allow']}."
    code, title = _named(status)
    return _answer(request, problem(request, status, code, title, detail), headers)


def _named(status: int) -> tuple[str, str]:
    if status in _BY_STATUS:
        return _BY_STATUS[status].code, _BY_STATUS[status].title
    return HTTPStatus(status).name.lower(), HTTPStatus(status).phrase


def _methods(request: Request) -> list[str]:
    """Every method this path has (RFC 9110 15.5.6); the framework names those of the first matching route only."""

    def answers(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT") if answers(method)]


async def _on_database_trouble(request: Request, error: Exception) -> Response:
    """Locked, full, out of connections, read-only or gone: not the caller's fault, and perhaps over in a moment."""
    if isinstance(error, (DataError, IntegrityError, ProgrammingError)):
        return await _on_anything_else(request, error)
    _log.warning("database_unavailable", request_id=_request_id(request), exc_info=error)
    if _full(error):
        return render(request, StorageFull("Nothing was changed. What is there can still be read."))
    return render(request, Unavailable("The database does not answer at the moment. Try again shortly."))


def _full(error: Exception) -> bool:
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlstate", None) == _DISK_FULL or "database or disk is full" in str(cause)


async def _on_anything_else(request: Request, error: Exception) -> Response:
    """A defect of ours: told to the log in full and to the caller not at all."""
    request_id = _request_id(request)
    _log.error("unhandled_error", request_id=request_id, path=request.scope["path"], exc_info=error)
    # This handler stands outside every middleware, so nobody else would echo the id.
    headers = {"X-Request-ID": request_id} if request_id else {}
    detail = "Something went wrong on our side. Tell us the X-Request-ID of this answer."
    document = problem(request, 500, "internal_error", "Something went wrong on our side", detail)
    return _answer(request, document, headers)


def _request_id(request: Request) -> str | None:
    value = request.scope.get("state", {}).get("request_id")
    return None if value is None else str(value)


def install(
    app: FastAPI,
    *,
    everywhere: Sequence[type[DomainError]] = (),
    with_body: Sequence[type[DomainError]] = (),
    spelled: Mapping[str, Spelling] = MappingProxyType({}),
) -> None:
    """Make every error of this application a problem document, and its OpenAPI document say so.

    ``everywhere``: errors that any operation may answer; ``with_body``: those of any operation that takes a body;
    ``spelled``: the beginnings of addresses where a standard wants errors in another form.
    """
    app.state.spelled = spelled
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_bad_input)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(DBAPIError, _on_database_trouble)
    app.add_exception_handler(PoolTimeout, _on_database_trouble)
    app.add_exception_handler(Exception, _on_anything_else)
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document_problems(generate(), everywhere, with_body)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend the document


def responses(*errors: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """Document on a route the errors its use case can raise: per status, each code with its title and an example."""
    documented: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        _add_response(documented, status_of(error), error)
    return documented


def _add_response(documented: dict[Any, dict[str, Any]], status: int | str, error: type[DomainError]) -> None:
    schema = {"$ref": "#/components/schemas/Problem"}
    entry = documented.setdefault(status, {"description": ""})
    content = entry.setdefault("content", {})
    known = content.setdefault(MEDIA_TYPE, {"schema": schema, "examples": {}})
    known["examples"][error.code] = {"summary": error.title, "value": _example(error)}
    if set(content) == {MEDIA_TYPE}:  # an operation that answers in another form, too, describes that itself
        entry["description"] = ", ".join(f"`{code}`" for code in known["examples"])


def _example(error: type[DomainError]) -> dict[str, Any]:
    return {
        "type": type_of(error),
        "title": error.title,
        "status": status_of(error),
        "detail": f"{error.title}.",
        "instance": "/v1/…",
        "code": error.code,
    }


def document_problems(
    schema: dict[str, Any], everywhere: Sequence[type[DomainError]], with_body: Sequence[type[DomainError]]
) -> dict[str, Any]:
    """The OpenAPI document with our problems in the place of the framework's own validation errors."""
    models = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(models.pop("$defs"), Problem=models)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path in schema.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                _document_operation(operation, everywhere, with_body)
    return schema


def _document_operation(
    operation: dict[str, Any], everywhere: Sequence[type[DomainError]], with_body: Sequence[type[DomainError]]
) -> None:
    documented = operation["responses"]
    errors = [*everywhere, *(with_body if "requestBody" in operation else ())]
    if "HTTPValidationError" in str(documented.get("422")):
        del documented["422"]
        errors.append(Invalid)
    for error in errors:
        _add_response(documented, str(status_of(error)), error)
    operation["responses"] = dict(sorted(documented.items()))


def refuse_unknown_query(request: Request, route: APIRoute) -> None:
    """Refuse a query parameter that the route does not declare, or one given twice that takes one value.

    A misspelt filter would otherwise be ignored, and the answer be about more than was asked for. Raises ``Invalid``.
    """
    if not request.scope["query_string"]:
        return
    declared = _query_parameters(request, route)
    given = [name for name, _ in request.query_params.multi_items()]
    faults = [
        FieldError(
            f"?{name[:100]}", "unknown_parameter", f"There is no such parameter here. There are: {_names(declared)}."
        )
        for name in dict.fromkeys(given)
        if name not in declared
    ]
    single = [name for name in declared if not declared[name] and given.count(name) > 1]
    faults += [FieldError(f"?{name}", "repeated_parameter", "This takes one value.") for name in single]
    if faults:
        raise Invalid(_summary(faults[:20]), errors=faults[:20])


def _names(declared: Mapping[str, bool]) -> str:
    return ", ".join(sorted(declared)) or "none"


def _query_parameters(request: Request, route: APIRoute) -> dict[str, bool]:
    """The names a route declares in its query, and whether each takes many values."""
    # A router that is included somewhere may gain dependencies there; then they stand in the context, not in the route.
    context = request.scope.get("fastapi", {}).get("effective_route_context")
    dependant = context.dependant if context is not None and context.original_route is route else route.dependant
    fields = get_flat_params(Dependant(query_params=list(_query_fields(dependant))))
    return {field.alias: _takes_many(field.field_info.annotation) for field in fields}


def _query_fields(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for dependency in dependant.dependencies:
        yield from _query_fields(dependency)


def _takes_many(annotation: Any) -> bool:
    return get_origin(annotation) in {list, set, frozenset, tuple} or any(map(_takes_many, get_args(annotation)))
