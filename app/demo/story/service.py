"""Living through it: rights are asked, decided, used, ended; and today something waits for everybody who decides."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts.rules import Verb
from app.demo.company import rules as company
from app.demo.inventory import rules as inventory
from app.demo.stage.service import DAY, HOUR, Founding
from app.directory import store as directory
from app.governance.approvals import service as approvals
from app.governance.grants import service as grants
from app.governance.grants import store as grant_store
from app.governance.grants.rules import Grant
from app.governance.registrations import service as registrations
from app.governance.requests import service as requests
from app.governance.requests.service import Ask
from app.governance.routing.rules import Request, RequestKind, Verdict
from app.kernel.work import Work
from app.lifecycle import service as lifecycle

from . import rules
from .rules import Proposal, Wish


def early_rounds(one: Founding) -> None:
    """The first two rounds, and an account that was given up between them."""
    _ask(one, [rules.EXPIRED])
    _decide(one, rules.EXPIRED.ago - DAY)
    _round(one, 0)
    _step(one, inventory.ARCHIVED, Verb.DECOMMISSION, 100 * DAY, "The market reads the channel of the group.")
    _round(one, 1)
    _step(one, inventory.ARCHIVED, Verb.ARCHIVE, 70 * DAY, "Taken off the network.")


def last_round(one: Founding) -> None:
    """A refusal, a leaver, a new account; and the third round, in which the hub's deputy decides in her place."""
    _ask(one, [rules.DENIED])
    _decide(one, rules.DENIED.ago - DAY, Verdict.DENY, "Offers are not for the help account; ask your team lead.")
    with one.operating(33 * DAY) as work:
        leaver = directory.employee(work.session, one.people[company.LEAVER])
        lifecycle.leave(work, leaver, "Left for another company.", {"terminated_on": work.now.date()})
    _propose(one, rules.OPENED)
    _decide(one, rules.OPENED.ago - DAY)
    _round(one, 2, company.HUB_DEPUTY)


def lately(one: Founding) -> None:
    """Rights that were withdrawn, renewed, paused and revoked; an account that was stopped; a request left lying."""
    wish = rules.WITHDRAWN
    asked = _ask(one, [wish])[wish.who, wish.account]
    with one.acting(wish.who, wish.ago - DAY) as work:
        requests.withdraw(work, asked)
    _renew(one, rules.RENEWED)
    with one.acting(rules.PAUSED.by, 10 * DAY) as work:
        grants.suspend(work, _grant_of(one, work, rules.PAUSED.who).id, rules.PAUSED.why)
    with one.acting(rules.REVOKED.by, 10 * DAY - HOUR) as work:
        grants.revoke(work, _grant_of(one, work, rules.REVOKED.who).id, rules.REVOKED.why)
    _step(one, inventory.SUSPENDED, Verb.SUSPEND, 9 * DAY, "A login from a country where we have nobody.")
    _ask(one, [rules.OVERDUE])


def today(one: Founding) -> None:
    """What waits for somebody now, as far along its route as it has come."""
    asked: dict[tuple[str, str], UUID] = {}
    recent: list[Wish | Proposal] = [
        *rules.WAITING, *rules.WAITING_FOR_HUB, *rules.WAITING_FOR_STRATEGIST, *rules.PROPOSALS, rules.CHANGES,
    ]  # fmt: skip
    for each in sorted(recent, key=lambda each: each.ago, reverse=True):
        if isinstance(each, Proposal):
            _propose(one, each)
        else:
            asked |= _ask(one, [each])
    _say(one, "liaison2", 10 * HOUR, asked, [rules.CHANGES], Verdict.REQUEST_CHANGES, "One right at a time, please.")
    for who, wish in rules.ENDORSED:
        _say(one, who, 9 * HOUR, asked, [wish])
    _say(one, "hub", 8 * HOUR, asked, rules.WAITING_FOR_STRATEGIST)
    with one.acting("hub", 7 * HOUR) as work:
        registrations.decide(work, one.accounts[rules.RECALLS], Verdict.APPROVE, "Asked for by the safety board.")
    _show(one, asked)


def _show(one: Founding, asked: dict[tuple[str, str], UUID]) -> None:
    """What there is to try out."""
