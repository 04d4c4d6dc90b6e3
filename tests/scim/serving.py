"""`coe serve` as a process of its own over the database of a test, for clients that speak real HTTP."""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def served(settings, folder):
    """The address of a service over this database; it ends with the block, and what it said is shown if it would not start."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COE_")}
    told = {
        "COE_DATABASE_URL": settings.database_url, "COE_KEY_DIR": str(settings.keys), "COE_PUBLIC_URL": url, "COE_LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    said = folder / "served.log"
    with said.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", str(port)],
            cwd=folder, env={**kept, **told}, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        ready(url, process, said)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def ready(url, process, said):
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as reply:
                assert reply.status == 200
                return
        except (urllib.error.URLError, OSError):
            threading.Event().wait(0.1)
    raise AssertionError(said.read_text())
