"""`coe audit`: reading, verifying and exporting the audit log, and sealing it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from app.operator import fail, first_line, parts, settings, working

commands = typer.Typer(no_args_is_help=True, help="The audit log: verify, export, seal.")


def _told(count: int) -> None:
    typer.echo(f"\r{count} events", err=True, nl=False)


def _progress() -> Callable[[int], None] | None:
    return _told if sys.stderr.isatty() else None


@commands.command("verify")
def verify(
    against: Annotated[
        list[Path] | None, typer.Option(help="Checkpoints that were kept elsewhere, one JSON line each.")
    ] = None,
) -> None:
    """Walk the whole audit log, its checkpoints and those kept elsewhere; exit 1 with the first bad sequence number."""
    from app.audit import verifier
    from app.audit.checkpoints import service as checkpoints
    from app.sweeping.service import notary_of

    told = settings()
    notary = notary_of(told)()
    kept: list[verifier.Checkpoint] = []
    files = [*(against or []), *([told.checkpoints] if told.checkpoints.exists() else [])]
    for file in files:
        try:
            with file.open(encoding="utf-8", errors="replace") as opened:
                kept += verifier.checkpoints_of(opened, checkpoints.keys_of(notary))
        except (OSError, ValueError) as error:
            raise fail(f"{file}: {first_line(error)}") from error
    with working(write=False, anew=True) as work:
        found, signed = checkpoints.verify(work, notary, kept, _progress())
    if isinstance(found, verifier.Flaw):
        typer.echo(f"altered at {found.seq}: {found.what}")
        raise typer.Exit(1)
    typer.echo(f"verified: {found} events, {signed} checkpoints")


@commands.command("replay")
def replay() -> None:
    """Rebuild from the log alone what the tables hold, beside them; exit 1 with the first differences if there are any."""
    from app.replaying import service as replaying

    with working(write=False, anew=True) as work:
        found = replaying.replay(work, _progress())
    for one in found.differences:
        typer.echo(str(one))
    if found.more:
        typer.echo("and more")
    if found.differences:
        raise typer.Exit(1)
    typer.echo(f"replayed: {found.events} events; the tables are what they tell")


@commands.command("checkpoint")
def checkpoint() -> None:
    """Sign what was written until now, and print the newest checkpoint as one JSON line, to be kept elsewhere."""
    from app.audit.checkpoints import service, worker
    from app.kernel.access import operator_work
    from app.sweeping.service import notary_of

    house, notary = parts(), notary_of(settings())
    try:
        worker.seal(notary, house)
    except worker.NotSigned as error:
        raise fail(f"nothing is signed: {error}", 1) from error
    with operator_work(house, write=False) as work:
        one = service.newest(work)
    if one is None:
        raise fail("the audit log is empty: there is nothing to sign.")
    typer.echo(one.line())


@commands.command("export")
def export(
    values: Annotated[
        bool, typer.Option("--values", help="With the personal values that still exist, and their salts.")
    ] = False,
) -> None:
    """Print the audit log as JSON lines, each event exactly as it was hashed; `verifier.py` reads it without this service."""
    from app.audit import service as audit

    with working(write=False, anew=True) as work:
        for line in audit.lines(work, values=values):
            sys.stdout.write(f"{line}\n")


@commands.command("accept-restore")
def accept_restore(
    reason: Annotated[str, typer.Option(help="What happened, for the log.")],
) -> None:
    """Go on with an older copy of the database, after a restore: the service refuses it until an operator says so."""
    from app.audit.checkpoints import service, worker
    from app.erasure import worker as erasures
    from app.kernel.access import operator_work
    from app.sweeping.service import notary_of

    told = settings()
    notary, house = notary_of(told), parts(anew=True)
    known = service.known(told.checkpoints, notary)
    with operator_work(house, write=False) as work:
        wrong = service.lacking(work, known)
    if wrong is None:
        raise fail("the database holds everything that was signed: there is nothing to accept.")
    worker.begin_anew(notary(), house, known, reason)
    erased = erasures.again(told.erasures, house)
    if erased:
        typer.echo(f"{erased} people who had been erased since were erased again.", err=True)
    typer.echo(f"Accepted, though {wrong}.", err=True)


@commands.command("keys")
def keys() -> None:
    """Print the public keys of the checkpoints as a JWK Set (RFC 7517), for `verifier.py --keys`."""
    from app.sweeping.service import notary_of

    typer.echo(json.dumps({"keys": [dict(one) for one in notary_of(settings())().public.values()]}))
