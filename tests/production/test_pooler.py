"""Two replicas behind PgBouncer in transaction mode, as docs/scale.md has it: a session is nobody's, and nothing stays in it."""

import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import psycopg
import pytest
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.exc import OperationalError

from app.imports.store import ImportRunning, alone
from app.kernel.database import engine_for
from app.main import house_for
from benchmarks.campaign.cluster import owner
from tests.decisions.test_processes import until
from tests.deploy.conftest import free_ports, needed
from tests.imports.bench import hr, text
from tests.production.replicas import real, replicas

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
ASK = "/v1/rights-requests"
FREEZE = {"scope": {"kind": "business_unit", "id": "sales"}, "severity": "L3", "reason": "A recall."}
LIMITS = sa.text(
    "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),"
    " current_setting('idle_in_transaction_session_timeout')"
)
SESSIONS = 4
"""So many the pooler has of the server's, for all clients together: each comes upon what the others left."""
_CONFIGURED = """
[databases]
coe = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 500
"""


class Pooler:
    """PgBouncer in front of a database: its address, and what its sessions on the server hold."""

    def __init__(self, direct, port):
        self.direct, self.port, self.role = direct.replace("+psycopg", ""), port, sa.make_url(direct).username
        self.url = f"postgresql+psycopg://{self.role}@127.0.0.1:{port}/coe"

    def connect(self, database="coe"):
        """A client of the pooler's with settings of nobody's. ``database``: `pgbouncer` is its own console."""
        address = f"host=127.0.0.1 port={self.port} user={self.role} dbname={database} connect_timeout=5"
        return psycopg.connect(address, prepare_threshold=None, autocommit=database == "pgbouncer")

    def answers(self):
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def sessions(self):
        """How many it has on the server."""
        with self.connect("pgbouncer") as console:
            return sum("coe" in one for one in console.execute("SHOW SERVERS").fetchall())

    def kept(self):
        """What somebody left in them, but for the name that the pooler itself sets. Each is held in a transaction while the others are looked into, so all of them are."""
        asked = """
            SELECT 'prepared ' || name FROM pg_prepared_statements UNION ALL SELECT 'cursor ' || name FROM pg_cursors
            WHERE is_holdable UNION ALL SELECT 'listens to ' || pg_listening_channels() UNION ALL SELECT 'set ' || name
            FROM pg_settings WHERE source = 'session' AND name <> 'application_name' UNION ALL SELECT 'lock ' || objid FROM pg_locks
            WHERE locktype = 'advisory' AND pid = pg_backend_pid() UNION ALL SELECT 'table ' || relname FROM pg_class
            WHERE relpersistence = 't' AND pg_table_is_visible(oid)
        """
        found, seen = set(), set()
        with ExitStack() as held:
            for _ in range(self.sessions()):
                connection = held.enter_context(self.connect())
                seen |= {connection.execute("SELECT pg_backend_pid()").fetchone()}
                found |= {told for (told,) in connection.execute(asked)}
        return found, len(seen)

    def locks(self):
        """The advisory locks that are held in the database now."""
        with psycopg.connect(self.direct) as connection:
            of_this = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            return connection.execute(
                f"SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND {of_this}"
            ).fetchall()

    def holding_back(self):
        """How many others keep VACUUM from cleaning up behind them."""
        with psycopg.connect(self.direct) as connection:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            old = "(backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)"
            return connection.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {others} AND {old}").fetchone()[0]


@contextmanager
def pooling(direct):
    """PgBouncer, until the block ends. It refuses to be run by root."""
    told = conninfo_to_dict(direct.replace("+psycopg", ""))
    server = " ".join(
        f"{name}={told[name]}" for name in ("host", "port", "dbname", "user", "password") if told.get(name)
    )
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="coe-pooler-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "pgbouncer.ini").write_text(_CONFIGURED.format(server=server, port=port, sessions=SESSIONS))
        with (folder / "log").open("wb") as out:
            process = subprocess.Popen(
                ["pgbouncer", folder / "pgbouncer.ini"], stdout=out, stderr=out, user=owner(), cwd="/"
            )
        try:
            pooler = Pooler(direct, port)
            until(pooler.answers, 20, (folder / "log").read_text)
            yield pooler
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def pooler(team):
    needed("pgbouncer")
    with pooling(team.settings.database_url) as made:
        yield made


@contextmanager
def serving(team, pooler, folder):
    """Two replicas behind the pooler; what listens and what migrates goes past it."""
    team.acme = team.account("acme")
    direct = team.settings.database_url
    told = {"COE_DATABASE_URL": pooler.url, "COE_DATABASE_DIRECT_URL": direct, "COE_MIGRATION_DATABASE_URL": direct}
    with replicas(real(team), folder, **told) as team.replicas:
        yield team


@contextmanager
def engines(pooler, count):
    """What several processes have that reach the database through the pooler."""
    made = [engine_for(pooler.url, pooled=True) for _ in range(count)]
    try:
        yield [house_for(one, aside=True) for one in made]
    finally:
        for one in made:
            one.dispose()


def approved(site, first, second, who, why):
    """Asked of one replica, endorsed at the other, approved at the first: the grant, and the revision of it."""
    told = {"account_id": site.acme, "rights": ["draft"], "justification": why}
    asked, _ = first.want(201, "POST", ASK, who, told)
    for replica, decider in ((second, "liaison"), (first, "hub")):
        body = {"decision": "approve", "comment": "Seen."}
        done, revision = replica.want(200, "POST", f"{ASK}/{asked['id']}/decisions", decider, body)
    assert done["state"] == "granted"
    return done["grants"][0]["id"], revision


def test_what_one_replica_does_the_other_decides_by_and_nothing_stays_in_the_poolers_sessions(team, pooler, tmp_path):
    with serving(team, pooler, tmp_path) as site:
        one, other = site.replicas
        for n in range(6):  # a driver that is left to itself prepares what it has sent five times
            grant, revision = approved(site, one, other, "asker", str(n))
            assert other.decides("asker", "draft", site.acme, at_least_revision=revision) == (True, set())
            froze, revision = other.want(201, "POST", "/v1/freezes", "boss", FREEZE)
            assert one.decides("asker", "draft", site.acme, at_least_revision=revision) == (False, {"frozen"})
            one.want(200, "POST", f"/v1/freezes/{froze['id']}/lift", "boss", {"reason": "Over."})
            _, revision = one.want(200, "POST", f"/v1/grants/{grant}/revoke", "asker", {"reason": "Done."})
            assert other.decides("asker", "draft", site.acme, at_least_revision=revision) == (False, {"grant_revoked"})
        for n, replica in enumerate(site.replicas):
            load(site, replica, n)
        assert not one.said("index_cannot_follow") and not other.said("index_cannot_follow")
    kept, sessions = pooler.kept()
    assert (kept, pooler.locks()) == (set(), []) and sessions > 1
    team.intact()


def load(site, replica, n):
    """A file of employees, by a process that the replica starts; both replicas know of its people."""
    headers = {"Authorization": f"Bearer {site.bearers['admin']}"}
    files = {"file": ("people.csv", text([hr(f"N{n}")]), "text/csv")}
    told = httpx2.post(
        f"http://127.0.0.1:{replica.port}/v1/directory/imports", files=files, headers=headers, timeout=30
    )
    assert told.status_code == 202, told.text
    where = told.headers["location"]
    until(lambda: replica.want(200, "GET", where, "admin")[0]["state"] not in ("queued", "running"), 60)
    done, _ = replica.want(200, "GET", where, "admin")
    assert (done["state"], done["summary"]["created"]) == ("done", 1), done
    for one in site.replicas:
        until(lambda one=one: one.decides(f"N{n}", "draft", site.acme)[1] == {"no_grant"}, 5)


def test_time_limits_hold_although_no_session_keeps_them(team, pooler):
    """Somebody holds a row for ever: whoever waits for it gives up. Who is not of the service has no limit of it."""
    asked = team.ask("asker", team.account("acme"))
    held = sa.text("SELECT id FROM request WHERE id = CAST(:id AS uuid) FOR UPDATE").bindparams(id=asked["id"])
    with engines(pooler, 2) as (house, other):
        for sessions in (house.writes, house.reads, house.urgent, house.deciding):
            with sessions.begin() as session:
                assert tuple(session.execute(LIMITS).one()) == ("900ms", "30s", "1min")
        with other.writes() as holding, house.writes() as waiting:
            holding.execute(held)
            with pytest.raises(OperationalError, match="lock timeout"):
                waiting.execute(held)
    with pooler.connect() as another:
        assert another.execute(LIMITS.text).fetchone() == ("0", "0", "0")


def test_an_import_is_alone_on_the_database_and_lets_go_of_it(team, pooler):
    """Its lock is of a transaction: one of a session would be anybody's who comes next, or nobody's to give back."""
    with engines(pooler, 3) as (mine, theirs, others):
        with alone(mine.writes):
            for house in (theirs, others):
                with pytest.raises(ImportRunning), alone(house.writes):
                    pass
            busy = theirs.writes()
            busy.execute(sa.text("SELECT 1"))  # takes the session that was used last
        busy.close()
        assert pooler.locks() == []
        with alone(others.writes):
            assert len(pooler.locks()) == 1 and pooler.holding_back() == 0
