"""What a clearance is, who may ask for one, and what the clearances of an account say of a post."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.accounts.rules import OPEN_FOR_RIGHTS, Account
from app.governance.grants.rules import Grant, GrantState
from app.governance.models.rules import COVERS, ModelKey, Right
from app.governance.reasons.rules import Reason, ReasonCode
from app.governance.steps.rules import SelfApproval
from app.kernel.errors import Conflict, Invalid

USUAL = timedelta(days=7)
"""How long a clearance is good for where nobody says."""
LONGEST = timedelta(days=30)
ASKS_THE_CENTRE = frozenset({ModelKey.CENTRALIZED})
"""Models under which the people of a unit, who hold no right to publish, ask the centre to post by a clearance."""


class ClearanceState(StrEnum):
    """Where a clearance stands at the instant of asking; ``submitted`` waits for a decision, ``cleared`` for its post.

    ``expired`` is never written down: it is what an open one is from its ``not_after`` on.
    """

    SUBMITTED = "submitted"
    CLEARED = "cleared"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    REDEEMED = "redeemed"
    EXPIRED = "expired"


S = ClearanceState
OPEN = frozenset({S.SUBMITTED, S.CLEARED})
"""States in which something may still become of it."""


class ClearanceExists(Conflict):
    """This very content was submitted for this account already, and may still be used."""

    code = "clearance_exists"


class ClearanceNotPending(Conflict):
    """It was decided, taken back, or its time is over: it takes no decision any more."""

    code = "clearance_not_pending"


class ClearanceEnded(Conflict):
    """It was denied, withdrawn or redeemed, or its time is over: there is nothing left to take back."""

    code = "clearance_ended"


class ClearanceUsed(Conflict):
    """A clearance is good for one post; the same content again needs another."""

    code = "clearance_used"


class ClearanceNotCleared(Conflict):
    """It was taken back a moment ago: nothing is posted with it any more."""

    code = "clearance_not_cleared"


class ContentMismatch(Conflict):
    """What is to be posted is not what was cleared."""

    code = "clearance_content_mismatch"


@dataclass(frozen=True, slots=True)
class Vetted:
    """What of a clearance decides whether a post of its content may go out.

    ``content_sha256``: over text and media, in lower-case hex.
    """

    id: UUID
    content_sha256: str
    not_after: datetime
    state: ClearanceState

    def state_at(self, at: datetime) -> ClearanceState:
        """The state now; the very instant of ``not_after`` is expired."""
        return S.EXPIRED if self.state in OPEN and at >= self.not_after else self.state


@dataclass(frozen=True, slots=True)
class Clearance(Vetted):
    """One post's exact content, cleared or to be cleared for one account, once.

    ``redeemed_by``: the service client that posted it.
    """

    account_id: UUID
    employee_id: UUID
    note: str | None
    decided_by: UUID | None
    decided_at: datetime | None
    comment: str | None
    redeemed_by: UUID | None
    redeemed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Submission:
    """All that the answer to a submission depends on. ``grants``: every grant of this person on this account."""

    employed: bool
    coe_member: bool
    of_the_unit: bool
    account: Account
    model: ModelKey
    grants: tuple[Grant, ...]


def judge(asked: Submission, at: datetime) -> tuple[Reason, ...]:
    """Every reason against a submission; none: it may be made."""
    found = []
    if not asked.employed:
        found.append(Reason(ReasonCode.SUBJECT_INACTIVE, "You are not an active employee."))
    if asked.account.state not in OPEN_FOR_RIGHTS:
        message = f"The account is {asked.account.state.replace('_', ' ')}; nothing is posted there."
        found.append(Reason(ReasonCode.ACCOUNT_NOT_ACTIVE, message))
    if not (asked.coe_member or (asked.of_the_unit and asked.model in ASKS_THE_CENTRE)):
        found += _grant(asked, at)
    return tuple(found)


_WITHOUT: Mapping[GrantState, tuple[ReasonCode, str]] = MappingProxyType(
    {
        GrantState.EXPIRED: (ReasonCode.GRANT_EXPIRED, "has expired"),
        GrantState.SUPERSEDED: (ReasonCode.GRANT_EXPIRED, "was replaced by a newer one"),
        GrantState.REVOKED: (ReasonCode.GRANT_REVOKED, "was revoked"),
        GrantState.SUSPENDED: (ReasonCode.GRANT_SUSPENDED, "is suspended"),
        GrantState.SCHEDULED: (ReasonCode.GRANT_NOT_STARTED, "has not begun"),
    }
)


def _grant(asked: Submission, at: datetime) -> list[Reason]:
    """Without a right in force that covers drafting, the latest one names the one reason, as in an evaluation."""
    covering = [one for one in asked.grants if one.right in COVERS[Right.DRAFT]]
    if any(one.state_at(at) is GrantState.ACTIVE for one in covering):
        return []
    if not covering:
        return [Reason(ReasonCode.NO_GRANT, "You never held the right to draft on this account.")]
    # What took a superseded one's place speaks for it.
    latest = max(covering, key=lambda one: (one.state_at(at) is not GrantState.SUPERSEDED, one.created_at, one.id))
    code, what = _WITHOUT[latest.state_at(at)]
    return [Reason(code, f"Your right to {latest.right} on this account {what}.")]


def ends(wanted: datetime | None, at: datetime) -> datetime:
    """Until when a clearance submitted now is good. Raises ``Invalid``: what is too late is never clipped."""
    if wanted is None:
        return at + USUAL
    if wanted <= at:
        raise Invalid.field("/not_after", "in_the_past", "The clearance would have ended before it began.")
    if wanted > at + LONGEST:
        message = f"The most allowed is {LONGEST.days} days, until {at + LONGEST:%Y-%m-%dT%H:%M:%SZ}."
        raise Invalid.field("/not_after", "too_late", message)
    return wanted


def check_decision(one: Clearance, decider: UUID, at: datetime) -> None:
    """May this person decide it now? Raises ``ClearanceNotPending``, ``SelfApproval``, in this order."""
    if one.state_at(at) is not S.SUBMITTED:
        raise ClearanceNotPending(f"The clearance is {one.state_at(at)}; it takes no decision.")
    if one.employee_id == decider:
        raise SelfApproval("Nobody clears a post that they submitted.")


def check_withdrawal(one: Clearance, at: datetime) -> None:
    """Only what is open can be taken back. Raises ``ClearanceEnded``."""
    if one.state_at(at) not in OPEN:
        raise ClearanceEnded(f"The clearance is {one.state_at(at)}.")


def check_redemption(one: Clearance, content_sha256: str, at: datetime) -> None:
    """May a post of this content use it now?

    Raises ``ClearanceUsed``, ``ClearanceNotCleared``, ``ContentMismatch``, in this order.
    """
    state = one.state_at(at)
    if state is S.REDEEMED:
        raise ClearanceUsed("The clearance was used already; it is good for one post.")
    if state is not S.CLEARED:
        raise ClearanceNotCleared(f"The clearance is {state}, not cleared.")
    if one.content_sha256 != content_sha256:
        raise ContentMismatch("Another content was cleared than the one to be posted; submit what has changed.")


def check(of_account: Iterable[Vetted], content_sha256: str | None, at: datetime) -> ReasonCode | None:
    """Why a post of this content needs a clearance that it has not; None: it is cleared.

    ``of_account``: clearances of the account; at least all that matter of this content, and a cleared one of another if
    there is any.
    """
    known = list(of_account)
    same = [one for one in known if one.content_sha256 == content_sha256]
    if any(one.state_at(at) is S.CLEARED for one in same):
        return None
    if any(one.state is S.REDEEMED for one in same):
        return ReasonCode.CLEARANCE_USED
    others = any(one.state_at(at) is S.CLEARED for one in known)
    # One that waits, was denied or has lapsed is not another content's: then it is still missing.
    return (
        ReasonCode.CLEARANCE_CONTENT_MISMATCH
        if content_sha256 and others and not same
        else ReasonCode.CLEARANCE_MISSING
    )
