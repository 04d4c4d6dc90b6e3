"""The inventory: reading, describing and stepping accounts; the public's question whether one is official.

Proposing and deciding are routed by the governance model, and are in ``governance/registrations``; what is retired loses
its rights, and is in ``governance/decommissioning``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import store as directory
from app.kernel.actor import ActorKind, Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.networks import rules as network_rules
from app.networks import store as networks
from app.policies import rules as policy_rules
from app.policies import store as policies
from app.programme.strategy import store as strategy
from app.programme.vendors import store as vendors
from app.tools import store as tool_store

from . import rules, store
from .rules import Account, AccountState, Flagged, Status, Surroundings, Usage, Verb

PLAIN = (
    "network", "handle", "handle_written", "skeleton", "url", "business_unit_id", "steward_id", "backup_steward_id",
    "language", "region", "risk", "posting_capacity", "mfa", "opened_on", "state", "last_activity_at", "last_validated_at",
    "official_from", "official_until", "source", "proposed_by", "look_alike_of", "objective_since", "mfa_since",
)  # fmt: skip
PERSONAL = ("display_name", "purpose", "audience", "objective", "shared_mailbox", "vault_reference", "recovery_contact")
"""Free text and addresses: they may name people, so that the audit log can forget them."""


_NO_ADDRESS = frozenset(
    {"bad_host", "empty", "control_character", "invisible_character", "unassigned_character", "lone_surrogate"}
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An account, what it is flagged for now, and the tools (keys) that it uses."""

    account: Account
    flags: tuple[Flagged, ...]
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer to the public: the status, and until when it was official if it was."""

    status: Status
    network: str | None
    handle: str | None
    url: str | None
    official_until: datetime | None


def account(work: Work, id_: UUID) -> Shown:
    """One account."""
    return show(work, work.show(store.account(work.session, id_)))


def accounts(work: Work, page: Page, filters: Mapping[str, Any]) -> list[Shown]:
    """A page of accounts; ``handle`` in any spelling, with or without its network; ``tool``: that use it (id or key)."""
    named = filters.get("tool")
    of = tool_store.find(work.session, named) if named is not None else None
    if named is not None and of is None:
        return []
    wanted = {name: value for name, value in filters.items() if name != "tool"} | {"tool_id": of and of.id}
    return show_all(work, store.page(work.session, page, spelled(work, wanted)))


def spelled(work: Work, filters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Filters with ``handle`` in its one form, where its network is given beside it."""
    handle, key = filters.get("handle"), filters.get("network")
    if handle is None or key is None:
        return filters
    try:
        named = network_rules.canonical(networks.network(work.session, key), handle)
    except network_rules.BadHandle:
        return filters
    return {**filters, "handle": named.canonical}


def show(work: Work, account: Account) -> Shown:
    """An account with its flags."""
    return show_all(work, [account])[0]


def show_all(work: Work, found: list[Account]) -> list[Shown]:
    """Accounts with their flags, in as many statements as one."""
    people = directory.employees(work.session, {one for account in found for one in account.stewards})
    left = {
        id_: person.left_at or person.ends_at or person.updated_at
        for id_, person in people.items()
        if not person.employed(work.now)
    }
    used = usages(work, store.tools_of(work.session, [account.id for account in found]))
    around = Surroundings(left, strategy.objectives(work.session), store.twins(work.session, found), used)
    in_force = policies.in_force(work.session, work.now)
    shown = []
    for account in found:
        limits = policy_rules.combine(policy_rules.in_scope(in_force, account.place))
        tools = tuple(one.tool for one in used.get(account.id, ()))
        shown.append(Shown(account, rules.flags(account, around, limits, work.now), tools))
    return shown


def usages(work: Work, used: Mapping[UUID, Mapping[UUID, datetime]]) -> dict[UUID, list[Usage]]:
    """By account, the tools that it uses (``used``: ids, and since when), by their keys in order, and where those stand now."""
    if not used:
        return {}
    keys = {one.id: one.key for one in tool_store.tools(work.session)}
    standings = vendors.standings(work.session, work.now)
    return {
        id_: sorted(
            (Usage(keys[tool], since, standings[tool]) for tool, since in theirs.items()), key=lambda one: one.tool
        )
        for id_, theirs in used.items()
    }


def use_tools(work: Work, account: Account, refs: Iterable[str]) -> Account:
    """From now on an account, which this transaction holds, uses these tools (ids or keys). Raises ``Invalid``."""
    named: set[UUID] = set()
    for n, ref in enumerate(refs):
        tool = tool_store.find(work.session, ref)
        if tool is None:
            raise Invalid.field(f"/tools/{n}", "unknown_tool", f"There is no publishing tool {ref}.")
        named.add(tool.id)
    used = store.tools_of(work.session, [account.id]).get(account.id, {})
    if named == used.keys():
        return account
    store.use_tools(work.session, account.id, work.now, named)
    after = store.save(work.session, account.id, work.now, {})  # they are shown with it: another ETag
    before_told, after_told = ({"tools": sorted(map(str, ids))} for ids in (used, named))
    audit.record(work, "account.tools_changed", ("account", account.id), before=before_told, after=after_told)
    return after


def named(work: Work, text: str) -> Account | None:
    """An account by our id, or by ``network:handle`` in any spelling."""
    try:
        return store.accounts(work.session, [UUID(text)]).get(UUID(text))
    except ValueError:
        pass
    key, _, handle = text.partition(":")
    try:
        network = networks.network(work.session, key)
        return store.registered(work.session, key, network_rules.canonical(network, handle).canonical)
    except (network_rules.BadHandle, NotFound):
        return None


def all_named(work: Work, texts: Iterable[str]) -> dict[str, Account]:
    """The accounts that these texts mean, each our id or ``network:handle`` in any spelling; what is nobody's is left out.

    In as many statements as one.
    """
    ids, handles = dict[str, UUID](), dict[str, tuple[str, str]]()
    known = {one.key: one for one in networks.networks(work.session)}
    for text in set(texts):
        key, _, handle = text.partition(":")
        try:
            if key in known:
                handles[text] = (key, network_rules.canonical(known[key], handle).canonical)
            else:
                ids[text] = UUID(text)
        except (network_rules.BadHandle, ValueError):
            continue
    by_id = store.accounts(work.session, ids.values())
    by_handle = store.by_handles(work.session, handles.values())
    found = {text: by_id.get(id_) for text, id_ in ids.items()}
    found |= {text: by_handle.get(named) for text, named in handles.items()}
    return {text: one for text, one in found.items() if one is not None}


def ref(work: Work, text: str) -> UUID:
    """The id that our id or ``network:handle`` names, or ``NotFound``."""
    found = named(work, text)
    if found is None:
        raise NotFound(f"There is no account {text}.")
    return found.id


def verify(work: Work, url: str) -> Verified:
    """Is this address one of ours? An address that no account of its network can have is nobody's.

    Raises ``UnknownNetwork``, and ``BadHandle`` for what is no address at all.
    """
    try:
        network, handle = network_rules.recognise(networks.networks(work.session), url)
    except network_rules.BadHandle as error:
        if error.reason.startswith("url_") or error.reason in _NO_ADDRESS:
            raise
        return Verified(Status.UNREGISTERED, None, None, None, None)
    found = store.registered(work.session, network.key, handle.canonical)
    status = rules.status_of(found)
    until = found.official_until if found and status is Status.WAS_OFFICIAL else None
    return Verified(status, network.key, handle.canonical, handle.url, until)


def step(work: Work, id_: UUID, verb: Verb, reason: str | None) -> Shown:
    """Activate, suspend or resume. Raises ``WrongState``, ``Forbidden``, ``PreconditionFailed``."""
    before = store.lock_account(work.session, id_)
    work.match(before)
    work.actor.require(_NEEDS[verb], before.place, own=work.actor.employee_id in before.stewards)
    after = move(work, before, verb, reason)
    return show(work, work.show(after))


def move(work: Work, before: Account, verb: Verb, reason: str | None) -> Account:
    """Bring an account that this transaction holds into its next state, whoever decided that. Raises ``WrongState``."""
    changes: dict[str, Any] = {"state": rules.moved_to(before, verb)}
    if verb is Verb.ACTIVATE:
        changes |= {"official_from": work.now, "opened_on": before.opened_on or work.now.date()}
    if verb is Verb.DECOMMISSION and before.official_from is not None:
        changes["official_until"] = work.now
    return change(work, before, changes, f"account.{_PAST[verb]}", reason)


_NEEDS = {
    Verb.ACTIVATE: Permission.ACCOUNT_MANAGE,
    Verb.SUSPEND: Permission.ACCOUNT_STOP,
    Verb.RESUME: Permission.ACCOUNT_STOP,
}
_PAST = {
    Verb.ACTIVATE: "activated",
    Verb.SUSPEND: "suspended",
    Verb.RESUME: "resumed",
    Verb.DECOMMISSION: "decommissioning",
    Verb.ARCHIVE: "archived",
}


def validate(work: Work, id_: UUID) -> Shown:
    """A custodian or the hub has looked: the account is as the inventory says."""
    before = store.lock_account(work.session, id_)
    work.match(before)
    work.actor.require(Permission.ACCOUNT_MANAGE, before.place, own=work.actor.employee_id in before.stewards)
    return _changed(work, before, {"last_validated_at": work.now}, "account.validated")


def active_at(work: Work, id_: UUID, at: datetime) -> Shown:
    """There was activity on the account at this instant; an older report than the last changes nothing."""
    before = store.lock_account(work.session, id_)
    work.match(before)
    own = work.actor.employee_id in before.stewards
    work.actor.require(Permission.ACCOUNT_RECORD_ACTIVITY, before.place, own=own)
    if at > work.now + timedelta(minutes=5):
        raise Invalid.field("/at", "in_the_future", "Activity has happened, or it is no activity.")
    return show(work, work.show(_active(work, before, at)))


def note_activity(work: Work, seen: Mapping[UUID, datetime]) -> None:
    """There was activity on these accounts at these instants, as somebody measured who may; archived ones stay as they are.

    Only accounts that it says something new of are held, in the order of their ids.
    """
    known = store.accounts(work.session, seen)
    for id_ in sorted(id_ for id_, one in known.items() if rules.is_news(one, seen[id_])):
        before = store.lock_account(work.session, id_)
        if before.state not in rules.HISTORY:
            _active(work, before, seen[id_])


def _active(work: Work, before: Account, at: datetime) -> Account:
    news = {"last_activity_at": at} if rules.is_news(before, at) else {}
    return change(work, before, news, "account.activity_recorded")


def update(work: Work, before: Account, changes: Mapping[str, Any]) -> Account:
    """Describe an account anew. Its unit and its risk tier decide who governs it: the hub sets them, for both units."""
    work.match(before)
    if before.state in rules.HISTORY:
        raise rules.WrongState(f"The account is {before.state}; its record is history.")
    proposal = before.state in (AccountState.PROPOSED, AccountState.CHANGES_REQUESTED)
    own = work.actor.employee_id in before.stewards or (proposal and work.actor.employee_id == before.proposed_by)
    work.actor.require(Permission.ACCOUNT_UPDATE, before.place, own=own)
    if work.actor.kind is ActorKind.CLIENT:
        rules.check_client(before, changes)
    if {"risk", "business_unit_id"} & set(changes):
        work.actor.require(Permission.ACCOUNT_STOP, before.place)
    if "business_unit_id" in changes:
        work.actor.require(Permission.ACCOUNT_STOP, _open_unit(work, changes["business_unit_id"]).place)
    check_people(work, changes, before)
    after = change(work, before, {name: changes[name] for name in changes if name != "tools"}, "account.updated")
    if changes.get("tools") is not None:
        after = use_tools(work, after, changes["tools"])
    return work.show(after)


def _open_unit(work: Work, unit_id: UUID) -> Any:
    unit = directory.unit(work.session, unit_id)
    if unit.state != "open":
        raise Invalid.field("/business_unit_id", "closed", f"{unit.name} is closed.")
    return unit


def check_people(work: Work, changes: Mapping[str, Any], before: Account | None = None) -> None:
    """Custodians are two different people; who is newly named is active (who was is perhaps no more)."""
    names = ("steward_id", "backup_steward_id")
    named = [name for name in names if changes.get(name)]
    people = directory.employees(work.session, [changes[name] for name in named])
    for name in named:
        person = people.get(changes[name])
        if person is None or not person.employed(work.now):
            raise Invalid.field(f"/{name}", "unknown_employee", "A custodian must be an active employee.")
    after = [changes[name] if name in changes else getattr(before, name, None) for name in names]
    if named and after[0] == after[1]:
        raise Invalid.field(f"/{named[-1]}", "same_person", "Steward and backup are two people.")


def change(work: Work, before: Account, changes: Mapping[str, Any], action: str, reason: str | None = None) -> Account:
    """Change an account and tell of it; what is the same already is no change."""
    real = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not real:
        return before
    real |= {f"{name}_since": work.now for name in rules.DATED if name in real}
    after = store.save(work.session, before.id, work.now, real)
    audit.record(work, action, ("account", after.id), before=told(before), after=told(after), reason=reason)
    return after


def _changed(work: Work, before: Account, changes: Mapping[str, Any], action: str, reason: str | None = None) -> Shown:
    return show(work, work.show(change(work, before, changes, action, reason)))


def told(account: Account) -> dict[str, Any]:
    """An account as the audit log tells it."""
    personal = {name: Personal(getattr(account, name)) for name in PERSONAL}
    return {**{name: getattr(account, name) for name in PLAIN}, **personal}
