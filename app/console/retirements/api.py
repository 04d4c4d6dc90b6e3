"""Retirement campaigns: foreseen, opened, answered, decided and ended."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from app.accounts.rules import Flag
from app.console.frame import service as frame
from app.console.frame.api import Blank, Form, Text, bound, router
from app.console.frame.rules import Told
from app.console.frame.wire import FORM, go, page
from app.governance.retirements import service as retirements
from app.governance.retirements.rules import ItemState, Word
from app.governance.retirements.service import Asked
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.pages import Page, paging
from app.kernel.text import Line, Prose
from app.kernel.work import Work
from app.networks import store as networks

from . import service

parts = router()
LIST: Final = "/console/retirements"
_Flags = Annotated[list[Flag], Field(max_length=len(Flag))]


class Opening(Form):
    """What is asked about: flags, a unit with all below it, a network."""

    title: Line
    flags: Annotated[_Flags, Field(min_length=1)]
    unit: Text = None
    network: Text = None


class Saying(Form):
    """Keep it, or have it retired; and why."""

    word: Word
    reason: Prose


class Ending(Form):
    """Why the campaign ends."""

    reason: Prose


@parts.get("/retirements")
def list_retirements(
    request: Request,
    work: Annotated[Work, allow(Permission.RETIREMENT_READ)],
    asked: Annotated[Page, paging("created_at", default="-created_at")],
) -> Response:
    """The campaigns, the newest first."""
    found = service.listed(work, bound(asked, work, {}))
    return page(request, work, "retirements.html", found=found, later=asked.cursor is not None)


@parts.get("/retirements/new")
def foresee(
    request: Request,
    work: Annotated[Work, allow(Permission.RETIREMENT_MANAGE)],
    flags: Annotated[_Flags, Query()] = [],  # noqa: B006 - read, never changed
    unit: Annotated[Text, Query()] = None,
    network: Annotated[Text, Query()] = None,
) -> Response:
    """Which accounts a campaign over these flags would ask about; nothing is changed."""
    asked = Asked("", tuple(dict.fromkeys(flags)), unit, network)
    return page(
        request, work, "retiring.html", found=service.foreseen(work, asked) if flags else None, asked=asked, flags=Flag,
        units=frame.open_units(work), networks=networks.networks(work.session),
    )  # fmt: skip


@parts.post("/retirements")
def open_retirement(
    form: Annotated[Opening, FORM], work: Annotated[Work, allow(Permission.RETIREMENT_MANAGE)]
) -> Response:
    """Ask who looks after them whether the accounts are still needed."""
    asked = Asked(form.title, tuple(dict.fromkeys(form.flags)), form.unit, form.network)
    made, _ = retirements.create(work, asked)
    return go(f"{LIST}/{made.id}", Told.RETIREMENT_OPENED)


@parts.get("/retirements/{id}")
def one_retirement(
    id: UUID,
    request: Request,
    work: Annotated[Work, allow(Permission.RETIREMENT_READ)],
    asked: Annotated[Page, paging("id")],
    state: Annotated[ItemState | None, Blank, Query()] = None,
    waits_for: Annotated[Text, Query()] = None,
) -> Response:
    """One campaign: how far it has come, and the accounts that it asks about; ``waits_for=me``: what waits for the reader."""
    filters = {"state": state, "waits_for": waits_for}
    mine = waits_for is not None
    found = service.whole(work, id, bound(asked, work, {**filters, "id": id}), state, mine=mine)
    return page(
        request, work, "retirement.html", found=found, filters=filters, states=ItemState, later=asked.cursor is not None
    )


@parts.post("/retirements/{id}/items/{item_id}/answer")
def answer(
    id: UUID, item_id: UUID, form: Annotated[Saying, FORM], work: Annotated[Work, allow(Permission.RETIREMENT_ANSWER)]
) -> Response:
    """As who looks after the account."""
    retirements.answer(work, id, item_id, form.word, form.reason)
    return go(f"{LIST}/{id}", Told.RETIREMENT_ANSWERED)


@parts.post("/retirements/{id}/items/{item_id}/decide")
def decide(
    id: UUID, item_id: UUID, form: Annotated[Saying, FORM], work: Annotated[Work, allow(Permission.RETIREMENT_MANAGE)]
) -> Response:
    """As the hub: what is retired loses its rights at once."""
    retirements.decide(work, id, item_id, form.word, form.reason)
    return go(f"{LIST}/{id}", Told.RETIREMENT_ANSWERED)


@parts.post("/retirements/{id}/end")
def end(
    id: UUID, form: Annotated[Ending, FORM], work: Annotated[Work, allow(Permission.RETIREMENT_MANAGE)]
) -> Response:
    """End a campaign: what nobody has kept or retired by now stays as it is."""
    retirements.close(work, id, form.reason)
    return go(f"{LIST}/{id}", Told.RETIREMENT_ENDED)
