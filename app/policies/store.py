"""Every statement that touches policies and their versions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.directory.rules import KeyTaken
from app.kernel.actor import Scope, ScopeKind
from app.kernel.database import at_param, change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset

from . import tables
from .rules import Dated, InForce, Policy, PolicyState, Version

# Every request asks this. It is made once: making a statement takes longer than having it answered.
_AT = at_param()
_DATED = (
    select(tables.PolicyVersion, tables.Policy)
    .join(tables.Policy, tables.Policy.id == tables.PolicyVersion.policy_id)
    .where(tables.PolicyVersion.published_at.is_not(None))
)
_AT_AN_INSTANT = _DATED.where(
    tables.PolicyVersion.effective_from <= _AT,
    or_(tables.PolicyVersion.superseded_at.is_(None), tables.PolicyVersion.superseded_at > _AT),
)
_NOT_RETIRED = tables.PolicyVersion.state != PolicyState.RETIRED
_IN_FORCE = _AT_AN_INSTANT.where(_NOT_RETIRED)


def policy(session: Session, id_or_key: str, *, lock: bool = False) -> Policy:
    """One policy by id or key, or ``NotFound``; held alone with ``lock``, so that its versions are numbered in turn."""
    row = tables.Policy
    stmt = select(row).where(or_(row.key == id_or_key, *([row.id == _uuid(id_or_key)] if _uuid(id_or_key) else [])))
    found = session.scalars(stmt.with_for_update() if lock else stmt).first()
    if found is None:
        raise NotFound(f"There is no policy {id_or_key}.")
    return _policy(found)


def page(session: Session, page: Page, *, drafts: bool) -> list[Policy]:
    """A page of policies; without ``drafts`` only those of which a version was published."""
    row, of = tables.Policy, tables.PolicyVersion
    published = select(of.policy_id).where(of.published_at.is_not(None))
    order = ((getattr(row, page.column or "id"), page.descending), (row.id, page.descending))
    stmt = select(row) if drafts else select(row).where(row.id.in_(published))
    return [_policy(found) for found in session.scalars(keyset(stmt, order, page))]


def versions(session: Session, policy_id: UUID) -> list[Version]:
    """All versions of a policy, the first first."""
    row = tables.PolicyVersion
    return [_version(found) for found in session.scalars(select(row).where(row.policy_id == policy_id).order_by(row.n))]


def in_force(session: Session, at: datetime) -> list[InForce]:
    """Every version in force at this instant, with where it holds: one statement for the whole enterprise."""
    return [_in_force(*found) for found in session.execute(_IN_FORCE, {"at": at})]


def dated(session: Session) -> list[Dated]:
    """Every version that was, is or will be in force, with when."""
    return [
        Dated(_in_force(version, policy), version.effective_from, version.superseded_at)
        for version, policy in session.execute(_DATED.where(_NOT_RETIRED))
        if version.effective_from is not None
    ]


def was_in_force(session: Session, at: datetime) -> list[InForce]:
    """Every version that was in force at an instant of the past; one that has been retired since was not retired then."""
    return [_in_force(*found) for found in session.execute(_AT_AN_INSTANT, {"at": at})]


def _in_force(version: tables.PolicyVersion, policy: tables.Policy) -> InForce:
    rules, attest_by = version.rules, _version(version).attest_by
    return InForce(policy.id, policy.key, _scope(policy), version.id, version.n, rules, attest_by)


def add_policy(session: Session, now: datetime, key: str, title: str, scope: Scope) -> Policy:
    """A new policy; raises ``KeyTaken``."""
    row = tables.Policy(
        id=new_id(), created_at=now, updated_at=now, key=key, title=title, scope_kind=scope.kind,
        business_unit_id=scope.business_unit_id, network=scope.network,
    )  # fmt: skip
    session.add(row)
    flush(session, KeyTaken, f"There is a policy with the key {key} already.")
    return _policy(row)


def add_version(session: Session, now: datetime, policy_id: UUID, values: Mapping[str, Any]) -> Version:
    """The next draft of a policy that is held."""
    row = tables.PolicyVersion
    last = session.scalar(select(func.max(row.n)).where(row.policy_id == policy_id)) or 0
    made = row(id=new_id(), created_at=now, updated_at=now, policy_id=policy_id, n=last + 1, state="draft", **values)
    session.add(made)
    flush(session)
    return _version(made)


def save_version(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Version:
    """Change a version's columns."""
    row = session.get_one(tables.PolicyVersion, id_)
    change(session, row, now, changes)
    return _version(row)


def scoped_to_unit(session: Session, unit_id: UUID, at: datetime) -> int:
    """How many policies of this very unit have a draft, or a version that holds or will."""
    row, of = tables.Policy, tables.PolicyVersion
    stmt = select(func.count(row.id.distinct())).join(of, of.policy_id == row.id)
    living = and_(of.state != PolicyState.RETIRED, or_(of.superseded_at.is_(None), of.superseded_at > at))
    return session.scalar(stmt.where(row.business_unit_id == unit_id, living)) or 0


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _scope(row: tables.Policy) -> Scope:
    return Scope(ScopeKind(row.scope_kind), row.business_unit_id, row.network)


def _policy(row: tables.Policy) -> Policy:
    return value_of(Policy, row, scope=_scope(row))


def _version(row: tables.PolicyVersion) -> Version:
    return value_of(Version, row, state=PolicyState(row.state))
