"""What a switch of model changes, as it is told before it is made."""

from dataclasses import dataclass
from uuid import UUID

from app.directory.rules import EmploymentType
from app.governance.models.rules import Model, ModelKey, Right, StepKind
from app.governance.reasons.rules import Reason, ReasonCode
from app.governance.routing.rules import RequestKind, RequestState


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


@dataclass(frozen=True, slots=True)
class GrantChange:
    """A right in force that is answered otherwise: for which lasting reasons it is refused now, and would be then."""

    id: UUID
    employee_id: UUID
    account_id: UUID
    right: Right
    before: tuple[ReasonCode, ...]
    after: tuple[ReasonCode, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a switch would do, item by item; ``missing``: what the model needs before it works, and has not."""

    model: ModelKey
    units: tuple[UnitChange, ...]
    requests: tuple[RequestChange, ...]
    grants: tuple[GrantChange, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A right in force: whose, on which account, and where that stands."""

    grant_id: UUID
    employee_id: UUID
    account_id: UUID
    right: Right
    path: tuple[UUID, ...]
    network: str
    employment_type: EmploymentType


def concerned(before: Model, after: Model) -> frozenset[Right]:
    """The rights of which a switch between two models can change the answer: those that only one ceiling lets BU people
    have, and all where policy binds under one of them only.
    """
    return frozenset(Right) if before.advisory is not after.advisory else before.ceiling ^ after.ceiling
