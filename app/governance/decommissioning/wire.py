"""The checklist of an account that is retired, as it is written on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.accounts.rules import AccountState
from app.kernel.text import Line, Prose
from app.kernel.wire import In, Instant, Out

from .rules import ASKS, Step, StepState
from .service import Checklist


class Saying(In):
    """A step that is done."""

    step: Annotated[Step, Field(examples=["evidence_kept"])]
    reference: Annotated[
        Line,
        Field(
            description="Where that can be looked up: a path in the vault, an address; never a credential.",
            examples=["https://records.example.com/exports/2026-11"],
        ),
    ]
    note: Prose | None = None


class StepSaid(Out):
    """Who said that a step is done, when, and where that can be looked up."""

    reference: str
    note: str | None
    said_by: UUID
    said_at: Instant


class StepRemedy(Out):
    """What there is to do about a step that is open."""

    message: str
    call: str | None


class ChecklistStep(Out):
    """One step: what it asks for and where it stands. ``may_say``: you may say that it is done."""

    step: Step
    asks: str
    state: StepState
    said: StepSaid | None
    remedy: StepRemedy | None
    may_say: bool


class AccountChecklist(Out):
    """What is to be done before an account is archived. ``complete``: nothing is left."""

    account_id: UUID
    state: AccountState
    complete: bool
    steps: list[ChecklistStep]


def checklist(one: Checklist) -> AccountChecklist:
    """A checklist as it stands now."""
    steps = [
        ChecklistStep(
            step=each.step, asks=ASKS[each.step], state=each.state,
            said=StepSaid.model_validate(each.said) if each.said else None,
            remedy=StepRemedy(message=each.remedy, call=each.call) if each.remedy else None,
            may_say=one.mine and each.step is not Step.RIGHTS_ENDED,
        )
        for each in one.entries
    ]  # fmt: skip
    return AccountChecklist(account_id=one.account.id, state=one.account.state, complete=one.complete, steps=steps)
