"""Erasing a person who has left, and holding that up; each in one transaction, and the log tells of it."""

from collections.abc import Collection
from uuid import UUID

from app.audit import service as audit
from app.audit import store as audit_store
from app.directory import store as directory
from app.directory.erasures import rules as erasures
from app.directory.erasures import store as erased
from app.directory.erasures.rules import Erased
from app.directory.rules import Employee
from app.kernel.errors import NotFound
from app.kernel.pages import Page
from app.kernel.work import Work

from . import rules, store
from .rules import Hold, Quotation


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
    store.erase(work.session, employee_id, Quotation(_names(work, person)))
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


def brought_back(work: Work, ids: Collection[UUID]) -> list[UUID]:
    """Whom of these, who were erased before, an older copy of the database brought back, and who can be erased by now: who
    works here in that copy, or is held in it, cannot.
    """
    missing = set(ids) - set(erased.everyone(work.session))
    known = directory.employees(work.session, missing) if missing else {}
    gone = [id_ for id_, one in known.items() if not one.active or one.over(work.now)]
    return [id_ for id_ in sorted(gone) if store.hold_of(work.session, id_) is None]


def again(work: Work, employee_id: UUID) -> Erased:
    """Erase anew whom an older copy of the database brought back. Raises as ``erase`` does."""
    return erase(work, employee_id, "They were erased before; an older copy of the database was played in.")


def _names(work: Work, person: Employee) -> set[str]:
    """What somebody is quoted by, and was before; not what somebody else goes by, too: that quotes them as well."""
    fields = [f"{side}.{name}" for side in ("before", "after") for name in rules.CALLED]
    former = audit_store.personal_of(work.session, person.id, fields)
    names = {name for name in (*(getattr(person, one) for one in rules.CALLED), *former) if name}
    return names - erased.shared(work.session, person.id, names)


def _locked(work: Work, employee_id: UUID) -> Employee:
    found = directory.lock_employees(work.session, [employee_id]).get(employee_id)
    if found is None:
        raise NotFound("There is no such employee.")
    return found
