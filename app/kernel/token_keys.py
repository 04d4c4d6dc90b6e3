"""The keys that tokens are signed and checked with: our own private one, and the public ones an issuer shows.

Built on ``cryptography`` alone; ``tokens`` hands the finished key objects to python-jose, which so never has to guess
what a text or a handful of bytes may be (it takes a DER public key for a shared secret, CVE-2026-85394).
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

MAX_KEYS: Final = 64
"""Keys of one issuer's set."""

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_RSA_BITS: Final = range(2048, 8192 + 1)  # RFC 7518 3.3 sets the lower end; the upper bounds the work of a check
_PUBLIC_MEMBERS: Final = frozenset({"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"})
_SECRET_MEMBERS: Final = frozenset({"k", "d", "p", "q", "dp", "dq", "qi", "oth"})
_SERVED_BY: Final = {  # algorithm -> the one shape of key that serves it (RFC 7518 3.3, 3.4)
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
}
_CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")


class BadKey(ValueError):
    """A key, a key set or what is built on them must not be used."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private RSA key in PEM (never shown by ``repr``) and the ``kid`` it signs under; raises ``BadKey``."""

    kid: str
    private_pem: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what could not sign."""
        if not self.kid:
            raise BadKey("a signing key needs a kid")
        self.private_key()

    def private_key(self) -> rsa.RSAPrivateKey:
        """The key itself."""
        return _private_key(self.private_pem)

    def public_jwk(self) -> dict[str, str]:
        """The public half as a JWK (RFC 7517), as ``/.well-known/jwks.json`` shows it."""
        return {"kid": self.kid, "use": "sig", "alg": "RS256", **_public_numbers(self.private_pem)}


def generate_key() -> SigningKey:
    """A fresh RSA key of 2048 bits."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return load_key(private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode())


def load_key(pem: str) -> SigningKey:
    """The signing key in an unencrypted PEM, under its thumbprint (RFC 7638) as kid; raises ``BadKey``."""
    canonical = json.dumps(_public_numbers(pem), sort_keys=True, separators=(",", ":"))
    return SigningKey(kid=encode(sha256(canonical.encode()).digest()), private_pem=pem)


def parse_jwks(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The usable signature keys of a JWK Set (RFC 7517 5), kid -> public JWK.

    Keys of kinds we do not use are left out. Raises ``BadKey`` for a document that cannot be trusted as a whole: not a
    set, too many keys, a key without kid, two of one kid, a secret or private key, a broken one.
    """
    listed = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise BadKey(f"not a set of at most {MAX_KEYS} keys")
    named = {_kid(entry): entry for entry in listed}
    if len(named) < len(listed):
        raise BadKey("two keys have one kid")
    for entry in listed:
        _refuse_secret(entry)
    return {kid: public_members(entry) for kid, entry in named.items() if _for_signatures(entry)}


def check_algorithms(algorithms: tuple[str, ...]) -> None:
    """One family of those we can verify; raises ``BadKey``.

    With two families python-jose may read a key of one as a key of the other. PS* and EdDSA it does not know at all.
    """
    if not algorithms or not set(algorithms) <= _SERVED_BY.keys():
        raise BadKey("algorithms are RS256, RS384, RS512 or ES256, ES384, ES512")
    if len({alg[:2] for alg in algorithms}) > 1:
        raise BadKey("algorithms of two families")


def serves(entry: Mapping[str, Any], alg: str) -> bool:
    """Whether the key has the shape for ``alg`` and does not name another (RFC 7517 4.4)."""
    shape = entry.get("crv") if entry.get("kty") == "EC" else entry.get("kty")
    return bool(shape == _SERVED_BY[alg] and entry.get("alg", alg) == alg)


def public_members(entry: object) -> dict[str, Any]:
    """The public members alone of a sound RSA or EC key for signatures; raises ``BadKey``. Bytes and PEM are no JWK."""
    if not isinstance(entry, Mapping):
        raise BadKey("a key that is not a JWK")
    _refuse_secret(entry)
    if not _for_signatures(entry):
        raise BadKey("not an RSA or EC key for signatures")
    public_key(entry)
    return {name: value for name, value in entry.items() if name in _PUBLIC_MEMBERS}


def public_key(entry: Mapping[str, Any]) -> PublicKey:
    """The key that a public JWK describes; raises ``BadKey`` for weak sizes and numbers that make no key."""
    try:
        return _rsa_key(entry) if entry["kty"] == "RSA" else _ec_key(entry)
    except BadKey:
        raise
    except (ValueError, KeyError, UnsupportedAlgorithm) as error:
        raise BadKey("numbers that make no key") from error


def encode(data: bytes) -> str:
    """Base64url without padding (RFC 7515 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: object) -> bytes:
    """The bytes of ``text`` in base64url; raises ``ValueError`` for any spelling but the one ``encode`` gives."""
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:  # spare bits in the last character would give the same bytes several spellings
        raise ValueError("not the canonical base64url")
    return data


def _kid(entry: object) -> str:
    kid = entry.get("kid") if isinstance(entry, Mapping) else None
    if not isinstance(kid, str) or not kid:
        raise BadKey("a key without a kid")
    return kid


def _refuse_secret(entry: Mapping[str, Any]) -> None:
    if entry.get("kty") == "oct" or not entry.keys().isdisjoint(_SECRET_MEMBERS):
        raise BadKey("a secret or private key among public ones")


def _for_signatures(entry: Mapping[str, Any]) -> bool:
    """Whether we can use it; others are to be skipped (RFC 7517 5), such as keys for encryption."""
    operations = entry.get("key_ops", ["verify"])
    verifies = isinstance(operations, list) and "verify" in operations and entry.get("use", "sig") == "sig"
    return verifies and any(serves(entry, alg) for alg in _SERVED_BY)


def _rsa_key(entry: Mapping[str, Any]) -> rsa.RSAPublicKey:
    modulus = _number(entry["n"])
    if modulus.bit_length() not in _RSA_BITS:
        raise BadKey("an RSA key of a size that is not accepted")
    return rsa.RSAPublicNumbers(_number(entry["e"]), modulus).public_key()


def _ec_key(entry: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    """The library itself refuses a point that is not on the curve."""
    return ec.EllipticCurvePublicNumbers(_number(entry["x"]), _number(entry["y"]), _CURVES[entry["crv"]]).public_key()


def _number(text: object) -> int:
    return int.from_bytes(decode(text), "big")


@lru_cache(maxsize=8)
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    """Parsed once: checking the primes takes longer than many signatures."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey("not an unencrypted private key in PEM") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size not in _RSA_BITS:
        raise BadKey("not an RSA key of a size that is accepted")
    return key


def _public_numbers(pem: str) -> dict[str, str]:
    """kty, n and e: the members that RFC 7638 3.2 hashes."""
    numbers = _private_key(pem).public_key().public_numbers()
    n, e = (encode(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (numbers.n, numbers.e))
    return {"kty": "RSA", "n": n, "e": e}
