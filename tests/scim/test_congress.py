"""A real organisation's two exports, by SCIM Bulk and by file: the same people in the same state, row for row."""

import shutil

import pytest
from sqlalchemy import select

from app.directory.tables import BusinessUnit, Employee
from app.kernel.database import engine_for
from app.main import house_for
from tests.imports.bench import CONGRESS, Bench, rows_of

from .conftest import operation, user_document

FIRST, SECOND = "2024-12-30", "2025-02-15"
STATED = (
    "employee_number", "user_name", "email", "given_name", "family_name", "display_name", "title", "location", "employment_type", "active",
)  # fmt: skip
AT_ONCE = 180


def people(day):
    return {row["Employee ID"]: row for row in rows_of(day, "employees.csv")}


def document(row):
    """A row of the export as the user that an HR system would send."""
    return user_document(
        row["Work Email"], department=row["Department"], externalId=row["Employee ID"], active=row["Status"] == "Active",
        name={"givenName": row["First Name"], "familyName": row["Last Name"]}, displayName=row["Preferred Name"],
        title=row["Job Title"], userType=row["Worker Type"], enterprise={"employeeNumber": row["Employee ID"]},
        emails=[{"value": row["Work Email"], "type": "work", "primary": True}],
        addresses=[{"type": "work", "locality": row["Location"]}] if row["Location"] else [],
    )  # fmt: skip


def changes(before, after):
    """The operations of a PATCH that make one user's document of another."""
    said, now = document(before), document(after)
    names = [name for name in now if name != "schemas" and said[name] != now[name]]
    return {
        "Operations": [
            operation("Replace", name if ":" not in name else None, now[name] if ":" not in name else {name: now[name]})
            for name in names
        ]
    }


def send(scim, operations, status):
    """In several Bulk requests; the ids of whom they were about."""
    ids = []
    for start in range(0, len(operations), AT_ONCE):
        outcomes = scim.bulk(*operations[start : start + AT_ONCE])
        assert {one["status"] for one in outcomes} == {status}, [one for one in outcomes if one["status"] != status][:3]
        ids += [one["location"].rsplit("/", 1)[1] for one in outcomes]
    return ids


def rows(house, numbers):
    """What both ways can state of people, by HR's employee id, with their unit's name."""
    columns = [getattr(Employee, name) for name in STATED]
    stmt = select(*columns, BusinessUnit.name).join(BusinessUnit, BusinessUnit.id == Employee.business_unit_id)
    with house.reads() as session:
        return {row[0]: tuple(row) for row in session.execute(stmt) if row[0] in numbers}


@pytest.fixture
def by_file(scim, sqlite_template, tmp_path):
    """Another database, into which the same exports are loaded as files."""
    shutil.copy(sqlite_template, tmp_path / "file.db")
    engine = engine_for(f"sqlite:///{tmp_path / 'file.db'}")
    yield Bench(house_for(engine, scim.world.clock), tmp_path / "file.csv")
    engine.dispose()


def granted(team, id_):
    """A right to publish for somebody, asked for by themselves and decided by others."""
    account = team.account("acme")
    body = {"account_id": account, "rights": ["publish"], "justification": "Care."}
    asked = team.want(201, "POST", "/v1/rights-requests", None, body, bearer=team.token(id_))
    team.decide("liaison", asked)
    assert team.decide("hub", asked)["state"] == "granted"
    return account


def test_by_bulk_and_by_file_they_end_in_the_same_state(scim, by_file):
    team, before, after = scim.world, people(FIRST), people(SECOND)
    everybody = before.keys() | after.keys()

    by_file.people(CONGRESS / FIRST / "employees.csv", complete=True)
    made = send(scim, [("POST", "/Users", document(row)) for row in before.values()], "201")
    ids = dict(zip(before, made, strict=True))
    assert rows(team.house, everybody) == rows(by_file.house, everybody) and len(ids) == 536

    left = [number for number in before if number not in after]
    account = granted(team, ids[left[0]])
    assert team.evaluate("boss", ids[left[0]], "publish", account)["decision"] is True

    by_file.people(CONGRESS / SECOND / "employees.csv", complete=True, confirm=True)
    other = [number for number in after if number in before and before[number] != after[number]]
    assert other and left
    send(scim, [("POST", "/Users", document(row)) for number, row in after.items() if number not in before], "201")
    send(scim, [("PUT", f"/Users/{ids[number]}", document(after[number])) for number in other[::2]], "200")
    send(scim, [("PATCH", f"/Users/{ids[one]}", changes(before[one], after[one])) for one in other[1::2]], "200")
    send(scim, [("PATCH", f"/Users/{ids[number]}", {"Operations": [operation("Replace", "active", "False")]}) for number in left], "200")  # fmt: skip

    found, filed = rows(team.house, everybody), rows(by_file.house, everybody)
    assert found == filed and {number for number, row in found.items() if row[9]} == after.keys()
    assert team.codes("boss", ids[left[0]], "publish", account) >= {"subject_inactive"}
    assert len(team.events(action="directory.unusual_terminations")) == 1  # 69 people in a day, by HR's own word

    seq = team.intact()
    send(
        scim,
        [("PUT", f"/Users/{ids[number]}", document(after[number])) for number in ids if number in after][:AT_ONCE],
        "200",
    )
    assert team.intact() == seq  # the same again writes nothing
