"""May this employee do this on that account, at this instant, with this tool? And if not, every reason why.

Pure: ``decide(facts, at)``. Whoever supplies the facts - a database, or an index in memory - gets the same answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.accounts.rules import AccountState
from app.directory.rules import EmploymentType
from app.governance.grants.rules import Grant, GrantState
from app.governance.models.rules import COVERS, Model, Right, ToolRule
from app.governance.reasons.rules import Reason, ReasonCode
from app.policies.rules import Limits
from app.tools.rules import Tool

C = ReasonCode


@dataclass(frozen=True, slots=True)
class Subject:
    """The person: active, how employed, whether of the Center of Excellence."""

    id: UUID
    active: bool
    employment_type: EmploymentType
    coe_member: bool


@dataclass(frozen=True, slots=True)
class Resource:
    """The account: its state, its unit's path, the model in force there, the policies in force there."""

    id: UUID
    state: AccountState
    path: tuple[UUID, ...]
    model: Model
    platform_id: UUID | None
    limits: Limits


@dataclass(frozen=True, slots=True)
class UsedTool:
    """The tool that a post goes through, as it was named; ``tool`` is None where no registered tool has that name."""

    named: str
    tool: Tool | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision depends on. None: unknown. ``grants``: every grant of this person on this account."""

    right: Right | None
    subject: Subject | None
    resource: Resource | None
    grants: tuple[Grant, ...] = ()
    tool: UsedTool | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. ``advice`` is said of a permit as of a refusal, and refuses nothing."""

    permitted: bool
    reasons: tuple[Reason, ...] = ()
    advice: tuple[Reason, ...] = ()
    grant_id: UUID | None = None
    model: str | None = None


def decide(facts: Facts, at: datetime) -> Decision:
    """Permit only if all holds; what cannot be evaluated is a refusal."""
    unknown = _unknown(facts)
    if unknown:
        return Decision(False, unknown)
    right, subject, resource = facts.right, facts.subject, facts.resource
    assert right is not None and subject is not None and resource is not None  # noqa: S101, PT018 - narrowed above
    grant = in_force(facts.grants, right, at)
    binding = [*_subject(subject), *_account(resource), *_grant(facts.grants, grant, right, at)]
    if right not in resource.model.ceiling and not subject.coe_member:
        binding.append(Reason(C.ABOVE_MODEL_CEILING, _above(resource.model, right)))
    policy = _policy(subject, resource.limits)
    tools, advice = _tool(facts.tool, resource)
    if resource.model.advisory:
        advice = [*advice, *policy, *tools]
    else:
        binding += [*policy, *tools]
    granted = grant.id if grant and not binding else None
    return Decision(not binding, tuple(binding), tuple(advice), granted, resource.model.key)


def _unknown(facts: Facts) -> tuple[Reason, ...]:
    """Where something is unknown the rest means nothing."""
    found = []
    if facts.subject is None:
        found.append(Reason(C.SUBJECT_UNKNOWN, "No one person is known by this id."))
    if facts.resource is None:
        found.append(Reason(C.ACCOUNT_UNKNOWN, "No account is known by this id."))
    if not found and facts.right is None:
        found.append(Reason(C.RIGHT_UNKNOWN, "There is no such right."))
    return tuple(found)


def in_force(grants: Iterable[Grant], right: Right, at: datetime) -> Grant | None:
    """The grant that answers for a right now; the one that lasts longest, where several do."""
    active = [one for one in grants if one.right in COVERS[right] and one.state_at(at) is GrantState.ACTIVE]
    return max(active, key=lambda one: (one.valid_until, one.id), default=None)


def _subject(subject: Subject) -> list[Reason]:
    return [] if subject.active else [Reason(C.SUBJECT_INACTIVE, "This person is not an active employee.")]


def _account(resource: Resource) -> list[Reason]:
    if resource.state is AccountState.ACTIVE:
        return []
    return [Reason(C.ACCOUNT_NOT_ACTIVE, f"The account is {resource.state.replace('_', ' ')}, not active.")]


_GRANT_REASONS: Mapping[GrantState, tuple[ReasonCode, str]] = {
    GrantState.EXPIRED: (C.GRANT_EXPIRED, "The right ended on {valid_until:%Y-%m-%dT%H:%M:%SZ}."),
    GrantState.SUPERSEDED: (C.GRANT_EXPIRED, "The right was replaced by a newer one on {ended_at:%Y-%m-%dT%H:%M:%SZ}."),
    GrantState.REVOKED: (C.GRANT_REVOKED, "The right was revoked on {ended_at:%Y-%m-%dT%H:%M:%SZ}."),
    GrantState.SUSPENDED: (C.GRANT_SUSPENDED, "The right is suspended since {suspended_since:%Y-%m-%dT%H:%M:%SZ}."),
    GrantState.SCHEDULED: (C.GRANT_NOT_STARTED, "The right begins on {valid_from:%Y-%m-%dT%H:%M:%SZ}."),
}


def _grant(grants: Iterable[Grant], active: Grant | None, right: Right, at: datetime) -> list[Reason]:
    """Without a grant in force, the latest one covering the right names the one reason."""
    if active is not None:
        return []
    covering = [one for one in grants if one.right in COVERS[right]]
    if not covering:
        return [Reason(C.NO_GRANT, f"This person never held the right to {right} on this account.")]
    # What took a superseded one's place speaks for it, whatever the clocks of the two said.
    latest = max(covering, key=lambda one: (one.state_at(at) is not GrantState.SUPERSEDED, one.created_at, one.id))
    code, message = _GRANT_REASONS[latest.state_at(at)]
    times = {name: getattr(latest, name) for name in ("valid_from", "valid_until", "ended_at")}
    times["suspended_since"] = latest.suspended_since or latest.pauses_at
    return [Reason(code, message.format(**times))]


def _above(model: Model, right: Right) -> str:
    return f"Under {model.key} only members of the Center of Excellence may {right}."


def _policy(subject: Subject, limits: Limits) -> list[Reason]:
    types = limits["employment_types"]
    if types is None or subject.employment_type in types:
        return []
    message = f"Policy lets {' or '.join(types) or 'nobody'} hold rights; this person is employed as {subject.employment_type}."
    return [Reason(C.EMPLOYMENT_TYPE_EXCLUDED, message, limits.source["employment_types"])]


def _tool(used: UsedTool | None, resource: Resource) -> tuple[list[Reason], list[Reason]]:
    """(refusals, advice) by the model's row for publishing tools."""
    rule = resource.model.tool
    if rule is ToolRule.ANY:
        return [], []
    if used is None:
        return _unnamed(rule)
    refused = _not_the_platform(used, resource) if rule is ToolRule.PLATFORM else _not_registered(used, rule, resource)
    return [refused] if refused else [], []


def _not_the_platform(used: UsedTool, resource: Resource) -> Reason | None:
    if used.tool is not None and used.tool.id == resource.platform_id:
        return _retired(used)
    return Reason(C.TOOL_NOT_THE_PLATFORM, f"Posts go through the one platform, not through {used.named}.")


def _not_registered(used: UsedTool, rule: ToolRule, resource: Resource) -> Reason | None:
    if used.tool is not None and used.tool.retired_at is None and not _serves(used.tool, rule, resource):
        return Reason(C.TOOL_NOT_ALLOWED, f"{used.named} is not registered for this unit.")
    return _retired(used)


def _retired(used: UsedTool) -> Reason | None:
    """A tool that was retired is as unregistered as one that never was: even the one platform."""
    if used.tool is not None and used.tool.retired_at is None:
        return None
    return Reason(C.TOOL_NOT_REGISTERED, f"{used.named} is not a registered publishing tool.")


def _unnamed(rule: ToolRule) -> tuple[list[Reason], list[Reason]]:
    if rule is ToolRule.PLATFORM:
        return [Reason(C.TOOL_NOT_THE_PLATFORM, "Posts go through the one platform; no tool was named.")], []
    return [], [Reason(C.TOOL_NOT_REGISTERED, "No publishing tool was named; use a registered one.")]


def _serves(tool: Tool, rule: ToolRule, resource: Resource) -> bool:
    if rule is ToolRule.CENTRAL:
        return tool.business_unit_id is None
    return tool.business_unit_id is None or tool.business_unit_id in resource.path
