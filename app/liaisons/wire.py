"""The liaison directory as it is written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.governance.models.rules import ModelKey
from app.kernel.actor import ScopeKind
from app.kernel.wire import Instant, Out
from app.roles.rules import Appointment

from . import rules
from .rules import Gap
from .service import Known


class Contact(Out):
    """Somebody to turn to; the address is shown to whom the directory of employees shows it."""

    employee_id: UUID
    display_name: str
    title: str | None
    email: str | None


class Office(Contact):
    """Somebody in a role: over which unit (with all below it) or network, or the enterprise; until when; with which deputy."""

    appointment_id: UUID
    scope: ScopeKind
    business_unit_id: UUID | None
    business_unit_key: str | None
    network: str | None
    valid_until: Instant | None
    deputy: Contact | None


class UnitName(Out):
    """A business unit, by name."""

    business_unit_id: UUID
    business_unit_key: str
    name: str


class Spoke(UnitName):
    """An open unit and whom to turn to there, the nearest first.

    `networks`: those on which it has accounts in use; community managers of these are listed, too. `gap`: it lacks a
    liaison, or some; `says` tells so in words.
    """

    parent_id: UUID | None
    model: ModelKey
    routed_as: Annotated[ModelKey, Field(description="The model by which requests are routed at present.")]
    networks: list[str]
    liaisons: list[Office]
    community_managers: list[Office]
    liaisons_needed: int
    gap: Gap | None
    says: str | None


class Neighbour(UnitName):
    """A unit with which this one has to do. `our_`: this one's people on its accounts; `their_`: the other way round.

    People who hold rights at present, and requests of the last 90 days.
    """

    sibling: Annotated[bool, Field(description="Does it stand below the same unit?")]
    our_people: int
    their_people: int
    our_requests: int
    their_requests: int
    liaisons: list[Office]


class SpokeWithNeighbours(Spoke):
    """The same, with the units that stand beside it, and those with which it shares people or requests."""

    neighbours: list[Neighbour]


def spoke(one: rules.Spoke, known: Known) -> Spoke:
    """A unit as it is shown."""
    return Spoke.model_validate(_members(one, known))


def spoke_with_neighbours(one: rules.Spoke, beside: list[rules.Neighbour], known: Known) -> SpokeWithNeighbours:
    """A unit with its neighbours, as it is shown."""
    return SpokeWithNeighbours.model_validate(
        {**_members(one, known), "neighbours": [_neighbour(each, known) for each in beside]}
    )


def _members(one: rules.Spoke, known: Known) -> dict[str, object]:
    return {
        "business_unit_id": one.unit.id, "business_unit_key": one.unit.key, "name": one.unit.name,
        "parent_id": one.unit.parent_id, "model": one.model, "routed_as": one.routed_as, "networks": list(one.networks),
        "liaisons": [_office(each, known) for each in one.liaisons],
        "community_managers": [_office(each, known) for each in one.managers],
        "liaisons_needed": one.needed, "gap": one.gap, "says": one.says,
    }  # fmt: skip


def _neighbour(one: rules.Neighbour, known: Known) -> Neighbour:
    return Neighbour(
        business_unit_id=one.unit.id, business_unit_key=one.unit.key, name=one.unit.name, sibling=one.sibling,
        our_people=one.our_people, their_people=one.their_people, our_requests=one.our_requests,
        their_requests=one.their_requests, liaisons=[_office(each, known) for each in one.liaisons],
    )  # fmt: skip


def _office(one: Appointment, known: Known) -> Office:
    of = known.units.get(one.scope.business_unit_id) if one.scope.business_unit_id else None
    return Office(
        **_person(one.employee_id, known).model_dump(), appointment_id=one.id, scope=one.scope.kind,
        business_unit_id=one.scope.business_unit_id, business_unit_key=of.key if of else None,
        network=one.scope.network, valid_until=one.valid_until,
        deputy=_person(one.deputy_id, known) if one.deputy_id else None,
    )  # fmt: skip


def _person(id_: UUID, known: Known) -> Contact:
    found = known.people[id_]
    email = found.email if id_ in known.seen else None
    return Contact(employee_id=id_, display_name=found.display_name, title=found.title, email=email)
