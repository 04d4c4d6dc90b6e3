"""What was found on the networks: recorded once, matched at the moment of asking, adopted, disputed, gone or ignored."""

from datetime import timedelta
from itertools import product
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from app.accounts.rules import AccountState
from app.clients import service as clients
from app.discoveries import service
from app.discoveries.rules import AFTER, DiscoveryState, Match, Seen
from app.networks import store as networks
from app.networks.rules import canonical
from app.schema import METADATA

PATH = "/v1/discoveries"
WHY = {"reason": "We have looked."}
LOOKALIKE = "\u0430cme"  # a Cyrillic letter in front


@pytest.fixture
def vendor(team):
    with team.work() as work:
        made = clients.create_client(work, "Monitoring", ["registry:write"], static=True)
    team.ids["vendor"] = UUID(made.client_id)
    return made.bearer


def seen(team, handle="acme", who="boss", status=201, *, bearer=None, network="x", **more):
    body = {"network": network, "handle": handle, "source": "Vendor", "seen_at": at(team), **more}
    return team.post(PATH, None if bearer else who, body, status, bearer=bearer)


def at(team, **ago):
    return (team.clock.now - timedelta(**ago)).isoformat().replace("+00:00", "Z")


def show(team, found, who="boss", status=200):
    return team.get(f"{PATH}/{found['id']}", who, status)


def do(team, found, verb, who="boss", status=200, **more):
    return team.post(f"{PATH}/{found['id']}/{verb}", who, {**WHY, **more}, status)


def listed(team, who="boss", **query):
    return [one["handle"] for one in team.get(PATH, who, params=query)["items"]]


def verify(team, handle="acme"):
    return team.client.get(f"/v1/accounts/verify?url=https://x.com/{handle}").json()["status"]


def notices(team, who):
    return [one for one in team.get("/v1/me/notices", who)["items"] if "active" in one["kind"]]


def step(team, account, *verbs):
    for verb in verbs:
        team.post(f"/v1/accounts/{account}/{verb}", "boss", WHY)


def adopt(team, found, who="boss", status=200, unit="sales", **more):
    return team.post(f"{PATH}/{found['id']}/adopt", who, {"business_unit_id": unit, **more}, status)


# --- recording --------------------------------------------------------------------------------------------------------


def test_what_is_seen_is_one_discovery_with_its_sightings(team, vendor):
    first = seen(team, "@ACME", bearer=vendor, display_name="Acme", followers=12, source="One")
    assert first["sources"] == []  # a vendor is not told who else has seen it
    assert (first["handle"], first["handle_written"], first["url"]) == ("acme", "@ACME", "https://x.com/acme")
    assert (first["state"], first["match"], first["alarm"], first["account_state"]) == (
        "open",
        "unknown",
        None,
        "discovered",
    )
    team.clock.turn(hours=1)
    again = seen(team, "acme", status=200, source="Two", active=True, note="Posts daily.")
    assert again["id"] == first["id"]
    assert (again["sightings"], again["sources"], again["display_name"]) == (2, ["One", "Two"], None)
    assert (again["first_seen_at"], again["last_seen_at"]) == (first["first_seen_at"], again["last_active_at"])
    earlier = team.post(PATH, "hub", {"url": "twitter.com/acme/", "source": "One", "seen_at": at(team, days=9)}, 200)
    assert earlier["last_seen_at"] == again["last_seen_at"] > earlier["first_seen_at"] == at(team, days=9)
    told = team.get(f"{PATH}/{first['id']}/sightings", "auditor")["items"]
    assert [(one["source"], one["active"]) for one in told] == [("Two", True), ("One", False), ("One", False)]
    assert told[0]["recorded_by"] == str(team.ids["boss"]) and told[1]["recorded_by"] is None
    assert told[1]["followers"] == 12 and told[0]["note"] == "Posts daily."
    assert team.untold() == ()


def test_the_same_said_again_writes_nothing(team, vendor):
    body = {"network": "x", "handle": "acme", "source": "Vendor", "seen_at": at(team)}
    first = team.call("POST", PATH, body=body, bearer=vendor)
    events = team.intact()
    again = team.call("POST", PATH, body={**body, "handle": "https://x.com/ACME"}, bearer=vendor)
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert team.intact() == events and "coe-revision" not in again.headers


def test_of_vendors_who_report_one_handle_at_once_each_is_heard_and_one_discovery_comes_of_it(team, vendor):
    for n in range(6):
        gate, answers = Barrier(4), []

        def report(source, n=n, gate=gate, answers=answers):
            gate.wait()
            body = {"network": "x", "handle": f"acme_{n}", "source": source, "seen_at": at(team)}
            answer = team.call("POST", PATH, body=body, bearer=vendor)
            while answer.status_code == 503:  # a lock was given up: it says to try again
                answer = team.call("POST", PATH, body=body, bearer=vendor)
            answers.append(answer)

        threads = [Thread(target=report, args=(source,)) for source in ("One", "Two", "Two", "Three")]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(one.status_code for one in answers) == [200, 200, 200, 201], [one.text for one in answers]
        assert len({one.json()["id"] for one in answers}) == 1
        (found,) = team.get(f"{PATH}?network=x&handle=acme_{n}", "boss")["items"]
        assert (found["sightings"], found["sources"]) == (3, ["One", "Three", "Two"])
    with team.work(write=False) as work:
        assert work.session.scalar(sa.text("SELECT count(*) FROM account WHERE state = 'discovered'")) == 6
    assert team.untold() == ()


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"network": "nope"}, "unknown_network"), ({"handle": None}, "validation"), ({"network": None}, "validation"),
        ({"handle": "a b"}, "validation"), ({"source": ""}, "validation"), ({"seen_at": "2026-03-03T09:00:00Z"}, "validation"),
        ({"followers": -1}, "validation"), ({"followers": "12"}, "validation"), ({"active": "yes"}, "validation"),
        ({"evidence_url": "javascript:alert(1)"}, "validation"), ({"evidence_url": "https://"}, "validation"),
        ({"evidence_url": "https://[x"}, "validation"), ({"more": 1}, "validation"), ({"note": "a\u202eb"}, "validation"),
        ({"network": None, "handle": None, "url": "https://nowhere.example/a"}, "unknown_network"),
        ({"url": "https://x.com/other"}, "validation"),
    ],
)  # fmt: skip
def test_a_bad_sighting_is_refused(team, bad, code):
    body = {"network": "x", "handle": "acme", "source": "Vendor", "seen_at": at(team), **bad}
    assert team.post(PATH, "boss", body, 422)["code"] == code
    assert team.get(PATH, "boss")["items"] == team.get("/v1/accounts", "boss")["items"] == []


def test_a_unit_that_it_seems_to_be_of_sees_it(team):
    found, other = seen(team, business_unit_id="sales"), seen(team, "other")
    assert show(team, found, "liaison")["business_unit_id"] == team.get("/v1/business-units/sales", "boss")["id"]
    assert listed(team, "liaison") == ["acme"] and listed(team, "hub") == ["acme", "other"]
    show(team, other, "liaison", 404)
    team.get(f"{PATH}/{other['id']}/sightings", "liaison", 404)
    show(team, found, "otherliaison", 404)
    do(team, found, "ignore", "liaison", 403)
    do(team, other, "ignore", "liaison", 403)  # nobody but the hub resolves: the door itself is closed
    team.get(PATH, "asker", 403)
    team.post("/v1/business-units", "boss", {"key": "gone", "name": "Gone"}, 201)
    team.post("/v1/business-units/gone/close", "boss", WHY)
    assert seen(team, "third", status=409, business_unit_id="gone")["code"] == "business_unit_closed"


# --- what it is of ours -----------------------------------------------------------------------------------------------


def test_what_is_ours_is_known_and_needs_nobodys_word(team):
    account = team.account("acme")
    found = seen(team, active=True)
    assert (found["state"], found["match"], found["account_id"]) == ("known", "registered", account)
    assert do(team, found, "ignore", status=409)["code"] == "wrong_discovery_state"
    assert team.get("/v1/accounts?state=discovered", "asker")["items"] == []


def test_it_follows_the_register(team):
    """Worked out at the moment of asking: whatever happens to the account, no discovery is stale."""
    found = seen(team)
    account = team.post("/v1/accounts", "liaison", {"network": "x", "handle": "acme", "business_unit_id": "sales"}, 201)
    assert account["id"] == found["account_id"]
    assert (show(team, found)["state"], show(team, found)["match"]) == ("adopting", "proposed")
    team.post(f"/v1/accounts/{account['id']}/decisions", "hub", {"decision": "approve"})
    assert show(team, found)["state"] == "adopting" and verify(team) == "unregistered"
    step(team, account["id"], "activate")
    assert (show(team, found)["state"], show(team, found)["match"], verify(team)) == (
        "adopted",
        "registered",
        "official",
    )
    team.clock.turn(days=1)
    team.retire(account["id"])
    assert (show(team, found)["state"], show(team, found)["match"]) == ("adopted", "was_official")
    again = seen(team, status=200, seen_at=at(team, minutes=-1))
    assert (again["state"], again["alarm"]) == ("open", None)
    assert team.untold() == ()


@pytest.mark.parametrize("network", ["x", "instagram"])
def test_a_look_alike_is_named_with_what_it_looks_like(team, network):
    ours = team.account("acme")
    team.account("other")
    found = seen(team, LOOKALIKE, network=network)
    assert found["match"] == "look_alike"
    assert found["look_alikes"] == [{"id": ours, "network": "x", "handle": "acme"}]
    shown = team.get(f"/v1/accounts/{found['account_id']}", "asker")
    assert shown["look_alike_of"] == (ours if network == "x" else None)
    assert listed(team, match="look_alike") == [LOOKALIKE] and listed(team, match="unknown") == []


def test_two_that_were_found_and_look_alike_are_neither_ours(team):
    assert (seen(team)["match"], seen(team, LOOKALIKE)["match"]) == ("unknown", "unknown")


def spoil(work, done, state, source, official, said, alarmed):
    """Put what was found, and its account, into a state past all rules."""
    of = sa.update(METADATA.tables["account"]).where(METADATA.tables["account"].c.id == done.account.id)
    work.session.execute(of.values(state=state, source=source, official_from=official, official_until=official))
    row = METADATA.tables["discovery"]
    changed = {"state": said, "alarmed_at": work.now if alarmed else None}
    work.session.execute(sa.update(row).where(row.c.id == done.discovery.id).values(changed))


def test_the_lists_find_each_where_it_stands(team):
    """The database and the rule say the same, of every state of an account and of every word that was said."""
    cases = list(
        product(
            AccountState, ("discovery", "inventory"), (None, team.clock.now), sorted(set(AFTER.values())), (False, True)
        )
    )
    with team.work() as work:
        x = networks.network(work.session, "x")
        for n, case in enumerate(cases):
            done = service.report(work, Seen("x", canonical(x, f"acme_{n}"), "Vendor", work.now))
            spoil(work, done, *case)
    bearer, by_id = team.token("boss"), {}

    def ids(**query):
        found, cursor = [], {}
        while cursor is not None:
            page = team.want(200, "GET", PATH, bearer=bearer, params={"limit": 200, **query, **cursor})
            found += page["items"]
            cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
        by_id.update((one["id"], one) for one in found)
        return {one["id"] for one in found}

    every = ids()
    assert len(every) == len(cases) > 300
    for name, words in (("state", DiscoveryState), ("match", Match)):
        parts = {word: ids(**{name: str(word)}) for word in words}
        assert {word for word, part in parts.items() if part} >= set(words) - {Match.LOOK_ALIKE}
        for word, part in parts.items():
            assert part == {id_ for id_ in every if by_id[id_][name] == word}, word
    for wanted in (True, False):
        assert ids(alarm=str(wanted).lower()) == {id_ for id_ in every if (by_id[id_]["alarm"] is not None) is wanted}
    assert ids(alarm="true")


# --- alarms -----------------------------------------------------------------------------------------------------------


def test_a_former_handle_that_posts_is_an_alarm_that_the_hub_is_told_of(team, vendor):
    account = team.account("acme")
    found = seen(team, bearer=vendor, active=True)
    team.retire(account)
    assert show(team, found)["state"] == "known" and notices(team, "hub") == []
    team.clock.turn(days=3)
    quiet = seen(team, bearer=vendor, status=200)
    assert (quiet["state"], quiet["match"], quiet["alarm"]) == ("open", "was_official", None)
    late = seen(team, bearer=vendor, status=200, active=True, seen_at=at(team, days=5))
    assert late["alarm"] is None  # we were posting ourselves then
    loud = seen(team, bearer=vendor, status=200, active=True, source="Another")
    assert (loud["alarm"], loud["alarmed_at"]) == ("former_handle_active", at(team))
    for who in ("hub", "boss", "boss2"):
        (told,) = notices(team, who)
        assert told["title"] == "Posts go out on what was ours: x:acme"
        assert told["link"] == f"http://127.0.0.1:8000{PATH}/{found['id']}"
    assert notices(team, "liaison") == notices(team, "asker") == []
    team.clock.turn(hours=1)
    seen(team, bearer=vendor, status=200, active=True)
    assert len(notices(team, "hub")) == 1  # the same alarm still stands
    assert listed(team, alarm="true") == ["acme"]
    (event,) = team.events(action="discovery.alarmed")
    assert event["after"]["alarm"] == "former_handle_active" and event["after"]["account_id"] == account
    assert verify(team) == "was_official"
    disputed = do(team, found, "dispute")
    assert (disputed["state"], disputed["alarm"], verify(team)) == ("disputed", None, "was_official")
    assert team.get(f"/v1/accounts/{account}", "asker")["state"] == "archived"
    assert team.untold() == ()


def test_a_suspended_account_that_posts_is_an_alarm_until_it_is_resumed(team):
    account = team.account("acme")
    before = at(team)
    team.clock.turn(days=1)
    step(team, account, "suspend")
    assert seen(team, active=True, seen_at=before)["alarm"] is None
    assert seen(team, status=200, active=True)["alarm"] is None  # at the very instant: perhaps just before
    team.clock.turn(hours=1)
    found = seen(team, status=200, active=True)
    assert (found["state"], found["match"], found["alarm"]) == ("open", "registered", "suspended_account_active")
    assert [one["kind"] for one in notices(team, "hub")] == ["suspended_account_active"]
    step(team, account, "resume")
    assert (show(team, found)["state"], show(team, found)["alarm"]) == ("known", None)
    assert team.untold() == ()


def test_an_alarm_that_was_ignored_is_raised_again_only_by_something_else(team):
    account = team.account("acme")
    step(team, account, "decommission")
    team.clock.turn(hours=1)
    found = seen(team, active=True)
    assert found["alarm"] == "former_handle_active"
    ignored = do(team, found, "ignore", "hub")
    assert (ignored["state"], ignored["alarm"], ignored["reason"]) == ("ignored", None, WHY["reason"])
    team.clock.turn(hours=1)
    assert seen(team, status=200, active=True)["state"] == "ignored"
    assert len(notices(team, "hub")) == 1
    do(team, found, "reopen")
    team.clock.turn(hours=1)
    assert seen(team, status=200, active=True)["alarm"] == "former_handle_active"
    assert len(notices(team, "hub")) == 2


# --- what is done about it --------------------------------------------------------------------------------------------


def test_adopting_goes_the_way_of_the_model_and_no_other(team):
    found = seen(team, display_name="Acme care")
    adopted = adopt(team, found, purpose="Customer care.", steward_id=str(team.ids["asker"]))
    assert (adopted["state"], adopted["account_state"]) == ("adopting", "proposed")
    account = team.get(f"/v1/accounts/{adopted['account_id']}", "boss")
    assert account["id"] == found["account_id"]
    assert (account["source"], account["display_name"], account["purpose"]) == (
        "discovery",
        "Acme care",
        "Customer care.",
    )
    assert account["registration"]["state"] == "pending" and account["registration"]["model"] == "hub_and_spoke"
    assert team.post(f"/v1/accounts/{account['id']}/decisions", "boss", {"decision": "approve"}, 403)
    assert verify(team) == "unregistered"
    for verb in ("dispute", "taken-down", "ignore"):
        assert do(team, found, verb, status=409)["code"] == "wrong_discovery_state"
    assert adopt(team, found, status=409)["code"] == "wrong_discovery_state"
    team.post(f"/v1/accounts/{account['id']}/decisions", "hub", {"decision": "approve"})
    assert verify(team) == "unregistered"
    team.post(f"/v1/accounts/{account['id']}/activate", "asker", {})
    assert (show(team, found)["state"], verify(team)) == ("adopted", "official")
    assert team.untold() == ()


def test_what_the_model_refuses_is_not_adopted(team):
    team.post("/v1/policies", "boss", {"key": "few", "title": "Few", "scope": {"kind": "enterprise"}}, 201)
    rules = {"text": "One network.", "rules": {"allowed_networks": ["linkedin"]}}
    team.post("/v1/policies/few/versions", "content", rules, 201)
    team.post("/v1/policies/few/versions/1/publish", "boss", {})
    found = seen(team)
    refused = adopt(team, found, status=422)
    assert [one["code"] for one in refused["reasons"]] == ["network_not_allowed"]
    assert (show(team, found)["state"], show(team, found)["account_state"]) == ("open", "discovered")


@pytest.mark.parametrize("end", ["deny", "withdraw", "expire"])
def test_a_registration_that_comes_to_nothing_leaves_what_was_found(team, end):
    found = seen(team)
    account = adopt(team, found, "boss")["account_id"]
    if end == "deny":
        team.post(f"/v1/accounts/{account}/decisions", "hub", {"decision": "deny", "comment": "No."})
    elif end == "withdraw":
        team.post(f"/v1/accounts/{account}/withdraw", "boss", {})
    else:
        from app.governance.registrations import service as registrations

        team.clock.turn(days=40)
        with team.work() as work:
            assert registrations.expire(work) == 1
    assert (show(team, found)["state"], show(team, found)["account_state"]) == ("open", "discovered")
    shown = team.get(f"/v1/accounts/{account}", "asker")
    assert (shown["steward_id"], shown["proposed_by"]) == (None, None)
    assert adopt(team, found)["account_id"] == account
    assert team.untold() == ()


def test_a_found_account_whose_proposal_lapsed_unseen_is_proposed_again(team):
    found = seen(team)
    adopt(team, found)
    team.clock.turn(days=40)
    again = team.post("/v1/accounts", "liaison", {"network": "x", "handle": "acme", "business_unit_id": "sales"}, 201)
    assert (again["id"], again["state"]) == (found["account_id"], "proposed")
    assert team.untold() == ()


def test_what_is_disputed_is_nobodys_and_cannot_be_registered(team):
    ours = team.account("acme")
    found = seen(team, "acme_help")
    team.clock.turn(hours=1)
    disputed = do(team, found, "dispute", "hub", evidence_url="https://evidence.example/4711")
    assert (disputed["state"], disputed["account_state"]) == ("disputed", "disputed")
    assert (disputed["decided_by"], disputed["decided_at"]) == (str(team.ids["hub"]), at(team))
    assert disputed["evidence_url"] == "https://evidence.example/4711"
    assert verify(team, "acme_help") == "unregistered" and verify(team) == "official"
    proposal = {"network": "x", "handle": "Acme_Help", "business_unit_id": "sales"}
    assert team.post("/v1/accounts", "liaison", proposal, 409)["code"] == "account_exists"
    assert [one["id"] for one in team.get("/v1/accounts?state=disputed", "asker")["items"]] == [found["account_id"]]
    team.clock.turn(hours=1)
    assert seen(team, "acme_help", status=200, active=True)["state"] == "disputed"
    gone = do(team, found, "taken-down")
    assert (gone["state"], gone["account_state"]) == ("taken_down", "withdrawn")
    assert team.get("/v1/accounts?state=disputed", "asker")["items"] == []
    team.clock.turn(hours=1)
    back = seen(team, "acme_help", status=200)
    assert (back["state"], back["account_state"], back["account_id"]) == ("open", "discovered", found["account_id"])
    assert team.get(f"/v1/accounts/{ours}", "asker")["state"] == "active"
    assert team.untold() == ()


def test_what_is_ignored_stays_so_until_it_is_something_else(team):
    found = seen(team)
    team.clock.turn(hours=1)
    assert do(team, found, "ignore")["account_state"] == "withdrawn"
    team.clock.turn(hours=1)
    assert seen(team, status=200)["state"] == "ignored"  # as it was
    assert seen(team, status=200, source="Late", active=True, seen_at=at(team, hours=2))["state"] == "ignored"
    team.clock.turn(hours=1)
    loud = seen(team, status=200, active=True)
    assert (loud["state"], loud["account_state"]) == ("open", "discovered")
    do(team, found, "ignore")
    team.clock.turn(hours=1)
    assert seen(team, status=200, active=True)["state"] == "ignored"  # as it was when it was ignored
    team.account("acme", network="instagram")  # now it looks like one of ours
    team.clock.turn(hours=1)
    assert (show(team, found)["match"], show(team, found)["state"]) == ("look_alike", "ignored")
    assert seen(team, status=200)["state"] == "open"
    assert team.untold() == ()


def test_a_handle_that_was_ignored_is_free_and_a_denied_one_is_found_again(team):
    found = seen(team)
    do(team, found, "ignore")
    proposal = {"network": "x", "handle": "acme", "business_unit_id": "sales"}
    made = team.post("/v1/accounts", "liaison", proposal, 201)
    assert made["id"] != found["account_id"] and show(team, found)["account_id"] == made["id"]
    assert show(team, found)["state"] == "adopting"
    team.post(f"/v1/accounts/{made['id']}/decisions", "hub", {"decision": "deny"})
    assert (show(team, found)["state"], show(team, found)["account_id"]) == ("ignored", found["account_id"])
    reopened = do(team, found, "reopen")
    assert (reopened["state"], reopened["account_state"]) == ("open", "discovered")
    assert team.untold() == ()


def test_a_proposal_that_was_seen_and_denied_is_found_when_it_is_seen_again(team):
    proposal = {"network": "x", "handle": "acme", "business_unit_id": "sales"}
    made = team.post("/v1/accounts", "liaison", proposal, 201)
    found = seen(team)
    assert (found["state"], found["account_id"]) == ("adopting", made["id"])
    team.post(f"/v1/accounts/{made['id']}/decisions", "hub", {"decision": "deny"})
    assert (show(team, found)["state"], show(team, found)["account_state"]) == ("open", "denied")
    team.clock.turn(hours=1)
    again = seen(team, status=200)
    assert again["account_state"] == "discovered" and again["account_id"] != made["id"]
    do(team, found, "dispute")
    assert team.get(f"/v1/accounts/{made['id']}", "boss")["state"] == "denied"
    assert team.untold() == ()


def test_what_stands_open_without_an_account_is_disputed_or_adopted_all_the_same(team):
    for n, verb in enumerate(("dispute", "adopt")):
        handle = f"acme_{n}"
        proposal = {"network": "x", "handle": handle, "business_unit_id": "sales"}
        made = team.post("/v1/accounts", "liaison", proposal, 201)
        found = seen(team, handle)
        team.post(f"/v1/accounts/{made['id']}/decisions", "hub", {"decision": "deny"})
        done = do(team, found, verb) if verb == "dispute" else adopt(team, found)
        assert done["account_id"] != made["id"]
        assert done["account_state"] == {"dispute": "disputed", "adopt": "proposed"}[verb]
    assert team.untold() == ()


def test_every_verb_in_every_state(team):
    ways = {
        "open": [], "disputed": ["dispute"], "taken_down": ["dispute", "taken-down"], "ignored": ["ignore"],
    }  # fmt: skip
    fine = {
        "open": {"dispute", "taken-down", "ignore"}, "disputed": {"taken-down", "reopen"}, "taken_down": {"reopen"},
        "ignored": {"reopen"},
    }  # fmt: skip
    for state, way in ways.items():
        for n, verb in enumerate(("dispute", "taken-down", "ignore", "reopen")):
            found = seen(team, f"{state}_{n}")
            for one in way:
                do(team, found, one)
            answer = team.call("POST", f"{PATH}/{found['id']}/{verb}", "hub", WHY)
            wanted = 200 if verb in fine[state] else 409
            assert answer.status_code == wanted, (state, verb, answer.text)
            assert wanted == 200 or answer.json()["code"] == "wrong_discovery_state"
    assert team.untold() == ()


def test_no_right_on_what_was_found_however_it_stands(team):
    found = seen(team)
    team.switch("boss", "decentralized")
    for verb in (None, "dispute"):
        if verb:
            do(team, found, verb)
        for account in (found["account_id"], "x:acme"):
            assert team.codes("asker", "asker", "publish", account) == {"account_not_active", "no_grant"}
        refused = team.ask("asker", found["account_id"], ["draft"], 422)
        assert [one["code"] for one in refused["reasons"]] == ["account_not_active"]
    for verb in ("activate", "resume", "archive"):
        assert team.post(f"/v1/accounts/{found['account_id']}/{verb}", "boss", {}, 409)["code"] == "wrong_state"


def test_an_inventory_takes_over_what_was_found_and_not_what_is_disputed(team, tmp_path):
    from tests.imports.bench import Bench, counts, listed

    ours, theirs = seen(team), seen(team, "bank")
    do(team, theirs, "dispute")
    bench = Bench(team.house, tmp_path / "accounts.csv")
    rows = [{**listed(handle), "steward_employee_id": "asker"} for handle in ("acme", "bank", "cargo")]
    done = bench.accounts(rows)
    assert (done.counts, done.codes) == (counts(created=2, rejected=1), {3: "account_disputed"})
    assert show(team, ours)["state"] == "adopted" and show(team, ours)["account_id"] == ours["account_id"]
    assert (verify(team), verify(team, "bank"), verify(team, "cargo")) == ("official", "unregistered", "official")
    assert bench.accounts(rows).counts == counts(unchanged=2, rejected=1)
    assert team.untold() == ()


def test_a_merged_unit_takes_what_was_found_along(team):
    found = seen(team, business_unit_id="sales")
    into = team.get("/v1/business-units/logistics", "boss")["id"]
    team.post("/v1/business-units/sales/merge", "boss", {"into_id": into, **WHY})
    assert show(team, found, "otherliaison")["business_unit_id"] == into
    assert team.untold() == ()


# --- service clients --------------------------------------------------------------------------------------------------


def test_a_client_of_the_registry_records_and_describes_and_nothing_else(team, vendor):
    account = team.account("acme")
    said = {"display_name": "Acme", "audience": "Customers", "language": "en", "posting_capacity": 3}
    changed = team.want(200, "PATCH", f"/v1/accounts/{account}", None, said, bearer=vendor)
    assert (changed["display_name"], changed["posting_capacity"]) == ("Acme", 3)
    for bad in (
        {"risk": "high"}, {"business_unit_id": "logistics"}, {"steward_id": str(team.ids["asker"])}, {"mfa": True},
        {"backup_steward_id": str(team.ids["asker"])}, {"vault_reference": "vault:x"}, {"recovery_contact": "me"},
        {"shared_mailbox": "a@b.example"}, {"display_name": "Other", "mfa": False},
    ):  # fmt: skip
        team.want(403, "PATCH", f"/v1/accounts/{account}", None, bad, bearer=vendor)
    made = team.post("/v1/accounts", "liaison", {"network": "x", "handle": "new", "business_unit_id": "sales"}, 201)
    team.want(403, "PATCH", f"/v1/accounts/{made['id']}", None, said, bearer=vendor)
    team.want(
        403, "POST", "/v1/accounts", None, {"network": "x", "handle": "b", "business_unit_id": "sales"}, bearer=vendor
    )
    found = seen(team, "found", bearer=vendor)
    team.want(200, "PATCH", f"/v1/accounts/{found['account_id']}", None, said, bearer=vendor)
    for verb in ("adopt", "dispute", "taken-down", "ignore", "reopen"):
        team.want(403, "POST", f"{PATH}/{found['id']}/{verb}", None, WHY, bearer=vendor)
    do(team, found, "dispute", evidence_url="https://evidence.example/1")
    again = seen(team, "found", status=200, source="Another", bearer=vendor)
    assert (again["state"], again["sightings"]) == ("disputed", 2)
    assert again["reason"] is again["evidence_url"] is again["decided_by"] is None and again["sources"] == []
    assert show(team, found)["reason"] == WHY["reason"] and len(show(team, found)["sources"]) == 2
    team.want(403, "GET", PATH, bearer=vendor)
    assert team.untold() == ()


def test_somebody_who_may_see_nothing_learns_nothing(team):
    found = seen(team)
    team.hire("scoped", "Sales")
    team.appoint("scoped", "community_manager", network="instagram")
    for verb in ("adopt", "dispute", "taken-down", "ignore", "reopen"):
        body = {"business_unit_id": "sales"} if verb == "adopt" else WHY
        there = team.post(f"{PATH}/{found['id']}/{verb}", "scoped", body, 404)
        absent = team.post(f"{PATH}/{uuid4()}/{verb}", "scoped", body, 404)
        assert there["title"] == absent["title"] and there["code"] == absent["code"]
    assert listed(team, "scoped") == []
    mine = seen(team, "acme", "scoped", network="instagram")
    assert do(team, mine, "ignore", "scoped")["state"] == "ignored"
    assert show(team, mine, "scoped")["state"] == "ignored"
