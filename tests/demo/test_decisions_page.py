"""The examples of the page for builders of tools are answered on the demo's data as the page says."""

import json
import re

import pytest

from scripts.docs import DOCS

PAGE = (DOCS / "decisions.md").read_text()
EXAMPLES = re.findall(r"^```sh\nask (\S+) '(.*?)'\n```\n\n```text\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)


def test_there_is_an_example_of_every_question():
    assert [path for path, _, _ in EXAMPLES] == [
        "evaluation", "evaluations", "search/subject", "search/resource", "search/action"
    ]  # fmt: skip
    assert PAGE.count("\nask ") == len(EXAMPLES)


@pytest.mark.parametrize(("path", "body", "answer"), EXAMPLES, ids=[path for path, _, _ in EXAMPLES])
def test_it_is_answered_so(founded, path, body, answer):
    said = founded.world.call("POST", f"/access/v1/{path}", "hub@demo.example", json.loads(body))
    pattern = ".*?".join(re.escape(part) for part in answer.split("..."))
    assert said.status_code == 200 and re.fullmatch(pattern, said.text), said.text
