"""How new an answer is: at least the revision that was asked for, and all of it of one state of things."""

from dataclasses import replace
from threading import Thread

import pytest
import sqlalchemy as sa

from app.authzen.binding import api as binding
from tests.authzen.pdp import ENDPOINTS, EVALUATION, EVALUATIONS, SUBJECT

every = pytest.mark.parametrize("path", ENDPOINTS)


def asking(pdp, path, **context):
    return {**pdp.good(path), "context": context}


@pytest.fixture
def impatient(monkeypatch):
    """So that a test of waiting in vain takes no second."""
    monkeypatch.setattr(binding, "WAIT", 0.2)
    monkeypatch.setattr(binding, "PAUSE", 0.01)


@every
def test_a_revision_that_is_there_is_answered(pdp, standing, path):
    newest = standing.intact()
    for revision in (0, 1, newest, f"{newest:018}"):
        answer = pdp.want(200, path, asking(pdp, path, at_least_revision=str(revision)))
        if "context" in answer:
            assert int(answer["context"]["revision"]) == newest


@every
def test_a_revision_is_a_decimal_text(pdp, path):
    for value in (1, 0, 1.0, True, [], {}, "", "x", "-1", "1.0", " 1", "1 ", "1\n", "٣", "0x1", "1e3", "1" * 19):
        pdp.want(400, path, asking(pdp, path, at_least_revision=value))
    assert pdp.want(200, path, asking(pdp, path, at_least_revision=None)) == pdp.want(200, path, pdp.good(path))


@every
def test_one_that_does_not_come_is_503_and_never_an_older_answer(pdp, standing, impatient, path):
    for revision in (standing.intact() + 1, 10**18 - 1):
        answer = pdp.send(path, asking(pdp, path, at_least_revision=str(revision)))
        assert answer.status_code == 503 and answer.headers["retry-after"] == "1"
        told = answer.json()
        assert told["code"] == "revision_unavailable" and "decision" not in told and "results" not in told


def test_the_newest_that_any_item_asks_for_counts_for_all(pdp, standing, impatient):
    newest = standing.intact()
    items = [pdp.question(context={"at_least_revision": str(revision)}) for revision in (1, newest)]
    assert [one["decision"] for one in pdp.batch(items)] == [True, True]
    items += [pdp.question(context={"at_least_revision": str(newest + 1)}), pdp.question()]
    pdp.want(503, EVALUATIONS, {"evaluations": items})
    items[2]["context"]["at_least_revision"] = 7
    assert [one["decision"] for one in pdp.batch(items)] == [True, True, False, True]


def test_a_write_that_is_on_its_way_is_waited_for(moving, monkeypatch):
    pdp, before, looks, newest = moving.pdp, moving.intact(), [], binding._newest

    def look(request):
        found = newest(request)
        looks.append(found)
        if len(looks) == 2:
            grant = moving.grants["asker", "acme", "publish"]
            moving.post(f"/v1/grants/{grant}/revoke", "boss", {"reason": "Over."})
        return found

    monkeypatch.setattr(binding, "_newest", look)
    monkeypatch.setattr(binding, "WAIT", 60)
    answer = pdp.want(200, EVALUATION, asking(pdp, EVALUATION, at_least_revision=str(before + 1)))
    assert answer["decision"] is False and int(answer["context"]["revision"]) > before
    assert looks[:2] == [before, before] and looks[2] > before and len(looks) == 3


def test_nobody_unknown_keeps_anything_waiting(pdp, standing, monkeypatch):
    async def sleep(seconds):
        raise AssertionError("it waits")

    monkeypatch.setattr(binding.anyio, "sleep", sleep)
    body = asking(pdp, EVALUATION, at_least_revision=str(standing.intact() + 1))
    assert pdp.send(EVALUATION, body, None).status_code == 401


@every
def test_full_consistency_is_what_there_is_anyway(pdp, path):
    assert pdp.want(200, path, asking(pdp, path, consistency="full")) == pdp.want(200, path, pdp.good(path))
    for value in ("eventual", "FULL", "", 1, True, [], {}):
        pdp.want(400, path, asking(pdp, path, consistency=value))
    assert pdp.want(200, path, asking(pdp, path, consistency=None)) == pdp.want(200, path, pdp.good(path))


def test_an_answer_reflects_the_write_that_was_answered_before_it(moving):
    pdp = moving.pdp
    for verb, decision in (("suspend", False), ("resume", True), ("revoke", False)):
        path = f"/v1/grants/{moving.grants['asker', 'acme', 'publish']}/{verb}"
        revision = moving.call("POST", path, "boss", {"reason": "As agreed."}).headers["coe-revision"]
        context = {"at_least_revision": revision}
        answer = pdp.want(200, EVALUATION, pdp.question(context=context))
        assert answer["decision"] is decision and answer["context"]["revision"] == revision
        assert (pdp.ids["asker"] in pdp.found(SUBJECT, context=context)) is decision


@pytest.mark.parametrize("moving", ["routes"], indirect=True)  # from memory nothing comes in between: it is one step
@pytest.mark.parametrize("path", [EVALUATIONS, SUBJECT])
def test_all_of_an_answer_is_of_one_state_of_things(moving, path):
    """A right is taken back while the answer is worked out: the answer is as if that had come after it."""
    pdp, revoked = moving.pdp, []

    def revoke():
        for who in ("asker", "colleague", "stranger"):
            grant = moving.grants[who, "acme", "publish"]
            revoked.append(moving.post(f"/v1/grants/{grant}/revoke", "boss", {"reason": "Over."}))

    def at_the_first_grant(_conn, _cursor, statement, *_):
        if not started and "FROM posting_grant" in statement:
            started.append(Thread(target=revoke))
            started[0].start()
            started[0].join()

    started, engine = [], moving.app.state.engine
    moving.app.state.house = replace(moving.app.state.house, deciding=None)  # over the connections that are listened to
    moving.token("boss")
    sa.event.listen(engine, "after_cursor_execute", at_the_first_grant)
    try:
        if path == SUBJECT:
            assert len(pdp.found(SUBJECT)) == 3
        else:
            items = [pdp.question(who) for who in ("asker", "colleague", "stranger")]
            assert [one["decision"] for one in pdp.batch(items)] == [True, True, True]
    finally:
        sa.event.remove(engine, "after_cursor_execute", at_the_first_grant)
    assert len(revoked) == 3 and pdp.found(SUBJECT) == []
