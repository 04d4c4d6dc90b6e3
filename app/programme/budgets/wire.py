"""Budgets as they are written on the wire; amounts are decimal strings, and numbers are taken, too."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kernel.text import Line, Prose
from app.kernel.wire import Day, In, Instant, Out

from . import rules
from .rules import EntryKind

Amount = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2, examples=["1200.00"])]


class NewBudget(In):
    """Money for an objective in a unit, from ``starts_on`` up to, and not at, ``ends_on``."""

    objective_id: Annotated[str, Field(description="The objective's id or key.", max_length=200)]
    business_unit_id: Annotated[str, Field(description="The unit's id or key.", max_length=200, examples=["nordics"])]
    starts_on: Annotated[Day, Field(examples=["2026-01-01"])]
    ends_on: Annotated[Day, Field(examples=["2028-01-01"])]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217.", examples=["EUR"])]
    allocated: Amount
    note: Prose | None = None


class BudgetChange(In):
    """Allocate more or less, and say why."""

    allocated: Amount
    reason: Prose


class Budget(Out):
    """Money for an objective in a unit, for a time."""

    id: UUID
    objective_id: UUID
    business_unit_id: UUID
    starts_on: date
    ends_on: date
    currency: str
    allocated: Decimal
    note: str | None
    created_at: Instant
    updated_at: Instant


class NewEntry(In):
    """Something spent, or a benefit, in the currency of the budget; a benefit says by what it was measured."""

    kind: EntryKind
    amount: Amount
    occurred_on: Annotated[Day, Field(examples=["2026-06-30"])]
    basis: Annotated[Line | None, Field(examples=["Calls saved, at 4 EUR a call"])] = None
    note: Prose | None = None


class Entry(Out):
    """Something spent, or a benefit; one with ``voided_at`` counts no more."""

    id: UUID
    budget_id: UUID
    kind: EntryKind
    amount: Decimal
    occurred_on: date
    basis: str | None
    note: str | None
    voided_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Reason(In):
    """Why, kept in the audit log."""

    reason: Prose


class Return(Out):
    """What came of the budgets of one objective, unit and currency. ``roi`` null: nothing was spent, so none can be told."""

    objective_id: UUID
    business_unit_id: UUID
    currency: str
    allocated: Decimal
    spent: Decimal
    left: Decimal
    benefit: Decimal
    roi: Decimal | None


class Total(Out):
    """The same of all, in one currency."""

    currency: str
    allocated: Decimal
    spent: Decimal
    benefit: Decimal


class Returned(Out):
    """What came of budgets; amounts of different currencies are never added up."""

    formula: str
    items: list[Return]
    totals: list[Total]


def returned(found: list[rules.Returns]) -> Returned:
    """All of them, with their sums."""
    totals = [
        Total(currency=currency, allocated=allocated, spent=spent, benefit=benefit)
        for currency, allocated, spent, benefit in rules.total(found)
    ]
    return Returned(formula=rules.FORMULA, items=[Return.model_validate(one) for one in found], totals=totals)
