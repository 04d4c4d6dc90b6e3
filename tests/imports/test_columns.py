"""Columns as other systems call them: the presets, what a header shows, and descriptions of one's own."""

import pytest

from app.imports.columns import rules
from app.imports.columns.rules import BadColumns, fitting, names, parse, preset, text_of
from app.imports.columns.service import from_file, named
from app.imports.rules import FileRefused
from app.imports.service import columns_of
from app.kernel.errors import NotFound

from .bench import HR, Bench, counts, hr, text

WORKDAY = {
    "Worker ID": "W1", "Legal First Name": "Ann", "Legal Last Name": "Berg", "Business Title": "Editor",
    "Supervisory Organization": "Sales", "Worker Type": "Contingent Worker", "Worker Status": "On Leave",
    "Hire Date": "2020-01-31", "Termination Date": "", "Manager ID": "W2", "Email - Primary Work": "ann@example.com",
}  # fmt: skip
SUCCESSFACTORS = {
    "STATUS": "active", "USERID": "W1", "USERNAME": "aberg", "FIRSTNAME": "Ann", "MI": "", "LASTNAME": "Berg",
    "EMAIL": "ann@example.com", "TITLE": "Editor", "DEPARTMENT": "Sales", "DIVISION": "EMEA", "LOCATION": "Oslo",
    "MANAGER": "W2", "HIREDATE": "2020-01-31",
}  # fmt: skip
BAMBOOHR = {
    "Employee #": "W1", "First Name": "Ann", "Last Name": "Berg", "Work Email": "ann@example.com", "Job Title": "Editor",
    "Department": "Sales", "Division": "EMEA", "Location": "Oslo", "Employment Status": "Part-Time",
    "Hire Date": "2020-01-31", "Termination Date": "0000-00-00", "Reporting to": "Bob Boss", "Supervisor EID": "W2",
    "Status": "Active",
}  # fmt: skip
ORACLE = {
    "PersonNumber": "W1", "FirstName": "Ann", "LastName": "Berg", "WorkEmail": "ann@example.com", "JobName": "Editor",
    "DepartmentName": "Sales", "LocationName": "Oslo", "AssignmentStatusType": "SUSPENDED", "WorkerType": "C",
    "StartDate": "2020-01-31", "ActualTerminationDate": "", "ManagerPersonNumber": "W2",
}  # fmt: skip
EXPORTS = {
    "workday": (
        WORKDAY,
        {"Worker ID": "W2", "Manager ID": "", "Email - Primary Work": "bob@example.com"},
        "contractor",
    ),
    "successfactors": (
        SUCCESSFACTORS,
        {"USERID": "W2", "USERNAME": "bob", "MANAGER": "NO_MANAGER", "EMAIL": "bob@example.com"},
        "employee",
    ),
    "bamboohr": (BAMBOOHR, {"Employee #": "W2", "Supervisor EID": "", "Work Email": "bob@example.com"}, "employee"),
    "oracle-hcm": (
        ORACLE,
        {"PersonNumber": "W2", "ManagerPersonNumber": "", "WorkEmail": "bob@example.com"},
        "contractor",
    ),
}
GONE = {
    "workday": {"Worker Status": "Terminated"},
    "successfactors": {"STATUS": "inactive"},
    "bamboohr": {"Status": "Inactive", "Employment Status": "Terminated"},
    "oracle-hcm": {"AssignmentStatusType": "INACTIVE"},
}
OWN = """
optional = ["location"]
[columns]
employee_id = "Personalnummer"
preferred_name = "Name"
work_email = ["E-Mail-Adresse", "Mail"]
department = "Abteilung"
location = "Ort"
worker_type = "Art"
termination_date = "Austritt"
[values.worker_type]
"Angestellt" = "employee"
"Extern" = "contractor"
[values.department]
"VT" = "Sales"
"""


def test_every_preset_has_an_export_here_and_a_title():
    assert set(names()) == {"generic", *EXPORTS} and names()[0] == "generic"
    assert all(rules.title_of(name) for name in names())


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_known_by_its_header_and_read_in_its_words(bench: Bench, name):
    row, boss, employment_type = EXPORTS[name]
    assert columns_of(bench.write([row])).name == name
    assert bench.people([{**row, **boss}, row]).counts == counts(created=2)
    person = bench.person("W1")
    assert (person.display_name, person.email, person.title) == ("Ann Berg", "ann@example.com", "Editor")
    assert (person.employment_type, person.active, str(person.hired_on)) == (employment_type, True, "2020-01-31")
    assert (person.manager_id, person.terminated_on) == (bench.person("W2").id, None)
    assert person.business_unit_id == bench.unit("sales").id
    assert bench.people([row]).events == 0
    assert bench.people([{**row, **GONE[name]}]).counts == counts(left=1)


@pytest.mark.parametrize("name", EXPORTS)
def test_one_column_less_and_it_is_refused_by_the_usual_names(bench: Bench, name):
    row, _, _ = EXPORTS[name]
    for header in row:
        less = {key: value for key, value in row.items() if key != header}
        needed = not preset(name).fit(less)
        assert columns_of(bench.write([less])).name == ("generic" if needed else name), header
        if needed:
            with pytest.raises(FileRefused, match="Line 1: the header lacks"):
                bench.people([less])


def test_the_usual_names_stay_what_counts_by_itself(bench: Bench):
    assert columns_of(bench.write([hr("1")])).name == "generic"
    assert columns_of(bench.write("")).name == "generic"
    assert fitting(["nothing", "of", "ours"]).name == "generic"


def test_a_header_that_fits_two_is_not_guessed():
    both = [*WORKDAY, "PersonNumber", "FirstName", "LastName", "EmailAddress", "DepartmentName", "AssignmentStatusType"]
    with pytest.raises(FileRefused, match="fits oracle-hcm and workday"):
        fitting(both)


def test_what_a_file_has_no_column_for_is_left_as_it_is(bench: Bench):
    bench.people([hr("1", Location="Oslo", Job_Title="Editor", Worker_Type="Contractor", Manager_ID="2"), hr("2")])
    own = 'columns = {employee_id = "Employee ID", last_name = "Last Name", work_email = "Work Email", department = "Department", status = "Status"}\n'
    row = {
        "Employee ID": "1",
        "Last Name": "Bergman",
        "Work Email": "1@example.com",
        "Department": "Sales",
        "Status": "Active",
    }
    done = bench.people([row], columns=named(own))
    person = bench.person("1")
    assert done.counts == counts(updated=1)
    assert (person.display_name, person.family_name, person.given_name) == ("Bergman", "Bergman", "Ann")
    assert (person.location, person.title, person.employment_type) == ("Oslo", "Editor", "contractor")
    assert person.manager_id == bench.person("2").id and str(person.hired_on) == "2020-01-31"


def test_a_description_of_ones_own(bench: Bench):
    row = {
        "Personalnummer": "007", "Name": "Anna Berg", "Mail": "anna@example.com", "Abteilung": "vt", "Ort": "Graz",
        "Art": "Extern", "Austritt": "",
    }  # fmt: skip
    path = bench.path.parent / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    columns = named(from_file(str(path)))
    assert columns.name == "own"
    assert bench.people([row], columns=columns).counts == counts(created=1)
    person = bench.person("007")
    assert (person.display_name, person.location, person.employment_type) == ("Anna Berg", "Graz", "contractor")
    assert person.business_unit_id == bench.unit("sales").id
    assert bench.people([{**row, "Austritt": "2026-03-01"}], columns=columns).counts == counts(left=1)
    assert bench.people([{**row, "Art": "Angestellt", "Austritt": ""}], columns=columns).counts == counts(updated=1)


@pytest.mark.parametrize("name", ["generic", *EXPORTS])
def test_a_preset_as_printed_is_a_description(name):
    again = parse(text_of(name), name)
    assert again == preset(name)


GOOD = 'columns = {employee_id = "A", last_name = "B", work_email = "C", department = "D", status = "E"}\n'


@pytest.mark.parametrize(
    ("description", "says"),
    [
        ("columns =", "this is not TOML"),
        ("", "columns: a table of our fields"),
        ("columns = {}", "columns: a table of our fields"),
        ("columns = 1", "columns: a table of our fields"),
        (GOOD + "colour = 1", "colour: there is no such member"),
        (GOOD + 'dates = "DD/MM/YYYY"', "can be read in two ways"),
        (GOOD + "title = 1", "title: a text"),
        (GOOD.replace("status", "statsu"), "columns.statsu: there is no such member"),
        (GOOD.replace('"E"', '"--"'), "columns.status: a header"),
        (GOOD.replace('"E"', "[]"), "columns.status: a header"),
        (GOOD.replace('"E"', "7"), "columns.status: a header"),
        (GOOD.replace('"E"', '"a"'), "'a' means employee_id already"),
        (GOOD + 'optional = "status"', "optional: a list"),
        (GOOD + 'optional = ["location"]', "'location' is not among the columns"),
        (GOOD + 'optional = ["employee_id"]', "employee_id is needed, and not as optional"),
        (GOOD + 'optional = ["department"]', "department is needed, and not as optional"),
        (GOOD + 'optional = ["work_email"]', "work_email or user_name is needed"),
        (GOOD + 'optional = ["last_name"]', "first_name or last_name or preferred_name is needed"),
        (GOOD + 'optional = ["status"]', "status or termination_date is needed"),
        (GOOD + "values = 1", "values: a table"),
        (GOOD + 'values.location.X = "Y"', "values.location: it is not among the columns"),
        (GOOD + "values.status = 1", "values.status: a table of words"),
        (GOOD + "values.status.X = true", "values.status: a table of words"),
        (GOOD + 'values.status.X = "here"', "'X' must mean one of: active, inactive"),
        (GOOD + 'values.status = {X = "active", x = "inactive"}', "'x' means two things"),
        ("x" * 70_000, "more than 65536 characters"),
    ],
)
def test_a_description_that_is_none_says_why(description, says):
    with pytest.raises(BadColumns, match=f"^mine: .*{says}"):
        parse(description, "mine")


def test_columns_that_are_nowhere(tmp_path):
    with pytest.raises(NotFound, match="no preset 'sap'; there are: generic"):
        named("sap")
    with pytest.raises(BadColumns, match="no preset .* and no file that can be opened"):
        from_file("sap")
    (tmp_path / "own.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(BadColumns, match="not UTF-8"):
        from_file(str(tmp_path / "own.toml"))
    (tmp_path / "own.toml").write_text("title = 1")
    with pytest.raises(BadColumns, match=r"own\.toml: title"):
        from_file(str(tmp_path / "own.toml"))


def test_dates_of_another_form_are_refused_with_their_line(bench: Bench):
    done = bench.people([WORKDAY | {"Manager ID": "", "Hire Date": "31/01/2020"}])
    assert done.codes == {2: "bad_hire_date"} and "YYYY-MM-DD" in done.rejected[0].message


def test_order_case_and_more_columns_do_not_count():
    assert fitting([name.upper() for name in reversed(WORKDAY)] + ["Cost Center"]).name == "workday"
    assert fitting([*HR, "Cost Center"]).name == "generic"
    assert text([], list(HR))
