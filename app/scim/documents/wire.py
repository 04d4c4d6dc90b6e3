"""The SCIM schemas we serve, as models: RFC 7643 as it is written, where the library's own are narrower."""

from typing import Annotated, Any, ClassVar, Self, Union

from pydantic import Field, ValidationError, field_validator, model_validator
from scim2_models import (
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    BulkRequest,
    BulkResponse,
    ChangePassword,
    ComplexAttribute,
    Context,
    ETag,
    Extension,
    Filter,
    InvalidValueException,
    ListResponse,
    Pagination,
    Patch,
    PatchOp,
    Path,
    Reference,
    ResourceType,
    ResponseParameters,
    ScimPolicy,
    ScimProvider,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models import Group as CoreGroup
from scim2_models import User as CoreUser
from scim2_models.annotations import CaseExact, Mutability
from scim2_models.urn import URN
from scim2_server.service import scim_exception_of

from app.kernel.text import key_of
from app.lifecycle.documents.rules import ENTERPRISE

MAX_OPERATIONS = 500
MAX_PAYLOAD = 1024 * 1024
MAX_RESULTS = 200
CURSOR_SECONDS = 3600


def _boolean(value: Any) -> Any:
    if value is not None and not isinstance(value, bool):
        raise InvalidValueException(detail="A boolean is true or false").as_pydantic_error()
    return value


class Email(ComplexAttribute):
    """An e-mail as HR has it: not always one that a mail server would take."""

    value: str | None = None
    display: str | None = None
    type: str | None = None
    primary: bool | None = None

    _booleans = field_validator("primary", mode="before")(_boolean)


class Manager(ComplexAttribute):
    """Who somebody reports to, by our id; neither member is required (RFC 7643 8.7.1)."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, CaseExact.true] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display_name: Annotated[str | None, Mutability.read_only] = None


class User(CoreUser[AnyExtension]):
    """A person. Nothing but a boolean is taken for ``active``, whatever way it comes (``dialect`` knows two texts more)."""

    _booleans = field_validator("active", mode="before")(_boolean)
    emails: list[Email] | None = None  # type: ignore[assignment]  # wider than the base has it
    Emails: ClassVar[type[ComplexAttribute]] = Email

    @model_validator(mode="after")
    def _validate_comparison_forms(self) -> Self:
        """Every text can be compared here (``key_of`` refuses none), so there is nothing to look for."""
        return self


class Group(CoreGroup):
    """Some people, or groups of them."""

    @model_validator(mode="after")
    def _validate_comparison_forms(self) -> Self:
        """As in ``User``."""
        return self


class EnterpriseUser(Extension):
    """What a company knows of a person. HR's employee id is text, and belongs to one person for ever."""

    __schema__ = URN(ENTERPRISE)

    employee_number: Annotated[str | None, Uniqueness.server, CaseExact.true] = None
    cost_center: str | None = None
    organization: str | None = None
    division: str | None = None
    department: str | None = None
    manager: Manager | None = None


def comparison_key(binding: Any, value: str) -> str:
    """How two texts of an attribute are compared: as everywhere here, unless the attribute's case counts."""
    return value if binding.case_exact else key_of(value)


POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    comparison_key=comparison_key,
)
"""What we tolerate: identity providers send attributes of their own, and Microsoft's PATCH (``dialect`` has the rest)."""

CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=True, max_operations=MAX_OPERATIONS, max_payload_size=MAX_PAYLOAD),
    filter=Filter(supported=True, max_results=MAX_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    pagination=Pagination(
        cursor=True,
        index=True,
        default_pagination_method=Pagination.DefaultPaginationMethod.index,
        default_page_size=100,
        max_page_size=MAX_RESULTS,
        cursor_timeout=CURSOR_SECONDS,
    ),
    authentication_schemes=[
        AuthenticationScheme(
            name="OAuth bearer token",
            description="An access token of a service client with the scope hr, or its long-lived bearer (RFC 6750).",
            type=AuthenticationScheme.Type.oauthbearertoken,
            primary=True,
        )
    ],
)
PROVIDER = ScimProvider(
    models=[User, EnterpriseUser, Group],
    resource_types=[ResourceType.from_resource(User[EnterpriseUser]), ResourceType.from_resource(Group)],
    config=CONFIG,
    policy=POLICY,
)
USER_TYPE, GROUP_TYPE = PROVIDER.resource_types


def validated(model: Any, said: Any, scim_ctx: Context) -> Any:
    """A value as a model has it. Raises ``SCIMException``, of the first thing that is wrong."""
    try:
        return model.model_validate(said, scim_ctx=scim_ctx)
    except ValidationError as error:
        raise scim_exception_of(error) from error


def resolves(model: Any, path: str) -> bool:
    """Does a PATCH path name an attribute of this model? Raises ``SCIMException`` for what is no path at all."""
    return Path[model](path).resolve() is not None or path.lower() in _SCHEMAS


_SCHEMAS = frozenset(str(one.id).lower() for one in PROVIDER.schemas)

_KINDS = (User[EnterpriseUser], Group)
_EITHER = Union[_KINDS]  # type: ignore[valid-type]  # noqa: UP007 - as the library makes it
KEPT = tuple(
    [generic[kind] for generic in (SearchRequest, PatchOp, ResponseParameters) for kind in _KINDS]
    + [generic[_EITHER] for generic in (ListResponse, SearchRequest, BulkRequest, BulkResponse)]
)
"""The messages' models. The library makes one for each request and holds it weakly: making one takes longer than a list."""
