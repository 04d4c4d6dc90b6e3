"""A forge for tokens, honest and not, made without the library under test; and proof that its honest ones are good.

The other token tests import from here. ``...`` as a value takes a member away.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jose import jwt as jose_jwt  # type: ignore[import-untyped]

from app.kernel.clock import system_clock
from app.kernel.tokens import BadToken, Trust, generate_key, parse_jwks, verify

NOW = datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)
ISSUER = "https://coe.example"
AUDIENCE = "https://coe.example/api"
OURS, THEIRS = generate_key(), generate_key()
EC_PRIVATE = ec.generate_private_key(ec.SECP256R1())
TRUST = Trust(ISSUER, AUDIENCE, ("RS256",), parse_jwks({"keys": [OURS.public_jwk()]}))

Part = Mapping[str, Any] | str | bytes
Signer = Callable[[bytes], bytes]


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with members set, or taken away by ``...``."""
    return {name: value for name, value in {**base, **changes}.items() if value is not ...}


def head(**changes: Any) -> dict[str, Any]:
    """A good header, changed."""
    return changed({"alg": "RS256", "kid": OURS.kid, "typ": "at+jwt"}, changes)


def body(now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """Good claims at ``now``, changed."""
    at = int(now.timestamp())
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "019a-person", "iat": at, "exp": at + 3600, "jti": "t1"}
    return changed(good | {"client_id": "console", "scope": "decisions events"}, changes)


def rs256(data: bytes) -> bytes:
    """Our own signature."""
    return OURS.private_key().sign(data, padding.PKCS1v15(), hashes.SHA256())


def rs256_theirs(data: bytes) -> bytes:
    """The attacker's."""
    return THEIRS.private_key().sign(data, padding.PKCS1v15(), hashes.SHA256())


def es256(data: bytes) -> bytes:
    """A signature by the EC key, r and s side by side (RFC 7518 3.4)."""
    r, s = decode_dss_signature(EC_PRIVATE.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def forge(header: Part, claims: Part, signer: Signer = rs256) -> str:
    """A token of exactly these parts: mappings as JSON, text and bytes as they are."""
    signed = f"{b64(as_bytes(header))}.{b64(as_bytes(claims))}"
    return f"{signed}.{b64(signer(signed.encode()))}"


def as_bytes(part: Part) -> bytes:
    """What goes into base64."""
    if isinstance(part, bytes):
        return part
    return (part if isinstance(part, str) else json.dumps(part)).encode("utf-8", "surrogatepass")


def spliced(good: Mapping[str, Any], extra: str) -> str:
    """JSON text of ``good`` with ``extra`` written before the closing brace: for what ``json.dumps`` cannot say."""
    return f"{json.dumps(good)[:-1]}, {extra}}}"


def ec_jwk() -> dict[str, str]:
    """The EC key's public half."""
    numbers = EC_PRIVATE.public_key().public_numbers()
    x, y = (b64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "kid": "ec", "x": x, "y": y}


def public_pem() -> bytes:
    """Our public key in PEM, as anyone can make it from the JWKS."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return OURS.private_key().public_key().public_bytes(serialization.Encoding.PEM, form)


def public_der() -> bytes:
    """The same in DER."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return OURS.private_key().public_key().public_bytes(serialization.Encoding.DER, form)


def refused(token: Any, why: str, trust: Trust = TRUST, now: datetime = NOW) -> None:
    """Assert that ``verify`` refuses, and for this reason: refused for another, a test would prove nothing."""
    with pytest.raises(BadToken, match=why):
        verify(token, trust, now)


def test_an_honest_token_is_accepted_by_us_by_pyjwt_and_by_python_jose() -> None:
    now = system_clock()
    token = forge(head(), body(now))
    ours = verify(token, TRUST, now)
    pem = public_pem()
    assert ours.raw == jwt.decode(token, pem, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER)
    assert ours.raw == jose_jwt.decode(token, pem, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER)


def test_an_honest_ec_token_is_accepted_too() -> None:
    trust = Trust(ISSUER, AUDIENCE, ("ES256",), parse_jwks({"keys": [ec_jwk()]}))
    claims = verify(forge(head(alg="ES256", kid="ec"), body(), es256), trust, NOW)
    assert claims.subject == "019a-person"


def test_what_the_claims_say_comes_out() -> None:
    claims = verify(forge(head(), body(extra={"a": [1.5, None]})), TRUST, NOW)
    assert (claims.issuer, claims.audience, claims.subject) == (ISSUER, AUDIENCE, "019a-person")
    assert (claims.issued_at, claims.expires_at) == (NOW, NOW + timedelta(hours=1))
    assert (claims.token_id, claims.client_id) == ("t1", "console")
    assert claims.scopes == {"decisions", "events"}
    assert claims.raw["extra"] == {"a": [1.5, None]}


def test_the_optional_claims_may_be_absent() -> None:
    claims = verify(forge(head(), body(jti=..., client_id=..., scope=...)), TRUST, NOW)
    assert (claims.token_id, claims.client_id, claims.scopes) == (None, None, frozenset())
