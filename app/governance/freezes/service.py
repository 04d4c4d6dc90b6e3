"""Stopping the press, and letting it run again. Nothing here waits for anything but the audit log, and a merge's commit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts import store as accounts
from app.audit import service as audit
from app.directory import store as directory
from app.directory.rules import check_open
from app.governance.models import service as models
from app.governance.models.rules import Model
from app.kernel.actor import Place
from app.kernel.errors import Invalid
from app.kernel.pages import Page
from app.kernel.work import Work
from app.networks import store as networks
from app.roles import service as roles

from . import rules, store
from .rules import Freeze, FreezeKind, FreezeState, Severity, Target


@dataclass(frozen=True, slots=True)
class Stop:
    """A freeze as it is asked for; ``id``: of the unit, network or account."""

    kind: FreezeKind
    id: str | None
    severity: Severity
    reason: str
    until: datetime | None
    exempt: frozenset[UUID]


def freeze(work: Work, stop: Stop) -> Freeze:
    """Stop posting from this commit on. Raises ``NotTheFreezer``, ``NotFound``, ``UnitClosed``, ``Invalid``."""
    target = _target(work, stop)
    place = _place(work, target)
    office = rules.office(_model(work, place), roles.held(work, work.me), place)
    if stop.until is not None and stop.until <= work.now:
        raise Invalid.field("/until", "in_the_past", "A freeze ends later, or when it is lifted.")
    _check_people(work, stop.exempt)
    values = {
        "severity": stop.severity, "reason": stop.reason, "exempt": sorted(map(str, stop.exempt)), "authority": office,
        "until": stop.until, "set_by": work.me,
    }  # fmt: skip
    made = store.add(work.session, work.now, target, values)
    after = {**told(made), "members": sorted(made.target.members)}
    audit.record(work, "freeze.set", ("freeze", made.id), after=after, reason=stop.reason)
    return work.show(made)


def _target(work: Work, stop: Stop) -> Target:
    if (stop.kind is FreezeKind.ENTERPRISE) != (stop.id is None):
        raise Invalid.field("/scope/id", "scope_id", "What is frozen is named by its id; the enterprise has none.")
    if stop.kind is FreezeKind.BUSINESS_UNIT:
        store.lock_units(work.session, shared=True)
        unit = directory.unit(work.session, str(stop.id))
        check_open(unit)  # nothing stands in a closed one: it would stop nobody, and say that it does
        return Target(stop.kind, business_unit_id=unit.id, members=accounts.ids_below(work.session, unit.id))
    if stop.kind is FreezeKind.NETWORK:
        return Target(stop.kind, network=networks.network(work.session, str(stop.id)).key)
    if stop.kind is FreezeKind.ACCOUNT:
        return Target(stop.kind, account_id=accounts.account(work.session, _uuid(str(stop.id))).id)
    return Target(stop.kind)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid.field("/scope/id", "not_an_id", "An account is named by its id.") from error


def _place(work: Work, target: Target) -> Place:
    if target.account_id is not None:
        return accounts.account(work.session, target.account_id).place
    path = directory.unit(work.session, target.business_unit_id).path if target.business_unit_id else ()
    return Place(path, target.network)


def _model(work: Work, place: Place) -> Model:
    """An account's or a unit's freeze follows the model there, a network's or the enterprise's the enterprise's own."""
    return models.model(work, place.path)


def _check_people(work: Work, ids: Iterable[UUID]) -> None:
    unknown = set(ids) - set(directory.employees(work.session, ids))
    if unknown:
        raise Invalid.field(
            "/exempt_employee_ids", "unknown_employee", f"There is no employee {min(map(str, unknown))}."
        )


def lift(work: Work, id_: UUID, reason: str) -> Freeze:
    """Let posting go on, where nothing else stops it. Raises ``NotTheFreezer``, ``FreezeEnded``, ``NotFound``."""
    found = store.freeze(work.session, id_, lock=True)
    work.match(found)
    place = _place(work, found.target)
    rules.check_lift(found, rules.offices(_model(work, place), roles.held(work, work.me), place))
    if found.state_at(work.now) is not FreezeState.IN_FORCE:
        raise rules.FreezeEnded(f"The freeze is {found.state_at(work.now)} already.")
    changes = {"lifted_at": work.now, "lifted_by": work.me, "lift_reason": reason}
    after = store.save(work.session, id_, work.now, changes)
    audit.record(work, "freeze.lifted", ("freeze", id_), before=told(found), after=told(after), reason=reason)
    return work.show(after)


def one(work: Work, id_: UUID) -> Freeze:
    """One freeze; every employee sees them all."""
    return work.show(store.freeze(work.session, id_))


def freezes(work: Work, page: Page, state: FreezeState | None) -> list[Freeze]:
    """A page of freezes."""
    return store.page(work.session, page, work.now, state)


def told(freeze: Freeze) -> dict[str, Any]:
    """A freeze as the audit log tells it."""
    target = freeze.target
    return {
        "kind": target.kind, "business_unit_id": target.business_unit_id, "network": target.network,
        "account_id": target.account_id, "severity": freeze.severity, "authority": freeze.authority,
        "until": freeze.until, "exempt": sorted(freeze.exempt), "lifted_at": freeze.lifted_at,
    }  # fmt: skip
