"""The authorization code grant, client credentials, and what is said about them (RFC 6749, 7636, 8414, 9068)."""

from base64 import b64encode
from typing import Any
from urllib.parse import quote, urlsplit

import jwt
import pytest

from app.clients import service as clients
from app.clients import store
from app.identity.oauth.tables import AuthorizationCode

from .conftest import CHALLENGE, PASSWORD, REDIRECT, URL, VERIFIER, World, authorize_url, form_token, location


def basic(client_id: str, secret: str) -> dict[str, str]:
    shown = b64encode(f"{quote(client_id, safe='')}:{quote(secret, safe='')}".encode()).decode()
    return {"Authorization": f"Basic {shown}"}


def credentials(world: World, *, headers: dict[str, str] | None = None, **form: str) -> Any:
    return world.http.post("/oauth/token", data={"grant_type": "client_credentials", **form}, headers=headers)


def refused(answer: Any, error: str, status: int = 400) -> bool:
    """In the form of RFC 6749 5.2, and stored by nobody."""
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) <= {"error", "error_description"}
    return (answer.status_code, answer.json()["error"]) == (status, error)


# --- as it should go -------------------------------------------------------------------------------------------------


def test_a_person_logs_in_and_gets_an_access_token(world: World) -> None:
    world.hire("ann")
    sent = world.log_in("ann")
    assert sent.status_code == 303
    assert sent.headers["location"].startswith(REDIRECT + "?")
    assert location(sent).keys() == {"code", "state", "iss"}
    assert (location(sent)["state"], location(sent)["iss"]) == ("st-1", URL)  # RFC 9207
    answer = world.exchange(location(sent)["code"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 3600)
    assert world.who(answer.json()["access_token"]).json()["id"] == str(world.people["ann"])


@pytest.mark.parametrize("name", ["ann", "n-ann", "ANN@firm.example", " ann@firm.example "])
def test_the_login_takes_every_name_a_person_has(world: World, name: str) -> None:
    world.hire("ann")
    assert world.log_in(name).status_code == 303


def test_the_access_token_is_of_rfc_9068(world: World) -> None:
    world.hire("ann")
    token = world.exchange(world.code("ann")).json()["access_token"]
    keys = jwt.PyJWKSet.from_dict(world.http.get("/.well-known/jwks.json").json())
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "RS256", "typ": "at+jwt", "kid": keys.keys[0].key_id}
    claims = jwt.decode(token, keys[header["kid"]].key, ["RS256"], audience="coe", options={"verify_exp": False, "verify_iat": False})  # fmt: skip
    seconds = int(world.clock.now.timestamp())
    assert claims.pop("jti")
    assert claims == {
        "iss": URL, "aud": "coe", "sub": str(world.people["ann"]), "client_id": "swagger", "principal": "employee",
        "iat": seconds, "exp": seconds + 3600,
    }  # fmt: skip


@pytest.mark.parametrize("way", ["basic", "post"])
def test_a_service_client_gets_a_token_for_its_scopes(world: World, way: str) -> None:
    made = world.client("decisions", "registry:read")
    assert made.secret is not None
    shown: dict[str, Any] = {"headers": basic(made.client_id, made.secret)}
    if way == "post":
        shown = {"client_id": made.client_id, "client_secret": made.secret}
    answer = credentials(world, **shown)
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == "decisions registry:read"
    who = world.who(answer.json()["access_token"]).json()
    assert (who["kind"], who["id"], who["roles"]) == ("client", made.client_id, ["decisions", "registry:read"])


def test_a_service_client_may_ask_for_less_but_not_for_more(world: World) -> None:
    made = world.client("decisions", "registry:read")
    assert made.secret is not None
    shown = basic(made.client_id, made.secret)
    less = credentials(world, headers=shown, scope="registry:read").json()
    assert less["scope"] == "registry:read"
    assert world.who(less["access_token"]).json()["roles"] == ["registry:read"]
    assert refused(credentials(world, headers=shown, scope="registry:read hr"), "invalid_scope")
    assert refused(credentials(world, headers=shown, scope="nonsense"), "invalid_scope")


def test_the_metadata_says_what_there_is(world: World) -> None:
    told = world.http.get("/.well-known/openid-configuration").json()
    assert told["issuer"] == URL
    assert told["grant_types_supported"] == ["authorization_code", "client_credentials"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        path = urlsplit(told[name]).path
        assert told[name] == URL + path
        assert world.http.request("POST" if name == "token_endpoint" else "GET", path).status_code != 404


# --- trust.md 4.L ----------------------------------------------------------------------------------------------------

BAD_REDIRECTS = [
    None, "", "https://evil.example/", REDIRECT + "/", REDIRECT + "?x=1", REDIRECT + "#there", REDIRECT[:-1],
    REDIRECT.upper(), f"{URL}:444/docs/oauth2-redirect", REDIRECT.replace("https", "http"), f"{URL}/docs/../docs/oauth2-redirect",
    f"{URL}@evil.example/docs/oauth2-redirect", f"{URL}.evil.example/docs/oauth2-redirect", "javascript:alert(1)",
    "//evil.example/docs/oauth2-redirect", f"{URL}/docs/oauth2-redirect%2f", f'{REDIRECT}"', f"{REDIRECT}\\", f"{REDIRECT}é",
]  # fmt: skip


def test_l01_an_unregistered_redirect_is_refused_on_our_own_page(world: World) -> None:
    for uri in BAD_REDIRECTS:
        page = world.http.get(authorize_url(redirect_uri=uri))
        assert page.status_code == 400, uri
        assert "location" not in page.headers
        assert page.headers["content-type"].startswith("text/html")
        assert "redirect_uri" in page.text
        assert "evil" not in page.text


def test_l01_an_unknown_application_is_refused_on_our_own_page(world: World) -> None:
    for client_id in (None, "nobody", '"'):
        page = world.http.get(authorize_url(client_id=client_id))
        assert page.status_code == 400, client_id
        assert "location" not in page.headers


def test_l01_the_form_cannot_be_posted_to_an_unregistered_redirect(world: World) -> None:
    world.hire("ann")
    page = world.http.get(authorize_url())
    form = {"user": "ann", "password": PASSWORD, "form_token": form_token(page)}
    answer = world.http.post(authorize_url(redirect_uri="https://evil.example/"), data=form)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_l01_a_parameter_that_is_there_twice_is_refused(world: World) -> None:
    page = world.http.get(authorize_url() + "&redirect_uri=https%3A%2F%2Fevil.example%2F")
    assert page.status_code == 400
    assert "twice" in page.text


def test_l01_the_token_request_must_name_the_same_redirect(world: World) -> None:
    world.hire("ann")
    assert refused(world.exchange(world.code("ann"), redirect_uri=f"{URL}/docs"), "invalid_grant")
    assert refused(world.exchange(world.code("ann"), redirect_uri=None), "invalid_grant")


def test_l02_a_code_shown_again_is_refused_and_ends_the_token_of_its_first_use(world: World) -> None:
    world.hire("ann")
    code = world.code("ann")
    token = world.exchange(code).json()["access_token"]
    other = world.exchange(world.code("ann")).json()["access_token"]
    assert world.who(token).status_code == 200
    assert refused(world.exchange(code), "invalid_grant")
    assert world.who(token).status_code == 401
    assert world.who(other).status_code == 200
    assert len(world.events("token.ended")) == 1


def test_l02_a_code_is_good_for_a_minute(world: World) -> None:
    world.hire("ann")
    code, late = world.code("ann"), world.code("ann")
    world.clock.forward(seconds=59)
    assert world.exchange(code).status_code == 200
    world.clock.forward(seconds=1)
    assert refused(world.exchange(late), "invalid_grant")


def test_l02_codes_are_remembered_no_longer_than_their_tokens_live(world: World) -> None:
    world.hire("ann")
    world.exchange(world.code("ann"))
    world.code("ann")
    world.clock.forward(minutes=59)
    world.code("ann")
    assert world.count(AuthorizationCode) == 2
    world.clock.forward(hours=1)
    world.code("ann")
    assert world.count(AuthorizationCode) == 1


WITHOUT_PKCE: list[dict[str, str | None]] = [
    {"code_challenge": None, "code_challenge_method": None},
    {"code_challenge": None},
    {"code_challenge_method": None},
    {"code_challenge_method": "plain"},
    {"code_challenge_method": "s256"},
    {"code_challenge": "x" * 42},
    {"code_challenge": "x" * 44},
    {"code_challenge": "!" * 43},
]


def test_l03_a_login_without_pkce_s256_cannot_begin(world: World) -> None:
    for changed in WITHOUT_PKCE:
        page = world.http.get(authorize_url(**changed))
        assert page.status_code == 400, changed
        assert "location" not in page.headers
        assert "code_challenge" in page.text


def test_l03_a_wrong_verifier_is_refused(world: World) -> None:
    world.hire("ann")
    code = world.code("ann")
    for verifier in (None, "", "w" * 43, VERIFIER[:-1], VERIFIER + "v", "v" * 129, "é" * 43):
        answer = world.exchange(code, code_verifier=verifier)
        assert answer.status_code == 400, verifier
        assert answer.json()["error"] in {"invalid_grant", "invalid_request"}
    assert world.exchange(code).status_code == 200


def test_l03_the_challenge_itself_is_no_verifier(world: World) -> None:
    world.hire("ann")
    assert refused(world.exchange(world.code("ann"), code_verifier=CHALLENGE), "invalid_grant")


def test_l04_the_code_of_another_client_is_refused(world: World) -> None:
    world.hire("ann")
    other = register_application(world, "https://other.example/back")
    code = world.code("ann")
    assert refused(world.exchange(code, client_id=other), "invalid_grant")
    assert world.exchange(code).status_code == 200


def test_l08_a_secret_in_the_address_is_refused(world: World) -> None:
    made = world.client("decisions")
    query = f"grant_type=client_credentials&client_id={made.client_id}&client_secret={made.secret}"
    assert refused(world.http.post(f"/oauth/token?{query}", data={"x": "1"}), "invalid_request")
    form = {"grant_type": "client_credentials", "client_id": made.client_id}
    answer = world.http.post(f"/oauth/token?client_secret={made.secret}", data=form)
    assert refused(answer, "invalid_request")
    assert str(made.secret) not in answer.text


def test_l09_a_service_client_cannot_log_in(world: World) -> None:
    made = world.client("decisions")
    world.hire("ann")
    assert made.secret is not None
    page = world.http.get(authorize_url(client_id=made.client_id))
    assert page.status_code == 400
    assert "location" not in page.headers
    assert world.log_in(made.client_id, made.secret).status_code == 403
    answer = world.exchange(world.code("ann"), client_id=made.client_id, client_secret=made.secret)
    assert refused(answer, "unauthorized_client")


def test_l09_a_person_cannot_use_client_credentials(world: World) -> None:
    id_ = world.hire("ann")
    for name in ("ann", "ann@firm.example", str(id_), "swagger"):
        assert refused(credentials(world, client_id=name, client_secret=PASSWORD), "invalid_client", 401)
        assert refused(credentials(world, headers=basic(name, PASSWORD)), "invalid_client", 401)
    assert refused(credentials(world, client_id="swagger"), "invalid_client", 401)


def test_l10_deactivated_between_code_and_token_is_refused(world: World) -> None:
    world.hire("ann")
    code = world.code("ann")
    world.leave("ann")
    assert refused(world.exchange(code), "invalid_grant")


# --- the token endpoint's other refusals -----------------------------------------------------------------------------


def test_every_way_to_fail_as_a_client_reads_the_same(world: World) -> None:
    made, static, gone = world.client("decisions"), world.client("decisions", static=True), world.client("decisions")
    with world.work() as work:
        clients.revoke_client(work, gone.client_id)
    assert static.bearer is not None
    assert gone.secret is not None
    tries = [
        (made.client_id, "wrong"), (made.client_id.upper(), str(made.secret)), ("nobody", "x"), ("", "x"), (made.client_id, ""),
        (static.client_id, static.bearer), (gone.client_id, gone.secret),
    ]  # fmt: skip
    answers = [credentials(world, headers=basic(*each)) for each in tries]
    assert all(refused(answer, "invalid_client", 401) for answer in answers)
    assert len({answer.text for answer in answers}) == 1
    assert all(answer.headers["www-authenticate"].startswith("Basic") for answer in answers)


def test_credentials_that_cannot_be_read_are_no_credentials(world: World) -> None:
    no_colon = b64encode(b"no colon").decode()
    for header in ("Basic", "Basic ", "Basic !!!", "Basic /////w==", f"Basic {no_colon}", "Bearer x"):
        assert refused(credentials(world, headers={"Authorization": header}), "invalid_client", 401), header


def test_a_client_shows_its_credentials_in_one_way(world: World) -> None:
    made = world.client("decisions")
    shown = basic(made.client_id, str(made.secret))
    assert refused(credentials(world, headers=shown, client_secret=str(made.secret)), "invalid_request")
    assert refused(credentials(world, headers=shown, client_id="another"), "invalid_request")
    assert credentials(world, headers=shown, client_id=made.client_id).status_code == 200


def test_other_grants_are_unsupported(world: World) -> None:
    for grant in ("password", "refresh_token", "implicit", "é", '"', "urn:x"):
        answer = world.http.post("/oauth/token", data={"grant_type": grant, "username": "ann", "password": "x"})
        assert refused(answer, "unsupported_grant_type"), grant


def test_a_form_that_makes_no_sense_is_an_invalid_request(world: World) -> None:
    form, one = "application/x-www-form-urlencoded", b"grant_type=client_credentials"
    bodies = [
        b"",
        b"grant_type=",
        one + b"&" + one,
        b"grant_type=%ff",
        b"\xff",
        b"&".join(b"a%d=1" % n for n in range(100)),
    ]
    for body, media_type in [*((body, form) for body in bodies), (b'{"grant_type": "x"}', "application/json")]:
        answer = world.http.post("/oauth/token", content=body, headers={"Content-Type": media_type})
        assert refused(answer, "invalid_request"), body


def test_a_made_up_code_is_refused(world: World) -> None:
    for code in ("", "x", "é", "x" * 10_000):
        assert world.exchange(code).status_code == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "openid"}, "invalid_scope"),
    ],
)
def test_what_the_application_asked_wrongly_it_is_told_at_its_own_address(
    world: World, changed: dict[str, str | None], error: str
) -> None:
    answer = world.http.get(authorize_url(**changed))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(REDIRECT + "?")
    told = location(answer)
    assert (told["error"], told["state"], told["iss"]) == (error, "st-1", URL)


def test_parameters_of_other_characters_end_on_our_own_page(world: World) -> None:
    for name in ("response_type", "client_id", "scope", "state", "code_challenge"):
        for value in ("é", "\x7f", "\n", "a" * 2001):
            page = world.http.get(authorize_url(**{name: value}))
            assert page.status_code == 400, (name, value)
            assert "location" not in page.headers


def test_an_address_that_cannot_be_read_ends_on_our_own_page(world: World) -> None:
    assert world.http.get(authorize_url() + "&x=%ff").status_code == 400
    assert world.http.get("/oauth/authorize?" + "&".join(f"a{n}=1" for n in range(100))).status_code == 400


def register_application(world: World, redirect_uri: str) -> str:
    """A public client beside our own."""
    values = {
        "name": "Other", "scopes": [], "static": False, "gateway": False, "redirect_uris": [redirect_uri], "tool_id": None,
        "secret_hash": None, "owner_id": None,
    }  # fmt: skip
    with world.work() as work:
        return store.add(work.session, work.now, values).client_id
