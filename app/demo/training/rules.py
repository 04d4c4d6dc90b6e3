"""What people at the demo enterprise learn, and who has."""

from dataclasses import dataclass

from app.programme.curriculum.rules import Audience, Need


@dataclass(frozen=True, slots=True)
class Lesson:
    """A course; ``days``: how long a completion counts, None for ever."""

    key: str
    title: str
    days: int | None


@dataclass(frozen=True, slots=True)
class Taught:
    """A course that some people should learn; ``unit``: as far as they work there or below."""

    audience: Audience
    course: str
    need: Need
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """Somebody completed a course, so many days before the register was founded."""

    who: str
    course: str
    days: int


BASICS, CRISIS = "social-media-basics", "crisis-drill"
COURSES = (Lesson(BASICS, "Social media basics", None), Lesson(CRISIS, "When a post goes wrong", 365))
CURRICULUM = (
    Taught(Audience.RIGHTS_HOLDER, BASICS, Need.REQUIRED),
    Taught(Audience.BU_LIAISON, BASICS, Need.REQUIRED),
    Taught(Audience.BU_LIAISON, CRISIS, Need.REQUIRED),
    Taught(Audience.COMMUNITY_MANAGER, CRISIS, Need.REQUIRED),
    Taught(Audience.EVERYBODY, BASICS, Need.RECOMMENDED, "europe"),
)
"""The last is the one to try things out with."""
PASSES = (
    Pass("employee", BASICS, 40),
    Pass("liaison", BASICS, 60),
    Pass("liaison", CRISIS, 20),
    Pass("liaison2", BASICS, 35),
    Pass("liaison2", CRISIS, 300),
    Pass("iberia.liaison", BASICS, 90),
    Pass("hub", CRISIS, 15),
    Pass("contractor", BASICS, 10),
)
"""The first is the one to try things out with; Mikael's drill is too long ago to count."""
