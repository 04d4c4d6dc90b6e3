"""Saying what people should learn, and taking it back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import rules as units
from app.directory import store as directory
from app.directory.rules import ROOT_ID
from app.kernel.errors import Invalid
from app.kernel.pages import Page
from app.kernel.work import Work
from app.programme.training import rules as training
from app.programme.training import store as courses
from app.programme.training.rules import Course

from . import rules, store
from .rules import Audience, Entry, Need


def entry(work: Work, id_: UUID) -> Entry:
    """One entry. Raises ``NotFound``."""
    return work.show(store.entry(work.session, id_))


def entries(work: Work, page: Page, course_ref: str | None, filters: Mapping[str, Any]) -> list[Entry]:
    """A page of entries; of a course that is not there, none."""
    of = courses.find_course(work.session, course_ref) if course_ref is not None else None
    if course_ref is not None and of is None:
        return []
    return store.page_entries(work.session, page, {**filters, "course_id": of and of.id})


def add(work: Work, audience: Audience, course_ref: str, need: Need, unit_ref: str | None) -> Entry:
    """These people should learn this course, as far as they work in a unit (its id or key; None: anywhere) or below it.

    Raises ``CourseRetired``, ``EntryExists``, ``NotFound``, ``UnitClosed``, ``Invalid``.
    """
    unit = directory.unit(work.session, unit_ref if unit_ref is not None else ROOT_ID)
    units.check_open(unit)
    of = courses.lock_course(work.session, _course(work, course_ref).id)
    training.check_takes(of, work.now)
    values = {"audience": audience, "course_id": of.id, "need": need, "business_unit_id": unit.id}
    made = store.add(work.session, work.now, values)
    audit.record(work, "curriculum_entry.created", ("curriculum_entry", made.id), after=told(made))
    return work.show(made)


def _course(work: Work, id_or_key: str) -> Course:
    found = courses.find_course(work.session, id_or_key)
    if found is None:
        raise Invalid.field("/course_id", "unknown_course", f"There is no course {id_or_key}.")
    return found


def retire(work: Work, id_: UUID, reason: str) -> Entry:
    """Ask it of nobody any more; it stays as history. Raises ``NotFound``, ``EntryRetired``, ``PreconditionFailed``."""
    before = store.lock_entry(work.session, id_)
    work.match(before)
    rules.check_taught(before)
    after = store.retire(work.session, id_, work.now)
    audit.record(
        work,
        "curriculum_entry.retired",
        ("curriculum_entry", id_),
        before=told(before),
        after=told(after),
        reason=reason,
    )
    return work.show(after)


def told(one: Entry) -> dict[str, Any]:
    """An entry as the audit log tells it."""
    names = ("audience", "course_id", "need", "business_unit_id", "retired_at")
    return {**{name: getattr(one, name) for name in names}, "course": one.course_key}
