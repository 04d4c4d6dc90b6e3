"""Whoever breaks things, by schedule, and mends them; what was done when is kept for the checker."""

import asyncio
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from benchmarks.decisions.serving import family
from benchmarks.processes import Failed

from .cluster import REPLICATION, Cluster
from .replicas import Fleet
from .schedule import DATABASE, KINDS, Fault

_WAITING = "wait_event = 'SyncRep' AND pid <> pg_backend_pid()"
_OURS = "application_name = 'coe' AND pid <> pg_backend_pid()"
_SYNCS = "fsync,fdatasync"
_BALLAST, _SMALL = "ballast", 2 << 30


@dataclass(frozen=True, slots=True)
class Done:
    """A fault as it was: from when until when (seconds on the clock of all), and to which replica, None: to all."""

    kind: str
    began: float
    ended: float
    replica: int | None = None
    detail: str = ""


@dataclass(slots=True)
class Nemesis:
    """Everything it can reach. ``wrong``: what of it could not be done."""

    cluster: Cluster
    fleet: Fleet
    seed: int = 0
    done: list[Done] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _database: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, faults: Iterable[Fault]) -> None:
        """All of a schedule, each at its time; ends when the last is over."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for one in faults:
                group.create_task(self._at(began + one.at, one))

    async def _at(self, when: float, fault: Fault) -> None:
        await asyncio.sleep(max(when - time.monotonic(), 0))
        ways: Mapping[str, Callable[[Fault], Awaitable[None]]] = {
            "kill": self._kill, "crash": self._crash, "pause": self._pause, "skew": self._skew, "terminate": self._terminate,
            "latency": self._link, "cut": self._link, "deaf": self._link, "reset": self._link, "restart": self._restart,
            "fast": self._restart, "stall": self._stall, "syncrep": self._syncrep, "cancel": self._syncrep,
            "failover": self._failover, "partition": self._partition, "full": self._full,
            "eio": self._eio,
        }  # fmt: skip
        of_all = fault.kind == "terminate" or KINDS[fault.kind] == DATABASE
        began = time.monotonic()
        sys.stderr.write(f"  {fault.at:7.1f} s  {fault.kind} {fault.detail or ('' if of_all else fault.replica)}\n")
        try:
            if of_all and fault.kind != "terminate":
                async with self._database:
                    began = time.monotonic()
                    await ways[fault.kind](fault)
            else:
                await ways[fault.kind](fault)
        except (Failed, OSError, psycopg.Error, subprocess.SubprocessError) as error:
            self.wrong.append(f"{fault.kind} at {fault.at:.1f} s: {type(error).__name__}: {error}"[:300])
            if fault.kind == "skew":  # what was never wrong explains nothing, and is not to be noticed
                return
        self.done.append(Done(fault.kind, began, time.monotonic(), None if of_all else fault.replica, fault.detail))

    async def heal(self) -> None:
        """Everything runs, and nothing is in the way. Raises ``Failed``."""
        await asyncio.to_thread(self.cluster.heal)
        for one in self.fleet.replicas:
            one.send(signal.SIGCONT)
            one.orders.unlink(missing_ok=True)
            one.set_wrong(0)
        await self.fleet.ready()

    # To a replica

    async def _kill(self, fault: Fault) -> None:
        self.fleet.replicas[fault.replica].send(signal.SIGKILL)
        await self._back(fault)

    async def _crash(self, fault: Fault) -> None:
        """It dies by itself, when it comes to the line; at the latest it is told to forget about it."""
        one = self.fleet.replicas[fault.replica]
        point, _, count = fault.detail.rpartition(":")
        died = one.died
        await asyncio.to_thread(one.crash_at, point, int(count))
        end = time.monotonic() + 8
        while one.died == died and time.monotonic() < end:  # noqa: ASYNC110 - a process tells nobody
            await asyncio.sleep(0.05)
        if one.died == died:
            self.wrong.append(f"crash at {fault.detail}: never came there")
            one.send(signal.SIGKILL)
        await self._back(fault)

    async def _back(self, fault: Fault) -> None:
        one = self.fleet.replicas[fault.replica]
        end = time.monotonic() + 60
        await asyncio.sleep(0.3)
        while not await asyncio.to_thread(one.ready) and time.monotonic() < end:  # noqa: ASYNC110 - nor that it is ready
            await asyncio.sleep(0.2)

    async def _pause(self, fault: Fault) -> None:
        one = self.fleet.replicas[fault.replica]
        one.send(signal.SIGSTOP)
        await asyncio.sleep(fault.seconds)
        one.send(signal.SIGCONT)

    async def _skew(self, fault: Fault) -> None:
        one = self.fleet.replicas[fault.replica]
        if not await asyncio.to_thread(one.set_wrong, float(fault.detail)):
            raise Failed(f"replica {fault.replica} was not there")
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(one.set_wrong, 0)

    # To the way between a replica and the database

    async def _link(self, fault: Fault) -> None:
        link = self.cluster.links[fault.replica]
        order = {
            "latency": {"latency": [0.005, 0.1]}, "cut": {"mode": "cut"}, "deaf": {"mode": "deaf"}, "reset": {"reset": True},
        }[fault.kind]  # fmt: skip
        self.cluster.proxy.order(link, **order)  # type: ignore[arg-type]
        if fault.kind != "reset":
            await asyncio.sleep(fault.seconds)
            self.cluster.proxy.order(link, mode="open", latency=[0, 0])

    async def _terminate(self, fault: Fault) -> None:
        """A few connections end, again and again."""
        chance, end = random.Random(f"{self.seed} {fault.at}"), time.monotonic() + fault.seconds
        while time.monotonic() < end:
            with suppress(psycopg.OperationalError):
                await self._ask(f"SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE {_OURS}"
                                f" ORDER BY random() LIMIT {chance.randrange(1, 6)}) AS chosen")  # fmt: skip
            await asyncio.sleep(0.2)

    async def _ask(self, statement: str) -> list[tuple[object, ...]]:
        return await asyncio.to_thread(self.cluster.primary.ask, statement)

    # To the database

    async def _restart(self, fault: Fault) -> None:
        how = signal.SIGINT if fault.kind == "fast" else signal.SIGQUIT
        await asyncio.to_thread(self.cluster.restart, how, fault.seconds / 2)

    async def _stall(self, fault: Fault) -> None:
        """The standby says nothing for a while, and every commit waits for it."""
        self.cluster.proxy.order(REPLICATION, mode="deaf")
        await asyncio.sleep(fault.seconds)
        self.cluster.proxy.order(REPLICATION, mode="open")

    async def _syncrep(self, fault: Fault) -> None:
        """As a stall; whoever waits for the standby is ended, or (``cancel``) told not to wait any longer."""
        function = "pg_cancel_backend" if fault.kind == "cancel" else "pg_terminate_backend"
        self.cluster.proxy.order(REPLICATION, mode="deaf")
        end = time.monotonic() + fault.seconds
        while time.monotonic() < end:
            await asyncio.sleep(0.4)
            await self._ask(f"SELECT {function}(pid) FROM pg_stat_activity WHERE {_WAITING}")
        if fault.kind == "cancel":
            await self._fail_over()
        self.cluster.proxy.order(REPLICATION, mode="open")

    async def _failover(self, _: Fault) -> None:
        await self._fail_over()

    async def _partition(self, fault: Fault) -> None:
        """The standby hears nothing any more, whoever waits for it is ended; then the primary dies, and it leads."""
        self.cluster.proxy.order(REPLICATION, mode="cut")
        end = time.monotonic() + fault.seconds
        while time.monotonic() < end:
            await asyncio.sleep(0.4)
            await self._ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_WAITING}")
        await self._fail_over()

    async def _fail_over(self) -> None:
        await asyncio.to_thread(self.cluster.fail_over)
        self.cluster.proxy.order(REPLICATION, mode="open")
        await asyncio.to_thread(self.cluster.follow)

    async def _full(self, fault: Fault) -> None:
        """The volume of the database is full, to the last page."""
        folder = self.cluster.primary.folder
        if shutil.disk_usage(folder).total > _SMALL:
            raise Failed("the database stands on no volume of its own")
        ballast = folder / _BALLAST
        await asyncio.to_thread(_fill, ballast, shutil.disk_usage(folder).free)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            ballast.unlink(missing_ok=True)
        await asyncio.to_thread(self._up)

    async def _eio(self, fault: Fault) -> None:
        """Whatever the primary wants on the disk is answered with an error: it ends itself rather than lose anything."""
        if shutil.which("strace") is None:
            raise Failed("there is no strace")
        await asyncio.to_thread(self._fail_writes, fault.seconds)
        # It may still be on its way to its end: whoever runs it makes sure, and starts it again.
        await asyncio.to_thread(self.cluster.restart, signal.SIGQUIT, 0.5)

    def _fail_writes(self, seconds: float) -> None:
        process = self.cluster.primary.process
        several = [] if process is None else family(process.pid)
        words = ["strace", "-f", "-q", "-o", "/dev/null", "-e", f"trace={_SYNCS}", "-e", f"inject={_SYNCS}:error=EIO"]
        words += [word for pid in several for word in ("-p", str(pid))]
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as tracer:
            time.sleep(seconds)
            ended = tracer.poll()
            tracer.terminate()  # it lets go of everybody
            said = tracer.communicate()[1]
        if ended:
            raise Failed(f"strace ended with {ended}: {said[-200:]}")

    def _up(self) -> None:
        """Whoever ended for want of space runs again."""
        for node in (self.cluster.primary, self.cluster.standby):
            if node is not None and (node.process is None or node.process.poll() is not None):
                node.start()


def _fill(path: object, free: int) -> None:
    with open(str(path), "wb") as file, suppress(OSError):  # noqa: PTH123 - as good as any
        left = free
        while left > 0:
            left -= file.write(b"\0" * min(left, 1 << 20))
        file.flush()
