"""KPIs as they are written on the wire, and figures: decimal texts, since a number of JSON is a binary fraction."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, PlainSerializer, StrictBool, StringConstraints, WithJsonSchema

from app.kernel.text import Line, Prose
from app.kernel.wire import In, Instant, Out

from .rules import FIGURE, AcrossAccounts, Better, KpiKind, KpiUnit, Meaning, OverTime, figure, plain


def _read(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise ValueError('must be a decimal number as a text, such as "1234.5"')  # noqa: TRY004 - as pydantic wants it
    return figure(value)


FigureIn = Annotated[
    Decimal,
    BeforeValidator(_read),
    WithJsonSchema({"type": "string", "pattern": f"^{FIGURE}$", "examples": ["1234.5"]}),
]
"""What is measured, as it is sent."""
FigureOut = Annotated[Decimal, PlainSerializer(plain, return_type=str, when_used="json")]
"""A figure as it is answered, worked out or measured."""
KpiRef = Annotated[
    str, StringConstraints(max_length=200), Field(description="The KPI's id or key.", examples=["posts"])
]
_Currency = Annotated[str, StringConstraints(max_length=3), Field(description="ISO 4217, e.g. EUR.")]
_Part = Annotated[str, StringConstraints(max_length=200), Field(description="The id or key of a measured KPI.")]


class NewKpi(In):
    """What is measured, and how it combines. A `measured` one needs `over_time` and `across_accounts`; a `ratio` combines as
    its parts do: it is the quotient of what they come to, never a mean of ratios.
    """

    key: Annotated[str, Field(examples=["link-clicks"])]
    title: Annotated[Line, Field(examples=["Link clicks"])]
    definition: Annotated[Prose, Field(examples=["Clicks on links in our posts, once for each person and day."])]
    kind: KpiKind
    unit: KpiUnit
    currency: _Currency | None = None
    over_time: Annotated[OverTime | None, Field(examples=["sum"])] = None
    across_accounts: Annotated[
        AcrossAccounts | None,
        Field(
            description="`none`: listed and never summed, e.g. audiences that hold the same people.", examples=["sum"]
        ),
    ] = None
    numerator: _Part | None = None
    denominator: _Part | None = None
    better: Better
    activity: Annotated[
        StrictBool,
        Field(description="A value above zero shows that the account is alive: it moves `last_activity_at`."),
    ] = False

    def meaning(self) -> Meaning:
        """What it measures."""
        return Meaning(**self.model_dump(exclude={"key", "title", "definition"}))


class KpiChanges(In):
    """Only the members sent are changed. What a KPI measures never does: another meaning is another KPI."""

    title: Annotated[Line | None, Field(examples=["Posts, all kinds"])] = None
    definition: Prose | None = None


class Reason(In):
    """Why, kept in the audit log."""

    reason: Prose


class Kpi(Out):
    """One meaning of a figure, for all units."""

    id: UUID
    key: str
    title: str
    definition: str
    kind: KpiKind
    numerator: str | None
    denominator: str | None
    unit: KpiUnit
    currency: str | None
    over_time: OverTime | None
    across_accounts: AcrossAccounts | None
    better: Better
    activity: bool
    retired_at: Instant | None
    created_at: Instant
    updated_at: Instant
