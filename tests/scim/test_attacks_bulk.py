"""Attacks over SCIM, C08 to C13: bulk requests, pages, names that are one name, and states that are stale."""

import json
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from app.scim.documents.rules import GROUP, USER
from app.scim.people.service import People

from .conftest import BULK, at, bulk_operation, group_document, patching, user_document


@pytest.fixture
def ada(scim):
    return scim.user("ada", department="Sales", externalId="e-1")


def test_c08_a_bulk_over_its_limits_is_refused_before_its_first_operation(scim, ada):
    many = {
        "schemas": [BULK],
        "Operations": [bulk_operation("POST", "/Users", user_document(f"u{n}")) for n in range(501)],
    }
    scim.refused(413, None, "POST", "/Bulk", many)
    large = json.dumps({"Operations": [bulk_operation("POST", "/Users", user_document("big", title="x" * 1_100_000))]})
    scim.refused(413, None, "POST", "/Bulk", large)

    def chunks():
        yield from (large[at : at + 65_536].encode() for at in range(0, len(large), 65_536))

    answer = scim.world.client.post(
        "/scim/v2/Bulk",
        content=chunks(),
        headers={"Authorization": f"Bearer {scim.bearer}", "Content-Type": "application/json"},
    )
    scim.check(answer)
    assert answer.status_code == 413
    scim.refused(415, None, "POST", "/Bulk", b"\x1f\x8b\x08", headers={"Content-Encoding": "gzip"})
    limits = scim.get("/ServiceProviderConfig")["bulk"]
    assert (limits["maxOperations"], limits["maxPayloadSize"]) == (500, 1_048_576)
    assert scim.found('userName sw "u"')[0] == 0


def post(bulk_id, name, **more):
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": user_document(name, **more)}


def under(bulk_id):
    return {"enterprise": {"manager": {"value": f"bulkId:{bulk_id}"}}}


def test_c09_a_reference_to_an_operation_further_down_is_followed(scim):
    outcomes = scim.bulk(
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group_document("Editors", "bulkId:a", "bulkId:b")},
        post("a", "ann", **under("b")), post("b", "bob"),
    )  # fmt: skip
    assert [one["status"] for one in outcomes] == ["201"] * 3
    group, ann, bob = (one["location"].rsplit("/", 1)[1] for one in outcomes)
    assert scim.employee(ann)["manager_id"] == bob
    assert [one["value"] for one in scim.get(f"/Groups/{group}")["members"]] == [ann, bob]


@pytest.mark.parametrize("bulk", [
    [post("a", "ann", **under("b")), post("b", "bob", **under("a"))], [post("a", "ann", **under("a"))],
    [post("a", "ann", **under("nobody"))], [post("a", "ann", **under("b")), post("b", "bob", active="no")],
    [post("a", "ann", **under("b")), post("b", "bob", **under("c")), post("c", "cid", **under("a"))],
])  # fmt: skip
def test_c09_a_reference_that_leads_nowhere_fails_its_operation_in_finite_time(scim, bulk):
    outcomes = scim.bulk(*bulk)
    assert {one["status"] for one in outcomes} <= {"400", "409"} and len(outcomes) == len(bulk)
    assert scim.found('userName eq "ann" or userName eq "bob" or userName eq "cid"')[0] == 0


def test_c09_one_bulk_id_twice_counts_once(scim):
    outcomes = scim.bulk(post("a", "ann"), post("a", "bob"), post("b", "cid", **under("a")))
    assert [one["status"] for one in outcomes] == ["201", "400", "201"]
    assert (
        scim.employee(outcomes[2]["location"].rsplit("/", 1)[1])["manager_id"]
        == outcomes[0]["location"].rsplit("/", 1)[1]
    )


def test_c09_a_long_chain_is_followed_to_its_end(scim):
    outcomes = scim.bulk(*(post(str(n), f"u{n}", **under(str(n + 1))) for n in range(60)), post("60", "u60"))
    assert [one["status"] for one in outcomes] == ["201"] * 61


@pytest.mark.parametrize(
    "path",
    ["/Nope", "/Users/x/y", "/Me", "/Bulk", "/Users/.search", "Users/../Groups", "", "/", "https://evil.example/Users"],
)
def test_c09_an_operation_on_no_resource_fails_alone(scim, path):
    outcomes = scim.bulk({**post("a", "ann"), "path": path}, {"method": "DELETE", "path": path}, post("b", "bob"))
    assert outcomes[2]["status"] == "201" and all(one["status"][0] == "4" for one in outcomes[:2]), outcomes


@pytest.mark.parametrize("errors", ["1", "x", 1.5, True, [1], {}, 0, -1, -(10**18)])
def test_c10_fail_on_errors_that_is_no_number_from_one_on(scim, errors):
    scim.refused(
        400,
        "invalidValue",
        "POST",
        "/Bulk",
        {"schemas": [BULK], "failOnErrors": errors, "Operations": [post("a", "ann")]},
    )


@pytest.mark.parametrize(("errors", "ran"), [(1, 2), (2, 4), (3, 5), (10**9, 5), (None, 5)])
def test_c10_fail_on_errors_stops_exactly_there(scim, errors, ran):
    bad = lambda bulk_id: post(bulk_id, "bad", active="no")  # noqa: E731
    outcomes = scim.bulk(post("a", "ann"), bad("b"), post("c", "cid"), bad("d"), post("e", "eve"), failOnErrors=errors)
    assert len(outcomes) == ran
    assert scim.found('userName eq "ann"')[0] == 1 and scim.found('userName eq "eve"')[0] == (ran == 5)


def test_c11_positions_and_counts_are_brought_within_bounds(scim):
    everyone = scim.get("/Users")["totalResults"]
    assert everyone == len(scim.world.ids)
    for start in (0, -1, -(2**63)):
        answer = scim.get("/Users", params={"startIndex": start, "count": 2})
        assert (answer["startIndex"], len(answer["Resources"])) == (1, 2)
    for start in (everyone + 1, 2**31, 2**63, 10**30):
        answer = scim.get("/Users", params={"startIndex": start})
        assert answer["totalResults"] == everyone and answer.get("Resources", []) == []
    for count in (-1, -(2**63), 0):
        assert scim.get("/Users", params={"count": count}).get("Resources", []) == []
    for count in (10**9, 2**63, 10**30):
        assert len(scim.get("/Users", params={"count": count})["Resources"]) == everyone
    for name in ("startIndex", "count"):
        for value in ("abc", "1.5", "", "0x10", "1e3", "٣"):
            answer = scim.call("GET", "/Users", params={name: value})
            assert answer.status_code in (200, 400), (name, value)
            assert answer.status_code == 400 or value == "٣" or value == "", (name, value)


def test_c11_a_cursor_is_ours_or_refused(scim):
    page = scim.get("/Users", params={"cursor": "", "count": 3})
    cursor = page["nextCursor"]
    assert len(scim.get("/Users", params={"cursor": cursor, "count": 3})["Resources"]) == 3
    flipped = cursor[:10] + ("A" if cursor[10] != "A" else "B") + cursor[11:]
    for forged in (
        "x",
        "1",
        cursor[:-1],
        cursor + "A",
        cursor[1:],
        flipped,
        cursor.swapcase(),
        "A" * 5_000,
        "é",
        "\u0663",
        "../..",
        "%",
    ):
        scim.refused(400, "invalidCursor", "GET", "/Users", params={"cursor": forged, "count": 3})
    for other in ({"filter": "active eq true"}, {"sortBy": "userName"}, {"sortBy": "id", "sortOrder": "descending"}):
        scim.refused(400, "invalidCursor", "GET", "/Users", params={"cursor": cursor, "count": 3, **other})
    scim.refused(400, "invalidCursor", "GET", "/Groups", params={"cursor": cursor, "count": 3})
    assert scim.call("GET", "/Users", params={"cursor": cursor, "count": 4}).status_code == 400
    scim.refused(400, "invalidValue", "GET", "/Users", params={"cursor": cursor, "count": 3, "startIndex": 1})


@pytest.mark.parametrize("twin", ["ADA", " ada", "ada ", "\tada", "Ａｄａ", "ａｄａ", "ad\u00aa"])
def test_c12_one_user_name_by_any_spelling(scim, ada, twin):
    """Attacks E03, E04."""
    scim.refused(409, "uniqueness", "POST", "/Users", user_document(twin))
    bob = scim.user("bob")
    scim.refused(409, "uniqueness", "PUT", at(bob), user_document(twin))
    scim.refused(409, "uniqueness", "PATCH", at(bob), patching(("replace", "userName", twin)))


@pytest.mark.parametrize("name", ["a\u200bda", "ada\u202e", "a\u00adda", "ada\n", "a\x07da", "x" * 321, " ", "\u3000"])
def test_c12_a_user_name_with_what_cannot_be_seen_is_refused(scim, ada, name):
    """Attack E02."""
    answer = scim.call("POST", "/Users", user_document(name))
    assert answer.status_code in (400, 409) and answer.json()["scimType"] in ("invalidValue", "uniqueness")
    assert scim.get("/Users", params={"count": 0})["totalResults"] == len(scim.world.ids) + 1


def test_c12_a_look_alike_is_somebody_else(scim, ada):
    twin = scim.user("аdа")  # Cyrillic
    assert twin["id"] != ada["id"] and scim.found('userName eq "ada"') == (1, [ada["id"]])


def test_c13_a_put_without_active_reactivates_nobody(scim, ada):
    scim.patch(at(ada), ("replace", "active", False))
    scim.put(at(ada), user_document("ada", externalId="e-1", title="T"))
    assert scim.employee(ada["id"])["active"] is False
    (outcome,) = scim.bulk(("PUT", at(ada), user_document("ada", externalId="e-1", title="U")))
    assert outcome["status"] == "200" and scim.employee(ada["id"])["active"] is False


def test_c13_a_put_as_another_type_of_resource(scim, ada):
    group = scim.group("Editors")
    for path, body in (
        (at(ada), {"schemas": [GROUP], "displayName": "x", "userName": "ada"}), (at(ada), group_document("x")),
        (at(group), {"schemas": [USER], "userName": "ada", "displayName": "x"}), (f"/Users/{group['id']}", user_document("x")),
        (f"/Groups/{ada['id']}", group_document("x")),
    ):  # fmt: skip
        answer = scim.call("PUT", path, body)
        assert answer.status_code in (400, 404), answer.text
    assert scim.read(ada["id"]) == ada and scim.get(at(group)) == group


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_c13_a_stale_if_match_changes_nothing(scim, ada, method):
    old = ada["meta"]["version"]
    scim.patch(at(ada), ("add", "title", "T"))
    body = {"PUT": user_document("ada", externalId="e-1"), "PATCH": patching(("add", "title", "U"))}.get(method)
    for stale in (old, 'W/"999999"', 'W/"0"'):
        scim.refused(412, None, method, at(ada), body, headers={"If-Match": stale})
    outcomes = scim.bulk({"method": method, "path": at(ada), "version": old, **({"data": body} if body else {})})
    assert outcomes[0]["status"] == "412"
    assert scim.read(ada["id"])["title"] == "T"
    fresh = scim.read(ada["id"])["meta"]["version"]
    assert scim.call(method, at(ada), body, headers={"If-Match": fresh}).status_code in (200, 204)


def test_c13_if_none_match_saves_a_reading(scim, ada):
    answer = scim.call("GET", at(ada), headers={"If-None-Match": ada["meta"]["version"]})
    assert answer.status_code == 304 and answer.content == b""
    assert scim.call("GET", at(ada), headers={"If-None-Match": 'W/"0"'}).status_code == 200


@pytest.mark.parametrize(("trouble", "status"), [
    (OperationalError("INSERT", {}, Exception("the lock was not given")), "503"), (RuntimeError("a defect"), "500"),
], ids=["database", "defect"])  # fmt: skip
def test_what_goes_wrong_with_one_operation_of_a_bulk_stops_no_other(scim, monkeypatch, trouble, status):
    create = People.create

    def creating(self, said, external_id):
        if said["userName"] == "unlucky":
            raise trouble
        return create(self, said, external_id)

    monkeypatch.setattr(People, "create", creating)
    made = scim.bulk(*(("POST", "/Users", user_document(name)) for name in ("first", "unlucky", "last")))
    assert [one["status"] for one in made] == ["201", status, "201"]
    assert "INSERT" not in json.dumps(made) and "defect" not in json.dumps(made)
    assert [scim.found(f'userName eq "{name}"')[0] for name in ("first", "unlucky", "last")] == [1, 0, 1]


def test_k06_an_operation_whose_commit_came_with_a_warning_is_not_acknowledged(scim):
    """2.6: a wait for the standby that was cancelled answers like a success; each operation of a bulk request is a commit."""
    if scim.world.settings.sqlite:
        pytest.skip("SQLite has no standby to wait for")
    with scim.world.app.state.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION warns() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE WARNING 'canceling wait for synchronous replication due to user request'; RETURN NULL; END $$"
        )
        connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER warns AFTER INSERT ON employee DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION warns()"
        )
    (outcome,) = scim.bulk(post("a", "ann"))
    assert outcome["status"] == "503", outcome


def test_what_a_bulk_request_did_is_known_to_the_decisions_of_the_process_that_did_it(scim, monkeypatch):
    told = []
    monkeypatch.setattr(scim.world.app.state, "house", replace(scim.world.house, committed=told.append))
    assert [one["status"] for one in scim.bulk(post("a", "ann"), post("b", "bob"))] == ["201"] * 2
    assert len(told) == 2 and told == sorted(told)
