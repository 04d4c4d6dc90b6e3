"""What is sealed, hidden, known and read again, and how a checkpoint is signed: rules as plain calls."""

import json
import time
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest

from app.audit import rules, verifier
from app.audit.checkpoints.rules import Checkpoint, Notary
from app.audit.rules import Author, Event, Fenced, Known, PersonalValue
from app.kernel import tokens
from app.kernel.work import Personal, Record

NOW = datetime(2026, 3, 2, 9, 0, 0, 7, tzinfo=UTC)
ANN, BOB, EVE = (UUID(int=n) for n in range(1, 4))
AUTHOR = Author("employee", ANN, ("strategist", "admin"))


@pytest.fixture
def salts(monkeypatch):
    """Salts that are known ahead: "00...", "01...", and so on."""
    drawn = iter("".join(f"{n:02x}" * 16 for n in range(at, at + 64)) for at in range(0, 192, 64))
    monkeypatch.setattr(rules.secrets, "token_hex", lambda many: next(drawn)[: 2 * many])
    return [f"{n:02x}" * 16 for n in range(192)]


def test_salts_stand_beside_each_other_in_what_was_drawn(salts):
    found = rules._salts()
    assert [next(found) for _ in range(130)] == salts[:130]


def test_records_are_numbered_chained_and_hide_what_is_personal(salts):
    one = Record("a.b", "thing", "t1", {"x": Personal("old"), "n": 1}, {"x": Personal(None), "n": 2}, "why", BOB, EVE)
    two = Record("a.c", "thing", "t2", None, {"x": Personal("new")}, None, None, None)
    events, values = rules.seal([one, two], AUTHOR, NOW, "r", 6, "p")
    hide = lambda salt, value: f'{{"$sha256":"{verifier.digest((salt, value))}"}}'  # noqa: E731
    assert values == [
        PersonalValue(7, "reason", ANN, salts[0], '"why"'), PersonalValue(7, "before.x", EVE, salts[1], '"old"'),
        PersonalValue(8, "after.x", ANN, salts[2], '"new"'),
    ]  # fmt: skip
    who, at = f'{{"id":"{ANN}","kind":"employee","roles":["strategist","admin"]}}', "2026-03-02T09:00:00.000007Z"
    first = (1, 7, at, who, str(BOB), "a.b", "thing", "t1", hide(salts[0], '"why"'),
             f'{{"n":1,"x":{hide(salts[1], chr(34) + "old" + chr(34))}}}', '{"n":2,"x":null}', "r", "p")  # fmt: skip
    second = (
        1,
        8,
        at,
        who,
        None,
        "a.c",
        "thing",
        "t2",
        None,
        None,
        f'{{"x":{hide(salts[2], chr(34) + "new" + chr(34))}}}',
        "r",
    )
    assert events[0] == Event(*first, verifier.digest(first))
    assert events[1] == Event(*second, events[0].hash, verifier.digest((*second, events[0].hash)))


def test_free_text_is_its_authors_an_operators_that_of_whom_it_is_about():
    record = Record("a.b", "thing", "t", None, None, "why", None, EVE)
    owner = lambda author: [one.person_id for one in rules.seal([record], author, NOW, None, 0, "p")[1]]  # noqa: E731
    assert owner(AUTHOR) == [ANN] and owner(Author("operator", None, ())) == [EVE]


def test_text_is_canonical():
    values = {"b": NOW, "a": date(2026, 3, 2), "ä": EVE, "c": [True, False, None, 1.5, "é"]}
    assert rules.text_of(values) == (
        f'{{"a":"2026-03-02","b":"2026-03-02T09:00:00.000007Z","c":[true,false,null,1.5,"é"],"ä":"{EVE}"}}'
    )
    assert [rules.text_of(one) for one in (True, False, None, "é", EVE, date(2026, 3, 2), 7, NOW)] == [
        "true", "false", "null", '"é"', f'"{EVE}"', '"2026-03-02"', "7", '"2026-03-02T09:00:00.000007Z"',
    ]  # fmt: skip


@pytest.fixture
def elsewhere(monkeypatch):
    """A machine whose clock shows another time than UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
def test_an_instant_is_told_in_utc_wherever_the_machine_is():
    assert rules.instant(NOW.astimezone(timezone(timedelta(hours=3)))) == "2026-03-02T09:00:00.000007Z"
    assert verifier._time(int(NOW.timestamp())) == "2026-03-02 09:00:00 UTC"


# --- what is known to have been committed ----------------------------------------------------------------------------


def test_the_newest_event_is_remembered():
    known = Known()
    assert known.newest == (0, rules.GENESIS) == Known(hash_=rules.GENESIS).newest and Known(3, "c").newest == (3, "c")
    known.note(5, "e")
    known.note(4, "d")
    known.note(5, "f")
    assert known.newest == (5, "e")


def test_a_database_that_lacks_it_is_fenced_off():
    rules.check_known((0, rules.GENESIS), None)
    rules.check_known((5, "e"), "e")
    said = (
        "Event 5 of the audit log was committed, and this database does not hold it. If an older copy was played in,"
        " an operator has to say so: `coe audit accept-restore`."
    )
    for found in (None, "f"):
        with pytest.raises(Fenced) as fenced:
            rules.check_known((5, "e"), found)
        assert str(fenced.value) == said


# --- read again ------------------------------------------------------------------------------------------------------


def test_what_is_stored_is_read_with_the_personal_values_that_still_exist():
    hidden = {"$sha256": "d"}
    stored = json.dumps({"x": hidden, "n": 1, "y": {"$sha256": "d", "z": 1}, "w": hidden})
    kept = {"after.x": '"new"', "reason": '"why"', "after.n": '"never"'}
    assert rules.readable(stored, "after", kept) == {
        "x": "new", "n": 1, "y": {"$sha256": "d", "z": 1}, "w": {"erased": True, "$sha256": "d"},
    }  # fmt: skip
    assert rules.readable(json.dumps(hidden), "reason", kept) == "why"
    assert rules.readable(json.dumps(hidden), "reason", {}) == {"erased": True, "$sha256": "d"}
    assert rules.readable('"plain"', "reason", kept) == "plain" and rules.readable(None, "after", kept) is None


# --- checkpoints -----------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_signed_and_kept_as_a_line(tmp_path):
    key = tokens.generate_key()
    one = Notary("https://coe.example", key, {}, tmp_path / "kept").sign(7, "h", NOW)
    assert (one.seq, one.hash, one.created_at, one.kid) == (7, "h", NOW, key.kid)
    keys = verifier.keys_of({"keys": [key.public_jwk()]})
    assert verifier.read(one.signature, keys) == verifier.Checkpoint(7, "h", int(NOW.timestamp()))
    told = json.loads(verifier._bytes(one.signature.split(".")[1]))
    assert told == {"iss": "https://coe.example", "iat": int(NOW.timestamp()), "seq": 7, "hash": "h"}
    assert json.loads(one.line()) == {
        "seq": 7, "hash": "h", "created_at": "2026-03-02T09:00:00Z", "kid": key.kid, "signature": one.signature,
    }  # fmt: skip
    assert "\n" not in Checkpoint(1, "h", NOW, "k", "s").line()
