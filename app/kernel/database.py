"""The two databases: how to connect, how a transaction begins, and the column types that both understand."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Numeric,
    Select,
    Uuid,
    bindparam,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, Session, declared_attr, mapped_column
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeDecorator, TypeEngine

from . import waiting
from .errors import Conflict, PreconditionFailed
from .fencing import fence

READ_ONLY, POOLED = "coe_read_only", "coe_pooled"
T = TypeVar("T")


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Aware going in and coming out; SQLite, which has no zones, holds it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Any aware instant, as UTC. Raises ``ValueError`` for a naive one: nobody knows when that was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - as the base has it
        """The stored instant, aware and in UTC on either database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """A decimal number, exact on either database. SQLite has none: it holds how many of the last place there are."""

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """A whole number on SQLite, a decimal one elsewhere."""
        return dialect.type_descriptor(
            BigInteger() if dialect.name == "sqlite" else Numeric(self.precision, self.scale)
        )

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """A number of no more places than ``scale``, as the database has it. Raises ``ValueError`` for one of more."""
        if value is None or dialect.name != "sqlite":
            return value
        scaled = value.scaleb(self.scale)
        if scaled != int(scaled):
            raise ValueError(f"a number of more than {self.scale} places")
        return int(scaled)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """The number, of whichever database."""
        if value is None:
            return None
        return Decimal(value).scaleb(-self.scale) if dialect.name == "sqlite" else Decimal(value)


def json_document() -> JSON:
    """The type of a JSON document that statements look into; null is SQL's, never JSON's."""
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """Every table; constraint names are made by convention, so that migrations can rely on them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UTCDateTime}


class Resource:
    """What every resource row has: an id, its instants, and a version that each update raises (its ETag)."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(Integer, default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy hands over the class
        return {"version_id_col": cls.version}


def engine_for(
    url: str | URL, *, pooled: bool = False, pool_size: int = 24, overflow: int = 8, lock_timeout_ms: int = 900
) -> Engine:
    """An engine with the settings this service relies on, for either database.

    ``pooled``: a transaction pooler stands before PostgreSQL, and no session is ours for longer than a transaction.
    ``lock_timeout_ms``: for how long a transaction waits for locks, on PostgreSQL for all of them together; one statement may
    do so twice: who locks a row waits for those who wait for it, and then for whoever holds it.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, lock_timeout_ms)
    limits = {
        "lock_timeout": lock_timeout_ms, "statement_timeout": 30000, "idle_in_transaction_session_timeout": 60000
    }  # fmt: skip
    told: dict[str, Any] = {"connect_timeout": 2, "application_name": "coe"}
    if pooled:
        told["prepare_threshold"] = None  # what one session has prepared the next one does not know
    else:
        told["options"] = " ".join(f"-c {name}={value}" for name, value in limits.items())
    engine = create_engine(
        parsed, pool_size=pool_size, max_overflow=overflow, pool_timeout=1, pool_pre_ping=True, connect_args=told,
        execution_options={POOLED: pooled},
    )  # fmt: skip
    fence(engine)
    waiting.limit(engine, lock_timeout_ms)
    if pooled:
        _limit_each(engine, limits)
    return engine


def beside(engine: Engine, connections: int) -> Engine:
    """The same database, reached the same way, over a few connections that nothing else uses; they go when the engine's do."""
    if engine.dialect.name == "sqlite":
        return engine
    pooled = engine.get_execution_options()[POOLED]
    made = engine_for(engine.url, pooled=pooled, pool_size=connections, overflow=0)
    event.listen(engine, "engine_disposed", lambda _: made.dispose())
    return made


def _limit_each(engine: Engine, limits: Mapping[str, int]) -> None:
    """Limits that hold until the transaction ends: those of a session would be whoever's it is next."""
    told = "; ".join(f"SET LOCAL {name} = {value}" for name, value in limits.items())

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql(told)


def _sqlite(url: URL, lock_timeout_ms: int) -> Engine:
    engine = create_engine(url, connect_args={"timeout": max(lock_timeout_ms, 5000) / 1000, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # FULL: under WAL, NORMAL may roll back acknowledged commits after a power loss.
        # Secure delete: what is erased does not stay behind on a free page of the file.
        # Recursive triggers: else REPLACE takes a row away without its DELETE trigger, past the guard of the audit log.
        settings = (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "secure_delete=ON",
            "temp_store=MEMORY",
        )
        for pragma in settings:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # A deferred BEGIN fails most racing read-then-write transactions; an immediate one waits its turn.
        read_only = connection.get_execution_options().get(READ_ONLY)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def reading(engine: Engine) -> Engine:
    """The same pool, for transactions that only read: each sees the database as it was when it began.

    SQLite has it so anyway; on PostgreSQL one that only reads never fails for it.
    """
    options: dict[str, Any] = {READ_ONLY: True}
    if engine.dialect.name == "postgresql":
        options |= {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
    return engine.execution_options(**options)


def advisory_lock(session: Session, key: int, *, shared: bool = False) -> None:
    """Wait for a lock by number until the transaction ends. SQLite writers are already alone."""
    if session.get_bind().dialect.name == "postgresql":
        function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        session.execute(text(f"SELECT {function}(:key)"), {"key": key})


def try_advisory_lock(session: Session, key: int) -> bool:
    """Take a lock by number until the transaction ends, or answer False at once. SQLite writers are already alone."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}))


def flush(session: Session, clash: type[Conflict] = Conflict, detail: str = "It exists already.") -> None:
    """Write now, so that a constraint that fires does so here, as a refusal with a name."""
    try:
        session.flush()
    except IntegrityError as error:
        raise clash(detail) from error
    except StaleDataError as error:  # another transaction changed the row since it was read
        raise Conflict("It has just been changed by somebody else; read it again.") from error


def check_version(entity: Any, versions: Sequence[int] | None) -> None:
    """RFC 9110 13.1.1 If-Match: the caller's copy must be the present one. None: no condition was made."""
    if versions is not None and entity.version not in versions:
        raise PreconditionFailed("Read it again, and decide whether your change is still what you want.")


def id_param(name: str) -> BindParameter[UUID]:
    """The place of an id, or with ``in_`` of several, in a statement that is made once, when its module is imported.

    It says its type: a column that refers to a table has none before the module of that table is imported.
    """
    return bindparam(name, type_=Uuid())


def at_param(name: str = "at") -> BindParameter[datetime]:
    """The place of an instant in a statement that is made once."""
    return bindparam(name, type_=UTCDateTime())


def value_of(kind: type[T], row: Any, /, **more: Any) -> T:
    """A frozen value with the row's columns of the same names; ``more`` gives the others."""
    names = _names(kind)  # type: ignore[arg-type]  # a class is hashable
    return kind(**more, **{name: getattr(row, name) for name in names if name not in more})


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def is_among(what: InstrumentedAttribute[Any], ids: Select[Any]) -> ColumnElement[bool]:
    """Is it one of these ids? Of nobody (null) it is not.

    Asked of each row, which the database may turn into a list itself. Told as a list, under OR or NOT, one of a million ids
    is gone through for every row by PostgreSQL, since it does not fit into the memory that a query has.
    """
    return ids.where(ids.selected_columns[0] == what).correlate(what.class_).exists()


def change(session: Session, row: Any, now: datetime, changes: Mapping[str, Any]) -> None:
    """Set columns of a resource row and write them now; its version rises with it."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at = now
    # What hangs on the row changed, even if nothing in it did, and at the same instant.
    flag_modified(row, "updated_at")
    flush(session)
