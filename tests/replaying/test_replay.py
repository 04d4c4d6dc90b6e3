"""From an empty database the log alone rebuilds every table that holds state, erased values excepted (I-39)."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.directory import store as directory
from app.governance.grants import service as grants
from app.governance.requests import service as requests
from app.groups import service as groups
from app.groups.rules import Member, MemberKind
from app.kernel.work import Work
from app.lifecycle import service as lifecycle
from app.replaying import service as replaying
from tests.audit.test_events import marked, told_all
from tests.governance.reviewing import ENDS, WHY, answer, held, opened, reassigned, sweep
from tests.lifecycle.kit import amend, granted, person, restate, settle, zoned
from tests.lifecycle.test_dated import AUCKLAND, FIRST, HONOLULU, LAST


def sql(team, statement, **values):
    with team.work() as work:
        return work.session.execute(sa.text(statement), values)


def replayed(team, **how):
    with team.work(write=False) as work:
        return replaying.replay(work, **how)


def test_without_events_there_is_what_the_migrations_made(world):
    found = replayed(world)
    assert (found.events, found.differences) == (0, ())
    sql(world, "UPDATE network SET created_at = :at WHERE key = 'x'", at="2026-01-02 00:00:00+00:00")
    (one,) = world.untold()
    assert (one.table, one.row, one.column) == ("network", "x", "created_at")


def test_after_every_door_the_tables_are_what_the_log_tells(team):
    told_all(team)
    marked(team)
    found = replayed(team)
    assert (found.events, found.differences, found.more) == (team.intact(), (), False)


SPOILT = (
    ("UPDATE account SET purpose = 'x'", "account {}: purpose is x, by the log News of Taintmark"),
    ("UPDATE posting_grant SET ended_by = NULL", "posting_grant {}: ended_by is nothing, by the log"),
    ("UPDATE employee SET title_key = 'x' WHERE title IS NOT NULL", "employee {}: title_key is x, by the log chief of"),
    ("UPDATE business_unit SET path = '' WHERE key = 'sales'", "business_unit {}: path is , by the log 0000"),
    ("UPDATE policy_version SET rules = '{}'", "policy_version {}: rules is {}, by the log {'max_grant_days': 90}"),
    ("DELETE FROM grant_suspension", "grant_suspension {}: the log tells of it, and it is not there"),
    ("DELETE FROM access_task_item", "access_task_item {}/0: the log tells of it, and it is not there"),
    ("UPDATE notification_settings SET email = 'off'", "notification_settings {}: email is off, by the log daily"),
)


def test_what_was_changed_past_the_log_is_named(team):
    told_all(team)
    marked(team)
    for statement, says in SPOILT:
        found = spoilt(team, statement)
        before, _, after = says.partition("{}")
        assert any(one.startswith(before) and after in one for one in found), found
        assert {one.split()[0] for one in found} == {before.split()[0]}
    assert team.untold() == ()


def spoilt(team, statement):
    """What would differ after a statement that is not committed."""
    with team.app.state.engine.connect() as connection, Session(connection) as session:
        session.execute(sa.text(statement))
        work = Work(session, team.house.operator, team.clock.now)
        return [str(one) for one in replaying.replay(work).differences]


def test_what_was_added_past_the_log_is_named_and_so_many_are_enough(team):
    for n in range(3):
        sql(
            team,
            "INSERT INTO course (id, key, title, created_at, updated_at, version)"
            " VALUES (:id, :key, 'x', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1)",
            id=f"{n:032x}", key=f"c{n}",
        )  # fmt: skip
    said = "it is there, and the log does not tell of it"
    assert [str(one).partition(": ")[2] for one in team.untold()] == [said] * 3
    assert len(replayed(team, most=2).differences) == 2 and replayed(team, most=2).more
    assert not replayed(team, most=3).more


def test_what_is_forgotten_may_be_anything_and_nothing_else_may(team):
    told_all(team)
    marked(team)
    sql(team, "DELETE FROM audit_personal")
    assert team.untold() == ()
    sql(team, "UPDATE employee SET title = 'x', title_key = 'x' WHERE title IS NOT NULL")
    sql(team, "UPDATE \"freeze\" SET reason = 'x'")
    assert team.untold() == ()
    sql(team, "UPDATE \"freeze\" SET severity = 'L1'")
    assert [(one.table, one.column) for one in team.untold()] == [("freeze", "severity")]


def test_what_is_told_anew_after_it_was_forgotten_counts(team):
    sql(team, "DELETE FROM audit_personal")
    amend(team, "asker", title="Chief")
    assert team.untold() == ()
    sql(team, "UPDATE employee SET title = 'x' WHERE id = :id", id=_plain(team, "asker"))
    assert [one.column for one in team.untold()] == ["title"]


def _plain(team, who):
    """An id as the database at hand compares it with text."""
    return team.ids[who].hex if team.settings.sqlite else team.ids[who]


def test_days_are_instants_by_the_clocks_that_there_were(team):
    """Dated ahead, rezoned, moved, merged: whose days are over keep their instants, the others do not."""
    for who, days in {"soon": {"hired_on": FIRST}, "here": {"hired_on": LAST - timedelta(days=99)}}.items():
        team.hire(who, **days)
    amend(team, "asker", terminated_on=LAST)
    assert team.untold() == ()
    zoned(team, "sales", HONOLULU)
    zoned(team, "logistics", AUCKLAND)
    assert team.untold() == ()
    team.hire("later", hired_on=FIRST)
    amend(team, "here", department="Logistics")
    assert team.untold() == ()
    into = team.get("/v1/business-units/logistics", "boss")["id"]
    team.hire("past", hired_on=LAST - timedelta(days=99))
    team.post("/v1/business-units/sales/merge", "boss", {"into_id": into, "reason": "One team."})
    assert team.untold() == ()
    with team.work(write=False) as work:
        starts = {who: person(work, team, who).starts_at.hour for who in ("soon", "here", "later", "past")}
    assert starts == {"soon": 11, "here": 11, "later": 11, "past": 10}  # Auckland, and what was Honolulu


@pytest.mark.parametrize("settled", [True, False])
def test_when_somebody_left_is_told_by_every_way_to_leave(team, settled):
    team.fire("colleague")
    restate(team, "hub", active=False, terminated_on=LAST - timedelta(days=30))
    amend(team, "liaison", terminated_on=LAST - timedelta(days=30))
    amend(team, "asker", terminated_on=LAST)
    team.hire("gone", active=False, left_at=team.clock.now)
    team.clock.turn(days=30)
    if settled:
        settle(team)
    restate(team, "asker", title="Back", terminated_on=None)
    restate(team, "colleague", title="Back")
    with team.work() as work:
        lifecycle.remove(work, person(work, team, "liaison"), "the feed deleted it")
    assert team.untold() == ()


def test_units_stand_where_they_were_put(team):
    team.post("/v1/business-units", "boss", {"key": "peru", "name": "Perú", "parent_id": _unit(team, "sales")}, 201)
    team.post("/v1/business-units", "boss", {"key": "lima", "name": "Lima", "parent_id": _unit(team, "peru")}, 201)
    team.want(200, "PATCH", "/v1/business-units/sales", "boss", {"parent_id": _unit(team, "logistics"), "name": "Sale"})
    team.post("/v1/business-units/peru/merge", "boss", {"into_id": _unit(team, "logistics"), "reason": "One team."})
    team.post("/v1/business-units/lima/close", "boss", WHY)
    assert team.untold() == ()
    with team.work(write=False) as work:
        assert len(directory.unit(work.session, "lima").path) == 3


def _unit(team, key):
    return team.get(f"/v1/business-units/{key}", "boss")["id"]


def test_reviews_keep_until_when_a_right_is_to_be_kept(team):
    for handle in ("acme", "bank", "cargo"):
        held(team, handle)
    team.appoint("colleague", "campaign_manager", "sales")
    first = opened(team, kinds=("grants", "appointments", "accounts"))
    second = opened(team, ends_at=(ENDS + timedelta(days=1)).isoformat().replace("+00:00", "Z"))
    assert team.untold() == ()
    kept, ended, _ = team.get(f"/v1/reviews/{first['id']}/items", "boss", params={"kind": "grants"})["items"]
    answer(team, reassigned(team, kept, "hub"), "hub", comment="Still used.")
    answer(team, ended, decision="end", comment="No more.")
    assert team.untold() == ()
    team.post(f"/v1/reviews/{second['id']}/close", "boss", WHY)
    assert team.untold() == ()
    team.clock.now = ENDS
    assert sweep(team) > 2
    assert team.untold() == ()
    assert len({row.review_ends_at for row in sql(team, "SELECT review_ends_at FROM posting_grant")}) == 2


def test_pauses_of_movers_and_by_hand(team):
    account = team.account("acme")
    made = [granted(team, account, right=right) for right in ("publish", "engage", "analyze")]
    amend(team, "asker", department="Logistics")
    for verb in ("suspend", "resume"):
        team.post(f"/v1/grants/{made[0]['id']}/{verb}", "hub", WHY)
    team.post(f"/v1/grants/{made[1]['id']}/revoke", "hub", WHY)
    assert team.untold() == ()
    team.post(f"/v1/grants/{made[2]['id']}/suspend", "hub", WHY)
    team.clock.turn(days=400)
    with team.work() as work:
        assert grants.expire(work) == 2
    assert team.untold() == ()
    rows = {(row.scheduled, row.resumed_by is None) for row in sql(team, "SELECT * FROM grant_suspension")}
    assert len(rows) == 3


def test_versions_end_and_go_on(team):
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "network", "id": "x"}}, 201)
    ahead = (team.clock.now + timedelta(days=9)).isoformat().replace("+00:00", "Z")
    for n, begins in ((1, {}), (2, {}), (3, {"effective_from": ahead}), (4, {"effective_from": ahead})):
        said = {"text": f"Version {n}.", "rules": {"max_grant_days": 90 + n}, **begins}
        team.post("/v1/policies/care/versions", "content", said, 201)
        team.post(f"/v1/policies/care/versions/{n}/publish", "boss", {})
        assert team.untold() == ()
    for n in (4, 3, 2):
        team.post(f"/v1/policies/care/versions/{n}/retire", "boss", WHY)
        assert team.untold() == ()


def test_groups_in_groups_and_what_they_mean(team):
    member = lambda who: Member(MemberKind.EMPLOYEE, team.ids[who], who.title())  # noqa: E731
    with team.work() as work:
        inner = groups.create(work, {"display_name": "Inner", "external_id": "1"}, [member("asker"), member("hub")])
        outer = groups.create(
            work, {"display_name": "Outer", "external_id": None}, [Member(MemberKind.GROUP, inner.id)]
        )
    meaning = {"group_id": str(inner.id), "role": "social_analyst", **WHY}
    team.post("/v1/group-mappings", "boss", meaning, 201)
    team.post("/v1/group-mappings", "boss", {**meaning, "role": "developer"}, 201)
    with team.work() as work:
        groups.update(work, inner.id, {"display_name": "Core"}, [member("asker"), member("colleague")])
    assert team.untold() == ()
    with team.work() as work:
        lifecycle.remove(work, person(work, team, "asker"), "the feed deleted it")
        groups.forget(work, team.ids["asker"])
        groups.delete(work, inner.id)
    assert team.untold() == ()
    with team.work() as work:
        groups.delete(work, outer.id)
    assert team.untold() == () and sql(team, "SELECT count(*) FROM group_member").scalar() == 0


def test_requests_on_every_way(team):
    account = team.account("acme")
    team.appoint("colleague", "community_manager", deputy="content")
    asked = [
        team.ask(who, account, [right]) for who in ("asker", "liaison") for right in ("publish", "engage", "draft")
    ]
    team.decide("liaison", asked[0])
    team.decide("content", asked[0])
    team.decide("liaison", asked[1], "request_changes")
    team.want(200, "PATCH", f"/v1/rights-requests/{asked[1]['id']}", "asker", {"justification": "More."})
    team.decide("liaison", asked[2], "deny")
    assert team.untold() == ()
    team.switch("boss", "dandelion", "sales")
    team.switch("boss", "decentralized", effective_from=(team.clock.now + timedelta(days=2)).isoformat())
    team.clock.turn(days=2)
    team.fire("liaison")
    proposal = {"network": "x", "handle": "new", "business_unit_id": "sales"}
    team.post("/v1/accounts", "asker", proposal, 422)
    team.clock.turn(days=60)
    with team.work() as work:
        requests.expire(work)
    assert team.untold() == ()
    states = {row.state for row in sql(team, "SELECT state FROM request")}
    assert {"granted", "denied", "withdrawn", "expired"} <= states


def test_whose_words_are_told_again_by_somebody_else_they_stay(team):
    """So that they can be forgotten with whoever said them, and not with whoever acted."""
    team.ask("asker", team.account("acme"))
    review = opened(team, "hub")
    team.switch("boss", "dandelion", "sales")
    team.post(f"/v1/reviews/{review['id']}/close", "boss", WHY)
    events = {event["seq"]: event["action"] for event in team.events()}
    kept = sql(team, "SELECT seq, field, person_id FROM audit_personal WHERE field LIKE 'after.%'").all()
    owners = {(events[row.seq], row.field): str(row.person_id).replace("-", "") for row in kept if row.seq in events}
    assert owners["review.closed", "after.title"] == team.ids["hub"].hex
    assert owners["rights_request.rerouted", "after.justification"] == team.ids["asker"].hex


def test_progress_is_told_every_thousand_events(world):
    with world.work() as work:
        for _ in range(2001):
            audit.record(work, "password.set", ("employee", "x"))
    told = []
    assert replayed(world, progress=told.append).events == 2001 and told == [1000, 2000]


def coe(team, *words):
    command = [sys.executable, "-c", "from app.cli import main; main()", "audit", "replay", *words]
    told = {**os.environ, "COE_DATABASE_URL": team.settings.database_url, "COE_KEY_DIR": str(team.settings.key_dir)}
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False)


def test_the_command_says_in_words_what_differs(team):
    granted(team, team.account("acme"))
    done = coe(team)
    assert (done.returncode, done.stdout) == (
        0, f"replayed: {team.intact()} events; the tables are what they tell\n",
    ), done.stderr  # fmt: skip
    sql(team, "UPDATE posting_grant SET model = 'dandelion'")
    done = coe(team)
    assert done.returncode == 1 and done.stdout.endswith(": model is dandelion, by the log hub_and_spoke\n")
    sql(team, "UPDATE employee SET hired_on = NULL, display_name = 'x', family_name = 'y', given_name = 'z'")
    assert coe(team).stdout.endswith("\nand more\n")
