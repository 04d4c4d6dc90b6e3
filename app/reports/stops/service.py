"""Freezes: what is stopped, what was, why and for how long."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.governance.freezes import store
from app.governance.freezes.rules import Freeze, FreezeState
from app.kernel.work import Work
from app.reports.rules import Bars, Column, Figures, Kind, Row, View, between, count

from . import rules

COLUMNS = (
    Column("freeze", "Freeze"),
    Column("scope", "Scope"),
    Column("of", "Of"),
    Column("severity", "Severity"),
    Column("state", "State"),
    Column("reason", "Reason"),
    Column("set_at", "Set", Kind.INSTANT),
    Column("until", "Until", Kind.INSTANT),
    Column("lifted_at", "Lifted", Kind.INSTANT),
    Column("hours", "Hours", Kind.HOURS),
    count("exempt"),
)
_NOTES = (
    "Freezes in force at some instant of the period that stop anything in this part; those in force now come first.",
    "Hours: from when it was set until it was lifted or its time was over, else until now.",
)


def freezes(work: Work, view: View) -> Figures:
    """Freezes that stop, or stopped, anything in a view."""
    found = store.between(work.session, view.since, view.until)
    there = accounts.accounts(work.session, {one.target.account_id for one in found if one.target.account_id})
    near = [one for one in found if rules.reaches(one.target, view, there)]
    near.sort(key=lambda one: one.state_at(work.now) is not FreezeState.IN_FORCE)  # each in the order of before
    rows = tuple(_row(one, view, there, work.now) for one in near)
    in_force = sum(one.state_at(work.now) is FreezeState.IN_FORCE for one in near)
    severities = Counter(str(one.severity) for one in near)
    bars = Bars("Freezes by severity", "freezes", tuple(sorted(severities.items()))) if near else None
    return Figures(COLUMNS, rows, {}, (f"{len(near)} freezes, {in_force} of them in force.", *_NOTES), bars=bars)


def _row(one: Freeze, view: View, there: Mapping[UUID, Account], now: datetime) -> Row:
    kind, of, state = one.target.kind, _of(one, view, there), one.state_at(now)
    over = min(instant for instant in (one.lifted_at, one.until, now) if instant is not None)
    return (
        str(one.id), str(kind), of, str(one.severity), str(state), one.reason, one.created_at, one.until, one.lifted_at,
        between(one.created_at, over), len(one.exempt),
    )  # fmt: skip


def _of(one: Freeze, view: View, there: Mapping[UUID, Account]) -> str | None:
    """What is frozen, by name."""
    target = one.target
    account = there.get(target.account_id) if target.account_id else None
    if account is not None:
        return f"{account.network}:{account.handle}"
    return view.named(target.business_unit_id)[0] if target.business_unit_id else target.network
