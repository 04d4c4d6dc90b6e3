"""The verifier by plain calls: each thing that can be wrong with a log, a checkpoint or a file, in its own words."""

import base64
import hashlib
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.audit import verifier
from app.audit.verifier import FIELDS, GENESIS, TYPE, Altered, BadCheckpoint, Checkpoint, Flaw, Value
from app.kernel import tokens

AT = int(datetime(2026, 3, 2, 9, 5, 7, tzinfo=UTC).timestamp())
SALT, TEXT = "ab" * 16, '"Zoë"'


def hidden(text=TEXT, salt=SALT):
    return json.dumps({"$sha256": verifier.digest((salt, text))})


def event(seq, prev, **members):
    told = {
        "encoding": 1, "seq": seq, "at": f"2026-03-02T09:00:{seq:02}.000000Z", "actor": '{"kind":"operator"}',
        "on_behalf_of": None, "action": "thing.changed", "subject_kind": "thing", "subject_id": f"id-{seq}",
        "reason": None, "before": None, "after": '{"n":1}', "request_id": None, "prev_hash": prev, **members,
    }  # fmt: skip
    values = [told[name] for name in FIELDS]
    return [*values, verifier.digest(values)]


def log(many=4, **members):
    found = []
    for seq in range(1, many + 1):
        found.append(event(seq, found[-1][-1] if found else GENESIS, **members))
    return found


def walked(events, signed=None, values=(), **more):
    return list(verifier.walk([(one, values) for one in events], signed or {}, **more))


def altered(events, n, name, value):
    """The log with one member of its n-th event changed, and nothing else."""
    copy = [list(one) for one in events]
    copy[n - 1][(*FIELDS, "hash").index(name)] = value
    return copy


def signed_at(events, *numbers, hash_=None):
    return {n: Checkpoint(n, hash_ or events[n - 1][-1], AT) for n in numbers}


# --- the chain -------------------------------------------------------------------------------------------------------


def test_a_digest_is_over_parts_and_their_lengths_to_the_byte():
    data = "é".encode()
    whole = b"\xff" * 8 + len(data).to_bytes(8, "big") + data + (1).to_bytes(8, "big") + b"7"
    assert verifier.digest([None, "é", 7]) == hashlib.sha256(whole).hexdigest()


def test_a_log_as_it_was_written_is_counted_through():
    assert walked(log()) == [1, 2, 3, 4]
    assert walked([]) == []
    assert walked(log()[2:], seq=2, prev=log()[1][-1]) == [3, 4]


@pytest.mark.parametrize(("name", "value", "what"), [
    ("seq", 7, "event 3 is missing; event 7 stands in its place"),
    ("encoding", 2, "event 3 has the unknown encoding 2"),
    ("prev_hash", GENESIS, "event 3 does not follow the event before it"),
    ("hash", GENESIS, "event 3 was altered"), ("after", '{"n":2}', "event 3 was altered"),
    ("subject_id", "other", "event 3 was altered"), ("request_id", "", "event 3 was altered"),
])  # fmt: skip
def test_what_is_wrong_with_an_event_is_said_and_the_walk_ends_there(name, value, what):
    assert walked(altered(log(), 3, name, value)) == [1, 2, Flaw(3, what)]


def test_the_first_event_follows_what_stands_before_all():
    assert walked([event(1, "f" * 64)]) == [Flaw(1, "event 1 does not follow the event before it")]
    assert walked(log()[1:]) == [Flaw(1, "event 1 is missing; event 2 stands in its place")]


@pytest.mark.parametrize(("field", "members"), [
    ("reason", {"reason": hidden()}), ("before.name", {"before": f'{{"name":{hidden()}}}'}),
    ("after.name", {"after": f'{{"n":1,"name":{hidden()}}}'}),
])  # fmt: skip
def test_a_personal_value_fits_where_it_stood_and_nowhere_else(field, members):
    events = log(1, **members)
    assert walked(events, values=[Value(field, SALT, TEXT)]) == [1]
    for other in (
        Value(field, SALT, '"Zoe"'), Value(field, "00", TEXT), Value("after.n", SALT, TEXT), Value("hash", SALT, TEXT),
        Value("reason.x", SALT, TEXT), Value("before.x", SALT, TEXT), Value("after", SALT, TEXT),
    ):  # fmt: skip
        said = f"a personal value of event 1 ({other.field}) was altered"
        assert walked(events, values=[other]) == [Flaw(1, said)], other
    both = [Value(field, SALT, TEXT), Value("after.n", SALT, TEXT)]
    assert isinstance(walked(events, values=both)[0], Flaw)


# --- checkpoints -----------------------------------------------------------------------------------------------------


def test_what_was_signed_holds_a_log_to_it():
    events = log()
    assert walked(events, signed_at(events, 1, 4)) == [1, 2, 3, 4]
    said = "event 3 is not the one that was signed at 2026-03-02 09:05:07 UTC"
    wrong = signed_at(events, 3, hash_=GENESIS)
    assert walked(events, wrong) == [1, 2, Flaw(3, f"{said}; what was altered stands behind event 0")]
    assert walked(events, {**wrong, **signed_at(events, 1)}) == [
        1, 2, Flaw(3, f"{said}; what was altered stands behind event 1"),
    ]  # fmt: skip
    assert walked(events, {**wrong, **signed_at(events, 2)}) == [1, 2, Flaw(3, said)]
    assert walked(events[2:], wrong, seq=2, prev=events[1][-1]) == [Flaw(3, said)]


def test_a_log_that_was_cut_off_is_known_by_what_was_signed_of_it():
    events = log()
    said = "the log ends with event 2, but event 4 was signed at 2026-03-02 09:05:07 UTC"
    assert walked(events[:2], signed_at(events, 1, 4)) == [1, 2, Flaw(3, said)]
    assert walked(events, signed_at(events, 2)) == [1, 2, 3, 4]
    assert walked([], signed_at(events, 1))[0].seq == 1


@pytest.fixture(scope="module")
def key():
    return tokens.generate_key()


@pytest.fixture(scope="module")
def jwks(key):
    return {"keys": [{"kty": "EC", "kid": "other"}, key.public_jwk()]}


def sealed(key, seq=4, hash_=GENESIS, typ=TYPE, **more):
    return tokens.sign({"seq": seq, "hash": hash_, "iat": AT, **more}, key, typ)


def remade(token, part, change):
    """The token with one of its JSON parts changed, signed as before."""
    parts = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    change(told)
    parts[part] = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    return ".".join(parts)


def test_a_key_set_gives_its_rsa_keys_as_numbers(key, jwks):
    numbers = key.private_key().public_key().public_numbers()
    assert verifier.keys_of(jwks) == {key.kid: (numbers.n, numbers.e)}


def test_a_checkpoint_is_read_by_its_signature(key, jwks):
    keys = verifier.keys_of(jwks)
    assert verifier.read(sealed(key, 7, "f" * 64), keys) == Checkpoint(7, "f" * 64, AT)
    with pytest.raises(BadCheckpoint, match=r"^its signature does not fit$"):
        verifier.read(remade(sealed(key), 1, lambda told: told.update(seq=5)), keys)
    with pytest.raises(BadCheckpoint, match=rf"^the key '{key.kid}' that signed it is not among those given$"):
        verifier.read(sealed(key), {})


def gone(*names):
    return lambda told: [told.pop(name) for name in names]


@pytest.mark.parametrize("spoil", [
    lambda key: "", lambda key: "a.b", lambda key: "a.b.c.d", lambda key: f"{sealed(key)}.x", lambda key: None,
    lambda key: sealed(key, typ="at+jwt"), lambda key: sealed(key, seq="four"), lambda key: sealed(key, seq=None),
    lambda key: remade(sealed(key), 0, gone("alg")), lambda key: remade(sealed(key), 0, gone("typ")),
    lambda key: remade(sealed(key), 0, gone("kid")), lambda key: remade(sealed(key), 0, lambda told: told.update(alg="HS256")),
    lambda key: remade(sealed(key), 1, gone("seq")), lambda key: remade(sealed(key), 1, gone("hash")),
    lambda key: remade(sealed(key), 1, gone("iat")), lambda key: sealed(key)[:-1] + "*",
])  # fmt: skip
def test_what_is_no_checkpoint_is_refused_as_none(spoil, key, jwks):
    with pytest.raises(BadCheckpoint, match=r"^it is not a checkpoint$"):
        verifier.read(spoil(key), verifier.keys_of(jwks))


def test_a_signature_is_made_again_and_compared_as_a_whole(key):
    private, message = key.private_key(), b"head.said"
    numbers = private.public_key().public_numbers()
    n, e, d = numbers.n, numbers.e, private.private_numbers().d
    size = (n.bit_length() + 7) // 8
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(message).digest()

    def fits(padded, length=size):
        return verifier.fits(message, pow(int.from_bytes(padded, "big"), d, n).to_bytes(length, "big"), n, e)

    right = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    assert fits(right)
    for wrong in (
        b"\x00\x02" + right[2:], right[:-1] + bytes([right[-1] ^ 1]), b"\x00\x01\xff\x00" + info + b"\xff" * (size - len(info) - 4),
        b"\x00\x01" + b"\xff" * 8 + b"\x00" * (size - len(info) - 10) + info,
    ):  # fmt: skip
        assert not fits(wrong)
    assert not fits(right, size + 1)
    good = pow(int.from_bytes(right, "big"), d, n)
    assert verifier.fits(message, good.to_bytes(size, "big"), n, e)
    assert not verifier.fits(b"other", good.to_bytes(size, "big"), n, e)
    assert not verifier.fits(message, (n + 1).to_bytes(size, "big"), n, e)
    assert not verifier.fits(message, b"", n, e)


def test_base64_is_read_whatever_its_length_and_nothing_else_is():
    for length in range(8):
        data = bytes(range(250, 250 - length, -1))
        assert verifier._bytes(base64.urlsafe_b64encode(data).decode().rstrip("=")) == data
    for text in ("QUJD*", "QU JD", "Q"):
        with pytest.raises(ValueError):
            verifier._bytes(text)


def test_a_number_that_is_the_modulus_or_beyond_is_no_signature(monkeypatch):
    """RFC 8017 5.2.2: a representative is below the modulus, whatever it would come to."""
    asked = []
    monkeypatch.setattr(verifier, "pow", lambda *all_: asked.append(all_) or 0, raising=False)
    for value, looked_at in ((2**512 - 1, 0), (2**512 - 2, 1)):
        assert not verifier.fits(b"x", value.to_bytes(64, "big"), 2**512 - 1, 3)
        assert len(asked) == looked_at


def test_two_checkpoints_of_one_event_agree_or_contradict_each_other():
    one, same, other = Checkpoint(4, "a", 1), Checkpoint(4, "a", 2), Checkpoint(4, "b", 1)
    assert verifier.by_number([one, same, Checkpoint(5, "c", 1)]) == {4: one, 5: Checkpoint(5, "c", 1)}
    with pytest.raises(Altered, match=r"^two checkpoints of event 4 were signed, and they differ$") as found:
        verifier.by_number([one, other])
    assert found.value.seq == 4


# --- files -----------------------------------------------------------------------------------------------------------


def exported(events, personal=()):
    return "".join(
        json.dumps(dict(zip((*FIELDS, "hash"), one, strict=True)) | ({"personal": personal} if personal else {})) + "\n"
        for one in events
    )


def test_an_exported_log_is_read_as_it_was_told():
    events = log(2)
    assert list(verifier.lines_of(io.StringIO(exported(events)))) == [(one, []) for one in events]
    ((found, values),) = verifier.lines_of(io.StringIO(exported(events[:1], [["reason", SALT, TEXT]])))
    assert (found, values) == (events[0], [Value("reason", SALT, TEXT)])


def test_a_kept_file_is_read_line_by_line_and_what_is_none_is_named(key, jwks):
    keys, line = verifier.keys_of(jwks), json.dumps({"signature": sealed(key)})
    assert list(verifier.checkpoints_of([line, "", "  \n", line], keys)) == [Checkpoint(4, GENESIS, AT)] * 2
    for bad in ("[]", '"x"', "{}", "1", '{"signature": 1}'):
        with pytest.raises(BadCheckpoint, match=r"^line 2: it is not a checkpoint$"):
            list(verifier.checkpoints_of([line, bad], keys))
    with pytest.raises(BadCheckpoint, match=r"^line 1: the key .* is not among those given$"):
        list(verifier.checkpoints_of([line], {}))


@pytest.fixture
def program(tmp_path, monkeypatch, capsys):
    """Run it as one would at the command line; answers its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["verifier.py", *words])
        try:
            code = verifier.main()
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def kept(tmp_path, key, jwks):
    """A log of four events, the key set, and a file with a checkpoint of the last."""
    events = log(4, after='{"n":"ü"}')
    (tmp_path / "log.jsonl").write_text(exported(events), "utf-8")
    (tmp_path / "keys.json").write_text(json.dumps(jwks), "utf-8")
    (tmp_path / "kept.jsonl").write_text(json.dumps({"signature": sealed(key, 4, events[3][-1])}), "utf-8")
    (tmp_path / "first.jsonl").write_text(json.dumps({"signature": sealed(key, 1, events[0][-1])}), "utf-8")
    return events


def test_the_program_verifies_a_log_alone_or_with_what_was_kept(kept, program, monkeypatch):
    assert program("log.jsonl") == (0, "verified: 4 events, 0 checkpoints\n", "")
    against = ("--keys", "keys.json", "--against", "kept.jsonl")
    assert program("log.jsonl", *against) == (0, "verified: 4 events, 1 checkpoints\n", "")
    both = program("log.jsonl", *against, "--against", "first.jsonl")
    assert both == (0, "verified: 4 events, 2 checkpoints\n", "")
    monkeypatch.setattr(sys, "stdin", io.StringIO(exported(kept[:3])))
    cut = "altered at 4: the log ends with event 3, but event 4 was signed at 2026-03-02 09:05:07 UTC\n"
    assert program("-", *against) == (1, cut, "")


def test_the_program_says_what_is_wrong(kept, program, tmp_path, key):
    (tmp_path / "log.jsonl").write_text(exported(altered(kept, 2, "action", "x")), "utf-8")
    assert program("log.jsonl") == (1, "altered at 2: event 2 was altered\n", "")
    (tmp_path / "other.jsonl").write_text(json.dumps({"signature": sealed(key)}), "utf-8")
    told = ("--keys", "keys.json", "--against", "kept.jsonl", "--against", "other.jsonl")
    differ = "altered at 4: two checkpoints of event 4 were signed, and they differ\n"
    assert program("log.jsonl", *told) == (1, differ, "")
    (tmp_path / "other.jsonl").write_text("[]", "utf-8")
    assert program("log.jsonl", *told) == (2, "", "verifier: line 1: it is not a checkpoint\n")
    code, said, complaint = program("nowhere.jsonl")
    assert (code, said) == (2, "") and complaint.startswith("verifier: ") and "nowhere.jsonl" in complaint
    assert program("log.jsonl", "--against", "kept.jsonl")[0] == 2
    assert "checkpoints need --keys" in program("log.jsonl", "--against", "kept.jsonl")[2]


def test_an_empty_log_holds_nothing_and_every_file_is_utf_8(kept, program, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(
        verifier,
        "open",
        lambda name, encoding=None, errors=None: (
            opened.append(encoding) or Path(name).open(encoding=encoding, errors=errors)
        ),
        raising=False,
    )
    (tmp_path / "empty.jsonl").write_text("", "utf-8")
    assert program("empty.jsonl") == (0, "verified: 0 events, 0 checkpoints\n", "")
    assert program("log.jsonl", "--keys", "keys.json", "--against", "kept.jsonl")[0] == 0
    assert [one and one.lower() for one in opened] == ["utf-8"] * 4


def test_the_program_explains_itself(program):
    code, said, _ = program("--help")
    assert code == 0 and "usage: verifier.py [-h] [--keys FILE] [--against FILE] LOG" in said
    for line in ("Verify an exported audit log", "what `coe audit export` printed; - is standard input",
                 "the key set (JWKS) that signed the checkpoints", "kept checkpoints"):  # fmt: skip
        assert line in " ".join(said.split())
    assert program()[0] == 2
