"""Retiring an account over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from app.accounts import service as accounts
from app.accounts import wire as account_wire
from app.accounts.rules import WrongState
from app.accounts.wire import AccountRef
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.work import Work

from . import rules, service, wire

router = APIRouter(prefix="/v1/accounts", route_class=Route, tags=[Tag.LIAISONS])


@router.post("/{id}/decommission", responses=responses(NotFound, Forbidden, WrongState, PreconditionFailed))
def decommission_account(
    id: AccountRef, body: account_wire.Why, work: Annotated[Work, allow(Permission.ACCOUNT_STOP)]
) -> account_wire.Account:
    """Begin to retire the account: it is official no more, and every right on it ends."""
    return account_wire.account(service.decommission(work, accounts.ref(work, id), body.reason))


@router.get("/{id}/decommissioning", responses=responses(NotFound))
def get_checklist(id: AccountRef, work: Annotated[Work, allow(Permission.ACCOUNT_READ)]) -> wire.AccountChecklist:
    """What is to be done before the account is archived, what of it is done, and who says so."""
    return wire.checklist(service.checklist(work, accounts.ref(work, id)))


@router.post("/{id}/decommissioning", responses=responses(NotFound, Forbidden, WrongState, Invalid, PreconditionFailed))
def say_step(
    id: AccountRef, body: wire.Saying, work: Annotated[Work, allow(Permission.ACCOUNT_DECOMMISSION)]
) -> wire.AccountChecklist:
    """Say that a step is done, and where that can be looked up; said anew, it stands so."""
    account_id = accounts.ref(work, id)
    return wire.checklist(service.say(work, account_id, body.step, body.reference, body.note))


@router.post(
    "/{id}/archive",
    responses=responses(NotFound, Forbidden, WrongState, rules.ChecklistIncomplete, PreconditionFailed),
)
def archive_account(
    id: AccountRef, body: account_wire.Why, work: Annotated[Work, allow(Permission.ACCOUNT_STOP)]
) -> account_wire.Account:
    """The account is closed on its network, its checklist is worked off, and its record stays for ever."""
    return account_wire.account(service.archive(work, accounts.ref(work, id), body.reason))
