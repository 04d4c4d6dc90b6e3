"""Carrying a request along its route: who may decide now, each person's word, and how it ends.

What a decision leads to (a grant, an approved account) is for ``requests`` and ``registrations``.
"""

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
from app.directory.rules import BusinessUnit
from app.governance.models import service as models
from app.governance.models.rules import MODELS, Model, Right, StepKind
from app.governance.reasons.rules import Reason
from app.governance.steps import rules as step_rules
from app.governance.steps.rules import Decision, Seats, Standing, Step, Verdict
from app.kernel.actor import Permission, Place
from app.kernel.database import advisory_lock
from app.kernel.errors import NotFound
from app.kernel.work import Personal, Work
from app.policies import rules as policy_rules
from app.policies import store as policy_store
from app.policies.attestations import store as attestations
from app.policies.rules import Limits, RiskTier
from app.policies.service import RULES_LOCK
from app.policies.typed import rules as typed
from app.programme.training import store as training
from app.programme.training.rules import valid_until
from app.roles import rules as role_rules
from app.roles import store as roles
from app.roles.rules import Appointment

from . import rules, store
from .rules import Request, RequestState


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a request stands on: its account, both units, and every appointment in force; ``near``: those of them that
    may cover either unit.
    """

    account: Account
    unit: BusinessUnit
    beneficiary_unit: BusinessUnit
    appointments: Sequence[Appointment]
    near: Sequence[Appointment]

    @property
    def seats(self) -> Seats:
        """Who may decide each kind of step here."""
        there, theirs = self.account.place, Place(self.beneficiary_unit.path)
        return {
            kind: role_rules.slots(self.near, role, theirs if kind is StepKind.BENEFICIARY_LIAISON else there)
            for kind, role in step_rules.ROLE_OF.items()
        }

    @property
    def liaisons(self) -> int:
        """How many liaisons cover the account's unit."""
        return len({slot.holder_id for slot in self.seats[StepKind.ACCOUNT_LIAISON]})


def outdated(work: Work, found: Sequence[Request]) -> set[UUID]:
    """Which of these are pending on a route that is no more the one to take (by id).

    The model in force may be another (a switch dated ahead has begun, a unit was moved), or the same one asks for other
    steps: another risk tier, unit or policy, a beneficiary who moved, a unit short of liaisons. Where nothing is asked
    for any more the old route stays.
    """
    pending = [one for one in found if one.state_at(work.now) is RequestState.PENDING]
    grounds = grounds_for(work, pending)
    settings = models.settings(work, [on.account.path for on in grounds.values()])
    in_force = policy_store.in_force(work.session, work.now) if pending else []
    stale = set()
    for one in pending:
        on = grounds[one.id]
        setting = settings[on.account.path]
        limits = policy_rules.combine(policy_rules.in_scope(in_force, on.account.place))
        steps = _steps_now(work, one, on, MODELS[setting.model], limits)
        if setting.id != one.setting_id or steps not in ((), one.steps):
            stale.add(one.id)
    return stale


def _steps_now(work: Work, request: Request, on: Grounds, model: Model, limits: Limits) -> tuple[Step, ...]:
    rights = request.rights if request.kind is rules.RequestKind.RIGHTS else None
    # What they owe only matters where nobody would be asked if they owed nothing; elsewhere it is not looked up.
    asks_nobody = rights is not None and model.automatic.issuperset(rights)
    done = current(work, request.beneficiary_id, limits) if asks_nobody else True
    return steps_of(model, rights, on, limits, current=done)


def steps_of(
    model: Model,
    rights: Sequence[Right] | None,
    on: Grounds,
    limits: Limits,
    *,
    revoked_before: bool = False,
    current: bool = True,
) -> tuple[Step, ...]:
    """The base route of a request for these rights, or of a registration (None), on these grounds."""
    return rules.route(
        model,
        rights=rights,
        high_risk=on.account.risk is RiskTier.HIGH,
        other_unit=on.beneficiary_unit.id != on.unit.id,
        liaisons=on.liaisons,
        min_approvals=(limits["min_approvals"] or {}).get(on.account.risk, 0),
        revoked_before=revoked_before,
        current=current,
    )


def current(work: Work, person_id: UUID, limits: Limits) -> bool:
    """Has somebody done all that policy asks of people there by now? An attestation may be missing while its grace lasts."""
    due = {one.version_id for one in limits.attestations if one.by is None or one.by <= work.now}
    if due - attestations.attested(work.session, person_id, due):
        return False
    asked = typed.courses(limits["required_training"] or ())
    done = training.learnt(work.session, person_id, asked)
    ends = (valid_until(one.at, one.valid_for_days, asked[course]) for course, one in done.items())
    return len(done) == len(asked) and all(one is None or one > work.now for one in ends)


def check_not_refused(request: Request) -> None:
    """A request that catching up with the model has just ended takes no decision; that it ended is kept."""
    if request.caught_up and request.state is RequestState.DENIED:
        error = step_rules.NotPending("The model now in force refuses this request; it is denied.")
        error.keeps = True
        raise error


def refused_by_model(refusals: Sequence[Reason]) -> str:
    """Why a new model ends a request, for the record."""
    return f"Refused by the model now in force: {' '.join(one.message for one in refusals)}"


def hold_rules(work: Work) -> None:
    """Model and policies stay as they are until this transaction ends."""
    advisory_lock(work.session, RULES_LOCK, shared=True)


def grounds(work: Work, account: Account, beneficiary_unit_id: UUID) -> Grounds:
    """What a request on this account, for someone of this unit, stands on now."""
    return grounds_of(work, [(account, beneficiary_unit_id)])[0]


def grounds_of(work: Work, cases: Sequence[tuple[Account, UUID]]) -> list[Grounds]:
    """The same for many, in as many statements as for one."""
    ids = {id_ for account, unit_id in cases for id_ in (account.business_unit_id, unit_id)}
    units = directory.units(work.session, ids)
    appointments = roles.in_force(work.session, work.now)
    by_unit: dict[UUID | None, list[Appointment]] = {}  # else each of many would be compared with each of many
    for one in appointments:
        by_unit.setdefault(one.scope.business_unit_id, []).append(one)
    found = []
    for account, unit_id in cases:
        there = {None, *account.path, *units[unit_id].path}
        near = [one for id_ in there for one in by_unit.get(id_, ())]
        found.append(Grounds(account, units[account.business_unit_id], units[unit_id], appointments, near))
    return found


def grounds_for(work: Work, requests: Sequence[Request]) -> dict[UUID, Grounds]:
    """The grounds of requests, by request id."""
    found = accounts.accounts(work.session, {one.account_id for one in requests})
    people = directory.employees(work.session, {one.beneficiary_id for one in requests})
    cases = [(found[one.account_id], people[one.beneficiary_id].business_unit_id) for one in requests]
    return dict(zip((one.id for one in requests), grounds_of(work, cases), strict=True)) if requests else {}


def standing(work: Work, request: Request, on: Grounds) -> tuple[Standing, ...]:
    """Where each step of a request stands now."""
    if request.state_at(work.now) is RequestState.PENDING:
        return step_rules.standing(request.matter, on.seats, work.now)
    return step_rules.history(request.matter)


def due(work: Work, unit: BusinessUnit, limits: Limits) -> datetime:
    """By when a step that opens now is to be decided, in the unit's working days."""
    return step_rules.working_days_after(work.now, limits["step_due_working_days"], ZoneInfo(unit.timezone))


def open_request(work: Work, steps: Sequence[Step], limits: Limits, on: Grounds, members: Mapping[str, Any]) -> Request:
    """Put a request on its route; with no step it is granted as it is made."""
    ended = None if steps else work.now
    request = store.add(
        work.session,
        work.now,
        {
            **members,
            "steps": tuple(steps),
            "state": RequestState.PENDING if steps else RequestState.GRANTED,
            "ended_at": ended,
            "due_at": due(work, on.unit, limits) if steps else None,
            "expires_at": work.now + timedelta(days=limits["pending_expires_after_days"]),
            "policy_versions": limits.versions,
        },
    )
    record(work, request, "asked", after=told(request))
    return request


def visible(work: Work, request: Request, on: Grounds) -> bool:
    """May the actor see it? Requester, beneficiary, who may decide, liaisons of both units, CoE members, auditor."""
    me, matter = work.actor.employee_id, request.matter
    if me in matter.own or any(me in (one.decided_by, one.principal_id) for one in matter.decisions):
        return True
    if any(
        work.actor.may(Permission.RIGHTS_REQUEST_READ, place) for place in (on.account.place, on.beneficiary_unit.place)
    ):
        return True
    return any(me in step.people for step in standing(work, request, on))


def decide(
    work: Work, request: Request, limits: Limits, verdict: Verdict, comment: str | None
) -> tuple[Request, Grounds]:
    """Give one's word on the open step. Answers the request afterwards and what it stands on.

    People are held before the request, in every transaction, so that a leaver's and an approver's cannot wait for each
    other; what they may do is read after that. Raises ``NotFound``, ``NotPending``, ``SelfApproval``, ``AlreadyDecided``,
    ``NotTheApprover``.
    """
    directory.lock_employees(work.session, _people_behind(work, request), shared=True)
    request = store.lock_request(work.session, request.id)
    on = grounds_for(work, [request])[request.id]
    # That an account waits for its registration is open to all: there a refusal says so, and not that nothing is there.
    if request.kind is rules.RequestKind.RIGHTS and not visible(work, request, on):
        raise NotFound(f"There is no request {request.id}.")
    if request.kind is rules.RequestKind.RIGHTS:  # a registration is shown with its account, whose ETag that is
        work.match(request)
    if request.state_at(work.now) is not RequestState.PENDING:
        raise step_rules.NotPending(
            f"The request is {request.state_at(work.now).replace('_', ' ')}; it takes no decision."
        )
    steps = standing(work, request, on)
    step, principal = step_rules.seat_of(request.matter, steps, on.seats, work.me)
    word = Decision(step.kind, verdict, work.me, principal, comment, work.now)
    word_id = store.add_decision(work.session, request, word)
    after = _advance(work, request, word, steps, on, limits)
    record(
        work, after, _DONE[verdict], before={"state": request.state}, reason=comment,
        after={
            "state": after.state, "step": step.kind, "passed": after.passed, "round": request.round,
            "decision_id": word_id, "due_at": after.due_at, "ended_at": after.ended_at,
        },
        on_behalf_of=principal if principal != work.me else None,
    )  # fmt: skip
    return after, on


def _people_behind(work: Work, request: Request) -> set[UUID]:
    """Everybody whose standing this decision relies on: the parties, the actor, those they sit for, those who decided."""
    _, deputy_of = roles.held_by(work.session, work.me, work.now)
    decided = {person for one in request.decisions for person in (one.decided_by, one.principal_id)}
    return {work.me, *request.matter.own, *(one.employee_id for one in deputy_of), *decided}


_DONE = {Verdict.APPROVE: "approved", Verdict.DENY: "denied", Verdict.REQUEST_CHANGES: "changes_requested"}


def _advance(
    work: Work, request: Request, word: Decision, steps: Sequence[Standing], on: Grounds, limits: Limits
) -> Request:
    if word.decision is Verdict.DENY:
        return store.save(work.session, request.id, work.now, {"state": RequestState.DENIED, "ended_at": work.now})
    if word.decision is Verdict.REQUEST_CHANGES:
        return store.save(work.session, request.id, work.now, {"state": RequestState.CHANGES_REQUESTED, "due_at": None})
    matter = step_rules.with_decision(request.matter, word)
    passed = step_rules.passed_after(matter, steps, on.seats)
    changes: dict[str, Any] = {"passed": passed}
    if step_rules.complete(matter, passed):
        changes |= {"state": RequestState.GRANTED, "ended_at": work.now, "due_at": None}
    elif passed != request.passed:
        changes["due_at"] = due(work, on.unit, limits)
    return store.save(work.session, request.id, work.now, changes)


def end(work: Work, request: Request, state: RequestState, reason: str | None = None) -> Request:
    """End a request without a decision on its step (withdrawn, or refused by a new model)."""
    after = store.save(work.session, request.id, work.now, {"state": state, "ended_at": work.now, "due_at": None})
    ended = {"state": state, "due_at": after.due_at, "ended_at": after.ended_at}
    record(work, after, str(state), before={"state": request.state}, after=ended, reason=reason)
    return after


def restart(work: Work, request: Request, limits: Limits, on: Grounds, changes: Mapping[str, Any], why: str) -> Request:
    """Send a request on its route anew, every decision reset (they stay in the record, under the old round)."""
    steps: tuple[Step, ...] = changes["steps"]
    fresh = {
        **changes,
        "round": request.round + 1,
        "passed": (),
        "state": RequestState.PENDING if steps else RequestState.GRANTED,
        "ended_at": None if steps else work.now,
        "due_at": due(work, on.unit, limits) if steps else None,
        "expires_at": work.now + timedelta(days=limits["pending_expires_after_days"]),
        "policy_versions": limits.versions,
    }
    if request.caught_up:  # it has waited all the while, and is shown so: a step that is overdue does not begin anew
        fresh |= {"due_at": request.due_at, "expires_at": request.expires_at}
    after = store.save(work.session, request.id, work.now, fresh)
    record(work, after, why, before=told(request), after=told(after))
    return after


def record(work: Work, request: Request, what: str, **members: Any) -> None:
    """One audit event about a request, named after its kind. Its words are its requester's, whoever acts."""
    kind = "rights_request" if request.kind is rules.RequestKind.RIGHTS else "registration"
    audit.record(work, f"{kind}.{what}", (kind, request.id), person_id=request.requester_id, **members)


def told(request: Request) -> dict[str, Any]:
    """A request as the audit log tells it; the justification is its author's own words."""
    names = (
        "account_id",
        "requester_id",
        "beneficiary_id",
        "rights",
        "campaign_id",
        "starts_at",
        "until",
        "state",
        "model",
        "setting_id",
        "passed",
        "round",
        "notes",
        "policy_versions",
        "due_at",
        "expires_at",
        "ended_at",
    )
    plain = {name: getattr(request, name) for name in names}
    steps = [f"{step.kind}:{step.needed}" for step in request.steps]
    return {**plain, "steps": steps, "justification": Personal(request.justification)}
