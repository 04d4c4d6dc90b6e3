"""Rights in force in the scope of a policy, counted by what a version would mean for them.

Everything is asked of the database at once: there may be hundreds of thousands of them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from app.accounts.rules import LIVING
from app.accounts.tables import Account
from app.directory.store import employed
from app.directory.tables import BusinessUnit, Employee
from app.governance.grants.tables import Grant
from app.governance.models.rules import Right
from app.kernel.actor import Scope, ScopeKind
from app.policies.attestations.tables import Attestation
from app.policies.typed.rules import courses
from app.programme.training.tables import Completion, Course

from .rules import Covered, Reached

Counts = dict[str, tuple[int, int]]
SOME = 20
"""How many rights are named as examples."""


def reached(
    session: Session, scope: Scope, at: datetime, which: Mapping[str, ColumnElement[bool]]
) -> tuple[Reached, Counts]:
    """What stands in a scope; and of its rights in force, by name, how many there are, and of how many people, of which
    that is true. One pass over them all.
    """
    living = select(func.count(Account.id)).join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
    accounts = session.scalar(living.where(_inside(scope), Account.state.in_(LIVING))) or 0
    holders = func.count(Grant.employee_id.distinct())
    asked: list[ColumnElement[int]] = [func.count(), holders]
    for one in which.values():
        asked += [func.count().filter(one), func.count(Grant.employee_id.distinct()).filter(one)]
    grants, people, *rest = session.execute(_running(scope, at).with_only_columns(*asked)).one()
    counts = zip(which, zip(rest[::2], rest[1::2], strict=True), strict=True)
    return Reached(accounts, grants, people), dict(counts)


def some(session: Session, scope: Scope, at: datetime, which: ColumnElement[bool]) -> tuple[UUID, ...]:
    """Some of the rights in force in a scope of which this is true."""
    return tuple(session.scalars(_running(scope, at).where(which).order_by(Grant.id).limit(SOME)))


def condition(scope: Scope, at: datetime, rule: str, value: Any, version_id: UUID) -> ColumnElement[bool]:
    """Which rights in force a rule means something for; what each rule means is ``rules.SAYS``."""
    posts = Grant.right.in_((Right.PUBLISH, Right.ENGAGE))
    plain: Mapping[str, Any] = {
        "allowed_networks": lambda: Account.network.not_in(value),
        "allowed_tools": true,
        "attestation_required": lambda: _not_attested(version_id),
        "clearance_required": lambda: Grant.right == Right.PUBLISH,
        "employment_types": lambda: Employee.employment_type.not_in(value),
        "max_grant_days": lambda: Grant.valid_until > at + timedelta(days=value),
        "max_publishers_per_account": lambda: and_(
            Grant.right == Right.PUBLISH, Account.id.in_(_crowded(scope, at, value))
        ),
        "posting_hours": lambda: posts,
        "required_training": lambda: _untrained(value, at),
        "two_custodians": lambda: or_(Account.steward_id.is_(None), Account.backup_steward_id.is_(None)),
    }
    found: ColumnElement[bool] = plain[rule]()
    return found


def coverage(
    session: Session, scope: Scope, at: datetime, version_id: UUID, people: Select[Any] | None
) -> list[Covered]:
    """Attestations of a version by unit, of those who hold rights in its scope (and are among ``people``)."""
    return attested(session, scope, at, version_id, true() if people is None else Employee.id.in_(people))


def attested(
    session: Session, scope: Scope, at: datetime, version_id: UUID, which: ColumnElement[bool]
) -> list[Covered]:
    """The same of those employees of whom this is true."""
    who = due(scope, at, which).c
    said = and_(Attestation.employee_id == who.id, Attestation.policy_version_id == version_id)
    stmt = select(who.business_unit_id, func.count(who.id), func.count(Attestation.id)).outerjoin(Attestation, said)
    found = session.execute(stmt.group_by(who.business_unit_id).order_by(who.business_unit_id))
    return [Covered(unit_id, asked, given) for unit_id, asked, given in found]


def due(scope: Scope, at: datetime, which: ColumnElement[bool]) -> Subquery:
    """Those who hold rights in force in a scope and are with us, as far as this is true of them: their ids and units.

    In one pass: of very many people each is looked at once.
    """
    stmt = _running(scope, at).where(employed(at), which)
    return stmt.with_only_columns(Employee.id, Employee.business_unit_id).distinct().subquery()


def holders(scope: Scope, at: datetime) -> Select[Any]:
    """The ids of those who hold rights in force in a scope and are with us, as a statement to be embedded."""
    return _running(scope, at).where(employed(at)).with_only_columns(Grant.employee_id).distinct()


def _running(scope: Scope, at: datetime) -> Select[Any]:
    return (
        select(Grant.id)
        .join(Account, Account.id == Grant.account_id)
        .join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
        .join(Employee, Employee.id == Grant.employee_id)
        .where(Grant.ended_at.is_(None), Grant.valid_until > at, _inside(scope))
    )


def _inside(scope: Scope) -> ColumnElement[bool]:
    """The condition of an account (beside its unit) of standing in a scope."""
    if scope.kind is ScopeKind.BUSINESS_UNIT:
        return BusinessUnit.path.contains(scope.business_unit_id.hex if scope.business_unit_id else "")
    return Account.network == scope.network if scope.kind is ScopeKind.NETWORK else true()


def _not_attested(version_id: UUID) -> ColumnElement[bool]:
    return Grant.employee_id.not_in(select(Attestation.employee_id).where(Attestation.policy_version_id == version_id))


def _untrained(value: Any, at: datetime) -> ColumnElement[bool]:
    """Whose holder lacks one of the courses, or completed it too long ago."""
    return or_(
        false(), *(Grant.employee_id.not_in(_current(course, days, at)) for course, days in courses(value).items())
    )


def _current(course: str, days: int | None, at: datetime) -> Select[Any]:
    """Who has completed a course so lately that it counts; how long it counts by itself is the course's own word."""
    current = (
        select(Completion.employee_id)
        .join(Course, Course.id == Completion.course_id)
        .where(Course.key == course, Completion.revoked_at.is_(None))
    )
    return current if days is None else current.where(Completion.completed_at > at - timedelta(days=days))


def _crowded(scope: Scope, at: datetime, most: int) -> Select[Any]:
    publishing = _running(scope, at).where(Grant.right == Right.PUBLISH)
    people = func.count(Grant.employee_id.distinct())
    return publishing.with_only_columns(Grant.account_id).group_by(Grant.account_id).having(people > most)
