"""Choosing the model: what is in force where, what a switch would change, and the switch itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.audit import service as audit
from app.directory import store as directory
from app.directory.rules import check_open
from app.governance.grants import store as grants
from app.governance.grants.rules import Grant
from app.governance.models import rules, store
from app.governance.models import service as models
from app.governance.models.rules import MODELS, ModelKey, Setting, StepKind
from app.governance.registrations import service as registrations
from app.governance.requests import service as requests
from app.governance.routing import store as request_store
from app.governance.routing.rules import Request, RequestKind, RequestState
from app.kernel.database import advisory_lock
from app.kernel.errors import Invalid
from app.kernel.work import Work
from app.policies.service import RULES_LOCK
from app.roles import rules as role_rules
from app.roles import store as roles
from app.roles.rules import Role, coe_member
from app.tools import store as tools


@dataclass(frozen=True, slots=True)
class Choice:
    """A switch as it is asked for."""

    model: ModelKey
    reason: str
    business_unit_id: UUID | None = None
    effective_from: datetime | None = None
    platform_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Governance:
    """The enterprise's choice, every override in force, and all that was ever chosen, the newest first."""

    default: Setting
    overrides: tuple[Setting, ...]
    history: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a switch would do: pending requests it re-routes, grants that would refuse, what the model still lacks."""

    model: ModelKey
    rerouted_requests: tuple[UUID, ...]
    refusing_grants: tuple[UUID, ...]
    missing: tuple[str, ...]


def governance(work: Work) -> Governance:
    """What is in force and what was chosen when."""
    history = store.history(work.session)
    units = {one.business_unit_id for one in history if one.business_unit_id}
    latest = {}
    for one in reversed(history):
        if one.business_unit_id in units and one.effective_from <= work.now:
            latest[one.business_unit_id] = one
    return Governance(models.setting(work, ()), tuple(latest.values()), tuple(history))


def switch(work: Work, choice: Choice) -> Setting:
    """Choose a model for the enterprise or a unit with all below it. What is pending is re-routed, grants stay.

    Raises ``Invalid``, ``NotFound``.
    """
    advisory_lock(work.session, RULES_LOCK)
    begins = choice.effective_from or work.now
    _check(work, choice, begins)
    unit = directory.unit(work.session, choice.business_unit_id) if choice.business_unit_id else None
    if unit is not None:
        check_open(unit)
    path = unit.path if unit else ()
    before = models.setting(work, path)
    made = store.add(
        work.session,
        work.now,
        choice.model,
        choice.business_unit_id,
        choice.platform_id,
        begins,
        choice.reason,
        work.actor.employee_id,
    )
    audit.record(
        work, "governance.switched", ("governance", choice.business_unit_id or "enterprise"),
        before={"model": before.model}, reason=choice.reason,
        after={"model": made.model, "effective_from": begins, "platform_id": made.platform_id},
    )  # fmt: skip
    if begins <= work.now:
        for request in _touched(work, choice.business_unit_id):
            if models.setting(work, _account(work, request).path).id == made.id:
                _reroute(work, request)
    return made


def _check(work: Work, choice: Choice, begins: datetime) -> None:
    rules.check_setting(choice.model, choice.platform_id, begins, work.now)
    if choice.platform_id is not None:
        platform = tools.find(work.session, choice.platform_id)
        if platform is None or platform.retired_at is not None:
            raise Invalid.field("/platform_id", "unknown_tool", "The platform must be a registered publishing tool.")


def _touched(work: Work, unit_id: UUID | None) -> list[Request]:
    """Pending requests and registrations on accounts at or below a unit."""
    waiting = request_store.live(work.session, work.now)
    found = [one for one in waiting if one.state is RequestState.PENDING]
    there = accounts.accounts(work.session, {one.account_id for one in found})
    return [one for one in found if unit_id is None or unit_id in there[one.account_id].path]


def _account(work: Work, request: Request) -> Account:
    return accounts.account(work.session, request.account_id)


def _reroute(work: Work, request: Request) -> None:
    directory.lock_employees(work.session, request.matter.own, shared=True)
    held = request_store.lock_request(work.session, request.id)
    if held.ended_at is None:
        (requests.reroute if held.kind is RequestKind.RIGHTS else registrations.reroute)(work, held)


def preview(work: Work, choice: Choice) -> Preview:
    """What a switch would change, changing nothing."""
    _check(work, choice, choice.effective_from or work.now)
    if choice.business_unit_id:
        directory.unit(work.session, choice.business_unit_id)
    rerouted = tuple(one.id for one in _touched(work, choice.business_unit_id) if _would_follow(work, one, choice))
    refusing = tuple(one.id for one in _above(work, choice))
    return Preview(choice.model, rerouted, refusing, _missing(work, choice))


def _would_follow(work: Work, request: Request, choice: Choice) -> bool:
    return _governs(work, choice, _account(work, request))


def _governs(work: Work, choice: Choice, account: Account) -> bool:
    """Would this choice be the one in force at the account: is there no nearer override?"""
    if choice.business_unit_id is not None and choice.business_unit_id not in account.path:
        return False
    now = models.setting(work, account.path)
    if now.business_unit_id is None or choice.business_unit_id is None:
        return now.business_unit_id is None or now.business_unit_id == choice.business_unit_id
    return account.path.index(now.business_unit_id) <= account.path.index(choice.business_unit_id)


def _above(work: Work, choice: Choice) -> Iterator[Grant]:
    """Grants in force that the chosen model's ceiling would refuse."""
    above = set(MODELS[ModelKey.DECENTRALIZED].ceiling) - MODELS[choice.model].ceiling
    if not above:
        return
    held: dict[UUID, list[role_rules.Appointment]] = {}
    for one in roles.in_force(work.session, work.now):
        held.setdefault(one.employee_id, []).append(one)
    for right in sorted(above):
        for grant in grants.running(work.session, work.now, right):
            account = accounts.account(work.session, grant.account_id)
            if not coe_member(held.get(grant.employee_id, ())) and _governs(work, choice, account):
                yield grant


def _missing(work: Work, choice: Choice) -> tuple[str, ...]:
    """What the model needs before it works, and has not."""
    appointments = roles.in_force(work.session, work.now)
    place = directory.unit(work.session, choice.business_unit_id).place if choice.business_unit_id else None
    found = []
    if not any(one.role is Role.STRATEGIST for one in appointments):
        found.append("There is no strategist.")
    kinds = MODELS[choice.model].steps
    if StepKind.COMMUNITY_MANAGER in kinds and not any(one.role is Role.COMMUNITY_MANAGER for one in appointments):
        found.append("There is no community manager: requests go up to the strategist.")
    if StepKind.ACCOUNT_LIAISON in kinds and place is not None:
        liaisons = {slot.holder_id for slot in role_rules.slots(appointments, Role.BU_LIAISON, place)}
        needed = 2 if MODELS[choice.model].short_of_liaisons else 1
        if len(liaisons) < needed:
            found.append(f"The unit has {len(liaisons)} of the {needed} liaisons that the model needs.")
    return tuple(found)
