"""The file that checkpoints are kept in, and what is read of one, after accidents and by somebody's hand (trust: 4.J, K08)."""

import base64
import json
import os

import pytest
import sqlalchemy as sa

from app.audit import verifier
from app.audit.checkpoints import service as checkpoints
from app.audit.checkpoints import store, worker
from app.audit.verifier import BadCheckpoint, Flaw

from .test_checkpoints import EVENTS, dropped, exported, log, verdict, verify, write  # noqa: F401 - fixtures


def kept(world):
    return store.kept(world.notary().file, checkpoints.keys_of(world.notary()))


@pytest.mark.parametrize(
    "rest", [b'{"seq": 4, "ha', b"\0" * 64, b'{"seq": 9, "hash": "\xc3'], ids=("half", "zeros", "letter")
)
def test_what_was_cut_off_spoils_no_checkpoint_that_is_added_behind_it(log, rest):  # noqa: F811
    """A power loss, or a full disk, in the middle of a line: nothing would be signed any more, and no process start."""
    file = log.notary().file
    file.write_bytes(file.read_bytes() + rest)
    for more in (1, 2):
        write(log, 1)
        assert worker.seal(log.notary, log.house) == 1
        assert kept(log).seq == EVENTS + more
    assert len(file.read_bytes().splitlines()) == 5
    text = file.read_text(errors="replace")
    against = list(verifier.checkpoints_of(text.splitlines(), checkpoints.keys_of(log.notary())))
    assert [one.seq for one in against] == [EVENTS // 2, EVENTS, EVENTS + 1, EVENTS + 2]


def test_a_line_that_a_full_disk_took_half_of_is_an_error_and_not_kept(log, monkeypatch):  # noqa: F811
    real, file = os.write, log.notary().file
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[: len(data) // 2]))
    one = log.notary().sign(EVENTS, "0" * 64, log.clock())
    with pytest.raises(OSError, match="No space left"):
        store.keep(file, one)
    monkeypatch.undo()
    assert kept(log).hash != one.hash
    store.keep(file, one)
    assert file.read_text().splitlines()[-1] == one.line()


def test_a_file_of_something_else_is_no_file_without_checkpoints(log):  # noqa: F811
    """Whoever verifies against the wrong file is told so."""
    keys = checkpoints.keys_of(log.notary())
    for text in ("seq,hash\n4,0\n", "[]\n", '{\n  "seq": 4\n}\n', "{}\n", '"{"\n'):
        with pytest.raises(BadCheckpoint):
            list(verifier.checkpoints_of(text.splitlines(), keys))


def token(header, claims):
    parts = (base64.urlsafe_b64encode(one.encode()).decode().rstrip("=") for one in (header, claims))
    return f"{'.'.join(parts)}.AAAA"


GOOD = '{"alg": "RS256", "typ": "coe-checkpoint+jwt", "kid": "x"}'
FORGED = {
    "a number without end": token(GOOD, '{"seq": 1e999, "hash": "", "iat": 1}'),
    "a number of many digits": token(GOOD, '{"seq": %s, "hash": "", "iat": 1}' % ("9" * 5000)),
    "no number": token(GOOD, '{"seq": NaN, "hash": "", "iat": 1}'),
    "depth": token(GOOD, "[" * 100_000),
    "a list of keys": token(GOOD.replace('"x"', '["x"]'), '{"seq": 1, "hash": "", "iat": 1}'),
    "no key": token(GOOD.replace('"x"', "null"), '{"seq": 1, "hash": "", "iat": 1}'),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_somebody_made_up_is_refused_and_breaks_nothing(log, forged):  # noqa: F811
    """In the file, in the table, and beside an export: a flaw with a number, never a crash."""
    keys = checkpoints.keys_of(log.notary())
    with pytest.raises(BadCheckpoint):
        verifier.read(forged, {**keys, "x": (3, 3)})
    with pytest.raises(BadCheckpoint, match="line 1"):
        list(verifier.checkpoints_of([json.dumps({"signature": forged})], keys))
    with dropped(log).engine.connect() as connection:
        stmt = sa.text("UPDATE audit_checkpoint SET signature = :forged WHERE seq = :seq")
        connection.execute(stmt, {"forged": forged, "seq": EVENTS})
        found = verdict(log, kept=False, connection=connection)
        connection.rollback()
    assert isinstance(found, Flaw) and found.seq == EVENTS


@pytest.mark.parametrize(
    "line",
    ["[]", "7", "{}}", "[" * 100_000, '{"personal": 5}', '{"personal": [[1]]}', "null"],
    ids=lambda line: line[:20],
)
def test_a_line_of_an_export_that_is_no_event_is_said_in_words(exported, line):  # noqa: F811
    lines = (exported / "log.jsonl").read_text().splitlines()
    (exported / "log.jsonl").write_text("\n".join([*lines[:2], line, *lines[3:]]))
    assert verify(exported) == (2, "verifier: line 3: it is not an event")
