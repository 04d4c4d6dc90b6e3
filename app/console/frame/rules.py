"""What every page of the console has: its navigation, the words it is written in, and what it tells of what was just done."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from app.kernel.actor import Actor, Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of the console: where it begins, how it is called, and what one needs to see it."""

    path: str
    name: str
    permission: Permission


PARTS: Final = (
    Entry("/console", "Overview", Permission.ME_READ),
    Entry("/console/approvals", "Approvals", Permission.APPROVAL_READ),
    Entry("/console/accounts", "Inventory", Permission.ACCOUNT_READ),
    Entry("/console/requests", "Requests", Permission.RIGHTS_REQUEST_READ),
    Entry("/console/models", "Models", Permission.GOVERNANCE_READ),
    Entry("/console/freezes", "Freezes", Permission.FREEZE_READ),
    Entry("/console/campaigns", "Campaigns", Permission.CAMPAIGN_READ),
    Entry("/console/discoveries", "Discoveries", Permission.DISCOVERY_READ),
    Entry("/console/retirements", "Retirements", Permission.RETIREMENT_READ),
    Entry("/console/programme", "Programme", Permission.STRATEGY_READ),
    Entry("/console/measurement", "Measurement", Permission.OBSERVATION_READ),
    Entry("/console/reports", "Reports", Permission.REPORT_READ),
)
"""The navigation, in its order. A new part of the console is one more line."""


def parts_for(actor: Actor) -> list[Entry]:
    """The parts that this person can use."""
    return [one for one in PARTS if actor.holds(one.permission)]


def part_of(path: str) -> str:
    """In which part of the console a page is: what its path begins with. With the first one all of them begin."""
    return next((one.path for one in PARTS[1:] if f"{path}/".startswith(f"{one.path}/")), path)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: their name, where they work, which roles they hold, and in whose time they are told times."""

    id: UUID
    name: str
    unit: str
    timezone: str
    roles: tuple[str, ...]


class Told(StrEnum):
    """What was just done, as the address of the page after it says."""

    ADOPTED = "adopted"
    APPROVED = "approved"
    ASKED = "asked"
    CAMPAIGN_ASKED = "campaign_asked"
    CAMPAIGN_ENDED = "campaign_ended"
    CHANGES_REQUESTED = "changes_requested"
    DENIED = "denied"
    DISPUTED = "disputed"
    FROZEN = "frozen"
    IGNORED = "ignored"
    LIFTED = "lifted"
    REOPENED = "reopened"
    RETIREMENT_ANSWERED = "retirement_answered"
    RETIREMENT_ENDED = "retirement_ended"
    RETIREMENT_OPENED = "retirement_opened"
    REVIEWED = "reviewed"
    SIGNED_OUT = "signed_out"
    SWITCHED = "switched"
    TAKEN_DOWN = "taken_down"
    WITHDRAWN = "withdrawn"


SENTENCES: Final[Mapping[Told, str]] = MappingProxyType(
    {
        Told.ADOPTED: "Its registration is under way. It is adopted once it is active.",
        Told.APPROVED: "Approved. Your word is recorded.",
        Told.ASKED: "Your request is made. This is the way it takes.",
        Told.CAMPAIGN_ASKED: "Your rights are asked for, on each account where you do not hold them.",
        Told.CAMPAIGN_ENDED: "The campaign is over, and with it every right that came of it.",
        Told.CHANGES_REQUESTED: "Given back to whoever asked, with your comment.",
        Told.DENIED: "Denied. Your word is recorded.",
        Told.DISPUTED: "It is held to be somebody else's: nobody registers it.",
        Told.FROZEN: "Posting is frozen, from this moment on.",
        Told.IGNORED: "It is no concern of ours, as long as it stays what it is.",
        Told.LIFTED: "The freeze is lifted.",
        Told.REOPENED: "It is open again.",
        Told.RETIREMENT_ANSWERED: "Your word is recorded.",
        Told.RETIREMENT_ENDED: "The campaign is over. What nobody has kept or retired stays as it is.",
        Told.RETIREMENT_OPENED: "The campaign is open. Whoever looks after these accounts is asked.",
        Told.REVIEWED: "Your answer is recorded.",
        Told.SIGNED_OUT: "You are signed out.",
        Told.SWITCHED: "The model is chosen. What was pending has been routed anew.",
        Told.TAKEN_DOWN: "It is gone from its network. Seen again, it is open again.",
        Told.WITHDRAWN: "The request is withdrawn.",
    }
)

_AS_WRITTEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "blocked_no_approver": "nobody can decide",
        "bu_liaison": "liaison",
        "account_liaison": "liaison of the account's unit",
        "beneficiary_liaison": "liaison of the person's unit",
        "merged": "went up",
        "hub_and_spoke": "hub and spoke",
        "in_force": "in force",
        "look_alike": "look-alike",
        "linkedin": "LinkedIn",
        "youtube": "YouTube",
        "tiktok": "TikTok",
        "x": "X",
        "facebook": "Facebook",
        "instagram": "Instagram",
        "mastodon": "Mastodon",
        "bluesky": "Bluesky",
        "threads": "Threads",
    }
)


def words(code: object) -> str:
    """A code of the service as people read it."""
    text = str(code)
    return _AS_WRITTEN.get(text, text.replace("_", " "))
