"""What a refusal says to those who want to cure it (AuthZEN Access Request and Approval Profile, Draft 1).

Pure, and nothing is kept: an evaluation's id is a seal over what was asked and when, so that whoever shows it later
shows that it is ours, of this very question, and not old.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final

import orjson

from app.governance.evaluation.rules import Decision
from app.governance.reasons.rules import ReasonCode, curable
from app.kernel.errors import Gone, MalformedRequest
from app.kernel.outbound import Outside

FAMILY: Final = "urn:openid:authzen:access-request:error:"
FRESH_FOR: Final = timedelta(hours=1)
"""So long after a refusal an access request may rest on it: long enough for a person to say why they need it."""
CAPABILITY: Final = "urn:openid:authzen:capability:access-request"
REQUESTS, SCHEMA = "/access/v1/requests", "/access/v1/request-schema"
_PREFIX, _MAC_BYTES = "eval_", 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
C = ReasonCode


class InvalidDenialBinding(MalformedRequest):
    """An evaluation's id is no proof of what was asked: it is not ours, or of another question."""

    code = "invalid_denial_binding"
    title = "The request does not fit the refusal that it names"
    family = FAMILY


class ExpiredDenial(Gone):
    code = "expired_denial"
    title = "The refusal that the request rests on is too old; evaluate again"
    family = FAMILY


@dataclass(frozen=True, slots=True)
class Desk:
    """What the profile needs of an installation: where it is reached, whom it may call, and the key of its seals."""

    outside: Outside
    key: bytes = field(repr=False)

    @property
    def public_url(self) -> str:
        """Without a slash at its end."""
        return self.outside.public_url


@dataclass(frozen=True, slots=True)
class Asked:
    """A question word for word: who, what and on what, each as it was spelled."""

    subject_type: str
    subject: str
    action: str
    resource_type: str
    resource: str


@dataclass(frozen=True, slots=True)
class Offer:
    """That a refusal can be cured by a request: where to send it, until when it may rest on this refusal."""

    evaluation_id: str
    evaluated_at: datetime
    expires_at: datetime
    reason: str
    endpoint: str
    schema_url: str


def offer(decision: Decision, asked: Asked, at: datetime, revision: int, desk: Desk) -> Offer | None:
    """What to say beside a refusal that a rights request would cure; None for any other answer."""
    cured = None if decision.permitted else curable(decision.reasons)
    if cured is None:
        return None
    return Offer(
        evaluation_id=seal(asked, at, revision, desk.key),
        evaluated_at=at,
        expires_at=at + FRESH_FOR,
        reason=cured.code,
        endpoint=desk.public_url + REQUESTS,
        schema_url=desk.public_url + SCHEMA,
    )


class NextAction(StrEnum):
    """What to do after a refusal of a question that named an approval."""

    REQUEST = "request"
    RETRY = "retry"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Why a question that named an approval is refused, in the profile's words; ``retry_after`` in seconds."""

    reason: str
    next_action: NextAction
    retry_after: int | None = None


_UNVERIFIABLE = frozenset({C.ACCOUNT_UNKNOWN, C.APPROVAL_UNVERIFIABLE, C.RIGHT_UNKNOWN, C.SUBJECT_UNKNOWN})
_OVER = frozenset({C.GRANT_EXPIRED, C.GRANT_REVOKED})


def follow_up(decision: Decision, offered: Offer | None, at: datetime) -> FollowUp:
    """What to make of a refusal of a question that named an approval."""
    codes = {one.code for one in decision.reasons}
    if codes & _UNVERIFIABLE:
        return FollowUp("approval_unverifiable", NextAction.NONE)
    if codes & _OVER:
        return FollowUp("approval_expired", NextAction.REQUEST if offered else NextAction.NONE)
    begins = [one.until for one in decision.reasons if one.code is C.GRANT_NOT_STARTED and one.until]
    if begins:
        return FollowUp("grant_pending", NextAction.RETRY, ceil((begins[0] - at).total_seconds()))
    return FollowUp("policy_denied", NextAction.NONE)


def seal(asked: Asked, at: datetime, revision: int, key: bytes) -> str:
    """The id of an evaluation of this question, then, on this state of things; the same for the same."""
    told = _instant(at).to_bytes(8) + revision.to_bytes(8)
    return _PREFIX + base64.urlsafe_b64encode(told + _mac(asked, told, key)).decode().rstrip("=")


def check(evaluation_id: str | None, asked: Asked, at: datetime, key: bytes) -> None:
    """Is this the id of an evaluation of ours, of this question, not long ago?

    Raises ``InvalidDenialBinding``, ``ExpiredDenial``.
    """
    told = _opened(evaluation_id or "", asked, key)
    evaluated_at = _EPOCH + timedelta(microseconds=int.from_bytes(told[:8]))
    if at >= evaluated_at + FRESH_FOR:
        raise ExpiredDenial(f"It may be used until {evaluated_at + FRESH_FOR:%Y-%m-%dT%H:%M:%SZ}. Evaluate again.")


def _opened(evaluation_id: str, asked: Asked, key: bytes) -> bytes:
    text = evaluation_id.removeprefix(_PREFIX)
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        sealed = b""
    told, mac = sealed[:-_MAC_BYTES], sealed[-_MAC_BYTES:]
    spelled = _PREFIX + base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    if len(told) != 16 or spelled != evaluation_id or not hmac.compare_digest(mac, _mac(asked, told, key)):
        raise InvalidDenialBinding(
            "`evaluation_id` is to be the one of the refusal, with subject, action and resource spelled as they were."
        )
    return told


def _mac(asked: Asked, told: bytes, key: bytes) -> bytes:
    words = [asked.subject_type, asked.subject, asked.action, asked.resource_type, asked.resource]
    # Hashed to a fixed length first, so that no part of the words can pass for the time.
    question = hashlib.sha256(orjson.dumps(words)).digest()
    return hmac.digest(key, question + told, hashlib.sha256)[:_MAC_BYTES]


def _instant(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def profile_metadata(public_url: str) -> dict[str, object]:
    """What the profile adds to the metadata of a decision point; ``capabilities`` are to be joined to what is there."""
    return {
        "access_request_endpoint": public_url + REQUESTS,
        "jwks_uri": f"{public_url}/.well-known/jwks.json",
        "capabilities": [CAPABILITY],
    }
