"""Every statement that touches findings and citations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import Session

from app.governance.models.tables import GovernanceSetting
from app.kernel.database import change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset, usual_order
from app.policies.tables import PolicyVersion
from app.programme.strategy.rules import SHOWN_TO_ALL
from app.programme.strategy.tables import Strategy
from app.programme.vendors.tables import Assessment

from .rules import Citation, CitedAlready, Finding, Subject, SubjectKind, Tag, TagKind
from .tables import Citation as CitationRow
from .tables import Finding as Row
from .tables import FindingTag as TagRow


@dataclass(frozen=True, slots=True)
class Sight:
    """Which drafts somebody may read, beside what is open to everybody: of policies; of strategies all, or those of these
    units (a statement; None: none).
    """

    policies: bool
    strategies: bool
    units: Select[Any] | None


def finding(session: Session, id_: UUID) -> Finding:
    """One finding, or ``NotFound``."""
    row = session.get(Row, id_)
    if row is None:
        raise NotFound(f"There is no finding {id_}.")
    return _values(session, [row])[0]


def lock(session: Session, id_: UUID) -> Finding:
    """Hold a finding until the transaction ends, and read it afresh."""
    row = session.get_one(Row, id_, with_for_update=True, populate_existing=True)
    return _values(session, [row])[0]


def page(session: Session, page: Page, tags: Iterable[Tag], *, withdrawn: bool | None) -> list[Finding]:
    """A page of findings that have all of these tags."""
    stmt = select(Row)
    if withdrawn is not None:
        stmt = stmt.where(Row.withdrawn_at.is_not(None) if withdrawn else Row.withdrawn_at.is_(None))
    for kind, value in tags:
        stmt = stmt.where(Row.id.in_(select(TagRow.finding_id).where(TagRow.kind == kind, TagRow.value == value)))
    return _values(session, list(session.scalars(keyset(stmt, usual_order(Row, page), page))))


def add(session: Session, now: datetime, values: Mapping[str, Any], tags: Iterable[Tag]) -> Finding:
    """A new finding with its tags."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session)
    session.add_all(TagRow(finding_id=row.id, kind=kind, value=value) for kind, value in sorted(set(tags)))
    flush(session)
    return _values(session, [row])[0]


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Finding:
    """Change columns of a finding."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return _values(session, [row])[0]


def _values(session: Session, rows: Sequence[Row]) -> list[Finding]:
    tags: dict[UUID, list[Tag]] = {}
    stmt = select(TagRow).where(TagRow.finding_id.in_([row.id for row in rows]))
    for one in session.scalars(stmt.order_by(TagRow.kind, TagRow.value)) if rows else ():
        tags.setdefault(one.finding_id, []).append(Tag(TagKind(one.kind), one.value))
    return [value_of(Finding, row, tags=tuple(tags.get(row.id, ()))) for row in rows]


def add_citation(session: Session, now: datetime, of: Finding, subject: Subject, values: Mapping[str, Any]) -> Citation:
    """A new citation; raises ``CitedAlready``."""
    row = CitationRow(
        id=new_id(), finding_id=of.id, subject_kind=subject.kind, subject_id=subject.id, created_at=now, **values
    )  # fmt: skip
    session.add(row)
    flush(session, CitedAlready, "This decision cites this finding already.")
    return _citation(row, of)


def page_citations(
    session: Session, page: Page, filters: Mapping[str, Any], sight: Sight
) -> list[Citation]:  # fmt: skip
    """A page of citations by equal columns, by what may be read."""
    stmt = select(CitationRow).where(_readable(sight))
    for name, value in filters.items():
        if value is not None:
            stmt = stmt.where(getattr(CitationRow, name) == value)
    rows = list(session.scalars(keyset(stmt, usual_order(CitationRow, page), page)))
    named = list(session.scalars(select(Row).where(Row.id.in_({row.finding_id for row in rows})))) if rows else []
    findings = {one.id: one for one in _values(session, named)}
    return [_citation(row, findings[row.finding_id]) for row in rows]


def is_there(session: Session, subject: Subject, sight: Sight) -> bool:
    """Is there such a thing, for somebody with this sight?"""
    return session.scalar(_ids(subject.kind, sight).where(_ID[subject.kind] == subject.id)) is not None


def _readable(sight: Sight) -> ColumnElement[bool]:
    """The condition of a citation of being in something that may be read."""
    kind, id_ = CitationRow.subject_kind, CitationRow.subject_id
    return or_(*((kind == one) & id_.in_(_ids(one, sight)) for one in SubjectKind))


_ID: Mapping[SubjectKind, Any] = {
    SubjectKind.ASSESSMENT: Assessment.id,
    SubjectKind.GOVERNANCE_SETTING: GovernanceSetting.id,
    SubjectKind.POLICY_VERSION: PolicyVersion.id,
    SubjectKind.STRATEGY: Strategy.id,
}


def _ids(kind: SubjectKind, sight: Sight) -> Select[Any]:
    """The ids of what of this kind may be read."""
    stmt = select(_ID[kind])
    if kind is SubjectKind.POLICY_VERSION:
        return stmt.where(true() if sight.policies else PolicyVersion.published_at.is_not(None))
    if kind is SubjectKind.STRATEGY and not sight.strategies:
        theirs = false() if sight.units is None else Strategy.business_unit_id.in_(sight.units)
        return stmt.where(or_(Strategy.state.in_(SHOWN_TO_ALL), theirs))
    return stmt


def _citation(row: CitationRow, of: Finding) -> Citation:
    subject = Subject(SubjectKind(row.subject_kind), row.subject_id)
    return value_of(Citation, row, finding=of, subject=subject)
