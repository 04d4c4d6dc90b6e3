"""Planning campaigns, asking for the rights of one, and ending what came of it.

Locks are taken in the order of all of governance; a campaign's own stands before the people: whoever asks for it, changes
it or ends it holds it alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.accounts import store as accounts
from app.audit import service as audit
from app.directory import rules as units
from app.directory import store as directory
from app.directory.rules import BusinessUnit
from app.governance.grants import service as grants
from app.governance.grants import store as grant_store
from app.governance.grants.rules import Grant, GrantState
from app.governance.reasons.rules import Reason, RequestRefused, refuse
from app.governance.requests import service as requests
from app.governance.requests.service import Ask
from app.governance.requests.service import Shown as ShownRequest
from app.governance.routing import service as routing
from app.governance.routing import store as request_store
from app.governance.routing.rules import LIVE, Request, RequestKind, RequestState
from app.kernel.actor import Permission
from app.kernel.errors import Invalid
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.programme.strategy import store as strategy
from app.programme.strategy.rules import check_required, serves
from app.roles import service as roles
from app.roles import store as appointments
from app.roles.rules import Role

from . import rules, store
from .rules import Campaign, CampaignFlag, CampaignState

_ALWAYS = ("title", "purpose", "manager_id", "starts_at", "ends_at", "account_ids", "members")
_DATES = frozenset({"starts_at", "ends_at"})
_HELD = frozenset({GrantState.ACTIVE, GrantState.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Shown:
    """A campaign, where it stands now, and what it lacks."""

    campaign: Campaign
    state: CampaignState
    flags: tuple[CampaignFlag, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of asking for the rights of a campaign on one account: the requests on which they are on their way, or
    came by just now; the grants by which they are held already; else every reason why they cannot be asked for.
    """

    account_id: UUID
    requests: tuple[ShownRequest, ...]
    held: tuple[Grant, ...]
    reasons: tuple[Reason, ...]

    @property
    def in_vain(self) -> bool:
        """Was nothing but refused?"""
        return bool(self.reasons) and not self.requests and not self.held


def campaign(work: Work, id_or_key: str) -> Shown:
    """One campaign by id or key; every employee sees them all. Raises ``NotFound``."""
    return _show(work, store.campaign(work.session, id_or_key))


def campaigns(work: Work, page: Page, filters: Mapping[str, Any]) -> list[Shown]:
    """A page of campaigns; ``business_unit_id`` is an id or a key. Raises ``NotFound``."""
    unit_ref = filters["business_unit_id"]
    unit = directory.unit(work.session, unit_ref).id if unit_ref is not None else None
    return _shown(work, store.page(work.session, page, work.now, {**filters, "business_unit_id": unit}))


def _show(work: Work, found: Campaign) -> Shown:
    work.show(found)
    return _shown(work, [found])[0]


def _shown(work: Work, found: Sequence[Campaign]) -> list[Shown]:
    places = {id_: one.place for id_, one in directory.units(work.session, {c.business_unit_id for c in found}).items()}
    objectives = strategy.objectives(work.session)
    managers = appointments.in_force(work.session, work.now, role=Role.CAMPAIGN_MANAGER)
    return [
        Shown(one, one.state_at(work.now), rules.flags(one, objectives, managers, places[one.business_unit_id]))
        for one in found
    ]


def create(work: Work, values: Mapping[str, Any]) -> Shown:
    """Plan a campaign. ``business_unit_id``: an id or a key; ``manager_id``: the actor, unless somebody is named.

    Raises ``KeyTaken``, ``UnitClosed``, ``Forbidden``, ``NotFound``, ``Invalid``.
    """
    units.check_key(values["key"])
    unit = directory.unit(work.session, values["business_unit_id"])
    work.actor.require(Permission.CAMPAIGN_MANAGE, unit.place)
    units.check_open(unit)
    rules.check_dates(values["starts_at"], values["ends_at"], work.now)
    of_actor = {"business_unit_id": unit.id, "manager_id": values["manager_id"] or work.me, "author_id": work.me}
    said = {**values, **of_actor}
    _check_named(work, unit, said)
    made = store.add(work.session, work.now, said)
    audit.record(
        work, "campaign.created", ("campaign", made.id), after={**told(made), "purpose": Personal(made.purpose)}
    )
    return _show(work, made)


def _check_named(work: Work, unit: BusinessUnit, values: Mapping[str, Any]) -> None:
    """Are the people and the objective there that these values name, and may the manager manage it?"""
    if "members" in values:
        rules.check_known("/members", values["members"], directory.employees(work.session, values["members"]))
    if "manager_id" in values:
        rules.check_manager(roles.held(work, values["manager_id"]), unit.place, unit.name)
    named = values.get("objective")
    if named is not None and serves(named, strategy.objectives(work.session)) is None:
        raise Invalid.field("/objective", "unknown_objective", f"No objective {named} is pursued.")


def update(work: Work, id_or_key: str, changes: Mapping[str, Any]) -> Shown:
    """Change a campaign. What came of it and is covered no more ends in the same transaction.

    Raises ``CampaignOver``, ``DatesFixed``, ``Forbidden``, ``NotFound``, ``Invalid``, ``PreconditionFailed``.
    """
    check_required(changes, *_ALWAYS)
    routing.hold_rules(work)
    before, unit = _held(work, id_or_key)
    news = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not news:
        return _show(work, before)
    if _DATES & news.keys():
        rules.check_dates_free(before, asked=bool(request_store.of_campaign(work.session, before.id)))
        rules.check_dates(news.get("starts_at", before.starts_at), news.get("ends_at", before.ends_at), work.now)
    _check_named(work, unit, news)
    words = {"purpose": Personal(news["purpose"])} if "purpose" in news else {}
    author = {"author_id": work.me} if words else {}
    after = store.save(work.session, before.id, work.now, {**news, **author})
    audit.record(
        work, "campaign.changed", ("campaign", after.id), before=told(before), after={**told(after), **words}
    )  # fmt: skip
    if {"account_ids", "members"} & news.keys():
        _cut(work, after, f"the campaign {after.key} covers it no more")
    return _show(work, after)


def end_early(work: Work, id_or_key: str, reason: str) -> Shown:
    """End a campaign before its time: what waits for a decision is withdrawn, every right that came of it is revoked.

    Raises ``CampaignOver``, ``Forbidden``, ``NotFound``, ``PreconditionFailed``.
    """
    routing.hold_rules(work)
    before, _ = _held(work, id_or_key)
    over = {"ended_at": work.now, "ended_by": work.me, "end_reason": reason}
    after = store.save(work.session, before.id, work.now, over)
    audit.record(
        work, "campaign.ended", ("campaign", after.id), before=told(before), after=told(after), reason=reason
    )  # fmt: skip
    _cut(work, after, f"the campaign {after.key} was ended")
    return _show(work, after)


def _held(work: Work, id_or_key: str) -> tuple[Campaign, BusinessUnit]:
    """A campaign that is not over, and its unit, held by somebody who may change it."""
    found = store.lock(work.session, store.campaign(work.session, id_or_key).id)
    work.match(found)
    unit = directory.unit(work.session, found.business_unit_id)
    work.actor.require(Permission.CAMPAIGN_MANAGE, unit.place)
    rules.check_going_on(found, work.now)
    return found, unit


def _cut(work: Work, after: Campaign, why: str) -> None:
    """End what came of a campaign and is not covered by what it is now: requests that wait, then rights.

    A request that is being decided is waited for: what it grants is there afterwards, and ends with the rest.
    """
    made = request_store.of_campaign(work.session, after.id)
    directory.lock_employees(work.session, {one for each in made for one in each.matter.own}, shared=True)
    for one in made:
        if one.ended_at is None:
            _withdraw(work, after, one.id, why)
    came = grant_store.of_requests(work.session, [one.id for one in made])
    beyond = [one for found in came.values() for one in found if one.ended_at is None and not _covers(after, one)]
    for account_id in sorted({one.account_id for one in beyond}):
        accounts.lock_account(work.session, account_id)
    for id_ in sorted(one.id for one in beyond):
        held = grant_store.lock_grant(work.session, id_)
        if held.ended_at is None:
            grants.close(work, held, why)


def _withdraw(work: Work, after: Campaign, request_id: UUID, why: str) -> None:
    held = request_store.lock_request(work.session, request_id)
    given = after.gives(held.beneficiary_id, held.account_id)
    if held.state_at(work.now) in LIVE and not given.issuperset(held.rights):
        routing.end(work, held, RequestState.WITHDRAWN, why)


def _covers(campaign: Campaign, one: Grant) -> bool:
    return one.right in campaign.gives(one.employee_id, one.account_id)


def ask(work: Work, id_or_key: str, beneficiary_id: UUID | None) -> list[Answer]:
    """Ask, as anybody would, for the rights of a campaign on each of its accounts that are neither held nor on their way.

    Raises ``NotAMember``, ``CampaignOver``, ``Forbidden``, ``NotFound``; ``RequestRefused`` where every account was refused.
    """
    routing.hold_rules(work)
    requests.check_asker(work, beneficiary_id)
    found = store.lock(work.session, store.campaign(work.session, id_or_key).id)
    rules.check_going_on(found, work.now)
    person = beneficiary_id or work.me
    rights = tuple(sorted(rules.rights_of(found, person)))
    directory.lock_employees(work.session, {work.me, person}, shared=True)
    there = {id_: accounts.lock_account(work.session, id_) for id_ in sorted(found.account_ids)}
    why = (found.justification, person, found.ends_at, found.id, found.starts_at)
    answers = [_ask_on(work, Ask(id_, rights, *why)) for id_ in there]
    if all(one.in_vain for one in answers):
        named = {id_: f"{one.network}:{one.handle}" for id_, one in there.items()}
        told = [rules.on_account(each, named[one.account_id]) for one in answers for each in one.reasons]
        refuse(RequestRefused, tuple(told))
    work.etag = None  # what is shown is no one request
    return answers


def _ask_on(work: Work, wanted: Ask) -> Answer:
    """Ask on one account, which is held. A right that somebody holds is left out: a campaign takes the place of none."""
    person = wanted.beneficiary_id or work.me
    had = grant_store.of_pair(work.session, person, wanted.account_id)
    held = tuple(one for one in had if one.right in wanted.rights and one.state_at(work.now) in _HELD)
    waiting = _waiting(work, person, wanted)
    there = {one.right for one in held} | {right for one in waiting for right in one.rights}
    left = replace(wanted, rights=tuple(one for one in wanted.rights if one not in there))
    shown = tuple(requests.show_all(work, waiting))
    if not left.rights:
        return Answer(wanted.account_id, shown, held, ())
    refusals = requests.plan(work, left, work.me).verdict.refusals
    if refusals:
        return Answer(wanted.account_id, shown, held, refusals)
    return Answer(wanted.account_id, (*shown, requests.ask(work, left)), held, ())


def _waiting(work: Work, person: UUID, wanted: Ask) -> list[Request]:
    """The requests on which some of these rights are on their way to them already."""
    there = {"beneficiary_id": person, "account_id": wanted.account_id}
    live = request_store.live(work.session, work.now, RequestKind.RIGHTS, **there)
    found = requests.as_routed_now(work, [one for one in live if set(one.rights) & set(wanted.rights)])
    return [one for one in found if one.state in LIVE]


def told(one: Campaign) -> dict[str, Any]:
    """A campaign as the audit log tells it, but for its purpose, which is somebody's words."""
    names = (
        "key", "title", "business_unit_id", "objective", "manager_id", "starts_at", "ends_at", "author_id", "ended_at",
        "ended_by",
    )  # fmt: skip
    members = {str(person): sorted(rights) for person, rights in sorted(one.members.items())}
    return {
        **{name: getattr(one, name) for name in names}, "account_ids": sorted(one.account_ids), "members": members
    }  # fmt: skip
