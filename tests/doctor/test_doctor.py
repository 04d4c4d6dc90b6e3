"""`coe doctor`: what is well is said to be, and each thing that can be wrong is found and named."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.audit.checkpoints import worker
from app.doctor import rules, service, store
from app.doctor.rules import State
from app.sweeping.service import notary_of
from tests.kit import staffed

SERVER = {"clock", "durability"}
"""What is not well with the PostgreSQL server of the tests: its clock is not theirs, and it is in a hurry."""
ROOT = str(Path(__file__).resolve().parents[2])


@pytest.fixture
def sound(world):
    """An installation with a log that is signed."""
    staffed(world)
    world.notary = notary_of(world.settings)
    worker.seal(world.notary, world.house)
    return world


def found(world, **told):
    settings = world.settings.model_copy(update=told)
    return {one.name: one for one in service.examine(settings, world.house, world.notary)}


def ill(world, **told):
    return {name: one.text for name, one in found(world, **told).items() if one.state is State.WRONG}


def test_a_sound_installation_is_well(sound):
    # The clock of the tests stands still; only the database's own is another.
    sound.house = replace(sound.house, clock=lambda: sound.clock.now)
    assert set(ill(sound)) <= SERVER
    names = set(found(sound))
    assert {"database", "schema", "keys", "guards", "log", "signing"} <= names


def test_what_is_not_for_production_is_noted(sound):
    noted = {name for name, one in found(sound, sweep_seconds=0).items() if one.state is State.DOUBTFUL}
    assert {"address", "mail", "sweeping"} <= noted
    assert ("engine" in noted) == sound.settings.sqlite
    assert found(sound, public_url="https://coe.example.com")["address"].state is State.WELL


def test_an_altered_log_a_missing_guard_and_what_nobody_signs_are_found(sound):
    engine = sound.app.state.engine
    trigger = {"sqlite": "audit_event_no_update", "postgresql": "append_only ON audit_event"}[engine.dialect.name]
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
    assert set(ill(sound)) - SERVER == {"guards"}
    sound.hire("late")
    sound.clock.turn(minutes=5)
    sound.house = replace(sound.house, clock=lambda: sound.clock.now)
    assert "signing" in ill(sound)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_event SET subject_id = 'x' WHERE seq = 3")
    assert ill(sound)["log"].startswith("Altered at 3")


HOLLOW = {
    "sqlite": (
        ("DROP TRIGGER audit_event_no_update; CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event WHEN 0"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"),
        "DROP TRIGGER audit_event_no_update; CREATE TRIGGER another AFTER INSERT ON audit_event BEGIN SELECT 1; END",
        ("DROP TRIGGER audit_event_no_update; CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event"
        " BEGIN SELECT 1; END"),
    ),
    "postgresql": (
        ("DROP TRIGGER append_only ON audit_event; CREATE TRIGGER append_only BEFORE UPDATE ON audit_event FOR EACH ROW"
        " WHEN (false) EXECUTE FUNCTION audit_is_append_only()"),
        ("DROP TRIGGER append_only ON audit_event; CREATE TRIGGER append_only BEFORE UPDATE ON client FOR EACH STATEMENT"
        " EXECUTE FUNCTION audit_is_append_only()"),
        "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("which", range(3))
def test_a_guard_in_name_alone_is_found(sound, which):
    """Somebody who owns the tables puts something in its place that lets everything through."""
    engine = sound.app.state.engine
    assert "guards" not in ill(sound)
    with engine.begin() as connection:
        first, _, rest = HOLLOW[engine.dialect.name][which].partition("; CREATE")
        connection.exec_driver_sql(first)
        if rest:
            connection.exec_driver_sql(f"CREATE{rest}")
    with engine.connect() as connection:
        connection.exec_driver_sql("UPDATE audit_event SET action = action")  # it does let everything through
    assert "guards" in ill(sound)


def test_a_database_that_lacks_what_was_signed_is_found(sound, tmp_path):
    ahead = sound.notary().sign(sound.intact() + 5, "f" * 64, sound.clock())
    sound.notary().file.write_text(ahead.line() + "\n")
    assert "accept-restore" in ill(sound)["checkpoints"]
    sound.notary().file.write_text("nonsense\nnonsense\nnonsense\n")
    assert "checkpoints.jsonl" in ill(sound)["checkpoints"]


def test_keys_that_others_can_read_and_a_full_disk_are_found(sound, monkeypatch):
    sound.settings.keys.chmod(0o755)
    assert "chmod" in ill(sound)["keys"]
    sound.settings.keys.chmod(0o700)
    monkeypatch.setattr(service.shutil, "disk_usage", lambda _: type("Usage", (), {"free": rules.LITTLE_ROOM - 1}))
    assert "MiB are left" in ill(sound)["room"]


def test_a_clock_and_a_server_that_cannot_be_relied_on_are_found(sound, monkeypatch):
    if sound.settings.sqlite:
        monkeypatch.setattr(store, "integrity", lambda _: ["page 7: wrong"])
        assert ill(sound)["file"] == "SQLite says: page 7: wrong"
        return
    at = {}
    monkeypatch.setattr(store, "clock", lambda session: at["now"])
    at["now"] = sound.clock() + timedelta(seconds=3)
    assert "-3.0 s" in ill(sound)["clock"]
    at["now"] = sound.clock()
    assert "clock" not in ill(sound)
    monkeypatch.setattr(store, "settings", lambda _: {"fsync": "off", "data_checksums": "off"})
    assert ill(sound)["durability"] == "fsync is off: what was confirmed can be lost."
    assert found(sound)["role"].state is State.DOUBTFUL  # the tests' role owns the tables


def test_the_command_says_it_in_lines_and_ends_with_1_if_anything_is_wrong(tmp_path):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COE_")}

    def coe(*words):
        return subprocess.run(
            [sys.executable, "-m", "app", *words], cwd=tmp_path, env={**kept, "PYTHONPATH": ROOT},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    before = coe("doctor")
    assert before.returncode == 1 and "coe migrate" in before.stdout and "Traceback" not in before.stderr
    coe("migrate")
    after = coe("doctor")
    assert after.returncode == 0, after.stdout + after.stderr
    assert after.stdout.splitlines()[-1].startswith("note   keys") and not (tmp_path / "coe-keys").exists()


def test_a_log_that_was_never_signed_needs_no_key_yet(world, tmp_path):
    staffed(world)
    world.notary = notary_of(world.settings)
    told = found(world, keys=tmp_path / "elsewhere")["keys"]
    assert told.state is State.DOUBTFUL and "the first start makes some" in told.text


def test_where_there_are_no_keys_none_are_made(sound, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    told = ill(sound, keys=elsewhere)
    assert "does COE_KEY_DIR name another directory?" in told["keys"] and set(told) <= {"keys"} | SERVER
    assert not elsewhere.exists()
