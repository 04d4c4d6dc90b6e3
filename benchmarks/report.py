"""One table, on the terminal and as Markdown, with what it was measured on."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HEAD = ("", "SQLite", "PostgreSQL")
RESULTS = Path(__file__).with_name("RESULTS.md")
PACKAGES = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "psycopg", "pydantic")


class Table:
    """Rows of (what, SQLite, PostgreSQL), and remarks."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str]] = []
        self.notes: list[str] = []

    def row(self, what: str, sqlite: str, postgresql: str) -> None:
        """One measure; empty where the database plays no part."""
        self.rows.append((what, sqlite, postgresql))
        sys.stderr.write(f"  {what}: {sqlite}{' | ' if postgresql else ''}{postgresql}\n")

    def note(self, text: str) -> None:
        """A remark below the table."""
        self.notes.append(text)
        sys.stderr.write(f"  note: {text}\n")

    def text(self) -> str:
        """For the terminal."""
        widths = [max(len(row[i]) for row in (HEAD, *self.rows)) for i in range(3)]
        lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in (HEAD, *self.rows)]
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], "", *self.notes])

    def markdown(self, about: list[str]) -> str:
        """For the repository."""
        lines = ["# Results", "", "Written by `python -m benchmarks`; README.md says how to read it.", ""]
        lines += [f"- {one}" for one in about]
        lines += ["", "| what (medians) | SQLite | PostgreSQL |", "|---|---:|---:|"]
        lines += [f"| {a} | {b} | {c} |" for a, b, c in self.rows]
        lines += ["", *(f"{note}\n" for note in self.notes)]
        return "\n".join(lines).rstrip() + "\n"


def machine(durabilities: list[str]) -> list[str]:
    """What it was measured on."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}",
        f"{_processor()}, {os.cpu_count()} cores, {_memory()} GiB; {platform.system()} {platform.release()}; load averages at the end {load}",
        f"Python {platform.python_version()}, {packages}",
        *durabilities,
    ]


def _commit() -> str:
    words = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(words, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def seconds(value: float) -> str:
    """A duration, in seconds."""
    return f"{value:.2f} s"


def millis(value: float) -> str:
    """A duration given in seconds, in milliseconds."""
    return f"{1000 * value:.1f} ms"


def rate(value: float, what: str = "") -> str:
    """So many a second."""
    return f"{value:,.0f}{what} /s" if value >= 100 else f"{value:.1f}{what} /s"


def mib(value: float) -> str:
    """Memory."""
    return f"{value:.0f} MiB"
