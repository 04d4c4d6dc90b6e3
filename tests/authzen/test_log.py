"""The decision log: every refusal, some permits, in ids and codes; it never keeps an answer waiting."""

import asyncio
import json
from uuid import uuid4

import pytest
import structlog

from app.authzen.log.rules import Sampling
from app.authzen.log.service import FLUSH_SECONDS, MOST, DecisionLog, _lines
from app.decisions.desk import Answer
from app.decisions.memory.index import Question
from app.governance.evaluation.rules import Decision
from app.governance.reasons.rules import Reason, ReasonCode
from app.kernel.actor import Actor, ActorKind
from tests.authzen.pdp import EVALUATION, EVALUATIONS

ACTOR = Actor(ActorKind.CLIENT, uuid4())
NAME, ASKED = f"client:{ACTOR.id}".encode(), Question("asker", "publish", "x:acme")
REFUSED = Decision(permitted=False, reasons=(Reason(ReasonCode.NO_GRANT, "Never held."),))
PERMITTED = Decision(permitted=True)


class Index:
    revision = 7


def noted(log, *decisions):
    """What is written of these, and when nothing has been awaited yet."""

    async def run():
        for decision in decisions:
            log.note(Index, 1_000_000, b"call-1", NAME, Answer(ASKED, decision, 0, 1))
        early = list(written)
        await asyncio.sleep(FLUSH_SECONDS * 2)
        return early

    written = []
    log._write = written.append
    early = asyncio.run(run())
    return early, [json.loads(line) for line in b"".join(written).splitlines()]


def log(share=0.0, chance=0.5):
    return DecisionLog(Sampling(share, lambda: chance), print)


def test_refusals_are_told_permits_by_their_share_and_nothing_at_once():
    early, lines = noted(log(), PERMITTED, REFUSED, PERMITTED)
    assert early == []
    (line,) = lines
    assert (line["event"], line["permitted"], line["reasons"], line["revision"]) == (
        "decision",
        False,
        ["no_grant"],
        "7",
    )
    assert (line["request_id"], line["timestamp"]) == ("call-1", "1970-01-01T00:00:01.000000Z")
    assert line["actor"] == f"client:{ACTOR.id}"
    assert [one["permitted"] for one in noted(log(share=1.0), PERMITTED, REFUSED)[1]] == [True, False]
    assert len(noted(log(share=0.6), *[PERMITTED] * 3)[1]) == 3 and noted(log(share=0.4), *[PERMITTED] * 3)[1] == []


def test_what_is_too_much_is_counted_instead():
    lines = noted(log(), *[REFUSED] * (MOST + 3))[1]
    assert len(lines) == MOST + 1 and lines[-1] == {"event": "decisions_unlogged", "level": "warning", "count": 3}


@pytest.mark.parametrize("path", [EVALUATION, EVALUATIONS])
def test_names_as_they_were_written_stand_in_no_line(standing, path, monkeypatch):
    """Attack E08."""
    pdp, written = standing.pdp, []
    monkeypatch.setattr(standing.app.state.decision_log, "_write", written.append)
    asked = pdp.question("asker@world.example", "publish", "x:empty_x")
    if standing.app.direct is not None:  # the loop of a test ends before the lines are written
        seen = []
        monkeypatch.setattr(
            DecisionLog, "note",
            lambda _, index, now, named, by, answer: seen.extend(_lines(index, [(now, named, by, answer, 7)])),
        )  # fmt: skip
        pdp.want(200, path, asked if path == EVALUATION else {"evaluations": [asked]})
        (line,) = map(json.loads, seen)
        assert (line["subject"], line["account"]) == (pdp.ids["asker"], pdp.ids["empty"])
        assert (line["right"], line["reasons"]) == ("publish", ["no_grant"]) and b"world.example" not in seen[0]
        return
    with structlog.testing.capture_logs() as lines:
        pdp.want(200, path, asked if path == EVALUATION else {"evaluations": [asked]})
    (line,) = [one for one in lines if one["event"] == "decision"]
    assert line["subject"] == pdp.ids["asker"] and line["account"] == pdp.ids["empty"]
    assert (line["permitted"], line["reasons"]) == (False, ["no_grant"]) and "world.example" not in json.dumps(lines)
