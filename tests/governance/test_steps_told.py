"""What a step tells of itself: why it is not as the model says, by when it is due, what is left when all is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.governance.models.rules import StepKind
from app.governance.steps.rules import (
    ROLE_OF,
    AlreadyDecided,
    Decision,
    Matter,
    NotPending,
    NotTheApprover,
    SelfApproval,
    Standing,
    Step,
    StepState,
    Verdict,
    complete,
    history,
    open_step,
    passed_after,
    seat_of,
    standing,
    valid_approvals,
)
from app.roles.rules import Slot

L, B, M, S = StepKind
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ASKER, LIAISON, LIAISON2, HUB, HUB2, STRATEGIST, DEPUTY = (UUID(int=n) for n in range(1, 8))
SEATS = {L: (Slot(LIAISON),), M: (Slot(HUB),), S: (Slot(STRATEGIST),)}


def matter(*steps, **more):
    return Matter(ASKER, ASKER, steps or (Step(L), Step(M)), **more)


def word(kind, by, principal=None, verdict=Verdict.APPROVE):
    return Decision(kind, verdict, by, principal or by, None, NOW)


def test_a_step_names_its_role_and_everybody_who_may():
    (first, second) = standing(matter(), {**SEATS, L: (Slot(LIAISON, DEPUTY), Slot(LIAISON2))}, NOW)
    assert (first.role, second.role) == (ROLE_OF[L], ROLE_OF[M])
    assert first.people == {LIAISON, DEPUTY, LIAISON2} and second.people == {HUB}


@pytest.mark.parametrize(("needed", "why"), [
    (1, "Nobody may decide it; it went up to the community manager."),
    (2, "Fewer than 2 who may decide it; it went up to the community manager."),
])  # fmt: skip
def test_why_it_went_up_is_said(needed, why):
    found = standing(matter(Step(L, needed), Step(M)), {M: (Slot(HUB), Slot(HUB2))}, NOW)
    assert found == (
        Standing(L, needed, StepState.MERGED, note=why),
        Standing(M, needed, StepState.OPEN, (Slot(HUB), Slot(HUB2))),
    )


def test_what_goes_up_takes_the_greater_number_along():
    assert [one.needed for one in standing(matter(Step(L, 1), Step(M, 2)), {M: (Slot(HUB), Slot(HUB2))}, NOW)] == [1, 2]
    found = standing(matter(Step(L, 2), Step(M, 1)), {M: (Slot(HUB), Slot(HUB2))}, NOW)
    assert [one.needed for one in found] == [2, 2]


def test_a_step_that_was_decided_above_says_by_whom_and_one_with_words_keeps_them():
    given = (word(M, HUB),)
    found = standing(matter(passed=(L, M), decisions=given), SEATS, NOW)
    assert found[0] == Standing(
        L, 1, StepState.MERGED, note="Nobody could decide it; it was decided by the community manager."
    )
    assert found[1] == Standing(M, 1, StepState.APPROVED, decisions=given)
    assert open_step(found) is None


def test_a_blocked_step_says_what_helps():
    (only,) = standing(matter(Step(S)), {}, NOW)
    assert only == Standing(
        S, 1, StepState.BLOCKED, note="Nobody is left who may decide it: appoint another strategist."
    )


def test_what_is_blocked_behind_an_open_step_stays_blocked_and_nothing_is_due_there():
    found = standing(matter(Step(L), Step(S), due_at=NOW), {L: SEATS[L]}, NOW - TICK)
    assert [(one.state, one.due_at) for one in found] == [(StepState.OPEN, NOW), (StepState.BLOCKED, None)]
    assert found[1].note.startswith("Nobody is left")
    waiting = standing(matter(due_at=NOW), SEATS, NOW - TICK)[1]
    assert waiting == Standing(M, 1, StepState.WAITING, (Slot(HUB),))


def test_at_the_instant_it_is_due_the_next_up_may_decide_it_and_that_is_said():
    early, due = (standing(matter(due_at=NOW), SEATS, at)[0] for at in (NOW - TICK, NOW))
    assert (early.seats, early.note, early.due_at) == ((Slot(LIAISON),), None, NOW)
    assert due == Standing(
        L, 1, StepState.OPEN, (Slot(LIAISON), Slot(HUB)), due_at=NOW,
        note="Overdue: the community manager may decide it too.",
    )  # fmt: skip


def test_nobody_sits_twice_at_an_overdue_step():
    seats = {**SEATS, M: (Slot(LIAISON), Slot(HUB))}
    assert standing(matter(due_at=NOW), seats, NOW)[0].seats == (Slot(LIAISON), Slot(HUB))


def test_above_the_strategist_nobody_is_asked_when_it_is_overdue():
    (only,) = standing(matter(Step(S), due_at=NOW), SEATS, NOW)
    assert (only.seats, only.note, only.due_at) == ((Slot(STRATEGIST),), None, NOW)


def test_a_deputy_of_theirs_does_not_sit_beside_who_has_used_their_word():
    one = matter(Step(M, 2), decisions=(word(M, DEPUTY, HUB2),))
    seats = {M: (Slot(HUB, DEPUTY), Slot(HUB2, DEPUTY), Slot(LIAISON, ASKER))}
    assert standing(one, seats, NOW)[0].seats == (Slot(HUB), Slot(LIAISON))


@pytest.mark.parametrize(("given", "counts"), [
    (word(L, LIAISON), True), (word(L, DEPUTY, LIAISON), True), (word(L, HUB), True),  # the next up, when it was overdue
    (word(L, LIAISON, verdict=Verdict.DENY), False), (word(M, LIAISON), False), (word(L, STRATEGIST), False),
    (word(L, LIAISON2), False), (word(L, LIAISON2, LIAISON), False), (word(L, LIAISON, LIAISON2), False),
])  # fmt: skip
def test_which_words_count(given, counts):
    seats = {L: (Slot(LIAISON, DEPUTY),), M: (Slot(HUB),), S: (Slot(STRATEGIST),)}
    one = matter(decisions=(given,))
    assert valid_approvals(one, L, seats) == ((given,) if counts else ())


def test_a_strategists_word_counts_though_nobody_is_above():
    given = word(S, STRATEGIST)
    assert valid_approvals(matter(Step(S), decisions=(given,)), S, SEATS) == (given,)
    assert valid_approvals(matter(Step(S), decisions=(given,)), S, {}) == ()


def refusal(one, person, seats=SEATS):
    with pytest.raises((AlreadyDecided, NotPending, NotTheApprover, SelfApproval)) as refused:
        seat_of(one, standing(one, seats, NOW), seats, person)
    return type(refused.value), str(refused.value)


def test_who_is_refused_is_told_why():
    done = matter(Step(L), passed=(L,), decisions=(word(L, LIAISON),))
    assert refusal(done, ASKER)[0] is SelfApproval  # said before all else
    assert refusal(done, LIAISON)[0] is AlreadyDecided
    assert refusal(done, HUB) == (NotPending, "Every step of this request has passed.")
    assert refusal(matter(), HUB) == (
        NotTheApprover, "The open step waits for a bu liaison of this unit, network or enterprise.",
    )  # fmt: skip
    assert refusal(matter(Step(S)), HUB, {}) == (
        NotTheApprover, "The open step waits for a strategist; nobody who may decide it is left.",
    )  # fmt: skip


def test_the_deputy_of_the_requester_is_told_that_it_is_for_that():
    seats = {L: (Slot(ASKER, DEPUTY), Slot(LIAISON)), M: (Slot(ASKER, HUB),)}
    assert refusal(matter(), DEPUTY, seats)[0] is SelfApproval
    assert refusal(matter(), HUB, seats)[0] is NotTheApprover  # it is another step of which they are


def test_who_stands_in_for_two_decides_in_the_first_seat_unless_one_is_their_own():
    seats = {L: (Slot(LIAISON, DEPUTY), Slot(LIAISON2, DEPUTY))}
    steps = standing(matter(), seats, NOW)
    assert seat_of(matter(), steps, seats, DEPUTY) == (steps[0], LIAISON)
    own = {L: (Slot(LIAISON, LIAISON2), Slot(LIAISON2, DEPUTY))}
    assert seat_of(matter(), standing(matter(), own, NOW), own, LIAISON2)[1] == LIAISON2


def test_what_has_passed_after_a_word():
    before = matter(Step(L), Step(B), Step(M), passed=(L,), decisions=(word(L, LIAISON),))
    steps = standing(before, SEATS, NOW)
    assert [one.state for one in steps] == [StepState.APPROVED, StepState.MERGED, StepState.OPEN]
    after = replace(before, decisions=(*before.decisions, word(M, HUB)))
    assert passed_after(after, steps, SEATS) == (L, B, M)
    assert passed_after(before, steps, SEATS) == (L,)  # no word was said
    assert passed_after(after, steps[:1], SEATS) == (L,)  # none was open


def test_a_quorum_passes_with_its_last_word_and_not_before():
    seats = {M: (Slot(HUB), Slot(HUB2)), S: SEATS[S]}
    one = matter(Step(M, 2), Step(S), decisions=(word(M, HUB),))
    steps = standing(one, seats, NOW)
    assert passed_after(one, steps, seats) == ()
    assert passed_after(replace(one, decisions=(*one.decisions, word(M, HUB2))), steps, seats) == (M,)


def test_what_waits_behind_does_not_pass_along():
    one = matter(decisions=(word(L, LIAISON),))
    assert passed_after(one, standing(matter(), SEATS, NOW), SEATS) == (L,)


def test_all_is_complete_when_every_step_of_the_route_has_passed():
    assert [complete(matter(), passed) for passed in ((), (L,), (M,), (L, M), (L, M, S))] == [
        False, False, False, True, True,
    ]  # fmt: skip


def test_history_tells_the_steps_as_they_were_left():
    denied, given = word(M, HUB, verdict=Verdict.DENY), word(L, LIAISON)
    found = history(matter(Step(L), Step(M, 2), Step(S), passed=(L,), decisions=(given, denied)))
    assert found == (
        Standing(L, 1, StepState.APPROVED, decisions=(given,)),
        Standing(M, 2, StepState.DENIED, decisions=(denied,)),
        Standing(S, 1, StepState.WAITING),
    )


def test_history_tells_of_a_step_that_went_up_beyond_the_route():
    given = word(S, STRATEGIST)
    found = history(matter(Step(M), passed=(M,), decisions=(given,)))
    assert [(one.kind, one.needed, one.state, one.decisions) for one in found] == [
        (M, 1, StepState.MERGED, ()), (S, 1, StepState.WAITING, (given,)),
    ]  # fmt: skip


def test_words_of_an_unfinished_quorum_stay_with_the_step_whatever_becomes_of_it():
    given = (word(M, HUB2),)
    short = matter(Step(M, 2), Step(S), decisions=given)
    (open_, _) = standing(short, {M: (Slot(HUB), Slot(HUB2)), S: SEATS[S]}, NOW)
    assert (open_.state, open_.seats, open_.decisions) == (StepState.OPEN, (Slot(HUB),), given)
    last = matter(Step(S, 2), decisions=(word(S, STRATEGIST),))
    (blocked,) = standing(last, {S: (Slot(STRATEGIST),)}, NOW)
    assert (blocked.state, blocked.needed, blocked.seats, blocked.decisions) == (
        StepState.BLOCKED,
        2,
        (),
        last.decisions,
    )
    (alone,) = standing(matter(Step(S, 2)), {S: (Slot(STRATEGIST),)}, NOW)
    assert (alone.state, alone.seats, alone.decisions) == (StepState.BLOCKED, (Slot(STRATEGIST),), ())
    ahead = matter(Step(L), Step(M, 2), decisions=(word(M, HUB2),))
    waiting = standing(ahead, {L: SEATS[L], M: (Slot(HUB), Slot(HUB2)), S: SEATS[S]}, NOW)[1]
    assert (waiting.state, waiting.decisions) == (StepState.WAITING, ahead.decisions)


def test_an_overdue_step_is_theirs_alone_where_nobody_is_above():
    (only,) = standing(matter(Step(L), due_at=NOW), {L: SEATS[L]}, NOW)
    assert (only.state, only.seats) == (StepState.OPEN, (Slot(LIAISON),))


def test_what_went_up_from_behind_an_open_step_does_not_pass_with_it():
    one = matter(Step(L), Step(B), Step(M))
    steps = standing(one, SEATS, NOW)
    assert [step.state for step in steps] == [StepState.OPEN, StepState.MERGED, StepState.WAITING]
    assert passed_after(replace(one, decisions=(word(L, LIAISON),)), steps, SEATS) == (L,)
