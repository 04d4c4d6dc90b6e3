"""What somebody still has to learn, and how far a unit has come."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.accounts import store as accounts
from app.directory import store as directory
from app.directory.rules import ROOT_ID, Employee
from app.governance.evaluation.service import SOON
from app.governance.grants import store as grants
from app.kernel.actor import Permission
from app.kernel.work import Work
from app.policies import store as policies
from app.programme.curriculum import store as curriculum
from app.programme.training import store as training
from app.roles import store as roles

from . import rules, store
from .rules import Ask, Learner, Lesson, UnitCoverage


@dataclass(frozen=True, slots=True)
class Learning:
    """What is asked of somebody, at an instant."""

    employee_id: UUID
    at: datetime
    items: tuple[Lesson, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How a unit stands with all below it (``total``), and of what that is made up; in one course, or in all."""

    at: datetime
    course_key: str | None
    total: UnitCoverage
    units: list[UnitCoverage]


def mine(work: Work) -> Learning:
    """What is asked of whoever acts."""
    return _learning(work, directory.employee(work.session, work.me))


def learning(work: Work, employee_id: UUID) -> Learning:
    """What is asked of somebody. Raises ``NotFound``; ``Forbidden`` where the actor may not read their completions."""
    person = directory.employee(work.session, employee_id)
    place = directory.unit(work.session, person.business_unit_id).place
    work.actor.require(Permission.COMPLETION_READ, place, own=person.id == work.actor.employee_id)
    return _learning(work, person)


def _learning(work: Work, person: Employee) -> Learning:
    if not person.employed(work.now):
        return Learning(person.id, work.now, ())
    done = training.completions_of(work.session, person.id)
    return Learning(person.id, work.now, rules.lessons(_asks(work), _learner(work, person), done, work.now, SOON))


def _learner(work: Work, person: Employee) -> Learner:
    held = roles.held_by(work.session, person.id, work.now)[0]
    granted = grants.running_of(work.session, person.id, work.now)
    places = {one.id: one.place for one in accounts.accounts(work.session, {g.account_id for g in granted}).values()}
    return Learner(
        directory.unit(work.session, person.business_unit_id).path,
        person.starts_at or person.created_at,
        roles=[(one.role, one.valid_from) for one in held],
        rights=[(places[one.account_id], one.valid_from) for one in granted],
    )


def _asks(work: Work) -> list[Ask]:
    """Everything that is asked of anybody now."""
    courses = training.courses(work.session)
    in_force = [one for one in policies.dated(work.session) if one.holds(work.now)]
    taught = curriculum.taught(work.session)
    return [*rules.by_curriculum(taught, courses), *rules.by_policies(in_force, courses)]


def coverage(work: Work, unit_ref: str | None, course_ref: str | None) -> Coverage:
    """How far a unit (its id or key; None: the enterprise) has come, with all below it. Raises ``NotFound``, ``Forbidden``.

    The number of statements is the same however many units, people and courses there are.
    """
    unit = directory.unit(work.session, unit_ref if unit_ref is not None else ROOT_ID)
    work.actor.require(Permission.REPORT_READ, unit.place)
    of = training.course(work.session, course_ref) if course_ref is not None else None
    asks = [one for one in _asks(work) if of is None or one.course_key == of.key]
    courses = {one.course_key: one.course for one in asks}
    numbers = {key: n for n, key in enumerate(courses)}
    asked = [(numbers[one.course_key], one) for one in asks]
    here = store.below(unit.id)
    total, units = rules.coverage(
        unit,
        {one.id: one for one in directory.all_units(work.session)},
        list(courses.items()),
        store.by_course(work.session, asked, work.now, here),
        store.by_person(work.session, asked, work.now, here),
    )
    return Coverage(work.now, of.key if of else None, total, units)
