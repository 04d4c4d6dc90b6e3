"""Campaigns: rights that begin and end with them, asked and decided as any others, on both databases."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.governance.models.rules import Right
from tests.kit import START
from tests.test_races import ROUNDS, Race, check

PATH = "/v1/campaigns"
BEGINS, ENDS = START + timedelta(days=2), START + timedelta(days=30)
WHY = {"reason": "It rains."}


def written(at):
    return at.isoformat().replace("+00:00", "Z")


@pytest.fixture
def crew(team):
    """A manager in sales, and two accounts."""
    team.hire("manager", "Sales")
    team.appoint("manager", "campaign_manager", "sales")
    team.two = [team.account("acme"), team.account("acme_care")]
    return team


def planned(team, status=201, who="manager", people=("asker",), rights=("publish",), **said):
    new = {
        "key": "spring", "title": "Spring", "purpose": "Balconies.", "business_unit_id": "sales",
        "starts_at": written(BEGINS), "ends_at": written(ENDS), "account_ids": team.two,
        "members": [{"employee_id": str(team.ids[one]), "rights": list(rights)} for one in people], **said,
    }  # fmt: skip
    return team.post(PATH, who, new, status)


def asked(team, who="asker", status=200, key="spring", **more):
    return team.post(f"{PATH}/{key}/requests", who, more, status)


def changed(team, status=200, who="manager", key="spring", **said):
    return team.want(status, "PATCH", f"{PATH}/{key}", who, said)


def by_account(team, answer):
    """What was answered, in the order of the two accounts."""
    found = {one["account_id"]: one for one in answer["items"]}
    return [found[one] for one in team.two if one in found]


def granted(team, answer):
    """Everything that was asked is decided by the model's people."""
    for one in by_account(team, answer):
        for request in one["requests"]:
            for who in ("liaison", "hub"):
                request = team.decide(who, request)
            assert request["state"] == "granted"
            yield from request["grants"]


def until(team, at):
    team.clock.now = at


def may(team, account=0, right="publish", who="asker"):
    return team.codes("boss", who, right, team.two[account])


# --- the story ------------------------------------------------------------------------------------------------------


def test_rights_begin_and_end_with_a_campaign_and_the_model_decides_about_them(crew):
    made = planned(crew)
    assert (made["state"], made["manager_id"]) == ("planned", str(crew.ids["manager"]))
    assert may(crew) == {"no_grant"}  # to be named gives nobody a right
    for one in by_account(crew, asked(crew)):
        (request,) = one["requests"]
        assert (request["state"], request["rights"]) == ("pending", ["publish"])
        assert (request["campaign_id"], request["starts_at"]) == (made["id"], made["starts_at"])
        assert (request["until"], request["justification"]) == (made["ends_at"], "Spring: Balconies.")
        assert crew.decide("manager", request, status=404)["code"] == "not_found"  # who manages decides no rights
    grants = list(granted(crew, asked(crew)))
    assert {(one["state"], one["valid_from"], one["valid_until"]) for one in grants} == {
        ("scheduled", made["starts_at"], made["ends_at"])
    }
    assert may(crew) == {"grant_not_started"} and found(crew) == []
    passport = f"/v1/grants/{grants[0]['id']}/passport"
    assert [one["code"] for one in crew.post(passport, "asker", {}, 422)["reasons"]] == ["grant_not_started"]
    until(crew, BEGINS - timedelta(microseconds=1))
    assert may(crew) == {"grant_not_started"}
    until(crew, BEGINS)
    assert crew.get(f"{PATH}/spring", "stranger")["state"] == "running"
    assert may(crew) == may(crew, 1) == may(crew, right="draft") == set()
    assert found(crew) == [str(crew.ids["asker"])]
    crew.post(passport, "asker", {})
    until(crew, ENDS)
    assert crew.get(f"{PATH}/spring", "stranger")["state"] == "over"
    assert may(crew) == {"grant_expired"} and found(crew) == []
    assert crew.untold() == ()


def found(team):
    """Who may publish, as a search has it."""
    body = {"subject": {"type": "employee"}, "action": {"name": "publish"}}
    body["resource"] = {"type": "account", "id": team.two[0]}
    return [one["id"] for one in team.post("/access/v1/search/subject", "boss", body)["results"]]


def test_who_takes_part_later_has_the_right_at_once_and_until_the_same_end(crew):
    planned(crew)
    until(crew, BEGINS + timedelta(days=3))
    (one, _) = granted(crew, asked(crew))
    assert (one["valid_from"], one["valid_until"]) == (written(crew.clock.now), written(ENDS))
    assert may(crew) == set()


def test_who_could_post_then_is_told_of_a_right_that_had_not_begun(crew):
    planned(crew)
    list(granted(crew, asked(crew)))
    until(crew, BEGINS + timedelta(days=1))
    publishers = f"/v1/accounts/{crew.two[0]}/publishers"
    for at, people in ((BEGINS - timedelta(hours=1), []), (BEGINS, [str(crew.ids["asker"])])):
        told = crew.get(f"{publishers}?as_of={written(at)}", "boss")
        assert [one["employee_id"] for one in told["items"]] == people


# --- ending it ------------------------------------------------------------------------------------------------------


def test_a_campaign_that_is_ended_takes_with_it_all_that_came_of_it_and_nothing_else(crew):
    crew.hire("other", "Sales")
    own = crew.ask("colleague", crew.two[0])
    for who in ("liaison", "hub"):
        own = crew.decide(who, own)
    planned(crew, people=("asker", "other"))
    grants = list(granted(crew, asked(crew)))
    (waiting, _) = by_account(crew, asked(crew, "other"))
    until(crew, BEGINS + timedelta(days=1))
    assert may(crew) == set()
    over = crew.post(f"{PATH}/spring/end", "manager", WHY)
    assert (over["state"], over["end_reason"], over["ended_by"]) == ("over", "It rains.", str(crew.ids["manager"]))
    assert may(crew) == may(crew, 1) == {"grant_revoked"}
    ended = crew.get(f"/v1/grants/{grants[0]['id']}", "asker")
    assert (ended["state"], ended["end_reason"]) == ("revoked", "the campaign spring was ended")
    request = crew.get(f"/v1/rights-requests/{waiting['requests'][0]['id']}", "other")
    assert request["state"] == "withdrawn"
    assert crew.decide("liaison", request, status=409)["code"] == "request_not_pending"
    assert may(crew, who="colleague") == set()
    for answer in (
        crew.post(f"{PATH}/spring/end", "manager", WHY, 409),
        changed(crew, 409, title="x"),
        asked(crew, status=409),
    ):
        assert answer["code"] == "campaign_over"
    assert crew.untold() == ()


def test_a_right_that_lapsed_before_it_was_ended_was_not_revoked(crew):
    planned(crew)
    (one, _) = granted(crew, asked(crew))
    until(crew, ENDS + timedelta(days=1))
    assert crew.post(f"{PATH}/spring/end", "manager", WHY, 409)["code"] == "campaign_over"
    assert crew.get(f"/v1/grants/{one['id']}", "asker")["state"] == "expired"


@pytest.mark.parametrize("what", ["account", "member", "right"])
def test_what_a_campaign_covers_no_more_ends_with_the_change(crew, what):
    planned(crew, people=("asker", "colleague"), rights=("publish", "engage"))
    list(granted(crew, asked(crew)))
    (first, second) = (one["requests"][0] for one in by_account(crew, asked(crew, "colleague")))
    until(crew, BEGINS)
    theirs = [{"employee_id": str(crew.ids["asker"]), "rights": ["engage"]}]
    changed(crew, **{
        "account": {"account_ids": crew.two[1:]},
        "member": {"members": []},
        "right": {"members": theirs},
    }[what])  # fmt: skip
    gone, stays = {"grant_revoked"}, set()
    held = [may(crew, account, right) for account in (0, 1) for right in ("publish", "engage")]
    assert held == {
        "account": [gone, gone, stays, stays], "member": [gone] * 4, "right": [gone, stays, gone, stays],
    }[what]  # fmt: skip
    states = [crew.get(f"/v1/rights-requests/{one['id']}", "boss")["state"] for one in (first, second)]
    assert states == ["withdrawn", "pending" if what == "account" else "withdrawn"]
    assert crew.untold() == ()


def test_a_change_that_takes_nothing_away_ends_nothing(crew):
    planned(crew)
    list(granted(crew, asked(crew)))
    until(crew, BEGINS)
    more = [{"employee_id": str(crew.ids[who]), "rights": ["publish", "engage"]} for who in ("asker", "colleague")]
    assert len(changed(crew, members=more, title="Summer")["members"]) == 2
    assert may(crew) == set()
    events = crew.intact()
    changed(crew, title="Summer")  # as it is
    assert crew.intact() == events


# --- what is held or asked already ----------------------------------------------------------------------------------


def test_asking_twice_makes_nothing_twice(crew):
    planned(crew)
    first, again = asked(crew), asked(crew)
    ids = [[one["requests"][0]["id"] for one in by_account(crew, answer)] for answer in (first, again)]
    assert ids[0] == ids[1]
    grants = list(granted(crew, again))
    held = by_account(crew, asked(crew))
    assert [(one["requests"], one["reasons"]) for one in held] == [([], [])] * 2
    assert [one["held"][0]["id"] for one in held] == [one["id"] for one in grants]
    assert len(crew.get("/v1/rights-requests", "boss")["items"]) == 2


def test_a_right_of_ones_own_is_never_superseded_by_asking(crew):
    own = crew.ask("asker", crew.two[0])
    for who in ("liaison", "hub"):
        own = crew.decide(who, own)
    waits = crew.ask("asker", crew.two[1])
    planned(crew, rights=("publish", "engage"))
    first, second = by_account(crew, asked(crew))
    assert [one["id"] for one in first["held"]] == [own["grants"][0]["id"]]
    assert [one["rights"] for one in first["requests"]] == [["engage"]]
    assert [one["rights"] for one in second["requests"]] == [["publish"], ["engage"]]
    assert second["requests"][0]["id"] == waits["id"]
    until(crew, BEGINS)
    crew.post(f"{PATH}/spring/end", "manager", WHY)
    assert may(crew) == set()
    assert crew.get(f"/v1/rights-requests/{waits['id']}", "asker")["state"] == "pending"


def test_where_a_right_came_in_between_the_new_one_leaves_no_gap(crew):
    """What is there when it is granted gives way, as ever; in its place the campaign's begins at once."""
    planned(crew)
    (first, second) = (one["requests"][0] for one in by_account(crew, asked(crew)))
    crew.decide("liaison", first)
    crew.decide("liaison", second)
    own = held_meanwhile(crew, crew.two[0])
    assert may(crew) == set()
    new = crew.decide("hub", first)["grants"][-1]
    assert (new["state"], new["valid_from"], new["valid_until"]) == ("active", written(crew.clock.now), written(ENDS))
    assert crew.get(f"/v1/grants/{own}", "asker")["state"] == "superseded"
    assert may(crew) == set()
    held_meanwhile(crew, crew.two[1], lapses=True)
    until(crew, START + timedelta(days=1))
    new = crew.decide("hub", second)["grants"][-1]
    assert (new["state"], new["valid_from"]) == ("scheduled", written(BEGINS))
    assert may(crew, 1) == {"grant_not_started"}


def test_where_a_right_was_to_begin_earlier_the_new_one_begins_then(crew):
    planned(crew, starts_at=written(BEGINS + timedelta(days=5)))
    (first, second) = (one["requests"][0] for one in by_account(crew, asked(crew)))
    crew.decide("liaison", first)
    crew.decide("liaison", second)
    held_meanwhile(crew, crew.two[0], starts_at=BEGINS)
    held_meanwhile(crew, crew.two[1], starts_at=BEGINS + timedelta(days=9))
    begins = [crew.decide("hub", one)["grants"][-1]["valid_from"] for one in (first, second)]
    assert begins == [written(BEGINS), written(BEGINS + timedelta(days=5))]


def held_meanwhile(team, account, *, lapses=False, starts_at=None):
    """A right that was granted while a campaign's request waited; such a thing comes of a request made just before it."""
    from app.accounts import store as accounts
    from app.governance.grants import service as grants
    from app.governance.models.rules import MODELS
    from app.governance.routing import store as requests
    from app.policies import service as policies

    with team.work() as work:
        there = accounts.account(work.session, UUID(account))
        (request, *_) = requests.live(work.session, work.now, account_id=there.id)
        ends = work.now + timedelta(hours=1 if lapses else 900)
        award = grants.Award(
            team.ids["asker"], there, (Right.PUBLISH,), request.id, ends, MODELS["hub_and_spoke"],
            policies.limits(work, there.place), (), starts_at,
        )  # fmt: skip
        (made,) = grants.issue(work, award)
        return str(made.id)


def test_a_right_of_ones_own_takes_the_place_of_one_that_a_campaign_is_still_to_begin(crew):
    planned(crew, starts_at=written(BEGINS + timedelta(days=5)))
    planned(crew, key="early", ends_at=written(ENDS - timedelta(days=1)))
    (late,) = [one for one in asked(crew)["items"] if one["account_id"] == crew.two[0]]
    crew.decide("liaison", late["requests"][0])
    crew.decide("hub", late["requests"][0])
    (early,) = [one for one in asked(crew, key="early")["items"] if one["account_id"] == crew.two[0]]
    assert early["requests"] == [] and early["held"][0]["state"] == "scheduled"
    plain = crew.ask("asker", crew.two[0])
    for who in ("liaison", "hub"):
        plain = crew.decide(who, plain)
    assert may(crew) == set()
    until(crew, BEGINS)
    crew.post(f"{PATH}/spring/end", "manager", WHY)
    assert may(crew) == set()


def test_who_changes_a_campaigns_request_asks_for_less_and_no_more(crew):
    planned(crew, rights=("publish", "engage"))
    request = by_account(crew, asked(crew))[0]["requests"][0]
    path = f"/v1/rights-requests/{request['id']}"
    for more in ({"rights": ["publish", "analyze"]}, {"until": None}, {"until": written(ENDS + timedelta(days=1))}):
        assert crew.want(409, "PATCH", path, "asker", more)["code"] == "request_of_a_campaign"
    less = crew.want(200, "PATCH", path, "asker", {"rights": ["engage"], "justification": "Answers."})
    assert (less["rights"], less["campaign_id"], less["until"]) == (
        ["engage"],
        request["campaign_id"],
        request["until"],
    )
    crew.decide("liaison", less)
    assert crew.decide("hub", less)["grants"][0]["state"] == "scheduled"
    again = by_account(crew, asked(crew))[0]  # what was left out may be asked for again
    assert [one["rights"] for one in again["requests"]] == [["publish"]]


# --- the model decides ----------------------------------------------------------------------------------------------

ROUTES = {
    "decentralized": ("granted", []),
    "centralized": ("above_model_ceiling", None),
    "hub_and_spoke": ("pending", ["account_liaison", "community_manager"]),
    "dandelion": ("pending", ["account_liaison"]),
    "honeycomb": ("pending", ["account_liaison", "community_manager"]),
}


@pytest.mark.parametrize("model", ROUTES)
def test_every_model_decides_about_a_campaigns_rights_as_about_any(crew, model):
    crew.appoint("colleague", "bu_liaison", "sales")
    platform = crew.post("/v1/publishing-tools", "developer", {"key": "one", "name": "One"}, 201)["id"]
    crew.switch("boss", model, **({"platform_id": platform} if model == "honeycomb" else {}))
    planned(crew)
    outcome, steps = ROUTES[model]
    if steps is None:
        problem = asked(crew, status=422)
        assert {one["code"] for one in problem["reasons"]} == {outcome} and len(problem["reasons"]) == 2
        assert problem["reasons"][0]["message"].startswith("x:acme")
        assert crew.get("/v1/rights-requests", "boss")["items"] == []
        return
    request = by_account(crew, asked(crew))[0]["requests"][0]
    assert (request["state"], [one["kind"] for one in request["steps"]]) == (outcome, steps)
    if outcome == "granted":
        assert [one["state"] for one in request["grants"]] == ["scheduled"]
        assert may(crew) == {"grant_not_started"}


def test_a_switch_routes_a_campaigns_request_anew_and_it_is_still_the_campaigns(crew):
    planned(crew)
    request = by_account(crew, asked(crew))[0]["requests"][0]
    crew.switch("boss", "dandelion")
    crew.appoint("colleague", "bu_liaison", "sales")
    (grant,) = crew.decide("liaison", request)["grants"]
    assert (grant["state"], grant["valid_from"]) == ("scheduled", written(BEGINS))
    assert crew.get(f"/v1/rights-requests/{request['id']}", "asker")["campaign_id"] == request["campaign_id"]


def test_one_account_that_refuses_does_not_stop_the_others(crew):
    crew.two = [crew.account("acme_old", state="archived"), crew.two[0]]
    planned(crew)
    refused, fine = by_account(crew, asked(crew))
    assert [one["code"] for one in refused["reasons"]] == ["account_not_active"] and refused["requests"] == []
    assert fine["reasons"] == [] and [one["state"] for one in fine["requests"]] == ["pending"]


def test_a_campaign_longer_than_a_right_may_last_is_refused_with_the_most_allowed(crew):
    planned(crew, ends_at=written(BEGINS + timedelta(days=365)))
    assert {one["code"] for one in asked(crew, status=422)["reasons"]} == {"until_too_late"}
    until(crew, BEGINS)
    assert len(asked(crew)["items"]) == 2


# --- who may --------------------------------------------------------------------------------------------------------


def test_only_who_takes_part_asks_and_a_liaison_for_their_people(crew):
    planned(crew)
    for who in ("colleague", "manager", "stranger", "boss"):
        assert asked(crew, who, 409)["code"] == "not_a_member"
    asked(crew, "colleague", 403, beneficiary_id=str(crew.ids["asker"]))
    asked(crew, "otherliaison", 403, beneficiary_id=str(crew.ids["asker"]))
    asked(crew, "liaison", 404, beneficiary_id=str(uuid4()))
    request = by_account(crew, asked(crew, "liaison", beneficiary_id=str(crew.ids["asker"])))[0]["requests"][0]
    assert (request["requester_id"], request["beneficiary_id"]) == (str(crew.ids["liaison"]), str(crew.ids["asker"]))
    assert request["steps"][0]["state"] == "merged"  # the endorsement goes up: it would be the requester's own
    team_has = by_account(crew, asked(crew))[0]["requests"]
    assert [one["id"] for one in team_has] == [request["id"]]


def test_who_manages_campaigns_does_so_in_their_scope(crew):
    crew.hire("elsewhere", "Logistics")
    crew.appoint("elsewhere", "campaign_manager", "logistics")
    planned(crew)
    for who in ("elsewhere", "otherliaison", "asker", "auditor", "content"):
        changed(crew, 403, who, title="Mine")
        crew.post(f"{PATH}/spring/end", who, WHY, 403)
        planned(crew, 403, who, key="mine")
        assert crew.get(f"{PATH}/spring", who)["title"] == "Spring"
    named = {"manager_id": str(crew.ids["manager"])}
    for n, who in enumerate(("boss", "hub", "liaison", "manager")):
        assert planned(crew, who=who, key=f"c{n}", **named)["manager_id"] == named["manager_id"]
        assert changed(crew, who=who, title=f"By {n}")["title"] == f"By {n}"


def test_what_a_campaign_needs_is_said(crew):
    planned(crew)
    assert planned(crew, 409)["code"] == "key_taken"
    planned(crew, 404, key="a", account_ids=["x:nobody"])
    planned(crew, 404, key="a", business_unit_id="nowhere")
    nobody = [{"employee_id": str(uuid4()), "rights": ["draft"]}]
    twice = [{"employee_id": str(crew.ids["asker"]), "rights": ["draft"]}] * 2
    for pointer, said in (
        ("/key", {"key": "No Key"}),
        ("/ends_at", {"ends_at": written(BEGINS)}),
        ("/ends_at", {"starts_at": written(START - timedelta(days=9)), "ends_at": written(START)}),
        ("/ends_at", {"ends_at": written(BEGINS + timedelta(days=365, seconds=1))}),
        ("/members", {"members": nobody}),
        ("/members", {"members": twice}),
        ("/account_ids", {"account_ids": []}),
        ("/objective", {"objective": "nothing"}),
        ("/manager_id", {"manager_id": str(crew.ids["liaison"])}),
    ):
        assert planned(crew, 422, **{"key": "another", **said})["errors"][0]["pointer"] == pointer
    assert planned(crew, 422, "boss", key="another")["errors"][0]["pointer"] == "/manager_id"  # the boss is none
    assert changed(crew, 422, title=None)["errors"][0]["pointer"] == "/title"
    assert changed(crew, 422, ends_at=written(BEGINS))["errors"][0]["pointer"] == "/ends_at"
    crew.want(412, "PATCH", f"{PATH}/spring", "manager", {"title": "x"}, headers={"If-Match": '"7"'})


def test_its_dates_stand_from_the_first_request_on(crew):
    planned(crew)
    later = written(ENDS + timedelta(days=1))
    assert changed(crew, ends_at=later)["ends_at"] == later
    asked(crew)
    assert changed(crew, 409, starts_at=written(START))["code"] == "campaign_dates_fixed"
    assert changed(crew, ends_at=later, purpose="Roofs.")["purpose"] == "Roofs."  # as it is


# --- what is listed -------------------------------------------------------------------------------------------------


def test_campaigns_are_found_by_what_they_are_of_and_those_that_serve_nothing_are_listed(crew):
    crew.post("/v1/strategy/goals", "boss", {"key": "trust", "title": "Trust"}, 201)
    crew.post("/v1/strategy/objectives", "boss", {"key": "answers", "title": "Answers", "goal_id": "trust"}, 201)
    planned(crew, objective="answers")
    planned(crew, key="now", starts_at=written(START), account_ids=crew.two[:1], people=("colleague",))
    planned(crew, key="gone")
    crew.post(f"{PATH}/gone/end", "manager", WHY)

    def keys(query):
        return [one["key"] for one in crew.get(f"{PATH}?sort=key&{query}", "stranger")["items"]]

    assert [keys(f"state={state}") for state in ("planned", "running", "over")] == [["spring"], ["now"], ["gone"]]
    assert keys(f"account_id={crew.two[1]}") == keys(f"employee_id={crew.ids['asker']}") == ["gone", "spring"]
    assert keys("business_unit_id=logistics") == [] and len(keys("business_unit_id=sales")) == 3
    assert keys(f"manager_id={crew.ids['manager']}") == ["gone", "now", "spring"]
    assert (keys("serves_none=true"), keys("serves_none=false")) == (["gone", "now"], ["spring"])
    assert crew.get(f"{PATH}/spring", "asker")["flags"] == []
    crew.post("/v1/strategy/objectives/answers/retire", "boss", WHY)
    assert crew.get(f"{PATH}/spring", "asker")["flags"] == ["no_objective"] and len(keys("serves_none=true")) == 3
    crew.fire("manager")
    assert crew.get(f"{PATH}/spring", "asker")["flags"] == ["no_objective", "no_manager"]
    crew.get(f"{PATH}/nothing", "asker", 404)


def test_what_was_said_of_a_campaign_is_forgotten_with_whoever_said_it(crew):
    planned(crew)
    crew.post(f"{PATH}/spring/end", "liaison", WHY)
    for who in ("manager", "liaison"):
        crew.fire(who)
        crew.post(f"/v1/employees/{crew.ids[who]}/erase", "admin", WHY)
    shown = crew.get(f"{PATH}/spring", "boss")
    assert (shown["purpose"], shown["end_reason"], shown["state"]) == ("Erased.", None, "over")
    assert crew.untold() == ()


# --- at once --------------------------------------------------------------------------------------------------------

LEFT = "SELECT g.id FROM posting_grant g JOIN request r ON r.id = g.request_id WHERE r.campaign_id IS NOT NULL AND g.ended_at IS NULL"
WAITING = "SELECT id FROM request WHERE campaign_id IS NOT NULL AND ended_at IS NULL"


def test_a_campaign_that_ends_while_its_requests_are_decided_leaves_nothing_behind(crew):
    race, ends = Race(crew), set()
    for n in range(ROUNDS // 2):
        planned(crew, key=f"c{n}", account_ids=crew.two[:1])
        request = race.want("asker", "POST", f"{PATH}/c{n}/requests", {})["items"][0]["requests"][0]
        race.decide("liaison", request)
        over, word = race.together(
            ("manager", "POST", f"{PATH}/c{n}/end", WHY), race.word("hub", request)
        )  # fmt: skip
        if over.status_code == 503:
            race.want("manager", "POST", f"{PATH}/c{n}/end", WHY)
        assert race.rows(LEFT) == race.rows(WAITING) == [], (over.text, word.text)
        ends.add(word.status_code)
    check(race)
    assert ends <= {200, 409, 503}


def test_two_who_ask_for_one_person_at_once_make_one_request(crew):
    planned(crew)
    race = Race(crew)
    door = f"{PATH}/spring/requests"
    race.together(
        ("asker", "POST", door, {}), ("asker", "POST", door, {}),
        ("liaison", "POST", door, {"beneficiary_id": str(crew.ids["asker"])}),
    )  # fmt: skip
    race.want("asker", "POST", door, {})
    assert len(race.rows(WAITING)) == 2
    check(race)
