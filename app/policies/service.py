"""Writing, publishing and combining policies."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.audit import service as audit
from app.directory import rules as units
from app.directory import store as directory
from app.kernel.actor import Permission, Place, Scope, ScopeKind
from app.kernel.database import advisory_lock
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Personal, Work
from app.networks import store as networks
from app.programme.training import store as training
from app.roles import service as role_service
from app.roles import store as roles
from app.roles.rules import Role
from app.tools import store as tools

from . import rules, store
from .rules import InForce, Limits, Policy, PolicyState, Version
from .typed import rules as typed

RULES_LOCK = 0x636F_6503
"""Held shared by whoever relies on the model and the policies in force, alone by whoever changes them."""


def limits(work: Work, place: Place) -> Limits:
    """All policies that hold at a place, combined."""
    return rules.combine(rules.in_scope(store.in_force(work.session, work.now), place))


def policy(work: Work, id_or_key: str) -> Policy:
    """One policy; one that was never published is there only for those who write policies, and the auditor."""
    found = store.policy(work.session, id_or_key)
    if not _sees_drafts(work) and not any(one.published_at for one in store.versions(work.session, found.id)):
        raise NotFound(f"There is no policy {id_or_key}.")
    return work.show(found)


def policies(work: Work, page: Page) -> list[Policy]:
    """A page of policies."""
    return store.page(work.session, page, drafts=_sees_drafts(work))


def create(work: Work, key: str, title: str, scope: Scope) -> Policy:
    """A new policy, without a version yet. Raises ``KeyTaken``, ``NotFound``."""
    units.check_key(key)
    if scope.business_unit_id:
        units.check_open(directory.unit(work.session, scope.business_unit_id))
    made = store.add_policy(work.session, work.now, key, title, scope)
    audit.record(
        work,
        "policy.created",
        ("policy", made.id),
        after={"key": key, "title": title, **role_service.scope_told(scope)},
    )
    return work.show(made)


def versions(work: Work, id_or_key: str) -> list[Version]:
    """A policy's versions: published ones for everyone, drafts for those who write or publish."""
    found = store.versions(work.session, policy(work, id_or_key).id)
    return [replace(one, state=one.state_at(work.now)) for one in found if _visible(work, one)]


def version(work: Work, id_or_key: str, n: int) -> Version:
    """One version; a draft that one may not see is not there."""
    for one in versions(work, id_or_key):
        if one.n == n:
            return work.show(one)
    raise NotFound(f"The policy {id_or_key} has no version {n}.")


def _visible(work: Work, one: Version) -> bool:
    return one.published_at is not None or _sees_drafts(work)


def _sees_drafts(work: Work) -> bool:
    return work.actor.holds(Permission.POLICY_DRAFT) or Role.AUDITOR in work.actor.roles


def draft(work: Work, id_or_key: str, values: Mapping[str, Any]) -> Version:
    """Write the next version. Raises ``PolicyWidens``, ``UnitClosed``, ``Invalid``."""
    of = store.policy(work.session, id_or_key, lock=True)
    if of.scope.business_unit_id:
        units.check_open(directory.unit(work.session, of.scope.business_unit_id))
    _check_named(work, values["rules"])
    rules.check_tightens(of.scope, values["rules"], _enterprise(work))
    members = {
        **values,
        "text_sha256": hashlib.sha256(values["text"].encode()).hexdigest(),
        "author_id": work.actor.employee_id,
    }
    made = store.add_version(work.session, work.now, of.id, members)
    drafted = {**told(of, made), "text": Personal(made.text)}
    audit.record(work, "policy_version.drafted", ("policy_version", made.id), after=drafted)
    return work.show(made)


def _check_named(work: Work, said: Mapping[str, Any]) -> None:
    """What a rule names is there: a network or a tool misspelt would allow nothing, and nobody would see why."""
    unknown = _unknown(said.get("allowed_networks"), {one.key for one in networks.networks(work.session)})
    if unknown:
        raise Invalid.field("/rules/allowed_networks", "unknown_network", f"There is no network {unknown!r}.")
    unknown = _unknown(said.get("allowed_tools"), tools.keys(work.session) if said.get("allowed_tools") else ())
    if unknown:
        raise Invalid.field("/rules/allowed_tools", "unknown_tool", f"There is no tool {unknown!r}.")
    _check_courses(work, said)


def _check_courses(work: Work, said: Mapping[str, Any]) -> None:
    """Nobody is asked for what nobody can learn any more: a course may have been retired since this was drafted."""
    named = typed.courses(said.get("required_training") or ())
    held = training.courses_by_key(work.session, named) if named else {}
    unknown = _unknown(named, held)
    if unknown:
        raise Invalid.field("/rules/required_training", "unknown_course", f"There is no course {unknown!r}.")
    retired = min((one.key for one in held.values() if one.retired_at is not None), default=None)
    if retired:
        raise Invalid.field("/rules/required_training", "course_retired", f"The course {retired!r} is retired.")


def _unknown(named: Iterable[str] | None, known: Collection[str]) -> str | None:
    return min(set(named or ()) - set(known), default=None)


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A rule in force that is looser than the enterprise's, which was tightened after it was written."""

    policy: InForce
    rule: str
    message: str


def overtaken(work: Work, enterprise: Limits | None = None) -> list[Overtaken]:
    """Rules of narrower policies that the enterprise's have overtaken; ``enterprise``: instead of those in force."""
    floor = enterprise or _enterprise(work)
    narrower = [one for one in store.in_force(work.session, work.now) if one.scope.kind is not ScopeKind.ENTERPRISE]
    return [
        Overtaken(one, found.rule, found.message)
        for one in sorted(narrower, key=lambda one: one.key)
        for found in rules.looser(one.rules, floor)
    ]


def enterprise_with(work: Work, of: Policy, version: Version) -> Limits:
    """What the enterprise's policies would ask if this version took the place of the one in force."""
    kept = [one for one in store.in_force(work.session, work.now) if one.policy_id != of.id]
    return rules.combine(rules.in_scope([*kept, in_force_as(of, version)], Place()))


def in_force_as(of: Policy, version: Version) -> InForce:
    """A version as it will be once it holds."""
    return InForce(of.id, of.key, of.scope, version.id, version.n, version.rules, version.attest_by)


def in_effect(work: Work, unit: str | None, network: str | None) -> Limits:
    """All that policy asks at a unit (its id or key) and on a network, combined. Raises ``NotFound``."""
    path = directory.unit(work.session, unit).path if unit else ()
    return limits(work, Place(path, networks.network(work.session, network).key if network else None))


def differences(work: Work, id_or_key: str, n: int, since: int | None) -> tuple[Version, Version]:
    """Two versions, the earlier first; ``since``: the version before, unless told. Raises ``NotFound``."""
    after = version(work, id_or_key, n)
    return version(work, id_or_key, since if since is not None else n - 1), after


def publish(work: Work, id_or_key: str, n: int) -> Version:
    """Publish a draft, now or from its ``effective_from``; what was in force ends when it begins.

    Raises ``VersionPublished``, ``AuthorPublishes``, ``PolicyWidens``, ``Invalid``.
    """
    advisory_lock(work.session, RULES_LOCK)
    of = store.policy(work.session, id_or_key, lock=True)
    found = version(work, id_or_key, n)
    work.match(found)
    strategists = {one.employee_id for one in roles.in_force(work.session, work.now, role=Role.STRATEGIST)}
    rules.check_publish(found, work.me, len(strategists))
    begins = found.effective_from or work.now
    if begins < work.now:
        raise Invalid.field("/effective_from", "in_the_past", "A version takes effect now or later; draft it again.")
    _check_courses(work, found.rules)
    rules.check_tightens(of.scope, found.rules, _enterprise(work))
    ended = _supersede(work, of, begins)
    changes = {
        "state": "published",
        "published_at": work.now,
        "published_by": work.actor.employee_id,
        "effective_from": begins,
    }
    made = store.save_version(work.session, found.id, work.now, changes)
    alone = (
        "the author published it: there is one strategist only" if found.author_id == work.actor.employee_id else None
    )
    audit.record(
        work,
        "policy_version.published",
        ("policy_version", made.id),
        before=told(of, found),
        after={**told(of, made), "supersedes": ended},
        reason=alone,
    )
    return work.show(made)


def _supersede(work: Work, of: Policy, begins: datetime) -> list[UUID]:
    """What was in force ends when another version begins; answers what did."""
    ended = [
        one for one in store.versions(work.session, of.id)
        if one.published_at and (one.superseded_at is None or one.superseded_at > begins)
    ]  # fmt: skip
    for other in ended:
        state = PolicyState.SUPERSEDED if begins <= work.now else other.state
        store.save_version(work.session, other.id, work.now, {"superseded_at": begins, "state": state})
    return [one.id for one in ended]


def retire(work: Work, id_or_key: str, n: int, reason: str) -> Version:
    """Take a version out of force, or a draft off the table, without another in its place. Raises ``VersionRetired``."""
    advisory_lock(work.session, RULES_LOCK)
    of = store.policy(work.session, id_or_key, lock=True)
    found = version(work, id_or_key, n)
    work.match(found)
    if found.state in (PolicyState.RETIRED, PolicyState.SUPERSEDED):
        raise rules.VersionRetired(f"Version {n} is {found.state}.")
    changes = {"state": PolicyState.RETIRED, "superseded_at": work.now if found.published_at else None}
    made = store.save_version(work.session, found.id, work.now, changes)
    back = _give_back(work, found) if found.published_at is not None and not found.begun(work.now) else []
    audit.record(
        work,
        "policy_version.retired",
        ("policy_version", made.id),
        before=told(of, found),
        after={**told(of, made), **({"given_back": back} if back else {})},
        reason=reason,
    )
    return work.show(made)


def _give_back(work: Work, withdrawn: Version) -> list[UUID]:
    """A version will never begin: the one that it was to end goes on, until the next begins if there is one. Answers which."""
    begins, back = withdrawn.effective_from, []
    for other in store.versions(work.session, withdrawn.policy_id):
        ended_by_it = begins is not None and other.superseded_at == begins and other.begun(begins)
        if ended_by_it and other.state is PolicyState.PUBLISHED and other.effective_from != begins:
            store.save_version(work.session, other.id, work.now, {"superseded_at": withdrawn.superseded_at})
            back.append(other.id)
    return back


def _enterprise(work: Work) -> Limits:
    return limits(work, Place())


def told(of: Policy, one: Version) -> dict[str, Any]:
    """A version as the audit log tells it; the text by its digest, but when it is drafted."""
    names = (
        "policy_id", "n", "state", "text_sha256", "rules", "effective_from", "attestation_grace_days", "superseded_at",
    )  # fmt: skip
    return {"policy": of.key, **{name: getattr(one, name) for name in names}}


def scope_named(work: Work, kind: ScopeKind, id_or_key: str | None) -> Scope:
    """A scope by its kind and the id or key of what it covers. Raises ``Invalid``, ``NotFound``."""
    if (kind is ScopeKind.ENTERPRISE) != (id_or_key is None):
        raise Invalid.field("/scope/id", "scope_id", "A unit or a network is named by its id; the enterprise has none.")
    if kind is ScopeKind.BUSINESS_UNIT:
        return Scope(kind, business_unit_id=directory.unit(work.session, str(id_or_key)).id)
    if kind is ScopeKind.NETWORK:
        return Scope(kind, network=networks.network(work.session, str(id_or_key)).key)
    return Scope(kind)
