"""Issuing, revoking, suspending and resuming grants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.audit import service as audit
from app.directory import store as directory
from app.governance.models import service as models
from app.governance.models.rules import Model, Right
from app.kernel.actor import Permission, Place
from app.kernel.errors import NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.policies import service as policies
from app.policies.rules import Limits
from app.roles import service as roles
from app.roles.rules import Role

from . import rules, store
from .rules import End, Grant, GrantState


@dataclass(frozen=True, slots=True)
class Award:
    """What is to be granted, and the decision behind it. ``starts_at``: no right begins before, if it is still ahead."""

    employee_id: UUID
    account: Account
    rights: Sequence[Right]
    request_id: UUID
    until: datetime
    model: Model
    limits: Limits
    approvers: Sequence[rules.Approver]
    starts_at: datetime | None = None


def issue(work: Work, award: Award) -> list[Grant]:
    """Grant every right of an award. Raises ``GrantExists``, ``GrantSuspended``.

    The caller holds the account since before the award was judged, so that two grants cannot both be the last that policy
    allows.
    """
    return [_issue(work, award, right) for right in award.rights]


def _issue(work: Work, award: Award, right: Right) -> Grant:
    begins = max(work.now, award.starts_at or work.now)
    for one in store.of_pair(work.session, award.employee_id, award.account.id):
        if one.right is right and one.ended_at is None:
            begins = min(begins, _make_way(work, one) or begins)
    values = {
        "employee_id": award.employee_id, "account_id": award.account.id, "right": right, "request_id": award.request_id,
        "valid_from": begins, "valid_until": award.until, "model": award.model.key,
        "policy_versions": list(award.limits.versions),
    }  # fmt: skip
    grant = store.add(work.session, work.now, values, award.approvers)
    audit.record(work, "grant.issued", ("grant", grant.id), after=told(grant, work.now))
    return grant


def _make_way(work: Work, old: Grant) -> datetime | None:
    """End the open predecessor: as expired where it has lapsed, else superseded; a suspended one stays.

    Answers from when on it would have held, so that what takes its place leaves no gap; None for one that has lapsed.
    """
    old = store.lock_grant(work.session, old.id)
    state = old.state_at(work.now)
    if state is GrantState.SUSPENDED:
        raise rules.GrantSuspended(
            "The right is held and suspended; it is resumed or revoked before it is granted anew."
        )
    if state is GrantState.EXPIRED:
        _expire(work, old)
        return None
    ended = store.end(work.session, old.id, work.now, End.SUPERSEDED, work.actor.employee_id, "granted anew")
    audit.record(work, "grant.superseded", ("grant", old.id), before=told(old, work.now), after=told(ended, work.now))
    return max(work.now, old.valid_from)


def _expire(work: Work, old: Grant) -> Grant:
    """Write down that a grant lapsed, when it lapsed."""
    ended = store.end(work.session, old.id, work.now, End.EXPIRED, None, "its time was over", old.valid_until)
    audit.record(work, "grant.expired", ("grant", old.id), before=told(old, work.now), after=told(ended, work.now))
    return ended


def expire(work: Work, limit: int = 500) -> int:
    """Write down which grants have lapsed, each once; answers how many there were.

    Nothing depends on it: from ``valid_until`` on they permit nothing. One that somebody holds is left for the next time.
    """
    found = store.lock_lapsed(work.session, work.now, limit)
    for one in found:
        _expire(work, one)
    return len(found)


def grant(work: Work, id_: UUID) -> Grant:
    """One grant that the actor may see."""
    found = store.grant(work.session, id_)
    account = accounts.account(work.session, found.account_id)
    if not _visible(work, found, account):
        raise NotFound(f"There is no grant {id_}.")
    return work.show(found)


def _visible(work: Work, found: Grant, account: Account) -> bool:
    holder = directory.employee(work.session, found.employee_id)
    theirs = directory.unit(work.session, holder.business_unit_id).place
    own = found.employee_id == work.actor.employee_id
    return any(work.actor.may(Permission.GRANT_READ, place, own=own) for place in (account.place, theirs))


def grants(work: Work, page: Page, as_of: datetime | None, filters: Mapping[str, Any]) -> list[Grant]:
    """A page of the grants that the actor may see; ``as_of``: those in force at that instant, with their state then."""
    scopes = work.actor.scopes(Permission.GRANT_READ)
    seen = None
    if scopes is not None:
        seen = store.seen_by(work.actor.employee_id, accounts.ids_in(scopes), directory.employee_ids_in(scopes))
    return store.page(work.session, page, work.now, as_of, filters, seen)


def mine(work: Work) -> list[Grant]:
    """The actor's own grants that have not ended."""
    page = Page(limit=200, sort="-id")
    running = store.page(work.session, page, work.now, work.now, {"employee_id": work.me})
    return running[: page.limit]


def revoke(work: Work, id_: UUID, reason: str) -> Grant:
    """End a grant for good; a second time changes nothing. Raises ``NotFound``, ``Forbidden``, ``NotTheAuthority``."""
    found = _held(work, id_, Permission.GRANT_REVOKE)
    if found.ended_at is not None and found.end is End.REVOKED:
        return work.show(found)
    _check_living(work, found)
    return work.show(close(work, found, reason))


def close(work: Work, found: Grant, reason: str) -> Grant:
    """Revoke a grant whatever it is: a leaver's rights end, whoever had given them. One that lapsed before has expired."""
    if found.state_at(work.now) is GrantState.EXPIRED:
        return _expire(work, found)
    ended = store.end(work.session, found.id, work.now, End.REVOKED, work.actor.employee_id, reason)
    audit.record(
        work,
        "grant.revoked",
        ("grant", found.id),
        before=told(found, work.now),
        after=told(ended, work.now),
        reason=reason,
    )
    return ended


def suspend(work: Work, id_: UUID, reason: str) -> Grant:
    """Pause a grant. Raises ``GrantEnded``, ``GrantSuspended``, ``Forbidden``, ``NotTheAuthority``."""
    found = _held(work, id_, Permission.GRANT_SUSPEND)
    _check_living(work, found)
    if found.state_at(work.now) is GrantState.SUSPENDED:
        raise rules.GrantSuspended("The grant is suspended already.")
    paused = store.suspend(work.session, found.id, work.now, work.actor.employee_id, reason)
    audit.record(
        work,
        "grant.suspended",
        ("grant", found.id),
        before=told(found, work.now),
        after=told(paused, work.now),
        reason=reason,
    )
    return work.show(paused)


def review_mover(work: Work, employee_id: UUID, unit_id: UUID) -> list[Grant]:
    """Someone has left a unit for another: their rights on its accounts are to be kept (resumed) or revoked by somebody,
    and pause when the grace that policy gives is over.
    """
    on_its_accounts = {one.id: one for one in accounts.of_unit(work.session, unit_id)}
    theirs = [one for one in store.open_of_employee(work.session, employee_id) if one.account_id in on_its_accounts]
    running = [one for one in theirs if one.state_at(work.now) in (GrantState.ACTIVE, GrantState.SCHEDULED)]
    due = [one for one in running if one.review_due_at is None]
    return [_review(work, one, on_its_accounts[one.account_id]) for one in due]


def _review(work: Work, found: Grant, account: Account) -> Grant:
    reason = "the holder has moved to another unit"
    days = policies.limits(work, account.place)["mover_grace_days"]
    due = work.now + timedelta(days=days)
    after = store.schedule_pause(work.session, found.id, work.now, due, reason)
    audit.record(
        work, "grant.review_due", ("grant", found.id), before=told(found, work.now), after=told(after, work.now), reason=reason
    )  # fmt: skip
    return after


def resume(work: Work, id_: UUID, reason: str) -> Grant:
    """End a pause, or keep a right whose review is due; the holder never resumes their own. Raises as ``suspend``, and
    ``NotSuspended``.
    """
    found = _held(work, id_, Permission.GRANT_SUSPEND)
    _check_living(work, found)
    if found.silenced(work.now):
        raise rules.GrantEnded("A review of it has ended in which nobody kept it; ask for it anew.")
    if found.suspended_since is None and found.review_due_at is None:
        raise rules.NotSuspended("The grant is not suspended.")
    if found.employee_id == work.actor.employee_id:
        raise rules.NotTheAuthority("Nobody resumes their own right.")
    running = store.resume(work.session, found.id, work.now, work.actor.employee_id)
    audit.record(
        work,
        "grant.resumed",
        ("grant", found.id),
        before=told(found, work.now),
        after=told(running, work.now),
        reason=reason,
    )
    return work.show(running)


def _held(work: Work, id_: UUID, permission: Permission) -> Grant:
    """A grant that the actor sees and has authority over, held until the transaction ends."""
    seen = grant(work, id_)
    # People, account, grant: in this order everywhere, so that no two transactions wait for each other.
    directory.lock_employees(work.session, {seen.employee_id, work.me}, shared=True)
    account = accounts.lock_account(work.session, seen.account_id)
    found = store.lock_grant(work.session, id_)
    work.match(found)
    own = found.employee_id == work.actor.employee_id
    work.actor.require(permission, account.place, own=own)
    if not (own and permission is Permission.GRANT_REVOKE):
        _check_authority(work, found, account)
    return found


def _check_authority(work: Work, found: Grant, account: Account) -> None:
    unit = directory.unit(work.session, account.business_unit_id)
    held = {
        role: _covers(work, role, account.place) for role in (Role.BU_LIAISON, Role.COMMUNITY_MANAGER, Role.STRATEGIST)
    }
    rules.check_authority(
        models.model(work, account.path),
        liaison=held[Role.BU_LIAISON],
        hub=held[Role.COMMUNITY_MANAGER],
        strategist=held[Role.STRATEGIST],
        granted_at=found.created_at,
        now=work.now,
        zone=ZoneInfo(unit.timezone),
    )


def _covers(work: Work, role: Role, place: Place) -> bool:
    return any(one.role is role and one.scope.covers(place) for one in roles.held(work, work.me))


def _check_living(work: Work, found: Grant) -> None:
    state = found.state_at(work.now)
    if state in (GrantState.EXPIRED, GrantState.REVOKED, GrantState.SUPERSEDED):
        raise rules.GrantEnded(f"The grant is {state}.")


def told(grant: Grant, at: datetime) -> dict[str, Any]:
    """A grant as the audit log tells it."""
    names = (
        "employee_id",
        "account_id",
        "right",
        "request_id",
        "valid_from",
        "valid_until",
        "model",
        "policy_versions",
    )
    reason = {"end_reason": Personal(grant.end_reason)} if grant.end_reason else {}
    return {
        **{name: getattr(grant, name) for name in names},
        "approvers": [one.as_data() for one in grant.approvers],
        "state": grant.state_at(at),
        "end": grant.end,
        "ended_at": grant.ended_at,
        "ended_by": grant.ended_by,
        "paused_by": grant.paused_by,
        **({"suspension_id": grant.suspension_id} if grant.suspension_id else {}),
        **({"review_due_at": grant.review_due_at} if grant.review_due_at else {}),
        **({"review_ends_at": grant.review_ends_at} if grant.review_ends_at else {}),
        **reason,
    }
