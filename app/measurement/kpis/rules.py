"""What a KPI is: what it measures, how it combines, and how a figure is written."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.kernel.errors import Conflict, Invalid

SCALE: Final = 3
"""Places behind the point of what is measured."""
DIGITS: Final = 14
"""Of which these are behind it. The sum of a whole life of an account stays within 64 bits: SQLite has no more."""
FIGURE: Final = r"-?(0|[1-9][0-9]{0,10})(\.[0-9]{1,3})?"
_FIGURE: Final = re.compile(FIGURE)
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class KpiKind(StrEnum):
    """``measured``: observed on accounts. ``ratio``: worked out of two that are."""

    MEASURED = "measured"
    RATIO = "ratio"


class KpiUnit(StrEnum):
    """In what a KPI is counted. A ratio in ``percent`` is the hundredfold of the quotient of its parts."""

    COUNT = "count"
    CURRENCY = "currency"
    SECONDS = "seconds"
    PERCENT = "percent"


class OverTime(StrEnum):
    """How several periods combine; ``mean``: each weighs as many days as it has."""

    SUM = "sum"
    MEAN = "mean"
    LATEST = "latest"


class AcrossAccounts(StrEnum):
    """How several accounts combine; ``none``: not at all, e.g. because two audiences hold the same people."""

    SUM = "sum"
    MEAN = "mean"
    NONE = "none"


class Better(StrEnum):
    """Which way is the good one."""

    HIGHER = "higher"
    LOWER = "lower"


class KpiRetired(Conflict):
    """A retired KPI keeps its observations; nothing is defined or aimed at by it any more."""

    code = "kpi_retired"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One meaning of a figure, for all units. ``over_time`` and ``across_accounts`` are None for a ratio alone.

    ``activity``: a value above zero shows that the account is alive.
    """

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
    retired_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def measured(self) -> bool:
        """Is it observed, and not worked out?"""
        return self.kind is KpiKind.MEASURED


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a KPI measures, as somebody defines it: it never changes. Another meaning is another KPI."""

    kind: KpiKind
    unit: KpiUnit
    better: Better
    currency: str | None = None
    over_time: OverTime | None = None
    across_accounts: AcrossAccounts | None = None
    numerator: str | None = None
    denominator: str | None = None
    activity: bool = False


def check_meaning(said: Meaning) -> None:
    """Are all members there that its kind needs, and no others? Raises ``Invalid``."""
    needed, other = ("over_time", "across_accounts"), ("numerator", "denominator")
    if said.kind is KpiKind.RATIO:
        needed, other = other, needed
    for name in needed:
        if getattr(said, name) is None:
            raise Invalid.field(f"/{name}", "required", f"What is {said.kind} needs this.")
    for name in other:
        if getattr(said, name) is not None:
            raise Invalid.field(
                f"/{name}", "not_of_this_kind", "A ratio combines as its parts do; only a ratio has parts."
            )
    if said.kind is KpiKind.RATIO and said.activity:
        raise Invalid.field("/activity", "not_of_this_kind", "Only what is observed shows that an account is alive.")
    if (said.unit is KpiUnit.CURRENCY) != (said.currency is not None):
        raise Invalid.field("/currency", "currency", "What is counted in a currency, and only that, names it.")
    if said.currency is not None and not _CURRENCY.fullmatch(said.currency):
        raise Invalid.field("/currency", "currency", "A currency has three capital letters (ISO 4217), e.g. EUR.")


def check_parts(said: Meaning, numerator: Kpi, denominator: Kpi) -> None:
    """May these two be the parts of this ratio? Raises ``Invalid``, ``KpiRetired``."""
    for pointer, part in (("/numerator", numerator), ("/denominator", denominator)):
        if not part.measured:
            raise Invalid.field(pointer, "not_measured", f"{part.key} is a ratio itself; name what it is made of.")
        if part.retired_at is not None:
            raise KpiRetired(f"The KPI {part.key} is retired.")
    if numerator.key == denominator.key:
        raise Invalid.field("/denominator", "same_part", "A figure divided by itself says nothing.")
    if numerator.currency and denominator.currency and numerator.currency != denominator.currency:
        raise Invalid.field(
            "/denominator", "currency_differs", "The parts are in two currencies, and no rate is known."
        )
    if said.currency is not None and numerator.currency != said.currency:
        raise Invalid.field("/currency", "currency_differs", f"{numerator.key} is not counted in {said.currency}.")


def figure(text: str) -> Decimal:
    """A figure as it is written: at most eleven digits and three places. Raises ``ValueError`` in plain words."""
    if not _FIGURE.fullmatch(text):
        raise ValueError("must be a decimal number of at most 11 digits and 3 places, such as 1234.5")
    return Decimal(text)


def plain(value: Decimal) -> str:
    """A figure as it is written, without the zeros at its end."""
    return f"{value.normalize():f}" if value else "0"
