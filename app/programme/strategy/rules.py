"""What the enterprise wants of its social media: business goals, objectives that serve them, and each unit's strategy.

The enterprise's own strategy is that of the root of the tree; a unit's is approved by a strategist who did not write it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from app.kernel.errors import Conflict, Forbidden, Invalid


class GoalRetired(Conflict):
    """A retired goal is served by no new objective, and changes no more."""

    code = "goal_retired"


class ObjectiveRetired(Conflict):
    """A retired objective is served by nothing any more, and changes no more."""

    code = "objective_retired"


class StrategyDecided(Conflict):
    """What a strategy's version says changes until it is submitted; after it is decided, the next version says more."""

    code = "strategy_decided"


class AuthorApproves(Forbidden):
    """Whoever wrote a strategy does not approve it, unless the CoE has one strategist only."""

    code = "author_approves"


class StrategyState(StrEnum):
    """Where a version of a strategy stands; an ``approved`` one holds until the next of its unit is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


S = StrategyState
BEING_WRITTEN = frozenset({S.DRAFT, S.CHANGES_REQUESTED})
"""States in which a version can be edited and submitted."""
UNDECIDED = BEING_WRITTEN | {S.SUBMITTED}
"""States in which a version can be withdrawn."""
SHOWN_TO_ALL = frozenset({S.APPROVED, S.SUPERSEDED})
"""States in which everybody may read a version."""


class Verb(StrEnum):
    """What is done to a version that is not decided yet."""

    REVISE = "revise"
    SUBMIT = "submit"
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    WITHDRAW = "withdraw"


TRANSITIONS: Mapping[Verb, tuple[frozenset[StrategyState], StrategyState]] = MappingProxyType(
    {
        Verb.REVISE: (BEING_WRITTEN, S.DRAFT),
        Verb.SUBMIT: (BEING_WRITTEN, S.SUBMITTED),
        Verb.APPROVE: (frozenset({S.SUBMITTED}), S.APPROVED),
        Verb.REQUEST_CHANGES: (frozenset({S.SUBMITTED}), S.CHANGES_REQUESTED),
        Verb.WITHDRAW: (UNDECIDED, S.WITHDRAWN),
    }
)


class Party(StrEnum):
    """Towards whom strengths, weaknesses, opportunities and threats are weighed (domain: 8)."""

    CUSTOMERS = "customers"
    BRAND = "brand"
    PARTNERS = "partners"
    COMPETITORS = "competitors"


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal of the business, which objectives serve."""

    id: UUID
    key: str
    title: str
    description: str | None
    retired_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Objective:
    """What social media is to do for a goal, in a unit with all below it; accounts and campaigns name its key."""

    id: UUID
    key: str
    title: str
    description: str | None
    goal_id: UUID
    business_unit_id: UUID
    retired_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Strategy:
    """One version of a unit's strategy. ``n`` counts from 1 within the unit.

    ``actions``: ``{title, due_on, done}`` each; ``swot``: by ``Party``, then by quadrant, lists of short texts.
    """

    id: UUID
    business_unit_id: UUID
    n: int
    state: StrategyState
    purpose: str
    benefits: Sequence[str]
    actions: Sequence[Mapping[str, Any]]
    swot: Mapping[str, Mapping[str, Sequence[str]]]
    author_id: UUID | None
    submitted_at: datetime | None
    decided_by: UUID | None
    decided_at: datetime | None
    comment: str | None
    superseded_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


def check_goal(goal: Goal) -> None:
    """Raises ``GoalRetired``."""
    if goal.retired_at is not None:
        raise GoalRetired(f"The goal {goal.key} is retired.")


def check_objective(objective: Objective) -> None:
    """Raises ``ObjectiveRetired``."""
    if objective.retired_at is not None:
        raise ObjectiveRetired(f"The objective {objective.key} is retired.")


def moved_to(strategy: Strategy, verb: Verb) -> StrategyState:
    """The state after a verb, or ``StrategyDecided``."""
    allowed, after = TRANSITIONS[verb]
    if strategy.state not in allowed:
        states = " or ".join(sorted(allowed))
        raise StrategyDecided(
            f"A strategy can be told to {verb} while it is {states}; version {strategy.n} is {strategy.state}."
        )
    return after


def check_approver(strategy: Strategy, approver: UUID, strategists: int) -> None:
    """Somebody else than the author approves, unless there is one strategist only. Raises ``AuthorApproves``."""
    if strategy.author_id == approver and strategists > 1:
        raise AuthorApproves("You wrote this strategy; another strategist approves it.")


def check_required(changes: Mapping[str, Any], *names: str) -> None:
    """What must be there is not taken away by a change. Raises ``Invalid``."""
    for name in names:
        if name in changes and changes[name] is None:
            raise Invalid.field(f"/{name}", "required", "This is always said.")


def covered(path: Sequence[UUID], approved: Iterable[UUID]) -> bool:
    """Has a unit, by its path from the root (itself last), a strategy of its own, or one of a unit above it?

    The enterprise's does not count for anything but itself: what each unit does in its own way is what is asked for.
    """
    own = path[1:] or path
    return not set(own).isdisjoint(approved)


def serves(named: str | None, objectives: Mapping[str, Objective]) -> Objective | None:
    """Which living objective is it that something names, by key? None: it serves none."""
    found = objectives.get(named) if named is not None else None
    return found if found is not None and found.retired_at is None else None
