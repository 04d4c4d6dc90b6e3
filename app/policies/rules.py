"""Policies: typed rules that the service enforces, how several combine, and what a version may still become."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.kernel.actor import Place, Scope, ScopeKind
from app.kernel.errors import Conflict, FieldError, Forbidden, Invalid
from app.policies.typed.rules import RULES, RuleSpec


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


class VersionNotCurrent(Conflict):
    """What is attested is the version that holds, or the one that is about to."""

    code = "version_not_current"


class PolicyWidens(Invalid):
    """A unit's or a network's policy may only tighten what the enterprise has set."""

    code = "policy_widens"


class AuthorPublishes(Forbidden):
    """Whoever wrote a version does not publish it, unless the CoE has one strategist only."""

    code = "author_publishes"


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

    @property
    def attest_by(self) -> datetime | None:
        """Until when rights go on though the version was not attested: the grace it gives, from its beginning."""
        return self.effective_from and self.effective_from + timedelta(days=self.attestation_grace_days)

    def begun(self, at: datetime) -> bool:
        """Published, and from an instant on that has come."""
        return self.published_at is not None and self.effective_from is not None and self.effective_from <= at

    def in_force(self, at: datetime) -> bool:
        """Published, begun, and not yet replaced by a later one that has begun."""
        return self.begun(at) and (self.superseded_at is None or at < self.superseded_at)


@dataclass(frozen=True, slots=True)
class InForce:
    """A version in force and the policy it is of. ``attest_by``: until when its attestation may still be missing."""

    policy_id: UUID
    key: str
    scope: Scope
    version_id: UUID
    n: int
    rules: Mapping[str, Any]
    attest_by: datetime | None = None

    @property
    def name(self) -> str:
        """How a reason names it: ``key@n``."""
        return f"{self.key}@{self.n}"


@dataclass(frozen=True, slots=True)
class Dated:
    """A published version with when it holds: from ``begins`` up to, and not at, ``ends`` (None: open)."""

    policy: InForce
    begins: datetime
    ends: datetime | None

    def holds(self, at: datetime) -> bool:
        """Is it in force at this instant?"""
        return self.begins <= at and (self.ends is None or at < self.ends)


@dataclass(frozen=True, slots=True)
class Attesting:
    """A version that has to be attested: which, as a reason names it (``key@n``), and until when it may be missing."""

    version_id: UUID
    key: str
    n: int
    by: datetime | None

    @property
    def name(self) -> str:
        """As a reason names it: ``key@n``."""
        return f"{self.key}@{self.n}"


@dataclass(frozen=True, slots=True)
class Limits:
    """All policies in scope combined to the tightest.

    ``source`` says which version each rule came from (``key@n``), and of a rule with parts each part
    (``required_training/brand-safety``). ``attestations``: the versions that each has to be attested.
    """

    values: Mapping[str, Any]
    source: Mapping[str, str]
    versions: tuple[str, ...]
    attestations: tuple[Attesting, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name, RULES[name].default)


def combine(policies: Iterable[InForce]) -> Limits:
    """The tightest of every rule. Rule by rule the combination is commutative, associative and idempotent."""
    values: dict[str, Any] = {}
    source: dict[str, str] = {}
    ordered = sorted(policies, key=lambda one: (one.key, one.n))
    for one in ordered:
        for name, value in one.rules.items():
            _tighten(values, source, one.name, RULES[name], value)
    return Limits(values, source, tuple(one.name for one in ordered), tuple(_attesting(ordered)))


def _tighten(values: dict[str, Any], source: dict[str, str], by: str, spec: RuleSpec, value: Any) -> None:
    """Take one more value of a rule in, and note whose word it is from then on."""
    name, held = spec.name, values.get(spec.name)
    tightest = spec.normal(value) if name not in values else spec.tighter(held, value)
    if name not in values or tightest != held:
        source[name] = by
    if spec.parts is not None:
        before = spec.parts(held) if name in values else {}
        for part, word in spec.parts(tightest).items():
            if part not in before or before[part] != word:
                source[f"{name}/{part}"] = by
    values[name] = tightest


def _attesting(policies: Iterable[InForce]) -> Iterator[Attesting]:
    for one in policies:
        if one.rules.get("attestation_required"):
            yield Attesting(one.version_id, one.key, one.n, one.attest_by)


def in_scope(policies: Iterable[InForce], place: Place) -> list[InForce]:
    """The enterprise's policies, those of the account's unit upward, its network's."""
    return [one for one in policies if one.scope.covers(place)]


@dataclass(frozen=True, slots=True)
class Looser:
    """A rule of a narrower policy that is looser than the enterprise's; the enterprise's stands."""

    rule: str
    message: str


def looser(rules: Mapping[str, Any], enterprise: Limits) -> list[Looser]:
    """Which of these rules would loosen what the enterprise has set."""
    return [
        Looser(name, f"{name} {value!r} is looser than the enterprise's {floor!r} ({enterprise.source[name]}).")
        for name, value in rules.items()
        if (floor := enterprise.values.get(name)) is not None and RULES[name].widens(floor, value)
    ]


def check_tightens(scope: Scope, rules: Mapping[str, Any], enterprise: Limits) -> None:
    """A narrower policy's rule must be at least as tight as the enterprise's. Raises ``PolicyWidens`` naming the rules."""
    if scope.kind is ScopeKind.ENTERPRISE:
        return
    errors = [FieldError(f"/rules/{one.rule}", "looser", one.message) for one in looser(rules, enterprise)]
    if errors:
        raise PolicyWidens(" ".join(one.message for one in errors), errors=errors)


def changed(before: Version, after: Version) -> list[tuple[str, Any, Any]]:
    """The rules that differ between two versions: name, as it was, as it is (None: not ruled), in the order of the table."""
    found = []
    for name, spec in RULES.items():
        was, now = before.rules.get(name), after.rules.get(name)
        if (was is None) is not (now is None) or (was is not None and spec.normal(was) != spec.normal(now)):
            found.append((name, was, now))
    return found


def check_publish(version: Version, publisher: UUID, strategists: int) -> None:
    """A draft is published once, by someone else than its author unless there is one strategist only."""
    if version.state is not PolicyState.DRAFT:
        raise VersionPublished(f"Version {version.n} is {version.state}; write a new version to change the policy.")
    if version.author_id == publisher and strategists > 1:
        raise AuthorPublishes("You wrote this version; another strategist publishes it.")
