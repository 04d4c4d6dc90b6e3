"""Retiring an account: its rights end as it begins, a checklist is worked off, and then it is archived.

Whoever begins holds, in this order, the rules alone (so that nothing is asked for or granted meanwhile, and requests may
be held after the account), the people whose rights and requests end, and the account.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts import rules as account_rules
from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import Account, AccountState, Verb
from app.audit import service as audit
from app.directory import store as directory
from app.governance.grants import service as grants
from app.governance.grants import store as grant_store
from app.governance.routing import service as routing
from app.governance.routing import store as requests
from app.governance.routing.rules import RequestKind, RequestState
from app.kernel.actor import Permission
from app.kernel.database import advisory_lock
from app.kernel.work import Personal, Work
from app.policies.service import RULES_LOCK

from . import rules, store
from .rules import Entry, Rights, Said, Step

_WHY = "the account is being retired"


@dataclass(frozen=True, slots=True)
class Checklist:
    """An account and where each step stands. ``mine``: may the actor say that one is done?"""

    account: Account
    entries: tuple[Entry, ...]
    mine: bool

    @property
    def complete(self) -> bool:
        """Is nothing left to be done?"""
        return not rules.is_open(self.entries)


def checklist(work: Work, account_id: UUID) -> Checklist:
    """The checklist of an account; of one in use: what there will be to do."""
    return _shown(work, work.show(account_store.account(work.session, account_id)))


def _shown(work: Work, account: Account) -> Checklist:
    retiring = account.state is AccountState.DECOMMISSIONING
    mine = retiring and work.actor.may(Permission.ACCOUNT_DECOMMISSION, account.place, own=_own(work, account))
    return Checklist(account, _entries(work, account), mine)


def _own(work: Work, account: Account) -> bool:
    return work.actor.employee_id in account.stewards


def _entries(work: Work, account: Account) -> tuple[Entry, ...]:
    open_grants = [one for one in grant_store.open_on_account(work.session, account.id) if one.valid_until > work.now]
    waiting = requests.live(work.session, work.now, RequestKind.RIGHTS, account_id=account.id)
    return rules.checklist(
        account, store.said(work.session, account.id), Rights(len(open_grants), len(waiting))
    )  # fmt: skip


def say(work: Work, account_id: UUID, step: Step, reference: str, note: str | None) -> Checklist:
    """A step is done, and here is where that can be looked up; said anew, it stands so.

    Raises ``NotFound``, ``Forbidden``, ``WrongState``, ``Invalid``, ``PreconditionFailed``.
    """
    directory.lock_employees(work.session, {work.me}, shared=True)
    account = account_store.lock_account(work.session, account_id)
    work.match(account)
    work.actor.require(Permission.ACCOUNT_DECOMMISSION, account.place, own=_own(work, account))
    rules.check_said(account, step)
    before = next((one for one in store.said(work.session, account_id) if one.step is step), None)
    after = Said(step, reference, note, work.me, work.now)
    store.say(work.session, account_id, after)
    audit.record(
        work, "account.step_said", ("account", account_id), before=_told(before) if before else None, after=_told(after)
    )  # fmt: skip
    # Its checklist is shown with it: another ETag.
    return _shown(work, work.show(account_store.save(work.session, account_id, work.now, {})))


def _told(one: Said) -> dict[str, Any]:
    """A step that was said, as the audit log tells it: the words are of whoever said them."""
    note = Personal(one.note) if one.note is not None else None
    return {"step": one.step, "reference": Personal(one.reference), "note": note}


def decommission(work: Work, account_id: UUID, reason: str | None) -> accounts.Shown:
    """Begin to retire an account. Raises ``NotFound``, ``WrongState``, ``Forbidden``, ``PreconditionFailed``."""
    hold_people(work, account_id, {work.me})
    before = account_store.lock_account(work.session, account_id)
    work.match(before)
    work.actor.require(Permission.ACCOUNT_STOP, before.place)
    return accounts.show(work, work.show(begin(work, before, reason)))


def hold_people(work: Work, account_id: UUID, more: Iterable[UUID]) -> None:
    """Hold the rules alone, and these people with those whose rights and requests end with an account."""
    hold_rules(work)
    directory.lock_employees(work.session, {*more, *people_on(work, account_id)}, shared=True)


def hold_rules(work: Work) -> None:
    """Nothing is asked for, decided or granted until this transaction ends."""
    advisory_lock(work.session, RULES_LOCK)


def people_on(work: Work, account_id: UUID) -> set[UUID]:
    """Who holds rights on an account, asks for some or is to receive them. The rules are held, so that it stays so."""
    waiting = requests.live(work.session, work.now, RequestKind.RIGHTS, account_id=account_id)
    holders = {one.employee_id for one in grant_store.open_on_account(work.session, account_id)}
    return holders.union(*(one.matter.own for one in waiting))


def begin(work: Work, before: Account, reason: str | None) -> Account:
    """Retire an account, which this transaction holds as the package says, whoever decided that: its rights end with it.

    Raises ``WrongState``.
    """
    account_rules.moved_to(before, Verb.DECOMMISSION)
    for asked in requests.live(work.session, work.now, RequestKind.RIGHTS, account_id=before.id):
        request = requests.lock_request(work.session, asked.id)
        if request.ended_at is None:
            routing.end(work, request, RequestState.DENIED, _WHY)
    for id_ in sorted(one.id for one in grant_store.open_on_account(work.session, before.id)):
        grant = grant_store.lock_grant(work.session, id_)
        if grant.ended_at is None:
            grants.close(work, grant, _WHY)
    return accounts.move(work, before, Verb.DECOMMISSION, reason)


def archive(work: Work, account_id: UUID, reason: str | None) -> accounts.Shown:
    """The account is closed on its network, and all is done. Raises as ``decommission``, and ``ChecklistIncomplete``."""
    directory.lock_employees(work.session, {work.me}, shared=True)
    before = account_store.lock_account(work.session, account_id)
    work.match(before)
    work.actor.require(Permission.ACCOUNT_STOP, before.place)
    account_rules.moved_to(before, Verb.ARCHIVE)
    rules.check_complete(_entries(work, before))
    return accounts.show(work, work.show(accounts.move(work, before, Verb.ARCHIVE, reason)))
