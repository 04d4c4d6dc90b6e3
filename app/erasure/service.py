"""Erasing a person who has left, and holding that up; each in one transaction, and the log tells of it."""

from uuid import UUID

from app.audit import service as audit
from app.directory import store as directory
from app.directory.erasures import rules as erasures
from app.directory.erasures import store as erased
from app.directory.erasures.rules import Erased
from app.directory.rules import Employee
from app.kernel.errors import NotFound
from app.kernel.pages import Page
from app.kernel.work import Work

from . import rules, store
from .rules import Hold

SHORTEST = 6
"""Of what is shorter one cannot say that a text quotes a person by it."""


def erase(work: Work, employee_id: UUID, reason: str) -> Erased:
    """Erase what says who somebody was, and every text of theirs; done twice it is done once.

    Raises ``NotFound``, ``StillEmployed``, ``Held``.
    """
    person = _locked(work, employee_id)
    done = erased.erased(work.session, employee_id)
    if done is not None:
        return done
    if person.active and not person.over(work.now):
        raise rules.StillEmployed(f"{person.display_name} works here; whoever has left can be erased.")
    hold = store.hold_of(work.session, employee_id)
    if hold is not None:
        raise rules.Held("Release it first, if the reason for it is over.", members={"hold_id": str(hold.id)})
    said = (person.email, person.user_name, person.display_name, person.employee_number, person.external_id)
    store.erase(work.session, employee_id, sorted({one for one in said if one and len(one) >= SHORTEST}))
    done = erased.add(work.session, employee_id, person.employee_number, person.external_id, work.now)
    directory.save_employee(work.session, employee_id, work.now, erasures.columns_of(employee_id))
    audit.record(work, "employee.erased", ("employee", employee_id), reason=reason, person_id=work.actor.id)
    return done


def hold(work: Work, employee_id: UUID, reason: str) -> Hold:
    """Nothing of this person is erased from now on. Raises ``NotFound``, ``Held``."""
    _locked(work, employee_id)
    if store.hold_of(work.session, employee_id) is not None:
        raise rules.Held("There is one already.")
    made = store.set_hold(work.session, employee_id, reason, work.actor.employee_id, work.now)
    audit.record(work, "legal_hold.set", ("legal_hold", made.id), after=made.as_data(), reason=reason)
    return work.show(made)


def release(work: Work, employee_id: UUID, reason: str) -> Hold:
    """The reason for holding is over. Raises ``NotFound``, ``NotHeld``."""
    _locked(work, employee_id)
    before = store.hold_of(work.session, employee_id)
    if before is None:
        raise rules.NotHeld("Nothing keeps this person's data.")
    work.match(before)
    after = store.release(work.session, employee_id, reason, work.actor.employee_id, work.now)
    audit.record(
        work,
        "legal_hold.released",
        ("legal_hold", after.id),
        before=before.as_data(),
        after=after.as_data(),
        reason=reason,
    )
    return work.show(after)


def holds(work: Work, page: Page, *, released: bool | None = None) -> list[Hold]:
    """A page of holds."""
    return store.holds(work.session, page, released=released)


def again(work: Work, ids: list[UUID]) -> int:
    """Erase anew whom an older copy of the database brought back; answers how many there were."""
    count = 0
    for id_ in ids:
        known = directory.employees(work.session, [id_])
        if id_ in known and erased.erased(work.session, id_) is None:
            erase(work, id_, "They were erased before; an older copy of the database was played in.")
            count += 1
    return count


def _locked(work: Work, employee_id: UUID) -> Employee:
    found = directory.lock_employees(work.session, [employee_id]).get(employee_id)
    if found is None:
        raise NotFound("There is no such employee.")
    return found
