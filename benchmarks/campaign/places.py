"""Where the service keeps what it knows, as a campaign needs it: to look into it, and to be done with it.

On SQLite there is one process, with its file on a small volume. Rows do not tell there which transaction wrote them, and
nobody is idle in one; everything else is looked at as it is on PostgreSQL.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from benchmarks.databases import durability
from benchmarks.processes import HOST, Installation

from . import evidence
from .cluster import Cluster
from .evidence import MARKERS, ROWS, Row, Usage

DATABASE = "coe"
_ID = re.compile(r"[0-9a-f]{32}")


class Place(Protocol):
    """A database."""

    @property
    def cluster(self) -> Any:
        """What the nemesis gets hold of."""

    def urls(self) -> list[str]:
        """How each replica reaches it."""

    def rows(self) -> tuple[dict[str, Sequence[Row]], dict[str, Counter[str]]]:
        """The rows and the markers."""

    def held(self, replicas: Iterable[Mapping[str, float]]) -> Usage:
        """What is held now."""

    def about(self, folder: Path) -> str:
        """What it is, and how careful."""

    def end(self) -> None:
        """Nothing of it runs any more."""


@dataclass(slots=True)
class Served:
    """PostgreSQL."""

    cluster: Cluster

    @property
    def dsn(self) -> str:
        """Past every proxy."""
        return self.cluster.primary.dsn.replace("dbname=postgres", f"dbname={DATABASE}")

    @staticmethod
    def url(port: int) -> str:
        """As the service is told it."""
        return f"postgresql+psycopg://postgres@{HOST}:{port}/{DATABASE}"

    def urls(self) -> list[str]:
        return [self.url(port) for port in self.cluster.ports()]

    def rows(self) -> tuple[dict[str, Sequence[Row]], dict[str, Counter[str]]]:
        return evidence.rows(self.dsn)

    def held(self, replicas: Iterable[Mapping[str, float]]) -> Usage:
        return evidence.held(self.dsn, replicas)

    def about(self, folder: Path) -> str:
        return durability(Installation("postgresql", self.url(self.cluster.primary.port), folder, 0))

    def end(self) -> None:
        self.cluster.end()


@dataclass(slots=True)
class Embedded:
    """SQLite: also what the nemesis gets hold of. Nothing of it ever runs by itself."""

    folder: Path
    standby: None = None
    process: None = None

    @property
    def file(self) -> Path:
        """The database."""
        return self.folder / "coe.db"

    @property
    def cluster(self) -> "Embedded":
        """Itself."""
        return self

    @property
    def primary(self) -> "Embedded":
        """Itself."""
        return self

    def urls(self) -> list[str]:
        return [f"sqlite:///{self.file}"]

    def rows(self) -> tuple[dict[str, Sequence[Row]], dict[str, Counter[str]]]:
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("BEGIN")
            found: dict[str, Sequence[Row]] = {
                name: [_row(one) for one in connection.execute(_spelled(told))] for name, told in ROWS.items()
            }
            marked = {kind: Counter(one[0] for one in connection.execute(told)) for kind, told in MARKERS.items()}
        return found, marked

    def held(self, replicas: Iterable[Mapping[str, float]]) -> Usage:
        return Usage(replicas=list(replicas))

    def about(self, folder: Path) -> str:
        return durability(Installation("sqlite", self.urls()[0], folder, 0))

    def start(self) -> None:
        """There is nothing to be started."""

    def heal(self) -> None:
        """There is nothing to be mended."""

    def end(self) -> None:
        """Nothing runs."""


def _spelled(told: str) -> str:
    return told.replace("xmin::text", "''").replace("::text", "")


def _row(one: sqlite3.Row) -> dict[str, Any]:
    """As PostgreSQL would tell it: ids with their dashes, lists as lists."""
    values = {name: one[name] for name in one.keys()}  # noqa: SIM118 - a row goes through its values, not its names
    found = {
        name: str(UUID(value)) if isinstance(value, str) and _ID.fullmatch(value) else value
        for name, value in values.items()
    }
    if isinstance(found.get("rights"), str):
        found["rights"] = json.loads(found["rights"])
    return found
