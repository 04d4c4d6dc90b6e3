"""What feeds did, and what of it needs a person: rules as plain calls."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.accounts.rules import Account
from app.audit.rules import Event
from app.directory.rules import Employee
from app.feeds.rules import Change, about, last_custodian, liaisons_nearest_first, members, same_transaction, stays
from app.kernel.actor import ENTERPRISE, Scope, ScopeKind
from app.roles.rules import Appointment, Role

NOW, DAY = datetime(2026, 3, 2, 9, tzinfo=UTC), timedelta(days=1)
ROOT, UNIT, BELOW, ELSEWHERE, ANN, BOB, EVE = (UUID(int=n) for n in range(1, 8))
EVENT = Event(**{one.name: None for one in fields(Event)} | {
    "seq": 7, "at": "t", "actor": "a", "request_id": "r", "subject_kind": "employee", "subject_id": str(ANN),
})  # fmt: skip
PERSON = Employee(**{one.name: None for one in fields(Employee)} | {"id": ANN, "active": True, "updated_at": NOW})


def event(before=None, after=None, **more):
    told = {"before": before and json.dumps(before), "after": after and json.dumps(after)}
    return replace(EVENT, **told, **more)


def test_which_members_a_change_names():
    named = lambda **sides: Change(event(**sides), None, None, (), more=False).fields  # noqa: E731
    assert named(before={"title": "a"}, after={"title": None}) == ["title"]
    assert named(after={"title": "a", "email": None, "left_at": "t"}) == ["title"]
    assert named(before={"b": 1, "left_at": 1}, after={"b": 2, "a": 3, "left_at": 2}) == ["a", "b"] and named() == []
    assert Change(EVENT, None, None, (), more=False).seq == 7 and members(None) == {} and members('{"a":1}') == {"a": 1}


@pytest.mark.parametrize(("told", "theirs"), [
    (event(), True), (event(subject_id=str(BOB)), False),
    *((event(subject_kind="grant", subject_id="g", after={name: str(ANN)}), True) for name in (
        "employee_id", "deputy_id", "requester_id", "beneficiary_id", "owner_id")),
    (event(subject_kind="grant", before={"employee_id": str(BOB)}), False), (event(subject_kind="grant", after={"x": str(BOB)}), True),
    (event(subject_kind="grant", before={"employee_id": str(ANN)}, after={"deputy_id": str(BOB)}), True),
    (event(subject_kind="grant", after={"employee_id": None}), True), (event(subject_kind="grant", subject_id=str(BOB)), True),
])  # fmt: skip
def test_whose_an_event_is(told, theirs):
    assert about(told, str(ANN)) is theirs


def test_what_was_sealed_together():
    assert same_transaction(EVENT, replace(EVENT, seq=8, subject_id="x"))
    for member in ("at", "actor", "request_id"):
        assert not same_transaction(EVENT, replace(EVENT, **{member: "other"}))


def test_the_custodian_who_went_last():
    gone = replace(PERSON, left_at=NOW - DAY, ends_at=NOW + DAY)
    later = replace(PERSON, id=BOB, ends_at=NOW, updated_at=NOW + 9 * DAY)
    noted = replace(PERSON, id=EVE, updated_at=NOW)
    assert last_custodian([]) == (None, None) and last_custodian([gone]) == (gone, NOW - DAY)
    assert last_custodian([gone, later]) == last_custodian([later, gone]) == (later, NOW)
    assert last_custodian([noted, later]) == last_custodian([later, noted]) == (noted, NOW)


def test_who_stays_until_then():
    leaving = replace(PERSON, ends_at=NOW + DAY)
    assert (
        stays(PERSON, NOW, NOW + 9 * DAY)
        and not stays(None, NOW, NOW)
        and not stays(replace(PERSON, active=False), NOW, NOW)
    )
    assert stays(leaving, NOW, NOW - DAY) and not stays(leaving, NOW, NOW + DAY) and not stays(leaving, NOW + DAY, NOW)


def test_liaisons_nearest_first():
    account = Account(**{one.name: None for one in fields(Account)} | {"path": (ROOT, UNIT, BELOW)})
    blank = {one.name: None for one in fields(Appointment)}

    def held(by, unit, role=Role.BU_LIAISON):
        scope = Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=unit) if unit else ENTERPRISE
        return Appointment(**blank | {"employee_id": by, "role": role, "scope": scope})

    everyone = [held(EVE, ROOT), held(BOB, BELOW), held(ANN, UNIT), held(UNIT, ELSEWHERE), held(ROOT, None, Role.STRATEGIST),
                held(ELSEWHERE, BELOW, Role.COMMUNITY_MANAGER), held(EVE, BELOW)]  # fmt: skip
    assert liaisons_nearest_first(everyone, account) == [BOB, EVE, ANN, EVE]
