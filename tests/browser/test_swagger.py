"""In Swagger UI, as people would: a liaison asks for a right until it is granted, and a strategist goes through a day.

Bodies are those that the page shows: nothing is typed but ids. The pictures of the README and of the hub's guide are taken
here, if ``COE_TEST_IMAGES`` names the folder for them.
"""

import json
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("COE_TEST_SHOTS")
"""A folder for screenshots, if one wants to look."""
IMAGES = os.environ.get("COE_TEST_IMAGES")


class Swagger:
    """The page at /docs, and everything that a browser says or asks for on the way."""

    def __init__(self, browser, demo):
        self.demo = demo
        self.context = browser.new_context(viewport={"width": 1280, "height": 1000})
        self.requests, self.complaints = [], []
        # A lambda, since the driver wants to write on its handlers and cannot on a built-in method.
        self.context.on("request", lambda one: self.requests.append(one))
        self.context.on("console", lambda one: self.complaints.append(one.text) if one.type == "error" else None)
        self.context.on("weberror", lambda one: self.complaints.append(str(one.error)))
        self.page = self.context.new_page()

    def open(self):
        self.page.goto(f"{self.demo.url}/docs")
        self.page.locator(".opblock").first.wait_for()
        self.shot("docs")

    def shot(self, name, page=None):
        if SHOTS:
            (page or self.page).screenshot(path=Path(SHOTS) / f"{name}.png")

    def log_in(self, who):
        self.page.locator(".auth-wrapper .authorize").click()
        dialog = self.page.locator(".auth-container", has_text="authorizationCode")
        self.shot("authorize")
        with self.page.expect_popup() as opened:
            dialog.locator("button.authorize").click()
        window = opened.value
        window.get_by_label("Work e-mail or user name").fill(f"{who}@demo.example")
        window.get_by_label("Password").fill(self.demo.password)
        self.shot("login", window)
        with window.expect_event("close"):
            window.get_by_role("button", name="Log in").click()
        dialog.get_by_text("Logout").wait_for()
        self.shot("authorized")
        dialog.locator(".btn-done").click()

    def log_out(self):
        self.page.locator(".auth-wrapper .authorize").click()
        dialog = self.page.locator(".auth-container", has_text="authorizationCode")
        dialog.get_by_text("Logout").click()
        dialog.locator("button.authorize").wait_for()
        dialog.locator(".btn-done").click()

    def execute(self, method, path, expected, image=None, **parameters):
        """Open a call, fill in parameters, press Execute: what the service answered, as the page shows it."""
        block = self.page.locator(f".opblock-{method}").filter(has=self.page.locator(f'[data-path="{path}"]'))
        for tried in range(90):  # what is far above or below is not there before somebody scrolls to it
            if block.count():
                break
            if tried == 0:
                self.page.evaluate("scrollTo(0, 0)")
            self.page.mouse.wheel(0, 600)
            self.page.wait_for_timeout(100)
        if "is-open" not in block.get_attribute("class"):
            block.locator(".opblock-summary-control").click()
        for name, value in parameters.items():
            self.fill(block.locator(f'tr[data-param-name="{name}"]'), value)
        with self.page.expect_response(lambda one: is_call(one.request, method, path)) as answered:
            block.get_by_role("button", name="Execute").click()
        shown = block.locator(".live-responses-table")
        shown.get_by_text(answered.value.headers["x-request-id"]).first.wait_for()
        status = shown.locator("tbody .response-col_status").first.inner_text().split()[0]
        self.shot(f"{method}{path.replace('/', '-')}")
        if image and IMAGES:
            shown.screenshot(path=Path(IMAGES) / f"docs-{image}.png")
        assert int(status) == answered.value.status == expected, answered.value.text()
        block.locator(".opblock-summary-control").click()
        return answered.value.json()

    def fill(self, row, value):
        row.locator("select, input").first.wait_for()  # it is made when the block is opened
        choice = row.locator("select")
        choice.select_option(value) if choice.count() else row.locator("input").fill(value)

    def asked(self, path):
        return [one for one in self.requests if urlsplit(one.url).path == path]


def is_call(request, method, path):
    start, *rest = path.split("{id}")
    asked = urlsplit(request.url).path
    return request.method.lower() == method and asked.startswith(start) and (not rest or asked.endswith(rest[0]))


@pytest.fixture
def swagger(browser, demo):
    made = Swagger(browser, demo)
    made.open()
    yield made
    made.context.close()


def test_a_liaison_asks_and_the_hub_grants(swagger, demo):
    assert "liaison@demo.example" in swagger.page.locator(".welcome").inner_text()
    swagger.log_in("liaison")
    assert swagger.execute("get", "/v1/me", 200)["employee"]["email"] == "liaison@demo.example"
    request = swagger.execute("post", "/v1/rights-requests", 201, image="request")
    assert request["state"] == "pending"
    refused = swagger.execute("post", "/v1/rights-requests/{id}/decisions", 403, id=request["id"])
    assert refused["code"] == "self_approval"
    swagger.log_out()

    # Nobody endorses their own request, so the unit's other liaison does.
    swagger.log_in("liaison2")
    endorsed = swagger.execute("post", "/v1/rights-requests/{id}/decisions", 200, id=request["id"])
    assert [step["state"] for step in endorsed["steps"]] == ["approved", "open"]
    swagger.log_out()

    swagger.log_in("hub")
    decided = swagger.execute("post", "/v1/rights-requests/{id}/decisions", 200, id=request["id"])
    assert decided["state"] == "granted"
    seen = swagger.execute("get", "/v1/grants", 200, sort="-created_at")["items"]
    assert decided["grants"][0]["id"] in [one["id"] for one in seen if one["state"] == "active"]

    assert {urlsplit(one.url).netloc for one in swagger.requests} == {urlsplit(demo.url).netloc}
    # The browser complains of the refusal above, and of nothing else: no script failed, no policy was broken.
    assert [one for one in swagger.complaints if "403" not in one] == []


def test_the_strategists_day(swagger):
    swagger.log_in("strategist")
    assert swagger.execute("get", "/v1/me", 200)["employee"]["email"] == "strategist@demo.example"
    waiting = swagger.execute("get", "/v1/approvals", 200)["items"]
    asked = next(one["id"] for one in waiting if one["kind"] == "rights")
    decided = swagger.execute("post", "/v1/rights-requests/{id}/decisions", 200, id=asked)
    assert decided["state"] in {"granted", "pending"}
    assert asked not in [one["id"] for one in swagger.execute("get", "/v1/approvals", 200)["items"]]

    foreseen = swagger.execute("post", "/v1/governance/preview", 200, image="preview")
    assert [one["after"] for one in foreseen["units"]] == ["dandelion"]
    assert swagger.execute("put", "/v1/governance", 200)["model"] == "dandelion"
    assert swagger.execute("get", "/v1/governance", 200)["history"][0]["model"] == "dandelion"

    frozen = swagger.execute("post", "/v1/freezes", 201)
    asked = swagger.execute("post", "/access/v1/evaluation", 200)
    assert asked["decision"] is False
    assert "frozen" in [one["code"] for one in asked["context"]["reasons"]]
    lifted = swagger.execute("post", "/v1/freezes/{id}/lift", 200, id=frozen["id"])
    assert lifted["state"] == "lifted"
    after = swagger.execute("post", "/access/v1/evaluation", 200)["context"]["reasons"]
    assert "frozen" not in [one["code"] for one in after]

    seen = swagger.execute("get", "/v1/audit/events", 200)["items"]
    assert {"freeze.set", "freeze.lifted", "governance.switched"} <= {one["action"] for one in seen}
    assert swagger.complaints == []


def test_a_login_is_protected_by_pkce_and_kept_nowhere(swagger):
    swagger.log_in("liaison")
    asked = parse_qs(urlsplit(swagger.asked("/oauth/authorize")[0].url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    exchanged = parse_qs(swagger.asked("/oauth/token")[0].post_data)
    assert exchanged["code_verifier"]
    assert "client_secret" not in exchanged
    kept = swagger.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert not any("token" in text for text in json.loads(kept)[0].values())
    assert json.loads(kept)[2] == ""
    swagger.page.reload()
    swagger.page.locator(".auth-wrapper .authorize.unlocked").wait_for()


def test_the_page_cannot_be_made_to_ask_elsewhere(swagger):
    """The check above can fail: what leads elsewhere is refused by the policy, and is complained of."""
    swagger.page.evaluate("() => { new Image().src = 'http://elsewhere.example/pixel.png' }")
    swagger.page.wait_for_function("() => true")
    refused = swagger.page.evaluate("() => fetch('http://elsewhere.example/').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    assert any("Content Security Policy" in one for one in swagger.complaints)
