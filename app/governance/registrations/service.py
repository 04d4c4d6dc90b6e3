"""Registering accounts: proposed by whom the model lets, decided on the model's route."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import NEVER_OURS, SOURCE_FOUND, Account, AccountExists, AccountState
from app.audit import service as audit
from app.directory import store as directory
from app.directory.rules import check_open
from app.governance.models import service as models
from app.governance.models.rules import MODELS, Setting
from app.governance.reasons.rules import Reason, RequestRefused, refuse
from app.governance.requests import service as requests
from app.governance.routing import rules as routing_rules
from app.governance.routing import service as routing
from app.governance.routing import store
from app.governance.routing.rules import Request, RequestKind, RequestState
from app.governance.routing.service import Grounds
from app.governance.steps import rules as step_rules
from app.governance.steps.rules import Standing, Verdict
from app.kernel.database import advisory_lock
from app.kernel.errors import Forbidden
from app.kernel.work import Work
from app.networks import rules as network_rules
from app.networks import store as networks
from app.policies import service as policies
from app.policies.rules import Limits
from app.policies.service import RULES_LOCK
from app.roles.rules import Role, coe_member

from . import rules

SIMILAR = 10


@dataclass(frozen=True, slots=True)
class Registered:
    """An account with its registration, as it stands now, and what should give a proposer pause."""

    shown: accounts.Shown
    request: Request | None
    state: RequestState | None
    steps: tuple[Standing, ...]
    near_duplicates: tuple[Account, ...]
    idle_nearby: tuple[Account, ...]
    advice: tuple[Reason, ...] = ()


_FOUND_AGAIN = {
    "state": AccountState.DISCOVERED, "steward_id": None, "backup_steward_id": None, "proposed_by": None,
}  # fmt: skip
_AFTER = {
    RequestState.GRANTED: AccountState.APPROVED,
    RequestState.DENIED: AccountState.DENIED,
    RequestState.WITHDRAWN: AccountState.WITHDRAWN,
    RequestState.EXPIRED: AccountState.WITHDRAWN,
    RequestState.CHANGES_REQUESTED: AccountState.CHANGES_REQUESTED,
    RequestState.PENDING: AccountState.PROPOSED,
}


def propose(work: Work, values: Mapping[str, Any]) -> Registered:
    """Propose an account. Raises ``RequestRefused``, ``AccountExists``, ``BadHandle``, ``NotFound``, ``Invalid``."""
    routing.hold_rules(work)
    account = _entered(work, _described(work, values))
    if values.get("tools") is not None:
        account = accounts.use_tools(work, account, values["tools"])
    on = routing.grounds(work, account, directory.employee(work.session, work.me).business_unit_id)
    setting, limits = models.setting(work, account.path), policies.limits(work, account.place)
    refusals, advice = rules.judge(_proposing(work.me, on, setting, limits))
    refuse(RequestRefused, refusals)
    request = routing.open_request(
        work, routing.steps_of(MODELS[setting.model], None, on, limits), limits, on,
        {
            "kind": RequestKind.REGISTRATION, "account_id": account.id, "requester_id": work.me, "beneficiary_id": work.me,
            "rights": (), "justification": values.get("purpose"), "until": None, "model": setting.model,
            "setting_id": setting.id, "notes": (),
        },
    )  # fmt: skip
    account = _follow(work, account, request)
    return _registered(work, account, request, on, advice)


def _entered(work: Work, members: Mapping[str, Any]) -> Account:
    """The proposal in the register; an account that was found and that nobody holds is taken over by it.

    Raises ``AccountExists``.
    """
    there = account_store.registered(work.session, members["network"], members["handle"])
    if there is not None and _lapsed(work, there):
        there = account_store.registered(work.session, there.network, there.handle)
    if there is None:
        made = account_store.add(work.session, work.now, members)
        audit.record(work, "account.proposed", ("account", made.id), after=accounts.told(made))
        return made
    directory.lock_employees(work.session, {work.me, members["steward_id"]}, shared=True)  # people before accounts
    held = account_store.lock_account(work.session, there.id)
    if held.state is not AccountState.DISCOVERED:
        raise AccountExists(f"{held.network}:{held.handle} is registered already; it is {held.state}.")
    said = {name: value for name, value in members.items() if value is not None and name != "source"}
    return accounts.change(work, held, said, "account.proposed")


def _described(work: Work, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a proposal: its handle in one form, its unit open, its custodians active."""
    unit = directory.unit(work.session, values["business_unit_id"])
    check_open(unit)
    network = networks.network(work.session, values["network"])
    others = networks.networks(work.session)
    named = network_rules.canonical(network, values["handle"], values.get("url"), others=others)
    steward = values.get("steward_id") or work.me
    accounts.check_people(work, {**values, "steward_id": steward})
    return {
        **{name: value for name, value in values.items() if name != "tools"},
        "network": network.key, "handle": named.canonical, "handle_written": named.written, "url": named.url,
        "skeleton": named.skeleton, "steward_id": steward, "state": AccountState.PROPOSED, "source": "proposal",
        "proposed_by": work.me,
        "look_alike_of": account_store.look_alike(work.session, network.key, named.skeleton, named.canonical),
    }  # fmt: skip


def _lapsed(work: Work, there: Account) -> bool:
    """Was it a proposal whose time is over? Then it ends here, so that its handle is free again."""
    request = store.latest_registration(work.session, there.id)
    if there.state not in _PROPOSAL or request is None or request.state_at(work.now) is not RequestState.EXPIRED:
        return False
    _close(work, request, RequestState.EXPIRED, "nobody decided it in time")
    return True


def _close(work: Work, request: Request, state: RequestState, reason: str) -> None:
    held = store.lock_request(work.session, request.id)
    after = held if held.ended_at else routing.end(work, held, state, reason)
    _follow(work, account_store.lock_account(work.session, held.account_id), after)


def expire(work: Work, limit: int = 500) -> int:
    """Write down which proposals nobody decided in time, each once, so that their handles are free; answers how many.

    The rules are held, as by whoever decides: else a change of unit could hold the account and wait for the request.
    """
    routing.hold_rules(work)
    found = store.lock_lapsed(work.session, work.now, RequestKind.REGISTRATION, limit)
    for one in found:
        _close(work, one, RequestState.EXPIRED, "nobody decided it in time")
    return len(found)


def leave(work: Work, employee_id: UUID) -> int:
    """Someone has left: what they proposed is withdrawn, and its handles are free again. Answers how many."""
    found = store.live_of_person(work.session, work.now, employee_id)
    mine = [one for one in found if one.kind is RequestKind.REGISTRATION]
    for one in mine:
        _close(work, one, RequestState.WITHDRAWN, "whoever proposed it has left")
    return len(mine)


def _proposing(proposer_id: UUID, on: Grounds, setting: Setting, limits: Limits) -> rules.Proposing:
    mine = [one for one in on.appointments if one.employee_id == proposer_id]
    liaison = any(one.role is Role.BU_LIAISON and one.scope.covers(on.account.place) for one in mine)
    return rules.Proposing(
        MODELS[setting.model], limits, on.account.network, liaison, coe_member(mine), len(on.account.stewards)
    )


def _follow(work: Work, account: Account, request: Request) -> Account:
    """The account's state follows its registration's; what was found stays found, if it comes to nothing."""
    wanted = _AFTER[request.state]
    if wanted in NEVER_OURS and account.source == SOURCE_FOUND:
        return accounts.change(work, account, _FOUND_AGAIN, "account.discovered")
    if account.state is wanted:
        return account
    return accounts.change(work, account, {"state": wanted}, f"account.{wanted}")


def registration(work: Work, account_id: UUID) -> Registered:
    """An account, which is open to all, with its registration, if it has one that the actor may see."""
    account = account_store.account(work.session, account_id)
    request = store.latest_registration(work.session, account_id)
    work.show(account)
    if request is not None:
        (request,) = as_routed_now(work, [request])
        on = routing.grounds_for(work, [request])[request.id]
        if routing.visible(work, request, on):
            return _registered(work, account, request, on)
    return Registered(accounts.show(work, account), None, None, (), (), ())


def decide(work: Work, account_id: UUID, verdict: Verdict, comment: str | None) -> Registered:
    """Give one's word on the open step of a registration. Raises as ``requests.decide``."""
    routing.hold_rules(work)
    account = account_store.account(work.session, account_id)
    request = _caught_up(work, _of(work, account))
    routing.check_not_refused(request)
    after, on = routing.decide(work, request, policies.limits(work, account.place), verdict, comment)
    account = account_store.lock_account(work.session, account_id)
    work.match(account)
    followed = _follow(work, account, after)
    if followed is account:  # its registration has moved on, and is shown with it: another ETag
        followed = account_store.save(work.session, account_id, work.now, {})
    return _registered(work, followed, after, on)


def _of(work: Work, account: Account) -> Request:
    request = store.latest_registration(work.session, account.id)
    if request is None:
        raise step_rules.NotPending("This account came by inventory; there is no registration to decide.")
    return request


def reroute(work: Work, request: Request) -> Request:
    """Bring a pending registration under the model now in force, as ``requests.reroute`` does a request."""
    account = account_store.account(work.session, request.account_id)
    on, limits, refusals, fresh = _fresh(work, account, request)
    if refusals:
        after = routing.end(work, request, RequestState.DENIED, routing.refused_by_model(refusals))
    else:
        after = routing.restart(work, request, limits, on, fresh, "rerouted")
    _follow(work, account_store.lock_account(work.session, account.id), after)
    return after


def _fresh(
    work: Work, account: Account, request: Request
) -> tuple[Grounds, Limits, tuple[Reason, ...], dict[str, Any]]:
    on = routing.grounds_for(work, [request])[request.id]
    setting, limits = models.setting(work, account.path), policies.limits(work, account.place)
    refusals, _ = rules.judge(_proposing(request.requester_id, on, setting, limits))
    steps = routing.steps_of(MODELS[setting.model], None, on, limits) or request.steps
    return on, limits, refusals, {"steps": steps, "model": setting.model, "setting_id": setting.id}


def as_routed_now(work: Work, found: Sequence[Request]) -> list[Request]:
    """Registrations as the model now in force routes them, where that changed unseen."""
    stale = routing.outdated(work, found)
    return [_routed_now(work, one) if one.id in stale else one for one in found]


def _routed_now(work: Work, request: Request) -> Request:
    return if_rerouted(work, request)[0]


def if_rerouted(work: Work, request: Request) -> tuple[Request, tuple[Reason, ...]]:
    """What ``reroute`` would make of a pending registration, and why it would refuse it, if it would; nothing is written."""
    _, _, refusals, fresh = _fresh(work, account_store.account(work.session, request.account_id), request)
    if refusals:
        return replace(request, state=RequestState.DENIED), refusals
    return replace(request, passed=(), decisions=(), **fresh), ()


def _caught_up(work: Work, request: Request) -> Request:
    if not routing.outdated(work, [request]):
        return request
    directory.lock_employees(work.session, {request.requester_id, work.me}, shared=True)
    held = store.lock_request(work.session, request.id)
    if not routing.outdated(work, [held]):
        return held
    return replace(reroute(work, replace(held, caught_up=True)), caught_up=True)


def withdraw(work: Work, account_id: UUID) -> Registered:
    """Take one's proposal back. Raises ``NotPending``, ``Forbidden``."""
    request, on = _own(work, account_store.account(work.session, account_id))
    after = routing.end(work, request, RequestState.WITHDRAWN)
    account = account_store.lock_account(work.session, account_id)
    work.match(account)
    return _registered(work, _follow(work, account, after), after, on)


def _own(work: Work, account: Account) -> tuple[Request, Grounds]:
    request = store.lock_request(work.session, _of(work, account).id)
    if request.requester_id != work.me:
        raise Forbidden("Only whoever proposed an account changes the proposal or takes it back.")
    state = request.state_at(work.now)
    if state not in routing_rules.LIVE:
        raise step_rules.NotPending(f"The registration is {state}.")
    return request, routing.grounds_for(work, [request])[request.id]


_PROPOSAL = frozenset({AccountState.PROPOSED, AccountState.CHANGES_REQUESTED})
_GOVERNS = frozenset({"risk", "business_unit_id"})


def update(work: Work, account_id: UUID, changes: Mapping[str, Any]) -> Registered:
    """Describe an account anew. A proposal that is changed goes on its route again; a change of unit or risk re-routes
    the requests that wait on the account.

    Locks are taken in one order everywhere: rules, people, request, account. A change of unit or risk holds the rules
    alone, since it re-routes requests while it holds the account.
    """
    advisory_lock(work.session, RULES_LOCK, shared=not _GOVERNS & set(changes))
    account = account_store.account(work.session, account_id)
    proposal = store.lock_request(work.session, _of(work, account).id) if account.state in _PROPOSAL else None
    before = account_store.lock_account(work.session, account_id)
    after = accounts.update(work, before, changes)
    if after == before:
        return registration(work, account_id)
    if proposal is not None:
        _propose_anew(work, after, proposal)
    elif _GOVERNS & set(changes):
        for one in store.live(work.session, work.now, RequestKind.RIGHTS, account_id=account_id):
            held = store.lock_request(work.session, one.id)
            if held.state_at(work.now) is RequestState.PENDING:
                requests.reroute(work, held)
    return registration(work, account_id)


def _propose_anew(work: Work, account: Account, request: Request) -> None:
    """What was approved so far was another proposal: whoever changed it, its decisions are reset. One that waits for
    its proposer goes on its route by their own edit only."""
    state, mine = request.state_at(work.now), request.requester_id == work.actor.employee_id
    if state not in routing_rules.LIVE:
        raise step_rules.NotPending(f"The registration is {state.replace('_', ' ')}.")
    if state is RequestState.CHANGES_REQUESTED and not mine:
        return
    on, limits, refusals, fresh = _fresh(work, account, request)
    refuse(RequestRefused, refusals)
    _follow(work, account, routing.restart(work, request, limits, on, fresh, "revised"))


def _registered(
    work: Work, account: Account, request: Request, on: Grounds, advice: tuple[Reason, ...] = ()
) -> Registered:
    work.show(account)
    days = policies.limits(work, account.place)["idle_after_days"]
    idle = account_store.idle(work.session, account.business_unit_id, work.now - timedelta(days=days), SIMILAR)
    return Registered(
        accounts.show(work, account),
        request,
        request.state_at(work.now),
        routing.standing(work, request, on),
        tuple(account_store.similar(work.session, account, SIMILAR)),
        tuple(one for one in idle if one.id != account.id),
        advice,
    )
