"""Maturity as it is written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from app.directory.rules import BusinessUnit
from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out

from . import rules
from .rules import Criterion, Stage


class Evidence(Out):
    """What a criterion was found to be; `met` null: it cannot be computed. `cure`: what would change it."""

    stage: Stage
    criterion: Criterion
    met: bool | None
    found: str
    cure: str


class Assessment(Out):
    """The stage at an instant, null where nobody speaks for them; with everything that the stages ask for."""

    at: Instant
    stage: Stage | None
    evidence: list[Evidence]


class Maturity(Out):
    """A unit with all below it, or the enterprise; the earliest instant first. There is no correct stage."""

    business_unit_id: UUID
    business_unit_key: str
    assessments: list[Assessment]


class NewDeclaration(In):
    """Whether people answer in public, and are let: nothing here can compute it."""

    business_unit_id: Annotated[
        str | None, Field(description="The unit's id or key; without it, the enterprise.", examples=["nordics"])
    ] = None
    open_dialogue: StrictBool
    note: Prose | None = None


class Declaration(Out):
    """What somebody declared of a unit; the latest counts."""

    id: UUID
    business_unit_id: UUID
    open_dialogue: bool
    note: str | None
    declared_by: UUID | None
    created_at: Instant
    updated_at: Instant


def maturity(unit: BusinessUnit, found: list[rules.Assessment]) -> Maturity:
    """A unit's assessments."""
    told = [Assessment.model_validate(one) for one in found]
    return Maturity(business_unit_id=unit.id, business_unit_key=unit.key, assessments=told)
