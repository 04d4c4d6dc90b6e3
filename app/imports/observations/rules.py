"""What a row of a file of observations says."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar

from app.imports.rules import Columns, Fault, date_of, text_of
from app.kernel.text import key_of
from app.measurement.kpis.rules import figure
from app.measurement.observations.rules import Named, fault

T = TypeVar("T")
COLUMNS = Columns(
    MappingProxyType(
        {
            "account": ("account", "account_id"),
            "kpi": ("kpi", "kpi_key", "kpi_id"),
            "period_from": ("period_from", "from"),
            "period_until": ("period_until", "until"),
            "value": ("value",),
            "source": ("source",),
        }
    ),
    optional=frozenset({"source"}),
)
MOST = 10_000
"""Rows of a file that is loaded while somebody waits for the answer."""
SOURCE = "file"
"""Who measured it, where a file does not say."""


def listed(cells: Mapping[str, str], today: date) -> Named:
    """All that a row says. Raises ``Fault``."""
    account, kpi = _needed("account", text_of(cells, "account", 700)), _needed("kpi", text_of(cells, "kpi"))
    since = _needed("period_from", date_of(cells, "period_from"))
    until = _needed("period_until", date_of(cells, "period_until"))
    said = Named(account, key_of(kpi), since, until, _value(cells["value"]), text_of(cells, "source") or SOURCE)
    wrong = fault(said, today)
    if wrong is not None:
        raise Fault(wrong.code, f"{wrong.pointer[1:]}: {wrong.message}")
    return said


def _needed(name: str, told: T | None) -> T:
    if told is None:
        raise Fault(f"{name}_missing", f"The row does not say its {name}.")
    return told


def _value(text: str) -> Decimal:
    try:
        return figure(text)
    except ValueError as error:
        raise Fault("bad_value", f"value: {error}.") from error


def key(said: Named) -> str:
    """Equal for two rows about the same."""
    return f"{said.account}\n{said.kpi}\n{said.source}\n{said.period_from}\n{said.period_until}"
