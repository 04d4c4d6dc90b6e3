"""Bodies as clients really send them, in the words of the standard and as the models have them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scim2_models import (
    Context,
    Error,
    InvalidFilterException,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    PayloadTooLargeException,
    SCIMException,
)

from app.scim.dialect import rules as dialect
from app.scim.documents import rules as documents
from app.scim.documents.wire import PROVIDER, resolves, validated


def read(model: Any, said: Any, scim_ctx: Context) -> Any:
    """A body as the model has it. Raises ``SCIMException``."""
    with _understood():
        if scim_ctx is Context.BULK_REQUEST:
            return _bulk(model, said)
        if scim_ctx is Context.RESOURCE_PATCH_REQUEST:
            said = _patch(model.__pydantic_generic_metadata__["args"][0], said)
        else:
            said = dialect.resource(_kind_of(model), said)
    return validated(model, said, scim_ctx)


def search(said: Any) -> Any:
    """What is searched for, with its filter in the standard's words. Raises ``SCIMException``."""
    if not isinstance(said, dict):
        return said
    with _understood():
        return {name: _condition(value) if name.lower() == "filter" else value for name, value in said.items()}


def _condition(said: Any) -> Any:
    return dialect.condition(said) if isinstance(said, str) else said


@contextmanager
def _understood() -> Generator[None]:
    """What is not understood, as the standard's refusals."""
    kinds: dict[str, type[SCIMException]] = {
        "invalidValue": InvalidValueException, "invalidSyntax": InvalidSyntaxException, "invalidPath": InvalidPathException,
        "invalidFilter": InvalidFilterException,
    }  # fmt: skip
    try:
        yield
    except dialect.NotUnderstood as error:
        raise kinds[error.scim_type](detail=str(error)) from error
    except dialect.TooMany as error:
        raise PayloadTooLargeException(detail=str(error)) from error


def _kind_of(model: Any) -> str:
    return "Group" if str(getattr(model, "__schema__", "")) == documents.GROUP else "User"


def _patch(model: Any, said: Any) -> Any:
    spelled = dialect.patch(_kind_of(model), said)
    if isinstance(spelled, dict) and isinstance(spelled.get("Operations"), list) and spelled["Operations"]:
        known = [one for one in spelled["Operations"] if _is_known(model, one)]
        spelled["Operations"] = known or [dialect.NOTHING]
    return spelled


def _is_known(model: Any, operation: dict[str, Any]) -> bool:
    """Whether a path is one of ours. A member's name that is not may be left out; a path may not. Raises ``SCIMException``."""
    lenient = operation.pop("lenient", False)
    path = operation.get("path")
    if path is None:
        return True
    known = resolves(model, path)
    if not known and not lenient:
        raise InvalidPathException(path=path, detail=f"There is no attribute {path!r}")
    return known


@dataclass(frozen=True, slots=True)
class _Unread:
    """In the place of a bulk operation's data: why it was not understood. The library refuses it, since it is no object."""

    error: Error


def _bulk(model: Any, said: Any) -> Any:
    """A bulk request; what is wrong with an operation is told when it is its turn, and fails it alone."""
    name = next((one for one in said if one.lower() == "operations"), None) if isinstance(said, dict) else None
    if name is None or not isinstance(said[name], list):
        return validated(model, said, Context.BULK_REQUEST)
    most = next((value for key, value in said.items() if key.lower() == "failonerrors"), None)
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
        raise InvalidValueException(detail="failOnErrors must be a whole number from 1 on")
    operations = [_bulk_operation(one) for one in said[name]]
    made = validated(model, {**said, name: operations}, Context.BULK_REQUEST)
    for one, sent in zip(made.operations, operations, strict=True):
        for value in sent.values() if isinstance(sent, dict) else ():
            if isinstance(value, _Unread):
                one.status, one.response = value.error.status, value.error
    return made


def _bulk_operation(said: Any) -> Any:
    members = {name.lower(): name for name in said} if isinstance(said, dict) else {}
    data = said[members["data"]] if "data" in members else None
    if not isinstance(data, dict):
        return said
    path, method = (str(said.get(members.get(name), "")) for name in ("path", "method"))
    kind = "Group" if path.lstrip("/").partition("/")[0].lower() == "groups" else "User"
    try:
        with _understood():
            patches = method.upper() == "PATCH"
            read: Any = _patch(PROVIDER.model_for(kind), data) if patches else dialect.resource(kind, data)
    except SCIMException as error:
        read = _Unread(error.to_error())
    return {**said, members["data"]: read}
