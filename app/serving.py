"""Starting the service: what must be right before it listens, and the demo."""

import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from app import migrating
from app.kernel import memory
from app.kernel.access import operator_work
from app.kernel.database import engine_for
from app.kernel.outbound import LOOPBACK
from app.settings import Settings, load

GRACE_SECONDS = 15


class NotServed(Exception):
    """Why the service does not start."""


def prepare(settings: Settings, host: str, *, migrate: bool) -> None:
    """Check the settings against where it will listen, migrate where that is allowed. Raises ``NotServed``."""
    if host not in LOOPBACK and settings.public_url.startswith("http://"):
        raise NotServed(f"COE_PUBLIC_URL must be the public https address when listening on {host}.")
    try:
        if migrate and (settings.sqlite or settings.migration_database_url):
            migrating.migrate(settings)
        wrong = migrating.behind(engine_for(settings.database_url, pooled=settings.pooled))
    except SQLAlchemyError as error:
        raise NotServed(
            f"COE_DATABASE_URL: the database cannot be reached or not be read ({type(error).__name__})."
        ) from error
    if wrong:
        raise NotServed(f"{wrong}; run `coe migrate` first.")
    _check_history(settings)


def _check_history(settings: Settings) -> None:
    from app.audit.checkpoints import service as checkpoints
    from app.audit.verifier import BadCheckpoint
    from app.main import house_for
    from app.sweeping.service import notary_of

    try:
        known = checkpoints.known(settings.checkpoints, notary_of(settings))
    except (BadCheckpoint, OSError) as error:
        raise NotServed(f"{settings.checkpoints}, where checkpoints of the audit log are kept: {error}.") from error
    with operator_work(house_for(engine_for(settings.database_url, pooled=settings.pooled)), write=False) as work:
        lacking = checkpoints.lacking(work, known)
    if lacking:
        raise NotServed(f"{lacking}. If that is what you want: `coe audit accept-restore --reason ...`.")


def run(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until told to stop; what is in flight gets some seconds to end."""
    log(settings.log_level)
    more = options(settings)
    uvicorn.run(
        "app.serving:application", factory=True, host=host, port=port, workers=workers if workers > 1 else None, **more
    )


def options(settings: Settings) -> dict[str, Any]:
    """How connections are served, whoever serves them."""
    return {
        "http": "app.kernel.connections:Connection",
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "proxy_headers": settings.role != "decisions",  # where nobody looks at the caller's address
    }


def application() -> Any:
    """The application of the environment, for a server process."""
    from app.main import create_app

    settings = load()
    log(settings.log_level)
    app = create_app(settings, sweeps=True)
    memory.started()
    return app


def log(level: str) -> None:
    """One JSON object a line on standard output; exceptions without the values of local variables."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def demo(port: int) -> None:
    """A private SQLite file in a folder of its own, the demo enterprise in it, served on loopback."""
    from rich.progress import Progress

    from app.demo.service import seed
    from app.main import create_app, house_for

    # The server raises the signal again once it has stopped; as an exit it lets the folder go.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="coe-demo-") as folder:
        for name in [name for name in os.environ if name.startswith("COE_")]:
            del os.environ[name]  # the demo is alone: no setting of a real installation reaches it
        url = f"http://127.0.0.1:{port}"
        settings = load(
            _env_file=None, database_url=f"sqlite:///{Path(folder) / 'demo.db'}", public_url=url, log_level="WARNING"
        )
        migrating.migrate(settings)
        log(settings.log_level)
        with Progress(transient=True) as bar:
            task = bar.add_task("Founding the demo enterprise", total=None)
            seeded = seed(
                house_for(engine_for(settings.database_url)), lambda n, of: bar.update(task, completed=n, total=of)
            )
        app = create_app(
            settings, examples=seeded.examples, notice=f"The demo: every password is {seeded.password}", sweeps=True
        )
        memory.started()
        print(_welcome(seeded, url), flush=True)
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False,
                    timeout_graceful_shutdown=2)  # fmt: skip


def _welcome(seeded: Any, url: str) -> str:
    width = max(len(email) for email, _ in seeded.logins.values())
    lines = [f"  {email:<{width}}  {role}: {name}" for role, (email, name) in seeded.logins.items()]
    return "\n".join(
        [
            "", f"{seeded.company} is open for business.",
            "", f"  Console      {url}/console", f"  Swagger UI   {url}/docs", f"  Password     {seeded.password}",
            "", "Sign in to the console, or log in with Authorize, as any of", "", *lines,
            "", "Press Ctrl+C to stop; nothing of it is kept.", "",
        ]
    )  # fmt: skip


def document() -> dict[str, Any]:
    """The OpenAPI document, whatever the environment says: made on a database in memory that nobody uses."""
    from app.main import create_app

    with tempfile.TemporaryDirectory() as folder:
        settings = load(_env_file=None, database_url="sqlite://", key_dir=Path(folder) / "keys", public_url="http://127.0.0.1:8000",
                        issuer=None, jwks_url=None)  # fmt: skip
        made: dict[str, Any] = create_app(settings).openapi()
        return made
