"""What a hostile insider or a careless operator would try with erasures: hide behind them, or get round them (trust: I-44)."""

import json

import pytest
import sqlalchemy as sa

from app.directory import store as directory
from app.erasure import rules, worker
from app.imports.runs import tables as runs
from app.kernel.ids import new_id
from app.lifecycle import service as lifecycle

from .test_erasure import WHY, erase, where

NAME = "Zoë “Zo” Ångström"
WRITTEN = NAME.replace("“", '"').replace("”", '"')


@pytest.fixture
def zoe(team):
    """Somebody whose name is written otherwise in JSON, and who has left."""
    team.hire("zo", "Sales", display_name=WRITTEN, user_name="zoe.a", email="Zoe.A@world.example")
    return team


def rejected(team, cells):
    """A row of a file that was not taken, as it is kept for a while."""
    with team.work() as work:
        run = runs.ImportRun(
            id=new_id(), created_at=work.now, updated_at=work.now, kind="employees", state="done", complete=False,
            confirm_leavers=False, dry_run=False, header=["Name"], file_name="hr.csv", file_size=1,
            actor_kind="operator", actor_roles=[], seen_at=work.now,
        )  # fmt: skip
        work.session.add(run)
        work.session.flush()
        work.session.add(runs.ImportReject(run_id=run.id, n=1, line=2, code="x", message="No.", cells=cells))


def rejects(team):
    with team.work(write=False) as work:
        return [one.cells for one in work.session.scalars(sa.select(runs.ImportReject))]


def test_a_name_is_found_however_json_writes_it(zoe):
    rejected(zoe, [WRITTEN])
    rejected(zoe, ["zo", "ZOE.A@WORLD.EXAMPLE"])
    rejected(zoe, ["Somebody else"])
    zoe.fire("zo")
    erase(zoe, "zo")
    assert rejects(zoe) == [["Somebody else"]]


def test_a_former_name_is_forgotten_too(team):
    with team.work() as work:
        before = directory.employee(work.session, team.ids["asker"])
        lifecycle.amend(work, before, {"display_name": "Maiden Name", "email": "maiden@world.example"})
    with team.work() as work:
        before = directory.employee(work.session, team.ids["asker"])
        lifecycle.amend(work, before, {"display_name": "Married Name", "email": "married@world.example"})
    rejected(team, ["Maiden Name"])
    rejected(team, ["x", "maiden@world.example"])
    team.fire("asker")
    erase(team, "asker")
    assert rejects(team) == []


def test_who_is_quoted_in_the_words_of_others_is_not_read_there(team):
    account = team.account("acme")
    team.ask("colleague", account, justification="Instead of asker@world.example, who is away.")
    team.post(
        "/v1/freezes",
        "boss",
        {"scope": {"kind": "enterprise"}, "severity": "L2", "reason": "ASKER@world.example."},
        201,
    )
    team.fire("asker")
    erase(team, "asker")
    assert where(team, "asker@world") == set()
    assert team.get("/v1/freezes", "boss")["items"][0]["reason"] == rules.GONE
    assert team.untold() == ()


def test_an_address_among_other_words_of_an_account_is_taken_out(team):
    team.account("acme", recovery_contact="Asker <asker@world.example>, +34 600", shared_mailbox="press@world.example")
    team.fire("asker")
    erase(team, "asker")
    assert where(team, "asker@world") == set() and where(team, "press@world") != set()


def test_a_call_of_somebody_else_that_named_them_is_still_not_done_twice(team):
    body = {"scope": {"kind": "enterprise"}, "severity": "L2", "reason": "By asker@world.example."}
    first = team.want(201, "POST", "/v1/freezes", "boss", body, headers={"Idempotency-Key": "one"})
    team.fire("asker")
    erase(team, "asker")
    again = team.call("POST", "/v1/freezes", "boss", body, headers={"Idempotency-Key": "one"})
    assert again.status_code == 201 and again.headers["idempotency-replayed"] == "true"
    assert "asker" not in again.text
    assert [one["id"] for one in team.get("/v1/freezes", "boss")["items"]] == [first["id"]]


def test_a_person_made_up_to_be_erased_takes_nothing_of_somebody_held_with_them(team):
    """Whoever feeds HR's word and may erase would otherwise get round a legal hold: a homonym goes, and the evidence too."""
    account = team.account("acme")
    team.ask("asker", account, justification="Asker Andersson asks for the campaign.")
    with team.work() as work:
        before = directory.employee(work.session, team.ids["asker"])
        lifecycle.amend(work, before, {"display_name": "Asker Andersson"})
    team.post(f"/v1/employees/{team.ids['asker']}/hold", "boss", WHY, 201)
    team.hire("decoy", "Sales", display_name="Asker Andersson", email="asker@world.example", user_name="campaign.")
    team.fire("decoy")
    own = {("employee", "user_name"), ("employee", "user_name_key")}
    before = where(team, "Asker Andersson") | where(team, "campaign.") - own
    erase(team, "decoy")
    assert where(team, "Asker Andersson") | where(team, "campaign.") == before
    (event,) = team.events(action="rights_request.asked")
    assert event["after"]["justification"] == "Asker Andersson asks for the campaign."


def test_who_is_called_as_somebody_else_is_takes_nothing_of_theirs_along(team):
    for number in ("smith1", "smith2"):
        team.hire(number, "Sales", display_name="Johanna Smith")
    team.ask("colleague", team.account("acme"), justification="For Johanna Smith.")
    team.fire("smith1")
    erase(team, "smith1")
    (joined,) = team.events(action="employee.joined", subject_id=str(team.ids["smith2"]))
    assert joined["after"]["display_name"] == "Johanna Smith"
    (asked,) = team.events(action="rights_request.asked")
    assert asked["after"]["justification"] == "For Johanna Smith."


def test_a_name_within_a_longer_word_is_no_quotation(team):
    team.hire("anders", "Sales", user_name="anders", email="aa@world.example", display_name="Anders A")
    team.ask("colleague", team.account("acme"), justification="For Andersson and Sons.")
    team.fire("anders")
    erase(team, "anders")
    (asked,) = team.events(action="rights_request.asked")
    assert asked["after"]["justification"] == "For Andersson and Sons."


def test_whoever_is_named_like_an_erased_person_can_still_leave(team):
    """HR's word is never blocked, least of all by a user name."""
    id_ = team.ids["asker"]
    with team.work() as work:
        lifecycle.amend(work, directory.employee(work.session, id_), {"user_name": f"erased-{id_}"})
    team.fire("asker")
    with team.work(write=False) as work:
        assert not directory.employee(work.session, id_).active


def test_an_older_copy_in_which_somebody_still_works_is_purged_of_the_others_and_later_of_them(team, tmp_path):
    file = tmp_path / "erasures.jsonl"
    team.fire("colleague")
    team.fire("stranger")
    team.post(f"/v1/employees/{team.ids['stranger']}/hold", "boss", WHY, 201)
    known = [str(team.ids[who]) for who in ("asker", "stranger", "colleague")]
    file.write_text("".join(json.dumps({"employee_id": one}) + "\n" for one in known))
    assert worker.again(file, team.house) == 1
    assert where(team, "colleague@world") == set() and where(team, "asker@world") != set()
    team.fire("asker")  # HR's feed says it again
    assert worker.again(file, team.house) == 1 and where(team, "asker@world") == set()
    team.post(f"/v1/employees/{team.ids['stranger']}/release", "boss", WHY)
    assert worker.again(file, team.house) == 1 and where(team, "stranger@world") == set()


def test_a_sweep_erases_again_whom_an_older_copy_brought_back(team, tmp_path):
    file = tmp_path / "erasures.jsonl"
    team.fire("asker")
    file.write_text(json.dumps({"employee_id": str(team.ids["asker"])}) + "\n")
    assert worker.keep(file, team.house) == 1
    assert where(team, "asker@world") == set() and worker.keep(file, team.house) == 0


def test_a_line_that_was_cut_off_spoils_none_that_is_added_behind_it(team, tmp_path):
    """A full disk or a power loss in the middle of a line, or what a file system fills it up with."""
    file = tmp_path / "erasures.jsonl"
    for tail in (b'{"employee_id": "0000', b"\0" * 40, b"\xff\xfe{"):
        file.write_bytes(b'{"employee_id": "00000000-0000-7000-8000-0000000000aa"}\n' + tail)
        who = {b"{": "asker", b"\0": "colleague"}.get(tail[:1], "stranger")
        team.fire(who)
        erase(team, who)
        many = sum(
            team.ids[one] not in worker.kept(file) for one in ("asker", "colleague", "stranger") if _gone(team, one)
        )
        assert worker.keep(file, team.house) == many
        assert team.ids[who] in worker.kept(file) and worker.keep(file, team.house) == 0


def _gone(team, who):
    with team.work(write=False) as work:
        return directory.employee(work.session, team.ids[who]).user_name.startswith("erased-")


def test_nobody_finds_them_by_what_they_were(team):
    """In memory, in lists, in a search, at the door of a feed."""
    account = team.account("acme")
    team.fire("asker")
    erase(team, "asker")
    assert team.codes("auditor", "asker@world.example", "publish", account) == {"subject_unknown"}
    assert team.codes("auditor", "asker", "publish", account) == {"subject_unknown"}
    for query in ("email=asker@world.example", "user_name=asker", "employee_number=asker"):
        assert team.get(f"/v1/employees?{query}", "auditor")["items"] == []
