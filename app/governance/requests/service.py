"""Asking for posting rights, deciding about them, and what is granted in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts import store as accounts
from app.directory import store as directory
from app.directory.rules import Employee
from app.governance.grants import rules as grant_rules
from app.governance.grants import service as grants
from app.governance.grants import store as grant_store
from app.governance.grants.rules import Approver, Grant, GrantState
from app.governance.models import service as models
from app.governance.models.rules import MODELS, Model, Right, Setting
from app.governance.reasons.rules import NoLongerAllowed, Reason, RequestRefused, refuse
from app.governance.routing import rules as routing_rules
from app.governance.routing import service as routing
from app.governance.routing import store
from app.governance.routing.rules import Request, RequestKind, RequestState
from app.governance.routing.service import Grounds
from app.governance.steps import rules as step_rules
from app.governance.steps.rules import Standing, Step, Verdict
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden, NotFound
from app.kernel.pages import Page
from app.kernel.work import Work
from app.policies import service as policies
from app.policies.rules import Limits
from app.roles.rules import Role, coe_member

from . import rules


@dataclass(frozen=True, slots=True)
class Ask:
    """What someone asks: which rights on which account, for whom, why, until when; for which campaign, and since when."""

    account_id: UUID
    rights: tuple[Right, ...]
    justification: str
    beneficiary_id: UUID | None = None
    until: datetime | None = None
    campaign_id: UUID | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of an ask: every reason against it, else the route it would take."""

    beneficiary: Employee
    on: Grounds
    setting: Setting
    limits: Limits
    verdict: rules.Verdict
    steps: tuple[Step, ...]
    notes: tuple[str, ...]

    @property
    def model(self) -> Model:
        return MODELS[self.setting.model]


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as it is shown: with its steps as they stand now and the grants that came out of it."""

    request: Request
    state: RequestState
    steps: tuple[Standing, ...]
    grants: tuple[Grant, ...]
    advice: tuple[Any, ...] = ()


def plan(work: Work, ask: Ask, requester_id: UUID) -> Plan:
    """Work out an ask without doing anything. Raises ``NotFound`` for an account or person that is not there."""
    account = accounts.account(work.session, ask.account_id)
    beneficiary = directory.employee(work.session, ask.beneficiary_id or requester_id)
    on = routing.grounds(work, account, beneficiary.business_unit_id)
    setting = models.setting(work, account.path)
    limits = policies.limits(work, account.place)
    model = MODELS[setting.model]
    had = grant_store.of_pair(work.session, beneficiary.id, account.id)
    verdict = rules.judge(_asking(work, ask, requester_id, on, model, limits, beneficiary, had), work.now)
    taken = any(rules.taken_away(one, ask.rights, work.now) for one in had)
    current = routing.current(work, beneficiary.id, limits)
    steps = routing.steps_of(model, ask.rights, on, limits, revoked_before=taken, current=current)
    return Plan(beneficiary, on, setting, limits, verdict, steps, rules.notes(model, on.unit.name, on.liaisons))


def _asking(
    work: Work,
    ask: Ask,
    requester_id: UUID,
    on: Grounds,
    model: Model,
    limits: Limits,
    person: Employee,
    had: Sequence[Grant],
) -> rules.Asking:
    mine = [one for one in on.appointments if one.employee_id == requester_id]
    theirs = [one for one in on.appointments if one.employee_id == person.id]
    others = [one for one in grant_store.open_on_account(work.session, ask.account_id) if one.employee_id != person.id]
    paused = [one.right for one in had if one.state_at(work.now) is GrantState.SUSPENDED and one.right in ask.rights]
    return rules.Asking(
        rights=ask.rights,
        until=ask.until,
        for_self=person.id == requester_id,
        liaison_of_beneficiary=any(
            one.role is Role.BU_LIAISON and one.scope.covers(on.beneficiary_unit.place) for one in mine
        ),
        beneficiary=person,
        beneficiary_in_coe=coe_member(theirs),
        account=on.account,
        model=model,
        limits=limits,
        other_publishers=grant_rules.publishers(others, work.now),
        suspended=tuple(paused),
    )


def preview(work: Work, ask: Ask) -> Plan:
    """What would become of an ask, changing nothing."""
    check_asker(work, ask.beneficiary_id)
    return plan(work, ask, work.me)


def foreseen(work: Work, planned: Plan) -> tuple[Standing, ...]:
    """The steps of a plan as they would stand at once."""
    due = routing.due(work, planned.on.unit, planned.limits)
    matter = step_rules.Matter(work.me, planned.beneficiary.id, planned.steps, due_at=due)
    return step_rules.standing(matter, planned.on.seats, work.now)


def check_asker(work: Work, beneficiary_id: UUID | None) -> None:
    """May this actor ask for this person (None: themselves) at all? The model narrows it further, with reasons."""
    person = directory.employee(work.session, beneficiary_id or work.me)
    place = directory.unit(work.session, person.business_unit_id).place
    work.actor.require(Permission.RIGHTS_REQUEST_CREATE, place, own=person.id == work.me)


def ask(work: Work, ask: Ask) -> Shown:
    """Make a request.

    Raises ``RequestRefused`` with every reason, ``AlreadyRequested``, ``TooManyOpen``, ``Forbidden``, ``NotFound``.
    """
    routing.hold_rules(work)
    check_asker(work, ask.beneficiary_id)
    directory.lock_employees(work.session, {work.me, ask.beneficiary_id or work.me}, shared=True)
    planned = _plan_alone(work, ask, work.me)
    refuse(RequestRefused, planned.verdict.refusals)
    _check_not_pending(work, planned.beneficiary.id, ask)
    rules.check_room(store.count_live(work.session, work.now, RequestKind.RIGHTS, work.me))
    members = {
        "kind": RequestKind.RIGHTS,
        "account_id": ask.account_id,
        "requester_id": work.me,
        "beneficiary_id": planned.beneficiary.id,
        "rights": ask.rights,
        "justification": ask.justification,
        "campaign_id": ask.campaign_id,
        "starts_at": ask.starts_at,
        "until": ask.until,
        "model": planned.setting.model,
        "setting_id": planned.setting.id,
        "notes": planned.notes,
    }
    request = routing.open_request(work, planned.steps, planned.limits, planned.on, members)
    if request.state is RequestState.GRANTED:
        _grant(work, request, planned)
    return show(work, request, planned.on, planned.verdict.advice)


def _plan_alone(work: Work, ask: Ask, requester_id: UUID) -> Plan:
    """Work out an ask with the account held: until the transaction ends nobody else asks for, gets or loses a right on it.

    Else a right could be revoked after it was looked at and before it is granted anew.
    """
    accounts.lock_account(work.session, ask.account_id)
    return plan(work, ask, requester_id)


def _check_not_pending(work: Work, beneficiary_id: UUID, ask: Ask, but: UUID | None = None) -> None:
    waiting = store.live(
        work.session, work.now, RequestKind.RIGHTS, beneficiary_id=beneficiary_id, account_id=ask.account_id
    )
    for one in waiting:
        if one.id == but or not set(one.rights) & set(ask.rights):
            continue
        if _caught_up(work, one).ended_at is None:
            raise rules.AlreadyRequested(f"The request {one.id} asks for this already and waits for a decision.")


def _grant(work: Work, request: Request, planned: Plan) -> list[Grant]:
    """Issue what was asked. Everything that was judged when it was asked is judged again now."""
    refuse(NoLongerAllowed, planned.verdict.refusals)
    account = planned.on.account
    theirs = [one.valid_until for one in planned.on.appointments if one.employee_id == request.beneficiary_id]
    ends = None if None in theirs else max((one for one in theirs if one), default=None)  # one without end: no end
    award = grants.Award(
        employee_id=request.beneficiary_id,
        account=account,
        rights=request.rights,
        request_id=request.id,
        until=grant_rules.valid_until(planned.model, planned.limits, request.until, ends, work.now),
        model=planned.model,
        limits=planned.limits,
        approvers=[
            Approver(one.kind, one.decided_by, one.principal_id if one.principal_id != one.decided_by else None, one.at)
            for one in request.decisions
            if one.decision is Verdict.APPROVE
        ],
        starts_at=request.starts_at,
    )
    return grants.issue(work, award)


def decide(work: Work, id_: UUID, verdict: Verdict, comment: str | None) -> Shown:
    """Give one's word on the open step of a request; the last approval grants.

    Raises ``NotFound``, ``NotPending``, ``SelfApproval``, ``NotTheApprover``, ``AlreadyDecided``, ``NoLongerAllowed``.
    """
    routing.hold_rules(work)
    request = _caught_up(work, store.request(work.session, id_, RequestKind.RIGHTS))
    if request.caught_up and not routing.visible(work, request, routing.grounds_for(work, [request])[id_]):
        raise NotFound(f"There is no request {id_}.")
    routing.check_not_refused(request)
    limits = policies.limits(work, accounts.account(work.session, request.account_id).place)
    after, on = routing.decide(work, request, limits, verdict, comment)
    if after.state is RequestState.GRANTED:
        _grant(work, after, _plan_alone(work, _ask_of(after), after.requester_id))
    return show(work, after, on)


def _ask_of(request: Request) -> Ask:
    why, when = request.justification or "", (request.until, request.campaign_id, request.starts_at)
    return Ask(request.account_id, request.rights, why, request.beneficiary_id, *when)


def withdraw(work: Work, id_: UUID, why: str | None = None) -> Shown:
    """Take one's request back. Raises ``NotFound``, ``NotPending``, ``Forbidden``."""
    request, on = _own(work, id_)
    return show(work, routing.end(work, request, RequestState.WITHDRAWN, why), on)


def revise(work: Work, id_: UUID, changes: Mapping[str, Any]) -> Shown:
    """Change one's request: it is pending again on a fresh route, every decision reset. Raises as ``ask``."""
    routing.hold_rules(work)
    request, _ = _own(work, id_)
    was = _ask_of(request)
    wanted = replace(
        was,
        rights=tuple(changes.get("rights") or was.rights),
        justification=changes.get("justification") or was.justification,
        until=changes.get("until", was.until),
    )
    rules.check_of_campaign(request, wanted.rights, wanted.until)
    planned = _plan_alone(work, wanted, request.requester_id)
    refuse(RequestRefused, planned.verdict.refusals)
    _check_not_pending(work, request.beneficiary_id, wanted, but=request.id)
    fresh = {
        "rights": wanted.rights, "justification": wanted.justification, "until": wanted.until, "steps": planned.steps,
        "notes": planned.notes, "model": planned.setting.model, "setting_id": planned.setting.id,
    }  # fmt: skip
    after = routing.restart(work, request, planned.limits, planned.on, fresh, "revised")
    if after.state is RequestState.GRANTED:
        _grant(work, after, planned)
    return show(work, after, planned.on, planned.verdict.advice)


def _own(work: Work, id_: UUID) -> tuple[Request, Grounds]:
    """A living request of the actor's, held until the transaction ends."""
    request = store.request(work.session, id_, RequestKind.RIGHTS)
    directory.lock_employees(work.session, request.matter.own, shared=True)
    request = store.lock_request(work.session, request.id)
    on = routing.grounds_for(work, [request])[request.id]
    if not routing.visible(work, request, on):
        raise NotFound(f"There is no request {id_}.")
    work.match(request)
    if request.requester_id != work.me:
        raise Forbidden("Only whoever made a request changes it or takes it back.")
    state = request.state_at(work.now)
    if state not in routing_rules.LIVE:
        raise step_rules.NotPending(f"The request is {state}; make a new one.")
    return request, on


def request(work: Work, id_: UUID) -> Shown:
    """One request that the actor may see."""
    (found,) = as_routed_now(work, [store.request(work.session, id_, RequestKind.RIGHTS)])
    on = routing.grounds_for(work, [found])[found.id]
    if not routing.visible(work, found, on):
        raise NotFound(f"There is no request {id_}.")
    return show(work, found, on)


def requests(work: Work, page: Page, filters: Mapping[str, Any]) -> list[Shown]:
    """A page of the requests that the actor may see."""
    scopes = work.actor.scopes(Permission.RIGHTS_REQUEST_READ)
    seen = None
    if scopes is not None:
        seen = store.seen_by(work.actor.employee_id, accounts.ids_in(scopes), directory.employee_ids_in(scopes))
    return show_all(work, as_routed_now(work, store.page(work.session, page, work.now, filters, seen)))


def show(work: Work, request: Request, on: Grounds, advice: Sequence[Any] = ()) -> Shown:
    """A request with its steps and grants; its version becomes the reply's ETag."""
    work.show(request)
    came = tuple(grant_store.of_requests(work.session, [request.id]).get(request.id, ()))
    return Shown(request, request.state_at(work.now), routing.standing(work, request, on), came, tuple(advice))


def show_all(work: Work, found: Sequence[Request]) -> list[Shown]:
    """Many requests, in as many statements as one."""
    on = routing.grounds_for(work, found)
    came = grant_store.of_requests(work.session, [one.id for one in found])
    return [
        Shown(one, one.state_at(work.now), routing.standing(work, one, on[one.id]), tuple(came.get(one.id, ())))
        for one in found
    ]


def renew(work: Work, grant_id: UUID, justification: str, until: datetime | None) -> Shown:
    """Ask anew for a right that one holds or held: a request like any other. Raises as ``ask``, and ``GrantSuspended``."""
    old = grants.grant(work, grant_id)
    work.actor.require(Permission.GRANT_RENEW, own=old.employee_id == work.me)
    return ask(work, Ask(old.account_id, (old.right,), justification, None, until))


def reroute(work: Work, request: Request) -> Request:
    """Bring a pending request under the model now in force: decisions are reset; where the new model has no step the
    old route stays; what it would refuse ends denied, with the reasons."""
    planned = plan(work, _ask_of(request), request.requester_id)
    if planned.verdict.refusals:
        return routing.end(work, request, RequestState.DENIED, routing.refused_by_model(planned.verdict.refusals))
    return routing.restart(work, request, planned.limits, planned.on, _fresh(planned, request), "rerouted")


def _fresh(planned: Plan, request: Request) -> dict[str, Any]:
    return {
        "model": planned.setting.model,
        "setting_id": planned.setting.id,
        "notes": planned.notes,
        "steps": planned.steps or request.steps,
    }


def as_routed_now(work: Work, found: Sequence[Request]) -> list[Request]:
    """Requests as the model now in force routes them, where that changed unseen: a switch dated ahead has begun, or a
    unit was moved. What is seen is what the next decision will write."""
    stale = routing.outdated(work, found)
    return [if_rerouted(work, one)[0] if one.id in stale else one for one in found]


def if_rerouted(work: Work, request: Request) -> tuple[Request, tuple[Reason, ...]]:
    """What ``reroute`` would make of a pending request, and why it would refuse it, if it would; nothing is written."""
    planned = plan(work, _ask_of(request), request.requester_id)
    if planned.verdict.refusals:
        return replace(request, state=RequestState.DENIED), planned.verdict.refusals
    return replace(request, passed=(), decisions=(), **_fresh(planned, request)), ()


def _caught_up(work: Work, request: Request) -> Request:
    """The same, written down before it is acted upon."""
    if not routing.outdated(work, [request]):
        return request
    directory.lock_employees(work.session, {*request.matter.own, work.me}, shared=True)
    held = store.lock_request(work.session, request.id)
    if not routing.outdated(work, [held]):
        return held
    return replace(reroute(work, replace(held, caught_up=True)), caught_up=True)


def expire(work: Work, limit: int = 500) -> int:
    """Write down which rights requests nobody decided in time, each once; answers how many there were."""
    found = store.lock_lapsed(work.session, work.now, RequestKind.RIGHTS, limit)
    for one in found:
        routing.end(work, one, RequestState.EXPIRED, "nobody decided it in time")
    return len(found)


def leave(work: Work, employee_id: UUID) -> int:
    """Someone has left: what they asked for or were to receive ends as withdrawn. Answers how many."""
    found = store.live_of_person(work.session, work.now, employee_id)
    for one in found:
        held = store.lock_request(work.session, one.id)
        if held.ended_at is None:
            routing.end(work, held, RequestState.WITHDRAWN, "the requester or the beneficiary has left")
    return len(found)
