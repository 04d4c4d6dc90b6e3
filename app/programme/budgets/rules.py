"""What objectives cost and bring: allocated, spent, and benefit that was measured; and what that makes together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.kernel.errors import Conflict, Invalid

FORMULA: Final = "(benefit - spent) / spent"
"""Return on investment, as it is shown beside every figure."""
_PLACES: Final = Decimal("0.0001")


class EntryVoid(Conflict):
    """An entry is taken back once; what was wrong in it is entered anew."""

    code = "entry_void"


class EntryKind(StrEnum):
    """What an entry in a budget tells of."""

    SPENT = "spent"
    BENEFIT = "benefit"


@dataclass(frozen=True, slots=True)
class Budget:
    """Money for an objective in a unit, from ``starts_on`` up to, and not at, ``ends_on``. ``currency``: ISO 4217."""

    id: UUID
    objective_id: UUID
    business_unit_id: UUID
    starts_on: date
    ends_on: date
    currency: str
    allocated: Decimal
    note: str | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Something spent, or a benefit and by what it was measured (``basis``), in the currency of its budget."""

    id: UUID
    budget_id: UUID
    kind: EntryKind
    amount: Decimal
    occurred_on: date
    basis: str | None
    note: str | None
    voided_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Returns:
    """What came of the budgets of one objective, unit and currency."""

    objective_id: UUID
    business_unit_id: UUID
    currency: str
    allocated: Decimal
    spent: Decimal
    benefit: Decimal

    @property
    def roi(self) -> Decimal | None:
        """By ``FORMULA``, to four places; None where nothing was spent, of which no return can be told."""
        if self.spent == 0:
            return None
        return ((self.benefit - self.spent) / self.spent).quantize(_PLACES, ROUND_HALF_EVEN)

    @property
    def left(self) -> Decimal:
        """What is allocated and not spent; below zero it is overspent."""
        return self.allocated - self.spent


def total(found: Iterable[Returns]) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    """Allocated, spent and benefit by currency: sums of different currencies are never made."""
    sums: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
    for one in found:
        allocated, spent, benefit = sums.get(one.currency, (Decimal(0), Decimal(0), Decimal(0)))
        sums[one.currency] = (allocated + one.allocated, spent + one.spent, benefit + one.benefit)
    return [(currency, *sums[currency]) for currency in sorted(sums)]


def check_period(starts_on: date, ends_on: date) -> None:
    """A budget has a first day, and ends after it. Raises ``Invalid``."""
    if ends_on <= starts_on:
        raise Invalid.field("/ends_on", "not_later", "A budget ends after the day it begins on.")


def check_entry(budget: Budget, kind: EntryKind, occurred_on: date, basis: str | None, today: date) -> None:
    """Money is spent within the time of its budget; a benefit says how it was measured. Raises ``Invalid``."""
    if occurred_on > today:
        raise Invalid.field("/occurred_on", "in_the_future", "What is entered has happened.")
    if kind is EntryKind.SPENT and not budget.starts_on <= occurred_on < budget.ends_on:
        raise Invalid.field("/occurred_on", "outside_budget", "That day lies outside of the budget's time.")
    if kind is EntryKind.BENEFIT and basis is None:
        raise Invalid.field("/basis", "required", "A benefit says by what it was measured.")


def check_living(entry: Entry) -> None:
    """Raises ``EntryVoid``."""
    if entry.voided_at is not None:
        raise EntryVoid("This entry was taken back already.")
