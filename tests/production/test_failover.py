"""K04, K07: the primary dies, the standby leads, and later the old one comes back and believes that it still does.

Both stand in COE_DATABASE_URL, as docs/operating.md has it, and nobody but the service itself is told of anything.
"""

import os
import shutil
import tempfile
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import psycopg
import pytest

from app import migrating
from app.settings import Settings
from benchmarks.campaign.cluster import STANDBY, Node
from benchmarks.campaign.cluster import owner as runs_as
from benchmarks.processes import HOST
from tests.decisions.test_processes import until
from tests.kit import World, staffed
from tests.production.replicas import real, replicas

ASK = "/v1/rights-requests"
BACK = 120
ALL_OF_OURS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'coe'"


@pytest.fixture
def pair():
    """A primary and a folder for its standby; both gone at the end."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="coe-pair-", dir=memory if os.access(memory, os.W_OK) else None))
    folder.chmod(0o755)
    if runs_as():
        shutil.chown(folder, runs_as())
    nodes = Node("a", folder), Node("b", folder)
    try:
        nodes[0].make()
        nodes[0].start()
        nodes[0].ask("CREATE DATABASE coe")
        yield nodes
    finally:
        for one in nodes:
            one.kill()
        shutil.rmtree(folder)


@pytest.fixture
def site(pair, tmp_path, keys):
    """The team on the primary, a synchronous standby, and two replicas that know both servers."""
    first, second = pair
    shutil.copytree(keys, tmp_path / "keys")
    url = f"postgresql+psycopg://postgres@{HOST}:{first.port}/coe"
    migrating.migrate(Settings(_env_file=None, database_url=url))
    team = staffed(World(url, tmp_path))
    team.acme, team.first, team.second = team.account("acme"), first, second
    second.copy(first.port)
    second.start()
    first.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
    first.ask("SELECT pg_reload_conf()")
    until(lambda: first.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == [(1,)], BACK)
    both = f"postgresql+psycopg://postgres@/coe?host={HOST}:{first.port}&host={HOST}:{second.port}"
    told = {"COE_DATABASE_URL": f"{both}&target_session_attrs=read-write"}
    with replicas(real(team), tmp_path, **told) as team.replicas:
        yield team
    team.close()


class Asking(Thread):
    """Somebody who asks and withdraws, again and again, and repeats under its key what is not known to be done.

    ``confirmed``: the requests that were withdrawn, by id; ``revisions``: as they were told, one after the other.
    """

    def __init__(self, replica, account):
        super().__init__()
        self.replica, self.account = replica, account
        self.over, self.confirmed, self.revisions, self.others = Event(), [], [], set()

    def run(self):
        while not self.over.is_set():
            body = {"account_id": self.account, "rights": ["analyze"], "justification": "x"}
            asked = self.done(ASK, body)
            self.done(f"{ASK}/{asked['id']}/withdraw", {})
            self.confirmed.append(asked["id"])

    def done(self, path, body):
        key = uuid4().hex
        while True:
            status, headers, said = self.replica.call("POST", path, "asker", body, key)
            if status in (200, 201):
                self.revisions.append(int(headers["Coe-Revision"]))
                return said
            self.others.add((status, said["code"]))
            assert status in (409, 503), said
            self.over.wait(0.05)


def test_what_was_confirmed_outlives_the_primary_and_an_old_one_that_comes_back_gets_nothing(site):
    """K04, K07."""
    one, other = site.replicas
    grant = granted(site)
    asking = Asking(one, site.acme)
    asking.start()
    until(lambda: len(asking.revisions) > 10, BACK)
    site.first.kill()
    before = len(asking.revisions)
    until(lambda: asking.others, BACK)
    site.second.ask("SELECT pg_promote(true, 30)")
    until(lambda: len(asking.revisions) > before + 10 or not asking.is_alive(), BACK)
    asking.over.set()
    asking.join()
    assert asking.others <= {(503, "unavailable"), (503, "outcome_unknown"), (409, "idempotency_key_in_use")}
    assert asking.revisions == sorted(set(asking.revisions))
    for id_ in asking.confirmed:
        assert other.want(200, "GET", f"{ASK}/{id_}", "asker")[0]["state"] == "withdrawn"
    _, revision = one.want(200, "POST", f"/v1/grants/{grant}/revoke", "boss", {"reason": "As agreed."})
    assert other.decides("asker", "publish", site.acme, at_least_revision=revision) == (False, {"grant_revoked"})
    unfenced(site)
    revision = goes_on(site, int(revision))
    fenced(site)
    goes_on(site, revision)
    assert held(site.second) > held(site.first)


def granted(site):
    """The id of a right that works."""
    one, other = site.replicas
    body = {"account_id": site.acme, "rights": ["publish"], "justification": "x"}
    asked, _ = one.want(201, "POST", ASK, "asker", body)
    for decider in ("liaison", "hub"):
        done, revision = other.want(
            200, "POST", f"{ASK}/{asked['id']}/decisions", decider, {"decision": "approve", "comment": "Seen."}
        )
    assert one.decides("asker", "publish", site.acme, at_least_revision=revision) == (True, set())
    return done["grants"][0]["id"]


def unfenced(site):
    """The old primary runs again, with all that was confirmed before it died, and takes whatever is written to it.

    Of the two it stands first in the address; nothing is written to it, and what was revoked since is not permitted by it.
    """
    site.first.start()
    for statement in ("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"):
        site.first.ask(statement)
    events = held(site.first)
    site.second.ask(ALL_OF_OURS)
    for _ in range(10):
        for replica in site.replicas:
            assert not replica.decides("asker", "publish", site.acme)[0]
            status, _, said = replica.call("POST", f"/v1/accounts/{site.acme}/validate", "boss", {})
            assert (status, said["code"]) == (503, "unavailable")
    assert held(site.first) == events
    site.first.kill()


def fenced(site):
    """It runs again, and takes nothing that is written: then the other one is found, as long as it is there."""
    with (site.first.data / "postgresql.conf").open("a") as file:
        file.write("default_transaction_read_only = on\n")
    site.first.start()
    site.second.ask(ALL_OF_OURS)


def held(node):
    """How many events a server's log holds."""
    with psycopg.connect(node.dsn.replace("dbname=postgres", "dbname=coe")) as connection:
        return connection.execute("SELECT count(*) FROM audit_event").fetchone()[0]


def goes_on(site, revision):
    """By itself: both replicas write again, and their revisions go on from there."""
    for replica in site.replicas:
        body = {"account_id": site.acme, "rights": ["analyze"], "justification": "x"}
        until(lambda replica=replica: replica.call("GET", "/v1/me", "colleague")[0] == 200, BACK)
        asked, later = replica.want(201, "POST", ASK, "colleague", body)
        assert int(later) > revision
        _, last = replica.want(200, "POST", f"{ASK}/{asked['id']}/withdraw", "colleague", {})
        revision = int(last)
    assert not site.replicas[0].decides("asker", "publish", site.acme, at_least_revision=str(revision))[0]
    return revision
