"""Campaigns: looked at, taken part in, ended."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.console.frame.api import Blank, Form, bound, router
from app.console.frame.rules import Told
from app.console.frame.wire import FORM, go, page
from app.governance.campaigns import service as campaigns
from app.governance.campaigns.rules import CampaignState
from app.kernel.access import allow
from app.kernel.actor import Permission
from app.kernel.pages import Page, paging
from app.kernel.text import Prose
from app.kernel.work import Work

from . import service

parts = router()
LIST = "/console/campaigns"


class Ending(Form):
    """A campaign ends before its time."""

    reason: Prose


class TakingPart(Form):
    """Whoever reads asks for the rights that a campaign has for them."""


@parts.get("/campaigns")
def list_campaigns(
    request: Request,
    work: Annotated[Work, allow(Permission.CAMPAIGN_READ)],
    asked: Annotated[Page, paging("starts_at", default="-starts_at")],
    state: Annotated[CampaignState | None, Blank, Query()] = None,
) -> Response:
    """Accounts and people for a time, the latest first."""
    found = service.listed(work, bound(asked, work, {"state": state}), state)
    return page(
        request, work, "campaigns.html", found=found, state=state, states=CampaignState, later=asked.cursor is not None
    )


@parts.get("/campaigns/{id}")
def one_campaign(id: str, request: Request, work: Annotated[Work, allow(Permission.CAMPAIGN_READ)]) -> Response:
    """One campaign: its time, its accounts, and who may ask for what on them."""
    return page(request, work, "campaign.html", found=service.whole(work, id))


@parts.post("/campaigns/{id}/requests")
def take_part(
    id: str, form: Annotated[TakingPart, FORM], work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_CREATE)]
) -> Response:
    """Ask for the rights of a campaign on each of its accounts; the model in force says who decides."""
    campaigns.ask(work, id, None)
    return go(f"{LIST}/{id}", Told.CAMPAIGN_ASKED)


@parts.post("/campaigns/{id}/end")
def end(id: str, form: Annotated[Ending, FORM], work: Annotated[Work, allow(Permission.CAMPAIGN_MANAGE)]) -> Response:
    """End a campaign, and every right and request that came of it."""
    campaigns.end_early(work, id, form.reason)
    return go(f"{LIST}/{id}", Told.CAMPAIGN_ENDED)
