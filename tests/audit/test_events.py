"""Every change tells of itself: who, when, why, before and after; and what is personal can be forgotten."""

import json
from uuid import UUID

import sqlalchemy as sa

from app.audit import service as audit
from app.audit import store
from app.clients import service as clients
from app.kernel.rates import DENIALS, Limits
from tests.operations import OPERATIONS

TAINT = "Taintmark"
PEOPLE = (
    b"Employee ID,First Name,Last Name,Preferred Name,Work Email,Job Title,Department,Location,Worker Type,Hire Date,"
    b"Termination Date,Status,Manager ID\n"
)
WHY = {"reason": f"{TAINT} said so."}


class Scenario:
    """Calls, each with the doors it went through and the actions of the events it left."""

    def __init__(self, team):
        self.team, self.doors, self.told = team, set(), []

    def __call__(self, door, who, body=None, status=200, *, bearer=None, files=None, **parts):
        method, path = door.split()
        self.doors.add(door)
        before = self.team.intact()
        answer = self.team.call(
            method, path.format(**parts), None if bearer else who, body, bearer=bearer,
            headers={"X-Request-ID": f"call-{len(self.told)}"}, **({"files": files} if files else {}),
        )  # fmt: skip
        assert answer.status_code == status, f"{door}: {answer.text}"
        events = self.team.events(request_id=f"call-{len(self.told)}")
        assert events and self.team.intact() >= before + len(events), f"{door} left no event"
        assert int(answer.headers["coe-revision"]) == events[0]["seq"]
        for event in events:
            assert event["actor"]["id"] == str(self.team.ids[who])
            assert event["actor"]["kind"] == ("client" if bearer else "employee")
            assert event["at"] == self.team.clock.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.told.append([event["action"] for event in reversed(events)])
        return answer.json() if answer.content else None


def of_feeds(call, team):
    with team.work() as work:
        made = clients.create_client(work, "HR", ["hr"], static=True)
        team.ids["hr"] = UUID(made.client_id)

    def feed(door, body=None, status=200, **parts):
        return call(door.replace(" ", " /scim/v2"), "hr", body, status, bearer=made.bearer, **parts)

    words = {"userName": f"{TAINT}.new", "title": f"{TAINT} of all", "nickName": TAINT, "externalId": f"{TAINT}-1"}
    person = feed("POST /Users", words, 201)
    feed("PUT /Users/{id}", {**words, "title": "Another"}, id=person["id"])
    patch = {"Operations": [{"op": "replace", "path": "nickName", "value": f"{TAINT}y"}]}
    feed("PATCH /Users/{id}", patch, 204, id=person["id"])
    group = feed("POST /Groups", {"displayName": "Some", "members": [{"value": person["id"]}]}, 201)
    feed("PUT /Groups/{id}", {"displayName": "Others", "members": [{"value": person["id"]}]}, id=group["id"])
    patch = {"Operations": [{"op": "replace", "path": "displayName", "value": "Most"}]}
    feed("PATCH /Groups/{id}", patch, 204, id=group["id"])
    meaning = {"group_id": group["id"], "role": "social_analyst", **WHY}
    mapped = call("POST /v1/group-mappings", "boss", meaning, 201)
    call("POST /v1/group-mappings/{id}/end", "boss", WHY, id=mapped["id"])
    bulk = {"Operations": [{"method": "POST", "path": "/Users", "bulkId": "1", "data": {"userName": f"{TAINT}.bulk"}}]}
    feed("POST /Bulk", bulk)
    form = {"file": ("people.csv", PEOPLE, "text/csv")}
    call("POST /v1/directory/imports", "hr", None, 202, bearer=made.bearer, files=form)
    feed("DELETE /Groups/{id}", None, 204, id=group["id"])
    feed("DELETE /Users/{id}", None, 204, id=person["id"])


def of_units(call, team):
    new = {"key": "spain", "name": "Spain"}
    call("POST /v1/business-units", "boss", new, 201)
    call("PATCH /v1/business-units/{id}", "boss", {"region": "Europe"}, id="spain")
    call("POST /v1/business-units/{id}/close", "boss", WHY, id="spain")
    peru = call("POST /v1/business-units", "boss", {"key": "peru", "name": "Peru"}, 201)
    call("POST /v1/business-units", "boss", {"key": "lima", "name": "Lima", "parent_id": peru["id"]}, 201)
    call("POST /v1/business-units/{id}/merge", "boss", {"into_id": peru["id"], **WHY}, id="lima")
    made = call("POST /v1/appointments", "boss", {"employee_id": str(team.ids["stranger"]), "role": "developer"}, 201)
    call("PATCH /v1/appointments/{id}", "boss", {"deputy_id": str(team.ids["colleague"])}, id=made["id"])
    call("DELETE /v1/appointments/{id}", "boss", id=made["id"])
    form = {"kind": "name", "paths": ["/@{handle}"], "url": "https://loom.example/@{handle}", "max_length": 30}
    call(
        "POST /v1/networks",
        "developer",
        {"key": "loom", "name": "Loom", "hosts": ["loom.example"], "forms": [form]},
        201,
    )
    call("POST /v1/publishing-tools", "developer", {"key": "fanfare", "name": "Fanfare"}, 201)
    call("POST /v1/publishing-tools/{id}/retire", "developer", id="fanfare")
    hook = {"name": "Tool", "url": f"https://tool.example.com/{TAINT}", "events": ["grant.*"]}
    made = call("POST /v1/webhooks", "developer", hook, 201)
    call("PATCH /v1/webhooks/{id}", "developer", {"state": "disabled"}, id=made["id"])
    call("PATCH /v1/webhooks/{id}", "boss", {"state": "active"}, id=made["id"])
    call("POST /v1/webhooks/{id}/rotate", "developer", {}, id=made["id"])
    call("POST /v1/webhooks/{id}/redeliver", "developer", {"from_seq": 1}, id=made["id"])
    call("DELETE /v1/webhooks/{id}", "developer", None, 204, id=made["id"])
    call("POST /v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    call(
        "POST /v1/policies/{id}/versions", "content", {"text": "Care.", "rules": {"max_grant_days": 90}}, 201, id="care"
    )
    call("POST /v1/policies/{id}/versions/{n}/publish", "boss", {}, id="care", n=1)
    call("POST /v1/policies/{id}/versions/{n}/attestations", "asker", {}, 201, id="care", n=1)
    call("POST /v1/policies/{id}/versions/{n}/retire", "boss", WHY, id="care", n=1)
    stop = {"scope": {"kind": "enterprise"}, "severity": "L3", **WHY}
    made = call("POST /v1/freezes", "boss", stop, 201)
    call("POST /v1/freezes/{id}/lift", "boss", WHY, id=made["id"])


def of_training(call, team):
    with team.work() as work:
        made = clients.create_client(work, "LMS", ["lms"], static=True)
        team.ids["lms"] = UUID(made.client_id)
    call("POST /v1/courses", "content", {"key": "basics", "title": "Basics"}, 201)
    call("PATCH /v1/courses/{id}", "content", {"valid_for_days": 365}, id="basics")
    said = {"employee_id": str(team.ids["asker"]), "course_id": "basics", "source": f"{TAINT} told us"}
    said["completed_at"] = "2026-02-01T09:00:00Z"
    done = call("POST /v1/completions", "lms", said, 201, bearer=made.bearer)
    form = {"file": ("done.csv", b"employee,course,completed_at\ncolleague,basics,2026-02-01\n", "text/csv")}
    call("POST /v1/completions/import", "lms", None, bearer=made.bearer, files=form)
    call("POST /v1/completions/{id}/revoke", "boss", WHY, id=done["id"])
    taught = {"audience": "bu_liaison", "course_id": "basics", "need": "required", "business_unit_id": "sales"}
    taught = call("POST /v1/curriculum", "content", taught, 201)
    call("POST /v1/curriculum/{id}/retire", "boss", WHY, id=taught["id"])
    call("POST /v1/courses/{id}/retire", "boss", WHY, id="basics")

    call("PUT /v1/me/notification-settings", "asker", {"email": "daily", "kinds": {"grant_resumed": False}})


def of_strategy(call, team):
    words = {"description": "As it is said."}
    call("POST /v1/strategy/goals", "boss", {"key": "trust", "title": "Trust", **words}, 201)
    call("PATCH /v1/strategy/goals/{id}", "boss", {"title": "Be trusted"}, id="trust")
    new = {"key": "answers", "title": "Answers", "goal_id": "trust", "business_unit_id": "sales", **words}
    call("POST /v1/strategy/objectives", "content", new, 201)
    call("PATCH /v1/strategy/objectives/{id}", "content", {"title": "Answer all"}, id="answers")
    said = {"purpose": "To be there.", "benefits": ["Fewer calls"], "business_unit_id": "sales"}
    for last in ("withdraw", "approve", "approve"):
        made = call("POST /v1/strategy/versions", "content", said, 201)["id"]
        call("PATCH /v1/strategy/versions/{id}", "content", {"purpose": "To be near"}, id=made)
        call("POST /v1/strategy/versions/{id}/submit", "content", {}, id=made)
        word = {"decision": "request_changes", "comment": f"{TAINT} is far"}
        call("POST /v1/strategy/versions/{id}/decisions", "boss", word, id=made)
        if last == "withdraw":
            call("POST /v1/strategy/versions/{id}/withdraw", "content", {}, id=made)
        else:
            call("POST /v1/strategy/versions/{id}/submit", "content", {}, id=made)
            call("POST /v1/strategy/versions/{id}/decisions", "boss", {"decision": "approve"}, id=made)
    new = {"objective_id": "answers", "business_unit_id": "sales", "starts_on": "2026-01-01", "ends_on": "2028-01-01"}
    new |= {"currency": "EUR", "allocated": "1000.00", "note": "As asked."}
    made = call("POST /v1/strategy/budgets", "boss", new, 201)["id"]
    call("PATCH /v1/strategy/budgets/{id}", "boss", {"allocated": "1200.5", **WHY}, id=made)
    said = {
        "kind": "benefit",
        "amount": "30",
        "occurred_on": "2026-02-01",
        "basis": "Fewer calls",
        "note": "All of them.",
    }
    entry = call("POST /v1/strategy/budgets/{id}/entries", "boss", said, 201, id=made)["id"]
    call("POST /v1/strategy/budgets/{id}/entries/{entry_id}/void", "boss", WHY, id=made, entry_id=entry)
    call("POST /v1/maturity/declarations", "boss", {"open_dialogue": True, "note": "We answer."}, 201)
    call("POST /v1/strategy/objectives/{id}/retire", "content", WHY, id="answers")
    call("POST /v1/strategy/goals/{id}/retire", "boss", WHY, id="trust")


def of_vendors(call, team, account):
    call("POST /v1/vendors", "boss", {"key": "fan", "name": "Fan Inc.", "contact": f"{TAINT} in sales"}, 201)
    call("PATCH /v1/vendors/{id}", "boss", {"note": f"{TAINT} is kind."}, id="fan")
    call("POST /v1/publishing-tools", "developer", {"key": "trumpet", "name": "Trumpet", "vendor_id": "fan"}, 201)
    call("PATCH /v1/publishing-tools/{id}", "developer", {"kinds": ["publishing"]}, id="trumpet")
    said = {"summary": f"{TAINT} tried it.", "valid_until": "2027-01-01T00:00:00Z"}
    for decision in ("approve", "refuse"):
        made = call("POST /v1/assessments", "developer", {"tool_id": "trumpet", **said}, 201)["id"]
        word = {"decision": decision, "comment": f"{TAINT} knows."}
        call("POST /v1/assessments/{id}/decisions", "boss", word, id=made)
    for tools in (["fanfare", "trumpet"], ["trumpet"]):
        call("PATCH /v1/accounts/{id}", "hub", {"tools": tools}, id=account)
    text = {name: f"{TAINT} et al." for name in ("question", "summary", "source")}
    found = {"title": "Answers keep customers", **text, "url": f"https://journal.example/{TAINT}"}
    found |= {"published_on": "2026-02-01", "business_units": ["sales"], "networks": ["x"], "functions": ["sales"]}
    id_ = call("POST /v1/research", "content", found, 201)["id"]
    cited = {"subject": {"kind": "assessment", "id": made}, "why": f"{TAINT} said so."}
    call("POST /v1/research/{id}/citations", "boss", cited, 201, id=id_)
    call("POST /v1/research/{id}/withdraw", "content", WHY, id=id_)


def of_campaigns(call, team, account):
    """A right that came of one, and was taken away with it; a second one is ended while nothing came of it."""
    team.appoint("hub", "campaign_manager", "sales")
    new = {"title": "Spring", "purpose": f"{TAINT} wants to be seen.", "business_unit_id": "sales"}
    new |= {"starts_at": "2026-03-01T09:00:00Z", "ends_at": "2026-04-01T09:00:00Z", "account_ids": [account]}
    new["members"] = [{"employee_id": str(team.ids["colleague"]), "rights": ["engage"]}]
    call("POST /v1/campaigns", "hub", {"key": "spring", **new}, 201)
    call("PATCH /v1/campaigns/{id}", "hub", {"title": "Spring!", "purpose": f"{TAINT} is to be seen."}, id="spring")
    (one,) = call("POST /v1/campaigns/{id}/requests", "colleague", {}, id="spring")["items"]
    word = {"decision": "approve", "comment": f"Said {TAINT}."}
    for who in ("liaison", "hub"):
        call("POST /v1/rights-requests/{id}/decisions", who, word, id=one["requests"][0]["id"])
    call("PATCH /v1/campaigns/{id}", "hub", {"members": []}, id="spring")
    call("POST /v1/campaigns/{id}/end", "hub", WHY, id="spring")


def of_figures(call, team, account):
    with team.work() as work:
        made = clients.create_client(work, "Figures", ["activity"], static=True)
        team.ids["figures"] = UUID(made.client_id)
    new = {"title": "Posts", "definition": "All of them.", "unit": "count", "better": "higher", "kind": "measured"}
    new |= {"over_time": "sum", "across_accounts": "sum", "activity": True}
    call("POST /v1/kpis", "content", {"key": "posts", **new}, 201)
    call("PATCH /v1/kpis/{id}", "content", {"title": "All posts"}, id="posts")
    said = {"account_id": account, "kpi_id": "posts", "source": "tool"}
    days = {"period_from": "2026-02-02", "period_until": "2026-02-09"}
    call("POST /v1/observations", "figures", {**said, **days, "value": "3"}, 201, bearer=made.bearer)
    form = {
        "file": ("seen.csv", f"account,kpi,period_from,period_until,value\n{account},posts,2026-02-09,2026-02-16,4\n")
    }
    call(
        "POST /v1/observations/import", "figures", None, bearer=made.bearer, files={"file": (*form["file"], "text/csv")}
    )
    aim = {
        "kpi_id": "posts",
        "scope": {"kind": "account", "id": account},
        "value": "5",
        **days,
        "note": f"{TAINT} said so.",
    }
    made = call("POST /v1/targets", "boss", aim, 201)
    call("DELETE /v1/targets/{id}", "boss", None, 204, id=made["id"])
    call("POST /v1/targets", "boss", aim, 201)
    call("POST /v1/kpis/{id}/retire", "boss", WHY, id="posts")


def of_accounts(call, team):
    words = dict.fromkeys(
        ("display_name", "purpose", "audience", "objective", "vault_reference"), f"{TAINT} and friends"
    )
    words |= {"shared_mailbox": f"{TAINT}@world.example", "recovery_contact": f"{TAINT}, +34 600"}
    new = {"network": "x", "handle": "acme", "business_unit_id": "sales", **words}
    made = call("POST /v1/accounts", "liaison", new, 201)
    call("PATCH /v1/accounts/{id}", "liaison", {"purpose": f"News of {TAINT}"}, id=made["id"])
    call(
        "POST /v1/accounts/{id}/decisions",
        "hub",
        {"decision": "approve", "comment": f"{TAINT} is right."},
        id=made["id"],
    )
    for verb in ("activate", "suspend", "resume", "decommission"):
        call(f"POST /v1/accounts/{{id}}/{verb}", "hub", WHY, id=made["id"])
    for step in ("credentials_rotated", "handle_parked", "evidence_kept", "evidence_kept"):
        said = {"step": step, "reference": f"https://records.example/{TAINT}", "note": f"{TAINT} has it."}
        call("POST /v1/accounts/{id}/decommissioning", "hub", said, id=made["id"])
    call("POST /v1/accounts/{id}/archive", "hub", WHY, id=made["id"])
    other = call("POST /v1/accounts", "liaison", {**new, "handle": "acme2"}, 201)
    call("POST /v1/accounts/{id}/withdraw", "liaison", {}, id=other["id"])
    account = team.account("acme_sales")
    call("POST /v1/accounts/{id}/validate", "hub", {}, id=account)
    call("POST /v1/accounts/{id}/activity", "hub", {}, id=account)
    return account


def of_retirements(call, team):
    """One kept, one retired, one that nobody looks after; and one that the campaign leaves open."""
    theirs = {"steward_id": team.ids["asker"], "network": "instagram"}
    kept, retired = team.account("acme_kept", **theirs), team.account("acme_over", **theirs)
    body = {"title": f"{TAINT} and others", "flags": ["unvalidated"], "network": "instagram"}
    campaign = call("POST /v1/retirements", "hub", body, 201)["id"]
    items = {one["account_id"]: one["id"] for one in team.get(f"/v1/retirements/{campaign}/items", "hub")["items"]}
    answer, decide = (f"POST /v1/retirements/{{id}}/items/{{item_id}}/{verb}" for verb in ("answer", "decide"))
    call(answer, "asker", {"answer": "keep", **WHY}, id=campaign, item_id=items[kept])
    call(answer, "asker", {"answer": "retire", **WHY}, id=campaign, item_id=items[retired])
    call(decide, "hub", {"decision": "retire", **WHY}, id=campaign, item_id=items[retired])
    team.account("acme_left", steward_id=team.ids["asker"], network="youtube")
    other = call("POST /v1/retirements", "boss", {**body, "network": "youtube"}, 201)["id"]
    call("POST /v1/retirements/{id}/end", "boss", WHY, id=other)


def of_discoveries(call, team):
    with team.work() as work:
        made = clients.create_client(work, "Monitoring", ["registry:write"], static=True)
        team.ids["vendor"] = UUID(made.client_id)
    seen = {"network": "x", "source": "Vendor", "note": f"{TAINT} saw it.", "display_name": "Fans of Acme"}
    seen |= {"evidence_url": f"https://evidence.example/{TAINT}"}
    found = call("POST /v1/discoveries", "boss", {**seen, "handle": "acme_fans"}, 201)
    call("POST /v1/discoveries", "hub", {**seen, "handle": "acme_fans", "source": "Another"})
    plain = {"network": "x", "handle": "acme", "source": "Vendor", "active": True}
    call("POST /v1/discoveries", "vendor", plain, 201, bearer=made.bearer)
    form = {"file": ("seen.csv", b"network,handle,source,seen_at\nx,acme_club,Vendor,2026-02-01\n", "text/csv")}
    call("POST /v1/discoveries/import", "vendor", None, bearer=made.bearer, files=form)
    why = {**WHY, "evidence_url": f"https://evidence.example/{TAINT}"}
    call("POST /v1/discoveries/{id}/dispute", "hub", why, id=found["id"])
    call("POST /v1/discoveries/{id}/taken-down", "hub", why, id=found["id"])
    call("POST /v1/discoveries/{id}/reopen", "hub", WHY, id=found["id"])
    call("POST /v1/discoveries/{id}/ignore", "hub", WHY, id=found["id"])
    call("POST /v1/discoveries/{id}/reopen", "hub", WHY, id=found["id"])
    call("POST /v1/discoveries/{id}/adopt", "hub", {"business_unit_id": "sales"}, id=found["id"])


def of_posts(call, team, account):
    with team.work() as work:
        made = clients.create_client(work, "Tool", ["decisions"], static=True)
        team.ids["tool"] = UUID(made.client_id)
    posts = [{"account_id": account, "content_sha256": f"{n:064x}", "note": f"{TAINT} wrote it."} for n in range(3)]
    cleared, denied, back = (call("POST /v1/clearances", "content", body, 201) for body in posts)
    word = {"decision": "approve", "comment": f"{TAINT} agrees."}
    call("POST /v1/clearances/{id}/decisions", "boss", word, id=cleared["id"])
    call("POST /v1/clearances/{id}/decisions", "boss", {**word, "decision": "deny"}, id=denied["id"])
    call("POST /v1/clearances/{id}/withdraw", "content", {}, id=back["id"])
    used = {"content_sha256": cleared["content_sha256"]}
    call("POST /v1/clearances/{id}/redeem", "tool", used, bearer=made.bearer, id=cleared["id"])


def of_rights(call, account):
    asking = {"account_id": account, "rights": ["publish"], "justification": f"{TAINT} asked me."}
    one = call("POST /v1/rights-requests", "asker", asking, 201)
    call("PATCH /v1/rights-requests/{id}", "asker", {"justification": f"{TAINT} asked me twice."}, id=one["id"])
    word = {"decision": "approve", "comment": f"Said {TAINT}."}
    call("POST /v1/rights-requests/{id}/decisions", "liaison", word, id=one["id"])
    grant = call("POST /v1/rights-requests/{id}/decisions", "hub", word, id=one["id"])["grants"][0]
    call("POST /v1/grants/{id}/passport", "asker", {}, id=grant["id"])
    call("POST /v1/grants/{id}/suspend", "hub", WHY, id=grant["id"])
    call("POST /v1/grants/{id}/resume", "hub", WHY, id=grant["id"])
    again = call("POST /v1/grants/{id}/renew", "asker", {"justification": f"{TAINT} again."}, 201, id=grant["id"])
    call("POST /v1/rights-requests/{id}/withdraw", "asker", {}, id=again["id"])
    profiled = {
        "subject": {"type": "employee", "id": "asker"}, "action": {"name": "engage"},
        "resource": {"type": "account", "id": account}, "context": {"justification": f"{TAINT} asked me."},
        "callback": {"endpoint": f"https://tool.example.com/{TAINT}", "state": TAINT},
    }  # fmt: skip
    task = call("POST /access/v1/requests", "asker", profiled, 202)["task"]
    call("POST /access/v1/requests/{id}/cancel", "asker", {"comment": "No more."}, id=task["id"])
    of_reviews(call)
    call("POST /v1/grants/{id}/revoke", "hub", WHY, id=grant["id"])
    call("PUT /v1/governance", "boss", {"model": "dandelion", **WHY})


def of_reviews(call):
    body = {"title": f"{TAINT} and others", "kinds": ["grants"]}
    review = call("POST /v1/reviews", "boss", body, 201)["id"]
    (item,) = call.team.get(f"/v1/reviews/{review}/items", "boss")["items"]
    named = {"id": review, "item_id": item["id"]}
    to = {"reviewer_id": str(call.team.ids["hub"]), **WHY}
    call("POST /v1/reviews/{id}/items/{item_id}/reassign", "boss", to, **named)
    word = {"decision": "keep", "comment": f"{TAINT} stays."}
    call("POST /v1/reviews/{id}/items/{item_id}/decisions", "hub", word, **named)
    call("POST /v1/reviews/{id}/close", "boss", WHY, id=review)


def told_all(team):
    """A scenario through every door that changes something."""
    call = Scenario(team)
    of_units(call, team)
    account = of_accounts(call, team)
    of_retirements(call, team)
    of_discoveries(call, team)
    of_posts(call, team, account)
    of_campaigns(call, team, account)
    of_rights(call, account)
    of_feeds(call, team)
    of_training(call, team)
    of_strategy(call, team)
    of_vendors(call, team, account)
    of_figures(call, team, account)
    of_erasures(call, team)
    return call


def of_erasures(call, team):
    person = str(team.hire("former", display_name=f"{TAINT} the former"))
    call("POST /v1/employees/{id}/hold", "boss", WHY, 201, id=person)
    call("POST /v1/employees/{id}/release", "boss", WHY, id=person)
    team.fire("former")
    call("POST /v1/employees/{id}/erase", "admin", WHY, id=person)


def test_every_door_that_changes_something_tells_of_it_in_the_same_commit(team):
    call = told_all(team)
    writes = {one.door for one in OPERATIONS if not one.only_reads}
    assert {door.replace("{key}", "{id}") for door in call.doors} == writes
    told = [action for actions in call.told for action in actions]
    assert "rights_request.approved" in told and "grant.issued" in told and "account.decommissioning" in told
    doubles = [actions for actions in call.told if len(actions) > 2]
    assert doubles == []  # none here changes more than two things


def test_a_refusal_leaves_no_event(team):
    account = team.account("acme")
    bearer = {who: team.token(who) for who in ("asker", "boss", "colleague")}
    before = team.intact()
    refused = (
        (
            "POST",
            "/v1/rights-requests",
            "asker",
            {"account_id": account, "rights": ["administer"], "justification": "x"},
            422,
        ),
        ("POST", "/v1/accounts", "colleague", {"network": "x", "handle": "new", "business_unit_id": "sales"}, 422),
        ("POST", "/v1/accounts", "boss", {"network": "x", "handle": "acme", "business_unit_id": "sales"}, 409),
        ("PUT", "/v1/governance", "asker", {"model": "dandelion", "reason": "x"}, 403),
        ("POST", "/v1/business-units/sales/close", "boss", {"reason": "x"}, 409),
        ("POST", "/v1/governance/preview", "boss", {"model": "centralized", "reason": "x"}, 200),
    )
    denied = 0
    for method, path, who, body, status in refused:
        team.want(status, method, path, body=body, bearer=bearer[who])
        denied += status == 403
        assert team.intact() == before + denied, path
    assert denied == len(team.events(action="route.denied")) == 1


def test_a_denied_attempt_is_told_of_and_not_how_often_it_is_repeated(team, monkeypatch):
    """I-45: who, through which door, why; neither the query nor the token nor what was sent."""
    limits = Limits({})
    monkeypatch.setattr(type(team.house.limits), "tells", lambda _, actor: limits._asked.hit(DENIALS, str(actor.id)))
    bearer = team.token("asker")
    body = {"model": "dandelion", "reason": f"{TAINT} wants it."}
    for _ in range(DENIALS.amount + 5):
        team.want(403, "PUT", "/v1/governance", body=body, bearer=bearer)
    told = team.events(action="route.denied")
    assert len(told) == DENIALS.amount
    assert told[0]["actor"] == {"kind": "employee", "id": str(team.ids["asker"]), "roles": []}
    assert told[0]["subject"] == {"kind": "route", "id": "PUT /v1/governance"}
    assert told[0]["after"] == {"code": "forbidden", "path": "/v1/governance"}
    assert TAINT not in json.dumps(told) and bearer not in json.dumps(told)
    team.want(403, "PUT", "/v1/governance", body=body, bearer=team.token("colleague"))
    assert len(team.events(action="route.denied")) == DENIALS.amount + 1
    team.want(401, "PUT", "/v1/governance", body=body, bearer="nobody")  # nobody known
    team.want(
        404, "GET", f"/v1/grants/{UUID(int=7)}", bearer=bearer
    )  # not there, or not to be seen: nothing was denied
    assert len(team.events(action="route.denied")) == DENIALS.amount + 1


def test_who_is_denied_is_denied_though_the_log_cannot_be_written(team, monkeypatch):
    real = audit.seal

    def broken(work):
        if any(one.action == "route.denied" for one in work.records):
            raise sa.exc.OperationalError("INSERT", {}, Exception("full"))
        return real(work)

    monkeypatch.setattr(audit, "seal", broken)
    before = team.intact()
    team.want(403, "PUT", "/v1/governance", "asker", {"model": "dandelion", "reason": "x"})
    assert team.intact() == before + 1  # the token that was issued for the call


def marked(team):
    team.hire(
        "marked", display_name=f"{TAINT} Smith", given_name=TAINT, family_name=f"{TAINT}son", title=f"Head of {TAINT}",
        email=f"{TAINT}@world.example", user_name=TAINT, location=f"{TAINT} Street 1",
    )  # fmt: skip
    with team.work() as work:
        from app.directory import store as directory
        from app.lifecycle import service as lifecycle

        person = directory.employee(work.session, team.ids["marked"])
        lifecycle.amend(work, person, {"display_name": f"Dr {TAINT} Smith", "title": f"Chief of {TAINT}"})
        lifecycle.leave(work, person, f"{TAINT} resigned")


def columns(team, table):
    with team.work(write=False) as work:
        return [dict(row) for row in work.session.execute(sa.text(f"SELECT * FROM {table}")).mappings()]


def test_no_name_address_or_free_text_stands_in_the_chain_itself(team):
    told_all(team)
    marked(team)
    for row in columns(team, "audit_event"):
        assert TAINT.lower() not in json.dumps(row, default=str).lower(), row["action"]
    kept = [row for row in columns(team, "audit_personal") if TAINT.lower() in row["value"].lower()]
    assert len(kept) > 30
    shown = json.dumps(team.events())
    assert f"Chief of {TAINT}" in shown and f"{TAINT} said so." in shown  # readable as long as it is kept


def test_what_is_personal_has_an_owner(team):
    told_all(team)
    marked(team)
    rows = columns(team, "audit_personal")
    people = {str(row["id"]).replace("-", "") for row in columns(team, "employee")}
    ownerless = [
        (row["field"], row["value"])
        for row in rows
        if str(row["person_id"] or "").replace("-", "") not in people and TAINT in row["value"]
    ]
    assert all(field == "reason" for field, _ in ownerless)  # the operator's own words: no employee wrote them


def test_who_is_forgotten_is_gone_and_the_chain_stands(team):
    told_all(team)
    marked(team)
    events = team.intact()
    with team.work() as work:
        work.session.execute(sa.text("DELETE FROM audit_personal"))
    assert team.intact() == events
    shown = json.dumps(team.events()) + json.dumps(team.get("/v1/audit/events?limit=200", "auditor"))
    assert TAINT.lower() not in shown.lower() and '"erased": true' in shown


def test_the_log_is_read_by_action_subject_and_request(team):
    asked = team.ask("asker", team.account("acme"))
    by = lambda **params: [  # noqa: E731
        (one["action"], one["subject"]["id"]) for one in team.get("/v1/audit/events", "auditor", params=params)["items"]
    ]
    assert by(action="rights_request.asked") == by(subject_id=asked["id"]) == [("rights_request.asked", asked["id"])]
    assert by(subject_kind="rights_request", subject_id=team.ids["asker"]) == []
    up = team.get("/v1/audit/events", "auditor", params={"sort": "seq", "limit": 3})["items"]
    assert (
        [one["seq"] for one in up] == [1, 2, 3]
        and up[0]["prev_hash"] == "0" * 64
        and up[1]["prev_hash"] == up[0]["hash"]
    )
    team.get("/v1/audit/events", "asker", 403)


def test_the_author_stands_in_the_event_with_the_roles_of_that_moment(team):
    team.switch("boss", "dandelion")
    team.appoint("boss", "content_strategist")
    team.switch("boss", "honeycomb", platform_id=team.post(
        "/v1/publishing-tools", "boss", {"key": "platform", "name": "Platform"}, 201)["id"])  # fmt: skip
    late, early = team.events(action="governance.switched")
    assert early["actor"]["roles"] == ["strategist"] and late["actor"]["roles"] == ["content_strategist", "strategist"]
    assert early["before"]["model"] == "hub_and_spoke" and late["before"]["model"] == "dandelion"


def test_without_the_log_there_is_no_change(team, monkeypatch):
    account, bearer, before = team.account("acme"), team.token("asker"), team.intact()
    monkeypatch.setattr(
        store, "append", lambda *_: (_ for _ in ()).throw(sa.exc.OperationalError("INSERT", {}, Exception()))
    )
    body = {"account_id": account, "rights": ["publish"], "justification": "x"}
    assert team.call("POST", "/v1/rights-requests", body=body, bearer=bearer).status_code == 503
    monkeypatch.undo()
    assert team.intact() == before and team.get("/v1/rights-requests", "boss")["items"] == []
