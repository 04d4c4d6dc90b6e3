"""Whoever reaches past the application into the tables: the database refuses, and where it cannot, the chain tells."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audit import rules, service, store, verifier
from app.audit.rules import Event
from app.audit.verifier import Flaw
from app.kernel.work import Personal

EVENTS = 6
COLUMNS = (
    "encoding", "seq", "at", "actor", "on_behalf_of", "action", "subject_kind", "subject_id", "reason", "before", "after",
    "request_id", "prev_hash", "hash",
)  # fmt: skip


@pytest.fixture
def log(world):
    """A short log with every column filled somewhere, and personal values."""
    for n in range(EVENTS):
        with world.work() as work:
            work.request_id = f"call-{n}" if n % 2 else None
            service.record(
                work, "thing.changed", ("thing", f"id-{n}"), before={"name": Personal(f"Old {n}"), "n": n} if n else None,
                after={"name": Personal(f"New {n}"), "n": n + 1}, reason="Because." if n % 2 else None,
                on_behalf_of=rules_id(n) if n == 3 else None, person_id=rules_id(n),
            )  # fmt: skip
    assert world.intact() == EVENTS
    return world


def hash_of(event):
    return verifier.digest(getattr(event, name) for name in verifier.FIELDS)


def rules_id(n):
    from uuid import UUID

    return UUID(int=n + 1)


class Burglar:
    """A superuser who has dropped the guards; every break-in is undone, so that the next finds the log whole."""

    def __init__(self, world):
        self.engine = world.app.state.engine
        drop = {
            "sqlite": (
                "DROP TRIGGER audit_event_no_update",
                "DROP TRIGGER audit_event_no_delete",
                "DROP TRIGGER audit_personal_no_update",
            ),
            "postgresql": ("DROP TRIGGER append_only ON audit_event", "DROP TRIGGER append_only ON audit_personal"),
        }[self.engine.dialect.name]
        with self.engine.begin() as connection:
            for statement in drop:
                connection.exec_driver_sql(statement)

    def verdict(self, *statements, **values):
        """What the verification says once these statements were run."""
        with self.engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement), values)
            with Session(connection) as session:
                found = service.verify(SimpleNamespace(session=session))
            connection.rollback()
        return found

    def events(self):
        with Session(self.engine) as session:
            return [Event(*event) for event, _ in store.walk(session)]


@pytest.fixture
def burglar(log):
    return Burglar(log)


def other(value):
    if isinstance(value, int):
        return value + 1000
    return "{}" if value is None else f"{value[:-1]}{'0' if value[-1:] != '0' else '1'}"


def test_any_column_of_any_event_altered_is_found_and_named(burglar):
    """Attack J01."""
    for event in burglar.events():
        for column in COLUMNS:
            value = other(getattr(event, column))
            found = burglar.verdict(
                f'UPDATE audit_event SET "{column}" = :value WHERE seq = :seq', value=value, seq=event.seq
            )
            assert isinstance(found, Flaw) and found.seq == event.seq, (event.seq, column, found)
        for column in COLUMNS:
            if isinstance(getattr(event, column), str) and column not in ("prev_hash", "hash", "at", "action"):
                if column in ("on_behalf_of", "reason", "before", "after", "request_id"):
                    found = burglar.verdict(f'UPDATE audit_event SET "{column}" = NULL WHERE seq = :seq', seq=event.seq)
                    assert isinstance(found, Flaw) and found.seq == event.seq, (event.seq, column, found)
    assert burglar.verdict() == EVENTS


def test_events_deleted_at_the_front_or_in_the_middle_are_missed(burglar):
    """Attack J02."""
    for seq in range(1, EVENTS):
        found = burglar.verdict("DELETE FROM audit_event WHERE seq = :seq", seq=seq)
        assert found == Flaw(seq, f"event {seq} is missing; event {seq + 1} stands in its place")
    assert burglar.verdict("DELETE FROM audit_event WHERE seq < 3").seq == 1


def test_a_bare_chain_cannot_miss_its_own_tail(burglar):
    """Not a weakness to be mended here: only a checkpoint kept elsewhere knows how long the log was (J02, J06)."""
    assert burglar.verdict("DELETE FROM audit_event WHERE seq = :seq", seq=EVENTS) == EVENTS - 1
    assert burglar.verdict("DELETE FROM audit_event") == 0


def swapped(seq):
    columns = [column for column in COLUMNS if column != "seq"]
    park = (
        "UPDATE audit_event SET seq = seq + 100, prev_hash = prev_hash || '-', hash = hash || '-' WHERE seq IN (:a, :b)"
    )
    back = "UPDATE audit_event SET seq = CASE seq WHEN :a + 100 THEN :b ELSE :a END WHERE seq > 100"
    clean = "UPDATE audit_event SET prev_hash = replace(prev_hash, '-', ''), hash = replace(hash, '-', '')"
    assert columns
    return park, back, clean


def test_two_events_swapped_are_found(burglar):
    """Attack J03."""
    for seq in range(1, EVENTS):
        found = burglar.verdict(*swapped(seq), a=seq, b=seq + 1)
        assert isinstance(found, Flaw) and found.seq == seq, seq


def test_a_forged_event_is_found_where_it_was_put_in(burglar):
    """Attack J05."""
    known = burglar.events()
    for at in range(2, EVENTS + 1):
        before = known[at - 2]
        forged = replace(known[at - 1], subject_id="forged", prev_hash=before.hash)
        forged = replace(forged, hash=hash_of(forged))  # right-looking: it follows the event before it
        shift = (
            "UPDATE audit_event SET seq = -seq WHERE seq >= :seq",
            "UPDATE audit_event SET prev_hash = prev_hash || '-' WHERE seq = -:seq",
            "UPDATE audit_event SET seq = 1 - seq WHERE seq < 0",
        )
        values = {name: getattr(forged, name) for name in COLUMNS}
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        insert = f"INSERT INTO audit_event ({names}) VALUES ({', '.join(':' + name for name in COLUMNS)})"
        found = burglar.verdict(*shift, insert, **values)
        assert isinstance(found, Flaw) and found.seq == at + 1, (at, found)  # the one that followed fits no more
        bad = {**values, "hash": "f" * 64}
        assert burglar.verdict(*shift, insert, **bad).seq == at


def test_a_personal_value_altered_moved_or_made_up_is_found(burglar):
    for column, value in (
        ("salt", "00"),
        ("value", '"Someone else"'),
        ("field", "after.n"),
        ("field", "nothing.at_all"),
    ):
        found = burglar.verdict(
            f"UPDATE audit_personal SET {column} = :value WHERE seq = 4 AND field = 'before.name'", value=value
        )
        assert isinstance(found, Flaw) and found.seq == 4, (column, found)
    assert (
        burglar.verdict(
            "UPDATE audit_personal SET seq = 5, field = 'after.n' WHERE seq = 4 AND field = 'before.name'"
        ).seq
        == 5
    )
    for field in ("after.n", "reason", "hash", "seq", "x", "after", "before.name.x"):
        made_up = "INSERT INTO audit_personal (seq, field, salt, value) VALUES (1, :field, '00', '1')"
        found = burglar.verdict(made_up, field=field)
        assert isinstance(found, Flaw) and found.seq == 1, field
    assert burglar.verdict("DELETE FROM audit_personal WHERE seq = 4") == EVENTS  # erased, which is allowed


GUARDED = (
    "UPDATE audit_event SET action = 'nothing' WHERE seq = 1",
    "UPDATE audit_event SET seq = seq + 1",
    "DELETE FROM audit_event WHERE seq = 1",
    "DELETE FROM audit_event",
    "UPDATE audit_personal SET value = '1'",
    "UPDATE audit_personal SET person_id = NULL",
)
GUARDED_BY = {
    "postgresql": ("TRUNCATE audit_event", "TRUNCATE audit_event CASCADE"),
    "sqlite": (
        "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE seq = 1",
        "REPLACE INTO audit_event SELECT * FROM audit_event",
        "UPDATE OR IGNORE audit_event SET action = 'nothing'",
    ),
}


def test_the_database_itself_refuses_to_alter_the_log(log):
    """Attack J14."""
    engine = log.app.state.engine
    for statement in (*GUARDED, *GUARDED_BY[engine.dialect.name]):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
        assert log.intact() == EVENTS


def test_no_two_events_have_one_number_one_hash_or_one_predecessor(burglar):
    """The backstop should ever two writers both believe that they hold the end of the chain (J10)."""
    known = burglar.events()
    last = known[-1]
    fork = replace(known[-1], seq=last.seq + 1, subject_id="fork")
    for forged in (replace(fork, seq=last.seq), replace(fork, hash=last.hash), replace(fork, hash="0" * 64)):
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        values = ", ".join(":" + name for name in COLUMNS)
        with pytest.raises(sa.exc.IntegrityError):
            burglar.verdict(
                f"INSERT INTO audit_event ({names}) VALUES ({values})", **{n: getattr(forged, n) for n in COLUMNS}
            )


def test_one_hash_input_has_one_reading():
    """Attack J12."""
    assert (
        len({rules.digest(parts) for parts in (("a|b", "c"), ("a", "b|c"), ("a|b|c",), ("a|bc", ""), ("", "a|bc"))})
        == 5
    )
    assert rules.digest((None,)) != rules.digest(("",)) != rules.digest(("null",))
    event = Event(1, 1, "t", "{}", None, "ab", "c", "d", None, None, None, None, rules.GENESIS, "")
    assert hash_of(event) != hash_of(replace(event, action="a", subject_kind="bc"))
    assert hash_of(event) != hash_of(replace(event, on_behalf_of="", reason=None))
    assert rules.text_of({"b": "é", "a": 1}) == '{"a":1,"b":"é"}'
