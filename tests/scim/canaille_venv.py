"""An environment of its own for canaille, whose libraries are other versions of the ones that this project runs on."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

OWN_UV = Path(__file__).resolve().parents[2] / ".tools" / "uv" / "bin" / "uv"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

# canaille 0.3.6 is written for scim2-client 0.7 and the models of its time; both have since taken away what it calls.
# The rest is what these were seen to work with, so that a release of somebody else's cannot make our test red.
REQUIREMENTS = """
canaille[sqlite,oidc,scim]==0.3.6 scim2-client==0.7.5 scim2-models==0.6.12
alembic==1.20.1 annotated-types==0.8.0 anyio==4.16.0 authlib==1.9.9 blinker==1.9.0 cachelib==0.17.0 certifi==2026.10.18
cffi==2.1.1 click==8.5.1 cryptography==50.0.2 dnspython==2.9.2 dramatiq==2.2.1 dramatiq-eager-broker==0.3.0
email-validator==2.4.0 flask==3.1.3 flask-alembic==3.3.0 flask-caching==2.5.1 flask-dramatiq==0.8.0 flask-session==0.8.0
flask-wtf==1.3.0 h11==0.16.0 httpcore==1.0.9 httpx==0.28.1 idna==3.20 itsdangerous==2.2.0 jinja2==3.1.6 joserfc==1.8.0
mako==1.4.3 markupsafe==3.0.4 msgspec==0.22.0 passlib==1.7.4 pycparser==3.12 pydantic==2.14.3 pydantic-core==2.50.4
pydantic-settings==2.16.3 python-dotenv==1.2.4 sqlalchemy==2.1.9 sqlalchemy-json==0.7.0 sqlalchemy-utils==0.43.0
tomlkit==0.15.2 typing-extensions==4.16.0 typing-inspection==0.4.5 werkzeug==3.1.9 wtforms==3.3.2
""".split()

PATIENCE = 600
"""Seconds for one command; only an index that neither answers nor refuses takes as long."""


def venv(cache: Path) -> Path | str:
    """The Python of an environment with canaille in it, made under `cache` the first time.

    Where it cannot be made, a sentence saying why: the test that wants it is then skipped with it. Tests running side
    by side wait for one another here, so that it is made once.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "canaille.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = cache.absolute() / "canaille"
        return python_of(folder) if is_ready(folder) else made(folder)


def python_of(folder: Path) -> Path:
    return folder / "bin" / "python"


def stamp_of(folder: Path) -> Path:
    """Written last, so that one whose making was interrupted is made anew."""
    return folder / "requirements.txt"


def is_ready(folder: Path) -> bool:
    stamp = stamp_of(folder)
    return stamp.is_file() and stamp.read_text() == "\n".join(REQUIREMENTS) and works(folder) is None


def works(folder: Path) -> str | None:
    return failure([python_of(folder), "-I", "-c", "import canaille.scim.client"])


def made(folder: Path) -> Path | str:
    complaints = []
    for commands in ways(folder):
        shutil.rmtree(folder, ignore_errors=True)
        complaint = next(filter(None, map(failure, commands)), None) or works(folder)
        if complaint is None:
            stamp_of(folder).write_text("\n".join(REQUIREMENTS))
            return python_of(folder)
        complaints.append(complaint)
    shutil.rmtree(folder, ignore_errors=True)
    return f"canaille, the identity provider this test runs, could not be installed: {'; '.join(complaints)}"


def ways(folder: Path) -> list[list[list[object]]]:
    """The commands of each way to make it, best first: uv, the pip of this machine, the pip that venv brings along."""
    # The Python outside our own environment: the new one must not hang on the life of ours.
    base, python = getattr(sys, "_base_executable", sys.executable), python_of(folder)
    install = ["install", "--quiet", *REQUIREMENTS]
    ways: list[list[list[object]]] = [
        [[base, "-m", "venv", "--without-pip", folder], [base, "-m", "pip", "--python", python, *install]],
        [[base, "-m", "venv", folder], [python, "-m", "pip", *install]],
    ]
    uv = shutil.which("uv") or (OWN_UV if OWN_UV.exists() else None)
    if uv is not None:
        make = [uv, "venv", "--quiet", "--python", base, folder]
        ways.insert(0, [make, [uv, "pip", *install, "--python", python]])
    return ways


def failure(command: list[object]) -> str | None:
    """Run it; None when it succeeded, else its last words."""
    words = [str(word) for word in command]
    name = " ".join([Path(words[0]).name, *words[1:4]])
    try:
        done = subprocess.run(
            words, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as caught:
        return f"`{name}`: {caught}"[:300]
    said = (done.stderr.strip() or done.stdout.strip() or f"status {done.returncode}").splitlines()
    return None if done.returncode == 0 else f"`{name}`: {said[-1].strip()}"[:300]


def environment() -> dict[str, str]:
    """The machine's own settings for pip and uv, less what points at our environment or forbids making another."""
    own = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}
    kept = {name: value for name, value in os.environ.items() if name not in own}
    if CERTIFICATES.exists():
        kept.setdefault("SSL_CERT_FILE", str(CERTIFICATES))
    return {**kept, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
