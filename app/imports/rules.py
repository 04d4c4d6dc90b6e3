"""What a CSV file of ours is: its encoding, its quoting, its header; and what an import answers.

RFC 4180, in UTF-8 only. What makes a whole file doubtful refuses it whole (``FileRefused``); what is wrong with one row
is a ``Fault``, which rejects that row alone.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache

from app.kernel.errors import Conflict, Invalid
from app.kernel.sheets import unguarded
from app.kernel.text import key_of, line

BATCH = 500
"""Rows of one transaction, and of one statement that reads."""
MAX_FIELD = 64 * 1024
MAX_LINE = 1024 * 1024
MAX_COLUMNS = 1000
_BOM = b"\xef\xbb\xbf"
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OTHER_FORMATS = {
    b"PK\x03\x04": "a ZIP archive, as workbooks of Excel (.xlsx) are",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old document of Microsoft Office (.xls)",
    b"\x1f\x8b": "compressed by gzip",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ\x00": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by Zstandard",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"%PDF-": "a PDF",
}
_WORDS = {"no": False, "false": False, "yes": True, "true": True}
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class FileRefused(Invalid):
    """The file cannot be relied on as a whole; nothing of it was loaded."""

    code = "file_refused"
    title = "The file was refused as a whole"


class EmptyFile(FileRefused):
    """There is not even a header."""


class ImportRunning(Conflict):
    """Another import is under way; two at once would judge each other's people absent."""

    code = "import_running"
    title = "Another import is running"


class Fault(Exception):
    """Why one row is rejected: a stable code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not loaded, with the line it starts on, why, and its cells by the names of the header."""

    line: int
    code: str
    message: str
    row: Mapping[str, str]


@dataclass(slots=True)
class Summary:
    """What an import did, in people, accounts or units. ``rejected`` counts rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    left: int = 0
    rejected: int = 0

    def add(self, other: "Summary") -> None:
        """Count what another part of the run did."""
        for name, count in other.as_dict().items():
            setattr(self, name, getattr(self, name) + count)

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Change:
    """What a file does, or would do, to one person: a member of ``Summary``, and the columns it states anew."""

    employee_id: str
    what: str
    fields: tuple[str, ...]


Progress = Callable[[int, int | None], None]
"""Called with the rows done so far and how many there are, None while that is not known yet."""
Reject = Callable[[Rejected], None]


@dataclass(frozen=True, slots=True)
class Columns:
    """Field -> the header names that mean it, in any case and punctuation; those of ``optional`` may be missing."""

    names: Mapping[str, tuple[str, ...]]
    optional: frozenset[str] = frozenset()
    name: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Field -> word of the file, as ``key_of`` has it -> our word for it."""

    def fields(self, header: Iterable[str]) -> list[str | None]:
        """The field that each header cell means, None for a column that is not ours."""
        meant = {plain(name): field for field, names in self.names.items() for name in names}
        return [meant.get(plain(cell)) for cell in header]

    def fit(self, header: Iterable[str]) -> bool:
        """Has a file with this header all of these columns, each once?"""
        found = [one for one in self.fields(header) if one]
        return len(found) == len(set(found)) and set(self.names) - self.optional <= set(found)


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the file as it stands there, and the line on which it starts (the header's is 1)."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Header:
    """The first record: the names as written, and at which place each of our fields stands."""

    names: tuple[str, ...]
    places: Mapping[str, int]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def cells(self, cells: Sequence[str]) -> dict[str, str]:
        """The cells of our fields, trimmed, in our words. Raises ``Fault`` where there are more or fewer than headers."""
        if len(cells) != len(self.names):
            raise Fault("wrong_number_of_cells", f"The row has {len(cells)} cells, the header {len(self.names)}.")
        found = {
            field: (unguarded(cells[place]) if cells[place][:1] == "'" else cells[place]).strip()
            for field, place in self.places.items()
        }
        for name, words in self.words.items():
            if name in found:
                found[name] = words.get(key_of(found[name]), found[name])
        return found

    def shown(self, cells: Sequence[str]) -> dict[str, str]:
        """The row by the names of the header, for the report of rejected rows."""
        return dict(zip(self.names, cells, strict=False))


def read(raw: Iterable[bytes], columns: Columns, *, line_breaks: bool = False) -> tuple[Header, Iterator[Row]]:
    """The header and then, streamed, the rows of a CSV file given as its physical lines.

    ``line_breaks``: a quoted cell may hold some. Elsewhere that is refused, since a quote left open by mistake swallows
    the rows up to the next one, and whoever stands in them would be taken for absent.
    Raises ``FileRefused`` (also while iterating), naming the line; ``EmptyFile`` where there is no header.
    """
    rows = _rows(raw, line_breaks=line_breaks)
    first = next(rows, None)
    if first is None:
        raise EmptyFile("The file is empty: it has not even a header.")
    return _header(first, columns), rows


def first_record(raw: Iterable[bytes]) -> list[str] | None:
    """The names in the header of a file given as its physical lines; None where it is empty. Raises ``FileRefused``."""
    first = next(_rows(raw, line_breaks=False), None)
    return first.cells if first else None


def _rows(raw: Iterable[bytes], *, line_breaks: bool) -> Iterator[Row]:
    reader = csv.reader(_lines(raw), strict=True)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unreadable(start, error) from error
        if reader.line_num > start and not line_breaks:
            raise FileRefused(f"Line {start}: a quoted cell goes on over the end of the line; is a quote never closed?")
        if "".join(cells).strip():
            yield _measured(Row(start, cells))


def _unreadable(start: int, error: csv.Error) -> FileRefused:
    if "unexpected end" in str(error):
        return FileRefused(f"Line {start}: a quote is opened and never closed.")
    if "field limit" in str(error):
        return FileRefused(f"Line {start}: a cell is larger than {MAX_FIELD} characters.")
    return FileRefused(f"Line {start}: the quotes are not those of a CSV file (RFC 4180 2.5-2.7).")


def _measured(row: Row) -> Row:
    if len(row.cells) > MAX_COLUMNS:
        raise FileRefused(f"Line {row.line}: {len(row.cells)} columns are more than the {MAX_COLUMNS} accepted.")
    if sum(map(len, row.cells)) > MAX_FIELD and any(len(cell) > MAX_FIELD for cell in row.cells):
        raise FileRefused(f"Line {row.line}: a cell is larger than {MAX_FIELD} characters.")
    return row


def _lines(raw: Iterable[bytes]) -> Iterator[str]:
    for number, data in enumerate(raw, start=1):
        yield _decoded(number, data.removeprefix(_BOM) if number == 1 else data)


def other_format(start: bytes) -> str | None:
    """What a file that begins so is in place of CSV, whatever its name and type say; None where nothing shows it."""
    return next((name for magic, name in _OTHER_FORMATS.items() if start.startswith(magic)), None)


def _decoded(number: int, data: bytes) -> str:
    if number == 1 and (other := other_format(data)):
        raise FileRefused(f"Line 1, byte 1 of the line: this is {other}. Save the file as CSV in UTF-8.")
    if len(data) > MAX_LINE:
        raise FileRefused(f"Line {number} is longer than {MAX_LINE} bytes.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileRefused(
            f"Line {number}, byte {error.start + 1} of the line: this is not UTF-8. Save the file as CSV in UTF-8."
        ) from error
    if "\0" in text:
        at = data.index(0) + 1
        raise FileRefused(f"Line {number}, byte {at} of the line: a NUL. Is the file UTF-16? Save it as CSV in UTF-8.")
    if "\r" in text.removesuffix("\n").removesuffix("\r"):
        raise FileRefused(f"Line {number}: a carriage return without a line feed.")
    return text


def _header(row: Row, columns: Columns) -> Header:
    fields = columns.fields(row.cells)
    missing = [names[0] for field, names in columns.names.items() if field not in (*fields, *columns.optional)]
    if missing:
        _refuse_delimiter(row, columns)
        raise FileRefused(f"Line {row.line}: the header lacks {', '.join(missing)}.")
    doubled = [columns.names[field][0] for field in columns.names if fields.count(field) > 1]
    if doubled:
        raise FileRefused(f"Line {row.line}: the header names {', '.join(doubled)} more than once.")
    places = {field: place for place, field in enumerate(fields) if field}
    return Header(tuple(row.cells), places, columns.words)


def _refuse_delimiter(row: Row, columns: Columns) -> None:
    text = ",".join(row.cells)
    for delimiter, name in _OTHER_DELIMITERS.items():
        if sum(field is not None for field in columns.fields(text.split(delimiter))) > 1:
            raise FileRefused(f"Line {row.line}: the columns look separated by {name}; commas are needed.")


def plain(name: str) -> str:
    """What two spellings of one header have in common: its letters and digits."""
    return re.sub(r"[^a-z0-9]+", "", key_of(name))


def text_of(cells: Mapping[str, str], field: str, longest: int = 200) -> str | None:
    """One line of visible text, None where the cell is empty or there is no such column. Raises ``Fault``."""
    cell = cells.get(field, "")
    if not cell:
        return None
    try:
        return line(cell, longest)
    except ValueError as error:
        raise Fault(f"bad_{field}", f"{field}: {error}.") from error


def yes_of(cells: Mapping[str, str], field: str) -> bool | None:
    """Is it so? None where the cell is empty or there is no such column. Raises ``Fault``."""
    cell = key_of(cells.get(field, ""))
    if cell and cell not in _WORDS:
        raise Fault(f"bad_{field}", f"{field}: it must be yes, no, true, false or empty.")
    return _WORDS.get(cell)


def date_of(cells: Mapping[str, str], field: str) -> date | None:
    """A calendar date, YYYY-MM-DD only (ISO 8601), since others can be read in two ways; None where empty.

    Raises ``Fault``.
    """
    cell = cells.get(field, "")
    if not cell:
        return None
    found = _date(cell)
    if found is None:
        raise Fault(f"bad_{field}", f"{field}: a date must exist and be written YYYY-MM-DD.")
    return found


@lru_cache(4096)
def _date(cell: str) -> date | None:
    """The date that the cell is, None if it is none. People are many, and days are few."""
    try:
        return date.fromisoformat(cell) if _ISO_DATE.fullmatch(cell) else None
    except ValueError:
        return None


def ranks(above: Sequence[int]) -> list[int]:
    """How far each node stands below its root, by the node above each (-1: none): 0 for a root, -1 for one in a circle.

    Nodes that only lead into a circle count from where they meet it.
    """
    found: list[int | None] = [None] * len(above)
    for start in range(len(above)):
        _rank_from(start, above, found)
    return [rank or 0 for rank in found]


def _rank_from(start: int, above: Sequence[int], found: list[int | None]) -> None:
    path: list[int] = []
    at: dict[int, int] = {}
    node = start
    while node >= 0 and found[node] is None and node not in at:
        at[node] = len(path)
        path.append(node)
        node = above[node]
    if node in at:
        for one in path[at[node] :]:
            found[one] = -1
        del path[at[node] :]
    base = found[node] if node >= 0 else -1
    for below, one in enumerate(reversed(path), start=1):
        found[one] = (base if base is not None else -1) + below
