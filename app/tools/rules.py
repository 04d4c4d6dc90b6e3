"""What a publishing tool is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Tool:
    """A registered publishing tool; without a unit it is the centre's, and any unit may use it."""

    id: UUID
    key: str
    name: str
    vendor: str | None
    business_unit_id: UUID | None
    retired_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
