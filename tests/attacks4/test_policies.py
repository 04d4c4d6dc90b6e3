"""Versions of policies that are dated, withdrawn and over: a rule never goes out of force unless somebody took it out."""

from datetime import timedelta

import pytest

LOGISTICS = "/v1/business-units/logistics"


def policy(team, key="care", **scope):
    team.post("/v1/policies", "boss", {"key": key, "title": key, "scope": scope or {"kind": "enterprise"}}, 201)
    return f"/v1/policies/{key}/versions"


def publish(team, path, rules, *, after=None, **more):
    """A version, in force after so many days (None: at once); answers its number."""
    body = {"text": "Care.", "rules": rules, **more}
    if after is not None:
        body["effective_from"] = (team.clock.now + timedelta(days=after)).isoformat()
    n = team.post(path, "content", body, 201)["n"]
    team.post(f"{path}/{n}/publish", "boss")
    return n


def retire(team, path, n, status=200):
    return team.post(f"{path}/{n}/retire", "boss", {"reason": "Not this one."}, status)


def in_force(team):
    return team.get("/v1/limits", "asker")["versions"]


def test_a_version_that_never_begins_ends_none(team):
    path = policy(team)
    publish(team, path, {"max_grant_days": 5})
    dated = publish(team, path, {"max_grant_days": 9}, after=10)
    retire(team, path, dated)
    assert team.get(f"{path}/1", "boss")["superseded_at"] is None
    team.clock.turn(days=10)
    assert in_force(team) == ["care@1"]
    assert team.get(f"{path}/1", "boss")["state"] == "published"


def test_what_is_dated_behind_it_begins_when_it_was_to(team):
    path = policy(team)
    for after, days in ((None, 5), (10, 6), (20, 7)):
        publish(team, path, {"max_grant_days": days}, after=after)
    retire(team, path, 2)
    for days, held in ((10, "care@1"), (9, "care@1"), (1, "care@3")):
        team.clock.turn(days=days)
        assert in_force(team) == [held]


def test_the_last_of_several_dated_is_withdrawn(team):
    path = policy(team)
    for after, days in ((None, 5), (10, 6), (20, 7)):
        publish(team, path, {"max_grant_days": days}, after=after)
    retire(team, path, 3)
    team.clock.turn(days=30)
    assert in_force(team) == ["care@2"]


def test_what_was_overtaken_before_it_began_does_not_come_back(team):
    path = policy(team)
    publish(team, path, {"max_grant_days": 5})
    publish(team, path, {"max_grant_days": 6}, after=10)
    publish(team, path, {"max_grant_days": 7}, after=4)  # and the second will never begin
    retire(team, path, 3)
    team.clock.turn(days=30)
    assert in_force(team) == ["care@1"]


def test_a_rule_that_has_begun_is_taken_out_of_force_without_another(team):
    path = policy(team)
    publish(team, path, {"max_grant_days": 5})
    publish(team, path, {"max_grant_days": 9})
    retire(team, path, 2)
    assert in_force(team) == []


@pytest.mark.parametrize("dated", [None, 1])
def test_versions_that_are_over_hold_no_unit_open(team, dated):
    team.post("/v1/business-units", "boss", {"key": "pilot", "name": "Pilot"}, 201)
    path = policy(team, "pilot", kind="business_unit", id="pilot")
    publish(team, path, {"max_grant_days": 5})
    publish(team, path, {"max_grant_days": 4}, after=dated)
    team.clock.turn(days=1)
    held = team.post("/v1/business-units/pilot/close", "boss", {"reason": "Done."}, 409)
    assert [one["code"] for one in held["errors"]] == ["policies"]
    retire(team, path, 2)
    assert retire(team, path, 1, 409)["code"] == "version_retired"
    assert team.post("/v1/business-units/pilot/close", "boss", {"reason": "Done."})["state"] == "closed"


def test_nothing_is_ruled_for_a_unit_that_is_no_more(team):
    team.post("/v1/business-units", "boss", {"key": "pilot", "name": "Pilot"}, 201)
    path = policy(team, "pilot", kind="business_unit", id="pilot")
    team.post("/v1/business-units/pilot/close", "boss", {"reason": "Done."})
    assert team.post(path, "content", {"text": "Care."}, 409)["code"] == "business_unit_closed"


def test_a_switch_that_is_refused_has_no_preview(team):
    team.post("/v1/business-units", "boss", {"key": "pilot", "name": "Pilot"}, 201)
    team.post("/v1/business-units/pilot/close", "boss", {"reason": "Done."})
    body = {"model": "dandelion", "business_unit_id": "pilot", "reason": "x"}
    for method, path in (("POST", "/v1/governance/preview"), ("PUT", "/v1/governance")):
        assert team.want(409, method, path, "boss", body)["code"] == "business_unit_closed"


def test_B12_nobody_attests_an_old_version_or_one_that_will_never_hold(team):
    path = policy(team)
    publish(team, path, {"attestation_required": True})
    accepted = team.post(f"{path}/1/attestations", "asker", {}, 201)
    publish(team, path, {"attestation_required": True})
    assert team.post(f"{path}/1/attestations", "colleague", {}, 409)["code"] == "version_not_current"
    assert team.post(f"{path}/1/attestations", "asker")["id"] == accepted["id"]  # was done before, and stays done
    dated = publish(team, path, {}, after=5)
    retire(team, path, dated)
    assert team.post(f"{path}/{dated}/attestations", "asker", {}, 409)["code"] == "version_not_current"
    body = {"employee_id": str(team.ids["colleague"])}
    assert team.post(f"{path}/2/attestations", "boss", body, 422)["code"] == "validation"


@pytest.mark.parametrize(
    ("rule", "enterprise", "wider"),
    [
        ("allowed_networks", ["x"], ["x", "facebook"]),
        ("employment_types", ["employee"], ["employee", "agency"]),
        ("employment_types", [], ["employee"]),
        ("max_publishers_per_account", 0, 1),
        ("min_approvals", {"standard": 2}, {"standard": 1}),
        ("min_approvals", {"standard": 2, "high": 3}, {"high": 0}),
        ("posting_hours", {"mon": ["08:00-12:00"]}, {"mon": ["08:00-12:00"], "tue": ["08:00-09:00"]}),
        ("posting_hours", {}, {"sun": ["00:00-24:00"]}),
    ],
)
def test_B11_a_unit_does_not_widen_what_the_enterprise_ruled(team, rule, enterprise, wider):
    publish(team, policy(team), {rule: enterprise})
    path = policy(team, "own", kind="business_unit", id="sales")
    refused = team.post(path, "content", {"text": "More.", "rules": {rule: wider}}, 422)
    assert refused["code"] == "policy_widens" and [one["pointer"] for one in refused["errors"]] == [f"/rules/{rule}"]
