"""Which roles and client scopes there are, and what each may do: the one table of permissions."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.kernel.actor import Permission, Reach, ScopeKind

P = Permission
ANY, ELIGIBLE, IN, OWN = Reach.ANYWHERE, Reach.ELIGIBLE, Reach.IN_SCOPE, Reach.OWN


class Role(StrEnum):
    """Held by appointment."""

    STRATEGIST = "strategist"
    CONTENT_STRATEGIST = "content_strategist"
    COMMUNITY_MANAGER = "community_manager"
    BU_LIAISON = "bu_liaison"
    CAMPAIGN_MANAGER = "campaign_manager"
    SOCIAL_ANALYST = "social_analyst"
    DEVELOPER = "developer"
    AUDITOR = "auditor"
    ADMIN = "admin"


class ClientScope(StrEnum):
    """What a service client may be registered for."""

    DECISIONS = "decisions"
    HR = "hr"
    LMS = "lms"
    REGISTRY_READ = "registry:read"
    REGISTRY_WRITE = "registry:write"
    ACTIVITY = "activity"
    AUDIT_READ = "audit:read"
    EVENTS = "events"


EMPLOYEE = "employee"
"""The column of the table that everyone active has."""

_E, _B, _N = ScopeKind.ENTERPRISE, ScopeKind.BUSINESS_UNIT, ScopeKind.NETWORK
SCOPES: Mapping[Role, frozenset[ScopeKind]] = MappingProxyType(
    {
        Role.STRATEGIST: frozenset({_E}),
        Role.CONTENT_STRATEGIST: frozenset({_E}),
        Role.COMMUNITY_MANAGER: frozenset({_E, _B, _N}),
        Role.BU_LIAISON: frozenset({_B}),
        Role.CAMPAIGN_MANAGER: frozenset({_B}),
        Role.SOCIAL_ANALYST: frozenset({_E, _B}),
        Role.DEVELOPER: frozenset({_E}),
        Role.AUDITOR: frozenset({_E}),
        Role.ADMIN: frozenset({_E}),
    }
)

_OPEN_TO_ALL = frozenset(
    {
        P.ACCOUNT_READ,
        P.APPOINTMENT_READ,
        P.BUSINESS_UNIT_READ,
        P.CAMPAIGN_READ,
        P.COURSE_READ,
        P.EMPLOYEE_READ,
        P.FREEZE_READ,
        P.GOVERNANCE_READ,
        P.KPI_READ,
        P.NETWORK_READ,
        P.PERMISSION_READ,
        P.POLICY_READ,
        P.RESEARCH_READ,
        P.RETIREMENT_READ,
        P.STRATEGY_READ,
        P.TOOL_READ,
        P.VENDOR_READ,
    }
)  # fmt: skip
_ONES_OWN = frozenset(
    {
        P.ACCOUNT_DECOMMISSION,
        P.ACCOUNT_MANAGE,
        P.ACCOUNT_RECORD_ACTIVITY,
        P.ACCOUNT_UPDATE,
        P.APPROVAL_READ,
        P.ATTESTATION_CREATE,
        P.ATTESTATION_READ,
        P.CLEARANCE_READ,
        P.COMPLETION_READ,
        P.DECISION_EVALUATE,
        P.EMPLOYEE_READ_DETAILS,
        P.GRANT_PASSPORT,
        P.GRANT_READ,
        P.GRANT_RENEW,
        P.GRANT_REVOKE,
        P.ME_READ,
        P.ME_UPDATE,
        P.OBSERVATION_READ,
        P.RETIREMENT_ANSWER,
        P.REVIEW_READ,
        P.RIGHTS_REQUEST_CREATE,
        P.RIGHTS_REQUEST_READ,
        P.RIGHTS_REQUEST_UPDATE,
        P.TARGET_READ,
    }
)  # fmt: skip
_EVERYONE: dict[Permission, Reach] = {
    **dict.fromkeys(_OPEN_TO_ALL, ANY),
    **dict.fromkeys(_ONES_OWN, OWN),
    P.ACCOUNT_PROPOSE: ANY,  # the model in force says who may register, and refuses with reasons
    P.CLEARANCE_SUBMIT: ANY,  # likewise: who may submit a post depends on their rights and the model
    P.ACCOUNT_DECIDE: ELIGIBLE,
    P.REVIEW_DECIDE: ELIGIBLE,
    P.RIGHTS_REQUEST_DECIDE: ELIGIBLE,
}
_COE = {P.DECISION_EVALUATE: ANY, P.PASSPORT_READ_REVOCATIONS: ANY}
_INSIGHT = dict.fromkeys(
    (
        P.ATTESTATION_READ,
        P.BUDGET_READ,
        P.CLEARANCE_READ,
        P.COMPLETION_READ,
        P.DISCOVERY_READ,
        P.EMPLOYEE_READ_DETAILS,
        P.GRANT_READ,
        P.MATURITY_READ,
        P.OBSERVATION_READ,
        P.REPORT_READ,
        P.REVIEW_READ,
        P.RIGHTS_REQUEST_READ,
        P.TARGET_READ,
    ),
    ANY,
)
_AUDITED = (P.AUDIT_READ, P.DIRECTORY_READ_CHANGES, P.DIRECTORY_READ_ORPHANS, P.GROUP_READ, P.LEGAL_HOLD_READ)
_IN_SCOPE = dict.fromkeys(
    (
        P.ACCOUNT_MANAGE,
        P.ACCOUNT_RECORD_ACTIVITY,
        P.ACCOUNT_UPDATE,
        P.ATTESTATION_READ,
        P.CLEARANCE_READ,
        P.COMPLETION_READ,
        P.DIRECTORY_READ_ORPHANS,
        P.DISCOVERY_READ,
        P.EMPLOYEE_READ_DETAILS,
        P.FREEZE_LIFT,
        P.FREEZE_SET,
        P.GRANT_READ,
        P.GRANT_REVOKE,
        P.GRANT_SUSPEND,
        P.MATURITY_READ,
        P.OBSERVATION_READ,
        P.REPORT_READ,
        P.RIGHTS_REQUEST_READ,
        P.TARGET_READ,
    ),
    IN,
)  # fmt: skip

TABLE: Mapping[str, Mapping[Permission, Reach]] = MappingProxyType(
    {
        EMPLOYEE: _EVERYONE,
        Role.STRATEGIST: {
            **_COE,
            **_INSIGHT,
            **dict.fromkeys(
                (
                    P.ACCOUNT_DECOMMISSION,
                    P.ACCOUNT_MANAGE,
                    P.ACCOUNT_RECORD_ACTIVITY,
                    P.ACCOUNT_STOP,
                    P.ACCOUNT_UPDATE,
                    P.APPOINTMENT_CREATE,
                    P.APPOINTMENT_END,
                    P.AUDIT_READ,
                    P.BUDGET_RECORD,
                    P.BUDGET_WRITE,
                    P.BUSINESS_UNIT_WRITE,
                    P.CAMPAIGN_MANAGE,
                    P.CLEARANCE_DECIDE,
                    P.COMPLETION_WRITE,
                    P.COURSE_WRITE,
                    P.DIRECTORY_READ_CHANGES,
                    P.DIRECTORY_READ_ORPHANS,
                    P.DISCOVERY_RECORD,
                    P.DISCOVERY_RESOLVE,
                    P.FREEZE_LIFT,
                    P.FREEZE_SET,
                    P.GOVERNANCE_SWITCH,
                    P.GRANT_REVOKE,
                    P.GRANT_SUSPEND,
                    P.GROUP_MAP,
                    P.GROUP_READ,
                    P.KPI_WRITE,
                    P.LEGAL_HOLD_READ,
                    P.LEGAL_HOLD_SET,
                    P.MATURITY_DECLARE,
                    P.NETWORK_WRITE,
                    P.OBSERVATION_WRITE,
                    P.POLICY_DRAFT,
                    P.POLICY_PUBLISH,
                    P.RESEARCH_CITE,
                    P.RESEARCH_WRITE,
                    P.RETIREMENT_MANAGE,
                    P.REVIEW_CREATE,
                    P.REVIEW_MANAGE,
                    P.STRATEGY_APPROVE,
                    P.STRATEGY_DRAFT,
                    P.TARGET_WRITE,
                    P.TOOL_WRITE,
                    P.VENDOR_APPROVE,
                    P.VENDOR_WRITE,
                    P.WEBHOOK_MANAGE,
                ),
                ANY,
            ),
        },
        Role.CONTENT_STRATEGIST: {
            **_COE,
            **_INSIGHT,
            **dict.fromkeys(
                (
                    P.CLEARANCE_DECIDE,
                    P.COURSE_WRITE,
                    P.KPI_WRITE,
                    P.POLICY_DRAFT,
                    P.RESEARCH_CITE,
                    P.RESEARCH_WRITE,
                    P.STRATEGY_DRAFT,
                ),
                ANY,
            ),
        },
        Role.COMMUNITY_MANAGER: {
            **_COE,
            **_IN_SCOPE,
            **dict.fromkeys(
                (
                    P.ACCOUNT_DECOMMISSION,
                    P.ACCOUNT_STOP,
                    P.CAMPAIGN_MANAGE,
                    P.DISCOVERY_RESOLVE,
                    P.RETIREMENT_MANAGE,
                    P.REVIEW_CREATE,
                    P.REVIEW_MANAGE,
                    P.REVIEW_READ,
                    P.WEBHOOK_MANAGE,
                ),
                IN,
            ),
            P.DISCOVERY_RECORD: ANY,  # whatever anybody of the hub sees, wherever that is
            P.RESEARCH_CITE: ANY,  # only in what one may see
        },
        Role.BU_LIAISON: {
            **_COE,
            **_IN_SCOPE,
            **dict.fromkeys(
                (
                    P.BUDGET_READ,
                    P.BUDGET_RECORD,
                    P.CAMPAIGN_MANAGE,
                    P.MATURITY_DECLARE,
                    P.OBSERVATION_WRITE,
                    P.RIGHTS_REQUEST_CREATE,
                    P.STRATEGY_DRAFT,
                    P.TARGET_WRITE,
                    P.WEBHOOK_MANAGE,
                ),
                IN,
            ),
            P.RESEARCH_CITE: ANY,  # only in what one may see
        },
        Role.CAMPAIGN_MANAGER: {**_COE, P.CAMPAIGN_MANAGE: IN},
        Role.SOCIAL_ANALYST: {
            **_COE,
            **dict.fromkeys((P.ACCOUNT_RECORD_ACTIVITY, P.BUDGET_READ, P.BUDGET_RECORD, P.OBSERVATION_WRITE), IN),
            **dict.fromkeys(
                (P.DISCOVERY_READ, P.DISCOVERY_RECORD, P.MATURITY_READ, P.OBSERVATION_READ, P.REPORT_READ, P.TARGET_READ),
                ANY,
            ),
        },
        Role.DEVELOPER: {
            **_COE,
            **dict.fromkeys((P.NETWORK_WRITE, P.RESEARCH_CITE, P.TOOL_WRITE, P.VENDOR_WRITE, P.WEBHOOK_MANAGE), ANY),
        },
        Role.AUDITOR: {**_COE, **_INSIGHT, **dict.fromkeys(_AUDITED, ANY)},
        Role.ADMIN: dict.fromkeys(
            (
                P.BUSINESS_UNIT_WRITE,
                P.DIRECTORY_IMPORT,
                P.DIRECTORY_READ_CHANGES,
                P.EMPLOYEE_ERASE,
                P.EMPLOYEE_READ_DETAILS,
                P.LEGAL_HOLD_READ,
            ),
            ANY,
        ),
    }
)  # fmt: skip

CLIENT_TABLE: Mapping[ClientScope, frozenset[Permission]] = MappingProxyType(
    {
        ClientScope.DECISIONS: frozenset(
            {P.CLEARANCE_READ, P.CLEARANCE_REDEEM, P.DECISION_EVALUATE, P.PASSPORT_READ_REVOCATIONS}
        ),
        ClientScope.HR: frozenset({P.DIRECTORY_IMPORT, P.DIRECTORY_READ_CHANGES, P.DIRECTORY_SYNC}),
        ClientScope.LMS: frozenset({P.COMPLETION_READ, P.COMPLETION_WRITE, P.COURSE_READ}),
        ClientScope.REGISTRY_READ: _OPEN_TO_ALL - {P.EMPLOYEE_READ, P.APPOINTMENT_READ},
        ClientScope.ACTIVITY: frozenset({P.ACCOUNT_RECORD_ACTIVITY, P.KPI_READ, P.OBSERVATION_WRITE}),
        ClientScope.REGISTRY_WRITE: frozenset({P.ACCOUNT_UPDATE, P.DISCOVERY_RECORD}),
        ClientScope.AUDIT_READ: frozenset({P.AUDIT_READ}),
        ClientScope.EVENTS: frozenset({P.WEBHOOK_MANAGE}),
    }
)
DEPUTY_POWERS = frozenset({P.RIGHTS_REQUEST_READ})
