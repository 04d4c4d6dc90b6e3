"""Living through it: rights are asked, decided, used, ended; and today something waits for everybody who decides."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from app.accounts import service as accounts
from app.accounts.rules import Verb
from app.demo.company import rules as company
from app.demo.inventory import rules as inventory
from app.demo.stage.service import DAY, HOUR, Founding
from app.directory import store as directory
from app.erasure import service as erasure
from app.governance.approvals import service as approvals
from app.governance.decommissioning import service as decommissioning
from app.governance.freezes import service as freezes
from app.governance.freezes.rules import FreezeKind, Severity
from app.governance.freezes.service import Stop
from app.governance.grants import service as grants
from app.governance.grants import store as grant_store
from app.governance.grants.rules import Grant
from app.governance.recertification import service as recertification
from app.governance.recertification.service import Asked
from app.governance.registrations import service as registrations
from app.governance.requests import service as requests
from app.governance.requests.service import Ask
from app.governance.reviews import store as reviews
from app.governance.reviews.rules import Filter, Kind
from app.governance.routing.rules import Request, RequestKind
from app.governance.steps.rules import Verdict
from app.kernel.work import Work
from app.lifecycle import service as lifecycle

from . import rules
from .rules import Proposal, Wish


def early_rounds(one: Founding) -> None:
    """The first two rounds, and an account that was given up between them."""
    _ask(one, [rules.EXPIRED])
    _decide(one, rules.EXPIRED.ago - DAY)
    _round(one, 0)
    _retire(one, inventory.ARCHIVED, 100 * DAY, "The market reads the channel of the group.")
    _round(one, 1)
    _work_off(one, inventory.ARCHIVED, 71 * DAY)
    with one.acting("hub", 70 * DAY) as work:
        decommissioning.archive(work, one.accounts[inventory.ARCHIVED], "Taken off the network.")


def last_round(one: Founding) -> None:
    """A refusal, a leaver, a new account; and the third round, in which the hub's deputy decides in her place."""
    _ask(one, [rules.DENIED])
    _decide(one, rules.DENIED.ago - DAY, Verdict.DENY, "Offers are not for the help account; ask your team lead.")
    with one.operating(33 * DAY) as work:
        leaver = directory.employee(work.session, one.people[company.LEAVER])
        lifecycle.leave(work, leaver, "Left for another company.", {"terminated_on": work.now.date()})
        erasure.hold(work, one.people[company.HUB_DEPUTY], "Witness of a campaign that is before a court.")
    one.examples["erase_employee.employee_id"] = str(leaver.id)
    one.examples["release_employee.employee_id"] = str(one.people[company.HUB_DEPUTY])
    _propose(one, rules.OPENED)
    _decide(one, rules.OPENED.ago - DAY)
    _round(one, 2, company.HUB_DEPUTY)


def lately(one: Founding) -> None:
    """Rights that were withdrawn, renewed, paused and revoked; an account that was stopped; a request left lying; a review
    of what one region holds.
    """
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
    _stop(one, 8 * DAY)
    _ask(one, [rules.OVERDUE])
    _retire(one, inventory.RETIRING, 4 * DAY, "Dealers read the site instead.")
    _work_off(one, inventory.RETIRING, 4 * DAY - HOUR)
    _review(one)


def _review(one: Founding) -> None:
    """A review of the rights in one region, whose liaisons have still to answer."""
    asked = Asked(rules.REVIEW, (Kind.GRANTS,), Filter(), business_unit=rules.REVIEWED)
    with one.acting("strategist", 3 * DAY) as work:
        review, _ = recertification.create(work, asked)
        items = reviews.items(work.session, work.now, review.id)
    theirs = next(item for item in items if item.case.holder_id == one.people["employee"])
    one.examples |= {
        "review_id": str(review.id),
        "item_id": str(theirs.id),
        "reassign_review_item.reviewer_id": str(one.people["hub"]),
    }


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
        registrations.decide(work, one.accounts[rules.RECALLS.key], Verdict.APPROVE, "Asked for by the safety board.")
    _show(one, asked)


def _show(one: Founding, asked: Mapping[tuple[str, str], UUID]) -> None:
    """What there is to try out: by name, or for one operation by ``operation.name``."""
    first, changes = rules.WAITING[0], rules.CHANGES
    with one.operating(6 * HOUR) as work:
        held = {who: str(_grant_of(one, work, who).id) for who in ("employee", "liaison", rules.PAUSED.who)}
    account = {key: str(id_) for key, id_ in one.accounts.items()}
    mine = str(asked[changes.who, changes.account])
    one.examples |= {
        "account_id": account[inventory.MAIN],
        "activate_account.account_id": account[rules.OPENED.key],
        "archive_account.account_id": account[inventory.RETIRING],
        "get_checklist.account_id": account[inventory.RETIRING],
        "say_step.account_id": account[inventory.RETIRING],
        "decide_account.account_id": account[rules.PROPOSED.key],
        "resume_account.account_id": account[inventory.SUSPENDED],
        "withdraw_account.account_id": account[rules.PROPOSED.key],
        "employee_id": str(one.people["employee"]),
        "redeputize.deputy_id": str(one.people["employee"]),
        "grant_id": held["employee"],
        "renew.grant_id": held["liaison"],
        "resume_grant.grant_id": held[rules.PAUSED.who],
        "request_id": str(asked[first.who, first.account]),
        "revise.request_id": mine,
        "withdraw.request_id": mine,
    }


def _round(one: Founding, n: int, hub: str = "hub") -> None:
    """What was asked the day before is decided. ``hub``: who sits in the hub's seat."""
    wishes = [*rules.granted(inventory.inventory()), *rules.MORE]
    _ask(one, [wish for wish in wishes if wish.ago == rules.ASKED[n]])
    _decide(one, rules.ROUNDS[n], deciders=[hub if who == "hub" else who for who in company.DECIDERS])


def _ask(one: Founding, wishes: Iterable[Wish]) -> dict[tuple[str, str], UUID]:
    """Everyone asks for themselves, in one transaction each. Answers the requests' ids by person and account."""
    made = {}
    for who, theirs in groupby(sorted(wishes, key=lambda wish: wish.who), key=lambda wish: wish.who):
        each = list(theirs)
        with one.acting(who, each[0].ago) as work:
            for wish in each:
                made[who, wish.account] = requests.ask(work, _asked(one, wish, work.now)).request.id
    return made


def _asked(one: Founding, wish: Wish, at: datetime) -> Ask:
    until = at + wish.days * DAY if wish.days else None
    return Ask(one.accounts[wish.account], wish.rights, wish.why, until=until)


def _decide(
    one: Founding,
    ago: timedelta,
    verdict: Verdict = Verdict.APPROVE,
    comment: str | None = None,
    deciders: Iterable[str] = company.DECIDERS,
) -> None:
    """These people, one after the other, decide all that waits for them."""
    for who in deciders:
        with one.acting(who, ago) as work:
            for item in approvals.waiting(work):
                _word(work, item.request, verdict, comment)


def _word(work: Work, request: Request, verdict: Verdict, comment: str | None) -> None:
    if request.kind is RequestKind.REGISTRATION:
        registrations.decide(work, request.account_id, verdict, comment)
    else:
        requests.decide(work, request.id, verdict, comment)


def _say(
    one: Founding,
    who: str,
    ago: timedelta,
    asked: Mapping[tuple[str, str], UUID],
    wishes: Iterable[Wish],
    verdict: Verdict = Verdict.APPROVE,
    comment: str | None = None,
) -> None:
    """Somebody decides these requests and no others."""
    with one.acting(who, ago) as work:
        for wish in wishes:
            requests.decide(work, asked[wish.who, wish.account], verdict, comment)


def _propose(one: Founding, proposal: Proposal) -> None:
    values = {**proposal.values, "business_unit_id": one.units[proposal.values["business_unit_id"]]}
    with one.acting(proposal.who, proposal.ago) as work:
        one.accounts[proposal.key] = registrations.propose(work, values).shown.account.id


def _renew(one: Founding, wish: Wish) -> None:
    with one.acting(wish.who, wish.ago) as work:
        requests.renew(work, _grant_of(one, work, wish.who).id, wish.why, None)
    _decide(one, wish.ago - DAY)


def _grant_of(one: Founding, work: Work, who: str) -> Grant:
    """The first of somebody's grants that have not ended."""
    return grant_store.open_of_employee(work.session, one.people[who])[0]


def _stop(one: Founding, ago: timedelta) -> None:
    """The hub has frozen the account that is suspended: nothing goes out if somebody resumes it too soon."""
    frozen = str(one.accounts[inventory.SUSPENDED])
    with one.acting("hub", ago) as work:
        stop = Stop(FreezeKind.ACCOUNT, frozen, Severity.L1, "The login is being looked into.", None, frozenset())
        one.examples["freeze_id"] = str(freezes.freeze(work, stop).id)


def _retire(one: Founding, account: str, ago: timedelta, why: str) -> None:
    with one.acting("hub", ago) as work:
        decommissioning.decommission(work, one.accounts[account], why)


def _work_off(one: Founding, account: str, ago: timedelta) -> None:
    """All that has to be done before the account is archived."""
    with one.acting("hub", ago) as work:
        for step, reference, note in rules.RETIRED:
            decommissioning.say(work, one.accounts[account], step, reference.format(account=account), note)


def _step(one: Founding, account: str, verb: Verb, ago: timedelta, why: str) -> None:
    with one.acting("hub", ago) as work:
        accounts.step(work, one.accounts[account], verb, why)
