"""What HR's feeds did and what that caused; what of it needs a person, worked out at the instant of asking."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import timedelta
from operator import attrgetter
from uuid import UUID

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.audit import store as audit_store
from app.audit.rules import Event, readable
from app.directory import store as directory
from app.directory.rules import Employee
from app.governance.grants import store as grants
from app.governance.grants.rules import Grant
from app.governance.models import service as models
from app.governance.models.rules import Authority, Model
from app.kernel.actor import Permission, Place, Scope
from app.kernel.pages import Page
from app.kernel.work import Work
from app.lifecycle import service as lifecycle
from app.roles import rules as role_rules
from app.roles import store as roles
from app.roles.rules import Appointment, Role

from . import rules, store
from .rules import MOST, Change, Needs, Orphan, Review, Vacancy, Wanted
from .store import Head

_seq = attrgetter("seq")
HORIZON = timedelta(days=30)
"""How far ahead an account is told to lose its last custodian."""


def changes(work: Work, page: Page, wanted: Wanted) -> list[Change]:
    """A page of what feeds did: the people changed, each with what that caused; one more than its limit if there are."""
    found = store.heads(work.session, page, wanted)
    shown = [head.event for head in found[: page.limit]]
    behind = store.following(work.session, found[: page.limit])
    kept = audit_store.personal(work.session, [event.seq for event in shown])
    people = directory.employees(work.session, {UUID(event.subject_id) for event in shown})
    units = _units_made(work, shown)
    return [
        _change(head, behind, units, people.get(UUID(head.event.subject_id)), kept.get(head.event.seq, {}))
        for head in found
    ]


def _change(
    head: Head, behind: Sequence[Event], units: Mapping[str, Event], person: Employee | None, kept: Mapping[str, str]
) -> Change:
    event = head.event
    start = bisect_right(behind, event.seq, key=_seq)
    run = behind[start:] if head.beyond is None else behind[start : bisect_left(behind, head.beyond, key=_seq)]
    told = [one for one in run[: rules.MOST_CAUSED] if rules.about(one, event.subject_id)]
    made = units.get(_unit_of(event))
    first = [made] if made and made.seq < event.seq and rules.same_transaction(made, event) else []
    reason = readable(event.reason, "reason", kept)
    return Change(event, person, reason, (*first, *told), len(run) > rules.MOST_CAUSED)


def _units_made(work: Work, shown: Sequence[Event]) -> dict[str, Event]:
    """The making of the units that these people were put into."""
    named = {_unit_of(event) for event in shown} - {""}
    return store.units_made(work.session, named) if named else {}


def _unit_of(event: Event) -> str:
    return str(rules.members(event.after).get("business_unit_id") or "")


# --- what needs a person ---------------------------------------------------------------------------------------------


def needs(work: Work) -> Needs:
    """What needs a person, within the part of the enterprise that the actor looks after."""
    scopes = work.actor.scopes(Permission.DIRECTORY_READ_ORPHANS)
    appointments = roles.in_force(work.session, work.now)
    orphans = _orphans(work, scopes, appointments)
    reviews = _reviews(work, scopes, appointments)
    vacancies = _vacancies(work, scopes, appointments)
    people = directory.over(work.session, work.now, MOST + 1, scopes)
    counts = {"accounts": len(orphans), "grants": len(reviews), "roles": len(vacancies), "people": len(people)}
    return Needs(
        lifecycle.alarms(work), orphans[:MOST], reviews[:MOST], vacancies[:MOST], people[:MOST],
        more=frozenset(name for name, count in counts.items() if count > MOST),
    )  # fmt: skip


def _orphans(work: Work, scopes: Sequence[Scope] | None, appointments: Sequence[Appointment]) -> list[Orphan]:
    """Accounts that nobody looks after any more, or nobody will in a month: first who is employed then, then by id."""
    found = accounts.without_custodian(work.session, work.now, work.now + HORIZON, scopes, MOST + 1)
    people = directory.employees(work.session, {one for account in found for one in account.stewards})
    bosses = {one.manager_id for one in people.values() if one.manager_id}
    heirs = directory.employees(work.session, bosses | {one.employee_id for one in appointments})
    return [_orphan(work, one, people, heirs, appointments) for one in found]


def _orphan(
    work: Work,
    account: Account,
    people: Mapping[UUID, Employee],
    heirs: Mapping[UUID, Employee],
    appointments: Sequence[Appointment],
) -> Orphan:
    custodians = [people[one] for one in account.stewards if one in people]
    last, gone = rules.last_custodian(custodians)
    since = gone or account.created_at
    asked = [last.manager_id] if last and last.manager_id else []
    asked += rules.liaisons_nearest_first(appointments, account)
    fit = (one for one in asked if one not in account.stewards and rules.stays(heirs.get(one), work.now, since))
    ahead = any(one.employed(work.now) for one in custodians)
    return Orphan(account, since, ahead, last.id if last else None, next(fit, None))


def _reviews(work: Work, scopes: Sequence[Scope] | None, appointments: Sequence[Appointment]) -> list[Review]:
    """Rights of movers that somebody has to keep or revoke, the longest due first."""
    found = grants.in_review(work.session, work.now, MOST + 1, accounts.ids_in(scopes) if scopes is not None else None)
    there = accounts.accounts(work.session, {one.account_id for one in found})
    in_force = {one.business_unit_id: models.model(work, one.path) for one in there.values()}
    reviews = []
    for one in found:
        account = there[one.account_id]
        ask = _keepers(one, account.place, in_force[account.business_unit_id], appointments)
        reviews.append(Review(one, account, ask))
    return reviews


def _keepers(grant: Grant, place: Place, model: Model, appointments: Sequence[Appointment]) -> tuple[UUID, ...]:
    """Whom to ask: the unit's liaisons, else the hub, else a strategist; whoever the model gives a say and who is there."""
    say = {Role.BU_LIAISON: Authority.LIAISON, Role.COMMUNITY_MANAGER: Authority.HUB}
    for role in (*(role for role, needed in say.items() if needed in model.authorities), Role.STRATEGIST):
        holders = {slot.holder_id for slot in role_rules.slots(appointments, role, place)} - {grant.employee_id}
        if holders:
            return tuple(sorted(holders))
    return ()


def _vacancies(work: Work, scopes: Sequence[Scope] | None, appointments: Sequence[Appointment]) -> list[Vacancy]:
    """Units with accounts in use and nobody to coordinate them; the Center of Excellence without a strategist."""
    found = []
    if not any(one.role is Role.STRATEGIST for one in appointments):
        found.append(Vacancy(Role.STRATEGIST, None, 0))
    for unit_id, path, count in accounts.units_in_use(work.session, scopes):
        if not role_rules.slots(appointments, Role.BU_LIAISON, Place(path)):
            found.append(Vacancy(Role.BU_LIAISON, unit_id, count))
    return found[: MOST + 1]
