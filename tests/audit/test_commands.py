"""`coe audit`, as an operator and an auditor use it; and an older copy of the database that was played in (trust: J09, K17)."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.audit import verifier

ROOT = str(Path(__file__).resolve().parent.parent.parent)


@pytest.fixture
def coe(tmp_path):
    """Run a command in a folder of its own, on SQLite."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COE_")}

    def run(*words, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "app", *words], cwd=tmp_path, env={**kept, "PYTHONPATH": ROOT},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return (done.stdout + done.stderr).strip()

    run("migrate")
    return run


def client(coe, name):
    return coe("client", "create", name, "--scope", "decisions")


def test_the_log_is_sealed_exported_and_verified_by_anyone(coe, tmp_path):
    assert "nothing to sign" in coe("audit", "checkpoint", code=2)
    client(coe, "one")
    line = coe("audit", "checkpoint")
    (tmp_path / "kept.jsonl").write_text(f"{line}\n")
    client(coe, "two")
    assert coe("audit", "verify", "--against", "kept.jsonl") == "verified: 2 events, 1 checkpoints"
    (tmp_path / "log.jsonl").write_text(coe("audit", "export", "--values"))
    (tmp_path / "keys.json").write_text(coe("audit", "keys"))
    program = [sys.executable, "-I", "-S", verifier.__file__]
    told = ["log.jsonl", "--keys", "keys.json", "--against", "kept.jsonl"]
    done = subprocess.run([*program, *told], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "verified: 2 events, 1 checkpoints\n")
    assert json.loads(line)["seq"] == 1


def test_a_log_that_was_altered_is_named_with_its_number(coe, tmp_path):
    for name in ("one", "two", "three"):
        client(coe, name)
    coe("audit", "checkpoint")
    with sqlite3.connect(tmp_path / "coe.db") as database:
        database.execute("DROP TRIGGER audit_event_no_update")
        database.execute("UPDATE audit_event SET action = 'client.revoked' WHERE seq = 2")
    assert coe("audit", "verify", code=1) == "altered at 2: event 2 was altered"
    client(coe, "four")
    assert "altered at 2" in coe("audit", "verify", code=1)


def test_an_older_copy_is_refused_until_an_operator_accepts_it(coe, tmp_path):
    """Attacks J09, K17."""
    client(coe, "one")
    coe("audit", "checkpoint")
    with (
        closing(sqlite3.connect(tmp_path / "coe.db")) as live,
        closing(sqlite3.connect(tmp_path / "backup.db")) as copy,
    ):
        live.backup(copy)
    client(coe, "two")
    coe("audit", "checkpoint")
    for left in tmp_path.glob("coe.db*"):
        left.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "coe.db")

    for words in (("serve",), ("client", "create", "three", "--scope", "decisions")):
        said = coe(*words, code=2)
        assert "coe audit accept-restore" in said and "event 2" in said.lower(), said
    assert coe("audit", "verify", code=1).startswith("altered at 2: the log ends with event 1")

    assert coe("audit", "accept-restore", "--reason", "The disk was lost.").startswith("Accepted, though")
    assert "there is nothing to accept" in coe("audit", "accept-restore", "--reason", "Again.", code=2)
    client(coe, "three")
    assert coe("audit", "verify") == "verified: 3 events, 2 checkpoints"
    (aside,) = (tmp_path / "coe-keys").glob("checkpoints.jsonl.until-*")
    # What was signed of the lost history still contradicts this one, and the log says why.
    assert coe("audit", "verify", "--against", str(aside), code=1).startswith("altered at 2")
    (said,) = [json.loads(one) for one in coe("audit", "export").splitlines() if "audit.restored" in one]
    assert json.loads(said["after"])["lost_seq"] == 2


def test_a_file_of_checkpoints_that_cannot_be_used_is_said_in_words(coe, tmp_path):
    client(coe, "one")
    coe("audit", "checkpoint")
    (tmp_path / "coe-keys" / "checkpoints.jsonl").write_text('{"x": 1}\n{"signature": "a.b.c"}\n{"y": 1}\n')
    assert "checkpoints.jsonl" in coe("serve", code=2)
    assert "not a checkpoint" in coe("audit", "verify", code=2)
