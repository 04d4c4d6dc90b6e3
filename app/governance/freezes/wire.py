"""Freezes as they are written on the wire."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.kernel.text import Prose
from app.kernel.wire import In, Instant, Out

from . import rules
from .rules import FreezeKind, FreezeState, Office, Severity


class FrozenScope(In):
    """What is frozen: everything, a unit with all below it (id or key), a network (its key), or an account (its id)."""

    kind: FreezeKind
    id: Annotated[str | None, Field(max_length=200, examples=["x"])] = None


class NewFreeze(In):
    """A stop of all posting, from now until it is lifted (or until ``until``); whom it exempts, it does not bind."""

    scope: Annotated[FrozenScope, Field(examples=[{"kind": "network", "id": "x"}])]
    severity: Annotated[
        Severity, Field(description="L1 negative coverage, L2 the company must respond, L3 financial impact")
    ]
    reason: Annotated[Prose, Field(examples=["A product recall is being reported; we say nothing until we know more."])]
    until: Instant | None = None
    exempt_employee_ids: Annotated[list[UUID], Field(max_length=200)] = []


class Lifting(In):
    """Why posting may go on, kept in the audit log."""

    reason: Annotated[Prose, Field(examples=["The statement is out."])]


class ScopeOut(Out):
    """What is frozen."""

    kind: FreezeKind
    id: str | None


class Freeze(Out):
    """A stop of all posting. ``authority``: as what it was set; only the same office lifts it, or a strategist."""

    id: UUID
    scope: ScopeOut
    severity: Severity
    reason: str
    state: FreezeState
    authority: Office
    exempt_employee_ids: list[UUID]
    until: Instant | None
    set_by: UUID
    lifted_at: Instant | None
    lifted_by: UUID | None
    lift_reason: str | None
    created_at: Instant
    updated_at: Instant


def shown(freeze: rules.Freeze, at: Any) -> Freeze:
    """A freeze as it stands at an instant."""
    target = freeze.target
    named = target.business_unit_id or target.network or target.account_id
    return Freeze(
        id=freeze.id, scope=ScopeOut(kind=target.kind, id=str(named) if named else None), severity=freeze.severity,
        reason=freeze.reason, state=freeze.state_at(at), authority=freeze.authority,
        exempt_employee_ids=sorted(freeze.exempt), until=freeze.until, set_by=freeze.set_by, lifted_at=freeze.lifted_at,
        lifted_by=freeze.lifted_by, lift_reason=freeze.lift_reason, created_at=freeze.created_at,
        updated_at=freeze.updated_at,
    )  # fmt: skip
