"""What was found on the networks, as it is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.console.frame import service as frame
from app.console.frame.service import Names
from app.discoveries import rules
from app.discoveries import service as discoveries
from app.discoveries.rules import Sighting, Verb
from app.discoveries.service import Shown
from app.kernel.actor import Permission
from app.kernel.pages import Page
from app.kernel.work import Work

SIGHTINGS = 20
"""So many of the newest stand on the page of a discovery."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of discoveries, and the cursor to the next."""

    shown: list[Shown]
    cursor: str | None
    names: Names


@dataclass(frozen=True, slots=True)
class Whole:
    """One discovery. ``verbs``: what the reader may do about it now."""

    shown: Shown
    sightings: list[Sighting]
    verbs: tuple[Verb, ...]
    names: Names


def listed(work: Work, page: Page, filters: Mapping[str, Any]) -> Listed:
    """A page of what was found. Raises ``NotFound``, ``BadHandle``."""
    found = discoveries.discoveries(work, page, filters)
    kept, cursor = page.cut([one.discovery for one in found])
    shown = found[: len(kept)]
    return Listed(shown, cursor, frame.names(work, unit_ids=[one.account.business_unit_id for one in shown]))


def whole(work: Work, id_: UUID) -> Whole:
    """One discovery: what it is of ours, who saw it, what was said of it. Raises ``NotFound``."""
    shown = discoveries.discovery(work, id_)
    newest = Page(limit=SIGHTINGS, sort="-seen_at", binding="")
    seen = discoveries.sightings(work, id_, newest)[:SIGHTINGS]
    about = shown.account
    names = frame.names(
        work, people=[shown.discovery.decided_by, *(one.recorded_by for one in seen)], account_ids=[about.id],
        unit_ids=[about.business_unit_id],
    )  # fmt: skip
    mine = work.actor.may(Permission.DISCOVERY_RESOLVE, about.place)
    verbs = tuple(one for one in Verb if mine and shown.state in rules.ALLOWED[one])
    return Whole(shown, seen, verbs, names)
