"""The row that an action's subject is: which member of ``after`` is which column, and what else of the event is one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from .steps import Put
from .told import Told


class From(Enum):
    """What of an event, beside its members, a column has its value from."""

    AT = "at"
    PERSON = "person"
    CALLER = "caller"
    SEAT = "seat"
    REASON = "reason"


AT, PERSON, CALLER, SEAT, REASON = From
Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Row:
    """How an action tells of the row that its subject is. ``members``: the column of each member that is one;
    ``reads``: how a member is read that is written otherwise; ``more``: columns that are told beside; ``first``: those of
    a new row.
    """

    table: str
    members: Mapping[str, str]
    reads: Mapping[str, Read] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    first: Mapping[str, Any] = field(default_factory=lambda: {"created_at": AT})

    def saying(self, **more: Any) -> "Row":
        """The same, with columns that this action tells beside its members."""
        return replace(self, more={**self.more, **more})

    def put(self, one: Told) -> Put:
        """What an event makes of the row."""
        read = {name: self.reads.get(name, _as_it_is)(one.after[name]) for name in self.members if name in one.after}
        values = {self.members[name]: value for name, value in read.items()}
        values |= {column: said(one, source) for column, source in self.more.items()}
        first = {column: said(one, source) for column, source in self.first.items()}
        return Put(self.table, {"id": one.subject}, values, first)


def _as_it_is(value: Any) -> Any:
    return value


def said(one: Told, source: Any) -> Any:
    """What an event says where ``source`` points; what points nowhere is the value itself."""
    return getattr(one, source.value) if isinstance(source, From) else source


def _row(table: str, same: str, **more: Any) -> Row:
    """A row most of whose members have the names of their columns."""
    return Row(table, {name: name for name in same.split()} | more.pop("named", {}), **more)


def _step(text: str) -> dict[str, Any]:
    kind, _, needed = text.partition(":")
    return {"kind": kind, "needed": int(needed)}


_UNIT = _row(
    "business_unit", "key name parent_id function region timezone state merged_into_id closed_at",
)  # fmt: skip
_EMPLOYEE = _row(
    "employee",
    "employment_type business_unit_id manager_id hired_on terminated_on active deleted_at left_at user_name email given_name"
    " family_name display_name title location employee_number external_id attributes",
    reads={"employment_type": lambda kind: kind or "employee"},  # which is what a file means that does not say
)
_ACCOUNT = _row(
    "account",
    "network handle handle_written skeleton url business_unit_id steward_id backup_steward_id language region risk"
    " posting_capacity mfa opened_on state last_activity_at last_validated_at official_from official_until source"
    " proposed_by look_alike_of objective_since mfa_since"
    " display_name purpose audience objective shared_mailbox vault_reference recovery_contact",
)
_APPOINTMENT = _row(
    "appointment",
    "employee_id role valid_from valid_until deputy_id ended_at group_mapping_id business_unit_id network",
    named={"scope": "scope_kind"},
)
_REQUEST = _row(
    "request",
    "account_id requester_id beneficiary_id rights justification campaign_id starts_at until state model setting_id"
    " steps passed notes policy_versions round due_at expires_at ended_at",
    reads={"steps": lambda steps: [_step(one) for one in steps]},
)
_GRANT = _row(
    "posting_grant",
    "employee_id account_id right request_id valid_from valid_until model policy_versions approvers paused_by ended_at end"
    " end_reason ended_by review_ends_at",
)
_CAMPAIGN = _row(
    "campaign",
    "key title purpose business_unit_id objective manager_id starts_at ends_at author_id ended_at ended_by",
)
_FREEZE = _row(
    "freeze",
    "kind business_unit_id network account_id members severity exempt authority until lifted_at",
)
_POLICY = _row("policy", "key title business_unit_id network", named={"scope": "scope_kind"})
_VERSION = _row(
    "policy_version",
    "policy_id n state text text_sha256 rules effective_from attestation_grace_days superseded_at",
)
_GOAL = _row("goal", "key title description retired_at")
_OBJECTIVE = _row("objective", "key title description goal_id business_unit_id retired_at")
_STRATEGY = _row("strategy", "business_unit_id n state purpose benefits actions swot author_id submitted_at")
_STRATEGY_DECIDED = _STRATEGY.saying(decided_by=PERSON, decided_at=AT, comment=REASON)
_BUDGET = _row("budget", "objective_id business_unit_id starts_on ends_on currency allocated note")
_BUDGET_ENTRY = _row("budget_entry", "budget_id kind amount occurred_on basis note voided_at")
_DECLARATION = _row("maturity_declaration", "business_unit_id open_dialogue note")
_VENDOR = _row("vendor", "key name url contact note contract_ends_on")
_ASSESSMENT = _row("assessment", "tool_id state summary valid_until proposed_by")
_ASSESSED = _ASSESSMENT.saying(decided_by=PERSON, decided_at=AT, comment=REASON)
_FINDING = _row("finding", "title question summary source url published_on recorded_by withdrawn_at")
_COURSE = _row("course", "key title valid_for_days retired_at")
_CURRICULUM = _row("curriculum_entry", "audience course_id need business_unit_id retired_at")
_COMPLETION = _row("completion", "employee_id course_id completed_at source revoked_at")
_CLEARANCE = _row("clearance", "account_id employee_id content_sha256 not_after state note")
_DISCOVERY = _row(
    "discovery",
    "network handle handle_written url skeleton account_id state decided_by decided_at decided_match decided_active"
    " first_seen_at last_seen_at last_active_at alarmed_at",
)
_RESOLVED = Row(_DISCOVERY.table, {**_DISCOVERY.members, "evidence_url": "evidence_url"}).saying(reason=REASON)
_RETIREMENT = _row("retirement", "title flags business_unit_id network due_at ended_at")
_ASKED_ABOUT = _row("retirement_item", "answer decision closed_at")
_REVIEW = _row("review", "title kinds due_at ends_at closed_at")
_ITEM = _row("review_item", "reviewer_id")
_GROUP = _row("directory_group", "display_name external_id")
_HOLD = _row("legal_hold", "employee_id set_by released_at")
_MAPPING = _row("group_mapping", "group_id group_name role business_unit_id network ended_at")
_TOOL = _row("publishing_tool", "key name vendor business_unit_id retired_at")
_CLIENT = _row("client", "name static scopes tool_id gateway owner_id redirect_uris revoked_at")
_TASK = _row("access_task", "bundled")
_KPI = _row(
    "kpi",
    "key title definition kind numerator denominator unit currency over_time across_accounts better activity retired_at",
)
_TARGET = _row(
    "target",
    "kpi_id business_unit_id account_id value period_from period_until note",
    named={"scope": "scope_kind"},
)
_DECIDED = _CLEARANCE.saying(decided_by=PERSON, decided_at=AT, comment=REASON)
_ANSWERED = _ITEM.saying(decided_by=PERSON, principal_id=SEAT, comment=REASON, decided_at=AT)


def _each(kind: str, actions: str, row: Row) -> dict[str, Row]:
    return {f"{kind}.{action}": row for action in actions.split()}


ROWS: Mapping[str, Row] = {
    **_each("business_unit", "created updated closed merged", _UNIT),
    **_each("employee", "joined updated moved left rejoined removed", _EMPLOYEE),
    **_each(
        "account",
        "proposed approved changes_requested denied withdrawn imported activated suspended resumed decommissioning archived"
        " updated validated activity_recorded discovered disputed",
        _ACCOUNT,
    ),
    "appointment.created": _APPOINTMENT.saying(appointed_by=PERSON),
    **_each("appointment", "deputy_changed deputy_removed rescoped", _APPOINTMENT),
    "appointment.ended": _APPOINTMENT.saying(ended_by=PERSON, end_reason=REASON),
    "rights_request.asked": _REQUEST.saying(kind="rights"),
    "registration.asked": _REQUEST.saying(kind="registration"),
    **{
        name: row
        for kind in ("rights_request", "registration")
        for name, row in _each(
            kind, "approved changes_requested denied withdrawn expired revised rerouted", _REQUEST
        ).items()
    },
    **_each("grant", "issued expired superseded revoked suspended resumed review_due", _GRANT),
    **_each("campaign", "created changed", _CAMPAIGN),
    "campaign.ended": _CAMPAIGN.saying(end_reason=REASON),
    "freeze.set": _FREEZE.saying(set_by=PERSON, reason=REASON),
    "freeze.lifted": _FREEZE.saying(lifted_by=PERSON, lift_reason=REASON),
    "policy.created": _POLICY,
    "policy_version.drafted": _VERSION.saying(author_id=PERSON),
    "policy_version.published": _VERSION.saying(published_by=PERSON, published_at=AT),
    "policy_version.retired": _VERSION,
    **_each("goal", "created updated retired", _GOAL),
    **_each("objective", "created updated retired", _OBJECTIVE),
    **_each("strategy", "drafted revised submitted withdrawn", _STRATEGY),
    **_each("strategy", "approved changes_requested", _STRATEGY_DECIDED),
    **_each("budget", "allocated reallocated", _BUDGET),
    **_each("budget_entry", "recorded voided", _BUDGET_ENTRY),
    "maturity.declared": _DECLARATION.saying(declared_by=PERSON),
    **_each("vendor", "registered updated", _VENDOR),
    "assessment.proposed": _ASSESSMENT,
    **_each("assessment", "approved refused", _ASSESSED),
    "finding.published": _FINDING,
    "finding.withdrawn": _FINDING.saying(withdrawn_by=PERSON, withdraw_reason=REASON),
    **_each("course", "created updated retired", _COURSE),
    **_each("curriculum_entry", "created retired", _CURRICULUM),
    "completion.recorded": _COMPLETION,
    "completion.revoked": _COMPLETION.saying(revoked_by=PERSON, revoke_reason=REASON),
    **_each("clearance", "submitted withdrawn", _CLEARANCE),
    **_each("clearance", "cleared denied", _DECIDED),
    "clearance.redeemed": _CLEARANCE.saying(redeemed_by=CALLER, redeemed_at=AT),
    **_each("discovery", "recorded seen", _DISCOVERY),
    "discovery.alarmed": Row("discovery", {"alarmed_at": "alarmed_at"}),
    **_each("discovery", "disputed taken_down ignored reopened", _RESOLVED),
    "retirement.opened": _RETIREMENT.saying(opened_by=PERSON),
    "retirement.ended": _RETIREMENT.saying(ended_by=PERSON, end_reason=REASON),
    "retirement_item.answered": _ASKED_ABOUT.saying(answered_by=PERSON, answer_reason=REASON, answered_at=AT),
    "retirement_item.decided": _ASKED_ABOUT.saying(decided_by=PERSON, decision_reason=REASON, decided_at=AT),
    "review.opened": _REVIEW.saying(opened_by=PERSON),
    "review.closed": _REVIEW.saying(closed_by=PERSON, close_reason=REASON),
    "review_item.kept": _ANSWERED.saying(outcome="kept"),
    "review_item.ended": _ANSWERED.saying(outcome="ended"),
    "review_item.lapsed": _ITEM.saying(outcome="lapsed", decided_at=AT),
    "review_item.reassigned": _ITEM,
    **_each("group", "created updated", _GROUP),
    "group_mapping.created": _MAPPING.saying(mapped_by=PERSON, reason=REASON),
    "group_mapping.ended": _MAPPING.saying(ended_by=PERSON, end_reason=REASON),
    **_each("publishing_tool", "registered rescoped retired", _TOOL),
    **_each("client", "created revoked", _CLIENT),
    "access_task.opened": _TASK,
    **_each("kpi", "defined described retired", _KPI),
    "target.set": _TARGET.saying(set_by=PERSON),
    "legal_hold.set": _HOLD.saying(reason=REASON),
    "legal_hold.released": _HOLD.saying(released_by=PERSON, release_reason=REASON),
}
"""The row that each action's subject is, and how the action tells of it."""
