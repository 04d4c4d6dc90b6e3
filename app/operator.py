"""What every command needs: the settings, the database, a transaction, a person by name; and to say no in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

from app.kernel import memory
from app.kernel.errors import DomainError
from app.settings import BadSettings, Settings, load

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.audit.rules import Known
    from app.directory.rules import Employee
    from app.kernel.access import House
    from app.kernel.work import Work


def fail(message: str, code: int = 2) -> typer.Exit:
    """Say what is wrong, on standard error; the exit to raise."""
    typer.echo(f"coe: {message}", err=True)
    return typer.Exit(code)


def first_line(error: BaseException) -> str:
    """The first line of what an error says: the rest is for developers."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def settings() -> Settings:
    """The environment, or an exit that says which setting is wrong."""
    try:
        return load()
    except BadSettings as error:
        raise fail(str(error)) from error


def parts(*, anew: bool = False) -> "House":
    """The database of the environment, migrated; or an exit that says what to do. ``anew``: it may be older than the
    newest checkpoint that was kept.
    """
    from app import migrating
    from app.audit.rules import Known
    from app.kernel.database import engine_for

    told = settings()
    engine = engine_for(told.database_url, pooled=told.pooled)
    wrong = migrating.behind(engine)
    if wrong:
        raise fail(f"{wrong}; run `coe migrate` first.")
    house = house_on(engine, Known() if anew else _known(told))
    memory.started()
    return house


def _known(told: Settings) -> "Known":
    """What was kept of the log's checkpoints: whatever a command writes, it writes behind them."""
    from app.audit.checkpoints import service
    from app.identity import signing

    return service.known(
        told.checkpoints, lambda: signing.notary(told.keys, told.public_url.rstrip("/"), told.checkpoints)
    )


def house_on(engine: "Engine", known: "Known") -> "House":
    """What a command works with: every table, and no route. Those take longer to load than most commands to run.

    ``known``: of which event of the log it is known already.
    """
    from sqlalchemy.orm import sessionmaker

    import app.schema  # noqa: F401 - what a command does not write to is referred to
    from app.audit.service import KNOWN
    from app.kernel.access import House
    from app.kernel.clock import system_clock
    from app.kernel.database import reading
    from app.notices import service as notices

    writes = sessionmaker(engine, info={KNOWN: known})
    return House(writes, sessionmaker(reading(engine)), system_clock, _nobody_calls, notices.seal)


def _nobody_calls(*_: object) -> NoReturn:
    raise RuntimeError("a command serves no request")


@contextmanager
def working(*, write: bool = True, anew: bool = False) -> Iterator["Work"]:
    """One transaction of the operator; a refusal is said in words and ends with exit 2. ``anew``: as ``parts`` has it."""
    from app.kernel.access import operator_work

    try:
        with operator_work(parts(anew=anew), write=write) as work:
            yield work
    except DomainError as error:
        raise fail(str(error)) from error


def person(work: "Work", who: str) -> "Employee":
    """The one employee that the text names."""
    from app.directory import store as directory

    found = directory.find_employees(work.session, who)
    if len(found) != 1:
        raise fail(f"{who!r} names {'two employees; use the employee id' if found else 'no employee'}.")
    return found[0]
