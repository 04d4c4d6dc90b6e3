"""Servers on a core of their own: ours by role, the peers by their words; and what each uses."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import (
    COE,
    Installation,
    Server,
    Took,
    cpu_of,
    end,
    environment,
    free_port,
    rss,
    status_of,
    wait_for,
    wait_until,
)

ROOT = Path(__file__).resolve().parents[2]
SERVER_CORE, LOAD_CORE = 0, 1
READY_WITHIN = 300


def on(core: int | None) -> list[str]:
    """The words before a command that keep it, and all that it starts, on one core."""
    several = (os.cpu_count() or 1) > 1 and shutil.which("taskset")
    return ["taskset", "-c", str(core)] if core is not None and several else []


@contextmanager
def served(at: Installation, role: str, *, core: int | None = None, workers: int = 1) -> Iterator[Server]:
    """`coe serve` in this role until the block ends. Sweeping is off: what time does is not what is measured."""
    words = [COE, "serve", "--role", role, "--workers", str(workers), "--no-migrate"]
    with running(words, at.folder, at.env | {"COE_SWEEP_SECONDS": "0"}, "/readyz", core=core) as server:
        yield server


@contextmanager
def running(
    words: Sequence[str | Path], folder: Path, env: Mapping[str, str], path: str | None, *,
    core: int | None = None, port: int | None = None,
) -> Iterator[Server]:  # fmt: skip
    """Any server, until the block ends; without ``port`` it is told one by ``--port``.

    ``path`` answers 200 once it is ready; None: ready as soon as it answers anything.
    """
    told: list[str | Path] = [] if port else ["--port", str(port := free_port())]
    log = folder / f"server-{port}.log"
    with log.open("ab") as out:
        began = time.monotonic()
        command = [str(word) for word in (*on(core), *words, *told)]
        process = subprocess.Popen(command, cwd=folder, env=dict(env), stdout=out, stderr=out)
        try:
            if path is None:
                wait_until(lambda: status_of(port, "/") != 0, f"nobody listens on {port}: {words}")
            else:
                wait_for(process, port, path, log, within=READY_WITHIN)
            yield Server(port, process.pid, Took(time.monotonic() - began, used(process.pid), resident(process.pid)))
        finally:
            end(process)


def family(pid: int) -> list[int]:
    """A process and all that came of it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [one for child in task.read_text().split() for one in family(int(child))]
        except OSError:  # it has ended meanwhile
            continue
    return found


def used(pid: int) -> float:
    """Seconds of CPU of a process and its children, so far."""
    return sum(map(cpu_of, family(pid)))


def resident(pid: int) -> float:
    """MiB of the largest process among it and its children: of a worker, where there are several."""
    return max(map(rss, family(pid)))


def busy() -> float:
    """Seconds of CPU that the whole machine has used."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    spent = [int(one) for one in stat.read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    return (sum(spent) - spent[3] - spent[4]) / os.sysconf("SC_CLK_TCK")


def peer_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a peer sees: this project's folder, to read the world from, and nothing of the service."""
    return environment({"PYTHONPATH": str(ROOT)} | dict(more or {}))
