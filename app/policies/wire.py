"""Policies as they are written on the wire; the typed rules mirror ``typed.rules.RULES``."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr

from app.directory.rules import EmploymentType
from app.kernel.actor import ScopeKind
from app.kernel.text import Document, Line, Prose
from app.kernel.wire import In, Instant, Out

from .hours import rules as hours
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


class Training(In):
    """A course that has to be completed; without ``valid_for_days`` a completion counts as long as the course says."""

    course: Annotated[str, Field(max_length=60, examples=["brand-safety"])]
    valid_for_days: Days | None = None


def _one_of_each(said: list[Training]) -> list[Training]:
    if len({one.course for one in said}) < len(said):
        raise ValueError("must name each course once")
    return said


def _span(text: str) -> str:
    hours.span(text)
    return text


def _true(value: bool) -> bool:
    if not value:
        raise ValueError("is true or left out: a policy does not take back what another asks")
    return value


Yes = Annotated[StrictBool, AfterValidator(_true), Field(examples=[True])]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Span = Annotated[StrictStr, AfterValidator(_span), Field(examples=["08:00-18:00"])]


class RuleSet(In):
    """Typed rules that the service enforces; what is left out is not ruled by this policy."""

    max_grant_days: Days | None = None
    required_training: Annotated[list[Training], AfterValidator(_one_of_each), Field(max_length=50)] | None = None
    attestation_required: Yes | None = None
    two_custodians: Yes | None = None
    clearance_required: Yes | None = None
    allowed_tools: Annotated[list[str], Field(max_length=200)] | None = None
    posting_hours: (
        Annotated[
            dict[Weekday, Annotated[list[Span], Field(max_length=12)]],
            Field(description="By the clock of the account's unit; a day that is left out has none."),
        ]
        | None
    ) = None
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


class InEffect(Out):
    """All policies that hold somewhere, combined to the tightest.

    ``source``: which version each rule came from (``key@n``), and of rules with parts each part (``required_training/COURSE``).
    """

    rules: dict[str, Any]
    source: dict[str, str]
    versions: list[str]
    attestations: list[str]


class Difference(Out):
    """One rule as it was and as it is; null: not ruled."""

    rule: str
    before: Any
    after: Any


class Differences(Out):
    """What changed between two versions. ``text``: a unified diff of the Markdown, a line each."""

    policy: str
    before: int
    after: int
    rules: list[Difference]
    text: list[str]


class Conflict(Out):
    """A rule of a narrower policy that the enterprise's has overtaken: the tighter one holds until it is written anew."""

    policy: str
    n: int
    rule: str
    message: str


class Conflicts(Out):
    """Every rule in force that is looser than the enterprise's."""

    items: list[Conflict]


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
