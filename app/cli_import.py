"""`coe import`: business units, employees, accounts, completions, observations and discoveries from CSV files."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO
from uuid import UUID

import typer

from app.kernel.errors import DomainError
from app.operator import fail, parts, settings

if TYPE_CHECKING:
    from app.imports.rules import Change, Columns, Rejected
    from app.imports.runs.rules import Asked
    from app.kernel.access import House

commands = typer.Typer(
    no_args_is_help=True,
    help="Load CSV files: business units, employees, accounts, completions, observations, discoveries.",
)
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file in UTF-8.")]
Rejects = Annotated[Path | None, typer.Option(help="Where to write the rejected rows, with line and reason.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON line.")]
SHOWN = 20
"""How many rejected rows are told on the terminal."""


@commands.command("business-units")
def business_units(file: File, rejects: Rejects = None, as_json: AsJson = False) -> None:
    """Load business units: key, name, parent, function, region, timezone."""
    from app.imports.service import import_business_units

    _run(file, rejects, as_json, "business_units", import_business_units)


@commands.command("employees")
def employees(
    file: File,
    complete: Annotated[bool, typer.Option("--complete", help="Whoever is missing from the file has left.")] = False,
    confirm_leavers: Annotated[
        bool, typer.Option("--confirm-leavers", help="Yes, as many as that have left (more than 10 %).")
    ] = False,
    columns: Annotated[
        str | None,
        typer.Option(help="A preset, or a TOML file that describes the columns; known by the header unless told."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing, only say what would be done.")] = False,
    changes: Annotated[
        Path | None, typer.Option(help="With --dry-run: where to write whom it would touch, and in what.")
    ] = None,
    rejects: Rejects = None,
    as_json: AsJson = False,
) -> None:
    """Load employees from an HRIS export: joiners, movers, leavers."""
    from app.imports.columns.service import from_file
    from app.imports.service import import_employees

    if changes is not None and not dry_run:
        raise fail("--changes is of a --dry-run; what a run has changed stands in the audit log.")
    said = from_file(columns) if columns else None
    options = {"columns": said, "complete": complete, "confirm_leavers": confirm_leavers, "dry_run": dry_run}
    with _changes(changes) as tell:
        _run(file, rejects, as_json, "employees", import_employees, changes=tell, **options)


@contextmanager
def _changes(path: Path | None) -> "Iterator[Callable[[Change], None] | None]":
    """What writes one line per person: employee_id, what, fields."""
    from app.kernel.sheets import csv_line

    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8", newline="") as target:
        target.write(csv_line(("employee_id", "what", "fields")))

        def tell(one: "Change") -> None:
            target.write(csv_line((one.employee_id, one.what, " ".join(one.fields))))

        yield tell


@commands.command("accounts")
def accounts(file: File, rejects: Rejects = None, as_json: AsJson = False) -> None:
    """Load an inventory of accounts; they are taken to be active."""
    from app.imports.service import import_accounts

    _run(file, rejects, as_json, "accounts", import_accounts)


@commands.command("completions")
def completions(file: File, rejects: Rejects = None, as_json: AsJson = False) -> None:
    """Load completions of courses: employee (HR's id, e-mail or user name), course, completed_at, source."""
    from app.imports.service import import_completions

    _run(file, rejects, as_json, "completions", import_completions)


@commands.command("observations")
def observations(file: File, rejects: Rejects = None, as_json: AsJson = False) -> None:
    """Load observations of KPIs: account (id or network:handle), kpi, period_from, period_until, value, source."""
    from app.imports.service import import_observations

    _run(file, rejects, as_json, "observations", import_observations)


@commands.command("discoveries")
def discoveries(file: File, rejects: Rejects = None, as_json: AsJson = False) -> None:
    """Load what was seen on the networks: network, handle or url, source, seen_at, and what was seen."""
    from app.imports.service import import_discoveries

    _run(file, rejects, as_json, "discoveries", import_discoveries)


@commands.command("columns")
def columns(
    name: Annotated[str | None, typer.Argument(help="A preset; without it they are listed.")] = None,
) -> None:
    """List the presets of columns, or print one as TOML: something to begin a description of your own with."""
    from app.imports.columns import rules

    if name is not None:
        typer.echo(rules.text_of(name), nl=False)
        return
    width = max(map(len, rules.names()))
    for one in rules.names():
        typer.echo(f"{one:<{width}}  {rules.title_of(one)}")


@commands.command("run", hidden=True)
def run(id: str) -> None:
    """Work on an uploaded file: what the service starts a process for."""
    from app import serving
    from app.imports.runs import worker
    from app.kernel.uploads import Spool

    told = settings()
    serving.log(told.log_level)
    worker.heed_signals()
    worker.work_off(parts(), Spool(told.spool, told.import_max_bytes), UUID(id))


def _run(file: Path, rejects: Path | None, as_json: bool, kind: str, load: Callable[..., Any], **options: Any) -> None:
    house = parts()
    try:
        with _Told.over(file, rejects) as told, _progress(file.name) as progress:
            said = options.pop("columns", None)
            if kind == "employees":
                options["columns"] = _columns(file, said)
            asked = _asked(kind, said, options)
            summary = _recorded(
                house, file, asked, told, progress, lambda *args, **more: load(*args, **options, **more)
            )
    except DomainError as error:
        hint = " Say --confirm-leavers to confirm." if error.code == "mass_deactivation_guard" else ""
        raise fail(f"{file.name} is refused whole: {error}{hint}") from error
    told.tell()
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        typer.echo(", ".join(f"{n} {what}" for what, n in summary.items()))
    raise typer.Exit(1 if summary["rejected"] else 0)


def _columns(file: Path, said: str | None) -> "Columns":
    """How the columns are meant; what was found by the header is said."""
    from app.imports.columns.rules import GENERIC
    from app.imports.service import columns_of

    found = columns_of(file, said)
    if said is None and found.name != GENERIC:
        typer.echo(f"The columns are those of {found.name}; say --columns to have them read otherwise.", err=True)
    return found


def _asked(kind: str, said: str | None, options: Mapping[str, Any]) -> "tuple[Asked, str | None]":
    """What the run is to be, and the name of the columns it is read by."""
    from app.imports.runs.rules import Asked, Kind

    flags = {name: options[name] for name in ("complete", "confirm_leavers", "dry_run") if name in options}
    columns = options["columns"].name if "columns" in options else None
    return Asked(Kind(kind), columns=said, **flags), columns


def _recorded(
    house: "House", file: Path, asked: "tuple[Asked, str | None]", told: "_Told", progress: Callable[..., None],
    load: Callable[..., Any],
) -> dict[str, int]:  # fmt: skip
    """Load the file, and write the run down; a dry one leaves no trace at all."""
    from app.imports.runs import worker
    from app.imports.runs.rules import File

    def loads(acting: "House", done: Callable[..., None], reject: Callable[..., None]) -> Any:
        return load(acting, file, progress=_both(progress, done), reject=_both(told, reject), held=True)

    if asked[0].dry_run:
        summary = load(house, file, progress=progress, reject=told)
    else:
        about = File(file.name[:200], file.stat().st_size, header=told.header)
        summary = worker.record(house, asked[0], about, asked[1], loads)
    counts: dict[str, int] = summary.as_dict()
    return counts


def _both(one: Callable[..., None], other: Callable[..., None]) -> Callable[..., None]:
    def call(*args: Any) -> None:
        one(*args)
        other(*args)

    return call


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on a terminal; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class _Told:
    """Takes the rejected rows: all of them into a file, the first for the terminal."""

    def __init__(self, header: tuple[str, ...], target: TextIO | None) -> None:
        self.header, self.target = header, target
        self.count, self.first = 0, list["Rejected"]()

    @classmethod
    @contextmanager
    def over(cls, file: Path, rejects: Path | None) -> Iterator["_Told"]:
        """With the file open: that it cannot be written is better known before the work than after."""
        from app.imports.runs.rules import PER_ROW
        from app.imports.service import header_of
        from app.kernel.sheets import csv_line

        with rejects.open("w", encoding="utf-8", newline="") if rejects else nullcontext() as target:
            told = cls(header_of(file), target)
            if target:
                target.write(csv_line((*PER_ROW, *told.header)))
            yield told

    def __call__(self, one: "Rejected") -> None:
        from app.imports.runs.rules import cells_of
        from app.kernel.sheets import csv_line

        self.count += 1
        if self.count <= SHOWN:
            self.first.append(one)
        if self.target:
            self.target.write(csv_line((str(one.line), one.code, one.message, *cells_of(one, self.header))))

    def tell(self) -> None:
        """Say on standard error which rows were rejected."""
        for one in self.first:
            typer.echo(f"line {one.line}: {one.message} ({one.code})", err=True)
        if self.count > SHOWN:
            typer.echo(f"... and {self.count - SHOWN} more", err=True)
