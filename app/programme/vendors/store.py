"""Every statement that touches vendors, what is known of tools, and assessments."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.directory.rules import KeyTaken
from app.kernel.database import change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import as_uuid, new_id
from app.kernel.pages import Page, keyset, usual_order
from app.tools import store as tools
from app.tools.tables import PublishingTool

from . import rules
from .rules import Assessment, AssessmentOpen, AssessmentState, Profile, Standing, Vendor, WorkKind
from .tables import Assessment as Row
from .tables import ToolProfile as ProfileRow
from .tables import Vendor as VendorRow


def vendor(session: Session, id_or_key: UUID | str) -> Vendor:
    """A vendor by id or key, or ``NotFound``."""
    id_ = as_uuid(id_or_key)
    row = session.scalars(select(VendorRow).where(VendorRow.id == id_ if id_ else VendorRow.key == id_or_key)).first()
    if row is None:
        raise NotFound(f"There is no vendor {id_or_key}.")
    return value_of(Vendor, row)


def lock_vendor(session: Session, id_: UUID) -> Vendor:
    """Hold a vendor until the transaction ends, and read it afresh."""
    return value_of(Vendor, session.get_one(VendorRow, id_, with_for_update=True, populate_existing=True))


def page_vendors(session: Session, page: Page) -> list[Vendor]:
    """A page of vendors."""
    found = session.scalars(keyset(select(VendorRow), usual_order(VendorRow, page), page))
    return [value_of(Vendor, row) for row in found]


def add_vendor(session: Session, now: datetime, values: Mapping[str, Any]) -> Vendor:
    """A new vendor; raises ``KeyTaken``."""
    row = VendorRow(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session, KeyTaken, f"There is a vendor with the key {values['key']} already.")
    return value_of(Vendor, row)


def save_vendor(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Vendor:
    """Change columns of a vendor."""
    row = session.get_one(VendorRow, id_)
    change(session, row, now, changes)
    return value_of(Vendor, row)


def profiles(session: Session, tool_ids: Collection[UUID]) -> dict[UUID, Profile]:
    """What is known of these tools; one of which nothing was ever said has an empty one."""
    known = {
        row.tool_id: value_of(Profile, row, kinds=tuple(WorkKind(one) for one in row.kinds))
        for row in session.scalars(select(ProfileRow).where(ProfileRow.tool_id.in_(tool_ids)))
    }
    return {id_: known.get(id_) or Profile(id_, None, ()) for id_ in tool_ids}


def save_profile(session: Session, profile: Profile) -> None:
    """Say what is known of a tool, whose row is held."""
    row = session.get(ProfileRow, profile.tool_id)
    if row is None:
        row = ProfileRow(tool_id=profile.tool_id)
        session.add(row)
    row.vendor_id, row.kinds = profile.vendor_id, [str(one) for one in profile.kinds]
    flush(session)


def assessment(session: Session, id_: UUID) -> Assessment:
    """One assessment, or ``NotFound``."""
    row = session.get(Row, id_)
    if row is None:
        raise NotFound(f"There is no assessment {id_}.")
    return _value(row)


def lock_assessment(session: Session, id_: UUID) -> Assessment:
    """Hold an assessment until the transaction ends, and read it afresh."""
    return _value(session.get_one(Row, id_, with_for_update=True, populate_existing=True))


def page_assessments(session: Session, page: Page, tool_id: UUID | None) -> list[Assessment]:
    """A page of assessments: of a tool."""
    stmt = select(Row) if tool_id is None else select(Row).where(Row.tool_id == tool_id)
    return [_value(row) for row in session.scalars(keyset(stmt, usual_order(Row, page), page))]


def add_assessment(session: Session, now: datetime, values: Mapping[str, Any]) -> Assessment:
    """A new assessment; raises ``AssessmentOpen``."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values)
    session.add(row)
    flush(session, AssessmentOpen, "An assessment of this tool waits for a decision already.")
    return _value(row)


def save_assessment(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Assessment:
    """Change columns of an assessment."""
    row = session.get_one(Row, id_)
    change(session, row, now, changes)
    return _value(row)


def counting(session: Session, tool_id: UUID) -> Assessment | None:
    """The decided assessment of a tool that counts, held until the transaction ends."""
    stmt = select(Row).where(
        Row.tool_id == tool_id, Row.state != AssessmentState.PROPOSED, Row.superseded_at.is_(None)
    )  # fmt: skip
    row = session.scalars(stmt.with_for_update().execution_options(populate_existing=True)).first()
    return _value(row) if row else None


def standings(session: Session, now: datetime) -> dict[UUID, Standing]:
    """Where every tool stands, by id. There are few: three statements, however many."""
    vendors = {row.id: value_of(Vendor, row) for row in session.scalars(select(VendorRow))}
    of = {row.tool_id: vendors.get(row.vendor_id) for row in session.scalars(select(ProfileRow)) if row.vendor_id}
    found: dict[UUID, list[Assessment]] = {}
    for row in session.scalars(select(Row).order_by(Row.id)):
        found.setdefault(row.tool_id, []).append(_value(row))
    every = tools.tools(session)
    return {one.id: rules.standing(one, of.get(one.id), found.get(one.id, ()), now) for one in every}


def approved_ids(now: datetime) -> Select[Any]:
    """The ids of the tools that are approved now, as ``rules.standing`` has it of one; to be embedded."""
    contract = VendorRow.contract_ends_on
    return (
        select(Row.tool_id)
        .join(PublishingTool, PublishingTool.id == Row.tool_id)
        .outerjoin(ProfileRow, ProfileRow.tool_id == Row.tool_id)
        .outerjoin(VendorRow, VendorRow.id == ProfileRow.vendor_id)
        .where(
            Row.state == AssessmentState.APPROVED, Row.superseded_at.is_(None), Row.valid_until > now,
            PublishingTool.retired_at.is_(None), or_(contract.is_(None), contract >= now.date()),
        )
    )  # fmt: skip


def _value(row: Row) -> Assessment:
    return value_of(Assessment, row, state=AssessmentState(row.state))
