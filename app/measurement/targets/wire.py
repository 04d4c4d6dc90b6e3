"""Targets as they are written on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kernel.text import Prose
from app.kernel.wire import Day, In, Instant, Out
from app.measurement.comparing.wire import Remark, remarks
from app.measurement.kpis.wire import FigureIn, FigureOut, KpiRef

from .rules import Met, TargetKind
from .service import Aim, Standing


class TargetScope(In):
    """What a target is of: the enterprise, a unit with all below it (id or key), an account (id or `network:handle`)."""

    kind: TargetKind
    id: Annotated[str | None, Field(max_length=700, examples=["nordics"])] = None


class NewTarget(In):
    """What a KPI is to come to over the days from `period_from` until before `period_until`."""

    kpi_id: KpiRef
    scope: Annotated[TargetScope, Field(examples=[{"kind": "business_unit", "id": "nordics"}])]
    value: Annotated[FigureIn, Field(examples=["1000"])]
    period_from: Annotated[Day, Field(examples=["2027-01-01"])]
    period_until: Annotated[Day, Field(description="The first day after it.", examples=["2027-04-01"])]
    note: Annotated[Prose | None, Field(examples=["As agreed in the yearly plan."])] = None

    def aim(self) -> Aim:
        """As the service takes it."""
        return Aim(
            self.kpi_id, self.scope.kind, self.scope.id, self.value, self.period_from, self.period_until, self.note
        )


class TargetScopeOut(Out):
    """What a target is of."""

    kind: TargetKind
    id: UUID | None


class Target(Out):
    """What a KPI is to come to, what it comes to by now, and whether that is enough."""

    id: UUID
    kpi_id: UUID
    kpi_key: str
    scope: TargetScopeOut
    value: FigureOut
    period_from: date
    period_until: date
    note: str | None
    set_by: UUID
    actual: Annotated[FigureOut | None, Field(description="Null where it cannot be computed.")]
    met: Annotated[Met, Field(description="`open`: its days are not over.")]
    not_comparable: Annotated[list[Remark], Field(description="What to mind of `actual`.")]
    created_at: Instant
    updated_at: Instant


def shown(standing: Standing) -> Target:
    """A target as callers see it."""
    one, actual = standing.target, standing.actual
    return Target(
        id=one.id, kpi_id=one.kpi_id, kpi_key=one.kpi_key,
        scope=TargetScopeOut(kind=one.scope_kind, id=one.business_unit_id or one.account_id), value=one.value,
        period_from=one.period_from, period_until=one.period_until, note=one.note, set_by=one.set_by,
        actual=actual.value, met=standing.met, not_comparable=remarks(actual.remarks), created_at=one.created_at,
        updated_at=one.updated_at,
    )  # fmt: skip
