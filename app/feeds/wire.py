"""What HR's feeds did, and what needs a person, as they are written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.audit.rules import Event
from app.directory.rules import Employee
from app.governance.grants.rules import GrantState
from app.governance.models.rules import Right
from app.kernel.wire import Instant, Out
from app.kernel.work import Work
from app.lifecycle.wire import Alarm
from app.roles.rules import Role

from . import rules
from .rules import Did


class Subject(Out):
    """What was changed."""

    kind: str
    id: str


class Author(Out):
    """Who said so: a service client (SCIM), an employee (an import over HTTP), an operator at the command line."""

    kind: str
    id: UUID | None


class Caused(Out):
    """What followed from it, in the same transaction; its event in the audit log has the number ``seq``."""

    seq: int
    action: str
    subject: Subject


class Change(Out):
    """What HR's feed said of one person, and what that caused."""

    seq: int
    at: str
    actor: Author
    request_id: str | None
    action: Did
    employee_id: UUID
    display_name: Annotated[str | None, Field(description="As it is now.")]
    fields: Annotated[list[str], Field(description="The names of what is otherwise than before.")]
    reason: str | None
    caused: list[Caused]
    caused_more: Annotated[bool, Field(description="It caused more than is listed; the audit log has all of it.")]


class Orphan(Out):
    """An account that nobody looks after: none of its custodians is employed, or (`ahead`) none will be within 30 days.

    ``since``: when the last custodian went, or will. ``proposed_successor_id``: the last custodian's manager, else the
    nearest liaison of the unit; worked out now.
    """

    account_id: UUID
    network: str
    handle: str
    business_unit_id: UUID
    since: Instant
    ahead: bool
    last_custodian_id: UUID | None
    proposed_successor_id: UUID | None


class Review(Out):
    """A mover's right on an account of the unit left: resumed it is kept, unless it is by ``review_due_at`` it pauses.

    ``ask``: whose word counts under the model in force, the nearest first to be asked.
    """

    grant_id: UUID
    employee_id: UUID
    account_id: UUID
    business_unit_id: UUID
    right: Right
    state: GrantState
    review_due_at: Instant
    valid_until: Instant
    ask: list[UUID]


class Vacancy(Out):
    """A role that nobody holds: liaison of a unit with ``accounts`` in use, or strategist."""

    role: Role
    business_unit_id: UUID | None
    accounts: int


class Overdue(Out):
    """Somebody whose last day has passed, which nobody has written down yet; they are refused everything already."""

    employee_id: UUID
    display_name: str
    business_unit_id: UUID
    last_day: str | None
    ended_at: Instant | None


class More(Out):
    """Of which kinds there is more than is listed."""

    accounts: bool
    grants: bool
    roles: bool
    people: bool


class Needs(Out):
    """What needs a person, in the caller's part of the enterprise; of each kind at most 200.

    ``alarms``: for who looks after the whole enterprise, an unusual rate of terminations within the last seven days.
    """

    alarms: list[Alarm]
    accounts: list[Orphan]
    grants: list[Review]
    roles: list[Vacancy]
    people: list[Overdue]
    more: More


def change(one: rules.Change) -> Change:
    """A change as it is shown."""
    event = one.event
    return Change(
        seq=event.seq,
        at=event.at,
        actor=Author.model_validate(dict(rules.members(event.actor))),
        request_id=event.request_id,
        action=Did(event.action),
        employee_id=UUID(event.subject_id),
        display_name=one.employee.display_name if one.employee else None,
        fields=one.fields,
        reason=one.reason if isinstance(one.reason, str) else None,
        caused=[_caused(it) for it in one.caused],
        caused_more=one.more,
    )


def _caused(event: Event) -> Caused:
    return Caused(seq=event.seq, action=event.action, subject=Subject(kind=event.subject_kind, id=event.subject_id))


def needs(found: rules.Needs, work: Work) -> Needs:
    """What needs a person as it is shown."""
    return Needs(
        alarms=[Alarm.model_validate(one) for one in found.alarms],
        accounts=[_orphan(one) for one in found.accounts],
        grants=[_review(one, work) for one in found.grants],
        roles=[Vacancy.model_validate(one) for one in found.roles],
        people=[_overdue(one) for one in found.people],
        more=More(**{name: name in found.more for name in More.model_fields}),
    )


def _orphan(one: rules.Orphan) -> Orphan:
    account = one.account
    return Orphan(
        account_id=account.id,
        network=account.network,
        handle=account.handle,
        business_unit_id=account.business_unit_id,
        since=one.since,
        ahead=one.ahead,
        last_custodian_id=one.last_custodian_id,
        proposed_successor_id=one.successor_id,
    )


def _review(one: rules.Review, work: Work) -> Review:
    grant = one.grant
    members = {
        name: getattr(grant, name) for name in ("employee_id", "account_id", "right", "review_due_at", "valid_until")
    }
    unit = one.account.business_unit_id
    return Review(
        grant_id=grant.id, business_unit_id=unit, state=grant.state_at(work.now), ask=list(one.ask), **members
    )


def _overdue(one: Employee) -> Overdue:
    last_day = one.terminated_on.isoformat() if one.terminated_on else None
    return Overdue(
        employee_id=one.id, display_name=one.display_name, business_unit_id=one.business_unit_id, last_day=last_day,
        ended_at=one.ends_at,
    )  # fmt: skip
