"""Writing, publishing and combining policies."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.audit import service as audit
from app.directory import rules as units
from app.directory import store as directory
from app.kernel.actor import Permission, Place, Scope, ScopeKind
from app.kernel.database import advisory_lock
from app.kernel.errors import Invalid, NotFound
from app.kernel.pages import Page
from app.kernel.work import Work
from app.networks import store as networks
from app.roles import store as roles
from app.roles.rules import Role

from . import rules, store
from .rules import Limits, Policy, PolicyState, Version

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
    audit.record(work, "policy.created", ("policy", made.id), after={"key": key, "title": title, "scope": scope.kind})
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
    """Write the next version. Raises ``PolicyWidens``, ``Invalid``."""
    of = store.policy(work.session, id_or_key, lock=True)
    _check_networks(work, values["rules"].get("allowed_networks") or ())
    rules.check_tightens(of.scope, values["rules"], _enterprise(work))
    members = {
        **values,
        "text_sha256": hashlib.sha256(values["text"].encode()).hexdigest(),
        "author_id": work.actor.employee_id,
    }
    made = store.add_version(work.session, work.now, of.id, members)
    audit.record(work, "policy_version.drafted", ("policy_version", made.id), after=told(of, made))
    return work.show(made)


def _check_networks(work: Work, keys: Iterable[str]) -> None:
    """A network misspelt would allow nothing, and nobody would see why."""
    unknown = sorted(set(keys) - {one.key for one in networks.networks(work.session)})
    if unknown:
        raise Invalid.field("/rules/allowed_networks", "unknown_network", f"There is no network {unknown[0]!r}.")


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
    rules.check_tightens(of.scope, found.rules, _enterprise(work))
    for other in store.versions(work.session, of.id):
        if other.published_at and (other.superseded_at is None or other.superseded_at > begins):
            state = "superseded" if begins <= work.now else other.state
            store.save_version(work.session, other.id, work.now, {"superseded_at": begins, "state": state})
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
        after=told(of, made),
        reason=alone,
    )
    return work.show(made)


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
    audit.record(
        work,
        "policy_version.retired",
        ("policy_version", made.id),
        before=told(of, found),
        after=told(of, made),
        reason=reason,
    )
    return work.show(made)


def _enterprise(work: Work) -> Limits:
    return limits(work, Place())


def told(of: Policy, one: Version) -> dict[str, Any]:
    """A version as the audit log tells it; the text by its digest."""
    names = ("n", "state", "text_sha256", "rules", "effective_from", "attestation_grace_days", "superseded_at")
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
