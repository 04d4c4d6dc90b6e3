"""Defining what is measured: by the CoE, once for all units."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.audit import service as audit
from app.directory import rules as units
from app.kernel.errors import Invalid
from app.kernel.pages import Page
from app.kernel.work import Work

from . import rules, store
from .rules import Kpi, Meaning

_TOLD = (
    "key", "title", "definition", "kind", "numerator", "denominator", "unit", "currency", "over_time", "across_accounts",
    "better", "activity", "retired_at",
)  # fmt: skip


def kpi(work: Work, id_or_key: str) -> Kpi:
    """One KPI by id or key. Raises ``NotFound``."""
    return work.show(store.kpi(work.session, id_or_key))


def kpis(work: Work, page: Page, *, retired: bool | None) -> list[Kpi]:
    """A page of KPIs."""
    return store.page(work.session, page, retired=retired)


def define(work: Work, key: str, title: str, definition: str, meaning: Meaning) -> Kpi:
    """A new KPI. Raises ``KeyTaken``, ``KpiRetired``, ``Invalid``."""
    units.check_key(key)
    rules.check_meaning(meaning)
    values = {"key": key, "title": title, "definition": definition, **asdict(meaning)}
    if meaning.numerator is not None and meaning.denominator is not None:
        parts = [_part(work, name, getattr(meaning, name)) for name in ("numerator", "denominator")]
        rules.check_parts(meaning, *parts)
        values |= {"numerator": parts[0].key, "denominator": parts[1].key}
    made = store.add(work.session, work.now, values)
    audit.record(work, "kpi.defined", ("kpi", made.id), after=told(made))
    return work.show(made)


def _part(work: Work, name: str, id_or_key: str) -> Kpi:
    found = store.find(work.session, id_or_key)
    if found is None:
        raise Invalid.field(f"/{name}", "unknown_kpi", "There is no such KPI.")
    return found


def describe(work: Work, id_or_key: str, changes: Mapping[str, Any]) -> Kpi:
    """Say in other words what a KPI means: its ``title``, its ``definition``. What it measures stays.

    Raises ``NotFound``, ``KpiRetired``, ``PreconditionFailed``, ``Invalid``.
    """
    before = _held(work, id_or_key)
    for name, value in changes.items():
        if value is None:
            raise Invalid.field(f"/{name}", "required", "A KPI needs this.")
    news = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not news:
        return work.show(before)
    after = store.save(work.session, before.id, work.now, news)
    audit.record(work, "kpi.described", ("kpi", after.id), before=told(before), after=told(after))
    return work.show(after)


def retire(work: Work, id_or_key: str, reason: str) -> Kpi:
    """A KPI is measured no more; what was observed stays. Raises ``NotFound``, ``KpiRetired``, ``PreconditionFailed``."""
    before = _held(work, id_or_key)
    after = store.save(work.session, before.id, work.now, {"retired_at": work.now})
    audit.record(work, "kpi.retired", ("kpi", after.id), before=told(before), after=told(after), reason=reason)
    return work.show(after)


def _held(work: Work, id_or_key: str) -> Kpi:
    found = store.lock(work.session, store.kpi(work.session, id_or_key).id)
    work.match(found)
    if found.retired_at is not None:
        raise rules.KpiRetired(f"The KPI {found.key} is retired.")
    return found


def told(one: Kpi) -> dict[str, Any]:
    """A KPI as the audit log tells it."""
    return {name: getattr(one, name) for name in _TOLD}
