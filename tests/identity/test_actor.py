"""From a request to whoever is calling (trust.md 4.A): one header, one token, and what the database says now."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from app.clients import rules as client_rules
from app.clients import service as clients
from app.clients import store
from app.clients.tables import Client
from app.identity.service import build_identity, client_token
from app.identity.signing import key_ring
from app.kernel import tokens
from app.roles.rules import Role

from .conftest import Told, World


def refused(answer: Any) -> bool:
    """401, in the one text that every cause has."""
    assert answer.status_code == 401, answer.text
    problem = answer.json()
    assert problem["code"] == "invalid_token"
    assert problem["detail"] == "Send one valid access token, as: Authorization: Bearer TOKEN."
    assert answer.headers["www-authenticate"].startswith("Bearer")
    return True


def mint(world: World, subject: str, **claims: Any) -> str:
    return world.identity.own.mint(subject, world.clock.now, timedelta(hours=1), claims)


def test_an_employee_is_who_the_token_says_with_the_roles_of_now(world: World) -> None:
    id_ = world.hire("ann")
    token = world.token("ann")
    assert world.who(token).json() == {
        "kind": "employee",
        "id": str(id_),
        "roles": [],
        "tool_id": None,
        "gateway": False,
    }
    world.appoint("ann", Role.STRATEGIST)
    assert world.who(token).json()["roles"] == ["strategist"]


# --- A18 the header --------------------------------------------------------------------------------------------------


BAD_HEADERS = [
    "", "Bearer", "Bearer ", "Bearer\t{}", "Bearer  {}", "Bearer {} {}", "Bearer {},{}", "Basic {}", "{}", "bearer:{}",
    "Bearer {}=", "Bearer {}.", "Bearer .{}", "Bearer {}\x80", "Bearer {}é", 'Bearer "{}"', "Token {}", "Bearer {}\t",
]  # fmt: skip


def test_a18_anything_but_one_bearer_token_is_refused(world: World) -> None:
    world.hire("ann")
    token = world.token("ann")
    for header in BAD_HEADERS:
        shown = header.replace("{}", token).encode("latin-1")
        assert refused(world.http.get("/who", headers=[(b"authorization", shown)])), header


def test_a18_the_schemes_name_is_free_of_case(world: World) -> None:
    world.hire("ann")
    assert world.http.get("/who", headers={"Authorization": f"bEARER {world.token('ann')}"}).status_code == 200


def test_a18_two_authorization_headers_are_refused(world: World) -> None:
    world.hire("ann")
    shown = f"Bearer {world.token('ann')}"
    assert refused(world.http.get("/who", headers=[("Authorization", shown), ("Authorization", shown)]))
    assert refused(world.http.get("/who", headers=[("Authorization", shown), ("Authorization", "Basic eDp5")]))


def test_a18_a_token_in_the_address_or_a_cookie_is_never_read(world: World) -> None:
    world.hire("ann")
    token = world.token("ann")
    assert world.http.get(f"/who?access_token={token}").status_code in {401, 422}
    assert refused(world.http.get("/who", headers={"Cookie": f"access_token={token}; Authorization=Bearer {token}"}))


def test_a18_a_signature_in_another_spelling_is_refused(world: World) -> None:
    world.hire("ann")
    head, body, signature = world.token("ann").split(".")
    # 256 bytes end in a character with four spare bits: other characters decode to the same bytes.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spare = letters[letters.index(signature[-1]) + 1]
    assert refused(world.who(f"{head}.{body}.{signature[:-1]}{spare}"))
    assert refused(world.who(f"{head}.{body}.{signature}=="))


def test_the_challenge_says_whether_a_token_was_there(world: World) -> None:
    assert world.who().headers["www-authenticate"] == "Bearer"
    assert world.who("x").headers["www-authenticate"] == 'Bearer error="invalid_token"'


# --- A19 what was good and is no more --------------------------------------------------------------------------------


def test_a19_the_token_of_someone_who_left_is_refused_at_once(world: World) -> None:
    world.hire("ann")
    token = world.token("ann")
    assert world.who(token).status_code == 200
    world.leave("ann")
    assert refused(world.who(token))


def test_a19_a_revoked_client_is_refused_at_once(world: World) -> None:
    made, static = world.client("registry:read"), world.client("registry:read", static=True)
    token = client_token(world.identity, made.client_id, world.clock.now, "registry:read")
    for shown, client_id in ((token, made.client_id), (static.bearer, static.client_id)):
        assert world.who(shown).status_code == 200
        with world.work() as work:
            clients.revoke_client(work, client_id)
        assert refused(world.who(shown))


def test_a19_a_client_whose_owner_left_is_refused(world: World) -> None:
    owner = world.hire("ann")
    made = world.client("registry:read", static=True)
    with world.work() as work:
        work.session.get_one(Client, UUID(made.client_id)).owner_id = owner
    assert world.who(made.bearer).status_code == 200
    world.leave("ann")
    assert refused(world.who(made.bearer))


def test_a19_a_key_taken_away_verifies_no_more(world: World, told: Told) -> None:
    world.hire("ann")
    token = world.token("ann")
    (told.keys / "signing-0002.pem").write_text(tokens.generate_key().private_pem)
    (told.keys / "signing-0002.pem").chmod(0o600)
    world.app.state.identity = build_identity(told)
    assert world.who(token).status_code == 200
    (told.keys / "signing-0001.pem").unlink()
    world.app.state.identity = build_identity(told)
    assert refused(world.who(token))
    assert world.who(world.token("ann")).status_code == 200
    assert len(key_ring(told.keys).public()) == 1


def test_a19_an_expired_token_is_refused_at_its_very_second(world: World) -> None:
    world.hire("ann")
    token = world.token("ann", 60)
    world.clock.forward(seconds=59)
    assert world.who(token).status_code == 200
    world.clock.forward(seconds=1)
    assert refused(world.who(token))
    assert refused(world.who(world.token("ann", -60)))


# --- A20 people and clients ------------------------------------------------------------------------------------------


def test_a20_a_client_is_not_let_through_a_door_for_people_nor_the_reverse(world: World) -> None:
    made = world.client("registry:read", static=True)
    assert world.http.get("/me", headers={"Authorization": f"Bearer {made.bearer}"}).status_code == 403
    id_ = world.hire("ann")
    for principal in ("client", None, "", "Employee", ["employee"], True):
        assert refused(world.who(mint(world, str(id_), client_id="x", principal=principal)))
    assert refused(world.who(mint(world, str(id_), client_id="x")))
    assert refused(world.who(mint(world, made.client_id, client_id=made.client_id, principal="employee")))


def test_a20_a_subject_is_our_own_id_and_nothing_else(world: World) -> None:
    id_ = str(world.hire("ann"))
    others = ("x", "ann", "n-ann", "ann@firm.example", str(UUID(int=0)), "{}", id_.upper(), f"{{{id_}}}")
    for subject in others:
        assert refused(world.who(mint(world, subject, client_id="x", principal="employee"))), subject
        assert refused(world.who(mint(world, subject, client_id="x", principal="client"))), subject


def test_a20_a_long_lived_bearer_is_only_good_as_it_is(world: World) -> None:
    made, other = world.client("registry:read", static=True), world.client("registry:read")
    assert made.bearer is not None
    assert world.who(made.bearer).json()["id"] == made.client_id
    for wrong in (
        made.bearer[:-1],
        made.bearer + "x",
        made.bearer.upper(),
        made.bearer[4:],
        f"coe_{other.secret}",
        "coe_",
    ):
        assert refused(world.who(wrong))
    assert refused(world.who(other.secret))


def test_a20_a_secret_is_no_bearer_even_if_it_looks_like_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_rules, "new_secret", lambda: "coe_by_chance")
    made = world.client("registry:read")
    assert made.secret == "coe_by_chance"
    assert refused(world.who(made.secret))


# --- A21 scopes ------------------------------------------------------------------------------------------------------


def test_a21_a_token_gives_no_more_than_the_registration(world: World) -> None:
    made = world.client("registry:read", "decisions")
    asked: tuple[Any, ...] = (
        "registry:read", "registry:read hr audit:read", "registry:read nonsense", ["registry:read"],
    )  # fmt: skip
    for scope in asked:
        token = mint(world, made.client_id, client_id=made.client_id, principal="client", scope=scope)
        assert world.who(token).json()["roles"] == ["registry:read"], scope
        assert world.http.get("/evaluate", headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_a21_a_token_without_a_scope_of_the_registration_may_nothing(world: World) -> None:
    made = world.client("registry:read")
    for claims in ({}, {"scope": ""}, {"scope": "hr"}):
        token = mint(world, made.client_id, client_id=made.client_id, principal="client", **claims)
        assert world.who(token).status_code == 403, claims


def test_a_scope_taken_from_the_registration_is_gone_from_tokens_at_once(world: World) -> None:
    made = world.client("registry:read", "decisions")
    token = client_token(world.identity, made.client_id, world.clock.now, "decisions registry:read")
    with world.work() as work:
        work.session.get_one(Client, UUID(made.client_id)).scopes = ["registry:read"]
    assert world.who(token).json()["roles"] == ["registry:read"]


# --- what it costs ---------------------------------------------------------------------------------------------------


def test_recognising_takes_few_statements_and_none_for_a_bad_token(world: World) -> None:
    world.hire("ann")
    static, token = world.client("registry:read", static=True), world.token("ann")
    seen: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *args: args[2] == "BEGIN" or seen.append(args[2]))

    def statements(shown: str | None) -> int:
        seen.clear()
        world.who(shown)
        return len(seen)

    assert statements(token) <= 3
    assert statements(static.bearer) <= 1
    assert statements(token[:-4] + "AAAA") == 0
    assert statements(None) == 0


def test_find_takes_one_spelling_of_an_id(world: World) -> None:
    made = world.client("registry:read")
    with world.work(write=False) as work:
        assert store.find(work.session, made.client_id) is not None
        for other in (made.client_id.upper(), made.client_id.replace("-", ""), f"{{{made.client_id}}}", "é"):
            assert store.find(work.session, other) is None
