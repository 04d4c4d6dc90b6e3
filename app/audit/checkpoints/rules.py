"""Signed checkpoints of the audit log: what is signed, and how one is kept elsewhere."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.audit.verifier import TYPE
from app.kernel import tokens
from app.kernel.tokens import SigningKey


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The word of this service, at an instant, that the event ``seq`` of this ``hash`` was the last of its audit log.

    ``signature``: the same, as a JSON Web Signature in compact form (RFC 7515 3.1), by the key ``kid``.
    """

    seq: int
    hash: str
    created_at: datetime
    kid: str
    signature: str

    def line(self) -> str:
        """As one line of JSON, to be kept elsewhere."""
        return json.dumps(
            {"seq": self.seq, "hash": self.hash, "created_at": f"{self.created_at.isoformat()[:19]}Z", "kid": self.kid,
             "signature": self.signature}
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notary:
    """Who signs: in whose name, by which key, and in which file each checkpoint is kept besides the database.

    ``public``: the public JWKs of this and of former keys, by ``kid``.
    """

    issuer: str
    key: SigningKey
    public: Mapping[str, Mapping[str, str]]
    file: Path

    def sign(self, seq: int, hash_: str, now: datetime) -> Checkpoint:
        """A checkpoint at this event."""
        claims: dict[str, Any] = {"iss": self.issuer, "iat": int(now.timestamp()), "seq": seq, "hash": hash_}
        return Checkpoint(seq, hash_, now, self.key.kid, tokens.sign(claims, self.key, TYPE))
