"""Submitting a post's exact content, clearing it, taking it back, and using the clearance once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.audit import service as audit
from app.directory import store as directory
from app.governance.freezes import store as freezes
from app.governance.freezes.rules import in_the_way
from app.governance.grants import store as grants
from app.governance.models import service as models
from app.governance.reasons.rules import Reason, RequestRefused, not_active, refuse
from app.governance.routing import service as routing
from app.governance.steps.rules import Verdict
from app.kernel.actor import ActorKind, Permission
from app.kernel.errors import Forbidden, NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.roles import service as roles
from app.roles.rules import coe_member, powers

from . import rules, store
from .rules import Clearance, ClearanceState


@dataclass(frozen=True, slots=True)
class Content:
    """What somebody wants to have cleared: for which account, which content, until when, and what there is to know."""

    account_id: UUID
    content_sha256: str
    not_after: datetime | None = None
    note: str | None = None


def submit(work: Work, asked: Content) -> Clearance:
    """Ask for a clearance. Raises ``RequestRefused`` with every reason, ``ClearanceExists``, ``Invalid``, ``NotFound``.

    The account is held, so that of two submissions of one content the second finds the first.
    """
    routing.hold_rules(work)
    directory.lock_employees(work.session, {work.me}, shared=True)
    account = accounts.lock_account(work.session, asked.account_id)
    refuse(RequestRefused, rules.judge(_submission(work, account), work.now))
    ends = rules.ends(asked.not_after, work.now)
    _check_new(work, asked)
    values = {
        "account_id": account.id, "employee_id": work.me, "content_sha256": asked.content_sha256, "not_after": ends,
        "note": asked.note,
    }  # fmt: skip
    made = store.add(work.session, work.now, values)
    audit.record(work, "clearance.submitted", ("clearance", made.id), after=told(made))
    return work.show(made)


def _submission(work: Work, account: Account) -> rules.Submission:
    person = directory.employee(work.session, work.me)
    home = directory.unit(work.session, person.business_unit_id)
    return rules.Submission(
        employed=person.employed(work.now),
        coe_member=coe_member(roles.held(work, person.id)),
        of_the_unit=account.business_unit_id in home.path,
        account=account,
        model=models.setting(work, account.path).model,
        grants=tuple(grants.of_pair(work.session, person.id, account.id)),
    )


def _check_new(work: Work, asked: Content) -> None:
    for one in store.of_content(work.session, asked.account_id, asked.content_sha256):
        if one.state_at(work.now) in rules.OPEN:
            raise rules.ClearanceExists(f"The clearance {one.id} is of this content and is {one.state}.")


def clearance(work: Work, id_: UUID) -> Clearance:
    """One clearance that the actor may see."""
    return work.show(_seen(work, id_))


def _seen(work: Work, id_: UUID) -> Clearance:
    found = store.clearance(work.session, id_)
    if not _visible(work, found):
        raise NotFound(f"There is no clearance {id_}.")
    return found


def _visible(work: Work, found: Clearance) -> bool:
    if work.actor.kind is ActorKind.CLIENT:
        return found.state_at(work.now) is ClearanceState.CLEARED or found.redeemed_by == work.actor.id
    place = accounts.account(work.session, found.account_id).place
    return work.actor.may(Permission.CLEARANCE_READ, place, own=found.employee_id == work.actor.employee_id)


def clearances(work: Work, page: Page, filters: Mapping[str, Any]) -> list[Clearance]:
    """A page of the clearances that the actor may see."""
    scopes = work.actor.scopes(Permission.CLEARANCE_READ)
    seen = None
    if work.actor.kind is ActorKind.CLIENT:
        seen = store.usable_by(work.actor.id, work.now)
    elif scopes is not None:
        seen = store.seen_by(work.actor.employee_id, accounts.ids_in(scopes))
    return store.page(work.session, page, work.now, filters, seen)


def waiting(work: Work, page: Page) -> list[Clearance]:
    """A page of what the acting employee may decide now."""
    return store.waiting(work.session, work.now, work.me, page) if work.actor.may(Permission.CLEARANCE_DECIDE) else []


def decide(work: Work, id_: UUID, verdict: Verdict, comment: str | None) -> Clearance:
    """Clear a post or deny it. Raises ``NotFound``, ``Forbidden``, ``ClearanceNotPending``, ``SelfApproval``."""
    found = _held(work, id_)
    _check_decides(work)
    rules.check_decision(found, work.me, work.now)
    cleared = verdict is Verdict.APPROVE
    state = ClearanceState.CLEARED if cleared else ClearanceState.DENIED
    changes = {"state": state, "decided_by": work.me, "decided_at": work.now, "comment": comment}
    after = store.save(work.session, found.id, work.now, changes)
    audit.record(
        work, "clearance.cleared" if cleared else "clearance.denied", ("clearance", found.id), before={"state": found.state},
        after={"state": after.state, "content_sha256": after.content_sha256}, reason=comment,
    )  # fmt: skip
    return work.show(after)


def _check_decides(work: Work) -> None:
    """Whoever passed the door and lost the role before this transaction held them decides no more."""
    if Permission.CLEARANCE_DECIDE not in powers(roles.held(work, work.me)):
        raise Forbidden("Your role has ended.")


def withdraw(work: Work, id_: UUID) -> Clearance:
    """Take one's clearance back, cleared or not. Raises ``NotFound``, ``Forbidden``, ``ClearanceEnded``."""
    found = _held(work, id_)
    if found.employee_id != work.me:
        raise Forbidden("Only whoever submitted a post takes its clearance back.")
    rules.check_withdrawal(found, work.now)
    return work.show(_withdraw(work, found, None))


def _held(work: Work, id_: UUID) -> Clearance:
    """A clearance that the actor sees, held until the transaction ends; people before it, as in every transaction."""
    seen = _seen(work, id_)
    directory.lock_employees(work.session, {seen.employee_id, work.me}, shared=True)
    found = store.clearance(work.session, id_, lock=True)
    work.match(found)
    return found


def _withdraw(work: Work, found: Clearance, reason: str | None) -> Clearance:
    after = store.save(work.session, found.id, work.now, {"state": ClearanceState.WITHDRAWN})
    audit.record(
        work, "clearance.withdrawn", ("clearance", found.id), before={"state": found.state}, after={"state": after.state},
        reason=reason,
    )  # fmt: skip
    return after


def redeem(work: Work, id_: UUID, content_sha256: str) -> Clearance:
    """Use a clearance for the post that is made now. Its row is held: of two tools that race, one posts.

    Raises ``NotFound``, ``ClearanceUsed``, ``ClearanceNotCleared``, ``ContentMismatch``, ``RequestRefused`` with every
    reason for which nothing is posted there now; the clearance is as good afterwards as it was before.
    """
    _seen(work, id_)
    found = store.clearance(work.session, id_, lock=True)
    work.match(found)
    rules.check_redemption(found, content_sha256, work.now)
    refuse(RequestRefused, _stopped(work, found))
    changes = {"state": ClearanceState.REDEEMED, "redeemed_by": work.actor.id, "redeemed_at": work.now}
    after = store.save(work.session, found.id, work.now, changes)
    audit.record(
        work, "clearance.redeemed", ("clearance", found.id), before={"state": found.state},
        after={"state": after.state, "account_id": after.account_id, "content_sha256": after.content_sha256},
    )  # fmt: skip
    return work.show(after)


def _stopped(work: Work, found: Clearance) -> tuple[Reason, ...]:
    """Why nothing is posted on the account now. A freeze that exempts whoever submitted the post lets it out."""
    account = accounts.account(work.session, found.account_id)
    open_now = freezes.open_freezes(work.session)
    frozen = in_the_way(open_now, found.employee_id, account.id, account.place, work.now)
    return (*not_active(account.id, account.state), *frozen)


def leave(work: Work, employee_id: UUID) -> None:
    """Someone has left: what they had cleared, or asked to have cleared, is posted no more."""
    for one in store.open_of_employee(work.session, employee_id, work.now):
        _withdraw(work, one, "the submitter has left")


def told(one: Clearance) -> dict[str, Any]:
    """A clearance as the audit log tells it; the note is its author's own words."""
    names = ("account_id", "employee_id", "content_sha256", "not_after", "state")
    return {**{name: getattr(one, name) for name in names}, **({"note": Personal(one.note)} if one.note else {})}
