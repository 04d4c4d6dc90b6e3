"""The secrets of webhooks: how one is made, kept and used to sign (Standard Webhooks 1.0.0)."""

import base64
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from standardwebhooks.webhooks import Webhook

PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
"""Of the 24 to 64 that the standard asks for."""
_NONCE_BYTES: Final = 12


class SecretLost(Exception):
    """What is kept is no secret of this webhook under this installation's key."""


def new_secret() -> str:
    """A fresh secret as its receiver gets it: ``whsec_`` and the base64 of its bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def seal(key: bytes, webhook_id: UUID, secret: str) -> str:
    """A secret as it is kept: AES-GCM, bound to its webhook, so that no row can borrow another's."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, secret.encode(), webhook_id.bytes)).decode()


def unseal(key: bytes, webhook_id: UUID, kept: str) -> str:
    """The secret that was kept. Raises ``SecretLost``."""
    sealed = base64.b64decode(kept)
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], webhook_id.bytes).decode()
    except InvalidTag:
        raise SecretLost("The webhook's secret cannot be read with the key of this installation; rotate it.") from None


def signatures(held: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``: one signature by each secret, with spaces between."""
    at = datetime.fromtimestamp(timestamp, UTC)
    return " ".join(Webhook(one).sign(message_id, at, body.decode()) for one in held)
