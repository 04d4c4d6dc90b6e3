"""Campaigns over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.accounts import service as accounts
from app.directory.rules import KeyTaken, UnitClosed
from app.governance.grants.wire import Why
from app.governance.reasons.rules import RequestRefused
from app.governance.requests.rules import TooManyOpen
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import given
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/campaigns", route_class=Route, tags=[Tag.LIAISONS])
_CHANGING = (NotFound, Forbidden, rules.CampaignOver, PreconditionFailed)
_NONE = Query(description="Those that name no objective that is pursued, or (false) those that do.")


@router.get("", responses=responses(NotFound))
def list_campaigns(
    work: Annotated[Work, allow(Permission.CAMPAIGN_READ)],
    page: Annotated[Page, paging("id", "key", "created_at", "starts_at", "ends_at")],
    business_unit_id: str | None = None,
    state: rules.CampaignState | None = None,
    manager_id: UUID | None = None,
    account_id: UUID | None = None,
    employee_id: UUID | None = None,
    serves_none: Annotated[bool | None, _NONE] = None,
) -> Listing[wire.Campaign]:
    """List campaigns: of a unit (id or key), on an account, of a manager, with somebody among their people."""
    filters = {
        "business_unit_id": business_unit_id, "state": state, "manager_id": manager_id, "account_id": account_id,
        "employee_id": employee_id, "serves_none": serves_none,
    }  # fmt: skip
    found = service.campaigns(work, page, filters)
    kept, cursor = page.cut([one.campaign for one in found])
    return Listing[wire.Campaign](items=[wire.campaign(one) for one in found[: len(kept)]], next_cursor=cursor)


@router.get("/{id}", responses=responses(NotFound))
def get_campaign(id: str, work: Annotated[Work, allow(Permission.CAMPAIGN_READ)]) -> wire.Campaign:
    """One campaign, by id or key."""
    return wire.campaign(service.campaign(work, id))


@router.post("", status_code=201, responses=responses(KeyTaken, UnitClosed, NotFound, Forbidden, Invalid))
def create_campaign(body: wire.NewCampaign, work: Annotated[Work, allow(Permission.CAMPAIGN_MANAGE)]) -> wire.Campaign:
    """Plan a campaign. Nobody has a right by it: whoever takes part asks, and the model in force says who decides."""
    return wire.campaign(service.create(work, _values(work, body.model_dump())))


@router.patch("/{id}", responses=responses(*_CHANGING, rules.DatesFixed, Invalid))
def update_campaign(
    id: str, body: wire.CampaignChanges, work: Annotated[Work, allow(Permission.CAMPAIGN_MANAGE)]
) -> wire.Campaign:
    """Change a campaign. What came of it and is covered no more ends at once: requests are withdrawn, rights revoked."""
    return wire.campaign(service.update(work, id, _values(work, given(body))))


@router.post("/{id}/end", responses=responses(*_CHANGING))
def end_campaign(id: str, body: Why, work: Annotated[Work, allow(Permission.CAMPAIGN_MANAGE)]) -> wire.Campaign:
    """End a campaign before its time, and with it every request and every right that came of it."""
    return wire.campaign(service.end_early(work, id, body.reason))


@router.post(
    "/{id}/requests",
    responses=responses(NotFound, Forbidden, rules.NotAMember, rules.CampaignOver, RequestRefused, TooManyOpen),
)
def ask_for_campaign(
    id: str, body: wire.ForWhom, work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_CREATE)]
) -> wire.CampaignAnswers:
    """Ask for the rights of a campaign: a request like any other for each account on which they are not held already."""
    return wire.answers(service.ask(work, id, body.beneficiary_id), work.now)


def _values(work: Work, told: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, with accounts by their ids and members by theirs."""
    values = dict(told)
    if values.get("account_ids") is not None:
        values["account_ids"] = frozenset(accounts.ref(work, one) for one in values["account_ids"])
    if values.get("members") is not None:
        values["members"] = {one["employee_id"]: frozenset(one["rights"]) for one in values["members"]}
    return values
