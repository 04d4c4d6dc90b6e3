"""Accounts found on the networks, by monitoring or by people: what they are of ours, and what is done about them.

What a finding is of ours is worked out whenever somebody asks, so it follows the register. What is found and nobody's
stands in the register as ``discovered``, without any right on it, until it is registered, disputed, or of no concern.
A discovery is held before the accounts of its handle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import FOUND, NEVER_OURS, SOURCE_FOUND, Account, AccountState
from app.audit import service as audit
from app.audit import store as audit_store
from app.directory import store as directory
from app.directory.rules import ROOT_ID, check_open
from app.governance.registrations import service as registrations
from app.governance.routing import service as routing
from app.kernel.actor import Permission
from app.kernel.errors import NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.networks import rules as network_rules
from app.networks import store as networks

from . import rules, store
from .rules import Alarm, Discovery, DiscoveryState, Match, Seen, Sighting, Tally, Verb

_TOLD = (
    "network", "handle", "handle_written", "url", "skeleton", "account_id", "state", "decided_by", "decided_at",
    "decided_match", "decided_active", "first_seen_at", "last_seen_at", "last_active_at", "alarmed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A discovery as it stands now. ``account``: of the register, that it is about; ``alike``: ours that look like it."""

    discovery: Discovery
    account: Account
    state: DiscoveryState
    match: Match
    alarm: Alarm | None
    alike: tuple[Account, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Recorded:
    """A discovery after a sighting of it, and what it is about; ``new``: nothing of this handle was known, ``heard``: the
    sighting was not.
    """

    discovery: Discovery
    account: Account
    new: bool
    heard: bool


def discovery(work: Work, id_: UUID) -> Shown:
    """One discovery that the actor may see, else ``NotFound``."""
    return _show(work, *_seen(work, id_))


def discoveries(work: Work, page: Page, filters: Mapping[str, Any]) -> list[Shown]:
    """A page of the discoveries that the actor may see; ``handle`` in any spelling, with its network."""
    scopes = work.actor.scopes(Permission.DISCOVERY_READ)
    ids = account_store.ids_in(scopes) if scopes is not None else None
    return _show_all(work, store.page(work.session, page, accounts.spelled(work, filters), ids))


def sightings(work: Work, id_: UUID, page: Page) -> list[Sighting]:
    """A page of the sightings of a discovery that the actor may see. Raises ``NotFound``."""
    found, _ = _seen(work, id_)
    return store.sightings(work.session, page, found.id)


def _seen(work: Work, id_: UUID) -> tuple[Discovery, Account]:
    found, about = store.discovery(work.session, id_)
    account = account_store.account(work.session, about)
    if not work.actor.may(Permission.DISCOVERY_READ, account.place):
        raise NotFound(f"There is no discovery {id_}.")
    return found, account


def _show(work: Work, found: Discovery, account: Account) -> Shown:
    return _show_all(work, [(work.show(found), account.id)])[0]


def _show_all(work: Work, found: Sequence[store.Found]) -> list[Shown]:
    """Discoveries as they stand, in as many statements as one."""
    there = account_store.accounts(work.session, [about for _, about in found])
    looks = account_store.alike(work.session, [one.skeleton for one, _ in found])
    tallies = store.tallies(work.session, [one.id for one, _ in found])
    return [_stands(one, there[about], looks, tallies[one.id]) for one, about in found]


def _stands(one: Discovery, account: Account, looks: Mapping[str, Sequence[Account]], tally: Tally) -> Shown:
    alike = tuple(
        other for other in looks.get(one.skeleton, ()) if (other.network, other.handle) != (one.network, one.handle)
    )
    match = rules.match_of(account, alike=bool(alike))
    return Shown(one, account, rules.stands(one, account), match, rules.alarm_of(one, account), alike, tally)


# --- what is seen -----------------------------------------------------------------------------------------------------


def seen(work: Work, values: Mapping[str, Any]) -> Seen:
    """A sighting as a caller states it: ``network``, ``handle`` and ``url`` as ``rules.named`` takes them.

    ``business_unit_id``: a unit by id or key. Raises ``UnknownNetwork``, ``BadHandle``, ``NotFound``, ``UnitClosed``,
    ``Invalid``.
    """
    known = {one.key: one for one in networks.networks(work.session)}
    said = dict(values)
    network, handle = rules.named(known, said.pop("network"), said.pop("handle"), said.pop("url"))
    ref = said.pop("business_unit_id")
    unit = directory.unit(work.session, ref) if ref is not None else None
    if unit is not None:
        check_open(unit)
    at = said.pop("seen_at") or work.now
    return Seen(network, handle, seen_at=at, unit_id=unit.id if unit else None, **said)


def report(work: Work, said: Seen) -> Recorded:
    """It was seen: one discovery for each handle, one sighting for each source and instant. Raises ``Invalid``."""
    rules.check_seen(said.seen_at, work.now)
    held = store.lock(work.session, *said.named)
    if held is None:
        first = _discovered(work, said)
        if first is not None:
            return first
        held = store.lock(work.session, *said.named)  # somebody else has recorded it at the same moment
    if held is None:
        raise NotFound(f"There is no discovery of {':'.join(said.named)}.")
    return _seen_again(work, held, said)


def shown(work: Work, done: Recorded) -> Shown:
    """A discovery that was just recorded, as it stands. Whoever may not read it learns what it is, and not who said what."""
    one = _show(work, done.discovery, done.account)
    if work.actor.may(Permission.DISCOVERY_READ, done.account.place):
        return one
    silent = replace(one.discovery, reason=None, evidence_url=None, decided_by=None)
    return replace(one, discovery=silent, tally=replace(one.tally, sources=()))


def _discovered(work: Work, said: Seen) -> Recorded | None:
    """The first sighting of a handle; None where it is not."""
    account = account_store.registered(work.session, *said.named) or _enter(work, said)
    made = store.add(work.session, work.now, said, account.id)
    if made is None:
        return None
    sighting = store.add_sighting(work.session, work.now, made.id, said, work.actor.employee_id)
    audit.record(work, "discovery.recorded", ("discovery", made.id), after=_told(made) | _sighted(work, sighting, said))
    return Recorded(_alarmed(work, made, account, said), account, new=True, heard=True)


def _enter(work: Work, said: Seen) -> Account:
    """What was found and is nobody's, in the register, at the root where nobody knows better. It gives nobody a right."""
    twin = account_store.look_alike(work.session, said.network, said.handle.skeleton, said.handle.canonical)
    values = {
        "network": said.network, "handle": said.handle.canonical, "handle_written": said.handle.written,
        "url": said.handle.url, "skeleton": said.handle.skeleton, "display_name": said.display_name,
        "business_unit_id": said.unit_id or ROOT_ID, "state": AccountState.DISCOVERED, "source": SOURCE_FOUND,
        "look_alike_of": twin,
    }  # fmt: skip
    made = account_store.add_unless_held(work.session, work.now, values)
    if made is None:
        found = account_store.registered(work.session, *said.named)
        if found is None:
            raise NotFound(f"There is no account {':'.join(said.named)}.")
        return found
    audit.record(work, "account.discovered", ("account", made.id), after=accounts.told(made))
    return made


def _seen_again(work: Work, before: Discovery, said: Seen) -> Recorded:
    account = _about(work, before)
    sighting = store.add_sighting(work.session, work.now, before.id, said, work.actor.employee_id)
    if sighting is None:
        return Recorded(before, account, new=False, heard=False)
    is_open = before.state is DiscoveryState.OPEN
    reopen = not is_open and rules.reopens(before, said, _match(work, before, account))
    changes = rules.after_sighting(before, said, reopen=reopen)
    if (is_open or reopen) and account.state in NEVER_OURS:
        account = _found_again(work, account, said)
        changes["account_id"] = account.id
    after = store.save(work.session, before.id, work.now, changes)
    told = _told(after) | _sighted(work, sighting, said)
    audit.record(work, "discovery.seen", ("discovery", after.id), before=_told(before), after=told)
    return Recorded(_alarmed(work, after, account, said), account, new=False, heard=True)


def _found_again(work: Work, account: Account, said: Seen) -> Account:
    """What stands in the register no more stands there again: as what it was, unless somebody had proposed it."""
    if account.source != SOURCE_FOUND:
        return _enter(work, said)
    held = account_store.lock_account(work.session, account.id)
    return accounts.change(work, held, {"state": AccountState.DISCOVERED}, "account.discovered")


def _alarmed(work: Work, found: Discovery, account: Account, said: Seen) -> Discovery:
    """The discovery, with an alarm raised where it was seen to post and none stands."""
    silent = found.state is DiscoveryState.OPEN and rules.alarm_of(found, account) is None
    if silent and rules.alarming(account, _suspended_at(work, account), said):
        after = store.save(work.session, found.id, work.now, {"alarmed_at": work.now})
        told = {"alarmed_at": after.alarmed_at, "alarm": rules.alarm_of(after, account), "account_id": account.id}
        audit.record(work, "discovery.alarmed", ("discovery", after.id), before={"alarmed_at": None}, after=told)
        return after
    return found


def _suspended_at(work: Work, account: Account) -> datetime | None:
    """When an account that is suspended was: the log tells."""
    if account.state is not AccountState.SUSPENDED:
        return None
    told = audit_store.of_subjects(work.session, "account.suspended", "account", [account.id])
    return datetime.fromisoformat(told[-1].at) if told else account.created_at


def _about(work: Work, found: Discovery) -> Account:
    """The account that holds the handle; where none does, the one that did when it was found."""
    holder = account_store.registered(work.session, found.network, found.handle)
    return holder or account_store.account(work.session, found.account_id)


def _match(work: Work, found: Discovery, account: Account) -> Match:
    looks = account_store.alike(work.session, [found.skeleton]).get(found.skeleton, ())
    named = (found.network, found.handle)
    return rules.match_of(account, alike=any((one.network, one.handle) != named for one in looks))


# --- what is done about it --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, and where that can be looked up."""

    text: str
    evidence_url: str | None = None


def adopt(work: Work, id_: UUID, values: Mapping[str, Any]) -> Shown:
    """Register what was found: by the model in force where it is to be, like any other account.

    It is adopted once that registration has come to an active account. Raises ``NotFound``, ``Forbidden``,
    ``WrongDiscoveryState``, and as ``registrations.propose``.
    """
    routing.hold_rules(work)
    held, _ = _held(work, id_, Verb.ADOPT)
    names = {"network": held.network, "handle": held.handle_written, "url": held.url}
    registrations.propose(work, {**values, **names})
    after = store.save(work.session, held.id, work.now, {})  # it stands otherwise now: another ETag
    return _show(work, after, _about(work, after))


def dispute(work: Work, id_: UUID, why: Reason) -> Shown:
    """It is somebody else's who passes for us: nobody registers it. Raises ``NotFound``, ``Forbidden``,
    ``WrongDiscoveryState``, ``PreconditionFailed``.
    """
    return _changed(work, id_, (Verb.DISPUTE, why), "discovery.disputed", AccountState.DISPUTED)


def take_down(work: Work, id_: UUID, why: Reason) -> Shown:
    """It is gone from its network. Raises as ``dispute``."""
    return _changed(work, id_, (Verb.TAKE_DOWN, why), "discovery.taken_down", AccountState.WITHDRAWN)


def ignore(work: Work, id_: UUID, why: Reason) -> Shown:
    """It is no concern of ours, as long as it stays what it is. Raises as ``dispute``."""
    return _changed(work, id_, (Verb.IGNORE, why), "discovery.ignored", AccountState.WITHDRAWN)


def reopen(work: Work, id_: UUID, why: Reason) -> Shown:
    """Take back what was said of it. Raises as ``dispute``."""
    return _changed(work, id_, (Verb.REOPEN, why), "discovery.reopened", AccountState.DISCOVERED)


def _held(work: Work, id_: UUID, verb: Verb) -> tuple[Discovery, Account]:
    """A discovery that the actor sees, held for a change that they may make now, and what it is about."""
    found, _ = _seen(work, id_)
    held = store.lock(work.session, found.network, found.handle) or found
    work.match(held)
    account = _about(work, held)
    work.actor.require(Permission.DISCOVERY_RESOLVE, account.place)
    rules.check(verb, held, account)
    return held, account


def _changed(work: Work, id_: UUID, said: tuple[Verb, Reason], action: str, wanted: AccountState) -> Shown:
    """Say something of a discovery. ``wanted``: the state in the register, where it stands there as found."""
    verb, why = said
    before, account = _held(work, id_, verb)
    changes: dict[str, Any] = {
        "state": rules.AFTER[verb], "reason": why.text, "evidence_url": why.evidence_url, "decided_by": work.me,
        "decided_at": work.now, "decided_match": _match(work, before, account),
        "decided_active": before.last_active_at is not None, "alarmed_at": None,
        "account_id": _stand(work, before, account, wanted, why.text).id,
    }  # fmt: skip
    after = store.save(work.session, before.id, work.now, changes)
    told = _told(after) | {"evidence_url": _personal(after.evidence_url)}
    audit.record(work, action, ("discovery", after.id), before=_told(before), after=told, reason=why.text)
    return _show(work, after, _about(work, after))


def _stand(work: Work, found: Discovery, account: Account, wanted: AccountState, why: str) -> Account:
    """Where it stands in the register as found, it stands there so; where it is or was ours, nothing changes."""
    if account.state in NEVER_OURS and wanted in FOUND:
        account = _found_again(work, account, _as_seen(found))
    if account.state not in FOUND or account.state is wanted:
        return account
    held = account_store.lock_account(work.session, account.id)
    return accounts.change(work, held, {"state": wanted}, f"account.{wanted}", why)


def _as_seen(found: Discovery) -> Seen:
    """What a discovery says of its account, for the register."""
    handle = network_rules.Handle(found.handle, found.handle_written, found.url, found.skeleton)
    return Seen(found.network, handle, SOURCE_FOUND, found.last_seen_at)


def _told(one: Discovery) -> dict[str, Any]:
    """A discovery as the audit log tells it."""
    return {name: getattr(one, name) for name in _TOLD}


def _sighted(work: Work, id_: UUID | None, said: Seen) -> dict[str, Any]:
    """A sighting as the audit log tells it, with the discovery's own members."""
    return {
        "sighting_id": id_, "source": said.source, "seen_at": said.seen_at, "active": said.active,
        "followers": said.followers, "recorded_by": work.actor.employee_id,
        "display_name": _personal(said.display_name), "sighting_evidence_url": _personal(said.evidence_url),
        "note": _personal(said.note),
    }  # fmt: skip


def _personal(text: str | None) -> Personal | None:
    return Personal(text) if text is not None else None


def unheard(work: Work, said: Iterable[Seen]) -> list[Seen]:
    """Of these sightings those that are not recorded yet."""
    each = list(said)
    known = store.said(work.session, each)
    return [one for one in each if one.said not in known]
