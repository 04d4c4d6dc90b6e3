"""Retirement campaigns: who is asked, what silence means, who decides, and what becomes of an account."""

from itertools import product
from threading import Barrier, Thread

import pytest

PATH = "/v1/retirements"
WHY = {"reason": "We have looked."}


@pytest.fixture
def account(team):
    theirs = {"steward_id": team.ids["asker"], "backup_steward_id": team.ids["colleague"]}
    return team.account("acme", **theirs)


def opened(team, who="hub", status=201, **more):
    return team.post(PATH, who, {"title": "Spring", "flags": ["unvalidated"], **more}, status)


def items(team, campaign, who="boss", **query):
    return team.get(f"{PATH}/{campaign['id']}/items", who, params=query)["items"]


def only(team, campaign):
    (one,) = items(team, campaign)
    return one


def answer(team, one, word="keep", who="asker", status=200, reason="We need it."):
    path = f"{PATH}/{one['retirement_id']}/items/{one['id']}/answer"
    return team.post(path, who, {"answer": word, "reason": reason}, status)


def decide(team, one, word="retire", who="hub", status=200, reason="Nobody reads it."):
    path = f"{PATH}/{one['retirement_id']}/items/{one['id']}/decide"
    return team.post(path, who, {"decision": word, "reason": reason}, status)


def progress(team, campaign):
    counts = team.get(f"{PATH}/{campaign['id']}", "boss")["progress"]
    return {name: n for name, n in counts.items() if n}


def notices(team, who):
    return [one for one in team.get("/v1/me/notices", who)["items"] if one["kind"] == "retirement_open"]


def test_the_story_until_the_account_answers_that_it_was_ours(team, account):
    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    (grant,) = team.decide("hub", asked)["grants"]
    campaign = opened(team)
    (told,) = notices(team, "asker")
    assert told["title"] == "Still needed? Spring" and len(notices(team, "colleague")) == 1
    assert told["link"].endswith(f"{PATH}/{campaign['id']}/items?waits_for=me") and notices(team, "liaison") == []
    (one,) = items(team, campaign, "asker", waits_for="me")
    assert (one["account"], one["state"], one["kept_before"]) == ("x:acme", "asked", None)
    assert one["flags"] == [{"flag": "unvalidated", "since": "2026-03-02T09:00:00Z", "policy": None}]
    assert items(team, campaign, "hub", waits_for="me") == items(team, campaign, "stranger", waits_for="me") == []
    agreed = answer(team, one, "retire", reason="They moved on.")
    assert (agreed["state"], agreed["answered_by"]) == ("agreed", str(team.ids["asker"]))
    assert items(team, campaign, "asker", waits_for="me") == []
    assert [each["id"] for each in items(team, campaign, "hub", waits_for="me")] == [one["id"]]
    assert team.get(f"/v1/accounts/{account}", "asker")["state"] == "active"  # nobody but the hub retires
    done = decide(team, one)
    assert (done["state"], done["account_state"]) == ("decommissioning", "decommissioning")
    assert team.get(f"/v1/grants/{grant['id']}", "asker")["state"] == "revoked"
    assert progress(team, campaign) == {"items": 1, "decommissioning": 1}
    team.work_off(account, "asker")
    team.post(f"/v1/accounts/{account}/archive", "hub")
    assert progress(team, campaign) == {"items": 1, "archived": 1}
    assert team.client.get("/v1/accounts/verify?url=x.com/acme").json()["status"] == "was_official"
    assert team.untold() == ()


def test_what_a_campaign_asks_about(team, account):
    """What is in use, in its scope, and flagged so."""
    paused = team.account("acme_two", state="suspended")
    team.account("acme_new", last_validated_at=team.clock.now)
    for state in ("approved", "proposed", "decommissioning", "archived", "discovered"):
        team.account(f"acme_{state[:8]}", state=state)
    far = team.account("acme_far", "logistics")
    gram = team.account("acme", network="instagram")
    scopes = (
        ({}, {account, paused, far, gram}),
        ({"business_unit_id": "sales"}, {account, paused, gram}),
        ({"network": "instagram"}, {gram}),
        ({"business_unit_id": "logistics", "network": "instagram"}, set()),
        (
            {"flags": ["orphaned"], "network": "x"},
            {paused, far, team.account("acme_nob", last_validated_at=team.clock.now)},
        ),
        ({"flags": ["idle"]}, set()),
    )
    for scope, wanted in scopes[:4]:
        body = {"title": "Spring", "flags": ["unvalidated"], **scope}
        seen = team.post(f"{PATH}/preview", "hub", body)
        assert {one["account_id"] for one in seen["items"]} == wanted and seen["asked_elsewhere"] == 0
    orphans, idle = scopes[4:]
    seen = team.post(f"{PATH}/preview", "hub", {"title": "Spring", **orphans[0]})
    assert orphans[1] <= {one["account_id"] for one in seen["items"]}
    assert team.post(f"{PATH}/preview", "hub", {"title": "Spring", **idle[0]})["items"] == []
    assert team.get(PATH, "boss")["items"] == [] and notices(team, "asker") == []
    made = opened(team, business_unit_id="sales", network="x")
    assert {one["account_id"] for one in items(team, made)} == {account, paused}
    assert made["progress"] == {**dict.fromkeys(made["progress"], 0), "items": 2, "asked": 1, "orphaned": 1}


def test_an_account_is_asked_about_by_one_campaign_at_a_time(team, account):
    first = opened(team)
    other = team.account("acme_two")
    seen = team.post(f"{PATH}/preview", "hub", {"title": "Spring", "flags": ["unvalidated", "single_custodian"]})
    assert [one["account_id"] for one in seen["items"]] == [other] and seen["asked_elsewhere"] == 1
    second = opened(team)
    assert [one["account_id"] for one in items(team, second)] == [other]
    answer(team, only(team, first), reason="The fair is in May.")
    third = opened(team)
    (again,) = items(team, third)
    assert (again["account_id"], again["kept_before"]["reason"]) == (account, "The fair is in May.")
    assert again["kept_before"]["retirement_id"] == first["id"]
    assert only(team, first)["kept_before"] is None
    assert team.untold() == ()


def test_silence_leaves_it_to_the_hub_and_retires_nothing(team, account):
    campaign = opened(team, due_at="2026-03-09T09:00:00Z")
    one = only(team, campaign)
    refused = decide(team, one, status=409)
    assert refused["code"] == "retirement_not_for_the_hub" and "2026-03-09 09:00" in refused["detail"]
    team.clock.turn(days=7, microseconds=-1)
    assert only(team, campaign)["state"] == "asked"
    team.clock.turn(microseconds=1)
    assert only(team, campaign)["state"] == "silent" and progress(team, campaign) == {"items": 1, "silent": 1}
    assert team.get(f"{PATH}/{campaign['id']}", "boss")["state"] == "due"
    assert answer(team, one, status=409)["code"] == "retirement_not_asked"
    team.clock.turn(days=100)
    assert team.get(f"/v1/accounts/{account}", "boss")["state"] == "active"
    kept = decide(team, one, "keep", reason="It is quiet, and needed.")
    assert (kept["state"], kept["decision_reason"]) == ("kept", "It is quiet, and needed.")
    assert decide(team, one, status=409)["code"] == "retirement_not_for_the_hub"


def test_what_nobody_looks_after_is_the_hubs_at_once(team):
    alone = team.account("acme", steward_id=team.ids["asker"])
    campaign = opened(team)
    one = only(team, campaign)
    assert one["state"] == "asked"
    team.fire("asker")
    assert only(team, campaign)["state"] == "orphaned"
    assert [each["id"] for each in items(team, campaign, "hub", waits_for="me")] == [one["id"]]
    team.want(200, "PATCH", f"/v1/accounts/{alone}", "hub", {"steward_id": str(team.ids["colleague"])})
    assert only(team, campaign)["state"] == "asked"  # there is somebody to ask again
    team.want(200, "PATCH", f"/v1/accounts/{alone}", "hub", {"steward_id": None})
    assert decide(team, one)["state"] == "decommissioning"
    assert team.untold() == ()


def test_who_answers_and_who_decides(team, account):
    campaign = opened(team)
    one = only(team, campaign)
    for who in ("stranger", "liaison", "hub", "boss", "auditor"):
        assert answer(team, one, who=who, status=403)["code"] == "forbidden", who
    answer(team, one, "retire", "colleague")
    for who in ("asker", "liaison", "content", "auditor", "developer"):
        assert decide(team, one, who=who, status=403)["code"] == "forbidden", who
    assert only(team, campaign)["state"] == "agreed"
    assert decide(team, one, "keep", "boss")["state"] == "kept"


def test_a_community_manager_has_campaigns_in_scope_only(team, account):
    team.hire("nethub", "Communications")
    team.appoint("nethub", "community_manager", network="instagram")
    assert opened(team, "nethub", 403)["code"] == "forbidden"
    opened(team, "nethub", 403, network="x")
    mine = opened(team, "nethub", network="instagram")
    campaign = opened(team)
    one = only(team, campaign)
    answer(team, one, "retire")
    decide(team, one, who="nethub", status=403)
    team.post(f"{PATH}/{campaign['id']}/end", "nethub", WHY, 403)
    assert team.post(f"{PATH}/{mine['id']}/end", "nethub", WHY)["state"] == "ended"
    opened(team, "liaison", 403)
    team.post(f"{PATH}/preview", "liaison", {"title": "Spring", "flags": ["idle"]}, 403)


def test_an_item_is_answered_once(team, account):
    one = only(team, opened(team))
    answer(team, one)
    for who, word in product(("asker", "colleague"), ("keep", "retire")):
        assert answer(team, one, word, who, 409)["code"] == "retirement_not_asked"
    assert decide(team, one, status=409)["code"] == "retirement_not_for_the_hub"


def test_what_was_retired_otherwise_is_moot(team, account):
    campaign = opened(team)
    one = only(team, campaign)
    team.post(f"/v1/accounts/{account}/decommission", "hub")
    assert only(team, campaign)["state"] == "moot" and progress(team, campaign) == {"items": 1, "moot": 1}
    assert answer(team, one, status=409)["code"] == "retirement_not_asked"
    assert decide(team, one, status=409)["code"] == "retirement_not_for_the_hub"


def test_a_campaign_that_ends_leaves_what_is_open_as_it_is(team, account):
    team.account("acme_two", steward_id=team.ids["asker"])
    campaign = opened(team)
    first, second = items(team, campaign)
    answer(team, first)
    ended = team.post(f"{PATH}/{campaign['id']}/end", "boss", {"reason": "Enough."})
    assert (ended["state"], ended["end_reason"], ended["ended_by"]) == ("ended", "Enough.", str(team.ids["boss"]))
    assert progress(team, campaign) == {"items": 2, "kept": 1, "dropped": 1}
    assert answer(team, second, status=409)["code"] == "retirement_over"
    assert decide(team, second, status=409)["code"] == "retirement_over"
    assert team.post(f"{PATH}/{campaign['id']}/end", "boss", WHY, 409)["code"] == "retirement_over"
    assert len(items(team, opened(team))) == 2  # they may be asked about again
    assert team.untold() == ()


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"due_at": "2026-03-03T08:59:59Z"}, "/due_at"), ({"due_at": "2027-03-04T09:00:00Z"}, "/due_at"),
        ({"network": "nowhere"}, "/network"), ({"business_unit_id": "nowhere"}, "/business_unit_id"),
        ({"flags": []}, "/flags"), ({"flags": ["ugly"]}, "/flags/0"), ({"title": ""}, "/title"), ({"owner": "me"}, "/owner"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for(team, more, pointer):
    refused = opened(team, status=422, **more)
    assert [one["pointer"] for one in refused["errors"]] == [pointer]
    assert team.get(PATH, "boss")["items"] == []


def test_it_is_due_in_two_weeks_unless_it_is_said_otherwise(team):
    assert opened(team)["due_at"] == "2026-03-16T09:00:00Z"


def test_items_are_listed_by_state_and_account_in_pages(team, account):
    for n in range(4):
        team.account(f"acme_{n}", steward_id=team.ids["asker"])
    team.account("acme_lost")
    campaign = opened(team)
    every = items(team, campaign)
    assert len(every) == 6
    assert [one["account"] for one in items(team, campaign, state="orphaned")] == ["x:acme_lost"]
    assert [one["account_id"] for one in items(team, campaign, account_id=account)] == [account]
    for sort in ("id", "-id"):
        found, cursor = [], {}
        while cursor is not None:
            page = team.get(
                f"{PATH}/{campaign['id']}/items", "asker", params={"limit": 2, "sort": sort, "state": "asked", **cursor}
            )
            found += page["items"]
            cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
        wanted = [one["id"] for one in every if one["state"] == "asked"]
        assert [one["id"] for one in found] == (wanted if sort == "id" else wanted[::-1])


def test_everybody_reads_and_what_is_not_there_is_404(team, account):
    campaign = opened(team)
    one = only(team, campaign)
    for who in ("stranger", "auditor"):
        assert team.get(f"{PATH}/{campaign['id']}/items/{one['id']}", who) == one
        assert [each["id"] for each in team.get(PATH, who)["items"]] == [campaign["id"]]
    other = opened(team)["id"]
    team.get(f"{PATH}/{other}/items/{one['id']}", "boss", 404)
    team.get(f"{PATH}/{one['id']}", "boss", 404)
    team.get(f"{PATH}/{one['id']}/items", "boss", 404)
    answer(team, {**one, "retirement_id": other}, status=404)
    decide(team, {**one, "id": other}, status=404)
    team.post(f"{PATH}/{account}/end", "boss", WHY, 404)


def together(team, *calls):
    """What calls that are started at once answer, in their order: each a path, a body, who."""
    bearers = {who: team.token(who) for _, _, who in calls}
    answers, gate = [None] * len(calls), Barrier(len(calls))

    def run(n, path, body, who):
        gate.wait()
        answers[n] = team.call("POST", path, body=body, bearer=bearers[who])

    threads = [Thread(target=run, args=(n, *one)) for n, one in enumerate(calls)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {one.status_code for one in answers} <= {200, 201, 409, 503}, [one.text for one in answers]
    return answers


def test_keep_and_retire_at_once_count_one(team):
    """Two custodians answer, or the hub decides twice, at the same moment: the first word stands."""
    for n in range(4):
        account = team.account(
            f"acme_{n}", network="instagram", steward_id=team.ids["asker"], backup_steward_id=team.ids["colleague"]
        )
        campaign = opened(team, network="instagram")
        (one,) = items(team, campaign, account_id=account)
        path = f"{PATH}/{campaign['id']}/items/{one['id']}"
        said = together(
            team,
            (f"{path}/answer", {"answer": "keep", **WHY}, "asker"),
            (f"{path}/answer", {"answer": "retire", **WHY}, "colleague"),
        )
        assert sum(each.status_code == 200 for each in said) <= 1
        now = only(team, campaign)
        assert now["answer"] == next((each.json()["answer"] for each in said if each.status_code == 200), None)
        if now["state"] == "agreed":
            done = together(
                team,
                (f"{path}/decide", {"decision": "keep", **WHY}, "hub"),
                (f"{path}/decide", {"decision": "retire", **WHY}, "boss"),
            )
            assert sum(each.status_code == 200 for each in done) <= 1
            now = only(team, campaign)
        retired = team.get(f"/v1/accounts/{account}", "boss")["state"] == "decommissioning"
        assert retired == (now["decision"] == "retire")
        team.post(f"{PATH}/{campaign['id']}/end", "boss", WHY)
        if not retired:
            team.post(f"/v1/accounts/{account}/decommission", "boss")
    assert team.untold() == ()


def test_campaigns_opened_at_once_ask_about_an_account_once(team, account):
    body = {"title": "Spring", "flags": ["unvalidated"]}
    made = together(team, (PATH, body, "hub"), (PATH, body, "boss"), (PATH, body, "boss2"))
    campaigns = [one.json() for one in made if one.status_code == 201]
    assert campaigns and sum(one["progress"]["items"] for one in campaigns) == 1
    assert team.untold() == ()
