"""SCIM 2.0 as the library speaks it, over the directory: a translation, one service call for each operation."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

import structlog
from scim2_models import (
    Context,
    Error,
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    SearchRequest,
    UniquenessException,
)
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation
from scim2_server.service import ScimService
from scim2_server.storage import ScimStorage, SearchPage

from app.directory import rules as directory_rules
from app.groups import rules as group_rules
from app.groups import service as groups
from app.kernel.errors import Conflict, DomainError, Invalid, NotFound
from app.kernel.work import Work
from app.lifecycle.documents.rules import ENTERPRISE, Unusable

from .bodies import service as bodies
from .documents import rules as documents
from .documents.wire import PROVIDER, USER_TYPE
from .people.service import People
from .search import store as searching
from .teams import service as teams

_SAYS = "said by HR's feed (SCIM)"
_CLASHES = (directory_rules.EmployeeExists, group_rules.GroupExists)
"""HR's own ids, user names and the feed's ids are somebody's already (RFC 7644 3.12, uniqueness)."""

_log = structlog.get_logger(__name__)


@contextmanager
def _spelled() -> Generator[None]:
    """Our refusals in the standard's words."""
    try:
        yield
    except SCIMException:
        raise
    except _CLASHES as error:
        raise UniquenessException(detail=str(error)) from error
    except NotFound as error:
        raise NotFoundException(detail=str(error)) from error
    except (Invalid, Unusable) as error:
        raise InvalidValueException(detail=str(error)) from error


class Storage(ScimStorage):
    """People and groups, as the library reads and writes them.

    ``begin`` opens a transaction for each operation (a bulk request is many of those); without it all happens in ``work``.
    """

    supports_cursors = True

    def __init__(
        self, work: Work | None = None, begin: Callable[[], AbstractContextManager[Work]] | None = None
    ) -> None:
        self._begin = begin
        self._people = People(work) if work else None

    @property
    def people(self) -> People:
        """The users, in the transaction of this operation."""
        if self._people is None:
            raise RuntimeError("no operation is under way")
        return self._people

    @property
    def work(self) -> Work:
        """The transaction of this operation."""
        return self.people.work

    @contextmanager
    def operation(self) -> Generator[None]:
        """One operation, which happens whole or not at all."""
        if self._begin is None:
            yield
            return
        with self._begin() as work:
            self._people = People(work)
            try:
                yield
            finally:
                self._people = None

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,  # noqa: ARG002 - the whole is as quick
    ) -> Resource[Any]:
        """One resource. Raises ``NotFoundException``."""
        return _resource(resource_type, self.document(resource_type, resource_id))

    def document(self, resource_type: ResourceType, resource_id: str) -> dict[str, Any]:
        """One resource as plain JSON values. Raises ``NotFoundException``."""
        id_ = documents.uuid_of(resource_id)
        found = self._documents([(str(resource_type.name), id_)]) if id_ else []
        if not found:
            raise NotFoundException(detail=f"There is no {resource_type.name} {resource_id}")
        return found[0]

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """One page of resources. Raises ``InvalidFilterException``, ``InvalidCursorException``."""
        found, listed = self.find(resource_types, search_request, position)
        kinds = {str(one.name): one for one in resource_types}
        resources = [_resource(kinds[one["meta"]["resourceType"]], one) for one in listed]
        return SearchPage(found.total, resources, found.next, found.previous)

    def find(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], position: Any
    ) -> tuple[searching.Found, list[dict[str, Any]]]:
        """One page of resources as plain JSON values, and what is beside it."""
        found = searching.find(self.work.session, resource_types, search_request, position)
        return found, self._documents(found.ids)

    def _documents(self, ids: Sequence[tuple[str, UUID]]) -> list[dict[str, Any]]:
        people_ids = [id_ for kind, id_ in ids if kind == "User"]
        group_ids = [id_ for kind, id_ in ids if kind != "User"]
        made = self.people.documents(people_ids) if people_ids else {}
        made |= teams.listed(self.work, group_ids) if group_ids else {}
        return [made[id_] for _, id_ in ids if id_ in made]

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """A new resource; a person known to have left comes back. Raises ``UniquenessException``."""
        with _spelled():
            if _is_user(resource_type):
                return _resource(resource_type, self.people.create(resource.model_dump(), _external_id(resource)))
            return self.get(resource_type, str(teams.create(self.work, resource, _external_id(resource))))

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """State a resource anew. Raises ``NotFoundException``, ``PreconditionFailedException``, ``UniquenessException``."""
        id_ = self._held(resource_type, cast("str", resource.id), expected_version)
        with _spelled():
            if _is_user(resource_type):
                made = self.people.restate(id_, resource.model_dump(), _external_id(resource))
                return _resource(resource_type, made)
            teams.restate(self.work, id_, resource, _external_id(resource))
            return self.get(resource_type, str(id_))

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Take a resource away; a person leaves. Raises ``NotFoundException``, ``PreconditionFailedException``."""
        id_ = self._held(resource_type, resource_id, expected_version)
        with _spelled():
            self.people.remove(id_) if _is_user(resource_type) else groups.delete(self.work, id_)

    def _held(self, resource_type: ResourceType, resource_id: str, expected_version: str | None) -> UUID:
        """The resource's row, held until the transaction ends, if it is still as the caller saw it."""
        id_ = documents.uuid_of(resource_id)
        if id_ is None:
            raise NotFoundException(detail=f"There is no {resource_type.name} {resource_id}")
        version = self.people.hold(id_) if _is_user(resource_type) else teams.version(self.work, id_)
        if expected_version is not None and expected_version != documents.version_of(version):
            raise PreconditionFailedException
        return id_


def _is_user(resource_type: ResourceType) -> bool:
    return resource_type.name == "User"


def _resource(resource_type: ResourceType, document: dict[str, Any]) -> Resource[Any]:
    with PROVIDER:
        model = cast("type[Resource[Any]]", PROVIDER.model_for(str(resource_type.name)))
        return model.model_validate(document)


def _external_id(resource: Resource[Any]) -> str | None:
    said = resource.external_id or None
    if said is not None and ("\0" in said or len(said) > 320):
        raise InvalidValueException(detail="externalId: at most 320 characters, and no NUL.")
    return said


class Spoken(ScimService):
    """The protocol, with what clients really send put into the standard's words first."""

    def read_body(self, model: Any, body: bytes, content_type: str | None, scim_ctx: Context) -> Any:
        """A body as the model has it. Raises ``SCIMException``."""
        return bodies.read(model, self.decode_body(body, content_type), scim_ctx)

    def read_search(self, resource_types: list[ResourceType], payload: Any) -> tuple[SearchRequest[Any], Any]:
        """A search, and where its page begins. Raises ``SCIMException``."""
        return super().read_search(resource_types, bodies.search(payload))

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """A PUT that does not say ``active`` neither ends nor begins anything."""
        if getattr(replacement, "active", True) is None:
            replacement.active = current.active  # type: ignore[attr-defined]
        return super().apply_replacement(current, replacement, conditions)

    def apply_patch(self, current: Resource[Any], patch_op: Any, conditions: Conditions) -> Resource[Any] | None:
        """As the library does, but for members that leave a group: it compares each that is there with each that leaves."""
        if not any(map(_leaving, patch_op.operations)):
            return super().apply_patch(current, patch_op, conditions)
        self.check_preconditions(current, "PATCH", conditions)
        changed = [_applied(current, patch_op, operation) for operation in patch_op.operations]
        return current if any(changed) else None

    def me_target(self, request: ScimRequest) -> tuple[ResourceType, str]:
        """``/Me`` is the person who asks (RFC 7644 3.11); its route lets nobody else in."""
        return USER_TYPE, str(request.subject.employee_id)

    @staticmethod
    def error_of(exception: Exception) -> Error:
        """Any refusal as the standard's error."""
        if isinstance(exception, DomainError):
            return Error(status=409 if isinstance(exception, Conflict) else 503, detail=str(exception))
        return ScimService.error_of(exception)

    def bulk_failure(self, outcome: dict[str, Any], exception: Exception) -> dict[str, Any]:
        """The outcome of a bulk operation that failed; a defect of ours is told to the log, since the others go on."""
        if not isinstance(exception, (SCIMException, DomainError)):
            _log.error("unhandled_error", path="/scim/v2/Bulk", exc_info=exception)
        return super().bulk_failure(outcome, exception)


def _leaving(operation: Any) -> frozenset[str]:
    """The ids of the members that an operation takes out of a group; none if it is about anything else."""
    listed = operation.value if isinstance(operation.value, list) else []
    if operation.op != "remove" or str(operation.path) != "members" or not all(isinstance(one, dict) for one in listed):
        return frozenset()
    ids = [one.get("value") for one in listed]
    return frozenset(ids) if all(isinstance(one, str) for one in ids) else frozenset()


def _applied(current: Any, patch_op: Any, operation: Any) -> bool:
    ids = _leaving(operation)
    if not ids:
        return bool(patch_op.model_copy(update={"operations": [operation]}).patch(current))
    before = current.members or []
    current.members = [one for one in before if one.value not in ids] or None
    return len(current.members or []) != len(before)


class Handler(ScimHandler):
    """The operations; listing goes past the models, since what is listed was valid when it was written."""

    storage: Storage

    def create(self, request: ScimRequest) -> ScimResponse:
        """201; 200 where somebody known to have left came back."""
        response = super().create(request)
        if self.storage.people.came_back:
            response.status = HTTPStatus.OK
        return response

    def search(self, request: ScimRequest) -> ScimResponse:
        """Search with GET (RFC 7644 3.4.2)."""
        types = self._searched(request, Operation.search)
        asked, position = self.service.read_search_query(types, request.query)
        return self._listed(request, types, asked, position)

    def search_with_body(self, request: ScimRequest) -> ScimResponse:
        """Search with POST (RFC 7644 3.4.3)."""
        types = self._searched(request, Operation.search_with_body)
        asked, position = self.service.read_search_body(types, request.body, request.header("Content-Type"))
        return self._listed(request, types, asked, position)

    def _searched(self, request: ScimRequest, operation: Operation) -> list[ResourceType]:
        with self.service.provider:
            target = self.service.route(request, operation)
            return self.service.authorized_types(request, target, self.service.searched_types(target.endpoint))

    def _listed(
        self, request: ScimRequest, types: list[ResourceType], asked: SearchRequest[Any], position: Any
    ) -> ScimResponse:
        with self.service.provider, self.storage.operation():
            if asked.attributes or asked.excluded_attributes:
                page = self.storage.search(types, asked, position=position)
                return self.service.search_response(request.base_url, types, page, asked)
            found, listed = self.storage.find(types, asked, position)
            page = SearchPage(found.total, [], found.next, found.previous)
            response = self.service.search_response(request.base_url, types, page, asked)
        body = cast("dict[str, Any]", response.body)
        body["itemsPerPage"] = len(listed)
        if listed:
            body["Resources"] = [located(one, request.base_url) for one in listed]
        return response


def located(document: dict[str, Any], base_url: str) -> dict[str, Any]:
    """A document with the addresses under which this service is reached."""
    base = base_url.rstrip("/")
    document["meta"]["location"] = f"{base}/{document['meta']['resourceType']}s/{document['id']}"
    references = [*document.get("groups", ()), *document.get("members", ())]
    manager = document.get(ENTERPRISE, {}).get("manager")
    for one in [*references, manager] if manager else references:
        one["$ref"] = f"{base}/{one['$ref']}"
    return document
