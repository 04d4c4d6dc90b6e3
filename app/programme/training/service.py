"""Courses, and who has completed them.

Whether a completion still counts is worked out whenever somebody asks, so nothing has to happen when its time is over.
The lock of a person's completions is the person's row, as of all that is theirs.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import rules as units
from app.directory import store as directory
from app.directory.rules import Employee
from app.kernel.actor import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work

from . import rules, store
from .rules import Completion, Course, Recorded, Stated


def course(work: Work, id_or_key: str) -> Course:
    """One course by id or key. Raises ``NotFound``."""
    return work.show(store.course(work.session, id_or_key))


def courses(work: Work, page: Page, *, retired: bool | None) -> list[Course]:
    """A page of courses."""
    return store.page_courses(work.session, page, retired=retired)


def create_course(work: Work, key: str, title: str, valid_for_days: int | None) -> Course:
    """A new course. Raises ``KeyTaken``, ``Invalid``."""
    units.check_key(key)
    values = {"key": key, "title": title, "valid_for_days": valid_for_days}
    made = store.add_course(work.session, work.now, values)
    audit.record(work, "course.created", ("course", made.id), after=told(made))
    return work.show(made)


def update_course(work: Work, id_or_key: str, changes: Mapping[str, Any]) -> Course:
    """Call a course otherwise, or have its completions count longer or shorter: those of before, too.

    Raises ``NotFound``, ``CourseRetired``, ``PreconditionFailed``, ``Invalid``.
    """
    before = _held(work, id_or_key)
    if "title" in changes and changes["title"] is None:
        raise Invalid.field("/title", "required", "A course needs a title.")
    news = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not news:
        return work.show(before)
    after = store.save_course(work.session, before.id, work.now, news)
    audit.record(work, "course.updated", ("course", after.id), before=told(before), after=told(after))
    return work.show(after)


def retire_course(work: Work, id_or_key: str, reason: str) -> Course:
    """A course is held no more; what was completed counts as before. Raises ``NotFound``, ``CourseRetired``."""
    before = _held(work, id_or_key)
    after = store.save_course(work.session, before.id, work.now, {"retired_at": work.now})
    audit.record(work, "course.retired", ("course", after.id), before=told(before), after=told(after), reason=reason)
    return work.show(after)


def _held(work: Work, id_or_key: str) -> Course:
    """The course, held for a change."""
    found = store.lock_course(work.session, store.course(work.session, id_or_key).id)
    work.match(found)
    if found.retired_at is not None:
        raise rules.CourseRetired(f"The course {found.key} is retired.")
    return found


def completion(work: Work, id_: UUID) -> Completion:
    """One completion that the actor may see, else ``NotFound``."""
    return work.show(_seen(work, id_))


def _seen(work: Work, id_: UUID) -> Completion:
    found = store.completion(work.session, id_)
    person = directory.employee(work.session, found.employee_id)
    place = directory.unit(work.session, person.business_unit_id).place
    if not work.actor.may(Permission.COMPLETION_READ, place, own=person.id == work.actor.employee_id):
        raise NotFound(f"There is no completion {id_}.")
    return found


def completions(
    work: Work, page: Page, employee_id: UUID | None, course_ref: str | None, *, revoked: bool | None
) -> list[Completion]:
    """A page of the completions that the actor may see; of a course that is not there, none."""
    of = store.find_course(work.session, course_ref) if course_ref is not None else None
    if course_ref is not None and of is None:
        return []
    scopes = work.actor.scopes(Permission.COMPLETION_READ)
    seen = None
    if scopes is not None:
        seen = store.seen_by(work.actor.employee_id, directory.employee_ids_in(scopes))
    filters = {"employee_id": employee_id, "course_id": of and of.id, "revoked": revoked}
    return store.page_completions(work.session, page, filters, seen)


def complete(work: Work, person: str, course_ref: str, stated: Mapping[str, Any]) -> Recorded:
    """Somebody has completed a course; said again, it is the same. ``stated``: ``completed_at`` and ``source``.

    ``person``: by our id, HR's employee id, e-mail or user name; also one who has left, since it has happened.
    Raises ``Invalid``, ``CourseRetired``, ``SelfCompletion``, and ``CompletionRevoked`` for a client, which may not know of
    the revocation.
    """
    one = Stated(_person(work, person).id, _course(work, course_ref), **stated)
    rules.check_past(one.completed_at, work.now)
    rules.check_takes(one.course, one.completed_at)
    (done,) = record_all(work, [one], again=work.actor.employee_id is not None)
    work.show(done.completion)
    return done


def _person(work: Work, text: str) -> Employee:
    found = directory.find_employees(work.session, text)
    if not found:
        raise Invalid.field("/employee_id", "unknown_employee", "Nobody here has this id or name.")
    if len(found) > 1:
        raise Invalid.field("/employee_id", "ambiguous_employee", "Two people have this name; use the id.")
    return found[0]


def _course(work: Work, id_or_key: str) -> Course:
    found = store.find_course(work.session, id_or_key)
    if found is None:
        raise Invalid.field("/course_id", "unknown_course", f"There is no course {id_or_key}.")
    return found


def record_all(work: Work, stated: Sequence[Stated], *, again: bool = False) -> list[Recorded]:
    """Record what is not held yet of what somebody states, checked by the caller; answers all, in this order.

    ``again``: what was revoked may be recorded anew, else that raises ``CompletionRevoked``. Raises ``SelfCompletion``.
    """
    if work.actor.employee_id in {one.employee_id for one in stated}:
        raise rules.SelfCompletion("The learning system, or another strategist, records what you have completed.")
    directory.lock_employees(work.session, {one.employee_id for one in stated})
    known = store.known(work.session, stated)
    held = {one.stated: rules.held(known.get(one.stated, ()), again=again) for one in stated}
    news = list({one.stated: one for one in stated if held[one.stated] is None}.values())
    made = {one.stated: one for one in store.add_completions(work.session, work.now, news)}
    for one in made.values():
        audit.record(
            work, "completion.recorded", ("completion", one.id), after=completion_told(one), person_id=one.employee_id
        )
    return [Recorded(held[one.stated] or made[one.stated], new=one.stated in made) for one in stated]


def revoke(work: Work, id_: UUID, reason: str) -> Completion:
    """A completion was none, and counts no more. Raises ``NotFound``, ``CompletionRevoked``, ``PreconditionFailed``."""
    directory.lock_employees(work.session, [_seen(work, id_).employee_id])
    before = store.lock_completion(work.session, id_)
    work.match(before)
    if before.revoked_at is not None:
        raise rules.CompletionRevoked("This completion was revoked already.")
    after = store.revoke(work.session, id_, work.now, work.actor.employee_id, reason)
    audit.record(
        work, "completion.revoked", ("completion", id_), before=completion_told(before), after=completion_told(after),
        reason=reason, person_id=after.employee_id,
    )  # fmt: skip
    return work.show(after)


def told(one: Course) -> dict[str, Any]:
    """A course as the audit log tells it."""
    return {name: getattr(one, name) for name in ("key", "title", "valid_for_days", "retired_at")}


def completion_told(one: Completion) -> dict[str, Any]:
    """A completion as the audit log tells it; when somebody learnt what can be forgotten."""
    return {
        "employee_id": one.employee_id,
        "course_id": one.course_id,
        "course": one.course_key,
        "completed_at": Personal(one.completed_at),
        "source": Personal(one.source) if one.source is not None else None,
        "revoked_at": one.revoked_at,
    }
