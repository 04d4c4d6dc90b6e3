"""Telling people what concerns them: in the transaction that gave cause for it, so that nothing is told that was rolled back.

What is told is derived from the audit records of the work when it ends. A notice changes nothing that is governed, so the
audit log holds none of it; what somebody chooses to get is recorded. Sending is for ``worker``. Another way than e-mail
(webhooks) would begin here, too: ``tell`` sees every record before it is sealed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.accounts import store as accounts
from app.audit import service as audit
from app.audit.rules import instant
from app.directory import store as directory
from app.directory.rules import BusinessUnit, Employee
from app.governance.approvals import service as approvals
from app.governance.clearances import store as clearances
from app.governance.grants import store as grants
from app.governance.impact import store as impact
from app.governance.models.rules import MODELS, StepKind
from app.governance.retirements import service as retiring
from app.governance.retirements import store as retirements
from app.governance.reviews import store as reviews
from app.governance.routing import service as routing
from app.governance.routing import store as requests
from app.governance.routing.rules import Request, RequestKind, RequestState
from app.governance.steps import rules as step_rules
from app.governance.steps.rules import Standing, StepState
from app.kernel.actor import ActorKind, Place, Scope
from app.kernel.ids import new_id
from app.kernel.pages import Page
from app.kernel.work import Record, Work
from app.policies import store as policies
from app.policies.rules import InForce
from app.roles import rules as role_rules
from app.roles import store as roles
from app.roles.rules import Role

from . import rules, store
from .rules import LATE_WITHIN, Email, Notice, NoticeKind, NoticeState, Preferences, Telling, Told

_HUB = (Role.COMMUNITY_MANAGER, Role.STRATEGIST)
_HUB_STEPS = frozenset({StepKind.COMMUNITY_MANAGER, StepKind.STRATEGIST})
_ENDED = {
    RequestState.GRANTED: NoticeKind.REQUEST_GRANTED,
    RequestState.DENIED: NoticeKind.REQUEST_DENIED,
    RequestState.CHANGES_REQUESTED: NoticeKind.REQUEST_CHANGES,
    RequestState.EXPIRED: NoticeKind.REQUEST_EXPIRED,
}
_FOUND = frozenset({NoticeKind.FORMER_HANDLE_ACTIVE, NoticeKind.SUSPENDED_ACCOUNT_ACTIVE})
_ALARMS = frozenset({NoticeKind.REQUEST_BLOCKED, NoticeKind.UNUSUAL_TERMINATIONS}) | _FOUND
"""What even whoever gave cause for it is told."""


def seal(work: Work) -> int | None:
    """End a work: tell those concerned, then seal its records. Answers the revision, None if nothing changed.

    Telling is the last thing before the sealing: what ends the work otherwise may record something that is to be told.
    """
    work.closing.append(tell)
    return audit.seal(work)


def tell(work: Work) -> None:
    """Write notices of what this work recorded."""
    for record in work.records:
        derive = _DERIVED.get(record.action)
        for telling in derive(work, record) if derive else ():
            give(work, telling)


def give(work: Work, telling: Telling) -> int:
    """Write one notice to each reader who is with us, but not of what they did themselves; answers to how many.

    Nobody is told twice of one occasion.
    """
    but = set() if telling.kind in _ALARMS else {work.actor.employee_id}
    people = directory.employees(work.session, telling.readers - but)
    there = sorted((one for one in people.values() if one.employed(work.now)), key=lambda one: one.id)
    chosen = store.preferences(work.session, (one.id for one in there))
    zones = directory.timezones(work.session, {one.business_unit_id for one in there})
    rows = [_row(work, telling, one, chosen.get(one.id, Preferences()), zones[one.business_unit_id]) for one in there]
    return store.add(work.session, rows)


def _row(work: Work, telling: Telling, person: Employee, chosen: Preferences, zone: str) -> dict[str, Any]:
    id_, due = new_id(), rules.due(chosen, work.now, ZoneInfo(zone))
    return {
        "id": id_, "employee_id": person.id, "kind": telling.kind, "subject_kind": telling.subject_kind,
        "subject_id": telling.subject_id, "about_at": telling.about_at, "data": _plain(telling.data),
        "state": NoticeState.WAITING if chosen.wants(telling.kind) else NoticeState.DROPPED,
        "batch_id": rules.batch(person.id, due) if chosen.email is Email.DAILY else id_,
        "created_at": work.now, "updated_at": work.now, "due_at": due,
    }  # fmt: skip


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON holds it: ids and instants as text."""
    texts = {
        name: instant(one) if isinstance(one, datetime) else str(one) for name, one in data.items() if one is not None
    }
    return texts | {name: list(one) for name, one in data.items() if isinstance(one, (list, tuple))}


# --- what is derived from which record ------------------------------------------------------------------------------

Derive = Callable[[Work, Record], Iterable[Telling]]


def _of_request(work: Work, record: Record) -> Iterable[Telling]:
    """A request has moved: those whose step is open now are told, or those who asked, how it has ended."""
    kind = RequestKind.RIGHTS if record.subject_kind == "rights_request" else RequestKind.REGISTRATION
    request = requests.request(work.session, UUID(record.subject_id), kind)
    if request.state is RequestState.PENDING:
        on = routing.grounds_for(work, [request])[request.id]
        step = step_rules.open_step(routing.standing(work, request, on))
        if step is not None and step.state is StepState.OPEN:
            yield _about(request, NoticeKind.STEP_OPEN, step.people, due=request.due_at)
        return
    if request.state in _ENDED:
        mine = {request.requester_id}
        told = mine if request.state is RequestState.CHANGES_REQUESTED else request.matter.own
        yield _about(request, _ENDED[request.state], told, once=False)
    days = MODELS[request.model].veto_working_days
    by_unit = not _HUB_STEPS & {one.kind for one in request.decisions}
    if request.state is RequestState.GRANTED and days and by_unit:
        yield _about(request, NoticeKind.GRANTED_BY_UNIT, _hub(work, request.account_id), once=False, days=days)


def _about(request: Request, kind: NoticeKind, readers: Iterable[UUID], *, once: bool = True, **more: Any) -> Telling:
    """A telling about a request; ``once``: to each reader one of this kind while the same step is open."""
    subject = "rights_request" if request.kind is RequestKind.RIGHTS else "registration"
    data = {
        "account_id": request.account_id, "rights": request.rights, "requester_id": request.requester_id,
        "beneficiary_id": request.beneficiary_id, **more,
        **({"registration": "yes"} if request.kind is RequestKind.REGISTRATION else {}),
    }  # fmt: skip
    return Telling(kind, frozenset(readers), subject, request.id, data, request.due_at if once else None)


def _hub(work: Work, account_id: UUID) -> set[UUID]:
    """The hub at the place of an account: community managers in scope, and strategists."""
    return _holding(work, accounts.account(work.session, account_id).place, *_HUB)


def _holding(work: Work, place: Place, *wanted: Role) -> set[UUID]:
    held = roles.in_force(work.session, work.now)
    return {slot.holder_id for role in wanted for slot in role_rules.slots(held, role, place)}


def _leaders(work: Work) -> set[UUID]:
    """Strategists; where there is none, admins, who can have one appointed."""
    return _holding(work, Place(), Role.STRATEGIST) or _holding(work, Place(), Role.ADMIN)


def _of_blocked(work: Work, record: Record) -> Iterable[Telling]:
    kind = RequestKind.RIGHTS if record.subject_kind == "rights_request" else RequestKind.REGISTRATION
    request = requests.request(work.session, UUID(record.subject_id), kind)
    yield _about(request, NoticeKind.REQUEST_BLOCKED, _leaders(work), once=False)


def _of_grant(work: Work, record: Record) -> Iterable[Telling]:
    grant = grants.grant(work.session, UUID(record.subject_id))
    kind = NoticeKind(record.action.replace(".", "_"))
    data = {"account_id": grant.account_id, "rights": [grant.right], "due": grant.review_due_at}
    yield Telling(kind, frozenset({grant.employee_id}), "grant", grant.id, data)


def _of_orphan(work: Work, record: Record) -> Iterable[Telling]:
    """Whoever is proposed to look after it; where nobody is, the liaisons of its unit."""
    account = accounts.account(work.session, UUID(record.subject_id))
    successor = (record.after or {}).get("proposed_successor_id")
    readers = {successor} if successor else _holding(work, account.place, Role.BU_LIAISON)
    yield Telling(NoticeKind.ACCOUNT_ORPHANED, frozenset(readers), "account", account.id, {"account_id": account.id})


def _of_alarm(work: Work, record: Record) -> Iterable[Telling]:
    """What posts and should not is told to the hub of the account that it is, or was."""
    told = record.after or {}
    readers = frozenset(_hub(work, told["account_id"]))
    data = {"account_id": told["account_id"]}
    yield Telling(NoticeKind(told["alarm"]), readers, "discovery", UUID(record.subject_id), data, told["alarmed_at"])


def _of_terminations(work: Work, record: Record) -> Iterable[Telling]:
    readers = _holding(work, Place(), Role.STRATEGIST, Role.ADMIN)
    data = {name: (record.after or {})[name] for name in ("left", "active")}
    yield Telling(NoticeKind.UNUSUAL_TERMINATIONS, frozenset(readers), "directory", None, data)


def _of_policy(work: Work, record: Record) -> Iterable[Telling]:
    told = record.after or {}
    data = {"about": f"{told['policy']}, version {told['n']}", "policy_id": told["policy"], "n": told["n"]}
    readers = frozenset(store.wanting(work.session, NoticeKind.POLICY_PUBLISHED))
    yield Telling(NoticeKind.POLICY_PUBLISHED, readers, "policy_version", UUID(record.subject_id), data)


def _of_clearance(work: Work, record: Record) -> Iterable[Telling]:
    """A post to be cleared goes to those who clear, the word on it to whoever submitted it."""
    one = clearances.clearance(work.session, UUID(record.subject_id))
    kind = _CLEARANCES[record.action]
    readers = {one.employee_id}
    if kind is NoticeKind.CLEARANCE_OPEN:
        readers = _holding(work, Place(), Role.CONTENT_STRATEGIST) or _leaders(work)
    data = {"account_id": one.account_id, "requester_id": one.employee_id, "due": one.not_after}
    yield Telling(kind, frozenset(readers), "clearance", one.id, data)


def _of_review(work: Work, record: Record) -> Iterable[Telling]:
    """Whoever may have to answer: the liaisons and the hub of the places that it looks at."""
    review = reviews.review(work.session, UUID(record.subject_id))
    held = [one for one in roles.in_force(work.session, work.now) if one.role in _REVIEWERS]
    units = directory.units(work.session, {one.scope.business_unit_id for one in held if one.scope.business_unit_id})
    readers = {one.employee_id for one in held if _touches(one.scope, review.place, units)}
    data = {"about": review.title, "due": review.due_at}
    yield Telling(NoticeKind.REVIEW_OPEN, frozenset(readers), "review", review.id, data)


def _of_retirement(work: Work, record: Record) -> Iterable[Telling]:
    """Whoever looks after an account that is asked about: one notice of a campaign, however many accounts that are."""
    retirement = retirements.retirement(work.session, UUID(record.subject_id))
    asked = accounts.accounts(work.session, (one["account_id"] for one in (record.after or {})["listed"]))
    readers = frozenset(person for one in asked.values() for person in one.stewards)
    data = {"about": retirement.title, "due": retirement.due_at}
    yield Telling(NoticeKind.RETIREMENT_OPEN, readers, "retirement", retirement.id, data)


def _of_webhook(_: Work, record: Record) -> Iterable[Telling]:
    """Whose webhook is told nothing more is told so, unless it is a service client's."""
    told = record.after or {}
    if told["owner_kind"] == ActorKind.EMPLOYEE:
        data = {"about": f"the webhook {told['name']}", "why": told["disabled_reason"]}
        readers = frozenset({told["owner_id"]})
        yield Telling(NoticeKind.WEBHOOK_DISABLED, readers, "webhook", UUID(record.subject_id), data)


_REVIEWERS = frozenset({Role.BU_LIAISON, Role.COMMUNITY_MANAGER, Role.STRATEGIST})


def _touches(scope: Scope, place: Place, units: Mapping[UUID, BusinessUnit]) -> bool:
    """Does an appointment's scope lie above, at or below the place?"""
    if not place.path or scope.covers(place):
        return True
    unit = units.get(scope.business_unit_id) if scope.business_unit_id else None
    return unit is not None and place.path[-1] in unit.path


_CLEARANCES = {
    "clearance.submitted": NoticeKind.CLEARANCE_OPEN,
    "clearance.cleared": NoticeKind.CLEARANCE_CLEARED,
    "clearance.denied": NoticeKind.CLEARANCE_DENIED,
}
_MOVES = ("asked", "approved", "changes_requested", "denied", "expired", "revised", "rerouted")
_DERIVED: Mapping[str, Derive] = {
    **{f"{kind}.{what}": _of_request for kind in ("rights_request", "registration") for what in _MOVES},
    **{f"{kind}.blocked": _of_blocked for kind in ("rights_request", "registration")},
    **{f"grant.{what}": _of_grant for what in ("revoked", "suspended", "resumed", "review_due")},
    **dict.fromkeys(_CLEARANCES, _of_clearance),
    "retirement.opened": _of_retirement,
    "review.opened": _of_review,
    "account.orphaned": _of_orphan,
    "discovery.alarmed": _of_alarm,
    "directory.unusual_terminations": _of_terminations,
    "policy_version.published": _of_policy,
    "webhook.disabled": _of_webhook,
}


# --- what time gives cause for ----------------------------------------------------------------------------------------


def remind_overdue(work: Work, limit: int = 100) -> int:
    """Tell those who may decide an overdue step, the next level up among them; answers of how many steps somebody was."""
    late = [requests.request(work.session, id_, kind) for id_, kind in store.overdue(work.session, work.now, limit)]
    return sum(_remind(work, request, step) > 0 for request, step in approvals.open_steps(work, late))


def _remind(work: Work, request: Request, step: Standing) -> int:
    readers = step.people or _leaders(work)
    return give(work, _about(request, NoticeKind.STEP_OVERDUE, readers, due=request.due_at))


def tell_open(work: Work, limit: int = 100) -> int:
    """Tell those who have come to be able to decide since a step was opened (they were appointed, or somebody left, or
    the step was blocked); answers of how many steps somebody was told.
    """
    steps = approvals.open_steps(work, requests.live(work.session, work.now))
    told = store.told_of_steps(work.session, [one.id for one, _ in steps])
    done = 0
    for request, step in steps:
        readers = step.people - told.get((request.id, request.due_at), set())
        if step.state is StepState.OPEN and readers and done < limit:
            done += give(work, _about(request, NoticeKind.STEP_OPEN, readers, due=request.due_at)) > 0
    return done


def remind_ending(work: Work, limit: int = 100) -> int:
    """Tell people that a right of theirs ends soon; answers how many rights those are."""
    found = store.ending(work.session, work.now, limit)
    for id_, holder, account, right, ends in found:
        data = {"account_id": account, "rights": [right], "due": ends}
        give(work, Telling(NoticeKind.GRANT_ENDING, frozenset({holder}), "grant", id_, data, ends))
    return len(found)


def remind_attestations(work: Work, limit: int = 100) -> int:
    """Tell people who hold rights that a version waits to be accepted: when it takes effect, and before its grace is over.
    Answers how many were told.
    """
    done = 0
    for version in policies.in_force(work.session, work.now):
        if version.rules.get("attestation_required") and done < limit:
            late = version.attest_by is None or version.attest_by <= work.now + LATE_WITHIN
            kind = NoticeKind.ATTESTATION_LATE if late else NoticeKind.ATTESTATION_DUE
            done += _attestation(work, version, kind, limit - done)
    return done


def _attestation(work: Work, version: InForce, kind: NoticeKind, limit: int) -> int:
    holders = impact.holders(version.scope, work.now)
    readers = store.not_attested(work.session, holders, version.version_id, kind, limit)
    about = f"the policy {version.key}, version {version.n}"
    data = {"about": about, "policy_id": version.key, "n": version.n, "due": version.attest_by}
    return give(work, Telling(kind, frozenset(readers), "policy_version", version.version_id, data))


def remind_retirements(work: Work, limit: int = 100) -> int:
    """Tell the hub that the time to answer for accounts is over and some are left to it; answers of how many campaigns."""
    found = store.retirements_due(work.session, work.now, limit)
    return sum(_retirement_due(work, one) > 0 for one in found)


def _retirement_due(work: Work, id_: UUID) -> int:
    one, left = retirements.retirement(work.session, id_), retiring.left_to_hub(work, id_)
    readers = {person for place in {each.place for each in left} for person in _holding(work, place, *_HUB)}
    data = {"about": one.title, "left": len(left)}
    return give(work, Telling(NoticeKind.RETIREMENT_DUE, frozenset(readers), "retirement", id_, data, one.due_at))


def forget(work: Work, _limit: int) -> int:
    """Delete notices that were kept long enough; answers how many."""
    return store.forget(work.session, work.now)


# --- what people read and choose --------------------------------------------------------------------------------------


def notices(work: Work, page: Page) -> list[Notice]:
    """A page of the acting employee's own notices."""
    return store.page(work.session, page, work.me)


def in_words(work: Work, found: Sequence[Notice]) -> list[Told]:
    """Notices as people read them, with names as they are now; times are those of each reader's unit."""
    ids = {UUID(one.data[name]) for one in found for name in ("requester_id", "beneficiary_id") if name in one.data}
    people = directory.employees(work.session, ids | {one.employee_id for one in found})
    about = accounts.accounts(work.session, (UUID(one.data["account_id"]) for one in found if "account_id" in one.data))
    zones = directory.timezones(work.session, {one.business_unit_id for one in people.values()})
    names = {id_: one.display_name for id_, one in people.items()}
    called = {id_: f"{one.network}:{one.handle_written}" for id_, one in about.items()}
    return [rules.told(one, names, called, ZoneInfo(zones[people[one.employee_id].business_unit_id])) for one in found]


def preferences(work: Work) -> Preferences:
    """What the acting employee wants by e-mail."""
    return work.show(store.preferences(work.session, [work.me]).get(work.me, Preferences()))


def set_preferences(work: Work, email: Email, kinds: Mapping[NoticeKind, bool]) -> Preferences:
    """Choose what one gets by e-mail from now on; kinds that are not named are as they are for who never chose.

    What waits already is sent as it was to be, unless its kind or all mail is off by then.
    """
    directory.lock_employees(work.session, [work.me])
    before = preferences(work)
    work.match(before)
    if before.version and (before.email, dict(before.kinds)) == (email, dict(kinds)):
        return before
    after = store.save_preferences(work.session, work.me, work.now, email, kinds)
    subject = ("notification_settings", work.me)
    audit.record(work, "notification_settings.changed", subject, before=_told(before), after=_told(after))
    return work.show(after)


def _told(chosen: Preferences) -> dict[str, Any]:
    return {"email": chosen.email, "kinds": {str(kind): wanted for kind, wanted in sorted(chosen.kinds.items())}}
