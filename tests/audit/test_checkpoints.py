"""Signed checkpoints: what a chain alone cannot tell, whoever reaches past the application into the tables (trust: 4.J)."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.audit import rules, service, store, verifier
from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints import worker
from app.audit.verifier import Altered, BadCheckpoint, Flaw
from app.kernel import tokens
from app.kernel.work import Personal, Work
from app.sweeping.service import notary_of
from tests.kit import staffed

from .test_tampering import Burglar, hash_of

EVENTS = 8


def write(world, many, name="New"):
    for n in range(many):
        with world.work() as work:
            service.record(work, "thing.changed", ("thing", f"id-{n}"), after={"name": Personal(f"{name} {n}"), "n": n})


@pytest.fixture
def log(world):
    """A log of which the first half was signed, and then the whole."""
    world.notary = notary_of(world.settings)
    write(world, EVENTS // 2)
    assert worker.seal(world.notary, world.house) == 1
    write(world, EVENTS // 2)
    assert worker.seal(world.notary, world.house) == 1
    return world


def verdict(world, *, kept=True, table=True, connection=None):
    """What a verification says: with the table's checkpoints and with those in the file."""
    notary = world.notary()
    keys = checkpoints.keys_of(notary)
    lines = notary.file.read_text().splitlines() if kept else []
    against = list(verifier.checkpoints_of(lines, keys))
    with Session(connection or world.app.state.engine) as session:
        work = type("Work", (), {"session": session})
        if table:
            return checkpoints.verify(work, notary, against)[0]
        return service.verify(work, verifier.by_number(against))


def test_what_was_written_is_signed_once_and_each_checkpoint_is_a_prefix_of_the_next(log):
    assert worker.seal(log.notary, log.house) == 0  # nothing new
    lines = [json.loads(line) for line in log.notary().file.read_text().splitlines()]
    assert [line["seq"] for line in lines] == [EVENTS // 2, EVENTS]
    assert verdict(log) == EVENTS
    with log.work(write=False) as work:
        for line in lines:
            read = verifier.read(line["signature"], checkpoints.keys_of(log.notary()))
            assert (read.seq, read.hash) == (line["seq"], line["hash"])
            assert read.hash == store.hash_at(work.session, read.seq)


def test_the_file_is_for_us_alone(log):
    assert log.notary().file.stat().st_mode & 0o777 == 0o600


def test_a_checkpoint_is_no_token_and_a_token_no_checkpoint(log):
    """Keys and types of their own: neither is ever taken for the other."""
    keys = log.notary().public
    assert not set(keys) & set(log.app.state.identity.own.ring.public())
    (line, *_) = log.notary().file.read_text().splitlines()
    staffed(log)
    assert log.call("GET", "/v1/me", bearer=json.loads(line)["signature"]).status_code == 401
    with pytest.raises(BadCheckpoint):
        verifier.read(log.token("auditor"), checkpoints.keys_of(log.notary()))
    own = log.app.state.identity.own.ring
    forged = tokens.sign({"seq": 1, "hash": "0" * 64, "iat": 1}, own.newest, verifier.TYPE)
    with pytest.raises(BadCheckpoint, match="not among those"):
        verifier.read(forged, checkpoints.keys_of(log.notary()))
    other = tokens.sign({"seq": 1, "hash": "0" * 64, "iat": 1}, log.notary().key, "at+jwt")
    with pytest.raises(BadCheckpoint, match="not a checkpoint"):
        verifier.read(other, checkpoints.keys_of(log.notary()))


def test_j06_a_tail_that_was_cut_off_is_missed(log):
    burglar = Burglar(log)
    with burglar.engine.connect() as connection:
        connection.exec_driver_sql(f"DELETE FROM audit_event WHERE seq > {EVENTS - 2}")
        assert verdict(log, connection=connection) == Flaw(EVENTS - 1, verdict(log, connection=connection).what)
        assert "the log ends with event 6" in verdict(log, connection=connection).what
        connection.rollback()
    assert verdict(log) == EVENTS


def rehashed(events, at, **changes):
    """The log as somebody would make it anew who can write to the table, but has no key."""
    found, prev = [], rules.GENESIS
    for event in events:
        altered = replace(event, **(changes if event.seq == at else {}), prev_hash=prev)
        altered = replace(altered, hash=hash_of(altered))
        prev = altered.hash
        found.append(altered)
    return found


def test_j07_a_chain_that_was_made_anew_is_not_the_one_that_was_signed(log):
    burglar = Burglar(log)
    for at, first_signed in ((2, EVENTS // 2), (EVENTS // 2 + 2, EVENTS)):
        with burglar.engine.connect() as connection:
            anew = rehashed(burglar.events(), at, subject_id="another")
            for event in anew:
                connection.exec_driver_sql(
                    f"UPDATE audit_event SET hash = '-{event.seq}', prev_hash = '-{event.seq}' WHERE seq = {event.seq}"
                )
            for event in anew:
                connection.exec_driver_sql(
                    f"UPDATE audit_event SET hash = '{event.hash}', prev_hash = '{event.prev_hash}',"
                    f" subject_id = '{event.subject_id}' WHERE seq = {event.seq}"
                )
            with Session(connection) as session:
                assert service.verify(type("Work", (), {"session": session})) == EVENTS  # the bare chain is content
            found = verdict(log, connection=connection)
            assert (
                isinstance(found, Flaw) and found.seq == first_signed and "is not the one that was signed" in found.what
            )
            connection.rollback()


def dropped(world):
    burglar = Burglar(world)
    names = {
        "sqlite": ("DROP TRIGGER audit_checkpoint_no_update", "DROP TRIGGER audit_checkpoint_no_delete"),
        "postgresql": ("DROP TRIGGER append_only ON audit_checkpoint",),
    }[burglar.engine.dialect.name]
    with burglar.engine.begin() as connection:
        for statement in names:
            connection.exec_driver_sql(statement)
    return burglar


def test_j08_with_the_checkpoints_table_gone_a_kept_copy_still_tells(log):
    burglar = dropped(log)
    with burglar.engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM audit_checkpoint")
        connection.exec_driver_sql(f"DELETE FROM audit_event WHERE seq > {EVENTS // 2 - 1}")
        assert verdict(log, kept=False, connection=connection) == EVENTS // 2 - 1  # nobody knows any more
        assert verdict(log, connection=connection).seq == EVENTS // 2
        connection.rollback()


def test_a_checkpoint_altered_or_put_elsewhere_is_found(log):
    burglar = dropped(log)
    for statement in (
        "UPDATE audit_checkpoint SET signature = replace(signature, substr(signature, 30, 3), 'AAA')",
        f"UPDATE audit_checkpoint SET seq = 3 WHERE seq = {EVENTS // 2}",
        f"UPDATE audit_checkpoint SET signature = (SELECT signature FROM audit_checkpoint WHERE seq = {EVENTS})",
    ):
        with burglar.engine.connect() as connection:
            connection.exec_driver_sql(statement)
            assert isinstance(verdict(log, kept=False, connection=connection), Flaw), statement
            connection.rollback()


def test_the_database_refuses_to_alter_checkpoints(log):
    engine = log.app.state.engine
    more = ("TRUNCATE audit_checkpoint",) if engine.dialect.name == "postgresql" else ()
    for statement in ("UPDATE audit_checkpoint SET hash = ''", "DELETE FROM audit_checkpoint", *more):
        with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_two_signed_checkpoints_that_contradict_each_other_are_found(log):
    """J10: two servers that both went on after a failover, and each had its history signed."""
    other = log.notary().sign(EVENTS, "f" * 64, log.clock())
    first = verifier.read(other.signature, checkpoints.keys_of(log.notary()))
    with pytest.raises(Altered):
        verifier.by_number([first, first._replace(hash="e" * 64)])
    with log.work(write=False) as work:
        found, _ = checkpoints.verify(work, log.notary(), [first])
    assert isinstance(found, Flaw) and found.seq == EVENTS


def test_what_was_altered_is_not_signed(log):
    burglar = Burglar(log)
    write(log, 2)
    with burglar.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE audit_event SET subject_id = 'x' WHERE seq = {EVENTS + 1}")
    with pytest.raises(worker.NotSigned, match=f"altered at {EVENTS + 1}"):
        worker.seal(log.notary, log.house)


def test_a_log_that_lacks_what_was_signed_is_not_signed_again(log):
    """J09: an older copy was played in; whatever is written behind it would get a signature that contradicts the first."""
    dropped(log)
    with log.app.state.engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM audit_event WHERE seq > {EVENTS // 2}")
        connection.exec_driver_sql(f"DELETE FROM audit_checkpoint WHERE seq > {EVENTS // 2}")
    with pytest.raises(worker.NotSigned, match=f"altered at {EVENTS}"):
        worker.seal(log.notary, log.house)


def test_nothing_is_written_behind_an_older_state_than_the_process_knows(log):
    """J09, K07: played back while it runs, or a server that was left behind in a failover."""
    dropped(log)
    with log.app.state.engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM audit_event WHERE seq > {EVENTS - 1}")
    with pytest.raises(rules.Fenced):
        write(log, 1)
    assert len(log.events()) == EVENTS - 1


def dropped_events(world):
    return dropped(world).events()


def test_nothing_is_written_into_another_history_of_the_same_length(log):
    last = rehashed(dropped_events(log), EVENTS, subject_id="another")[-1]
    with log.app.state.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE audit_event SET hash = '{last.hash}', subject_id = 'another' WHERE seq = {EVENTS}"
        )
    with pytest.raises(rules.Fenced):
        write(log, 1)


def test_a_change_that_was_rolled_back_is_not_known(log):
    with pytest.raises(RuntimeError, match="on purpose"), log.house.writes.begin() as session:
        work = Work(session, log.house.operator, log.clock())
        service.record(work, "thing.changed", ("thing", "x"))
        service.seal(work)
        raise RuntimeError("on purpose")
    write(log, 1)
    assert log.intact() == EVENTS + 1


def test_one_process_at_a_time_adds_a_checkpoint(log):
    write(log, 1)
    with log.work(write=False) as work:
        one = checkpoints.next_of(work, log.notary())
    with log.work() as work:
        assert checkpoints.add(work, one)
    with log.work() as work:
        assert not checkpoints.add(work, one)
    assert verdict(log, kept=False) == EVENTS + 1


def test_who_is_told_to_stop_or_comes_second_signs_nothing(log, monkeypatch):
    write(log, 1)
    assert worker.seal(log.notary, log.house, lambda: True) == 0
    monkeypatch.setattr(worker.service, "add", lambda *_: False)
    assert worker.seal(log.notary, log.house) == 0
    assert verdict(log) == EVENTS + 1


def test_a_checkpoint_that_cannot_be_kept_beside_stands_in_the_database(log, monkeypatch):
    def full(*_):
        raise OSError("the disk is full")

    write(log, 1)
    monkeypatch.setattr(worker.store, "keep", full)
    assert worker.seal(log.notary, log.house) == 1
    with log.work(write=False) as work:
        assert checkpoints.newest(work).seq == EVENTS + 1
        assert (
            set(checkpoints.at(work, [EVENTS, EVENTS + 1, 99])) == {EVENTS, EVENTS + 1}
            and checkpoints.at(work, []) == {}
        )


def test_where_another_process_is_at_it_nothing_is_added(log, monkeypatch):
    write(log, 1)
    with log.work() as work:
        one = checkpoints.next_of(work, log.notary())
        monkeypatch.setattr(checkpoints.store, "alone", lambda _: False)
        assert not checkpoints.add(work, one)


def test_of_a_long_file_only_the_end_is_read_and_a_line_cut_off_by_that_is_passed_over(log, monkeypatch):
    from app.audit.checkpoints import store as kept

    file, keys = log.notary().file, checkpoints.keys_of(log.notary())
    monkeypatch.setattr(kept, "_TAIL_BYTES", len(file.read_text().splitlines()[-1]) + 50)
    assert kept.kept(file, keys).seq == EVENTS


def test_a_long_walk_tells_how_far_it_has_come(log, monkeypatch):
    told = []
    monkeypatch.setattr(service.verifier, "walk", lambda *_: iter([1, 1000, 1500, 2000]))
    with log.work(write=False) as work:
        assert service.verify(work, progress=told.append) == service.verify(work) == 2000
        assert store.first_behind(work.session, 0) and store.first_behind(work.session, 99) is None
    assert told == [1000, 2000]


@pytest.mark.parametrize("line", ["x", "[]", "7", '{"personal": [[1]]}', '{"personal": 7}'])
def test_a_line_that_is_no_event_is_named(line):
    with pytest.raises(ValueError, match="^line 2: it is not an event$"):
        list(verifier.lines_of(io.StringIO(f'{{"personal": []}}\n{line}\n')))


def test_many_events_are_signed_in_several_checkpoints(log, monkeypatch):
    monkeypatch.setattr(checkpoints, "MOST", 3)
    write(log, 8)
    assert worker.seal(log.notary, log.house) == 3
    assert verdict(log) == EVENTS + 8


def test_a_line_that_was_cut_off_by_a_power_loss_is_passed_over(log):
    file, keys = log.notary().file, checkpoints.keys_of(log.notary())
    whole = file.read_text()
    file.write_text(whole + whole.splitlines()[0][:50])
    from app.audit.checkpoints import store as kept

    assert kept.kept(file, keys).seq == EVENTS
    file.write_text("{}\n" + whole.replace('"signature"', '"sig"') + whole)
    with pytest.raises(BadCheckpoint):
        kept.kept(file, keys)


def test_checkpoints_are_listed_for_auditors(log):
    staffed(log)
    found = log.get("/v1/audit/checkpoints", "auditor")["items"]
    assert [one["seq"] for one in found] == [EVENTS, EVENTS // 2]
    keys = {one["kid"]: one for one in log.call("GET", "/.well-known/jwks.json").json()["keys"]}
    for one in found:
        read = verifier.read(one["signature"], verifier.keys_of({"keys": [keys[one["kid"]]]}))
        assert (read.seq, read.hash) == (one["seq"], one["hash"])
    log.get("/v1/audit/checkpoints", "asker", 403)


# The verifier, as an outsider has it: one file, on the standard library.


@pytest.fixture
def exported(log, tmp_path):
    """An export with its values, the key set, and the checkpoints that were kept."""
    with log.work(write=False) as work:
        (tmp_path / "log.jsonl").write_text("".join(f"{line}\n" for line in service.lines(work, values=True)))
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [dict(one) for one in log.notary().public.values()]}))
    (tmp_path / "kept.jsonl").write_text(log.notary().file.read_text())
    return tmp_path


def verify(folder, *words):
    program = Path(verifier.__file__)
    told = ["log.jsonl", "--keys", "keys.json", "--against", "kept.jsonl"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program), *(words or told)], cwd=folder, env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, (done.stdout or done.stderr).strip()


def test_an_outsider_verifies_with_the_standard_library_alone(exported):
    assert verify(exported) == (0, f"verified: {EVENTS} events, 2 checkpoints")
    assert verify(exported, "log.jsonl") == (0, f"verified: {EVENTS} events, 0 checkpoints")


def test_j16_an_export_that_was_altered_anywhere_is_found(exported):
    file = exported / "log.jsonl"
    lines = file.read_text().splitlines()
    for number, line in list(enumerate(lines, start=1))[::3]:
        event = json.loads(line)
        for name in (*verifier.FIELDS, "hash"):
            altered = {**event, name: 99 if isinstance(event[name], int) else f"{event[name]}x"}
            file.write_text("\n".join([*lines[: number - 1], json.dumps(altered), *lines[number:]]))
            code, said = verify(exported)
            assert code == 1 and said.startswith(f"altered at {number}"), (name, said)
        value = {**event, "personal": [[event["personal"][0][0], event["personal"][0][1], '"Another"']]}
        file.write_text("\n".join([*lines[: number - 1], json.dumps(value), *lines[number:]]))
        assert verify(exported)[1].startswith(f"altered at {number}: a personal value")
    file.write_text("\n".join(lines[:-1]))
    assert verify(exported)[1].startswith(f"altered at {EVENTS}: the log ends with event {EVENTS - 1}")


def test_a_signature_with_any_bit_turned_is_refused(log):
    """Every one of its 2,048, and what else a sloppy check lets through (RFC 8017 8.2.2) (J07)."""
    keys = checkpoints.keys_of(log.notary())
    token = json.loads(log.notary().file.read_text().splitlines()[0])["signature"]
    head, said, mark = token.split(".")
    (modulus, exponent), message, right = next(iter(keys.values())), f"{head}.{said}".encode(), verifier._bytes(mark)
    assert verifier.fits(message, right, modulus, exponent)
    for bit in range(8 * len(right)):
        wrong = bytearray(right)
        wrong[bit // 8] ^= 1 << bit % 8
        assert not verifier.fits(message, bytes(wrong), modulus, exponent), bit
    beyond = (int.from_bytes(right, "big") + modulus).to_bytes(len(right) + 1, "big")
    for wrong in (b"", right[:-1], b"\0" + right, beyond, beyond[1:]):
        assert not verifier.fits(message, wrong, modulus, exponent)
    assert not verifier.fits(message + b"x", right, modulus, exponent)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "..", "e30.e30.e30", "é.é.é", 7, None, "W10.W10.W10"])
def test_what_is_no_checkpoint_is_refused(token):
    with pytest.raises(BadCheckpoint):
        verifier.read(token, {})


def test_files_that_cannot_be_read_are_said_so_in_a_sentence(exported):
    assert verify(exported, "nothing.jsonl") == (2, "verifier: [Errno 2] No such file or directory: 'nothing.jsonl'")
    (exported / "kept.jsonl").write_text('{"signature": "x"}\n')
    assert verify(exported) == (2, "verifier: line 1: it is not a checkpoint")
