"""What the peers need, fetched once and kept in the temporary folder; nothing of it enters the project's own venv."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PACKAGES = (
    "fastapi==0.165.0",
    "uvicorn[standard]==0.54.0",
    "pydantic==2.14.3",
    "orjson==3.13.0",
    "casbin==1.43.0",
    "cedarpy==4.12.2",
    "lakera-regorus==0.1.0",
)
CERBOS = "@cerbos/cerbos-linux-x64"
_STAMP = "packages.json"


class Missing(Exception):
    """Something that a peer needs cannot be had here; the message says what."""


def folder() -> Path:
    """Where it is kept between runs; only its owner may write there."""
    found = Path(tempfile.gettempdir()) / f"coe-bench-peers-{os.getuid()}"
    found.mkdir(mode=0o700, exist_ok=True)
    if found.stat().st_uid != os.getuid():
        raise Missing(f"{found} belongs to somebody else")
    return found


def python() -> Path:
    """A Python with the peers' packages. Raises ``Missing``."""
    venv, stamp = folder() / "venv", folder() / _STAMP
    found = venv / "bin/python"
    if stamp.exists() and json.loads(stamp.read_text()) == list(PACKAGES) and found.exists():
        return found
    _tell("a virtual environment for the peers")
    _run([sys.executable, "-m", "venv", "--clear", str(venv)])
    _run([str(found), "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES])
    stamp.write_text(json.dumps(PACKAGES))
    return found


def cerbos() -> Path:
    """The Cerbos server, from npm. Raises ``Missing``."""
    place = folder() / "npm"
    found = place / "node_modules" / CERBOS / "cerbos-linux-x64"
    if not found.exists():
        if not shutil.which("npm"):
            raise Missing("npm, to fetch Cerbos")
        _tell("Cerbos")
        place.mkdir(exist_ok=True)
        (place / "package.json").write_text('{"private": true}')
        _run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", CERBOS], place)
    if not found.exists():
        raise Missing(f"{CERBOS} without its program")
    return found


def cerbos_version() -> str:
    """Of the package that is there."""
    said = json.loads((cerbos().parent / "package.json").read_text())
    return str(said["version"])


def wrk() -> str:
    """The load generator, by apt where we may. Raises ``Missing``."""
    if not shutil.which("wrk") and os.geteuid() == 0 and shutil.which("apt-get"):
        _tell("wrk")
        _run(["apt-get", "install", "-y", "-qq", "wrk"])
    found = shutil.which("wrk")
    if not found:
        raise Missing("wrk (apt-get install wrk)")
    return found


def _run(words: Sequence[str], cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{words[0]}: {error}") from error
    if done.returncode:
        raise Missing(f"{' '.join(words[:4])} ...: {done.stderr.strip()[-300:]}")


def _tell(what: str) -> None:
    sys.stderr.write(f"  fetching {what}\n")
    sys.stderr.flush()
