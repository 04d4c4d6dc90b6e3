"""A campaign: accounts and people for a time. What it gives anybody to ask for, and when that is over.

It gives no right: the model in force says who decides, as about any request. It only ends what came of it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.governance.models.rules import Right
from app.governance.reasons.rules import Reason
from app.kernel.actor import Place
from app.kernel.errors import Conflict, Invalid
from app.programme.strategy.rules import Objective, serves
from app.roles.rules import Appointment, Role

MOST_DAYS = 365
MOST_ACCOUNTS, MOST_MEMBERS = 50, 200


class CampaignOver(Conflict):
    """A campaign that is over gives nothing any more, and changes no more; make another."""

    code = "campaign_over"


class NotAMember(Conflict):
    """Only who takes part asks for the rights of a campaign."""

    code = "not_a_member"


class DatesFixed(Conflict):
    """From when until when the rights of a campaign last is part of what was asked and decided."""

    code = "campaign_dates_fixed"


class CampaignState(StrEnum):
    """Where a campaign stands at the instant of asking; ``over`` by its time, or since somebody ended it."""

    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"


class CampaignFlag(StrEnum):
    """What a campaign lacks: it names no objective that is pursued; its manager has left, or is campaign manager no more."""

    NO_OBJECTIVE = "no_objective"
    NO_MANAGER = "no_manager"


@dataclass(frozen=True, slots=True)
class Campaign:
    """Accounts and people for a time. ``members``: by person, the rights that they may ask for on each of its accounts.

    ``author_id``: whose words ``purpose`` is.
    """

    id: UUID
    key: str
    title: str
    purpose: str
    business_unit_id: UUID
    objective: str | None
    manager_id: UUID
    starts_at: datetime
    ends_at: datetime
    author_id: UUID
    ended_at: datetime | None
    ended_by: UUID | None
    end_reason: str | None
    created_at: datetime
    updated_at: datetime
    version: int
    account_ids: frozenset[UUID]
    members: Mapping[UUID, frozenset[Right]]

    def state_at(self, at: datetime) -> CampaignState:
        """The state at an instant; the very instant of ``ends_at`` is over."""
        if self.ended_at is not None or at >= self.ends_at:
            return CampaignState.OVER
        return CampaignState.PLANNED if at < self.starts_at else CampaignState.RUNNING

    def gives(self, employee_id: UUID, account_id: UUID) -> frozenset[Right]:
        """The rights that somebody may ask for, or keep, on an account for this campaign; none once it was ended."""
        if self.ended_at is not None or account_id not in self.account_ids:
            return frozenset()
        return self.members.get(employee_id, frozenset())

    @property
    def justification(self) -> str:
        """Why its rights are asked for."""
        return f"{self.title}: {self.purpose}"


def check_going_on(campaign: Campaign, at: datetime) -> None:
    """Raises ``CampaignOver``."""
    if campaign.state_at(at) is CampaignState.OVER:
        since = min(campaign.ended_at or campaign.ends_at, campaign.ends_at)
        raise CampaignOver(f"The campaign {campaign.key} is over since {since:%Y-%m-%dT%H:%M:%SZ}.")


def check_dates(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """A campaign begins before it ends, ends ahead of now, and lasts a year at most. Raises ``Invalid``."""
    if ends_at <= starts_at:
        raise Invalid.field("/ends_at", "ends_too_early", "A campaign ends after it has begun.")
    if ends_at <= now:
        raise Invalid.field("/ends_at", "in_the_past", "The campaign would be over already.")
    if ends_at - starts_at > timedelta(days=MOST_DAYS):
        latest = starts_at + timedelta(days=MOST_DAYS)
        message = f"A campaign lasts {MOST_DAYS} days at most: here until {latest:%Y-%m-%dT%H:%M:%SZ}."
        raise Invalid.field("/ends_at", "too_long", message)


def check_dates_free(campaign: Campaign, *, asked: bool) -> None:
    """May its dates be set otherwise? Not once something was ``asked`` for it. Raises ``DatesFixed``."""
    if asked:
        raise DatesFixed(
            f"Rights were asked for the campaign {campaign.key} already. End it with POST /v1/campaigns/{campaign.key}/end, "
            "and make another with other dates."
        )


def rights_of(campaign: Campaign, employee_id: UUID) -> frozenset[Right]:
    """What somebody may ask for. Raises ``NotAMember``."""
    found = campaign.members.get(employee_id)
    if found is None:
        raise NotAMember(
            f"This person does not take part in the campaign {campaign.key}. Whoever manages it adds people with "
            f"PATCH /v1/campaigns/{campaign.key}."
        )
    return found


def manages(held: Iterable[Appointment], place: Place) -> bool:
    """Is somebody with these appointments campaign manager there?"""
    return any(one.role is Role.CAMPAIGN_MANAGER and one.scope.covers(place) for one in held)


def check_manager(held: Iterable[Appointment], place: Place, unit: str) -> None:
    """May somebody with these appointments manage a campaign of this unit (by name)? Raises ``Invalid``."""
    if not manages(held, place):
        message = (
            f"Whoever manages a campaign of {unit} is appointed campaign_manager over it or a unit above; name somebody "
            "who is, or have them appointed with POST /v1/appointments."
        )
        raise Invalid.field("/manager_id", "not_a_campaign_manager", message)


def check_known(pointer: str, named: Collection[UUID], known: Collection[UUID]) -> None:
    """Is there everybody who is named? Raises ``Invalid``."""
    unknown = sorted(set(named) - set(known))
    if unknown:
        raise Invalid.field(pointer, "unknown_employee", f"There is no employee {unknown[0]}.")


def flags(
    campaign: Campaign, objectives: Mapping[str, Objective], managers: Iterable[Appointment], place: Place
) -> tuple[CampaignFlag, ...]:
    """What a campaign lacks. ``managers``: the appointments in force as campaign manager; ``place``: its unit's."""
    own = [one for one in managers if one.employee_id == campaign.manager_id]
    found = [CampaignFlag.NO_OBJECTIVE] if serves(campaign.objective, objectives) is None else []
    return tuple(found if manages(own, place) else [*found, CampaignFlag.NO_MANAGER])


def on_account(reason: Reason, account: str) -> Reason:
    """The same reason, where several accounts are spoken of."""
    return replace(reason, message=f"{account}: {reason.message}")
