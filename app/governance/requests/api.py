"""Rights requests over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from app.accounts import service as accounts
from app.governance.grants import rules as grant_rules
from app.governance.reasons.rules import NoLongerAllowed, RequestRefused
from app.governance.routing import wire as routing_wire
from app.governance.routing.rules import RequestState
from app.governance.steps import rules as step_rules
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import given
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1", route_class=Route, tags=[Tag.LIAISONS])
_ASKING = (
    RequestRefused,
    rules.AlreadyRequested,
    rules.TooManyOpen,
    grant_rules.GrantSuspended,
    NotFound,
    Forbidden,
    Invalid,
)
_DECIDING = (
    NotFound, Forbidden, step_rules.NotPending, step_rules.SelfApproval, step_rules.NotTheApprover,
    step_rules.AlreadyDecided, NoLongerAllowed, grant_rules.GrantExists, grant_rules.GrantSuspended, PreconditionFailed,
)  # fmt: skip


@router.get("/rights-requests")
def list_requests(
    work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_READ)],
    page: Annotated[Page, paging("id", "created_at")],
    requester_id: UUID | None = None,
    beneficiary_id: UUID | None = None,
    account_id: UUID | None = None,
    state: RequestState | None = None,
) -> Listing[wire.RightsRequest]:
    """List the requests that you may see."""
    filters = {"requester_id": requester_id, "beneficiary_id": beneficiary_id, "account_id": account_id, "state": state}
    found = service.requests(work, page, filters)
    kept, cursor = page.cut([one.request for one in found])
    return Listing[wire.RightsRequest](
        items=[wire.request(one, work.now) for one in found[: len(kept)]], next_cursor=cursor
    )


@router.get("/rights-requests/{id}", responses=responses(NotFound))
def get_request(id: UUID, work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_READ)]) -> wire.RightsRequest:
    """One request, with where each step stands now."""
    return wire.request(service.request(work, id), work.now)


@router.post("/rights-requests", status_code=201, responses=responses(*_ASKING))
def ask_for_rights(
    body: wire.NewRequest, work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_CREATE)]
) -> wire.RightsRequest:
    """Ask for posting rights; the model in force says who decides, or refuses with every reason."""
    return wire.request(service.ask(work, _ask(work, body)), work.now)


@router.post("/rights-requests/preview", responses=responses(NotFound, Forbidden, Invalid))
def preview_request(
    body: wire.NewRequest, work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_CREATE, reads=True)]
) -> wire.Preview:
    """The route that a request would take, or every reason for which it would be refused. Nothing is changed."""
    plan = service.preview(work, _ask(work, body))
    return wire.Preview(
        allowed=not plan.verdict.refusals,
        reasons=routing_wire.reasons(plan.verdict.refusals),
        advice=routing_wire.reasons(plan.verdict.advice),
        model=plan.setting.model,
        steps=[] if plan.verdict.refusals else routing_wire.steps(service.foreseen(work, plan)),
        notes=list(plan.notes),
    )


@router.patch(
    "/rights-requests/{id}",
    responses=responses(*_ASKING, rules.OfACampaign, step_rules.NotPending, PreconditionFailed),
)
def revise_request(
    id: UUID, body: wire.RequestChanges, work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_UPDATE)]
) -> wire.RightsRequest:
    """Change your request: it is pending again, and every decision is reset."""
    return wire.request(service.revise(work, id, given(body)), work.now)


@router.post("/rights-requests/{id}/decisions", responses=responses(*_DECIDING))
def decide_request(
    id: UUID, body: routing_wire.Word, work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_DECIDE)]
) -> wire.RightsRequest:
    """Give your word on the open step; the last approval grants."""
    return wire.request(service.decide(work, id, body.decision, body.comment), work.now)


@router.post("/rights-requests/{id}/withdraw", responses=responses(NotFound, Forbidden, step_rules.NotPending))
def withdraw_request(
    id: UUID, body: wire.Nothing, work: Annotated[Work, allow(Permission.RIGHTS_REQUEST_UPDATE)]
) -> wire.RightsRequest:
    """Take your request back."""
    return wire.request(service.withdraw(work, id), work.now)


@router.post("/grants/{id}/renew", status_code=201, responses=responses(*_ASKING))
def renew_grant(
    id: UUID, body: wire.Renewal, work: Annotated[Work, allow(Permission.GRANT_RENEW)]
) -> wire.RightsRequest:
    """Ask anew for a right that you hold or held: a request like any other."""
    return wire.request(service.renew(work, id, body.justification, body.until), work.now)


def _ask(work: Work, body: wire.NewRequest) -> service.Ask:
    account_id = accounts.ref(work, body.account_id)
    return service.Ask(account_id, tuple(body.rights), body.justification, body.beneficiary_id, body.until)
