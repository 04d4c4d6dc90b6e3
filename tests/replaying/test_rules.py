"""Every table is rebuilt or said to be no state; so is every action."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app import schema
from app.audit import store as audit
from app.audit.rules import Author, Event, seal
from app.audit.verifier import Value
from app.groups import service as groups
from app.groups.rules import Member, MemberKind
from app.kernel.database import Base
from app.kernel.work import Personal, Record
from app.replaying import rules, store
from app.replaying.rules import ERASED, Alter, Drop, Put
from scripts.docs import DOCS
from tests.audit.test_events import marked, told_all

assert schema  # it imports every table
WORKED_OUT = {
    "business_unit": {"path"}, "employee": {"starts_at", "ends_at"}, "posting_grant": {"review_ends_at"},
}  # fmt: skip
"""Columns that no step names."""


def columns():
    """Every column of every table, as (table, column)."""
    return {(table.name, column.name) for table in Base.metadata.sorted_tables for column in table.columns}


def test_what_is_said_to_be_no_state_is_there_and_has_a_reason():
    tables = {table for table, _ in columns()}
    assert set(rules.NO_STATE) <= tables
    names = {f"{table}.{column}" for table, column in columns()} | {column for _, column in columns()}
    assert set(rules.NO_STATE_COLUMNS) <= names
    for reasons in (rules.NO_STATE, rules.NO_STATE_COLUMNS, rules.CHANGES_NOTHING):
        assert all(len(why) > 8 for why in reasons.values())


def test_every_action_is_replayed_or_said_to_change_nothing():
    told = tomllib.loads((DOCS / "events.toml").read_text(encoding="utf-8"))
    actions = {f"{kind}.{what}" for kind, inner in told.items() for what in inner}
    replayed = {*rules.ROWS, *rules.BESIDE}
    assert replayed | set(rules.CHANGES_NOTHING) == actions
    assert replayed & set(rules.CHANGES_NOTHING) == set()


def written(steps):
    """What steps write, as (table, column)."""
    for step in steps:
        if isinstance(step, Put):
            yield from (
                (step.table, name) for name in (*step.key, *step.first, *rules.with_keys(step.table, step.values))
            )
        if isinstance(step, Alter):
            yield from ((step.table, name) for name in step.values)


def test_every_column_is_written_by_what_some_event_tells_or_said_to_be_no_state(team):
    """After a call through every door that changes something, a group in a group, and reviews of every filter."""
    told_all(team)
    marked(team)
    with team.work() as work:
        inner = groups.create(work, {"display_name": "Inner", "external_id": None}, [])
        groups.create(work, {"display_name": "Outer", "external_id": None}, [Member(MemberKind.GROUP, inner.id)])
    filters = {"grants": {"right": "publish", "risk": "high", "network": "x"}, "appointments": {"role": "developer"}}
    filters["accounts"] = {"business_unit_id": "sales", "employee_id": str(team.ids["asker"])}
    for kind, narrowed in filters.items():
        team.post("/v1/reviews", "boss", {"title": kind, "kinds": [kind], "filter": narrowed}, 201)
    found = {(table, column) for table, names in WORKED_OUT.items() for column in names}
    with team.work(write=False) as work:
        for event, values in audit.walk(work.session):
            found.update(written(rules.steps(rules.told(Event(*event), values), {})))
    state = {(table, column) for table, column in columns() if rules.rebuilt(table, column)}
    assert state - found == set()
    assert {table for table, _ in found} == set(store.tables())


def sealed(**record):
    """An event about a course as it is replayed, and one whose personal values are forgotten."""
    one = Record("course.created", "course", "c", **record)
    (event,), values = seal([one], Author("employee", None, ()), datetime(2026, 3, 2, tzinfo=UTC), None, 0, "0" * 64)
    kept = [Value(one.field, one.salt, one.value) for one in values]
    return rules.told(event, kept), rules.told(event, [])


def test_what_is_forgotten_is_told_apart_from_what_is_nothing():
    known, forgotten = sealed(after={"title": Personal("Care"), "key": Personal(None), "n": 1}, reason="So.")
    assert (known.after, known.reason) == ({"title": "Care", "key": None, "n": 1}, "So.")
    assert (forgotten.after, forgotten.reason) == ({"title": ERASED, "key": None, "n": 1}, ERASED)
    assert rules.with_keys("employee", {"title": ERASED, "location": None, "email": "A@b.example"}) == {
        "title": ERASED, "title_key": ERASED, "location": None, "location_key": None, "email": "A@b.example",
        "email_key": "a@b.example",
    }  # fmt: skip


def test_a_value_that_only_looks_like_a_digest_is_told_as_it_is():
    known, _ = sealed(after={"rules": {"$sha256": "x", "more": 1}})
    assert known.after == {"rules": {"$sha256": "x", "more": 1}}


@pytest.mark.parametrize(
    ("parents", "path"),
    [({"a": None}, "a"), ({"b": "a", "a": None}, "a/b"), ({"c": "b", "b": "a", "a": None}, "a/b/c"), ({"a": "a"}, "a")],
)
def test_paths_lead_down_from_the_root(parents, path):
    assert rules.paths(parents)[path[-1]] == path


def test_an_older_log_may_say_less():
    """Members that were added since are no steps where they are missing."""
    bare = rules.Told("2026-03-02T00:00:00.000000Z", "", "s", "p", "p", "p", None, None, {}, {})

    def of(action, **after):
        return [*rules.steps(replace(bare, action=action, after=after), {})]

    assert of("rights_request.approved", state="granted", step="strategist", passed=["strategist"])[1:] == []
    assert [type(one) for one in of("grant.suspended", state="suspended")[1:]] == [Alter]
    assert of("governance.switched", model="dandelion") == [] == of("policy_version.attested", n=1)
    assert of("access_task.opened", request_ids=[])[1:] == []
    assert [type(one) for one in of("group.updated", left=["x"])[1:]] == [Drop, Drop]
