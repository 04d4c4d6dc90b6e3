"""Against two other readers: what we accept PyJWT accepts too; and what python-jose alone would let through.

The two read the machine's clock, so tokens here are made at the present instant and never close to an edge of it.
"""

import hashlib
import hmac
import itertools
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jose import JOSEError  # type: ignore[import-untyped]
from jose import jwt as jose_jwt

from app.kernel.clock import system_clock
from app.kernel.tokens import BadKey, BadToken, Claims, Trust, verify
from tests.kernel.test_tokens_forge import (
    AUDIENCE,
    ISSUER,
    OURS,
    THEIRS,
    TRUST,
    Signer,
    b64,
    body,
    changed,
    forge,
    head,
    public_der,
    public_pem,
    refused,
    rs256,
    rs256_theirs,
    spliced,
)

Maker = Callable[[datetime], str]

NOTHING = st.just(...)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.text(max_size=4), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def mostly(good: Any, *others: Any) -> st.SearchStrategy[Any]:
    """``good`` far more often than not, so that whole tokens are good often enough."""
    return st.integers(0, 19).flatmap(
        lambda roll: st.one_of(JUNK, NOTHING, st.sampled_from(others or (good,))) if roll == 0 else st.just(good)
    )


def seconds(*good: int) -> st.SearchStrategy[Any]:
    """Offsets from now, later made dates of; strange ones are left as they are."""
    return st.sampled_from(good).flatmap(
        lambda offset: mostly(("at", offset), ("at", -100), ("at", 100_000), ("at", 0.5))
    )


HEADERS = st.fixed_dictionaries(
    {
        "alg": mostly("RS256", "none", "HS256", "RS384", "PS256"),
        "kid": mostly(OURS.kid, THEIRS.kid, ""),
        "typ": mostly("at+jwt", "JWT", "application/AT+JWT"),
        "crit": mostly(..., ["exp"]),
        "b64": mostly(..., False),
    }
)
CLAIMS = st.fixed_dictionaries(
    {
        "iss": mostly(ISSUER, ISSUER + "/"),
        "aud": mostly(AUDIENCE, [AUDIENCE], [AUDIENCE, "x"], "x"),
        "sub": mostly("person", "x" * 256, "\u202e"),
        "exp": seconds(30, 3600, 86_400),
        "iat": seconds(0, -3600, 30),
        "nbf": st.one_of(NOTHING, seconds(0, -3600, 30)),
        "jti": mostly("t1", ...),
        "scope": mostly("hr lms", ["hr"], " ", ...),
        "extra": st.one_of(NOTHING, JUNK),
    }
)
SIGNERS = st.sampled_from([rs256] * 9 + [rs256_theirs])


def dated(claims: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Offsets made into dates."""
    at = int(now.timestamp())
    return {name: at + value[1] if isinstance(value, tuple) else value for name, value in claims.items()}


def by_pyjwt(token: str) -> dict[str, Any]:
    """PyJWT at its strictest. Its leeway covers ``iat`` and ``nbf`` as ours does; it also reads later than we do."""
    return jwt.decode(
        token,
        public_pem(),
        algorithms=["RS256"],
        audience=AUDIENCE,
        issuer=ISSUER,
        leeway=60,
        options={"require": ["exp", "iat", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
    )


def by_jose(token: str, key: Any = None, algorithms: Any = ("RS256",)) -> dict[str, Any]:
    """python-jose as its own documentation shows it."""
    key = OURS.public_jwk() if key is None else key
    claims: dict[str, Any] = jose_jwt.decode(token, key, algorithms=algorithms, audience=AUDIENCE, issuer=ISSUER)
    return claims


def attempt(token: Any, now: datetime) -> Claims | None:
    """What we make of it; any exception but ``BadToken`` goes up and fails the test."""
    try:
        return verify(token, TRUST, now)
    except BadToken:
        return None


def test_whatever_we_accept_pyjwt_accepts_and_reads_the_same() -> None:
    seen: Counter[bool] = Counter()

    @settings(max_examples=400, deadline=None, database=None)
    @given(header=HEADERS, claims=CLAIMS, signer=SIGNERS)
    def compare(header: dict[str, Any], claims: dict[str, Any], signer: Signer) -> None:
        now = system_clock()
        token = forge(changed({}, header), changed({}, dated(claims, now)), signer)
        ours = attempt(token, now)
        seen[ours is not None] += 1
        if ours is not None:
            theirs = by_pyjwt(token)
            assert ours.raw == theirs
            assert ours.subject == theirs["sub"]
            assert int(ours.expires_at.timestamp()) == theirs["exp"]

    compare()
    assert seen[True] >= 20, "too few tokens were good: the comparison would prove little"
    assert seen[False] >= 20


@settings(max_examples=300, deadline=None, database=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.binary(max_size=40),
        JUNK,
        st.lists(st.text("AZaz09-_=", max_size=12), min_size=1, max_size=6).map(".".join),
        st.tuples(st.binary(max_size=30), st.binary(max_size=30), st.binary(max_size=30)).map(
            lambda parts: ".".join(b64(part) for part in parts)
        ),
    )
)
def test_no_input_at_all_raises_anything_but_bad_token(token: Any) -> None:
    assert attempt(token, system_clock()) is None


@settings(max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    header=st.one_of(st.binary(max_size=60), st.text(max_size=60)),
    claims=st.one_of(st.binary(max_size=60), st.text(max_size=60)),
)
def test_nor_do_signed_bytes_that_are_no_json(header: bytes | str, claims: bytes | str) -> None:
    assert attempt(forge(header, head()), system_clock()) is None
    assert attempt(forge(head(), claims), system_clock()) is None


HOLES: dict[str, tuple[Maker, str]] = {
    "A09 crit names an extension nobody knows": (
        lambda now: forge(head(crit=["x"]), body(now)),
        "member that is not accepted",
    ),
    "A09 b64 is false": (lambda now: forge(head(b64=False), body(now)), "member that is not accepted"),
    "A05 a key is sent along": (
        lambda now: forge(head(jwk=THEIRS.public_jwk()), body(now)),
        "member that is not accepted",
    ),
    "A08 zip on a signed token": (lambda now: forge(head(zip="DEF"), body(now)), "member that is not accepted"),
    "A10 a security event token": (lambda now: forge(head(typ="secevent+jwt"), body(now)), "type of token"),
    "A10 no type": (lambda now: forge(head(typ=...), body(now)), "type of token"),
    "A06 no kid": (lambda now: forge(head(kid=...), body(now)), "kid"),
    "A06 a kid nobody knows": (lambda now: forge(head(kid="x"), body(now)), "kid"),
    "A11 never expires": (lambda now: forge(head(), body(now, exp=...)), "exp"),
    "A11 expires in a century": (lambda now: forge(head(), body(now, exp=now.timestamp() // 1 * 2)), "exp"),
    "A11 expires in 1e300": (lambda now: forge(head(), spliced(body(now, exp=...), '"exp": 1e300')), "exp"),
    "A11 exp is text": (lambda now: forge(head(), body(now, exp=str(int(now.timestamp()) + 60))), "exp"),
    "A11 exp is broken seconds": (lambda now: forge(head(), body(now, exp=now.timestamp() + 60)), "exp"),
    "A11 lives for years": (lambda now: forge(head(), body(now, exp=int(now.timestamp()) + 10**9)), "later than"),
    "A12 issued years ahead": (lambda now: forge(head(), body(now, iat=int(now.timestamp()) + 10**8)), "future"),
    "A12 no iat": (lambda now: forge(head(), body(now, iat=...)), "iat"),
    "A12 nbf is a truth": (lambda now: forge(head(), body(now, nbf=True)), "nbf"),
    "A13 no audience": (lambda now: forge(head(), body(now, aud=...)), "audience"),
    "A13 an audience beside us": (lambda now: forge(head(), body(now, aud=[AUDIENCE, "x"])), "audience"),
    "A15 no subject": (lambda now: forge(head(), body(now, sub=...)), "sub"),
    "A15 an empty subject": (lambda now: forge(head(), body(now, sub="")), "sub"),
    "A16 two subjects": (lambda now: forge(head(), spliced(body(now), '"sub": "admin"')), "twice"),
    "A16 two algorithms": (lambda now: forge(spliced(head(alg="none"), '"alg": "RS256"'), body(now)), "twice"),
    "A17 larger than 8 KiB": (lambda now: forge(head(), body(now, pad="x" * 10_000)), "larger"),
    "A17 deep claims": (lambda now: forge(head(), spliced(body(now), '"x": ' + "[" * 90 + "]" * 90)), "nested"),
    "A18 padding": (lambda now: forge(head(), body(now)) + "==", "base64url"),
    "A18 line ends": (lambda now: forge(head(), body(now)) + "\n" * 4, "base64url"),
    "A18 the letters of standard base64": (lambda now: _in_standard_letters(now), "base64url"),
    "A18 spare bits": (lambda now: _with_spare_bits(forge(head(), body(now))), "base64url"),
    "A18 NaN": (lambda now: forge(head(), spliced(body(now), '"x": NaN')), "NaN"),
    "A18 a lone surrogate": (lambda now: forge(head(), spliced(body(now), '"x": "\\ud800"')), "cannot be stored"),
}


def _in_standard_letters(now: datetime) -> str:
    """Only the signature is respelled; what is signed stays the same."""
    for turn in itertools.count():
        signed, dot, signature = forge(head(), body(now, jti=f"t{turn}")).rpartition(".")
        respelled = signature.replace("-", "+").replace("_", "/")
        if respelled != signature:
            return signed + dot + respelled
    raise AssertionError


def _with_spare_bits(token: str) -> str:
    return token[:-1] + chr(ord(token[-1]) + 1)


@pytest.mark.parametrize("name", HOLES)
def test_python_jose_alone_accepts_it_and_we_do_not(name: str) -> None:
    now = system_clock()
    maker, why = HOLES[name]
    token = maker(now)
    assert by_jose(token), "closed in the library: take the line out"
    refused(token, why, now=now)


CRASHES: dict[str, tuple[Any, str]] = {
    "exp is Infinity": (forge(head(), spliced(body(system_clock(), exp=...), '"exp": Infinity')), "Infinity"),
    "a header that nests without end": (f"{b64(b'[' * 5000)}.e30.AAAA", "not JSON"),
    "a lone surrogate in the token": ("\ud800.e30.AAAA", "base64url"),
    "no token": (None, "not text"),
    "exp is an object": (forge(head(), body(system_clock(), exp={})), "exp"),
}


@pytest.mark.parametrize("name", CRASHES)
def test_python_jose_alone_falls_over_and_we_refuse(name: str) -> None:
    token, why = CRASHES[name]
    with pytest.raises(Exception) as caught:  # noqa: PT011  # of any kind but the library's own: that is the point
        by_jose(token)
    assert not isinstance(caught.value, JOSEError), "mended in the library: take the line out"
    refused(token, why, now=system_clock())


@pytest.mark.parametrize("algorithms", [["RS256", "HS256"], None])
def test_A02_python_jose_takes_a_public_key_in_der_for_a_secret(algorithms: Any) -> None:
    now = system_clock()
    der = public_der()
    forged = forge(head(alg="HS256"), body(now, sub="admin"), lambda data: hmac.digest(der, data, hashlib.sha256))
    assert by_jose(forged, der, algorithms)["sub"] == "admin", "closed in the library: take the test out"
    refused(forged, "algorithm that is not accepted", now=now)
    with pytest.raises(BadKey, match="not a JWK"):
        Trust(ISSUER, AUDIENCE, ("RS256",), {OURS.kid: der})  # type: ignore[dict-item]
    with pytest.raises(BadKey, match="algorithms"):
        Trust(ISSUER, AUDIENCE, tuple(algorithms or ()), TRUST.keys)


def test_A03_python_jose_takes_an_empty_secret() -> None:
    now = system_clock()
    forged = forge(head(alg="HS256"), body(now), lambda data: hmac.digest(b"", data, hashlib.sha256))
    assert by_jose(forged, "", ["HS256"]), "closed in the library: take the test out"
    refused(forged, "algorithm that is not accepted", now=now)


def test_A04_python_jose_takes_a_curve_that_is_not_the_algorithms() -> None:
    now = system_clock()
    key = ec.generate_private_key(ec.SECP384R1())

    def sign_with_it(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(48, "big") + s.to_bytes(48, "big")

    numbers = key.public_key().public_numbers()
    jwk = {
        "kty": "EC",
        "crv": "P-384",
        "x": b64(numbers.x.to_bytes(48, "big")),
        "y": b64(numbers.y.to_bytes(48, "big")),
    }
    token = forge(head(alg="ES256", kid="ec"), body(now), sign_with_it)
    assert by_jose(token, jwk, ["ES256"]), "closed in the library: take the test out"
    refused(token, "not for this algorithm", Trust(ISSUER, AUDIENCE, ("ES256",), {"ec": jwk}), now)


def test_A02_python_jose_finds_keys_inside_text_where_we_take_none() -> None:
    now = system_clock()
    token = forge(head(), body(now))
    assert by_jose(token, json.dumps({"keys": [THEIRS.public_jwk(), OURS.public_jwk()]}))
    with pytest.raises(BadKey, match="not a JWK"):
        Trust(ISSUER, AUDIENCE, ("RS256",), {OURS.kid: json.dumps(OURS.public_jwk())})  # type: ignore[dict-item]
