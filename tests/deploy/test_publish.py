"""The example of a tool: it posts what is permitted, says why not, and of two with one clearance one posts."""

import hashlib
import importlib.util
import os
import subprocess
import sys
import urllib.error

import pytest

from tests.deploy.conftest import EXAMPLES

WHO, OTHER = "liaison2@demo.example", "liaison@demo.example"


class Tool:
    """The example, each run in a folder of its own."""

    def __init__(self, served, folder):
        self.folder, self.runs = folder / "tool", 0
        self.env = {
            "PATH": os.environ["PATH"],
            "COE_URL": served.url,
            "COE_TOKEN": served.client("decisions", tool_key="postwell"),
        }

    def start(self, who, account, text):
        self.runs += 1
        at = self.folder / str(self.runs)
        at.mkdir(parents=True)
        (at / "post.txt").write_text(text)
        return subprocess.Popen(
            [sys.executable, str(EXAMPLES / "publish.py"), who, account, "post.txt"], cwd=at, env=self.env,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def publish(self, *args):
        """Exit status, and what it said."""
        process = self.start(*args)
        out, err = process.communicate(timeout=60)
        return process.returncode, (out + err).strip()

    @property
    def posted(self):
        return sorted(one.read_text() for one in self.folder.glob("*/outbox/*"))


@pytest.fixture
def tool(served, folder):
    return Tool(served, folder)


def test_it_posts_what_is_permitted_and_nothing_else(served, tool):
    with served.serving():
        account = served.call("GET", "/v1/accounts?network=x&handle=alder_nordics", "liaison2")["items"][0]["id"]
        assert tool.publish(WHO, account, "One.") == (0, "posted")
        status, said = tool.publish(OTHER, account, "Two.")
        assert status == 1 and said.startswith("no_grant: ") and said.endswith(" Ask for the right.")
        status, said = tool.publish(WHO, "x:nobody", "Three.")
        assert status == 1 and said.startswith("account_unknown: ")
        _a_clearance_is_good_for_one_post(served, tool, account)
        good, tool.env["COE_TOKEN"] = tool.env["COE_TOKEN"], "coe_other"
        assert tool.publish(WHO, account, "Four.") == (1, "Nothing was posted: HTTP Error 401: Unauthorized.")
        tool.env["COE_TOKEN"] = good
    status, said = tool.publish(WHO, account, "Five.")
    assert status == 1 and said.startswith("Nothing was posted: ")
    assert tool.posted == ["Cleared.", "One."]


def _a_clearance_is_good_for_one_post(served, tool, account):
    policy = {"key": "four-eyes", "title": "Four eyes", "scope": {"kind": "network", "id": "x"}}
    served.call("POST", "/v1/policies", "strategist", policy)
    served.call(
        "POST", "/v1/policies/four-eyes/versions", "content", {"text": "A.", "rules": {"clearance_required": True}}
    )
    served.call("POST", "/v1/policies/four-eyes/versions/1/publish", "strategist", {})
    status, said = tool.publish(WHO, account, "Cleared.")
    assert status == 1 and said.startswith("clearance_missing: ") and tool.posted == ["One."]
    content = {"account_id": account, "content_sha256": hashlib.sha256(b"Cleared.").hexdigest()}
    asked = served.call("POST", "/v1/clearances", "liaison2", content)
    served.call("POST", f"/v1/clearances/{asked['id']}/decisions", "content", {"decision": "approve"})
    several = [tool.start(WHO, account, "Cleared.") for _ in range(4)]
    said = ["".join(one.communicate(timeout=60)).strip() for one in several]
    assert sorted(one.returncode for one in several) == [0, 1, 1, 1], said
    assert said.count("posted, clearance redeemed") == 1
    shown = served.call("GET", f"/v1/clearances/{asked['id']}", "content")
    assert shown["state"] == "redeemed" and shown["redeemed_by"]


def test_a_clearance_that_another_has_used_meanwhile_lets_nothing_out(monkeypatch, tmp_path):
    """Both were permitted; the other was quicker."""
    spec = importlib.util.spec_from_file_location("publish", EXAMPLES / "publish.py")
    publish = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(publish)
    content = b"Cleared."
    one = {"id": "1", "content_sha256": hashlib.sha256(content).hexdigest()}
    pages = [{"items": [], "next_cursor": "more"}, {"items": [one], "next_cursor": None}]

    def call(path, body=None):
        if path == "/access/v1/evaluation":
            return {"decision": True}
        if body is None:
            return pages.pop(0)
        assert path == "/v1/clearances/1/redeem"
        raise urllib.error.HTTPError(path, 409, "Conflict", {}, None)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(publish, "call", call)
    with pytest.raises(urllib.error.HTTPError):
        publish.publish(WHO, "account", content)
    assert pages == [] and list(tmp_path.iterdir()) == []
