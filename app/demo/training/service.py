"""Learning: the courses of the demo enterprise, and what its people brought with them on the first day."""

from datetime import timedelta

from app.demo.rules import FOUNDED
from app.demo.stage.service import DAY, HOUR, Founding
from app.programme.curriculum import service as curriculum
from app.programme.training import service as training

from . import rules

_QUARTER = timedelta(minutes=15)


def hold_courses(one: Founding) -> None:
    """Courses, and who should learn them; written by the content strategist."""
    with one.acting("content", FOUNDED * DAY - 6 * HOUR - _QUARTER) as work:
        for each in rules.COURSES:
            training.create_course(work, each.key, each.title, each.days)
        made = [curriculum.add(work, it.audience, it.course, it.need, it.unit) for it in rules.CURRICULUM]
    one.examples["curriculum_entry_id"] = str(made[-1].id)


def record_completions(one: Founding) -> None:
    """What people learnt before there was a register, put in by the strategist."""
    with one.acting("strategist", FOUNDED * DAY - 6 * HOUR - 2 * _QUARTER) as work:
        made = []
        for each in rules.PASSES:
            stated = {"completed_at": work.now - each.days * DAY, "source": "LMS"}
            made.append(training.complete(work, str(one.people[each.who]), each.course, stated).completion.id)
    one.examples["completion_id"] = str(made[0])
