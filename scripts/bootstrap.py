"""Set up `.venv` from nothing but a Python 3.11 or newer, so that every other command of the project can run.

    python3 scripts/bootstrap.py              what the service needs
    python3 scripts/bootstrap.py --dev        and what tests and checks need
    python3 scripts/bootstrap.py --browser    and a Chromium for the browser test, where that can be had

Only the standard library is used, since nothing else is there yet. uv installs what `uv.lock` pins; pip does where uv
cannot be had. Package indexes, certificates and proxies are whatever the machine's own pip and uv settings say. When
nothing changed since the last time this ends at once, without network.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "coe-setup.json"
TOOLS = ROOT / ".tools"

OLDEST_PYTHON = (3, 11)
# The lock's format is read by every uv of this range; an older one on the PATH is left alone and not used.
OLDEST_UV = (0, 9)
UV_REQUIREMENT = "uv>=0.9,<1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DEBIAN_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


class SetUpError(Exception):
    """Set-up cannot go on; the message tells a person what to do."""


def say(text: str) -> None:
    """Tell the person who waits what happens now."""
    sys.stderr.write(f"set-up: {text}\n")
    sys.stderr.flush()


def run(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, output: int | IO[bytes] | None = None
) -> bool:
    """Run a command in the project's folder, never waiting for an answer from the keyboard; True when it succeeded."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


# --- Is there anything to do? ---------------------------------------------------------------------------------------


def fingerprint() -> str:
    """A hash of all that decides what `.venv` must hold: lock, project file, this folder, and the venv's Python."""
    digest = hashlib.sha256()
    for name in ("uv.lock", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    # The folder counts because a venv has its own path in its scripts; the resolved Python because an upgrade of the
    # system can put another version behind the same link.
    digest.update(f"{ROOT}\n{VENV_PYTHON.resolve()}".encode())
    return digest.hexdigest()


def read_stamp() -> dict[str, object]:
    """What the last set-up that ran to its end left, or an empty dict."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_ready(*, dev: bool) -> bool:
    """True when `.venv` already holds what is asked for."""
    stamp = read_stamp()
    if not stamp or (dev and not stamp.get("dev")):
        return False
    return VENV_PYTHON.exists() and stamp.get("fingerprint") == fingerprint()


def write_stamp(*, dev: bool) -> None:
    """Note that `.venv` is complete; written last, so that an interrupted set-up is taken up again."""
    stamp = {"fingerprint": fingerprint(), "dev": dev, "root": str(ROOT)}
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")


# --- The system's packages ------------------------------------------------------------------------------------------


def may_use_apt() -> bool:
    """True for root on a Debian: nobody else's machine is changed without their word."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> bool:
    """Install Debian packages without questions and without recommended extras; True when they are there after."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Another apt may be at work on the machine: wait for it rather than fail.
    apt = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")
    log = TOOLS / "apt.log"
    say(f"installing {' '.join(packages)} with apt-get, which may take a minute ({log.relative_to(ROOT)} tells more)")
    TOOLS.mkdir(exist_ok=True)
    with log.open("wb") as output:
        # Lists that cannot be brought up to date may still do.
        run((*apt, "update"), env=env, output=output)
        done = run((*apt, "install", "-y", "--no-install-recommends", *packages), env=env, output=output)
    if not done:
        say("apt-get did not succeed:\n" + "".join(log.read_text(errors="replace").splitlines(keepends=True)[-5:]))
    return done


# --- pip, only to get uv, or in its place ---------------------------------------------------------------------------


def pip_environment() -> dict[str, str]:
    """The machine's own pip settings, less two that forbid installing into a folder of the project."""
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}
    return {**os.environ, **quiet, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


def find_pip() -> list[str] | None:
    """The words that start a pip: this Python's, the PATH's, or one in a private venv made by ensurepip."""
    known = [[sys.executable, "-m", "pip"], ["pip3"], ["pip"]]
    own = TOOLS / "pip"
    for pip in [*known, [str(own / "bin" / "python"), "-m", "pip"]]:
        if run([*pip, "--version"], output=subprocess.DEVNULL):
            return pip
    if run([sys.executable, "-m", "venv", "--clear", own], output=subprocess.DEVNULL):
        return [str(own / "bin" / "python"), "-m", "pip"]
    # Debian's venv without ensurepip leaves half a folder behind.
    shutil.rmtree(own, ignore_errors=True)
    return None


def get_pip() -> list[str]:
    """A pip, installed from Debian's packages when there is none and root asks; else `SetUpError`."""
    pip = find_pip()
    if pip is None and may_use_apt() and apt_install("python3-pip"):
        pip = find_pip()
    if pip is None:
        sudo = "" if os.geteuid() == 0 else "sudo "
        message = (
            "neither uv nor pip was found, and pip could not be added from here. On Debian or Ubuntu run\n"
            f"    {sudo}apt-get update && {sudo}apt-get install -y python3-pip\n"
            "elsewhere install pip or uv with the system's package manager; then run the same command again."
        )
        raise SetUpError(message)
    return pip


# --- uv -------------------------------------------------------------------------------------------------------------


def is_recent_uv(uv: str | Path) -> bool:
    """True when this uv runs and reads the lock's format."""
    try:
        command = [str(uv), "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    version = re.match(r"uv (\d+)\.(\d+)", answer)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST_UV


def get_uv() -> str | None:
    """A uv: the PATH's, the project's own, or a new one from pip in `.tools`; None where pip has none to give."""
    own = TOOLS / "uv" / "bin" / "uv"
    for uv in (shutil.which("uv"), str(own)):
        if uv is not None and is_recent_uv(uv):
            return uv
    pip = get_pip()
    say("getting uv into .tools")
    # `--target` leaves the system's Python untouched, which also satisfies PEP 668. Wheels only: uv is built with Rust.
    options = ("--quiet", "--upgrade", "--no-deps", "--only-binary=:all:", "--target", str(TOOLS / "uv"))
    if run([*pip, "install", *options, UV_REQUIREMENT], env=pip_environment()) and is_recent_uv(own):
        return str(own)
    return None


def uv_environment() -> dict[str, str]:
    """The machine's own uv settings, pointed at this project's `.venv`."""
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    env["UV_PROJECT_ENVIRONMENT"] = str(VENV)
    env.setdefault("UV_PYTHON_DOWNLOADS", "never")
    # Where Python may not write bytecode itself, every start would compile every library again, which takes seconds.
    env.setdefault("UV_COMPILE_BYTECODE", "1")
    # A company's own certificates stand in the system's bundle, which pip on Debian reads and uv does not by itself.
    if DEBIAN_CERTIFICATES.exists():
        env.setdefault("SSL_CERT_FILE", str(DEBIAN_CERTIFICATES))
    if not os.access(os.environ.get("HOME", "/"), os.W_OK):
        env.setdefault("UV_CACHE_DIR", str(TOOLS / "cache"))
    return env


def install_with_uv(uv: str, *, dev: bool) -> bool:
    """Make `.venv` what the lock says. Without `dev`, packages that are there for tests stay."""
    env = uv_environment()
    if not VENV.exists() and not run([uv, "venv", "--quiet", "--python", base_python(), VENV], env=env):
        return False
    groups = ["--group", "dev"] if dev else ["--no-dev", "--inexact"]
    return run([uv, "sync", "--frozen", *groups], env=env)


# --- Without uv -----------------------------------------------------------------------------------------------------


def locked_versions() -> list[str]:
    """Every `name==version` of the lock, for pip as constraints; a package locked in two versions is left out."""
    import tomllib

    versions: dict[str, set[str]] = {}
    for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]:
        if "registry" in package["source"]:
            versions.setdefault(package["name"], set()).add(package["version"])
    return [f"{name}=={only}" for name, (only, *others) in versions.items() if not others]


def development_requirements() -> list[str]:
    """The dev group of pyproject.toml as pip takes it: only newer pips know groups (PEP 735)."""
    import tomllib

    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return [str(requirement) for requirement in groups["dev"]]


def install_with_pip(pip: list[str], *, dev: bool) -> bool:
    """The same versions without uv. The venv needs no pip of its own, so ensurepip may be missing."""
    if not VENV.exists() and not run([base_python(), "-m", "venv", "--without-pip", VENV]):
        return False
    constraints = TOOLS / "constraints.txt"
    constraints.write_text("\n".join(locked_versions()), encoding="utf-8")
    wanted = ("--constraint", str(constraints), "--editable", str(ROOT), *(development_requirements() if dev else ()))
    return run([*pip, "--python", str(VENV_PYTHON), "install", *wanted], env=pip_environment())


# --- Set-up ---------------------------------------------------------------------------------------------------------


def base_python() -> str:
    """The Python outside any venv, so that `.venv` does not hang on another venv's life."""
    return str(getattr(sys, "_base_executable", sys.executable))


def newer_python() -> str | None:
    """Another Python on the PATH that is new enough, the newest first."""
    names = (f"python3.{minor}" for minor in range(19, OLDEST_PYTHON[1] - 1, -1))
    return next((found for found in map(shutil.which, names) if found is not None), None)


def require_python() -> None:
    """Go on under a new enough Python: this one, or another of the PATH in its place; else `SetUpError`."""
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return
    newer = newer_python()
    if newer is None:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        message = f"Python {wanted} or newer is needed, and {sys.executable} is {sys.version.split()[0]}."
        raise SetUpError(message)
    os.execv(newer, [newer, *sys.argv])  # noqa: S606 - no shell is wanted


def drop_broken_venv() -> None:
    """Remove a `.venv` whose Python no longer runs, or that was copied here with another folder's paths in it."""
    if not VENV.exists() or VENV.is_symlink():
        return
    moved = read_stamp().get("root", str(ROOT)) != str(ROOT)
    check = f"import sys; sys.exit(sys.version_info[:2] < {OLDEST_PYTHON})"
    if moved or not run([VENV_PYTHON, "-c", check], output=subprocess.DEVNULL):
        say("the .venv here does not work any more: making it anew")
        shutil.rmtree(VENV)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let two makes started together set up one after the other."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(*, dev: bool) -> None:
    """Fill `.venv` with uv, or with pip where uv cannot be had or cannot reach what the lock names."""
    uv = get_uv()
    if uv is not None and install_with_uv(uv, dev=dev):
        return
    pip = find_pip()
    if pip is not None:
        say("uv could not do it, trying pip")
    if pip is None or not install_with_pip(pip, dev=dev):
        message = "the packages could not be installed; the lines above say why (no network, or no package index?)"
        raise SetUpError(message)


def set_up(*, dev: bool) -> None:
    """Make `.venv` complete, once. What an earlier `--dev` installed is kept up to date, not taken away."""
    drop_broken_venv()
    dev = dev or bool(read_stamp().get("dev"))
    STAMP.unlink(missing_ok=True)
    say("installing the project's packages into .venv" + (" (with those for tests)" if dev else ""))
    install(dev=dev)
    write_stamp(dev=dev)


def missing_for_browser() -> list[str]:
    """The Debian packages that the browser test, the README's walk with curl and the test behind PgBouncer still need."""
    missing = [] if any(map(shutil.which, BROWSERS)) else ["chromium", "fonts-liberation"]
    missing += [one for one in ("curl", "pgbouncer") if shutil.which(one) is None]
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        # The Node.js inside the playwright wheel links it, and a bare Debian does not have it.
        missing.append("libatomic1")
    return missing


def get_browser() -> None:
    """What the browser test needs of the system. Never fails: without it that test skips and says the same."""
    missing = missing_for_browser()
    if not missing or (may_use_apt() and apt_install(*missing)):
        return
    sudo = "" if os.geteuid() == 0 else "sudo "
    say(f"tests that need them will skip; to run those: {sudo}apt-get install -y {' '.join(missing)}")


def main() -> int:
    """Entry point; the exit status is 0 when `.venv` is ready."""
    parser = argparse.ArgumentParser(description="Set up .venv for this project.")
    parser.add_argument("--dev", action="store_true", help="also install what tests and checks need")
    parser.add_argument("--browser", action="store_true", help="also provide Chromium, where that can be had")
    asked = parser.parse_args()
    try:
        require_python()
        if not is_ready(dev=asked.dev):
            with one_at_a_time():
                if not is_ready(dev=asked.dev):
                    set_up(dev=asked.dev)
        if asked.browser:
            get_browser()
    except (SetUpError, OSError) as problem:
        say(f"stopped: {problem}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same command takes it up again")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
