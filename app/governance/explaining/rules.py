"""A decision taken apart: every condition that it rests on, with the fact behind it, whether or not it holds.

It is no second definition of a decision: each condition is asked of the functions that ``evaluation`` asks, one by one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from app.governance.evaluation.rules import (
    _POSTING,
    Facts,
    Resource,
    Subject,
    _allowed_tool,
    _clearance,
    _employment,
    _frozen,
    _grant,
    _hours,
    _subject,
    _tool,
    _unknown,
    duties,
    in_force,
    lasting,
)
from app.governance.freezes.rules import FreezeState
from app.governance.grants.rules import Tenure
from app.governance.models.rules import Right, Setting, ToolRule
from app.governance.reasons.rules import Reason, ReasonCode, not_active
from app.policies.rules import Limits
from app.policies.typed.rules import courses
from app.programme.training.rules import valid_until

C = ReasonCode
OF_THE_POST = frozenset(
    {
        C.CLEARANCE_CONTENT_MISMATCH, C.CLEARANCE_MISSING, C.CLEARANCE_USED, C.TOOL_NOT_ALLOWED, C.TOOL_NOT_REGISTERED,
        C.TOOL_NOT_THE_PLATFORM,
    }
)  # fmt: skip
"""Reasons that lie with one post, its content or its tool, and not with who makes it, where and when."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a decision rests on. ``code``: of the reason that it gives where it does not hold; ``fact``: what is so.

    ``policy``: the version behind it (``key@n``), if one is. ``advisory``: where it does not hold, that is said and
    refuses nothing. ``reason``: why it does not hold; None: it does.
    """

    code: ReasonCode
    fact: str
    policy: str | None = None
    advisory: bool = False
    reason: Reason | None = None

    @property
    def passed(self) -> bool:
        """Does it hold?"""
        return self.reason is None


def conditions(facts: Facts, at: datetime, setting: Setting | None) -> tuple[Condition, ...]:
    """All that a decision on these facts rests on; ``setting``: the choice of model in force there.

    Those that do not hold are the reasons of ``decide``, or its advice where they are advisory, in the same order.
    """
    known = tuple(_known(facts))
    right, subject, resource = facts.right, facts.subject, facts.resource
    if right is None or subject is None or resource is None or setting is None:
        return known
    found = [
        *known,
        _judge(C.SUBJECT_INACTIVE, _subject(subject), "The person is an active employee."),
        _judge(C.ACCOUNT_NOT_ACTIVE, not_active(resource.id, resource.state), "The account is active."),
        *_freezes(subject, resource, at),
        _granted(facts.grants, right, at),
        _ceiling(right, subject, resource, setting, at),
    ]
    advisory = resource.model.advisory
    policy = [*_person(subject, resource.limits, at), *_post(facts, resource, at)]
    return (*found, *(replace(one, advisory=advisory) for one in policy), _model_tool(facts, resource))


def _judge(code: ReasonCode, found: Iterable[Reason], fact: str, policy: str | None = None) -> Condition:
    """A condition by what was found against it, which is one reason at most."""
    reason = next(iter(found), None)
    return (
        Condition(code, fact, policy)
        if reason is None
        else Condition(reason.code, reason.message, reason.policy, reason=reason)
    )


def _known(facts: Facts) -> Iterator[Condition]:
    """Where something is unknown the rest means nothing, the right itself among it."""
    found = {one.code: one for one in _unknown(facts)}
    asked = [(C.SUBJECT_UNKNOWN, "The person is known."), (C.ACCOUNT_UNKNOWN, "The account is known.")]
    if not found or C.RIGHT_UNKNOWN in found:
        asked.append((C.RIGHT_UNKNOWN, f"The right is to {facts.right}."))
    for code, fact in asked:
        yield _judge(code, [found[code]] if code in found else [], fact)


def _freezes(subject: Subject, resource: Resource, at: datetime) -> list[Condition]:
    """Each freeze in force that covers the account, whomever it exempts."""
    standing = [one for one in resource.freezes if one.state_at(at) is FreezeState.IN_FORCE]
    return [
        _judge(
            C.FROZEN, _frozen(subject, replace(resource, freezes=(one,)), at),
            f"The freeze {one.id} ({one.target.kind.replace('_', ' ')}, {one.severity}) exempts this person.",
        )
        for one in sorted(standing, key=lambda one: one.id)
    ] or [Condition(C.FROZEN, "No freeze covers the account.")]  # fmt: skip


def _granted(grants: Iterable[Tenure], right: Right, at: datetime) -> Condition:
    active = in_force(grants, right, at)
    fact = ""
    if active is not None:
        fact = (
            f"The right to {active.right} was given from {_time(active.valid_from)} until {_time(active.valid_until)} "
            f"(grant {active.id})."
        )
    return _judge(C.NO_GRANT, _grant(grants, active, right, at, by_approval=False), fact)


def _ceiling(right: Right, subject: Subject, resource: Resource, setting: Setting, at: datetime) -> Condition:
    model = resource.model
    reasons = [one for one in lasting(right, subject, model, resource.limits, at) if one.code is C.ABOVE_MODEL_CEILING]
    if right in model.ceiling:
        fact = f"Under {model.key} everybody may {right}, if granted."
    else:
        fact = f"Under {model.key} only members of the Center of Excellence may {right}; this person is one."
    found = _judge(C.ABOVE_MODEL_CEILING, reasons, fact)
    return replace(found, fact=f"{found.fact} {_chosen(setting)}")


def _chosen(setting: Setting) -> str:
    """Where the model in force comes from."""
    if setting.id is None:
        return "Nobody has chosen a model: this is the product's own."
    where = f"the unit {setting.business_unit_id} and below" if setting.business_unit_id else "the enterprise"
    who = f"employee {setting.set_by}" if setting.set_by else "an operator"
    return f"It holds for {where} since {_time(setting.effective_from)}, chosen by {who}."


def _person(subject: Subject, limits: Limits, at: datetime) -> Iterator[Condition]:
    """What policy asks of the person: each course and each attestation by itself."""
    types = limits["employment_types"]
    if types is not None:
        fact = f"Policy lets {' or '.join(types)} hold rights; this person is employed as {subject.employment_type}."
        yield _judge(C.EMPLOYMENT_TYPE_EXCLUDED, _employment(subject, limits), fact, limits.source["employment_types"])
    for course, days in courses(limits["required_training"] or ()).items():
        yield _course(subject, limits, course, days, at)
    for one in limits.attestations:
        due = _due(subject, replace(limits, values={}, attestations=(one,)), at)
        fact = f"Version {one.n} of the policy {one.key} has been accepted."
        if one.version_id not in subject.attested and one.by is not None:
            fact = (
                f"Version {one.n} of the policy {one.key} has not been accepted; there is time until {_time(one.by)}."
            )
        yield _judge(C.ATTESTATION_MISSING, due, fact, one.name)


def _course(subject: Subject, limits: Limits, course: str, days: int | None, at: datetime) -> Condition:
    alone = [{"course": course, **({"valid_for_days": days} if days is not None else {})}]
    due = _due(subject, replace(limits, values={"required_training": alone}, attestations=()), at)
    done = subject.completed.get(course)
    ends = valid_until(done.at, done.valid_for_days, days) if done else None
    when = f"{done.at:%Y-%m-%d}" if done else ""
    fact = f"The course {course} was completed on {when}; that counts {f'until {_time(ends)}' if ends else 'for ever'}."
    return _judge(C.TRAINING_EXPIRED, due, fact, limits.source[f"required_training/{course}"])


def _due(subject: Subject, limits: Limits, at: datetime) -> list[Reason]:
    return [one.reason for one in duties(subject, limits, at)]


def _post(facts: Facts, resource: Resource, at: datetime) -> Iterator[Condition]:
    """What policy asks of the post: its hour, its content, its tool."""
    limits = resource.limits
    if facts.right in _POSTING and limits["posting_hours"] is not None:
        fact = f"It is within posting hours ({resource.timezone})."
        yield _judge(C.OUTSIDE_POSTING_HOURS, _hours(resource, at), fact, limits.source["posting_hours"])
    if facts.right is Right.PUBLISH and limits["clearance_required"]:
        fact = "This content has been cleared."
        yield _judge(C.CLEARANCE_MISSING, _clearance(facts, resource), fact, limits.source["clearance_required"])
    keys = limits["allowed_tools"]
    if keys is not None:
        fact = f"Policy lets posts go through {' or '.join(keys)}; {facts.tool.named if facts.tool else ''} is one."
        yield _judge(C.TOOL_NOT_ALLOWED, _allowed_tool(facts.tool, limits), fact, limits.source["allowed_tools"])


_THROUGH = {
    ToolRule.REGISTERED: (C.TOOL_NOT_REGISTERED, "{named} is a registered publishing tool that serves this unit."),
    ToolRule.CENTRAL: (C.TOOL_NOT_REGISTERED, "{named} is a registered publishing tool of no unit's own."),
    ToolRule.PLATFORM: (C.TOOL_NOT_THE_PLATFORM, "{named} is the one platform."),
}


def _model_tool(facts: Facts, resource: Resource) -> Condition:
    """What the model asks of the tool; where it only prefers that one is named, it is advisory."""
    rule = resource.model.tool
    if rule is ToolRule.ANY:
        return Condition(C.TOOL_NOT_REGISTERED, f"Under {resource.model.key} posts go through any tool.")
    code, fact = _THROUGH[rule]
    refused, advised = _tool(facts.tool, resource)
    found = _judge(code, [*refused, *advised], fact.format(named=facts.tool.named if facts.tool else ""))
    return replace(found, advisory=bool(advised))


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
