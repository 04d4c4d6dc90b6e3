"""The liaison directory: who coordinates a unit, who of the hub covers it, and between which units lines run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from app.directory.rules import BusinessUnit
from app.governance.models.rules import Model, ModelKey
from app.governance.routing.rules import routed_as
from app.governance.switching.rules import liaisons_needed
from app.kernel.actor import Place
from app.kernel.text import key_of
from app.roles.rules import Appointment, Role

LATELY = timedelta(days=90)
"""Requests of so long ago make a line between two units."""


class Gap(StrEnum):
    """What a unit lacks: a liaison at all, or as many as its model needs."""

    NO_LIAISON = "no_liaison"
    TOO_FEW_LIAISONS = "too_few_liaisons"


@dataclass(frozen=True, slots=True)
class Spoke:
    """An open unit: the model in force there and the one by which its requests are routed, and who to turn to.

    ``networks``: those on which it has accounts in use. ``liaisons`` and ``managers``: appointments that cover it, the
    nearest first.
    """

    unit: BusinessUnit
    model: ModelKey
    routed_as: ModelKey
    networks: tuple[str, ...]
    liaisons: tuple[Appointment, ...]
    managers: tuple[Appointment, ...]
    needed: int
    gap: Gap | None
    says: str | None


class Line(NamedTuple):
    """What runs between two units: how much of it, of whose people, towards whose accounts."""

    people_of: UUID
    accounts_of: UUID
    amount: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A unit with which another has to do: it stands beside it (``sibling``), or people of one work on accounts of the other.

    ``our_...``: people of the unit asked about who hold rights on accounts of this one, and requests for them of the last
    90 days; ``their_...``: the other way round.
    """

    unit: BusinessUnit
    sibling: bool
    our_people: int
    their_people: int
    our_requests: int
    their_requests: int
    liaisons: tuple[Appointment, ...]


class Offices:
    """The appointments of liaisons and community managers that are in force, found by where they hold."""

    def __init__(self, appointments: Iterable[Appointment]) -> None:
        self._by_place: dict[tuple[Role, UUID | str | None], list[Appointment]] = {}
        for one in sorted(appointments, key=lambda one: one.id):
            key = (one.role, one.scope.business_unit_id or one.scope.network)
            self._by_place.setdefault(key, []).append(one)

    def of(self, role: Role, place: Place, networks: Iterable[str] = ()) -> tuple[Appointment, ...]:
        """Who holds a role over a unit, the nearest first, or over one of these networks."""
        units = [one for id_ in reversed(place.path) for one in self._by_place.get((role, id_), ())]
        over = [one for network in networks for one in self._by_place.get((role, network), ())]
        return (*units, *over, *self._by_place.get((role, None), ()))


def spoke(unit: BusinessUnit, model: Model, networks: Sequence[str], offices: Offices) -> Spoke:
    """What the directory says of a unit."""
    liaisons = offices.of(Role.BU_LIAISON, unit.place)
    managers = offices.of(Role.COMMUNITY_MANAGER, unit.place, networks)
    count = len({one.employee_id for one in liaisons})
    needed = liaisons_needed(model)
    gap = Gap.NO_LIAISON if not count else Gap.TOO_FEW_LIAISONS if count < needed else None
    routed = routed_as(model, count).key
    said = _said(gap, count, needed, model.key, routed)
    return Spoke(unit, model.key, routed, tuple(networks), liaisons, managers, needed, gap, said)


def _said(gap: Gap | None, count: int, needed: int, model: ModelKey, routed: ModelKey) -> str | None:
    if gap is None:
        return None
    has = "No liaison covers this unit." if not count else f"{count} of the {needed} liaisons that {model} needs."
    return has if routed is model else f"{has} Requests are routed as {routed}."


def wanted(unit: BusinessUnit, below: UUID | None, network: str | None, networks: Mapping[UUID, Sequence[str]]) -> bool:
    """Is it an open unit in this one or below it, with accounts in use on this network? None: wherever, whatever."""
    here = below is None or below in unit.path
    return unit.closed_at is None and here and (network is None or network in networks.get(unit.id, ()))


def named(unit: BusinessUnit, text: str) -> bool:
    """Is this part of the unit's name or key, whatever the case?"""
    return key_of(text) in key_of(unit.name) or key_of(text) in unit.key


def neighbours(
    unit: BusinessUnit,
    units: Mapping[UUID, BusinessUnit],
    rights: Iterable[Line],
    requests: Iterable[Line],
    offices: Offices,
) -> list[Neighbour]:
    """The open units with which a unit has to do, by key.

    ``rights`` and ``requests``: the lines from and to the unit.
    """
    people, asked = _both(unit.id, rights), _both(unit.id, requests)
    beside = {one.id for one in units.values() if one.parent_id == unit.parent_id} if unit.parent_id else set()
    found = [units[id_] for id_ in {*beside, *people, *asked} - {unit.id} if units[id_].closed_at is None]
    return [
        Neighbour(
            one, one.id in beside, *people.get(one.id, (0, 0)), *asked.get(one.id, (0, 0)),
            offices.of(Role.BU_LIAISON, one.place),
        )
        for one in sorted(found, key=lambda one: one.key)
    ]  # fmt: skip


def _both(unit_id: UUID, lines: Iterable[Line]) -> dict[UUID, tuple[int, int]]:
    """By the other unit: how much runs there, and from there."""
    found: dict[UUID, tuple[int, int]] = {}
    for one in lines:
        outward = one.people_of == unit_id
        other = one.accounts_of if outward else one.people_of
        there, back = found.get(other, (0, 0))
        found[other] = (there + one.amount, back) if outward else (there, back + one.amount)
    return found
