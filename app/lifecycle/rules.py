"""What a file or a feed may mean: whether an absence is plausible, and what a row changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from app.directory.rules import Employee, EmploymentType
from app.kernel.errors import Conflict
from app.kernel.text import key_of

MOST_ABSENT = 0.10
"""The share of the active workforce that a complete file may leave out without a person's word for it."""


class MassDeactivation(Conflict):
    """A complete file leaves out an implausible share of the workforce; nothing was changed."""

    code = "mass_deactivation_guard"


@dataclass(frozen=True, slots=True)
class Stated:
    """What HR says of one person. None for a member that the source does not carry is left as it is on an update."""

    employee_number: str
    values: Mapping[str, Any]
    active: bool


def check_absence(active: int, absent: int, *, confirmed: bool) -> None:
    """An implausible absence needs a person's confirmation. Raises ``MassDeactivation``."""
    if absent and not confirmed and (active == 0 or absent / active > MOST_ABSENT):
        share = f"{absent / active:.1%}" if active else "all"
        raise MassDeactivation(
            f"The file would make {absent} of {active} active people leave ({share}; {MOST_ABSENT:.0%} is plausible). "
            "Nothing was changed. Confirm the leavers if this is right."
        )


MANY_LEAVERS = 20
"""Up to so many leavers in a day are nothing unusual, whatever their share."""
UNUSUAL_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class Alarm:
    """An unusual rate of terminations was noted: ``left`` of ``active`` people since an instant."""

    seq: int
    at: str
    left: int
    active: int
    since: str


def unusual(left: int, active: int) -> bool:
    """Have so many left, of those who were active, that somebody should look? Every one of them has left all the same."""
    return left > MANY_LEAVERS and left > UNUSUAL_SHARE * active


def differences(employee: Employee, values: Mapping[str, Any]) -> dict[str, Any]:
    """What of the stated values is not so yet."""
    return {name: value for name, value in values.items() if getattr(employee, name) != value}


_EMPLOYED_AS: Mapping[str, EmploymentType] = MappingProxyType(
    {
        "employee": EmploymentType.EMPLOYEE,
        "regular": EmploymentType.EMPLOYEE,
        "contractor": EmploymentType.CONTRACTOR,
        "contingent worker": EmploymentType.CONTRACTOR,
        "contingent": EmploymentType.CONTRACTOR,
        "freelancer": EmploymentType.CONTRACTOR,
        "external": EmploymentType.CONTRACTOR,
        "agency": EmploymentType.AGENCY,
        "agency worker": EmploymentType.AGENCY,
        "temporary agency worker": EmploymentType.AGENCY,
    }
)


def employment_type_of(word: str | None) -> EmploymentType | None:
    """How HR's systems say somebody is employed, whatever the case; None for a word that says nothing of it to us."""
    return _EMPLOYED_AS.get(key_of(word or ""))
