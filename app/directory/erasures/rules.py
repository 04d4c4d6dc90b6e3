"""What is left of somebody who was erased."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.directory.rules import EmployeeExists

NOBODY = "Erased person"
"""The name that stands where theirs was."""


class PersonErased(EmployeeExists):
    """HR's id belongs to somebody whose data was erased; it is not stored again, and is nobody else's."""

    code = "person_erased"
    title = "This person's data was erased"


@dataclass(frozen=True, slots=True)
class Erased:
    """That somebody was erased, and when."""

    employee_id: UUID
    erased_at: datetime


def digest(salt: str, value: str) -> str:
    """By what an id is known again without being kept; one salt for an installation."""
    return hashlib.sha256(f"{salt}:{value}".encode()).hexdigest()


def erased_name(id_: UUID) -> str:
    """What their user name and HR's id of them are from then on."""
    return f"erased-{id_}"


def columns_of(id_: UUID) -> dict[str, Any]:
    """What stands in an employee's columns once they were erased: nothing of theirs, and what must be unique still is."""
    names = (
        "external_id", "email", "given_name", "family_name", "title", "location", "hired_on", "terminated_on", "starts_at",
        "attributes", "manager_id",
    )  # fmt: skip
    same = erased_name(id_)
    return {**dict.fromkeys(names), "employee_number": same, "user_name": same, "display_name": NOBODY}
