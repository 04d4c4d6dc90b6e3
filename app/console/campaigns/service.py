"""Campaigns as they are looked at."""

from dataclasses import dataclass

from app.accounts.rules import Account
from app.console.frame import service as frame
from app.console.frame.service import Names
from app.directory import store as directory
from app.governance.campaigns import service as campaigns
from app.governance.campaigns.rules import CampaignState
from app.governance.campaigns.service import Shown
from app.kernel.actor import Permission
from app.kernel.pages import Page
from app.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of campaigns, and the cursor to the next."""

    shown: list[Shown]
    cursor: str | None
    names: Names


@dataclass(frozen=True, slots=True)
class Whole:
    """One campaign. ``mine``: may the reader ask for its rights? ``manages``: may they end it?"""

    shown: Shown
    accounts: list[Account]
    mine: bool
    manages: bool
    names: Names


def listed(work: Work, page: Page, state: CampaignState | None) -> Listed:
    """A page of campaigns; every employee sees them all."""
    wanted = dict.fromkeys(("business_unit_id", "manager_id", "account_id", "employee_id", "serves_none"))
    found = campaigns.campaigns(work, page, {**wanted, "state": state})
    kept, cursor = page.cut([one.campaign for one in found])
    names = frame.names(work, people=[one.manager_id for one in kept], unit_ids=[one.business_unit_id for one in kept])
    return Listed(found[: len(kept)], cursor, names)


def whole(work: Work, id_or_key: str) -> Whole:
    """One campaign: its time, its accounts, its people and what they may ask for. Raises ``NotFound``."""
    shown = campaigns.campaign(work, id_or_key)
    one = shown.campaign
    names = frame.names(
        work, people=[one.manager_id, one.ended_by, *one.members], account_ids=one.account_ids,
        unit_ids=[one.business_unit_id],
    )  # fmt: skip
    goes_on = shown.state != CampaignState.OVER
    there = sorted(names.accounts.values(), key=lambda account: (account.network, account.handle))
    place = directory.unit(work.session, one.business_unit_id).place
    manages = goes_on and work.actor.may(Permission.CAMPAIGN_MANAGE, place)
    return Whole(shown, there, goes_on and work.me in one.members, manages, names)
