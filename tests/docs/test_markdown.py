"""``openapi.md``: the same document as a page to read."""

import json
import re
from copy import deepcopy

import pytest

from app.docs.rules import render_markdown
from app.docs.rules.document import operations


@pytest.fixture(scope="module")
def page(document):
    return render_markdown(document)


def test_every_operation_stands_under_its_group(document, page):
    group = None
    shown = {}
    for line in page.splitlines():
        if line.startswith("## "):
            group = line.removeprefix("## ")
        found = re.fullmatch(r"### `([A-Z]+) (.+)`", line)
        if found:
            shown[found[1].lower(), found[2]] = group
    assert shown == {(method, path): operation["tags"][0] for path, method, operation in operations(document)}


def section(page, heading):
    return page.split(f"\n{heading}\n", 1)[1].split("\n### ", 1)[0]


def test_an_operation_tells_what_it_takes_and_answers(page):
    told = section(page, "### `POST /v1/rights-requests`")
    assert "`rights_request:create`" in told
    assert "| `Idempotency-Key` | header |" in told
    assert re.search(r"\| `account_id` \| string .*\| yes \|", told)
    assert "| `rights` | list of [Right](#right) | yes |" in told
    assert "| 201 | [RightsRequest](#rightsrequest) |" in told
    assert "(`request_refused`)" in told
    assert json.loads(told.split("```json\n")[1].split("```")[0])["rights"] == ["publish"]


def test_it_tells_how_to_authenticate_and_where_without_naming_a_host(page, make):
    assert "- `authorizationCode`: authorizationUrl `/oauth/authorize`, tokenUrl `/oauth/token`" in page
    assert "scope `audit:read`" in page
    assert render_markdown(make(public_url="https://coe.example.com").openapi()) == page


def test_links_lead_to_headings(page):
    headings = {re.sub(r"[^\w-]", "", line.lstrip("# ").lower()) for line in page.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= headings


def test_tables_keep_their_columns(page):
    width = None
    for line in page.splitlines():
        if not line.startswith("|"):
            width = None
            continue
        cells = len(re.split(r"(?<!\\)\|", line))
        assert width in (None, cells), line
        width = cells


def test_a_bar_in_a_sentence_opens_no_column(document):
    changed = deepcopy(document)
    changed["paths"]["/v1/me"]["get"]["summary"] = "One | two"
    assert "| One \\| two |" in render_markdown(changed)


def test_it_is_the_same_each_time_and_changes_with_the_document(document, page):
    assert render_markdown(deepcopy(document)) == page
    changed = deepcopy(document)
    changed["paths"]["/v1/me"]["get"]["summary"] = "Something else"
    assert render_markdown(changed) != page
    assert page.endswith("\n")
    assert not page.endswith("\n\n")
