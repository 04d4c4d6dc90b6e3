"""What a feed's document states of a person, how it keeps agreeing, and what is implausible: rules as plain calls."""

from dataclasses import fields, replace
from uuid import UUID

import pytest

from app.directory.rules import Employee, EmploymentType
from app.lifecycle import rules
from app.lifecycle.documents.rules import Unusable, agreeing, chosen, line_of, values_of
from app.lifecycle.rules import MassDeactivation

DOCUMENT = {
    "userName": "ada", "name": {"givenName": "Ada", "familyName": "Berg"}, "title": "Editor", "userType": "Contractor",
    "emails": [{"value": "home@x", "type": "home"}, {"value": "work@x", "type": "Work"}],
    "addresses": [{"type": "work", "locality": " Oslo \n West "}],
}  # fmt: skip
VALUES = {
    "user_name": "ada", "email": "work@x", "given_name": "Ada", "family_name": "Berg", "display_name": "Ada Berg",
    "title": "Editor", "location": "Oslo West", "employment_type": EmploymentType.CONTRACTOR,
}  # fmt: skip


def unusable(call, *words):
    with pytest.raises(Unusable) as found:
        call(*words)
    return str(found.value)


def test_the_columns_that_a_document_states():
    assert values_of(DOCUMENT) == VALUES
    bare = {"user_name": "ada", **dict.fromkeys(("email", "given_name", "family_name", "title", "location"))}
    assert values_of({"userName": "ada"}) == {**bare, "display_name": "ada"}
    assert values_of({"userName": "ada", "userType": "Robot"}).keys() == values_of({"userName": "ada"}).keys()


@pytest.mark.parametrize(("more", "name"), [
    ({"displayName": "Countess"}, "Countess"), ({"displayName": "Countess", "name": {"formatted": "A. L."}}, "Countess"),
    ({"name": {"formatted": "A. L.", "givenName": "Ada"}}, "A. L."), ({"name": {"givenName": "Ada"}}, "Ada"),
    ({"name": {"familyName": "Berg"}}, "Berg"), ({"name": {}, "userName": "u" * 300}, "u" * 200),
])  # fmt: skip
def test_by_which_name_somebody_is_shown(more, name):
    assert values_of({"userName": "ada", **more})["display_name"] == name


def test_who_has_no_user_name_or_a_bad_line_is_refused_by_its_path():
    assert unusable(values_of, {}) == "userName: is required" and values_of({"userName": "u" * 320})
    assert unusable(values_of, {"userName": "u" * 321}) == "userName: must be at most 320 characters long"
    for bad, path in (
        ({"name": {"givenName": "a\u202eb"}}, "name.givenName"), ({"name": {"familyName": "a\u202eb"}}, "name.familyName"),
        ({"name": {"formatted": "a\u202eb"}}, "name.formatted"), ({"displayName": "a\u202eb"}, "displayName"),
        ({"title": "a\u202eb"}, "title"), ({"emails": [{"value": "a\u202eb"}]}, "emails.value"),
        ({"addresses": [{"locality": "a\u202eb"}]}, "addresses.locality"), ({"title": "x" * 201}, "title"),
        ({"emails": [{"value": "x" * 321}]}, "emails.value"),
    ):  # fmt: skip
        assert unusable(values_of, {"userName": "ada", **bad}).startswith(f"{path}: ")
    assert values_of({"userName": "ada", "emails": [{"value": "x" * 320}]})["email"] == "x" * 320
    assert line_of({"a": "x" * 200}, "a") == "x" * 200 and line_of({"a": None}, "a") is None


def test_of_several_the_primary_counts_then_the_one_for_work_then_the_first():
    home, work, main = {"type": "home"}, {"type": "WORK"}, {"primary": True}
    assert chosen([home, work, main]) is main and chosen([home, work]) is work and chosen([home, {}]) is home
    assert chosen([]) is None and chosen([home, {"primary": "true"}, {"type": None}]) is home
    assert chosen([work, {"primary": False}, dict(work)]) is work


def test_where_somebody_is():
    at = lambda *entries: values_of({"userName": "ada", "addresses": entries})["location"]  # noqa: E731
    assert at({"locality": "Oslo", "formatted": "x"}) == "Oslo" and at({"formatted": "Oslo\nNO"}) == "Oslo NO"
    assert at({"locality": ""}) is None and at() is None and at({"locality": "x" * 300}) == "x" * 200


def test_a_document_keeps_agreeing_with_the_columns():
    changed = agreeing(DOCUMENT, {
        "user_name": "adab", "email": "new@x", "given_name": None, "family_name": "Byron", "display_name": "Ada B",
        "title": None, "location": "Bergen", "employment_type": EmploymentType.AGENCY, "business_unit_id": UUID(int=1),
    })  # fmt: skip
    assert changed == {
        "userName": "adab", "name": {"familyName": "Byron"}, "userType": EmploymentType.AGENCY, "displayName": "Ada B",
        "emails": [{"value": "home@x", "type": "home"}, {"value": "new@x", "type": "Work"}],
        "addresses": [{"type": "work", "locality": "Bergen"}],
    }  # fmt: skip
    assert DOCUMENT["name"] == {"givenName": "Ada", "familyName": "Berg"} and DOCUMENT["emails"][1]["value"] == "work@x"


def test_what_agrees_already_and_what_is_not_said_stays_as_it_was_put():
    assert agreeing(DOCUMENT, VALUES) == DOCUMENT and agreeing(DOCUMENT, {}) == DOCUMENT
    silent = {"userName": "ada"}
    assert agreeing(silent, {"employment_type": EmploymentType.AGENCY}) == silent
    assert agreeing(silent, {"given_name": "Ada"}) == {"userName": "ada", "name": {"givenName": "Ada"}}
    first = {"value": "a@x", "type": "work", "primary": True}
    assert agreeing(silent, {"email": "a@x"})["emails"] == [first]
    assert agreeing(silent, {"location": "Oslo"})["addresses"] == [
        {"locality": "Oslo", "type": "work", "primary": True}
    ]


def test_what_is_taken_away_goes_and_the_rest_stays():
    small = {"userName": "ada", "name": {"familyName": "Berg", "givenName": "Ada"}}
    assert agreeing(small, {"given_name": None})["name"] == {"familyName": "Berg"}
    assert agreeing({"userName": "ada"}, {"display_name": None}) == {"userName": "ada"}
    gone = agreeing(DOCUMENT, {"email": None, "location": None})
    assert gone["emails"] == [{"value": "home@x", "type": "home"}] and "addresses" not in gone


# --- what is implausible ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("active", "absent"), [(100, 0), (100, 10), (0, 0), (10, 1)])
def test_a_plausible_absence(active, absent):
    rules.check_absence(active, absent, confirmed=False)


def test_an_implausible_absence_needs_somebodys_word():
    rules.check_absence(100, 100, confirmed=True)
    said = (
        "The file would make 11 of 100 active people leave (11.0%; 10% is plausible). Nothing was changed. Confirm the leavers"
        " if this is right."
    )
    with pytest.raises(MassDeactivation) as found:
        rules.check_absence(100, 11, confirmed=False)
    assert str(found.value) == said
    with pytest.raises(MassDeactivation, match=r"1 of 0 active people leave \(all; "):
        rules.check_absence(0, 1, confirmed=False)
    with pytest.raises(MassDeactivation):
        rules.check_absence(1, 1, confirmed=False)


@pytest.mark.parametrize(("left", "active", "unusual"), [
    (20, 1, False), (21, 1, True), (21, 210, False), (22, 210, True), (21, 209, True), (0, 0, False),
])  # fmt: skip
def test_when_so_many_leavers_are_unusual(left, active, unusual):
    assert rules.unusual(left, active) is unusual


def test_what_of_the_stated_is_not_so_yet():
    ada = Employee(**{one.name: None for one in fields(Employee)} | {"title": "Editor", "email": "a@x"})
    assert rules.differences(ada, {"title": "Editor", "email": "b@x", "location": None}) == {"email": "b@x"}
    assert rules.differences(replace(ada, email="b@x"), {"email": "b@x"}) == {}


@pytest.mark.parametrize(("word", "type_"), [
    ("Regular", EmploymentType.EMPLOYEE), (" EXTERNAL ", EmploymentType.CONTRACTOR), ("agency worker", EmploymentType.AGENCY),
    ("Robot", None), ("", None), (None, None),
])  # fmt: skip
def test_how_hr_says_that_somebody_is_employed(word, type_):
    assert rules.employment_type_of(word) is type_
