"""Choosing the model: what is in force where, what a switch would change, and the switch itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.accounts import store as accounts
from app.accounts.rules import Account
from app.audit import service as audit
from app.directory import store as directory
from app.directory.rules import EmploymentType, check_open
from app.governance.evaluation import rules as evaluation
from app.governance.evaluation.rules import Subject
from app.governance.models import rules as model_rules
from app.governance.models import service as models
from app.governance.models import store as model_store
from app.governance.models.rules import MODELS, Model, ModelKey, Right, Setting
from app.governance.registrations import service as registrations
from app.governance.requests import service as requests
from app.governance.routing import store as request_store
from app.governance.routing.rules import Request, RequestKind, RequestState
from app.kernel.actor import Place
from app.kernel.database import advisory_lock
from app.kernel.errors import Invalid
from app.kernel.work import Work
from app.policies import rules as policy_rules
from app.policies import store as policy_store
from app.policies.attestations import store as attestations
from app.policies.service import RULES_LOCK
from app.policies.typed import rules as typed
from app.programme.strategy import store as strategy
from app.programme.training import store as training
from app.roles import rules as role_rules
from app.roles import store as roles
from app.roles.rules import coe_member
from app.tools import store as tools

from . import rules, store
from .rules import GrantChange, Held, Preview, RequestChange, UnitChange

_NEWEST = UUID(int=2**128 - 1)
"""The id of a choice that is only supposed: it stands after any other of the same instant."""


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
    missing: Mapping[UUID | None, tuple[str, ...]]
    """By unit (None: the enterprise), what the model chosen there needs before it works, and has not."""


def governance(work: Work) -> Governance:
    """What is in force and what was chosen when."""
    history = model_store.history(work.session)
    units = {one.business_unit_id for one in history if one.business_unit_id}
    latest = {}
    for one in reversed(history):
        if one.business_unit_id in units and one.effective_from <= work.now:
            latest[one.business_unit_id] = one
    default = models.setting(work, ())
    missing = {
        one.business_unit_id: _missing(work, one.model, one.business_unit_id, one.platform_id)
        for one in (default, *latest.values())
    }
    return Governance(default, tuple(latest.values()), tuple(history), missing)


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
    made = model_store.add(
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
        after={"setting_id": made.id, "model": made.model, "effective_from": begins, "platform_id": made.platform_id},
    )  # fmt: skip
    if begins <= work.now:
        for request in _touched(work, choice.business_unit_id):
            if models.setting(work, _account(work, request).path).id == made.id:
                _reroute(work, request)
    return made


def _check(work: Work, choice: Choice, begins: datetime) -> None:
    model_rules.check_setting(choice.model, choice.platform_id, begins, work.now)
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
    """What a switch would change, item by item, changing nothing: the same code runs as if it had been made now.

    Raises as ``switch``.
    """
    _check(work, choice, choice.effective_from or work.now)
    if choice.business_unit_id:
        check_open(directory.unit(work.session, choice.business_unit_id))
    supposed = Setting(
        _NEWEST, choice.business_unit_id, choice.model, choice.platform_id, work.now, choice.reason, work.actor.employee_id,
        work.now,
    )  # fmt: skip
    units = directory.all_units(work.session)
    before = models.settings(work, [one.path for one in units])
    with models.supposing(work, supposed):
        after = models.settings(work, [one.path for one in units])
        follow = {path for path, setting in after.items() if setting.id == _NEWEST}
        changed = [
            UnitChange(one.id, one.key, before[one.path].model, after[one.path].model)
            for one in units
            if one.path in follow and before[one.path].model is not after[one.path].model
        ]
        followers = [one for one in _touched(work, choice.business_unit_id) if _account(work, one).path in follow]
        outcomes = [_outcome(work, one) for one in followers]
        grants = _changed(work, {path: (before[path].model, after[path].model) for path in follow})
    missing = _missing(work, choice.model, choice.business_unit_id, choice.platform_id)
    return Preview(choice.model, tuple(changed), tuple(outcomes), tuple(grants), missing)


def _outcome(work: Work, request: Request) -> RequestChange:
    look_ahead = requests.if_rerouted if request.kind is RequestKind.RIGHTS else registrations.if_rerouted
    then, refusals = look_ahead(work, request)
    steps = () if refusals else then.steps
    return RequestChange(
        request.id, request.kind, then.state, tuple(one.kind for one in request.steps), tuple(one.kind for one in steps),
        len(request.matter.decisions), refusals,
    )  # fmt: skip


def _changed(work: Work, switched: Mapping[tuple[UUID, ...], tuple[ModelKey, ModelKey]]) -> list[GrantChange]:
    """The rights in force at these units for which the model, or the policies that bind there, answer otherwise then.

    Read in one pass: there may be hundreds of thousands. A right whose answer cannot change is not read at all.
    """
    pairs = {(MODELS[one], MODELS[other]) for one, other in switched.values() if one is not other}
    rights = set[Right]().union(*(rules.concerned(one, other) for one, other in pairs))
    found: dict[tuple[Right, rules.Codes, rules.Codes], list[UUID]] = {}
    facts = _Facts(work, pairs) if rights else None
    for held in store.running(work.session, work.now, rights) if facts else ():
        models_there = switched.get(held.path)
        if models_there is None or facts is None:
            continue
        now, then = (facts.codes(held, one) for one in models_there)
        if now != then:
            found.setdefault((held.right, now, then), []).append(held.grant_id)
    return [GrantChange(*key, tuple(ids)) for key, ids in sorted(found.items())]


class _Facts:
    """What is known of people and places while many rights are looked at: each question is answered once."""

    def __init__(self, work: Work, pairs: Iterable[tuple[Model, Model]]) -> None:
        self.work = work
        held: dict[UUID, list[role_rules.Appointment]] = {}
        for one in roles.in_force(work.session, work.now):
            held.setdefault(one.employee_id, []).append(one)
        self.members = {id_ for id_, appointments in held.items() if coe_member(appointments)}
        # Where policy binds both before and after, or in neither, it changes no answer.
        apart = any(one.advisory is not other.advisory for one, other in pairs)
        self.policies = policy_store.in_force(work.session, work.now) if apart else []
        asked = policy_rules.combine(self.policies)
        self.attested = attestations.by_person(work.session, [one.version_id for one in asked.attestations])
        self.learnt = training.learnt_by_all(work.session, typed.courses(asked["required_training"] or ()))
        self.answers: dict[tuple[object, ...], rules.Codes] = {}

    def codes(self, held: Held, model: ModelKey) -> rules.Codes:
        """Why the right would be refused under this model, as far as that lasts."""
        id_ = held.employee_id
        own = id_ if id_ in self.learnt or id_ in self.attested else None  # else one is as good as another
        key = (own, held.right, held.path, held.network, held.employment_type, id_ in self.members, model)
        if key not in self.answers:
            self.answers[key] = self._codes(held, MODELS[model])
        return self.answers[key]

    def _codes(self, held: Held, model: Model) -> rules.Codes:
        limits = policy_rules.combine(policy_rules.in_scope(self.policies, Place(held.path, held.network)))
        id_ = held.employee_id
        person = Subject(
            id_, True, EmploymentType(held.employment_type), id_ in self.members,
            completed=self.learnt.get(id_, {}), attested=self.attested.get(id_, frozenset()),
        )  # fmt: skip
        found = evaluation.lasting(held.right, person, model, limits, self.work.now)
        return tuple(dict.fromkeys(one.code for one in found))


def _missing(work: Work, model: ModelKey, unit_id: UUID | None, platform_id: UUID | None) -> tuple[str, ...]:
    """What a model needs before it works at a unit (None: the enterprise), and has not."""
    place = directory.unit(work.session, unit_id).place if unit_id else None
    platform = tools.find(work.session, platform_id) if platform_id else None
    strategies = strategy.units_with_strategy(work.session)
    return rules.missing(MODELS[model], roles.in_force(work.session, work.now), place, platform, strategies)
