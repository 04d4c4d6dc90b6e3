"""Discoveries: what was found on the networks, looked at, and what is done about it."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request, Response

from app.console.frame import service as frame
from app.console.frame.api import Blank, Form, Text, bound, router
from app.console.frame.rules import Told
from app.console.frame.wire import FORM, go, page
from app.directory import service as directory
from app.discoveries import service as discoveries
from app.discoveries.rules import DiscoveryState, Match
from app.discoveries.service import Reason, Shown
from app.discoveries.wire import Adoption, Link, UnitRef
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.pages import Page, paging
from app.kernel.text import Prose
from app.kernel.work import Work
from app.networks import store as networks
from app.policies.rules import RiskTier

from . import service

parts = router()
LIST: Final = "/console/discoveries"


class Word(StrEnum):
    """What is said of a discovery; to adopt it is a form of its own."""

    DISPUTE = "dispute"
    TAKE_DOWN = "take_down"
    IGNORE = "ignore"
    REOPEN = "reopen"


_SAY: Final[Mapping[Word, tuple[Callable[[Work, UUID, Reason], Shown], Told]]] = MappingProxyType(
    {
        Word.DISPUTE: (discoveries.dispute, Told.DISPUTED),
        Word.TAKE_DOWN: (discoveries.take_down, Told.TAKEN_DOWN),
        Word.IGNORE: (discoveries.ignore, Told.IGNORED),
        Word.REOPEN: (discoveries.reopen, Told.REOPENED),
    }
)


class Saying(Form):
    """What it is, and why."""

    word: Word
    reason: Prose
    evidence_url: Annotated[Link | None, Blank] = None


class Adopting(Form):
    """Where it is to be registered."""

    unit: UnitRef
    risk: RiskTier = RiskTier.STANDARD
    purpose: Annotated[Prose | None, Blank] = None


@parts.get("/discoveries")
def list_discoveries(
    request: Request,
    work: Annotated[Work, allow(Permission.DISCOVERY_READ)],
    asked: Annotated[Page, paging("last_seen_at", default="-last_seen_at")],
    network: Annotated[Text, Query()] = None,
    state: Annotated[DiscoveryState | None, Blank, Query()] = None,
    match: Annotated[Match | None, Blank, Query()] = None,
    alarm: Annotated[bool | None, Blank, Query()] = None,
) -> Response:
    """What was found, the last seen first."""
    filters = {"network": network, "state": state, "match": match, "alarm": alarm}
    found = service.listed(work, bound(asked, work, filters), {**filters, "handle": None})
    return page(
        request, work, "discoveries.html", found=found, filters=filters, states=DiscoveryState, matches=Match,
        networks=networks.networks(work.session), later=asked.cursor is not None,
    )  # fmt: skip


@parts.get("/discoveries/{id}")
def one_discovery(id: UUID, request: Request, work: Annotated[Work, allow(Permission.DISCOVERY_READ)]) -> Response:
    """One discovery, and what can be done about it."""
    found = service.whole(work, id)
    units = frame.open_units(work) if found.verbs else []
    return page(request, work, "discovery.html", found=found, units=units, risks=RiskTier, words_of=Word)


@parts.post("/discoveries/{id}/adopt")
def adopt(
    id: UUID, form: Annotated[Adopting, FORM], work: Annotated[Work, allow(Permission.DISCOVERY_RESOLVE)]
) -> Response:
    """Have it registered, by the model in force where it is to be."""
    unit = directory.unit(work, form.unit)
    said = Adoption(business_unit_id=form.unit, risk=form.risk, purpose=form.purpose).model_dump()
    discoveries.adopt(work, id, {**said, "business_unit_id": unit.id})
    return go(f"{LIST}/{id}", Told.ADOPTED)


@parts.post("/discoveries/{id}/words")
def say(
    id: UUID, form: Annotated[Saying, FORM], work: Annotated[Work, allow(Permission.DISCOVERY_RESOLVE)]
) -> Response:
    """Say what it is, and why."""
    done, told = _SAY[form.word]
    done(work, id, Reason(form.reason, form.evidence_url))
    return go(f"{LIST}/{id}", told)
