from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Resource


class Kpi(Resource, Base):
    """One meaning for all. ``numerator`` and ``denominator``: keys of the parts of a ratio, which combines as they do, so
    that only what is measured says how it combines. One with ``retired_at`` is measured no more.
    """

    __tablename__ = "kpi"
    __table_args__ = (
        CheckConstraint("kind IN ('measured', 'ratio')", name="kind"),
        CheckConstraint("unit IN ('count', 'currency', 'seconds', 'percent')", name="unit"),
        CheckConstraint("(unit = 'currency') = (currency IS NOT NULL)", name="currency"),
        CheckConstraint("over_time IN ('sum', 'mean', 'latest')", name="over_time"),
        CheckConstraint("across_accounts IN ('sum', 'mean', 'none')", name="across_accounts"),
        CheckConstraint("better IN ('higher', 'lower')", name="better"),
        CheckConstraint(
            "(kind = 'ratio') = (numerator IS NOT NULL) AND (kind = 'ratio') = (denominator IS NOT NULL)"
            " AND (kind = 'ratio') = (over_time IS NULL) AND (kind = 'ratio') = (across_accounts IS NULL)",
            name="parts",
        ),
    )

    key: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    definition: Mapped[str] = mapped_column(Text)
    kind: Mapped[str]
    numerator: Mapped[str | None] = mapped_column(ForeignKey("kpi.key"))
    denominator: Mapped[str | None] = mapped_column(ForeignKey("kpi.key"))
    unit: Mapped[str]
    currency: Mapped[str | None]
    over_time: Mapped[str | None]
    across_accounts: Mapped[str | None]
    better: Mapped[str]
    activity: Mapped[bool]
    retired_at: Mapped[datetime | None]
