"""What is left of somebody who was erased, and where they are quoted: rules as plain calls."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import pytest

from app.directory.erasures.rules import columns_of, digest, erased_name
from app.directory.rules import Employee
from app.erasure.rules import Hold, Quotation

NOW, ANN, BOSS = datetime(2026, 3, 2, 9, tzinfo=UTC), UUID(int=1), UUID(int=2)


def test_an_id_is_known_again_without_being_kept():
    assert digest("salt", "7") == sha256(b"salt:7").hexdigest() and erased_name(ANN) == f"erased-{ANN}"


def test_nothing_of_theirs_stands_in_their_columns():
    left, name = columns_of(ANN), f"erased-{ANN}"
    gone = {
        "external_id", "email", "given_name", "family_name", "title", "location", "hired_on", "terminated_on", "starts_at",
        "attributes", "manager_id",
    }  # fmt: skip
    told = {"employee_number": name, "user_name": name, "display_name": "Erased person"}
    assert left == {**dict.fromkeys(gone), **told} and set(left) <= {one.name for one in fields(Employee)}


def test_what_the_log_tells_of_a_hold():
    hold = Hold(**{one.name: None for one in fields(Hold)} | {"employee_id": ANN, "set_by": BOSS, "released_at": NOW})
    assert hold.as_data() == {"employee_id": ANN, "set_by": BOSS, "released_at": NOW}


def ada():
    return Quotation({"Ada Obi", "ada.obi@acme.example", "Zoë Ní", "O'Hara (ed.)", "short"})


@pytest.mark.parametrize(("text", "quoted"), [
    ("Ada Obi", True), ("Thanks to ADA OBI, again", True), ("(ada obi)", True), ("ada.obi@acme.example.", True),
    ("Nevada Obi", False), ("Ada Obiang", False), ("Ada  Obi", False), ("ada-obi@acme.example", False),
    ("ada.obi@acmeXexample", False), ("by o'hara (ED.)", True), ("short", False), ("", False), ("Zo\u00eb N\u00ed", True),
])  # fmt: skip
def test_somebody_is_quoted_by_a_whole_name_whatever_its_case(text, quoted):
    assert ada().within(text) is quoted
    inside = (text, [text], {"a": {"b": ["x", text]}}, {text: 1} if not quoted else [1, None, text])
    for document in inside:
        assert ada().within(document) is ada().within(json.dumps(document)) is quoted
    assert ada().within(json.dumps({"body": json.dumps([text])})) is quoted  # a document that is kept in a document


def test_what_is_no_document_is_a_text():
    for broken in ("{ no document, but of Ada Obi", "[", '"', "[" * 100_000):
        assert ada().within(broken) is ("Ada" in broken)
    for nothing in (None, 7, True, {"Ada Obi": 1}):
        assert ada().within(nothing) is False


def test_of_a_short_name_nobody_can_say_that_it_is_quoted():
    assert Quotation({"Ada Ob"}).within("by Ada Ob") and not Quotation({"Ada O"}).within("by Ada O")
    assert Quotation(()).forms == Quotation({"Ada O"}).forms == [] and not Quotation(()).within("anybody")


def test_the_longest_name_is_found_and_all_its_forms_are_told():
    assert Quotation({"Ada Obi", "Ada Obi Jr"}).within("Ada Obi Jr") and ada().within("ADA.OBI@ACME.EXAMPLE")
    assert Quotation({"Zo\u00eb N\u00ed"}).forms == ["Zo\\u00eb N\\u00ed", "Zo\u00eb N\u00ed"]
    assert Quotation({'A"da Obi'}).forms == ['A"da Obi', 'A\\"da Obi']
