"""What a row of an HRIS export says of a person.

The columns are those of a common HRIS export; HR's employee id is who the row is about, and it is text: leading zeros
stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from app.directory.rules import Employee, EmploymentType
from app.imports.rules import Columns, Fault, date_of, text_of
from app.kernel.text import key_of
from app.lifecycle.rules import differences

COLUMNS = Columns(
    MappingProxyType(
        {
            "employee_id": ("Employee ID", "Employee Number", "Worker ID", "Person Number"),
            "first_name": ("First Name", "Given Name"),
            "last_name": ("Last Name", "Family Name", "Surname"),
            "preferred_name": ("Preferred Name", "Display Name"),
            "work_email": ("Work Email", "Work E-mail", "Email", "E-mail", "Email Address"),
            "user_name": ("User Name", "Login"),
            "job_title": ("Job Title", "Title"),
            "department": ("Department", "Business Unit", "Organization"),
            "location": ("Location",),
            "worker_type": ("Worker Type", "Employment Type"),
            "hire_date": ("Hire Date", "Start Date"),
            "termination_date": ("Termination Date", "End Date"),
            "status": ("Status", "Employment Status", "Worker Status"),
            "manager_id": ("Manager ID", "Manager Employee ID"),
        }
    ),
    optional=frozenset({"user_name"}),
)
_LONGEST_ID = 100
_WORKERS: Mapping[str, EmploymentType] = MappingProxyType(
    {
        "employee": EmploymentType.EMPLOYEE,
        "regular": EmploymentType.EMPLOYEE,
        "contractor": EmploymentType.CONTRACTOR,
        "contingent worker": EmploymentType.CONTRACTOR,
        "contingent": EmploymentType.CONTRACTOR,
        "freelancer": EmploymentType.CONTRACTOR,
        "agency": EmploymentType.AGENCY,
        "agency worker": EmploymentType.AGENCY,
        "temporary agency worker": EmploymentType.AGENCY,
    }
)
_ACTIVE: Mapping[str, bool] = MappingProxyType(
    {"active": True, "leave": True, "on leave": True, "leave of absence": True, "terminated": False, "inactive": False}
)


@dataclass(frozen=True, slots=True)
class Person:
    """What HR states of one person. ``values``: columns of ``Employee``, but for unit and manager, which are named.

    Of someone who has left no manager is stated: the last one stays, to be asked about what they leave behind.
    """

    number: str
    values: Mapping[str, Any]
    department: str
    manager: str | None
    active: bool

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
    status = text_of(cells, "status")
    stated = _ACTIVE.get(key_of(status or ""))
    if stated is None:
        raise Fault("bad_status", "status: it must be one of Active, Leave, Terminated, Inactive.")
    if not stated:
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
    return Person(number, {"employee_number": number, **_values(cells, number)}, department, manager, active)


def _values(cells: Mapping[str, str], number: str) -> dict[str, Any]:
    email = text_of(cells, "work_email", 320)
    given, family = text_of(cells, "first_name"), text_of(cells, "last_name")
    return {
        "user_name": text_of(cells, "user_name", 320) or email or number,
        "email": email,
        "given_name": given,
        "family_name": family,
        "display_name": _display_name(text_of(cells, "preferred_name"), given, family),
        "title": text_of(cells, "job_title"),
        "location": text_of(cells, "location"),
        "employment_type": _employment_type(cells),
        "hired_on": date_of(cells, "hire_date"),
        "terminated_on": date_of(cells, "termination_date"),
    }


def _display_name(preferred: str | None, given: str | None, family: str | None) -> str:
    name = preferred or " ".join(filter(None, (given, family)))
    if not name:
        raise Fault("name_missing", "The row has no name at all.")
    return name


def _employment_type(cells: Mapping[str, str]) -> EmploymentType:
    found = _WORKERS.get(key_of(text_of(cells, "worker_type") or ""))
    if found is None:
        raise Fault("bad_worker_type", "worker_type: one of Employee, Contractor, Contingent Worker, Agency is needed.")
    return found


def values_of(stated: Person, unit_id: Any, managers: Mapping[str, Employee]) -> dict[str, Any]:
    """The columns of ``Employee`` that the row states, unit and manager by our ids."""
    values = {**stated.values, "business_unit_id": unit_id}
    if not stated.active:
        return values
    return {**values, "manager_id": managers[stated.manager].id if stated.manager else None}


def is_news(stated: Person, units: Mapping[str, Any], known: Mapping[str, Employee]) -> bool:
    """Does the row say anything that we do not hold yet? ``units``: by what a department is compared by."""
    present = known.get(stated.number)
    if present is None or present.active is not stated.active or stated.place not in units:
        return True
    if stated.manager is not None and stated.manager not in known:
        return True
    return bool(differences(present, values_of(stated, units[stated.place], known)))


def surely_names(cells: list[str], place: int) -> bool:
    """Whether the id of a row with too many or too few cells is whole, and its own: first and not last, it is."""
    return place == 0 and len(cells) > 1
