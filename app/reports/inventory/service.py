"""The inventory in figures: accounts by unit and network, in which states, flagged for what."""

from collections import Counter
from uuid import UUID

from app.accounts import rules as accounts
from app.accounts import service as account_service
from app.accounts.rules import Account, AccountState, Flag, Surroundings
from app.kernel.work import Work
from app.policies import rules as policy_rules
from app.policies import store as policies
from app.policies.rules import InForce, Limits
from app.programme.strategy import store as strategy
from app.reports.rules import NETWORK, UNIT, Cell, Column, Figures, Kind, Row, View, count, longest, share, summed

from . import store

COLUMNS = (
    *UNIT,
    NETWORK,
    count("accounts"),
    Column("idle_share", "Idle share", Kind.SHARE),
    *(count(state) for state in AccountState),
    *(count(flag) for flag in Flag),
)
_NOTES = (
    "Accounts are counted whatever their state; flags as each account shows them.",
    "The idle share is that of the active accounts without activity for longer than the policies there allow.",
)
Counts = dict[tuple[UUID, str], Counter[str]]


def inventory(work: Work, view: View) -> Figures:
    """Accounts of a view."""
    found, unknown = _counted(work, view)
    ordered = sorted(found.items(), key=lambda pair: (view.named(pair[0][0]), pair[0][1]))
    rows = tuple(_row(view, *key, counts) for key, counts in ordered)
    totals = summed(COLUMNS, rows)
    totals["idle_share"] = _idle_share(totals[Flag.IDLE], totals[AccountState.ACTIVE])
    left_out = (
        f"Whether {unknown} active accounts are idle: no activity was ever reported for them; they count as not idle."
    )
    by_network = Counter[str]()
    for (_, network), counts in found.items():
        by_network[network] += counts["accounts"]
    return Figures(
        COLUMNS, rows, totals, _NOTES, (left_out,) if unknown else (), longest("Accounts by network", "accounts", by_network)
    )  # fmt: skip


def _counted(work: Work, view: View) -> tuple[Counts, int]:
    """What there is of each by unit and network; and how many active accounts nobody ever reported activity of."""
    left = dict.fromkeys(store.custodians_gone(work.session, work.now), work.now)  # since when is not told here
    limits = _Limits(policies.in_force(work.session, work.now))
    found: Counts = {}
    unknown = 0
    every = store.all_of(work.session, view)
    # A view holds all of a unit's accounts on a network, or none: whatever is a duplicate is so in here.
    twins = accounts.twins(
        (one.twin, one.created_at) for one in every if one.twin and one.state in accounts.OPEN_FOR_RIGHTS
    )
    used = account_service.usages(work, store.tools_used(work.session, view))
    around = Surroundings(left, strategy.objectives(work.session), twins, used)
    for one in every:
        flags = accounts.flags(one, around, limits.at(one), work.now)
        counts = found.setdefault((one.business_unit_id, one.network), Counter())
        counts.update(("accounts", one.state.value, *(each.flag.value for each in flags)))
        unknown += one.state is AccountState.ACTIVE and one.last_activity_at is None
    return found, unknown


def _row(view: View, unit_id: UUID, network: str, counts: Counter[str]) -> Row:
    idle = _idle_share(counts[Flag.IDLE], counts[AccountState.ACTIVE])
    return (*view.named(unit_id), network, counts["accounts"], idle, *(counts[column.key] for column in COLUMNS[5:]))


def _idle_share(idle: Cell, active: Cell) -> Cell:
    return share(idle, active) if isinstance(idle, int) and isinstance(active, int) else None


class _Limits:
    """All policies combined where an account stands. Most accounts stand under the same few: each is worked out once."""

    def __init__(self, in_force: list[InForce]) -> None:
        self.in_force = in_force
        self.known: dict[tuple[UUID, ...], Limits] = {}

    def at(self, account: Account) -> Limits:
        """What holds for this account."""
        here = policy_rules.in_scope(self.in_force, account.place)
        key = tuple(one.version_id for one in here)
        if key not in self.known:
            self.known[key] = policy_rules.combine(here)
        return self.known[key]
