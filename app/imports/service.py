"""The files an operator loads: business units, people, accounts, completions, observations, discoveries. One import at a time.

Each is read whole and checked before anything is written; what is wrong with the file refuses it whole, what is wrong
with a row rejects that row. ``progress(done, total)`` is called now and then, ``reject`` for each rejected row. ``held``:
the caller keeps other imports out already.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from app.kernel.access import House

from .accounts import service as accounts
from .columns import service as described
from .completions import service as completions
from .discoveries import service as discoveries
from .employees import service as employees
from .observations import service as observations
from .rules import (
    MAX_LINE,
    Change,
    Columns,
    EmptyFile,
    FileRefused,
    ImportRunning,
    Progress,
    Reject,
    Rejected,
    Summary,
    first_record,
    read,
)
from .store import alone
from .units import service as units

__all__ = [
    "Change",
    "FileRefused",
    "ImportRunning",
    "Rejected",
    "Summary",
    "columns_of",
    "header_of",
    "import_accounts",
    "import_business_units",
    "import_completions",
    "import_discoveries",
    "import_employees",
    "import_observations",
]


def import_employees(
    parts: House,
    source: Path,
    *,
    complete: bool,
    confirm_leavers: bool,
    progress: Progress,
    reject: Reject,
    columns: Columns | None = None,
    held: bool = False,
    dry_run: bool = False,
    changes: Callable[[Change], None] | None = None,
) -> Summary:
    """Load an HRIS export; ``columns``: how its columns are meant, by default what ``columns_of`` finds.

    ``dry_run``: change nothing, only count what would be, and call ``changes`` for every person it would touch.

    ``complete``: active people who are not in it have left, if their share is plausible or ``confirm_leavers`` is set.
    Raises ``FileRefused``, ``MassDeactivation``, ``ImportRunning``; nothing is changed then.
    """
    with _opened(source) as raw, _alone(parts, held=held):
        return employees.run(
            parts, raw, complete=complete, confirm_leavers=confirm_leavers, progress=progress, reject=reject,
            columns=columns or columns_of(source), dry_run=dry_run, changes=changes,
        )  # fmt: skip


def _alone(parts: House, *, held: bool) -> AbstractContextManager[None]:
    return nullcontext() if held else alone(parts.writes)


def columns_of(source: Path, said: str | None = None) -> Columns:
    """How the columns of an HRIS export are meant: as said (a preset's name, or a description), else as its header shows.

    Raises ``BadColumns``, ``NotFound``, ``FileRefused``.
    """
    with _opened(source) as raw:
        return described.chosen(said, raw)


def import_accounts(parts: House, source: Path, *, progress: Progress, reject: Reject, held: bool = False) -> Summary:
    """Load an account inventory. Raises ``FileRefused``, ``ImportRunning``; nothing is changed then."""
    with _opened(source) as raw, _alone(parts, held=held):
        return accounts.run(parts, raw, progress=progress, reject=reject)


def import_business_units(
    parts: House, source: Path, *, progress: Progress, reject: Reject, held: bool = False
) -> Summary:
    """Load a tree of units. Raises ``FileRefused``, ``ImportRunning``; nothing is changed then."""
    with _opened(source) as raw, _alone(parts, held=held):
        return units.run(parts, raw, progress=progress, reject=reject)


def import_completions(
    parts: House, source: Path, *, progress: Progress, reject: Reject, held: bool = False, most: int | None = None
) -> Summary:
    """Load completions of courses; ``most``: of a file of at most so many rows.

    Raises ``FileRefused``, ``ImportRunning``; nothing is changed then.
    """
    with _opened(source) as raw, _alone(parts, held=held):
        return completions.run(parts, raw, progress=progress, reject=reject, most=most)


def import_observations(
    parts: House, source: Path, *, progress: Progress, reject: Reject, held: bool = False, most: int | None = None
) -> Summary:
    """Load observations of KPIs; ``most``: of a file of at most so many rows.

    Raises ``FileRefused``, ``ImportRunning``; nothing is changed then.
    """
    with _opened(source) as raw, _alone(parts, held=held):
        return observations.run(parts, raw, progress=progress, reject=reject, most=most)


def import_discoveries(
    parts: House, source: Path, *, progress: Progress, reject: Reject, held: bool = False, most: int | None = None
) -> Summary:
    """Load what was seen on the networks; ``most``: of a file of at most so many rows.

    Raises ``FileRefused``, ``ImportRunning``; nothing is changed then.
    """
    with _opened(source) as raw, _alone(parts, held=held):
        return discoveries.run(parts, raw, progress=progress, reject=reject, most=most)


def header_of(source: Path, columns: Columns | None = None) -> tuple[str, ...]:
    """The header of a file as written; nothing where it is empty.

    Raises ``FileRefused`` where it cannot be read, or is not one of these columns.
    """
    with _opened(source) as raw:
        try:
            return read(raw, columns)[0].names if columns else tuple(first_record(raw) or ())
        except EmptyFile:  # whether that is a refusal, and which, the import says
            return ()


@contextmanager
def _opened(source: Path) -> Iterator[Iterable[bytes]]:
    try:
        file = source.open("rb")
    except OSError as error:
        raise FileRefused(f"{source} cannot be opened: {error.strerror}.") from error
    with file:
        yield _physical_lines(file)


def _physical_lines(file: BinaryIO) -> Iterator[bytes]:
    """Line by line, but never more at once than a line may be long: what is longer is refused by its length."""
    while data := file.readline(MAX_LINE + 1):
        yield data
