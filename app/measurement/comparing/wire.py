"""Comparisons and series as they are written on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kernel.wire import Out
from app.measurement.kpis.wire import FigureOut

from . import rules, service
from .rules import By, Doubt, SeriesStep


class Remark(Out):
    """Why a figure is missing, or is not to be held against another."""

    code: Doubt
    message: str


class Parts(Out):
    """What the parts of a ratio come to."""

    numerator: FigureOut
    denominator: FigureOut


class Listed(Out):
    """One account's own figure."""

    account_id: UUID
    name: str
    value: FigureOut


class Figure(Out):
    """What some accounts come to; `value` is null where that cannot be computed."""

    value: FigureOut | None
    accounts: Annotated[int, Field(description="Official at some time of these days.")]
    accounts_without_data: int
    sources: list[str]
    parts: Parts | None
    listed: Annotated[list[Listed], Field(description="The greatest of the accounts' own, where these do not add up.")]
    not_comparable: list[Remark]


class ComparedGroup(Figure):
    """Some accounts that are compared with others. `key` is null for those of no function."""

    key: str | None
    name: str


class Point(Figure):
    """One step of a series, the last day excluded."""

    since: Annotated[date, Field(serialization_alias="from")]
    until: date


class Comparison(Out):
    """A KPI side by side, over days of which the last is excluded."""

    kpi: str
    by: By
    since: Annotated[date, Field(serialization_alias="from")]
    until: date
    groups: list[ComparedGroup]
    not_comparable: list[Remark]


class Series(Out):
    """A KPI over time."""

    kpi: str
    step: SeriesStep
    items: list[Point]


def members_of(one: rules.Figure) -> Figure:
    """A figure as callers see it."""
    parts = Parts(numerator=one.parts[0], denominator=one.parts[1]) if one.parts else None
    return Figure(
        value=one.value, accounts=one.accounts, accounts_without_data=one.without_data, sources=list(one.sources),
        parts=parts, listed=[Listed.model_validate(each) for each in one.listed], not_comparable=remarks(one.remarks),
    )  # fmt: skip


def remarks(some: tuple[rules.Remark, ...]) -> list[Remark]:
    """Remarks as callers see them."""
    return [Remark.model_validate(one) for one in some]


def comparison(one: service.Comparison) -> Comparison:
    """A comparison as callers see it."""
    groups = [ComparedGroup(key=each.key, name=each.name, **dict(members_of(each.figure))) for each in one.groups]
    return Comparison(
        kpi=one.kpi.key, by=one.by, since=one.window.since, until=one.window.until, groups=groups,
        not_comparable=remarks(one.remarks),
    )  # fmt: skip


def series(one: service.Series) -> Series:
    """A series as callers see it."""
    points = [Point(since=at.since, until=at.until, **dict(members_of(figure))) for at, figure in one.points]
    return Series(kpi=one.kpi.key, step=one.step, items=points)
