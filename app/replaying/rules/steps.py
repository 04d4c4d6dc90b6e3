"""What an event does to tables. Values are those of JSON, as the log has them: the store knows the types of its columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Put:
    """A row has these values from now on; ``first``: these besides, if it was not there."""

    table: str
    key: Mapping[str, Any]
    values: Mapping[str, Any]
    first: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alter:
    """Every row that agrees with ``where`` has these values from now on."""

    table: str
    where: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Drop:
    """No row that agrees with ``where`` is there any more."""

    table: str
    where: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """From when until when somebody is employed is worked out anew, by the days and the clock of their unit."""

    person: str


@dataclass(frozen=True, slots=True)
class Redate:
    """The same for everybody of a unit who is dated ahead: its day begins at another instant than before."""

    unit: str
    at: str


@dataclass(frozen=True, slots=True)
class ReviewEnds:
    """When the first unanswered review of some grants ends is worked out anew: of one, or of those of a review."""

    grant: str | None = None
    review: str | None = None


Step = Put | Alter | Drop | Bounds | Redate | ReviewEnds
