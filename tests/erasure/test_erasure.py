"""Erasing a person: nothing of them can be read anywhere, the chain stands, and a feed does not bring them back (trust: I-44)."""

import json

import pytest
import sqlalchemy as sa

from app.audit import service as audit
from app.directory import store as directory
from app.directory.erasures.rules import NOBODY, PersonErased
from app.erasure import rules, service, worker
from app.imports.employees import service as employees
from app.kernel.actor import Actor, ActorKind
from app.lifecycle import service as lifecycle
from app.schema import METADATA
from tests.audit.test_events import PEOPLE, TAINT, marked, told_all

WHY = {"reason": "Article 17, case 4711."}


def erase(team, who, status=200):
    return team.post(f"/v1/employees/{team.ids[who]}/erase", "admin", WHY, status)


def everything(team):
    """Every cell of every table as text, by table and column."""
    with team.work(write=False) as work:
        for table in METADATA.sorted_tables:
            for row in work.session.execute(sa.text(f'SELECT * FROM "{table.name}"')).mappings():
                for name, value in row.items():
                    yield table.name, name, value if isinstance(value, str) else json.dumps(value, default=str)


def where(team, text, but="\0"):
    """In which columns a text stands, in whatever case."""
    found = ((table, column, value.lower()) for table, column, value in everything(team))
    return {(table, column) for table, column, value in found if text.lower() in value and but not in value}


@pytest.fixture
def told(team):
    """Everybody has written the mark wherever something can be written, and has left."""
    told_all(team)
    marked(team)
    with team.work() as work:
        ids = list(work.session.scalars(sa.text("SELECT id FROM employee")))
    from uuid import UUID

    ids = [one if isinstance(one, UUID) else UUID(one) for one in ids]
    with team.work() as work:
        for one in directory.employees(work.session, ids).values():
            if one.active:
                lifecycle.leave(work, one, "resigned")
    team.left = ids
    return team


def test_nothing_of_an_erased_person_can_be_read_anywhere(told):
    assert len({table for table, _ in where(told, TAINT)}) > 10
    with told.work() as work:
        for one in told.left:
            service.erase(work, one, "Article 17.")
    # The enterprise's own record of its accounts, and addresses of programs; no person's.
    own = {"account", "access_task"}
    there = {(table, column) for table, column in where(told, TAINT) if table not in own}
    assert {(table, column) for table, column in there if column not in OWN.get(table, ())} == set()
    assert {column for table, column in where(told, TAINT) if table == "account"} <= {
        "display_name", "purpose", "audience", "objective", "vault_reference", "shared_mailbox", "recovery_contact"
    }  # fmt: skip
    told.intact()


OWN = {
    "account": {"url", "purpose"}, "idempotent_reply": {"headers"}, "strategy": {"purpose"}, "vendor": {"url"},
    "assessment": {"summary"}, "finding": {"question", "summary", "source", "url"},
}  # fmt: skip
"""The enterprise's own words, and others' addresses."""


def test_every_column_with_words_is_erased_or_said_to_be_nobodys():
    known = {(one.table, one.column) for one in (*rules.TEXTS, *rules.NAMED, *rules.QUOTED)}
    rows = {table for table, _ in rules.ROWS}
    for table in METADATA.sorted_tables:
        if table.name in rules.ELSEWHERE or table.name in rows or table.name == "employee":
            continue
        words = {column.name for column in table.columns if isinstance(column.type, sa.Text)}
        assert words - OWN.get(table.name, set()) <= {column for name, column in known if name == table.name}, (
            table.name
        )
    for one in rules.TEXTS:
        table = METADATA.tables[one.table]
        assert one.whose in table.columns and (table.columns[one.column].nullable or one.left is not None), one
    assert set(rules.ELSEWHERE) <= set(METADATA.tables)


def test_who_is_erased_shows_no_name_and_what_they_decided_stands(team):
    account = team.account("acme")
    request = team.ask("asker", account)
    team.decide("liaison", request, comment="Liaison says so.")
    team.fire("liaison")
    answer = erase(team, "liaison")
    assert answer == {"employee_id": str(team.ids["liaison"]), "erased_at": answer["erased_at"]}
    shown = team.get(f"/v1/employees/{team.ids['liaison']}", "auditor")
    assert shown["display_name"] == NOBODY and shown["email"] is None and not shown["active"]
    decided = team.get(f"/v1/rights-requests/{request['id']}", "asker")["steps"][0]["decisions"][0]
    assert decided["decided_by"] == str(team.ids["liaison"]) and decided["comment"] is None
    assert where(team, "liaison@world", but="otherliaison") == set() and where(team, "Liaison says so") == set()
    (event,) = team.events(action="employee.erased")
    assert event["subject"] == {"kind": "employee", "id": str(team.ids["liaison"])} and event["reason"] == WHY["reason"]
    assert erase(team, "liaison") == answer  # once is enough
    assert len(team.events(action="employee.erased")) == 1
    team.intact()


def test_whoever_works_here_is_not_erased(team):
    assert erase(team, "asker", 409)["code"] == "still_employed"
    team.post("/v1/employees/00000000-0000-7000-8000-0000000000ff/erase", "admin", WHY, 404)
    team.post(f"/v1/employees/{team.ids['asker']}/erase", "boss", WHY, 403)


def test_a_legal_hold_refuses_it_and_only_a_strategist_sets_and_releases_one(team):
    path = f"/v1/employees/{team.ids['asker']}"
    team.post(f"{path}/hold", "admin", WHY, 403)
    made = team.post(f"{path}/hold", "boss", WHY, 201)
    assert team.post(f"{path}/hold", "boss2", WHY, 409)["code"] == "legal_hold"
    team.fire("asker")
    refused = erase(team, "asker", 409)
    assert refused["code"] == "legal_hold" and refused["hold_id"] == made["id"]
    assert where(team, "asker@world") != set()
    assert [one["id"] for one in team.get("/v1/legal-holds?released=false", "auditor")["items"]] == [made["id"]]
    team.post(f"{path}/release", "admin", WHY, 403)
    team.want(412, "POST", f"{path}/release", "boss", WHY, headers={"If-Match": '"7"'})
    released = team.post(f"{path}/release", "boss", WHY)
    assert released["released_by"] == str(team.ids["boss"])
    assert team.post(f"{path}/release", "boss", WHY, 409)["code"] == "no_legal_hold"
    assert team.get("/v1/legal-holds?released=false", "auditor")["items"] == []
    assert [one["id"] for one in team.get("/v1/legal-holds?released=true", "admin")["items"]] == [made["id"]]
    erase(team, "asker")
    assert where(team, "asker@world") == set()


def test_hr_does_not_bring_back_who_was_erased(team):
    with team.work() as work:
        person = directory.employee(work.session, team.ids["asker"])
        lifecycle.amend(work, person, {"external_id": "hr-77"})
    team.fire("asker")
    erase(team, "asker")
    unit = {"display_name": "Back", "user_name": "back"}
    with pytest.raises(PersonErased), team.work() as work:
        lifecycle.join(work, {"employee_number": "asker", "business_unit_id": person.business_unit_id, **unit})
    with pytest.raises(PersonErased), team.work() as work:
        other = {
            "employee_number": "other",
            "external_id": "hr-77",
            "business_unit_id": person.business_unit_id,
            **unit,
        }
        lifecycle.join(work, other)
    with pytest.raises(PersonErased), team.work() as work:
        erased = directory.employee(work.session, team.ids["asker"])
        lifecycle.restate(
            work, erased, {"display_name": "Back", "email": "asker@world.example"}, active=True, reason="x"
        )
    assert where(team, "asker@world") == set() and where(team, "Back") == set()


def test_a_file_of_hr_that_names_them_is_loaded_without_them(team, tmp_path):
    team.fire("asker")
    erase(team, "asker")
    rows = [
        f"{one},A,B,Somebody,{one}@new.example,Clerk,Sales,,employee,,,active,\n".encode() for one in ("asker", "fresh")
    ]
    rejected = []
    summary = employees.run(
        team.house,
        [PEOPLE, *rows],
        complete=False,
        confirm_leavers=False,
        progress=lambda *_: None,
        reject=rejected.append,
    )
    assert (summary.created, summary.rejected) == (1, 1)
    assert [(one.line, one.code, dict(one.row)) for one in rejected] == [(2, "person_erased", {})]
    assert where(team, "asker@new") == set() and where(team, "fresh@new") != set()


def test_an_older_copy_is_purged_again(team, tmp_path):
    file = tmp_path / "erasures.jsonl"
    for who in ("asker", "colleague"):
        team.fire(who)
    assert worker.keep(file, team.house) == 0 and not file.exists()
    erase(team, "asker")
    assert worker.keep(file, team.house) == 1 and worker.keep(file, team.house) == 0
    assert worker.kept(file) == [team.ids["asker"]]
    with file.open("a") as opened:  # as if somebody else had been erased after the backup that is played in
        opened.write(json.dumps({"employee_id": str(team.ids["colleague"])}) + "\n" + '{"employee_id": "0000')
    assert worker.again(file, team.house) == 1
    assert where(team, "colleague@world") == set()
    assert worker.again(file, team.house) == 0
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_operator_is_told_of_in_the_log_who_erased(team):
    team.fire("asker")
    erase(team, "asker")
    (event,) = team.events(action="employee.erased")
    assert event["actor"]["id"] == str(team.ids["admin"]) and "admin" in event["actor"]["roles"]
    assert Actor(ActorKind.EMPLOYEE).kind == event["actor"]["kind"]
    with team.work(write=False) as work:
        assert audit.verify(work) == event["seq"]
