"""What is sent proves whose it is: checked by the standard's own library, and by the snippet of our page."""

import base64
import re
from pathlib import Path
from uuid import uuid4

import pytest
import standardwebhooks.webhooks as verifier

from app.webhooks.secrets import rules as secrets

PAGE = Path(__file__).resolve().parents[2] / "docs/webhooks.md"


def test_the_reference_library_verifies_what_we_send(hooks, at_our_time):
    hook = hooks.make(events=["course.*"])
    subject = hooks.event()
    assert hooks.send() == 1
    ((path, headers, body),) = hooks.receiver.calls
    told = hooks.verified(hook["secret"], (path, headers, body))
    seq = told["data"]["seq"]
    assert headers["webhook-id"] == f"msg_{hook['id'].replace('-', '')}_{seq}"
    assert headers["content-type" if "content-type" in headers else "Content-Type"] == "application/json"
    (event,) = hooks.team.events(action="course.created")
    assert told == {
        "type": "course.created", "timestamp": event["at"],
        "data": {
            "seq": event["seq"], "subject": {"kind": "course", "id": subject},
            "actor": {"kind": "employee", "id": str(hooks.team.ids["boss"])}, "on_behalf_of": None,
            "before": None, "after": event["after"],
        },
    }  # fmt: skip


def test_g08_nothing_of_it_can_be_altered_or_sent_again_later(hooks, at_our_time):
    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.send()
    ((path, headers, body),) = hooks.receiver.calls
    later = str(int(headers["webhook-timestamp"]) + 1)
    for name, value in (("webhook-id", f"{headers['webhook-id']}.1"), ("webhook-timestamp", later)):
        with pytest.raises(verifier.WebhookVerificationError):
            hooks.verified(hook["secret"], (path, {**headers, name: value}, body))
    with pytest.raises(verifier.WebhookVerificationError):
        hooks.verified(hook["secret"], (path, headers, body.replace(b"course.created", b"course.retired")))
    with pytest.raises(verifier.WebhookVerificationError):
        hooks.verified(secrets.new_secret(), (path, headers, body))
    moved = {**headers, "webhook-id": f"{headers['webhook-id']}.{headers['webhook-timestamp']}"}
    with pytest.raises(verifier.WebhookVerificationError):  # a part that moves from one field to the next
        hooks.verified(hook["secret"], (path, moved, body))
    hooks.team.clock.turn(minutes=5, seconds=1)
    with pytest.raises(verifier.WebhookVerificationError, match="too old"):
        hooks.verified(hook["secret"], (path, headers, body))


def test_g07_after_a_rotation_both_secrets_verify_for_a_day(hooks, at_our_time):
    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.send()
    rotated = hooks.team.post(f"/v1/webhooks/{hook['id']}/rotate", "developer")
    assert rotated["secret"] != hook["secret"]
    hooks.event()
    hooks.send()
    assert len(hooks.receiver.calls[1][1]["webhook-signature"].split()) == 2
    for secret in (hook["secret"], rotated["secret"]):
        hooks.verified(secret, hooks.receiver.calls[1])
    hooks.team.clock.turn(hours=24, seconds=-1)
    hooks.event()
    hooks.send()
    hooks.verified(hook["secret"], hooks.receiver.calls[2])
    hooks.team.clock.turn(seconds=1)
    hooks.event()
    hooks.send()
    hooks.verified(rotated["secret"], hooks.receiver.calls[3])
    with pytest.raises(verifier.WebhookVerificationError):
        hooks.verified(hook["secret"], hooks.receiver.calls[3])


def test_a_secret_is_kept_sealed_and_bound_to_its_webhook():
    key, one, other, secret = b"k" * 32, uuid4(), uuid4(), secrets.new_secret()
    kept = secrets.seal(key, one, secret)
    assert secret not in kept and secret.encode() not in base64.b64decode(kept)
    assert secrets.unseal(key, one, kept) == secret and secrets.seal(key, one, secret) != kept
    for wrong in ((b"x" * 32, one, kept), (key, other, kept)):
        with pytest.raises(secrets.SecretLost):
            secrets.unseal(*wrong)


def test_a_secret_that_cannot_be_read_is_told_and_nothing_is_sent_unsigned(hooks):
    from dataclasses import replace

    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.sender = replace(hooks.sender, key=b"x" * 32)
    assert hooks.send() == 0 and hooks.receiver.calls == []
    (delivery,) = hooks.deliveries(hook)
    assert delivery["state"] == "waiting" and "rotate it" in delivery["last_error"]


def test_the_snippet_of_the_page_verifies_and_refuses(hooks, at_our_time):
    (snippet,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    told = {}
    exec(compile(snippet, str(PAGE), "exec"), told)
    hook = hooks.make(events=["course.*"])
    hooks.event()
    hooks.send()
    rotated = hooks.team.post(f"/v1/webhooks/{hook['id']}/rotate", "developer")
    hooks.event()
    hooks.send()
    (_, headers, body), (_, second, other) = hooks.receiver.calls
    now = hooks.team.clock.now.timestamp()
    assert told["verified"](hook["secret"], headers, body, now)["type"] == "course.created"
    for secret in (hook["secret"], rotated["secret"]):
        assert told["verified"](secret, second, other, now)["data"]["seq"]
    for wrong in (
        (rotated["secret"], headers, body, now), (hook["secret"], headers, body + b" ", now),
        (hook["secret"], headers, body, now + 301), (hook["secret"], {**headers, "webhook-id": "msg_1"}, body, now),
    ):  # fmt: skip
        with pytest.raises(ValueError):
            told["verified"](*wrong)
