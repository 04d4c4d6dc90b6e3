"""What a grant is, when it is in force, and who may end or pause it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from app.governance.models.rules import Authority, Model, ModelKey, Right
from app.governance.steps.rules import working_days_after
from app.kernel.errors import Conflict, Forbidden
from app.kernel.wire import format_instant
from app.policies.rules import Limits


class GrantState(StrEnum):
    """Where a grant stands at the instant of asking; ``expired``, ``revoked`` and ``superseded`` are ends, for good."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


class End(StrEnum):
    """How a grant ended; 'expired' is never written where it was revoked."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


class GrantEnded(Conflict):
    """An ended grant stays ended; ask again."""

    code = "grant_ended"


class GrantSuspended(Conflict):
    """A suspended grant is neither superseded nor renewed; it is resumed or revoked first."""

    code = "grant_suspended"


class NotSuspended(Conflict):
    """Only a suspended grant is resumed."""

    code = "grant_not_suspended"


class GrantExists(Conflict):
    """There is an open grant of this right already: racing approvals end here."""

    code = "grant_exists"


class NotTheAuthority(Forbidden):
    """The model in force gives this to somebody else."""

    code = "not_the_authority"


@dataclass(frozen=True, slots=True)
class Approver:
    """One link of the chain behind a grant."""

    step: str
    decided_by: UUID
    on_behalf_of: UUID | None
    at: datetime

    def as_data(self) -> dict[str, str | None]:
        """As JSON holds it."""
        return {
            "step": str(self.step),
            "decided_by": str(self.decided_by),
            "on_behalf_of": str(self.on_behalf_of) if self.on_behalf_of else None,
            "at": format_instant(self.at),
        }


@dataclass(frozen=True, slots=True)
class Tenure:
    """What of a grant decides whether it holds at an instant; all that a decision needs of it.

    ``review_due_at``: its holder has moved to another unit; unless somebody keeps it by then, it pauses.
    ``review_ends_at``: when the first review of it ends that nobody has answered yet; unless somebody keeps it before, it
    is paused from that very instant, and then revoked.
    """

    id: UUID
    right: Right
    valid_from: datetime
    valid_until: datetime
    suspended_since: datetime | None
    review_due_at: datetime | None
    review_ends_at: datetime | None
    ended_at: datetime | None
    end: End | None
    created_at: datetime

    @property
    def pauses_at(self) -> datetime | None:
        """The earliest pause that was written down ahead: a mover's, or that of a review; neither hides the other."""
        due, ends = self.review_due_at, self.review_ends_at
        return ends if due is None else due if ends is None else min(due, ends)

    def state_at(self, at: datetime) -> GrantState:
        """The state now; the very instant of ``valid_until`` is expired.

        A recorded end or suspension counts whatever ``at`` is: a clock that is behind must not bring a right back.
        """
        if self.end is not None:
            return GrantState(self.end.value)
        if at >= self.valid_until:
            return GrantState.EXPIRED
        if self.suspended_since is not None or ((pauses := self.pauses_at) is not None and at >= pauses):
            return GrantState.SUSPENDED
        return GrantState.SCHEDULED if at < self.valid_from else GrantState.ACTIVE


@dataclass(frozen=True, slots=True)
class Grant(Tenure):
    """One right of one person on one account, and the decision behind it.

    ``paused_by``: who had it suspended when it ended (or has it suspended now). ``suspension_id``: of the pause that it is
    in, or that was written down ahead.
    """

    employee_id: UUID
    account_id: UUID
    request_id: UUID
    model: ModelKey
    policy_versions: tuple[str, ...]
    approvers: tuple[Approver, ...]
    suspended_by: UUID | None
    paused_by: UUID | None
    end_reason: str | None
    ended_by: UUID | None
    updated_at: datetime
    version: int
    suspension_id: UUID | None = None

    def silenced(self, at: datetime) -> bool:
        """Has a review of it ended in which nobody kept it?"""
        return self.review_ends_at is not None and at >= self.review_ends_at

    def state_as_of(self, at: datetime) -> GrantState:
        """The state as it was at an instant of the past; ``suspended_since`` must be of the pause of that instant."""
        later_end = self.ended_at is not None and self.ended_at > at
        return replace(self, ended_at=None, end=None).state_at(at) if later_end else self.state_at(at)

    @property
    def taken_by_another(self) -> bool:
        """Did somebody else take the right away: revoke it, or have it suspended when its time or its holder ended it?"""
        if self.end is End.REVOKED and self.ended_by != self.employee_id:
            return True
        return self.paused_by is not None and self.paused_by != self.employee_id

    def unanswered(self, at: datetime) -> bool:
        """Is a review of it under way, or did one end in silence while it lasted? Then no machine grants it anew."""
        if self.review_ends_at is None:
            return False
        lasted = min(self.ended_at or self.valid_until, self.valid_until)
        return at < self.review_ends_at or lasted >= self.review_ends_at


def most_days(model: Model, limits: Limits) -> int:
    """The most days a grant may last here; an advisory model's policies do not bind."""
    cap = None if model.advisory else limits["max_grant_days"]
    return model.most_days if cap is None else min(model.most_days, cap)


def valid_until(
    model: Model, limits: Limits, wanted: datetime | None, appointment_ends: datetime | None, now: datetime
) -> datetime:
    """When a grant made now ends: as wanted, else the lesser of the model's default and the most allowed."""
    most = now + timedelta(days=most_days(model, limits))
    if wanted is not None:
        return wanted
    if model.until_appointment_ends and appointment_ends is not None:
        return min(appointment_ends, most)
    return min(now + timedelta(days=model.default_days), most)


def check_authority(
    model: Model, *, liaison: bool, hub: bool, strategist: bool, granted_at: datetime, now: datetime, zone: ZoneInfo
) -> None:
    """May this person revoke, suspend or resume here? Raises ``NotTheAuthority``."""
    if (
        strategist
        or (liaison and Authority.LIAISON in model.authorities)
        or (hub and Authority.HUB in model.authorities)
    ):
        return
    if hub and Authority.HUB_IN_VETO_WINDOW in model.authorities:
        if now < working_days_after(granted_at, model.veto_working_days, zone):
            return
        raise NotTheAuthority(
            f"The hub's {model.veto_working_days} working days to veto are over; ask a liaison of the unit."
        )
    raise NotTheAuthority(f"Under {model.key} this belongs to {_who(model)}.")


def _who(model: Model) -> str:
    names = {Authority.LIAISON: "a liaison of the account's unit", Authority.HUB: "the hub"}
    return " or ".join([names[one] for one in sorted(model.authorities) if one in names] or ["a strategist"])


def publishers(grants: Iterable[Grant], at: datetime) -> int:
    """How many people hold ``publish`` now, suspended or not."""
    held = {GrantState.ACTIVE, GrantState.SUSPENDED, GrantState.SCHEDULED}
    return len({one.employee_id for one in grants if one.right is Right.PUBLISH and one.state_at(at) in held})
