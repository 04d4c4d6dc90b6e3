"""Where a step stands, who may decide it, and when it has passed: rules as plain calls."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.governance.models.rules import StepKind
from app.governance.steps.rules import (
    AlreadyDecided,
    Decision,
    Matter,
    NotTheApprover,
    SelfApproval,
    Step,
    StepState,
    Verdict,
    capacity,
    complete,
    open_step,
    passed_after,
    seat_of,
    standing,
    with_decision,
    working_days_after,
)
from app.roles.rules import Slot

L, B, M, S = StepKind.ACCOUNT_LIAISON, StepKind.BENEFICIARY_LIAISON, StepKind.COMMUNITY_MANAGER, StepKind.STRATEGIST
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ASKER, LIAISON, LIAISON2, HUB, STRATEGIST, DEPUTY, STRANGER = (UUID(int=n) for n in range(1, 8))
SEATS = {L: (Slot(LIAISON),), M: (Slot(HUB),), S: (Slot(STRATEGIST),)}
HUB_AND_SPOKE = (Step(L), Step(M))


def matter(steps=HUB_AND_SPOKE, **more):
    return Matter(more.pop("requester", ASKER), more.pop("beneficiary", ASKER), steps, **more)


def word(kind, by, principal=None, verdict=Verdict.APPROVE):
    return Decision(kind, verdict, by, principal or by, None, NOW)


def states(one, seats=SEATS, at=NOW):
    return {step.kind: step.state for step in standing(one, seats, at)}


def approve(one, seats, person):
    steps = standing(one, seats, NOW)
    step, principal = seat_of(one, steps, seats, person)
    one = with_decision(one, word(step.kind, person, principal))
    passed = passed_after(one, steps, seats)
    return Matter(one.requester_id, one.beneficiary_id, one.steps, passed, one.decisions)


def test_steps_open_in_order():
    assert states(matter()) == {L: StepState.OPEN, M: StepState.WAITING}
    assert states(approve(matter(), SEATS, LIAISON)) == {L: StepState.APPROVED, M: StepState.OPEN}


def test_the_last_approval_completes():
    one = approve(approve(matter(), SEATS, LIAISON), SEATS, HUB)
    assert complete(one, one.passed)


def test_the_hub_does_not_jump_the_queue():
    one = matter()
    with pytest.raises(NotTheApprover):
        seat_of(one, standing(one, SEATS, NOW), SEATS, HUB)


@pytest.mark.parametrize("who", ["requester", "beneficiary"])
def test_neither_requester_nor_beneficiary_decides(who):
    """Attack B05."""
    one = matter(**{who: LIAISON})
    seats = {**SEATS, L: (Slot(LIAISON), Slot(LIAISON2))}
    with pytest.raises(SelfApproval):
        seat_of(one, standing(one, seats, NOW), seats, LIAISON)


def test_nor_the_deputy_of_either():
    """Attack B05."""
    seats = {**SEATS, L: (Slot(LIAISON, DEPUTY), Slot(LIAISON2))}
    one = matter(requester=LIAISON)
    with pytest.raises(SelfApproval):
        seat_of(one, standing(one, seats, NOW), seats, DEPUTY)


def test_a_deputy_with_a_seat_of_their_own_decides_in_their_own_right():
    seats = {**SEATS, L: (Slot(LIAISON, DEPUTY), Slot(DEPUTY))}
    one = matter(requester=LIAISON)
    assert seat_of(one, standing(one, seats, NOW), seats, DEPUTY)[1] == DEPUTY


def test_a_deputy_decides_in_the_seat_of_whom_they_stand_for():
    seats = {**SEATS, L: (Slot(LIAISON, DEPUTY),)}
    one = matter()
    assert seat_of(one, standing(one, seats, NOW), seats, DEPUTY)[1] == LIAISON


def test_a_deputy_and_their_principal_count_once():
    """Attack B06."""
    seats = {**SEATS, L: (Slot(LIAISON, DEPUTY), Slot(LIAISON2))}
    one = with_decision(matter((Step(L, 2),)), word(L, DEPUTY, LIAISON))
    for person in (DEPUTY, LIAISON):
        with pytest.raises(AlreadyDecided):
            seat_of(one, standing(one, seats, NOW), seats, person)
    assert open_step(standing(one, seats, NOW)).people == {LIAISON2}


def test_one_person_decides_at_most_one_step():
    seats = {L: (Slot(LIAISON),), M: (Slot(LIAISON), Slot(HUB)), S: (Slot(STRATEGIST),)}
    one = approve(matter(), seats, LIAISON)
    with pytest.raises(AlreadyDecided):
        seat_of(one, standing(one, seats, NOW), seats, LIAISON)
    assert open_step(standing(one, seats, NOW)).people == {HUB}


def test_a_step_that_nobody_may_decide_goes_up_and_says_so():
    found = standing(matter(), {**SEATS, L: ()}, NOW)
    assert [(one.kind, one.state) for one in found] == [(L, StepState.MERGED), (M, StepState.OPEN)]
    assert "community manager" in found[0].note


def test_it_goes_up_as_far_as_it_must():
    found = standing(matter(), {S: SEATS[S]}, NOW)
    assert [(one.kind, one.state) for one in found] == [
        (L, StepState.MERGED),
        (M, StepState.MERGED),
        (S, StepState.OPEN),
    ]


def test_above_the_strategist_it_is_blocked():
    one = matter((Step(S),), requester=STRATEGIST)
    assert states(one) == {S: StepState.BLOCKED}
    with pytest.raises(SelfApproval):
        seat_of(one, standing(one, SEATS, NOW), SEATS, STRATEGIST)


def test_it_is_cured_by_appointing():
    one = matter((Step(S),), requester=STRATEGIST)
    seats = {S: (Slot(STRATEGIST), Slot(STRANGER))}
    assert states(one, seats) == {S: StepState.OPEN}


def test_what_merged_passes_with_the_step_it_merged_into():
    seats = {**SEATS, L: ()}
    one = approve(matter(), seats, HUB)
    assert one.passed == (L, M)
    assert complete(one, one.passed)
    assert states(one, seats) == {L: StepState.MERGED, M: StepState.APPROVED}


def test_a_new_liaison_gets_the_step_back():
    assert states(matter(), {**SEATS, L: ()})[L] is StepState.MERGED
    assert states(matter(), SEATS)[L] is StepState.OPEN


def test_a_quorum_needs_distinct_people():
    seats = {**SEATS, L: (Slot(LIAISON), Slot(LIAISON2))}
    one = approve(matter((Step(L, 2),)), seats, LIAISON)
    assert one.passed == ()
    assert approve(one, seats, LIAISON2).passed == (L,)


def test_too_few_for_a_quorum_goes_up_and_takes_the_number_along():
    found = standing(matter((Step(L, 2),)), {**SEATS, M: (Slot(HUB), Slot(STRANGER))}, NOW)
    assert [(one.kind, one.state, one.needed) for one in found] == [(L, StepState.MERGED, 2), (M, StepState.OPEN, 2)]


def test_losing_eligibility_before_the_quorum_voids_an_approval():
    """Attack B07."""
    seats = {**SEATS, L: (Slot(LIAISON), Slot(LIAISON2), Slot(STRANGER))}
    one = approve(matter((Step(L, 2),)), seats, LIAISON)
    without = {**SEATS, L: (Slot(LIAISON2), Slot(STRANGER))}
    assert approve(one, without, LIAISON2).passed == ()


def test_a_passed_step_stays_passed():
    one = approve(matter(), SEATS, LIAISON)
    assert states(one, {**SEATS, L: ()})[L] is StepState.APPROVED


def test_an_overdue_step_may_be_decided_by_the_next_up_too():
    one = matter(due_at=NOW)
    assert open_step(standing(one, SEATS, NOW)).people == {LIAISON, HUB}
    assert open_step(standing(one, SEATS, NOW - timedelta(seconds=1))).people == {LIAISON}


def test_the_next_ups_word_on_an_overdue_step_counts():
    one = Matter(ASKER, ASKER, HUB_AND_SPOKE, due_at=NOW)
    assert passed_after(with_decision(one, word(L, HUB)), standing(one, SEATS, NOW), SEATS) == (L,)


def test_a_step_that_nobody_is_left_for_goes_up_though_enough_have_approved():
    """A word that did not count for a while, when its approver was out of office, ends no step by counting again."""
    one = with_decision(with_decision(matter((Step(M, 2),)), word(M, HUB)), word(M, LIAISON))
    seats = {M: (Slot(HUB), Slot(LIAISON)), S: (Slot(STRATEGIST), Slot(STRANGER))}
    assert states(one, seats) == {M: StepState.MERGED, S: StepState.OPEN}


def test_capacity_counts_people_not_seats():
    assert capacity([Slot(LIAISON, DEPUTY), Slot(LIAISON2, DEPUTY)]) == 2
    assert capacity([Slot(LIAISON, LIAISON2), Slot(LIAISON2, LIAISON)]) == 2
    assert capacity([Slot(LIAISON), Slot(LIAISON)]) == 1
    assert capacity([]) == 0


def test_working_days_skip_the_weekend_of_the_unit():
    friday_evening = datetime(2026, 1, 9, 23, tzinfo=UTC)
    assert working_days_after(friday_evening, 2, ZoneInfo("UTC")) == datetime(2026, 1, 13, 23, tzinfo=UTC)
    # In Tokyo it is Saturday already: Monday is the first working day after it.
    assert working_days_after(friday_evening, 1, ZoneInfo("Asia/Tokyo")) == datetime(2026, 1, 11, 23, tzinfo=UTC)


PEOPLE = [UUID(int=n) for n in range(1, 7)]
person = st.sampled_from(PEOPLE)
slot = st.builds(Slot, person, st.none() | person).filter(lambda one: one.holder_id != one.deputy_id)
seatings = st.fixed_dictionaries({kind: st.lists(slot, max_size=4).map(tuple) for kind in StepKind})
routes = st.lists(st.sampled_from(StepKind), min_size=1, unique=True).flatmap(
    lambda kinds: st.tuples(*(st.builds(Step, st.just(kind), st.integers(1, 2)) for kind in StepKind if kind in kinds))
)


@given(routes, person, person, st.data())
def test_however_the_seats_change_nobody_decides_their_own_and_nobody_twice(steps, requester, beneficiary, data):
    """Attack B05."""
    one = Matter(requester, beneficiary, steps)
    for _ in range(6):
        seats, actor = data.draw(seatings), data.draw(person)
        try:
            one = approve(one, seats, actor)
        except (SelfApproval, NotTheApprover, AlreadyDecided):
            continue
        except Exception as error:
            assert type(error).__name__ == "NotPending"
            break
        if complete(one, one.passed):
            break
    deciders = [given.decided_by for given in one.decisions]
    assert not {requester, beneficiary} & {p for given in one.decisions for p in (given.decided_by, given.principal_id)}
    assert len(set(deciders)) == len(deciders)
    if complete(one, one.passed):
        assert one.decisions


@given(routes, person, person, seatings)
def test_a_pending_matter_always_waits_for_somebody_or_says_that_it_is_blocked(steps, requester, beneficiary, seats):
    found = standing(Matter(requester, beneficiary, steps), seats, NOW)
    step = open_step(found)
    assert step is not None
    assert step.state is StepState.BLOCKED or capacity(step.seats) >= step.needed
