"""Comparing what was observed, and following it over time: of the accounts that the caller may see, and no others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import Account
from app.directory import store as directory
from app.directory.rules import ROOT_ID, BusinessUnit
from app.kernel import memory
from app.kernel.actor import Permission, Scope, ScopeKind
from app.kernel.errors import Invalid, NotFound
from app.kernel.work import Work
from app.measurement.kpis import store as kpis
from app.measurement.kpis.rules import Kpi, OverTime

from . import rules, store
from .rules import By, Figure, Group, Remark, Said, SeriesStep, Window

READ = Permission.OBSERVATION_READ


@dataclass(frozen=True, slots=True)
class Comparison:
    """A KPI side by side. ``remarks``: what of it cannot be held against each other."""

    kpi: Kpi
    by: By
    window: Window
    groups: tuple[Group, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """A KPI over time, step by step."""

    kpi: Kpi
    step: SeriesStep
    points: tuple[tuple[Window, Figure], ...]


def comparison(work: Work, kpi_ref: str, by: By, since: date, until: date, unit_ref: str | None) -> Comparison:
    """A KPI by unit, network or function, of all or of what stands below one unit. Raises ``NotFound``, ``Invalid``."""
    kpi, window = kpis.kpi(work.session, kpi_ref), rules.window(since, until)
    below = directory.unit(work.session, unit_ref if unit_ref is not None else ROOT_ID)
    of = _below(below)
    units = {one.id: one for one in directory.all_units(work.session)}
    parts = _parts(work, kpi)
    members = store.members(work.session, window, of, _seen(work))
    said = _said(work, parts, window, of)
    groups = tuple(
        Group(key, name, rules.figure(kpi, parts, said, some, window.days))
        for (key, name), some in rules.grouped(by, members, units, below).items()
    )
    return Comparison(kpi, by, window, groups, rules.comparable(groups))


def series(
    work: Work, kpi_ref: str, account_ref: str | None, unit_ref: str | None, within: tuple[date, date], step: SeriesStep
) -> Series:
    """A KPI over the weeks or months that these days touch: of an account, of a unit with all below it, or of all.

    Raises ``NotFound``, ``Forbidden`` where the account is none that the actor may read of, ``Invalid``.
    """
    if account_ref is not None and unit_ref is not None:
        raise Invalid.field("?account_id", "one_scope", "One account or one business unit, not both.")
    kpi, steps = kpis.kpi(work.session, kpi_ref), rules.steps(rules.window(*within), step)
    of = _of_account(work, account_ref) if account_ref is not None else None
    if unit_ref is not None:
        of = _below(directory.unit(work.session, unit_ref))
    parts, whole = _parts(work, kpi), Window(steps[0].since, steps[-1].until)
    members = store.members(work.session, whole, of, _seen(work))
    points = []
    with memory.bulk():
        for one in steps:
            there = rules.official(members, one)
            points.append((one, rules.figure(kpi, parts, _said(work, parts, one, of), there, one.days)))
    return Series(kpi, step, tuple(points))


def come_to(work: Work, kpi: Kpi, window: Window, unit: BusinessUnit | None, account: Account | None) -> Figure:
    """What a KPI comes to over some days: of an account, of a unit with all below it, or of the enterprise.

    Whether the actor may know that is for the caller to say.
    """
    of = _below(unit) if unit else None
    if account is not None:
        of = account_store.ids_of(account.id)
    parts = _parts(work, kpi)
    members = store.members(work.session, window, of)
    return rules.figure(kpi, parts, _said(work, parts, window, of), members, window.days)


def _of_account(work: Work, account_ref: str) -> Any:
    found = accounts.named(work, account_ref)
    if found is None:
        raise NotFound(f"There is no account {account_ref}.")
    work.actor.require(READ, found.place, own=work.actor.employee_id in found.stewards)
    return account_store.ids_of(found.id)


def _below(unit: BusinessUnit) -> Any:
    """The accounts of a unit and of all below it; None for the root: all."""
    if unit.id == ROOT_ID:
        return None
    return account_store.ids_in([Scope(ScopeKind.BUSINESS_UNIT, unit.id)])


def _seen(work: Work) -> Any:
    """The accounts whose figures the actor may know; None: all."""
    scopes = work.actor.scopes(READ)
    return None if scopes is None else account_store.ids_seen(scopes, work.actor.employee_id)


def _parts(work: Work, kpi: Kpi) -> list[Kpi]:
    """Itself, or the numerator and the denominator of a ratio."""
    if kpi.numerator is None or kpi.denominator is None:
        return [kpi]
    return [kpis.kpi(work.session, key) for key in (kpi.numerator, kpi.denominator)]


def _said(work: Work, parts: Sequence[Kpi], window: Window, of: Any) -> list[Mapping[UUID, Said]]:
    """Of each part what is known of the accounts; of which it counts, the members say."""
    return [
        rules.chosen(part.over_time or OverTime.SUM, store.tallies(work.session, part, window, of)) for part in parts
    ]
