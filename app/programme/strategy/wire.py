"""Goals, objectives and strategies as they are written on the wire."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from app.kernel.text import Line, Prose
from app.kernel.wire import In, Instant, Out

from .rules import StrategyState

UnitRef = Annotated[str, Field(description="The unit's id or key; without it, the enterprise.", examples=["nordics"])]
Lines = Annotated[list[Line], Field(max_length=50)]


class NewGoal(In):
    """A goal of the business."""

    key: Annotated[str, Field(examples=["trust"])]
    title: Annotated[Line, Field(examples=["Be the most trusted garden brand"])]
    description: Prose | None = None


class GoalChanges(In):
    """Only the members sent are changed."""

    title: Annotated[Line | None, Field(examples=["Be the most trusted brand for gardens"])] = None
    description: Prose | None = None


class Goal(Out):
    """A goal of the business; a retired one is pursued no more."""

    id: UUID
    key: str
    title: str
    description: str | None
    retired_at: Instant | None
    created_at: Instant
    updated_at: Instant


class NewObjective(In):
    """What social media is to do for a goal. Accounts and campaigns name its key."""

    key: Annotated[str, Field(examples=["answers-within-an-hour"])]
    title: Annotated[Line, Field(examples=["Answer every question within an hour"])]
    description: Prose | None = None
    goal_id: Annotated[str, Field(description="The goal's id or key.", max_length=200)]
    business_unit_id: UnitRef | None = None


class ObjectiveChanges(In):
    """Only the members sent are changed."""

    title: Annotated[Line | None, Field(examples=["Answer every question within two hours"])] = None
    description: Prose | None = None


class Objective(Out):
    """What social media does for a goal, in a unit with all below it. What names a retired one serves none."""

    id: UUID
    key: str
    title: str
    description: str | None
    goal_id: UUID
    business_unit_id: UUID
    retired_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Action(In):
    """Something to be done for the strategy."""

    title: Line
    due_on: date | None = None
    done: StrictBool = False


class Quadrants(In):
    """What helps and what hinders, from within and from without."""

    strengths: Lines = []
    weaknesses: Lines = []
    opportunities: Lines = []
    threats: Lines = []


class Swot(In):
    """Strengths, weaknesses, opportunities and threats towards each party."""

    customers: Quadrants = Quadrants()
    brand: Quadrants = Quadrants()
    partners: Quadrants = Quadrants()
    competitors: Quadrants = Quadrants()


class NewStrategy(In):
    """The next version of a unit's strategy, as a draft; its objectives are resources of their own."""

    business_unit_id: UnitRef | None = None
    purpose: Annotated[Prose, Field(examples=["Customers in the north find help where they already are."])]
    benefits: Annotated[Lines, Field(examples=[["Fewer calls"]])] = []
    actions: Annotated[list[Action], Field(max_length=100)] = []
    swot: Swot = Swot()


class StrategyChanges(In):
    """Only the members sent are changed."""

    purpose: Annotated[Prose | None, Field(examples=["Customers find help where they already are."])] = None
    benefits: Lines | None = None
    actions: Annotated[list[Action], Field(max_length=100)] | None = None
    swot: Swot | None = None


class Strategy(Out):
    """One version of a unit's strategy; the enterprise's is that of the root unit."""

    id: UUID
    business_unit_id: UUID
    n: Annotated[int, Field(description="Counts from 1 within the unit.")]
    state: StrategyState
    purpose: str
    benefits: list[str]
    actions: list[Action]
    swot: Swot
    author_id: UUID | None
    submitted_at: Instant | None
    decided_by: UUID | None
    decided_at: Instant | None
    comment: str | None
    superseded_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Nothing(In):
    """Nothing needs to be said."""


class Reason(In):
    """Why, kept in the audit log."""

    reason: Prose


class Verdict(StrEnum):
    """What a strategist says to a strategy."""

    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"


class Word(In):
    """A decision about a strategy."""

    decision: Verdict
    comment: Prose | None = None
