"""Attacks on what is remembered of a caller's own words: the same bytes are the same question, and never an old answer."""

import json
from datetime import timedelta

import pytest

from app.authzen.direct import memo
from app.decisions import desk
from tests.attacks5.both import ASKED, headers, messages, opened, same, sent

RESOURCES = "/access/v1/search/resource"


@pytest.fixture
def door(team):
    return opened(team)


def words(**more):
    return json.dumps({**ASKED, **more}).encode()


def permitted(door, body, **more):
    status, answer = same(door, body, **more)
    assert status == 200
    return answer["decision"]


def the_right(door):
    (grant,) = door.get("/v1/grants", "asker")["items"]
    return grant["id"]


def revoke(door):
    door.post(f"/v1/grants/{the_right(door)}/revoke", "boss", {"reason": "Over."})


def remembered(door):
    (caller,) = door.direct._callers._known.values()
    return caller.memo


def test_what_was_forgotten_for_want_of_room_is_not_the_answer_any_more(door, monkeypatch):
    monkeypatch.setattr(desk, "KEPT", 1)
    assert permitted(door, words())
    assert not permitted(door, words(subject={"type": "employee", "id": "colleague"}))
    revoke(door)
    assert not permitted(door, words())


def test_the_same_question_in_other_words_after_the_clock_went_back(door):
    assert not permitted(door, words(subject={"type": "employee", "id": "colleague"}))  # so the caller was known before
    door.clock.turn(seconds=1)
    assert permitted(door, words())
    door.clock.turn(microseconds=-1)
    assert permitted(door, words() + b" ")
    revoke(door)
    door.clock.turn(seconds=1)
    assert not permitted(door, words() + b" ")
    assert not permitted(door, words())


def test_what_no_desk_keeps_is_not_remembered(door):
    through = words(context={"tool": "t" * (desk.LONGEST + 1)})
    by = {"given": headers(door, bearer=door.gateway)}
    assert permitted(door, through, **by)
    revoke(door)
    assert not permitted(door, through, **by)


def test_a_search_finds_what_there_is_at_that_instant(door):
    where = json.dumps({**ASKED, "resource": {"type": "account"}}).encode()

    def found():
        return [one["id"] for one in same(door, where, path=RESOURCES)[1]["results"]]

    until = door.clock.now + timedelta(days=1)
    revoke(door)
    other = door.account("other")
    door.ask("asker", other, until=until.isoformat())
    assert found() == found() == [other]
    door.clock.now = until - timedelta(microseconds=1)
    assert found() == [other]
    door.clock.now = until
    assert found() == []
    door.clock.now -= timedelta(microseconds=1)
    assert found() == [other]


def test_only_so_much_is_remembered(door, monkeypatch):
    monkeypatch.setattr(memo, "MANY", 3)
    monkeypatch.setattr(memo, "HEAVY", 1_500)
    for n in range(8):
        assert permitted(door, words() + b" " * n)
        assert 0 < len(remembered(door).answers) <= 3
        where = json.dumps({**ASKED, "resource": {"type": "account"}}).encode() + b" " * n
        assert len(same(door, where, path=RESOURCES)[1]["results"]) == 1
        held = remembered(door).results
        assert held and sum(len(key[1]) + len(one.reply) for key, one in held.items()) <= memo.HEAVY
    kept = dict(remembered(door).answers)
    assert permitted(door, words(more="a" * memo.LONG)) and remembered(door).answers == kept


def test_what_is_remembered_is_not_read_again(door, monkeypatch):
    """Else none of these attacks would meet it."""
    from app.authzen.direct import api

    read, body = [], api.Body
    monkeypatch.setattr(api, "Body", lambda raw: read.append(raw) or body(raw))
    where = json.dumps({**ASKED, "resource": {"type": "account"}}).encode()
    for _ in range(3):
        assert sent(door, headers(door), messages(words()))[0] == 200
        assert sent(door, headers(door), messages(where), path=RESOURCES)[0] == 200
    assert read == [words(), where]
