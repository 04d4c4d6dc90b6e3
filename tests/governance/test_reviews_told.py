"""Who may answer an item, when it is over, and how each refusal is said: rules as plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.governance.models.rules import Right, model_named
from app.governance.reviews.rules import (
    Bench,
    Case,
    Filter,
    Item,
    ItemState,
    Kind,
    NothingToAnswer,
    NotTheReviewer,
    Outcome,
    OwnReview,
    Review,
    Reviewers,
    ReviewOver,
    ReviewState,
    check_filter,
    check_pending,
    dates,
    levels,
    reviewers,
    seat_of,
)
from app.kernel.actor import ENTERPRISE, Place
from app.kernel.errors import Invalid
from app.policies.rules import RiskTier
from app.roles.rules import Appointment, Role, Slot

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
L, M, S = Role.BU_LIAISON, Role.COMMUNITY_MANAGER, Role.STRATEGIST
ANN, BOB, EVE, DEP, ZOE = (UUID(int=n) for n in range(1, 6))


def held(role, by, deputy=None):
    blank = {one.name: None for one in fields(Appointment)}
    return Appointment(**blank | {"role": role, "scope": ENTERPRISE, "employee_id": by, "deputy_id": deputy})


def refusal(call, *words):
    with pytest.raises(Invalid) as found:
        call(*words)
    (one,) = found.value.errors
    return one.pointer, one.code, one.message


@pytest.mark.parametrize(("kinds", "asked", "said"), [
    ({Kind.GRANTS}, Filter(right=Right.PUBLISH, risk=RiskTier.HIGH), None), ({Kind.APPOINTMENTS}, Filter(role=S), None), (set(Kind), Filter(), None),
    ({Kind.GRANTS, Kind.ACCOUNTS}, Filter(risk=RiskTier.HIGH, network="x"), None),
    (set(Kind), Filter(right=Right.PUBLISH), ("right", "Accounts have no right; review them apart.")),
    ({Kind.GRANTS, Kind.APPOINTMENTS}, Filter(risk=RiskTier.HIGH), ("risk", "Appointments have no risk; review them apart.")),
    ({Kind.GRANTS, Kind.ACCOUNTS}, Filter(role=S), ("role", "Accounts have no role; review them apart.")),
])  # fmt: skip
def test_every_member_of_a_filter_means_something_for_every_kind(kinds, asked, said):
    if said is None:
        check_filter(kinds, asked)
    else:
        assert refusal(check_filter, kinds, asked) == (f"/filter/{said[0]}", "filter_not_for_kind", said[1])


def test_by_when_to_answer_and_when_silence_does():
    assert dates(NOW, None, None) == (NOW + 14 * DAY, NOW + 21 * DAY)
    assert dates(NOW, NOW + DAY, None) == (NOW + DAY, NOW + 8 * DAY)
    assert dates(NOW, NOW + DAY, NOW + 366 * DAY) == (NOW + DAY, NOW + 366 * DAY)
    early = ("/due_at", "in_the_past", "A review is due later than it begins.")
    assert refusal(dates, NOW, NOW, None) == refusal(dates, NOW, NOW - DAY, None) == early
    soon = ("/due_at", "too_soon", "A review gives whoever is to answer at least a day.")
    assert refusal(dates, NOW, NOW + DAY - TICK, None) == soon
    before = ("/ends_at", "ends_before_due", "A review ends later than it is due.")
    assert refusal(dates, NOW, NOW + 2 * DAY, NOW + 2 * DAY) == before
    late = ("/ends_at", "too_late", "A review ends within 366 days.")
    assert refusal(dates, NOW, None, NOW + 366 * DAY + TICK) == late


def test_where_a_review_stands():
    blank = {one.name: None for one in fields(Review)}
    review = Review(**blank | {"due_at": NOW, "ends_at": NOW + DAY})
    assert [review.state_at(at) for at in (NOW - TICK, NOW, NOW + DAY - TICK, NOW + DAY)] == [
        ReviewState.OPEN, ReviewState.OVERDUE, ReviewState.OVERDUE, ReviewState.OVER,
    ]  # fmt: skip
    assert replace(review, closed_at=NOW).state_at(NOW + 9 * DAY) is ReviewState.CLOSED


CASE = Case(Kind.GRANTS, Place(), holder_id=ZOE)
BENCH = Bench([held(L, ANN, DEP), held(M, BOB), held(S, EVE)])
LOW, MID, TOP = Slot(ANN, DEP), Slot(BOB), Slot(EVE)


def test_a_deputy_sits_in_a_seat_unless_they_are_barred():
    assert levels(CASE, BENCH) == ((L, (LOW,)), (M, (MID,)), (S, (TOP,)))
    assert levels(replace(CASE, holder_id=DEP), BENCH)[0] == (L, (Slot(ANN),))
    assert levels(replace(CASE, holder_id=ANN), BENCH) == ((M, (MID,)), (S, (TOP,)))


def test_whoever_made_an_appointment_reviews_it_only_where_nobody_else_can():
    made = Case(Kind.APPOINTMENTS, Place(), holder_id=ZOE, requester_id=EVE)
    assert levels(made, BENCH) == ((S, (TOP,)),)
    assert levels(made, Bench([held(S, EVE), held(S, BOB)])) == ((S, (Slot(BOB),)),)
    assert levels(replace(made, holder_id=EVE), BENCH) == ()
    assert levels(replace(CASE, requester_id=EVE), Bench([held(S, EVE)])) == ()


def test_who_may_answer_now():
    told = replace(CASE, reviewer_id=EVE)
    assert reviewers(CASE, BENCH, overdue=False) == Reviewers(L, (LOW,))
    assert reviewers(CASE, BENCH, overdue=True) == Reviewers(L, (LOW, MID))
    assert reviewers(told, BENCH, overdue=False) == Reviewers(S, (TOP,))
    assert reviewers(told, BENCH, overdue=True) == Reviewers(S, (TOP, LOW, MID))
    assert reviewers(replace(CASE, reviewer_id=BOB), BENCH, overdue=True) == Reviewers(M, (MID, LOW))
    assert reviewers(replace(CASE, reviewer_id=ZOE), BENCH, overdue=False) == Reviewers(L, (LOW,))
    assert reviewers(CASE, Bench([]), overdue=True) == Reviewers() and Reviewers(L, (LOW, MID)).people == {
        ANN,
        DEP,
        BOB,
    }


def refused(case, who, bench, person):
    with pytest.raises((OwnReview, NotTheReviewer)) as found:
        seat_of(case, who, bench, person)
    return type(found.value).__name__, str(found.value)


def test_in_which_seat_somebody_answers_and_why_not():
    who = reviewers(CASE, BENCH, overdue=True)
    assert [seat_of(CASE, who, BENCH, one) for one in (ANN, DEP, BOB)] == [ANN, ANN, BOB]
    both = Bench([held(L, ANN, BOB), held(L, BOB, DEP)])
    assert seat_of(CASE, reviewers(CASE, both, overdue=False), both, BOB) == BOB
    two = Bench([held(L, ANN, DEP), held(L, BOB, DEP)])
    assert seat_of(CASE, reviewers(CASE, two, overdue=False), two, DEP) == ANN
    own = "It is or was yours, you asked for it, or you are a deputy of somebody whose it is; that is for another."
    assert refused(CASE, who, BENCH, ZOE) == ("OwnReview", own)
    waits = ("NotTheReviewer", "This item waits for a bu liaison.")
    assert refused(CASE, who, BENCH, EVE) == waits
    nobody = ("NotTheReviewer", "This item waits until somebody is appointed who may answer it.")
    assert refused(CASE, Reviewers(), BENCH, EVE) == nobody


ITEM = Item(**{one.name: None for one in fields(Item)} | dict(case=CASE, alive=True, due_at=NOW, ends_at=NOW + DAY))


@pytest.mark.parametrize(("item", "where", "at", "said"), [
    *((ITEM, where, NOW, None) for where in (ItemState.OPEN, ItemState.ESCALATED, ItemState.BLOCKED)),
    (ITEM, ItemState.OPEN, NOW + DAY - TICK, None),
    (ITEM, ItemState.KEPT, NOW, (NothingToAnswer, "It was kept already.")), (ITEM, ItemState.ENDED, NOW + 9 * DAY, (NothingToAnswer, "It was ended already.")),
    (replace(ITEM, closed_at=NOW), ItemState.MOOT, NOW, (NothingToAnswer, "What it is about has ended.")),
    (replace(ITEM, closed_at=NOW), ItemState.OPEN, NOW, (ReviewOver, "The review was closed.")),
    (ITEM, ItemState.OPEN, NOW + DAY, (ReviewOver, "The review is over.")), (ITEM, ItemState.LAPSED, NOW, (ReviewOver, "The review is over.")),
    (replace(ITEM, closed_at=NOW), ItemState.UNREVIEWED, NOW, (ReviewOver, "The review was closed.")),
])  # fmt: skip
def test_what_takes_an_answer(item, where, at, said):
    if said is None:
        check_pending(item, where, at)
        return
    with pytest.raises(said[0]) as found:
        check_pending(item, where, at)
    assert str(found.value) == said[1]
    assert item.kind is Kind.GRANTS and set(Outcome) == {"kept", "ended", "lapsed"}


def test_a_model_that_is_unknown_is_named():
    with pytest.raises(Invalid) as found:
        model_named("matrix")
    (one,) = found.value.errors
    told = "'matrix' is not one of decentralized, centralized, hub_and_spoke, dandelion, honeycomb."
    assert (one.pointer, one.code, one.message) == ("/model", "unknown_model", told)
