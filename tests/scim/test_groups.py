"""Groups as they are sent mean nothing; what a strategist maps them to moves people or appoints them, and ends with it."""

import pytest

from .conftest import PATCH_OP, at, user_document


@pytest.fixture
def people(scim):
    """Two people of the team's sales and one who came by SCIM."""
    return [str(scim.world.ids["asker"]), str(scim.world.ids["colleague"]), scim.user("ada", department="Sales")["id"]]


@pytest.fixture
def group(scim, people):
    return scim.group("Liaisons", people[0], externalId="g-1")


def join(scim, group, *ids):
    scim.patch(at(group), ("add", "members", [{"value": one} for one in ids]))


def leave(scim, group, *ids):
    scim.patch(at(group), ("remove", "members", [{"value": one} for one in ids]))


def unit_id(team, key):
    return team.get(f"/v1/business-units/{key}", "boss")["id"]


def mapped(team, group, status=201, who="boss", **meaning):
    if "unit" in meaning:
        meaning["business_unit_id"] = unit_id(team, meaning.pop("unit"))
    return team.post(
        "/v1/group-mappings", who, {"group_id": group["id"], "reason": "The list is kept there.", **meaning}, status
    )


def roles(team, id_, ended=False):
    found = team.get("/v1/appointments", "boss", params={"employee_id": id_, "ended": ended})["items"]
    return sorted(one["role"] for one in found)


def actions(team, before):
    return [one["action"] for one in reversed(team.events()) if one["seq"] > before and one["action"] != "token.issued"]


def test_a_group_by_itself_means_nothing(scim, people):
    team = scim.world
    before = team.intact()
    for name in ("strategist", "admin", "Administrators", "bu_liaison", "Communications"):
        scim.group(name, *people)
    assert actions(team, before) == ["group.created"] * 5
    for one in people:
        assert roles(team, one) == [] and scim.unit(one) == "sales"
        assert team.want(200, "GET", "/v1/me", bearer=team.token(one))["appointments"] == []


def test_groups_are_listed_to_be_mapped(scim, group):
    team = scim.world
    (one,) = team.get("/v1/groups", "boss")["items"]
    assert (one["id"], one["display_name"], one["external_id"], one["members"]) == (group["id"], "Liaisons", "g-1", 1)
    assert team.get("/v1/groups?display_name=LIAISONS", "boss")["items"] == [one]
    assert team.get("/v1/groups?display_name=none", "boss")["items"] == []


@pytest.mark.parametrize("who", ["asker", "liaison", "hub", "developer", "admin", "content", "auditor"])
def test_only_a_strategist_maps(scim, group, who):
    before = len(scim.world.events(action="group_mapping.created"))
    scim.world.post("/v1/group-mappings", who, {"group_id": group["id"], "role": "social_analyst", "reason": "x"}, 403)
    body = {"group_id": group["id"], "role": "social_analyst", "reason": "x"}
    scim.world.want(403, "POST", "/v1/group-mappings", None, body, bearer=scim.bearer)
    assert len(scim.world.events(action="group_mapping.created")) == before


def test_a_mapping_to_a_unit_moves_who_is_a_member_and_who_becomes_one(scim, group, people):
    team = scim.world
    mapped(team, group, unit="logistics")
    assert [scim.unit(one) for one in people] == ["logistics", "sales", "sales"]
    join(scim, group, people[1], people[2])
    assert [scim.unit(one) for one in people] == ["logistics"] * 3
    moved = team.events(action="employee.moved")
    assert [one["subject"]["id"] for one in moved] == [people[2], people[1], people[0]] or len(moved) == 3
    leave(scim, group, people[1])
    assert scim.unit(people[1]) == "logistics"  # nobody knows where else
    assert [roles(team, one) for one in people] == [[], [], []]


def test_hrs_last_word_counts_where_a_group_moved_somebody(scim, group, people):
    mapped(scim.world, group, unit="logistics")
    join(scim, group, people[2])
    scim.put(f"/Users/{people[2]}", user_document("ada", department="Sales", title="T"))
    assert scim.unit(people[2]) == "sales"  # the feed never said anything else: it is stated anew
    scim.put(f"/Users/{people[2]}", user_document("ada", department="Communications"))
    assert scim.unit(people[2]) == "communications"


def test_a_mover_by_group_is_a_mover(scim, group, people):
    team = scim.world
    team.appoint("asker", "bu_liaison", "sales")
    mapped(team, group, unit="logistics")
    assert roles(team, people[0]) == [] and roles(team, people[0], ended=True) == ["bu_liaison"]


def test_a_mapping_to_a_role_appoints_and_leaving_the_group_ends_it(scim, group, people):
    team = scim.world
    mapping = mapped(team, group, role="campaign_manager", unit="sales")
    (one,) = team.get("/v1/appointments", "boss", params={"employee_id": people[0], "ended": False})["items"]
    assert (one["role"], one["group_mapping_id"], one["business_unit_id"]) == (
        "campaign_manager", mapping["id"], unit_id(team, "sales"),
    )  # fmt: skip
    join(scim, group, *people)
    assert [roles(team, one) for one in people] == [["campaign_manager"]] * 3
    leave(scim, group, people[1])
    assert [roles(team, one) for one in people] == [["campaign_manager"], [], ["campaign_manager"]]
    scim.patch(at(group), ("replace", "members", [{"value": people[1]}]))
    assert [roles(team, one) for one in people] == [[], ["campaign_manager"], []]
    scim.put(at(group), {"displayName": "Liaisons", "externalId": "g-1"})
    assert [roles(team, one) for one in people] == [[], [], []]
    assert team.events(action="appointment.ended")[0]["reason"] == "no longer a member of the group Liaisons"
    team.intact()


def test_the_same_group_again_changes_nothing(scim, group, people):
    team = scim.world
    mapped(team, group, role="campaign_manager", unit="sales")
    before = team.intact()
    body = {"displayName": "Liaisons", "externalId": "g-1", "members": [{"value": people[0]}]}
    answer = scim.put(at(group), body)
    join(scim, group, people[0])
    assert answer["meta"] == scim.get(at(group))["meta"] and team.intact() == before


def test_deleting_the_group_ends_what_it_gave_and_the_mapping_stays_as_history(scim, group, people):
    team = scim.world
    mapping = mapped(team, group, role="campaign_manager", unit="sales")
    join(scim, group, people[1])
    scim.delete(at(group))
    assert [roles(team, one) for one in people] == [[], [], []]
    told = team.get(f"/v1/group-mappings/{mapping['id']}", "boss")
    assert (told["group_id"], told["group_name"], told["end_reason"]) == (None, "Liaisons", "the group was deleted")
    assert told["ended_at"] is not None and team.get("/v1/group-mappings?ended=false", "boss")["items"] == []
    scim.get(at(group), 404)
    again = scim.group("Liaisons", *people, externalId="g-1")
    assert again["id"] != group["id"] and [roles(team, one) for one in people] == [[], [], []]


def test_ending_the_mapping_ends_what_it_gave_and_nothing_else(scim, group, people):
    team = scim.world
    team.appoint("asker", "social_analyst")
    mapping, other = mapped(team, group, role="campaign_manager", unit="sales"), mapped(team, group, role="developer")
    assert roles(team, people[0]) == ["campaign_manager", "developer", "social_analyst"]
    path = f"/v1/group-mappings/{mapping['id']}/end"
    for who in ("asker", "hub", "admin"):
        team.post(path, who, {"reason": "x"}, 403)
    assert team.post(path, "boss", {"reason": "Not any more."})["end_reason"] == "Not any more."
    assert roles(team, people[0]) == ["developer", "social_analyst"]
    assert team.post(path, "boss", {"reason": "Again."}, 409)["code"] == "mapping_ended"
    join(scim, group, people[1])
    assert roles(team, people[1]) == ["developer"]
    assert [one["id"] for one in team.get("/v1/group-mappings?ended=false", "boss")["items"]] == [other["id"]]
    mapped(team, group, role="campaign_manager", unit="sales")  # it may mean that again
    assert roles(team, people[1]) == ["campaign_manager", "developer"]


@pytest.mark.parametrize("role", ["strategist", "admin"])
def test_no_group_makes_those_who_appoint(scim, group, role):
    refused = mapped(scim.world, group, 422, role=role)
    assert refused["errors"][0]["code"] == "appointed_by_people"
    assert roles(scim.world, scim.world.ids["asker"]) == []


@pytest.mark.parametrize(("meaning", "status"), [
    ({}, 422), ({"role": "king"}, 422), ({"role": "bu_liaison"}, 422), ({"role": "auditor", "network": "x"}, 422),
    ({"network": "x"}, 422), ({"role": "community_manager", "network": "nosuch"}, 404),
    ({"business_unit_id": "01890000-0000-7000-8000-000000000000"}, 404),
])  # fmt: skip
def test_a_mapping_that_means_nothing_is_refused(scim, group, meaning, status):
    mapped(scim.world, group, status, **meaning)
    mapped(scim.world, {"id": "01890000-0000-7000-8000-000000000000"}, 404, role="developer")


def test_a_group_means_one_thing_once(scim, group):
    mapped(scim.world, group, role="developer")
    assert mapped(scim.world, group, 409, role="developer")["code"] == "already_mapped"


def test_separation_of_duties_is_checked_and_hrs_word_stands(scim, group, people):
    team = scim.world
    mapped(team, group, role="auditor")
    assert roles(team, people[0]) == ["auditor"]
    team.appoint("colleague", "bu_liaison", "sales")
    before = team.intact()
    join(scim, group, people[1], people[2])
    assert [one["value"] for one in scim.get(at(group))["members"]] == people
    assert [roles(team, one) for one in people] == [["auditor"], ["bu_liaison"], ["auditor"]]
    (refused,) = team.events(action="appointment.refused")
    assert refused["seq"] > before and refused["subject"]["id"] == people[1]
    assert refused["after"]["role"] == "auditor" and refused["after"]["code"] == "separation_of_duties"
    other = scim.group("Analysts", people[0])
    mapped(team, other, role="campaign_manager", unit="sales")
    assert roles(team, people[0]) == ["auditor"] and len(team.events(action="appointment.refused")) == 2
    # The other way round a person may not appoint past what a group gave either.
    body = {"employee_id": people[2], "role": "social_analyst"}
    assert team.post("/v1/appointments", "boss", body, 409)["code"] == "separation_of_duties"


def test_what_a_person_was_appointed_by_name_does_not_end_with_the_group(scim, group, people):
    team = scim.world
    team.appoint("asker", "developer")
    mapped(team, group, role="developer")
    assert [one["after"]["code"] for one in team.events(action="appointment.refused")] == ["already_appointed"]
    leave(scim, group, people[0])
    assert roles(team, people[0]) == ["developer"]


def test_a_leaver_loses_it_and_a_rehire_whose_membership_stayed_gets_nothing_back(scim, group, people):
    team = scim.world
    mapped(team, group, role="campaign_manager", unit="sales")
    join(scim, group, people[2])
    scim.patch(f"/Users/{people[2]}", ("replace", "active", False))
    assert roles(team, people[2]) == [] and people[2] in {one["value"] for one in scim.get(at(group))["members"]}
    team.clock.turn(days=30)
    scim.patch(f"/Users/{people[2]}", ("replace", "active", True))
    assert roles(team, people[2]) == []
    scim.patch(at(group), ("add", "members", [{"value": people[2]}]), ("replace", "displayName", "Other"))
    body = {"displayName": "Other", "members": [{"value": one} for one in (people[0], people[2])]}
    scim.put(at(group), body)
    assert roles(team, people[2]) == []
    leave(scim, group, people[2])
    join(scim, group, people[2])  # this is HR's word anew
    assert roles(team, people[2]) == ["campaign_manager"]


def test_who_is_not_here_is_neither_moved_nor_appointed(scim, group, people):
    team = scim.world
    scim.patch(f"/Users/{people[2]}", ("replace", "active", False))
    mapped(team, group, role="developer")
    mapped(team, group, unit="logistics")
    join(scim, group, people[2])
    assert roles(team, people[2]) == [] and scim.unit(people[2]) == "sales"
    scim.patch(f"/Users/{people[2]}", ("replace", "active", True))
    assert roles(team, people[2]) == [] and scim.unit(people[2]) == "sales"
    scim.delete(f"/Users/{people[2]}")
    assert people[2] not in {one["value"] for one in scim.get(at(group))["members"]}


def test_groups_within_groups_mean_nothing(scim, group, people):
    team = scim.world
    inner = scim.group("Inner", people[1], people[2])
    mapped(team, group, role="developer")
    scim.patch(at(group), ("add", "members", [{"value": inner["id"], "type": "Group"}]))
    told = scim.get(at(group))["members"]
    assert [(one["value"], one["type"]) for one in told] == [(people[0], "User"), (inner["id"], "Group")]
    assert [roles(team, one) for one in people] == [["developer"], [], []]
    scim.patch(at(inner), ("add", "members", [{"value": group["id"]}]))  # a circle is no matter where none is followed
    assert [roles(team, one) for one in people] == [["developer"], [], []]
    scim.delete(at(inner))
    assert [one["value"] for one in scim.get(at(group))["members"]] == [people[0]]
    refused = {"Operations": [{"op": "add", "path": "members", "value": [{"value": group["id"]}]}]}
    scim.refused(400, "invalidValue", "PATCH", at(group), {"schemas": [PATCH_OP], **refused})  # in itself


def test_a_role_ended_by_hand_is_not_given_again_by_the_same_list(scim, group, people):
    team = scim.world
    mapped(team, group, role="developer")
    (one,) = team.get("/v1/appointments", "boss", params={"employee_id": people[0], "ended": False})["items"]
    assert team.call("DELETE", f"/v1/appointments/{one['id']}", "boss").is_success
    scim.put(at(group), {"displayName": "Developers", "members": [{"value": people[0]}, {"value": people[1]}]})
    assert [roles(team, one) for one in people[:2]] == [[], ["developer"]]


def test_a_mapped_unit_that_is_closed_takes_nobody_in(scim, group, people):
    team = scim.world
    team.post("/v1/business-units", "boss", {"key": "pop-up", "name": "Pop-up"}, 201)
    mapped(team, group, unit="pop-up")
    assert scim.unit(people[0]) == "pop-up"
    scim.put(f"/Users/{people[0]}", user_document("asker", department="Sales"))
    team.post("/v1/business-units/pop-up/close", "boss", {"reason": "Over."})
    join(scim, group, people[1])
    assert scim.unit(people[1]) == "sales"
    assert people[1] in {one["value"] for one in scim.get(at(group))["members"]}
    (refused,) = team.events(action="group_mapping.refused")
    assert (refused["after"]["employee_id"], refused["after"]["code"]) == (people[1], "business_unit_closed")


def test_who_joins_a_group_that_meant_a_merged_unit_comes_into_the_one_that_took_over(scim, group, people):
    team = scim.world
    team.post("/v1/business-units", "boss", {"key": "pop-up", "name": "Pop-up"}, 201)
    mapped(team, group, unit="pop-up")
    body = {"into_id": unit_id(team, "logistics"), "reason": "One team."}
    team.post("/v1/business-units/pop-up/merge", "boss", body)
    join(scim, group, people[1])
    assert [scim.unit(one) for one in people] == ["logistics", "logistics", "sales"]


def test_the_etag_is_the_groups_own(scim, group, people):
    team = scim.world
    mapped(team, group, role="developer")
    body = {"displayName": "Liaisons", "members": [{"value": one} for one in people]}
    answer = scim.call("PUT", at(group), body)
    assert answer.status_code == 200 and answer.headers["etag"] == answer.json()["meta"]["version"]
    answer = scim.call("POST", "/Users", user_document("new", department="A unit that was not there"))
    assert answer.status_code == 201 and answer.headers["etag"] == answer.json()["meta"]["version"]


def test_two_groups_of_one_name_and_none_of_one_external_id(scim, group):
    scim.group("Liaisons")
    scim.refused(409, "uniqueness", "POST", "/Groups", {"displayName": "Other", "externalId": "g-1"})
    assert scim.found('displayName eq "LIAISONS"', "Groups")[0] == 2
    assert scim.found('externalId eq "g-1"', "Groups") == (1, [group["id"]])
    assert scim.found('externalId eq "G-1"', "Groups") == (0, [])
