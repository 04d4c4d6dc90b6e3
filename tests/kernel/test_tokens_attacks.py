"""Attacks on the token itself, numbered as the list of attacks has them. Each is refused, and for its own reason."""

import hashlib
import hmac
import json
import re
import socket
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from jose import jwe  # type: ignore[import-untyped]

from app.kernel.tokens import MAX_TOKEN, BadToken, Trust, parse_jwks, peek_kid, sign, verify
from tests.kernel.test_tokens_forge import (
    AUDIENCE,
    ISSUER,
    NOW,
    OURS,
    THEIRS,
    TRUST,
    Part,
    Signer,
    b64,
    body,
    ec_jwk,
    es256,
    forge,
    head,
    public_der,
    public_pem,
    refused,
    rs256,
    rs256_theirs,
    spliced,
)

AT = int(NOW.timestamp())
ES_TRUST = Trust(ISSUER, AUDIENCE, ("ES256",), parse_jwks({"keys": [ec_jwk()]}))
JWT_TRUST = Trust(ISSUER, AUDIENCE, ("RS256",), TRUST.keys, types=frozenset({"JWT"}))


def hs256(secret: bytes) -> Signer:
    return lambda data: hmac.digest(secret, data, hashlib.sha256)


def public_forms() -> dict[str, bytes]:
    """Every spelling of our public key that somebody may have taken for a secret."""
    public = OURS.private_key().public_key()
    pem = public_pem()
    openssh = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return {
        "pem": pem,
        "pem with CRLF": pem.replace(b"\n", b"\r\n"),
        "pem without its last line end": pem.rstrip(b"\n"),
        "pem with one more line end": pem + b"\n",
        "der": public_der(),
        "der, PKCS 1": public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1),
        "openssh": openssh,
        "jwk": json.dumps(OURS.public_jwk()).encode(),
        "modulus": OURS.public_jwk()["n"].encode(),
    }


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "NONE", ""])
@pytest.mark.parametrize("signer", [lambda _: b"", lambda _: b"\0", rs256])
def test_A01_no_algorithm(alg: str, signer: Signer) -> None:
    why = "base64url" if signer(b"") == b"" else "algorithm that is not accepted"
    refused(forge(head(alg=alg), body(), signer), why)


@pytest.mark.parametrize("form", public_forms())
@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_A02_a_public_key_is_no_secret(form: str, alg: str) -> None:
    refused(forge(head(alg=alg), body(), hs256(public_forms()[form])), "algorithm that is not accepted")


@pytest.mark.parametrize("form", public_forms())
def test_A02_nor_does_it_make_an_rs256_signature(form: str) -> None:
    refused(forge(head(), body(), hs256(public_forms()[form])), "signature")


@pytest.mark.parametrize("secret", [b"", b"x", b"secret"])
def test_A03_weak_secrets(secret: bytes) -> None:
    refused(forge(head(alg="HS256"), body(), hs256(secret)), "algorithm that is not accepted")


@pytest.mark.parametrize("alg", ["EdDSA", "PS256", "RS384", "RS512", "ES256", "HS256", "rs256", "RS256 ", "XX"])
def test_A04_another_algorithm(alg: str) -> None:
    refused(forge(head(alg=alg), body()), "algorithm that is not accepted")


@pytest.mark.parametrize("alg", [["RS256"], {"RS256": 1}, 256, None, True])
def test_A04_an_algorithm_that_is_not_text(alg: Any) -> None:
    refused(forge(head(alg=alg), body()), "not text")


def test_A04_no_algorithm_member() -> None:
    refused(forge(head(alg=...), body()), "algorithm that is not accepted")


def test_A04_a_good_rs256_token_where_the_issuer_is_pinned_to_es256_and_the_reverse() -> None:
    refused(forge(head(kid="ec"), body()), "algorithm that is not accepted", ES_TRUST)
    refused(forge(head(alg="ES256"), body(), es256), "algorithm that is not accepted")


def test_A04_a_true_ps256_and_rs384_signature_of_our_own_key() -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    refused(forge(head(), body(), lambda data: OURS.private_key().sign(data, pss, hashes.SHA256())), "signature")
    refused(
        forge(head(), body(), lambda data: OURS.private_key().sign(data, padding.PKCS1v15(), hashes.SHA384())),
        "signature",
    )


def test_A04_a_key_that_names_another_algorithm_is_not_used_for_this_one() -> None:
    trust = Trust(ISSUER, AUDIENCE, ("RS256", "RS384"), {OURS.kid: OURS.public_jwk() | {"alg": "RS384"}})
    refused(forge(head(), body()), "not for this algorithm", trust)


def test_A04_a_key_of_the_other_family_is_not_used() -> None:
    trust = Trust(ISSUER, AUDIENCE, ("RS256",), {"ec": ec_jwk()})
    refused(forge(head(kid="ec"), body(), es256), "not for this algorithm", trust)


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "x5t"])
def test_A05_a_key_sent_along_is_refused_and_nothing_fetched(member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, lambda *given: calls.append(given))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **_: calls.append(given))
    value = {"jwk": THEIRS.public_jwk(), "x5c": ["MII="]}.get(member, "http://127.0.0.1:9/keys")
    refused(forge(head(kid=THEIRS.kid) | {member: value}, body(), rs256_theirs), "member that is not accepted")
    refused(forge(head() | {member: value}, body(), rs256_theirs), "member that is not accepted")
    assert calls == []


def test_A05_an_attackers_signature_under_our_kid() -> None:
    refused(forge(head(), body(), rs256_theirs), "signature")


@pytest.mark.parametrize(
    ("kid", "why"),
    [
        ("../../dev/null", "kid"),
        ("' UNION SELECT 'k'--", "kid"),
        ("\0", "cannot be stored"),
        ("x" * 10_000, "larger"),
        ([OURS.kid], "not text"),
        ({OURS.kid: 1}, "not text"),
        (None, "not text"),
        ("", "kid"),
        (OURS.kid + " ", "kid"),
        (..., "kid"),
    ],
)
def test_A06_kid_is_only_a_name_among_the_known(kid: Any, why: str) -> None:
    refused(forge(head(kid=kid), body()), why)


def test_A06_kid_twice() -> None:
    refused(forge(spliced(head(), f'"kid": "{OURS.kid}"'), body()), "twice")


def test_A07_an_unknown_kid_is_refused_each_time_and_can_be_peeked_at() -> None:
    for turn in range(1000):
        token = f"{b64(json.dumps(head(kid=f'k{turn}')).encode())}.e30.AAAA"
        refused(token, "kid")
        assert peek_kid(token) == f"k{turn}"


def test_A07_peeking_is_as_strict_as_verifying() -> None:
    assert peek_kid(forge(head(kid=...), body())) is None
    for token in (None, "a.b", forge(head(crit=["x"]), body()), forge(head(kid=7), body()), "x" * (MAX_TOKEN + 1)):
        with pytest.raises(BadToken):
            peek_kid(token)  # type: ignore[arg-type]


def test_A08_an_encrypted_token_is_refused_by_its_parts_before_any_is_read() -> None:
    bomb = jwe.encrypt("0" * 250_000, b"k" * 32, encryption="A256GCM", algorithm="dir", zip="DEF").decode()
    assert len(bomb) < MAX_TOKEN
    refused(bomb, "three parts")
    slow = b64(json.dumps({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31, "p2s": "AAAA"}).encode())
    refused(f"{slow}.AAAA.AAAA.AAAA.AAAA", "three parts")
    refused("!.!.!.!.!", "three parts")


def test_A08_a_zip_header_on_a_signed_token() -> None:
    refused(forge(head(zip="DEF"), body()), "member that is not accepted")


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": "x"},
        {"b64": "x"},
        {"crit": ["x"]},
        {"crit": []},
        {"b64": False},
        {"b64": True},
        {"cty": "JWT"},
        {"x": 1},
    ],
)
def test_A09_a_header_member_we_do_not_know_is_not_skipped(extra: dict[str, Any]) -> None:
    refused(forge(head() | extra, body()), "member that is not accepted")


@pytest.mark.parametrize("typ", ["secevent+jwt", "dpop+jwt", "logout+jwt", "JWT", "", "at+jwt ", "at+jwt\u200b", ...])
def test_A10_another_type_of_token(typ: Any) -> None:
    refused(forge(head(typ=typ), body()), "type of token")


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
def test_A10_the_spellings_of_the_right_type(typ: str) -> None:
    assert verify(forge(head(typ=typ), body()), TRUST, NOW).subject


def test_A10_an_issuer_may_be_known_to_use_another_type_and_then_only_that() -> None:
    assert verify(forge(head(typ="jwt"), body()), JWT_TRUST, NOW).subject
    refused(forge(head(), body()), "type of token", JWT_TRUST)


def test_A10_a_letter_that_only_folds_into_the_right_one() -> None:
    trust = Trust(ISSUER, AUDIENCE, ("RS256",), TRUST.keys, types=frozenset({"k+jwt"}))
    assert verify(forge(head(typ="K+jwt"), body()), trust, NOW).subject
    refused(forge(head(typ="\u212a+jwt"), body()), "type of token", trust)


@pytest.mark.parametrize("claim", ["nonce", "at_hash", "c_hash", "events"])
def test_A10_an_id_or_logout_token_that_calls_itself_jwt(claim: str) -> None:
    refused(forge(head(typ="JWT"), body() | {claim: "x"}), "in place of an access token", JWT_TRUST)


@pytest.mark.parametrize("size", [MAX_TOKEN + 1, 2**20, 10 * 2**20])
def test_A17_too_large_is_refused_unread(size: int) -> None:
    refused("." * size, "larger")


def test_A17_exactly_the_limit_is_read() -> None:
    assert MAX_TOKEN == 8 * 1024
    refused("." * MAX_TOKEN, "three parts")
    near = forge(head(), body(pad=""))
    grown = forge(head(), body(pad="x" * ((MAX_TOKEN - len(near)) * 3 // 4)))
    assert MAX_TOKEN - 4 <= len(grown) <= MAX_TOKEN
    assert verify(grown, TRUST, NOW).subject


@pytest.mark.parametrize("depth", [1000, 5000])
def test_A17_nesting_that_ends_the_parsers_stack(depth: int) -> None:
    refused(forge("[" * depth, body(), lambda _: b"x"), "not JSON")
    refused(forge('{"a":' * (depth // 5), body(), lambda _: b"x"), "not JSON")


def test_A17_a_hundred_thousand_levels_are_refused_by_size() -> None:
    refused(forge("[" * 100_000, body()), "larger")


def test_A17_eight_levels_and_no_more() -> None:
    nested = "[" * 7 + "]" * 7
    assert verify(forge(head(), spliced(body(), f'"x": {nested}')), TRUST, NOW).subject
    refused(forge(head(), spliced(body(), f'"x": [{nested}]')), "nested too deep")
    refused(forge(head(), spliced(body(), '"x": ' + '{"a":' * 8 + "1" + "}" * 8)), "nested too deep")


def _respelled(token: str, part: int, change: Any) -> str:
    parts = token.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "=",
        lambda text: text + "==",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text[:4] + "\n" + text[4:],
        lambda text: text + "+",
        lambda text: text + "/",
        lambda text: text + "\u00e9",
        lambda text: text + "\ud800",
        lambda text: "\uff41" + text[1:],
        lambda text: text + "%3D",
        lambda _: "",
    ],
)
def test_A18_one_spelling_of_base64url(part: int, change: Any) -> None:
    refused(_respelled(forge(head(), body()), part, change), "base64url")


def test_A18_standard_base64_letters() -> None:
    token = forge(head(), body())
    while "-" not in token and "_" not in token:
        token = forge(head(), body(jti=token[-20:]))
    refused(token.replace("-", "+").replace("_", "/"), "base64url")


def test_A18_spare_bits_at_the_end_of_a_part_are_zero() -> None:
    token = forge(head(), body())  # 256 bytes of signature: four spare bits in its last character
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = letters.index(token[-1])
    assert last % 16 == 0
    for spare in range(1, 16):
        refused(token[:-1] + letters[last + spare], "base64url")


@pytest.mark.parametrize(
    "token", [None, 7, b"a.b.c", ["a.b.c"], "", ".", "..", "a", "a.b", "a.b.c.d", "Bearer a.b.c", "a.b.c a.b.c"]
)
def test_A18_what_is_no_token_at_all(token: Any) -> None:
    refused(token, "text|parts|base64url")


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        (b"\xff\xfe{\x00}\x00", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"\xed\xa0\x80", "not JSON"),
        (b'{"sub": "\xc3"}', "not JSON"),
        ("{} {}", "not JSON"),
        ("{'a': 1}", "not JSON"),
        ('{"a": 1,}', "not JSON"),
        ("null", "not an object"),
        ("[]", "not an object"),
        ('"text"', "not an object"),
        (spliced(body(), '"x": "\\ud800"'), "cannot be stored"),
        (spliced(body(), '"\\udfff": 1'), "cannot be stored"),
        (spliced(body(), '"x": ["\\u0000"]'), "cannot be stored"),
        (spliced(body(), '"x": NaN'), "NaN is not JSON"),
    ],
)
def test_A18_claims_that_are_not_strict_json(claims: Part, why: str) -> None:
    refused(forge(head(), claims), why)


@pytest.mark.parametrize("header", ["null", "[]", "7", b"\xff", spliced(head(), '"x": 1e999')])
def test_A18_headers_that_are_not_strict_json(header: Part) -> None:
    refused(forge(header, body()), "not JSON|not an object|out of range")


def test_A19_a_key_that_was_taken_away_no_longer_counts() -> None:
    after = Trust(ISSUER, AUDIENCE, ("RS256",), parse_jwks({"keys": [THEIRS.public_jwk()]}))
    token = sign(body(), OURS)
    assert verify(token, TRUST, NOW).subject
    refused(token, "unknown kid", after)


def test_A23_every_bit_of_the_signature_counts() -> None:
    good = forge(head(), body())
    signed, _, signature = good.rpartition(".")
    raw = rs256(signed.encode())
    assert b64(raw) == signature
    for place in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[place // 8] ^= 1 << place % 8
        refused(f"{signed}.{b64(bytes(flipped))}", "signature")


def test_A23_every_bit_of_an_ec_signature_counts() -> None:
    signed, _, _ = forge(head(alg="ES256", kid="ec"), body()).rpartition(".")
    raw = es256(signed.encode())
    assert verify(f"{signed}.{b64(raw)}", ES_TRUST, NOW).subject
    for place in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[place // 8] ^= 1 << place % 8
        refused(f"{signed}.{b64(bytes(flipped))}", "signature", ES_TRUST)


@pytest.mark.parametrize(
    "change", [lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: b"\0" + raw, lambda raw: raw[1:]]
)
def test_A23_a_signature_of_another_length(change: Any) -> None:
    refused(forge(head(), body(), lambda data: change(rs256(data))), "signature")


def test_A23_every_character_before_the_signature_counts() -> None:
    good = forge(head(), body())
    end = good.rindex(".")
    for place in [at for at in range(end) if good[at] != "."]:
        other = "A" if good[place] != "A" else "B"
        with pytest.raises(BadToken):
            verify(good[:place] + other + good[place + 1 :], TRUST, NOW)


def test_the_reason_repeats_nothing_of_the_token() -> None:
    word = "Tr0ub4dor"
    for token in (forge(head(kid=word), body()), forge(head(), body(sub=word, exp=word)), word):
        with pytest.raises(BadToken) as caught:
            verify(token, TRUST, NOW)
        assert not re.search(word, str(caught.value))


def test_a_clock_without_a_zone_is_not_believed() -> None:
    refused(forge(head(), body()), "time zone", now=NOW.replace(tzinfo=None))
