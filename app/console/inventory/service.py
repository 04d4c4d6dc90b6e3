"""The inventory as it is looked at: a page of it, and one account with all that is to be known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import Account
from app.audit import service as audit
from app.console.frame import service as frame
from app.console.frame.service import Names
from app.console.freezes import service as freezes
from app.governance.evaluation import service as evaluation
from app.governance.evaluation.rules import Decision
from app.governance.explaining.rules import OF_THE_POST
from app.governance.freezes import rules as freeze_rules
from app.governance.freezes.rules import Freeze
from app.governance.grants import service as grants
from app.governance.grants.rules import Grant
from app.governance.models import service as models
from app.governance.models.rules import MODELS, Model, Setting
from app.governance.reasons.rules import Reason
from app.governance.registrations import service as registrations
from app.governance.registrations.service import Registered
from app.governance.requests import service as requests
from app.governance.requests.service import Shown as ShownRequest
from app.kernel.actor import ActorKind, Permission
from app.kernel.pages import Page
from app.kernel.work import Work
from app.policies import store as policies
from app.roles import service as roles

from . import rules, store
from .rules import Wanted

MOST_RIGHTS, MOST_EVENTS = 40, 20


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the inventory: the accounts with their flags, how many there are in all, and the cursor to the next."""

    shown: list[accounts.Shown]
    names: Names
    count: int
    cursor: str | None


def clock(work: Work) -> store.Clock:
    """After how many days an account counts as idle, and as not validated, everywhere."""
    in_force = policies.in_force(work.session, work.now)
    apart = any(rules.narrowed(in_force, rule) for rule in (rules.IDLE, rules.VALIDATED))
    spots = store.spots(work.session) if apart else []
    idle, validated = (rules.days(in_force, rule, spots) for rule in (rules.IDLE, rules.VALIDATED))
    return store.Clock(work.now, idle, validated)


def search(work: Work, page: Page, wanted: Wanted) -> Found:
    """A page of what is looked for, in the order of networks and handles."""
    told = clock(work)
    kept, cursor = page.cut(store.page(work.session, page, wanted, told), tuple)
    there = account_store.accounts(work.session, [row.id for row in kept])
    shown = accounts.show_all(work, [there[row.id] for row in kept])
    names = frame.names(
        work,
        unit_ids=[one.account.business_unit_id for one in shown],
        people=[id_ for one in shown for id_ in one.account.stewards],
    )
    return Found(shown, names, store.count(work.session, wanted, told), cursor)


@dataclass(frozen=True, slots=True)
class Holding:
    """A right that somebody holds on an account, and what a decision about it says now."""

    grant: Grant
    decision: Decision

    @property
    def refusals(self) -> list[Reason]:
        """Why they may not, now; what lies with one post, its content and its tool, is left aside."""
        return [one for one in self.decision.reasons if one.code not in OF_THE_POST]


@dataclass(frozen=True, slots=True)
class Whole:
    """One account, and all that the reader may know of it.

    ``history``: what the log tells of it, None for who may not read that. ``may_freeze``: as the model there has it.
    """

    registered: Registered
    setting: Setting
    model: Model
    holdings: list[Holding]
    more_rights: bool
    freezes: list[Freeze]
    requests: list[ShownRequest]
    history: list[dict[str, Any]] | None
    may_freeze: bool
    names: Names

    @property
    def account(self) -> Account:
        return self.registered.shown.account


def whole(work: Work, account_id: UUID) -> Whole:
    """One account. Raises ``NotFound``."""
    registered = registrations.registration(work, account_id)
    account = registered.shown.account
    setting = models.setting(work, account.path)
    held = grants.grants(work, Page(limit=MOST_RIGHTS, sort="-id"), work.now, {"account_id": account.id})
    holdings = [Holding(one, evaluation.evaluate_grant(work, one)) for one in held[:MOST_RIGHTS]]
    stops = [one for one in freezes.in_force(work) if one.target.covers(account.id, account.place)]
    asked = requests.requests(work, Page(limit=MOST_EVENTS, sort="-id"), {"account_id": account.id})[:MOST_EVENTS]
    history = _history(work, account.id)
    offices = freeze_rules.offices(MODELS[setting.model], roles.held(work, work.me), account.place)
    return Whole(
        registered, setting, MODELS[setting.model], holdings, len(held) > MOST_RIGHTS, stops, asked,
        history, bool(offices), _names(work, registered, setting, held, stops, asked, history or ()),
    )  # fmt: skip


def _names(
    work: Work,
    registered: Registered,
    setting: Setting,
    held: Sequence[Grant],
    stops: Sequence[Freeze],
    asked: Sequence[ShownRequest],
    history: Sequence[Mapping[str, Any]],
) -> Names:
    account = registered.shown.account
    people: list[UUID | None] = [account.steward_id, account.backup_steward_id, account.proposed_by, setting.set_by]
    people += [one.set_by for one in stops]
    for grant in held:
        people += [grant.employee_id, *(link.decided_by for link in grant.approvers)]
    for one in asked:
        people += [one.request.requester_id, one.request.beneficiary_id]
    people += [UUID(one["actor"]["id"]) for one in history if one["actor"]["kind"] == ActorKind.EMPLOYEE]
    people += frame.people_on(registered.steps)
    people += [registered.request.requester_id] if registered.request else []
    units = [account.business_unit_id, setting.business_unit_id]
    return frame.names(work, people=people, account_ids=[account.look_alike_of], unit_ids=units)


def _history(work: Work, account_id: UUID) -> list[dict[str, Any]] | None:
    if not work.actor.may(Permission.AUDIT_READ):
        return None
    told = {"subject_kind": "account", "subject_id": str(account_id)}
    return audit.events(work, Page(limit=MOST_EVENTS, sort="-seq"), told)[:MOST_EVENTS]
