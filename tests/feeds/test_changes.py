"""What HR's feeds did, and what each change caused: read from the audit log, in its order, and nothing else."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from app.audit.tables import AuditEvent
from app.clients import service as clients
from app.feeds import rules
from app.kernel.access import operator_work
from app.kernel.actor import Actor, ActorKind
from app.lifecycle import service as lifecycle
from tests.lifecycle.kit import amend, granted, person, restate

PATH = "/v1/directory/changes"


@pytest.fixture
def account(team):
    return team.account("acme")


def changes(team, who="boss", **params):
    return team.get(PATH, who, params=params)["items"]


def caused(one):
    return [it["action"] for it in one["caused"]]


def test_a_leaver_with_all_that_went_with_them(team, account):
    team.account("acme_two", steward_id=team.ids["asker"])
    made = granted(team, account)
    team.ask("asker", account, ["draft"])
    team.appoint("asker", "social_analyst")
    with team.work() as work:
        work.actor = Actor(ActorKind.EMPLOYEE, team.ids["asker"])
        clients.create_client(work, "Feed", ["audit:read"])
    team.fire("asker")
    (one,) = changes(team, action="employee.left")
    assert (one["employee_id"], one["display_name"]) == (str(team.ids["asker"]), "Asker")
    assert (one["actor"], one["reason"], one["fields"]) == ({"kind": "operator", "id": None}, "terminated", ["active"])
    assert sorted(caused(one)) == [
        "account.orphaned", "appointment.ended", "client.revoked", "grant.revoked", "rights_request.withdrawn",
    ]  # fmt: skip
    told = {event["seq"]: event for event in team.events()}
    for it in one["caused"]:
        assert (told[it["seq"]]["action"], told[it["seq"]]["subject"]) == (it["action"], it["subject"])
    assert {"kind": "grant", "id": made["id"]} in [it["subject"] for it in one["caused"]]
    assert one["caused_more"] is False and one["at"] == told[one["seq"]]["at"]


def test_a_mover_and_what_is_to_be_reviewed(team, account):
    granted(team, account)
    team.appoint("asker", "bu_liaison", "sales")
    team.clock.turn(seconds=1)
    amend(team, "asker", department="Logistics", title="Driver")
    one = changes(team)[0]
    assert (one["action"], one["fields"]) == ("employee.moved", ["business_unit_id", "title"])
    assert caused(one) == ["appointment.ended", "grant.review_due"]


def test_every_kind_of_change_and_only_names_of_what_changed(team):
    team.hire("newcomer", title="Clerk")
    amend(team, "newcomer", title="Chief", email=None)
    team.fire("newcomer")
    restate(team, "newcomer", active=True)
    with team.work() as work:
        lifecycle.remove(work, person(work, team, "newcomer"), "gone from the feed")
    found = changes(team, employee_id=team.ids["newcomer"], sort="seq")
    assert [one["action"] for one in found] == [
        "employee.joined", "employee.updated", "employee.left", "employee.rejoined", "employee.left", "employee.removed",
    ]  # fmt: skip
    assert {"title", "user_name", "business_unit_id"} <= set(found[0]["fields"]) and "manager_id" not in found[0][
        "fields"
    ]
    assert [one["fields"] for one in found[1:]] == [
        ["email", "title"],
        ["active"],
        ["active"],
        ["active"],
        ["deleted_at"],
    ]
    assert "Clerk" not in str(found) and "Chief" not in str(found)


def test_several_people_of_one_transaction_each_with_their_own(team, account):
    granted(team, account), granted(team, account, "colleague")
    with operator_work(team.house, request_id="import-1") as work:
        for who in ("asker", "liaison", "colleague"):
            lifecycle.leave(work, person(work, team, who), "terminated")
    found = changes(team, request_id="import-1", sort="seq")
    assert [(one["employee_id"], caused(one)) for one in found] == [
        (str(team.ids["asker"]), ["grant.revoked"]),
        (str(team.ids["liaison"]), ["appointment.ended"]),
        (str(team.ids["colleague"]), ["grant.revoked"]),
    ]
    (one,) = changes(team, request_id="import-1", employee_id=team.ids["liaison"])
    assert caused(one) == ["appointment.ended"]  # though what the next one caused stands right behind the next one


def test_what_somebody_else_does_next_was_not_caused_by_it(team, account):
    made, other = granted(team, account), granted(team, account, "colleague")
    team.clock.turn(seconds=1)
    boss = team.token("boss")
    amend(team, "asker", department="Logistics")
    # Directly behind it, at the same instant, by another.
    team.post(f"/v1/grants/{made['id']}/revoke", None, {"reason": "Enough."}, bearer=boss)
    (one,) = changes(team, action="employee.moved")
    assert caused(one) == ["grant.review_due"]
    team.fire("colleague")
    (one,) = changes(team, action="employee.left")
    assert [it["subject"]["id"] for it in one["caused"]] == [other["id"]]


def test_what_concerns_other_people_or_follows_from_something_else_is_left_out(team, account):
    """A merge moves people and ends appointments: no person's move was the cause of that."""
    team.appoint("stranger", "bu_liaison", "sales")
    made = team.post("/v1/business-units", "boss", {"key": "below", "name": "Below", "parent_id": None}, 201)
    amend(team, "stranger", department="Below")
    team.appoint("hub", "bu_liaison", "below")
    into = team.get("/v1/business-units/enterprise", "boss")["id"]
    team.post(f"/v1/business-units/{made['id']}/merge", "boss", {"into_id": into, "reason": "One team."})
    moved = changes(team, action="employee.moved")[0]
    assert moved["employee_id"] == str(team.ids["stranger"]) and caused(moved) == []
    assert "appointment.ended" in [one["action"] for one in team.events()[:4]]


def test_a_unit_made_for_them_is_told_with_those_who_were_put_there(team):
    with team.work() as work:
        unit = lifecycle.department(work, "Space Travel")
        other = lifecycle.department(work, "Time Travel")
        for number, into in (("one", unit), ("two", other), ("three", unit)):
            values = {"employee_number": number, "user_name": number, "display_name": number, "business_unit_id": into}
            lifecycle.join(work, values)
    team.clock.turn(seconds=1)
    team.hire("four", "Space Travel")
    found = {one["display_name"]: one["caused"] for one in changes(team, action="employee.joined", limit=4)}
    made = {name: [it["subject"]["id"] for it in it_caused] for name, it_caused in found.items()}
    assert made == {"one": [str(unit)], "two": [str(other)], "three": [str(unit)], "Four": []}
    assert found["one"][0]["action"] == "business_unit.created"


def test_more_consequences_than_are_told(team, account, monkeypatch):
    monkeypatch.setattr("app.feeds.rules.MOST_CAUSED", 2)
    monkeypatch.setattr("app.feeds.store.MOST_CAUSED", 2)
    for right in ("publish", "engage", "draft"):
        granted(team, account, right=right)
    team.fire("asker")
    (one,) = changes(team, action="employee.left")
    assert caused(one) == ["grant.revoked", "grant.revoked"] and one["caused_more"] is True


def paged(team, sort, between=lambda n: None):
    seen, more = [], {}
    while more is not None:
        page = team.get(PATH, "boss", params={"limit": 3, "sort": sort, **more})
        assert len(page["items"]) <= 3
        seen += page["items"]
        between(len(seen))
        more = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    return seen


def test_pages_neither_skip_nor_repeat_and_new_changes_do_not_move_them(team):
    for n in range(7):
        team.hire(f"temp-{n}")
    amend(team, "temp-3", title="Clerk")
    team.fire("temp-5")
    whole = changes(team, limit=200)
    assert len(whole) == 12 + 9 and [one["seq"] for one in whole] == sorted((one["seq"] for one in whole), reverse=True)
    assert paged(team, "seq") == whole[::-1]
    assert paged(team, "-seq", lambda n: team.hire(f"late-{n}")) == whole


def test_by_action_person_call_and_source(team):
    with team.work() as work:
        made = clients.create_client(work, "Feed", ["hr"], static=True)
        other = clients.create_client(work, "Other", ["hr"], static=True)
    feed = Actor(ActorKind.CLIENT, UUID(made.client_id))
    with operator_work(team.house, request_id="call-7") as work:
        work.actor = feed
        lifecycle.amend(work, person(work, team, "asker"), {"title": "Chief"})
    amend(team, "asker", title="Clerk")
    with team.work() as work:
        work.actor = Actor(ActorKind.EMPLOYEE, team.ids["admin"], ("admin",))
        lifecycle.amend(work, person(work, team, "hub"), {"title": "Hub"})
    updated = lambda **params: [
        (one["actor"]["kind"], one["display_name"]) for one in changes(team, action="employee.updated", **params)
    ]  # noqa: E731
    assert updated() == [("employee", "Hub"), ("operator", "Asker"), ("client", "Asker")]
    assert (
        updated(source="client")
        == updated(source=made.client_id)
        == updated(request_id="call-7")
        == [("client", "Asker")]
    )
    assert updated(source=other.client_id) == [] == updated(source="system") == updated(request_id="call")
    assert updated(source=team.ids["admin"]) == updated(source="employee") == [("employee", "Hub")]
    assert updated(employee_id=team.ids["asker"], source="operator") == [("operator", "Asker")]
    assert {one["action"] for one in changes(team, source="operator", limit=200)} == {
        "employee.joined",
        "employee.updated",
    }
    assert [one["display_name"] for one in team.get(PATH, None, bearer=made.bearer, params={"limit": 2})["items"]] == [
        "Hub",
        "Asker",
    ]


def test_bad_questions_are_refused(team):
    for params in (
        {"source": "hr"},
        {"action": "employee.password"},
        {"employee_id": "x"},
        {"limit": 0},
        {"sort": "at"},
        {"why": 1},
    ):
        team.get(PATH, "boss", 422, params=params)
    page = team.get(PATH, "boss", params={"limit": 1})
    team.get(PATH, "auditor", 400, params={"limit": 1, "cursor": page["next_cursor"]})
    team.get(PATH, "boss", 400, params={"limit": 1, "action": "employee.left", "cursor": page["next_cursor"]})


def test_a_reason_that_was_erased_is_not_told(team):
    team.fire("asker")
    with team.work() as work:
        work.session.execute(sa.text("DELETE FROM audit_personal WHERE field = 'reason'"))
    assert changes(team, action="employee.left")[0]["reason"] is None


def test_whatever_follows_in_lifecycle_is_known_as_a_consequence(team, account):
    """What stands behind a change of a person in its transaction is told with it: a new kind is added to the rules."""
    team.appoint("colleague", "bu_liaison", "sales", deputy="asker")
    granted(team, account)
    team.post("/v1/accounts", "liaison", {"network": "x", "handle": "new_one", "business_unit_id": "sales"}, 201)
    begun = team.intact()
    for step in (
        lambda: amend(team, "asker", department="Logistics"),
        lambda: team.fire("asker"),
        lambda: team.fire("liaison"),
    ):
        team.clock.turn(seconds=1)
        step()
    team.clock.turn(seconds=1)
    told = (AuditEvent.action, AuditEvent.at, AuditEvent.actor, AuditEvent.request_id)
    with team.work(write=False) as work:
        events = [
            (row[0], row[1:])
            for row in work.session.execute(sa.select(*told).where(AuditEvent.seq > begun).order_by(AuditEvent.seq))
        ]
    known = set(rules.Did) | rules.CONSEQUENCES
    for (before, its), (after, others) in zip(events, events[1:], strict=False):
        assert after in known or before not in known or its != others, (before, after)
    assert {"account.withdrawn", "registration.withdrawn"} <= set(caused(changes(team, action="employee.left")[0]))


def test_it_is_asked_for_by_an_index(team):
    """Of a log of any length only what is shown is read: the plan names the indexes that are there for it."""
    from app.feeds.store import _numbers
    from app.kernel.pages import Page

    explain = "EXPLAIN QUERY PLAN " if team.settings.sqlite else "EXPLAIN "
    with team.work(write=False) as work:
        if not team.settings.sqlite:
            work.session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        for wanted, index in (
            (rules.Wanted(), "ix_audit_event_action"),
            (rules.Wanted(request_id="x"), "ix_audit_event_request"),
            (rules.Wanted(employee_id=team.ids["asker"]), "ix_audit_event_subject"),
        ):
            stmt = _numbers(Page(sort="-seq"), wanted).compile(
                work.session.get_bind(), compile_kwargs={"literal_binds": True}
            )
            plan = "\n".join(str(row) for row in work.session.execute(sa.text(explain + str(stmt).replace(":", r"\:"))))
            assert index in plan and "SCAN audit_event" not in plan, plan
            if not wanted.employee_id:
                assert "TEMP B-TREE" not in plan, plan  # of these there may be many: they come in order
