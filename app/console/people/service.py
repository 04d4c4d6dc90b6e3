"""One person, as far as whoever reads may know of them."""

from dataclasses import dataclass
from uuid import UUID

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.console.frame import service as frame
from app.console.frame.service import Names
from app.directory import service as directory
from app.directory.rules import Employee
from app.governance.grants import service as grants
from app.governance.grants.rules import Grant
from app.governance.requests import service as requests
from app.governance.requests.service import Shown
from app.kernel.pages import Page
from app.kernel.work import Work
from app.roles import service as roles
from app.roles.rules import Appointment

MOST = 40


@dataclass(frozen=True, slots=True)
class Person:
    """A person; ``details``: may the reader see more than name, title and unit? Rights and requests: those that they see."""

    employee: Employee
    details: bool
    appointments: list[Appointment]
    custodian_of: list[Account]
    grants: list[Grant]
    requests: list[Shown]
    names: Names


def person(work: Work, id_: UUID) -> Person:
    """One person. Raises ``NotFound``."""
    employee = directory.employee(work, id_)
    held = roles.held(work, id_)
    rights = grants.grants(work, Page(limit=MOST, sort="-id"), None, {"employee_id": id_})[:MOST]
    asked = requests.requests(work, Page(limit=MOST, sort="-id"), {"beneficiary_id": id_})[:MOST]
    names = frame.names(
        work,
        people=[employee.manager_id, *(one.request.requester_id for one in asked)],
        account_ids=[*(one.account_id for one in rights), *(one.request.account_id for one in asked)],
        unit_ids=[employee.business_unit_id, *(one.scope.business_unit_id for one in held)],
    )
    return Person(
        employee, bool(directory.details_of(work, [employee])), held, accounts.stewarded(work.session, id_),
        rights, asked, names,
    )  # fmt: skip
