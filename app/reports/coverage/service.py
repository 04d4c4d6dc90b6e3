"""What policy asks of people, and who of them has done it: versions accepted, courses completed; by unit."""

from collections import Counter
from collections.abc import Iterator

from app.governance.impact import store as impact
from app.kernel.work import Work
from app.policies import store as policies
from app.policies.rules import InForce
from app.policies.typed.rules import courses
from app.programme.training import store as training
from app.programme.training.rules import Course, valid_for
from app.reports.rules import UNIT, Column, Figures, Kind, View, count, longest, share, summed
from app.reports.store import people

from . import store

ATTESTED_COLUMNS = (
    Column("policy", "Policy"),
    count("version"),
    *UNIT,
    count("due"),
    count("current"),
    count("missing"),
    count("paused"),
    Column("share", "Share", Kind.SHARE),
    Column("attest_by", "To be accepted by", Kind.INSTANT),
)
_HOLDERS = "Due is whoever is with us and holds rights, in force or to come, where the policy holds; by their own unit."
_ATTESTED_NOTES = (
    _HOLDERS,
    "Paused: of those who have not accepted the version in force, those whose time to do so is over; their rights pause.",
    "Whoever several policies ask counts with each of them, and several times in the total.",
)
TRAINED_COLUMNS = (
    Column("course", "Course"),
    Column("policy", "Required by"),
    *UNIT,
    count("due"),
    count("current"),
    count("expired"),
    count("missing"),
    Column("share", "Share", Kind.SHARE),
)
_TRAINED_NOTES = (
    _HOLDERS,
    "Current: the newest completion counts, for the course's days or the policy's, whichever are fewer; expired: no more.",
    "Whoever several policies ask for the same course counts with each of them, and several times in the total.",
    "A course that no policy in force requires is due for nobody.",
)


def attestations(work: Work, view: View) -> Figures:
    """Versions in force that have to be accepted, and by how many they were."""
    among, rows, missing_by = people(view, work.now), [], Counter[str]()
    for one in _in_force(work, view):
        if not one.rules.get("attestation_required"):
            continue
        for each in impact.attested(work.session, one.scope, work.now, one.version_id, among):
            missing = each.due - each.attested
            paused = missing if one.attest_by is None or one.attest_by <= work.now else 0
            counts = (each.due, each.attested, missing, paused, share(each.attested, each.due))
            rows.append((one.key, one.n, *view.named(each.business_unit_id), *counts, one.attest_by))
            missing_by[one.name] += missing
    rows.sort(key=lambda row: row[:3])
    totals = {key: value for key, value in summed(ATTESTED_COLUMNS, rows).items() if key != "version"}
    totals["share"] = share(sum(row[5] for row in rows), sum(row[4] for row in rows))
    chart = longest("Not accepted, by policy", "people", missing_by)
    return Figures(ATTESTED_COLUMNS, tuple(rows), totals, _ATTESTED_NOTES, bars=chart)


def training_of(work: Work, view: View) -> Figures:
    """Courses that policies in force require, and by how many they were completed."""
    among, rows, lacking = people(view, work.now), [], Counter[str]()
    for one, key, course, days in _required(work, view):
        for each in store.training(work.session, one.scope, work.now, course.id if course else None, days, among):
            counts = (each.due, each.current, each.done - each.current, each.due - each.done)
            rows.append((key, one.name, *view.named(each.business_unit_id), *counts, share(each.current, each.due)))
            lacking[key] += each.due - each.current
    rows.sort(key=lambda row: row[:3])
    totals = summed(TRAINED_COLUMNS, rows)
    totals["share"] = share(sum(row[5] for row in rows), sum(row[4] for row in rows))
    chart = longest("Missing or expired, by course", "people", lacking)
    return Figures(TRAINED_COLUMNS, tuple(rows), totals, _TRAINED_NOTES, bars=chart)


def _in_force(work: Work, view: View) -> list[InForce]:
    """The versions in force that may hold for what is in the view."""
    networks = {part.network for part in view.parts}
    found = policies.in_force(work.session, work.now)
    return [one for one in found if one.scope.network is None or networks & {None, one.scope.network}]


def _required(work: Work, view: View) -> Iterator[tuple[InForce, str, Course | None, int | None]]:
    """What each version requires: the course, and for how many days a completion of it counts there."""
    asked = [(one, courses(one.rules.get("required_training") or ())) for one in _in_force(work, view)]
    known = training.courses_by_key(work.session, {key for _, keys in asked for key in keys})
    for one, keys in asked:
        for key, by_rule in keys.items():
            course = known.get(key)
            yield one, key, course, valid_for(course.valid_for_days if course else None, by_rule)
