"""Attacks on what a token claims, numbered as the list of attacks has them. Each is refused, and for its own reason."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.kernel.tokens import Trust, verify
from tests.kernel.test_tokens_forge import AUDIENCE, ISSUER, NOW, TRUST, Part, body, forge, head, refused, spliced

AT = int(NOW.timestamp())


@pytest.mark.parametrize("exp", [..., None, str(AT + 60), AT + 60.0, True, [AT + 60], -1, 10**12])
def test_A11_exp_is_not_a_whole_number_in_range(exp: Any) -> None:
    refused(forge(head(), body(exp=exp)), "exp is missing or not a date")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("1e300", "not a date"),
        ("1e999", "number out of range"),
        ("Infinity", "Infinity is not JSON"),
        ("-Infinity", "-Infinity is not JSON"),
        ("NaN", "NaN is not JSON"),
        (str(2**53), "integer out of range"),
        (str(-(2**53)), "integer out of range"),
        (str(2**53 - 1), "not a date"),
        ("9" * 5000, "integer out of range"),
    ],
)
def test_A11_exp_as_a_number_no_two_readers_agree_on(written: str, why: str) -> None:
    refused(forge(head(), spliced(body(exp=...), f'"exp": {written}')), why)


@pytest.mark.parametrize("ahead", [-3600, -1, 0])
def test_A11_expired_also_at_the_very_instant_and_without_leeway(ahead: int) -> None:
    refused(forge(head(), body(exp=AT + ahead)), "expired")


def test_A11_the_last_moment_before() -> None:
    token = forge(head(), body(exp=AT + 1))
    assert verify(token, TRUST, NOW + timedelta(microseconds=999_999)).subject
    refused(token, "expired", now=NOW + timedelta(seconds=1))


def test_A11_no_longer_than_the_longest_life() -> None:
    day = 24 * 3600 + 60
    assert verify(forge(head(), body(exp=AT + day)), TRUST, NOW).subject
    refused(forge(head(), body(exp=AT + day + 1)), "later than accepted")
    short = Trust(ISSUER, AUDIENCE, ("RS256",), TRUST.keys, max_lifetime=timedelta(0), leeway=timedelta(0))
    refused(forge(head(), body(exp=AT + 1)), "later than accepted", short)


def test_A11_the_end_of_the_calendar_is_no_accident() -> None:
    """Attack I04."""
    late = datetime.max.replace(tzinfo=NOW.tzinfo)
    refused(forge(head(), body(exp=253_402_300_799)), "expired", now=late)
    refused(forge(head(), body(exp=253_402_300_800)), "not a date", now=late)
    noon = late.replace(hour=12)
    assert verify(forge(head(), body(noon)), TRUST, noon).subject


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_A12_not_before_its_time(name: str) -> None:
    assert verify(forge(head(), body() | {name: AT + 60}), TRUST, NOW).subject
    refused(forge(head(), body() | {name: AT + 61}), "future" if name == "iat" else "not valid yet")


@pytest.mark.parametrize("name", ["iat", "nbf"])
@pytest.mark.parametrize("value", [None, str(AT), AT + 0.5, False, -1, [AT]])
def test_A12_times_that_are_no_times(name: str, value: Any) -> None:
    refused(forge(head(), body() | {name: value}), f"{name} is missing or not a date")


def test_A12_iat_missing() -> None:
    refused(forge(head(), body(iat=...)), "iat is missing")


@pytest.mark.parametrize(
    "aud",
    [
        ...,
        None,
        "",
        [],
        "https://other.example",
        [AUDIENCE, "https://other.example"],
        [AUDIENCE, 1],
        [[AUDIENCE]],
        {AUDIENCE: 1},
        AUDIENCE[:-1],
        AUDIENCE + "/",
        AUDIENCE.upper(),
        f" {AUDIENCE}",
    ],
)
def test_A13_for_us_and_nobody_else(aud: Any) -> None:
    refused(forge(head(), body(aud=aud)), "audience")


def test_A13_a_list_of_us_alone_is_us() -> None:
    assert verify(forge(head(), body(aud=[AUDIENCE])), TRUST, NOW).audience == AUDIENCE


@pytest.mark.parametrize(
    "iss",
    [
        ...,
        None,
        [ISSUER],
        "https://coe.example/tenant-b",
        ISSUER + "/",
        ISSUER.replace("https", "http"),
        "https://coe.example@evil.example",
        ISSUER.upper(),
    ],
)
def test_A14_exactly_this_issuer(iss: Any) -> None:
    refused(forge(head(), body(iss=iss)), "issuer")


@pytest.mark.parametrize(
    "sub", [..., None, 7, True, "", ["a"], "x" * 256, "a\u202eb", "a\u200bb", "a\ufeffb", "a\nb", "a\u00adb", "a\x7f"]
)
def test_A15_a_subject_that_could_be_mistaken(sub: Any) -> None:
    refused(forge(head(), body(sub=sub)), "sub is")


@pytest.mark.parametrize("sub", ["a\0b", "\0"])
def test_A15_a_subject_that_postgresql_cannot_hold(sub: str) -> None:
    refused(forge(head(), body(sub=sub)), "cannot be stored")


@pytest.mark.parametrize("sub", ["x", "x" * 255, "Zoë Ångström", "a b"])
def test_A15_subjects_come_out_as_they_went_in(sub: str) -> None:
    assert verify(forge(head(), body(sub=sub)), TRUST, NOW).subject == sub


@pytest.mark.parametrize("name", ["jti", "client_id"])
@pytest.mark.parametrize("value", [7, None, "", "x" * 256, ["a"]])
def test_A15_other_identifiers_are_text_or_absent(name: str, value: Any) -> None:
    refused(forge(head(), body() | {name: value}), f"{name} is not text")


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        (spliced(head(), '"alg": "RS256"'), body()),
        (spliced(head(alg="none"), '"alg": "RS256"'), body()),
        (spliced(head(), '"al\\u0067": "RS256"'), body()),
        (head(), spliced(body(), '"sub": "admin"')),
        (head(), spliced(body(), '"s\\u0075b": "admin"')),
        (head(), spliced(body(), '"x": {"a": 1, "a": 1}')),
    ],
)
def test_A16_no_member_stands_twice(header: Part, claims: Part) -> None:
    refused(forge(header, claims), "twice")


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        ("hr", {"hr"}),
        ("hr audit:read", {"hr", "audit:read"}),
        (["hr", "lms"], {"hr", "lms"}),
        ("hr hr", {"hr"}),
        ("", set()),
        ([], set()),
        (..., set()),
    ],
)
def test_A21_scopes_as_text_or_list(scope: Any, scopes: set[str]) -> None:
    assert verify(forge(head(), body(scope=scope)), TRUST, NOW).scopes == scopes


@pytest.mark.parametrize(
    "scope", ["hr  lms", " hr", "hr ", "hr\tlms", 'h"r', "h\\r", "hré", 7, True, {"hr": 1}, [7], ["hr lms"], [""]]
)
def test_A21_scopes_that_are_neither(scope: Any) -> None:
    refused(forge(head(), body(scope=scope)), "scope")
