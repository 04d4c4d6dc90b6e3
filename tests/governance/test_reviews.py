"""Recertification over HTTP: who opens a review, who answers, what an answer does, who sees what."""

import pytest

from tests.governance.reviewing import (
    DUE,
    ENDS,
    WHY,
    answer,
    done,
    held,
    item,
    items,
    names,
    opened,
    path,
    progress,
    reassigned,
)
from tests.kit import START
from tests.lifecycle.kit import grant


def times(at):
    return at.isoformat().replace("+00:00", "Z")


@pytest.fixture
def made(team):
    return held(team)


def test_a_review_is_opened_with_its_items_and_one_event(team, made):
    review = opened(team)
    assert (review["state"], review["due_at"], review["ends_at"]) == ("open", times(DUE), times(ENDS))
    assert progress(team, review) == {"items": 1, "open": 1}
    assert review["progress"]["by_kind"]["grants"]["open"] == 1
    one = item(team, review)
    assert (one["grant_id"], one["right"], one["account"], one["kind"]) == (made["id"], "publish", "x:acme", "grants")
    assert (one["holder_id"], one["requester_id"]) == (str(team.ids["asker"]),) * 2
    assert (names(team, one), one["reviewer_role"]) == (["liaison"], "bu_liaison")
    (told,) = team.events(action="review.opened")
    assert told["after"]["items"] == {"grants": 1} and told["after"]["title"] == "Autumn"
    assert grant(team, made)["review_ends_at"] == times(ENDS) and grant(team, made)["state"] == "active"


def test_a_preview_counts_and_changes_nothing(team, made):
    team.appoint("hub", "campaign_manager", "sales")
    before = team.intact()
    body = {"title": "Autumn", "kinds": ["grants", "appointments", "accounts"], "filter": {"business_unit_id": "sales"}}
    told = team.post("/v1/reviews/preview", "boss", body)["items"]
    assert told == [
        {"kind": "grants", "items": 1, "without_reviewer": 0},
        {"kind": "appointments", "items": 2, "without_reviewer": 0},
        {"kind": "accounts", "items": 1, "without_reviewer": 0},
    ]
    assert {one["action"] for one in team.events() if one["seq"] > before} <= {"token.issued"}
    assert team.get("/v1/reviews", "boss")["items"] == [] and grant(team, made)["review_ends_at"] is None


def test_a_preview_tells_what_nobody_could_answer(team):
    held(team)
    for who, role in (("liaison", None), ("hub", None), ("boss2", None)):
        ended(team, who)
    held_by_boss = {"title": "Ours", "kinds": ["appointments"], "filter": {"role": "strategist"}}
    assert team.post("/v1/reviews/preview", "boss", held_by_boss)["items"] == [
        {"kind": "appointments", "items": 1, "without_reviewer": 1}
    ]


def ended(team, who):
    for one in team.get("/v1/appointments", "boss", params={"employee_id": team.ids[who], "ended": False})["items"]:
        team.want(200, "DELETE", f"/v1/appointments/{one['id']}", "boss")


def test_keeping_takes_the_end_back(team, made):
    one = item(team, opened(team))
    after = answer(team, one, comment="They still post daily.")
    assert (after["state"], after["decided_by"], after["comment"]) == (
        "kept", str(team.ids["liaison"]), "They still post daily.",
    )  # fmt: skip
    kept = grant(team, made)
    assert kept["review_ends_at"] is None and kept["state"] == "active"
    assert done(team)[-1] == "review_item.kept"
    team.clock.now = ENDS
    assert team.codes("boss", "asker", "publish", made["account_id"]) == set()
    assert progress(team, {"id": one["review_id"]}) == {"items": 1, "kept": 1}


def test_ending_revokes_the_right_in_the_same_transaction(team, made):
    one = item(team, opened(team))
    assert answer(team, one, decision="end")["state"] == "ended"
    revoked = grant(team, made)
    assert (revoked["state"], revoked["end_reason"], revoked["ended_by"]) == (
        "revoked", "ended in review Autumn", str(team.ids["liaison"]),
    )  # fmt: skip
    assert done(team)[-2:] == ["grant.revoked", "review_item.ended"]


def test_an_item_is_answered_once(team, made):
    one = item(team, opened(team))
    answer(team, one)
    assert answer(team, one, decision="end", status=409)["code"] == "nothing_to_answer"
    assert grant(team, made)["state"] == "active"


def test_an_ended_appointment_and_a_decommissioned_account(team):
    account = team.account("acme", steward_id=team.ids["asker"])
    manager = team.appoint("colleague", "campaign_manager", "sales")
    review = opened(team, kinds=["appointments", "accounts"], filter={"business_unit_id": "sales"})
    by_kind = {one["appointment_id"] or one["account_id"]: one for one in items(team, review)}
    assert names(team, by_kind[account]) == ["liaison"]
    assert by_kind[account]["custodian_ids"] == [str(team.ids["asker"])]
    assert sorted(names(team, by_kind[str(manager)])) == ["boss", "boss2"]
    answer(team, by_kind[account], "liaison", "end", comment="Nobody reads it.")
    assert team.get(f"/v1/accounts/{account}", "boss")["state"] == "decommissioning"
    assert done(team)[-2:] == ["account.decommissioning", "review_item.ended"]
    answer(team, by_kind[str(manager)], "boss2", "end")
    assert team.get(f"/v1/appointments/{manager}", "boss")["ended_at"] is not None


def test_a_lone_strategists_appointment_waits_until_there_is_another(team):
    ended(team, "boss2")
    review = opened(team, kinds=["appointments"], filter={"role": "strategist"})
    one = item(team, review)
    assert (one["state"], names(team, one), one["reviewer_role"]) == ("blocked_no_reviewer", [], None)
    assert answer(team, one, "hub", status=403)["code"] == "not_the_reviewer"
    team.hire("standin", "Communications")
    team.appoint("standin", "strategist", deputy="colleague")
    assert names(team, item(team, review)) == ["standin/colleague"]
    assert answer(team, one, "colleague", "end")["on_behalf_of"] == str(team.ids["standin"])


def test_who_appointed_reviews_only_where_no_other_strategist_can(team):
    person = str(team.ids["colleague"])
    team.post("/v1/appointments", "boss", {"employee_id": person, "role": "developer"}, 201)
    review = opened(team, kinds=["appointments"], filter={"employee_id": person})
    one = item(team, review)
    assert names(team, one) == ["boss2"]
    assert answer(team, one, "boss", status=403)["code"] == "own_review"
    ended(team, "boss2")
    assert names(team, item(team, review)) == ["boss"]
    answer(team, one, "boss")


def test_nobody_answers_about_their_own(team):
    team.hire("second")
    team.appoint("second", "bu_liaison", "sales", deputy="colleague")
    held(team, who="second")
    review = opened(team)
    one = item(team, review)
    assert names(team, one) == ["liaison"]
    for who in ("second", "colleague"):  # the holder; and the deputy of the holder, who sees nothing of it
        status = 403 if who == "second" else 404
        assert answer(team, one, who, status=status)["code"] in ("own_review", "not_found")
    assert answer(team, one, "boss", status=403)["code"] == "not_the_reviewer"
    assert answer(team, one, "stranger", status=404)["code"] == "not_found"


def test_nor_does_whoever_asked_for_it(team):
    account = team.account("acme")
    asked = team.ask("liaison", account, beneficiary_id=str(team.ids["asker"]))
    assert team.decide("hub", asked)["state"] == "granted"
    one = item(team, opened(team))
    assert (one["requester_id"], names(team, one)) == (str(team.ids["liaison"]), ["hub"])
    assert answer(team, one, "liaison", status=404)["code"] == "not_found"
    answer(team, one, "hub")


def test_a_deputy_answers_in_the_place_of_whom_they_stand_in_for(team, made):
    team.appoint("boss2", "bu_liaison", "logistics", deputy="stranger")
    with team.work() as work:
        from app.roles import store

        (seat,) = store.open_of(work.session, team.ids["liaison"])
        store.save(work.session, seat.id, work.now, {"deputy_id": team.ids["colleague"]})
    one = item(team, opened(team))
    assert names(team, one) == ["liaison/colleague"]
    after = answer(team, one, "colleague")
    assert (after["decided_by"], after["on_behalf_of"]) == (str(team.ids["colleague"]), str(team.ids["liaison"]))
    (told,) = team.events(action="review_item.kept")
    assert told["on_behalf_of"] == str(team.ids["liaison"])


def test_who_may_answer_is_worked_out_anew(team, made):
    review = opened(team)
    ended(team, "liaison")
    assert names(team, item(team, review)) == ["hub"]
    team.appoint("colleague", "bu_liaison", "sales")
    assert names(team, item(team, review)) == ["colleague"]
    for who in ("colleague", "hub", "boss2"):
        ended(team, who)
    assert names(team, item(team, review)) == ["boss"]


def test_overdue_the_next_up_may_answer_too(team, made):
    review = opened(team)
    team.clock.now = DUE
    one = item(team, review)
    assert (one["state"], names(team, one)) == ("escalated", ["liaison", "hub"])
    assert team.get(f"/v1/reviews/{review['id']}", "boss")["state"] == "overdue"
    answer(team, one, "hub")


def test_somebody_else_may_be_told_to_answer(team, made):
    review = opened(team)
    after = reassigned(team, item(team, review), "hub")
    assert (names(team, after), after["reviewer_id"]) == (["hub"], str(team.ids["hub"]))
    assert answer(team, after, "liaison", status=404)["code"] == "not_found"
    (told,) = team.events(action="review_item.reassigned")
    assert told["after"]["reviewer_id"] == str(team.ids["hub"]) and told["reason"] == "As agreed."
    ended(team, "hub")  # who could not answer by themselves any more counts for nothing
    assert names(team, item(team, review)) == ["liaison"]


@pytest.mark.parametrize("to", ["asker", "content", "auditor", "otherliaison", "colleague", "stranger"])
def test_but_nobody_whose_it_is_or_who_has_no_role_there(team, made, to):
    told = reassigned(team, item(team, opened(team)), to, status=422)
    assert told["errors"][0]["code"] == "could_not_answer"


def test_nobody_picks_the_judge_of_their_own(team):
    held(team, who="boss")
    one = item(team, opened(team, "boss2"))
    assert reassigned(team, one, "hub", "boss", 403)["code"] == "own_review"
    assert reassigned(team, one, "liaison", "liaison", 403)["code"] == "forbidden"
    reassigned(team, one, "hub", "boss2")


def test_a_closed_review_takes_no_answer_and_ends_nothing(team, made):
    review = opened(team)
    told = team.post(f"/v1/reviews/{review['id']}/close", "boss", WHY)
    assert (told["state"], told["progress"]["unreviewed"]) == ("closed", 1)
    one = item(team, review)
    assert one["state"] == "unreviewed"
    for who in ("liaison", "boss", "asker"):  # that it is over comes before whose it would be
        assert answer(team, one, who, status=409)["code"] == "review_over"
    assert team.post(f"/v1/reviews/{review['id']}/close", "boss", WHY, 409)["code"] == "review_over"
    team.clock.now = ENDS
    assert team.codes("boss", "asker", "publish", made["account_id"]) == set()
    assert done(team).count("review.closed") == 1


def test_nobody_closes_a_review_that_waits_for_a_word_about_them(team):
    held(team, who="boss")
    review = opened(team)
    assert team.post(f"/v1/reviews/{review['id']}/close", "boss", WHY, 403)["code"] == "own_review"
    answer(team, item(team, review))
    team.post(f"/v1/reviews/{review['id']}/close", "boss", WHY)


def test_what_ended_otherwise_is_moot(team, made):
    other = held(team, "other", "colleague")
    third = held(team, "third", "asker", "engage")
    review = opened(team)
    team.post(f"/v1/grants/{made['id']}/revoke", "asker", WHY)
    team.fire("colleague")
    states = {one["grant_id"]: one["state"] for one in items(team, review)}
    assert states == {made["id"]: "moot", other["id"]: "moot", third["id"]: "open"}
    moot = next(one for one in items(team, review, state="moot") if one["grant_id"] == made["id"])
    assert answer(team, moot, "boss", status=409)["code"] == "nothing_to_answer"
    assert progress(team, review) == {"items": 3, "open": 1, "moot": 2}


def test_items_are_filtered_and_paged(team):
    for n in range(5):
        held(team, f"acme{n}", "asker" if n % 2 else "colleague")
    review = opened(team, kinds=["grants", "accounts"])
    everything = [one["id"] for one in items(team, review)]
    assert len(everything) == 10 == len(set(everything))
    assert len(items(team, review, kind="accounts")) == 5 == len(items(team, review, kind="grants", state="open"))
    assert items(team, review, state="kept") == []
    assert len(items(team, review, "liaison", reviewer="me")) == 10 and items(team, review, "boss", reviewer="me") == []
    walked, cursor = [], None
    while True:
        params = {"limit": 3, "sort": "-id", **({"cursor": cursor} if cursor else {})}
        told = team.get(f"/v1/reviews/{review['id']}/items", "boss", params=params)
        walked += [one["id"] for one in told["items"]]
        cursor = told["next_cursor"]
        if cursor is None:
            break
    assert walked == everything[::-1]


def test_what_waits_stands_in_the_inbox(team, made):
    asked = team.ask("colleague", made["account_id"], ["engage"])
    review = opened(team)
    request, mine = team.get("/v1/approvals", "liaison")["items"]
    assert (request["id"], request["kind"]) == (asked["id"], "rights")
    one = item(team, review)
    assert (mine["id"], mine["kind"], mine["step"], mine["rights"]) == (
        one["id"],
        "review",
        "account_liaison",
        ["publish"],
    )
    assert (mine["beneficiary_id"], mine["expires_at"]) == (str(team.ids["asker"]), times(ENDS))
    assert mine["decide"] == f"POST {path(one)}/decisions" and mine["justification"] == "Autumn"
    assert [each["id"] for each in team.get("/v1/me", "liaison")["approvals"]] == [asked["id"], one["id"]]
    first = team.get("/v1/approvals", "liaison", params={"limit": 1})
    rest = team.get("/v1/approvals", "liaison", params={"limit": 1, "cursor": first["next_cursor"]})
    assert [each["id"] for each in (*first["items"], *rest["items"])] == [asked["id"], one["id"]]
    for who in ("asker", "hub", "boss", "auditor"):
        assert team.get("/v1/approvals", who)["items"] == []
    answer(team, one)
    assert [each["kind"] for each in team.get("/v1/approvals", "liaison")["items"]] == ["rights"]


def test_who_sees_a_review(team, made):
    team.hire("local")
    team.appoint("local", "community_manager", "sales")
    team.hire("xmanager")
    team.appoint("xmanager", "community_manager", network="x")
    everywhere, here, on_x = (
        opened(team),
        opened(team, filter={"business_unit_id": "sales"}),
        opened(team, filter={"network": "x"}),
    )
    seen = {
        who: [one["id"] for one in team.get("/v1/reviews", who, params={"sort": "id"})["items"]]
        for who in ("boss", "content", "hub", "auditor", "local", "xmanager", "liaison", "asker", "developer")
    }
    everything = [everywhere["id"], here["id"], on_x["id"]]
    assert seen == {
        **dict.fromkeys(("boss", "content", "hub", "auditor"), everything), "local": [here["id"]], "xmanager": [on_x["id"]],
        **dict.fromkeys(("liaison", "asker", "developer"), []),
    }  # fmt: skip
    for who, ids in seen.items():
        for one in everything:
            team.get(f"/v1/reviews/{one}", who, 200 if one in ids else 404)
            team.get(f"/v1/reviews/{one}/evidence", who, 200 if one in ids else 404)


def test_who_sees_an_item(team, made):
    held(team, "other", "colleague")
    review = opened(team)
    mine = next(one for one in items(team, review) if one["grant_id"] == made["id"])
    for who, count in (("boss", 2), ("auditor", 2), ("liaison", 2), ("asker", 1), ("colleague", 1)):
        assert len(items(team, review, who)) == count, who
    for who in ("otherliaison", "developer", "stranger", "admin"):
        assert items(team, review, who, 404)["code"] == "not_found"
        team.get(path(mine), who, 404)
    team.get(path(mine), "colleague", 404)
    assert team.get(path(mine), "asker")["id"] == mine["id"]
    answer(team, mine)
    assert team.get(path(mine), "liaison")["state"] == "kept"  # who answered goes on seeing what they answered


def test_a_community_managers_review_lies_inside_their_scope(team, made):
    team.hire("local")
    team.appoint("local", "community_manager", "sales")
    opened(team, "local", filter={"business_unit_id": "sales"})
    for asked in ({}, {"business_unit_id": "logistics"}, {"network": "x"}, {"employee_id": str(team.ids["asker"])}):
        assert opened(team, "local", status=403, filter=asked)["code"] == "forbidden"
    for who in ("liaison", "content", "auditor", "asker"):
        opened(team, who, status=403)
    assert team.post("/v1/reviews/preview", "local", {"title": "x", "kinds": ["grants"]}, 403)["code"] == "forbidden"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"network": "x"}, {"one", "two"}),
        ({"network": "instagram"}, {"three"}),
        ({"business_unit_id": "sales"}, {"one", "three"}),
        ({"business_unit_id": "sales", "network": "x"}, {"one"}),
        ({"right": "engage"}, {"two"}),
        ({"risk": "high"}, {"three"}),
        ({"right": "publish", "risk": "standard"}, {"one"}),
    ],
)
def test_a_filter_narrows_what_is_reviewed(team, asked, found):
    made = {
        "one": held(team, "one"),
        "two": held(team, "two", "asker", "engage", "logistics"),
    }
    account = team.account("three", network="instagram", risk="high")
    asked_for = team.ask("asker", account)
    for who in ("liaison", "hub", "boss"):
        asked_for = team.decide(who, asked_for)
    made["three"] = asked_for["grants"][0]
    review = opened(team, filter=asked)
    names_of = {each["id"]: name for name, each in made.items()}
    assert {names_of[one["grant_id"]] for one in items(team, review)} == found


def test_people_and_roles_narrow_it_too(team, made):
    held(team, "other", "colleague")
    person = str(team.ids["colleague"])
    assert item(team, opened(team, filter={"employee_id": person}))["holder_id"] == person
    review = opened(team, kinds=["appointments"], filter={"role": "bu_liaison", "business_unit_id": "sales"})
    assert item(team, review)["holder_id"] == str(team.ids["liaison"])
    team.account("theirs", backup_steward_id=team.ids["colleague"])
    assert item(team, opened(team, kinds=["accounts"], filter={"employee_id": person}))["account"] == "x:theirs"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"kinds": []}, "/kinds", "too_short"),
        ({"kinds": ["people"]}, "/kinds/0", "not_allowed"),
        ({"kinds": ["grants", "accounts"], "filter": {"right": "publish"}}, "/filter/right", "filter_not_for_kind"),
        ({"filter": {"role": "developer"}}, "/filter/role", "filter_not_for_kind"),
        ({"kinds": ["appointments"], "filter": {"risk": "high"}}, "/filter/risk", "filter_not_for_kind"),
        ({"filter": {"business_unit_id": "nowhere"}}, "/filter/business_unit_id", "unknown_business_unit"),
        (
            {"filter": {"employee_id": "01930000-0000-7000-8000-000000000000"}},
            "/filter/employee_id",
            "unknown_employee",
        ),
        ({"due_at": times(START)}, "/due_at", "in_the_past"),
        ({"due_at": times(DUE), "ends_at": times(DUE)}, "/ends_at", "ends_before_due"),
        ({"ends_at": "2030-01-01T00:00:00Z"}, "/ends_at", "too_late"),
        ({"due_at": "2026-02-30T00:00:00Z"}, "/due_at", None),
        ({"filter": {"unit": "sales"}}, "/filter/unit", None),
        ({"title": " "}, "/title", None),
        ({"title": "a\u202eb"}, "/title", None),
        ({"filter": {"network": "loom"}}, "/filter/network", "unknown_network"),
        ({"owner": "me"}, "/owner", None),
    ],
)
def test_bad_input_is_told_where(team, body, pointer, code):
    for door, kind in (("/v1/reviews", "create"), ("/v1/reviews/preview", "preview")):
        told = team.post(door, "boss", {"title": "Autumn", "kinds": ["grants"], **body}, 422)
        assert told["errors"][0]["pointer"] == pointer, (kind, told)
        assert code in (None, told["errors"][0]["code"])


def test_a_review_of_nothing_is_a_review(team):
    assert opened(team)["progress"]["items"] == 0


def test_the_version_and_the_key_of_a_call_count_here_too(team, made):
    review = opened(team)
    one = item(team, review)
    first = team.call("GET", path(one), "liaison")
    reassigned(team, one, "liaison")
    stale = {"If-Match": first.headers["etag"]}
    assert team.call("POST", f"{path(one)}/decisions", "liaison", {"decision": "end"}, headers=stale).status_code == 412
    etag = team.call("GET", path(one), "liaison").headers["etag"]
    fresh = {"If-Match": etag, "Idempotency-Key": "k"}
    one_answer = team.call("POST", f"{path(one)}/decisions", "liaison", {"decision": "keep"}, headers=fresh)
    again = team.call("POST", f"{path(one)}/decisions", "liaison", {"decision": "keep"}, headers=fresh)
    assert one_answer.status_code == again.status_code == 200 and one_answer.content == again.content
    assert grant(team, made)["state"] == "active"
