"""Founding the demo enterprise. Every fact goes through the services that everybody uses, on the day it is said to have
happened, so that the audit log tells of it in order."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import AccountState, Verb
from app.audit import service as audit
from app.demo.company import rules as company
from app.demo.company.rules import Person, Seat
from app.demo.inventory import rules as inventory
from app.demo.inventory.rules import Entry
from app.demo.story import rules as story
from app.demo.story.rules import Proposal, Wish
from app.directory import service as directory_service
from app.directory import store as directory
from app.directory.rules import ROOT_KEY
from app.governance.approvals import service as approvals
from app.governance.grants import service as grants
from app.governance.grants import store as grant_store
from app.governance.grants.rules import Grant, GrantState
from app.governance.models.rules import ModelKey
from app.governance.registrations import service as registrations
from app.governance.requests import service as requests
from app.governance.requests.service import Ask
from app.governance.routing.rules import Request, RequestKind, Verdict
from app.governance.switching import service as switching
from app.governance.switching.service import Choice
from app.identity.login import service as login
from app.kernel.access import House
from app.kernel.actor import ENTERPRISE, Actor, ActorKind, Scope, ScopeKind
from app.kernel.work import Work
from app.lifecycle import service as lifecycle
from app.networks import rules as network_rules
from app.networks import store as networks
from app.policies import service as policies
from app.roles import service as roles
from app.tools import service as tools

from . import rules
from .rules import Demo

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
_OPERATOR = Actor(ActorKind.OPERATOR, roles=("operator",))


@dataclass(slots=True)
class _Founding:
    """One founding. Ids by key, as far as they are known: of units, people, accounts and pending requests."""

    parts: House
    now: datetime
    entries: tuple[Entry, ...]
    units: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)


def seed(parts: House, progress: Callable[[int, int], None]) -> Demo:
    """Put the demo enterprise into a migrated, empty database. ``progress`` is told steps done, and of how many."""
    one = _Founding(parts, parts.clock(), inventory.inventory())
    for n, step in enumerate(_STEPS):
        progress(n, len(_STEPS))
        step(one)
    progress(len(_STEPS), len(_STEPS))
    logins = {key: (f"{key}@{company.DOMAIN}", name) for key, name in company.PERSONAS.items()}
    return Demo(rules.COMPANY, logins, rules.PASSWORD, one.examples)


@contextmanager
def _transaction(one: _Founding, ago: timedelta) -> Iterator[Work]:
    with one.parts.writes.begin() as session:
        work = Work(session, _OPERATOR, one.now - ago)
        yield work
        one.parts.seal(work)


@contextmanager
def _acting(one: _Founding, who: str, ago: timedelta) -> Iterator[Work]:
    """One transaction in somebody's name, with the powers they had then."""
    with _transaction(one, ago) as work:
        work.actor = roles.actor_for(work, directory.employee(work.session, one.people[who]))
        yield work


# --- the company -----------------------------------------------------------------------------------------------------


def _found_company(one: _Founding) -> None:
    with _transaction(one, story.FOUNDED * DAY) as work:
        root = directory_service.update_unit(work, ROOT_KEY, {"name": rules.COMPANY, "timezone": "Europe/Amsterdam"})
        one.units[ROOT_KEY] = root.id
        for unit in company.UNITS:
            values = {
                "key": unit.key, "name": unit.name, "parent_id": one.units[unit.parent], "function": unit.function,
                "region": unit.region, "timezone": unit.timezone,
            }  # fmt: skip
            one.units[unit.key] = directory_service.create_unit(work, values).id


def _employ(one: _Founding) -> None:
    dice = Random(1861)  # noqa: S311 - the same company each time, nothing secret
    cities = {unit.key: unit.city for unit in company.UNITS}
    with _transaction(one, story.FOUNDED * DAY) as work:
        for person in company.PEOPLE:
            hired = work.now.date() - timedelta(days=dice.randint(100, 6000))
            values = {**_stated(one, person), "hired_on": hired, "location": cities.get(person.unit, "Utrecht")}
            one.people[person.key] = lifecycle.join(work, values).id


def _stated(one: _Founding, person: Person) -> dict[str, Any]:
    given, _, family = person.name.partition(" ")
    return {
        "employee_number": person.number, "user_name": person.key, "email": person.email, "given_name": given,
        "family_name": family, "display_name": person.name, "title": person.title, "employment_type": person.employment,
        "business_unit_id": one.units[person.unit], "manager_id": one.people[person.manager] if person.manager else None,
    }  # fmt: skip


def _appoint(one: _Founding) -> None:
    with _transaction(one, story.FOUNDED * DAY) as work:
        for seat in company.LEADERS:
            _seat(one, work, seat)
    with _acting(one, "strategist", story.FOUNDED * DAY - HOUR) as work:
        for seat in company.SEATS:
            _seat(one, work, seat)


def _seat(one: _Founding, work: Work, seat: Seat) -> None:
    deputy = one.people[seat.deputy] if seat.deputy else None
    made = roles.appoint(work, one.people[seat.person], seat.role, _scope(one, seat), deputy_id=deputy)
    if seat.person == "campaign":
        one.examples["appointment_id"] = str(made.id)


def _scope(one: _Founding, seat: Seat) -> Scope:
    if seat.unit:
        return Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=one.units[seat.unit])
    return Scope(ScopeKind.NETWORK, network=seat.network) if seat.network else ENTERPRISE


def _set_passwords(one: _Founding) -> None:
    with _transaction(one, story.FOUNDED * DAY - 2 * HOUR) as work:
        for key in company.PERSONAS:
            login.set_password(work, key, rules.PASSWORD)


# --- how it is governed ----------------------------------------------------------------------------------------------


def _choose_models(one: _Founding) -> None:
    why = "Each market runs its own accounts; the hub guides and approves."
    apart = "Iberia has a team, a strategy and two liaisons of its own."
    with _acting(one, "strategist", story.FOUNDED * DAY - 3 * HOUR) as work:
        switching.switch(work, Choice(ModelKey.HUB_AND_SPOKE, why))
        switching.switch(work, Choice(ModelKey.DANDELION, apart, one.units["iberia"]))


def _write_policies(one: _Founding) -> None:
    with _acting(one, "content", story.FOUNDED * DAY - 4 * HOUR) as work:
        for each in story.POLICIES:
            scope = Scope(ScopeKind.BUSINESS_UNIT, one.units[each.unit]) if each.unit else ENTERPRISE
            policies.create(work, each.key, each.title, scope)
            policies.draft(work, each.key, _version(each.text, each.rules))
    with _acting(one, "strategist", story.FOUNDED * DAY - 5 * HOUR) as work:
        for each in story.POLICIES:
            policies.publish(work, each.key, 1)


def _version(text: str, enforced: dict[str, Any]) -> dict[str, Any]:
    return {"text": text, "rules": enforced, "effective_from": None, "attestation_grace_days": 14}


def _register_tools(one: _Founding) -> None:
    with _acting(one, "developer", story.FOUNDED * DAY - 6 * HOUR) as work:
        for key, name, vendor, unit in story.TOOLS:
            owner = one.units[unit] if unit else None
            tools.register(work, {"key": key, "name": name, "vendor": vendor, "business_unit_id": owner})


# --- the accounts ----------------------------------------------------------------------------------------------------


def _take_inventory(one: _Founding) -> None:
    """The inventory as it was on the first day."""
    with _transaction(one, story.FOUNDED * DAY - 7 * HOUR) as work:
        known = {network.key: network for network in networks.networks(work.session)}
        for entry in one.entries:
            named = network_rules.canonical(known[entry.network], entry.handle, others=known.values())
            _register(one, work, entry, named)


def _register(one: _Founding, work: Work, entry: Entry, named: network_rules.Handle) -> None:
    alike = account_store.look_alike(work.session, entry.network, named.skeleton, named.canonical)
    opened = one.now - entry.opened * DAY
    values = {
        "network": entry.network, "handle": named.canonical, "handle_written": named.written, "url": named.url,
        "skeleton": named.skeleton, "display_name": entry.name, "business_unit_id": one.units[entry.unit],
        "steward_id": one.people[entry.steward], "backup_steward_id": one.people[entry.backup] if entry.backup else None,
        "purpose": entry.purpose, "audience": entry.audience, "language": entry.language, "region": entry.unit,
        "risk": entry.risk, "posting_capacity": entry.capacity, "mfa": True, "state": AccountState.ACTIVE,
        "vault_reference": f"vault:social/{entry.network}/{named.canonical}", "opened_on": opened.date(),
        "official_from": opened, "source": "inventory", "look_alike_of": alike, **_seen(one, entry, work.now),
    }  # fmt: skip
    made = account_store.add(work.session, work.now, values)
    audit.record(work, "account.imported", ("account", made.id), after=accounts.told(made))
    one.accounts[entry.key] = made.id


def _seen(one: _Founding, entry: Entry, at: datetime) -> dict[str, datetime]:
    """What an inventory taken at this instant could know of activity and validation."""
    told = {"last_activity_at": one.now - entry.quiet * DAY, "last_validated_at": one.now - entry.validated * DAY}
    return {name: then for name, then in told.items() if then <= at}


def _update_inventory(one: _Founding) -> None:
    """The same inventory, yesterday: what was used and looked at since."""
    with _transaction(one, 28 * HOUR) as work:
        known = account_store.accounts(work.session, one.accounts.values())
        for entry in one.entries:
            account = known[one.accounts[entry.key]]
            accounts.change(work, account, _seen(one, entry, work.now), "account.imported")


def _stop_accounts(one: _Founding) -> None:
    with _acting(one, "hub", 100 * DAY) as work:
        accounts.step(work, one.accounts[inventory.ARCHIVED], Verb.DECOMMISSION, "The market reads the global channel.")
    with _acting(one, "hub", 70 * DAY) as work:
        accounts.step(work, one.accounts[inventory.ARCHIVED], Verb.ARCHIVE, "Taken off the network.")
    with _acting(one, "hub", 9 * DAY) as work:
        accounts.step(work, one.accounts[inventory.SUSPENDED], Verb.SUSPEND, "A login from an unknown country.")


# --- rights: asked, decided, ended -----------------------------------------------------------------------------------


def _ask(one: _Founding, wishes: Iterable[Wish]) -> dict[str, Request]:
    """Everyone asks for themselves: one transaction for each person and instant. Answers by person."""
    made: dict[str, Request] = {}
    together: dict[tuple[str, timedelta], list[Wish]] = {}
    for wish in wishes:
        together.setdefault((wish.who, wish.ago), []).append(wish)
    for (who, ago), theirs in sorted(together.items(), key=lambda item: -item[0][1]):
        with _acting(one, who, ago) as work:
            for wish in theirs:
                made[who] = requests.ask(work, _asked(one, wish, work.now)).request
    return made


def _asked(one: _Founding, wish: Wish, at: datetime) -> Ask:
    until = at + wish.days * DAY if wish.days else None
    return Ask(one.accounts[wish.account], wish.rights, wish.why, until=until)


def _decide(one: _Founding, ago: timedelta, deciders: Iterable[str] = company.DECIDERS, verdict: Verdict = Verdict.APPROVE) -> None:
    """These people, one after the other, decide what waits for them."""
    for who in deciders:
        with _acting(one, who, ago) as work:
            for item in approvals.waiting(work):
                _say(work, item.request, verdict)


def _say(work: Work, request: Request, verdict: Verdict, comment: str | None = None) -> None:
    if request.kind is RequestKind.REGISTRATION:
        registrations.decide(work, request.account_id, verdict, comment)
    else:
        requests.decide(work, request.id, verdict, comment)


def _grant_rights(one: _Founding) -> None:
    """Three rounds of asking and deciding; in the last the hub's deputy stands in."""
    _ask(one, [story.EXPIRED])
    _decide(one, story.EXPIRED.ago - DAY)
    wishes = [*story.granted(one.entries), *story.MORE]
    for ago in story.ROUNDS[:-1]:
        _ask(one, [wish for wish in wishes if wish.ago == story.asked_before(ago)])
        _decide(one, ago * DAY)
    _stop_accounts(one)
    _refuse(one)
    _say_farewell(one)
    _open_one_more(one)
    last = story.ROUNDS[-1]
    _ask(one, [wish for wish in wishes if wish.ago == story.asked_before(last)])
    _decide(one, last * DAY, [company.HUB_DEPUTY if who == "hub" else who for who in company.DECIDERS])
