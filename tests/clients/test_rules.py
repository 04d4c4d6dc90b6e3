"""What a registered client is: rules as plain calls."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from app.clients import rules
from app.clients.rules import Client
from app.kernel.errors import Invalid
from app.roles.rules import ClientScope

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def field_of(call, *words, **more):
    with pytest.raises(Invalid) as found:
        call(*words, **more)
    (one,) = found.value.errors
    return one.pointer, one.code, one.message


def test_a_client_knows_its_secret_while_it_has_one_to_show():
    kept = {"secret_hash": rules.digest("s3cret"), "client_id": "c", "name": "C"}
    assert Client(**kept).knows("s3cret") and not Client(**kept).knows("other") and not Client(**kept).public
    assert not Client(**kept, static=True).knows("s3cret") and not Client(**kept, revoked_at=NOW).knows("s3cret")
    assert not Client("c", "C").knows("s3cret") and Client("c", "C").public
    assert rules.digest("s3cret") == sha256(b"s3cret").hexdigest()


def test_a_secret_is_256_bits_and_never_the_same():
    assert len(rules.new_secret()) == 43 and rules.new_secret() != rules.new_secret()


@pytest.mark.parametrize(
    ("url", "bases"),
    [
        ("https://coe.example", ["https://coe.example"]), ("https://coe.example:8443/in", ["https://coe.example:8443/in"]),
        ("http://localhost:8000", ["http://127.0.0.1:8000", "http://localhost:8000"]),
        ("http://127.0.0.1", ["http://127.0.0.1", "http://localhost"]),
    ],
)  # fmt: skip
def test_the_documentation_returns_to_itself_and_nowhere_else(url, bases):
    assert rules.swagger(url) == Client(
        "swagger",
        "The API documentation (Swagger UI)",
        redirect_uris=tuple(f"{one}/docs/oauth2-redirect" for one in bases),
    )


def test_a_client_is_allowed_something_and_is_one_tool_or_a_gateway():
    some = frozenset(list(ClientScope)[:1])
    for tool, gateway in ((True, False), (False, True), (False, False)):
        rules.check_registration(some, tool=tool, gateway=gateway)
    assert field_of(rules.check_registration, frozenset(), tool=False, gateway=False) == (
        "/scopes", "missing", f"Name at least one scope of: {', '.join(sorted(ClientScope))}.",
    )  # fmt: skip
    assert field_of(rules.check_registration, some, tool=True, gateway=True)[:2] == ("/gateway", "tool_and_gateway")


def test_scopes_by_their_names():
    first, second = list(ClientScope)[:2]
    assert rules.parse_scopes([first.value, second.value, first.value]) == {first, second}
    assert rules.parse_scopes([]) == frozenset()
    known = ", ".join(sorted(ClientScope))
    assert field_of(rules.parse_scopes, ["zz", first.value, "yy"]) == (
        "/scopes", "unknown_scope", f"There is no scope 'yy'; there are: {known}.",
    )  # fmt: skip
