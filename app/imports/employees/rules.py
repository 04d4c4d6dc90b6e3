"""What a row of an HRIS export says of a person.

The columns are those of a common HRIS export, or of another one that ``columns`` describes; HR's employee id is who the
row is about, and it is text: leading zeros stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from app.directory.rules import EmploymentType, Held
from app.imports.columns.rules import GENERIC, preset
from app.imports.rules import Fault, date_of, text_of
from app.kernel.text import key_of

COLUMNS = preset(GENERIC)
_LONGEST_ID = 100
_WORKERS = COLUMNS.words["worker_type"]
_STATES = COLUMNS.words["status"]
_STATED = MappingProxyType(
    {
        "user_name": "user_name",
        "email": "work_email",
        "given_name": "first_name",
        "family_name": "last_name",
        "title": "job_title",
        "location": "location",
        "employment_type": "worker_type",
        "hired_on": "hire_date",
        "terminated_on": "termination_date",
    }
)
"""Column of ``Employee`` -> the field that states it. Of what a file has no column for nothing is stated."""
_STATING = frozenset(_STATED.values())
_TYPES = MappingProxyType({str(one): one for one in EmploymentType})


@dataclass(frozen=True, slots=True)
class Person:
    """What HR states of one person. ``values``: columns of ``Employee``, but for unit and manager, which are named.
    ``user_name``: under which somebody new joins, also where the file has no column for it.

    Of someone who has left no manager is stated: the last one stays, to be asked about what they leave behind.
    """

    number: str
    values: Mapping[str, Any]
    department: str
    manager: str | None
    active: bool
    user_name: str
    says_manager: bool = True

    @property
    def place(self) -> str:
        """What the department's name is compared by."""
        return key_of(self.department)


def number_of(cells: Mapping[str, str]) -> str:
    """Whose row it is. Raises ``Fault``."""
    number = text_of(cells, "employee_id", _LONGEST_ID)
    if number is None:
        raise Fault("employee_id_missing", "The row does not say whose it is: its employee id is empty.")
    return number


def active_of(cells: Mapping[str, str], today: date) -> bool:
    """Is this person employed on that day? The day of the termination date is the last one. Raises ``Fault``."""
    stated = _meant(cells, "status", _STATES) if "status" in cells else "active"
    if stated is None:
        raise Fault("bad_status", "status: it must be one of Active, Leave, Terminated, Inactive.")
    if stated != "active":
        return False
    ends = date_of(cells, "termination_date")
    return ends is None or ends >= today


def person(cells: Mapping[str, str], today: date) -> Person:
    """All that a row says. Raises ``Fault``."""
    number, active = number_of(cells), active_of(cells, today)
    department = text_of(cells, "department")
    if department is None:
        raise Fault("department_missing", "The department is empty; everybody belongs to a business unit.")
    manager = text_of(cells, "manager_id", _LONGEST_ID) if active else None
    if manager == number:
        raise Fault("own_manager", "Nobody is their own manager.")
    user_name = text_of(cells, "user_name", 320) or text_of(cells, "work_email", 320) or number
    values = {"employee_number": number, **_values(cells, user_name)}
    return Person(number, values, department, manager, active, user_name, "manager_id" in cells)


def _values(cells: Mapping[str, str], user_name: str) -> dict[str, Any]:
    given, family = text_of(cells, "first_name"), text_of(cells, "last_name")
    values = {
        "user_name": user_name,
        "email": text_of(cells, "work_email", 320),
        "given_name": given,
        "family_name": family,
        "display_name": _display_name(text_of(cells, "preferred_name"), given, family),
        "title": text_of(cells, "job_title"),
        "location": text_of(cells, "location"),
        "employment_type": _employment_type(cells) if "worker_type" in cells else None,
        "hired_on": date_of(cells, "hire_date"),
        "terminated_on": date_of(cells, "termination_date"),
    }
    if cells.keys() >= _STATING:
        return values
    return {name: value for name, value in values.items() if _STATED.get(name) is None or _STATED[name] in cells}


def _display_name(preferred: str | None, given: str | None, family: str | None) -> str:
    name = preferred or " ".join(filter(None, (given, family)))
    if not name:
        raise Fault("name_missing", "The row has no name at all.")
    return name


def _employment_type(cells: Mapping[str, str]) -> EmploymentType:
    found = _meant(cells, "worker_type", _WORKERS)
    if found is None:
        raise Fault("bad_worker_type", "worker_type: one of Employee, Contractor, Contingent Worker, Agency is needed.")
    return _TYPES[found]


def _meant(cells: Mapping[str, str], field: str, words: Mapping[str, str]) -> str | None:
    """Our word for what the cell says. Raises ``Fault``."""
    # Most often it is ours already.
    return words.get(cells[field]) or words.get(key_of(text_of(cells, field) or ""))


def values_of(stated: Person, unit_id: UUID, ids: Mapping[str, UUID]) -> dict[str, Any]:
    """The columns of ``Employee`` that the row states; ``ids``: HR's employee id of managers -> our id."""
    values = {**stated.values, "business_unit_id": unit_id}
    if not stated.active or not stated.says_manager:
        return values
    return {**values, "manager_id": ids[stated.manager] if stated.manager else None}


def is_news(stated: Person, units: Mapping[str, UUID], present: Held | None) -> bool:
    """Does the row say anything that we do not hold yet? ``units``: by what a department is compared by.

    ``present`` holds the columns of ``stated.values``, in their order.
    """
    if present is None or present.active is not stated.active or units.get(stated.place) != present.business_unit_id:
        return True
    if stated.active and stated.says_manager and stated.manager != present.manager:
        return True
    return tuple(stated.values.values()) != present.values


def outcome(stated: Person, units: Mapping[str, UUID], present: Held | None) -> tuple[str, list[str]]:
    """What a row with news does to a person (a member of ``Summary``), and which of their columns it states anew."""
    if present is None:
        return "created", []
    names = [name for (name, value), old in zip(stated.values.items(), present.values, strict=True) if value != old]
    if units.get(stated.place) != present.business_unit_id:
        names.append("business_unit_id")
    if stated.active and stated.says_manager and stated.manager != present.manager:
        names.append("manager_id")
    if present.active is not stated.active:
        names.append("active")
    return "left" if present.active and not stated.active else "updated", names


def surely_names(cells: list[str], place: int) -> bool:
    """Whether the id of a row with too many or too few cells is whole, and its own: first and not last, it is."""
    return place == 0 and len(cells) > 1
