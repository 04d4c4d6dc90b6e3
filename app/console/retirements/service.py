"""Retirement campaigns as they are looked at: how far they have come, and what waits for the reader's word."""

from dataclasses import dataclass
from uuid import UUID

from app.console.frame import service as frame
from app.console.frame.service import Names
from app.governance.retirements import service as retirements
from app.governance.retirements.rules import FOR_HUB, Counts, ItemState, Retirement
from app.governance.retirements.service import Asked, Outlook, Shown
from app.kernel.actor import Permission
from app.kernel.pages import Page
from app.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of campaigns, and the cursor to the next."""

    shown: list[Retirement]
    cursor: str | None
    names: Names


@dataclass(frozen=True, slots=True)
class Line:
    """An account that is asked about; ``answers``: may the reader answer as who looks after it? ``decides``: as the hub?"""

    shown: Shown
    answers: bool
    decides: bool


@dataclass(frozen=True, slots=True)
class Whole:
    """One campaign and a page of its accounts. ``manages``: may the reader end it?"""

    retirement: Retirement
    counts: Counts
    lines: list[Line]
    cursor: str | None
    manages: bool
    names: Names


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a campaign would ask about."""

    outlook: Outlook
    names: Names


def listed(work: Work, page: Page) -> Listed:
    """A page of campaigns, the newest first."""
    shown, cursor = page.cut(retirements.retirements(work, page))
    names = frame.names(
        work, people=[one.opened_by for one in shown], unit_ids=[one.business_unit_id for one in shown]
    )  # fmt: skip
    return Listed(shown, cursor, names)


def whole(work: Work, id_: UUID, page: Page, state: ItemState | None, *, mine: bool) -> Whole:
    """One campaign, how far it has come, and a page of what it asks about. Raises ``NotFound``."""
    one, counts = retirements.retirement(work, id_)
    shown, cursor = page.cut(retirements.items(work, id_, page, state, None, mine=mine))
    there = [each.item.account for each in shown]
    said = [person for each in shown for person in (each.item.answered_by, each.item.decided_by)]
    kept = [each.kept.by for each in shown if each.kept]
    stewards = [person for account in there for person in account.stewards]
    names = frame.names(
        work, people=[one.opened_by, one.ended_by, *said, *kept, *stewards], account_ids=[each.id for each in there],
        unit_ids=[one.business_unit_id],
    )  # fmt: skip
    manages = one.ended_at is None and work.actor.may(Permission.RETIREMENT_MANAGE, one.place)
    return Whole(one, counts, [_line(work, each) for each in shown], cursor, manages, names)


def _line(work: Work, shown: Shown) -> Line:
    account = shown.item.account
    own = work.me in account.stewards
    answers = shown.state is ItemState.ASKED and work.actor.may(Permission.RETIREMENT_ANSWER, account.place, own=own)
    decides = shown.state in FOR_HUB and work.actor.may(Permission.RETIREMENT_MANAGE, account.place)
    return Line(shown, answers, decides)


def foreseen(work: Work, asked: Asked) -> Foreseen:
    """What such a campaign would ask about; nothing is done. Raises ``Invalid``, ``Forbidden``."""
    outlook = retirements.preview(work, asked)
    there = [one.account for one in outlook.items]
    people = [person for account in there for person in account.stewards]
    kept = [one.kept.by for one in outlook.items if one.kept]
    return Foreseen(outlook, frame.names(work, people=[*people, *kept], account_ids=[one.id for one in there]))
