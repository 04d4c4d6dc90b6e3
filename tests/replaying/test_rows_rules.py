"""The row that an action's subject is: the event, and exactly the row that is wanted of it."""

import pytest

from app.replaying.rules import Put
from app.replaying.rules.rows import AT, CALLER, PERSON, REASON, ROWS, SEAT, Row, _row, _step, said
from tests.replaying.test_steps_rules import AT as NOW
from tests.replaying.test_steps_rules import NEW, of


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (AT, NOW), (PERSON, "anna"), (CALLER, "client"), (SEAT, "boss"), (REASON, "So."),
        ("at", "at"), ("kept", "kept"), (None, None), (7, 7),
    ],
)  # fmt: skip
def test_what_an_event_says_where_a_source_points(source, value):
    assert said(of("thing.done"), source) == value


@pytest.mark.parametrize(
    ("row", "after", "wanted"),
    [
        (Row("thing", {"name": "name"}), {"name": "A"}, Put("thing", {"id": "it"}, {"name": "A"}, NEW)),
        (
            Row("thing", {"scope": "scope_kind"}),
            {"scope": "own"},
            Put("thing", {"id": "it"}, {"scope_kind": "own"}, NEW),
        ),
        (Row("thing", {"name": "name"}), {"name": None, "n": 1}, Put("thing", {"id": "it"}, {"name": None}, NEW)),
        (Row("thing", {"name": "name"}), {}, Put("thing", {"id": "it"}, {}, NEW)),
        (
            Row("thing", {"name": "name", "n": "number"}, reads={"n": int}),
            {"name": "7", "n": "7"},
            Put("thing", {"id": "it"}, {"name": "7", "number": 7}, NEW),
        ),
        (
            Row("thing", {"name": "name"}, more={"done_by": PERSON, "kind": "rights"}),
            {"name": "A"},
            Put("thing", {"id": "it"}, {"name": "A", "done_by": "anna", "kind": "rights"}, NEW),
        ),
        (Row("thing", {}, first={"since": AT, "n": 1}), {}, Put("thing", {"id": "it"}, {}, {"since": NOW, "n": 1})),
    ],
)
def test_what_an_event_makes_of_a_row(row, after, wanted):
    assert row.put(of("thing.done", after)) == wanted


def test_an_action_says_more_than_another_of_the_same_row():
    row = Row("thing", {"name": "name"}, more={"done_by": PERSON, "kind": "a"}, first={})
    assert row.saying(kind="b", comment=REASON) == Row(
        "thing", {"name": "name"}, more={"done_by": PERSON, "kind": "b", "comment": REASON}, first={}
    )


def test_most_members_have_the_names_of_their_columns():
    assert _row("thing", "key name") == Row("thing", {"key": "key", "name": "name"})
    assert _row("thing", "key", named={"scope": "kind"}) == Row("thing", {"key": "key", "scope": "kind"})
    assert _row("thing", "n", reads={"n": int}, first={}) == Row("thing", {"n": "n"}, reads={"n": int}, first={})


@pytest.mark.parametrize(
    ("action", "after", "table", "values"),
    [
        (
            "rights_request.asked",
            {"steps": ["strategist:1", "custodian:2"], "rights": ["publish"]},
            "request",
            {
                "kind": "rights",
                "rights": ["publish"],
                "steps": [{"kind": "strategist", "needed": 1}, {"kind": "custodian", "needed": 2}],
            },
        ),
        ("registration.asked", {"steps": []}, "request", {"kind": "registration", "steps": []}),
        ("employee.joined", {"employment_type": None}, "employee", {"employment_type": "employee"}),
        ("employee.updated", {"employment_type": "agency"}, "employee", {"employment_type": "agency"}),
        ("policy.created", {"scope": "enterprise"}, "policy", {"scope_kind": "enterprise"}),
        ("discovery.ignored", {"evidence_url": "u"}, "discovery", {"evidence_url": "u", "reason": "So."}),
        ("discovery.seen", {"evidence_url": "u", "state": "open"}, "discovery", {"state": "open"}),
        ("clearance.redeemed", {}, "clearance", {"redeemed_by": "client", "redeemed_at": NOW}),
        (
            "review_item.kept",
            {},
            "review_item",
            {"outcome": "kept", "decided_by": "anna", "principal_id": "boss", "comment": "So.", "decided_at": NOW},
        ),
        ("review_item.lapsed", {}, "review_item", {"outcome": "lapsed", "decided_at": NOW}),
        (
            "campaign.ended",
            {"ended_at": NOW, "account_ids": ["a"]},
            "campaign",
            {"ended_at": NOW, "end_reason": "So."},
        ),
    ],
)
def test_rows_that_are_told_otherwise_than_they_stand(action, after, table, values):
    assert ROWS[action].put(of(action, after)) == Put(table, {"id": "it"}, values, NEW)


def test_a_step_of_a_request_is_its_kind_and_how_many_it_needs():
    assert _step("strategist:2") == {"kind": "strategist", "needed": 2}
