"""Rows a second, and memory, of the imports."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from .databases import fresh
from .processes import Failed, Installation, Took, coe
from .report import Table, mib, rate, seconds

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Load:
    """One file, the first time and again."""

    file: str
    rows: int
    first: Took
    again: Took
    done: str


def files(exports: list[Path]) -> list[tuple[Path, list[str]]]:
    """Every file of these exports, in their order, with the options that its command needs."""
    found: list[tuple[Path, list[str]]] = []
    for day in exports:
        for name, options in (("employees", ["--complete", "--confirm-leavers"]), ("accounts", [])):
            if (day / f"{name}.csv").exists():
                found.append((day / f"{name}.csv", options))
    return found


def imports(table: Table, server: sa.URL, exports: list[Path], repeats: int) -> None:
    """Each file into the database the one before left, and at once again; every repeat begins with a new database."""
    runs: dict[str, list[list[Load]]] = {kind: [] for kind in KINDS}
    idle: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(repeats):
        for kind in KINDS:
            with fresh(kind, server) as at:
                idle[kind].append(_nothing(at, files(exports)[0][0]))
                runs[kind].append([_load(at, file, options) for file, options in files(exports)])
    base = {kind: median(idle[kind]) for kind in KINDS}
    table.row("`coe import employees` of a file without rows: start and end", *(seconds(base[kind]) for kind in KINDS))
    for index, one in enumerate(runs["sqlite"][0]):
        loads = [[run[index] for run in runs[kind]] for kind in KINDS]
        table.row(
            f"`{one.file}`, {one.rows} rows ({one.done})",
            *(_first(load, base[k]) for load, k in zip(loads, KINDS, strict=True)),
        )
        table.row(
            f"`{one.file}` again, nothing changes",
            *(_again(load, base[k]) for load, k in zip(loads, KINDS, strict=True)),
        )


def _nothing(at: Installation, like: Path) -> float:
    """The time of the same command with no row to load."""
    header = like.read_text(encoding="utf-8").splitlines()[0]
    empty = at.folder / "empty.csv"
    empty.write_text(header + "\n", encoding="utf-8")
    return coe(at, "import", "employees", empty, "--json").seconds


def _load(at: Installation, file: Path, options: list[str]) -> Load:
    words: tuple[str | Path, ...] = ("import", file.stem, file.resolve(), *options, "--json")
    first, again = (coe(at, *words, ok=(0, 1)) for _ in range(2))
    counts, then = (json.loads(took.output.splitlines()[-1]) for took in (first, again))
    if then["created"] or then["updated"] or then["left"]:
        raise Failed(f"{file} changed something when loaded again: {then}")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = sum(1 for _ in csv.reader(lines)) - 1
    done = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
    return Load(f"{file.parent.name}/{file.name}", rows, first, again, done)


def _first(loads: list[Load], base: float) -> str:
    return _told(loads[0].rows, [one.first for one in loads], base)


def _again(loads: list[Load], base: float) -> str:
    return _told(loads[0].rows, [one.again for one in loads], base)


def _told(rows: int, took: list[Took], base: float) -> str:
    whole, peak = median(one.seconds for one in took), median(one.peak for one in took)
    loading = whole - base
    # A difference smaller than this is the noise of two starts, and says nothing of rows.
    speed = rate(rows / loading) if loading > whole / 20 else "too quick to tell"
    return f"{speed}, {seconds(whole)}, {mib(peak)}"
