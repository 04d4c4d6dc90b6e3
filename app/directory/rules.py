"""What a business unit and an employee are."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from app.kernel.actor import Place
from app.kernel.errors import Conflict, FieldError, Invalid

ROOT_ID = UUID("00000000-0000-7000-8000-000000000001")
"""The root of the tree, made by the first migration: the enterprise itself."""
ROOT_KEY = "enterprise"
MAX_DEPTH = 32
_EPOCH, _FOR_EVER = date(1900, 1, 1), date(9000, 1, 1)
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Function(StrEnum):
    """What a unit is for."""

    MARKETING = "marketing"
    COMMUNICATIONS = "communications"
    PUBLIC_RELATIONS = "public_relations"
    HUMAN_RESOURCES = "human_resources"
    LEARNING_DEVELOPMENT = "learning_development"
    SUPPLY_CHAIN = "supply_chain"
    PROCUREMENT = "procurement"
    CUSTOMER_SUPPORT = "customer_support"
    SALES = "sales"
    PRODUCT = "product"
    OTHER = "other"


class EmploymentType(StrEnum):
    """How a person is employed, as HR says; policy may keep posting rights to some of these (``employment_types``)."""

    EMPLOYEE = "employee"
    CONTRACTOR = "contractor"
    AGENCY = "agency"


class UnitState(StrEnum):
    """A unit that is ``closed`` is history: it takes nothing new and is never opened again."""

    OPEN = "open"
    CLOSED = "closed"


class UnitClosed(Conflict):
    """A closed unit keeps its history and takes nothing new."""

    code = "business_unit_closed"


class UnitCycle(Conflict):
    """A unit cannot stand below itself."""

    code = "business_unit_cycle"


class UnitNotEmpty(Conflict):
    """What the unit still holds must go elsewhere first; ``errors`` lists it."""

    code = "business_unit_not_empty"


class KeyTaken(Conflict):
    """Another of the same kind has this key; keys are never used again."""

    code = "key_taken"
    title = "The key is in use"


class EmployeeExists(Conflict):
    """HR's employee id and the user name each belong to one person for ever."""

    code = "employee_exists"


@dataclass(frozen=True, slots=True)
class BusinessUnit:
    """A node of the one tree. ``path``: ids from the root down to itself."""

    id: UUID
    key: str
    name: str
    parent_id: UUID | None
    path: tuple[UUID, ...]
    function: Function | None
    region: str | None
    timezone: str
    state: UnitState
    merged_into_id: UUID | None
    closed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def place(self) -> Place:
        return Place(self.path)


@dataclass(frozen=True, slots=True)
class Employee:
    """A person as HR states them.

    ``active`` is HR's word. Whether someone is employed at an instant is for ``employed``: joining and leaving may be
    dated ahead, and take effect on their day whether or not anybody looks.
    ``attributes``: what HR's feed states beyond these members, in the feed's own words.
    """

    id: UUID
    employee_number: str
    external_id: str | None
    user_name: str
    email: str | None
    given_name: str | None
    family_name: str | None
    display_name: str
    title: str | None
    location: str | None
    employment_type: EmploymentType
    business_unit_id: UUID
    manager_id: UUID | None
    hired_on: date | None
    terminated_on: date | None
    active: bool
    starts_at: datetime | None
    ends_at: datetime | None
    left_at: datetime | None
    deleted_at: datetime | None
    attributes: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime
    version: int

    def employed(self, at: datetime) -> bool:
        """Is this person one of us at that instant?"""
        begun = self.starts_at is None or self.starts_at <= at
        return self.active and begun and not self.over(at)

    def over(self, at: datetime) -> bool:
        """Was their last day before that instant?"""
        return self.ends_at is not None and self.ends_at <= at


class Held(NamedTuple):
    """What the directory holds of one person, as far as it was asked for: a tuple, since many are compared at once.

    ``manager``: HR's employee id of theirs. ``values``: columns of ``Employee``, in the order in which they were named.
    """

    active: bool
    business_unit_id: UUID
    manager: str | None
    values: tuple[Any, ...]


def bounds(hired_on: date | None, terminated_on: date | None, timezone: str) -> dict[str, datetime | None]:
    """The instants between which someone is employed: the first day's begin and the last day's end where their unit is."""
    zone = ZoneInfo(timezone)
    begins = hired_on if hired_on and hired_on >= _EPOCH else None  # HR's way to say "since ever"
    ends = terminated_on + timedelta(days=1) if terminated_on and terminated_on < _FOR_EVER else None
    return {
        "starts_at": datetime.combine(begins, time(), zone) if begins else None,
        "ends_at": datetime.combine(ends, time(), zone) if ends else None,
    }


def slug(name: str) -> str:
    """A key from a name: ``House - AL`` -> ``house-al``."""
    ascii_ = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_))[:60].strip("-") or "unit"


def check_key(key: str) -> str:
    """Keys are for addresses and files: lower-case letters, digits and single hyphens."""
    if len(key) > 60 or not _KEY.fullmatch(key):
        raise Invalid.field("/key", "key_form", "A key is at most 60 lower-case letters, digits and single hyphens.")
    return key


def check_timezone(name: str) -> str:
    """An IANA time zone name."""
    if name not in _timezones():
        raise Invalid.field("/timezone", "unknown_timezone", f"{name!r} is not an IANA time zone, e.g. Europe/Berlin.")
    return name


@cache
def _timezones() -> frozenset[str]:
    """They are files in folders, and whoever loads units asks for each."""
    return frozenset(available_timezones())


def check_parent(unit_id: UUID | None, parent: BusinessUnit) -> None:
    """May this unit (None: a new one) stand below that one?"""
    if parent.state is UnitState.CLOSED:
        raise UnitClosed(f"{parent.name} is closed and takes no new units.")
    if unit_id in parent.path:
        raise UnitCycle(f"{parent.name} is the unit itself or stands below it.")
    if len(parent.path) >= MAX_DEPTH:
        raise Conflict(f"The tree may be {MAX_DEPTH} levels deep.")


def check_open(unit: BusinessUnit) -> None:
    """A closed unit takes nothing new. Raises ``UnitClosed``."""
    if unit.state is UnitState.CLOSED:
        raise UnitClosed(f"{unit.name} is closed and takes nothing new.")


def check_close(unit: BusinessUnit, holdings: dict[str, int]) -> None:
    """A unit closes when nothing living is left in it; ``holdings``: what it still has, by name, in numbers."""
    if unit.id == ROOT_ID:
        raise Conflict("The enterprise itself cannot be closed or merged.")
    if unit.state is UnitState.CLOSED:
        raise UnitClosed(f"{unit.name} is closed already.")
    left = {what: n for what, n in holdings.items() if n}
    if left:
        errors = [FieldError("", what, f"{n} {what.replace('_', ' ')}") for what, n in left.items()]
        raise UnitNotEmpty(
            f"{unit.name} still has {', '.join(e.message for e in errors)}. Move or end them, or merge the unit into another.",
            errors=errors,
        )
