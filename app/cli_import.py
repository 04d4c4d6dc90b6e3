"""`coe import`: business units, employees and accounts from CSV files."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.kernel.errors import DomainError
from app.operator import fail, parts

if TYPE_CHECKING:
    from app.imports.rules import Rejected

commands = typer.Typer(no_args_is_help=True, help="Load CSV files: business units, employees, accounts.")
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file in UTF-8.")]
Rejects = Annotated[Path | None, typer.Option(help="Where to write the rejected rows, with line and reason.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON line.")]
PER_ROW = ("line", "code", "message")


@commands.command("business-units")
def business_units(file: File, rejects: Rejects = None, as_json: AsJson = False) -> None:
    """Load business units: key, name, parent, function, region, timezone."""
    from app.imports.service import import_business_units

    _run(file, rejects, as_json, import_business_units)


@commands.command("employees")
def employees(
    file: File,
    complete: Annotated[bool, typer.Option("--complete", help="Whoever is missing from the file has left.")] = False,
    confirm_leavers: Annotated[
        bool, typer.Option("--confirm-leavers", help="Yes, as many as that have left (more than 10 %).")
    ] = False,
    rejects: Rejects = None,
    as_json: AsJson = False,
) -> None:
    """Load employees from an HRIS export: joiners, movers, leavers."""
    from app.imports.service import import_employees

    _run(file, rejects, as_json, import_employees, complete=complete, confirm_leavers=confirm_leavers)


@commands.command("accounts")
def accounts(file: File, rejects: Rejects = None, as_json: AsJson = False) -> None:
    """Load an inventory of accounts; they are taken to be active."""
    from app.imports.service import import_accounts

    _run(file, rejects, as_json, import_accounts)


def _run(file: Path, rejects: Path | None, as_json: bool, load: Callable[..., Any], **options: bool) -> None:
    house = parts()
    if rejects is not None:
        rejects.open("w").close()  # that it cannot be written is better known before the work than after
    rejected: list[Rejected] = []
    try:
        with _progress(file.name) as progress:
            summary = load(house, file, progress=progress, reject=rejected.append, **options).as_dict()
    except DomainError as error:
        hint = " Say --confirm-leavers to confirm." if error.code == "mass_deactivation_guard" else ""
        raise fail(f"{file.name} is refused whole: {error}{hint}") from error
    _tell(rejected, rejects)
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        typer.echo(", ".join(f"{n} {what}" for what, n in summary.items()))
    raise typer.Exit(1 if summary["rejected"] else 0)


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on a terminal; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _tell(rejected: "list[Rejected]", path: Path | None) -> None:
    for one in rejected[:20]:
        typer.echo(f"line {one.line}: {one.message} ({one.code})", err=True)
    if len(rejected) > 20:
        typer.echo(f"... and {len(rejected) - 20} more", err=True)
    if path is None:
        return
    columns = list(dict.fromkeys([*PER_ROW, *(name for one in rejected for name in one.row)]))
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, columns)
        writer.writeheader()
        for one in rejected:
            writer.writerow({**one.row, "line": one.line, "code": one.code, "message": one.message})
