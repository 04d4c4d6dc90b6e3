"""What Entra, Okta, OneLogin and Workday really send: the SCIM answer, and what the API shows of the person then."""

import pytest

from app.scim.documents.rules import ENTERPRISE, GROUP, USER

from .conftest import at, user_document


@pytest.fixture
def ada(scim):
    return scim.user(
        "Ada.Byron", department="Sales", externalId="e-1", name={"givenName": "Ada", "familyName": "Byron"}
    )


# --- Microsoft Entra


@pytest.mark.parametrize("op", ["Replace", "Add", "replace", "REPLACE"])
def test_entra_sends_booleans_as_texts_and_operations_capitalised(scim, ada, op):
    scim.patch(at(ada), (op, "active", "False"))
    assert scim.read(ada["id"])["active"] is False and scim.employee(ada["id"])["active"] is False
    assert scim.employee(ada["id"])["left_at"] is not None
    scim.patch(at(ada), (op, "active", "True"))
    assert scim.read(ada["id"])["active"] is True and scim.employee(ada["id"])["active"] is True


def test_entra_creates_with_texts_too(scim):
    made = scim.user("bob", active="False", emails=[{"value": "b@x.example", "type": "work", "primary": "True"}])
    assert made["active"] is False and made["emails"][0]["primary"] is True
    assert scim.employee(made["id"])["active"] is False


@pytest.mark.parametrize("path", ["manager", f"{ENTERPRISE}:manager", f"{ENTERPRISE.lower()}:Manager"])
def test_entra_names_a_manager_in_four_ways_and_clears_it(scim, ada, path):
    boss = str(scim.world.ids["boss"])
    for spelled in (boss, {"value": boss}, [{"value": boss}], [{"$ref": "x", "value": boss}]):
        scim.patch(at(ada), ("Add", path, spelled))
        manager = scim.read(ada["id"])[ENTERPRISE]["manager"]
        assert manager["value"] == boss and manager["$ref"].endswith(f"/scim/v2/Users/{boss}")
        assert scim.employee(ada["id"])["manager_id"] == boss
        scim.patch(at(ada), ("Replace", path, ""))
        assert "manager" not in scim.read(ada["id"])[ENTERPRISE]
        assert scim.employee(ada["id"])["manager_id"] is None


@pytest.mark.parametrize("cleared", [None, {"value": ""}, {"value": None}, []])
def test_entra_clears_a_manager(scim, ada, cleared):
    scim.patch(at(ada), ("Add", "manager", str(scim.world.ids["boss"])))
    scim.patch(at(ada), ("Replace", f"{ENTERPRISE}:manager", cleared))
    assert scim.employee(ada["id"])["manager_id"] is None


def test_entra_removes_a_manager(scim, ada):
    scim.patch(at(ada), ("Add", f"{ENTERPRISE}:manager.value", str(scim.world.ids["boss"])))
    scim.patch(at(ada), ("Remove", f"{ENTERPRISE}:manager"))
    assert scim.employee(ada["id"])["manager_id"] is None


def test_entra_names_a_manager_when_it_creates_and_replaces(scim):
    boss, hub = str(scim.world.ids["boss"]), str(scim.world.ids["hub"])
    made = scim.user("bob", enterprise={"manager": boss})
    assert made[ENTERPRISE]["manager"]["value"] == scim.employee(made["id"])["manager_id"] == boss
    scim.put(at(made), user_document("bob", enterprise={"manager": [{"value": hub}]}))
    assert scim.employee(made["id"])["manager_id"] == hub
    scim.put(at(made), user_document("bob"))
    assert scim.employee(made["id"])["manager_id"] is None


@pytest.mark.parametrize("whom", ["nobody", "01890000-0000-7000-8000-000000000000", "self", "below"])
def test_a_manager_that_cannot_be_is_refused(scim, ada, whom):
    below = scim.user("below", enterprise={"manager": {"value": ada["id"]}})
    named = {"self": ada["id"], "below": below["id"]}.get(whom, whom)
    scim.refused(
        400, "invalidValue", "PATCH", at(ada), {"Operations": [{"op": "add", "path": "manager", "value": named}]}
    )
    assert scim.employee(ada["id"])["manager_id"] is None


def test_entra_sets_a_work_mail_that_is_not_there(scim, ada):
    scim.patch(at(ada), ("Add", 'emails[type eq "work"].value', "ada@corp.example"))
    assert scim.read(ada["id"])["emails"] == [{"value": "ada@corp.example", "type": "work"}]
    assert scim.employee(ada["id"])["email"] == "ada@corp.example"
    scim.patch(at(ada), ("Replace", 'emails[type eq "work"].value', "ada.byron@corp.example"))
    assert scim.read(ada["id"])["emails"] == [{"value": "ada.byron@corp.example", "type": "work"}]
    assert scim.employee(ada["id"])["email"] == "ada.byron@corp.example"


def test_entra_sets_a_street_and_a_telephone_that_are_not_there(scim, ada):
    scim.patch(
        at(ada),
        ("Add", 'addresses[type eq "work"].locality', "London"),
        ("Add", 'phoneNumbers[type eq "mobile"].value', "+44 20 1"),
    )
    said = scim.read(ada["id"])
    assert said["addresses"] == [{"locality": "London", "type": "work"}]
    assert said["phoneNumbers"] == [{"value": "+44 20 1", "type": "mobile"}]
    assert scim.employee(ada["id"])["location"] == "London"


def test_entra_replaces_without_a_path_by_dotted_and_qualified_names(scim, ada):
    value = {
        "name.givenName": "Augusta", "displayName": "The Countess", f"{ENTERPRISE}:department": "Communications",
        f"{ENTERPRISE}:employeeNumber": "4711", f"{USER}:title": "Analyst", 'emails[type eq "work"].value': "a@corp.example",
    }  # fmt: skip
    scim.patch(at(ada), ("Replace", None, value))
    said, shown = scim.read(ada["id"]), scim.employee(ada["id"])
    assert said["name"] == {"givenName": "Augusta", "familyName": "Byron"} and said["displayName"] == "The Countess"
    assert said[ENTERPRISE] == {"department": "Communications", "employeeNumber": "4711"}
    assert said["title"] == shown["title"] == "Analyst" and said["emails"][0]["value"] == shown["email"]
    assert (shown["given_name"], shown["display_name"], shown["employee_number"]) == ("Augusta", "The Countess", "4711")
    assert scim.unit(ada["id"]) == "communications"


def test_entra_adds_and_removes_members_with_a_list_of_values(scim, ada):
    bob, eve = scim.user("bob"), scim.user("eve")
    group = scim.group("Editors", externalId="g-1")
    path = f"/Groups/{group['id']}"
    scim.patch(path, ("Add", "members", [{"$ref": None, "value": one["id"]} for one in (ada, bob, eve)]))
    scim.patch(path, ("Remove", "members", [{"value": ada["id"]}, {"value": eve["id"]}]))
    assert [one["value"] for one in scim.get(path)["members"]] == [bob["id"]]
    scim.patch(path, ("Add", "members", [{"value": ada["id"]}, {"value": bob["id"]}]))
    assert [one["value"] for one in scim.get(path)["members"]] == [bob["id"], ada["id"]]
    scim.patch(path, ("Remove", f'members[value eq "{bob["id"]}"]'))
    assert [one["value"] for one in scim.get(path)["members"]] == [ada["id"]]
    scim.patch(path, ("Remove", "members"))
    assert "members" not in scim.get(path)


def test_entra_asks_for_a_group_without_its_members(scim, ada):
    group = scim.group("Editors", ada["id"], externalId="g-1")
    answer = scim.get("/Groups", params={"excludedAttributes": "members", "filter": 'externalId eq "g-1"'})
    assert [one["id"] for one in answer["Resources"]] == [group["id"]] and "members" not in answer["Resources"][0]


def test_entra_asks_whether_somebody_is_managed_by_somebody(scim, ada):
    boss = str(scim.world.ids["boss"])
    scim.patch(at(ada), ("Add", "manager", boss))
    for attribute in ("manager", "manager.value", f"{ENTERPRISE}:manager", f"{ENTERPRISE}:manager.value"):
        condition = f'id eq "{ada["id"]}" and {attribute} eq "{boss}"'
        assert scim.found(condition) == (1, [ada["id"]]), attribute
        assert scim.found(condition.replace(boss, ada["id"])) == (0, [])


def test_entra_asks_whether_somebody_is_a_member(scim, ada):
    group = scim.group("Editors", ada["id"])
    condition = f'id eq "{group["id"]}" and members eq "{ada["id"]}"'
    assert scim.found(condition, "Groups") == (1, [group["id"]])
    assert scim.found(condition.replace(ada["id"], group["id"]), "Groups") == (0, [])


def test_entra_probes_with_a_filter_that_nothing_matches(scim):
    answer = scim.get("/Users", params={"filter": 'userName eq "b21a9f2d-dff0-4c0c-8f0d-probe"'})
    assert (answer["totalResults"], answer["startIndex"], answer["itemsPerPage"]) == (0, 1, 0)
    assert answer.get("Resources", []) == []


def test_entra_counts_without_listing(scim):
    answer = scim.get("/Users", params={"count": 0})
    assert answer["totalResults"] == len(scim.world.ids) and answer.get("Resources", []) == []
    assert scim.get("/Groups", params={"count": 0})["totalResults"] == 0


# --- Okta


def test_okta_states_somebody_anew_by_put(scim, ada):
    body = user_document(
        "ada.king", department="Sales", externalId="e-1", id=ada["id"], meta={"resourceType": "User"}, groups=[], locale="en-US",
        name={"givenName": "Ada", "familyName": "King"}, active=True, displayName="Ada King",
        emails=[{"primary": True, "value": "ada@okta.example", "type": "work"}],
    )  # fmt: skip
    answer = scim.put(at(ada), body)
    assert (
        answer["userName"] == "ada.king"
        and answer["id"] == ada["id"]
        and answer["meta"]["version"] != ada["meta"]["version"]
    )
    shown = scim.employee(ada["id"])
    assert (shown["family_name"], shown["user_name"], shown["email"]) == ("King", "ada.king", "ada@okta.example")
    assert scim.put(at(ada), body)["meta"] == answer["meta"]  # the same again changes nothing


def test_okta_replaces_without_a_path_and_repeats_the_id(scim, ada):
    scim.patch(at(ada), ("replace", None, {"id": ada["id"], "active": False}))
    assert scim.employee(ada["id"])["active"] is False
    group = scim.group("Editors")
    scim.patch(f"/Groups/{group['id']}", ("replace", None, {"id": group["id"], "displayName": "Writers"}))
    assert scim.get(f"/Groups/{group['id']}")["displayName"] == "Writers"


def test_okta_replaces_a_groups_members(scim, ada):
    bob = scim.user("bob")
    group = scim.group("Editors", ada["id"])
    scim.patch(f"/Groups/{group['id']}", ("replace", "members", [{"value": bob["id"], "display": "Bob"}]))
    assert scim.get(f"/Groups/{group['id']}")["members"][0]["display"] == "Bob"
    assert "groups" not in scim.read(ada["id"])


@pytest.mark.parametrize("active", [{}, {"active": True}])
def test_okta_creates_a_rehire_anew_and_nothing_they_held_comes_back(scim, ada, active):
    account, grant = scim.publishing(ada)
    scim.patch(at(ada), ("replace", None, {"active": False}))
    answer = scim.user("ada.king", externalId="e-1", status=200, department="Communications", **active)
    assert answer["id"] == ada["id"] and answer["active"] is True and answer["userName"] == "ada.king"
    assert scim.employee(ada["id"])["active"] is True and scim.unit(ada["id"]) == "communications"
    assert scim.world.get(f"/v1/grants/{grant}", "boss")["state"] == "revoked"
    assert scim.world.evaluate("boss", ada["id"], "publish", account)["decision"] is False
    assert scim.world.events(action="employee.rejoined")[0]["subject"]["id"] == ada["id"]


def test_okta_creates_somebody_who_is_here_already(scim, ada):
    scim.refused(409, "uniqueness", "POST", "/Users", user_document("someone.else", externalId="e-1"))
    scim.refused(409, "uniqueness", "POST", "/Users", user_document("ada.BYRON", externalId="e-2"))
    scim.refused(409, "uniqueness", "POST", "/Users", user_document("ada.BYRON"))


def test_okta_creates_somebody_who_stays_inactive(scim, ada):
    scim.patch(at(ada), ("replace", "active", False))
    assert scim.user("ada.byron", externalId="e-1", active=False, status=200)["active"] is False
    assert scim.employee(ada["id"])["active"] is False


def test_a_put_that_does_not_say_active_ends_and_begins_nothing(scim, ada):
    scim.put(at(ada), user_document("ada.byron", externalId="e-1"))
    assert scim.read(ada["id"])["active"] is True
    scim.patch(at(ada), ("replace", "active", False))
    scim.put(at(ada), user_document("ada.byron", externalId="e-1", title="Countess"))
    assert scim.read(ada["id"])["active"] is False and scim.employee(ada["id"])["active"] is False
    assert scim.employee(ada["id"])["title"] == "Countess"


@pytest.mark.parametrize("value", [
    {"id": "x"}, {"meta": {"version": "1"}, "groups": []}, {"badgeColour": "red"}, {}, {"badgeColour": None}, {"badgeColour": ""},
    {"badgeColour": []}, {ENTERPRISE: {"badgeColour": None}}, {f"{ENTERPRISE}:badgeColour": ""},
], ids=str)  # fmt: skip
def test_a_replace_of_which_nothing_is_ours_changes_nothing(scim, ada, value):
    before = scim.world.intact()
    scim.patch(at(ada), ("replace", None, value))
    assert scim.read(ada["id"]) == scim.read(ada["id"]) | {"meta": ada["meta"]} and scim.world.intact() == before


# --- OneLogin


@pytest.mark.parametrize("schema", ["urn:ietf:params:scim:schemas:core:2.0", "urn:scim:schemas:core:1.0"])
def test_onelogin_names_the_schemas_of_an_older_draft(scim, schema):
    old = "urn:scim:schemas:extension:enterprise:1.0"
    body = {"schemas": [schema, old], "userName": "bob", old: {"department": "Sales", "employeeNumber": "77"}}
    made = scim.post("/Users", body)
    assert made["schemas"] == [USER, ENTERPRISE] and made[ENTERPRISE]["department"] == "Sales"
    assert scim.employee(made["id"])["employee_number"] == "77" and scim.unit(made["id"]) == "sales"
    scim.put(at(made), {**body, "title": "Clerk"})
    assert scim.employee(made["id"])["title"] == "Clerk"
    scim.patch(at(made), ("replace", None, {"schemas": [schema], f"{old}:department": "Communications"}))
    assert scim.unit(made["id"]) == "communications"
    scim.patch(at(made), ("replace", f"{old}:department", "Sales"), ("replace", None, {old: {"costCenter": "C1"}}))
    assert scim.unit(made["id"]) == "sales" and scim.read(made["id"])[ENTERPRISE]["costCenter"] == "C1"
    assert scim.post("/Groups", {"schemas": [schema], "displayName": "Old"})["schemas"] == [GROUP]


# --- Workday


def test_workday_makes_a_second_record_of_one_user_name(scim, ada):
    """A contingent worker is hired: a new worker id, the same user name. Nobody's record is taken over silently."""
    hired = user_document("ada.byron", externalId="e-2", enterprise={"employeeNumber": "W2"}, userType="Employee")
    scim.refused(409, "uniqueness", "POST", "/Users", hired)
    scim.patch(at(ada), ("replace", "active", False))
    scim.refused(409, "uniqueness", "POST", "/Users", hired)
    scim.patch(at(ada), ("replace", "userName", "ada.byron.contingent"))
    made = scim.post("/Users", hired)
    assert made["id"] != ada["id"] and scim.employee(made["id"])["employee_number"] == "W2"
    assert scim.employee(ada["id"])["active"] is False


def test_workday_deletes_the_first_record_and_the_user_name_is_free(scim, ada):
    scim.delete(at(ada))
    made = scim.user("ADA.byron", externalId="e-2")
    assert made["id"] != ada["id"] and made["userName"] == "ADA.byron"
    assert scim.employee(ada["id"])["active"] is False and scim.employee(made["id"])["active"] is True


@pytest.mark.parametrize(
    ("said", "shown"), [("Contingent Worker", "contractor"), ("Employee", "employee"), ("agency", "agency")]
)
def test_workday_says_how_somebody_is_employed(scim, said, shown):
    made = scim.user("bob", userType=said)
    assert made["userType"] == said and scim.employee(made["id"])["employment_type"] == shown
