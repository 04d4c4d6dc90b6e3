"""Every example in Swagger UI works on the demo's data as it stands, for at least one of those who can log in there, or
for a publishing tool where only tools call.
"""

import shutil
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from app import migrating
from app.audit.rules import Known
from app.audit.service import KNOWN
from app.clients.service import create_client
from app.demo.service import seed
from app.docs.rules.document import operations
from app.identity import service as identity
from app.kernel.access import operator_work
from app.kernel.database import engine_for
from app.main import create_app, house_for
from app.settings import Settings

PERSONAS = ("liaison", "strategist", "hub", "employee", "developer", "admin", "auditor")
TOOL = "tool"


class Demo:
    """The demo, set back to its beginning before every call."""

    def __init__(self, folder):
        self.kept, self.used = folder / "kept.db", folder / "used.db"
        found(Settings(_env_file=None, database_url=f"sqlite:///{self.kept}"), self)
        shutil.copy(self.kept, self.used)
        settings = Settings(_env_file=None, database_url=f"sqlite:///{self.used}", key_dir=folder / "keys")
        self.app = create_app(settings, examples=self.told.examples)
        self.app.state.launch_import = lambda id_: None  # no process works on what is set back a moment later
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.bearers = {who: self.bearer(self.told.logins[who][0]) for who in PERSONAS} | {TOOL: self.tool}

    def bearer(self, email):
        with operator_work(self.app.state.house) as work:
            return identity.issue_token(self.app.state.identity, work, email)

    def call(self, method, path, operation):
        """What the example is answered: the first success, or else every refusal by who asked."""
        refusals = {}
        for who in (*PERSONAS, TOOL):
            self.app.state.engine.dispose()
            for left in self.used.parent.glob("used.db-*"):
                left.unlink()
            shutil.copy(self.kept, self.used)
            self.app.state.house.writes.kw["info"][KNOWN] = Known()  # it is another database now
            answer = self.client.request(
                method, filled(path, operation), json=body(operation), **form(operation),
                headers={"Authorization": f"Bearer {self.bearers[who]}", **named(operation)},
            )  # fmt: skip
            if answer.is_success:
                return {}
            refusals[who] = answer.json()["code"]
        return refusals


def found(settings, demo):
    migrating.migrate(settings)
    engine = engine_for(settings.database_url)
    demo.told = seed(house_for(engine), lambda done, of: None)
    with operator_work(house_for(engine)) as work:
        demo.tool = create_client(work, "Tool", ["decisions"], static=True).bearer
    engine.dispose()  # the last connection takes the write-ahead log into the file


def filled(path, operation):
    query = {}
    for one in operation.get("parameters", []):
        if one.get("in") == "path":
            path = path.replace(f"{{{one['name']}}}", str(one["example"]))
        elif one.get("in") == "query" and one.get("required"):
            (example,) = one["examples"].values()
            query[one["name"]] = example["value"]
    return f"{path}?{urlencode(query)}" if query else path


def named(operation):
    """The headers that have an example of their own."""
    given = [one for one in operation.get("parameters", []) if one.get("in") == "header" and "examples" in one]
    return {one["name"]: next(iter(one["examples"].values()))["value"] for one in given}


def body(operation):
    return operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")


def form(operation):
    told = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data", {}).get("example")
    if told is None:
        return {}
    fields = {name: str(value).lower() for name, value in told.items() if name != "file"}
    return {"files": {"file": ("people.csv", told["file"], "text/csv")}, "data": fields}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    made = Demo(tmp_path_factory.mktemp("demo"))
    yield made
    made.client.close()
    made.app.state.engine.dispose()


def test_every_example_works_as_it_stands(demo):
    failed = {}
    for path, method, operation in operations(demo.app.openapi()):
        if "x-permission" in operation:
            refusals = demo.call(method, path, operation)
            if refusals:
                failed[f"{method.upper()} {path}"] = refusals
    assert failed == {}


def test_an_example_that_does_not_work_is_noticed(demo):
    missing = {"parameters": [{"name": "id", "in": "path", "example": "01930000-0000-7000-8000-000000000000"}]}
    assert set(demo.call("get", "/v1/grants/{id}", missing)) == {*PERSONAS, TOOL}
