"""The demo as `coe demo` serves it, and a real browser in front of it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MISSING = "this test needs Chromium and Playwright: `apt-get install chromium`, and `pip install playwright`"


@dataclass(frozen=True)
class Served:
    url: str
    password: str


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """`coe demo` on a free port, as its own process; it prints where it is and the password."""
    port = free_port()
    command = [sys.executable, "-c", "from app.cli import main; main()", "demo", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=tmp_path_factory.mktemp("demo"), env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        said = []
        try:
            yield welcomed(process, said)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def welcomed(process, said):
    """Read on until the demo has told where it is and the password, and answers there."""
    found = {}
    for line in process.stdout:
        said.append(line)
        for name, pattern in (("url", r"Swagger UI\s+(\S+)/docs"), ("password", r"Password\s+(\S+)")):
            match = re.search(pattern, line)
            if match:
                found[name] = match[1]
        if "Ctrl+C" in line:
            break
    assert set(found) == {"url", "password"}, "".join(said)
    # Whatever it says from now on must not fill the pipe.
    threading.Thread(target=said.extend, args=(process.stdout,), daemon=True).start()
    answer(found["url"], process)
    return Served(**found)


def answer(url, process):
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as reply:
                assert reply.status == 200
                return
        except (urllib.error.URLError, OSError):
            threading.Event().wait(0.1)
    raise AssertionError("the demo has ended")


@pytest.fixture(scope="module")
def browser():
    driver = pytest.importorskip("playwright.sync_api", reason=MISSING)
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        pytest.skip(MISSING)
    # Chromium refuses its sandbox to root, which is who runs tests in many containers.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with driver.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=options)
        yield started
        started.close()
