"""Version 1 of the encoding, to the byte: what was sealed once must be computed alike for ever."""

import hashlib
import json
from dataclasses import astuple
from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.audit import rules, verifier
from app.directory.rules import EmploymentType
from app.kernel.work import Personal, Record

ID = UUID("01a20171-0000-7000-8000-000000000001")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
AUTHOR = rules.Author("operator", None, ("operator",))
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.text() | st.uuids() | st.dates() | st.sampled_from(EmploymentType)
)
MEMBERS = st.dictionaries(
    st.text(min_size=1), PLAIN | st.lists(st.text()) | st.builds(Personal, st.none() | st.text() | st.lists(st.text()))
)


def sealed(*records, seq=0, prev_hash=rules.GENESIS):
    return rules.seal(records, AUTHOR, NOW, "r-1", seq, prev_hash)


def test_an_event_is_what_it_always_was(monkeypatch):
    """Attack J13."""
    monkeypatch.setattr(rules, "_salts", lambda: iter(f"{n:032x}" for n in range(9)))
    after = {
        "title": Personal('Zoë "Z"\u2028'), "email": Personal(None), "active": True, "unit": ID, "day": date(2020, 1, 2),
        "at": NOW, "kind": EmploymentType.AGENCY, "n": 7, "attributes": Personal({"b": [1, None], "a": "é"}), "gone": None,
    }  # fmt: skip
    (event,), values = sealed(Record("employee.joined", "employee", str(ID), None, after, "because", None, ID))
    assert event.reason == '{"$sha256":"6b295d7dbaa6b6c67cc272c13072629ba6ea7dc49b760257573368f0e52dd392"}'
    assert (event.actor, event.at) == (
        '{"id":null,"kind":"operator","roles":["operator"]}',
        "2026-03-02T12:00:00.000000Z",
    )
    assert [(kept.field, kept.person_id, kept.salt[-1], kept.value) for kept in values] == [
        ("reason", ID, "0", '"because"'),
        ("after.title", ID, "1", '"Zoë \\"Z\\"\u2028"'),
        ("after.attributes", ID, "2", '{"a":"é","b":[1,null]}'),
    ]
    assert event.hash == "9d9f72dcf1eef21be3b0598c72212d91ca6a8bee57c2f9ebf1619851d13abd6d"


@given(st.none() | MEMBERS, MEMBERS)
def test_a_side_is_canonical_json_of_its_members(before, after):
    (event,), values = sealed(Record("x", "y", "z", before, after, None, None, ID))
    kept = {value.field: value for value in values}
    for side, members in (("before", before), ("after", after)):
        if members is None:
            assert getattr(event, side) is None
            continue
        plain = {}
        for name, value in members.items():
            plain[name] = value
            if isinstance(value, Personal):
                found = kept.pop(f"{side}.{name}", None)
                assert (found is None) == (value.value is None)
                plain[name] = None if found is None else {rules.DIGEST: verifier.digest((found.salt, found.value))}
                assert found is None or json.loads(found.value) == value.value
        assert getattr(event, side) == rules.text_of(plain)
    assert not kept
    kept = [verifier.Value(value.field, value.salt, value.value) for value in values]
    assert list(verifier.walk([(astuple(event), kept)], {})) == [1]


@given(PLAIN | st.lists(PLAIN) | st.dictionaries(st.text(), PLAIN))
def test_text_is_the_same_by_the_quick_way(value):
    """Attack J13."""
    told = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    assert rules.text_of(value) == told


@given(st.lists(st.none() | st.text()))
def test_a_digest_is_over_parts_with_their_lengths(parts):
    """Attack J12."""
    hasher = hashlib.sha256()
    for part in parts:
        data = b"" if part is None else part.encode()
        hasher.update((b"\xff" * 8 if part is None else len(data).to_bytes(8, "big")) + data)
    assert rules.digest(parts) == verifier.digest(parts) == hasher.hexdigest()


def test_no_salt_is_drawn_twice():
    salts = rules._salts()
    drawn = [next(salts) for _ in range(1000)]
    assert len(set(drawn)) == 1000 and {len(bytes.fromhex(salt)) for salt in drawn} == {16}
