"""A person between the directory's columns and the feed's document, by plain calls."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.directory.rules import Employee, EmploymentType
from app.lifecycle.documents.rules import ENTERPRISE, Unusable
from app.scim.documents import rules
from app.scim.documents.rules import GROUP, MAX_DOCUMENT, MAX_ENTRIES, USER, Membership, Place

NOW, LATER = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 3, 9, tzinfo=UTC)
ID, BOSS, TEAM = UUID(int=1), UUID(int=2), UUID(int=3)
SALES = Place("sales", "Sales & More")
ADA = Employee(**{one.name: None for one in fields(Employee)} | dict(
    id=ID, employee_number="7", user_name="ada", email="ada@x.example", display_name="Ada B", given_name="Ada",
    family_name="B", title="Editor", location="Oslo", employment_type=EmploymentType.AGENCY, active=True, manager_id=BOSS,
    external_id="e7", attributes=None, created_at=NOW, updated_at=LATER, version=4,
))  # fmt: skip
META = {
    "resourceType": "User", "created": "2026-03-02T09:00:00Z", "lastModified": "2026-03-03T09:00:00Z", "version": 'W/"4"',
}  # fmt: skip
COLUMNS = {
    "userName": "ada", "name": {"givenName": "Ada", "familyName": "B"}, "displayName": "Ada B", "title": "Editor",
    "userType": "agency", "active": True, "emails": [{"value": "ada@x.example", "type": "work", "primary": True}],
    "addresses": [{"locality": "Oslo", "type": "work", "primary": True}],
    ENTERPRISE: {"employeeNumber": "7", "department": "Sales & More", "manager": {"value": str(BOSS)}},
}  # fmt: skip


def unusable(call, *words):
    with pytest.raises(Unusable) as found:
        call(*words)
    return str(found.value)


def test_what_is_kept_is_what_was_sent_without_ours_and_without_the_empty():
    sent = {
        "schemas": [USER], "id": "1", "meta": {}, "groups": [1], "externalId": "e", "password": "p", "userName": "ada",
        "title": "", "nickName": None, "emails": [], "name": {"givenName": "", "familyName": "B"}, "x": {"y": {"z": ""}},
        "phoneNumbers": [{"value": ""}, {"value": "1"}, ""], "active": False, "n": 0,
        ENTERPRISE: {"manager": {"value": "m1", "$ref": "r", "displayName": "M"}, "department": "Sales"},
    }  # fmt: skip
    assert rules.kept(sent) == {
        "userName": "ada", "name": {"familyName": "B"}, "phoneNumbers": [{"value": "1"}], "active": False, "n": 0,
        ENTERPRISE: {"manager": {"value": "m1"}, "department": "Sales"},
    }  # fmt: skip
    assert rules.kept({"title": ""}) == {}
    assert rules.kept({ENTERPRISE: {"manager": {"$ref": "r"}, "x": 1}}) == {ENTERPRISE: {"x": 1}}


@pytest.mark.parametrize(("sent", "path", "what"), [
    ({"title": "a\0"}, "title", "holds a character that is no text"), ({"title": "\ud800"}, "title", "holds a character that is no text"),
    ({"title": "\udfff"}, "title", "holds a character that is no text"),
    ({"name": {"givenName": "é\udc00"}}, "name.givenName", "holds a character that is no text"),
    ({"emails": [{"value": "\0"}]}, "emails.value", "holds a character that is no text"),
    ({"title": "x" * (MAX_DOCUMENT + 1)}, "title", f"is longer than {MAX_DOCUMENT} characters"),
    ({"a": {"roles": ["x"] * (MAX_ENTRIES + 1)}}, "a.roles", f"has more than {MAX_ENTRIES} entries"),
])  # fmt: skip
def test_what_cannot_be_kept_is_refused_by_its_path(sent, path, what):
    with pytest.raises(Unusable) as found:
        rules.kept(sent)
    assert path in f"{found.value} {vars(found.value)}" and what in f"{found.value} {vars(found.value)}"


def test_what_is_just_small_enough_is_kept():
    sent = {"title": "x" * MAX_DOCUMENT, "roles": ["x"] * MAX_ENTRIES, "nickName": "\ud7ff\ue000é😀"}
    assert rules.kept(sent) == sent


def test_an_id_of_ours_or_none():
    assert rules.uuid_of(str(ID)) == ID
    assert [rules.uuid_of(one) for one in ("x", None, 7, "")] == [None] * 4


def test_what_a_document_says_of_the_extension():
    said = {ENTERPRISE: {"employeeNumber": "7", "department": "Sales", "manager": {"value": "m1"}}}
    assert (rules.number_of(said), rules.department_of(said), rules.manager_of(said)) == ("7", "Sales", "m1")
    for nothing in ({}, {ENTERPRISE: {}}, {ENTERPRISE: {"manager": None}}, {ENTERPRISE: {"manager": {}}}):
        assert (rules.number_of(nothing), rules.department_of(nothing), rules.manager_of(nothing)) == (None, None, None)
    assert rules.number_of({ENTERPRISE: {"employeeNumber": "7" * 100}}) == "7" * 100
    assert f"{ENTERPRISE}:employeeNumber" in path_of(rules.number_of, {ENTERPRISE: {"employeeNumber": "7" * 101}})
    assert f"{ENTERPRISE}:department" in path_of(rules.department_of, {ENTERPRISE: {"department": "a\u202eb"}})


def path_of(call, said):
    with pytest.raises(Unusable) as found:
        call(said)
    return f"{found.value} {vars(found.value)}"


def test_whom_no_feed_described_is_told_from_the_columns():
    assert rules.stored(ADA, SALES) == COLUMNS
    bare = replace(ADA, email=None, location=None, title=None, manager_id=None, given_name=None)
    assert rules.stored(bare, SALES) == {
        name: value for name, value in COLUMNS.items() if name not in ("emails", "addresses", "title")
    } | {"name": {"familyName": "B"}, ENTERPRISE: {"employeeNumber": "7", "department": "Sales & More"}}


def test_a_feeds_document_is_told_in_its_own_words_with_what_the_directory_knows_better():
    sent = {
        "userName": "ADA",
        "active": False,
        ENTERPRISE: {"employeeNumber": "1", "department": "Old", "costCenter": "4"},
    }
    found = rules.stored(replace(ADA, attributes=sent), SALES)
    assert found == {
        "userName": "ADA", "active": True,
        ENTERPRISE: {
            "employeeNumber": "7", "department": "Sales & More", "costCenter": "4", "manager": {"value": str(BOSS)},
        },
    }  # fmt: skip
    assert sent["active"] is False and sent[ENTERPRISE]["department"] == "Old"  # what is kept was not touched
    for spelled in ("SALES", "sales & more", "Sales"):
        told = rules.stored(replace(ADA, attributes={ENTERPRISE: {"department": spelled}}), SALES)
        assert told[ENTERPRISE]["department"] == spelled
    lone = replace(ADA, attributes={"userName": "a", ENTERPRISE: {"manager": {"value": "x"}}}, manager_id=None)
    assert rules.stored(lone, SALES) == {"userName": "a"}
    assert rules.stored(replace(lone, attributes={"userName": "a"}), SALES) == {"userName": "a"}


def test_a_person_as_they_are_read():
    told = rules.user(ADA, SALES, [Membership(TEAM, "Press")])
    manager = {"value": str(BOSS), "$ref": f"Users/{BOSS}"}
    assert told == {
        "schemas": [USER, ENTERPRISE], "id": str(ID), "externalId": "e7", **COLUMNS,
        ENTERPRISE: {**COLUMNS[ENTERPRISE], "manager": manager},
        "groups": [{"value": str(TEAM), "$ref": f"Groups/{TEAM}", "display": "Press", "type": "direct"}], "meta": META,
    }  # fmt: skip
    plain = rules.user(replace(ADA, attributes={"userName": "a"}, manager_id=None, external_id=None), SALES, [])
    assert plain == {"schemas": [USER], "id": str(ID), "userName": "a", "meta": META}
    unmanaged = rules.user(replace(ADA, manager_id=None), SALES, [])
    assert "manager" not in unmanaged[ENTERPRISE] and "groups" not in unmanaged


def test_a_group_as_it_is_read():
    members = [(ID, "Ada B", "User"), (TEAM, None, "Group")]
    assert rules.group((TEAM, "Press", "e9"), members, (NOW, LATER, 4)) == {
        "schemas": [GROUP], "id": str(TEAM), "externalId": "e9", "displayName": "Press",
        "members": [
            {"value": str(ID), "$ref": f"Users/{ID}", "type": "User", "display": "Ada B"},
            {"value": str(TEAM), "$ref": f"Groups/{TEAM}", "type": "Group"},
        ],
        "meta": {**META, "resourceType": "Group"},
    }  # fmt: skip
    assert rules.group((TEAM, "Press", None), [], (NOW, LATER, 4)) == {
        "schemas": [GROUP], "id": str(TEAM), "displayName": "Press", "meta": {**META, "resourceType": "Group"},
    }  # fmt: skip


def test_a_groups_name_is_a_line_and_there_is_one():
    assert rules.name_of("Press") == "Press" and rules.name_of("x" * 320) == "x" * 320
    for said in (None, ""):
        assert "displayName" in path_of(rules.name_of, said) and "is required" in path_of(rules.name_of, said)
    assert "displayName" in path_of(rules.name_of, "x" * 321)
