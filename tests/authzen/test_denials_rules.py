"""What a refusal offers, what a task tells, and how a batch and a search go: rules as plain calls."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import orjson
import pytest

from app.authzen import rules as batches
from app.authzen.denials import rules as denials
from app.authzen.denials.rules import Asked, Desk, ExpiredDenial, FollowUp, InvalidDenialBinding, NextAction, Offer
from app.authzen.log.rules import Sampling, members
from app.authzen.requests import rules as tasks
from app.authzen.requests.rules import Approval, Callback, Item, Outcome, Progress, Task, TaskStatus, View
from app.authzen.rules import Semantic
from app.authzen.search.rules import MOST, Found, Window, cut
from app.governance.evaluation.rules import Decision
from app.governance.models.rules import Right
from app.governance.reasons.rules import Reason, ReasonCode
from app.governance.routing.rules import RequestState

C = ReasonCode
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
KEY = b"k" * 32
ASKED = Asked("employee", "ada", "publish", "account", "x:acme")
DESK = Desk(SimpleNamespace(public_url="https://coe.example"), KEY)


def refused(*codes, **more):
    return Decision(False, tuple(Reason(code, "So.", **more) for code in codes))


# --- the seal --------------------------------------------------------------------------------------------------------


def test_an_id_is_a_seal_over_the_question_the_instant_and_the_revision():
    words = orjson.dumps(["employee", "ada", "publish", "account", "x:acme"])
    told = int(NOW.timestamp() * 1_000_000).to_bytes(8, "big") + (7).to_bytes(8, "big")
    mac = hmac.digest(KEY, hashlib.sha256(words).digest() + told, "sha256")[:16]
    expected = "eval_" + base64.urlsafe_b64encode(told + mac).decode().rstrip("=")
    assert denials.seal(ASKED, NOW, 7, KEY) == expected
    assert denials.seal(ASKED, NOW + TICK, 7, KEY) != expected != denials.seal(ASKED, NOW, 8, KEY)


def test_a_seal_is_good_for_an_hour_and_for_its_question():
    sealed = denials.seal(ASKED, NOW, 7, KEY)
    denials.check(sealed, ASKED, NOW, KEY)
    denials.check(sealed, ASKED, NOW + HOUR - TICK, KEY)
    with pytest.raises(ExpiredDenial, match=r"^It may be used until 2026-03-02T10:00:00Z\. Evaluate again\.$"):
        denials.check(sealed, ASKED, NOW + HOUR, KEY)
    said = "`evaluation_id` is to be the one of the refusal, with subject, action and resource spelled as they were."
    others = [Asked(*("Other" if n == at else word for at, word in enumerate(
        ("employee", "ada", "publish", "account", "x:acme")))) for n in range(5)]  # fmt: skip
    for id_, asked, key in (
        *((sealed, other, KEY) for other in others), (sealed, ASKED, b"x" * 32), (None, ASKED, KEY), ("", ASKED, KEY),
        (sealed[5:], ASKED, KEY), (sealed + "=", ASKED, KEY), ("eval_*", ASKED, KEY), ("eval_AAAA", ASKED, KEY),
        (denials.seal(ASKED, NOW, 7, KEY)[:-1] + ("A" if sealed[-1] != "A" else "B"), ASKED, KEY), (sealed[:-4], ASKED, KEY),
    ):  # fmt: skip
        with pytest.raises(InvalidDenialBinding) as found:
            denials.check(id_, asked, NOW, key)
        assert str(found.value) == said


@pytest.mark.parametrize("length", [15, 17])
def test_what_is_sealed_has_one_length(length):
    told = bytes(length)
    question = hashlib.sha256(orjson.dumps(["employee", "ada", "publish", "account", "x:acme"])).digest()
    mac = hmac.digest(KEY, question + told, "sha256")[:16]
    forged = "eval_" + base64.urlsafe_b64encode(told + mac).decode().rstrip("=")
    with pytest.raises(InvalidDenialBinding):
        denials.check(forged, ASKED, datetime(1970, 1, 1, tzinfo=UTC), KEY)


# --- what a refusal offers -------------------------------------------------------------------------------------------


def test_what_a_request_would_cure_is_offered():
    assert denials.offer(refused(C.GRANT_EXPIRED), ASKED, NOW, 7, DESK) == Offer(
        denials.seal(ASKED, NOW, 7, KEY), NOW, NOW + HOUR, "grant_expired", "https://coe.example/access/v1/requests",
        "https://coe.example/access/v1/request-schema",
    )  # fmt: skip
    assert denials.offer(refused(C.FROZEN), ASKED, NOW, 7, DESK) is None
    assert denials.offer(Decision(True, (Reason(C.NO_GRANT, "So."),)), ASKED, NOW, 7, DESK) is None


def test_what_to_make_of_a_refused_approval():
    offer, none = denials.offer(refused(C.NO_GRANT), ASKED, NOW, 7, DESK), NextAction.NONE
    told = lambda decision, offered=None: denials.follow_up(decision, offered, NOW)  # noqa: E731
    for code in (C.ACCOUNT_UNKNOWN, C.APPROVAL_UNVERIFIABLE, C.RIGHT_UNKNOWN, C.SUBJECT_UNKNOWN):
        assert told(refused(C.GRANT_EXPIRED, code), offer) == FollowUp("approval_unverifiable", none)
    for code in (C.GRANT_EXPIRED, C.GRANT_REVOKED):
        assert told(refused(code), offer) == FollowUp("approval_expired", NextAction.REQUEST)
        assert told(refused(code)) == FollowUp("approval_expired", none)
    later = refused(C.GRANT_NOT_STARTED, until=NOW + timedelta(seconds=9) + TICK)
    assert told(later) == FollowUp("grant_pending", NextAction.RETRY, 10)
    assert told(refused(C.GRANT_NOT_STARTED)) == FollowUp("policy_denied", none)
    assert told(refused(C.FROZEN, until=NOW + HOUR)) == FollowUp("policy_denied", none)


def test_what_the_profile_adds_to_the_metadata():
    assert denials.profile_metadata("https://coe.example") == {
        "access_request_endpoint": "https://coe.example/access/v1/requests",
        "jwks_uri": "https://coe.example/.well-known/jwks.json",
        "capabilities": ["urn:openid:authzen:capability:access-request"],
    }


# --- tasks -----------------------------------------------------------------------------------------------------------

S = TaskStatus
ONE, TWO, TASK = UUID(int=1), UUID(int=2), UUID(int=3)
ITEM = Item(ONE, Right.PUBLISH, "x:acme")
APPROVAL = Approval(UUID(int=9), NOW, NOW + HOUR)
RESULT = {
    "mode": "reevaluate",
    "approval": {
        "id": str(UUID(int=9)),
        "approved_at": "2026-03-02T09:00:00Z",
        "approved_until": "2026-03-02T10:00:00Z",
    },
}
PLACE = f"https://coe.example/access/v1/requests/{TASK}"


def test_a_task_ends_once_all_of_it_has():
    assert tasks.together([S.DENIED, S.PENDING]) is S.PENDING and tasks.together([S.DENIED, S.DENIED]) is S.DENIED
    assert tasks.together([S.DENIED, S.APPROVED]) is S.PARTIAL and tasks.together([S.APPROVED]) is S.APPROVED


@pytest.mark.parametrize(("state", "status"), [
    ("pending", S.PENDING), ("changes_requested", S.PENDING), ("denied", S.DENIED), ("expired", S.EXPIRED), ("withdrawn", S.CANCELLED),
])  # fmt: skip
def test_where_an_item_stands(state, status):
    approvals = {Right.PUBLISH: APPROVAL}
    assert tasks.outcome(ITEM, RequestState(state), approvals) == Outcome(ITEM, status)
    assert tasks.outcome(ITEM, RequestState.GRANTED, approvals) == Outcome(ITEM, S.APPROVED, APPROVAL)
    assert tasks.outcome(ITEM, RequestState.GRANTED, {}) == Outcome(ITEM, S.CANCELLED)


def test_which_ends_are_told():
    assert tasks.wanted(Callback("u"), S.DENIED) and tasks.wanted(Callback("u", events=(S.DENIED,)), S.DENIED)
    assert not tasks.wanted(Callback("u", events=(S.APPROVED,)), S.DENIED)


def test_a_task_as_a_document():
    waiting = View(Task(TASK, (ITEM,)), (Outcome(ITEM, S.PENDING),), Progress(1, 2, "liaison", (TWO,)), NOW + HOUR)
    told = {
        "id": str(TASK), "status": "pending", "status_endpoint": PLACE,
        "links": {"cancel": f"{PLACE}/cancel", "ticket": f"https://coe.example/v1/rights-requests/{ONE}"},
        "progress": {"current_step": 1, "total_steps": 2, "step_name": "liaison", "awaiting": [str(TWO)]},
        "expires_at": "2026-03-02T10:00:00Z",
    }  # fmt: skip
    assert tasks.told(waiting, "https://coe.example") == {"task": told}
    ended = View(Task(TASK, (ITEM,)), (Outcome(ITEM, S.APPROVED, APPROVAL),), None, None)
    over = {name: told[name] for name in ("id", "status_endpoint", "links")} | {"status": "approved"}
    assert tasks.told(ended, "https://coe.example") == {"task": over, "result": RESULT}
    said = {"state": "mine", "task": over, "result": RESULT}
    assert tasks.call(ended, Callback("u", "mine"), "https://coe.example") == said
    assert "state" not in tasks.call(ended, Callback("u"), "https://coe.example")


def test_a_list_of_items_as_a_document():
    other = Item(TWO, Right.ENGAGE, "x:other")
    task = Task(TASK, (ITEM, other, Item(ONE, Right.DRAFT, "x:acme")), bundled=True)
    assert task.request_ids == (ONE, TWO)
    view = View(task, (Outcome(ITEM, S.APPROVED, APPROVAL), Outcome(other, S.DENIED)), None, None)
    resource = lambda id_: {"type": "account", "id": id_}  # noqa: E731
    assert view.status is S.PARTIAL
    assert tasks.told(view, "https://coe.example") == {"task": {
        "id": str(TASK), "status": "partial", "status_endpoint": PLACE, "links": {"cancel": f"{PLACE}/cancel"},
        "items": [
            {"resource": resource("x:acme"), "action": {"name": "publish"}, "status": "approved", "result": RESULT},
            {"resource": resource("x:other"), "action": {"name": "engage"}, "status": "denied"},
        ],
    }}  # fmt: skip


# --- a batch, a search, the log --------------------------------------------------------------------------------------


def test_how_far_a_batch_goes():
    ends = {one: [one.ends_with(permitted=permitted) for permitted in (True, False)] for one in Semantic}
    assert ends == {
        Semantic.EXECUTE_ALL: [False, False], Semantic.DENY_ON_FIRST_DENY: [False, True],
        Semantic.PERMIT_ON_FIRST_PERMIT: [True, False],
    }  # fmt: skip


def newer(revision):
    return {"context": {"at_least_revision": revision}}


@pytest.mark.parametrize(("said", "least"), [
    ({}, 0), (newer("7"), 7), ({"evaluations": [newer("3"), newer("9"), {}]}, 9), ({**newer("12"), "evaluations": [newer("3")]}, 12),
    (newer(7), 0), (newer("x"), 0), (newer("1" * 18), int("1" * 18)), (newer("1" * 19), 0), (newer(""), 0), ([], 0), (None, 0),
    ({"context": 7, "evaluations": [7, newer("2")]}, 2), ({"evaluations": {"context": {}}}, 0), (newer("7\n"), 0),
])  # fmt: skip
def test_the_newest_revision_that_is_asked_for(said, least):
    assert batches.least_revision(said) == least


def test_a_window_of_what_is_permitted():
    tried = []
    permitted = lambda one: tried.append(one) or one != "b"  # noqa: E731
    assert cut("dacb", permitted, Window(None, 2)) == Found(("a", "c"), Window("c", 2)) and tried == [
        "a",
        "b",
        "c",
        "d",
    ]
    assert cut("dacb", permitted, Window("c", 2)) == Found(("d",))
    assert cut("abc", permitted, Window("a", 0)) == Found((), Window("a", 0))
    assert cut("abc", permitted, Window(None, 2)) == Found(("a", "c")) and cut((), permitted, Window()) == Found(())
    assert Window(limit=MOST + 1).size == MOST and Window().size == 50 and Window(limit=3).size == 3


def test_which_decisions_are_told_and_how():
    permit, refusal = Decision(True), refused(C.FROZEN)
    sampling = Sampling(0.5, lambda: 0.5)
    assert [sampling.tells(one) for one in (permit, refusal)] == [False, True] and Sampling(0.5, lambda: 0.4).tells(
        permit
    )
    decision = Decision(False, refusal.reasons, (Reason(C.TOOL_NOT_REGISTERED, "So."),))
    assert members(ONE, TWO, "p" * 50, decision) == {
        "subject": str(ONE), "account": str(TWO), "right": "p" * 40, "permitted": False, "reasons": ["frozen"],
        "advice": ["tool_not_registered"],
    }  # fmt: skip
    nobody = members(None, None, "publish", permit)
    assert (nobody["subject"], nobody["account"], nobody["right"], nobody["permitted"]) == (None, None, "publish", True)
