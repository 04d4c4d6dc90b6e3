"""What a retirement campaign is, whom it asks, and where each of its items stands.

An item keeps what was said. Whose word is next is worked out anew at each instant: of who looks after the account, of its
state, of whether the time to answer is over.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.accounts.rules import Account, AccountState, Flag, Flagged
from app.kernel.actor import Place
from app.kernel.errors import Conflict, Invalid
from app.kernel.wire import parse_instant

DUE_AFTER = timedelta(days=14)
"""After it was opened, unless it is said otherwise."""
SHORTEST, LONGEST = timedelta(days=1), timedelta(days=366)
MOST_ITEMS = 5_000
IN_USE = (AccountState.ACTIVE, AccountState.SUSPENDED)
"""States of an account that a campaign asks about."""


class Word(StrEnum):
    """What a custodian answers, and what the hub decides."""

    KEEP = "keep"
    RETIRE = "retire"


class ItemState(StrEnum):
    """Where an item stands.

    ``asked`` waits for a custodian. ``agreed`` (a custodian would have it retired), ``silent`` (nobody answered in time) and
    ``orphaned`` (nobody is left to be asked) wait for the hub. ``kept`` is over; ``decommissioning`` and ``archived`` are
    how far the account has come since the hub decided to retire it. ``moot``: the account was retired otherwise.
    ``dropped``: the campaign ended before anything came of it.
    """

    ASKED = "asked"
    AGREED = "agreed"
    SILENT = "silent"
    ORPHANED = "orphaned"
    KEPT = "kept"
    DECOMMISSIONING = "decommissioning"
    ARCHIVED = "archived"
    MOOT = "moot"
    DROPPED = "dropped"


FOR_HUB = frozenset({ItemState.AGREED, ItemState.SILENT, ItemState.ORPHANED})
"""States of an item that waits for the hub."""


class RetirementState(StrEnum):
    """Where a campaign stands: ``due`` once the time to answer is over, until the hub ends it."""

    OPEN = "open"
    DUE = "due"
    ENDED = "ended"


class RetirementOver(Conflict):
    """The campaign has ended: nothing is answered or decided in it any more."""

    code = "retirement_over"


class NotAsked(Conflict):
    """No custodian is asked about this account any more: it was answered, or is left to the hub, or is over."""

    code = "retirement_not_asked"


class NotForTheHub(Conflict):
    """The hub decides what a custodian would have retired, what nobody answered in time, and what nobody looks after."""

    code = "retirement_not_for_the_hub"


@dataclass(frozen=True, slots=True)
class Retirement:
    """A campaign. ``path``: of the unit that it was narrowed to, from the root down; empty for the whole enterprise."""

    id: UUID
    title: str
    flags: tuple[Flag, ...]
    business_unit_id: UUID | None
    path: tuple[UUID, ...]
    network: str | None
    opened_by: UUID
    due_at: datetime
    ended_at: datetime | None
    ended_by: UUID | None
    end_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def place(self) -> Place:
        return Place(self.path, self.network)

    def state_at(self, at: datetime) -> RetirementState:
        """The state at an instant; that it was ended counts whatever the clock says."""
        if self.ended_at is not None:
            return RetirementState.ENDED
        return RetirementState.DUE if at >= self.due_at else RetirementState.OPEN


@dataclass(frozen=True, slots=True)
class Kept:
    """That an account was kept before: in which campaign, by whom, when and why."""

    retirement_id: UUID
    by: UUID
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One account that is asked about, and what was said. ``account``: as it stands now; ``due_at``: of the campaign."""

    id: UUID
    retirement_id: UUID
    account: Account
    flags: tuple[Flagged, ...]
    due_at: datetime
    answer: Word | None
    answered_by: UUID | None
    answer_reason: str | None
    answered_at: datetime | None
    decision: Word | None
    decided_by: UUID | None
    decision_reason: str | None
    decided_at: datetime | None
    closed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def account_id(self) -> UUID:
        return self.account.id


def dates(now: datetime, due_at: datetime | None) -> datetime:
    """By when to answer. Raises ``Invalid``."""
    due = due_at or now + DUE_AFTER
    if due < now + SHORTEST:  # silence says something only of who had the time to speak
        raise Invalid.field("/due_at", "too_soon", "A campaign gives whoever is asked at least a day.")
    if due > now + LONGEST:
        raise Invalid.field("/due_at", "too_late", f"A campaign is due within {LONGEST.days} days.")
    return due


def state(item: Item, present: Collection[UUID], at: datetime) -> ItemState:
    """Where an item stands at an instant; ``present``: people who are employed then, as far as they matter here."""
    said = _said(item)
    if said is not None:
        return said
    if item.account.state not in IN_USE:
        return ItemState.MOOT
    if item.answer is Word.RETIRE:
        return ItemState.AGREED
    if item.account.stewards.isdisjoint(present):
        return ItemState.ORPHANED
    return ItemState.SILENT if at >= item.due_at else ItemState.ASKED


def _said(item: Item) -> ItemState | None:
    """What came of an item, if something did."""
    if item.decision is Word.RETIRE:
        archived = item.account.state is AccountState.ARCHIVED
        return ItemState.ARCHIVED if archived else ItemState.DECOMMISSIONING
    if Word.KEEP in (item.decision, item.answer):
        return ItemState.KEPT
    return ItemState.DROPPED if item.closed_at is not None else None


def check_asked(where: ItemState) -> None:
    """May a custodian answer? Raises ``NotAsked``, ``RetirementOver``."""
    if where is ItemState.DROPPED:
        raise RetirementOver("The campaign has ended.")
    if where is not ItemState.ASKED:
        raise NotAsked(f"The item is {where}.{_NEXT if where in FOR_HUB else ''}")


_NEXT = " The hub decides now; tell it, or whoever opened the campaign."


def check_for_hub(where: ItemState, due_at: datetime) -> None:
    """May the hub decide? Raises ``NotForTheHub``, ``RetirementOver``."""
    if where is ItemState.DROPPED:
        raise RetirementOver("The campaign has ended.")
    if where is ItemState.ASKED:
        raise NotForTheHub(f"Its custodians may still answer, until {due_at:%Y-%m-%d %H:%M} UTC.")
    if where not in FOR_HUB:
        raise NotForTheHub(f"The item is {where}.")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items stand where. ``items``: all of them."""

    items: int = 0
    asked: int = 0
    agreed: int = 0
    silent: int = 0
    orphaned: int = 0
    kept: int = 0
    decommissioning: int = 0
    archived: int = 0
    moot: int = 0
    dropped: int = 0


def count(states: Collection[ItemState]) -> Counts:
    """Items counted by state."""
    return Counts(len(states), **Counter(one.value for one in states))


def matching(flags: Collection[Flagged], wanted: Collection[Flag]) -> tuple[Flagged, ...]:
    """Of what an account is flagged for, what a campaign asks about."""
    return tuple(one for one in flags if one.flag in wanted)


def flagged(data: Mapping[str, Any]) -> Flagged:
    """A flag as an item has kept it."""
    return Flagged(Flag(data["flag"]), parse_instant(data["since"]), data["policy"])
