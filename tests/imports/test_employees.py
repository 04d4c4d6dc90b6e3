"""HRIS files with what the real exports lack: managers, bad rows, rehires, people listed twice."""

from datetime import date

import pytest

from app.imports.service import FileRefused
from app.lifecycle.rules import MassDeactivation

from .bench import Bench, counts, hr, text

MANY = [hr(str(number)) for number in range(1, 21)]


def test_a_row_says_all_of_a_person(bench: Bench) -> None:
    row = hr("007", Preferred_Name="Bond", Job_Title="Agent", Location="London", Worker_Type="contingent worker")
    assert bench.people([row]).counts == counts(created=1)
    person = bench.person("007")
    assert (person.employee_number, person.display_name, person.title, person.location) == (
        "007",
        "Bond",
        "Agent",
        "London",
    )
    assert (person.user_name, person.email, person.hired_on) == (
        "007@example.com",
        "007@example.com",
        date(2020, 1, 31),
    )
    assert (person.employment_type, person.active, person.manager_id) == ("contractor", True, None)
    assert person.business_unit_id == bench.unit("sales").id


def test_the_user_name_is_the_column_else_the_address_else_the_id(bench: Bench) -> None:
    names = ["Employee ID", *(name for name in hr("1") if name != "Employee ID"), "User Name"]
    rows = [hr("1", User_Name="ann"), hr("2", User_Name=""), hr("3", User_Name="", Work_Email="")]
    bench.people(text(rows, names))
    assert [bench.person(number).user_name for number in "123"] == ["ann", "2@example.com", "3"]


def test_the_user_name_of_somebody_known_stays_where_the_file_has_no_column_for_it(bench: Bench) -> None:
    """What the identity provider calls them is not overwritten with an address; nor does that address clash with it."""
    names = ["Employee ID", *(name for name in hr("1") if name != "Employee ID"), "User Name"]
    bench.people(text([hr("1", User_Name="ann"), hr("2", User_Name="x@example.com")], names))
    moved = {"Location": "Oslo", "Work_Email": "x@example.com"}
    assert bench.people([hr("1", **moved), hr("2")], dry_run=True).counts == counts(updated=1, unchanged=1)
    assert bench.people([hr("1", **moved), hr("2")]).counts == counts(updated=1, unchanged=1)
    assert [(one.user_name, one.email) for one in map(bench.person, "12")] == [
        ("ann", "x@example.com"), ("x@example.com", "2@example.com"),
    ]  # fmt: skip
    assert bench.people([hr("3", Work_Email="X@example.com")]).codes == {2: "user_name_taken"}


@pytest.mark.parametrize("rows", [["1", "2", "3"], ["3", "2", "1"], ["2", "3", "1"]])
def test_managers_may_stand_anywhere_in_the_file(bench: Bench, rows: list[str]) -> None:
    above = {"1": "2", "2": "3", "3": ""}
    done = bench.people([hr(number, Manager_ID=above[number]) for number in rows])
    assert (done.counts, done.events) == (counts(created=3), 4)  # the unit, and one event each
    assert bench.person("1").manager_id == bench.person("2").id
    assert bench.person("2").manager_id == bench.person("3").id
    assert bench.person("3").manager_id is None


def test_a_manager_may_be_known_already_and_may_change_and_go(bench: Bench) -> None:
    bench.people([hr("1"), hr("2")])
    assert bench.people([hr("3", Manager_ID="1")]).counts == counts(created=1)
    assert bench.people([hr("3", Manager_ID="2")]).counts == counts(updated=1)
    assert bench.person("3").manager_id == bench.person("2").id
    assert bench.people([hr("3")]).counts == counts(updated=1)
    assert bench.person("3").manager_id is None


def test_bad_managers_reject_their_rows_and_the_rest_is_loaded(bench: Bench) -> None:
    """Attack D05."""
    done = bench.people(
        [
            hr("1"),
            hr("2", Manager_ID="99"),
            hr("3", Manager_ID="3"),
            hr("4", Manager_ID="5"),
            hr("5", Manager_ID="4"),
            hr("6", Manager_ID="2"),  # of whom nothing is loaded, so nobody knows them
            hr("7", Manager_ID="1"),
        ]
    )
    assert done.codes == {
        3: "unknown_manager",
        4: "own_manager",
        5: "manager_circle",
        6: "manager_circle",
        7: "unknown_manager",
    }
    assert done.counts == counts(created=2, rejected=5)
    assert bench.numbers() == {"1", "7"}


def test_a_circle_that_closes_through_people_outside_the_file_is_found(bench: Bench) -> None:
    """Attack D05."""
    bench.people([hr("1", Manager_ID="2"), hr("2", Manager_ID="3"), hr("3")])
    done = bench.people([hr("3", Manager_ID="1")])
    assert (done.codes, done.events) == ({2: "manager_circle"}, 0)
    assert bench.person("3").manager_id is None


def test_a_circle_through_a_rejected_row_counts_by_what_stays_of_it(bench: Bench) -> None:
    bench.people([hr("1", Manager_ID="2"), hr("2"), hr("3")])
    done = bench.people([hr("1", Manager_ID="3", Hire_Date="31/12/2020"), hr("2", Manager_ID="1")])
    assert done.codes == {2: "bad_hire_date", 3: "manager_circle"}


def test_a_turned_round_hierarchy_is_no_circle(bench: Bench) -> None:
    bench.people([hr("1", Manager_ID="2"), hr("2", Manager_ID="3"), hr("3")])
    turned = [hr("3", Manager_ID="2"), hr("2", Manager_ID="1"), hr("1")]
    assert bench.people(turned).counts == counts(updated=3)
    assert bench.people(turned).events == 0


def test_a_bad_row_is_rejected_alone(bench: Bench) -> None:
    bad = hr("2", Hire_Date="31/12/2020")
    done = bench.people([hr("1"), bad, hr("3")])
    assert done.codes == {3: "bad_hire_date"}
    assert done.rejected[0].row == bad
    assert done.counts == counts(created=2, rejected=1)


def test_ids_are_text(bench: Bench) -> None:
    numbers = ["007", "7", "1e5", "100000", "NULL", "N/A"]
    assert bench.people([hr(number) for number in numbers]).counts == counts(created=6)
    assert bench.numbers() == set(numbers)


def test_rows_with_too_many_or_too_few_cells_are_rejected(bench: Bench) -> None:
    good = text([hr("1"), hr("2")])
    done = bench.people(good + "3,Ann\n4" + "," * 13 + "\n")
    assert done.codes == {4: "wrong_number_of_cells", 5: "wrong_number_of_cells"}
    assert done.counts == counts(created=2, rejected=2)


def test_empty_lines_are_no_rows(bench: Bench) -> None:
    assert bench.people("\n" + text([hr("1")]) + "\n\n" + "," * 12 + "\n").counts == counts(created=1)


# --- listed twice ----------------------------------------------------------------------------------------------------


def test_equal_rows_count_once(bench: Bench) -> None:
    """Attack D04."""
    assert bench.people([hr("1"), hr("2"), hr("1")]).counts == counts(created=2)


def test_differing_rows_are_all_rejected_and_deactivate_nobody(bench: Bench) -> None:
    """Attack D04."""
    bench.people(MANY, complete=True)
    two = [hr("1", Job_Title="A"), hr("1", Status="Terminated")]
    done = bench.people([*MANY[1:], *two], complete=True)
    assert done.codes == {21: "differing_rows", 22: "differing_rows"}
    assert "21, 22" in done.rejected[0].message
    assert done.counts == counts(unchanged=19, rejected=2)
    assert bench.person("1").active


def test_a_user_name_is_one_persons(bench: Bench) -> None:
    same = {"Work_Email": "Same@example.com"}
    done = bench.people([hr("1", **same), hr("2", Work_Email="same@EXAMPLE.com"), hr("3")])
    assert done.codes == {2: "user_name_shared", 3: "user_name_shared"}
    bench.people([hr("1", **same)])
    assert bench.people([hr("2", **same)]).codes == {2: "user_name_taken"}


def test_of_two_records_with_one_user_name_the_one_who_is_still_here_has_it(bench: Bench) -> None:
    same = {"Work_Email": "same@example.com"}
    done = bench.people([hr("C1", Status="Terminated", **same), hr("E1", **same)])
    assert done.codes == {2: "user_name_shared"}
    assert bench.person("E1").user_name == "same@example.com"


# --- leaving ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [{"Status": "Terminated"}, {"Status": "inactive"}, {"Status": "Active", "Termination_Date": "2026-03-01"}],
)
def test_an_explicit_termination_applies(bench: Bench, cells: dict[str, str]) -> None:
    bench.people([hr("1"), hr("2")])
    done = bench.people([hr("1", **cells)])
    assert done.counts == counts(left=1)
    assert bench.numbers() == {"2"}
    assert bench.people([hr("1", **cells)]).events == 0


def test_more_terminations_than_absences_may_be_still_apply(bench: Bench) -> None:
    bench.people(MANY)
    done = bench.people([{**row, "Status": "Terminated"} for row in MANY], complete=True)
    assert done.counts == counts(left=20)


def test_the_last_day_is_a_working_day_and_a_later_end_is_kept(bench: Bench) -> None:
    bench.people(
        [hr("1", Termination_Date="2026-03-02"), hr("2", Termination_Date="2026-12-31"), hr("3", Status="On Leave")]
    )
    assert bench.numbers() == {"1", "2", "3"}
    assert bench.person("2").terminated_on == date(2026, 12, 31)


def test_a_termination_applies_though_the_rest_of_its_row_is_bad(bench: Bench) -> None:
    bench.people([hr("1"), hr("2"), hr("3")])
    bad = hr("1", Status="Terminated", Hire_Date="?", Job_Title="Changed")
    done = bench.people([bad, hr("2", Status="Terminated", Manager_ID="99")])
    assert (done.codes, done.counts) == ({2: "bad_hire_date"}, counts(left=2, rejected=1))
    assert bench.numbers() == {"3"}
    assert bench.person("1").title is None


def test_someone_who_had_left_before_we_knew_them_is_kept_as_such(bench: Bench) -> None:
    row = hr("1", Status="Terminated", Termination_Date="2024-01-01")
    assert bench.people([row]).counts == counts(created=1)
    assert not bench.person("1").active
    assert bench.person("1").left_at is not None
    assert bench.people([row], complete=True).events == 0


def test_a_rehire_comes_back(bench: Bench) -> None:
    bench.people([hr("1")])
    bench.people([hr("1", Status="Terminated", Termination_Date="2025-02-01")])
    assert bench.people([hr("1")]).counts == counts(updated=1)
    person = bench.person("1")
    assert (person.active, person.left_at, person.terminated_on) == (True, None, None)
    assert bench.actions()[-1] == "employee.rejoined"
    assert bench.people([hr("1")]).events == 0


def test_a_rehire_whose_next_end_is_known_keeps_it(bench: Bench) -> None:
    bench.people([hr("1", Termination_Date="2026-12-31")])
    bench.people([hr("1", Termination_Date="2026-12-31", Status="Inactive")])
    bench.people([hr("1", Termination_Date="2026-12-31")])
    assert bench.person("1").terminated_on == date(2026, 12, 31)


def test_absence_means_leaving_only_in_a_complete_file(bench: Bench) -> None:
    bench.people(MANY)
    assert bench.people(MANY[1:]).counts == counts(unchanged=19)
    assert bench.people(MANY[2:], complete=True).counts == counts(unchanged=18, left=2)  # 10 % is plausible
    assert bench.people(MANY[2:], complete=True).events == 0


def test_an_implausible_absence_needs_a_persons_word(bench: Bench) -> None:
    bench.people(MANY)
    with pytest.raises(MassDeactivation, match="3 of 20"):
        bench.people([hr("new"), *MANY[3:]], complete=True)
    assert len(bench.numbers()) == 20  # nor did anybody join
    assert bench.people(MANY[3:], complete=True, confirm=True).counts == counts(unchanged=17, left=3)


def test_a_file_that_names_nobody_makes_nobody_leave(bench: Bench) -> None:
    """Attack D07."""
    bench.people([hr("1")])
    for content in (b"", b"\xef\xbb\xbf", b"\n\n", text([], list(hr("1")))):
        for confirm in (False, True):
            with pytest.raises(MassDeactivation):
                bench.people(content, complete=True, confirm=confirm)
    assert bench.numbers() == {"1"}


def test_an_empty_file_is_refused_and_a_header_alone_is_nothing_to_do(bench: Bench) -> None:
    with pytest.raises(FileRefused, match="empty"):
        bench.people(b"")
    with pytest.raises(FileRefused, match="empty"):
        bench.people(b"", complete=True)
    assert bench.people(text([], list(hr("1")))).counts == counts()


def test_a_rejected_row_makes_nobody_a_leaver(bench: Bench) -> None:
    bench.people(MANY)
    done = bench.people([hr("1", Hire_Date="?"), *MANY[1:]], complete=True)
    assert done.counts == counts(unchanged=19, rejected=1)
    assert bench.person("1").active


@pytest.mark.parametrize("bad", [text([hr("")]).splitlines()[1], "1"])
def test_a_row_that_could_be_anybodys_keeps_everybody(bench: Bench, bad: str) -> None:
    bench.people(MANY)
    done = bench.people(text(MANY[1:]) + bad + "\n", complete=True)
    assert done.counts == counts(unchanged=19, rejected=1)
    assert "none of the 1 people" in done.rejected[0].message
    assert bench.person("1").active
    confirmed = bench.people(text(MANY[1:]) + bad + "\n", complete=True, confirm=True)
    assert confirmed.counts == counts(unchanged=19, rejected=1, left=1)


def test_a_short_row_whose_id_is_whole_is_that_persons(bench: Bench) -> None:
    bench.people(MANY)
    done = bench.people(text(MANY[2:]) + "1,Ann\n", complete=True)
    assert done.counts == counts(unchanged=18, rejected=1, left=1)
    assert bench.person("1").active


# --- units -----------------------------------------------------------------------------------------------------------


def test_departments_are_units_by_key_or_name_in_any_case(bench: Bench) -> None:
    bench.units([{"key": "emea-sales", "name": "Sales", "parent": ""}])
    bench.people([hr("1"), hr("2", Department="SALES"), hr("3", Department="EMEA-sales"), hr("4", Department="Ops")])
    assert {bench.person(number).business_unit_id for number in "123"} == {bench.unit("emea-sales").id}
    assert bench.unit("ops").parent_id == bench.unit("enterprise").id


def test_a_department_that_names_several_units_is_not_guessed(bench: Bench) -> None:
    bench.units([{"key": f"sales-{n}", "name": "Sales", "parent": ""} for n in (1, 2)])
    done = bench.people([hr("1"), hr("2", Department="sales-2"), hr("3", Manager_ID="1", Department="sales-2")])
    assert done.codes == {2: "department_ambiguous", 4: "unknown_manager"}
    assert bench.person("2").business_unit_id == bench.unit("sales-2").id


def test_a_key_is_a_key_though_it_is_another_units_name(bench: Bench) -> None:
    bench.units([{"key": "sales", "name": "All", "parent": ""}, {"key": "other", "name": "Sales", "parent": ""}])
    bench.people([hr("1")])
    assert bench.person("1").business_unit_id == bench.unit("sales").id


def test_a_move_is_told_as_one(bench: Bench) -> None:
    bench.people([hr("1")])
    bench.people([hr("1", Department="Ops")])
    assert bench.actions()[-2:] == ["business_unit.created", "employee.moved"]


def test_more_rows_than_one_transaction_takes(bench: Bench) -> None:
    rows = [hr(str(number), Manager_ID=str(number + 1) if number < 1100 else "") for number in range(1, 1101)]
    done = bench.people(rows)
    assert done.counts == counts(created=1100)
    assert [step for step, total in done.progress if total] == [0, 500, 1000, 1100]
    assert bench.person("1").manager_id == bench.person("2").id
    assert bench.people(rows, complete=True).events == 0


def test_the_last_day_ends_where_the_unit_is(bench: Bench) -> None:
    """In Honolulu it is still the first of March when the file is read; in Auckland the third has nearly begun."""
    bench.people([hr("1", Department="Hawaii"), hr("2", Department="Auckland")])
    for key, zone in (("hawaii", "Pacific/Honolulu"), ("auckland", "Pacific/Auckland")):
        bench.zoned(key, zone)
    last = {"Termination_Date": "2026-03-01"}
    done = bench.people([hr("1", Department="Hawaii", **last), hr("2", Department="Auckland", **last)])
    assert done.counts == counts(updated=1, left=1) and bench.numbers() == {"1"}
