"""What a target is, and how it stands."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.kernel.errors import Conflict, Invalid
from app.measurement.kpis.rules import Better

LONGEST_DAYS: Final = 1830
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2100, 1, 1)


class TargetKind(StrEnum):
    """What a target is of."""

    ENTERPRISE = "enterprise"
    BUSINESS_UNIT = "business_unit"
    ACCOUNT = "account"


class Met(StrEnum):
    """How a target stands; ``open``: its days are not over, whatever was reached by now."""

    YES = "yes"
    NO = "no"
    OPEN = "open"
    NOT_COMPUTABLE = "not_computable"


class TargetExists(Conflict):
    """There is a target of this KPI there for the same days: two would be two truths."""

    code = "target_exists"


@dataclass(frozen=True, slots=True)
class Target:
    """What a KPI is to come to over some days, the last excluded."""

    id: UUID
    kpi_id: UUID
    kpi_key: str
    better: Better
    scope_kind: TargetKind
    business_unit_id: UUID | None
    account_id: UUID | None
    value: Decimal
    period_from: date
    period_until: date
    note: str | None
    set_by: UUID
    created_at: datetime
    updated_at: datetime
    version: int


def check_period(since: date, until: date) -> None:
    """Raises ``Invalid`` where these are no days to aim at."""
    if since >= until:
        raise Invalid.field("/period_until", "ends_before_it_begins", "A period ends after it has begun.")
    if until - since > timedelta(days=LONGEST_DAYS):
        raise Invalid.field("/period_until", "too_long", f"A target is for at most {LONGEST_DAYS} days.")
    for pointer, day in (("/period_from", since), ("/period_until", until)):
        if not EARLIEST <= day <= LATEST:
            raise Invalid.field(pointer, "out_of_range", f"A period lies between {EARLIEST} and {LATEST}.")


def standing(target: Target, actual: Decimal | None, today: date) -> Met:
    """How a target stands on a day; the value itself is good enough."""
    if today < target.period_until:
        return Met.OPEN
    if actual is None:
        return Met.NOT_COMPUTABLE
    reached = actual >= target.value if target.better is Better.HIGHER else actual <= target.value
    return Met.YES if reached else Met.NO
