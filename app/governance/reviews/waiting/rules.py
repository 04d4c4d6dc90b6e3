"""Where somebody sits, and who would answer before them: what of all that waits can be theirs at all."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.governance.reviews.rules import LEVELS, Bench, Kind
from app.kernel.actor import Place
from app.roles.rules import Role


@dataclass(frozen=True, slots=True)
class Way:
    """How items at a place come to somebody.

    ``seats``: whose seats they may sit in there. ``before``: level by level from the lowest up, who sits below them.
    """

    seats: frozenset[UUID]
    before: tuple[frozenset[UUID], ...]


def way(bench: Bench, place: Place, person: UUID, kind: Kind = Kind.GRANTS) -> Way | None:
    """How items at a place come to a person; None where they have no seat."""
    below: list[frozenset[UUID]] = []
    before, mine = None, set[UUID]()
    for role in LEVELS[kind]:
        seats = bench.seats(role, place)
        theirs = {one.holder_id for one in seats if person in (one.holder_id, one.deputy_id)}
        if theirs and before is None:
            before = tuple(below)
        mine |= theirs
        if seats:
            below.append(frozenset(one.holder_id for one in seats))
    return None if before is None else Way(frozenset(mine), before)


def barring(bench: Bench, person: UUID) -> frozenset[UUID]:
    """Whose things this person does not answer: their own, and those of whom they are a deputy."""
    return frozenset({person, *(one.employee_id for one in bench.appointments if one.deputy_id == person)})


def ways(
    bench: Bench, places: Iterable[tuple[UUID, Place]], person: UUID
) -> Mapping[Way, Collection[tuple[UUID, str]]]:
    """By how items come to a person, the places (unit and network) where they come so."""
    found: dict[Way, list[tuple[UUID, str]]] = {}
    for unit_id, place in places:
        one = way(bench, place, person)
        if one is not None:
            found.setdefault(one, []).append((unit_id, place.network or ""))
    return found


def others(bench: Bench, mine: Collection[UUID]) -> frozenset[UUID]:
    """The strategists who are none of these."""
    return frozenset(one.holder_id for one in bench.seats(Role.STRATEGIST, Place()) if one.holder_id not in mine)
