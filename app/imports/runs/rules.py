"""What a run of an import is, and when one that says nothing any more is taken to have ended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from app.imports.rules import ImportRunning, Rejected, other_format
from app.kernel.actor import Actor, ActorKind
from app.kernel.errors import Conflict, DomainError, FieldError, Invalid, UnsupportedMediaType
from app.kernel.sheets import csv_line

SILENT_AFTER: Final = timedelta(seconds=30)
"""A run at work gives a sign of life each second."""
KEPT_FOR: Final = timedelta(days=30)
"""How long rejected rows are kept: they hold what HR knows of people."""
PER_ROW: Final = ("line", "code", "message")
"""What stands before the cells of a rejected row."""
CSV_TYPES: Final = frozenset(
    {
        "", "text/csv", "application/csv", "application/x-csv", "text/x-csv", "text/comma-separated-values", "text/plain",
        "application/vnd.ms-excel", "application/octet-stream",
    }
)  # fmt: skip
"""How browsers and tools call a CSV file, also those that do not know one, or have Excel installed."""
_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii"})
_FLAGS: Final = ("complete", "confirm_leavers", "dry_run")
_FIELDS: Final = ("kind", *_FLAGS, "columns")
_BOOLEANS: Final = MappingProxyType({"true": True, "false": False})


class Kind(StrEnum):
    """What a file lists."""

    EMPLOYEES = "employees"
    ACCOUNTS = "accounts"
    BUSINESS_UNITS = "business_units"
    COMPLETIONS = "completions"
    OBSERVATIONS = "observations"
    DISCOVERIES = "discoveries"


class RunState(StrEnum):
    """``refused``: the file as a whole, nothing was changed. ``failed``: it broke off; run again, it goes on."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


ALIVE: Final = frozenset({RunState.QUEUED, RunState.RUNNING})


class ImportFailed(Conflict):
    """The run broke off. What was written is whole; run again, the same file completes it."""

    code = "import_failed"
    title = "The import broke off"


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``columns``: by which its columns were read; ``described``: those, where they are nobody's but its own.

    ``summary``: the counts, once it is done. ``problem``: why it was refused or failed (``code``, ``title``, ``detail``).
    """

    id: UUID
    kind: Kind
    state: RunState
    complete: bool
    confirm_leavers: bool
    dry_run: bool
    columns: str | None
    described: str | None
    header: Sequence[str]
    file_name: str
    file_size: int
    file_sha256: str | None
    actor_kind: ActorKind
    actor_id: UUID | None
    actor_roles: Sequence[str]
    done: int
    total: int | None
    summary: Mapping[str, int] | None
    problem: Mapping[str, str] | None
    started_at: datetime | None
    seen_at: datetime
    finished_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def actor(self) -> Actor:
        """In whose name it works. What they may do was asked when they started it."""
        return Actor(self.actor_kind, self.actor_id, tuple(self.actor_roles))

    def silent(self, at: datetime) -> bool:
        """Has it said nothing for so long that whoever worked on it must be gone?"""
        return self.state in ALIVE and at - self.seen_at > SILENT_AFTER

    def as_of(self, at: datetime) -> "Run":
        """The run as it is to be told: one that fell silent has failed, whether or not anybody wrote that down."""
        return replace(self, state=RunState.FAILED, problem=told_problem(gone())) if self.silent(at) else self


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants done with a file."""

    kind: Kind = Kind.EMPLOYEES
    complete: bool = False
    confirm_leavers: bool = False
    dry_run: bool = False
    columns: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """The file of a run, with its header as written."""

    name: str
    size: int
    sha256: str | None = None
    header: tuple[str, ...] = ()


def gone() -> ImportFailed:
    """Nobody works on the run any more."""
    return ImportFailed(
        "The process that worked on it is gone. What was written is whole; run it again to complete it."
    )


def broke_off(error: BaseException) -> ImportFailed:
    """Something went wrong that is no refusal."""
    what = type(error).__name__
    return ImportFailed(f"It broke off ({what}). What was written is whole; run it again to complete it.")


def busy(run: Run) -> ImportRunning:
    """One at a time: two would judge each other's people absent."""
    return ImportRunning(
        f"Import {run.id} is running. Wait for it to end, and run this one again.", members={"import_id": str(run.id)}
    )


def told_problem(error: DomainError) -> dict[str, str]:
    """Why a run did not end well, as it is kept."""
    return {"code": error.code, "title": error.title, "detail": str(error)}


def asked(fields: Mapping[str, str]) -> Asked:
    """What the fields of a form ask for. Raises ``Invalid``, naming each that is wrong."""
    faults = [
        FieldError(f"/{name[:100]}", "unknown_field", f"There is no such field; there are: file, {', '.join(_FIELDS)}.")
        for name in fields
        if name not in _FIELDS
    ]
    faults += [
        FieldError(f"/{name}", "not_a_boolean", "This must be true or false.")
        for name in _FLAGS
        if fields.get(name, "false") not in _BOOLEANS
    ]
    if fields.get("kind", Kind.EMPLOYEES) != Kind.EMPLOYEES:
        faults.append(FieldError("/kind", "unknown_kind", "Over HTTP only employees are imported."))
    if faults:
        raise Invalid(" ".join(f"{one.pointer}: {one.message}" for one in faults[:5]), errors=faults[:20])
    complete, confirm, dry = (_BOOLEANS[fields.get(name, "false")] for name in _FLAGS)
    return Asked(Kind.EMPLOYEES, complete, confirm, dry, fields.get("columns") or None)


def check_type(media_type: str, start: bytes) -> None:
    """Is it CSV, by what is said of it and by how it begins? Raises ``UnsupportedMediaType``."""
    kind, *parameters = (part.strip().lower() for part in media_type.split(";"))
    pairs = [part.partition("=") for part in parameters]
    charsets = {value.strip('" ') for name, _, value in pairs if name == "charset"}
    other = other_format(start)
    if other is not None:
        raise UnsupportedMediaType(f"The file is {other}, whatever it is called. Send CSV in UTF-8.")
    if kind not in CSV_TYPES or not charsets <= _UTF8:
        raise UnsupportedMediaType(f"Send the file as text/csv, in UTF-8; not as {media_type[:100]}.")


def rejects_file(header: Sequence[str], rows: Iterator[tuple[int, str, str, Sequence[str]]]) -> Iterator[str]:
    """The rejected rows as CSV, line by line: where, why, and the cells, so that they can be mended and sent again.

    Each row is (line, code, message, cells).
    """
    yield csv_line((*PER_ROW, *header))
    for line, code, message, cells in rows:
        yield csv_line((str(line), code, message, *cells))


def cells_of(rejected: Rejected, header: Sequence[str]) -> list[str]:
    """The cells of a rejected row in the order of the header, and no more of them than it has."""
    return [rejected.row.get(name, "") for name in header]
