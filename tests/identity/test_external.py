"""An external OpenID provider names our people: who is found, who is not, and what is off here then."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from app.identity.service import ExternalLogin, build_identity, issue_token

from .conftest import PASSWORD, URL, Clock, Told, World, authorize_url
from .provider import ISSUER, KEY, OTHER, Provider, running, token


@pytest.fixture
def provider() -> Iterator[Provider]:
    yield from running()


@pytest.fixture
def told(told: Told, provider: Provider) -> Told:
    return replace(told, issuer=ISSUER, jwks_url=provider.url)


def test_how_people_sign_in_there_for_the_console_is_a_setting(told: Told, provider: Provider) -> None:
    settings = build_identity(told).external.settings
    assert settings.application is None
    known = replace(told, authorize_url=f"{ISSUER}/a", token_url=f"{ISSUER}/t", client_id="coe", client_secret="s3cret")
    found = build_identity(known).external.settings.application
    assert found is not None and "s3cret" not in repr(found)
    assert (found.client_id, found.secret, found.authorize_url, found.token_url, found.scope) == (
        "coe", "s3cret", f"{ISSUER}/a", f"{ISSUER}/t", "openid",
    )  # fmt: skip
    for name in ("authorize_url", "token_url"):
        with pytest.raises(ValueError, match=f"COE_{name.upper()} must begin with https"):
            build_identity(replace(known, **{name: "http://idp.example/x"}))


def test_an_employee_is_found_by_the_configured_claim(world: World) -> None:
    id_ = world.hire("ann")
    assert world.who(token()).json()["id"] == str(id_)
    assert world.who(token(email="Ann@Firm.example")).json()["id"] == str(id_)


@pytest.mark.parametrize(
    ("name", "claim", "value"),
    [
        ("employee_number", "hr_id", "n-ann"),
        ("user_name", "preferred_username", "ann"),
        ("email", "upn", "ann@firm.example"),
    ],
)
def test_claim_and_field_are_settings(
    engine: Engine, clock: Clock, told: Told, world: World, name: str, claim: str, value: str
) -> None:
    id_ = world.hire("ann")
    world.hire("bob")
    world.app.state.identity = build_identity(replace(told, subject_claim=claim, subject_field=name))
    shown = token(**{claim: value, "email": "bob@firm.example"})
    assert world.who(shown).json()["id"] == str(id_)
    assert world.who(token(email="ann@firm.example")).status_code == 401
    assert world.who(token(**{claim: f"{value} "})).status_code == 401
    assert world.who(token(**{claim: value[:-1]})).status_code == 401


NOBODY: list[dict[str, Any]] = [
    {"email": None}, {"email": ""}, {"email": 7}, {"email": ["ann@firm.example"]}, {"email": "bob@firm.example"},
    {"email": "n-ann"}, {"email": "ann"}, {"email": "ann@firm.example\u200b"}, {"email": "\uff41nn@firm.example"},
    {"email_verified": False}, {"email_verified": "true"}, {"aud": "another"}, {"iss": URL}, {"iss": ISSUER + "/"},
    {"principal": "employee", "iss": URL}, {"nonce": "of an ID token"},
]  # fmt: skip


def test_who_is_not_named_exactly_is_nobody(world: World) -> None:
    world.hire("ann")
    assert world.who(token()).status_code == 200
    for claims in NOBODY:
        assert world.who(token(**claims)).status_code == 401, claims


def test_a_name_that_two_people_have_is_nobodys(world: World) -> None:
    world.hire("ann", email="both@firm.example")
    assert world.who(token(email="both@firm.example")).status_code == 200
    world.hire("bob", email="Both@firm.example")
    assert world.who(token(email="both@firm.example")).status_code == 401


def test_someone_who_left_is_refused_at_once(world: World) -> None:
    world.hire("ann")
    assert world.who(token()).status_code == 200
    world.leave("ann")
    assert world.who(token()).status_code == 401


def test_people_log_in_there_and_not_here(world: World) -> None:
    world.hire("ann")
    for answer in (
        world.http.get(authorize_url()),
        world.http.post(authorize_url(), data={"user": "ann", "password": PASSWORD}),
    ):
        assert answer.status_code == 404
        assert "location" not in answer.headers
    answer = world.exchange("x")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    with world.work() as work, pytest.raises(ExternalLogin):
        issue_token(world.identity, work, "ann")
    told = world.http.get("/.well-known/openid-configuration").json()
    assert told["grant_types_supported"] == ["client_credentials"]
    assert "authorization_endpoint" not in told


def test_our_own_tokens_for_people_count_no_more_once_there_is_an_external_issuer(world: World, told: Told) -> None:
    world.hire("ann")
    external, world.app.state.identity = world.identity, build_identity(replace(told, issuer=None, jwks_url=None))
    mine = world.token("ann")
    assert world.who(mine).status_code == 200
    world.app.state.identity = external
    assert world.who(mine).status_code == 401


def test_service_clients_still_get_their_tokens_here(world: World) -> None:
    made = world.client("registry:read")
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": str(made.secret)}
    answer = world.http.post("/oauth/token", data=form)
    assert world.who(answer.json()["access_token"]).json()["id"] == made.client_id


def test_the_external_issuer_cannot_speak_for_our_service_clients(world: World) -> None:
    made = world.client("registry:read")
    for sub in ({"sub": made.client_id}, {"email": made.client_id}):
        assert world.who(token(principal="client", scope="registry:read", **sub)).status_code == 401


# --- A07 unknown keys ------------------------------------------------------------------------------------------------


def test_a07_a_thousand_unknown_kids_fetch_the_keys_once_a_minute(world: World, provider: Provider) -> None:
    world.hire("ann")
    assert world.who(token()).status_code == 200
    world.clock.forward(seconds=60)
    forged = token(world.clock.now, OTHER)
    for _ in range(200):
        assert world.who(forged).status_code == 401
    assert len(provider.asked) == 2
    external = world.identity.external
    assert external is not None
    for number in range(800):
        assert "nobody" not in external.trust(f"nobody-{number}", world.clock.now).keys
    assert len(provider.asked) == 2
    world.clock.forward(seconds=60)
    assert world.who(forged).status_code == 401
    assert len(provider.asked) == 3
    assert world.who(token(world.clock.now)).status_code == 200


def test_a07_a_new_key_of_the_issuer_is_found(world: World, provider: Provider) -> None:
    world.hire("ann")
    assert world.who(token()).status_code == 200
    provider.serve(KEY, OTHER)
    world.clock.forward(seconds=59)
    assert world.who(token(world.clock.now, OTHER)).status_code == 401
    world.clock.forward(seconds=1)
    assert world.who(token(world.clock.now, OTHER)).status_code == 200


def test_a_key_that_the_issuer_took_back_soon_counts_no_more(world: World, provider: Provider) -> None:
    world.hire("ann")
    assert world.who(token()).status_code == 200
    provider.serve(OTHER)
    world.clock.forward(minutes=9)
    assert world.who(token()).status_code == 200
    world.clock.forward(minutes=1)
    assert world.who(token()).status_code == 401


def test_a_key_of_ours_is_never_looked_for_at_the_provider(world: World, provider: Provider) -> None:
    """The key decides the issuer: the provider cannot take over our kid, nor we be asked for its."""
    world.hire("ann")
    ours = world.identity.own.ring.newest
    assert world.who(token(key=ours)).status_code == 401
    assert provider.asked == []
