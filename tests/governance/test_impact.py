"""What publishing a version would mean, said before it is done; what is in force, and what changed."""

from datetime import timedelta

import pytest


@pytest.fixture
def rights(team):
    """Two people publish on an account of sales, one of them analyses it too; one publishes elsewhere."""
    team.switch("boss", "decentralized")
    accounts = {name: team.account(name, unit, network) for name, unit, network in (
        ("acme", "sales", "x"), ("acme_log", "logistics", "instagram"),
    )}  # fmt: skip
    made = [
        team.ask("asker", accounts["acme"], ["publish", "analyze"]),
        team.ask("colleague", accounts["acme"], ["publish"]),
        team.ask("stranger", accounts["acme_log"], ["publish"]),
    ]
    team.switch("boss", "hub_and_spoke")
    return [grant for one in made for grant in one["grants"]]


def course(team, key="brand", **more):
    return team.post("/v1/courses", "content", {"key": key, "title": key.title(), **more}, 201)


def complete(team, who, key="brand", ago=0):
    done = {
        "employee_id": str(team.ids[who]),
        "course_id": key,
        "completed_at": (team.clock.now - timedelta(days=ago)).isoformat(),
    }
    return team.post("/v1/completions", "boss", done, 201)


def draft(team, rules, scope=None, key="care", n=1, text="Care."):
    if n == 1:
        team.post("/v1/policies", "boss", {"key": key, "title": "Care", "scope": scope or {"kind": "enterprise"}}, 201)
    team.post(f"/v1/policies/{key}/versions", "content", {"text": text, "rules": rules}, 201)


def changes(team):
    return [one["seq"] for one in team.events() if one["action"] != "token.issued"]


def preview(team, key="care", n=1, who="boss"):
    return team.post(f"/v1/policies/{key}/versions/{n}/preview", who, {})


@pytest.mark.usefixtures("rights")
@pytest.mark.parametrize(
    ("rule", "value", "grants", "people"),
    [
        ("attestation_required", True, 4, 3),
        ("max_grant_days", 30, 4, 3),
        ("max_grant_days", 3650, 0, 0),
        ("employment_types", ["agency"], 4, 3),
        ("employment_types", ["employee"], 0, 0),
        ("allowed_networks", ["x"], 1, 1),
        ("max_publishers_per_account", 1, 2, 2),
        ("max_publishers_per_account", 2, 0, 0),
        ("posting_hours", {"mon": ["08:00-18:00"]}, 3, 3),
        ("clearance_required", True, 3, 3),
        ("allowed_tools", [], 4, 3),
        ("two_custodians", True, 4, 3),
    ],
)
def test_what_each_rule_would_mean(team, rule, value, grants, people):
    draft(team, {rule: value})
    before = changes(team)
    said = preview(team)
    assert (said["accounts"], said["grants"], said["people"]) == (2, 4, 3)
    (effect,) = said["effects"]
    assert (effect["rule"], effect["grants"], effect["people"], len(effect["some"])) == (rule, grants, people, grants)
    assert changes(team) == before


@pytest.mark.usefixtures("rights")
def test_who_lacks_a_course_that_it_requires(team):
    course(team), course(team, "law")
    complete(team, "asker", ago=10), complete(team, "stranger", ago=400), complete(team, "asker", "law")
    taken_back = complete(team, "colleague", ago=5)
    team.post(f"/v1/completions/{taken_back['id']}/revoke", "boss", {"reason": "Somebody else sat it."})
    draft(team, {"required_training": [{"course": "brand", "valid_for_days": 365}]})
    (effect,) = preview(team)["effects"]
    assert (effect["grants"], effect["people"]) == (2, 2)  # the colleague's was taken back, the stranger's is too old
    draft(team, {"required_training": [{"course": "brand"}, {"course": "law"}]}, key="more")
    (effect,) = preview(team, "more")["effects"]
    assert (effect["grants"], effect["people"]) == (2, 2)


@pytest.mark.usefixtures("rights")
@pytest.mark.parametrize(
    ("scope", "grants"),
    [
        ({"kind": "business_unit", "id": "sales"}, 3),
        ({"kind": "network", "id": "instagram"}, 1),
        ({"kind": "business_unit", "id": "communications"}, 0),
    ],
)
def test_it_looks_no_further_than_the_policy_reaches(team, scope, grants):
    draft(team, {"attestation_required": True}, scope)
    assert preview(team)["grants"] == grants


def test_what_is_said_is_what_happens(team, rights):
    draft(team, {"attestation_required": True, "employment_types": ["agency"]})
    said = preview(team)
    team.post("/v1/policies/care/versions/1/publish", "boss", {})
    team.clock.turn(days=14)
    refused = {
        code: {grant["id"] for grant in rights if code in _codes(team, grant)}
        for code in ("attestation_missing", "employment_type_excluded")
    }
    named = {one["rule"]: set(one["some"]) for one in said["effects"]}
    assert refused == {
        "attestation_missing": named["attestation_required"],
        "employment_type_excluded": named["employment_types"],
    }


def _codes(team, grant):
    return team.codes("boss", grant["employee_id"], grant["right"], grant["account_id"])


def test_rights_that_have_ended_are_not_counted(team, rights):
    team.post(f"/v1/grants/{rights[0]['id']}/revoke", "boss", {"reason": "No more."})
    draft(team, {"attestation_required": True})
    assert preview(team)["grants"] == 3
    team.clock.turn(days=400)
    assert preview(team)["grants"] == 0


def test_a_later_enterprise_change_names_what_it_overtakes(team):
    draft(team, {"max_grant_days": 200}, {"kind": "business_unit", "id": "sales"}, "sales-care")
    team.post("/v1/policies/sales-care/versions/1/publish", "boss", {})
    draft(team, {"max_grant_days": 90, "posting_hours": {"mon": ["09:00-17:00"]}})
    (conflict,) = preview(team)["conflicts"]
    assert (conflict["policy"], conflict["rule"]) == ("sales-care", "max_grant_days") and "care@1" in conflict[
        "message"
    ]
    assert team.get("/v1/policy-conflicts", "asker")["items"] == []
    team.post("/v1/policies/care/versions/1/publish", "boss", {})
    assert team.get("/v1/policy-conflicts", "asker")["items"] == [conflict]
    limits = team.get("/v1/limits", "asker", params={"business_unit_id": "sales", "network": "x"})
    assert limits["rules"]["max_grant_days"] == 90 and limits["source"]["max_grant_days"] == "care@1"
    assert limits["versions"] == ["care@1", "sales-care@1"]


@pytest.mark.parametrize(
    ("enterprise", "unit"),
    [
        ({"posting_hours": {"mon": ["09:00-17:00"]}}, {"posting_hours": {"mon": ["09:00-17:30"]}}),
        ({"posting_hours": {"mon": ["09:00-17:00"]}}, {"posting_hours": {"tue": ["09:00-10:00"]}}),
        (
            {"required_training": [{"course": "brand", "valid_for_days": 365}]},
            {"required_training": [{"course": "brand"}]},
        ),
        ({"allowed_tools": []}, {"allowed_tools": ["fanfare"]}),
    ],
)
def test_a_unit_that_would_loosen_is_refused_by_name(team, enterprise, unit):
    """Attack B11."""
    team.post("/v1/publishing-tools", "developer", {"key": "fanfare", "name": "Fanfare"}, 201)
    course(team)
    draft(team, enterprise)
    team.post("/v1/policies/care/versions/1/publish", "boss", {})
    team.post(
        "/v1/policies", "boss", {"key": "own", "title": "Own", "scope": {"kind": "business_unit", "id": "sales"}}, 201
    )
    refused = team.want(422, "POST", "/v1/policies/own/versions", "content", {"text": "Own.", "rules": unit})
    assert refused["code"] == "policy_widens" and [one["pointer"] for one in refused["errors"]] == [
        f"/rules/{next(iter(unit))}"
    ]


@pytest.mark.parametrize(
    "rules",
    [
        {"attestation_required": False}, {"clearance_required": "yes"}, {"two_custodians": 1}, {"allowed_tools": ["nothing"]},
        {"posting_hours": {"monday": ["08:00-18:00"]}}, {"posting_hours": {"mon": ["18:00-08:00"]}}, {"posting_hours": {"mon": "08:00-18:00"}},
        {"required_training": [{"course": "a"}, {"course": "a", "valid_for_days": 3}]}, {"required_training": [{"course": "a", "valid_for_days": 0}]},
        {"required_training": ["a"]}, {"required_training": [{"course": "nothing"}]}, {"max_grant_hours": 4}, {"Max_Grant_Days": 4}, {"max_grant_days": "90"}, {"max_grant_days": 90.5},
    ],
)  # fmt: skip
def test_bad_rules_are_refused(team, rules):
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    team.want(422, "POST", "/v1/policies/care/versions", "content", {"text": "Care.", "rules": rules})


def test_the_difference_between_versions(team):
    draft(team, {"max_grant_days": 90, "allowed_networks": ["x", "instagram"]}, text="# Care\n\nBe kind.\nAnswer.")
    draft(
        team,
        {"allowed_networks": ["instagram", "x"], "attestation_required": True},
        n=2,
        text="# Care\n\nBe kinder.\nAnswer.",
    )
    said = team.get("/v1/policies/care/versions/2/differences", "content")
    assert [(one["rule"], one["before"], one["after"]) for one in said["rules"]] == [
        ("max_grant_days", 90, None), ("attestation_required", None, True),
    ]  # fmt: skip
    assert "-Be kind." in said["text"] and "+Be kinder." in said["text"] and " Answer." in said["text"]
    assert (said["before"], said["after"]) == (1, 2)
    team.want(404, "GET", "/v1/policies/care/versions/1/differences", "content")
    back = team.get("/v1/policies/care/versions/1/differences", "content", params={"since": 2})
    assert [(one["rule"], one["before"], one["after"]) for one in back["rules"]][0] == ("max_grant_days", None, 90)


def test_two_custodians_are_wanted_of_a_proposal(team):
    draft(team, {"two_custodians": True})
    team.post("/v1/policies/care/versions/1/publish", "boss", {})
    new = {"network": "x", "handle": "acme", "business_unit_id": "sales"}
    refused = team.want(422, "POST", "/v1/accounts", "liaison", new)
    assert [one["code"] for one in refused["reasons"]] == ["custodians_missing"] and refused["reasons"][0][
        "policy"
    ] == "care@1"
    team.post("/v1/accounts", "liaison", {**new, "backup_steward_id": str(team.ids["asker"])}, 201)


def test_hours_are_by_the_clock_of_the_accounts_unit(team, rights):
    draft(team, {"posting_hours": {"mon": ["08:00-18:00"]}})
    team.post("/v1/policies/care/versions/1/publish", "boss", {})
    assert _codes(team, rights[0]) == set()  # a Monday, nine o'clock in UTC
    team.want(200, "PATCH", "/v1/business-units/sales", "boss", {"timezone": "Asia/Tokyo"})
    answer = team.evaluate("boss", "asker", "publish", rights[0]["account_id"])
    (reason,) = answer["context"]["reasons"]
    assert reason["code"] == "outside_posting_hours" and "Asia/Tokyo" in reason["message"]
    begins = team.clock.now.replace(hour=23) + timedelta(days=6)
    assert reason["remedy"]["until"] == begins.isoformat().replace("+00:00", "Z")
