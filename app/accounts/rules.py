"""What an official account is: its states, what it is flagged for, and what the public is told of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.kernel.actor import Place
from app.kernel.errors import Conflict, Forbidden
from app.policies.rules import Limits, RiskTier
from app.programme.strategy.rules import Objective, serves
from app.programme.vendors.rules import Standing


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
    DUPLICATE = "duplicate"
    NO_OBJECTIVE = "no_objective"
    NO_MFA = "no_mfa"
    UNAUTHORISED_TOOL = "unauthorised_tool"


@dataclass(frozen=True, slots=True)
class Flagged:
    """A flag, since when it holds, and the version of the policy that it breaks (``key@n``), if one says so."""

    flag: Flag
    since: datetime
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """That an account uses a tool (its key), since when, and where that tool stands now."""

    tool: str
    since: datetime
    standing: Standing


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an account's flags depend on beside itself, as far as it was looked up.

    ``left``: of its stewards those who have left, and when. ``objectives``: every objective by key; None: nobody looked.
    ``twins``: by what makes accounts duplicates of one another, since when there is more than one of that. ``usages``: by
    account, the tools that it uses.
    """

    left: Mapping[UUID, datetime] = field(default_factory=dict)
    objectives: Mapping[str, Objective] | None = None
    twins: "Mapping[Twin, datetime]" = field(default_factory=dict)
    usages: Mapping[UUID, Sequence[Usage]] = field(default_factory=dict)


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
    objective_since: datetime | None = None
    mfa_since: datetime | None = None

    @property
    def place(self) -> Place:
        return Place(self.path, self.network)

    @property
    def stewards(self) -> frozenset[UUID]:
        return frozenset(one for one in (self.steward_id, self.backup_steward_id) if one)

    @property
    def twin(self) -> "Twin | None":
        """What it has in common with its duplicates (domain: 2); None where nobody has said whom it is for."""
        return (self.network, self.business_unit_id, self.region, self.audience) if self.audience else None


Twin = tuple[str, UUID, str | None, str]
"""Network, unit, region and audience."""
DATED = ("objective", "mfa")
"""Facts beside which it stands since when they are as they are."""


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


def is_news(account: Account, at: datetime) -> bool:
    """Is activity at this instant later than the last that is known?"""
    return account.last_activity_at is None or at > account.last_activity_at


def flags(account: Account, around: Surroundings, limits: Limits, at: datetime) -> tuple[Flagged, ...]:
    """What an account in use is flagged for, and a proposal for its looks: whoever decides is to see that."""
    found: list[Flagged | None] = []
    if account.state in OPEN_FOR_RIGHTS:
        found = [
            _custody(account, around.left, limits),
            _idle(account, limits, at),
            _unvalidated(account, limits, at),
            _twin(account, around),
            _aimless(account, around),
            _unprotected(account),
            _unauthorised(around.usages.get(account.id, ()), limits),
        ]
    if account.look_alike_of is not None and account.state in LIVING:
        found.append(Flagged(Flag.LOOK_ALIKE, account.created_at))
    return tuple(one for one in found if one)


def _custody(account: Account, left: Mapping[UUID, datetime], limits: Limits) -> Flagged | None:
    gone = [one for one in account.stewards if one in left]
    present = account.stewards.difference(gone)
    since = max((left[one] for one in gone), default=account.created_at)
    policy = limits.source.get("two_custodians")
    if not present:
        return Flagged(Flag.ORPHANED, since, policy)
    return Flagged(Flag.SINGLE_CUSTODIAN, since, policy) if len(present) == 1 else None


def _idle(account: Account, limits: Limits, at: datetime) -> Flagged | None:
    if account.state is not S.ACTIVE or account.last_activity_at is None:
        return None  # nothing was ever reported: unknown is not idle
    since = account.last_activity_at + timedelta(days=limits["idle_after_days"])
    return Flagged(Flag.IDLE, since, limits.source.get("idle_after_days")) if at >= since else None


def _unvalidated(account: Account, limits: Limits, at: datetime) -> Flagged | None:
    policy = limits.source.get("validate_every_days")
    if account.last_validated_at is None:
        return Flagged(Flag.UNVALIDATED, account.created_at, policy)
    since = account.last_validated_at + timedelta(days=limits["validate_every_days"])
    return Flagged(Flag.UNVALIDATED, since, policy) if at >= since else None


def _twin(account: Account, around: Surroundings) -> Flagged | None:
    since = around.twins.get(account.twin) if account.twin else None
    return Flagged(Flag.DUPLICATE, since) if since else None


def twins(dated: Iterable[tuple[Twin, datetime]]) -> dict[Twin, datetime]:
    """Of accounts in use (what makes each a duplicate of others, when it was registered) since when there are duplicates."""
    by_twin: dict[Twin, list[datetime]] = {}
    for twin, at in dated:
        by_twin.setdefault(twin, []).append(at)
    return {twin: sorted(found)[1] for twin, found in by_twin.items() if len(found) > 1}


def _aimless(account: Account, around: Surroundings) -> Flagged | None:
    """It names no objective, or one that is none: never was, or was retired."""
    if around.objectives is None or serves(account.objective, around.objectives):
        return None
    named = around.objectives.get(account.objective or "")
    retired = named.retired_at if named else None
    since = account.objective_since or account.created_at
    return Flagged(Flag.NO_OBJECTIVE, max(since, retired) if retired else since)


def _unprotected(account: Account) -> Flagged | None:
    """That nobody has said whether there is a second factor is as bad as that there is none."""
    return None if account.mfa else Flagged(Flag.NO_MFA, account.mfa_since or account.created_at)


def _unauthorised(usages: Iterable[Usage], limits: Limits) -> Flagged | None:
    """It uses a tool that no assessment approves now; the policy is told that does not allow one of those, either."""
    found = [one for one in usages if not one.standing.approved]
    if not found:
        return None
    since = min(max(one.since, one.standing.approved_last_at or one.since) for one in found)
    allowed = limits["allowed_tools"]
    against = allowed is not None and any(one.tool not in allowed for one in found)
    return Flagged(Flag.UNAUTHORISED_TOOL, since, limits.source.get("allowed_tools") if against else None)
