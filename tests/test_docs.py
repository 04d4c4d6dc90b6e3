"""What the documents say is so: the made pages, the names they must hold, and the README's walks, executed as written."""

import re

import pytest
from fastapi.testclient import TestClient

from app.audit import service as audit
from app.demo.rules import PASSWORD
from app.demo.service import seed
from app.identity import service as identity
from app.kernel.access import operator_work
from app.kernel.database import engine_for
from app.kernel.pages import Page
from app.main import create_app, house_for
from app.settings import Settings
from scripts import docs
from tests.pasting import blocks, clone, differences, free_port, lacking, paste

ROOT = docs.ROOT
README = (ROOT / "README.md").read_text()
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(docs.DOCS.rglob("*.md"))]
OPERATION = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`]+)`")


def section(heading):
    """The part of the README under a heading, down to the next of its rank or above."""
    rank = heading.split()[0]
    start = README.index(f"\n{heading}") + 1
    end = re.compile(rf"^#{{2,{len(rank)}}} ", re.MULTILINE).search(README, start + len(heading))
    return README[start : end.start() if end else None]


# --- the made pages -------------------------------------------------------------------------------------------------


def test_the_pages_are_what_the_source_says():
    stale = [path.name for path, text in docs.pages().items() if path.read_text() != text]
    assert stale == [], "make pages"


def test_an_event_without_a_meaning_is_told(monkeypatch):
    monkeypatch.setattr(docs, "event_names", lambda: {"account.sold"})
    with pytest.raises(docs.DocsError, match=r"account\.sold"):
        docs.events()


def test_an_event_that_could_be_anything_is_told(monkeypatch):
    call = docs.ast.parse('audit.record(work, name_of(it), ("it", 1))').body[0].value
    monkeypatch.setattr(docs, "calls", lambda: [("app/it/service.py", "audit.record", call)])
    with pytest.raises(docs.DocsError, match=r"app/it/service\.py, line 1: .*name_of\(it\)"):
        docs.event_names()


def test_a_part_without_a_place_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(docs, "DOCS", tmp_path)
    with pytest.raises(docs.DocsError, match=r"no page .* place for: .*settings"):
        docs.pages()


# --- names ----------------------------------------------------------------------------------------------------------


def test_every_setting_is_told():
    text = (docs.DOCS / "settings.md").read_text()
    assert [name for name in Settings.model_fields if f"`COE_{name.upper()}`" not in text] == []


def test_every_command_is_told():
    text = (docs.DOCS / "commands.md").read_text()
    names = [name for name, _ in docs.every_command()]
    assert {"coe serve", "coe client create", "coe import employees"} <= set(names)
    assert [name for name in names if f"## `{name}" not in text] == []


def test_every_error_code_is_told():
    text = (docs.DOCS / "errors.md").read_text()
    codes = [one.code for one in docs.error_classes()]
    assert {"self_approval", "malformed_json", "not_ready"} <= set(codes)
    assert [code for code in (*codes, *docs.REMEDIES) if f"| `{code}` |" not in text] == []


def test_every_link_leads_somewhere():
    broken = []
    for page in WRITTEN:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            if not target.startswith("https://") and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    # The one page that a command makes, and `make docs` looks after.
    assert [one for one in broken if one != "README.md: openapi.md"] == []


# --- the README -----------------------------------------------------------------------------------------------------


def test_the_two_commands_are_there():
    makefile = (ROOT / "Makefile").read_text()
    commands = [block for block, _ in blocks(section("## Two commands"))]
    assert commands == ["make run\n", "make test\n"]
    assert [one for one in commands if f"\n{one.split()[1]}: ## " not in f"\n{makefile}"] == []


def test_no_page_names_a_command_that_is_not_there():
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    commands = {name.split()[1] for name, _ in docs.every_command()}
    text = "\n".join(page.read_text() for page in WRITTEN)
    made, said = (
        set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)),
        set(re.findall(r"\bcoe ([a-z]+)\b", text)),
    )
    assert {"run", "test", "pages"} <= made <= set(targets)
    assert {"serve", "demo", "import", "audit"} <= said <= commands


@pytest.mark.skipif(bool(lacking("curl")), reason="the README's second walk needs curl: apt-get install curl")
def test_the_walks_at_the_command_line_print_what_the_readme_says(tmp_path):
    told = blocks(section("### 2.") + section("### 3."))
    assert len(told) > 9
    said = paste([block for block, _ in told], clone(tmp_path), WALK_PORT=str(free_port()))
    wrong = differences(told, said)
    assert not wrong, wrong


# --- the liaison's walk ---------------------------------------------------------------------------------------------


class Swagger:
    """What Swagger UI sends when somebody opens a call and presses Execute: the examples of the document."""

    def __init__(self, url, folder):
        settings = Settings(_env_file=None, database_url=url, key_dir=folder / "keys")
        self.house = house_for(engine_for(url))
        self.demo = seed(self.house, lambda done, of: None)
        self.app = create_app(settings, examples=self.demo.examples)
        self.client = TestClient(self.app)
        self.document = self.client.get("/openapi.json").json()
        self.called = []

    def log_in(self, who):
        with operator_work(self.house) as work:
            self.token = identity.issue_token(self.app.state.identity, work, f"{who}@demo.example")

    def execute(self, method, path, status=200, id=None, **changed):
        self.called.append((method, path))
        operation = self.document["paths"][path][method.lower()]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        body = {**example(content, self.document), **changed} if content else None
        answer = self.client.request(
            method, path.replace("{id}", str(id)), json=body, headers={"Authorization": f"Bearer {self.token}"}
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def actions(self):
        with operator_work(self.house, write=False) as work:
            newest = audit.events(work, Page(limit=200, sort="-seq"), {})
            oldest = audit.events(work, Page(limit=200, sort="seq"), {})
        return {one["action"] for one in (*newest, *oldest)}


def example(content, document):
    """The body that the page puts into the field."""
    if "example" in content:
        return content["example"]
    schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    return schema["examples"][0]


@pytest.fixture
def swagger(sqlite_url, tmp_path):
    made = Swagger(sqlite_url, tmp_path)
    yield made
    made.client.close()
    made.app.state.engine.dispose()
    made.house.writes.kw["bind"].dispose()


def test_the_liaisons_walk_is_as_the_readme_says(swagger):
    decisions = "/v1/rights-requests/{id}/decisions"
    swagger.log_in("liaison")
    me = swagger.execute("GET", "/v1/me")
    assert me["employee"]["display_name"] == "Astrid Lund"
    assert me["business_unit"] == "Nordics"
    assert [one["role"] for one in me["appointments"]] == ["bu_liaison"]
    assert me["grants"]
    assert me["approvals"]
    before = swagger.execute("POST", "/access/v1/evaluation")
    assert (before["decision"], [one["code"] for one in before["context"]["reasons"]]) == (False, ["no_grant"])
    preview = swagger.execute("POST", "/v1/rights-requests/preview", rights=["administer"])
    assert (preview["allowed"], [one["code"] for one in preview["reasons"]]) == (False, ["above_model_ceiling"])
    asked = swagger.execute("POST", "/v1/rights-requests", 201)
    assert (asked["state"], asked["rights"]) == ("pending", ["publish"])
    assert [one["role"] for one in asked["steps"]] == ["bu_liaison", "community_manager"]
    refused = swagger.execute("POST", decisions, 403, id=asked["id"])
    assert refused["code"] == "self_approval"
    swagger.log_in("liaison2")
    endorsed = swagger.execute("POST", decisions, id=asked["id"])
    assert [one["state"] for one in endorsed["steps"]] == ["approved", "open"]
    swagger.log_in("hub")
    assert swagger.execute("POST", decisions, id=asked["id"])["state"] == "granted"
    assert swagger.execute("POST", "/access/v1/evaluation")["decision"] is True

    walk = section("### 1.")
    # The eighth step says "the same once more", without its name.
    told = OPERATION.findall(walk)
    told.insert(-1, ("POST", decisions))
    assert told == swagger.called
    assert f"`{PASSWORD}`" in walk
    assert swagger.demo.company in walk
    assert set(re.findall(r"`(\S+)@demo\.example`", walk)) <= set(swagger.demo.logins)

    page = (docs.DOCS / "events.md").read_text()
    assert [one for one in sorted(swagger.actions()) if f"| `{one}` |" not in page] == []
