"""What policy asks of people, and who of them has done it: versions accepted, courses completed; by unit."""

from collections import Counter
from collections.abc import Iterator

from app.governance.impact import store as impact
from app.kernel.actor import Scope
from app.kernel.work import Work
from app.learning import store as learning
from app.learning.rules import Ask, by_policies
from app.policies import store as policies
from app.policies.rules import InForce
from app.programme.training import store as training
from app.reports.rules import UNIT, Column, Figures, Kind, View, count, longest, share, summed
from app.reports.store import people

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
    for one, ask in _required(work, view):
        for each in learning.by_course(work.session, [(0, ask)], work.now, among):
            missing = each.people - each.done - each.expired
            counts = (each.people, each.done, each.expired, missing, share(each.done, each.people))
            rows.append((ask.course_key, one.name, *view.named(each.business_unit_id), *counts))
            lacking[ask.course_key] += each.people - each.done
    rows.sort(key=lambda row: row[:3])
    totals = summed(TRAINED_COLUMNS, rows)
    totals["share"] = share(sum(row[5] for row in rows), sum(row[4] for row in rows))
    chart = longest("Missing or expired, by course", "people", lacking)
    return Figures(TRAINED_COLUMNS, tuple(rows), totals, _TRAINED_NOTES, bars=chart)


def _in_force(work: Work, view: View) -> list[InForce]:
    """The versions in force that may hold for what is in the view."""
    found = policies.in_force(work.session, work.now)
    return [one for one in found if _concerns(one.scope, view)]


def _concerns(scope: Scope, view: View) -> bool:
    return scope.network is None or bool({part.network for part in view.parts} & {None, scope.network})


def _required(work: Work, view: View) -> Iterator[tuple[InForce, Ask]]:
    """What each version requires."""
    dated = [one for one in policies.dated(work.session) if one.holds(work.now) and _concerns(one.policy.scope, view)]
    for ask in by_policies(dated, training.courses(work.session)):
        if ask.policy is not None:
            yield ask.policy, ask
