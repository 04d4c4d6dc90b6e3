"""Starting `coe` as a user does, and looking at what it took."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COE = Path(sys.executable).with_name("coe")
HOST = "127.0.0.1"
READY_WITHIN = 180

# Several commands in one interpreter: the same code as one process each, without a second of imports before every one.
_MANY = """
import contextlib, io, json, sys
from app import cli
answers = []
for words in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        cli.app(words, standalone_mode=False)
    answers.append(out.getvalue().strip())
print(json.dumps(answers))
"""


class Failed(Exception):
    """A command or a call did not do what it should; a figure of it would mean nothing."""


@dataclass(frozen=True, slots=True)
class Took:
    """What one process took: seconds on the clock, seconds of CPU, and MiB of memory at its highest."""

    seconds: float
    cpu: float
    peak: float
    output: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    """One database with the settings to reach it, in a folder of its own. ``source``: another checkout, whose code it runs."""

    name: str
    url: str
    folder: Path
    port: int
    source: Path | None = None

    @property
    def env(self) -> dict[str, str]:
        """The environment of its processes: where database, keys and callers are, and not a word more."""
        place = {
            "COE_DATABASE_URL": self.url,
            "COE_KEY_DIR": str(self.folder / "keys"),
            "COE_PUBLIC_URL": f"http://{HOST}:{self.port}",
        }
        place |= {"PYTHONPATH": str(self.source)} if self.source else {}
        return environment(place | {"COE_LOG_LEVEL": "WARNING", "COE_LIMIT_READS": "", "COE_LIMIT_WRITES": ""})


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without settings of the service; Python keeps its bytecode, as it does by default."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COE_") and k != "PYTHONDONTWRITEBYTECODE"}
    return kept | dict(more or {})


def coe(at: Installation, *words: str | Path, ok: Sequence[int] = (0,)) -> Took:
    """Run one command to its end."""
    return measured([COE, *words], at.env, at.folder, ok)


def measured(words: Sequence[str | Path], env: Mapping[str, str], cwd: Path, ok: Sequence[int] = (0,)) -> Took:
    """Run a command to its end; raises ``Failed`` with what it said if it ends with another status than ``ok``."""
    with (cwd / "command.out").open("w+b") as out, (cwd / "command.err").open("w+b") as err:
        began = time.monotonic()
        process = subprocess.Popen(
            list(map(str, words)), cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode not in ok:
            raise Failed(f"{' '.join(map(str, words))} ended with {process.returncode}: {err.read().decode()[-800:]}")
        return Took(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out.read().decode())


def many(at: Installation, commands: Sequence[Sequence[str]]) -> list[str]:
    """Run several commands of `coe` one after the other in one process; what each printed."""
    done = subprocess.run(
        [sys.executable, "-c", _MANY], input=json.dumps(list(map(list, commands))), cwd=at.folder, env=at.env,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Failed(f"coe, {len(commands)} commands: {done.stderr[-800:]}")
    answers: list[str] = json.loads(done.stdout.splitlines()[-1])
    return answers


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


@dataclass(slots=True)
class Caller:
    """One kept-alive connection to a server."""

    port: int
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(HOST, self.port, timeout=30)

    def call(self, method: str, path: str, token: str | None = None, body: object = None) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def want(self, status: int, method: str, path: str, token: str | None = None, body: object = None) -> Any:
        """The JSON of the answer; raises ``Failed`` if its status is another."""
        got, answer = self.call(method, path, token, body)
        if got != status:
            raise Failed(f"{method} {path}: {got}, wanted {status}: {json.dumps(answer)[:600]}")
        return answer


def status_of(port: int, path: str) -> int:
    """The status of a GET on a fresh connection; 0 while nobody answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def wait_for(process: "subprocess.Popen[bytes]", port: int, path: str, log: Path, within: float = READY_WITHIN) -> None:
    """Until GET ``path`` answers 200; raises ``Failed`` when the process ends or takes too long."""
    began = time.monotonic()
    while status_of(port, path) != 200:
        if process.poll() is not None or time.monotonic() > began + within:
            raise Failed(f"no 200 from {path}: {log.read_text(errors='replace')[-800:]}")
        # Whoever takes long is not to be kept from it by being asked all the time.
        time.sleep(min(0.25, 0.01 + (time.monotonic() - began) / 100))


def wait_until(true: Callable[[], bool], otherwise: str, within: float = READY_WITHIN) -> None:
    """Until it is; raises ``Failed`` with ``otherwise`` when that takes too long."""
    end = time.monotonic() + within
    while not true():
        if time.monotonic() > end:
            raise Failed(otherwise)
        time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Server:
    """A running `coe serve`, and what it took until it was ready."""

    port: int
    pid: int
    ready: Took


@contextmanager
def serving(at: Installation) -> Iterator[Server]:
    """`coe serve` until the block ends."""
    port, log = at.port, at.folder / "server.log"
    with log.open("ab") as out:
        began = time.monotonic()
        process = subprocess.Popen(
            [COE, "serve", "--port", str(port)], cwd=at.folder, env=at.env, stdout=out, stderr=out
        )
        try:
            wait_for(process, port, "/readyz", log)
            yield Server(port, process.pid, Took(time.monotonic() - began, cpu_of(process.pid), rss(process.pid)))
        finally:
            end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to stop, then make it."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def rss(pid: int) -> float:
    """Resident memory in MiB, as the kernel counts it (0 where there is no /proc)."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text(encoding="ascii", errors="replace").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a living process has used (0 where there is no /proc)."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
