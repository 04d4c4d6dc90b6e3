"""Every statement that touches reviews and their items, and those that find what is to be reviewed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import QueryableAttribute, Session, aliased

from app.accounts.rules import OPEN_FOR_RIGHTS
from app.accounts.tables import Account
from app.audit import store as audit
from app.directory import store as directory
from app.directory.tables import BusinessUnit, Employee
from app.governance.grants.tables import Grant
from app.governance.models.rules import Right
from app.governance.routing.tables import Request
from app.kernel.actor import Place, Scope, ScopeKind
from app.kernel.bulk import insert_rows
from app.kernel.database import at_param, change, flush, value_of
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.pages import Page, keyset
from app.policies.rules import RiskTier
from app.roles.rules import Role
from app.roles.tables import Appointment

from .custody import store as custody
from .rules import Case, Filter, Item, Kind, Outcome, Review
from .tables import Review as Row
from .tables import ReviewItem

S = TypeVar("S", bound=Select[*tuple[Any, ...]])
CHUNK = 1000
"""So many items are read at once where they are judged one by one."""
_WAITS = ReviewItem.outcome.is_(None)
_RUNS = and_(_WAITS, Row.closed_at.is_(None))
_ITEM = ("grant_id", "appointment_id", "account_id", "holder_id", "requester_id")

# --- reviews --------------------------------------------------------------------------------------------------------

_WITH_PATH = select(Row, BusinessUnit.path).outerjoin(BusinessUnit, BusinessUnit.id == Row.business_unit_id)


def add(session: Session, now: datetime, values: Mapping[str, Any], asked: Filter) -> Review:
    """A new review, still without items."""
    row = Row(id=new_id(), created_at=now, updated_at=now, **values, **asdict(asked))
    session.add(row)
    flush(session)
    return review(session, row.id)


def review(session: Session, id_: UUID) -> Review:
    """One review, or ``NotFound``."""
    found = session.execute(_WITH_PATH.where(Row.id == id_)).first()
    if found is None:
        raise NotFound(f"There is no review {id_}.")
    return _review(*found)


def lock_review(session: Session, id_: UUID, *, shared: bool = False) -> Review:
    """Hold a review until the transaction ends, and read it afresh; shared by those who answer items of it."""
    session.get_one(Row, id_, with_for_update={"read": shared}, populate_existing=True)
    return review(session, id_)


def page(session: Session, page: Page, scopes: Collection[Scope] | None) -> list[Review]:
    """Reviews that lie inside one of these scopes; None: all."""
    stmt = _WITH_PATH if scopes is None else _WITH_PATH.where(or_(false(), *map(_inside, scopes)))
    order = ((getattr(Row, page.column or "id"), page.descending), (Row.id, page.descending))
    return [_review(*found) for found in session.execute(keyset(stmt, order, page))]


def between(session: Session, since: datetime, until: datetime) -> list[Review]:
    """Reviews that ran at some instant from the one up to, and not at, the other; the newest first."""
    ran = (Row.created_at < until, func.coalesce(Row.closed_at, Row.ends_at) > since)
    return [_review(*found) for found in session.execute(_WITH_PATH.where(*ran).order_by(Row.id.desc()))]


def _inside(scope: Scope, network: QueryableAttribute[Any] = Row.network) -> ColumnElement[bool]:
    if scope.business_unit_id is not None:
        return BusinessUnit.path.contains(scope.business_unit_id.hex)
    return network == scope.network


def save(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> Review:
    """Change a review's columns."""
    change(session, session.get_one(Row, id_), now, changes)
    return review(session, id_)


def _review(row: Row, path: str | None) -> Review:
    asked = Filter(
        row.business_unit_id, row.network, Right(row.right) if row.right else None,
        RiskTier(row.risk) if row.risk else None, Role(row.role) if row.role else None, row.employee_id,
    )  # fmt: skip
    return value_of(Review, row, kinds=tuple(map(Kind, row.kinds)), filter=asked, path=_ids(path))


def _ids(path: str | None) -> tuple[UUID, ...]:
    return tuple(UUID(part) for part in path.split("/")) if path else ()


# --- what is to be reviewed -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a review would hold, and who may answer for it."""

    case: Case
    grant_id: UUID | None = None
    appointment_id: UUID | None = None
    account_id: UUID | None = None


def matching(session: Session, kind: Kind, asked: Filter, at: datetime, most: int, *, hold: bool) -> list[Found]:
    """Everything of a kind that lives and agrees with the filter, by one statement, at most ``most``.

    ``hold``: its grants are held until the transaction ends, in order of id: two reviews opened at once would otherwise
    each come to share what the other is to change.
    """
    if kind is Kind.GRANTS:
        return _grants(session, asked, at, most, hold=hold)
    return (_appointments if kind is Kind.APPOINTMENTS else _accounts)(session, asked, at, most)


def _of_account(stmt: S, asked: Filter) -> S:
    if asked.business_unit_id is not None:
        stmt = stmt.where(BusinessUnit.path.contains(asked.business_unit_id.hex))
    for column, value in ((Account.network, asked.network), (Account.risk, asked.risk)):
        if value is not None:
            stmt = stmt.where(column == value)
    return stmt


def _grants(session: Session, asked: Filter, at: datetime, most: int, *, hold: bool) -> list[Found]:
    stmt = _of_account(
        select(Grant.id, Grant.employee_id, Grant.account_id, Request.requester_id, Account.network, BusinessUnit.path)
        .join(Request, Request.id == Grant.request_id)
        .join(Account, Account.id == Grant.account_id)
        .join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
        .where(Grant.ended_at.is_(None), Grant.valid_until > at)
        .where(or_(Grant.review_ends_at.is_(None), Grant.review_ends_at > at)),
        asked,
    )
    for column, value in ((Grant.right, asked.right), (Grant.employee_id, asked.employee_id)):
        if value is not None:
            stmt = stmt.where(column == value)
    stmt = stmt.order_by(Grant.id).limit(most)
    found = session.execute(stmt.with_for_update(of=Grant) if hold else stmt)
    return [
        Found(
            Case(Kind.GRANTS, Place(_ids(one.path), one.network), one.employee_id, one.requester_id),
            grant_id=one.id, account_id=one.account_id,
        )
        for one in found
    ]  # fmt: skip


def _appointments(session: Session, asked: Filter, at: datetime, most: int) -> list[Found]:
    stmt = (
        select(
            Appointment.id, Appointment.employee_id, Appointment.appointed_by, Appointment.network, BusinessUnit.path
        )
        .outerjoin(BusinessUnit, BusinessUnit.id == Appointment.business_unit_id)
        .join(Employee, Employee.id == Appointment.employee_id)
        .where(directory.employed(at), Appointment.ended_at.is_(None))
        .where(or_(Appointment.valid_until.is_(None), Appointment.valid_until > at))
    )
    if asked.business_unit_id is not None:
        stmt = stmt.where(BusinessUnit.path.contains(asked.business_unit_id.hex))
    for column, value in (
        (Appointment.network, asked.network),
        (Appointment.role, asked.role),
        (Appointment.employee_id, asked.employee_id),
    ):
        if value is not None:
            stmt = stmt.where(column == value)
    return [
        Found(
            Case(Kind.APPOINTMENTS, Place(_ids(one.path), one.network), one.employee_id, one.appointed_by),
            appointment_id=one.id,
        )
        for one in session.execute(stmt.order_by(Appointment.id).limit(most))
    ]


def _accounts(session: Session, asked: Filter, _: datetime, most: int) -> list[Found]:
    columns = (Account.id, Account.network, Account.steward_id, Account.backup_steward_id, Account.proposed_by)
    stmt = _of_account(
        select(*columns, BusinessUnit.path)
        .join(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
        .where(Account.state.in_(OPEN_FOR_RIGHTS)),
        asked,
    )
    if asked.employee_id is not None:
        stmt = stmt.where(or_(Account.steward_id == asked.employee_id, Account.backup_steward_id == asked.employee_id))
    return [
        Found(
            Case(
                Kind.ACCOUNTS, Place(_ids(one.path), one.network), requester_id=one.proposed_by,
                custodians=_people(one.steward_id, one.backup_steward_id),
            ),
            account_id=one.id,
        )
        for one in session.execute(stmt.order_by(Account.id).limit(most))
    ]  # fmt: skip


def _people(*ids: UUID | None) -> frozenset[UUID]:
    return frozenset(one for one in ids if one is not None)


# --- items ----------------------------------------------------------------------------------------------------------

_AT = at_param()
_SCOPE = aliased(BusinessUnit)
ALIVE = and_(
    or_(ReviewItem.holder_id.is_(None), directory.employed(_AT)),
    or_(
        and_(ReviewItem.kind == Kind.GRANTS, Grant.ended_at.is_(None), Grant.valid_until > _AT),
        and_(
            ReviewItem.kind == Kind.APPOINTMENTS,
            Appointment.ended_at.is_(None),
            or_(Appointment.valid_until.is_(None), Appointment.valid_until > _AT),
        ),
        and_(ReviewItem.kind == Kind.ACCOUNTS, Account.state.in_(OPEN_FOR_RIGHTS)),
    ),
)
"""Has what an item is about not ended otherwise, at the instant ``at``? Of an item joined with what it is about."""
_OWN_COLUMNS = (
    "id", "review_id", "kind", *_ITEM, "reviewer_id", "outcome", "decided_by", "principal_id", "comment", "decided_at",
    "created_at", "updated_at", "version",
)  # fmt: skip
_ITEMS = (
    select(
        *(getattr(ReviewItem, name) for name in _OWN_COLUMNS),
        *(Row.title, Row.due_at, Row.ends_at, Row.closed_at, Grant.right, Appointment.role, Appointment.scope_kind),
        Appointment.business_unit_id.label("scope_unit_id"), Appointment.network.label("scope_network"),
        *(Account.network, Account.handle, Account.steward_id, Account.backup_steward_id),
        BusinessUnit.path, _SCOPE.path.label("scope_path"), ALIVE.label("alive"),
    )
    .join(Row, Row.id == ReviewItem.review_id)
    .outerjoin(Employee, Employee.id == ReviewItem.holder_id)
    .outerjoin(Grant, Grant.id == ReviewItem.grant_id)
    .outerjoin(Appointment, Appointment.id == ReviewItem.appointment_id)
    .outerjoin(_SCOPE, _SCOPE.id == Appointment.business_unit_id)
    .outerjoin(Account, Account.id == ReviewItem.account_id)
    .outerjoin(BusinessUnit, BusinessUnit.id == Account.business_unit_id)
)  # fmt: skip


def add_items(session: Session, now: datetime, review_id: UUID, found: Iterable[Found]) -> list[UUID]:
    """The items of a new review, by one statement; answers their ids, in this order."""
    rows = [
        (new_id(), now, now, 1, review_id, one.case.kind.value, one.grant_id, one.appointment_id, one.account_id,
         one.case.holder_id, one.case.requester_id)
        for one in found
    ]  # fmt: skip
    insert_rows(session, ReviewItem, ("id", "created_at", "updated_at", "version", "review_id", "kind", *_ITEM), rows)
    return [id_ for id_, *_ in rows]


def item(session: Session, review_id: UUID, id_: UUID, at: datetime) -> Item:
    """One item of a review, or ``NotFound``."""
    stmt = _ITEMS.where(ReviewItem.id == id_, ReviewItem.review_id == review_id)
    found = _read(session, stmt, at)
    if not found:
        raise NotFound(f"There is no item {id_} in a review {review_id}.")
    return found[0]


def lock_items(session: Session, ids: Iterable[UUID], at: datetime) -> list[Item]:
    """Hold items until the transaction ends, in order of id, and read them afresh."""
    wanted = list(ids)
    held = select(ReviewItem).where(ReviewItem.id.in_(wanted)).order_by(ReviewItem.id).with_for_update()
    session.scalars(held.execution_options(populate_existing=True)).all()
    return _read(session, _ITEMS.where(ReviewItem.id.in_(wanted)).order_by(ReviewItem.id), at)


def items(
    session: Session, at: datetime, review_id: UUID, kind: Kind | None = None, after: UUID | None = None,
    *, descending: bool = False, near: ColumnElement[bool] | None = None,
) -> list[Item]:  # fmt: skip
    """The next items of a review in order of id, at most ``CHUNK``; ``near``: a condition of that name."""
    stmt = _ITEMS.where(ReviewItem.review_id == review_id)
    if near is not None:
        stmt = stmt.where(near)
    return _chunk(session, stmt if kind is None else stmt.where(ReviewItem.kind == kind), at, after, descending)


def near(session: Session, review_id: UUID, person: UUID, scopes: Collection[Scope]) -> ColumnElement[bool]:
    """The condition of an item that may concern somebody who holds seats over these scopes: it is or was theirs, they
    answered it, or it stands where they sit. No other item does.
    """
    columns = (ReviewItem.holder_id, ReviewItem.decided_by, ReviewItem.principal_id)
    theirs = [column == person for column in (*columns, Account.steward_id, Account.backup_steward_id)]
    there = [true() if one.kind is ScopeKind.ENTERPRISE else _inside(one, Account.network) for one in scopes]
    opened = audit.of_subjects(session, "review.opened", "review", {review_id})
    told = audit.mentioning(session, "account.updated", str(person), opened[0].seq) if opened else []
    return or_(*theirs, *there, ReviewItem.account_id.in_({UUID(one.subject_id) for one in told}))


def waiting(
    session: Session, at: datetime, near: ColumnElement[bool], after: UUID | None = None, *, descending: bool = False
) -> list[Item]:
    """The next items of all reviews that take an answer, in order of id, at most ``CHUNK``; ``near``: a condition."""
    return _chunk(session, _ITEMS.where(_RUNS, Row.ends_at > at, ALIVE, near), at, after, descending)


def _chunk(session: Session, stmt: Select[Any], at: datetime, after: UUID | None, descending: bool) -> list[Item]:
    if after is not None:
        stmt = stmt.where(ReviewItem.id < after if descending else ReviewItem.id > after)
    order = ReviewItem.id.desc() if descending else ReviewItem.id
    return _read(session, stmt.order_by(order).limit(CHUNK), at)


def lapsing(session: Session, at: datetime, limit: int) -> list[Item]:
    """Items that silence has answered although nobody has written that down, the longest first."""
    stmt = _ITEMS.where(_RUNS, Row.ends_at <= at, ALIVE).order_by(Row.ends_at, ReviewItem.id).limit(limit)
    return _read(session, stmt, at)


def save_item(session: Session, id_: UUID, now: datetime, changes: Mapping[str, Any]) -> None:
    """Change an item's columns."""
    change(session, session.get_one(ReviewItem, id_), now, changes)


def grants_of(review_id: UUID) -> Select[Any]:
    """The ids of a review's grants, as a statement to be embedded."""
    return select(ReviewItem.grant_id).where(ReviewItem.review_id == review_id, ReviewItem.grant_id.is_not(None))


def one_grant(id_: UUID) -> Select[Any]:
    """The id of one grant, as a statement to be embedded."""
    return select(Grant.id).where(Grant.id == id_)


def first_end() -> Any:
    """Of a grant, as an expression: when the first review ends, or ended, in which nobody has kept it."""
    unanswered = or_(_WAITS, ReviewItem.outcome == Outcome.LAPSED)
    return (
        select(func.min(Row.ends_at))
        .join(ReviewItem, ReviewItem.review_id == Row.id)
        .where(ReviewItem.grant_id == Grant.id, unanswered, Row.closed_at.is_(None))
        .correlate(Grant)
        .scalar_subquery()
    )


def first_end_at(session: Session, grant_id: UUID, at: datetime) -> datetime | None:
    """When, as it was known at an instant, the first review of a grant ends in which nobody had kept it by then."""
    unanswered = or_(_WAITS, ReviewItem.outcome == Outcome.LAPSED, ReviewItem.decided_at > at)
    stmt = (
        select(func.min(Row.ends_at))
        .join(ReviewItem, ReviewItem.review_id == Row.id)
        .where(ReviewItem.grant_id == grant_id, Row.created_at <= at, unanswered)
        .where(or_(Row.closed_at.is_(None), Row.closed_at > at))
    )
    return session.scalar(stmt)


def _read(session: Session, stmt: Select[Any], at: datetime) -> list[Item]:
    rows = session.execute(stmt, {"at": at}).all()
    former = custody.former(session, [one for one in rows if one.kind == Kind.ACCOUNTS])
    return [_item(one, former.get(one.id, frozenset())) for one in rows]


def _item(row: Any, former: frozenset[UUID]) -> Item:
    path = row.scope_path if row.kind == Kind.APPOINTMENTS else row.path
    network = row.scope_network if row.kind == Kind.APPOINTMENTS else row.network
    stewards = _people(row.steward_id, row.backup_steward_id) if row.kind == Kind.ACCOUNTS else frozenset()
    place = Place(_ids(path), network)
    case = Case(Kind(row.kind), place, row.holder_id, row.requester_id, stewards, former, row.reviewer_id)
    scope = Scope(ScopeKind(row.scope_kind), row.scope_unit_id, row.scope_network) if row.scope_kind else None
    return value_of(
        Item,
        row,
        case=case,
        right=Right(row.right) if row.right else None,
        role=Role(row.role) if row.role else None,
        scope=scope,
        account=f"{row.network}:{row.handle}" if row.handle else None,
        alive=bool(row.alive),
        outcome=Outcome(row.outcome) if row.outcome else None,
    )
