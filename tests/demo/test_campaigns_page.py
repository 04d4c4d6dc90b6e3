"""The walk of the page about campaigns, on a demo enterprise of its own."""

import re
import sqlite3

import pytest

from scripts.docs import DOCS
from tests.kit import World

PAGE = (DOCS / "campaigns.md").read_text()
WALK = PAGE[PAGE.index("## A walk in the demo") :]


@pytest.fixture
def demo(founded, tmp_path):
    """A copy of the demo enterprise, in which something may be changed."""
    of = founded.world.settings.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(of) as source, sqlite3.connect(tmp_path / "coe.db") as copy:
        source.backup(copy)
    made = World(f"sqlite:///{tmp_path / 'coe.db'}", tmp_path, seat=1)
    yield made
    made.close()


def test_the_walk_is_as_the_page_says(demo):
    who = {name: f"{name}@demo.example" for name in ("employee", "liaison", "hub", "campaign")}
    (shown,) = demo.get("/v1/campaigns?state=running", who["employee"])["items"]
    assert (shown["title"], shown["flags"], len(shown["members"])) == ("Small gardens", [], 3)
    ask = f"/v1/campaigns/{shown['id']}/requests"
    first, again = (demo.post(ask, who["employee"])["items"] for _ in range(2))
    made = [one["requests"][0] for one in first]
    assert [one["id"] for one in made] == [one["requests"][0]["id"] for one in again] and len(made) == 2
    for one in made:
        demo.decide(who["liaison"], one)
        assert demo.decide(who["hub"], one)["state"] == "granted"
    account = "x:alder_nordics"
    assert demo.codes(who["employee"], who["employee"], "engage", account) == set()
    demo.post(f"/v1/campaigns/{shown['id']}/end", who["campaign"], {"reason": "The summer is over."})
    assert demo.codes(who["employee"], who["employee"], "engage", account) == {"grant_revoked"}
    assert demo.codes(who["liaison"], "liaison2@demo.example", "publish", account) == set()
    assert set(re.findall(r"`(\S+)@demo\.example`", WALK)) == set(who)
    assert [*map(str.strip, re.findall(r"^\d\. ", WALK, re.MULTILINE))] == ["1.", "2.", "3.", "4.", "5."]
