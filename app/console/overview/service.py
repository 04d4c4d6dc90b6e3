"""The first page: how the enterprise's social media stands, and what waits for whoever reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.accounts import store as accounts
from app.accounts.rules import AccountState, Flag
from app.console.frame import service as frame
from app.console.frame.service import Names
from app.console.freezes import service as freezes
from app.console.inventory import service as inventory
from app.console.inventory import store as inventory_store
from app.directory import store as directory
from app.governance.approvals import service as approvals
from app.governance.evaluation import service as evaluation
from app.governance.evaluation.rules import Duty
from app.governance.freezes.rules import Freeze
from app.governance.grants import store as grants
from app.governance.grants.rules import Grant
from app.kernel.actor import Permission
from app.kernel.pages import Page
from app.kernel.work import Work

from . import store

SOON = timedelta(days=30)
EVERYTHING = Page(limit=200, sort="id")
"""More than anybody has before them; the rest of a large review is at ``/v1/approvals``."""
MOST_ENDING = 8


@dataclass(frozen=True, slots=True)
class Overview:
    """Figures, and the first of what is behind them. ``waiting``: how many things wait for the reader."""

    accounts: Mapping[str, Mapping[AccountState, int]]
    flags: Mapping[Flag, int]
    waiting: int
    duties: list[Duty]
    freezes: list[Freeze]
    running: int
    ending: int
    ending_first: list[Grant]
    mine: list[Grant]
    names: Names


def overview(work: Work) -> Overview:
    """How things stand at this instant, as far as the reader may see them; the inventory is open to all."""
    seen = _seen(work)
    stops = freezes.in_force(work)
    ending, first = store.ending(work.session, work.now, work.now + SOON, seen, MOST_ENDING)
    soon = [grants.grant(work.session, one) for one in first]
    mine = grants.running_of(work.session, work.me, work.now)
    names = frame.names(
        work,
        people=[*(one.employee_id for one in soon), *(one.set_by for one in stops)],
        account_ids=[*(one.account_id for one in (*soon, *mine)), *(one.target.account_id for one in stops)],
        unit_ids=[one.target.business_unit_id for one in stops],
    )
    return Overview(
        accounts=inventory_store.by_network_and_state(work.session),
        flags=inventory_store.by_flag(work.session, inventory.clock(work)),
        waiting=len(approvals.inbox(work, EVERYTHING)), duties=evaluation.duties(work), freezes=stops,
        running=store.running(work.session, work.now, seen), ending=ending, ending_first=soon, mine=mine, names=names,
    )  # fmt: skip


def _seen(work: Work) -> Any:
    """The condition of the grants that the reader may see; None: all."""
    scopes = work.actor.scopes(Permission.GRANT_READ)
    if scopes is None:
        return None
    return grants.seen_by(work.actor.employee_id, accounts.ids_in(scopes), directory.employee_ids_in(scopes))
