"""Pictures, worked out as numbers; templates write them as SVG. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import cos, pi, sin
from types import MappingProxyType
from typing import Final

from app.governance.models.rules import ModelKey

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle; ``kind``: ``hub``, ``unit``, or ``person``."""

    x: float
    y: float
    r: float
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two points."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A model as a picture of 120 by 90: cells (corner points as SVG has them) below lines below dots."""

    dots: tuple[Dot, ...]
    lines: tuple[Line, ...] = ()
    cells: tuple[str, ...] = ()


WIDTH, HEIGHT = 120, 90
_X, _Y = WIDTH / 2, HEIGHT / 2
_SCATTERED = (
    (18, 20), (44, 14), (74, 22), (103, 16), (28, 46), (58, 42), (90, 48), (16, 72), (46, 74), (72, 68), (104, 76),
)  # fmt: skip


def _ring(x: float, y: float, radius: float, count: int, start: float = 0.0) -> list[tuple[float, float]]:
    """Points on a circle, at equal distances."""
    angles = (start + 2 * pi * n / count for n in range(count))
    return [(round(x + radius * cos(angle), 1), round(y + radius * sin(angle), 1)) for angle in angles]


def _decentralized() -> Picture:
    """Many, and nobody between them."""
    return Picture(tuple(Dot(x, y, 5, "unit") for x, y in _SCATTERED))


def _centralized() -> Picture:
    """One that speaks; the others stand around."""
    around = _ring(_X, _Y, 36, 10)
    return Picture((Dot(_X, _Y, 15, "hub"), *(Dot(x, y, 3.5, "person") for x, y in around)))


def _hub_and_spoke() -> Picture:
    """A hub, and a line to each unit."""
    around = _ring(_X, _Y, 35, 7, -pi / 2)
    return Picture(
        (Dot(_X, _Y, 10, "hub"), *(Dot(x, y, 6, "unit") for x, y in around)),
        tuple(Line(_X, _Y, x, y) for x, y in around),
    )


def _dandelion() -> Picture:
    """A hub, units around it, and around each its own people."""
    dots, lines = [Dot(_X, _Y, 8, "hub")], []
    for x, y in ((24.0, 24.0), (96.0, 24.0), (24.0, 66.0), (96.0, 66.0)):
        lines.append(Line(_X, _Y, x, y))
        for px, py in _ring(x, y, 15, 7):
            lines.append(Line(x, y, px, py))
            dots.append(Dot(px, py, 2.5, "person"))
        dots.append(Dot(x, y, 6, "unit"))
    return Picture(tuple(dots), tuple(lines))


def _honeycomb() -> Picture:
    """Everybody in a cell, and every cell beside others."""
    radius, cells, dots = 14.0, [], []
    wide, high = radius * 3**0.5, radius * 1.5
    for row, count in ((-1, 4), (0, 3), (1, 4)):
        for n in range(count):
            x, y = _X + (n - (count - 1) / 2) * wide, _Y + row * high
            cells.append(" ".join(f"{a:g},{b:g}" for a, b in _ring(x, y, radius, 6, pi / 6)))
            dots.append(Dot(round(x, 1), round(y, 1), 4, "hub" if (row, n) == (0, 1) else "unit"))
    return Picture(tuple(dots), cells=tuple(cells))


_DRAWN: Final[Mapping[ModelKey, Callable[[], Picture]]] = MappingProxyType(
    {
        ModelKey.DECENTRALIZED: _decentralized,
        ModelKey.CENTRALIZED: _centralized,
        ModelKey.HUB_AND_SPOKE: _hub_and_spoke,
        ModelKey.DANDELION: _dandelion,
        ModelKey.HONEYCOMB: _honeycomb,
    }
)


def picture(key: ModelKey) -> Picture:
    """A model as a picture."""
    return _DRAWN[key]()


PICTURES: Final[Mapping[ModelKey, Picture]] = MappingProxyType({key: picture(key) for key in ModelKey})


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: which series it is of, how many it stands for, and where it lies, in percent of the longest bar."""

    series: str
    number: Number
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a chart: a name, a number, and the parts that make it up."""

    name: str
    total: Number
    parts: tuple[Part, ...]


def bars(rows: Mapping[str, Mapping[str, Number]], series: Sequence[str], *, longest_first: bool = True) -> list[Bar]:
    """Bars of parts in the order of ``series``, the longest first; whatever is of no series is not drawn."""
    totals = {name: sum(row.get(one, 0) for one in series) for name, row in rows.items()}
    most = max(totals.values(), default=0) or 1
    names: Iterable[str] = sorted(rows, key=lambda name: (-totals[name], name)) if longest_first else rows
    return [Bar(name, totals[name], _parts(rows[name], series, most)) for name in names]


def _parts(row: Mapping[str, Number], series: Sequence[str], most: Number) -> tuple[Part, ...]:
    found, start = [], 0.0
    for one in series:
        length = float(100 * row.get(one, 0) / most)
        if length:
            found.append(Part(one, row[one], round(start, 2), round(length, 2)))
        start += length
    return tuple(found)
