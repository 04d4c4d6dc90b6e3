"""What a freeze is, what it stops, and who may set and lift it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.governance.models.rules import Authority, Model
from app.governance.reasons.rules import Reason, ReasonCode
from app.kernel.actor import Place, Scope, ScopeKind
from app.kernel.errors import Conflict, Forbidden
from app.roles.rules import Appointment, Role


class FreezeKind(StrEnum):
    """How far a freeze reaches."""

    ENTERPRISE = "enterprise"
    BUSINESS_UNIT = "business_unit"
    NETWORK = "network"
    ACCOUNT = "account"


class Severity(StrEnum):
    """Why posting stops. ``L1``: negative coverage; ``L2``: the company must respond; ``L3``: financial impact."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


class FreezeState(StrEnum):
    """Where a freeze stands at the instant of asking."""

    IN_FORCE = "in_force"
    LIFTED = "lifted"
    OVER = "over"


class Office(StrEnum):
    """As what somebody set a freeze: only the same office lifts it, or a strategist."""

    STRATEGIST = "strategist"
    HUB = "hub"
    LIAISON = "liaison"


class NotTheFreezer(Forbidden):
    """The model in force there gives freezing, or this freeze's lifting, to somebody else."""

    code = "not_the_authority"


class FreezeEnded(Conflict):
    """The freeze is lifted, or its time is over."""

    code = "freeze_ended"


@dataclass(frozen=True, slots=True)
class Target:
    """What is frozen: the enterprise, a unit with all below it, a network, or one account.

    ``members``: the accounts that stood in the unit when it was frozen. They stay frozen wherever they are moved: nobody
    lifts a freeze by moving what it stops.
    """

    kind: FreezeKind
    business_unit_id: UUID | None = None
    network: str | None = None
    account_id: UUID | None = None
    members: frozenset[UUID] = frozenset()

    def covers(self, account_id: UUID, place: Place) -> bool:
        """Does an account there stand under it?"""
        if self.kind is FreezeKind.ACCOUNT:
            return account_id == self.account_id
        if account_id in self.members:
            return True
        return Scope(ScopeKind(self.kind), self.business_unit_id, self.network).covers(place)


@dataclass(frozen=True, slots=True)
class Freeze:
    """A stop of all posting somewhere, for a reason. Nothing that it stopped is replayed when it is lifted."""

    id: UUID
    target: Target
    severity: Severity
    reason: str
    exempt: frozenset[UUID]
    authority: Office
    until: datetime | None
    set_by: UUID
    lifted_at: datetime | None
    lifted_by: UUID | None
    lift_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    def state_at(self, at: datetime) -> FreezeState:
        """The very instant of ``until`` is over. It holds from its commit, whatever this process thinks the time is."""
        if self.lifted_at is not None:
            return FreezeState.LIFTED
        return FreezeState.OVER if self.until is not None and self.until <= at else FreezeState.IN_FORCE

    def stops(self, person_id: UUID, account_id: UUID, place: Place, at: datetime) -> bool:
        """May this person not post on the account because of it?"""
        holds = self.state_at(at) is FreezeState.IN_FORCE and person_id not in self.exempt
        return holds and self.target.covers(account_id, place)


def in_the_way(
    freezes: Iterable[Freeze], person_id: UUID, account_id: UUID, place: Place, at: datetime
) -> tuple[Reason, ...]:
    """One reason for each freeze that stops this person there: whoever lifts one should see the others."""
    return tuple(
        Reason(
            ReasonCode.FROZEN, f"Posting is frozen ({one.target.kind.replace('_', ' ')}, {one.severity}): {one.reason}",
            call=f"POST /v1/freezes/{one.id}/lift", until=one.until,
        )
        for one in sorted(freezes, key=lambda one: one.id)
        if one.stops(person_id, account_id, place, at)
    )  # fmt: skip


def offices(model: Model, held: Iterable[Appointment], place: Place) -> frozenset[Office]:
    """As what somebody with these appointments may freeze at a place under a model."""
    found = set()
    for one in held:
        if one.role is Role.STRATEGIST:
            found.add(Office.STRATEGIST)
        elif one.scope.covers(place):
            if one.role is Role.COMMUNITY_MANAGER and Authority.HUB in model.freezers:
                found.add(Office.HUB)
            if one.role is Role.BU_LIAISON and Authority.LIAISON in model.freezers:
                found.add(Office.LIAISON)
    return frozenset(found)


def office(model: Model, held: Iterable[Appointment], place: Place) -> Office:
    """The highest office as which somebody may freeze there. Raises ``NotTheFreezer``."""
    mine = offices(model, held, place)
    found = next((one for one in Office if one in mine), None)
    if found is None:
        raise NotTheFreezer(f"Under {model.key} {who(model)} may freeze here.")
    return found


def check_lift(freeze: Freeze, mine: frozenset[Office]) -> None:
    """May somebody with these offices there lift this freeze? Raises ``NotTheFreezer``."""
    if not mine & {freeze.authority, Office.STRATEGIST}:
        as_what = {Office.STRATEGIST: "strategist", Office.HUB: "hub", Office.LIAISON: "liaison of the unit"}
        other = "" if freeze.authority is Office.STRATEGIST else " or a strategist"
        raise NotTheFreezer(f"It was set by the {as_what[freeze.authority]}: that office lifts it{other}.")


def who(model: Model) -> str:
    """Who may freeze under a model, in words; the strategist always may."""
    names = {Authority.LIAISON: "a liaison of the unit", Authority.HUB: "a community manager in scope"}
    return " or ".join(["a strategist", *(names[one] for one in sorted(model.freezers))])
