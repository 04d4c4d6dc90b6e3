"""Replicas of `coe serve`, each a process of ours with a way of its own to the database; whoever dies is started again."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.decisions.serving import ROOT, family, resident
from benchmarks.processes import COE, Failed, environment, free_port, status_of

BROKEN = Path(__file__).with_name("broken")
READY_WITHIN = 180.0
_LOOK = 0.1


@dataclass(slots=True)
class Replica:
    """One server process. ``died``: how often it ended without being told to. ``rested``: no start before this instant.

    ``told``: the process whose clock was set wrong, the last time.
    """

    number: int
    port: int
    folder: Path
    env: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    died: int = 0
    rested: float = 0.0
    told: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> Path:
        """What it said."""
        return self.folder / f"replica-{self.number}.log"

    @property
    def orders(self) -> Path:
        """Where a replica that can crash at a line is told at which."""
        return self.folder / f"crash-{self.number}"

    @property
    def clock(self) -> Path:
        """Where it is told by how many seconds its clock is wrong."""
        return self.folder / f"clock-{self.number}"

    def start(self) -> None:
        """Begin, with a clock that is right; ready is another matter."""
        words = [COE, "serve", "--port", str(self.port), "--no-migrate"]
        told = {"CAMPAIGN_CRASH": str(self.orders), "CAMPAIGN_CLOCK": str(self.clock)}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                list(map(str, words)), cwd=self.folder, env={**self.env, **told},
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def ready(self) -> bool:
        """Does it say that it is?"""
        return status_of(self.port, "/readyz") == 200

    def send(self, number: signal.Signals) -> None:
        """A signal to the process, and to what it started."""
        if self.process is not None and self.process.poll() is None:
            for pid in family(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def crash_at(self, point: str, count: int) -> None:
        """Have it die when it comes to this point for the so-manieth time from now on."""
        self.orders.write_text(f"{point}:{count}")
        if self.process is not None and self.process.poll() is None and self.ready():
            self.process.send_signal(signal.SIGUSR1)

    def set_wrong(self, seconds: float) -> bool:
        """Set its clock wrong by so much; 0 mends that. False: nobody is there to be told."""
        self.clock.write_text(str(seconds))
        process = self.process
        if process is None or process.poll() is not None:
            return False
        # Who is not ready may not know the signal yet, and die of it; who was told once knows it, and is not ready for it.
        if process is self.told or self.ready():
            self.told = process
            process.send_signal(signal.SIGUSR2)
        return process is self.told

    def look(self) -> None:
        """Start it again if it has ended."""
        if self.process is not None and self.process.poll() is not None:
            self.died += 1
            self.process, self.rested = None, time.monotonic() + 0.3
        if self.process is None and time.monotonic() >= self.rested:
            self.start()

    def end(self) -> None:
        """Stop it for good."""
        if self.process is not None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGKILL)
            self.process.wait()

    def uses(self) -> Mapping[str, float]:
        """Its open files and its memory in MiB."""
        if self.process is None or self.process.poll() is not None:
            return {}
        return {
            "files": len(list(Path(f"/proc/{self.process.pid}/fd").glob("*"))),
            "memory": resident(self.process.pid),
        }


@dataclass(slots=True)
class Fleet:
    """All replicas, and whoever looks after them."""

    replicas: list[Replica]

    async def ready(self) -> None:
        """Until all are. Raises ``Failed``."""
        end = time.monotonic() + READY_WITHIN
        for one in self.replicas:
            while not await asyncio.to_thread(one.ready):
                if time.monotonic() > end:
                    said = one.log.read_text(errors="replace")[-1500:]
                    raise Failed(f"replica {one.number} is not ready: {said}")
                await asyncio.sleep(_LOOK)

    async def keep(self) -> None:
        """Start again whatever ends, for ever."""
        while True:
            for one in self.replicas:
                one.look()
            await asyncio.sleep(_LOOK)


def fleet(folder: Path, urls: Sequence[str], address: str, env: dict[str, str]) -> Fleet:
    """Replicas that are not started yet, one for each of these ways to the database. ``address``: the public one, of all."""
    several = enumerate(urls)
    return Fleet(
        [Replica(number, free_port(), folder, settings(folder, url, address) | env) for number, url in several]
    )


def settings(folder: Path, url: str, address: str) -> dict[str, str]:
    """The environment of a process of the service; limits are off, and what time does is not what is looked at."""
    return environment(
        {
            "COE_DATABASE_URL": url,
            "COE_KEY_DIR": str(folder / "keys"),
            "COE_SPOOL_DIR": str(folder / "spool"),
            "COE_PUBLIC_URL": address,
            "COE_LOG_LEVEL": "WARNING",
            "COE_LIMIT_READS": "",
            "COE_LIMIT_WRITES": "",
            "COE_SWEEP_SECONDS": "5",
            "PYTHONPATH": f"{BROKEN}{os.pathsep}{ROOT}",
        }
    )


@asynccontextmanager
async def kept(several: Fleet) -> AsyncIterator[Fleet]:
    """All of them running and looked after, until the block ends."""
    keeper = asyncio.create_task(several.keep())
    try:
        await several.ready()
        yield several
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper
        for one in several.replicas:
            one.end()
