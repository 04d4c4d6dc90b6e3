"""What a caller has asked before: how much of it is remembered, and when it is the answer no more; by plain calls."""

from types import SimpleNamespace

from app.authzen.direct import memo
from app.authzen.direct.memo import LONG, Memo, Results

FITS, LONGER = b"x" * LONG, b"x" * (LONG + 1)


def answer(since=10, until=20, kept=True):
    return SimpleNamespace(since=since, until=until, kept=kept)


def test_an_answer_stands_for_its_time_and_for_its_body():
    remembered, one = Memo(), answer()
    remembered.keep(FITS, one)
    assert [remembered.answer(FITS, now) for now in (9, 10, 19, 20)] == [None, one, one, None]
    assert remembered.answer(b"other", 10) is None


def test_what_is_long_or_not_to_be_kept_is_not():
    remembered = Memo()
    remembered.keep(LONGER, answer())
    remembered.keep(b"x", answer(kept=False))
    remembered.keep_found("/p", LONGER, Results(b"r", 1, 0, 9))
    assert (remembered.answers, remembered.results) == ({}, {})
    assert remembered.answer(LONGER, 10) is None and remembered.found("/p", LONGER, 1, 5) is None


def test_so_many_answers_are_remembered_and_then_none(monkeypatch):
    monkeypatch.setattr(memo, "MANY", 2)
    remembered = Memo()
    for body in (b"a", b"b"):
        remembered.keep(body, answer())
    assert list(remembered.answers) == [b"a", b"b"]
    remembered.keep(b"c", answer())
    assert list(remembered.answers) == [b"c"]


def test_what_a_search_found_stands_while_nothing_is_written():
    remembered, found = Memo(), Results(b"reply", 7, 10, 20)
    remembered.keep_found("/p", b"body", found)
    assert [remembered.found("/p", b"body", 7, now) for now in (9, 10, 19, 20)] == [None, b"reply", b"reply", None]
    assert remembered.found("/p", b"body", 8, 10) is None
    assert remembered.found("/q", b"body", 7, 10) is None is remembered.found("/p", b"other", 7, 10)


def test_so_much_of_what_was_found_is_remembered_and_then_anew(monkeypatch):
    monkeypatch.setattr(memo, "HEAVY", 12)
    remembered = Memo()
    for body in (b"a", b"b"):
        remembered.keep_found("/p", body, Results(b"12345", 1, 0, 9))
    assert len(remembered.results) == 2
    remembered.keep_found("/p", b"c", Results(b"1", 1, 0, 9))
    assert list(remembered.results) == [("/p", b"c")]
    for body in (b"d", b"e"):
        remembered.keep_found("/p", body, Results(b"1234", 1, 0, 9))
    assert len(remembered.results) == 3  # what was forgotten weighs no more
