"""Retirement campaigns as they are written on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.accounts.rules import AccountState, Flag
from app.accounts.wire import Flagged
from app.kernel.text import Line, Prose
from app.kernel.wire import In, Instant, Out

from . import rules
from .rules import ItemState, RetirementState, Word
from .service import Outlook, Shown


class NewRetirement(In):
    """A campaign over what is in use and flagged so; with a unit all below it is meant, too."""

    title: Annotated[Line, Field(examples=["What nobody uses, spring"])]
    flags: Annotated[
        list[Flag],
        Field(min_length=1, max_length=len(Flag), description="Any of these will do.", examples=[["idle", "orphaned"]]),
    ]
    business_unit_id: Annotated[str | None, Field(max_length=200, description="A unit's id or key.")] = None
    network: Annotated[str | None, Field(max_length=100)] = None
    due_at: Annotated[
        Instant | None, Field(description="By when custodians answer; 14 days from now, if left out.")
    ] = None


class Ending(In):
    """Why the campaign ends."""

    reason: Prose


class CustodianAnswer(In):
    """A custodian's word: keep the account, or have it retired; and why."""

    answer: Annotated[Word, Field(examples=["retire"])]
    reason: Prose


class HubDecision(In):
    """The hub's word on an account that is left to it, and why."""

    decision: Annotated[Word, Field(examples=["keep"])]
    reason: Prose


class Retirement(Out):
    """A campaign, and where it stands."""

    id: UUID
    title: str
    flags: list[Flag]
    business_unit_id: UUID | None
    network: str | None
    state: RetirementState
    opened_by: UUID
    due_at: Instant
    ended_at: Instant | None
    ended_by: UUID | None
    end_reason: str | None
    created_at: Instant
    updated_at: Instant


class RetirementProgress(Out):
    """How many items stand where, and how many there are."""

    items: int
    asked: int
    agreed: int
    silent: int
    orphaned: int
    kept: int
    decommissioning: int
    archived: int
    moot: int
    dropped: int


class WatchedRetirement(Retirement):
    """A campaign with its progress."""

    progress: RetirementProgress


class KeptBefore(Out):
    """When the account was kept in an earlier campaign, by whom and why."""

    retirement_id: UUID
    by: UUID
    at: Instant
    reason: str | None


class ForeseenRetirement(Out):
    """An account that a campaign would ask about."""

    account_id: UUID
    account: Annotated[str, Field(description="As `network:handle`.")]
    business_unit_id: UUID
    custodian_ids: list[UUID]
    flags: list[Flagged]
    kept_before: KeptBefore | None


class RetirementPreview(Out):
    """What a campaign would ask about; ``asked_elsewhere``: how many more are asked about already."""

    items: list[ForeseenRetirement]
    asked_elsewhere: int


class RetirementItem(Out):
    """One account that is asked about. ``flags``: what it was flagged for when the campaign was opened.

    `asked` waits for a custodian; `agreed`, `silent` and `orphaned` wait for the hub.
    """

    id: UUID
    retirement_id: UUID
    state: ItemState
    account_id: UUID
    account: Annotated[str, Field(description="As `network:handle`.")]
    account_state: AccountState
    business_unit_id: UUID
    custodian_ids: list[UUID]
    flags: list[Flagged]
    due_at: Instant
    answer: Word | None
    answered_by: UUID | None
    answer_reason: str | None
    answered_at: Instant | None
    decision: Word | None
    decided_by: UUID | None
    decision_reason: str | None
    decided_at: Instant | None
    kept_before: KeptBefore | None
    created_at: Instant
    updated_at: Instant


def _members(one: rules.Retirement, now: datetime) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in Retirement.model_fields if name != "state"}
    return {**told, "state": one.state_at(now)}


def retirement(one: rules.Retirement, now: datetime) -> Retirement:
    """A campaign with its state now."""
    return Retirement(**_members(one, now))


def watched(found: tuple[rules.Retirement, rules.Counts], now: datetime) -> WatchedRetirement:
    """A campaign with its progress."""
    one, counts = found
    return WatchedRetirement(**_members(one, now), progress=RetirementProgress.model_validate(counts))


def preview(found: Outlook) -> RetirementPreview:
    """What a campaign would ask about."""
    items = [
        ForeseenRetirement(
            account_id=one.account.id, account=f"{one.account.network}:{one.account.handle}",
            business_unit_id=one.account.business_unit_id, custodian_ids=sorted(one.account.stewards),
            flags=[Flagged.model_validate(each) for each in one.flags], kept_before=_kept(one.kept),
        )
        for one in found.items
    ]  # fmt: skip
    return RetirementPreview(items=items, asked_elsewhere=found.elsewhere)


def item(shown: Shown) -> RetirementItem:
    """An item as it stands now."""
    one = shown.item
    account = one.account
    told = {name: getattr(one, name) for name in RetirementItem.model_fields if hasattr(one, name)}
    beside = {
        "state": shown.state, "account": f"{account.network}:{account.handle}", "account_state": account.state,
        "business_unit_id": account.business_unit_id, "custodian_ids": sorted(account.stewards),
        "flags": [Flagged.model_validate(each) for each in one.flags], "kept_before": _kept(shown.kept),
    }  # fmt: skip
    return RetirementItem(**(told | beside))


def _kept(one: rules.Kept | None) -> KeptBefore | None:
    return KeptBefore.model_validate(one) if one is not None else None
