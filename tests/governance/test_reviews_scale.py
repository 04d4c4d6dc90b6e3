"""Reviews at once and at size: two answers to one item, sweeps side by side, thousands of rights, evidence as a file."""

import csv
import io
import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.accounts.tables import Account
from app.governance.grants.tables import Grant
from app.governance.recertification import wire
from app.governance.reviews import service as reviews
from app.governance.reviews import store
from app.governance.reviews.tables import ReviewItem
from app.governance.reviews.waiting import service as waiting
from app.kernel.actor import Actor, ActorKind
from app.kernel.bulk import insert_rows
from app.kernel.ids import new_id
from app.kernel.pages import Page
from app.kernel.sheets import unguarded
from app.roles.tables import Appointment
from tests.governance.reviewing import (
    DUE,
    ENDS,
    WHY,
    answer,
    held,
    item,
    items,
    opened,
    path,
    progress,
    reassigned,
    sweep,
)
from tests.kit import START
from tests.lifecycle.kit import grant
from tests.test_races import Race


@pytest.fixture
def race(team):
    team.hire("liaison2", "Sales")
    team.appoint("liaison2", "bu_liaison", "sales")
    return Race(team)


def word(one, who, decision):
    return who, "POST", f"{path(one)}/decisions", {"decision": decision}


def test_of_two_answers_at_once_one_counts(race):
    team = race.team
    made = [held(team, f"acme{n}") for n in range(6)]
    by_grant = {one["grant_id"]: one for one in items(team, opened(team))}
    for each in made:
        one = by_grant[each["id"]]
        told = race.together(word(one, "liaison", "keep"), word(one, "liaison2", "end"))
        assert sorted(reply.status_code for reply in told) == [200, 409]
        assert [reply.json()["code"] for reply in told if reply.status_code == 409] == ["nothing_to_answer"]
        state = next(reply.json()["state"] for reply in told if reply.status_code == 200)
        assert grant(team, each)["state"] == {"kept": "active", "ended": "revoked"}[state]
    counted = team.events(action="review_item.kept") + team.events(action="review_item.ended")
    assert len(counted) == len(made)
    team.intact()


def test_of_an_answer_and_a_close_at_once_none_is_half_done(race):
    team = race.team
    for n in range(4):
        made = held(team, f"acme{n}", "colleague")
        review = opened(team, filter={"employee_id": str(team.ids["colleague"]), "right": "publish"}, title=f"R{n}")
        one = next(each for each in items(team, review) if each["grant_id"] == made["id"])
        told = race.together(
            word(one, "liaison", "keep"), ("boss", "POST", f"/v1/reviews/{review['id']}/close", WHY)
        )  # fmt: skip
        assert told[1].status_code == 200 and told[0].status_code in (200, 409)
        assert grant(team, made)["review_ends_at"] is None
        assert progress(team, review).get("kept", 0) == (told[0].status_code == 200)


def test_two_strategists_who_end_each_other_leave_one(race):
    """Attack H06."""
    team = race.team
    review = opened(team, kinds=["appointments"], filter={"role": "strategist"})
    by_holder = {one["holder_id"]: one for one in items(team, review)}
    mine, theirs = (by_holder[str(team.ids[who])] for who in ("boss", "boss2"))
    told = race.together(word(theirs, "boss", "end"), word(mine, "boss2", "end"))
    assert sorted(reply.status_code for reply in told) in ([200, 403], [200, 404]), [reply.text for reply in told]
    left = team.get("/v1/appointments", "asker", params={"role": "strategist", "ended": False})["items"]
    assert len(left) == 1


def test_sweeps_at_once_do_it_once(race):
    team = race.team
    for n in range(5):
        held(team, f"acme{n}")
    review = opened(team)
    team.clock.now = ENDS
    told = race.together(*[lambda: sweep(team)] * 3)
    assert sum(told) == 5 == progress(team, review)["lapsed"]
    assert len(team.events(action="grant.revoked")) == 5 == len(team.events(action="review_item.lapsed"))


def test_two_reviews_opened_at_once_both_hold_all(race):
    team = race.team
    made = [held(team, f"acme{n}") for n in range(4)]
    ends = (ENDS, ENDS - timedelta(days=1))
    calls = [
        ("boss", "POST", "/v1/reviews", {"title": "T", "kinds": ["grants"], "ends_at": at.isoformat()}) for at in ends
    ]
    assert [reply.status_code for reply in race.together(*calls)] == [201, 201]
    assert {grant(team, one)["review_ends_at"] for one in made} == {"2026-03-22T09:00:00Z"}


# --- size -----------------------------------------------------------------------------------------------------------


@contextmanager
def counted(team):
    """Every statement that goes to the database in here."""
    said = []

    def note(conn, cursor, statement, *_):
        said.append(statement)

    sa.event.listen(team.app.state.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sa.event.remove(team.app.state.engine, "before_cursor_execute", note)


def many(team, count):
    """So many rights like the one that there is, each on an account of its own."""
    with team.work() as work:
        session = work.session
        of = session.scalars(sa.select(Grant).limit(1)).one()
        pattern = session.get_one(Account, of.account_id)
        names = [column.name for column in Account.__table__.c]
        rows, ids = [], [new_id() for _ in range(count)]
        for n, id_ in enumerate(ids):
            told = {name: getattr(pattern, name) for name in names}
            rows.append(list({**told, "id": id_, "handle": f"m{count}{n}", "skeleton": f"m{count}{n}"}.values()))
        insert_rows(session, Account, names, rows)
        names = [column.name for column in Grant.__table__.c]
        told = {name: getattr(of, name) for name in names}
        insert_rows(
            session, Grant, names,
            [list({**told, "id": new_id(), "account_id": id_, "review_ends_at": None}.values()) for id_ in ids],
        )  # fmt: skip


def test_a_large_review_is_opened_by_few_statements(team):
    bearer = {who: team.token(who) for who in ("boss", "liaison")}
    held(team)
    said = {}
    for size in (20, 2000):
        many(team, size)
        with counted(team) as statements:
            made = team.post("/v1/reviews", None, {"title": "All", "kinds": ["grants"]}, 201, bearer=bearer["boss"])
        said[size] = len(statements)
    assert made["progress"]["open"] == made["progress"]["items"] == 2021
    assert said[2000] <= said[20] + 4 and said[20] < 40, said
    with counted(team) as statements:
        shown = team.get(f"/v1/reviews/{made['id']}/items", None, params={"limit": 200}, bearer=bearer["liaison"])
        team.get("/v1/me", None, bearer=bearer["liaison"])
        team.post(f"/v1/reviews/{made['id']}/close", None, WHY, bearer=bearer["boss"])
    assert len(shown["items"]) == 200 and len(statements) < 80, len(statements)
    assert progress(team, made) == {"items": 2021, "unreviewed": 2021}


@pytest.fixture
def judged(monkeypatch):
    """How many items are read and judged one by one."""
    seen, shown = [], reviews.shown
    monkeypatch.setattr(reviews, "shown", lambda work, item, bench: seen.append(item.id) or shown(work, item, bench))
    return seen


def asked_by(team, who):
    """Everything under review was asked for by one person."""
    with team.work() as work:
        work.session.execute(sa.update(ReviewItem).values(requester_id=team.ids[who]))


def test_what_waits_for_others_is_not_read_by_who_sits_everywhere(team, judged):
    bearer = {who: team.token(who) for who in ("boss", "hub", "liaison", "stranger")}
    held(team)
    many(team, 3000)
    review = opened(team, kinds=["grants", "appointments", "accounts"])
    one = next(each for each in items(team, review) if each["grant_id"])
    reassigned(team, one, "boss")

    def approvals(who):
        judged.clear()
        return {
            each["id"] for each in team.get("/v1/me", None, bearer=bearer[who])["approvals"] if each["kind"] == "review"
        }

    with team.work() as work:  # who looks after the accounts is far from where they are, and asked for none of them
        session = work.session
        session.execute(
            sa.update(ReviewItem).where(ReviewItem.kind == "accounts").values(outcome="kept", decided_at=work.now)
        )
    assert one["id"] in approvals("boss") and len(judged) < 50
    assert approvals("hub") == set() and len(judged) < 50
    assert len(approvals("liaison")) == 200 and len(judged) <= reviews.store.CHUNK
    assert approvals("stranger") == set() and judged == []
    asked_by(team, "liaison")
    assert approvals("liaison") == set() and len(judged) < 50
    assert len(approvals("hub")) == 200 and len(judged) <= reviews.store.CHUNK
    asked_by(team, "asker")
    assert approvals("hub") == set()
    team.clock.now = DUE
    bearer["hub"] = team.token("hub")
    assert len(approvals("hub")) == 200 and len(judged) <= reviews.store.CHUNK


def test_what_waits_is_what_judging_every_item_finds(team):
    """People, seats, deputies and places at random: whoever asks is told of all that they may answer, and no more."""
    rolls = Random(20260302)  # noqa: S311 - nothing secret
    people = [
        team.ids[who] for who in ("asker", "colleague", "stranger", "liaison", "otherliaison", "hub", "boss", "boss2")
    ]
    for n in range(12):
        held(team, f"acme{n}", unit=rolls.choice(["sales", "logistics"]))
    for scope, count in (
        (("bu_liaison", "sales"), 2),
        (("bu_liaison", "logistics"), 1),
        (("community_manager", "sales"), 1),
    ):
        for who in rolls.sample(["asker", "colleague", "stranger"], count):
            team.appoint(who, *scope)
    opened(team, kinds=["grants", "accounts", "appointments"])
    opened(team, kinds=["grants"], title="Other", due_at=(DUE + timedelta(days=1)).isoformat())
    found = 0
    for _ in range(40):
        with team.work() as work:
            session = work.session
            for row in session.scalars(sa.select(ReviewItem)):
                row.requester_id = rolls.choice([None, *people])
                row.holder_id = rolls.choice(people) if row.kind != "accounts" else None
                row.reviewer_id = rolls.choice([None, None, *people])
            for row in session.scalars(sa.select(Account)):
                row.steward_id, row.backup_steward_id = rolls.choice([None, *people]), rolls.choice([None, *people])
            for row in session.scalars(sa.select(Appointment)):
                row.deputy_id = rolls.choice([None, None, *(one for one in people if one != row.employee_id)])
        team.clock.now = rolls.choice([START, DUE])
        for who in people:
            with team.work(write=False) as work:
                mine = replace(work, actor=Actor(ActorKind.EMPLOYEE, who))
                told = waiting.waiting(mine, Page(limit=200, sort="id"))
                bench = reviews.bench_now(work)
                every = [reviews.shown(work, one, bench) for one in store.waiting(work.session, work.now, sa.true())]
                assert [one.id for one in told] == [one.id for one in every if who in one.reviewers.people]
                found += len(told)
    assert found > 200


def test_who_may_see_nothing_of_a_review_has_nothing_of_it_read(team, monkeypatch):
    monkeypatch.setattr(reviews.store, "CHUNK", 2)
    team.account("mine", steward_id=team.ids["stranger"])
    bearer = {who: team.token(who) for who in ("colleague", "otherliaison", "stranger")}
    said = {}
    for size in range(1, 10, 4):
        for n in range(size - 3 if size > 1 else 1, size + 1):
            held(team, f"acme{n}")
        review = opened(team, kinds=["grants", "accounts"])
        for who in ("colleague", "otherliaison"):
            with counted(team) as statements:
                team.get(f"/v1/reviews/{review['id']}/items", None, 404, bearer=bearer[who])
            said.setdefault(who, set()).add(len(statements))
    assert [len(counts) for counts in said.values()] == [1, 1], said
    (one,) = team.get(f"/v1/reviews/{review['id']}/items", None, bearer=bearer["stranger"])["items"]
    team.want(200, "PATCH", f"/v1/accounts/{one['account_id']}", "boss", {"steward_id": None})
    (still,) = team.get(f"/v1/reviews/{review['id']}/items", None, bearer=bearer["stranger"])["items"]
    assert still["id"] == one["id"] and still["custodian_ids"] == []


def test_too_large_a_review_is_refused(team, monkeypatch):
    from app.governance.reviews import rules

    monkeypatch.setattr(rules, "MOST_ITEMS", 2)
    for n in range(3):
        held(team, f"acme{n}")
    told = opened(team, kinds=["grants", "accounts"], status=422)
    assert told["errors"][0]["code"] == "too_many_items"
    assert opened(team, status=422)["errors"][0]["code"] == "too_many_items"
    opened(team, filter={"right": "engage"})


# --- evidence -------------------------------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"]


def test_evidence_is_the_same_in_both_forms(team):
    kept, silent = held(team, "kept"), held(team, "silent", "colleague")
    team.account("mine", steward_id=team.ids["asker"])
    review = opened(team, kinds=["grants", "accounts"])
    by_grant = {one["grant_id"]: one for one in items(team, review) if one["grant_id"]}
    answer(team, by_grant[kept["id"]], comment='Still, "daily",\nuntil May.')
    team.clock.now = ENDS
    sweep(team)
    url = f"/v1/reviews/{review['id']}/evidence"
    told = team.get(url, "auditor")
    assert told["review"]["id"] == review["id"] and told["as_of"] == "2026-03-23T09:00:00Z"
    assert len(told["items"]) == 5
    states = {one["grant_id"]: one["state"] for one in told["items"] if one["grant_id"]}
    assert states == {kept["id"]: "kept", silent["id"]: "lapsed"}
    assert told["items"][0]["names"][str(team.ids["asker"])] == "Asker"
    answered = team.call("GET", f"{url}?format=csv", "auditor")
    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    assert answered.headers["content-disposition"] == f'attachment; filename="review-{review["id"]}.csv"'
    table = list(csv.DictReader(io.StringIO(answered.text)))
    for row, one in zip(table, told["items"], strict=True):
        for name in ("kind", "account", "right", "state", "holder_id", "comment", "decided_at", "ends_at"):
            assert row[name] == (one[name] or ""), name
        assert row["item_id"] == one["id"] and row["decided_by_id"] == (one["decided_by"] or "")
    assert {row["custodians"] for row in table} == {"", "Asker"} and {row["decided_by"] for row in table} == {
        "",
        "Liaison",
    }
    assert team.get(url, "auditor", 422, params={"format": "xls"})["code"] == "validation"
    team.get(url, "liaison", 404)


def test_nothing_in_the_table_runs(team):
    for n, formula in enumerate(FORMULAS):
        team.hire(f"evil{n}", display_name=f"{formula} Smith")
        held(team, f"acme{n}", f"evil{n}")
    review = opened(team, title="=HYPERLINK()")
    for one, formula in zip(items(team, review), FORMULAS, strict=True):
        answer(team, one, comment=f"{formula} is what I say")
    text = team.call("GET", f"/v1/reviews/{review['id']}/evidence?format=csv", "boss").text
    table = list(csv.DictReader(io.StringIO(text)))
    for row, formula in zip(table, FORMULAS, strict=True):
        for name in ("holder", "comment"):
            assert row[name].startswith(f"'{formula}") and unguarded(row[name]).startswith(formula)
        assert not any(cell[:1] in tuple("=+-@\t\r\n") for cell in row.values() if cell)


def test_a_cell_of_any_beginning_is_guarded(team):
    """Attack D10."""
    one = item(team, _one(team))
    with team.work(write=False) as work:
        shown = reviews.shown(
            work,
            reviews.store.item(work.session, UUID(one["review_id"]), UUID(one["id"]), work.now),
            reviews.bench_now(work),
        )
    for start in "=+-@\t\r\n":
        (_, line) = wire.as_csv([[(shown, {team.ids["asker"]: f"{start}1"})]])
        assert f'"\'{start}1"' in line


def _one(team):
    held(team)
    return opened(team)


def test_evidence_is_read_in_parts_and_written_as_it_is_read(team, monkeypatch):
    for n in range(5):
        held(team, f"acme{n}")
    review = opened(team)
    whole = team.call("GET", f"/v1/reviews/{review['id']}/evidence", "boss").text
    monkeypatch.setattr(reviews.store, "CHUNK", 2)
    parts = team.call("GET", f"/v1/reviews/{review['id']}/evidence", "boss").text
    assert json.loads(parts) == json.loads(whole) and len(json.loads(whole)["items"]) == 5
    assert progress(team, review) == {"items": 5, "open": 5}
    assert len(items(team, review, "liaison", reviewer="me")) == 5
    assert len(team.get("/v1/approvals", "liaison")["items"]) == 5
