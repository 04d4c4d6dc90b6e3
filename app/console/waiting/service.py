"""What waits for whoever reads, each with all that a decision needs: the words, the whole route, what is seen of the thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import Account, Flagged
from app.console.frame import service as frame
from app.console.frame.service import Names
from app.governance.approvals import service as approvals
from app.governance.approvals.service import Notice, Waiting, Wanted
from app.governance.clearances.rules import Clearance
from app.governance.reviews.service import Shown as ReviewItem
from app.governance.routing import service as routing
from app.governance.routing.rules import RequestKind
from app.governance.steps.rules import Standing
from app.kernel.pages import Page
from app.kernel.work import Work

EVERYTHING = Page(limit=200, sort="id")
"""More than anybody decides in a day; what is decided makes room for the rest."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to decide. ``kind``: rights, registration, clearance or review. ``match``: the version that is seen.

    ``steps``: its route, as it stands now. ``seat``: whose deputy one would be. ``flags``: of its account.
    """

    id: UUID
    kind: str
    match: int
    wanted: Wanted
    account: Account | None
    flags: tuple[Flagged, ...]
    steps: tuple[Standing, ...] = ()
    seat: UUID | None = None


@dataclass(frozen=True, slots=True)
class Inbox:
    """Everything that waits; ``more``: there is more than is shown. ``notices``: what the hub may still veto."""

    cases: list[Case]
    more: bool
    notices: list[Notice]
    names: Names


def inbox(work: Work) -> Inbox:
    """What the reader may decide now, the oldest first."""
    found = approvals.inbox(work, EVERYTHING)
    shown, notices = found[: EVERYTHING.limit], approvals.notices(work)
    there = account_store.accounts(work.session, {one for one in map(_account_id, shown) if one})
    flags = {one.account.id: one.flags for one in accounts.show_all(work, list(there.values()))}
    requests = [one.request for one in shown if isinstance(one, Waiting)]
    grounds = routing.grounds_for(work, requests)
    cases = []
    for one in shown:
        id_ = _account_id(one)
        account = there.get(id_) if id_ else None
        steps = routing.standing(work, one.request, grounds[one.id]) if isinstance(one, Waiting) else ()
        cases.append(_case(one, account, flags.get(account.id, ()) if account else (), steps, work.me))
    return Inbox(cases, len(found) > len(shown), notices, _names(work, shown, notices, cases))


def _account_id(one: Wanted) -> UUID | None:
    if isinstance(one, Waiting):
        return one.request.account_id
    return one.account_id if isinstance(one, Clearance) else one.item.account_id


def _case(
    one: Wanted, account: Account | None, flags: tuple[Flagged, ...], steps: tuple[Standing, ...], me: UUID
) -> Case:
    if isinstance(one, Clearance):
        return Case(one.id, "clearance", one.version, one, account, flags)
    if isinstance(one, ReviewItem):
        return Case(one.id, "review", one.item.version, one, account, flags, seat=_other(one.seat, me))
    rights = one.request.kind is RequestKind.RIGHTS
    version = one.request.version if rights or account is None else account.version
    kind = "rights" if rights else "registration"
    return Case(one.id, kind, version, one, account, flags, steps, _other(one.seat, me))


def _other(seat: UUID | None, me: UUID) -> UUID | None:
    return seat if seat != me else None


def _names(work: Work, shown: Sequence[Wanted], notices: Sequence[Notice], cases: Sequence[Case]) -> Names:
    people: list[UUID | None] = []
    account_ids: list[UUID | None] = [one.grant.account_id for one in notices]
    for one in shown:
        account_ids.append(_account_id(one))
        people += _people(one)
    for case in cases:
        people += [*frame.people_on(case.steps), case.seat]
        people += list(case.account.stewards) if case.account else []
    people += [one.grant.employee_id for one in notices]
    return frame.names(work, people=people, account_ids=account_ids)


def _people(one: Any) -> list[UUID | None]:
    if isinstance(one, Waiting):
        return [one.request.requester_id, one.request.beneficiary_id]
    return [one.employee_id] if isinstance(one, Clearance) else [one.item.case.holder_id, one.item.case.requester_id]
