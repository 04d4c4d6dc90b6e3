"""What operators do at the command line: tokens, passwords, clients; and what the log tells of it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.audit.tables import AuditEvent, AuditPersonal
from app.clients import service as clients
from app.clients.rules import digest
from app.clients.tables import Client
from app.identity.login import service as login
from app.identity.service import build_identity, issue_token
from app.kernel.errors import Conflict, Invalid, NotFound
from app.tools import service as tools

from .conftest import PASSWORD, Told, World


def everything_told(world: World) -> str:
    with world.house.reads.begin() as session:
        events = [vars(row).copy() for row in session.query(AuditEvent)]
        return json.dumps(events + [vars(row).copy() for row in session.query(AuditPersonal)], default=str)


@pytest.mark.parametrize("name", ["ann", "n-ann", "ann@firm.example"])
def test_a_token_is_for_whoever_the_name_means_and_the_log_tells_of_it(world: World, name: str) -> None:
    id_ = world.hire("ann")
    with world.work() as work:
        token = issue_token(world.identity, work, name)
    assert world.who(token).json()["id"] == str(id_)
    (told,) = world.events("token.issued")
    assert (told.subject_kind, told.subject_id) == ("employee", str(id_))
    assert token.rsplit(".", 1)[1] not in everything_told(world)


def test_no_token_for_the_unknown_the_ambiguous_and_those_who_left(world: World) -> None:
    world.hire("ann", email="both@firm.example")
    world.hire("bob", email="both@firm.example")
    world.leave("bob")
    with world.work() as work:
        for name, error in (("nobody", NotFound), ("both@firm.example", NotFound), ("n-bob", Conflict)):
            with pytest.raises(error):
                issue_token(world.identity, work, name)


@pytest.mark.parametrize("ttl", [24 * 3600 + 1, 10**12, -(10**12)])
def test_a_token_lasts_a_day_at_most(world: World, ttl: int) -> None:
    world.hire("ann")
    with world.work() as work, pytest.raises(Invalid):
        issue_token(world.identity, work, "ann", ttl)
    assert world.who(world.token("ann", 24 * 3600)).status_code == 200


@pytest.mark.parametrize(
    "password",
    ["", "elevenchars", "x" * 257, "a" * 12, "ANN-of-the-firm@firm.example", "ann-of-the-firm", "\u212b" * 12],
)
def test_a_password_that_is_short_long_or_guessable_is_refused(world: World, password: str) -> None:
    world.hire("ann", user_name="ann-of-the-firm", email="ann-of-the-firm@firm.example")
    with world.work() as work, pytest.raises(Invalid) as refused:
        login.set_password(work, "n-ann", password)
    assert not password or password not in str(refused.value)


def test_setting_a_password_is_told_but_not_the_password(world: World) -> None:
    id_ = world.hire("ann")
    (told,) = world.events("password.set")
    assert told.subject_id == str(id_)
    text = everything_told(world)
    assert PASSWORD not in text
    assert "argon2" not in text


def test_a_new_client_is_told_but_not_its_secret(world: World) -> None:
    made, static = world.client("decisions"), world.client("hr", static=True)
    assert (made.bearer, static.secret) == (None, None)
    assert made.secret is not None
    assert static.bearer is not None
    assert static.bearer.startswith("coe_")
    assert len(world.events("client.created")) == 2
    text = everything_told(world)
    for secret in (made.secret, static.bearer):
        assert secret not in text
        assert digest(secret) not in text
    for secret in (made.secret, static.bearer):
        assert world.count(Client, Client.secret_hash == secret) == 0


def test_a_client_is_bound_to_its_tool_or_a_gateway(world: World) -> None:
    with world.work() as work:
        tool = tools.register(work, {"key": "postwell", "name": "Postwell", "vendor": None, "business_unit_id": None})
    bound = world.client("registry:read", static=True, tool_key="postwell")
    gateway = world.client("registry:read", static=True, gateway=True)
    assert world.who(bound.bearer).json()["tool_id"] == str(tool.id)
    assert world.who(bound.bearer).json()["gateway"] is False
    assert world.who(gateway.bearer).json()["gateway"] is True


@pytest.mark.parametrize(
    ("name", "scopes", "more", "error"),
    [
        ("A tool", [], {}, Invalid),
        ("A tool", ["everything"], {}, Invalid),
        ("A tool", ["decisions"], {"tool_key": "unknown"}, NotFound),
        ("A tool", ["decisions"], {"tool_key": "unknown", "gateway": True}, Invalid),
        ("", ["decisions"], {}, Invalid),
        ("A\u202etool", ["decisions"], {}, Invalid),
    ],
)
def test_a_registration_that_makes_no_sense_is_refused(
    world: World, name: str, scopes: list[str], more: dict[str, Any], error: type[Exception]
) -> None:
    with world.work() as work, pytest.raises(error):
        clients.create_client(work, name, scopes, **more)


def test_revoking_twice_is_told_once_and_an_unknown_client_not_found(world: World) -> None:
    made = world.client("decisions")
    for _ in range(2):
        with world.work() as work:
            clients.revoke_client(work, made.client_id)
    assert len(world.events("client.revoked")) == 1
    with world.work() as work, pytest.raises(NotFound):
        clients.revoke_client(work, "swagger")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"public_url": "http://coe.example"}, "COE_PUBLIC_URL"),
        ({"public_url": "coe.example"}, "COE_PUBLIC_URL"),
        ({"public_url": "https://user@coe.example"}, "COE_PUBLIC_URL"),
        ({"issuer": "https://idp.example"}, "COE_JWKS_URL"),
        ({"jwks_url": "https://idp.example/keys"}, "COE_ISSUER"),
        ({"issuer": "https://idp.example", "jwks_url": "http://idp.example/keys"}, "COE_JWKS_URL"),
        ({"issuer": "https://idp.example", "jwks_url": "file:///etc/passwd"}, "COE_JWKS_URL"),
        ({"issuer": "https://idp.example", "jwks_url": "https://idp.example/keys", "subject_field": "title"}, "COE_SUBJECT_FIELD"),
        ({"issuer": "https://idp.example", "jwks_url": "https://idp.example/keys", "subject_claim": ""}, "COE_SUBJECT_CLAIM"),
        ({"issuer": "https://idp.example", "jwks_url": "https://idp.example/keys", "algorithm": "HS256"}, "algorithms"),
        ({"issuer": "https://idp.example", "jwks_url": "https://idp.example/keys", "algorithm": "none"}, "algorithms"),
    ],
)  # fmt: skip
def test_settings_that_are_unsafe_or_contradict_are_named(told: Told, changed: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        build_identity(replace(told, **changed))
