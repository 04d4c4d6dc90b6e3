"""What a switch of model changes, as it is told before it is made."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from app.governance.models.rules import Model, ModelKey, Right, StepKind, ToolRule
from app.governance.reasons.rules import Reason, ReasonCode
from app.governance.routing.rules import RequestKind, RequestState
from app.kernel.actor import Place
from app.programme.strategy.rules import covered
from app.roles.rules import Appointment, Role, slots
from app.tools.rules import Tool


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A unit that comes under another model."""

    business_unit_id: UUID
    key: str
    before: ModelKey
    after: ModelKey


@dataclass(frozen=True, slots=True)
class RequestChange:
    """A pending request or registration that is routed anew: its decisions are reset, or it ends denied with reasons."""

    id: UUID
    kind: RequestKind
    state: RequestState
    before: tuple[StepKind, ...]
    after: tuple[StepKind, ...]
    decisions_reset: int
    reasons: tuple[Reason, ...]


Codes = tuple[ReasonCode, ...]


@dataclass(frozen=True, slots=True)
class GrantChange:
    """Rights in force that are answered otherwise: for which lasting reasons they are refused now, and would be then."""

    right: Right
    before: Codes
    after: Codes
    ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a switch would do, item by item; ``missing``: what the model needs before it works, and has not."""

    model: ModelKey
    units: tuple[UnitChange, ...]
    requests: tuple[RequestChange, ...]
    grants: tuple[GrantChange, ...]
    missing: tuple[str, ...]


class Held(NamedTuple):
    """A right in force: whose, how they are employed, and where its account stands. A tuple, since there are very many."""

    grant_id: UUID
    employee_id: UUID
    right: Right
    path: tuple[UUID, ...]
    network: str
    employment_type: str


def concerned(before: Model, after: Model) -> frozenset[Right]:
    """The rights of which a switch between two models can change the answer: those that only one ceiling lets BU people
    have, and all where policy binds under one of them only.
    """
    return frozenset(Right) if before.advisory is not after.advisory else before.ceiling ^ after.ceiling


def liaisons_needed(model: Model) -> int:
    """How many liaisons a unit needs under a model."""
    if StepKind.ACCOUNT_LIAISON not in model.steps:
        return 0
    return 2 if model.short_of_liaisons else 1


def missing(
    model: Model,
    appointments: Collection[Appointment],
    place: Place | None,
    platform: Tool | None,
    strategies: Collection[UUID],
) -> tuple[str, ...]:
    """What a model needs before it works at a place, and has not; of the enterprise as a whole (None) no unit's part.

    ``platform``: the tool that was named as the one platform. ``strategies``: which units have one that was approved.
    """
    found = []
    if not any(one.role is Role.STRATEGIST for one in appointments):
        found.append("There is no strategist.")
    managers = [one for one in appointments if one.role is Role.COMMUNITY_MANAGER]
    if StepKind.COMMUNITY_MANAGER in model.steps and not any(
        place is None or one.scope.covers(place) for one in managers
    ):
        found.append("There is no community manager: requests go up to the strategist.")
    needed = liaisons_needed(model)
    liaisons = {slot.holder_id for slot in slots(appointments, Role.BU_LIAISON, place)} if place else set[UUID]()
    if place and len(liaisons) < needed:
        found.append(f"The unit has {len(liaisons)} of the {needed} liaisons that the model needs.")
    if model.tool is ToolRule.PLATFORM and (platform is None or platform.retired_at is not None):
        found.append("The one platform is no registered publishing tool any more.")
    if model.own_strategy and place and not covered(place.path, strategies):
        found.append("The unit has no strategy of its own that was approved.")
    return tuple(found)
