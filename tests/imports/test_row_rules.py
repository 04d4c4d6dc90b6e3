"""What the rows of each file say, member by member, and what a run of an import is: rules as plain calls."""

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from app.accounts.rules import Account, AccountState
from app.directory.rules import BusinessUnit, Employee, EmploymentType, Function, Held
from app.imports.accounts import rules as account_rules
from app.imports.columns.rules import BadColumns, parse
from app.imports.completions import rules as completion_rules
from app.imports.employees import rules as employee_rules
from app.imports.rules import (
    Columns,
    EmptyFile,
    Fault,
    FileRefused,
    Rejected,
    Summary,
    date_of,
    first_record,
    text_of,
    yes_of,
)
from app.imports.runs import rules as run_rules
from app.imports.runs.rules import Asked, Kind, Run, RunState
from app.imports.units import rules as unit_rules
from app.kernel.actor import Actor, ActorKind
from app.kernel.errors import Invalid, UnsupportedMediaType
from app.networks.rules import known
from app.policies.rules import RiskTier

NOW, TODAY = datetime(2026, 3, 2, 9, tzinfo=UTC), date(2026, 3, 2)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
UNIT, OTHER, ANN, BOB = (UUID(int=n) for n in range(1, 5))


def fault(call, *words):
    with pytest.raises(Fault) as found:
        call(*words)
    assert str(found.value) == found.value.message
    return found.value.code, found.value.message


# --- cells -----------------------------------------------------------------------------------------------------------


def test_a_cell_is_a_line_of_text_or_nothing():
    assert [text_of({"a": cell}, "a") for cell in ("", "Ann")] == [None, "Ann"] and text_of({}, "a") is None
    assert text_of({"a": "x" * 200}, "a") == "x" * 200 and text_of({"a": "x" * 9}, "a", 9) == "x" * 9
    assert fault(text_of, {"a": "x" * 201}, "a")[0] == "bad_a" and fault(text_of, {"a": "x" * 10}, "a", 9)[0] == "bad_a"
    assert fault(text_of, {"a": "x\u202ey"}, "a")[1].startswith("a: ")


def test_a_cell_says_yes_or_no_or_nothing():
    said = {"": None, "yes": True, "TRUE": True, "no": False, " False ": False}
    assert {cell: yes_of({"a": cell}, "a") for cell in said} == said and yes_of({}, "a") is None
    assert fault(yes_of, {"a": "maybe"}, "a") == ("bad_a", "a: it must be yes, no, true, false or empty.")


def test_a_cell_is_a_day_that_exists_or_nothing():
    assert [date_of({"a": cell}, "a") for cell in ("", "2026-03-02")] == [None, TODAY] and date_of({}, "a") is None
    for cell in ("2026-02-30", "20260302", "2026-W10-1", "02.03.2026", "2026-03-02x"):
        assert fault(date_of, {"a": cell}, "a") == ("bad_a", "a: a date must exist and be written YYYY-MM-DD.")


def test_columns_mean_fields_whatever_their_case_and_order():
    columns = Columns({"id": ("The ID", "Number"), "note": ("Note",)}, optional=frozenset({"note"}))
    assert columns.fields(["THE-ID", "?", "note", "number"]) == ["id", None, "note", "id"]
    assert [columns.fit(header) for header in (["number"], ["Note", "the id"], ["note"], ["number", "the id"])] == [
        True, True, False, False,
    ]  # fmt: skip


def test_the_first_record_alone():
    assert first_record([b"\xef\xbb\xbfa,b\n", b"1,2\n"]) == ["a", "b"] and first_record([]) is None
    with pytest.raises(FileRefused, match="byte 1 of the line: this is a ZIP archive"):
        first_record([b"PK\x03\x04"])
    with pytest.raises(EmptyFile):
        raise EmptyFile("so")


def test_counts_are_added_up():
    sum_ = Summary(1, 2, 3, 4, 5)
    sum_.add(Summary(10, 20, 30, 40, 50))
    assert sum_.as_dict() == {"created": 11, "updated": 22, "unchanged": 33, "left": 44, "rejected": 55}


# --- a person --------------------------------------------------------------------------------------------------------

ROW = {
    "employee_id": "7", "first_name": "Ann", "last_name": "Berg", "preferred_name": "", "work_email": "a@x.example",
    "user_name": "aberg", "job_title": "Editor", "department": " Sales", "location": "Oslo", "worker_type": "agency",
    "hire_date": "2020-01-31", "termination_date": "", "status": "Active", "manager_id": "8",
}  # fmt: skip
VALUES = {
    "employee_number": "7", "user_name": "aberg", "email": "a@x.example", "given_name": "Ann", "family_name": "Berg",
    "display_name": "Ann Berg", "title": "Editor", "location": "Oslo", "employment_type": EmploymentType.AGENCY,
    "hired_on": date(2020, 1, 31), "terminated_on": None,
}  # fmt: skip
SAID = employee_rules.Person("7", VALUES, "Sales", "8", True, "aberg")


def person(row=ROW, **cells):
    return employee_rules.person({**row, "department": "Sales", **cells}, TODAY)


def test_a_row_of_a_person_says_all_of_this():
    assert person() == SAID and person().place == "sales"
    assert person(preferred_name="Annie").values["display_name"] == "Annie"
    assert person(first_name="").values["display_name"] == "Berg"
    assert [person(user_name="", **more).values["user_name"] for more in ({}, {"work_email": ""})] == [
        "a@x.example",
        "7",
    ]
    assert person(worker_type="Contingent Worker").values["employment_type"] is EmploymentType.CONTRACTOR


def test_of_what_has_no_column_nothing_is_said():
    few = {"employee_id": "7", "last_name": "Berg", "department": "Sales", "status": "Active"}
    said = {"employee_number": "7", "display_name": "Berg", "family_name": "Berg"}
    assert person(few) == employee_rules.Person("7", said, "Sales", None, True, "7", says_manager=False)
    without = {name: cell for name, cell in ROW.items() if name != "worker_type"}
    assert person(without).values == {name: value for name, value in VALUES.items() if name != "employment_type"}
    assert person({name: cell for name, cell in ROW.items() if name not in ("status", "manager_id")}).active


def test_who_has_left_is_asked_for_no_manager():
    assert [person(termination_date=day).active for day in ("2026-03-01", "2026-03-02", "2026-03-03")] == [
        False, True, True,
    ]  # fmt: skip
    gone = person(status="Terminated", manager_id="7", termination_date="9999-01-01")
    assert (gone.active, gone.manager, gone.says_manager) == (False, None, True)


def test_an_id_may_be_so_long():
    assert employee_rules.number_of({"employee_id": "7" * 100}) == "7" * 100
    assert fault(employee_rules.number_of, {"employee_id": "7" * 101})[0] == "bad_employee_id"
    assert person(manager_id="8" * 100).manager == "8" * 100 and person(work_email="x" * 320).values["email"]
    for cells in ({"manager_id": "8" * 101}, {"work_email": "x" * 321}, {"user_name": "x" * 321}):
        assert fault(lambda cells=cells: person(**cells))[0].startswith("bad_")
    assert person(user_name="x" * 320).values["user_name"] == "x" * 320


def test_each_fault_of_a_person_in_words():
    said = {
        "employee_id_missing": ({"employee_id": ""}, "The row does not say whose it is: its employee id is empty."),
        "bad_status": ({"status": "?"}, "status: it must be one of Active, Leave, Terminated, Inactive."),
        "own_manager": ({"manager_id": "7"}, "Nobody is their own manager."),
        "name_missing": ({"first_name": "", "last_name": ""}, "The row has no name at all."),
        "department_missing": ({"department": ""}, "The department is empty; everybody belongs to a business unit."),
        "bad_worker_type": (
            {"worker_type": "Robot"}, "worker_type: one of Employee, Contractor, Contingent Worker, Agency is needed.",
        ),
    }  # fmt: skip
    for code, (cells, message) in said.items():
        assert fault(lambda cells=cells: person(**cells)) == (code, message)


def held(**changes):
    return Held(
        **{"active": True, "business_unit_id": UNIT, "manager": "8", "values": tuple(VALUES.values()), **changes}
    )


UNITS = {"sales": UNIT}


def test_what_a_row_states_of_the_columns():
    ids = {"8": BOB}
    assert employee_rules.values_of(SAID, UNIT, ids) == {**VALUES, "business_unit_id": UNIT, "manager_id": BOB}
    unmanaged = replace(SAID, manager=None)
    assert employee_rules.values_of(unmanaged, UNIT, ids)["manager_id"] is None
    for silent in (replace(SAID, active=False), replace(SAID, says_manager=False)):
        assert employee_rules.values_of(silent, UNIT, ids) == {**VALUES, "business_unit_id": UNIT}


@pytest.mark.parametrize(("stated", "present", "outcome"), [
    (SAID, held(), None), (SAID, None, ("created", [])),
    (SAID, held(business_unit_id=OTHER), ("updated", ["business_unit_id"])), (SAID, held(manager=None), ("updated", ["manager_id"])),
    (replace(SAID, manager=None), held(), ("updated", ["manager_id"])),
    (replace(SAID, says_manager=False), held(manager=None), None),
    (SAID, held(active=False), ("updated", ["active"])), (replace(SAID, active=False), held(), ("left", ["active"])),
    (replace(SAID, active=False), held(active=False, manager=None), None),
    (replace(SAID, values={**VALUES, "title": "Chief", "location": None}), held(), ("updated", ["title", "location"])),
    (replace(SAID, department="New"), held(active=False), ("updated", ["business_unit_id", "active"])),
])  # fmt: skip
def test_what_is_news_of_a_person_and_what_it_does(stated, present, outcome):
    assert employee_rules.is_news(stated, UNITS, present) is (outcome is not None)
    if outcome:
        assert employee_rules.outcome(stated, UNITS, present) == outcome


def test_whose_a_broken_row_surely_is():
    assert [employee_rules.surely_names(cells, place) for cells, place in ((["7", "x"], 0), (["7"], 0), (["7", "x"], 1))] == [
        True, False, False,
    ]  # fmt: skip


# --- an account ------------------------------------------------------------------------------------------------------

NETWORKS = {network.key: network for network in known()}
CELLS = {
    "network": " X", "handle": "@Acme", "url": "", "business_unit": "Sales", "steward": "7", "display_name": "Acme",
    "backup_steward": "8", "purpose": "News\nand more", "audience": "All", "language": "en", "region": "EMEA", "risk": "High",
    "opened_on": "2020-01-31", "last_activity": "2026-03-01T08:00:00Z", "objective": "leads", "mfa": "No",
    "tools": " Postwell;deskly; ;",
}  # fmt: skip
TOOLS = {"postwell": UUID(int=5), "deskly": UUID(int=6), **{f"t{n}": UUID(int=10 + n) for n in range(30)}}
STATES = {
    "display_name": "Acme", "purpose": "News\nand more", "audience": "All", "language": "en", "region": "EMEA",
    "risk": RiskTier.HIGH, "opened_on": date(2020, 1, 31), "last_activity_at": datetime(2026, 3, 1, 8, tzinfo=UTC),
    "objective": "leads", "mfa": False,
}  # fmt: skip


def account(**cells):
    return account_rules.listed({**CELLS, **cells}, NETWORKS, TOOLS)


def test_a_row_of_an_account_says_all_of_this():
    found = account()
    assert (found.network, found.business_unit, found.steward, found.backup_steward) == ("x", "Sales", "7", "8")
    assert (found.named, found.key, found.place) == (("x", "acme"), "x:acme", "sales")
    assert dict(found.values) == STATES and found.handle.written.lower().lstrip("@") == "acme"
    assert found.tools == {UUID(int=5), UUID(int=6)}
    bare = account(**dict.fromkeys(STATES, ""), last_activity="", steward="", backup_steward="", tools=" ;")
    assert dict(bare.values) == {} and (bare.steward, bare.backup_steward, bare.tools) == (None, None, None)
    least = account_rules.listed(
        {name: CELLS[name] for name in ("network", "handle", "url", "business_unit")}, NETWORKS, {}
    )
    assert dict(least.values) == {} and least.tools is None
    assert account(mfa="yes").values["mfa"] is True and len(account(tools=";".join(list(TOOLS)[2:22])).tools) == 20
    assert account(last_activity="2026-03-01").values["last_activity_at"] == datetime(2026, 3, 1, tzinfo=UTC)
    assert account(last_activity="2026-03-01t08:00:00z").values["last_activity_at"].hour == 8
    assert (
        account(steward="7" * 100).steward == "7" * 100
        and fault(lambda: account(steward="7" * 101))[0] == "bad_steward"
    )
    assert fault(lambda: account(backup_steward="7" * 101))[0] == "bad_backup_steward"


def test_an_address_alone_names_it_in_the_one_form():
    found = account(handle="", url="https://twitter.com/Acme/")
    assert found.handle.written == found.handle.canonical == "acme" and found.key == "x:acme"


def test_two_rows_say_the_same_whatever_their_spelling():
    assert account().says == account(handle="ACME", business_unit="SALES").says
    told = json.loads(account().says)
    assert told[:3] == ["sales", "7", "8"] and told[3]["risk"] == "high" and list(told[3]) == sorted(told[3])
    assert account().says == account(tools="deskly;POSTWELL").says and account(tools="").says != account().says
    others = ({"business_unit": "Press"}, {"region": "APAC"}, {"tools": "deskly"})
    for cells in ({"steward": "9"}, {"backup_steward": "9"}, *others):
        assert account(**cells).says != account().says


def test_each_fault_of_an_account_in_words():
    networks = ", ".join(sorted(NETWORKS))
    said = {
        "unknown_network": ({"network": "myspace"}, f"The network is not one of {networks}."),
        "business_unit_missing": (
            {"business_unit": ""}, "The row does not say whose account it is: the business unit is empty.",
        ),
        "same_person": ({"backup_steward": "7"}, "Steward and backup steward are two people."),
        "bad_risk": ({"risk": "low"}, "risk: it must be one of standard, high."),
        "bad_mfa": ({"mfa": "sms"}, "mfa: it must be yes, no, true, false or empty."),
        "unknown_tool": (
            {"tools": "postwell,deskly"},
            "tools: there is no publishing tool postwell,deskly; keys are separated by semicolons.",
        ),
        "too_many_tools": ({"tools": ";".join(list(TOOLS)[:21])}, "tools: an account uses at most 20."),
    }  # fmt: skip
    for code, (cells, message) in said.items():
        assert fault(lambda cells=cells: account(**cells)) == (code, message)
    assert fault(lambda: account(purpose="a\u202eb"))[1].startswith("purpose: ")
    assert fault(lambda: account(last_activity="2026-03-01Tx"))[1].startswith("last_activity: ")


def test_activity_has_happened():
    account_rules.check_past(account(), NOW)
    account_rules.check_past(account(last_activity=""), NOW)
    account_rules.check_past(account(last_activity="2026-03-02T09:00:00Z"), NOW)
    future = account(last_activity="2026-03-02T09:00:01Z")
    assert fault(account_rules.check_past, future, NOW) == (
        "bad_last_activity",
        "last_activity: it lies in the future.",
    )


PERSON = Employee(**{one.name: None for one in fields(Employee)} | {"id": ANN, "active": True})
PEOPLE = {"7": PERSON, "8": replace(PERSON, id=BOB)}


def test_what_a_new_account_is():
    found = account()
    assert account_rules.new_values(found, UNIT, PEOPLE, NOW) == {
        **STATES, "steward_id": ANN, "backup_steward_id": BOB, "network": "x", "handle": "acme",
        "handle_written": found.handle.written, "skeleton": found.handle.skeleton, "url": found.handle.url,
        "business_unit_id": UNIT, "state": AccountState.ACTIVE, "source": "inventory", "official_from": NOW,
    }  # fmt: skip
    left = {**PEOPLE, "8": replace(PERSON, id=BOB, active=False)}
    assert "backup_steward_id" not in account_rules.new_values(found, UNIT, left, NOW)
    assert "steward_id" not in account_rules.new_values(found, UNIT, {}, NOW)


def test_what_a_row_says_otherwise_than_the_registry():
    same = {**STATES, "steward_id": ANN, "backup_steward_id": BOB, "business_unit_id": UNIT}
    present = Account(**{one.name: None for one in fields(Account)} | same)
    changes = lambda **known: account_rules.changes(account(), UNIT, PEOPLE, replace(present, **known))  # noqa: E731
    assert changes() == {}
    activity = STATES["last_activity_at"]
    assert changes(region="APAC", steward_id=OTHER) == {"region": "EMEA", "steward_id": ANN}
    assert changes(business_unit_id=OTHER) == {"business_unit_id": UNIT}
    assert changes(last_activity_at=None) == {"last_activity_at": activity}
    assert changes(last_activity_at=activity - TICK) == {"last_activity_at": activity}
    assert changes(last_activity_at=activity + TICK) == {}
    silent = account_rules.listed({**CELLS, "last_activity": ""}, NETWORKS, TOOLS)
    assert account_rules.changes(silent, UNIT, PEOPLE, present) == {}


# --- a completion, a unit --------------------------------------------------------------------------------------------


def completion(**cells):
    row = {"employee": "7", "course": " Brand", "completed_at": "2026-03-01", "source": "LMS"}
    return completion_rules.listed({**row, "course": "Brand", **cells}, NOW)


def test_a_row_of_a_completion_says_all_of_this():
    found = completion()
    assert found == completion_rules.Listed("7", "brand", datetime(2026, 3, 1, tzinfo=UTC), "LMS")
    assert found.key == "7\nbrand\n2026-03-01T00:00:00Z" and completion(source="").source is None
    assert completion_rules.listed(
        {"employee": "7", "course": "b", "completed_at": "2026-03-02T10:00:00+01:00"}, NOW
    ) == (completion_rules.Listed("7", "b", NOW, None))
    assert completion(completed_at="2026-03-02t08:00:00z").completed_at == NOW - timedelta(hours=1)


def test_each_fault_of_a_completion_in_words():
    said = {
        "employee_missing": ({"employee": ""}, "The row does not say who has completed the course."),
        "course_missing": ({"course": ""}, "The row does not say which course was completed."),
        "completed_at_missing": ({"completed_at": ""}, "The row does not say when the course was completed."),
        "bad_completed_at": ({"completed_at": "2026-03-03"}, "completed_at: it lies in the future."),
    }
    for code, (cells, message) in said.items():
        assert fault(lambda cells=cells: completion(**cells)) == (code, message)
    code, message = fault(lambda: completion(completed_at="2026-03-01Tnoon"))
    assert (
        code == "bad_completed_at"
        and message.startswith("completed_at: it ")
        and message.endswith("or a date, YYYY-MM-DD.")
    )
    assert fault(lambda: completion(completed_at="1.3.2026"))[0] == "bad_completed_at"


def unit(**cells):
    return unit_rules.unit({"key": "press", "name": "Press", "parent": "", **cells})


def test_a_row_of_a_unit_says_all_of_this():
    assert unit() == unit_rules.Unit("press", "enterprise", {"name": "Press"})
    whole = unit(parent="sales", function="Public Relations", region="EMEA", timezone="Europe/Oslo")
    values = {"name": "Press", "function": Function.PUBLIC_RELATIONS, "region": "EMEA", "timezone": "Europe/Oslo"}
    assert whole == unit_rules.Unit("press", "sales", values)
    assert unit(key="enterprise") == unit_rules.Unit("enterprise", None, {"name": "Press"})


def test_each_fault_of_a_unit_in_words():
    said = [
        ({"key": ""}, "key_or_name_missing", "A business unit needs a key and a name."),
        ({"name": ""}, "key_or_name_missing", "A business unit needs a key and a name."),
        ({"key": "enterprise", "parent": "x"}, "root_has_no_parent", "The enterprise itself stands below nothing."),
        ({"parent": "press"}, "own_parent", "A unit does not stand below itself."),
        ({"key": "A B"}, "key_form", "A key is at most 60 lower-case letters, digits and single hyphens."),
        ({"timezone": "x"}, "unknown_timezone", "'x' is not an IANA time zone, e.g. Europe/Berlin."),
        ({"function": "magic"}, "bad_function", f"function: it must be one of {', '.join(Function)}."),
    ]
    for cells, code, message in said:
        assert fault(lambda cells=cells: unit(**cells)) == (code, message)


def test_what_a_row_says_otherwise_than_the_directory():
    present = BusinessUnit(**{one.name: None for one in fields(BusinessUnit)} | {"name": "Press", "parent_id": OTHER})
    assert unit_rules.changes(unit(), present, OTHER) == {}
    assert unit_rules.changes(unit(region="EMEA"), present, UNIT) == {"region": "EMEA", "parent_id": UNIT}


# --- descriptions of columns -----------------------------------------------------------------------------------------


def test_all_that_is_wrong_with_a_description_is_said():
    said = 'colour = 1\ndates = "x"\ntitle = 1\n[columns]\nstatsu = "S"\nemployee_id = []\n[values.status]\nx = "y"\n'
    with pytest.raises(BadColumns) as found:
        parse(said, "mine")
    members = "title, dates, optional, columns, values"
    assert str(found.value).startswith(f"mine: colour: there is no such member; there are: {members}. dates: ")
    for part in ("title: a text is needed.", "columns.statsu: there is no such member; there are: employee_id, first_name",
                 "columns.employee_id: a header or a list of headers is needed, each with a letter or a digit.",
                 "columns: department is needed, and not as optional.", "columns: status or termination_date is needed"):  # fmt: skip
        assert part in str(found.value)


def test_a_description_becomes_columns():
    text = (
        'title = "Ours"\noptional = ["location"]\n[columns]\nemployee_id = ["A", "B"]\nlast_name = "C"\nuser_name = "D"\n'
        'department = "E"\nstatus = "F"\nlocation = "G"\n[values.status]\n" Here " = "active"\n"GONE" = "inactive"\n'
    )
    found = parse(text, "mine")
    assert dict(found.names) == {
        "employee_id": ("A", "B"), "last_name": ("C",), "user_name": ("D",), "department": ("E",), "status": ("F",),
        "location": ("G",),
    }  # fmt: skip
    assert (found.optional, found.name, dict(found.words["status"])) == (
        frozenset({"location"}), "mine", {"here": "active", "gone": "inactive"},
    )  # fmt: skip


# --- runs ------------------------------------------------------------------------------------------------------------

RUN = Run(**{one.name: None for one in fields(Run)} | dict(
    id=UUID(int=9), kind=Kind.EMPLOYEES, state=RunState.RUNNING, actor_kind=ActorKind.EMPLOYEE, actor_id=ANN,
    actor_roles=["admin"], seen_at=NOW,
))  # fmt: skip


def test_a_run_that_says_nothing_any_more_has_failed():
    late = NOW + timedelta(seconds=30)
    assert RUN.actor == Actor(ActorKind.EMPLOYEE, ANN, ("admin",))
    assert not RUN.silent(late) and RUN.silent(late + TICK) and replace(RUN, state=RunState.QUEUED).silent(late + TICK)
    for ended in (RunState.DONE, RunState.REFUSED, RunState.FAILED):
        assert not replace(RUN, state=ended).silent(NOW + DAY)
    assert RUN.as_of(late) is RUN
    detail = "The process that worked on it is gone. What was written is whole; run it again to complete it."
    problem = {"code": "import_failed", "title": "The import broke off", "detail": detail}
    assert RUN.as_of(late + TICK) == replace(RUN, state=RunState.FAILED, problem=problem)
    assert str(run_rules.gone()) == detail
    assert str(run_rules.broke_off(KeyError("x"))) == (
        "It broke off (KeyError). What was written is whole; run it again to complete it."
    )
    busy = run_rules.busy(RUN)
    assert busy.members == {"import_id": str(RUN.id)}
    assert str(busy) == f"Import {RUN.id} is running. Wait for it to end, and run this one again."


def test_what_a_form_asks_for():
    assert run_rules.asked({}) == Asked(Kind.EMPLOYEES, False, False, False, None)
    told = {
        "kind": "employees",
        "complete": "true",
        "confirm_leavers": "false",
        "dry_run": "true",
        "columns": "workday",
    }
    assert run_rules.asked(told) == Asked(Kind.EMPLOYEES, True, False, True, "workday")
    assert run_rules.asked({"confirm_leavers": "true", "columns": ""}) == Asked(confirm_leavers=True)


def test_what_is_wrong_with_a_form_is_said_field_by_field():
    with pytest.raises(Invalid) as found:
        run_rules.asked({"complete": "yes", "x" * 200: "1", "kind": "accounts", "dry_run": "TRUE"})
    there = "file, kind, complete, confirm_leavers, dry_run, columns"
    told = [
        (f"/{'x' * 100}", "unknown_field", f"There is no such field; there are: {there}."),
        ("/complete", "not_a_boolean", "This must be true or false."), ("/dry_run", "not_a_boolean", "This must be true or false."),
        ("/kind", "unknown_kind", "Over HTTP only employees are imported."),
    ]  # fmt: skip
    assert [(one.pointer, one.code, one.message) for one in found.value.errors] == told
    assert str(found.value) == " ".join(f"{pointer}: {message}" for pointer, _, message in told)
    with pytest.raises(Invalid) as found:
        run_rules.asked({f"f{n}": "" for n in range(30)})
    assert len(found.value.errors) == 20 and str(found.value).count("There is no such field") == 5


@pytest.mark.parametrize(
    "type_",
    [
        "",
        "text/csv",
        "TEXT/CSV; charset=UTF-8",
        'text/plain;charset="utf8" ; header=present',
        "text/csv;charset=us-ascii",
    ],
)
def test_what_is_said_to_be_csv(type_):
    run_rules.check_type(type_, b"a,b\n")


@pytest.mark.parametrize(("type_", "start", "said"), [
    ("application/json", b"a", "Send the file as text/csv, in UTF-8; not as application/json."),
    ("text/csv; charset=latin1", b"a", "Send the file as text/csv, in UTF-8; not as text/csv; charset=latin1."),
    ("text/csv", b"%PDF-1.4", "The file is a PDF, whatever it is called. Send CSV in UTF-8."),
    ("y" * 200, b"a", f"Send the file as text/csv, in UTF-8; not as {'y' * 100}."),
])  # fmt: skip
def test_what_is_none_is_refused(type_, start, said):
    with pytest.raises(UnsupportedMediaType) as found:
        run_rules.check_type(type_, start)
    assert str(found.value) == said


def test_rejected_rows_as_a_file_and_as_cells():
    lines = list(run_rules.rejects_file(["id", "name"], iter([(2, "bad", "No, it is not.", ["1", "=x"])])))
    assert lines == ["line,code,message,id,name\r\n", '2,bad,"No, it is not.",1,"\'=x"\r\n']
    rejected = Rejected(2, "bad", "No.", {"name": "Ann", "x": "y"})
    assert run_rules.cells_of(rejected, ["id", "name"]) == ["", "Ann"]
