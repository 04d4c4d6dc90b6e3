"""Which steps a request takes under a model, and what a request is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.governance.models.rules import MODELS, Model, ModelKey, Right, StepKind
from app.governance.steps.rules import Decision, Matter, Step


def route(
    model: Model,
    *,
    rights: Iterable[Right] | None,
    high_risk: bool,
    other_unit: bool = False,
    liaisons: int,
    min_approvals: int = 0,
    revoked_before: bool = False,
    current: bool = True,
) -> tuple[Step, ...]:
    """The base route of a rights request, or of a registration (``rights`` None), in the order of steps.

    ``liaisons``: how many cover the account's unit. ``min_approvals``: what policy asks of the last step at this risk.
    ``revoked_before``: someone else revoked such a right of this person, so that nothing is granted automatically.
    ``current``: the person has done all that policy asks of people there; nor is anything, where policy binds, without that.
    """
    model = routed_as(model, liaisons)
    by_hand = (high_risk and bool(model.high_risk_adds)) or not (current or model.advisory)
    kinds = set(model.registration if rights is None else _rights_steps(model, frozenset(rights), by_hand))
    if high_risk:
        kinds |= set(model.high_risk_adds)
    if other_unit and rights is not None:
        kinds |= set(model.other_unit_adds)
    if not kinds and min_approvals > 0 and not model.advisory:
        kinds.add(StepKind.COMMUNITY_MANAGER)
    if not kinds and revoked_before:
        kinds.add(StepKind.STRATEGIST)
    ordered = [kind for kind in StepKind if kind in kinds]
    needed = 1 if model.advisory else max(1, min_approvals)
    return tuple(Step(kind, needed if kind is ordered[-1] else 1) for kind in ordered)


def routed_as(model: Model, liaisons: int) -> Model:
    """A dandelion with fewer than two liaisons is routed as hub_and_spoke."""
    return MODELS[model.short_of_liaisons] if model.short_of_liaisons and liaisons < 2 else model


def _rights_steps(model: Model, rights: frozenset[Right], by_hand: bool) -> tuple[StepKind, ...]:
    return () if rights <= model.automatic and not by_hand else model.steps


class RequestKind(StrEnum):
    """What is asked for: rights on an account, or that an account be registered."""

    RIGHTS = "rights"
    REGISTRATION = "registration"


class RequestState(StrEnum):
    """Where a request stands: ``pending`` waits for an approver, ``changes_requested`` for its requester.

    All the others are ends, for good.
    """

    PENDING = "pending"
    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CHANGES_REQUESTED = "changes_requested"


LIVE = frozenset({RequestState.PENDING, RequestState.CHANGES_REQUESTED})


@dataclass(frozen=True, slots=True)
class Request:
    """Something asked: a right for someone on an account, or the account's registration; and how far it has come.

    ``due_at``: by when the open step is to be decided. ``decisions`` are those of the present ``round``. ``caught_up``:
    this transaction has just brought it under another model. ``starts_at``: before it no right begins that comes of it;
    of what is asked for a campaign (``campaign_id``) that is when the campaign begins.
    """

    id: UUID
    kind: RequestKind
    account_id: UUID
    requester_id: UUID
    beneficiary_id: UUID
    rights: tuple[Right, ...]
    justification: str | None
    until: datetime | None
    state: RequestState
    model: ModelKey
    setting_id: UUID | None
    steps: tuple[Step, ...]
    passed: tuple[StepKind, ...]
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...]
    policy_versions: tuple[str, ...]
    round: int
    due_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    caught_up: bool = False
    campaign_id: UUID | None = None
    starts_at: datetime | None = None

    @property
    def matter(self) -> Matter:
        return Matter(self.requester_id, self.beneficiary_id, self.steps, self.passed, self.decisions, self.due_at)

    def state_at(self, at: datetime) -> RequestState:
        """The state at an instant: whoever waits past ``expires_at`` has expired, swept or not."""
        return RequestState.EXPIRED if self.state in LIVE and at >= self.expires_at else self.state
