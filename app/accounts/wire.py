"""Accounts as they are written on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt

from app.kernel.text import Line, Prose
from app.kernel.wire import Day, In, Instant, Out
from app.policies.rules import RiskTier

from .rules import AccountState, Flag, Status
from .service import Shown

AccountRef = Annotated[
    str, Field(description="The account's id, or `network:handle`.", examples=["x:alder_nordics"], max_length=700)
]


class Described(In):
    """What describes an account; a custodian is named by id."""

    display_name: Line | None = None
    steward_id: UUID | None = None
    backup_steward_id: UUID | None = None
    shared_mailbox: Line | None = None
    purpose: Prose | None = None
    audience: Line | None = None
    language: Line | None = None
    region: Line | None = None
    posting_capacity: Annotated[StrictInt, Field(ge=0, le=1_000_000)] | None = None
    objective: Annotated[Line | None, Field(description="The key of the objective that it serves.")] = None
    vault_reference: Annotated[
        Line | None, Field(description="Where the credentials are kept; never a credential.")
    ] = None
    mfa: StrictBool | None = None
    recovery_contact: Line | None = None
    opened_on: Day | None = None
    tools: Annotated[
        list[Annotated[str, Field(max_length=200)]] | None,
        Field(max_length=20, description="The publishing tools that it uses, each by key or id: these and no others."),
    ] = None


class NewAccount(Described):
    """An account to be registered: by handle, by address, or both, which then must agree."""

    network: Annotated[str, Field(examples=["instagram"])]
    handle: Annotated[str, Field(min_length=1, max_length=700, examples=["@alder.nordics.care"])]
    url: Annotated[str | None, Field(max_length=2000)] = None
    business_unit_id: Annotated[str, Field(description="The owning unit's id or key.", examples=["nordics"])]
    risk: RiskTier = RiskTier.STANDARD


class AccountChanges(Described):
    """Only the members sent are changed. Unit and risk tier decide who governs the account: the hub sets them."""

    risk: RiskTier | None = None
    business_unit_id: Annotated[str | None, Field(description="The owning unit's id or key.")] = None


class Flagged(Out):
    """A flag, since when it holds, and the version of the policy that it breaks (`key@n`), if one says so."""

    flag: Flag
    since: Instant
    policy: str | None


class Account(Out):
    """One account of one network. ``flags`` are computed; ``tools``: keys of the publishing tools that it uses."""

    id: UUID
    network: str
    handle: str
    handle_written: str
    url: str
    display_name: str | None
    business_unit_id: UUID
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
    last_activity_at: Instant | None
    last_validated_at: Instant | None
    official_from: Instant | None
    official_until: Instant | None
    source: str
    proposed_by: UUID | None
    look_alike_of: UUID | None
    tools: list[str] = []
    flags: list[Flagged] = []
    created_at: Instant
    updated_at: Instant


class Brief(Out):
    """An account in a list of others like it."""

    id: UUID
    network: str
    handle: str
    display_name: str | None
    business_unit_id: UUID
    state: AccountState
    last_activity_at: Instant | None


class Verification(Out):
    """Is an address one of ours? ``official_until``: until when it was, if it is no more."""

    status: Status
    network: str | None
    handle: str | None
    url: str | None
    official_until: Instant | None


class Why(In):
    """The reason for a step, kept in the audit log."""

    reason: Prose | None = None


class Activity(In):
    """There was activity on the account at this instant; now, if none is given."""

    at: Instant | None = None


class Nothing(In):
    """Nothing needs to be said."""


def account(shown: Shown) -> Account:
    """An account with its flags and its tools."""
    base = Account.model_validate(shown.account)
    flags = [Flagged.model_validate(one) for one in shown.flags]
    return base.model_copy(update={"flags": flags, "tools": list(shown.tools)})
