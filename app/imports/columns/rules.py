"""Which header of a file means which of our fields, and which of its words mean which of ours: as data, in TOML.

The presets beside this module are such descriptions, for the exports of widespread HR systems; whoever has another file
writes one of the same shape.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from app.directory.rules import EmploymentType
from app.imports.rules import Columns, FileRefused, plain
from app.kernel.errors import Invalid, NotFound
from app.kernel.text import key_of

GENERIC: Final = "generic"
"""The preset that counts where nothing else is said."""
DATES: Final = "YYYY-MM-DD"
MAX_CHARACTERS: Final = 64 * 1024
FIELDS: Final = (
    "employee_id", "first_name", "last_name", "preferred_name", "work_email", "user_name", "job_title", "department",
    "location", "worker_type", "hire_date", "termination_date", "status", "manager_id",
)  # fmt: skip
"""What a file can say of a person."""
_MEMBERS = ("title", "dates", "optional", "columns", "values")
_NEEDED = (
    ("employee_id",),
    ("department",),
    ("work_email", "user_name"),
    ("first_name", "last_name", "preferred_name"),
    ("status", "termination_date"),
)
"""Of each of these at least one, and not as optional: without, a row could not be anybody's."""
_OURS: Mapping[str, frozenset[str]] = MappingProxyType(
    {"worker_type": frozenset(EmploymentType), "status": frozenset({"active", "inactive"})}
)


class BadColumns(Invalid):
    """A description of columns that is none; the message says where and why."""

    code = "bad_columns"
    title = "The description of the columns is not one"


@cache
def names() -> tuple[str, ...]:
    """The presets, the one that counts by itself first."""
    found = (one.name.removesuffix(".toml") for one in _folder().iterdir() if one.name.endswith(".toml"))
    return tuple(sorted(found, key=lambda name: (name != GENERIC, name)))


def text_of(name: str) -> str:
    """A preset as it is written, comments included. Raises ``NotFound``."""
    if name not in names():
        raise NotFound(f"There is no preset {name!r}; there are: {', '.join(names())}.")
    text: str = _folder().joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return text


def title_of(name: str) -> str:
    """What a preset is for. Raises ``NotFound``."""
    return str(tomllib.loads(text_of(name)).get("title", ""))


@cache
def preset(name: str) -> Columns:
    """The columns of a preset. Raises ``NotFound``."""
    return parse(text_of(name), name)


def _folder() -> Any:
    return files("app.imports.columns").joinpath("presets")


def fitting(header: Sequence[str] | None) -> Columns:
    """The columns that a file with this header has: the generic ones if they fit, else those of the one preset that does.

    Where none does, the generic ones, by which the file is then refused. Raises ``FileRefused`` where several fit.
    """
    generic = preset(GENERIC)
    if header is None or generic.fit(header):
        return generic
    found = [one for one in map(preset, names()) if one.fit(header)]
    if len(found) > 1:
        raise FileRefused(f"The header fits {' and '.join(one.name for one in found)}: say which columns are meant.")
    return found[0] if found else generic


def parse(text: str, name: str) -> Columns:
    """The columns that a description in TOML means. Raises ``BadColumns``, saying all that is wrong with it."""
    if len(text) > MAX_CHARACTERS:
        raise BadColumns(f"{name}: more than {MAX_CHARACTERS} characters.")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadColumns(f"{name}: this is not TOML: {error}.") from error
    wrong = list(_faults(data))
    if wrong:
        raise BadColumns(f"{name}: {' '.join(wrong[:10])}")
    return _made(data, name)


def _made(data: Mapping[str, Any], name: str) -> Columns:
    words = {
        field: MappingProxyType({key_of(word): ours for word, ours in meant.items()})
        for field, meant in data.get("values", {}).items()
    }
    columns = {field: tuple(_listed(headers)) for field, headers in data["columns"].items()}
    return Columns(MappingProxyType(columns), frozenset(data.get("optional", ())), name, MappingProxyType(words))


def _listed(headers: Any) -> list[Any]:
    return headers if isinstance(headers, list) else [headers]


def _faults(data: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown("", data, _MEMBERS)
    if data.get("dates", DATES) != DATES:
        yield f'dates: "{DATES}" is the only way: any other can be read in two ways.'
    if not isinstance(data.get("title", ""), str):
        yield "title: a text is needed."
    columns = data.get("columns")
    if not isinstance(columns, dict) or not columns:
        yield "columns: a table of our fields, each with the headers that mean it, is needed."
        return
    yield from _unknown("columns.", columns, FIELDS)
    yield from _bad_headers(columns)
    yield from _bad_optional(data.get("optional", []), columns)
    yield from _bad_values(data.get("values", {}), columns)


def _unknown(where: str, members: Iterable[str], known: Sequence[str]) -> Iterator[str]:
    for name in members:
        if name not in known:
            yield f"{where}{name}: there is no such member; there are: {', '.join(known)}."


def _bad_headers(columns: Mapping[str, Any]) -> Iterator[str]:
    taken: dict[str, str] = {}
    for field, headers in columns.items():
        if not _listed(headers) or not all(isinstance(one, str) and plain(one) for one in _listed(headers)):
            yield f"columns.{field}: a header or a list of headers is needed, each with a letter or a digit."
            continue
        for header in _listed(headers):
            other = taken.setdefault(plain(header), field)
            if other != field:
                yield f"columns.{field}: {header!r} means {other} already."


def _bad_optional(optional: Any, columns: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(optional, list) or not all(isinstance(one, str) for one in optional):
        yield "optional: a list of fields is needed."
        return
    for field in optional:
        if field not in columns:
            yield f"optional: {field!r} is not among the columns."
    for group in _NEEDED:
        if not any(field in columns and field not in optional for field in group):
            yield f"columns: {' or '.join(group)} is needed, and not as optional."


def _bad_values(values: Any, columns: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(values, dict):
        yield "values: a table for each field is needed."
        return
    for field, words in values.items():
        if field not in columns:
            yield f"values.{field}: it is not among the columns."
        elif not isinstance(words, dict) or not all(isinstance(one, str) for one in words.values()):
            yield f"values.{field}: a table of words is needed, each with the word that it means."
        else:
            yield from _bad_words(field, words)


def _bad_words(field: str, words: Mapping[str, str]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for word, meant in words.items():
        if field in _OURS and meant not in _OURS[field]:
            yield f"values.{field}: {word!r} must mean one of: {', '.join(sorted(_OURS[field]))}."
        if seen.setdefault(key_of(word), meant) != meant:
            yield f"values.{field}: {word!r} means two things."
