"""What is asked of whom, and how somebody stands: pure rules, tried with whatever there is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.rules import BusinessUnit, UnitState
from app.kernel.actor import ENTERPRISE, Place, Scope, ScopeKind
from app.learning import rules
from app.learning.rules import Count, Figures, Learner, LearningState, Whole
from app.policies.rules import Dated, InForce
from app.programme.curriculum.rules import Audience, Entry, Need
from app.programme.training.rules import Completion, Course

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY, MOMENT, SOON = timedelta(days=1), timedelta(microseconds=1), timedelta(days=30)
ROOT, SALES, FIELD, OTHER = (UUID(int=n) for n in (1, 2, 3, 4))
HERE = Place((ROOT, SALES, FIELD), "x")


def course(key="basics", days=None, retired_at=None):
    return Course(UUID(bytes=key.ljust(16).encode()), key, key.title(), days, retired_at, AT, AT, 1)


def entry(audience="everybody", of=None, need="required", unit=ROOT, since=AT - 50 * DAY):
    of = of or course()
    return Entry(
        UUID(int=9), Audience(audience), of.id, of.key, Need(need), unit, None, since, since, 1
    )  # fmt: skip


def policy(*required, scope=ENTERPRISE, begins=AT - 20 * DAY, key="care"):
    asks = [{"course": name, **({"valid_for_days": days} if days else {})} for name, days in required]
    held = InForce(UUID(int=7), key, scope, UUID(int=8), 1, {"required_training": asks})
    return Dated(held, begins, None)


def done(of, at):
    return Completion(
        UUID(int=5), UUID(int=6), of.id, of.key, of.valid_for_days, at, None, None, None, None, at, at, 1
    )  # fmt: skip


def learner(**more):
    return Learner((ROOT, SALES, FIELD), AT - 400 * DAY, **more)


def asked(asks, person=None, completions=(), at=AT):
    return rules.lessons(asks, person or learner(), completions, at, SOON)


@pytest.mark.parametrize(
    ("audience", "more", "since"),
    [
        ("everybody", {}, AT - 50 * DAY),
        ("rights_holder", {}, None),
        ("rights_holder", {"rights": [(HERE, AT - 10 * DAY), (HERE, AT - 5 * DAY)]}, AT - 10 * DAY),
        ("rights_holder", {"rights": [(HERE, AT - 90 * DAY)]}, AT - 50 * DAY),
        ("bu_liaison", {"roles": [("auditor", AT - DAY)]}, None),
        ("bu_liaison", {"roles": [("auditor", AT - 9 * DAY), ("bu_liaison", AT - DAY)]}, AT - DAY),
    ],
)
def test_the_curriculum_asks_its_audience_since_both_were_so(audience, more, since):
    (ask,) = rules.by_curriculum([entry(audience)], [course()])
    assert rules.since_when(ask, learner(**more)) == since


def test_an_entry_of_a_unit_asks_those_alone_who_work_there_or_below():
    found = [bool(asked(rules.by_curriculum([entry(unit=unit)], [course()]))) for unit in (ROOT, SALES, FIELD, OTHER)]
    assert found == [True, True, True, False]


def test_a_course_that_is_held_no_more_is_asked_by_policies_alone():
    gone = course(retired_at=AT - DAY)
    assert rules.by_curriculum([entry(of=gone)], [gone]) == []
    (ask,) = rules.by_policies([policy(("basics", None))], [gone])
    assert ask.course == gone


@pytest.mark.parametrize(
    ("scope", "since"),
    [
        (ENTERPRISE, AT - 7 * DAY),
        (Scope(ScopeKind.BUSINESS_UNIT, SALES), AT - 3 * DAY),
        (Scope(ScopeKind.NETWORK, network="linkedin"), AT - 7 * DAY),
        (Scope(ScopeKind.NETWORK, network="mastodon"), None),
        (Scope(ScopeKind.BUSINESS_UNIT, UUID(int=44)), None),
    ],
)
def test_a_policy_asks_whoever_holds_rights_where_it_holds(scope, since):
    """Where they themselves work does not matter."""
    rights = [(HERE, AT - 3 * DAY), (Place((ROOT, OTHER), "linkedin"), AT - 7 * DAY)]
    (ask,) = rules.by_policies([policy(("basics", None), scope=scope)], [course()])
    assert rules.since_when(ask, learner(rights=rights)) == since
    assert rules.since_when(ask, learner()) is None


def test_each_course_is_told_once_with_every_reason():
    of = course(days=365)
    asks = [
        *rules.by_curriculum([entry(need="recommended", of=of), entry("bu_liaison", of=of)], [of]),
        *rules.by_policies([policy(("basics", 60)), policy(("basics", None), key="more")], [of]),
    ]
    person = learner(roles=[("bu_liaison", AT - 9 * DAY)], rights=[(HERE, AT - 5 * DAY)])
    (one,) = asked(asks, person, [done(of, AT - 40 * DAY)])
    assert [why.ask.ground for why in one.reasons] == ["everybody", "role", "policy", "policy"]
    assert (one.need, one.state, one.since) == ("required", "expires_soon", AT - 40 * DAY)
    assert one.until == AT + 20 * DAY  # by the policy that wants a fresher one than the course itself
    (left,) = asked(asks[:1], person, [done(of, AT - 40 * DAY)])
    assert (left.need, left.state, left.until) == ("recommended", "done", AT + 325 * DAY)


@pytest.mark.parametrize(
    ("ago", "days", "state", "since"),
    [
        (None, 100, "missing", AT - 50 * DAY),
        (99 * DAY + 23 * timedelta(hours=1), 100, "expires_soon", None),
        (100 * DAY, 100, "expired", AT),
        (130 * DAY, 100, "expired", AT - 30 * DAY),
        (70 * DAY, 100, "expires_soon", None),
        (70 * DAY - MOMENT, 100, "done", None),
        (4000 * DAY, None, "done", None),
    ],
)
def test_how_somebody_stands_and_since_when(ago, days, state, since):
    of = course(days=days)
    completions = [] if ago is None else [done(of, AT - ago)]
    (one,) = asked(rules.by_curriculum([entry(of=of)], [of]), completions=completions)
    assert (one.state, one.since) == (state, since or AT - ago)
    assert one.until == (None if ago is None or days is None else AT - ago + days * DAY)


def test_nobody_can_have_completed_a_course_that_there_is_not():
    asks = rules.by_policies([policy(("unheard-of", None))], [course()])
    (one,) = asked(asks, learner(rights=[(HERE, AT - DAY)]), [done(course(), AT - DAY)])
    assert (one.course, one.course_key, one.state) == (None, "unheard-of", "missing")


def test_what_is_required_and_lacking_comes_first():
    courses = [course(key, 100) for key in "abcde"]
    needs = ("recommended", "required", "required", "required", "recommended")
    asks = rules.by_curriculum(
        [entry(of=of, need=need) for of, need in zip(courses, needs, strict=True)], courses
    )  # fmt: skip
    ago = {"b": 1, "c": 200, "e": 5}
    completions = [done(of, AT - ago[of.key] * DAY) for of in courses if of.key in ago]
    shown = [(one.course_key, one.state.value) for one in asked(asks, completions=completions)]
    assert shown == [("d", "missing"), ("c", "expired"), ("b", "done"), ("a", "missing"), ("e", "done")]


@given(st.integers(0, 300), st.none() | st.integers(1, 200), st.none() | st.integers(1, 200), st.integers(0, 300))
def test_time_alone_takes_it_away_and_another_who_asks_never_gives(ago, own, rule, later):
    of = course(days=own)
    person, completions = learner(rights=[(HERE, AT - DAY)]), [done(of, AT - ago * DAY)]
    taught = rules.by_curriculum([entry(of=of)], [of])
    both = [*taught, *rules.by_policies([policy(("basics", rule))], [of])]
    worse = list(LearningState).index
    (alone,), (more,) = asked(taught, person, completions), asked(both, person, completions)
    (then,) = asked(both, person, completions, AT + later * DAY)
    assert worse(more.state) <= worse(alone.state)
    assert worse(then.state) <= worse(more.state) and then.state is not LearningState.MISSING
    assert then.until == more.until


# --- units ----------------------------------------------------------------------------------------------------------


def unit(id_, key, parent=None, path=(), closed=False):
    state = UnitState.CLOSED if closed else UnitState.OPEN
    return BusinessUnit(
        id_, key, key.title(), parent, (*path, id_), None, None, "UTC", state, None, AT if closed else None, AT, AT, 1
    )


TREE = {
    one.id: one
    for one in (
        unit(ROOT, "root"),
        unit(SALES, "sales", ROOT, (ROOT,)),
        unit(FIELD, "field", SALES, (ROOT, SALES)),
        unit(OTHER, "other", ROOT, (ROOT,)),
        unit(UUID(int=5), "gone", ROOT, (ROOT,), closed=True),
    )
}


def test_whoever_works_below_counts_in_the_row_of_the_unit_directly_below():
    keys = [("basics", course()), ("deep", None)]
    counts = [
        Count(ROOT, 0, True, 2, 1, 1), Count(SALES, 0, True, 3, 1, 0), Count(FIELD, 0, True, 4, 4, 0),
        Count(FIELD, 1, False, 4, 0, 0),
    ]  # fmt: skip
    wholes = [Whole(ROOT, 2, 1, 1), Whole(SALES, 3, 1, 0), Whole(FIELD, 4, 4, 0)]
    total, rows = rules.coverage(TREE[ROOT], TREE, keys, counts, wholes)
    assert [(one.unit.key, one.below, one.figures) for one in rows] == [
        ("root", False, Figures(2, 1, 1)), ("other", True, Figures()), ("sales", True, Figures(7, 5, 0)),
    ]  # fmt: skip
    assert total.figures == Figures(9, 6, 1) and (total.figures.missing, total.figures.share) == (2, Decimal("0.6667"))
    assert [(one.course_key, one.need, one.figures) for one in rows[2].courses] == [
        ("basics", "required", Figures(7, 5, 0)), ("deep", "recommended", Figures(4, 0, 0)),
    ]  # fmt: skip
    assert [one.figures.people for one in total.courses] == [9, 4]


def test_of_nobody_there_is_no_share():
    total, rows = rules.coverage(TREE[OTHER], TREE, [], [], [])
    assert (total.figures.people, total.figures.share, len(rows)) == (0, None, 1)
    assert replace(total.figures, people=1).share == Decimal("0.0000")
