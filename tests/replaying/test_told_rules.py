"""Events as they are replayed, what is there before any of them, and how a difference is told."""

import json

import pytest

from app.audit.rules import Event
from app.audit.verifier import Value
from app.directory.rules import ROOT_ID, ROOT_KEY
from app.networks.rules import known
from app.replaying.rules import ERASED, Difference, Put, Told, beginnings, paths, rebuilt, told, with_keys

AT = "2026-03-02T09:00:00.000000Z"
PERSON, CLIENT = {"kind": "employee", "id": "anna", "roles": []}, {"kind": "client", "id": "hr", "roles": []}
DIGEST = {"$sha256": "ab"}


def event(actor=PERSON, *, behalf=None, reason=None, before=None, after=None):
    """One as the log has it: JSON text, or nothing."""
    texts = [None if one is None else json.dumps(one) for one in (reason, before, after)]
    return Event(1, 7, AT, json.dumps(actor), behalf, "goal.updated", "goal", "g", *texts, "call", "0", "1")


@pytest.mark.parametrize(
    ("actor", "behalf", "who"),
    [
        (PERSON, None, ("anna", "anna", "anna")),
        (PERSON, "boss", ("anna", "anna", "boss")),
        (CLIENT, None, (None, "hr", None)),
        (CLIENT, "boss", (None, "hr", "boss")),
    ],
)
def test_who_acted_and_in_whose_place(actor, behalf, who):
    assert told(event(actor, behalf=behalf), []) == Told(AT, "goal.updated", "g", *who, "call", None, {}, {})


def test_values_that_are_still_known_stand_where_they_stood():
    one = event(reason=DIGEST, before={"title": DIGEST, "n": 1}, after={"title": DIGEST, "n": 2})
    values = [
        Value("reason", "s", '"So."'), Value("before.title", "s", '"Old"'), Value("after.title", "s", "null"),
    ]  # fmt: skip
    known_still = told(one, values)
    assert known_still.reason == "So."
    assert (known_still.before, known_still.after) == ({"title": "Old", "n": 1}, {"title": None, "n": 2})
    forgotten = told(one, values[1:2])
    assert forgotten.reason is ERASED
    assert (forgotten.before, forgotten.after) == ({"title": "Old", "n": 1}, {"title": ERASED, "n": 2})


@pytest.mark.parametrize("value", ["$sha256", ["$sha256"], {"$sha256": "ab", "n": 1}, {}, None])
def test_what_is_no_digest_is_told_as_it_is(value):
    one = told(event(reason="So.", after={"value": value}), [Value("after.value", "s", '"other"')])
    assert (one.reason, one.after) == ("So.", {"value": value})


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (Difference("goal", "g", "title", "A", "B"), "goal g: title is B, by the log A"),
        (Difference("goal", "g", "n", 0, None), "goal g: n is nothing, by the log 0"),
        (
            Difference("goal", "g", "title", "a" * 80, "b" * 81),
            f"goal g: title is {'b' * 80}..., by the log {'a' * 80}",
        ),
        (Difference("goal", "g", None, told=True), "goal g: the log tells of it, and it is not there"),
        (Difference("goal", "g", None, told=False), "goal g: it is there, and the log does not tell of it"),
    ],
)
def test_a_difference_is_told_in_a_sentence(difference, text):
    assert str(difference) == text


def test_before_any_event_there_are_the_root_and_the_networks_that_everybody_knows():
    begun = {"created_at": "2026-01-01T00:00:00.000000Z"}
    root = {"key": ROOT_KEY, "name": "Enterprise", "timezone": "UTC", "state": "open"}
    assert [*beginnings()] == [
        Put("business_unit", {"id": str(ROOT_ID)}, root, begun),
        *(Put("network", {"key": one.key}, {"data": one.as_data()}, begun) for one in known()),
    ]


@pytest.mark.parametrize(
    ("table", "values", "keys"),
    [
        ("goal", {"name": "Öl Ltd"}, {}),
        ("business_unit", {"key": "A"}, {}),
        ("business_unit", {"name": " Straße AG "}, {"name_key": "strasse ag"}),
        ("directory_group", {"display_name": "Posters"}, {"display_name_key": "posters"}),
        ("employee", {"title": None, "email": ERASED}, {"title_key": None, "email_key": ERASED}),
        ("employee", {"attributes": {"Desk": "B 12"}}, {"attributes_key": {"Desk": "b 12"}}),
        ("employee", {"attributes": {}}, {"attributes_key": {}}),
        ("employee", {"attributes": None}, {"attributes_key": None}),
    ],
)
def test_beside_what_is_searched_for_stands_its_key(table, values, keys):
    assert with_keys(table, values) == {**values, **keys}


@pytest.mark.parametrize(
    ("parents", "found"),
    [
        ({}, {}),
        ({"a": None, "b": "a", "c": "b"}, {"a": "a", "b": "a/b", "c": "a/b/c"}),
        ({"b": "elsewhere"}, {"b": "elsewhere/b"}),
        ({"a": "b", "b": "a"}, {"a": "b/a", "b": "a/b"}),
    ],
)
def test_paths_lead_down_and_end_even_where_units_go_round_in_a_circle(parents, found):
    assert paths(parents) == found


@pytest.mark.parametrize(
    ("table", "column", "answer"),
    [
        ("goal", "title", True),
        ("goal", "version", False),
        ("login", "secret_hash", False),
        ("client", "secret_hash", False),
        ("group_member", "display", False),
        ("vendor", "display", True),
    ],
)
def test_of_which_columns_the_log_tells(table, column, answer):
    assert rebuilt(table, column) is answer
