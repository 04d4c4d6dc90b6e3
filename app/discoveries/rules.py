"""What was found on a network, what it is of ours, and what there is to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from app.accounts.rules import SOURCE_FOUND, Account, AccountState
from app.kernel.errors import Conflict, Invalid
from app.kernel.text import line
from app.networks.rules import Handle, Network, UnknownNetwork, canonical, recognise

AHEAD = timedelta(minutes=5)
"""So far the clock of whoever saw it may be ahead of ours."""
MOST_FOLLOWERS = 2_000_000_000
_LONGEST_LINK = 2000


class DiscoveryState(StrEnum):
    """Where a discovery stands: what somebody said of it, and what the register says now, which goes before it.

    ``open``: somebody should look. ``adopting``: its registration is under way. ``adopted``: it was found, and is ours
    now. ``known``: it was ours already. ``disputed``: it is held to be somebody else's who passes for us.
    """

    OPEN = "open"
    ADOPTING = "adopting"
    ADOPTED = "adopted"
    KNOWN = "known"
    DISPUTED = "disputed"
    TAKEN_DOWN = "taken_down"
    IGNORED = "ignored"


class Match(StrEnum):
    """What a handle is of ours, at present. ``look_alike``: it looks like one of ours, on whatever network."""

    REGISTERED = "registered"
    WAS_OFFICIAL = "was_official"
    PROPOSED = "proposed"
    LOOK_ALIKE = "look_alike"
    UNKNOWN = "unknown"


class Alarm(StrEnum):
    """It posts, and nobody of ours should: somebody else may have the handle, or the login."""

    FORMER_HANDLE_ACTIVE = "former_handle_active"
    SUSPENDED_ACCOUNT_ACTIVE = "suspended_account_active"


class Verb(StrEnum):
    """What the hub does about a discovery."""

    ADOPT = "adopt"
    DISPUTE = "dispute"
    TAKE_DOWN = "take down"
    IGNORE = "ignore"
    REOPEN = "reopen"


S, A = DiscoveryState, AccountState
MATCHES: Mapping[AccountState, Match] = MappingProxyType(
    {
        **dict.fromkeys((A.ACTIVE, A.SUSPENDED), Match.REGISTERED),
        **dict.fromkeys((A.DECOMMISSIONING, A.ARCHIVED), Match.WAS_OFFICIAL),
        **dict.fromkeys((A.PROPOSED, A.CHANGES_REQUESTED, A.APPROVED), Match.PROPOSED),
    }
)
"""What a handle is by the state of the account that holds it; one that was given up before it was open was never ours."""
ALARMS: Mapping[AccountState, Alarm] = MappingProxyType(
    {
        A.SUSPENDED: Alarm.SUSPENDED_ACCOUNT_ACTIVE,
        **dict.fromkeys((A.DECOMMISSIONING, A.ARCHIVED), Alarm.FORMER_HANDLE_ACTIVE),
    }
)
ALLOWED: Mapping[Verb, frozenset[DiscoveryState]] = MappingProxyType(
    {
        Verb.ADOPT: frozenset({S.OPEN}),
        Verb.DISPUTE: frozenset({S.OPEN}),
        Verb.TAKE_DOWN: frozenset({S.OPEN, S.DISPUTED}),
        Verb.IGNORE: frozenset({S.OPEN}),
        Verb.REOPEN: frozenset({S.DISPUTED, S.TAKEN_DOWN, S.IGNORED}),
    }
)
"""The states in which each is possible."""
AFTER: Mapping[Verb, DiscoveryState] = MappingProxyType(
    {
        Verb.DISPUTE: S.DISPUTED,
        Verb.TAKE_DOWN: S.TAKEN_DOWN,
        Verb.IGNORE: S.IGNORED,
        Verb.REOPEN: S.OPEN,
    }
)
"""What the discovery's state is afterwards; an adopted one's follows from its registration."""


class WrongDiscoveryState(Conflict):
    """What was found is not in a state for this; what was said of it is taken back by reopening it."""

    code = "wrong_discovery_state"


@dataclass(frozen=True, slots=True)
class Discovery:
    """An account that was seen on a network. ``state``: what was said of it, one of those of ``AFTER``."""

    id: UUID
    network: str
    handle: str
    handle_written: str
    url: str
    skeleton: str
    account_id: UUID
    state: DiscoveryState
    reason: str | None
    evidence_url: str | None
    decided_by: UUID | None
    decided_at: datetime | None
    decided_match: Match | None
    decided_active: bool | None
    first_seen_at: datetime
    last_seen_at: datetime
    last_active_at: datetime | None
    alarmed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """That it was seen once, by whom or what (``source``), and what was seen."""

    id: UUID
    discovery_id: UUID
    source: str
    seen_at: datetime
    active: bool
    display_name: str | None
    followers: int | None
    evidence_url: str | None
    note: str | None
    recorded_by: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A sighting as somebody states it. ``unit_id``: the unit that the account seems to be of, if anybody knows."""

    network: str
    handle: Handle
    source: str
    seen_at: datetime
    active: bool = False
    display_name: str | None = None
    followers: int | None = None
    evidence_url: str | None = None
    note: str | None = None
    unit_id: UUID | None = None

    @property
    def named(self) -> tuple[str, str]:
        """What makes it one discovery: network and canonical handle."""
        return self.network, self.handle.canonical

    @property
    def said(self) -> tuple[str, str, str, datetime]:
        """What makes it one sighting: what was seen, by whom, when."""
        return (*self.named, self.source, self.seen_at)


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of the sightings of one discovery: how many, from where, and the newest."""

    count: int
    sources: tuple[str, ...]
    newest: Sighting


def named(
    networks: Mapping[str, Network], network: str | None, handle: str | None, url: str | None
) -> tuple[str, Handle]:
    """The network and the account that a finding names: by both, or by an address alone.

    Raises ``UnknownNetwork``, ``BadHandle``, and ``Invalid`` where neither is said.
    """
    if network is None:
        if url is None or handle is not None:
            raise Invalid.field("/network", "required", "Name the network and the handle, or give the address alone.")
        of, found = recognise(networks.values(), url)
        return of.key, found
    if network not in networks:
        raise UnknownNetwork(f"There is no network {network}.")
    written = handle or url
    if written is None:
        raise Invalid.field("/handle", "required", "Name the handle, or give the address.")
    return network, canonical(networks[network], written, url if handle else None, others=networks.values())


def link(text: str) -> str:
    """An address where something can be looked up, trimmed. Raises ``ValueError`` in plain words."""
    clean = line(text, _LONGEST_LINK)
    try:
        parts = urlsplit(clean)
    except ValueError as error:
        raise ValueError("must be an address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in clean:
        raise ValueError("must be an address that begins with https:// or http://")
    return clean


def check_seen(seen_at: datetime, now: datetime) -> None:
    """What was seen has happened. Raises ``Invalid``."""
    if seen_at > now + AHEAD:
        raise Invalid.field("/seen_at", "in_the_future", "What was seen has happened, or nobody saw it.")


def match_of(account: Account, *, alike: bool) -> Match:
    """What a handle is of ours. ``account``: who holds it, or held it last. ``alike``: it looks like one of ours."""
    found = MATCHES.get(account.state)
    if found is Match.WAS_OFFICIAL and account.official_from is None:
        found = None
    return found or (Match.LOOK_ALIKE if alike else Match.UNKNOWN)


def alarm_of(discovery: Discovery, account: Account) -> Alarm | None:
    """The alarm that stands: it was found out that it posts, and the account still should not."""
    return ALARMS.get(account.state) if discovery.alarmed_at is not None else None


def stands(discovery: Discovery, account: Account) -> DiscoveryState:
    """Where a discovery stands: what is ours, or about to be, needs nobody's word; what is disputed keeps it."""
    if discovery.state is S.DISPUTED:
        return S.DISPUTED
    match = MATCHES.get(account.state)
    if match is Match.PROPOSED:
        return S.ADOPTING
    over = match is Match.WAS_OFFICIAL and _unseen_since(discovery, account)
    if (match is Match.REGISTERED or over) and alarm_of(discovery, account) is None:
        return S.ADOPTED if account.source == SOURCE_FOUND else S.KNOWN
    return discovery.state


def _unseen_since(discovery: Discovery, account: Account) -> bool:
    """Was it never seen after it had ceased to be ours?"""
    return account.official_until is not None and discovery.last_seen_at <= account.official_until


def check(verb: Verb, discovery: Discovery, account: Account) -> None:
    """Raises ``WrongDiscoveryState``."""
    state = stands(discovery, account)
    if state not in ALLOWED[verb]:
        states = " or ".join(sorted(one.replace("_", " ") for one in ALLOWED[verb]))
        raise WrongDiscoveryState(f"One can {verb} what is {states}; this is {state.replace('_', ' ')}.")


def reopens(discovery: Discovery, seen: Seen, match: Match) -> bool:
    """Does a sighting later than what was said of it open it again?

    What was taken down is there again. What was ignored was ignored as what it was: it posts now and did not, or it
    has come to be something else of ours.
    """
    if discovery.decided_at is None or seen.seen_at <= discovery.decided_at:
        return False
    if discovery.state is S.IGNORED:
        return match is not discovery.decided_match or (seen.active and not discovery.decided_active)
    return discovery.state is S.TAKEN_DOWN


def alarming(account: Account, suspended_at: datetime | None, seen: Seen) -> bool:
    """Was it seen to post after we had stopped posting there? ``suspended_at``: when it was suspended last."""
    if account.state not in ALARMS or not seen.active:
        return False
    since = suspended_at if account.state is A.SUSPENDED else account.official_until
    return since is not None and seen.seen_at > since


def after_sighting(discovery: Discovery, seen: Seen, *, reopen: bool) -> dict[str, Any]:
    """What of a discovery changes by one more sighting, which need not be later than those before."""
    changes: dict[str, Any] = {
        "first_seen_at": min(discovery.first_seen_at, seen.seen_at),
        "last_seen_at": max(discovery.last_seen_at, seen.seen_at),
    }
    if seen.active:
        changes["last_active_at"] = max(discovery.last_active_at or seen.seen_at, seen.seen_at)
    return changes | ({"state": S.OPEN} if reopen else {})
