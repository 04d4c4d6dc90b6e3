"""4.J, more of what somebody could do to the audit log in the tables: each is found, or refused by the database."""

import json
import unicodedata
from dataclasses import replace

import pytest
import sqlalchemy as sa

from app.audit import rules
from app.audit.rules import Event
from app.audit.verifier import Flaw
from tests.audit.test_tampering import COLUMNS, EVENTS, burglar, hash_of, log  # noqa: F401 - fixtures

INSERT = "INSERT INTO audit_event ({}) VALUES ({})".format(
    ", ".join(f'"{one}"' for one in COLUMNS), ", ".join(f":{one}" for one in COLUMNS)
)


def values(event):
    return {name: getattr(event, name) for name in COLUMNS}


@pytest.mark.parametrize("shift", ["seq + 1", "seq + 1000", "seq - 1", "-seq", "seq * 2"])
def test_J04_numbers_that_are_others_are_found(burglar, shift):  # noqa: F811
    """The whole log numbered anew, or its tail moved on by one: each event's number is part of its hash."""
    for where in ("1 = 1", "seq > 3"):
        away = f"UPDATE audit_event SET seq = 100000 + seq WHERE {where}"
        back = f"UPDATE audit_event SET seq = {shift.replace('seq', '(seq - 100000)')} WHERE seq > 90000"
        try:
            found = burglar.verdict(away, back)
        except sa.exc.IntegrityError:
            continue  # two would have one number: the database refuses
        if shift == "-seq":  # below nought nothing is looked for: the tail is gone, which is J06's
            assert found == (0 if where == "1 = 1" else 3)
        else:
            assert isinstance(found, Flaw), (shift, where, found)


def test_J10_of_two_logs_with_one_beginning_no_event_of_one_fits_into_the_other(burglar):  # noqa: F811
    """A split brain: both went on from one event. Neither takes the other's, and each hash says whose it is."""
    known = burglar.events()
    fork = replace(known[3], subject_id="fork")
    fork = replace(fork, hash=hash_of(fork))
    found = burglar.verdict("DELETE FROM audit_event WHERE seq = 4", INSERT, **values(fork))
    assert found == Flaw(5, "event 5 does not follow the event before it")
    with pytest.raises(sa.exc.IntegrityError):
        burglar.verdict(INSERT, **values(replace(fork, seq=EVENTS + 1)))  # one event has one successor


@pytest.mark.parametrize("encoding", [0, 2, -1, 255])
def test_J11_another_way_of_hashing_amid_the_log_is_found(burglar, encoding):  # noqa: F811
    """There is one encoding so far; an event that says another is not skipped, whatever its hash."""
    for seq in range(1, EVENTS + 1):
        known = burglar.events()[seq - 1]
        forged = replace(known, encoding=encoding)
        sets = "UPDATE audit_event SET encoding = :encoding, hash = :hash WHERE seq = :seq"
        found = burglar.verdict(sets, encoding=encoding, hash=hash_of(forged), seq=seq)
        assert found == Flaw(seq, f"event {seq} has the unknown encoding {encoding}")


def test_J12_no_two_events_have_one_hash_though_their_members_run_together_alike():
    """Lengths stand before each part, and what is not there is told apart from what is empty."""
    plain = Event(1, 1, "t", "{}", "ab", "c", "d", "e", None, "", None, "f", rules.GENESIS, "")
    for moved in (
        {"on_behalf_of": "a", "action": "bc"}, {"on_behalf_of": "abc", "action": ""}, {"on_behalf_of": None, "action": "abc"},
        {"reason": "", "before": None}, {"reason": None, "before": None}, {"after": "", "request_id": "f"}, {"seq": 11, "encoding": 0},
    ):  # fmt: skip
        assert hash_of(replace(plain, **moved)) != hash_of(plain), moved


@pytest.mark.parametrize(
    "text",
    ["é", "\ufb01", "\u212b", "\u1100\u1161", "\U0001f469\u200d\U0001f680", "\u2028", "a\tb", "1.0", "1e400", "NaN"],
)
def test_J13_text_is_hashed_as_the_bytes_it_is(burglar, text):  # noqa: F811
    """No normal form, no number read and written again: another spelling of the same is another event."""
    known = burglar.events()
    told = replace(
        known[-1], seq=EVENTS + 1, prev_hash=known[-1].hash, after=json.dumps({"x": text}, ensure_ascii=False)
    )
    told = replace(told, hash=hash_of(told))
    assert burglar.verdict(INSERT, **values(told)) == EVENTS + 1
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        other = unicodedata.normalize(form, told.after)
        found = burglar.verdict(INSERT, **values(replace(told, after=other)))
        assert (found == EVENTS + 1) == (other == told.after), form
    spaced = replace(told, after=json.dumps({"x": text}, ensure_ascii=True, indent=1))
    assert isinstance(burglar.verdict(INSERT, **values(spaced)), Flaw)
