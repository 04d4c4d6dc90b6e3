"""Business units and employees over HTTP. Closing and merging units is in ``lifecycle``."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.text import Line, Spelled
from app.kernel.wire import In, Instant, Out, given
from app.kernel.work import Work

from . import rules, service

router = APIRouter(prefix="/v1", route_class=Route, tags=[Tag.ORGANISATION])


class NewUnit(In):
    """A unit to be created; without a parent it stands directly below the enterprise."""

    key: Annotated[str, Field(examples=["nordics"])]
    name: Annotated[Line, Field(examples=["Nordics"])]
    parent_id: UUID | None = None
    function: rules.Function | None = None
    region: Line | None = None
    timezone: Annotated[str, Field(examples=["Europe/Stockholm"])] = "UTC"


class UnitChanges(In):
    """Only the members sent are changed; another ``parent_id`` moves the unit with all below it."""

    name: Annotated[Line | None, Field(examples=["Nordics and Baltics"])] = None
    parent_id: UUID | None = None
    function: rules.Function | None = None
    region: Line | None = None
    timezone: str | None = None


class Unit(Out):
    """A business unit. ``path``: ids from the root down to itself."""

    id: UUID
    key: str
    name: str
    parent_id: UUID | None
    path: list[UUID]
    function: rules.Function | None
    region: str | None
    timezone: str
    state: rules.UnitState
    merged_into_id: UUID | None
    closed_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Employee(Out):
    """A person as HR states them. Members that the caller may not see are null."""

    id: UUID
    display_name: str
    title: str | None
    business_unit_id: UUID
    active: bool
    employee_number: str | None = None
    user_name: str | None = None
    email: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    location: str | None = None
    employment_type: rules.EmploymentType | None = None
    manager_id: UUID | None = None
    hired_on: str | None = None
    terminated_on: str | None = None
    left_at: Instant | None = None
    created_at: Instant
    updated_at: Instant


_OPEN = ("id", "display_name", "title", "business_unit_id", "active", "created_at", "updated_at")
UnitRef = Annotated[str, Field(description="The unit's id or key.", examples=["enterprise"])]


@router.get("/business-units")
def list_units(
    work: Annotated[Work, allow(Permission.BUSINESS_UNIT_READ)],
    page: Annotated[Page, paging("id", "name", "key", "created_at")],
    key: str | None = None,
    name: Spelled | None = None,
    parent_id: UUID | None = None,
    state: rules.UnitState | None = None,
) -> Listing[Unit]:
    """List business units."""
    found = service.units(work, page, {"key": key, "name": name, "parent_id": parent_id, "state": state})
    shown, cursor = page.cut(found)
    return Listing[Unit](items=[Unit.model_validate(one) for one in shown], next_cursor=cursor)


@router.get("/business-units/{id}", response_model=Unit, responses=responses(NotFound))
def get_unit(id: UnitRef, work: Annotated[Work, allow(Permission.BUSINESS_UNIT_READ)]) -> rules.BusinessUnit:
    """One business unit, by id or key."""
    return service.unit(work, id)


@router.post(
    "/business-units",
    status_code=201,
    response_model=Unit,
    responses=responses(rules.KeyTaken, rules.UnitClosed, NotFound, Invalid),
)
def create_unit(body: NewUnit, work: Annotated[Work, allow(Permission.BUSINESS_UNIT_WRITE)]) -> rules.BusinessUnit:
    """Create a business unit."""
    return service.create_unit(work, body.model_dump())


@router.patch(
    "/business-units/{id}",
    response_model=Unit,
    responses=responses(NotFound, rules.UnitCycle, rules.UnitClosed, PreconditionFailed, Invalid),
)
def update_unit(
    id: UnitRef, body: UnitChanges, work: Annotated[Work, allow(Permission.BUSINESS_UNIT_WRITE)]
) -> rules.BusinessUnit:
    """Rename, describe or move a business unit."""
    return service.update_unit(work, id, given(body))


@router.get("/employees")
def list_employees(
    work: Annotated[Work, allow(Permission.EMPLOYEE_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    employee_number: Annotated[str | None, Query(description="HR's employee id.")] = None,
    user_name: str | None = None,
    email: str | None = None,
    business_unit_id: UUID | None = None,
    active: bool | None = None,
) -> Listing[Employee]:
    """List employees, leavers too. People beyond name, title and unit are shown to those whose business it is."""
    filters = {
        "employee_number": employee_number, "user_name": user_name, "email": email,
        "business_unit_id": business_unit_id, "active": active,
    }  # fmt: skip
    shown, cursor = page.cut(service.employees(work, page, filters))
    seen = service.details_of(work, shown)
    return Listing[Employee](items=[employee(one, details=one.id in seen) for one in shown], next_cursor=cursor)


@router.get("/employees/{id}", responses=responses(NotFound))
def get_employee(id: UUID, work: Annotated[Work, allow(Permission.EMPLOYEE_READ)]) -> Employee:
    """One employee."""
    found = service.employee(work, id)
    return employee(found, details=found.id in service.details_of(work, [found]))


def employee(one: rules.Employee, *, details: bool) -> Employee:
    """A person as they are shown, with or without what only some may see."""
    names = Employee.model_fields if details else _OPEN
    members: dict[str, Any] = {name: getattr(one, name) for name in names}
    for name in ("hired_on", "terminated_on"):
        if members.get(name) is not None:
            members[name] = members[name].isoformat()
    return Employee(**members)
