"""Pages neither skip nor repeat; a cursor is good for one query of one caller."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import StaticPool, create_engine, delete, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.kernel.actor import Actor, ActorKind
from app.kernel.database import UTCDateTime
from app.kernel.errors import InvalidCursor
from app.kernel.pages import Listing, Page, decode_cursor, encode_cursor, keyset, paging
from app.kernel.problems import install

KEY = b"k" * 32
START = datetime(2026, 1, 1, tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UTCDateTime}  # noqa: RUF012 - SQLAlchemy reads it from the class


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    rank: Mapped[int]
    name: Mapped[str]


def thing(number: int) -> Thing:
    # Many equal values in every column but the id, so that ties decide.
    at = START + timedelta(microseconds=number % 5)
    return Thing(id=UUID(int=(number * 7919) % 10007), created_at=at, rank=number % 3, name="same")


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        opened.add_all(thing(number) for number in range(1, 101))
        opened.commit()
        yield opened
    engine.dispose()


def walk(session: Session, order: Any, limit: int, position: Any) -> list[UUID]:
    seen: list[UUID] = []
    cursor: str | None = None
    for _ in range(200):
        page = Page(limit, cursor, binding="here", key=KEY)
        rows = session.scalars(keyset(select(Thing), order, page)).all()
        assert len(rows) <= limit + 1
        shown, cursor = page.cut(rows, position)
        seen += [row.id for row in shown]
        if cursor is None:
            return seen
    pytest.fail("the walk does not end")


@pytest.mark.parametrize("limit", [1, 7, 50, 99, 100, 101])
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("name", ["created_at", "rank", "name"])
def test_a_walk_meets_each_row_once_in_order(
    session: Session, name: str, first: bool, second: bool, limit: int
) -> None:
    column = getattr(Thing, name)
    order = ((column, first), (Thing.id, second))
    everything = session.scalars(
        select(Thing).order_by(column.desc() if first else column, Thing.id.desc() if second else Thing.id)
    )
    expected = [row.id for row in everything]
    assert walk(session, order, limit, lambda row: (getattr(row, name), row.id)) == expected


def test_three_columns_of_mixed_direction(session: Session) -> None:
    order = ((Thing.rank, True), (Thing.created_at, False), (Thing.id, True))
    everything = session.scalars(select(Thing).order_by(Thing.rank.desc(), Thing.created_at, Thing.id.desc()))
    expected = [row.id for row in everything]
    assert walk(session, order, 9, lambda row: (row.rank, row.created_at, row.id)) == expected


def test_rows_that_come_and_go_shift_nothing(session: Session) -> None:
    """Attack F12."""
    order = ((Thing.id, False),)
    page = Page(10, key=KEY)
    shown, cursor = page.cut(session.scalars(keyset(select(Thing), order, page)).all(), lambda row: (row.id,))
    session.execute(delete(Thing).where(Thing.id.in_([shown[0].id, shown[-1].id])))
    session.add(Thing(id=UUID(int=0), created_at=START, rank=1, name="new"))
    session.flush()
    following = session.scalars(keyset(select(Thing), order, Page(10, cursor, key=KEY))).first()
    expected = session.scalars(select(Thing).where(Thing.id > shown[-1].id).order_by(Thing.id)).first()
    assert following is expected is not None


def test_a_last_page_that_is_just_full_is_the_last(session: Session) -> None:
    page = Page(100, sort="-rank", key=KEY)
    order = ((Thing.rank, page.descending), (Thing.id, page.descending))
    shown, cursor = page.cut(session.scalars(keyset(select(Thing), order, page)).all())
    assert (len(shown), cursor) == (100, None)


def test_the_usual_position_is_the_sort_column_and_the_id() -> None:
    page = Page(1, sort="-rank", binding="b", key=KEY)
    row = thing(1)
    _, cursor = page.cut([row, row])
    assert cursor is not None and decode_cursor(cursor, KEY, "b") == [1, str(row.id)]
    _, cursor = Page(1, binding="b", key=KEY).cut([row, row])
    assert cursor is not None and decode_cursor(cursor, KEY, "b") == [str(row.id)] * 2


def test_a_cursor_of_another_shape_is_refused(session: Session) -> None:
    for values in ([1], [1, 2, 3], ["no id", 1], [None, 1]):
        page = Page(1, encode_cursor(values, KEY, ""), key=KEY)
        with pytest.raises(InvalidCursor):
            session.scalars(keyset(select(Thing), ((Thing.id, False), (Thing.rank, False)), page))


json_values = st.lists(st.none() | st.booleans() | st.integers() | st.text(), max_size=4)


@given(json_values, st.binary(min_size=1), st.text())
def test_a_cursor_comes_back_as_it_went(values: list[Any], key: bytes, binding: str) -> None:
    assert decode_cursor(encode_cursor(values, key, binding), key, binding) == values


def test_times_and_ids_become_text() -> None:
    cursor = encode_cursor([START, START.date(), UUID(int=1)], KEY, "")
    assert decode_cursor(cursor, KEY, "") == ["2026-01-01T00:00:00+00:00", "2026-01-01", str(UUID(int=1))]
    with pytest.raises(TypeError):
        encode_cursor([object()], KEY, "")


def test_every_single_change_of_a_cursor_is_refused() -> None:
    """Attack F12."""
    cursor = encode_cursor(["a", 1], KEY, "here")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = [cursor[:i] + c + cursor[i + 1 :] for i in range(len(cursor)) for c in alphabet if c != cursor[i]]
    assert len(changed) > 1000
    for forged in [*changed, cursor[:-1], cursor[1:], cursor + "A", cursor + "=", cursor + " ", cursor * 2]:
        with pytest.raises(InvalidCursor):
            decode_cursor(forged, KEY, "here")


@pytest.mark.parametrize("cursor", ["", "x", "%", "é", "\ud800", "' OR 1=1 --", "A" * 100_000, "+/+/", "null"])
def test_what_was_never_a_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(cursor, KEY, "")


def test_another_key_or_binding_is_refused() -> None:
    """Attack F12."""
    cursor = encode_cursor([1], KEY, "here")
    for key, binding in ((b"other", "here"), (KEY, "there"), (KEY, "")):
        with pytest.raises(InvalidCursor):
            decode_cursor(cursor, key, binding)


def test_an_unsigned_position_is_refused() -> None:
    payload = base64.urlsafe_b64encode(b"\0" * 16 + json.dumps([1]).encode()).rstrip(b"=").decode()
    with pytest.raises(InvalidCursor):
        decode_cursor(payload, KEY, "")
    with pytest.raises(RuntimeError):
        encode_cursor([1], b"", "")


@pytest.fixture
def client(session: Session) -> TestClient:
    app = FastAPI()
    app.state.cursor_key = KEY
    install(app)

    async def signed_in(request: Request, call_next: Any) -> Any:
        request.state.actor = Actor(ActorKind.EMPLOYEE, UUID(int=int(request.headers.get("x-actor", "1"))))
        return await call_next(request)

    def things(
        page: Annotated[Page, paging("created_at", "rank", default="-created_at")], name: str | None = None
    ) -> Listing[UUID]:
        order = ((getattr(Thing, page.column or ""), page.descending), (Thing.id, page.descending))
        stmt = select(Thing).where(Thing.name == name) if name else select(Thing)
        rows, cursor = page.cut(session.scalars(keyset(stmt, order, page)).all())
        return Listing(items=[row.id for row in rows], next_cursor=cursor)

    app.middleware("http")(signed_in)
    app.get("/things")(things)
    app.get("/others")(things)
    return TestClient(app)


def listed(client: TestClient, **query: Any) -> Any:
    answer = client.get("/things", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_over_http_a_walk_shows_everything_once(client: TestClient) -> None:
    seen: list[str] = []
    answer = listed(client)
    assert len(answer["items"]) == 50
    seen += answer["items"]
    answer = listed(client, cursor=answer["next_cursor"], limit=30)
    seen += answer["items"]
    answer = listed(client, cursor=answer["next_cursor"], sort="-created_at")
    seen += answer["items"]
    assert answer["next_cursor"] is None and len(seen) == len(set(seen)) == 100


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1e9", "abc", "", "1.5", "9" * 5000])
def test_a_limit_out_of_bounds_is_refused(client: TestClient, limit: str) -> None:
    answer = client.get("/things", params={"limit": limit})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?limit")


@pytest.mark.parametrize("sort", ["", "-", "secret", "--rank", "rank,created_at", "id", "__class__", "RANK", "+rank"])
def test_only_the_named_fields_can_be_sorted_by(client: TestClient, sort: str) -> None:
    answer = client.get("/things", params={"sort": sort})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?sort" and answer.json()["errors"][0]["code"] == "not_allowed"


def test_a_cursor_is_bound_to_path_order_filter_and_caller(client: TestClient) -> None:
    cursor = listed(client, limit=5, name="same")["next_cursor"]

    def status(path: str = "/things", actor: str = "1", **query: Any) -> int:
        query = {"cursor": cursor, "limit": 5, "name": "same"} | query
        answer = client.get(path, params=query, headers={"x-actor": actor})
        assert answer.status_code == 200 or answer.json()["code"] == "invalid_cursor"
        return answer.status_code

    assert status() == status(limit=9) == status(sort="-created_at") == 200
    assert status("/others") == status(actor="2") == status(sort="rank") == status(name="other") == 400
    assert status(cursor="") == status(cursor="x") == 400


def test_the_parameters_are_documented(client: TestClient) -> None:
    parameters = {
        p["name"]: p["schema"] for p in client.get("/openapi.json").json()["paths"]["/things"]["get"]["parameters"]
    }
    assert parameters["sort"]["enum"] == ["created_at", "-created_at", "rank", "-rank"]
    assert (parameters["limit"]["minimum"], parameters["limit"]["maximum"], parameters["limit"]["default"]) == (
        1,
        200,
        50,
    )
