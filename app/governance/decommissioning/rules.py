"""What has to be done before an account is archived: the steps, and where each stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.accounts.rules import Account, AccountState, WrongState
from app.kernel.errors import Conflict, FieldError, Invalid


class Step(StrEnum):
    """What has to be done. ``rights_ended`` is worked out of what there is; the others somebody says."""

    RIGHTS_ENDED = "rights_ended"
    CREDENTIALS_ROTATED = "credentials_rotated"
    HANDLE_PARKED = "handle_parked"
    EVIDENCE_KEPT = "evidence_kept"


class StepState(StrEnum):
    """Where a step stands. ``not_needed``: of an account that was never open there is nothing to do on the network."""

    OPEN = "open"
    DONE = "done"
    NOT_NEEDED = "not_needed"


ASKS: Mapping[Step, str] = MappingProxyType(
    {
        Step.RIGHTS_ENDED: "No right on the account is open, and nobody's request for one waits.",
        Step.CREDENTIALS_ROTATED: "The credentials in the vault are new ones, known to nobody who had them.",
        Step.HANDLE_PARKED: "The handle is kept on the network, so that nobody else takes it up.",
        Step.EVIDENCE_KEPT: "What was posted there is exported, and kept where it can be looked up.",
    }
)
"""What each step asks for."""


class ChecklistIncomplete(Conflict):
    """The account is archived when every step of its checklist is done; each that is open is named with what cures it."""

    code = "checklist_incomplete"


@dataclass(frozen=True, slots=True)
class Said:
    """That somebody said a step is done, and where that can be looked up."""

    step: Step
    reference: str
    note: str | None
    said_by: UUID
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Rights:
    """What is left of rights on an account: open grants, and requests that wait for somebody."""

    grants: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a step stands; ``remedy``: what there is to do, and ``call`` what is to be called for it, while it is open."""

    step: Step
    state: StepState
    said: Said | None = None
    remedy: str | None = None
    call: str | None = None


def checklist(account: Account, said: Iterable[Said], rights: Rights) -> tuple[Entry, ...]:
    """Every step of an account, in order."""
    by_step = {one.step: one for one in said}
    return (_rights(account, rights), *(_entry(account, by_step.get(step), step) for step in Step if _is_said(step)))


def _is_said(step: Step) -> bool:
    return step is not Step.RIGHTS_ENDED


def _rights(account: Account, rights: Rights) -> Entry:
    if not rights.grants and not rights.requests:
        return Entry(Step.RIGHTS_ENDED, StepState.DONE)
    left = f"Open grants: {rights.grants}; waiting requests: {rights.requests}"
    if account.state is AccountState.DECOMMISSIONING:
        remedy, call = f"{left}. Revoke and withdraw them.", f"GET /v1/grants?account_id={account.id}"
    else:
        remedy, call = f"{left}. They end as it begins.", f"POST /v1/accounts/{account.id}/decommission"
    return Entry(Step.RIGHTS_ENDED, StepState.OPEN, None, remedy, call)


def _entry(account: Account, said: Said | None, step: Step) -> Entry:
    if said is not None:
        return Entry(step, StepState.DONE, said)
    if account.official_from is None:
        return Entry(step, StepState.NOT_NEEDED)
    remedy = f"Whoever looks after the account, or the hub, says so with a reference. {ASKS[step]}"
    return Entry(step, StepState.OPEN, None, remedy, f"POST /v1/accounts/{account.id}/decommissioning")


def is_open(entries: Iterable[Entry]) -> bool:
    """Is a step still to be done?"""
    return any(one.state is StepState.OPEN for one in entries)


def check_complete(entries: Iterable[Entry]) -> None:
    """Raises ``ChecklistIncomplete``, which names every step that is open, and what cures it."""
    left = [one for one in entries if one.state is StepState.OPEN]
    if left:
        errors = [FieldError("", one.step.value, f"{one.remedy} {one.call}") for one in left]
        steps = [{"step": one.step.value, "remedy": {"message": one.remedy, "call": one.call}} for one in left]
        names = ", ".join(one.step.value for one in left)
        raise ChecklistIncomplete(f"Still to be done: {names}.", errors=errors, members={"steps": steps})


def check_said(account: Account, step: Step) -> None:
    """May this step be said of this account now? Raises ``WrongState``, and ``Invalid`` for what nobody says."""
    if not _is_said(step):
        raise Invalid.field(
            "/step", "computed", "Nobody says that rights have ended: it is worked out of what there is."
        )
    if account.state is not AccountState.DECOMMISSIONING:
        raise WrongState(f"The checklist is that of an account that is being retired; this one is {account.state}.")
