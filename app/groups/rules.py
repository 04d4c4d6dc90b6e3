"""What a group is, and what membership of it may be made to mean here."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.kernel.actor import Scope, ScopeKind
from app.kernel.errors import Conflict, Invalid
from app.roles.rules import Role

APPOINTED_BY_PEOPLE = frozenset({Role.STRATEGIST, Role.ADMIN})
"""Roles that no group gives: whoever runs the identity provider would otherwise make the ones who appoint."""


class MemberKind(StrEnum):
    """A member is a person or another group (RFC 7643 4.2)."""

    EMPLOYEE = "employee"
    GROUP = "group"


class GroupExists(Conflict):
    """The feed's own id of a group belongs to one group for ever."""

    code = "group_exists"


class AlreadyMapped(Conflict):
    """The group means this already."""

    code = "already_mapped"


class MappingEnded(Conflict):
    """An ended mapping stays ended; map the group again."""

    code = "mapping_ended"


@dataclass(frozen=True, slots=True)
class Group:
    """A group as the identity provider sends it."""

    id: UUID
    display_name: str
    external_id: str | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a group, by our id, with the name it is shown by."""

    kind: MemberKind
    id: UUID
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """What membership of a group means: with a ``role`` an appointment over the scope, without one a move into its unit."""

    id: UUID
    group_id: UUID | None
    group_name: str
    role: Role | None
    business_unit_id: UUID | None
    network: str | None
    mapped_by: UUID | None
    reason: str
    ended_at: datetime | None
    end_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def scope(self) -> Scope:
        """Where the role is held; for a move, the unit."""
        if self.business_unit_id is not None:
            return Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=self.business_unit_id)
        if self.network is not None:
            return Scope(ScopeKind.NETWORK, network=self.network)
        return Scope(ScopeKind.ENTERPRISE)


def check_mapping(role: Role | None, business_unit_id: UUID | None) -> None:
    """A mapping gives a role that a group may give, or moves into a unit. Raises ``Invalid``."""
    if role in APPOINTED_BY_PEOPLE:
        raise Invalid.field(
            "/role", "appointed_by_people", f"A group does not make anyone {role}; appoint them by name."
        )
    if role is None and business_unit_id is None:
        raise Invalid.field("", "means_nothing", "Name a role, a business unit to move the members into, or both.")


def difference(before: list[Member], after: list[Member]) -> tuple[list[Member], list[Member]]:
    """(who joined, who left), each by kind and id."""
    had, has = {(one.kind, one.id) for one in before}, {(one.kind, one.id) for one in after}
    joined = list({(one.kind, one.id): one for one in after if (one.kind, one.id) not in had}.values())
    return joined, [one for one in before if (one.kind, one.id) not in has]
