"""What an official account is: its states, what it is flagged for, and what the public is told of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.kernel.actor import Place
from app.kernel.errors import Conflict, Forbidden
from app.policies.rules import Limits, RiskTier


class AccountState(StrEnum):
    """Where an account stands; an ``archived`` one is kept for ever.

    A ``denied`` or ``withdrawn`` proposal leaves the handle free. A ``discovered`` account was found on the network and
    proposed by nobody; whoever registers it takes it over. A ``disputed`` one is held to be somebody else's who passes
    for us: it cannot be registered.
    """

    PROPOSED = "proposed"
    CHANGES_REQUESTED = "changes_requested"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DECOMMISSIONING = "decommissioning"
    ARCHIVED = "archived"
    DISCOVERED = "discovered"
    DISPUTED = "disputed"


class Verb(StrEnum):
    """What a person may do to an account that was approved."""

    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"
    DECOMMISSION = "decommission"
    ARCHIVE = "archive"


S = AccountState
TRANSITIONS: Mapping[Verb, tuple[frozenset[AccountState], AccountState]] = MappingProxyType(
    {
        Verb.ACTIVATE: (frozenset({S.APPROVED}), S.ACTIVE),
        Verb.SUSPEND: (frozenset({S.ACTIVE}), S.SUSPENDED),
        Verb.RESUME: (frozenset({S.SUSPENDED}), S.ACTIVE),
        Verb.DECOMMISSION: (frozenset({S.APPROVED, S.ACTIVE, S.SUSPENDED}), S.DECOMMISSIONING),
        Verb.ARCHIVE: (frozenset({S.DECOMMISSIONING}), S.ARCHIVED),
    }
)
NEVER_OURS = frozenset({S.DENIED, S.WITHDRAWN})
"""States that leave the handle free to be proposed again."""
FOUND = frozenset({S.DISCOVERED, S.DISPUTED})
"""States of an account that was found, and that nobody registers."""
SOURCE_FOUND = "discovery"
"""The source of an account that was found."""
HISTORY = NEVER_OURS | {S.ARCHIVED}
"""States in which an account's record changes no more."""
LIVING = frozenset({S.PROPOSED, S.CHANGES_REQUESTED, S.APPROVED, S.ACTIVE, S.SUSPENDED, S.DECOMMISSIONING})
OURS = LIVING | {S.ARCHIVED}
"""States of what is one of ours, was one, or is being registered."""
OPEN_FOR_RIGHTS = frozenset({S.APPROVED, S.ACTIVE, S.SUSPENDED})
"""States in which a right may be asked for; it works only while the account is active."""


DESCRIPTIVE = frozenset(
    {"display_name", "purpose", "audience", "language", "region", "posting_capacity", "objective", "opened_on"}
)
"""What a service client may say of an account: nothing of who governs it, looks after it or holds its credentials."""


class WrongState(Conflict):
    """The account's state does not allow this step."""

    code = "wrong_state"


class AccountExists(Conflict):
    """This handle of this network is registered already."""

    code = "account_exists"


class Status(StrEnum):
    """What ``verify`` tells the public."""

    OFFICIAL = "official"
    WAS_OFFICIAL = "was_official"
    UNREGISTERED = "unregistered"


class Flag(StrEnum):
    """What needs someone's care; computed, never stored."""

    IDLE = "idle"
    ORPHANED = "orphaned"
    SINGLE_CUSTODIAN = "single_custodian"
    UNVALIDATED = "unvalidated"
    LOOK_ALIKE = "look_alike"


@dataclass(frozen=True, slots=True)
class Flagged:
    """A flag and since when it holds."""

    flag: Flag
    since: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """One account of one network, as the inventory holds it."""

    id: UUID
    network: str
    handle: str
    handle_written: str
    skeleton: str
    url: str
    display_name: str | None
    business_unit_id: UUID
    path: tuple[UUID, ...]
    steward_id: UUID | None
    backup_steward_id: UUID | None
    shared_mailbox: str | None
    purpose: str | None
    audience: str | None
    language: str | None
    region: str | None
    risk: RiskTier
    posting_capacity: int | None
    objective: str | None
    vault_reference: str | None
    mfa: bool | None
    recovery_contact: str | None
    state: AccountState
    opened_on: date | None
    last_activity_at: datetime | None
    last_validated_at: datetime | None
    official_from: datetime | None
    official_until: datetime | None
    source: str
    proposed_by: UUID | None
    look_alike_of: UUID | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def place(self) -> Place:
        return Place(self.path, self.network)

    @property
    def stewards(self) -> frozenset[UUID]:
        return frozenset(one for one in (self.steward_id, self.backup_steward_id) if one)


def moved_to(account: Account, verb: Verb) -> AccountState:
    """The state after a verb, or ``WrongState``."""
    allowed, after = TRANSITIONS[verb]
    if account.state not in allowed:
        states = " or ".join(sorted(allowed))
        raise WrongState(f"An account can be told to {verb} while it is {states}; this one is {account.state}.")
    return after


def check_client(account: Account, changes: Iterable[str]) -> None:
    """May a service client describe an account so? It never registers around the model. Raises ``Forbidden``."""
    beyond = sorted(set(changes) - DESCRIPTIVE)
    if beyond:
        raise Forbidden(f"A service client describes an account; it does not change its {', '.join(beyond)}.")
    if account.state in (S.PROPOSED, S.CHANGES_REQUESTED):
        raise Forbidden("A proposal is changed by people: each change sends it on its route again.")


def status_of(account: Account | None) -> Status:
    """What the public is told: official while active or suspended, was official afterwards."""
    if account is None:
        return Status.UNREGISTERED
    if account.state in (S.ACTIVE, S.SUSPENDED):
        return Status.OFFICIAL
    if account.state in (S.DECOMMISSIONING, S.ARCHIVED) and account.official_from is not None:
        return Status.WAS_OFFICIAL
    return Status.UNREGISTERED


def flags(account: Account, left: Mapping[UUID, datetime], limits: Limits, at: datetime) -> tuple[Flagged, ...]:
    """What an account in use is flagged for, and a proposal for its looks: whoever decides is to see that.

    ``left``: of its stewards those who have left, and when.
    """
    found: list[Flagged | None] = []
    if account.state in OPEN_FOR_RIGHTS:
        found = [
            _custody(account, left),
            _idle(account, limits["idle_after_days"], at),
            _unvalidated(account, limits, at),
        ]
    if account.look_alike_of is not None and account.state in LIVING:
        found.append(Flagged(Flag.LOOK_ALIKE, account.created_at))
    return tuple(one for one in found if one)


def _custody(account: Account, left: Mapping[UUID, datetime]) -> Flagged | None:
    present = account.stewards - set(left)
    since = max((left[one] for one in account.stewards & set(left)), default=account.created_at)
    if not present:
        return Flagged(Flag.ORPHANED, since)
    return Flagged(Flag.SINGLE_CUSTODIAN, since) if len(present) == 1 else None


def _idle(account: Account, days: int, at: datetime) -> Flagged | None:
    if account.state is not S.ACTIVE or account.last_activity_at is None:
        return None  # nothing was ever reported: unknown is not idle
    since = account.last_activity_at + timedelta(days=days)
    return Flagged(Flag.IDLE, since) if at >= since else None


def _unvalidated(account: Account, limits: Limits, at: datetime) -> Flagged | None:
    if account.last_validated_at is None:
        return Flagged(Flag.UNVALIDATED, account.created_at)
    since = account.last_validated_at + timedelta(days=limits["validate_every_days"])
    return Flagged(Flag.UNVALIDATED, since) if at >= since else None
