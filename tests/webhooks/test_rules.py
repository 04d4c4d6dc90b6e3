"""What is told to whom, when it is tried again, and how a secret is kept: rules as plain calls."""

import base64
import hashlib
import hmac
import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.audit.checkpoints.rules import Checkpoint
from app.audit.rules import Event
from app.kernel.actor import Actor, ActorKind, Permission, Power, Reach, Scope, ScopeKind
from app.kernel.errors import Invalid
from app.webhooks import rules
from app.webhooks.events import rules as events
from app.webhooks.events.rules import Kind, Whereabouts, Width
from app.webhooks.rules import Delivery, DeliveryState, Webhook, WebhookState
from app.webhooks.secrets import rules as secrets
from app.webhooks.sending import rules as sending
from app.webhooks.sending.rules import SCHEDULE, Result

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)
UNIT, BELOW, OWNER, A, B, C = (UUID(int=n) for n in range(1, 7))
WEBHOOK = Webhook(**{one.name: None for one in fields(Webhook)} | dict(
    id=UUID(int=9), name="Ours", url="https://u:p@in.example:8443/secret?t=1", events=("grant.*",), owner_kind="client",
    owner_id=OWNER, state=WebhookState.ACTIVE, secret="new", next_seq=7,
))  # fmt: skip
DELIVERY = Delivery(**{one.name: None for one in fields(Delivery)} | dict(
    id=UUID(int=8), webhook_id=WEBHOOK.id, seq=7, type="grant.issued", state=DeliveryState.WAITING, attempts=1, due_at=NOW,
))  # fmt: skip


def actor(kind=ActorKind.EMPLOYEE, id_=OWNER, **powers):
    held = {Permission[name]: (power,) for name, power in powers.items()}
    return Actor(kind, id_, powers=held)


ANYWHERE = Power(Reach.ANYWHERE)
IN_UNIT = Power(Reach.IN_SCOPE, Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=UNIT))


# --- who hears what --------------------------------------------------------------------------------------------------


def test_which_secrets_sign_when():
    rotated = replace(WEBHOOK, previous_secret="old", previous_until=NOW)
    assert WEBHOOK.held(NOW) == rotated.held(NOW) == ("new",) and rotated.held(NOW - TICK) == ("new", "old")
    assert replace(rotated, previous_until=None).held(NOW) == ("new",)
    assert replace(rotated, previous_secret=None).held(NOW - TICK) == ("new",)
    assert WEBHOOK.owner == ("client", OWNER)


def test_a_message_has_one_name_at_every_attempt():
    assert DELIVERY.message_id == f"msg_{WEBHOOK.id.hex}_7"
    assert replace(DELIVERY, type="audit.checkpoint").message_id == f"msg_{WEBHOOK.id.hex}_c7"


@pytest.mark.parametrize(("kind", "of_unit", "hears"), [
    (Kind(Width.OPEN), True, True), (Kind(Width.PLACED), True, True), (Kind(Width.ENTERPRISE), True, False),
    (Kind(Width.ENTERPRISE), False, True), (Kind(Width.ENTERPRISE, Permission.AUDIT_READ), False, False),
    (Kind(Width.ENTERPRISE, Permission.GROUP_READ), False, True), (Kind(Width.ENTERPRISE, Permission.GROUP_READ), True, False),
    (Kind(Width.OPEN, Permission.COURSE_READ), False, False),
])  # fmt: skip
def test_who_may_hear_of_a_kind_at_all(kind, of_unit, hears):
    owner = actor(GROUP_READ=ANYWHERE, COURSE_READ=IN_UNIT)
    assert rules.may_hear(owner, kind, of_unit=of_unit) is hears


def test_what_a_webhook_is_told():
    here, elsewhere = Whereabouts(((A, UNIT, BELOW),)), Whereabouts(((A, B),))
    of_unit = replace(WEBHOOK, business_unit_id=UNIT, events=("*",))
    told = lambda hook, type_, where: rules.told(hook, actor(), type_, where)  # noqa: E731
    assert told(WEBHOOK, "grant.issued", elsewhere) and not told(WEBHOOK, "account.activated", here)
    assert told(of_unit, "grant.issued", here) and not told(of_unit, "grant.issued", elsewhere)
    assert told(of_unit, "freeze.set", elsewhere) and not told(of_unit, "webhook.created", here)
    assert not told(replace(WEBHOOK, events=("*",)), "client.created", here)


def test_who_manages_it():
    mine, unit = ("employee", OWNER), (A, UNIT)
    client = actor(ActorKind.CLIENT, WEBHOOK_MANAGE=ANYWHERE)
    assert rules.manages(client, ("client", OWNER), unit) and not rules.manages(client, ("client", A), unit)
    assert not rules.manages(client, mine, unit) and not rules.manages(actor(ActorKind.CLIENT), ("client", OWNER), unit)
    person = actor(WEBHOOK_MANAGE=IN_UNIT)
    assert rules.manages(person, ("client", A), unit) and not rules.manages(person, mine, (A, B))
    assert not rules.manages(person, mine, ()) and not rules.manages(actor(), mine, unit)


def test_from_where_one_may_begin():
    rules.check_start(1, 0)
    rules.check_start(1, 5)
    rules.check_start(6, 5)
    for seq in (0, 7):
        with pytest.raises(Invalid) as found:
            rules.check_start(seq, 5)
        (one,) = found.value.errors
        told = "The events are numbered from 1; the next will have the number 6."
        assert (one.pointer, one.code, one.message) == ("/from_seq", "out_of_range", told)


def test_what_the_log_tells_of_it():
    assert rules.as_told(WEBHOOK) == {
        "host": "u:p@in.example:8443", "name": "Ours", "events": ("grant.*",), "business_unit_id": None, "owner_kind": "client",
        "owner_id": OWNER, "state": WebhookState.ACTIVE, "disabled_reason": None,
    }  # fmt: skip


# --- events and their words ------------------------------------------------------------------------------------------


def test_the_kind_of_an_event():
    assert events.kind_of("grant.issued") == Kind(Width.PLACED) and events.kind_of("policy_version.published") == Kind(
        Width.OPEN
    )
    assert events.kind_of("policy_version.drafted") == Kind(Width.ENTERPRISE, Permission.POLICY_DRAFT)
    assert events.kind_of("nothing.known") == Kind(Width.ENTERPRISE, Permission.AUDIT_READ) == events.kind_of("nothing")
    assert events.kind_of("grant.issued.twice") == Kind(Width.PLACED)


def test_patterns_are_types_kinds_or_all():
    assert events.check_patterns(["grant.*", "*", "grant.issued", "grant.*"]) == ["*", "grant.*", "grant.issued"]
    for one in ("grant", "flight.booked", "grant.", ".issued", "grant.iss*", "Grant.issued", "grant.issued.x", ""):
        with pytest.raises(Invalid) as found:
            events.check_patterns(["*", one])
        (error,) = found.value.errors
        assert (error.pointer, error.code) == ("/events/1", "unknown_event")
        assert (
            error.message.startswith(f"There are no events {one};") and "Kinds: access_task, account, " in error.message
        )


@pytest.mark.parametrize(("patterns", "heard"), [
    (["*"], True), (["grant.issued"], True), (["grant.*"], True), (["grant.ended", "account.*"], False), ([], False),
    (["issued.*"], False),
])  # fmt: skip
def test_what_is_heard_of(patterns, heard):
    assert events.wanted(patterns, "grant.issued") is heard


def event(**members):
    told = {
        "encoding": 1, "seq": 7, "at": "2026-03-02T09:00:00.000000Z", "actor": '{"id":"i","kind":"employee","roles":["x"]}',
        "on_behalf_of": None, "action": "grant.issued", "subject_kind": "grant", "subject_id": "g", "reason": '"why"',
        "before": None, "after": None, "request_id": "r", "prev_hash": "p", "hash": "h",
    }  # fmt: skip
    return Event(**told | members)


def test_an_event_in_words_says_nothing_personal():
    after = json.dumps({"n": 1, "who": {"$sha256": "d"}, "what": {"x": 1}, "none": None})
    where = Whereabouts(((A,),), UNIT, BELOW)
    assert events.body(event(after=after), where) == {
        "type": "grant.issued", "timestamp": "2026-03-02T09:00:00.000000Z", "data": {
            "seq": 7, "subject": {"kind": "grant", "id": "g"}, "actor": {"kind": "employee", "id": "i"}, "on_behalf_of": None,
            "account_id": str(UNIT), "business_unit_id": str(BELOW), "before": None,
            "after": {"n": 1, "what": {"x": 1}, "none": None},
        },
    }  # fmt: skip
    plain = events.body(event(before='{"n":1}', on_behalf_of="b"), Whereabouts())
    assert "account_id" not in plain["data"] and "business_unit_id" not in plain["data"]
    assert (plain["data"]["before"], plain["data"]["on_behalf_of"]) == ({"n": 1}, "b")


def test_the_ids_that_a_member_had():
    both = event(before=json.dumps({"unit": str(A)}), after=json.dumps({"unit": str(B), "n": 1}))
    assert events.members(both, "unit") == {A, B} and events.members(both, "n") == set()
    assert events.members(event(after=json.dumps({"unit": str(A)})), "unit") == {A}
    assert events.members(event(), "unit") == set()


def test_a_checkpoint_in_words():
    one = Checkpoint(7, "h", datetime(2026, 3, 2, 9, 0, 0, 5, tzinfo=UTC), "k", "s")
    said = {"seq": 7, "hash": "h", "created_at": "2026-03-02T09:00:00Z", "kid": "k", "signature": "s"}
    assert json.loads(one.line()) == said
    assert events.sealed(one) == {"type": "audit.checkpoint", "timestamp": "2026-03-02T09:00:00Z", "data": said}


def test_where_something_stands():
    where = Whereabouts(((A, B), (A, UNIT, BELOW)))
    assert [where.within(one) for one in (A, B, UNIT, BELOW, C)] == [True, True, True, True, False]
    assert not Whereabouts().within(A)


# --- sending ---------------------------------------------------------------------------------------------------------


def test_what_counts_as_taken():
    assert [Result(status).taken for status in (None, 199, 200, 299, 300, 410)] == [
        False,
        False,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(("ready", "busy", "taken"), [
    ([], {}, {}), ([(A, False)], {}, {A: 2}), ([(A, True)], {}, {A: 1}), ([(A, False)], {A: 1}, {A: 1}), ([(A, False)], {A: 2}, {}),
    ([(A, True)], {A: 1}, {}), ([(A, False)], {B: 7}, {A: 1}), ([(A, False)], {B: 8}, {}), ([(A, False), (B, False)], {C: 5}, {A: 2, B: 1}),
    ([(A, True), (B, True), (C, False)], {A: 1, UNIT: 2}, {B: 1, C: 2}),
    ([(UUID(int=n), True) for n in range(20, 26)], {}, {UUID(int=n): 1 for n in range(20, 24)}),
    ([(A, True), (B, True)], {A: 0, B: 0, C: 7}, {A: 1}),
    ([*((UUID(int=n), True) for n in range(20, 26)), (A, False), (B, False), (C, False)], {},
     {**{UUID(int=n): 1 for n in range(20, 24)}, A: 2, B: 2}),
])  # fmt: skip
def test_how_many_are_sent_at_once(ready, busy, taken):
    assert sending.slots(ready, busy) == taken


def test_what_is_written_down_of_an_attempt():
    after = lambda result, attempts=1, jitter=0.0: sending.after(
        replace(DELIVERY, attempts=attempts), result, NOW, jitter
    )  # noqa: E731
    assert after(Result(204)) == {
        "last_status": 204, "last_error": None, "state": DeliveryState.DELIVERED, "delivered_at": NOW,
    }  # fmt: skip
    dropped = {"last_status": None, "last_error": "gone", "state": DeliveryState.DROPPED}
    assert after(Result(error="gone", away=True)) == dropped
    assert after(Result(410))["state"] is DeliveryState.FAILED and "due_at" not in after(Result(410))
    assert after(Result(500), len(SCHEDULE) + 1)["state"] is DeliveryState.FAILED
    for attempts, wait in enumerate(SCHEDULE, start=1):
        assert after(Result(500), attempts) == {"last_status": 500, "last_error": None, "due_at": NOW + wait}
        assert after(Result(None, "no"), attempts, 1.0)["due_at"] == NOW + wait * 1.2
    assert after(Result(429, retry_after=60))["due_at"] == NOW + timedelta(minutes=1)
    assert after(Result(429, retry_after=1))["due_at"] == NOW + timedelta(seconds=5)
    assert after(Result(429, retry_after=10**9))["due_at"] == NOW + timedelta(hours=24)


def test_how_long_a_receiver_is_left_alone():
    assert sending.pause(timedelta(seconds=100)) == timedelta(seconds=10)
    assert sending.pause(timedelta(days=1)) == timedelta(seconds=30)


def test_why_a_webhook_ends():
    since = replace(WEBHOOK, failing_since=NOW - timedelta(days=5))
    ended = sending.why_ended
    assert ended(WEBHOOK, Result(error="Left.", ends=True), NOW) == "Left."
    assert ended(WEBHOOK, Result(410), NOW) == "The receiver answered 410: it is gone."
    assert ended(since, Result(500), NOW) == "The receiver has taken nothing for 5 days."
    assert ended(since, Result(500), NOW - TICK) is None and ended(since, Result(200), NOW) is None
    assert ended(WEBHOOK, Result(500), NOW) is None


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_a_secret_is_kept_for_its_webhook_under_its_key():
    made, key = {secrets.new_secret() for _ in range(9)}, b"k" * 32
    assert len(made) == 9
    for one in made:
        assert one.startswith("whsec_") and len(base64.b64decode(one.removeprefix("whsec_"))) == 32
    kept = secrets.seal(key, A, "whsec_x")
    assert secrets.unseal(key, A, kept) == "whsec_x" and secrets.seal(key, A, "whsec_x") != kept
    assert len(base64.b64decode(kept)) == 12 + len("whsec_x") + 16
    raw = bytearray(base64.b64decode(kept))
    raw[-1] ^= 1
    for other in ((b"x" * 32, A, kept), (key, B, kept), (key, A, base64.b64encode(raw).decode())):
        with pytest.raises(secrets.SecretLost, match=r"^The webhook's secret cannot be read with the key of this"):
            secrets.unseal(*other)


def test_each_secret_signs_the_name_the_time_and_the_body():
    one, two = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    signed = "msg_1.1772442000.{}"
    expected = " ".join(
        "v1," + base64.b64encode(hmac.digest(bytes([n]) * 32, signed.encode(), hashlib.sha256)).decode() for n in (1, 2)
    )
    assert secrets.signatures([f"whsec_{one}", f"whsec_{two}"], "msg_1", 1772442000, b"{}") == expected
