"""Aiming at figures, and seeing how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import Account
from app.audit import service as audit
from app.directory import store as directory
from app.directory.rules import BusinessUnit, check_open
from app.kernel.actor import Permission, Place
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.measurement.comparing import service as comparing
from app.measurement.comparing.rules import Figure, Window
from app.measurement.kpis import store as kpis
from app.measurement.kpis.rules import Kpi, KpiRetired, plain

from . import rules, store
from .rules import Met, Target, TargetKind

READ, WRITE = Permission.TARGET_READ, Permission.TARGET_WRITE


@dataclass(frozen=True, slots=True)
class Aim:
    """A target as somebody sets it; ``scope_id``: of the unit (or its key), or of the account (or ``network:handle``)."""

    kpi: str
    kind: TargetKind
    scope_id: str | None
    value: Decimal
    period_from: date
    period_until: date
    note: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A target, what was reached, and whether that is enough."""

    target: Target
    actual: Figure
    met: Met


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a target stands: in a unit, on an account, or (neither) in the enterprise."""

    unit: BusinessUnit | None = None
    account: Account | None = None

    @property
    def place(self) -> Place:
        of = self.account or self.unit
        return of.place if of else Place()


def aim(work: Work, said: Aim) -> Standing:
    """A new target. Raises ``TargetExists``, ``KpiRetired``, ``Forbidden``, ``UnitClosed``, ``Invalid``."""
    rules.check_period(said.period_from, said.period_until)
    where, kpi = _where(work, said.kind, said.scope_id), _kpi(work, said.kpi)
    work.actor.require(WRITE, where.place)
    values = {
        "kpi_id": kpi.id, "scope_kind": said.kind, "business_unit_id": where.unit and where.unit.id,
        "account_id": where.account and where.account.id, "value": said.value, "period_from": said.period_from,
        "period_until": said.period_until, "note": said.note, "set_by": work.me,
    }  # fmt: skip
    made = store.add(work.session, work.now, values)
    audit.record(work, "target.set", ("target", made.id), after=told(made), person_id=made.set_by)
    return _standing(work, work.show(made))


def _where(work: Work, kind: TargetKind, scope_id: str | None) -> _Where:
    if (kind is TargetKind.ENTERPRISE) != (scope_id is None):
        raise Invalid.field(
            "/scope/id", "scope_id", "A unit or an account is named by its id; the enterprise has none."
        )
    if kind is TargetKind.BUSINESS_UNIT:
        unit = _unit(work, str(scope_id))
        check_open(unit)
        return _Where(unit=unit)
    if kind is TargetKind.ACCOUNT:
        account = accounts.named(work, str(scope_id))
        if account is None:
            raise Invalid.field("/scope/id", "unknown_account", "There is no such account.")
        return _Where(account=account)
    return _Where()


def _unit(work: Work, id_or_key: str) -> BusinessUnit:
    try:
        return directory.unit(work.session, id_or_key)
    except NotFound as error:
        raise Invalid.field("/scope/id", "unknown_business_unit", "There is no such business unit.") from error


def _kpi(work: Work, id_or_key: str) -> Kpi:
    found = kpis.find(work.session, id_or_key)
    if found is None:
        raise Invalid.field("/kpi_id", "unknown_kpi", "There is no such KPI.")
    if found.retired_at is not None:
        raise KpiRetired(f"The KPI {found.key} is retired.")
    return found


def target(work: Work, id_: UUID) -> Standing:
    """One target that the actor may see, else ``NotFound``, and how it stands."""
    found, _ = _seen(work, id_)
    return _standing(work, work.show(found))


def targets(work: Work, page: Page, filters: Mapping[str, Any]) -> list[Standing]:
    """A page of the targets that the actor may see, one more than it shows; ``kpi``: by id or key."""
    kpi = kpis.find(work.session, filters["kpi"]) if filters.get("kpi") is not None else None
    if filters.get("kpi") is not None and kpi is None:
        return []
    scopes = work.actor.scopes(READ)
    seen = None
    if scopes is not None:
        seen = store.seen_by(scopes, account_store.ids_seen(scopes, work.actor.employee_id))
    equal = {**{name: value for name, value in filters.items() if name != "kpi"}, "kpi_id": kpi and kpi.id}
    return [_standing(work, one) for one in store.page(work.session, page, equal, seen)]


def remove(work: Work, id_: UUID) -> None:
    """Nobody aims at this any more. Raises ``NotFound``, ``Forbidden``, ``PreconditionFailed``."""
    found, where = _seen(work, id_)
    work.actor.require(WRITE, where.place)
    work.match(found)
    store.remove(work.session, id_)
    audit.record(work, "target.removed", ("target", id_), before=told(found), person_id=found.set_by)


def _seen(work: Work, id_: UUID) -> tuple[Target, _Where]:
    found = store.target(work.session, id_)
    where = _where_of(work, found)
    own = where.account is not None and work.actor.employee_id in where.account.stewards
    if not work.actor.may(READ, where.place, own=own):
        raise NotFound(f"There is no target {id_}.")
    return found, where


def _where_of(work: Work, found: Target) -> _Where:
    if found.account_id is not None:
        return _Where(account=account_store.account(work.session, found.account_id))
    if found.business_unit_id is not None:
        return _Where(unit=directory.unit(work.session, found.business_unit_id))
    return _Where()


def _standing(work: Work, found: Target) -> Standing:
    """Whoever may see a target may see what it is held against: the two permissions reach equally far."""
    where = _where_of(work, found)
    window = Window(found.period_from, found.period_until)
    actual = comparing.come_to(work, kpis.kpi(work.session, found.kpi_id), window, where.unit, where.account)
    return Standing(found, actual, rules.standing(found, actual.value, work.now.date()))


def told(one: Target) -> dict[str, Any]:
    """A target as the audit log tells it; the note is its author's."""
    return {
        "kpi_id": one.kpi_id, "scope": one.scope_kind, "business_unit_id": one.business_unit_id,
        "account_id": one.account_id, "value": plain(one.value), "period_from": one.period_from,
        "period_until": one.period_until, "note": Personal(one.note),
    }  # fmt: skip
