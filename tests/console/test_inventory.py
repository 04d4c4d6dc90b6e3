"""The inventory as it is searched: the database's conditions say what the rules say of each account by itself."""

import csv
import io
from datetime import timedelta
from uuid import UUID

import pytest

from app.accounts import service as accounts
from app.accounts.rules import AccountState, Flag
from app.console.inventory import service, store
from app.console.inventory.rules import Wanted
from app.kernel.pages import Page

from .browsing import Browser

STATES = ("active", "suspended", "approved", "archived", "decommissioning")


@pytest.fixture
def motley(team):
    """Accounts of every state, looked after by all, some or none, lately or long ago; and policies for parts of them."""
    now = team.clock.now
    team.hire("former", "Sales")
    team.fire("former")
    people = [None, team.ids["liaison"], team.ids["former"]]
    days = [None, 20, 45, 100, 400]
    n = 0
    for unit, network in (("sales", "x"), ("sales", "instagram"), ("logistics", "x"), ("communications", "linkedin")):
        for state in STATES:
            for first in people:
                n += 1
                ago = days[n % len(days)]
                team.account(
                    f"acme{n}" if network != "linkedin" else f"company/acme{n}", unit, network, state=state, steward_id=first,
                    backup_steward_id=[None, team.ids["colleague"], team.ids["former"]][n % 3],
                    last_activity_at=now - timedelta(days=ago) if ago else None,
                    last_validated_at=now - timedelta(days=days[n % 4]) if days[n % 4] else None,
                    display_name=["Acme Caf\u00e9", None, "100% <b>Acme</b>"][n % 3],
                )  # fmt: skip
    return team


def publish(team, key, scope, rules):
    made = team.post("/v1/policies", "boss", {"key": key, "title": key, "scope": scope}, 201)
    team.post(f"/v1/policies/{made['id']}/versions", "boss", {"text": "So.", "rules": rules}, 201)
    team.post(f"/v1/policies/{made['id']}/versions/1/publish", "boss2", {})


def flagged(world):
    """What the rules say of each account by itself."""
    with world.work(write=False) as work:
        ids = [row.id for row in store.page(work.session, Page(limit=1000), Wanted(), service.clock(work))]
        shown = accounts.show_all(work, list(service.account_store.accounts(work.session, ids).values()))
    return {flag: {one.account.id for one in shown if flag in {each.flag for each in one.flags}} for flag in Flag}


def found(world):
    """What the database says."""
    with world.work(write=False) as work:
        told = service.clock(work)
        lists = {
            flag: {row.id for row in store.page(work.session, Page(limit=1000), Wanted(flag=flag), told)}
            for flag in Flag
        }
        assert store.by_flag(work.session, told) == {flag: len(ids) for flag, ids in lists.items()}
        assert {flag: store.count(work.session, Wanted(flag=flag), told) for flag in Flag} == {
            flag: len(ids) for flag, ids in lists.items()
        }
        return lists


NOT_THERE = (Flag.LOOK_ALIKE, Flag.DUPLICATE, Flag.UNAUTHORISED_TOOL)
"""Found by tests of their own."""


def test_flags_are_found_where_the_rules_say_they_are(motley):
    assert found(motley) == flagged(motley)
    assert all(found(motley)[flag] for flag in Flag if flag not in NOT_THERE)


def test_flags_follow_the_policies_of_units_and_networks(motley):
    before = found(motley)
    publish(motley, "sales-idle", {"kind": "business_unit", "id": "sales"}, {"idle_after_days": 30})
    publish(motley, "x-checked", {"kind": "network", "id": "x"}, {"validate_every_days": 15})
    after = found(motley)
    assert after == flagged(motley)
    assert before[Flag.IDLE] < after[Flag.IDLE] and before[Flag.UNVALIDATED] < after[Flag.UNVALIDATED]


def test_look_alikes_are_found(team):
    first = team.account("acme")
    team.account("acrne", look_alike_of=UUID(first))
    assert found(team) == flagged(team)
    assert len(found(team)[Flag.LOOK_ALIKE]) == 1


def test_duplicates_are_found_and_what_serves_an_objective(team):
    team.post("/v1/strategy/goals", "boss", {"key": "trust", "title": "Trust"}, 201)
    team.post("/v1/strategy/objectives", "content", {"key": "answers", "title": "Answers", "goal_id": "trust"}, 201)
    twins = {team.account(f"acme_{n}", audience="gardeners", objective="answers", mfa=True) for n in (1, 2)}
    south = {"audience": "gardeners", "region": "south", "objective": "answers", "mfa": True}
    twins |= {team.account(f"acme_{n}", **south) for n in (6, 7)}
    team.account("acme_3", audience="gardeners", region="north", mfa=False, objective="another")
    team.account("acme_4", audience="gardeners", network="instagram")
    team.account("acme_5", audience="gardeners", state="archived")
    assert found(team) == flagged(team)
    assert {str(one) for one in found(team)[Flag.DUPLICATE]} == twins
    assert len(found(team)[Flag.NO_OBJECTIVE]) == len(found(team)[Flag.NO_MFA]) == 2
    team.post("/v1/strategy/objectives/answers/retire", "content", {"reason": "It is over."})
    assert found(team) == flagged(team) and len(found(team)[Flag.NO_OBJECTIVE]) == 6


def test_accounts_are_found_that_use_a_tool_which_is_not_approved(team):
    """By each of what ends an approval: its own end, a refusal, the vendor's contract, the tool's retirement."""
    team.post("/v1/vendors", "boss", {"key": "fan", "name": "Fan Inc.", "contract_ends_on": "2026-03-10"}, 201)
    cases = {"good": 90, "short": 20, "ended": 90, "gone": 90, "refused": 90, "never": None, "idle": 90}
    for key, days in cases.items():
        more = {"vendor_id": "fan"} if key == "ended" else {}
        team.post("/v1/publishing-tools", "boss", {"key": key, "name": key, **more}, 201)
        if days is not None:
            assessed(team, key, days)
        account = team.account(f"uses_{key}", state="archived" if key == "idle" else "active")
        if key != "idle":
            team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", {"tools": ["good", key]})
    unauthorised = lambda: {handle(team, id_) for id_ in found(team)[Flag.UNAUTHORISED_TOOL]}  # noqa: E731
    assert found(team) == flagged(team) and unauthorised() == {"uses_never"}
    assessed(team, "refused", 90, "refuse")
    team.post("/v1/publishing-tools/gone/retire", "boss")
    assert found(team) == flagged(team) and unauthorised() == {"uses_never", "uses_refused", "uses_gone"}
    team.clock.now = team.clock.now.replace(day=10, hour=23, minute=59)
    assert found(team) == flagged(team) and "uses_ended" not in unauthorised()
    team.clock.turn(minutes=1)
    assert found(team) == flagged(team) and "uses_ended" in unauthorised()
    team.clock.turn(days=15)
    assert found(team) == flagged(team)
    assert unauthorised() == {"uses_never", "uses_refused", "uses_gone", "uses_ended", "uses_short"}


def assessed(team, key, days, decision="approve"):
    until = (team.clock.now + timedelta(days=days)).isoformat()
    made = team.post("/v1/assessments", "boss", {"tool_id": key, "summary": "Seen.", "valid_until": until}, 201)
    team.post(f"/v1/assessments/{made['id']}/decisions", "boss2", {"decision": decision})


def handle(team, id_):
    return team.get(f"/v1/accounts/{id_}", "hub")["handle"]


def handles(page):
    return [at["href"] for tag, at in page.tags if tag == "a" and at["href"].startswith("/console/accounts/")]


def test_what_is_looked_for_is_found_and_nothing_else(motley):
    browser = Browser(motley, "asker")

    def count(query):
        page = browser.get(f"/console/accounts?{query}")
        assert page.status == 200
        return int(page.text.partition(" account")[0].split()[-1].replace(",", ""))

    units = {one["key"]: one["id"] for one in motley.get("/v1/business-units", "asker")["items"]}
    assert count("q=&network=&unit=&state=&flag=") == 60
    assert count("network=linkedin") == 15
    assert count("state=archived") == 12
    assert count(f"unit={units['sales']}") == 30
    assert count(f"unit={units['enterprise']}") == 60
    assert count(f"unit={units['sales']}&network=x&state=active") == 3
    assert count("q=company%2Facme60") == 1
    assert count("q=100%25") == 20  # a percent sign is one, and no wildcard
    assert count("q=ACME%20CAF") == 20
    assert count("q=nothing+like+it") == 0


def test_pages_go_on_where_the_last_ended(motley):
    browser = Browser(motley, "asker")
    first = browser.get("/console/accounts?state=&q=acme")
    (onward,) = [one for one in first.links() if "cursor=" in one]
    second = browser.get(onward)
    both = [*handles(first), *handles(second)]
    assert (len(handles(first)), len(both), len(set(both))) == (50, 60, 60)
    assert not any("cursor=" in one for one in second.links())


def test_the_file_holds_the_same_and_runs_nothing(motley):
    motley.account("bad", display_name='=HYPERLINK("https://elsewhere.example")')
    browser = Browser(motley, "asker")
    answer = browser.client.get("/console/accounts.csv?state=active")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 13 and {row["state"] for row in rows} == {"active"}
    assert [row["display_name"] for row in rows if row["handle"] == "bad"] == [
        '\'=HYPERLINK("https://elsewhere.example")'
    ]
    assert answer.headers["content-disposition"] == 'attachment; filename="accounts.csv"'


def test_every_state_and_flag_can_be_asked_for(motley):
    browser = Browser(motley, "asker")
    for name, values in (("state", AccountState), ("flag", Flag)):
        for value in values:
            assert browser.get(f"/console/accounts?{name}={value}").status == 200
