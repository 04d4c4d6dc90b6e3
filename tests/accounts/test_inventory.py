"""Accounts in use: their states, what they are flagged for, who looks after them, what the public is told."""

from datetime import timedelta

from app.accounts.rules import AccountState, Verb

AFTER = {
    ("approved", "activate"): "active",
    ("active", "suspend"): "suspended",
    ("suspended", "resume"): "active",
    ("approved", "decommission"): "decommissioning",
    ("active", "decommission"): "decommissioning",
    ("suspended", "decommission"): "decommissioning",
    ("decommissioning", "archive"): "archived",
}
"""Every step that there is; all others are refused."""


def test_every_step_from_every_state(team):
    bearer = team.token("boss")
    for state in AccountState:
        for verb in Verb:
            account = team.account(f"{state}_{verb}"[:15].replace("-", "_"), state=state, official_from=None)
            path = f"/v1/accounts/{account}"
            answer = team.call("POST", f"{path}/{verb}", body={"reason": "So it is."}, bearer=bearer)
            wanted = AFTER.get((state, verb))
            if wanted:
                assert (answer.status_code, answer.json()["state"]) == (200, wanted), (state, verb)
            else:
                assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state"), (state, verb)
                assert team.want(200, "GET", path, bearer=bearer)["state"] == state
            with team.work() as work:
                from sqlalchemy import text

                work.session.execute(text("UPDATE account SET state = 'denied'"))  # the name is free for the next


def test_the_life_of_an_account_and_what_the_public_is_told_of_it(team):
    account = team.account("acme", state="approved", official_from=None)
    status = lambda: {  # noqa: E731
        k: v
        for k, v in team.client.get("/v1/accounts/verify?url=x.com/acme").json().items()
        if k in ("status", "official_until")
    }
    step = lambda verb: team.post(f"/v1/accounts/{account}/{verb}", "hub", {})  # noqa: E731
    assert status() == {"status": "unregistered", "official_until": None}  # approved is not open
    opened = step("activate")
    assert opened["official_from"] == "2026-03-02T09:00:00Z" and opened["opened_on"] == "2026-03-02"
    assert status()["status"] == "official"
    step("suspend")
    assert status()["status"] == "official"
    team.clock.turn(days=1)
    step("decommission")
    assert status() == {"status": "was_official", "official_until": "2026-03-03T09:00:00Z"}
    team.clock.turn(days=1)
    team.work_off(account, "hub")
    step("archive")
    assert status() == {"status": "was_official", "official_until": "2026-03-03T09:00:00Z"}


def test_what_was_approved_and_never_opened_was_never_official(team):
    account = team.account("acme", state="approved", official_from=None)
    team.post(f"/v1/accounts/{account}/decommission", "hub", {})
    assert team.client.get("/v1/accounts/verify?url=x.com/acme").json()["status"] == "unregistered"


def test_the_steward_activates_what_they_look_after(team):
    account = team.account("acme", state="approved", steward_id=team.ids["asker"])
    team.post(f"/v1/accounts/{account}/activate", "colleague", {}, 403)
    team.post(f"/v1/accounts/{account}/activate", "asker", {})
    team.post(f"/v1/accounts/{account}/suspend", "asker", {}, 403)


def test_what_the_public_is_told_of_each_state(team):
    told = {
        "active": "official",
        "suspended": "official",
        "decommissioning": "was_official",
        "archived": "was_official",
    }
    for n, state in enumerate(AccountState):
        team.account(f"acme_{n}", state=state, official_until=team.clock.now)
        for url in (
            "https://twitter.com/ACME_{}",
            "https://x.com/acme_{}/media",
            "//x.com/acme_{}",
            "http://www.x.com/acme_{}?s=20#top",
        ):
            answer = team.client.get("/v1/accounts/verify", params={"url": url.format(n)})
            assert (answer.status_code, answer.json()["status"]) == (200, told.get(state, "unregistered")), (url, state)
    assert team.client.get("/v1/accounts/verify?url=x.com/acme_").json()["status"] == "unregistered"


def test_addresses_that_are_nobodys_and_addresses_that_are_none(team):
    ask = lambda url: team.client.get("/v1/accounts/verify", params={"url": url})  # noqa: E731
    team.account("home_")
    for url in ("https://x.com/home", "https://x.com/", "x.com/i/events/1", "https://x.com/a_handle_longer_than_any"):
        assert ask(url).json() == {
            "status": "unregistered",
            "network": None,
            "handle": None,
            "url": None,
            "official_until": None,
        }
    for url in (
        "https://unknown-network.example/foo",
        "https://x.com.evil.example/home_",
        "https://xcom/home_",
        "nonsense",
    ):
        assert (ask(url).status_code, ask(url).json()["code"]) in ((422, "unknown_network"), (422, "validation")), url
    assert ask("https://unknown-network.example/foo").json()["code"] == "unknown_network"
    for url in (
        "", " ", "https://x.com@evil.example/home_", "javascript:alert(1)", "https://x.com:8443/home_", "https://x.com/../home_",
        "https://x.com\\home_", "https://x.com/ho\u200bme_", "https://x.com/%ff", "ftp://x.com/home_", "x.com/home_\u202e", "x" * 2001,
    ):  # fmt: skip
        answer = ask(url)
        assert answer.status_code == 422 and "official" not in answer.text, url
    assert team.client.get("/v1/accounts/verify").status_code == 422


def flags(team, account):
    found = team.get(f"/v1/accounts/{account}", "hub")["flags"]
    (listed,) = [one["flags"] for one in team.get("/v1/accounts?limit=200", "hub")["items"] if one["id"] == account]
    assert listed == found
    return {one["flag"]: one["since"] for one in found if one["flag"] not in UNSTATED}


UNSTATED = ("no_mfa", "no_objective")
"""What is missing of every account of which nobody has said more than that it is there."""


def unstated(team, account):
    found = team.get(f"/v1/accounts/{account}", "hub")["flags"]
    return {one["flag"]: one["since"] for one in found if one["flag"] in UNSTATED}


def test_what_nobody_has_said_of_an_account_is_missed_from_when_it_was_so(team):
    account = team.account("acme")
    day = lambda n: f"2026-03-{n:02}T09:00:00Z"  # noqa: E731
    assert unstated(team, account) == {"no_mfa": day(2), "no_objective": day(2)}
    patch = lambda body: team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", body)  # noqa: E731
    team.post("/v1/strategy/goals", "boss", {"key": "trust", "title": "Trust"}, 201)
    team.post("/v1/strategy/objectives", "content", {"key": "answers", "title": "Answers", "goal_id": "trust"}, 201)
    patch({"mfa": True, "objective": "answers"})
    assert unstated(team, account) == {}
    team.clock.turn(days=1)
    patch({"mfa": False, "objective": "no such"})
    assert unstated(team, account) == {"no_mfa": day(3), "no_objective": day(3)}
    patch({"objective": "answers"})
    team.clock.turn(days=1)
    patch({"purpose": "Another"})
    assert unstated(team, account) == {"no_mfa": day(3)}
    team.post("/v1/strategy/objectives/answers/retire", "content", {"reason": "It is over."})
    assert unstated(team, account) == {"no_mfa": day(3), "no_objective": day(4)}


def test_accounts_for_the_same_people_on_the_same_network_are_duplicates_from_the_second_on(team):
    alike = {"audience": "gardeners", "region": "north"}
    one = team.account("acme", **alike)
    team.clock.turn(days=1)
    others = [team.account("acme_other", **{**alike, "region": "south"}), team.account("acme_more", region="north")]
    others.append(team.account("acme", network="instagram", **alike))
    others.append(team.account("acme_log", "logistics", **alike))
    assert not any("duplicate" in flags(team, each) for each in (one, *others))
    second = team.account("acme_two", **alike)
    team.clock.turn(days=1)
    third = team.account("acme_three", **alike)
    assert {flags(team, each)["duplicate"] for each in (one, second, third)} == {"2026-03-03T09:00:00Z"}
    team.post(f"/v1/accounts/{one}/decommission", "boss", {"reason": "One is enough."})
    assert flags(team, second)["duplicate"] == "2026-03-04T09:00:00Z" and "duplicate" not in flags(team, one)


def test_a_flag_names_the_policy_that_it_breaks(team):
    account = team.account("acme", last_activity_at=team.clock.now)
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    said = {"idle_after_days": 10, "validate_every_days": 20, "two_custodians": True}
    team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": said}, 201)
    named = lambda: {one["flag"]: one["policy"] for one in team.get(f"/v1/accounts/{account}", "hub")["flags"]}  # noqa: E731
    assert set(named().values()) == {None}
    team.post("/v1/policies/care/versions/1/publish", "boss")
    team.clock.turn(days=10)
    told = {"orphaned": "care@1", "idle": "care@1", "unvalidated": "care@1", "no_objective": None, "no_mfa": None}
    assert named() == told


def test_an_account_is_idle_and_unvalidated_from_an_instant_on(team):
    people = {"steward_id": team.ids["asker"], "backup_steward_id": team.ids["colleague"]}
    account = team.account("acme", **people)
    assert flags(team, account) == {"unvalidated": "2026-03-02T09:00:00Z"}  # and not idle: nothing was ever reported
    team.post(f"/v1/accounts/{account}/validate", "asker", {})
    team.post(f"/v1/accounts/{account}/activity", "asker", {})
    assert flags(team, account) == {}
    team.clock.turn(days=90, microseconds=-1)
    assert flags(team, account) == {}
    team.clock.turn(microseconds=1)
    assert flags(team, account) == {"idle": "2026-05-31T09:00:00Z"}
    team.clock.turn(days=90)
    assert flags(team, account) == {"idle": "2026-05-31T09:00:00Z", "unvalidated": "2026-08-29T09:00:00Z"}
    earlier = (team.clock.now - timedelta(days=1)).isoformat()
    recorded = team.post(f"/v1/accounts/{account}/activity", "asker", {"at": earlier})
    assert recorded["last_activity_at"] == "2026-08-28T09:00:00Z"
    older = (team.clock.now - timedelta(days=2)).isoformat()
    assert (
        team.post(f"/v1/accounts/{account}/activity", "asker", {"at": older})["last_activity_at"]
        == "2026-08-28T09:00:00Z"
    )
    ahead = (team.clock.now + timedelta(minutes=6)).isoformat()
    team.post(f"/v1/accounts/{account}/activity", "asker", {"at": ahead}, 422)
    assert set(flags(team, account)) == {"unvalidated"}


def test_policy_says_when_an_account_is_idle(team):
    account = team.account("acme", last_activity_at=team.clock.now, last_validated_at=team.clock.now)
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "network", "id": "x"}}, 201)
    rules = {"idle_after_days": 10, "validate_every_days": 20}
    team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": rules}, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss")
    other = team.account("acme", network="instagram", last_activity_at=team.clock.now, last_validated_at=team.clock.now)
    team.clock.turn(days=20)
    assert {"idle", "unvalidated"} <= set(flags(team, account)) and not {"idle", "unvalidated"} & set(
        flags(team, other)
    )


def test_custodians_who_leave_are_missed_from_when_they_left(team):
    people = {"steward_id": team.ids["asker"], "backup_steward_id": team.ids["colleague"]}
    account = team.account("acme", **people, last_validated_at=team.clock.now)
    alone = team.account("acme_two", steward_id=team.ids["asker"], last_validated_at=team.clock.now)
    nobody = team.account("acme_three", last_validated_at=team.clock.now)
    assert flags(team, account) == {} and flags(team, alone) == {"single_custodian": "2026-03-02T09:00:00Z"}
    assert flags(team, nobody) == {"orphaned": "2026-03-02T09:00:00Z"}
    team.clock.turn(days=1)
    team.fire("asker")
    assert flags(team, account) == {"single_custodian": "2026-03-03T09:00:00Z"}
    assert flags(team, alone) == {"orphaned": "2026-03-03T09:00:00Z"}
    team.clock.turn(days=1)
    team.fire("colleague")
    assert flags(team, account) == {"orphaned": "2026-03-04T09:00:00Z"}
    assert (
        team.client.get("/v1/accounts/verify?url=x.com/acme").json()["status"] == "official"
    )  # never by itself a refusal
    team.want(200, "PATCH", f"/v1/accounts/{account}", "hub", {"steward_id": str(team.ids["liaison"])})
    assert set(flags(team, account)) == {"single_custodian"}


def test_accounts_not_in_use_are_flagged_for_nothing_but_their_look(team):
    for state in ("proposed", "denied", "withdrawn", "decommissioning", "archived", "discovered"):
        assert flags(team, team.account(f"a_{state}"[:15], state=state)) == {}, state


def test_who_describes_an_account_and_who_decides_who_governs_it(team):
    people = {"steward_id": team.ids["asker"], "backup_steward_id": team.ids["colleague"]}
    account = team.account("acme", **people)
    team.hire("salesmanager")
    team.appoint("salesmanager", "community_manager", "sales")
    patch = lambda who, body, status=200: team.want(status, "PATCH", f"/v1/accounts/{account}", who, body)  # noqa: E731
    for who in ("asker", "colleague", "liaison", "hub", "salesmanager", "boss"):
        assert patch(who, {"purpose": f"By {who}."})["purpose"] == f"By {who}."
    for who in ("stranger", "otherliaison", "developer", "auditor", "content", "admin"):
        patch(who, {"purpose": "Mine."}, 403)
    for who in ("asker", "liaison"):
        patch(who, {"risk": "high"}, 403)
        patch(who, {"business_unit_id": "logistics"}, 403)
    assert patch("salesmanager", {"risk": "high"})["risk"] == "high"
    patch(
        "salesmanager", {"business_unit_id": "logistics"}, 403
    )  # theirs is the unit that it leaves, not where it goes
    logistics = team.get("/v1/business-units/logistics", "boss")["id"]
    assert patch("hub", {"business_unit_id": "logistics"})["business_unit_id"] == logistics
    patch("salesmanager", {"purpose": "Mine."}, 403)
    patch("otherliaison", {"purpose": "Ours now."})
    patch("boss", {"business_unit_id": "nowhere"}, 404)
    for members in (
        {"handle": "other"},
        {"state": "archived"},
        {"network": "instagram"},
        {"official_from": None},
        {"id": "x"},
    ):
        patch("boss", members, 422)


def test_custodians_are_two_different_people_who_are_here(team):
    account = team.account("acme", steward_id=team.ids["asker"], backup_steward_id=team.ids["colleague"])
    patch = lambda body, status: team.want(status, "PATCH", f"/v1/accounts/{account}", "hub", body)  # noqa: E731
    asker, liaison = str(team.ids["asker"]), str(team.ids["liaison"])
    for body in (
        {"steward_id": asker, "backup_steward_id": asker},
        {"backup_steward_id": asker},
        {"steward_id": str(team.ids["colleague"])},
        {"steward_id": "00000000-0000-7000-8000-00000000dead"},
    ):
        assert patch(body, 422)["errors"][0]["code"] in ("same_person", "unknown_employee"), body
    team.fire("liaison")
    patch({"steward_id": liaison}, 422)
    patch({"steward_id": str(team.ids["colleague"]), "backup_steward_id": asker}, 200)  # they change places
    team.fire("asker")
    patch({"purpose": "News."}, 200)  # that a custodian has left does not stop others from describing it
    new = {"network": "x", "handle": "new", "business_unit_id": "sales", "backup_steward_id": str(team.ids["boss"])}
    assert (
        team.post("/v1/accounts", "boss", new, 422)["errors"][0]["code"] == "same_person"
    )  # who proposes is the steward


def test_an_account_is_found_under_every_spelling_of_its_handle(team):
    account = team.account("Acme_Sales")
    for spelling in ("acme_sales", "@ACME_Sales", "Acme_Sales"):
        found = team.get("/v1/accounts", "asker", params={"network": "x", "handle": spelling})["items"]
        assert [one["id"] for one in found] == [account]
    assert team.get("/v1/accounts", "asker", params={"network": "x", "handle": "not a handle!"})["items"] == []
    for name in (account, "x:acme_sales", "x:@ACME_SALES"):
        assert team.get(f"/v1/accounts/{name}", "asker")["id"] == account
    for name in ("x:nobody", "nope:acme_sales", "acme_sales", ":", "x:"):
        team.get(f"/v1/accounts/{name}", "asker", 404)
