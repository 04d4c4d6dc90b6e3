"""The console in a browser: the liaison's day and the strategist's, with what a screen reader and a curious site would find.

The pictures of ``docs/console.md`` are taken here, if ``COE_TEST_IMAGES`` names the folder for them.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.browser

IMAGES = os.environ.get("COE_TEST_IMAGES")
SERIOUS = {"serious", "critical"}
NO_AXE = "this test needs axe-core: `pip install axe-playwright-python`"


@pytest.fixture(scope="module")
def axe():
    """The text of axe-core; run by the driver, since the page's policy lets no script in."""
    found = find_spec("axe_playwright_python")
    if found is None:
        pytest.skip(NO_AXE)
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text()


class Desk:
    """Somebody in front of the console, and everything that their browser asks for or complains of."""

    def __init__(self, browser, demo, axe, **more):
        # Where no script runs, nothing can be asked of the page from inside.
        self.demo, self.axe = demo, axe if more.get("java_script_enabled", True) else None
        self.context = browser.new_context(viewport={"width": 1200, "height": 860}, **more)
        self.requests, self.complaints = [], []
        self.context.on("request", lambda one: self.requests.append(one))
        self.context.on("console", lambda one: self.complaints.append(one.text) if one.type == "error" else None)
        self.page = self.context.new_page()

    def sign_in(self, who):
        self.page.goto(f"{self.demo.url}/console")
        self.look("signing-in")
        self.page.get_by_label("Work e-mail or user name").fill(f"{who}@demo.example")
        self.page.get_by_label("Password").fill(self.demo.password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", level=1, name="Overview").wait_for()

    def go(self, part):
        self.page.get_by_role("navigation", name="Console").get_by_role("link", name=part).click()
        self.page.locator(".parts a[aria-current]", has_text=part).wait_for()

    def look(self, name, image=False):
        """No serious finding of axe, one heading, nothing wider than the screen; and a picture, if one is wanted."""
        if self.axe is None:
            return
        found = self.page.evaluate(f"{self.axe}; axe.run()")["violations"]
        told = [(one["impact"], one["id"], one["nodes"][0]["html"][:200]) for one in found]
        assert [one for one in told if one[0] in SERIOUS] == [], name
        assert self.page.locator("h1").count() == 1
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        if image and IMAGES:
            self.page.screenshot(path=Path(IMAGES) / f"console-{name}.png")

    def said(self, text):
        self.page.get_by_role("status").get_by_text(text).wait_for()

    def case(self, words):
        return self.page.get_by_role("article").filter(has_text=words)

    def asked_elsewhere(self):
        return {urlsplit(one.url).netloc for one in self.requests} - {urlsplit(self.demo.url).netloc}


@pytest.fixture
def desk(browser, demo, axe):
    opened = []

    def at(who, **more):
        made = Desk(browser, demo, axe, **more)
        opened.append(made)
        made.sign_in(who)
        return made

    yield at
    for one in opened:
        assert one.asked_elsewhere() == set()
        one.context.close()


def find(liaison, handle):
    liaison.go("Inventory")
    liaison.page.get_by_label("Handle or name").fill(handle)
    liaison.page.get_by_role("button", name="Look").click()
    liaison.page.get_by_role("link", name=handle).first.click()
    liaison.page.get_by_role("heading", name="Who may post, and why").wait_for()


def test_the_liaisons_day(desk):
    liaison = desk("liaison")
    liaison.look("overview")
    liaison.go("Approvals")
    liaison.look("approvals")
    case = liaison.page.get_by_role("article").filter(has=liaison.page.get_by_text("decides now")).first
    case.get_by_label("Comment").fill("Trained, and in the team.")
    case.get_by_role("button", name="Approve").click()
    liaison.said("Approved. Your word is recorded.")

    find(liaison, "alder_nordics")
    liaison.look("account", image=True)
    assert "Ask for a right" in liaison.page.locator("main").inner_text()
    liaison.page.get_by_label("engage").check()
    liaison.page.get_by_label("What for").fill("Answers at the weekend.")
    liaison.page.get_by_role("button", name="Ask", exact=True).click()
    liaison.said("Your request is made.")
    liaison.look("request")
    liaison.page.get_by_role("button", name="Take it back").click()
    liaison.said("The request is withdrawn.")

    # Nobody freezes here but the hub: the button is not there, and the form would be refused.
    liaison.go("Freezes")
    liaison.go("Models")
    assert liaison.page.get_by_role("button", name="Preview").count() == 0
    liaison.look("models")
    liaison.page.get_by_role("button", name="Sign out").click()
    liaison.said("You are signed out.")
    liaison.page.go_back()
    liaison.page.reload()
    liaison.page.get_by_role("heading", name="Sign in to the console").wait_for()
    assert liaison.complaints == []


def test_the_strategists_day(desk):
    strategist = desk("strategist")
    strategist.look("overview", image=True)
    strategist.go("Approvals")
    strategist.look("approvals", image=True)
    waiting = strategist.page.get_by_role("article").count()
    strategist.page.get_by_role("article").first.get_by_role("button", name="Approve").click()
    strategist.said("Approved.")
    assert strategist.page.get_by_role("article").count() == waiting - 1

    strategist.go("Inventory")
    strategist.page.get_by_label("Flag").select_option("idle")
    strategist.page.get_by_role("button", name="Look").click()
    strategist.look("inventory", image=True)
    rows = strategist.page.locator("tbody tr")
    assert rows.filter(has_text="idle").count() == rows.count() > 0

    strategist.go("Freezes")
    strategist.page.get_by_label("What one account").select_option("network:x")
    strategist.page.get_by_label("L2: the company must respond").check()
    strategist.page.get_by_label("Why everybody").fill("A recall is being reported; we say nothing until we know more.")
    strategist.page.get_by_role("button", name="Freeze posting").click()
    strategist.said("Posting is frozen")
    strategist.look("freezes")
    case = strategist.case("A recall is being reported")
    case.get_by_label("Why posting may go on").fill("The statement is out.")
    case.get_by_role("button", name="Lift").click()
    strategist.said("The freeze is lifted.")

    strategist.go("Models")
    strategist.look("models", image=True)
    strategist.page.get_by_label("Model", exact=True).select_option("centralized")
    strategist.page.get_by_role("button", name="Preview").click()
    strategist.page.get_by_role("heading", name="If the enterprise went to centralized").wait_for()
    strategist.look("preview", image=True)

    strategist.go("Programme")
    strategist.page.get_by_label("Stages of maturity").wait_for()
    strategist.look("programme", image=True)
    strategist.page.locator("main a[href*=strategies]").first.click()
    strategist.page.get_by_role("heading", level=1, name="Strategy of").wait_for()
    strategist.look("strategy")
    strategist.go("Campaigns")
    strategist.look("campaigns")
    strategist.page.locator("tbody a").first.click()
    strategist.page.get_by_role("heading", name="Who takes part").wait_for()
    strategist.look("campaign")
    strategist.go("Measurement")
    strategist.page.get_by_label("By", exact=True).select_option("network")
    strategist.page.get_by_role("button", name="Look").click()
    strategist.look("measurement", image=True)

    strategist.go("Discoveries")
    strategist.look("discoveries")
    strategist.page.locator("tbody a").first.click()
    strategist.page.get_by_role("heading", name="Who saw it").wait_for()
    strategist.look("discovery", image=True)
    strategist.go("Retirements")
    strategist.look("retirements")
    strategist.page.get_by_role("link", name="Foresee a campaign").click()
    strategist.page.get_by_label("single custodian").check()
    strategist.page.get_by_role("button", name="Look").click()
    strategist.page.get_by_label("Title of the campaign").fill("Who else knows the login?")
    strategist.look("retiring")
    strategist.page.get_by_role("button", name="Ask who looks after them").click()
    strategist.said("The campaign is open.")
    strategist.look("retirement", image=True)

    strategist.go("Reports")
    strategist.page.get_by_role("link", name="Posting rights").click()
    strategist.page.get_by_label("Network").select_option("linkedin")
    strategist.page.get_by_role("button", name="Look").click()
    strategist.page.get_by_text("of every unit on LinkedIn").wait_for()
    strategist.look("report", image=True)
    strategist.page.get_by_role("link", name="To print").click()
    strategist.page.get_by_role("heading", level=1, name="Posting rights").wait_for()
    assert strategist.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_on_a_phone_and_in_the_dark(desk, scheme):
    auditor = desk("auditor", color_scheme=scheme)
    auditor.page.set_viewport_size({"width": 320, "height": 700})
    for part in (
        "Overview",
        "Approvals",
        "Inventory",
        "Requests",
        "Models",
        "Freezes",
        "Campaigns",
        "Discoveries",
        "Retirements",
        "Programme",
        "Measurement",
        "Reports",
    ):
        auditor.go(part)
        auditor.look(part)
    auditor.go("Inventory")
    auditor.page.locator("tbody a").first.click()
    auditor.page.get_by_role("heading", name="Who may post, and why").wait_for()
    auditor.look("account")
    auditor.page.goto(f"{auditor.demo.url}/console/reports/inventory")
    auditor.look("report")
    auditor.page.goto(f"{auditor.demo.url}/console/accounts/nobody")
    auditor.look("refused")


def test_by_keyboard_alone(desk):
    strategist = desk("strategist")
    page = strategist.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_every_page_works_without_a_script(desk):
    strategist = desk("strategist", java_script_enabled=False)
    strategist.go("Inventory")
    strategist.page.get_by_label("Network").select_option("linkedin")
    strategist.page.get_by_role("button", name="Look").click()
    assert "LinkedIn" in strategist.page.locator("tbody").inner_text()
