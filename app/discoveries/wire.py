"""Discoveries as they are written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints

from app.accounts.rules import AccountState
from app.accounts.wire import Described
from app.kernel.text import Line, Prose
from app.kernel.wire import In, Instant, Out
from app.policies.rules import RiskTier

from . import rules
from .rules import Alarm, DiscoveryState, Match
from .service import Shown

Link = Annotated[str, StringConstraints(max_length=3000), AfterValidator(rules.link)]
UnitRef = Annotated[str, StringConstraints(max_length=200)]


class NewSighting(In):
    """An account that was seen on a network: named by network and handle, by its address, or by both, which agree.

    The same source, handle and instant once more is the same sighting.
    """

    network: Annotated[str | None, Field(max_length=100, examples=["x"])] = None
    handle: Annotated[str | None, Field(min_length=1, max_length=700, examples=["alder_n0rdic"])] = None
    url: Annotated[str | None, Field(max_length=2000)] = None
    source: Annotated[Line, Field(description="Who or what saw it.", examples=["Brand monitoring"])]
    seen_at: Annotated[Instant | None, Field(description="Now, if it is not given.")] = None
    active: Annotated[StrictBool, Field(description="It was seen to post.", examples=[True])] = False
    display_name: Annotated[Line | None, Field(description="What it calls itself.")] = None
    followers: Annotated[StrictInt, Field(ge=0, le=rules.MOST_FOLLOWERS)] | None = None
    evidence_url: Link | None = None
    note: Prose | None = None
    business_unit_id: Annotated[
        UnitRef | None, Field(description="The unit that it seems to be of, by id or key, if anybody knows.")
    ] = None


class Adoption(Described):
    """What is to be registered; as in a proposal of an account, whose network and handle these are."""

    business_unit_id: Annotated[UnitRef, Field(description="The owning unit's id or key.", examples=["nordics"])]
    risk: RiskTier = RiskTier.STANDARD


class Reasoned(In):
    """Why, kept with the discovery and in the audit log."""

    reason: Prose


class Evidenced(Reasoned):
    """Why, and where that can be looked up."""

    evidence_url: Link | None = None


class Alike(Out):
    """An account of ours that it looks like."""

    id: UUID
    network: str
    handle: str


class Discovery(Out):
    """An account that was seen on a network, and what it is of ours at present.

    ``reason`` and ``decided_*``: what was said of it last. ``alarm``: it posts, and nobody of ours should.
    """

    id: UUID
    network: str
    handle: str
    handle_written: str
    url: str
    state: DiscoveryState
    match: Match
    alarm: Alarm | None
    alarmed_at: Instant | None
    account_id: Annotated[UUID, Field(description="The account in the register that it is about.")]
    account_state: AccountState
    business_unit_id: UUID
    look_alikes: list[Alike]
    first_seen_at: Instant
    last_seen_at: Instant
    last_active_at: Instant | None
    sightings: Annotated[int, Field(description="How often it was seen.")]
    sources: Annotated[list[str], Field(description="By whom or what; empty to who may not read discoveries.")]
    display_name: str | None
    followers: int | None
    reason: str | None
    evidence_url: str | None
    decided_by: UUID | None
    decided_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Sighting(Out):
    """That it was seen once."""

    id: UUID
    source: str
    seen_at: Instant
    active: bool
    display_name: str | None
    followers: int | None
    evidence_url: str | None
    note: str | None
    recorded_by: UUID | None
    created_at: Instant


_OWN = (
    "id", "network", "handle", "handle_written", "url", "first_seen_at", "last_seen_at", "last_active_at", "reason",
    "evidence_url", "decided_by", "decided_at", "created_at", "updated_at",
)  # fmt: skip


def discovery(one: Shown) -> Discovery:
    """A discovery as it stands now."""
    newest = one.tally.newest
    return Discovery(
        **{name: getattr(one.discovery, name) for name in _OWN},
        state=one.state,
        match=one.match,
        alarm=one.alarm,
        alarmed_at=one.discovery.alarmed_at if one.alarm else None,
        account_id=one.account.id,
        account_state=one.account.state,
        business_unit_id=one.account.business_unit_id,
        look_alikes=[Alike.model_validate(other) for other in one.alike],
        sightings=one.tally.count,
        sources=list(one.tally.sources),
        display_name=newest.display_name,
        followers=newest.followers,
    )
