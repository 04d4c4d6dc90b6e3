"""The organisation that is called, from a fresh copy whenever that is wanted, and who calls."""

import asyncio
import logging
import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
import structlog

from app.kernel.actor import Permission
from app.kernel.rates import Limits
from app.roles.rules import CLIENT_TABLE, EMPLOYEE, TABLE, ClientScope
from tests.matrix import CLIENTS, NOBODY, PEOPLE, Org
from tests.routes import send

CALLERS = (*PEOPLE, *CLIENTS)


def holders(permission):
    """Those whom the table lets in; everybody, where there is no lock."""
    if permission is None:
        return CALLERS
    wanted = Permission(permission)
    return tuple(one for one in CALLERS if wanted in _held(one))


def _held(caller):
    if caller.client:
        return CLIENT_TABLE.get(ClientScope(caller.client), ())
    return {*TABLE[EMPLOYEE], *(TABLE[caller.role] if caller.role else ())}


@contextmanager
def quietly():
    """Without a line of log for each of thousands of requests."""
    usual = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**usual)


class Untimed(Limits):
    """No limits, and whatever is denied is told of. Else the log would be as long as the machine was slow, and answers that
    hang on its length would be others every time.
    """

    def tells(self, actor):
        return True


class Called:
    """The organisation of the matrix, with a token for everybody, and a way back to how it was founded."""

    def __init__(self, url, folder, *, keep, renew):
        self.org = Org(url, folder)
        self.org.app.state.house = replace(self.org.house, limits=Untimed({}))
        self.tokens = {one: self.org.bearer(one) for one in (NOBODY, *CALLERS)}
        self._renew = renew
        self._line = asyncio.Runner()
        self.org.app.state.engine.dispose()
        keep()

    def afresh(self):
        """Everything as on the first day."""
        self.org.app.state.engine.dispose()
        self.org.launched.clear()
        self._renew()
        self.org.anew()

    def send(self, caller, method, target, **sent):
        """One request as a server hands it over: status, headers, body."""
        return self._line.run(send(self.org.app, method, target, bearer=self.tokens[caller], **sent))

    def close(self):
        self._line.close()
        self.org.close()


@contextmanager
def on_sqlite(template, folder):
    """Copies of a file."""
    path, kept = Path(folder) / "coe.db", Path(folder) / "kept.db"
    shutil.copy(template, path)

    def keep():
        with sa.create_engine(f"sqlite:///{path}").connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(path, kept)

    def renew():
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        shutil.copy(kept, path)

    made = Called(f"sqlite:///{path}", folder, keep=keep, renew=renew)
    yield made
    made.close()


@contextmanager
def on_postgres(server, template, folder, name):
    """A database made of another, anew each time."""

    def run(*statements):
        engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            for one in statements:
                connection.exec_driver_sql(one)

    def copy(to, of):
        run(f"DROP DATABASE IF EXISTS {to} WITH (FORCE)", f"CREATE DATABASE {to} TEMPLATE {of} STRATEGY FILE_COPY")

    copy(name, template)
    url = server.set(database=name).render_as_string(hide_password=False)
    made = Called(
        url, folder, keep=lambda: copy(f"{name}_kept", name), renew=lambda: copy(name, f"{name}_kept")
    )  # fmt: skip
    yield made
    made.close()
    run(*(f"DROP DATABASE IF EXISTS {one} WITH (FORCE)" for one in (name, f"{name}_kept")))
