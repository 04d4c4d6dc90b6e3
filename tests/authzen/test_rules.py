"""Batches, revisions, pages of a search, the log of decisions, and tasks: rules as plain calls."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.authzen.binding.rules import malformed
from app.authzen.log.rules import Sampling, members
from app.authzen.metadata.rules import metadata
from app.authzen.requests import rules as requests
from app.authzen.requests.rules import Approval, Callback, Item, Outcome, Progress, Task, TaskStatus, View
from app.authzen.rules import Semantic, least_revision
from app.authzen.search.rules import DEFAULT, MOST, Found, Window, cut
from app.governance.evaluation.rules import Decision
from app.governance.models.rules import Right
from app.governance.reasons.rules import Reason, ReasonCode
from app.governance.routing.rules import RequestState
from app.kernel.errors import FieldError

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
URL = "https://coe.example"
ONE, TWO, THREE = (UUID(int=n) for n in range(1, 4))
PERMIT, REFUSAL = Decision(permitted=True), Decision(permitted=False)


# --- batches, and how new an answer is --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("semantic", "on_permit", "on_refusal"),
    [("execute_all", False, False), ("deny_on_first_deny", False, True), ("permit_on_first_permit", True, False)],
)
def test_which_answer_is_the_last(semantic, on_permit, on_refusal):
    found = [Semantic(semantic).ends_with(permitted=permitted) for permitted in (True, False)]
    assert found == [on_permit, on_refusal]


def wanting(revision):
    return {"context": {"at_least_revision": revision}}


@pytest.mark.parametrize(
    ("said", "least"),
    [
        ({}, 0), (None, 0), ([wanting("7")], 0), (wanting("7"), 7), (wanting(7), 0), (wanting("7x"), 0), (wanting("x7"), 0),
        (wanting(""), 0), (wanting("9" * 18), int("9" * 18)), (wanting("9" * 19), 0), ({"context": ["7"]}, 0),
        ({"context": {"other": "7"}}, 0), ({"evaluations": [wanting("5"), None, wanting("8"), {}]}, 8),
        ({"evaluations": wanting("5")}, 0), ({**wanting("9"), "evaluations": [wanting("8")]}, 9),
        ({**wanting("7"), "evaluations": [wanting("10")]}, 10), (wanting("0"), 0),
    ],
)  # fmt: skip
def test_the_newest_revision_that_any_part_wants(said, least):
    assert least_revision(said) == least


# --- pages of a search ------------------------------------------------------------------------------------------------


def test_how_many_are_shown():
    assert [Window(limit=limit).size for limit in (None, 1, MOST, MOST + 1)] == [DEFAULT, 1, MOST, MOST]


def test_a_page_and_where_the_next_begins():
    assert cut("cab", lambda _: True, Window(limit=2)) == Found(("a", "b"), Window("b", 2))
    assert cut("cab", lambda _: True, Window("b", 2)) == Found(("c",), None)
    assert cut("cab", lambda _: True, Window(limit=3)) == Found(("a", "b", "c"))
    assert cut("cab", lambda one: one != "b", Window("a")) == Found(("c",)) and cut("", bool, Window()) == Found()
    assert cut("cab", lambda _: True, Window("a", 0)) == Found((), Window("a", 0))


def test_no_more_are_tried_than_it_takes():
    tried = []
    assert cut("dcba", lambda one: not tried.append(one), Window(limit=2)).following == Window("b", 2)
    assert tried == ["a", "b", "c"]


@given(st.sets(st.characters(codec="ascii")), st.sets(st.characters(codec="ascii")), st.integers(1, 5))
def test_page_by_page_all_that_are_permitted_come_once_and_in_order(candidates, permitted, limit):
    window, found = Window(limit=limit), []
    while window:
        page = cut(candidates, permitted.__contains__, window)
        found += page.results
        window = page.following
    assert found == sorted(candidates & permitted)


# --- the log of decisions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "chance", "told"),
    [(REFUSAL, 1.0, True), (PERMIT, 0.24, True), (PERMIT, 0.25, False), (PERMIT, 0.9, False)],
)
def test_every_refusal_is_told_and_a_share_of_the_permits(decision, chance, told):
    assert Sampling(0.25, lambda: chance).tells(decision) is told


def test_a_decision_is_told_by_ids_and_codes():
    reason, advice = (Reason(one, "So.") for one in (ReasonCode.NO_GRANT, ReasonCode.FROZEN))
    decision = Decision(permitted=False, reasons=(reason,), advice=(advice,))
    assert members(ONE, TWO, "x" * 41, decision) == {
        "subject": str(ONE), "account": str(TWO), "right": "x" * 40, "permitted": False, "reasons": ["no_grant"],
        "advice": ["frozen"],
    }  # fmt: skip
    nobody = members(None, None, "publish", PERMIT)
    assert [nobody[name] for name in ("subject", "account", "right", "permitted")] == [None, None, "publish", True]


# --- what is published, and what is wrong -----------------------------------------------------------------------------


def test_what_the_decision_point_can_do_and_where():
    found = metadata(URL)
    assert (
        found["policy_decision_point"] == URL and found["access_evaluation_endpoint"] == f"{URL}/access/v1/evaluation"
    )
    assert found["search_action_endpoint"] == f"{URL}/access/v1/search/action"
    assert found["access_request_endpoint"] == f"{URL}/access/v1/requests"


def test_what_is_wrong_is_said_by_its_place():
    refused = malformed([{"type": "missing", "loc": ("body", "action"), "msg": "Field required"}], {"subject": {}})
    assert [one.pointer for one in refused.errors] == ["/action"] and isinstance(refused.errors[0], FieldError)
    listed = [{"type": "missing", "loc": ("body", "evaluations", 0, "action"), "msg": "Field required"}]
    assert malformed(listed, {"evaluations": [{}]}).errors[0].pointer == "/evaluations/0/action"
    assert str(refused) == "The request is incomplete or of a wrong type."


# --- tasks ------------------------------------------------------------------------------------------------------------

ITEM = Item(TWO, Right.PUBLISH, "x:acme")
OTHER = Item(THREE, Right.ENGAGE, "x:other")
GRANT = Approval(THREE, NOW, NOW + DAY)
GRANTED = {"mode": "reevaluate", "approval": {
    "id": str(THREE), "approved_at": "2026-03-02T09:00:00Z", "approved_until": "2026-03-03T09:00:00Z",
}}  # fmt: skip
S = TaskStatus


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([S.DENIED, S.PENDING], S.PENDING), ([S.DENIED], S.DENIED), ([S.DENIED, S.DENIED], S.DENIED),
        ([S.DENIED, S.APPROVED], S.PARTIAL),
    ],
)  # fmt: skip
def test_the_status_of_a_task_is_that_of_all_its_items(statuses, status):
    assert requests.together(statuses) is status
    view = View(Task(ONE, (ITEM,)), tuple(Outcome(ITEM, one) for one in statuses), None, None)
    assert view.status is status


def test_every_state_of_a_request_is_a_status():
    assert {state: status.value for state, status in requests.STATUS.items()} == {
        "pending": "pending", "changes_requested": "pending", "granted": "approved", "denied": "denied",
        "expired": "expired", "withdrawn": "cancelled",
    }  # fmt: skip


def test_what_came_of_an_item():
    approvals = {Right.PUBLISH: GRANT}
    assert requests.outcome(ITEM, RequestState.GRANTED, approvals) == Outcome(ITEM, S.APPROVED, GRANT)
    assert requests.outcome(OTHER, RequestState.GRANTED, approvals) == Outcome(OTHER, S.CANCELLED)
    assert requests.outcome(ITEM, RequestState.DENIED, approvals) == Outcome(ITEM, S.DENIED)


def test_which_ends_are_told():
    assert requests.wanted(Callback(URL), S.DENIED) and requests.wanted(Callback(URL, None, (S.DENIED,)), S.DENIED)
    assert not requests.wanted(Callback(URL, None, (S.DENIED,)), S.APPROVED)


def test_a_task_of_one_item_is_told_with_its_result():
    place = f"{URL}/access/v1/requests/{ONE}"
    view = View(Task(ONE, (ITEM,)), (Outcome(ITEM, S.APPROVED, GRANT),), None, None)
    links = {"cancel": f"{place}/cancel", "ticket": f"{URL}/v1/rights-requests/{TWO}"}
    task = {"id": str(ONE), "status": "approved", "status_endpoint": place, "links": links}
    assert requests.told(view, URL) == {"task": task, "result": GRANTED}
    assert requests.call(view, Callback(URL, "mine"), URL) == {"state": "mine", "task": task, "result": GRANTED}
    assert requests.call(view, Callback(URL), URL) == {"task": task, "result": GRANTED}


def test_a_pending_task_tells_how_far_it_is():
    progress = Progress(1, 2, "liaison", (TWO, THREE))
    view = View(Task(ONE, (ITEM,)), (Outcome(ITEM, S.PENDING),), progress, NOW)
    told = requests.told(view, URL)
    assert told.keys() == {"task"} and told["task"]["expires_at"] == "2026-03-02T09:00:00Z"
    assert told["task"]["progress"] == {
        "current_step": 1, "total_steps": 2, "step_name": "liaison", "awaiting": [str(TWO), str(THREE)],
    }  # fmt: skip


def test_a_list_is_told_item_by_item():
    outcomes = Outcome(ITEM, S.APPROVED, GRANT), Outcome(OTHER, S.DENIED)
    view = View(Task(ONE, (ITEM, OTHER), bundled=True), outcomes, None, None)
    told = requests.told(view, URL)
    assert (
        told.keys() == {"task"} and told["task"]["links"].keys() == {"cancel"} and told["task"]["status"] == "partial"
    )
    assert told["task"]["items"] == [
        {"resource": {"type": "account", "id": "x:acme"}, "action": {"name": "publish"}, "status": "approved", "result": GRANTED},
        {"resource": {"type": "account", "id": "x:other"}, "action": {"name": "engage"}, "status": "denied"},
    ]  # fmt: skip


def test_a_request_is_counted_once_however_many_items_rest_on_it():
    assert Task(ONE, (ITEM, ITEM, OTHER)).request_ids == (TWO, THREE)
