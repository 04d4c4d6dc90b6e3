"""Real processes on one database: one writes, others only decide, and nobody is told of a right that has gone."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager

import pytest

from app.clients import service as clients
from app.kernel.clock import system_clock
from tests.deploy.conftest import free_ports

STARTS, KNOWN = 60, 5


def call(port, method, path, bearer, body=None):
    """The status, the headers and the body of an answer."""
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", None if body is None else json.dumps(body).encode(), headers, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, json.load(refused)


@contextmanager
def process(team, folder, role, port, workers):
    log = folder / f"{role}-{port}.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COE_")}
    env = kept | {
        "COE_DATABASE_URL": team.settings.database_url, "COE_KEY_DIR": str(team.settings.keys),
        "COE_PUBLIC_URL": team.settings.public_url, "COE_SWEEP_SECONDS": "0",
    }  # fmt: skip
    words = ["serve", "--role", role, "--port", str(port), "--workers", str(workers), "--no-migrate"]
    with log.open("wb") as out:
        started = subprocess.Popen([sys.executable, "-m", "app", *words], env=env, stdout=out, stderr=out)
    try:
        until(lambda: ready(port), STARTS, lambda: log.read_text(errors="replace")[-3000:])
        yield
    finally:
        started.terminate()
        started.wait(20)


def ready(port):
    try:
        return call(port, "GET", "/readyz", "")[0] == 200
    except OSError:
        return False


def until(told, seconds, why=lambda: ""):
    ends = time.monotonic() + seconds
    while not told():
        assert time.monotonic() < ends, f"it never came: {why()}"
        time.sleep(0.02)


@pytest.fixture
def site(team, tmp_path):
    """A process that writes, one that decides, and one of two workers that does."""
    team.clock.now = system_clock()
    with team.work() as work:
        team.bearer = clients.create_client(work, "Tool", ["decisions"], static=True).bearer
    team.strategist, team.acme = team.token("boss"), team.account("acme")
    team.switch("boss", "decentralized")
    team.clock.now = system_clock()
    team.grant = team.ask("asker", team.acme)["grants"][0]["id"]
    team.writer, *team.deciders = map(int, free_ports(3))
    with ExitStack() as stack:
        stack.enter_context(process(team, tmp_path, "api", team.writer, 1))
        for port, workers in zip(team.deciders, (1, 2), strict=True):
            stack.enter_context(process(team, tmp_path, "decisions", port, workers))
        yield team


def decision(site, port, **context):
    body = {"subject": {"type": "employee", "id": "asker"}, "action": {"name": "publish"},
            "resource": {"type": "account", "id": site.acme}, "context": context}  # fmt: skip
    status, _, said = call(port, "POST", "/access/v1/evaluation", site.bearer, body)
    assert status == 200, said
    return said["decision"]


def test_what_one_process_writes_every_other_decides_by(site):
    for port in site.deciders:
        until(lambda port=port: decision(site, port), KNOWN)
    for verb, permitted in (
        ("suspend", False),
        ("resume", True),
        ("suspend", False),
        ("resume", True),
        ("revoke", False),
    ):
        status, headers, said = call(
            site.writer, "POST", f"/v1/grants/{site.grant}/{verb}", site.strategist, {"reason": "As agreed."}
        )
        assert status == 200, said
        for port in site.deciders * 3:  # several connections: of two workers each is asked
            assert decision(site, port, at_least_revision=headers["Coe-Revision"]) is permitted, (verb, port)
    time.sleep(1)
    assert not any(decision(site, port) for port in site.deciders * 3)
