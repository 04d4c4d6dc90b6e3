"""What a switch of model changes, as it is told before it is made."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

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
