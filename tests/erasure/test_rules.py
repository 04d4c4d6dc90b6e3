"""What is left of somebody who was erased: rules as plain calls."""

from dataclasses import fields
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from app.directory.erasures.rules import columns_of, digest, erased_name
from app.directory.rules import Employee
from app.erasure.rules import Hold

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
