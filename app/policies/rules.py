"""Policies: typed rules that the service enforces, how several combine, and what a version may still become."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from app.kernel.actor import Place, Scope, ScopeKind
from app.kernel.errors import Conflict, FieldError, Forbidden, Invalid


class PolicyState(StrEnum):
    """Where a policy's version stands; only a draft is published, and what was published never changes.

    ``superseded``: a later version has begun. ``retired``: taken out of force, or dropped as a draft, with no other in
    its place.
    """

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


class RiskTier(StrEnum):
    """How much an account can hurt: policy and routes ask more of the high tier."""

    STANDARD = "standard"
    HIGH = "high"


class VersionPublished(Conflict):
    """A published version never changes."""

    code = "version_published"


class VersionRetired(Conflict):
    """The version is out of force already."""

    code = "version_retired"


class PolicyWidens(Invalid):
    """A unit's or a network's policy may only tighten what the enterprise has set."""

    code = "policy_widens"


class AuthorPublishes(Forbidden):
    """Whoever wrote a version does not publish it, unless the CoE has one strategist only."""

    code = "author_publishes"


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One typed rule: how two of it combine to the tighter, and what stands where no policy says anything.

    ``tighter(a, b)`` gives the combination; a rule widens another if combining changes it.
    """

    name: str
    says: str
    tighter: Callable[[Any, Any], Any]
    default: Any = None


def _both(a: Sequence[str], b: Sequence[str]) -> list[str]:
    return sorted(set(a) & set(b))


def _each_higher(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {tier: max(a.get(tier, 0), b.get(tier, 0)) for tier in sorted({*a, *b})}


RULES: Mapping[str, RuleSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            RuleSpec("max_grant_days", "A right ends after at most this many days.", min),
            RuleSpec("employment_types", "Only people employed like this may hold a right.", _both),
            RuleSpec("allowed_networks", "Accounts and rights only on these networks.", _both),
            RuleSpec("max_publishers_per_account", "At most this many people hold publish on one account.", min),
            RuleSpec("min_approvals", "How many must approve in the last step, by risk tier.", _each_higher),
            RuleSpec("idle_after_days", "An account without activity for this long is idle.", min, 90),
            RuleSpec("validate_every_days", "An account must be validated this often.", min, 180),
            RuleSpec(
                "mover_grace_days", "A mover keeps rights on the accounts of the unit left for this long.", min, 14
            ),
            RuleSpec("pending_expires_after_days", "A pending request expires after this many days.", min, 30),
            RuleSpec("step_due_working_days", "After this many working days the next up may decide too.", min, 2),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy and where it holds."""

    id: UUID
    key: str
    title: str
    scope: Scope
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a policy: Markdown text and typed rules. ``n`` counts from 1 within the policy."""

    id: UUID
    policy_id: UUID
    n: int
    state: PolicyState
    text: str
    text_sha256: str
    rules: Mapping[str, Any]
    effective_from: datetime | None
    attestation_grace_days: int
    author_id: UUID | None
    published_by: UUID | None
    published_at: datetime | None
    superseded_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    def state_at(self, at: datetime) -> PolicyState:
        """The state at an instant: a version is superseded when the next one begins, not when that is published."""
        over = self.superseded_at is not None and self.superseded_at <= at
        return PolicyState.SUPERSEDED if over and self.state is PolicyState.PUBLISHED else self.state

    def in_force(self, at: datetime) -> bool:
        """Published, begun, and not yet replaced by a later one that has begun."""
        begun = self.published_at is not None and self.effective_from is not None and self.effective_from <= at
        return begun and (self.superseded_at is None or at < self.superseded_at)


@dataclass(frozen=True, slots=True)
class InForce:
    """A version in force and the policy it is of."""

    policy_id: UUID
    key: str
    scope: Scope
    version_id: UUID
    n: int
    rules: Mapping[str, Any]

    @property
    def name(self) -> str:
        """How a reason names it: ``key@n``."""
        return f"{self.key}@{self.n}"


@dataclass(frozen=True, slots=True)
class Limits:
    """All policies in scope combined to the tightest; ``source`` says which version each rule came from (``key@n``)."""

    values: Mapping[str, Any]
    source: Mapping[str, str]
    versions: tuple[str, ...]

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name, RULES[name].default)


def combine(policies: Iterable[InForce]) -> Limits:
    """The tightest of every rule. Rule by rule the combination is commutative, associative and idempotent."""
    values: dict[str, Any] = {}
    source: dict[str, str] = {}
    versions = []
    for one in sorted(policies, key=lambda one: (one.key, one.n)):
        versions.append(one.name)
        for name, value in one.rules.items():
            tightest = RULES[name].tighter(values[name], value) if name in values else _normal(value)
            if name not in values or tightest != values[name]:
                source[name] = one.name
            values[name] = tightest
    return Limits(values, source, tuple(versions))


def in_scope(policies: Iterable[InForce], place: Place) -> list[InForce]:
    """The enterprise's policies, those of the account's unit upward, its network's."""
    return [one for one in policies if one.scope.covers(place)]


def check_tightens(scope: Scope, rules: Mapping[str, Any], enterprise: Limits) -> None:
    """A narrower policy's rule must be at least as tight as the enterprise's. Raises ``PolicyWidens`` naming the rules."""
    if scope.kind is ScopeKind.ENTERPRISE:
        return
    errors = []
    for name, value in rules.items():
        if name in enterprise.values and _looser(RULES[name], enterprise.values[name], value):
            source = enterprise.source[name]
            message = f"{name} {value!r} is looser than the enterprise's {enterprise.values[name]!r} ({source})."
            errors.append(FieldError(f"/rules/{name}", "looser", message))
    if errors:
        raise PolicyWidens(" ".join(one.message for one in errors), errors=errors)


def _looser(spec: RuleSpec, enterprise: Any, value: Any) -> bool:
    """Would the value alone let through what the enterprise's does not? A tier that it leaves out, it does not loosen."""
    both = spec.tighter(enterprise, value)
    if isinstance(value, Mapping):
        both = {tier: both[tier] for tier in value}
    return bool(both != _normal(value))


def _normal(value: Any) -> Any:
    return sorted(set(value)) if isinstance(value, (list, tuple)) else value


def check_publish(version: Version, publisher: UUID, strategists: int) -> None:
    """A draft is published once, by someone else than its author unless there is one strategist only."""
    if version.state is not PolicyState.DRAFT:
        raise VersionPublished(f"Version {version.n} is {version.state}; write a new version to change the policy.")
    if version.author_id == publisher and strategists > 1:
        raise AuthorPublishes("You wrote this version; another strategist publishes it.")
