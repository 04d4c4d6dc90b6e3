"""Observations as they are written on the wire: one, or many at once."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Discriminator, Field, StringConstraints, Tag

from app.accounts.wire import AccountRef
from app.kernel.wire import Day, In, Instant, Out
from app.measurement.kpis.wire import FigureIn, FigureOut, KpiRef

from .rules import MOST, SOURCE, Named

SourceRef = Annotated[
    str,
    StringConstraints(max_length=60, pattern=f"^{SOURCE}$"),
    Field(description="Who measured it: a tool, a network's own insights, a file.", examples=["postwell"]),
]


class NewObservation(In):
    """What a source says of an account over the days from `period_from` until before `period_until`."""

    account_id: AccountRef
    kpi_id: KpiRef
    period_from: Annotated[Day, Field(examples=["2026-01-05"])]
    period_until: Annotated[Day, Field(description="The first day after it.", examples=["2026-01-12"])]
    value: Annotated[FigureIn, Field(examples=["12"])]
    source: SourceRef

    def named(self) -> Named:
        """As the service takes it."""
        return Named(
            self.account_id, self.kpi_id, self.period_from, self.period_until, Decimal(self.value), self.source
        )


class NewObservations(In):
    """Many observations, of which all are recorded or none."""

    items: Annotated[list[NewObservation], Field(min_length=1, max_length=MOST)]


def _which(body: Any) -> str:
    return "many" if isinstance(body, dict) and "items" in body else "one"


OneOrMany = Annotated[
    Annotated[NewObservation, Tag("one")] | Annotated[NewObservations, Tag("many")], Discriminator(_which)
]
"""A body that is one observation, or has `items`."""


class Observation(Out):
    """What a source says of an account over some days, the last excluded."""

    id: UUID
    account_id: UUID
    kpi_id: UUID
    kpi_key: str
    period_from: date
    period_until: date
    value: FigureOut
    source: str
    created_at: Instant
    updated_at: Instant


class Recorded(Out):
    """What a call with many observations did: new ones, other values than before, and what was known."""

    recorded: int
    corrected: int
    unchanged: int
