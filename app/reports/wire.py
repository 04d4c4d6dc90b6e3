"""A report as JSON, as a table for spreadsheets, and as a page to be read and printed: three ways to write one value."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, Final

import orjson
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import Field

from app.kernel.sheets import csv_line
from app.kernel.wire import Instant, Out, format_instant

from .rules import Bars, Cell, Column, Figures, Kind, Report
from .service import Definition

MOST_ROWS: Final = 1000
"""How many rows a page shows; JSON and CSV have them all."""
_PAGES: Final = Environment(
    loader=PackageLoader("app.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)  # fmt: skip
_STYLE: Final = _PAGES.get_template("report.css").render().strip()
_STYLE_HASH: Final = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


class ReportColumn(Out):
    """A column: the name of the member in each row, its heading, and what stands in it."""

    key: str
    title: str
    kind: Kind


class ReportPart(Out):
    """A part of the enterprise: a unit (its key) with all below it, a network, or the one on the other."""

    business_unit: str | None
    business_unit_name: str | None
    network: str | None


class ReportScope(Out):
    """What the report is of: everything, or these parts."""

    everything: bool
    parts: list[ReportPart]


class ReportPeriod(Out):
    """From an instant up to, and not at, another."""

    from_: Annotated[Instant, Field(serialization_alias="from")]
    until: Instant


class Listed(Out):
    """A report that can be asked for. ``periodic``: it takes a period."""

    key: str
    title: str
    says: str
    periodic: bool


class Reports(Out):
    """The reports that there are."""

    items: list[Listed]


class ReportDocument(Out):
    """A report. Shares and hours are decimal numbers as text; ``totals`` has a member for each column with a total.

    ``notes``: how to read it; ``not_computed``: what the figures leave out, and why.
    """

    key: str
    title: str
    says: str
    as_of: Instant
    scope: ReportScope
    period: ReportPeriod | None
    columns: list[ReportColumn]
    rows: list[dict[str, str | int | bool | None]]
    totals: dict[str, str | int | bool | None]
    notes: list[str]
    not_computed: list[str]


def listing(definitions: Sequence[Definition]) -> Reports:
    """Those that can be asked for."""
    return Reports(items=[Listed.model_validate(one) for one in definitions])


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return format_instant(value)
    raise TypeError(f"a report cannot hold {type(value).__name__}")


def as_json(report: Report) -> Response:
    """The report as a ``ReportDocument``. Written directly: it may have ten thousand rows."""
    figures = report.figures
    keys = [column.key for column in figures.columns]
    parts = [
        {"business_unit": one.business_unit, "business_unit_name": one.business_unit_name, "network": one.network}
        for one in report.scope
    ]
    document = {
        "key": report.key, "title": report.title, "says": report.says, "as_of": _plain(report.as_of),
        "scope": {"everything": report.everything, "parts": parts},
        "period": {"from": _plain(report.since), "until": _plain(report.until)} if report.since else None,
        "columns": [column._asdict() for column in figures.columns],
        "rows": [dict(zip(keys, row, strict=True)) for row in figures.rows],
        "totals": dict(figures.totals), "notes": list(figures.notes), "not_computed": list(figures.not_computed),
    }  # fmt: skip
    content = orjson.dumps(document, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)
    return Response(content, media_type="application/json", headers=_headers(report, "json"))


def as_csv(report: Report) -> Response:
    """The rows under one line of headings (RFC 4180), safe to open in a spreadsheet; numbers stay numbers."""
    figures = report.figures
    lines = [csv_line(column.key for column in figures.columns)]
    lines += [csv_line(map(_cell, row)) for row in figures.rows]
    headers = {**_headers(report, "csv", "attachment"), "X-Content-Type-Options": "nosniff"}
    return Response("".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: Cell) -> str | int | Decimal:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format_instant(value) if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True)
class Table:
    """What a page shows of a report, as people read it. ``more``: how many rows it leaves out; ``left_out``: which columns."""

    columns: list[Column]
    rows: list[tuple[str, ...]]
    totals: tuple[str, ...] | None
    more: int
    left_out: list[str]


def table(report: Report) -> Table:
    """The first rows, without the columns of numbers in which there is nothing but zeros: a page is only so wide."""
    figures, empty = report.figures, _empty(report.figures)
    shown = [n for n, column in enumerate(figures.columns) if column.key not in empty]
    columns = [figures.columns[n] for n in shown]
    return Table(
        columns, [_shown(columns, [row[n] for n in shown]) for row in figures.rows[:MOST_ROWS]],
        _shown(columns, [figures.totals.get(column.key) for column in columns]) if figures.totals else None,
        max(len(figures.rows) - MOST_ROWS, 0),
        [column.title for column in figures.columns if column.key in empty],
    )  # fmt: skip


def as_page(report: Report) -> Response:
    """The report as a page without a script, that asks for nothing else: to be read, and to be printed."""
    page = _PAGES.get_template("report.html").render(
        style=Markup(_STYLE),  # noqa: S704 - our own file
        report=report, as_of=_instant(report.as_of), since=_instant(report.since), until=_instant(report.until),
        table=table(report), chart=_chart(report.figures.bars) if report.figures.bars else None,
    )  # fmt: skip
    headers = {
        "Content-Security-Policy": POLICY, "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    }  # fmt: skip
    return HTMLResponse(page, headers={**_headers(report, "html"), **headers})


def _headers(report: Report, ending: str, how: str = "inline") -> dict[str, str]:
    day = report.as_of.date().isoformat()
    return {"Content-Disposition": f'{how}; filename="{report.key}-{day}.{ending}"', "Vary": "Accept"}


def _empty(figures: Figures) -> set[str]:
    counts = [column.key for column in figures.columns if column.kind is Kind.COUNT]
    return {key for key in counts if figures.totals.get(key) == 0}


def _shown(columns: Sequence[Column], row: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(_words(column, cell) for column, cell in zip(columns, row, strict=True))


def _words(column: Column, cell: Cell) -> str:
    """A cell as people read it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return _instant(cell) or ""
    if isinstance(cell, Decimal):
        return f"{cell * 100:.1f} %" if column.kind is Kind.SHARE else f"{cell:,}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _instant(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else None


BAR, GAP, LABEL, WIDTH = 16, 6, 170, 420
"""Of a chart in its own units: how high a bar is, what is between two, how wide labels and the longest bar are."""


def _chart(bars: Bars) -> Mapping[str, Any]:
    """Where each bar begins and ends."""
    most = max(value for _, value in bars.bars) or 1
    drawn = [
        {
            "label": label, "value": f"{value:,}", "y": n * (BAR + GAP), "text": n * (BAR + GAP) + BAR - 4,
            "width": round(float(value / most) * WIDTH, 1),
        }
        for n, (label, value) in enumerate(bars.bars)
    ]  # fmt: skip
    return {
        "title": bars.title, "unit": bars.unit, "bars": drawn, "height": len(drawn) * (BAR + GAP), "bar": BAR,
        "label": LABEL, "width": LABEL + WIDTH + 80,
    }  # fmt: skip
