"""Appointments and the table of permissions over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.directory.rules import UnitClosed
from app.kernel.access import Route, allow
from app.kernel.actor import Permission, Reach, ScopeKind
from app.kernel.errors import Conflict, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import In, Instant, Out
from app.kernel.work import Work

from . import rules, service

router = APIRouter(prefix="/v1", route_class=Route, tags=[Tag.HUB])


class NewAppointment(In):
    """Who is appointed to which role, over a unit, a network, or (with neither) the enterprise."""

    employee_id: UUID
    role: Annotated[rules.Role, Field(examples=["bu_liaison"])]
    business_unit_id: UUID | None = None
    network: str | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    deputy_id: UUID | None = None


class Deputizing(In):
    """Who may decide in the holder's stead from now on; null: nobody."""

    deputy_id: UUID | None


class Appointment(Out):
    """A person in a role, over a scope, for a time."""

    id: UUID
    employee_id: UUID
    role: rules.Role
    scope: ScopeKind
    business_unit_id: UUID | None
    network: str | None
    valid_from: Instant
    valid_until: Instant | None
    deputy_id: UUID | None
    appointed_by: UUID | None
    group_mapping_id: Annotated[UUID | None, Field(description="The mapped group that gave it, if one did.")]
    ended_at: Instant | None
    end_reason: str | None
    created_at: Instant
    updated_at: Instant


class PermissionRow(Out):
    """One permission: which roles have it and how far it carries, and which scopes give it to a service client."""

    permission: Permission
    roles: dict[str, Reach]
    client_scopes: list[str]


class Matrix(Out):
    """Every permission that is enforced. ``employee`` stands for everyone active."""

    items: list[PermissionRow]


@router.get("/appointments")
def list_appointments(
    work: Annotated[Work, allow(Permission.APPOINTMENT_READ)],
    page: Annotated[Page, paging("id", "created_at", "valid_from")],
    employee_id: UUID | None = None,
    role: rules.Role | None = None,
    business_unit_id: UUID | None = None,
    network: str | None = None,
    ended: bool | None = None,
) -> Listing[Appointment]:
    """List appointments: who is whose liaison, who is of the hub."""
    filters = {
        "employee_id": employee_id, "role": role, "business_unit_id": business_unit_id, "network": network, "ended": ended,
    }  # fmt: skip
    shown, cursor = page.cut(service.appointments(work, page, filters))
    return Listing[Appointment](items=[appointment(one) for one in shown], next_cursor=cursor)


@router.get("/appointments/{id}", responses=responses(NotFound))
def get_appointment(id: UUID, work: Annotated[Work, allow(Permission.APPOINTMENT_READ)]) -> Appointment:
    """One appointment."""
    return appointment(service.appointment(work, id))


@router.post(
    "/appointments",
    status_code=201,
    responses=responses(
        rules.SeparationOfDuties, rules.AlreadyAppointed, rules.DeputyCycle, UnitClosed, NotFound, Conflict, Invalid
    ),
)
def appoint(body: NewAppointment, work: Annotated[Work, allow(Permission.APPOINTMENT_CREATE)]) -> Appointment:
    """Appoint someone."""
    scope = service.scope_of(body.business_unit_id, body.network)
    made = service.appoint(
        work, body.employee_id, body.role, scope,
        valid_from=body.valid_from, valid_until=body.valid_until, deputy_id=body.deputy_id,
    )  # fmt: skip
    return appointment(made)


@router.patch(
    "/appointments/{id}",
    responses=responses(
        NotFound,
        rules.AppointmentEnded,
        rules.DeputyCycle,
        rules.SeparationOfDuties,
        Conflict,
        PreconditionFailed,
        Invalid,
    ),
)
def redeputize(id: UUID, body: Deputizing, work: Annotated[Work, allow(Permission.APPOINTMENT_CREATE)]) -> Appointment:
    """Name another deputy, or none; the two count once, and neither decides what is the other's own."""
    return appointment(service.redeputize(work, id, body.deputy_id))


@router.delete(
    "/appointments/{id}",
    responses=responses(NotFound, rules.AppointmentEnded, rules.LastStrategist, PreconditionFailed),
)
def end_appointment(id: UUID, work: Annotated[Work, allow(Permission.APPOINTMENT_END)]) -> Appointment:
    """End an appointment now; it stays as history."""
    return appointment(service.end(work, id))


@router.get("/permissions")
def permissions(work: Annotated[Work, allow(Permission.PERMISSION_READ)]) -> Matrix:
    """The table that is enforced: who may do what, and how far it carries."""
    return Matrix(items=[PermissionRow(**row) for row in service.matrix()])


def appointment(one: rules.Appointment) -> Appointment:
    """An appointment as it is shown: its scope spelled out."""
    members: dict[str, Any] = {name: getattr(one, name) for name in Appointment.model_fields if hasattr(one, name)}
    return Appointment(**{**members, **service.scope_told(one.scope)})
