"""How a webhook's secret is made, kept and used: rules as plain calls."""

import base64
import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.webhooks.secrets import rules
from app.webhooks.secrets.rules import SecretLost

KEY, OTHER = b"k" * 32, b"o" * 32
ONE, TWO = UUID(int=1), UUID(int=2)


def test_a_secret_is_32_bytes_that_nobody_guesses():
    first, second = rules.new_secret(), rules.new_secret()
    assert first != second and first.startswith("whsec_") and len(base64.b64decode(first.removeprefix("whsec_"))) == 32


def test_a_secret_is_kept_for_its_webhook_under_this_key_alone():
    secret = rules.new_secret()
    kept = rules.seal(KEY, ONE, secret)
    assert rules.unseal(KEY, ONE, kept) == secret and secret not in kept
    assert kept != rules.seal(KEY, ONE, secret)
    assert len(base64.b64decode(kept)) == 12 + len(secret) + 16
    for key, webhook, said in ((OTHER, ONE, kept), (KEY, TWO, kept), (KEY, ONE, rules.seal(KEY, TWO, secret))):
        with pytest.raises(SecretLost):
            rules.unseal(key, webhook, said)


def test_a_body_is_signed_once_by_each_secret():
    secrets, body = [rules.new_secret(), rules.new_secret()], b'{"type": "a"}'
    at = int(datetime.now(UTC).timestamp())
    found = rules.signatures(secrets, "msg_1", at, body)
    assert len(found.split(" ")) == 2
    for n, one in enumerate(secrets):
        for said in (found, found.split(" ")[n]):
            headers = {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": said}
            assert Webhook(one).verify(body.decode(), headers) == {"type": "a"}
    headers["webhook-signature"] = found.split(" ")[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(secrets[1]).verify(body.decode(), headers)


def test_a_signature_is_of_an_instant_whatever_the_clock_on_the_wall(monkeypatch):
    secret = rules.new_secret()
    here = rules.signatures([secret], "msg_1", 1614265330, b"{}")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert rules.signatures([secret], "msg_1", 1614265330, b"{}") == here
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_signature_is_the_one_that_the_standard_tells_of():
    """The example of the standard's own library."""
    found = rules.signatures(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
