"""Choosing how the columns of a file are read: as said, or as its header shows."""

from collections.abc import Iterable
from pathlib import Path

from app.imports.rules import Columns, first_record

from . import rules
from .rules import BadColumns

OWN = "own"
"""What columns are called that somebody describes themselves."""


def chosen(said: str | None, raw: Iterable[bytes]) -> Columns:
    """The columns of a file given as its physical lines: those of a preset or a description, else those that fit.

    Raises ``BadColumns``, ``NotFound``, and ``FileRefused`` where not even the header can be read.
    """
    return named(said) if said else rules.fitting(first_record(raw))


def named(said: str) -> Columns:
    """The columns that are said: the name of a preset, or a description itself. Raises ``BadColumns``, ``NotFound``."""
    return rules.parse(said, OWN) if "\n" in said or "=" in said else rules.preset(said)


def from_file(said: str) -> str:
    """What ``named`` takes, of the name of a preset or of a file with a description. Raises ``BadColumns``."""
    if said in rules.names():
        return said
    try:
        text = Path(said).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadColumns(f"{said} is not UTF-8.") from error
    except OSError as error:
        known = ", ".join(rules.names())
        raise BadColumns(f"{said} is no preset ({known}), and no file that can be opened: {error.strerror}.") from error
    rules.parse(text, said)
    return text
