"""Keys and trust: what may be believed and what may sign, refused when it is set up and not first when it is used."""

import hashlib
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from app.kernel.tokens import (
    BadKey,
    SigningKey,
    Trust,
    generate_key,
    load_key,
    parse_jwks,
    peek_kid,
    sign,
    verify,
)
from tests.kernel.test_tokens_forge import (
    AUDIENCE,
    EC_PRIVATE,
    ISSUER,
    NOW,
    OURS,
    THEIRS,
    TRUST,
    b64,
    body,
    changed,
    ec_jwk,
    public_der,
    public_pem,
)

SECRET = {"kty": "oct", "kid": "s", "k": b64(b"k" * 32)}


def private_jwk() -> dict[str, Any]:
    return OURS.public_jwk() | {"d": b64(b"\1" * 256)}


def rsa_jwk(bits: int) -> dict[str, str]:
    """Only shaped like a key: an odd modulus of so many bits."""
    return {"kty": "RSA", "kid": "r", "e": "AQAB", "n": b64((2 ** (bits - 1) + 1).to_bytes((bits + 7) // 8, "big"))}


def pem_of(key: Any, password: bytes | None = None) -> str:
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return str(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock).decode())


@pytest.mark.parametrize(
    "algorithms",
    [
        (),
        ("none",),
        ("HS256",),
        ("RS256", "HS256"),
        ("RS256", "ES256"),
        ("PS256",),
        ("EdDSA",),
        ("RS256", "none"),
        ("rs256",),
        "RS256",
        ("dir",),
    ],
)
def test_A02_A03_A04_trust_takes_one_family_and_no_shared_secret(algorithms: Any) -> None:
    with pytest.raises(BadKey, match="algorithms"):
        Trust(ISSUER, AUDIENCE, algorithms, {})


@pytest.mark.parametrize("algorithms", [("RS256",), ("RS256", "RS512"), ("ES256", "ES384", "ES512")])
def test_A04_one_family_may_have_several_members(algorithms: tuple[str, ...]) -> None:
    assert Trust(ISSUER, AUDIENCE, algorithms, {}).algorithms == algorithms


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (public_der(), "not a JWK"),
        (public_pem(), "not a JWK"),
        (public_pem().decode(), "not a JWK"),
        (json.dumps(OURS.public_jwk()), "not a JWK"),
        (OURS.private_key().public_key(), "not a JWK"),
        (SECRET, "secret or private"),
        ({"kty": "oct", "k": ""}, "secret or private"),
        (private_jwk(), "secret or private"),
        (ec_jwk() | {"d": "AQ"}, "secret or private"),
        ({}, "not an RSA or EC key"),
        ({"kty": ["RSA"]}, "not an RSA or EC key"),
        ({"keys": [OURS.public_jwk()]}, "not an RSA or EC key"),
        ({"kty": "OKP", "crv": "Ed25519", "x": b64(b"x" * 32)}, "not an RSA or EC key"),
        (ec_jwk() | {"crv": "secp256k1"}, "not an RSA or EC key"),
        (OURS.public_jwk() | {"use": "enc"}, "not an RSA or EC key"),
        (OURS.public_jwk() | {"key_ops": ["encrypt"]}, "not an RSA or EC key"),
        (OURS.public_jwk() | {"key_ops": 7}, "not an RSA or EC key"),
        (OURS.public_jwk() | {"alg": "RSA-OAEP"}, "not an RSA or EC key"),
        (rsa_jwk(2047), "size"),
        (rsa_jwk(1024), "size"),
        (rsa_jwk(8193), "size"),
        (changed(OURS.public_jwk(), {"n": ...}), "no key"),
        (OURS.public_jwk() | {"n": 7}, "no key"),
        (OURS.public_jwk() | {"e": "AQ"}, "no key"),
        (OURS.public_jwk() | {"e": "AQAB=="}, "no key"),
        (OURS.public_jwk() | {"n": OURS.public_jwk()["n"] + "\n"}, "no key"),
        (ec_jwk() | {"y": ec_jwk()["x"]}, "no key"),
        (ec_jwk() | {"crv": "P-384"}, "no key"),
        (changed(ec_jwk(), {"y": ...}), "no key"),
    ],
)
def test_A02_A22_trust_takes_sound_public_jwks_only(key: Any, why: str) -> None:
    for algorithms in (("RS256",), ("ES256",)):
        with pytest.raises(BadKey, match=why):
            Trust(ISSUER, AUDIENCE, algorithms, {"k": key})


def test_the_smallest_and_the_largest_rsa_key() -> None:
    assert Trust(ISSUER, AUDIENCE, ("RS256",), {"a": rsa_jwk(2048), "b": rsa_jwk(8192)}).keys.keys() == {"a", "b"}


@pytest.mark.parametrize(
    "change", [{"issuer": ""}, {"audience": ""}, {"types": frozenset()}, {"types": frozenset({"at+jwt", ""})}]
)
def test_A10_A13_A14_trust_is_never_empty_handed(change: dict[str, Any]) -> None:
    given: dict[str, Any] = {"issuer": ISSUER, "audience": AUDIENCE, "algorithms": ("RS256",), "keys": {}}
    with pytest.raises(BadKey, match="needed"):
        Trust(**(given | change))


def test_trust_does_not_change_with_what_it_was_made_from() -> None:
    keys: dict[str, Any] = {OURS.kid: OURS.public_jwk()}
    trust = Trust(ISSUER, AUDIENCE, ("RS256",), keys)
    keys[THEIRS.kid] = THEIRS.public_jwk()
    keys[OURS.kid]["n"] = THEIRS.public_jwk()["n"]
    assert trust.keys == {OURS.kid: OURS.public_jwk()}
    with pytest.raises(TypeError):
        trust.keys[THEIRS.kid] = THEIRS.public_jwk()  # type: ignore[index]


def test_a_key_set_gives_its_signature_keys_by_kid_and_nothing_private_or_strange() -> None:
    entry = OURS.public_jwk() | {"x5c": ["MII="], "x5t": "x", "kid": "a", "key_ops": ["verify"]}
    parsed = parse_jwks({"keys": [entry, ec_jwk()], "more": 1})
    assert parsed == {"a": OURS.public_jwk() | {"kid": "a"}, "ec": ec_jwk()}


def test_keys_for_other_uses_are_left_out_as_RFC_7517_5_wants() -> None:
    others = [
        OURS.public_jwk() | {"kid": "enc", "use": "enc", "alg": "RSA-OAEP"},
        {"kid": "ed", "kty": "OKP", "crv": "Ed25519", "x": b64(b"x" * 32)},
        {"kid": "koblitz", "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kid": "new", "kty": "MLDSA"},
        THEIRS.public_jwk() | {"kid": "ps", "alg": "PS256"},
    ]
    assert parse_jwks({"keys": [*others, OURS.public_jwk()]}).keys() == {OURS.kid}


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "not a set"),
        ("<html>", "not a set"),
        ([], "not a set"),
        ({}, "not a set"),
        ({"keys": {}}, "not a set"),
        ({"keys": [{"kid": str(n), "kty": "new"} for n in range(65)]}, "at most 64"),
        ({"keys": [None]}, "without a kid"),
        ({"keys": ["key"]}, "without a kid"),
        ({"keys": [changed(OURS.public_jwk(), {"kid": ...})]}, "without a kid"),
        ({"keys": [OURS.public_jwk() | {"kid": 7}]}, "without a kid"),
        ({"keys": [OURS.public_jwk() | {"kid": ""}]}, "without a kid"),
        ({"keys": [OURS.public_jwk(), OURS.public_jwk()]}, "one kid"),
        ({"keys": [OURS.public_jwk(), ec_jwk() | {"kid": OURS.kid, "use": "enc"}]}, "one kid"),
        ({"keys": [OURS.public_jwk(), SECRET]}, "secret or private"),
        ({"keys": [SECRET | {"use": "enc"}]}, "secret or private"),
        ({"keys": [{"kty": "oct", "kid": "s"}]}, "secret or private"),
        ({"keys": [private_jwk()]}, "secret or private"),
        ({"keys": [OURS.public_jwk(), rsa_jwk(1024)]}, "size"),
        ({"keys": [ec_jwk() | {"x": "AA"}]}, "no key"),
    ],
)
def test_A22_a_key_set_that_cannot_be_believed_is_refused_whole(document: Any, why: str) -> None:
    with pytest.raises(BadKey, match=why):
        parse_jwks(document)


def test_A22_sixty_four_keys_are_read() -> None:
    assert parse_jwks({"keys": [{"kid": str(n), "kty": "new"} for n in range(64)]}) == {}


def test_a_made_key_signs_and_its_public_half_verifies() -> None:
    key = generate_key()
    trust = Trust(ISSUER, AUDIENCE, ("RS256",), parse_jwks({"keys": [key.public_jwk()]}))
    token = sign(body(), key)
    assert verify(token, trust, NOW).raw == body()
    assert peek_kid(token) == key.kid
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": key.kid, "typ": "at+jwt"}
    assert jwt.get_unverified_header(sign(body(), key, typ="JWT"))["typ"] == "JWT"


def test_a_made_key_is_new_each_time_and_large_enough() -> None:
    one, other = generate_key(), generate_key()
    assert one.kid != other.kid
    assert one.private_key().key_size >= 2048
    assert one.private_key().public_key().public_numbers().e == 65537


def test_a_key_survives_its_pem() -> None:
    assert load_key(OURS.private_pem) == OURS
    assert load_key(OURS.private_pem).public_jwk() == OURS.public_jwk()


def test_the_kid_is_the_thumbprint() -> None:
    jwk = OURS.public_jwk()
    text = f'{{"e":"{jwk["e"]}","kty":"RSA","n":"{jwk["n"]}"}}'
    assert OURS.kid == jwk["kid"] == b64(hashlib.sha256(text.encode()).digest())


def test_the_public_half_holds_nothing_private() -> None:
    assert OURS.public_jwk().keys() == {"kty", "kid", "use", "alg", "n", "e"}


def test_a_key_is_not_printed() -> None:
    assert "PRIVATE" in OURS.private_pem
    assert "PRIVATE" not in f"{OURS!r}{OURS}"


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "text",
        public_pem().decode(),
        pem_of(EC_PRIVATE),
        pem_of(OURS.private_key(), b"password"),
        pem_of(ed25519.Ed25519PrivateKey.generate()),
        OURS.private_pem.replace("PRIVATE KEY", "PUBLIC KEY"),
        OURS.private_pem[:200],
        pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505  # weak on purpose
    ],
)
def test_what_cannot_sign_is_no_signing_key(pem: str) -> None:
    with pytest.raises(BadKey):
        load_key(pem)
    with pytest.raises(BadKey):
        SigningKey("k", pem)


def test_a_signing_key_has_a_name() -> None:
    with pytest.raises(BadKey, match="kid"):
        SigningKey("", OURS.private_pem)


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"x": float("nan")}, ValueError),
        ({"x": float("inf")}, ValueError),
        ({"x": 2**53}, ValueError),
        ({"x": "\ud800"}, ValueError),
        ({"x": "\0"}, ValueError),
        ({"1": 1, 1: 1}, ValueError),
        ({"x": "y" * 8192}, ValueError),
        ({"exp": NOW}, TypeError),
    ],
)
def test_nothing_is_signed_that_would_be_refused_when_it_comes_back(claims: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        sign(claims, OURS)


def test_signing_leaves_the_claims_as_they_were() -> None:
    claims = body()
    sign(claims, OURS)
    assert claims == body()
    assert verify(sign(claims, OURS), TRUST, NOW).raw == claims
