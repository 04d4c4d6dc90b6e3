"""What of the inventory is looked for, and after how many days an account counts as idle where."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from app.accounts.rules import AccountState, Flag
from app.kernel.actor import Place
from app.policies import rules as policies
from app.policies.rules import InForce

IDLE, VALIDATED = "idle_after_days", "validate_every_days"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words in handle or name, and what is set of the rest. A unit means all below it, too."""

    words: str | None = None
    network: str | None = None
    unit_id: UUID | None = None
    state: AccountState | None = None
    flag: Flag | None = None

    @property
    def everything(self) -> bool:
        """Is nothing left out?"""
        return not (self.words or self.network or self.unit_id or self.state or self.flag)


@dataclass(frozen=True, slots=True)
class Spot:
    """A unit (its path, itself last) and a network, where accounts are."""

    path: tuple[UUID, ...]
    network: str

    @property
    def unit_id(self) -> UUID:
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Days:
    """A number of days that policy sets: the usual one, and those of spots where a narrower policy has another."""

    usual: int
    elsewhere: tuple[tuple[int, tuple[Spot, ...]], ...] = ()


def narrowed(in_force: Iterable[InForce], rule: str) -> bool:
    """Does a policy of a unit or a network speak of this rule? Else it is the same everywhere."""
    everywhere = Place()
    return any(rule in one.rules and not one.scope.covers(everywhere) for one in in_force)


def days(in_force: Collection[InForce], rule: str, spots: Iterable[Spot]) -> Days:
    """What policy says of this rule, wherever there are accounts."""
    usual = _at(in_force, rule, Place())
    found: dict[int, list[Spot]] = {}
    for one in spots:
        here = _at(in_force, rule, Place(one.path, one.network))
        if here != usual:
            found.setdefault(here, []).append(one)
    return Days(usual, tuple((number, tuple(there)) for number, there in sorted(found.items())))


def _at(in_force: Iterable[InForce], rule: str, place: Place) -> int:
    return int(policies.combine(policies.in_scope(in_force, place))[rule])
