"""Issuers, passwords, logins and clients: rules as plain calls."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from app.clients import rules as clients
from app.clients.rules import Client
from app.identity.external import rules as external
from app.identity.external.rules import ExternalIssuer
from app.identity.login import rules as login
from app.identity.oauth import rules as oauth
from app.identity.oauth.rules import BadAuthorization
from app.kernel.errors import Invalid
from app.roles.rules import ClientScope

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def refusal(call, *words, **more):
    with pytest.raises(Invalid) as found:
        call(*words, **more)
    (one,) = found.value.errors
    return one.pointer, one.code, one.message


# --- an issuer elsewhere ---------------------------------------------------------------------------------------------


def test_how_long_keys_are_good():
    ages = lambda age, of: [of(NOW - age + by, NOW) for by in (-TICK, timedelta(0), TICK)]  # noqa: E731
    assert ages(timedelta(hours=6), external.usable) == [False, False, True]
    assert ages(timedelta(minutes=10), external.fresh) == [False, False, True]
    assert ages(timedelta(seconds=60), external.due) == [True, True, False] and external.due(None, NOW)


ISSUER = ExternalIssuer("https://login.example", "https://login.example/keys", "coe")


def complaint(call, *words):
    with pytest.raises(ValueError) as found:
        call(*words)
    return str(found.value)


def test_what_of_an_issuer_is_unsafe_is_said_by_the_settings_name():
    external.check(ISSUER)
    field = ExternalIssuer("https://i.example", "https://i.example/k", "coe", subject_field="title")
    assert complaint(external.check, field) == "COE_SUBJECT_FIELD must be one of email, employee_number, user_name."
    claim = ExternalIssuer("https://i.example", "https://i.example/k", "coe", subject_claim="")
    assert complaint(external.check, claim) == "COE_SUBJECT_CLAIM must name a claim."
    plain = ExternalIssuer("http://i.example", "https://i.example/k", "coe")
    assert complaint(external.check, plain).startswith("COE_ISSUER must begin with https")
    keys = ExternalIssuer("https://i.example", "ftp://i.example/k", "coe")
    assert complaint(external.check, keys).startswith("COE_JWKS_URL must begin with https")


@pytest.mark.parametrize(
    "url", ["https://a.example/x?y=1", "http://127.0.0.1:8000", "http://localhost/x", "http://[::1]:7/"]
)
def test_an_address_that_is_believed(url):
    external.check_url("X", url)


@pytest.mark.parametrize(("url", "said"), [
    *((url, "X must be an address like https://login.example/...") for url in ("", "https:", "https://u@a.example", "https://a.example/#f")),
    *((url, "X must begin with https; http is accepted on loopback alone.") for url in (
        "http://a.example", "ftp://127.0.0.1", "ftp://a.example", "http://127.0.0.2")),
])  # fmt: skip
def test_an_address_that_is_not(url, said):
    assert complaint(external.check_url, "X", url) == said


@pytest.mark.parametrize(("claims", "claim", "subject"), [
    ({"email": "a@x"}, "email", "a@x"), ({"email": "a@x", "email_verified": True}, "email", "a@x"),
    ({"email": "a@x", "email_verified": False}, "email", None), ({"email": "a@x", "email_verified": "true"}, "email", None),
    ({"upn": "a", "email_verified": False}, "upn", "a"), ({"upn": ""}, "upn", None), ({"upn": 7}, "upn", None), ({}, "upn", None),
])  # fmt: skip
def test_whom_a_token_is_about(claims, claim, subject):
    assert external.subject_of(claims, claim) == subject


def test_names_are_the_same_but_for_capitals():
    assert external.same_name("Ada@X", "aDA@x") and external.same_name("ÄB", "äb")
    assert (
        not external.same_name("ada", None)
        and not external.same_name("ada", "adä")
        and not external.same_name("ß", "ss")
    )


# --- passwords and tries ---------------------------------------------------------------------------------------------


def test_a_password_is_long_enough_and_nobodys_name():
    login.check_password("correct horse", ["ada", None])
    login.check_password("ab" * 6, []) or login.check_password("ab" * 128, [])
    length = ("/password", "length", "A password has 12 to 256 characters.")
    easy = ("/password", "guessable", "This password is too easy to guess.")
    assert (
        refusal(login.check_password, "ab" * 5 + "c", [])
        == refusal(login.check_password, "ab" * 128 + "c", [])
        == length
    )
    assert refusal(login.check_password, "a" * 12, []) == easy
    assert refusal(login.check_password, "Ada.Lovelace1", [None, "ada.lovelace1 "]) == easy
    assert login.prepared("ﬁ") == "fi" and login.prepared("e\u0301") == "é"
    login.check_password("ﬁ" * 6, [])  # which is twelve letters in the one spelling


def test_under_which_names_tries_are_counted():
    assert login.account_key(" ADA ") == login.account_key("ada") == "account:" + sha256(b"ada").hexdigest()
    assert login.account_key("\ud800") == "account:" + sha256(b"?").hexdigest()
    assert login.address_key("192.0.2.7") == "address:192.0.2.7"
    assert login.address_key("2001:db8:1:2:3::4") == login.address_key("2001:db8:1:2::9") == "address:2001:db8:1:2::/64"
    assert login.address_key(None) == login.address_key("") == "address:unknown"
    assert login.address_key("x" * 200) == "address:" + "x" * 100


# --- what may be asked of the authorization endpoint -----------------------------------------------------------------


def bad(call, *words):
    with pytest.raises(BadAuthorization) as found:
        call(*words)
    return str(found.value)


def test_no_parameter_is_there_twice():
    assert oauth.repeated([("a", "1"), ("b", "1")]) is None and oauth.repeated([("a", ""), ("b", ""), ("a", "")]) == "a"
    assert oauth.repeated([('"', ""), ('"', "")]) == "a parameter"
    assert bad(oauth.known_parameters, [("state", "1"), ("state", "2")]) == "The parameter state is there twice."
    assert oauth.known_parameters([("state", "1"), ("state", ""), ("x", "1"), ("x", "2")]) == {"state": "1"}


def test_which_parameters_are_known_and_what_they_may_hold():
    names = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
    assert oauth.known_parameters([(name, "v") for name in names]) == dict.fromkeys(names, "v")
    assert oauth.known_parameters([("state", 'a"b\\c')]) == {"state": 'a"b\\c'}
    for pair in (("scope", 'a"b'), ("state", "a\nb"), ("client_id", "é"), ("state", "x" * 2001), ("scope", "a\\b")):
        assert bad(oauth.known_parameters, [pair]) == f"The parameter {pair[0]} holds characters that it may not."
    assert oauth.known_parameters([("state", "x" * 2000)])


def test_a_login_returns_to_where_it_was_registered_and_nowhere_else():
    oauth.check_redirect("https://a/b", ["https://a/b"])
    for uri in (None, "https://a/b/", "https://a"):
        said = bad(oauth.check_redirect, uri, ["https://a/b"])
        assert said == "The redirect_uri is not one that is registered for this application."


def test_a_proof_of_possession_is_always_asked():
    good = {"code_challenge_method": "S256", "code_challenge": "a" * 43}
    oauth.check_challenge(good)
    for changes in ({"code_challenge_method": "plain"}, {"code_challenge_method": ""}):
        assert bad(oauth.check_challenge, {**good, **changes}).startswith("A code_challenge with")
    for challenge in ("", "a" * 42, "a" * 44, "+" * 43):
        assert bad(oauth.check_challenge, {**good, "code_challenge": challenge}).startswith("The code_challenge is not")
    assert bad(oauth.check_challenge, {"code_challenge_method": "S256"}).startswith("The code_challenge is not")
    assert bad(oauth.check_challenge, {}).startswith("A code_challenge with")


def test_the_origin_of_an_address():
    assert oauth.origin("https://a.example:8443/b?c#d") == "https://a.example:8443"


# --- clients ---------------------------------------------------------------------------------------------------------


def test_a_client_knows_its_secret_unless_it_has_none_to_show():
    kept = Client("c", "C", secret_hash=clients.digest("s3cret"))
    assert clients.digest("s3cret") == sha256(b"s3cret").hexdigest()
    assert kept.knows("s3cret") and not kept.knows("other") and not kept.public and Client("c", "C").public
    for other in (Client("c", "C"), Client("c", "C", secret_hash=kept.secret_hash, static=True),
                  Client("c", "C", secret_hash=kept.secret_hash, revoked_at=NOW)):  # fmt: skip
        assert not other.knows("s3cret")


def test_our_own_page_returns_to_itself():
    page = clients.swagger("https://coe.example")
    assert (page.client_id, page.redirect_uris, page.public) == (
        "swagger", ("https://coe.example/docs/oauth2-redirect",), True,
    )  # fmt: skip
    for public in ("http://127.0.0.1:8000", "http://localhost:8000"):
        assert clients.swagger(public).redirect_uris == tuple(
            f"http://{host}:8000/docs/oauth2-redirect" for host in ("127.0.0.1", "localhost")
        )
    assert clients.swagger("http://localhost").redirect_uris[0] == "http://127.0.0.1/docs/oauth2-redirect"


def test_a_secret_is_long_and_never_the_same():
    made = {clients.new_secret() for _ in range(20)}
    assert len(made) == 20 and {len(one) for one in made} == {43}


def test_what_a_client_is_registered_for():
    some = frozenset({ClientScope.HR})
    clients.check_registration(some, tool=True, gateway=False)
    clients.check_registration(some, tool=False, gateway=True)
    known = ", ".join(sorted(ClientScope))
    nothing = ("/scopes", "missing", f"Name at least one scope of: {known}.")
    assert refusal(clients.check_registration, frozenset(), tool=False, gateway=False) == nothing
    both = ("/gateway", "tool_and_gateway", "A client is one tool, or a gateway for many; not both.")
    assert refusal(clients.check_registration, some, tool=True, gateway=True) == both
    assert clients.parse_scopes(["hr", "hr", "lms"]) == {ClientScope.HR, ClientScope.LMS}
    unknown = ("/scopes", "unknown_scope", f"There is no scope 'fly'; there are: {known}.")
    assert refusal(clients.parse_scopes, ["zoom", "hr", "fly"]) == unknown
