"""The service as operators start it, on the demo's data, and what they put in front of it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.clients import service as clients
from app.demo.service import seed
from app.identity import service as identity
from app.kernel.access import operator_work
from app.kernel.database import engine_for
from app.main import house_for
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "deploy" / "examples"


def needed(*programs):
    """Skip the test where a program that it needs is not there, and say how to get it."""
    packages = {"nginx": "nginx-light"}
    missing = [one for one in programs if shutil.which(one) is None]
    if missing:
        words = " ".join(packages.get(one, one) for one in missing)
        pytest.skip(f"this test needs {', '.join(missing)}: `apt-get install {words}`")


def free_ports(count):
    """Ports that were free a moment ago, no two the same."""
    with contextmanager(_open)(count) as several:
        return [one.getsockname()[1] for one in several]


def _open(count):
    several = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    yield several
    for one in several:
        one.close()


@pytest.fixture
def folder():
    """A folder that nobody, as whom nginx works, can reach too."""
    with tempfile.TemporaryDirectory(prefix="coe-gateway-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@contextmanager
def running(words, at, log, **env):
    """A process until the block ends."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COE_")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(word) for word in words], cwd=at, env={**kept, "PYTHONPATH": str(ROOT), **env}, stdout=out, stderr=out
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(url, process, log, within=60):
    """Wait until something answers there, whatever it is."""
    until = time.monotonic() + within
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} does not answer: {log.read_text(errors='replace')[-2000:]}")


class Served:
    """`coe serve` on a SQLite file with the demo in it; an operator has the same file."""

    def __init__(self, folder, port):
        self.folder, self.port, self.url = folder, port, f"http://127.0.0.1:{port}"
        self.settings = Settings(
            _env_file=None, database_url=f"sqlite:///{folder / 'coe.db'}", key_dir=folder / "keys", public_url=self.url
        )
        self.engine = engine_for(self.settings.database_url)
        self.house = house_for(self.engine)
        self.demo = seed(self.house, lambda done, of: None)
        self.identity = identity.build_identity(self.settings)

    def client(self, *scopes, **more):
        with operator_work(self.house) as work:
            return clients.create_client(work, "A client", list(scopes), static=True, **more).bearer

    def token(self, who):
        with operator_work(self.house) as work:
            return identity.issue_token(self.identity, work, f"{who}@demo.example")

    def call(self, method, path, who, body=None):
        """What it answers over HTTP."""
        headers = {"Authorization": f"Bearer {self.token(who)}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, sent, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    @contextmanager
    def serving(self, *words):
        log = self.folder / "serve.log"
        command = [sys.executable, "-m", "app", "serve", "--port", self.port, *words]
        env = {
            "COE_DATABASE_URL": self.settings.database_url, "COE_KEY_DIR": str(self.settings.keys), "COE_PUBLIC_URL": self.url
        }  # fmt: skip
        with running(command, self.folder, log, **env) as process:
            answers(f"{self.url}/readyz", process, log)
            yield process


@pytest.fixture
def served(sqlite_template, folder):
    """The demo on a database of its own; it is not served yet."""
    shutil.copy(sqlite_template, folder / "coe.db")
    made = Served(folder, free_ports(1)[0])
    yield made
    made.engine.dispose()
