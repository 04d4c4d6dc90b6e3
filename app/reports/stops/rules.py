"""Which freezes belong into the report of a part of the enterprise."""

from collections.abc import Mapping
from uuid import UUID

from app.accounts.rules import Account
from app.governance.freezes.rules import FreezeKind, Target
from app.reports.rules import Part, View


def reaches(target: Target, view: View, accounts: Mapping[UUID, Account]) -> bool:
    """Does a freeze of this stop anything in the view? ``accounts``: those that are frozen by themselves."""
    if target.kind is FreezeKind.ENTERPRISE:
        return True
    if target.kind is FreezeKind.ACCOUNT:
        account = accounts.get(target.account_id) if target.account_id else None
        return account is not None and view.covers(account.place)
    return any(_meet(target, part, view) for part in view.parts)


def _meet(target: Target, part: Part, view: View) -> bool:
    if target.kind is FreezeKind.NETWORK:
        return part.network in (None, target.network)
    mine, theirs = part.business_unit_id, target.business_unit_id
    if mine is None or theirs is None:
        return True
    return mine in view.units[theirs].path or theirs in view.units[mine].path
