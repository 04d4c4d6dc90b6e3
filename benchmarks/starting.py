"""How long until it answers."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from .databases import fresh
from .processes import COE, Failed, Installation, Took, coe, environment, free_port, measured, serving, wait_for
from .report import Table, mib, seconds

ROOT = Path(__file__).resolve().parent.parent
MAKE_RUN_WITHIN = 240
_NOT_CLONED = (
    ".git",
    ".venv",
    ".tools",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    "*.db",
    "*.db-wal",
    "*.db-shm",
    "coe-keys",
    "dist",
)


def make_run(table: Table, *, again: bool) -> None:
    """`make run` in a fresh copy, with an empty home and empty caches, until /docs answers 200."""
    with tempfile.TemporaryDirectory(prefix="coe-bench-") as name:
        copy = Path(name) / "coe"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*_NOT_CLONED), symlinks=True)
        try:
            cold = _make_run(copy, Path(name))
            warm = _make_run(copy, Path(name)) if again else None
        except Failed as error:
            table.note(f"`make run` was not measured: {error}")
            return
    table.row("`make run` on empty caches, to the first 200 of `/docs`", seconds(cold), "")
    if warm is not None:
        table.row("`make run` again", seconds(warm), "")


def _make_run(copy: Path, folder: Path) -> float:
    port, log = free_port(), folder / "make.log"
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = {
        k: v
        for k, v in environment().items()
        if not k.endswith("_CACHE_DIR") and k not in ("XDG_CACHE_HOME", "VIRTUAL_ENV", "PYTHONPATH")
    }
    env = kept | {"HOME": str(home), "PATH": _path_without_uv()}
    with log.open("ab") as out:
        began = time.monotonic()
        words = ["make", "run", f"ARGS=--port {port}"]
        # A session of its own, so that make and what it starts are ended together, and nothing else is.
        process = subprocess.Popen(
            words, cwd=copy, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
        with _ended_with_children(process):
            wait_for(process, port, "/docs", log, MAKE_RUN_WITHIN)
            return time.monotonic() - began


@contextmanager
def _ended_with_children(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _path_without_uv() -> str:
    """The PATH of a machine without uv and without our venv."""
    parts = os.environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join(
        part for part in parts if part and not (Path(part) / "uv").exists() and Path(part) != COE.parent
    )


def serve(table: Table, server: sa.URL, repeats: int) -> None:
    """`coe serve` until /readyz answers 200, and the command line on its own."""
    ready: dict[str, list[Took]] = {}
    first: list[Took] = []
    for kind in ("sqlite", "postgresql"):
        with fresh(kind, server) as at:
            ready[kind] = [_ready(at) for _ in range(repeats + 1)][1:]  # the first run warms bytecode and file cache
    for _ in range(repeats):
        with fresh("sqlite", server, migrated=False) as at:
            first.append(_ready(at))
    with fresh("sqlite", server, migrated=False) as at:
        helped = [coe(at, "--help") for _ in range(repeats)]
        imported = [
            measured([COE.with_name("python"), "-c", "import app.main"], at.env, at.folder) for _ in range(repeats)
        ]
    lite, post = ready["sqlite"], ready["postgresql"]
    table.row("`coe serve` to `/readyz` 200, set-up venv (goal: under 2 s)", _clock(lite), _clock(post))
    table.row("of that, CPU", _cpu(lite), _cpu(post))
    table.row("`coe serve` on no database yet: migrates, makes the key", _clock(first), "")
    table.row("`coe --help`", _clock(helped), "")
    table.row("`import app.main`, CPU", _cpu(imported), "")
    table.row(
        "resident memory when ready", mib(median(one.peak for one in lite)), mib(median(one.peak for one in post))
    )


def _ready(at: Installation) -> Took:
    with serving(at) as server:
        return server.ready


def _clock(took: list[Took]) -> str:
    return seconds(median(one.seconds for one in took))


def _cpu(took: list[Took]) -> str:
    return seconds(median(one.cpu for one in took))
