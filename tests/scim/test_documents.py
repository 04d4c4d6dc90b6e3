"""Names, ids, addresses, groups and secrets: what holds whoever the client is."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.kernel.database import Base
from app.lifecycle.documents.rules import ENTERPRISE

from .conftest import PATCH_OP, at, patching, user_document


@pytest.fixture
def ada(scim):
    return scim.user(
        "Ada.Byron", department="Sales", externalId="e-1", name={"givenName": "Ada", "familyName": "Byron"}
    )


def test_a_user_name_compares_without_case_and_keeps_it(scim, ada):
    assert scim.read(ada["id"])["userName"] == scim.employee(ada["id"])["user_name"] == "Ada.Byron"
    for name in ("ada.byron", "ADA.BYRON", "Ada.Byron"):
        assert scim.found(f'userName eq "{name}"') == (1, [ada["id"]])
        assert scim.found(f'username Eq "{name}"') == (1, [ada["id"]])
    scim.patch(at(ada), ("replace", "userName", "ADA.byron"))
    assert scim.read(ada["id"])["userName"] == "ADA.byron"


def test_an_external_id_is_case_exact(scim):
    small, large = scim.user("small", externalId="abc"), scim.user("large", externalId="ABC")
    assert scim.found('externalId eq "abc"') == (1, [small["id"]])
    assert scim.found('externalId eq "ABC"') == (1, [large["id"]])
    assert scim.found('externalId eq "Abc"') == (0, [])


@pytest.mark.parametrize("address", ["Ada <ada@x>", "none", "ada@@x", "a b@x.example", "ada.@x..example", "tel:1"])
def test_an_address_that_no_mail_server_would_take_is_taken(scim, ada, address):
    """Attack E09."""
    scim.put(at(ada), user_document("ada.byron", externalId="e-1", emails=[{"value": address, "type": "work"}]))
    assert scim.read(ada["id"])["emails"][0]["value"] == scim.employee(ada["id"])["email"] == address
    assert scim.found(f'emails.value eq "{address.upper()}"') == (1, [ada["id"]])


def test_a_users_groups_are_filled_and_read_only(scim, ada):
    group, other = scim.group("Editors", ada["id"]), scim.group("Authors", ada["id"])
    said = scim.read(ada["id"])["groups"]
    assert [(one["value"], one["display"], one["type"]) for one in said] == [
        (other["id"], "Authors", "direct"), (group["id"], "Editors", "direct"),
    ]  # fmt: skip
    assert said[0]["$ref"].endswith(f"/scim/v2/Groups/{other['id']}")
    scim.put(at(ada), user_document("ada.byron", externalId="e-1", groups=[]))
    assert len(scim.read(ada["id"])["groups"]) == 2
    assert scim.found(f'groups.value eq "{group["id"]}"') == (1, [ada["id"]])
    assert scim.found('groups.display eq "editors"') == (1, [ada["id"]])


def test_deleting_somebody_leaves_no_dangling_member(scim, ada):
    bob = scim.user("bob")
    group = scim.group("Editors", ada["id"], bob["id"])
    scim.delete(at(ada))
    answer = scim.get(f"/Groups/{group['id']}")
    assert [one["value"] for one in answer["members"]] == [bob["id"]]
    assert answer["meta"]["version"] != group["meta"]["version"]
    scim.get(at(ada), 404)
    assert scim.found('userName eq "ada.byron"') == (0, []) and scim.employee(ada["id"])["active"] is False
    scim.refused(404, None, "DELETE", at(ada))
    scim.refused(404, None, "PATCH", at(ada), {"Operations": [{"op": "replace", "path": "active", "value": True}]})


@pytest.mark.parametrize("stranger", ["nobody", "01890000-0000-7000-8000-000000000000", "deleted", ""])
def test_an_unknown_member_is_refused(scim, ada, stranger):
    group = scim.group("Editors", ada["id"])
    if stranger == "deleted":
        gone = scim.user("gone")
        scim.delete(at(gone))
        stranger = gone["id"]
    named = {"Operations": [{"op": "add", "path": "members", "value": [{"value": stranger}]}]}
    scim.refused(400, "invalidValue", "PATCH", f"/Groups/{group['id']}", {"schemas": [PATCH_OP], **named})
    scim.refused(400, "invalidValue", "POST", "/Groups", {"displayName": "New", "members": [{"value": stranger}]})
    assert [one["value"] for one in scim.get(f"/Groups/{group['id']}")["members"]] == [ada["id"]]


def test_a_rename_by_deactivating_and_creating_is_never_matched_by_mail(scim):
    mail = [{"value": "ada@corp.example", "type": "work", "primary": True}]
    before = scim.user("ada.byron", externalId="e-1", emails=mail, department="Sales")
    account, grant = scim.publishing(before)
    scim.patch(at(before), ("Replace", "active", "False"))
    after = scim.user("ada.king", externalId="e-2", emails=mail, department="Sales")
    assert after["id"] != before["id"] and scim.employee(after["id"])["email"] == "ada@corp.example"
    assert scim.employee(before["id"])["active"] is False
    assert scim.world.get(f"/v1/grants/{grant}", "boss")["state"] == "revoked"
    reasons = scim.world.evaluate("boss", after["id"], "publish", account)["context"]["reasons"]
    assert {one["code"] for one in reasons} == {"no_grant"}


def test_what_was_written_is_read_back(scim):
    body = user_document(
        "Bob", externalId="b-1", active=True, displayName="Bob B.", nickName="Bobby", profileUrl="https://x.example/bob", title="Clerk",
        userType="Employee", preferredLanguage="en", locale="en-GB", timezone="Europe/London",
        name={"formatted": "Mr. Bob B", "familyName": "B", "givenName": "Bob", "middleName": "X", "honorificPrefix": "Mr."},
        emails=[{"value": "bob@x.example", "type": "work", "primary": True}, {"value": "b@home.example", "type": "home"}],
        phoneNumbers=[{"value": "+1", "type": "work"}], roles=[{"value": "clerk"}], entitlements=[{"value": "e"}],
        addresses=[{"locality": "London", "country": "GB", "type": "work"}],
        enterprise={"employeeNumber": "9", "department": "Sales", "costCenter": "C1", "organization": "O", "division": "D"},
    )  # fmt: skip
    made = scim.post("/Users", body)
    assert {name: made.get(name) for name in body} == body
    assert {name: scim.read(made["id"]).get(name) for name in body} == body
    listed = scim.get("/Users", params={"filter": 'userName eq "bob"'})["Resources"][0]
    assert listed == scim.read(made["id"])


@pytest.mark.parametrize(
    "secret", ["$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaC1vZi1hLXBhc3N3b3Jk", "hunter2-in-clear"]
)
def test_a_password_is_dropped_and_found_nowhere(scim, ada, secret):
    made = scim.user("bob", password=secret)
    scim.put(at(made), user_document("bob", password=secret, title="Clerk"))
    scim.patch(at(ada), ("replace", None, {"password": secret, "title": "Analyst"}))
    scim.call(
        "PATCH", at(ada), {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "password", "value": secret}]}
    )
    (outcome,) = scim.bulk(("POST", "/Users", user_document("eve", password=secret)))
    assert outcome["status"] == "201"
    assert (
        "password" not in made
        and "password" not in scim.read(made["id"])
        and scim.employee(ada["id"])["title"] == "Analyst"
    )
    with scim.world.work(write=False) as work:
        for table in Base.metadata.sorted_tables:
            for row in work.session.execute(sa.select(table)):
                assert secret not in repr(tuple(row)), table.name


def test_an_employee_id_belongs_to_one_external_id(scim):
    mine = {"employeeNumber": "N-1"}
    ada = scim.user("ada", externalId="e-1", enterprise=mine)
    scim.patch(at(ada), ("replace", "active", False))  # who is here would be in the way by that alone
    scim.refused(409, "uniqueness", "POST", "/Users", user_document("bob", externalId="e-2", enterprise=mine))
    assert scim.user("ada", status=200, externalId="e-1", enterprise=mine)["id"] == ada["id"]


def test_who_is_created_anew_after_their_last_day_returns_with_nothing(scim):
    """HR's file said the day, and nobody has said since that they left."""
    team = scim.world
    last = team.clock.now + timedelta(days=3)
    known = team.hire("N-7", ends_at=last)
    account, grant = scim.publishing({"id": str(known)})
    team.clock.turn(days=4)
    back = scim.user("N-7", status=200, externalId="e-7", enterprise={"employeeNumber": "N-7"}, department="Sales")
    assert back["id"] == str(known) and scim.employee(back["id"])["active"] is True
    assert team.get(f"/v1/grants/{grant}", "boss")["state"] == "revoked"
    team.intact()


def test_a_department_that_two_units_are_called_is_asked_for_by_its_key(scim, ada):
    root = scim.world.get("/v1/business-units?key=sales", "boss")["items"][0]["parent_id"]
    for key in ("twin-a", "twin-b"):
        scim.world.want(201, "POST", "/v1/business-units", "boss", {"key": key, "name": "Twins", "parent_id": root})
    scim.refused(400, "invalidValue", "PATCH", at(ada), patching(("replace", f"{ENTERPRISE}:department", "Twins")))
    scim.patch(at(ada), ("replace", f"{ENTERPRISE}:department", "twin-b"))
    assert scim.unit(ada["id"]) == "twin-b"


def test_members_that_leave_and_a_new_name_happen_together(scim, ada):
    bob = scim.user("bob")
    group = scim.group("Editors", ada["id"], bob["id"])
    scim.patch(at(group), ("remove", "members", [{"value": ada["id"]}]), ("replace", "displayName", "Writers"))
    said = scim.get(at(group))
    assert (said["displayName"], [one["value"] for one in said["members"]]) == ("Writers", [bob["id"]])


def test_a_create_that_is_repeated_under_its_key_is_answered_as_before(scim):
    sent = user_document("ada", externalId="e-1")
    first, again = (scim.call("POST", "/Users", sent, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, again.json())
    assert again.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers
