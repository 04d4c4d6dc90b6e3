"""What the company's issuer is asked, and which answer belongs to it: rules as plain calls."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from app.console.sessions.rules import way_out
from app.console.signon.rules import Errand, NotSignedIn, away, code_of, errand
from app.identity.external.rules import Application

ISSUER, URL = "https://idp.example", "https://coe.example/console/login/back"
US = Application("coe console", "secret", f"{ISSUER}/authorize", f"{ISSUER}/token", "openid email")
# The verifier and its challenge of RFC 7636, appendix B.
ONE = Errand("st", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "/console/freezes")
GOOD = {"code": "c-1", "state": "st", "iss": ISSUER}
ANEW = " Please try once more."


def test_what_the_issuer_is_asked():
    asked = urlsplit(away(US, URL, ONE))
    assert f"{asked.scheme}://{asked.netloc}{asked.path}" == US.authorize_url
    assert parse_qs(asked.query) == {
        "response_type": ["code"], "client_id": ["coe console"], "redirect_uri": [URL], "scope": ["openid email"],
        "state": ["st"], "code_challenge": ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"], "code_challenge_method": ["S256"],
    }  # fmt: skip
    told = replace(US, authorize_url=f"{ISSUER}/authorize?audience=coe")
    assert parse_qs(urlsplit(away(told, URL, ONE)).query)["audience"] == ["coe"]


def test_nobody_can_guess_an_errand():
    made = [errand("/console") for _ in range(100)]
    assert {one.back for one in made} == {"/console"}
    assert len({one.state for one in made} | {one.verifier for one in made}) == 200
    for one in made:  # 256 bits, and what RFC 7636 4.1 lets a verifier be
        assert len(one.state) == 43 and re.fullmatch(r"[A-Za-z0-9_-]{64}", one.verifier)


def test_the_code_of_the_answer_that_was_asked_for():
    assert code_of(GOOD, ONE, ISSUER) == "c-1"
    assert code_of({"code": "c-2", "state": "st"}, ONE, ISSUER) == "c-2"  # before RFC 9207 no issuer said who it is


@pytest.mark.parametrize(("answer", "says"), [
    ({**GOOD, "state": "St"}, "This is the answer to another sign-in." + ANEW),
    ({**GOOD, "state": "st\u00e9"}, "This is the answer to another sign-in." + ANEW),
    ({"code": "c-1"}, "This is the answer to another sign-in." + ANEW),
    ({**GOOD, "iss": f"{ISSUER}/"}, "Another issuer has answered than was asked. Nobody was signed in."),
    ({**GOOD, "error": "access_denied"}, "You were not let in there, or did not agree."),
    ({**GOOD, "error": "server_error"}, "The sign-in failed there. Please try once more; if it goes on so, tell"),
    ({**GOOD, "code": ""}, "The sign-in failed there. Please try once more; if it goes on so, tell"),
    ({"state": "st"}, "The sign-in failed there. Please try once more; if it goes on so, tell"),
])  # fmt: skip
def test_any_other_answer_signs_nobody_in(answer, says):
    with pytest.raises(NotSignedIn, match=f"^{re.escape(says)}"):
        code_of(answer, ONE, ISSUER)


def test_the_way_out_keeps_the_page_that_was_asked_for():
    assert way_out("/console/accounts?a=1&b=2") == "/console/login/away?next=%2Fconsole%2Faccounts%3Fa%3D1%26b%3D2"
