"""Conditions that the statements of several reports share."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true

from app.accounts.tables import Account
from app.directory.store import employee_ids_in
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


def people(view: View, at: datetime) -> Select[Any] | None:
    """The ids of the people of a view, as a statement to be embedded; None: of everybody.

    Those of its units; of a network those who hold rights on its accounts.
    """
    return None if view.whole else select(Employee.id).where(or_(*(_theirs(part, at) for part in view.parts)))


def _theirs(part: Part, at: datetime) -> ColumnElement[bool]:
    ways = []
    if part.business_unit_id:
        ways.append(Employee.id.in_(employee_ids_in([Scope(ScopeKind.BUSINESS_UNIT, part.business_unit_id)])))
    if part.network:
        ways.append(Employee.id.in_(impact.holders(Scope(ScopeKind.NETWORK, network=part.network), at)))
    return and_(true(), *ways)
