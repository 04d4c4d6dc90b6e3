"""Who acts, and everything anyone can be allowed to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from .errors import Forbidden


class Permission(StrEnum):
    """Everything anyone can be allowed to do: ``resource:action``, sorted. Who has which: ``roles/permitted/rules.py``."""

    ACCOUNT_DECIDE = "account:decide"
    ACCOUNT_DECOMMISSION = "account:decommission"
    ACCOUNT_MANAGE = "account:manage"
    ACCOUNT_PROPOSE = "account:propose"
    ACCOUNT_READ = "account:read"
    ACCOUNT_RECORD_ACTIVITY = "account:record_activity"
    ACCOUNT_STOP = "account:stop"
    ACCOUNT_UPDATE = "account:update"
    APPOINTMENT_CREATE = "appointment:create"
    APPOINTMENT_END = "appointment:end"
    APPOINTMENT_READ = "appointment:read"
    APPROVAL_READ = "approval:read"
    ATTESTATION_CREATE = "attestation:create"
    ATTESTATION_READ = "attestation:read"
    AUDIT_READ = "audit:read"
    BUDGET_READ = "budget:read"
    BUDGET_RECORD = "budget:record"
    BUDGET_WRITE = "budget:write"
    BUSINESS_UNIT_READ = "business_unit:read"
    BUSINESS_UNIT_WRITE = "business_unit:write"
    CAMPAIGN_MANAGE = "campaign:manage"
    CAMPAIGN_READ = "campaign:read"
    CLEARANCE_DECIDE = "clearance:decide"
    CLEARANCE_READ = "clearance:read"
    CLEARANCE_REDEEM = "clearance:redeem"
    CLEARANCE_SUBMIT = "clearance:submit"
    COMPLETION_READ = "completion:read"
    COMPLETION_WRITE = "completion:write"
    COURSE_READ = "course:read"
    COURSE_WRITE = "course:write"
    DECISION_EVALUATE = "decision:evaluate"
    DIRECTORY_IMPORT = "directory:import"
    DIRECTORY_READ_CHANGES = "directory:read_changes"
    DIRECTORY_READ_ORPHANS = "directory:read_orphans"
    DIRECTORY_SYNC = "directory:sync"
    DISCOVERY_READ = "discovery:read"
    DISCOVERY_RECORD = "discovery:record"
    DISCOVERY_RESOLVE = "discovery:resolve"
    EMPLOYEE_ERASE = "employee:erase"
    EMPLOYEE_READ = "employee:read"
    EMPLOYEE_READ_DETAILS = "employee:read_details"
    FREEZE_LIFT = "freeze:lift"
    FREEZE_READ = "freeze:read"
    FREEZE_SET = "freeze:set"
    GOVERNANCE_READ = "governance:read"
    GOVERNANCE_SWITCH = "governance:switch"
    GRANT_PASSPORT = "grant:passport"
    GRANT_READ = "grant:read"
    GRANT_RENEW = "grant:renew"
    GRANT_REVOKE = "grant:revoke"
    GRANT_SUSPEND = "grant:suspend"
    GROUP_MAP = "group:map"
    GROUP_READ = "group:read"
    KPI_READ = "kpi:read"
    KPI_WRITE = "kpi:write"
    LEGAL_HOLD_READ = "legal_hold:read"
    LEGAL_HOLD_SET = "legal_hold:set"
    MATURITY_DECLARE = "maturity:declare"
    MATURITY_READ = "maturity:read"
    ME_READ = "me:read"
    ME_UPDATE = "me:update"
    NETWORK_READ = "network:read"
    NETWORK_WRITE = "network:write"
    OBSERVATION_READ = "observation:read"
    OBSERVATION_WRITE = "observation:write"
    PASSPORT_READ_REVOCATIONS = "passport:read_revocations"
    PERMISSION_READ = "permission:read"
    POLICY_DRAFT = "policy:draft"
    POLICY_PUBLISH = "policy:publish"
    POLICY_READ = "policy:read"
    REPORT_READ = "report:read"
    RESEARCH_CITE = "research:cite"
    RESEARCH_READ = "research:read"
    RESEARCH_WRITE = "research:write"
    RETIREMENT_ANSWER = "retirement:answer"
    RETIREMENT_MANAGE = "retirement:manage"
    RETIREMENT_READ = "retirement:read"
    REVIEW_CREATE = "review:create"
    REVIEW_DECIDE = "review:decide"
    REVIEW_MANAGE = "review:manage"
    REVIEW_READ = "review:read"
    RIGHTS_REQUEST_CREATE = "rights_request:create"
    RIGHTS_REQUEST_DECIDE = "rights_request:decide"
    RIGHTS_REQUEST_READ = "rights_request:read"
    RIGHTS_REQUEST_UPDATE = "rights_request:update"
    STRATEGY_APPROVE = "strategy:approve"
    STRATEGY_DRAFT = "strategy:draft"
    STRATEGY_READ = "strategy:read"
    TARGET_READ = "target:read"
    TARGET_WRITE = "target:write"
    TOOL_READ = "tool:read"
    TOOL_WRITE = "tool:write"
    VENDOR_APPROVE = "vendor:approve"
    VENDOR_READ = "vendor:read"
    VENDOR_WRITE = "vendor:write"
    WEBHOOK_MANAGE = "webhook:manage"


class Reach(StrEnum):
    """How far a permission carries.

    Everywhere; where a step of a route waits for this person; inside the appointment's scope; over what is one's own.
    """

    ANYWHERE = "anywhere"
    ELIGIBLE = "eligible"
    IN_SCOPE = "in_scope"
    OWN = "own"


class ScopeKind(StrEnum):
    """How far an appointment or a policy reaches: everywhere, one unit with all below it, or one network."""

    ENTERPRISE = "enterprise"
    BUSINESS_UNIT = "business_unit"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thing stands: its unit's path from the root (ids, itself last) and its network, if it has one."""

    path: tuple[UUID, ...] = ()
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the enterprise: all of it, a unit with all below it, or a network."""

    kind: ScopeKind
    business_unit_id: UUID | None = None
    network: str | None = None

    def covers(self, place: Place) -> bool:
        """Does the place lie inside?"""
        if self.kind is ScopeKind.ENTERPRISE:
            return True
        if self.kind is ScopeKind.BUSINESS_UNIT:
            return self.business_unit_id in place.path
        return self.network == place.network


ENTERPRISE = Scope(ScopeKind.ENTERPRISE)


@dataclass(frozen=True, slots=True)
class Power:
    """One way in which an actor has a permission."""

    reach: Reach
    scope: Scope = ENTERPRISE


class ActorKind(StrEnum):
    """What acts. The audit log and the kept Idempotency-Keys hold these values: one once used is never renamed."""

    EMPLOYEE = "employee"
    CLIENT = "client"
    OPERATOR = "operator"
    SYSTEM = "system"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts: an employee, a service client, an operator at the command line, the service itself, or nobody known.

    ``roles`` are the roles held at this instant, as they go into the audit log.
    ``tool_id`` and ``gateway`` are set for a client registered for a publishing tool, or for many of them.
    """

    kind: ActorKind
    id: UUID | None = None
    roles: tuple[str, ...] = ()
    powers: Mapping[Permission, tuple[Power, ...]] = field(default_factory=dict)
    tool_id: UUID | None = None
    gateway: bool = False

    @property
    def employee_id(self) -> UUID | None:
        """Which employee acts; None where it is a client, an operator or the service itself."""
        return self.id if self.kind is ActorKind.EMPLOYEE else None

    def may(self, permission: Permission, place: Place | None = None, *, own: bool = False) -> bool:
        """Is it allowed here (``place``), or on what is one's own? Without a place: anywhere at all."""
        for power in self.powers.get(permission, ()):
            if power.reach is Reach.ANYWHERE or (power.reach is Reach.OWN and own):
                return True
            if power.reach is Reach.IN_SCOPE and place is not None and power.scope.covers(place):
                return True
        return False

    def holds(self, permission: Permission) -> bool:
        """Is there any way at all in which the actor has this permission? The lock on the door."""
        return bool(self.powers.get(permission))

    def scopes(self, permission: Permission) -> tuple[Scope, ...] | None:
        """Where the permission holds beyond what is one's own; None: everywhere."""
        ways = [one for one in self.powers.get(permission, ()) if one.reach in (Reach.ANYWHERE, Reach.IN_SCOPE)]
        if any(one.reach is Reach.ANYWHERE or one.scope.kind is ScopeKind.ENTERPRISE for one in ways):
            return None
        return tuple(one.scope for one in ways)

    def require(self, permission: Permission, place: Place | None = None, *, own: bool = False) -> None:
        """Like ``may``, or ``Forbidden``."""
        if not self.may(permission, place, own=own):
            raise Forbidden(
                f"This needs the permission {permission} here. Your roles: {', '.join(self.roles) or 'none'}."
            )
