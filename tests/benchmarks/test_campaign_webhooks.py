"""The campaign's receivers of events, and the check that looks at what they heard."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from benchmarks.campaign import checks, receivers, webhooks
from benchmarks.campaign.evidence import ROWS, Evidence
from benchmarks.campaign.receivers import HONEST, HOSTILE, Heard, Receiver

SECRET = "whsec_" + "YWJj" * 11
HOOK = "0" * 32
EVENTS = [
    {"seq": 1, "at": "t1", "action": "grant.issued", "subject_kind": "grant", "subject_id": "g1"},
    {"seq": 2, "at": "t2", "action": "grant.issued", "subject_kind": "grant", "subject_id": "g2"},
    {"seq": 3, "at": "t3", "action": "route.denied", "subject_kind": "route", "subject_id": "POST"},
    {"seq": 4, "at": "t4", "action": "freeze.set", "subject_kind": "freeze", "subject_id": "f1"},
]


def heard(seq, at=10.0, *, taken=True, name=HONEST, **more):
    event = EVENTS[seq - 1]
    said = {
        "type": event["action"],
        "timestamp": event["at"],
        "data": {"seq": seq, "subject": {"kind": event["subject_kind"], "id": event["subject_id"]}},
    }
    return replace(Heard(at, f"/{name}", f"msg_{HOOK}_{seq}", json.dumps(said), taken), **more)


def good():
    """From event 2 on; one message came twice, and the hostile receiver took nothing."""
    honest = Receiver(HONEST, first=2, heard=[heard(2), heard(4, 11.0), heard(2, 12.0)])
    hostile = Receiver(HOSTILE, first=2, heard=[heard(4, taken=False, name=HOSTILE)])
    return Evidence(
        (), rows=dict.fromkeys(ROWS, ()) | {"events": EVENTS}, quiet=20.0, healed=14.0, receivers=[honest, hostile]
    )


def test_all_that_was_committed_and_nothing_else_is_green():
    found = checks.told_of(good())
    assert (found.found, found.looked) == ((), 4)


def never_told(told):
    told.receivers[0].heard.pop(1)


def not_taken(told):
    told.receivers[0].heard[1] = heard(4, taken=False)


def too_late(told):
    told.receivers[0].heard[1] = heard(4, 81.0)


def not_signed(told):
    told.receivers[1].heard[0] = replace(told.receivers[1].heard[0], flaw="WebhookVerificationError: no")


def led_astray(told):
    told.receivers[0].heard.append(heard(2, path="/stolen"))


def not_in_the_log(told):
    told.rows = {**told.rows, "events": EVENTS[:3]}


def of_another_history(told):
    told.rows = {**told.rows, "events": [*EVENTS[:3], {**EVENTS[3], "subject_id": "f2"}]}


def in_other_words(told):
    body = json.loads(heard(2).body)
    told.receivers[0].heard.append(heard(2, body=json.dumps({**body, "more": 1})))


def under_another_name(told):
    told.receivers[0].heard.append(heard(2, id="msg_another"))


BAD = (
    (never_told, "never told of event 4"),
    (not_taken, "never told of event 4"),
    (too_late, "told of event 4 61 s after"),
    (not_signed, "WebhookVerificationError"),
    (led_astray, "at /stolen"),
    (not_in_the_log, "and the log has None"),
    (of_another_history, "freeze f1, and the log has ('freeze.set', 't4', 'freeze', 'f2')"),
    (in_other_words, "in other words"),
    (under_another_name, "under another name"),
)


@pytest.mark.parametrize(("worse", "says"), BAD, ids=lambda one: getattr(one, "__name__", ""))
def test_what_is_wrong_is_red(worse, says):
    told = good()
    worse(told)
    assert any(says in one for one in checks.told_of(told).found), checks.told_of(told).found


def test_what_came_is_told_in_a_line_for_each():
    honest, hostile = webhooks.summary(good())
    assert honest.endswith("3 requests, 2 messages, 2 taken; the last -3.0 s after all was healed")
    assert hostile.endswith("1 requests, 1 messages, 0 taken; the last 0.0 s after all was healed")


# What is heard


def message(body, secret=SECRET):
    at = datetime.now(UTC)
    signed = Webhook(secret).sign("msg_1", at, body)
    return (
        f"POST /honest HTTP/1.1\r\nContent-Length: {len(body)}\r\nwebhook-id: msg_1\r\n"
        f"webhook-timestamp: {int(at.timestamp())}\r\nwebhook-signature: {signed}\r\n\r\n{body}"
    ).encode()


def told(sent, number=0):
    """What a receiver answers to a request as it is sent, and what it has heard then."""

    async def story():
        async with receivers.listening(1) as several:
            one = several[number]
            one.secret = SECRET
            reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
            writer.write(sent)
            answer = await reader.read()
            writer.close()
            return answer.decode(), one.heard

    return asyncio.run(story())


def test_the_honest_receiver_takes_and_verifies_what_comes():
    answer, (one,) = told(message('{"a": 1}'))
    assert answer.startswith("HTTP/1.1 204 ")
    assert (one.path, one.id, one.said, one.taken, one.flaw) == ("/honest", "msg_1", {"a": 1}, True, "")


@pytest.mark.parametrize("sent", [message("{}", "whsec_" + "YWJk" * 11), message("{}").replace(b"{}", b"[]")])
def test_what_is_not_signed_by_its_secret_is_noted(sent):
    _, (one,) = told(sent)
    assert one.flaw.startswith("WebhookVerificationError")


@pytest.mark.parametrize(
    ("way", "says"),
    [
        (lambda _: receivers._fail, "HTTP/1.1 503 "),
        (lambda _: receivers._busy, "Retry-After: 315360000"),
        (lambda _: receivers._babble, "HTTP/1.1 103 "),
        (lambda _: receivers._leave, ""),
        (lambda one: one._lead_astray, "/stolen"),
    ],
)
def test_the_hostile_receiver_says_what_it_likes_and_keeps_what_it_hears(way, says, monkeypatch):
    monkeypatch.setattr(Receiver, "_rude", way)
    monkeypatch.setattr(receivers, "_TAKES", 0.0)
    answer, (one,) = told(message("{}"), 1)
    assert says in answer and not one.taken
