"""Many rows at once are the same rows as one by one; and what is looked up by many keys is found by each."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.directory import store as directory
from app.directory.rules import ROOT_ID, EmploymentType
from app.directory.tables import Employee
from app.kernel import bulk, memory
from app.kernel.access import House
from app.kernel.ids import new_id

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ODD = ["plain", "tab\there", "back\\slash", "\\N", "new\nline", 'quo"te', "Zoë 🎈", "null", "", "'=1+1"]


def people(many: int) -> list[dict[str, object]]:
    return [
        {
            "id": new_id(), "employee_number": f"n{n}", "user_name": f"u{n}", "display_name": ODD[n % len(ODD)] or "-",
            "title": ODD[n % len(ODD)], "location": None, "business_unit_id": ROOT_ID, "hired_on": date(2020, 1, 1 + n % 9),
            "starts_at": NOW, "employment_type": EmploymentType.AGENCY, "attributes": {"a": [n, "é\\"]} if n % 2 else None,
        }
        for n in range(many)
    ]  # fmt: skip


@pytest.mark.parametrize("many", [0, 1, bulk.FEW, bulk.FEW + 1, 700])
def test_many_rows_are_the_same_as_one_by_one(house: House, many: int) -> None:
    rows = people(many)
    with house.writes.begin() as session:
        directory.add_employees(session, NOW, rows)
    with house.writes() as session:
        found = directory.employees(session, [row["id"] for row in rows])
        assert len(found) == many
        for row in rows:
            one = found[row["id"]]
            assert {name: getattr(one, name) for name in row} == row
            assert (one.active, one.version, one.created_at, one.manager_id) == (True, 1, NOW, None)
        for row in rows[:1]:
            directory.save_employee(session, row["id"], NOW, {"title": "x"})  # a row as any other: its version counts
            assert session.get_one(Employee, row["id"]).version == 2


def test_one_bad_row_among_many_refuses_all_by_its_name(house: House) -> None:
    rows = people(50)
    rows[49]["user_name"] = "U7"
    with house.writes() as session, pytest.raises(directory.EmployeeExists):
        directory.add_employees(session, NOW, rows)
    with house.writes() as session, pytest.raises(IntegrityError):
        bulk.insert_rows(session, Employee, ["id"], [(new_id(),) for _ in range(50)])
    with house.reads() as session:
        assert directory.count_active(session) == 0


def test_found_by_many_keys(house: House) -> None:
    with house.writes.begin() as session:
        directory.add_employees(session, NOW, people(30))
    with house.reads() as session:
        texts = ["n3", "n29", "no", 'q"\\', "n3", *(f"none{n}" for n in range(3000))]
        stmt = select(Employee.employee_number)
        assert sorted(bulk.among(session, stmt, Employee.employee_number, texts).scalars()) == ["n29", "n3"]
        assert bulk.among(session, stmt, Employee.employee_number, []).all() == []


def test_the_collector_is_as_it_was_afterwards() -> None:
    import gc

    usual = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), memory.bulk():
        assert gc.get_threshold()[0] > usual[0]
        raise ZeroDivisionError
    assert gc.get_threshold() == usual


def test_the_collector_is_as_it_was_once_the_last_of_several_has_ended() -> None:
    import gc

    usual = gc.get_threshold()
    first, second = memory.bulk(), memory.bulk()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] > usual[0]
    second.__exit__(None, None, None)
    assert gc.get_threshold() == usual
    with memory.bulk():
        assert gc.get_threshold()[0] > usual[0]
    assert gc.get_threshold() == usual
