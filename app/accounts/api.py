"""The inventory over HTTP.

Proposing, deciding and changing accounts are in ``governance/registrations``, retiring them in
``governance/decommissioning``.
"""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.kernel.access import Route, allow, allow_anyone
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.pages import Listing, Page, paging
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work
from app.networks.rules import BadHandle, UnknownNetwork

from . import rules, service, wire

router = APIRouter(prefix="/v1/accounts", route_class=Route, tags=[Tag.LIAISONS])


@router.get("", responses=responses(NotFound, BadHandle))
def list_accounts(
    work: Annotated[Work, allow(Permission.ACCOUNT_READ)],
    page: Annotated[Page, paging("id", "created_at", "handle", "network")],
    network: str | None = None,
    handle: str | None = None,
    business_unit_id: UUID | None = None,
    state: rules.AccountState | None = None,
    steward_id: UUID | None = None,
    tool: Annotated[str | None, Query(description="Those that use a publishing tool, by its id or key.")] = None,
) -> Listing[wire.Account]:
    """List accounts. With a network, the handle may be spelled in any way."""
    filters = {
        "network": network, "handle": handle, "business_unit_id": business_unit_id, "state": state, "steward_id": steward_id,
        "tool": tool,
    }  # fmt: skip
    found = service.accounts(work, page, filters)
    kept, cursor = page.cut([one.account for one in found])
    return Listing[wire.Account](items=[wire.account(one) for one in found[: len(kept)]], next_cursor=cursor)


@router.get(
    "/verify", response_model=wire.Verification, tags=[Tag.PUBLIC], responses=responses(UnknownNetwork, BadHandle)
)
def verify(
    work: Annotated[Work, allow_anyone()],
    url: Annotated[
        str, Query(max_length=2000, openapi_examples={"one of ours": {"value": "https://x.com/alder_nordics"}})
    ],
) -> service.Verified:
    """Is this address one of our official accounts? Open to everybody."""
    return service.verify(work, url)


@router.post("/{id}/validate", responses=responses(NotFound, Forbidden))
def validate(
    id: wire.AccountRef, body: wire.Nothing, work: Annotated[Work, allow(Permission.ACCOUNT_MANAGE)]
) -> wire.Account:
    """Say that you have looked, and the account is as the inventory says."""
    return wire.account(service.validate(work, service.ref(work, id)))


@router.post("/{id}/activity", responses=responses(NotFound, Forbidden, Invalid))
def activity(
    id: wire.AccountRef, body: wire.Activity, work: Annotated[Work, allow(Permission.ACCOUNT_RECORD_ACTIVITY)]
) -> wire.Account:
    """Report activity on the account, so that it does not count as idle."""
    return wire.account(service.active_at(work, service.ref(work, id), body.at or work.now))


def _step(verb: rules.Verb, permission: Permission, says: str) -> None:
    def endpoint(id: wire.AccountRef, body: wire.Why, work: Annotated[Work, allow(permission)]) -> wire.Account:
        return wire.account(service.step(work, service.ref(work, id), verb, body.reason))

    endpoint.__name__, endpoint.__doc__ = f"{verb}_account", says
    add: Callable[[Callable[..., object]], object] = router.post(
        f"/{{id}}/{verb}", responses=responses(NotFound, Forbidden, rules.WrongState, PreconditionFailed)
    )
    add(endpoint)


_step(rules.Verb.ACTIVATE, Permission.ACCOUNT_MANAGE, "The account has been opened on its network: it is official now.")
_step(rules.Verb.SUSPEND, Permission.ACCOUNT_STOP, "Stop all posting on the account for the time being.")
_step(rules.Verb.RESUME, Permission.ACCOUNT_STOP, "Let posting go on.")
