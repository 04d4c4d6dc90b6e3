"""Who am I, what do I hold, what waits for me."""

from typing import Annotated

from fastapi import APIRouter

from app.directory import service as directory
from app.directory.api import Employee, employee
from app.governance.approvals import service as approvals
from app.governance.approvals.api import Approval, Notice, approval, notice
from app.governance.evaluation import service as evaluation
from app.governance.grants import service as grants
from app.governance.grants.wire import Grant, grant
from app.governance.routing.wire import Reason, reasons
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.pages import Page
from app.kernel.tags import Tag
from app.kernel.wire import Instant, Out
from app.kernel.work import Work
from app.lifecycle import service as lifecycle
from app.lifecycle.wire import Alarm
from app.roles import service as roles
from app.roles.api import Appointment, appointment

router = APIRouter(prefix="/v1/me", route_class=Route, tags=[Tag.EVERYONE])

EVERYTHING = Page(limit=200, sort="id")
"""More than anybody has before them; the rest of a large review is at ``/v1/approvals``."""


class Duty(Out):
    """Something that policy asks of the caller; ``by``: from when on rights are refused without it (null: they are)."""

    reason: Reason
    by: Instant | None


class Me(Out):
    """The caller: as HR states them, their appointments in force, what waits for them, their grants.

    ``duties``: what policy asks of them to go on using their rights. ``notices``: for the hub, what units decided by
    themselves and it may still veto. ``alarms``: for strategists and auditors, what HR's feeds did that somebody should
    look at.
    """

    employee: Employee
    business_unit: str
    appointments: list[Appointment]
    approvals: list[Approval]
    duties: list[Duty]
    notices: list[Notice]
    alarms: list[Alarm]
    grants: list[Grant]


@router.get("")
def me(work: Annotated[Work, allow(Permission.ME_READ)]) -> Me:
    """Who you are, what you hold, and what waits for you."""
    who = directory.employee(work, work.me)
    unit = directory.unit(work, str(who.business_unit_id))
    work.etag = None  # what is shown is more than one resource
    return Me(
        employee=employee(who, details=True),
        business_unit=unit.name,
        appointments=[appointment(one) for one in roles.held(work, who.id)],
        approvals=[approval(one, work) for one in approvals.inbox(work, EVERYTHING)[: EVERYTHING.limit]],
        duties=[Duty(reason=reasons((one.reason,))[0], by=one.by) for one in evaluation.duties(work)],
        notices=[notice(one) for one in approvals.notices(work)],
        alarms=[Alarm.model_validate(one) for one in lifecycle.alarms(work)],
        grants=[grant(one, work.now) for one in grants.mine(work)],
    )
