"""Registering accounts over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter

from app.accounts import rules as account_rules
from app.accounts import service as accounts
from app.accounts import wire as account_wire
from app.accounts.wire import AccountRef
from app.directory import service as directory
from app.directory.rules import UnitClosed
from app.governance.models.rules import ModelKey
from app.governance.reasons.rules import RequestRefused
from app.governance.routing import wire as routing_wire
from app.governance.routing.rules import RequestState
from app.governance.steps import rules as step_rules
from app.kernel.access import Route, allow
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from app.kernel.problems import responses
from app.kernel.tags import Tag
from app.kernel.wire import Instant, Out, given
from app.kernel.work import Work
from app.networks.rules import BadHandle

from . import service

router = APIRouter(prefix="/v1/accounts", route_class=Route, tags=[Tag.LIAISONS])


class Registration(Out):
    """How an account's registration stands: its route by the model, step by step."""

    id: UUID
    state: RequestState
    model: ModelKey
    requester_id: UUID
    steps: list[routing_wire.Step]
    expires_at: Instant


class RegisteredAccount(account_wire.Account):
    """An account with its registration, and the accounts to look at before another is opened."""

    registration: Registration | None = None
    near_duplicates: list[account_wire.Brief] = []
    idle_nearby: list[account_wire.Brief] = []
    advice: list[routing_wire.Reason] = []


_DECIDING = (
    NotFound, Forbidden, step_rules.NotPending, step_rules.SelfApproval, step_rules.NotTheApprover,
    step_rules.AlreadyDecided, PreconditionFailed,
)  # fmt: skip


@router.get("/{id}", responses=responses(NotFound))
def get_account(id: AccountRef, work: Annotated[Work, allow(Permission.ACCOUNT_READ)]) -> RegisteredAccount:
    """One account, by id or `network:handle`."""
    return _shown(service.registration(work, accounts.ref(work, id)))


@router.post(
    "",
    status_code=201,
    responses=responses(RequestRefused, account_rules.AccountExists, UnitClosed, BadHandle, NotFound, Invalid),
)
def propose_account(
    body: account_wire.NewAccount, work: Annotated[Work, allow(Permission.ACCOUNT_PROPOSE)]
) -> RegisteredAccount:
    """Propose an account; the model in force says who may, and who decides. Look at `near_duplicates` and `idle_nearby`."""
    return _shown(service.propose(work, _with_unit(work, body.model_dump())))


@router.patch(
    "/{id}",
    responses=responses(
        NotFound,
        Forbidden,
        account_rules.WrongState,
        RequestRefused,
        step_rules.NotPending,
        PreconditionFailed,
        Invalid,
    ),
)
def update_account(
    id: AccountRef, body: account_wire.AccountChanges, work: Annotated[Work, allow(Permission.ACCOUNT_UPDATE)]
) -> RegisteredAccount:
    """Describe an account anew. A proposal that is changed goes on its route again, every decision reset."""
    return _shown(service.update(work, accounts.ref(work, id), _with_unit(work, given(body))))


@router.post("/{id}/decisions", responses=responses(*_DECIDING))
def decide_account(
    id: AccountRef, body: routing_wire.Word, work: Annotated[Work, allow(Permission.ACCOUNT_DECIDE)]
) -> RegisteredAccount:
    """Give your word on the open step of a registration."""
    return _shown(service.decide(work, accounts.ref(work, id), body.decision, body.comment))


@router.post("/{id}/withdraw", responses=responses(NotFound, Forbidden, step_rules.NotPending))
def withdraw_account(
    id: AccountRef, body: account_wire.Nothing, work: Annotated[Work, allow(Permission.ACCOUNT_PROPOSE)]
) -> RegisteredAccount:
    """Take your proposal back; the handle is free again."""
    return _shown(service.withdraw(work, accounts.ref(work, id)))


def _with_unit(work: Work, values: dict[str, Any]) -> dict[str, Any]:
    """Names a unit by id, where it was named by id or key."""
    if values.get("risk", "") is None:
        values.pop("risk")
    if values.get("business_unit_id") is None:
        values.pop("business_unit_id", None)
        return values
    return {**values, "business_unit_id": directory.unit(work, values["business_unit_id"]).id}


def _shown(one: service.Registered) -> RegisteredAccount:
    registration = None
    if one.request is not None and one.state is not None:
        registration = Registration(
            id=one.request.id, state=one.state, model=one.request.model, requester_id=one.request.requester_id,
            steps=routing_wire.steps(one.steps), expires_at=one.request.expires_at,
        )  # fmt: skip
    base = account_wire.account(one.shown).model_dump()
    return RegisteredAccount(
        **base,
        registration=registration,
        near_duplicates=[account_wire.Brief.model_validate(other) for other in one.near_duplicates],
        idle_nearby=[account_wire.Brief.model_validate(other) for other in one.idle_nearby],
        advice=routing_wire.reasons(one.advice),
    )
