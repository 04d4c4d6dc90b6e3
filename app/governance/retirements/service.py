"""Retirement campaigns: asking who looks after an account whether it is still needed, and what the hub makes of that.

Nobody but the hub begins to retire an account, and silence is no consent: it leaves the account to the hub. Whoever says
something of an item holds its campaign (shared), its account, and then the item.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts import service as accounts
from app.accounts import store as account_store
from app.accounts.rules import Account, Flag, Flagged
from app.audit import service as audit
from app.audit.rules import instant
from app.directory import store as directory
from app.governance.decommissioning import service as decommissioning
from app.kernel.actor import Permission, Place
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.networks import store as networks

from . import rules, store
from .rules import FOR_HUB, Counts, Item, ItemState, Kept, Retirement, Word


@dataclass(frozen=True, slots=True)
class Asked:
    """A campaign as it is asked for. ``business_unit``: a unit's id or key; None for ``due_at``: the usual time."""

    title: str
    flags: tuple[Flag, ...]
    business_unit: str | None = None
    network: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An account that a campaign would ask about, for what, and when it was kept last, if it was."""

    account: Account
    flags: tuple[Flagged, ...]
    kept: Kept | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a campaign would ask about; ``elsewhere``: how many more have such a flag and are asked about already."""

    items: tuple[Foreseen, ...]
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as it stands now; ``kept``: when its account was kept in an earlier campaign, if it was."""

    item: Item
    state: ItemState
    kept: Kept | None

    @property
    def id(self) -> UUID:
        return self.item.id


# --- opening and ending -----------------------------------------------------------------------------------------------


def preview(work: Work, asked: Asked) -> Outlook:
    """What such a campaign would ask about; nothing is done. Raises as ``create``."""
    *_, outlook = _prepared(work, asked)
    return outlook


def create(work: Work, asked: Asked) -> tuple[Retirement, Counts]:
    """Open a campaign over all that is flagged so in its scope now. Raises ``Invalid``, ``Forbidden``."""
    directory.lock_employees(work.session, {work.me}, shared=True)
    store.lock_opening(work.session)
    due_at, unit_id, outlook = _prepared(work, asked)
    values = {
        "title": asked.title, "flags": [one.value for one in asked.flags], "business_unit_id": unit_id,
        "network": asked.network, "opened_by": work.me, "due_at": due_at,
    }  # fmt: skip
    made = store.add(work.session, work.now, values)
    found = [(one.account.id, [_kept_flag(each) for each in one.flags]) for one in outlook.items]
    ids = store.add_items(work.session, work.now, made.id, found)
    listed = [
        {"id": id_, "account_id": account_id, "flags": flags}
        for id_, (account_id, flags) in zip(ids, found, strict=True)
    ]
    audit.record(work, "retirement.opened", ("retirement", made.id), after={**_told(made), "listed": listed})
    return work.show(made), progress(work, made.id)


def _kept_flag(one: Flagged) -> dict[str, str | None]:
    """A flag as an item keeps it for evidence."""
    return {"flag": one.flag.value, "since": instant(one.since), "policy": one.policy}


def _prepared(work: Work, asked: Asked) -> tuple[datetime, UUID | None, Outlook]:
    due_at = rules.dates(work.now, asked.due_at)
    unit_id, place = _narrowed(work, asked)
    work.actor.require(Permission.RETIREMENT_MANAGE, place)
    there = store.candidates(work.session, unit_id, asked.network)
    matching = [
        (one.account, flags)
        for part in directory.batches(there)
        for one in accounts.show_all(work, list(part))
        if (flags := rules.matching(one.flags, asked.flags))
    ]
    elsewhere = store.asked_about(work.session)
    found = [(account, flags) for account, flags in matching if account.id not in elsewhere]
    if len(found) > rules.MOST_ITEMS:
        raise Invalid.field(
            "/flags", "too_many_items", f"These are more than {rules.MOST_ITEMS:,} accounts; narrow it."
        )
    kept = store.kept(work.session, [account.id for account, _ in found])
    items = tuple(Foreseen(account, flags, next(iter(kept.get(account.id, ())), None)) for account, flags in found)
    return due_at, unit_id, Outlook(items, len(matching) - len(found))


def _narrowed(work: Work, asked: Asked) -> tuple[UUID | None, Place]:
    if asked.network is not None and asked.network not in {one.key for one in networks.networks(work.session)}:
        raise Invalid.field("/network", "unknown_network", "There is no such network.")
    if asked.business_unit is None:
        return None, Place((), asked.network)
    try:
        unit = directory.unit(work.session, asked.business_unit)
    except NotFound as error:
        raise Invalid.field("/business_unit_id", "unknown_business_unit", str(error)) from error
    return unit.id, Place(unit.path, asked.network)


def close(work: Work, id_: UUID, reason: str) -> tuple[Retirement, Counts]:
    """End a campaign: what is open of it is over, and may be asked about by another.

    Raises ``NotFound``, ``Forbidden``, ``RetirementOver``, ``PreconditionFailed``.
    """
    directory.lock_employees(work.session, {work.me}, shared=True)
    store.retirement(work.session, id_)
    before = store.lock_retirement(work.session, id_)
    work.match(before)
    work.actor.require(Permission.RETIREMENT_MANAGE, before.place)
    if before.ended_at is not None:
        raise rules.RetirementOver("The campaign has ended already.")
    changes = {"ended_at": work.now, "ended_by": work.me, "end_reason": reason}
    after = store.end(work.session, id_, work.now, changes)
    audit.record(
        work, "retirement.ended", ("retirement", id_), before=_told(before), after=_told(after), reason=reason,
        person_id=before.opened_by,
    )  # fmt: skip
    return work.show(after), progress(work, id_)


def _told(one: Retirement) -> dict[str, Any]:
    """A campaign as the audit log tells it."""
    names = ("flags", "business_unit_id", "network", "due_at", "ended_at")
    return {"title": Personal(one.title), **{name: getattr(one, name) for name in names}}


# --- reading ----------------------------------------------------------------------------------------------------------


def retirements(work: Work, page: Page) -> list[Retirement]:
    """A page of campaigns."""
    return store.page(work.session, page)


def retirement(work: Work, id_: UUID) -> tuple[Retirement, Counts]:
    """One campaign, and how far it has come."""
    return work.show(store.retirement(work.session, id_)), progress(work, id_)


def progress(work: Work, id_: UUID) -> Counts:
    """How many items of a campaign stand where, now."""
    return rules.count([one.state for part in _parts(work, id_) for one in part])


def left_to_hub(work: Work, id_: UUID) -> list[Account]:
    """The accounts of a campaign that wait for the hub's word now."""
    return [one.item.account for part in _parts(work, id_) for one in part if one.state in FOR_HUB]


def _parts(work: Work, retirement_id: UUID) -> Iterator[list[Shown]]:
    part = store.items(work.session, retirement_id)
    while part:
        yield _shown(work, part)
        part = store.items(work.session, retirement_id, None, part[-1].id) if len(part) == store.CHUNK else []


def items(
    work: Work, id_: UUID, page: Page, state: ItemState | None, account_id: UUID | None, *, mine: bool
) -> list[Shown]:
    """A page of a campaign's items; ``mine``: only those that wait for the actor. Raises ``NotFound``."""
    store.retirement(work.session, id_)

    def wanted(one: Shown) -> bool:
        return state in (None, one.state) and (not mine or _waits_for_me(work, one))

    def read(after: UUID | None) -> list[Item]:
        return store.items(work.session, id_, account_id, after, descending=page.descending)

    return _sifted(work, page, read, wanted)


def _sifted(
    work: Work, page: Page, read: Callable[[UUID | None], list[Item]], wanted: Callable[[Shown], bool]
) -> list[Shown]:
    """Items from the page's cursor on, judged one by one, until there is one more than the page shows."""
    position, found = page.after(), list[Shown]()
    part = read(UUID(position[-1]) if position else None)
    while part:
        found += filter(wanted, _shown(work, part))
        if len(found) > page.limit:
            break
        part = read(part[-1].id) if len(part) == store.CHUNK else []
    return found[: page.limit + 1]


def _waits_for_me(work: Work, one: Shown) -> bool:
    if one.state is ItemState.ASKED:
        return work.actor.employee_id in one.item.account.stewards
    return one.state in FOR_HUB and work.actor.may(Permission.RETIREMENT_MANAGE, one.item.account.place)


def item(work: Work, retirement_id: UUID, id_: UUID) -> Shown:
    """One item. Raises ``NotFound``."""
    return _show(work, store.item(work.session, retirement_id, id_))


def _show(work: Work, one: Item) -> Shown:
    return _shown(work, [work.show(one)])[0]


def _shown(work: Work, found: Sequence[Item]) -> list[Shown]:
    """Items as they stand now, in as many statements as one."""
    people = directory.employees(work.session, {person for one in found for person in one.account.stewards})
    present = {id_ for id_, person in people.items() if person.employed(work.now)}
    kept = store.kept(work.session, [one.account_id for one in found])
    return [
        Shown(one, rules.state(one, present, work.now), _before(one, kept.get(one.account_id, ()))) for one in found
    ]


def _before(one: Item, kept: Sequence[Kept]) -> Kept | None:
    """The last time that the account was kept before it was asked about here."""
    earlier = (each for each in kept if each.retirement_id != one.retirement_id and each.at <= one.created_at)
    return next(earlier, None)


# --- saying -----------------------------------------------------------------------------------------------------------


def answer(work: Work, retirement_id: UUID, id_: UUID, word: Word, reason: str) -> Shown:
    """A custodian's word: kept ends the item, the other leaves it to the hub.

    Raises ``NotFound``, ``Forbidden``, ``NotAsked``, ``RetirementOver``, ``PreconditionFailed``.
    """
    seen = store.item(work.session, retirement_id, id_)
    directory.lock_employees(work.session, {work.me}, shared=True)
    before = _held(work, seen, Permission.RETIREMENT_ANSWER)
    rules.check_asked(before.state)
    said = {"answer": word, "answered_by": work.me, "answer_reason": reason, "answered_at": work.now}
    return _changed(work, before.item, said, "retirement_item.answered", reason, over=word is Word.KEEP)


def decide(work: Work, retirement_id: UUID, id_: UUID, word: Word, reason: str) -> Shown:
    """The hub's word on what is left to it; what it retires loses its rights in this transaction.

    Raises ``NotFound``, ``Forbidden``, ``NotForTheHub``, ``RetirementOver``, ``PreconditionFailed``.
    """
    seen = store.item(work.session, retirement_id, id_)
    if word is Word.RETIRE:
        decommissioning.hold_people(work, seen.account_id, {work.me})
    else:
        directory.lock_employees(work.session, {work.me}, shared=True)
    before = _held(work, seen, Permission.RETIREMENT_MANAGE)
    rules.check_for_hub(before.state, before.item.due_at)
    if word is Word.RETIRE:
        decommissioning.begin(work, before.item.account, reason)
    said = {"decision": word, "decided_by": work.me, "decision_reason": reason, "decided_at": work.now}
    return _changed(work, before.item, said, "retirement_item.decided", reason, over=True)


def _held(work: Work, seen: Item, permission: Permission) -> Shown:
    """An item of which the actor may say something, held until the transaction ends; before it its campaign and account."""
    store.lock_retirement(work.session, seen.retirement_id, shared=True)
    account = account_store.lock_account(work.session, seen.account_id)
    held = store.lock_item(work.session, seen.retirement_id, seen.id)
    work.match(held)
    work.actor.require(permission, account.place, own=work.actor.employee_id in account.stewards)
    return _shown(work, [held])[0]


def _changed(work: Work, before: Item, said: dict[str, Any], action: str, reason: str, *, over: bool) -> Shown:
    changes = said | ({"closed_at": work.now} if over else {})
    after = store.save_item(work.session, before.retirement_id, before.id, work.now, changes)
    audit.record(
        work, action, ("retirement_item", before.id), before=_item_told(before), after=_item_told(after), reason=reason
    )  # fmt: skip
    return _show(work, after)


def _item_told(one: Item) -> dict[str, Any]:
    """An item as the audit log tells it."""
    return {name: getattr(one, name) for name in ("retirement_id", "account_id", "answer", "decision", "closed_at")}
