"""`coe serve` as processes of its own on PostgreSQL, and who calls them."""

import subprocess
import sys
from contextlib import contextmanager
from functools import partial

import httpx2

from app.kernel.clock import system_clock
from tests.decisions.test_processes import ready, until
from tests.deploy.conftest import free_ports
from tests.imports.test_runs import environment

STARTS = 180


@contextmanager
def replicas(team, folder, count=2, **env):
    """So many of them on the team's database, one port each; ``env``: how they reach it."""
    several = [(port, folder / f"replica-{port}.log") for port in free_ports(count)]
    told = environment(team) | {"COE_SWEEP_SECONDS": "1", "COE_PUBLIC_URL": team.settings.public_url, **env}
    started = []
    try:
        for port, log in several:
            with log.open("wb") as out:
                words = [sys.executable, "-m", "app", "serve", "--port", str(port)]
                started.append(subprocess.Popen(words, cwd=folder, env=told, stdout=out, stderr=out))
        for (port, log), process in zip(several, started, strict=True):
            until(partial(_began, port, process), STARTS, partial(_end_of, log))
            assert process.poll() is None, _end_of(log)
        yield [Replica(team, port, log) for port, log in several]
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait(30)


def _began(port, process):
    return process.poll() is not None or ready(port)


def _end_of(log):
    return log.read_text(errors="replace")[-3000:]


class Replica:
    """One of them, called in the name of people of the team."""

    def __init__(self, team, port, log):
        self.team, self.port, self.log = team, port, log

    def call(self, method, path, who, body=None, key=None):
        """Status, headers and body."""
        headers = {"Authorization": f"Bearer {self.team.bearers[who]}"} | ({"Idempotency-Key": key} if key else {})
        answer = httpx2.request(method, f"http://127.0.0.1:{self.port}{path}", json=body, headers=headers, timeout=60)
        return answer.status_code, answer.headers, answer.json()

    def want(self, status, method, path, who, body=None):
        found, headers, said = self.call(method, path, who, body)
        assert found == status, (method, path, said, _end_of(self.log))
        return said, headers.get("Coe-Revision")

    def decides(self, who, right, account, **context):
        """May they? By what is known at least at ``at_least_revision``."""
        body = {"subject": {"type": "employee", "id": who}, "action": {"name": right},
                "resource": {"type": "account", "id": account}, "context": context}  # fmt: skip
        said, _ = self.want(200, "POST", "/access/v1/evaluation", "tool", body)
        return said["decision"], {one["code"] for one in said["context"].get("reasons", ())}

    def said(self, word):
        """Did it log this?"""
        return word in self.log.read_text(errors="replace")


def real(team):
    """From now on the team lives now, since processes of their own know no other time; its people hold their bearers."""
    from app.clients import service as clients

    team.clock.now = system_clock()
    with team.work() as work:
        tool = clients.create_client(work, "Tool", ["decisions"], static=True).bearer
    team.bearers = {who: team.token(who) for who in ("asker", "colleague", "liaison", "hub", "boss", "admin")}
    team.bearers["tool"] = tool
    return team
