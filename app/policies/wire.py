"""Policies as they are written on the wire; the typed rules mirror ``rules.RULES``."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StrictInt

from app.directory.rules import EmploymentType
from app.kernel.actor import ScopeKind
from app.kernel.text import Document, Line, Prose
from app.kernel.wire import In, Instant, Out

from .rules import PolicyState, RiskTier

Days = Annotated[StrictInt, Field(ge=1, le=3650)]


class ScopeOf(In):
    """Where a policy holds: everywhere, at a unit with all below it (its id or key), or on a network (its key)."""

    kind: ScopeKind
    id: Annotated[str | None, Field(examples=[None])] = None


class NewPolicy(In):
    """A policy, still without a version."""

    key: Annotated[str, Field(examples=["image-rights"])]
    title: Annotated[Line, Field(examples=["Image rights"])]
    scope: Annotated[ScopeOf, Field(examples=[{"kind": "enterprise"}])]


class RuleSet(In):
    """Typed rules that the service enforces; what is left out is not ruled by this policy."""

    max_grant_days: Days | None = None
    employment_types: list[EmploymentType] | None = None
    allowed_networks: list[str] | None = None
    max_publishers_per_account: Annotated[StrictInt, Field(ge=0, le=100_000)] | None = None
    min_approvals: dict[RiskTier, Annotated[StrictInt, Field(ge=0, le=10)]] | None = None
    idle_after_days: Days | None = None
    mover_grace_days: Days | None = None
    validate_every_days: Days | None = None
    pending_expires_after_days: Days | None = None
    step_due_working_days: Days | None = None

    def plain(self) -> dict[str, Any]:
        """Only the rules that are set, as JSON values."""
        return self.model_dump(mode="json", exclude_none=True)


class NewVersion(In):
    """The next version: attestable text in Markdown, and rules."""

    text: Annotated[Document, Field(examples=["# Image rights\n\nPost only pictures that we may use."])]
    rules: Annotated[RuleSet, Field(examples=[{"max_grant_days": 90}])] = RuleSet()
    effective_from: Instant | None = None
    attestation_grace_days: Annotated[StrictInt, Field(ge=0, le=365)] = 14


class Publishing(In):
    """Nothing needs to be said to publish."""


class Retiring(In):
    """Why it is taken out of force, kept in the audit log."""

    reason: Annotated[Prose, Field(examples=["The rule has done its work."])]


class PolicyScope(Out):
    """Where a policy holds."""

    kind: ScopeKind
    id: str | None


class Policy(Out):
    """A policy and where it holds."""

    id: UUID
    key: str
    title: str
    scope: PolicyScope
    created_at: Instant
    updated_at: Instant


class PolicyVersion(Out):
    """A version of a policy; once published it never changes."""

    id: UUID
    policy_id: UUID
    n: int
    state: PolicyState
    text: str
    text_sha256: str
    rules: dict[str, Any]
    effective_from: Instant | None
    attestation_grace_days: int
    author_id: UUID | None
    published_by: UUID | None
    published_at: Instant | None
    superseded_at: Instant | None
    created_at: Instant
    updated_at: Instant


class PolicyVersions(Out):
    """All versions of a policy that the caller may see, the first first."""

    items: list[PolicyVersion]
