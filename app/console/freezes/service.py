"""Freezes as they are looked at."""

from dataclasses import dataclass
from uuid import UUID

from app.accounts import store as accounts
from app.console.frame import service as frame
from app.console.frame.service import Names
from app.directory import store as directory
from app.directory.rules import BusinessUnit
from app.governance.freezes import rules
from app.governance.freezes import service as freezes
from app.governance.freezes.rules import Freeze, FreezeState
from app.governance.models import service as models
from app.kernel.actor import Permission, Place
from app.kernel.pages import Page
from app.kernel.work import Work
from app.networks import store as networks
from app.networks.rules import Network
from app.roles import service as roles


@dataclass(frozen=True, slots=True)
class Freezes:
    """Those in force, a page of all, and what can be frozen. ``liftable``: by whoever reads."""

    in_force: list[Freeze]
    past: list[Freeze]
    cursor: str | None
    liftable: frozenset[UUID]
    units: list[BusinessUnit]
    networks: list[Network]
    names: Names


def in_force(work: Work) -> list[Freeze]:
    """What stops posting at this instant, the newest first."""
    return freezes.freezes(work, Page(limit=200, sort="-id"), FreezeState.IN_FORCE)


def overview(work: Work, page: Page) -> Freezes:
    """What stops posting now, and what did."""
    stops = in_force(work)
    found, cursor = page.cut(freezes.freezes(work, page, None))
    past = [one for one in found if one.state_at(work.now) is not FreezeState.IN_FORCE]
    every = [*stops, *past]
    names = frame.names(
        work,
        people=[person for one in every for person in (one.set_by, one.lifted_by)],
        account_ids=[one.target.account_id for one in every],
        unit_ids=[one.target.business_unit_id for one in every],
    )
    may = work.actor.holds(Permission.FREEZE_SET)
    units = frame.open_units(work) if may else []
    there = networks.networks(work.session) if may else []
    liftable = frozenset(one.id for one in stops if _may_lift(work, one))
    return Freezes(stops, past, cursor, liftable, units, there, names)


def _may_lift(work: Work, one: Freeze) -> bool:
    """Would lifting it be let to the reader? As ``freezes.lift`` has it."""
    if not work.actor.holds(Permission.FREEZE_LIFT):
        return False
    place = _place(work, one)
    mine = rules.offices(models.model(work, place.path), roles.held(work, work.me), place)
    try:
        rules.check_lift(one, mine)
    except rules.NotTheFreezer:
        return False
    return True


def _place(work: Work, one: Freeze) -> Place:
    target = one.target
    if target.account_id is not None:
        return accounts.account(work.session, target.account_id).place
    path = directory.unit(work.session, target.business_unit_id).path if target.business_unit_id else ()
    return Place(path, target.network)
