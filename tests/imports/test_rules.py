"""What is wrong with a file as such, and what with one row; no database."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.accounts import rules as account_rules
from app.imports.employees import rules as employee_rules
from app.imports.rules import MAX_FIELD, MAX_LINE, Columns, EmptyFile, Fault, FileRefused, Header, ranks, read
from app.imports.units import rules as unit_rules
from app.networks.rules import known

from .bench import hr, listed

COLUMNS = Columns({"id": ("The ID", "Number"), "name": ("Name",), "note": ("Note",)}, optional=frozenset({"note"}))
TODAY = date(2026, 3, 2)


def table(data: bytes, *, line_breaks: bool = False) -> tuple[Header, list[tuple[int, list[str]]]]:
    header, rows = read(io.BytesIO(data), COLUMNS, line_breaks=line_breaks)
    return header, [(row.line, row.cells) for row in rows]


def fields(data: bytes) -> list[dict[str, str]]:
    header, rows = table(data)
    return [header.cells(cells) for _, cells in rows]


@pytest.mark.parametrize(
    "data",
    [
        b"the id,name\n1,Ann\n",
        b"\xef\xbb\xbfThe ID,Name\r\n1,Ann\r\n",
        b'\xef\xbb\xbf"The ID",NAME\n1,Ann',
        b"name,the_id\nAnn,1\n",
        b"extra,Name,extra,NUMBER,\n?, Ann ,?,1,?\n",
        b"\n\nthe-id,name\n\n1,Ann\n, \n",
    ],
)
def test_case_order_extra_columns_a_mark_and_line_ends_do_not_count(data: bytes) -> None:
    assert fields(data) == [{"id": "1", "name": "Ann"}]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"name\nAnn\n", "Line 1: the header lacks The ID"),
        (b"the id,name,Number\n", "names The ID more than once"),
        (b"the id;name\n1;Ann\n", "separated by semicolons"),
        (b"the id\tname\n1\tAnn\n", "separated by tabs"),
        (b"the id|name\n1|Ann\n", "separated by vertical bars"),
        (b"the id,name\n1,M\xfcller\n", "Line 2, byte 4 of the line: this is not UTF-8"),
        (b"the id,name\n1,Ann\n2,\x93Bob\x94\n", "Line 3, byte 3"),
        ("the id,name\n1,Ann\n".encode("utf-16"), "Line 1, byte 1"),
        ("the id,name\n1,Ann\n".encode("utf-16-le"), "Line 1, byte 2 of the line: a NUL. Is the file UTF-16"),
        ("the id,name\n1,Ann\n".encode("utf-16-be"), "Line 1, byte 1 of the line: a NUL"),
        (b"the id,name\n1,A\xed\xa0\x80\n", "Line 2, byte 4"),
        (b"the id,name\n1,A\0nn\n", "Line 2, byte 4 of the line: a NUL"),
        (b"the id,name\n1,A\rnn\n", "Line 2: a carriage return"),
        (b"the id,name\r1,Ann\r", "Line 1: a carriage return"),
        (b'the id,name\n1,"Ann\n2,Bob\n', "Line 2: a quote is opened and never closed"),
        (b'the id,name\n1,"Ann\n2,"Bob\n', "Line 2: the quotes are not"),
        (b'the id,name\n1,"Ann\n2,Bob"\n', "Line 2: a quoted cell goes on"),
        (b'the id,name\n1,Ann\n2,"Bob"x\n', "Line 3: the quotes are not"),
        (b"the id,name\n1," + b"x" * (MAX_FIELD + 1) + b"\n", "Line 2: a cell is larger"),
        (b"the id,name\n1," + b"x" * MAX_LINE + b"\n", "Line 2 is longer"),
        (b"the id,name" + b",x" * 10_000 + b"\n", "10002 columns are more"),
    ],
)
def test_a_file_in_doubt_is_refused_naming_the_place(data: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused) as refused:
        table(data)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\r\n"])
def test_a_file_without_a_header_is_empty(data: bytes) -> None:
    with pytest.raises(EmptyFile):
        table(data)


def test_a_quoted_cell_may_hold_commas_quotes_and_if_allowed_line_breaks() -> None:
    data = b'the id,name\n1,"a,""b"""\n2,"c\nd"\n3,e\n'
    assert table(data, line_breaks=True)[1] == [(2, ["1", 'a,"b"']), (3, ["2", "c\nd"]), (5, ["3", "e"])]


def test_a_cell_cannot_grow_over_many_lines() -> None:
    with pytest.raises(FileRefused, match="Line 2: a cell is larger"):
        table(b'the id,name\n1,"' + b"x\n" * 2 * MAX_FIELD + b'"\n', line_breaks=True)


def test_a_row_is_measured_against_the_header() -> None:
    header, rows = table(b"the id,name\n1\n1,2,3\n")
    for _, cells in rows:
        with pytest.raises(Fault) as fault:
            header.cells(cells)
        assert fault.value.code == "wrong_number_of_cells"
    assert header.shown(rows[0][1]) == {"the id": "1"}


# --- circles ---------------------------------------------------------------------------------------------------------


@given(st.data())
def test_ranks_put_everybody_below_whom_they_refer_to_and_find_every_circle(data: st.DataObject) -> None:
    size = data.draw(st.integers(0, 12))
    above = data.draw(st.lists(st.integers(-1, size - 1), min_size=size, max_size=size))
    found = ranks(above)
    for node in range(size):
        assert (found[node] == -1) == _goes_round(node, above)
        if found[node] != -1 and above[node] != -1:
            assert found[node] == found[above[node]] + 1
        if above[node] == -1:
            assert found[node] == 0


def _goes_round(node: int, above: list[int]) -> bool:
    at = node
    for _ in above:
        at = above[at]
        if at in (-1, node):
            break
    return at == node


# --- a row of each file ----------------------------------------------------------------------------------------------


def person(**more: str) -> employee_rules.Person:
    row = hr("1", **more)
    header = Header(
        tuple(row), {field: place for place, field in enumerate(employee_rules.COLUMNS.fields(row)) if field}
    )
    return employee_rules.person(header.cells(list(row.values())), TODAY)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Employee_ID": ""}, "employee_id_missing"),
        ({"Employee_ID": "1\u200b2"}, "bad_employee_id"),
        ({"Status": ""}, "bad_status"),
        ({"Status": "Activ"}, "bad_status"),
        ({"Department": ""}, "department_missing"),
        ({"Department": "a\u202eb"}, "bad_department"),
        ({"First_Name": "", "Last_Name": ""}, "name_missing"),
        ({"First_Name": "x" * 201}, "bad_first_name"),
        ({"Last_Name": "a\u200bb"}, "bad_last_name"),
        ({"Worker_Type": "Robot"}, "bad_worker_type"),
        ({"Worker_Type": ""}, "bad_worker_type"),
        ({"Hire_Date": "31/12/2020"}, "bad_hire_date"),
        ({"Hire_Date": "12/31/20"}, "bad_hire_date"),
        ({"Hire_Date": "2021-02-29"}, "bad_hire_date"),
        ({"Hire_Date": "20210228"}, "bad_hire_date"),
        ({"Hire_Date": "2021-W08-7"}, "bad_hire_date"),
        ({"Hire_Date": "N/A"}, "bad_hire_date"),
        ({"Termination_Date": "soon"}, "bad_termination_date"),
        ({"Manager_ID": "1"}, "own_manager"),
    ],
)
def test_a_person_in_doubt_is_rejected(cells: dict[str, str], code: str) -> None:
    with pytest.raises(Fault) as fault:
        person(**cells)
    assert fault.value.code == code


@pytest.mark.parametrize(
    ("written", "kind"),
    [("Employee", "employee"), ("CONTRACTOR", "contractor"), ("Contingent Worker", "contractor"), ("Agency", "agency")],
)
def test_worker_types(written: str, kind: str) -> None:
    assert person(Worker_Type=written).values["employment_type"] == kind


def account(handle: str, **more: str) -> account_rules.Listed:
    row = listed(handle, **more)
    places = {field: place for place, field in enumerate(account_rules.COLUMNS.fields(row)) if field}
    cells = Header(tuple(row), places).cells(list(row.values()))
    return account_rules.listed(cells, {network.key: network for network in known()}, {})


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"network": "myspace"}, "unknown_network"),
        ({"network": ""}, "unknown_network"),
        ({"handle": ""}, "empty"),
        ({"handle": "a b"}, "bad_character"),
        ({"handle": "sixteencharacters"}, "too_long"),
        ({"url": "https://x.com/other"}, "url_mismatch"),
        ({"url": "https://example.com/acme"}, "url_of_another_host"),
        ({"business_unit": ""}, "business_unit_missing"),
        ({"display_name": "a\u202eb"}, "bad_display_name"),
        ({"backup_steward_employee_id": "1"}, "same_person"),
        ({"risk": "medium"}, "bad_risk"),
        ({"purpose": "a\u202eb"}, "bad_purpose"),
        ({"opened_on": "1.2.2020"}, "bad_opened_on"),
        ({"last_activity": "yesterday"}, "bad_last_activity"),
        ({"last_activity": "2020-01-01T10:00:00"}, "bad_last_activity"),
    ],
)
def test_an_account_in_doubt_is_rejected(cells: dict[str, str], code: str) -> None:
    with pytest.raises(Fault) as fault:
        account(**{"handle": "acme", **cells})
    assert fault.value.code == code


def test_an_address_alone_names_an_account() -> None:
    found = account("", url="https://twitter.com/Acme/")
    assert (found.key, found.handle.written) == ("x:acme", "acme")


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"key": ""}, "key_or_name_missing"),
        ({"name": ""}, "key_or_name_missing"),
        ({"key": "Sales"}, "key_form"),
        ({"key": "a/b"}, "key_form"),
        ({"parent": "sales"}, "own_parent"),
        ({"key": "enterprise", "parent": "sales"}, "root_has_no_parent"),
        ({"function": "magic"}, "bad_function"),
        ({"timezone": "Mars/Olympus"}, "unknown_timezone"),
    ],
)
def test_a_unit_in_doubt_is_rejected(cells: dict[str, str], code: str) -> None:
    with pytest.raises(Fault) as fault:
        unit_rules.unit({"key": "sales", "name": "Sales", "parent": "", **cells})
    assert fault.value.code == code
