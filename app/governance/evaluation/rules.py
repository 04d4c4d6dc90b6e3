"""May this employee do this on that account, at this instant, with this tool? And if not, every reason why.

Pure: ``decide(facts, at)``. Whoever supplies the facts - a database, or an index in memory - gets the same answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from app.accounts.rules import AccountState
from app.directory.rules import EmploymentType
from app.governance.freezes.rules import Freeze, in_the_way
from app.governance.grants.rules import GrantState, Tenure
from app.governance.models.rules import COVERS, Model, Right, ToolRule
from app.governance.reasons.rules import Reason, ReasonCode, not_active
from app.kernel.actor import Place
from app.policies.hours import rules as hours
from app.policies.rules import Limits
from app.policies.typed.rules import courses
from app.programme.training.rules import Learnt, valid_until
from app.tools.rules import Tool

C = ReasonCode
_POSTING = frozenset({Right.PUBLISH, Right.ENGAGE})
"""Rights whose use the public sees at once: they keep to posting hours."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The person: active, how employed, whether of the Center of Excellence.

    ``completed``: by course key, of the courses that are required; ``attested``: ids of policy versions, of those that
    have to be.
    """

    id: UUID
    active: bool
    employment_type: EmploymentType
    coe_member: bool
    completed: Mapping[str, Learnt] = field(default_factory=dict)
    attested: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Resource:
    """The account: its state, where it stands, the model, the policies and the freezes in force there.

    ``timezone``: its unit's, by name. ``freezes``: those that cover it, whomever they exempt.
    """

    id: UUID
    state: AccountState
    path: tuple[UUID, ...]
    model: Model
    platform_id: UUID | None
    limits: Limits
    network: str = ""
    timezone: str = "UTC"
    freezes: tuple[Freeze, ...] = ()


@dataclass(frozen=True, slots=True)
class UsedTool:
    """The tool that a post goes through, as it was named; ``tool`` is None where no registered tool has that name."""

    named: str
    tool: Tool | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision depends on. None: unknown. ``grants``: every grant of this person on this account.

    ``clearance``: why this very content may not go out, if it has to be cleared; None: it may. ``approval``: the one
    grant that is to answer, by id, where the question names it: no other does then.
    """

    right: Right | None
    subject: Subject | None
    resource: Resource | None
    grants: tuple[Tenure, ...] = ()
    tool: UsedTool | None = None
    clearance: ReasonCode | None = None
    approval: UUID | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. ``advice`` is said of a permit as of a refusal, and refuses nothing. ``until``: when the grant ends
    that a permit rests on.
    """

    permitted: bool
    reasons: tuple[Reason, ...] = ()
    advice: tuple[Reason, ...] = ()
    grant_id: UUID | None = None
    model: str | None = None
    until: datetime | None = None


def decide(facts: Facts, at: datetime) -> Decision:
    """Permit only if all holds; what cannot be evaluated is a refusal."""
    unknown = _unknown(facts)
    if unknown:
        return Decision(False, unknown)
    right, subject, resource = facts.right, facts.subject, facts.resource
    assert right is not None and subject is not None and resource is not None  # noqa: S101, PT018 - narrowed above
    grants = facts.grants if facts.approval is None else tuple(one for one in facts.grants if one.id == facts.approval)
    grant = in_force(grants, right, at)
    binding = [
        *_subject(subject), *not_active(resource.id, resource.state), *_frozen(subject, resource, at),
        *_grant(grants, grant, right, at, by_approval=facts.approval is not None),
    ]  # fmt: skip
    if right not in resource.model.ceiling and not subject.coe_member:
        binding.append(Reason(C.ABOVE_MODEL_CEILING, _above(resource.model, right)))
    tools, advice = _tool(facts.tool, resource)
    policy = [*_policy(facts, subject, resource, at), *tools]
    if resource.model.advisory:
        advice = [*advice, *policy]
    else:
        binding += policy
    granted = grant if not binding else None
    return Decision(
        not binding, tuple(binding), tuple(advice), granted.id if granted else None, resource.model.key,
        granted.valid_until if granted else None,
    )  # fmt: skip


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


def in_force(grants: Iterable[Tenure], right: Right, at: datetime) -> Tenure | None:
    """The grant that answers for a right now; the one that lasts longest, where several do."""
    active = [one for one in grants if one.right in COVERS[right] and one.state_at(at) is GrantState.ACTIVE]
    return max(active, key=lambda one: (one.valid_until, one.id), default=None)


def _subject(subject: Subject) -> list[Reason]:
    return [] if subject.active else [Reason(C.SUBJECT_INACTIVE, "This person is not an active employee.")]


def _frozen(subject: Subject, resource: Resource, at: datetime) -> tuple[Reason, ...]:
    return in_the_way(resource.freezes, subject.id, resource.id, Place(resource.path, resource.network), at)


_GRANT_REASONS: Mapping[GrantState, tuple[ReasonCode, str]] = {
    GrantState.EXPIRED: (C.GRANT_EXPIRED, "The right ended on {valid_until:%Y-%m-%dT%H:%M:%SZ}."),
    GrantState.SUPERSEDED: (C.GRANT_EXPIRED, "The right was replaced by a newer one on {ended_at:%Y-%m-%dT%H:%M:%SZ}."),
    GrantState.REVOKED: (C.GRANT_REVOKED, "The right was revoked on {ended_at:%Y-%m-%dT%H:%M:%SZ}."),
    GrantState.SUSPENDED: (C.GRANT_SUSPENDED, "The right is suspended since {suspended_since:%Y-%m-%dT%H:%M:%SZ}."),
    GrantState.SCHEDULED: (C.GRANT_NOT_STARTED, "The right begins on {valid_from:%Y-%m-%dT%H:%M:%SZ}."),
}


def _grant(
    grants: Iterable[Tenure], active: Tenure | None, right: Right, at: datetime, *, by_approval: bool
) -> list[Reason]:
    """Without a grant in force, the latest one covering the right names the one reason."""
    if active is not None:
        return []
    covering = [one for one in grants if one.right in COVERS[right]]
    if not covering and by_approval:
        return [Reason(C.APPROVAL_UNVERIFIABLE, "This approval is of another person, right or account, or of none.")]
    if not covering:
        return [Reason(C.NO_GRANT, f"This person never held the right to {right} on this account.")]
    # What took a superseded one's place speaks for it, whatever the clocks of the two said.
    latest = max(covering, key=lambda one: (one.state_at(at) is not GrantState.SUPERSEDED, one.created_at, one.id))
    code, message = _GRANT_REASONS[latest.state_at(at)]
    times = {name: getattr(latest, name) for name in ("valid_from", "valid_until", "ended_at")}
    times["suspended_since"] = latest.suspended_since or latest.pauses_at
    call = f"POST /v1/grants/{latest.id}/resume" if code is C.GRANT_SUSPENDED else None
    until = latest.valid_from if code is C.GRANT_NOT_STARTED else None
    return [Reason(code, message.format(**times), call=call, until=until)]


def _above(model: Model, right: Right) -> str:
    return f"Under {model.key} only members of the Center of Excellence may {right}."


def lasting(right: Right, subject: Subject, model: Model, limits: Limits, at: datetime) -> tuple[Reason, ...]:
    """Of the reasons against using a right those that are no matter of the hour, the tool or the content: the model's
    ceiling, and what binding policy asks of the person.
    """
    found = []
    if right not in model.ceiling and not subject.coe_member:
        found.append(Reason(C.ABOVE_MODEL_CEILING, _above(model, right)))
    return tuple(found if model.advisory else (*found, *_person(subject, limits, at)))


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that policy asks of a person to go on using rights; ``by``: from when on they are refused without it
    (None: since ever). ``reason``: as it is said then.
    """

    reason: Reason
    by: datetime | None

    def due(self, at: datetime) -> bool:
        """Are rights refused for it by then? The very instant is due."""
        return self.by is None or self.by <= at


def duties(subject: Subject, limits: Limits, at: datetime | None = None) -> Iterator[Duty]:
    """All that policy asks of a person that they have not done, or that counts no more some day; ``at``: or then."""
    for course, days in courses(limits["required_training"] or ()).items():
        source, done = limits.source[f"required_training/{course}"], subject.completed.get(course)
        ends = valid_until(done.at, done.valid_for_days, days) if done else None
        if done is None:
            yield Duty(Reason(C.TRAINING_MISSING, f"The course {course} has not been completed.", source), None)
        elif ends is not None and (at is None or ends <= at):
            message = (
                f"The course {course} was completed on {done.at:%Y-%m-%d}; that counts until {ends:%Y-%m-%dT%H:%M:%SZ}."
            )
            yield Duty(Reason(C.TRAINING_EXPIRED, message, source), ends)
    for one in limits.attestations:
        if one.version_id not in subject.attested and (at is None or one.by is None or one.by <= at):
            call = f"POST /v1/policies/{one.key}/versions/{one.n}/attestations"
            message = f"Version {one.n} of the policy {one.key} has not been accepted."
            yield Duty(Reason(C.ATTESTATION_MISSING, message, one.name, call), one.by)


def turns(subject: Subject, limits: Limits) -> Iterator[datetime]:
    """The instants at which that changes by itself."""
    for course, days in courses(limits["required_training"] or ()).items():
        done = subject.completed.get(course)
        ends = valid_until(done.at, done.valid_for_days, days) if done else None
        if ends is not None:
            yield ends
    yield from (one.by for one in limits.attestations if one.by and one.version_id not in subject.attested)


def _person(subject: Subject, limits: Limits, at: datetime) -> list[Reason]:
    """What policy has against this person's using rights there."""
    return [*_employment(subject, limits), *(one.reason for one in duties(subject, limits, at))]


def _policy(facts: Facts, subject: Subject, resource: Resource, at: datetime) -> list[Reason]:
    """What the policies in force there say against it."""
    limits, posts = resource.limits, facts.right in _POSTING
    return [
        *_person(subject, limits, at),
        *(_hours(resource, at) if posts else ()),
        *(_clearance(facts, resource) if facts.right is Right.PUBLISH else ()),
        *_allowed_tool(facts.tool, limits),
    ]  # fmt: skip


def _employment(subject: Subject, limits: Limits) -> list[Reason]:
    types = limits["employment_types"]
    if types is None or subject.employment_type in types:
        return []
    message = f"Policy lets {' or '.join(types) or 'nobody'} hold rights; this person is employed as {subject.employment_type}."
    return [Reason(C.EMPLOYMENT_TYPE_EXCLUDED, message, limits.source["employment_types"])]


def _hours(resource: Resource, at: datetime) -> list[Reason]:
    week, zone = resource.limits["posting_hours"], ZoneInfo(resource.timezone)
    if week is None or hours.is_open(week, at, zone):
        return []
    opens = hours.opens_after(week, at, zone)
    when = f"they begin again on {opens:%Y-%m-%dT%H:%M:%SZ}" if opens else "there are none"
    message = f"It is outside of posting hours ({resource.timezone}); {when}."
    return [Reason(C.OUTSIDE_POSTING_HOURS, message, resource.limits.source["posting_hours"], until=opens)]


_CLEARANCES = {
    C.CLEARANCE_MISSING: "The content of a post has to be cleared here, and this has not been.",
    C.CLEARANCE_CONTENT_MISMATCH: "What was cleared is another content than this.",
    C.CLEARANCE_USED: "The clearance of this content was for one post, which has gone out.",
}


def _clearance(facts: Facts, resource: Resource) -> list[Reason]:
    if not resource.limits["clearance_required"] or facts.clearance is None:
        return []
    return [Reason(facts.clearance, _CLEARANCES[facts.clearance], resource.limits.source["clearance_required"])]


def _allowed_tool(used: UsedTool | None, limits: Limits) -> list[Reason]:
    """Where a policy names tools, an unnamed one is refused as another is."""
    keys = limits["allowed_tools"]
    if keys is None or (used is not None and used.tool is not None and used.tool.key in keys):
        return []
    which = f"not {used.named}" if used else "and none was named"
    message = f"Policy lets posts go through {' or '.join(keys) or 'no tool'}; {which}."
    return [Reason(C.TOOL_NOT_ALLOWED, message, limits.source["allowed_tools"])]


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
