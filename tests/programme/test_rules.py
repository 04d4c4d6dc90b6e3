"""Until when a completion counts: pure rules, tried with whatever there is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Invalid
from app.kernel.ids import new_id
from app.programme.training import rules
from app.programme.training.rules import Completion, CompletionRevoked, Course, CourseRetired, TrainingState

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
SOMEBODY = UUID(int=1)
days = st.none() | st.integers(1, 3650)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def course(valid_for_days=None, retired_at=None):
    return Course(UUID(int=2), "basics", "Basics", valid_for_days, retired_at, AT, AT, 1)


def done(at, of=None, revoked_at=None):
    of = of or course()
    told = {"revoked_at": revoked_at, "revoked_by": None, "revoke_reason": None, "source": None}
    return Completion(
        id=new_id(), employee_id=SOMEBODY, course_id=of.id, course_key=of.key, course_valid_for_days=of.valid_for_days,
        completed_at=at, created_at=at, updated_at=at, version=1, **told,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("own", "rule", "wanted"),
    [(None, None, None), (30, None, 30), (None, 30, 30), (30, 60, 30), (60, 30, 30), (30, 30, 30)],
)
def test_the_shorter_of_course_and_rule_counts(own, rule, wanted):
    assert rules.valid_until(AT, own, rule) == (None if wanted is None else AT + wanted * DAY)


@given(instants, days, days)
def test_a_rule_only_ever_shortens(at, own, rule):
    alone, both = rules.valid_until(at, own, None), rules.valid_until(at, own, rule)
    assert both == rules.valid_until(at, rule, own)
    assert both in (alone, rules.valid_until(at, None, rule))
    if alone is not None:
        assert both is not None and both <= alone


def test_the_very_instant_of_the_end_is_expired():
    of = course(30)
    ends = AT + 30 * DAY
    assert rules.standing([done(AT)], of, ends - MOMENT).state is TrainingState.CURRENT
    assert rules.standing([done(AT)], of, ends).state is TrainingState.EXPIRED
    assert rules.standing([done(AT)], of, AT).state is TrainingState.CURRENT
    assert rules.standing([done(AT)], of, AT - MOMENT).state is TrainingState.MISSING


def test_the_newest_counts_and_what_was_revoked_or_is_of_another_course_does_not():
    of, other = course(30), replace(course(30), id=UUID(int=3))
    old, new = done(AT - 40 * DAY), done(AT - 10 * DAY)
    for order in ([old, new], [new, old]):
        found = rules.standing(order, of, AT)
        assert (found.state, found.completed_at, found.valid_until) == ("current", AT - 10 * DAY, AT + 20 * DAY)
    left = [old, replace(new, revoked_at=AT), done(AT - DAY, other)]
    assert rules.standing(left, of, AT).state is TrainingState.EXPIRED
    assert rules.standing(left[1:], of, AT) == rules.Standing(TrainingState.MISSING)


def test_for_ever_is_for_ever_unless_a_rule_says_otherwise():
    old = done(AT - 4000 * DAY)
    assert rules.standing([old], course(), AT) == rules.Standing(TrainingState.CURRENT, old.completed_at, None)
    assert rules.standing([old], course(), AT, 365).state is TrainingState.EXPIRED


@given(st.lists(instants), days, days, instants, instants)
def test_another_completion_never_makes_it_worse(ats, own, rule, at, more):
    of = course(own)
    rank = list(TrainingState)[::-1].index
    before = rules.standing(map(done, ats), of, at, rule)
    after = rules.standing(map(done, [*ats, more]), of, at, rule)
    assert rank(after.state) >= rank(before.state)
    assert (before.state is TrainingState.MISSING) == all(one > at for one in ats)


@given(st.lists(instants, min_size=1), days, days, st.integers(0, 4000))
def test_time_only_ever_takes_it_away(ats, own, rule, later):
    of, at = course(own), max(ats)
    now, then = (rules.standing(map(done, ats), of, when, rule) for when in (at, at + later * DAY))
    assert now.state is TrainingState.CURRENT
    assert then.state is not TrainingState.MISSING and then.valid_until == now.valid_until
    assert (then.state is TrainingState.EXPIRED) == (
        then.valid_until is not None and then.valid_until <= at + later * DAY
    )


def test_a_completion_has_happened():
    rules.check_past(AT, AT)
    with pytest.raises(Invalid) as refused:
        rules.check_past(AT + MOMENT, AT)
    (one,) = refused.value.errors
    assert (one.pointer, one.code) == ("/completed_at", "in_the_future")


def test_a_retired_course_takes_what_was_completed_before():
    retired = course(retired_at=AT)
    rules.check_takes(course(), AT + 100 * DAY)
    rules.check_takes(retired, AT - MOMENT)
    with pytest.raises(CourseRetired):
        rules.check_takes(retired, AT)


def test_what_was_revoked_is_recorded_again_only_where_that_is_meant():
    counts, revoked = done(AT), done(AT, revoked_at=AT)
    assert rules.held([revoked, counts], again=False) is counts
    assert rules.held([], again=False) is None and rules.held([revoked], again=True) is None
    with pytest.raises(CompletionRevoked):
        rules.held([revoked], again=False)
