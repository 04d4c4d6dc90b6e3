"""Learning as it is written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kernel.wire import Instant, Out
from app.programme.curriculum.rules import Audience, Need

from . import rules, service
from .rules import Ground, LearningState


class LessonReason(Out):
    """Why a course is asked of somebody: an entry of the curriculum, or a policy for accounts on which they hold rights."""

    ground: Ground
    need: Need
    since: Instant
    audience: Audience | None
    curriculum_entry_id: UUID | None
    policy_id: UUID | None
    policy: Annotated[str | None, Field(description="The version that requires it, as `key@n`.")]
    valid_for_days: Annotated[
        int | None, Field(description="How old a completion may be by the policy; null: as the course says.")
    ]


class Lesson(Out):
    """A course that is asked of somebody. Only what a policy requires pauses rights.

    `since`: since when it stands so: completed, run out, or asked for. `until`: until when the newest completion counts.
    """

    course_id: UUID | None
    course_key: str
    course_title: str | None
    need: Need
    state: LearningState
    since: Instant
    until: Instant | None
    reasons: list[LessonReason]


class Learning(Out):
    """Everything that is asked of somebody now, what is required and lacking first."""

    employee_id: UUID
    at: Instant
    items: list[Lesson]


class LearningFigures(Out):
    """How many people are asked, and how they stand, each counted once; of nobody there is no share, and it is said why."""

    people: int
    done: int
    expired: int
    missing: int
    share: Annotated[str | None, Field(description="Done, of 1, with four decimals.")]
    not_computed: Annotated[str | None, Field(description="Why there is no share.")]


class CourseCoverage(LearningFigures):
    """One course, as far as it is required, or recommended."""

    course_id: UUID | None
    course_key: str
    course_title: str | None
    need: Need


class UnitCoverage(LearningFigures):
    """A unit's people: how many have done all that is required of them; who has not lacks something, or it has expired.

    `with_below`: with all units below it; else those alone who work in the unit itself.
    """

    business_unit_id: UUID
    business_unit_key: str
    name: str
    with_below: bool
    courses: list[CourseCoverage]


class LearningCoverage(Out):
    """A unit with all below it, and of what that is made up: its own people, and each unit directly below it."""

    at: Instant
    course_key: str | None
    total: UnitCoverage
    units: list[UnitCoverage]


def learning(found: service.Learning) -> Learning:
    """What is asked of somebody, as it is shown."""
    return Learning(employee_id=found.employee_id, at=found.at, items=[_lesson(one) for one in found.items])


def _lesson(one: rules.Lesson) -> Lesson:
    return Lesson(
        course_id=one.course.id if one.course else None, course_key=one.course_key,
        course_title=one.course.title if one.course else None, need=one.need, state=one.state, since=one.since,
        until=one.until, reasons=[_reason(why) for why in one.reasons],
    )  # fmt: skip


def _reason(why: rules.Reason) -> LessonReason:
    ask = why.ask
    return LessonReason(
        ground=ask.ground, need=ask.need, since=why.since, audience=ask.entry.audience if ask.entry else None,
        curriculum_entry_id=ask.entry.id if ask.entry else None, policy_id=ask.policy.policy_id if ask.policy else None,
        policy=ask.policy.name if ask.policy else None, valid_for_days=ask.days,
    )  # fmt: skip


def coverage(found: service.Coverage) -> LearningCoverage:
    """How a unit stands, as it is shown."""
    units = [_unit(one) for one in found.units]
    return LearningCoverage(at=found.at, course_key=found.course_key, total=_unit(found.total), units=units)


def _figures(one: rules.Figures) -> dict[str, int | str | None]:
    told: dict[str, int | str | None] = {name: getattr(one, name) for name in ("people", "done", "expired", "missing")}
    share = one.share
    return {
        **told,
        "share": None if share is None else str(share),
        "not_computed": rules.NOBODY if share is None else None,
    }


def _unit(one: rules.UnitCoverage) -> UnitCoverage:
    members = {
        "business_unit_id": one.unit.id, "business_unit_key": one.unit.key, "name": one.unit.name,
        "with_below": one.below, "courses": [_course(each) for each in one.courses],
    }  # fmt: skip
    return UnitCoverage.model_validate({**members, **_figures(one.figures)})


def _course(one: rules.CourseFigures) -> CourseCoverage:
    members = {
        "course_id": one.course.id if one.course else None, "course_key": one.course_key,
        "course_title": one.course.title if one.course else None, "need": one.need,
    }  # fmt: skip
    return CourseCoverage.model_validate({**members, **_figures(one.figures)})
