"""Swagger UI is ours alone to serve: nothing inline, nothing from elsewhere, nothing changed unseen."""

import hashlib
import re
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from app.docs.api import STATIC, SWAGGER_UI


class Seen(HTMLParser):
    """What a page would load, and what in it is inline."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.inline, self._inside = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.loads += [
            told[name] for name in ("src", "href", "action", "data", "srcset") if name in told and tag != "a"
        ]
        self.inline += [name for name in told if name.startswith("on") or name == "style"]
        self._inside = tag

    def handle_data(self, data):
        if self._inside in ("script", "style") and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag):
        self._inside = None


@pytest.fixture(scope="module")
def client(app):
    return TestClient(app, base_url="http://127.0.0.1:8000")


@pytest.mark.parametrize("path", ["/docs", "/docs/oauth2-redirect"])
def test_a_page_loads_from_here_alone_and_holds_no_script(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    seen = Seen(answer.text)
    assert seen.loads
    assert seen.inline == []
    for address in seen.loads:
        assert address.startswith("/static/")
        assert client.get(address).status_code == 200, address


def test_the_scan_would_notice():
    seen = Seen('<script src="https://cdn.example/a.js"></script><script>alert()</script><b onclick="x" style="y">')
    assert seen.loads == ["https://cdn.example/a.js"]
    assert seen.inline == ["alert()", "onclick", "style"]


@pytest.mark.parametrize("path", ["/docs", "/docs/oauth2-redirect"])
def test_the_browser_is_told_to_hold_us_to_it(client, path):
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_our_own_scripts_and_styles_name_no_other_place():
    for name in ("docs.js", "docs.css"):
        text = (STATIC / name).read_text()
        assert not re.search(r"//[a-z0-9-]+\.|https?:|url\(|@import|fetch\(|import\(", text), name
    told = (STATIC / "docs.js").read_text()
    for needed in (
        'url: "/openapi.json"', "validatorUrl: null", "persistAuthorization: false", "tryItOutEnabled: true",
        "usePkceWithAuthorizationCodeGrant: true", 'clientId: "swagger"',
    ):  # fmt: skip
        assert needed in told


def test_swagger_uis_style_sheet_loads_nothing():
    text = (STATIC / SWAGGER_UI / "swagger-ui.css").read_text()
    assert all(target.strip("\"'").startswith("data:") for target in re.findall(r"url\(([^)]{0,20})", text))
    assert "@import" not in text


def test_vendored_files_are_those_that_the_readme_names():
    told = dict(re.findall(r"\| `([^`]+)` \| `([0-9a-f]{64})` \|", (STATIC / "README.md").read_text()))
    held = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (STATIC / SWAGGER_UI).iterdir()}
    assert held == told
    assert {"LICENSE", "NOTICE"} <= set(held)


def test_vendored_files_are_kept_by_browsers_and_ours_are_asked_for_again(client):
    lasting = client.get(f"/static/{SWAGGER_UI}/swagger-ui.css")
    assert "immutable" in lasting.headers["Cache-Control"]
    ours = client.get("/static/docs.js")
    assert ours.headers["Cache-Control"] == "no-cache"
    assert client.get("/static/docs.js", headers={"If-None-Match": ours.headers["ETag"]}).status_code == 304


def test_files_outside_the_folder_are_not_served(client):
    for path in ("/static/../settings.py", "/static/%2e%2e/settings.py", "/static/", "/static/nothing.js"):
        assert client.get(path).status_code == 404


def test_the_welcome_fits_what_is_served(client, make):
    plain = client.get("/docs").text
    assert "coe demo" not in plain
    assert "authorizationCode" in plain
    assert "COE_PUBLIC_URL" not in plain
    demo = TestClient(make({"grant_id": "x"}), base_url="http://127.0.0.1:8000").get("/docs").text
    assert "liaison@demo.example" in demo
    elsewhere = make(issuer="https://idp.example", jwks_url="https://idp.example/jwks")
    assert "paste a token" in TestClient(elsewhere, base_url="http://127.0.0.1:8000").get("/docs").text


def test_another_spelling_of_the_host_is_told_where_to_log_in(client):
    """Attack F07."""
    told = client.get("/docs", headers={"Host": "localhost:8000"}).text
    assert 'href="http://127.0.0.1:8000/docs"' in told


def test_the_document_is_served_to_the_page(client, document):
    assert client.get("/openapi.json").json() == document
