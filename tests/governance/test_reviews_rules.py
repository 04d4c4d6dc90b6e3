"""Who may answer, as a function of values: nobody about their own, by whatever path; and where an item then stands."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.governance.reviews import rules
from app.governance.reviews.rules import Bench, Case, ItemState, Kind, Outcome, Reviewers
from app.kernel.actor import Place, Scope, ScopeKind
from app.kernel.errors import Invalid
from app.roles.rules import SCOPES, Appointment, Role, Slot
from tests.kit import START

PEOPLE = [UUID(int=n) for n in range(1, 8)]
UNITS = [UUID(int=100 + n) for n in range(3)]
PATHS = [(UNITS[0],), (UNITS[0], UNITS[1]), (UNITS[0], UNITS[2])]
person = st.sampled_from(PEOPLE)
places = st.builds(Place, st.sampled_from([(), *PATHS]), st.sampled_from([None, "x", "instagram"]))


@st.composite
def appointments(draw):
    role = draw(
        st.sampled_from(
            [Role.BU_LIAISON, Role.COMMUNITY_MANAGER, Role.STRATEGIST, Role.AUDITOR, Role.CONTENT_STRATEGIST]
        )
    )
    kind = draw(st.sampled_from(sorted(SCOPES[role])))
    unit = draw(st.sampled_from(UNITS)) if kind is ScopeKind.BUSINESS_UNIT else None
    network = draw(st.sampled_from(["x", "instagram"])) if kind is ScopeKind.NETWORK else None
    holder = draw(person)
    deputy = draw(st.none() | person.filter(lambda one: one != holder))
    return appointment(role, holder, deputy, Scope(kind, unit, network))


def appointment(role, holder, deputy=None, scope=Scope(ScopeKind.ENTERPRISE)):
    return Appointment(UUID(int=9), holder, role, scope, START, None, deputy, None, None, None, None, START, START, 1)


benches = st.lists(appointments(), max_size=8).map(Bench)
cases = st.builds(
    Case, st.sampled_from(Kind), places, st.none() | person, st.none() | person,
    st.frozensets(person, max_size=2), st.frozensets(person, max_size=1), st.none() | person,
)  # fmt: skip


@given(cases, benches, st.booleans())
def test_nobody_answers_about_their_own_by_any_path(case, bench, overdue):
    able = rules.reviewers(case, bench, overdue=overdue).people
    assert not able & case.holders
    assert not able & bench.deputies_of(case.holders)
    if case.requester_id in able:  # only where whoever made an appointment is the one strategist who is left
        assert case.kind is Kind.APPOINTMENTS
        others = [one for one in bench.seats(Role.STRATEGIST, case.place) if one.holder_id != case.requester_id]
        barred = case.own | bench.deputies_of(case.own)
        assert all(one.holder_id in barred for one in others)
    else:
        assert case.kind is Kind.APPOINTMENTS or not able & bench.deputies_of(case.own)


@given(cases, benches, st.booleans())
def test_whoever_may_answer_sits_there_and_nobody_else(case, bench, overdue):
    who = rules.reviewers(case, bench, overdue=overdue)
    seats = {
        (one.holder_id, deputy)
        for role in rules.LEVELS[case.kind]
        for one in bench.seats(role, case.place)
        for deputy in (one.deputy_id, None)
    }
    assert {(one.holder_id, one.deputy_id) for one in who.seats} <= seats
    for one in PEOPLE:
        if one in who.people:
            seat = rules.seat_of(case, who, bench, one)
            assert seat == one or Slot(seat, one) in who.seats
        else:
            with pytest.raises((rules.OwnReview, rules.NotTheReviewer)):
                rules.seat_of(case, who, bench, one)


@given(cases, benches)
def test_being_overdue_only_adds_people(case, bench):
    before, after = (rules.reviewers(case, bench, overdue=late) for late in (False, True))
    assert set(before.seats) <= set(after.seats) and before.role == after.role
    assert bool(before.seats) == bool(after.seats) == bool(rules.levels(case, bench))


@given(cases, benches, person)
def test_only_who_could_answer_by_themselves_can_be_told_to(case, bench, other):
    told = rules.reviewers(replace(case, reviewer_id=other), bench, overdue=False)
    if rules.could_answer(case, bench, other):
        assert {one.holder_id for one in told.seats} == {other}
        assert other not in case.holders | bench.deputies_of(case.holders)
    else:
        assert told == rules.reviewers(replace(case, reviewer_id=None), bench, overdue=False)


@given(cases, benches, person)
def test_who_has_no_role_there_answers_nothing(case, bench, other):
    assume(not any(scope.covers(case.place) for scope in bench.seats_of(other)))
    assert other not in rules.reviewers(case, bench, overdue=True).people


LIAISON, MANAGER, BOSS, BOSS2, HOLDER = PEOPLE[:5]
HERE = Scope(ScopeKind.BUSINESS_UNIT, UNITS[1])
HUB = Bench([
    appointment(Role.BU_LIAISON, LIAISON, scope=HERE), appointment(Role.COMMUNITY_MANAGER, MANAGER),
    appointment(Role.STRATEGIST, BOSS), appointment(Role.STRATEGIST, BOSS2),
])  # fmt: skip
CASE = Case(Kind.GRANTS, Place(PATHS[1], "x"), HOLDER, HOLDER)


def holders(case, bench=HUB, *, overdue=False):
    return [one.holder_id for one in rules.reviewers(case, bench, overdue=overdue).seats]


@pytest.mark.parametrize(
    ("case", "usual", "overdue"),
    [
        (CASE, [LIAISON], [LIAISON, MANAGER]),
        (replace(CASE, holder_id=LIAISON), [MANAGER], [MANAGER, BOSS, BOSS2]),
        (replace(CASE, requester_id=LIAISON, holder_id=MANAGER), [BOSS, BOSS2], [BOSS, BOSS2]),
        (replace(CASE, place=Place(PATHS[2])), [MANAGER], [MANAGER, BOSS, BOSS2]),
        (replace(CASE, reviewer_id=BOSS), [BOSS], [BOSS, LIAISON, MANAGER]),
        (replace(CASE, reviewer_id=HOLDER), [LIAISON], [LIAISON, MANAGER]),
        (Case(Kind.ACCOUNTS, CASE.place, custodians=frozenset({LIAISON, BOSS})), [MANAGER], [MANAGER, BOSS2]),
        (Case(Kind.ACCOUNTS, CASE.place, requester_id=LIAISON), [MANAGER], [MANAGER, BOSS, BOSS2]),
        (Case(Kind.APPOINTMENTS, Place(), LIAISON, BOSS), [BOSS2], [BOSS2]),
        (Case(Kind.APPOINTMENTS, Place(), BOSS2, BOSS), [BOSS], [BOSS]),
        (Case(Kind.APPOINTMENTS, Place(), BOSS, BOSS), [BOSS2], [BOSS2]),
    ],
)
def test_whose_it_is_to_answer(case, usual, overdue):
    assert (holders(case), holders(case, overdue=True)) == (usual, overdue)


def test_a_deputy_of_the_holder_does_not_answer_though_they_have_a_seat_of_their_own():
    bench = Bench([*HUB.appointments, appointment(Role.DEVELOPER, HOLDER, LIAISON)])
    assert holders(CASE, bench) == [MANAGER]
    with pytest.raises(rules.OwnReview):
        rules.seat_of(CASE, rules.reviewers(CASE, bench, overdue=False), bench, LIAISON)


def item(**more):
    at = {"due_at": START + timedelta(days=1), "ends_at": START + timedelta(days=2)}
    nothing = dict.fromkeys((
        "id", "review_id", "title", "grant_id", "appointment_id", "account_id", "right", "account", "role", "scope", "closed_at",
        "outcome", "decided_by", "principal_id", "comment", "decided_at", "created_at", "updated_at", "version",
    ))  # fmt: skip
    return rules.Item(**{**nothing, "case": CASE, "alive": True, **at, **more})


SOMEBODY = Reviewers(Role.BU_LIAISON, (Slot(LIAISON),))
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("one", "after", "state"),
    [
        ({}, DAY - MOMENT, ItemState.OPEN),
        ({}, DAY, ItemState.ESCALATED),
        ({}, 2 * DAY - MOMENT, ItemState.ESCALATED),
        ({}, 2 * DAY, ItemState.LAPSED),
        ({"alive": False}, 2 * DAY, ItemState.MOOT),
        ({"alive": False}, DAY - DAY, ItemState.MOOT),
        ({"closed_at": START}, 2 * DAY, ItemState.UNREVIEWED),
        ({"closed_at": START, "alive": False}, DAY, ItemState.MOOT),
        ({"outcome": Outcome.KEPT, "alive": False}, 2 * DAY, ItemState.KEPT),
        ({"outcome": Outcome.LAPSED, "alive": False}, DAY, ItemState.LAPSED),
    ],
)
def test_where_an_item_stands(one, after, state):
    assert rules.state(item(**one), SOMEBODY, START + after) is state


def test_without_anybody_it_is_blocked_until_it_lapses():
    states = [rules.state(item(), Reviewers(), START + after) for after in (DAY - MOMENT, DAY, 2 * DAY)]
    assert states == [ItemState.BLOCKED, ItemState.BLOCKED, ItemState.LAPSED]


def test_an_answer_is_taken_exactly_while_the_item_is_pending():
    for state in ItemState:
        now = START + (3 * DAY if state is ItemState.LAPSED else DAY)
        one = item(closed_at=START if state is ItemState.UNREVIEWED else None)
        if state in rules.PENDING:
            rules.check_pending(one, state, now)
        else:
            with pytest.raises((rules.ReviewOver, rules.NothingToAnswer)):
                rules.check_pending(one, state, now)


def test_the_usual_times_and_the_longest():
    due, ends = rules.dates(START, None, None)
    assert (due, ends) == (START + 14 * DAY, START + 21 * DAY)
    assert rules.dates(START, START + DAY, None)[1] == START + 8 * DAY
    assert rules.dates(START, None, START + 366 * DAY)
    for wrong in (
        (START, None),
        (START + DAY, START + DAY),
        (None, START + 366 * DAY + MOMENT),
        (None, START + 14 * DAY),
    ):
        with pytest.raises(Invalid):
            rules.dates(START, *wrong)


@given(st.lists(st.sampled_from(ItemState)))
def test_every_item_is_counted_once(states):
    told = rules.count(states)
    assert told.items == len(states) == sum(getattr(told, one.value) for one in ItemState)
