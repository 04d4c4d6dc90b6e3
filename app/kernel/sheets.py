"""CSV that people open in a spreadsheet: nothing in it runs, and it reads back as it was."""

import re
from collections.abc import Iterable
from decimal import Decimal

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How a cell begins that a spreadsheet would run as a formula; or one that would be taken for such a cell guarded."""


def guarded(cell: str) -> str:
    """The cell with an apostrophe in front if a spreadsheet would take it for a formula. ``unguarded`` is its reverse."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before ``guarded``."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def csv_line(cells: Iterable[str | int | Decimal]) -> str:
    """One record of a CSV file that is safe to open in a spreadsheet, and reads back as it was (RFC 4180).

    A number is no formula, and stays a number.
    """
    return ",".join(map(_cell, cells)) + "\r\n"


def _cell(cell: str | int | Decimal) -> str:
    if not isinstance(cell, str):
        return format(cell, "f") if isinstance(cell, Decimal) else str(cell)
    safe = guarded(cell)
    if safe == cell and not any(mark in cell for mark in ',"\r\n'):
        return cell
    return '"' + safe.replace('"', '""') + '"'
