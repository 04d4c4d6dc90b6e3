"""Conditions that the statements of several reports share."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, true

from app.accounts.tables import Account
from app.directory.tables import BusinessUnit, Employee
from app.governance.impact import store as impact
from app.kernel.actor import Scope, ScopeKind

from .rules import Part, View


def inside(view: View) -> ColumnElement[bool]:
    """The condition of an account (beside its unit) of standing in a view."""
    return true() if view.whole else or_(*map(_holds, view.parts))


def _holds(part: Part) -> ColumnElement[bool]:
    here = BusinessUnit.path.contains(part.business_unit_id.hex) if part.business_unit_id else true()
    return and_(here, Account.network == part.network) if part.network else here


def people(view: View, at: datetime) -> ColumnElement[bool]:
    """The condition of an employee of belonging to a view: to its units; to a network whoever holds rights on it."""
    return true() if view.whole else or_(*(_theirs(part, view, at) for part in view.parts))


def _theirs(part: Part, view: View, at: datetime) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = [true()]
    if part.business_unit_id:
        below = [one.id for one in view.units.values() if part.business_unit_id in one.path]
        ways.append(Employee.business_unit_id.in_(below))
    if part.network:
        ways.append(Employee.id.in_(impact.holders(Scope(ScopeKind.NETWORK, network=part.network), at)))
    return and_(*ways)
