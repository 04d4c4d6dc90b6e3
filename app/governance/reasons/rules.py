"""Every reason for which something is refused, once: its stable code, and what would cure it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.accounts.rules import AccountState
from app.kernel.errors import Conflict, Invalid
from app.kernel.wire import format_instant


class ReasonCode(StrEnum):
    """Stable codes of an evaluation's and a request's refusal."""

    ABOVE_MODEL_CEILING = "above_model_ceiling"
    ACCOUNT_NOT_ACTIVE = "account_not_active"
    ACCOUNT_UNKNOWN = "account_unknown"
    APPROVAL_UNVERIFIABLE = "approval_unverifiable"
    ATTESTATION_MISSING = "attestation_missing"
    CLEARANCE_CONTENT_MISMATCH = "clearance_content_mismatch"
    CLEARANCE_MISSING = "clearance_missing"
    CLEARANCE_USED = "clearance_used"
    CUSTODIANS_MISSING = "custodians_missing"
    DECISION_STALE = "decision_stale"
    EMPLOYMENT_TYPE_EXCLUDED = "employment_type_excluded"
    FROZEN = "frozen"
    GRANT_EXPIRED = "grant_expired"
    GRANT_NOT_STARTED = "grant_not_started"
    GRANT_REVOKED = "grant_revoked"
    GRANT_SUSPENDED = "grant_suspended"
    NETWORK_NOT_ALLOWED = "network_not_allowed"
    NO_GRANT = "no_grant"
    NOT_FOR_OTHERS = "not_for_others"
    NOT_THE_PROPOSER = "not_the_proposer"
    OUTSIDE_POSTING_HOURS = "outside_posting_hours"
    PUBLISHERS_FULL = "publishers_full"
    RIGHT_UNKNOWN = "right_unknown"
    SUBJECT_INACTIVE = "subject_inactive"
    SUBJECT_UNKNOWN = "subject_unknown"
    TOOL_NOT_ALLOWED = "tool_not_allowed"
    TOOL_NOT_REGISTERED = "tool_not_registered"
    TOOL_NOT_THE_PLATFORM = "tool_not_the_platform"
    TRAINING_EXPIRED = "training_expired"
    TRAINING_MISSING = "training_missing"
    UNTIL_IN_THE_PAST = "until_in_the_past"
    UNTIL_TOO_LATE = "until_too_late"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about it, in a sentence; ``call``: the request that cures it, where one does; ``until``: when it is over."""

    message: str
    call: str | None = None
    until: datetime | None = None


C = ReasonCode
_ASK, _CLEAR = "POST /v1/rights-requests", "POST /v1/clearances"
REMEDIES: Mapping[ReasonCode, Remedy] = MappingProxyType(
    {
        C.ABOVE_MODEL_CEILING: Remedy("Ask for a right within the model's ceiling, or ask a strategist."),
        C.ACCOUNT_NOT_ACTIVE: Remedy("Ask the account's steward or the hub to activate or resume it."),
        C.ATTESTATION_MISSING: Remedy(
            "Read the version and accept it.", "POST /v1/policies/{id}/versions/{n}/attestations"
        ),
        C.CUSTODIANS_MISSING: Remedy("Name a steward and a backup steward.", "POST /v1/accounts"),
        C.ACCOUNT_UNKNOWN: Remedy("Register the account first.", "POST /v1/accounts"),
        C.APPROVAL_UNVERIFIABLE: Remedy("Ask without the approval, or with the one that was given for this."),
        C.CLEARANCE_CONTENT_MISMATCH: Remedy("Post what was cleared, or submit what has changed.", _CLEAR),
        C.CLEARANCE_MISSING: Remedy("Submit the post's exact content, and post it once it is cleared.", _CLEAR),
        C.CLEARANCE_USED: Remedy("Submit the content again: a clearance is good for one post.", _CLEAR),
        C.DECISION_STALE: Remedy("Ask again in a moment; if it stays so, tell whoever runs this service."),
        C.EMPLOYMENT_TYPE_EXCLUDED: Remedy("Ask someone whose employment the policy allows, or a strategist."),
        C.FROZEN: Remedy("Wait, or ask whoever may lift the freeze.", "POST /v1/freezes/{id}/lift"),
        C.GRANT_EXPIRED: Remedy("Ask for it again.", _ASK),
        C.GRANT_NOT_STARTED: Remedy("Wait until it begins."),
        C.GRANT_REVOKED: Remedy("Ask for it again, once the reason for revoking it is gone.", _ASK),
        C.GRANT_SUSPENDED: Remedy("Ask whoever suspended it to resume it.", "POST /v1/grants/{id}/resume"),
        C.NETWORK_NOT_ALLOWED: Remedy("Use a network that the policy allows, or ask a strategist."),
        C.NO_GRANT: Remedy("Ask for the right.", _ASK),
        C.NOT_FOR_OTHERS: Remedy("Let the person ask for themselves.", _ASK),
        C.NOT_THE_PROPOSER: Remedy("Ask one of those who may register accounts here.", "GET /v1/appointments"),
        C.OUTSIDE_POSTING_HOURS: Remedy("Wait until posting hours begin."),
        C.PUBLISHERS_FULL: Remedy(
            "End a right on the account that is no longer needed.", "POST /v1/grants/{id}/revoke"
        ),
        C.RIGHT_UNKNOWN: Remedy("Use one of draft, publish, engage, analyze, administer."),
        C.SUBJECT_INACTIVE: Remedy("Only HR can make a person active again."),
        C.SUBJECT_UNKNOWN: Remedy("Use our id, HR's employee id, the work e-mail or the user name of one person."),
        C.TOOL_NOT_ALLOWED: Remedy(
            "Use a tool that is registered for this unit, or for all.", "GET /v1/publishing-tools"
        ),
        C.TOOL_NOT_REGISTERED: Remedy("Have the tool registered.", "POST /v1/publishing-tools"),
        C.TOOL_NOT_THE_PLATFORM: Remedy("Post through the one platform.", "GET /v1/governance"),
        C.TRAINING_EXPIRED: Remedy("Take the course again; whoever runs it reports that.", "POST /v1/completions"),
        C.TRAINING_MISSING: Remedy("Take the course; whoever runs it reports that.", "POST /v1/completions"),
        C.UNTIL_IN_THE_PAST: Remedy("Ask with a later `until`, or with none."),
        C.UNTIL_TOO_LATE: Remedy("Ask with an earlier `until`, or with none."),
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a sentence a person understands, and the policy version behind it (``key@n``), if one is.

    ``call``: the very request that cures it here, instead of the kind's; ``until``: when it ends by itself, if it does.
    """

    code: ReasonCode
    message: str
    policy: str | None = None
    call: str | None = None
    until: datetime | None = None

    @property
    def remedy(self) -> Remedy:
        """What to do about it: as for every reason of this kind, with the very call where that is known."""
        known = REMEDIES[self.code]
        return Remedy(known.message, self.call or known.call, self.until)


_CURED_BY = {AccountState.SUSPENDED: "resume", AccountState.APPROVED: "activate"}


def not_active(account_id: UUID, state: AccountState) -> tuple[Reason, ...]:
    """The reason why nothing is posted on an account in this state, if it is not active."""
    if state is AccountState.ACTIVE:
        return ()
    cure = _CURED_BY.get(state)
    call = f"POST /v1/accounts/{account_id}/{cure}" if cure else None
    return (Reason(C.ACCOUNT_NOT_ACTIVE, f"The account is {state.replace('_', ' ')}, not active.", call=call),)


_MISSING = frozenset({C.GRANT_EXPIRED, C.GRANT_REVOKED, C.NO_GRANT})
_REFUSES_REQUESTS = frozenset({C.ABOVE_MODEL_CEILING, C.EMPLOYMENT_TYPE_EXCLUDED, C.SUBJECT_INACTIVE})


def curable(reasons: Iterable[Reason]) -> Reason | None:
    """Of the reasons of a refusal the one that a rights request cures; None where none does, or where another stands
    beside it for which the request would be refused at once.

    What only stands in the way for now (training, a freeze, the hour) refuses no request.
    """
    found = list(reasons)
    if any(_refuses_requests(one) for one in found):
        return None
    return next((one for one in found if one.code in _MISSING), None)


def _refuses_requests(one: Reason) -> bool:
    # An account that some call makes active is one that rights may be asked for already.
    return one.code in _REFUSES_REQUESTS or (one.code is C.ACCOUNT_NOT_ACTIVE and one.call is None)


class RequestRefused(Invalid):
    """What was asked cannot be asked here; every reason is named, each with its remedy."""

    code = "request_refused"
    title = "The request is refused"


class NoLongerAllowed(Conflict):
    """What was asked was allowed then and is not now; it can only be denied, changed or withdrawn."""

    code = "no_longer_allowed"


def as_members(reasons: tuple[Reason, ...]) -> list[dict[str, object]]:
    """Reasons as plain members of a document."""
    return [
        {
            "code": one.code.value,
            "message": one.message,
            "remedy": {
                "message": one.remedy.message,
                "call": one.remedy.call,
                "until": format_instant(one.remedy.until) if one.remedy.until else None,
            },
            **({"policy": one.policy} if one.policy else {}),
        }
        for one in reasons
    ]


def refuse(kind: type[RequestRefused] | type[NoLongerAllowed], reasons: tuple[Reason, ...]) -> None:
    """Raise if there is any reason to."""
    if reasons:
        raise kind(" ".join(one.message for one in reasons), members={"reasons": as_members(reasons)})
