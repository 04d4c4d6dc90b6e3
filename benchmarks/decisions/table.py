"""One table: what was measured, what it is compared with, and the goal."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS-DECISIONS.md")
_HEAD = ("", "measured", "beside", "ratio", "goal")


@dataclass(frozen=True, slots=True)
class Goal:
    """At least so much of what a row is about, its ratio or its figure; or at most."""

    bound: float
    told: str
    most: bool = False

    def met(self, value: float) -> bool:
        """Is it reached?"""
        return value <= self.bound if self.most else value >= self.bound


def at_least(bound: float, unit: str = " x") -> Goal:
    """A goal to reach."""
    return Goal(bound, f">= {bound:,g}{unit}")


def at_most(bound: float, unit: str = " x") -> Goal:
    """A goal not to pass."""
    return Goal(bound, f"<= {bound:,g}{unit}", most=True)


@dataclass
class Table:
    """Rows by figure, and remarks."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missed: int = 0

    def heading(self, what: str) -> None:
        """A figure begins."""
        self.rows.append((what,))
        _tell(what)

    def row(self, what: str, measured: str, beside: str = "", ratio: float | None = None, goal: Goal | None = None,
            value: float | None = None) -> None:  # fmt: skip
        """One measure. The goal is about ``value``, else about the ratio; one that is missed gets an exclamation mark."""
        judged = ratio if value is None else value
        missed = goal is not None and judged is not None and not goal.met(judged)
        self.missed += missed
        shown = "" if ratio is None else f"{ratio:.3g} x" if ratio < 100 else f"{ratio:,.0f} x"
        cells = (f"  {what}", measured, beside, shown, f"{goal.told}{'!' if missed else ''}" if goal else "")
        self.rows.append(cells)
        _tell("  ".join(filter(None, cells)))

    def skipped(self, what: str, why: str) -> None:
        """A measure that could not be taken, and why."""
        self.rows.append((f"  {what}", "skipped", why))
        _tell(f"  {what}: skipped, {why}")

    def note(self, text: str) -> None:
        """A remark below the table."""
        self.notes.append(text)
        _tell(f"  note: {text}")

    def text(self) -> str:
        """For the terminal; long remarks in a row do not widen the columns of the others."""
        full = [_HEAD, *(row for row in self.rows if len(row) == len(_HEAD))]
        widths = [max(len(row[i]) for row in full) for i in range(len(_HEAD))]
        lines = [_line(row, widths) for row in (_HEAD, *self.rows)]
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], "", *self.notes]).rstrip()

    def markdown(self, about: Sequence[str]) -> str:
        """For the repository."""
        lines = ["# Decisions: results", "", "Written by `make bench-decisions`; ../README.md says how to read it.", ""]
        return "\n".join([*lines, *(f"    {one}".rstrip() for one in (*about, "", *self.text().splitlines()))]) + "\n"


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    if len(row) < len(_HEAD):
        return "  ".join(row)
    cells = (
        f"{cell:{'>' if 0 < i < 4 else '<'}{width}}" for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()


def _tell(what: str) -> None:
    sys.stderr.write(f"  {what}\n")
    sys.stderr.flush()
