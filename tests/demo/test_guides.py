"""The guides: every step is executed as written, and every page of the console that they name is there for that person."""

import re
from uuid import UUID

import pytest

from scripts.docs import DOCS
from tests.console.browsing import Browser
from tests.pasting import blocks, clone, differences, free_port, lacking, paste

GUIDES = DOCS / "guides"
INDEX = (GUIDES / "README.md").read_text()
BEGINNING = blocks(INDEX)
PERSONAS = {"liaison": "liaison", "hub": "hub", "hr-admin": "admin", "auditor": "auditor", "tool-owner": "content"}
"""Who opens the pages of the console that a guide names; of the tool owner's it is the content strategist."""
PAGE = re.compile(r"`(/console[/\w]*)`")


def guides():
    return sorted(path.stem for path in GUIDES.glob("*.md") if path.name != "README.md")


def text(guide):
    return (GUIDES / f"{guide}.md").read_text()


def test_there_is_a_guide_for_each_office():
    assert guides() == sorted([*PERSONAS, "operator"])
    assert re.findall(r"^\| \[[^]]+\]\((.+?)\.md\)", INDEX, re.MULTILINE) == [
        "liaison", "hub", "tool-owner", "hr-admin", "auditor", "operator"
    ]  # fmt: skip


@pytest.mark.skipif(bool(lacking("curl", "openssl")), reason="the guides need them: apt-get install curl openssl")
@pytest.mark.parametrize("guide", guides())
def test_every_step_prints_what_the_guide_says(guide, tmp_path):
    told = blocks(text(guide))
    if guide != "operator":  # who begins with nothing
        told = [*BEGINNING, *told]
    assert len(told) > 8
    said = paste([block for block, _ in told], clone(tmp_path), GUIDE_PORT=str(free_port()))
    wrong = differences(told, said)
    assert not wrong, wrong


@pytest.mark.parametrize(("guide", "who"), PERSONAS.items())
def test_the_pages_of_the_console_are_there_for_that_person(founded, guide, who):
    world, named = founded.world, sorted(set(PAGE.findall(text(guide))))
    world.ids[who] = UUID(world.get("/v1/me", f"{who}@demo.example")["employee"]["id"])
    browser = Browser(world, who)
    assert named
    assert [(page, browser.get(page).status) for page in named] == [(page, 200) for page in named]
