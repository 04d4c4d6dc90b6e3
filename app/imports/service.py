"""The three files an operator loads: business units, people, accounts. One import at a time.

Each is read whole and checked before anything is written; what is wrong with the file refuses it whole, what is wrong
with a row rejects that row. ``progress(done, total)`` is called now and then, ``reject`` for each rejected row.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.kernel.access import House

from .accounts import service as accounts
from .employees import service as employees
from .rules import MAX_LINE, FileRefused, ImportRunning, Progress, Reject, Rejected, Summary
from .store import alone
from .units import service as units

__all__ = [
    "FileRefused",
    "ImportRunning",
    "Rejected",
    "Summary",
    "import_accounts",
    "import_business_units",
    "import_employees",
]


def import_employees(
    parts: House, source: Path, *, complete: bool, confirm_leavers: bool, progress: Progress, reject: Reject
) -> Summary:
    """Load an HRIS export.

    ``complete``: active people who are not in it have left, if their share is plausible or ``confirm_leavers`` is set.
    Raises ``FileRefused``, ``MassDeactivation``, ``ImportRunning``; nothing is changed then.
    """
    with _opened(source) as raw, alone(parts.writes):
        return employees.run(
            parts, raw, complete=complete, confirm_leavers=confirm_leavers, progress=progress, reject=reject
        )


def import_accounts(parts: House, source: Path, *, progress: Progress, reject: Reject) -> Summary:
    """Load an account inventory. Raises ``FileRefused``, ``ImportRunning``; nothing is changed then."""
    with _opened(source) as raw, alone(parts.writes):
        return accounts.run(parts, raw, progress=progress, reject=reject)


def import_business_units(parts: House, source: Path, *, progress: Progress, reject: Reject) -> Summary:
    """Load a tree of units. Raises ``FileRefused``, ``ImportRunning``; nothing is changed then."""
    with _opened(source) as raw, alone(parts.writes):
        return units.run(parts, raw, progress=progress, reject=reject)


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
