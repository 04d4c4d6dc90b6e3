"""What a file or a feed may mean: whether an absence is plausible, and what a row changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.directory.rules import Employee
from app.kernel.errors import Conflict

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


def differences(employee: Employee, values: Mapping[str, Any]) -> dict[str, Any]:
    """What of the stated values is not so yet."""
    return {name: value for name, value in values.items() if getattr(employee, name) != value}
