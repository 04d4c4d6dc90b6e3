"""Signed tokens (JWT): every call of python-jose stands in this module, behind one strict ``verify``.

The library is asked for one thing, whether a signature fits a key; what a header or a claim may be is decided here.
Left to itself it ignores ``crit`` and ``typ``, does without ``exp`` and ``aud``, and takes the last of equal members.
Nothing here reads a clock, a file or the network.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NoReturn

from jose import jwk, jws  # type: ignore[import-untyped]  # the library ships no types; this is its only caller

from app.kernel.token_keys import (
    BadKey,
    SigningKey,
    check_algorithms,
    decode,
    generate_key,
    load_key,
    parse_jwks,
    public_key,
    public_members,
    serves,
)

__all__ = [
    "MAX_TOKEN",
    "BadKey",
    "BadToken",
    "Claims",
    "OutOfTime",
    "SigningKey",
    "Trust",
    "generate_key",
    "load_key",
    "parse_jwks",
    "peek_kid",
    "sign",
    "verify",
]

MAX_TOKEN: Final = 8 * 1024
"""Characters of a whole token; looked at before anything else."""

_MAX_TEXT: Final = 255  # characters of a subject and of other identifiers (OpenID Connect Core 2, ``sub``)
_MAX_DEPTH: Final = 8
_MAX_INTEGER: Final = 2**53 - 1  # RFC 7493 2.2: beyond it two readers may see two numbers
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that a datetime holds
_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_OTHER_TOKENS_CLAIMS: Final = frozenset({"nonce", "at_hash", "c_hash", "events"})
_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")  # NUL (PostgreSQL has none) and lone surrogates (no UTF-8)
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 3.3, scope-token


class BadToken(Exception):
    """Why a token was refused, for our own log; never shown to the caller. It repeats nothing of the token."""


class OutOfTime(BadToken):
    """It is good in all but its time: it has expired, or is not valid yet; or our clock is wrong."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What is accepted from one issuer; making one raises ``BadKey`` when any part of it is unsafe.

    ``algorithms``: RS256/384/512 or ES256/384/512, one family only, so that no key can be read as one of another kind.
    ``keys``: kid -> public JWK (RFC 7517). ``types``: accepted ``typ`` values; case and ``application/`` do not count
    (RFC 9068 2.1). ``leeway``: for ``iat``, ``nbf`` and the farthest ``exp``; an expired token gets none.
    """

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    keys: Mapping[str, Mapping[str, Any]]
    types: frozenset[str] = frozenset({"at+jwt"})
    max_lifetime: timedelta = timedelta(hours=24)
    leeway: timedelta = timedelta(seconds=60)
    _ready: Mapping[tuple[str, str], Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Copy what was given, check all of it, and make the library's keys once."""
        types = frozenset(_short_type(each) for each in self.types)
        if not (self.issuer and self.audience and types) or "" in types:  # "" would let a token without typ in
            raise BadKey("issuer, audience and types are needed")
        check_algorithms(self.algorithms)
        keys = {kid: MappingProxyType(public_members(entry)) for kid, entry in self.keys.items()}
        fits = [(kid, alg) for kid in keys for alg in self.algorithms if serves(keys[kid], alg)]
        object.__setattr__(self, "keys", MappingProxyType(keys))
        object.__setattr__(self, "types", types)
        object.__setattr__(self, "_ready", {(kid, alg): jwk.construct(public_key(keys[kid]), alg) for kid, alg in fits})

    def library_key(self, kid: str, alg: str) -> object | None:
        """The library's key for this pair, or None where there is none that may be used so."""
        return self._ready.get((kid, alg))


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. ``raw`` holds all its claims, also those that have no field here."""

    subject: str
    issuer: str
    audience: str
    expires_at: datetime
    issued_at: datetime
    token_id: str | None
    client_id: str | None
    scopes: frozenset[str]
    raw: Mapping[str, Any]


def verify(token: str, trust: Trust, now: datetime) -> Claims:
    """Read an access token by RFC 9068 4 and RFC 8725; gives its claims.

    ``token`` may be anything a client sent; ``now`` is aware. Raises ``BadToken`` for whatever is not exactly right,
    and never another exception.
    """
    if now.tzinfo is None:
        raise BadToken("now has no time zone")
    header = _header(_parts(token)[0])
    payload = _signed_payload(token, header, trust)
    claims = _strict_object(payload)
    if not claims.keys().isdisjoint(_OTHER_TOKENS_CLAIMS):
        raise BadToken("an ID, logout or event token in place of an access token")
    _check_parties(claims, trust)
    expires_at, issued_at = _lifetime(claims, trust, now)
    return Claims(
        subject=_subject(claims),
        issuer=trust.issuer,
        audience=trust.audience,
        expires_at=expires_at,
        issued_at=issued_at,
        token_id=_optional_text(claims, "jti"),
        client_id=_optional_text(claims, "client_id"),
        scopes=_scopes(claims.get("scope")),
        raw=MappingProxyType(claims),
    )


def peek_kid(token: str) -> str | None:
    """The ``kid`` an unverified token names, to decide whether the issuer's keys need fetching anew; proves nothing.

    Raises ``BadToken`` for a token that no key could make good.
    """
    return _header(_parts(token)[0]).get("kid")


def sign(claims: Mapping[str, Any], key: SigningKey, typ: str = "at+jwt") -> str:
    """Sign ``claims`` (times in whole seconds), RS256; raises ``ValueError`` for what ``verify`` could not read."""
    payload = json.dumps(dict(claims), separators=(",", ":")).encode()
    try:
        _strict_object(payload)
    except BadToken as error:
        raise ValueError(f"unfit claims: {error}") from error
    signer = jwk.construct(key.private_key(), "RS256")
    token = str(jws.sign(payload, signer, headers={"kid": key.kid, "typ": typ}, algorithm="RS256"))
    if len(token) > MAX_TOKEN:
        raise ValueError("the claims make a token larger than accepted")
    return token


# --- the token's outside ---------------------------------------------------------------------------------------------


def _parts(token: object) -> tuple[bytes, bytes, bytes]:
    if not isinstance(token, str):
        raise BadToken("not text")
    if len(token) > MAX_TOKEN:
        raise BadToken("larger than accepted")
    parts = token.split(".")
    if len(parts) != 3:  # RFC 7515 3.1; five parts would be encrypted (RFC 7516)
        raise BadToken("not three parts")
    head, body, signature = (_decoded(part) for part in parts)
    return head, body, signature


def _decoded(part: str) -> bytes:
    try:
        return decode(part)
    except ValueError as error:
        raise BadToken("not the one form of base64url") from error


def _header(data: bytes) -> dict[str, str]:
    """Nothing but alg, kid and typ: a key, an address, ``crit`` is refused, not skipped (RFC 8725 3.10)."""
    header = _strict_object(data)
    if not header.keys() <= _HEADER_MEMBERS:
        raise BadToken("a header member that is not accepted")
    if not all(isinstance(value, str) for value in header.values()):
        raise BadToken("a header member that is not text")
    return header


def _signed_payload(token: str, header: Mapping[str, str], trust: Trust) -> bytes:
    """The payload, once its signature fits."""
    alg, kid = header.get("alg", ""), header.get("kid")
    if alg not in trust.algorithms:
        raise BadToken("an algorithm that is not accepted")
    if _short_type(header.get("typ", "")) not in trust.types:
        raise BadToken("a type of token that is not accepted")
    if kid is None or kid not in trust.keys:
        raise BadToken("an unknown kid")
    key = trust.library_key(kid, alg)
    if key is None:
        raise BadToken("the key is not for this algorithm")
    try:
        return bytes(jws.verify(token, key, algorithms=[alg]))
    except Exception as error:  # more than JOSEError escapes it, and a client must not cause a 500
        raise BadToken("the signature does not fit") from error


def _short_type(typ: str) -> str:
    """``typ`` without case and the optional prefix (RFC 7515 4.1.9); a letter outside ASCII folds into none."""
    return typ.lower().removeprefix("application/") if typ.isascii() else ""


# --- strict JSON -----------------------------------------------------------------------------------------------------


def _strict_object(data: bytes) -> dict[str, Any]:
    """A JSON object by I-JSON (RFC 7493 2): UTF-8, each member once, finite numbers; and not deep."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_members,
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_no_constant,
        )
    except (ValueError, RecursionError) as error:
        raise BadToken("not JSON") from error
    if not isinstance(value, dict):
        raise BadToken("not an object")
    _check_inside(value, _MAX_DEPTH)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise BadToken("a member stands twice")
    return members


def _integer(digits: str) -> int:
    if len(digits) > len(str(-_MAX_INTEGER)) or abs(int(digits)) > _MAX_INTEGER:
        raise BadToken("an integer out of range")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadToken("a number out of range")
    return number


def _no_constant(name: str) -> NoReturn:
    raise BadToken(f"{name} is not JSON")


def _check_inside(value: object, levels: int) -> None:
    if isinstance(value, str) and _UNSTORABLE.search(value):
        raise BadToken("text that cannot be stored")
    if not isinstance(value, dict | list):
        return
    if levels == 0:
        raise BadToken("nested too deep")
    for inner in [*value, *value.values()] if isinstance(value, dict) else value:
        _check_inside(inner, levels - 1)


# --- claims ----------------------------------------------------------------------------------------------------------


def _check_parties(claims: Mapping[str, Any], trust: Trust) -> None:
    """From this issuer, for us alone: a token that others may hold as theirs is refused."""
    if claims.get("iss") != trust.issuer:
        raise BadToken("another issuer")
    if claims.get("aud") not in (trust.audience, [trust.audience]):
        raise BadToken("another audience")


def _lifetime(claims: Mapping[str, Any], trust: Trust, now: datetime) -> tuple[datetime, datetime]:
    expires_at, issued_at = _instant(claims, "exp"), _instant(claims, "iat")
    not_before = _instant(claims, "nbf") if "nbf" in claims else issued_at
    if now >= expires_at:
        raise OutOfTime("expired")
    # Differences, not sums: now + max_lifetime would overflow at the end of the calendar.
    if issued_at - now > trust.leeway:
        raise OutOfTime("issued in the future")
    if not_before - now > trust.leeway:
        raise OutOfTime("not valid yet")
    if (
        expires_at - now > trust.max_lifetime + trust.leeway
    ):  # last: by a clock that is behind, it would be of any token
        raise BadToken("expires later than accepted")
    return expires_at, issued_at


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    """A NumericDate (RFC 7519 2), whole seconds only."""
    seconds = claims.get(name)
    if type(seconds) is not int or not 0 <= seconds <= _LAST_SECOND:  # a bool is an int to isinstance
        raise BadToken(f"{name} is missing or not a date")
    return datetime.fromtimestamp(seconds, UTC)


def _subject(claims: Mapping[str, Any]) -> str:
    """``sub``; marks that cannot be seen (zero width, right to left) would make two subjects look alike in a log."""
    subject = _optional_text(claims, "sub")
    if subject is None or not subject.isprintable():
        raise BadToken("sub is missing or not printable")
    return subject


def _optional_text(claims: Mapping[str, Any], name: str) -> str | None:
    if name not in claims:
        return None
    text = claims[name]
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_TEXT:
        raise BadToken(f"{name} is not text of 1 to {_MAX_TEXT} characters")
    return text


def _scopes(scope: object) -> frozenset[str]:
    """RFC 6749 3.3; some issuers send a list instead. None or empty text: no scope at all."""
    words = scope.split(" ") if isinstance(scope, str) and scope else scope or []
    if not isinstance(words, list) or not all(isinstance(word, str) and _SCOPE.fullmatch(word) for word in words):
        raise BadToken("scope is not a list of scopes")
    return frozenset(words)
