"""Reports as pages in a real browser: they are shown and printed as they are, run nothing and ask for nothing else."""

import os
import shutil
from pathlib import Path

import pytest

from app.demo.service import seed
from tests.kit import World

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("COE_TEST_SHOTS")
"""A folder for screenshots, if one wants to look."""
ORIGIN = "http://reports.example"


@pytest.fixture(scope="module")
def alder(sqlite_template, tmp_path_factory):
    """The demo enterprise."""
    folder = tmp_path_factory.mktemp("report")
    shutil.copy(sqlite_template, folder / "coe.db")
    world = World(f"sqlite:///{folder / 'coe.db'}", folder)
    seed(world.house, lambda done, of: None)
    yield world
    world.close()


class Reader:
    """A page, and everything that the browser asks for or complains of."""

    def __init__(self, browser, world):
        self.world, self.asked, self.complaints = world, [], []
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.on("console", lambda one: self.complaints.append(one.text) if one.type == "error" else None)
        self.page = self.context.new_page()
        self.page.route("**/*", self.answer)

    def answer(self, route):
        """What the service answers, whoever is asked."""
        path = route.request.url.removeprefix(ORIGIN)
        self.asked.append(route.request.url)
        found = self.world.call("GET", path, "strategist@demo.example")
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.text)

    def read(self, key, query=""):
        self.asked.clear()
        self.page.goto(f"{ORIGIN}/v1/reports/{key}?format=html{query}")
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"report-{key}.png")


@pytest.fixture
def reader(browser, alder):
    made = Reader(browser, alder)
    yield made
    made.context.close()


@pytest.mark.parametrize("key", ["inventory", "rights", "time-to-grant", "waiting", "model-fit", "freezes", "reviews"])
def test_a_report_is_read_as_it_is(reader, key):
    document = reader.world.get(f"/v1/reports/{key}", "strategist@demo.example")
    reader.read(key)
    assert reader.page.get_by_role("heading", level=1).inner_text() == document["title"]
    assert reader.page.locator("tbody tr").count() == len(document["rows"]) > 0
    assert reader.asked == [f"{ORIGIN}/v1/reports/{key}?format=html"] and reader.complaints == []
    # The style is the one that the policy names: without it the body would have the browser's own margin.
    assert reader.page.evaluate("getComputedStyle(document.body).maxWidth") == "1312px"
    wide = reader.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide[0] == wide[1], "only the table itself scrolls sideways"


def test_a_chart_says_in_words_what_it_shows(reader):
    reader.read("inventory")
    chart = reader.page.get_by_role("img")
    words = reader.page.locator("#told").text_content()
    bars = chart.locator("rect").count()
    assert bars == words.count(" accounts") == chart.locator(".value").count() > 3
    longest = chart.locator("rect").first.evaluate("one => one.getBoundingClientRect().width")
    assert all(
        chart.locator("rect").nth(n).evaluate("one => one.getBoundingClientRect().width") <= longest
        for n in range(bars)
    )


def test_it_is_printed_in_landscape_with_its_heading_on_every_sheet(reader, tmp_path):
    reader.read("inventory")
    reader.page.emulate_media(media="print")
    assert reader.page.locator("thead").evaluate("one => getComputedStyle(one).display") == "table-header-group"
    reader.page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    sheet = (tmp_path / "report.pdf").read_bytes()
    assert b"/MediaBox [0 0 842" in sheet.replace(b"841.92", b"842") or b"/MediaBox [0 0 841" in sheet
