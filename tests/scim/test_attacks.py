"""Bad input and attacks over SCIM, numbered as in the threat list (C01 to C17), with the answers they must get."""

import json

import pytest

from app.clients import service as clients
from app.kernel.actor import Actor, ActorKind
from app.scim.documents.rules import ENTERPRISE, GROUP, USER

from .conftest import BULK, PATCH_OP, SEARCH, bulk_operation, group_document, operation, user_document

NOT_BOOLEANS = ["false", "true", "FALSE", "no", "", " True", 0, 1, 0.0, None, [False], [], {}, {"value": False}]


@pytest.fixture
def ada(scim):
    return scim.user("ada", department="Sales", externalId="e-1")


def at(one):
    return f"/{one['meta']['resourceType']}s/{one['id']}"


def patching(*operations):
    return {"schemas": [PATCH_OP], "Operations": [operation(*one) for one in operations]}


def search(scim, condition, **more):
    """By POST: no limit of an address stands before ours."""
    return scim.call("POST", "/Users/.search", {"schemas": [SEARCH], "filter": condition, **more})


def test_c01_a_value_in_a_filter_is_a_value(scim):
    names = [
        "a' OR 1=1--",
        "100%",
        "10_0",
        "back\\slash",
        'quo"te',
        "'; DROP TABLE employee; --",
        "$1",
        "%(id)s",
        ":id",
        "{0}",
    ]
    made = {name: scim.user(name, nickName=name)["id"] for name in names}
    for name, id_ in made.items():
        for attribute in ("userName", "nickName"):
            assert scim.found(f"{attribute} eq {json.dumps(name)}") == (1, [id_]), name
            assert scim.found(f"{attribute} sw {json.dumps(name[:4])} and {attribute} ew {json.dumps(name[-3:])}") == (
                1,
                [id_],
            )
            assert scim.found(f"{attribute} co {json.dumps(name)}") == (1, [id_])
    for wild in ("%", "_"):
        assert scim.found(f'userName co "{wild}"')[0] == sum(wild in name for name in names)
        assert scim.found(f'nickName sw "{wild}"')[0] == sum(name.startswith(wild) for name in names)


@pytest.mark.parametrize(
    "condition",
    [
        "(" * 10_000 + "userName pr" + ")" * 10_000, " or ".join(["userName pr"] * 10_000), " and ".join(["active eq true"] * 500),
        "not (" * 5_000 + "userName pr" + ")" * 5_000, "emails[" * 5_000 + "value pr" + "]" * 5_000, "(" * 900_000,
        'userName eq "' + "a" * 900_000 + '"', 'userName eq "' + "a" * 9_000, 'userName eq "' + "\\" * 9_000, '"' * 9_999,
        "not not not userName pr", "userName eq", "userName", "eq", "", " ", "userName eq a", "userName eq 'a'", "userName regex \"a\"",
        'userName eq "a" or', 'userName eq "a")', '(userName eq "a"', "userName == 1", "active gt true", "userName pr pr", "1" * 9_000,
        "userName eq " + "1" * 5_000, "userName eq 1e999", "userName eq NaN", "id eq 5",
        'meta.created gt "2026-03-02T09:00:00"', 'meta.created gt "9999-12-31T23:59:59-14:00"', 'meta.created gt "yesterday"',
        'emails[type eq "work"', 'emails[emails[type eq "a"]]', 'userName[type eq "a"]', 'userName.a eq "b"', 'userName eq "\\u0000"',
        'userName eq "\x01"',
    ],
)  # fmt: skip
def test_c02_a_filter_that_is_none_is_refused(scim, condition):
    answer = search(scim, condition)
    assert answer.status_code == 400 and answer.json()["scimType"] == "invalidFilter", answer.text[:300]
    if len(condition) < 5_000:
        answer = scim.call("GET", "/Users", params={"filter": condition})
        assert answer.status_code == 400 and answer.json()["scimType"] == "invalidFilter", answer.text[:300]


@pytest.mark.parametrize(
    "condition", ['userName eq "(a+)+$"', 'userName eq "((((((("', "not (not (userName pr))", "(((userName pr)))"]
)
def test_c02_what_only_looks_like_an_attack_is_answered(scim, condition):
    assert search(scim, condition).status_code == 200


def test_c02_a_boolean_in_a_filter_may_be_a_text_as_entra_has_it(scim):
    gone = scim.user("gone", active=False)
    for said in ("false", '"false"', '"False"', '"FALSE"'):
        assert scim.found(f"active eq {said}") == (1, [gone["id"]])
    for said in ("true", '"true"', '"True"'):
        assert scim.found(f"active eq {said}")[0] == len(scim.world.ids)
    scim.refused(400, "invalidFilter", "GET", "/Users", params={"filter": 'active eq "perhaps"'})


@pytest.mark.parametrize("attribute", [
    "password", f"{USER}:password", "secret", "meta.version", "meta.location", "schemas", "urn:x:y:2.0:User:userName",
    f"{ENTERPRISE}:secret", "attributes", "employee_number", "deleted_at", "__class__", "groups.$ref", "id.hex",
])  # fmt: skip
@pytest.mark.parametrize("test", ['eq "a"', "pr", 'sw ""', 'gt "a"'])
def test_c03_what_is_not_searched_is_no_oracle(scim, attribute, test):
    scim.refused(400, "invalidFilter", "GET", "/Users", params={"filter": f"{attribute} {test}"})


@pytest.mark.parametrize("attribute", ["password", "secret", "urn:x:y:2.0:User:userName", "__class__"])
def test_c03_nor_what_is_sorted_by(scim, attribute):
    answer = scim.call("GET", "/Users", params={"sortBy": attribute})
    assert answer.status_code == 400 and answer.json()["scimType"] in ("invalidPath", "invalidValue")


@pytest.mark.parametrize(("path", "scim_type"), [
    ("id", "mutability"), ("meta", "mutability"), ("meta.version", "mutability"), ("groups", "mutability"),
    ("meta.resourceType", "mutability"), ('groups[value eq "admins"]', "mutability"), ("groups.value", "mutability"),
    ("emails[", "invalidPath"), ("__class__", "invalidPath"), ("nope", "invalidPath"), ("name.nope", "invalidPath"),
    ("userName.x", "invalidPath"), ("a b", "invalidPath"), (f"{ENTERPRISE}:nope", "invalidPath"), ("urn:x:y:z", "invalidPath"),
    ("urn:ietf:params:scim:schemas:core:2.0:Group:members", "invalidPath"), ("business_unit_id", "invalidPath"),
    ("attributes", "invalidPath"), ("emails[nope eq 1].value", "invalidFilter"), ("x" * 20_000, "invalidPath"),
    ("emails[" + "(" * 5_000 + "value pr" + ")" * 5_000 + "]", "invalidPath"), (5, "invalidPath"), (["title"], "invalidPath"),
])  # fmt: skip
def test_c04_a_path_to_what_is_not_theirs_is_refused(scim, ada, path, scim_type):
    for op in ("add", "replace", "remove"):
        value = () if op == "remove" else ("x",)
        scim.refused(400, scim_type, "PATCH", at(ada), patching(("add", "title", "T"), (op, path, *value)))
    assert scim.read(ada["id"]) == ada


def test_c04_roles_of_a_user_are_text_and_mean_nothing(scim, ada):
    scim.patch(at(ada), ("add", "roles", [{"value": "strategist", "primary": True}, {"value": "admin"}]))
    scim.patch(at(ada), ("add", "entitlements", [{"value": "publish"}]))
    assert len(scim.read(ada["id"])["roles"]) == 2
    who = scim.world.want(200, "GET", "/v1/me", bearer=scim.world.token(ada["id"]))
    assert who["appointments"] == [] and who["grants"] == []
    scim.refused(400, "invalidValue", "PATCH", at(ada), patching(("replace", "roles", "strategist")))


def test_c04_active_by_its_whole_name_is_active(scim, ada):
    scim.patch(at(ada), ("replace", f"{USER}:active", "False"))
    assert scim.employee(ada["id"])["active"] is False
    scim.patch(at(ada), ("replace", f"{USER.upper()}:ACTIVE", True))
    assert scim.employee(ada["id"])["active"] is True


def spellings(value):
    """A PATCH that says ``active``, in every way there is to say it."""
    for op in ("add", "replace", "Replace"):
        for path in ("active", "ACTIVE", f"{USER}:active", f"{USER.lower()}:Active", " active "):
            yield patching((op, path, value))
        for named in (
            {"active": value},
            {"Active": value},
            {f"{USER}:active": value},
            {USER: {"active": value}},
            {"active ": value},
        ):
            yield patching((op, None, named))
            yield patching((op, "", named))
        yield patching((op, USER, {"active": value}))


@pytest.mark.parametrize("value", NOT_BOOLEANS, ids=repr)
def test_c05_an_active_that_is_not_understood_is_refused_whatever_way_it_comes(scim, ada, value):
    before = scim.world.intact()
    for name in ("active", "ACTIVE", f"{USER}:active"):
        for method, path, user in (("POST", "/Users", "bob"), ("PUT", at(ada), "ada")):
            answer = scim.call(method, path, user_document(user, title="New", **{name: value}))
            assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue"), (method, name, answer.text)
    for body in spellings(value):
        body["Operations"].insert(0, operation("add", "title", "New"))
        answer = scim.call("PATCH", at(ada), body)
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue"), (body, answer.text)
    assert scim.read(ada["id"]) == ada and scim.world.intact() == before


@pytest.mark.parametrize("value", NOT_BOOLEANS, ids=repr)
def test_c05_inside_bulk_only_that_operation_fails_and_says_why(scim, ada, value):
    outcomes = scim.bulk(
        ("POST", "/Users", user_document("bob", active=value)), ("PUT", at(ada), user_document("ada", active=value)),
        ("PATCH", at(ada), patching(("replace", "active", value))), {"Method": "PATCH", "Path": at(ada), "Data": patching(("replace", "active", value))},
        ("POST", "/Users", user_document("eve", active="False")),
    )  # fmt: skip
    assert [one["status"] for one in outcomes] == ["400", "400", "400", "400", "201"]
    for one in outcomes[:4]:
        assert one["response"]["scimType"] == "invalidValue" and "active must be" in one["response"]["detail"]
    assert scim.read(ada["id"]) == ada
    assert scim.found('userName eq "bob"')[0] == 0 and scim.found('userName eq "eve" and active eq false')[0] == 1


@pytest.mark.parametrize("spelled", [True, False, "True", "False"])
def test_c05_what_is_documented_is_understood(scim, ada, spelled):
    wanted = str(spelled) == "True"
    for n, body in enumerate(spellings(spelled)):
        scim.patch(at(ada), ("replace", "active", not wanted))
        scim.want(204, "PATCH", at(ada), body)
        assert scim.read(ada["id"])["active"] is scim.employee(ada["id"])["active"] is wanted, (n, body)


def test_c05_an_active_that_is_taken_away_is_unsaid_and_ends_and_begins_nothing(scim, ada):
    for said in (True, False):
        scim.patch(at(ada), ("replace", "active", said))
        scim.patch(at(ada), ("remove", "active"))
        assert "active" not in scim.read(ada["id"]) and scim.employee(ada["id"])["active"] is said
        scim.put(at(ada), user_document("ada", externalId="e-1", title=f"{said}"))
        assert scim.employee(ada["id"])["active"] is said


@pytest.mark.parametrize("value", ["yes", 1, "true", {}])
def test_c05_the_same_of_other_booleans(scim, ada, value):
    mail = {"value": "a@x.example", "primary": value}
    for body in (
        patching(("add", "emails", [mail])), patching(("add", "emails", mail)), patching(("add", None, {"emails": [mail]})),
        patching(("add", 'emails[type eq "work"].primary', value)), patching(("add", "phoneNumbers", [mail])),
    ):  # fmt: skip
        scim.refused(400, "invalidValue", "PATCH", at(ada), body)
    scim.refused(400, "invalidValue", "PUT", at(ada), user_document("ada", emails=[mail]))


@pytest.mark.parametrize("op", ["Add", "ADD", "add"])
def test_c06_operations_are_known_whatever_their_case(scim, ada, op):
    scim.patch(at(ada), (op, "title", "T"))
    assert scim.read(ada["id"])["title"] == "T"


@pytest.mark.parametrize(("one", "scim_type"), [
    ({"op": "move", "path": "title", "value": "x"}, "invalidSyntax"), ({"path": "title", "value": "x"}, "invalidSyntax"),
    ({"op": None, "path": "title"}, "invalidSyntax"), ({"op": ["add"], "path": "title", "value": "x"}, "invalidSyntax"), ("add", "invalidSyntax"),
    ({"op": "add", "path": "title"}, "invalidValue"), ({"op": "replace", "path": "title"}, "invalidValue"),
    ({"op": "remove"}, "noTarget"), ({"op": "remove", "path": ""}, "noTarget"), ({"op": "add", "value": "x"}, "invalidValue"),
    ({"op": "remove", "path": "userName"}, "mutability"), ({"op": "replace", "path": "userName", "value": ""}, "mutability"),
])  # fmt: skip
def test_c06_what_is_no_operation_is_refused_with_all_beside_it(scim, ada, one, scim_type):
    body = {
        "schemas": [PATCH_OP],
        "Operations": [operation("add", "nickName", "N"), one, operation("add", "title", "T")],
    }
    scim.refused(400, scim_type, "PATCH", at(ada), body)
    assert scim.read(ada["id"]) == ada


def test_c06_too_many_operations_are_refused_before_the_first(scim, ada):
    body = patching(*[("replace", "title", f"T{n}") for n in range(10_000)])
    scim.refused(413, None, "PATCH", at(ada), body)
    (outcome,) = scim.bulk(("PATCH", at(ada), body))
    assert outcome["status"] == outcome["response"]["status"] == "413"
    for empty in (
        {"schemas": [PATCH_OP]},
        {"schemas": [PATCH_OP], "Operations": []},
        {"Operations": {}},
        {"Operations": None},
        [],
        None,
        "x",
    ):
        assert scim.call("PATCH", at(ada), json.dumps(empty)).status_code == 400
    assert scim.read(ada["id"]) == ada


def test_c06_operations_happen_in_order_and_together(scim, ada):
    scim.patch(at(ada), ("add", "title", "T"), ("remove", "title"), ("add", "nickName", "N"))
    said = scim.read(ada["id"])
    assert "title" not in said and said["nickName"] == "N"
    scim.patch(at(ada), ("remove", "nickName"), ("add", "nickName", "M"))
    assert scim.read(ada["id"])["nickName"] == "M"
    scim.refused(400, "invalidValue", "PATCH", at(ada), patching(("add", "title", "T"), ("add", "manager", "nobody")))
    assert "title" not in scim.read(ada["id"]) and scim.employee(ada["id"])["title"] is None


def test_c07_a_remove_with_a_list_takes_only_these_and_an_add_only_adds(scim, ada):
    bob, eve = scim.user("bob"), scim.user("eve")
    group = scim.group("Editors", ada["id"], bob["id"])
    members = lambda: {one["value"] for one in scim.get(at(group)).get("members", ())}  # noqa: E731
    scim.patch(at(group), ("remove", "members", [{"value": ada["id"]}, {"value": eve["id"]}]))
    assert members() == {bob["id"]}
    scim.patch(at(group), ("add", None, {"members": [{"value": eve["id"]}]}))
    assert members() == {bob["id"], eve["id"]}
    scim.patch(at(group), ("add", "members", {"value": ada["id"]}), ("add", "members", ada["id"]))
    assert members() == {ada["id"], bob["id"], eve["id"]}
    scim.patch(at(group), ("remove", f'members[value eq "{ada["id"]}" or value eq "{bob["id"]}"]'))
    assert members() == {eve["id"]}
    scim.patch(at(ada), ("add", None, {"emails": [{"value": "a@x.example", "type": "work"}]}))
    scim.patch(at(ada), ("add", None, {"emails": [{"value": "b@x.example", "type": "home"}]}))
    assert [one["value"] for one in scim.read(ada["id"])["emails"]] == ["a@x.example", "b@x.example"]


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
    scim.refused(409, "uniqueness", "POST", "/Users", user_document(twin))
    bob = scim.user("bob")
    scim.refused(409, "uniqueness", "PUT", at(bob), user_document(twin))
    scim.refused(409, "uniqueness", "PATCH", at(bob), patching(("replace", "userName", twin)))


@pytest.mark.parametrize("name", ["a\u200bda", "ada\u202e", "a\u00adda", "ada\n", "a\x07da", "x" * 321, " ", "\u3000"])
def test_c12_a_user_name_with_what_cannot_be_seen_is_refused(scim, ada, name):
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


# --- C14: whose door this is


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer nobody", "Bearer coe_nobody", "Basic YTpi", "bearer\tx"]
)
def test_c14_without_a_token_nothing_is_said(scim, header):
    for method, path in (
        ("GET", "/Users"),
        ("POST", "/Users"),
        ("POST", "/Bulk"),
        ("GET", "/ServiceProviderConfig"),
        ("GET", "/Me"),
    ):
        headers = {} if header is None else {"Authorization": header}
        answer = scim.world.client.request(method, f"/scim/v2{path}", headers=headers)
        scim.check(answer)
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer")


def test_c14_hrs_token_opens_no_other_door(scim):
    for method, path in (
        ("GET", "/v1/employees"), ("GET", "/v1/accounts"), ("GET", "/v1/me"), ("POST", "/v1/rights-requests"), ("GET", "/v1/audit/events"),
        ("POST", "/access/v1/evaluation"), ("POST", "/v1/appointments"), ("GET", "/v1/group-mappings"), ("POST", "/v1/group-mappings"),
        ("GET", "/v1/groups"),
    ):  # fmt: skip
        answer = scim.world.call(method, path, body={} if method == "POST" else None, bearer=scim.bearer)
        assert answer.status_code in (403, 422), (method, path, answer.text)
        if method == "GET":
            assert answer.status_code == 403, (path, answer.text)


@pytest.mark.parametrize("who", ["asker", "boss", "admin", "auditor", "developer"])
def test_c14_a_persons_token_does_not_speak_for_hr(scim, ada, who):
    bearer = scim.world.token(who)
    for method, path, body in (
        ("GET", "/Users", None), ("GET", at(ada), None), ("POST", "/Users", user_document("x")), ("PUT", at(ada), user_document("x")),
        ("PATCH", at(ada), patching(("replace", "active", False))), ("DELETE", at(ada), None), ("POST", "/Bulk", {"Operations": []}),
        ("POST", "/.search", {}), ("GET", "/Groups", None), ("GET", "/Schemas", None), ("GET", "", None),
    ):  # fmt: skip
        scim.want(403, method, path, body, bearer=bearer)
    assert scim.read(ada["id"]) == ada


def test_c14_other_clients_do_not_either(scim):
    with scim.world.work() as work:
        other = clients.create_client(work, "Tool", ["decisions", "audit:read"], static=True).bearer
        gone = clients.create_client(work, "Old HR", ["hr"], static=True)
        clients.revoke_client(work, gone.client_id)
    scim.want(403, "GET", "/Users", bearer=other)
    scim.want(401, "GET", "/Users", bearer=gone.bearer)


def test_c14_me_is_who_asks(scim):
    asker = str(scim.world.ids["asker"])
    said = scim.want(200, "GET", "/Me", who="asker")
    assert said["id"] == asker and said["userName"] == "asker" and said["schemas"][0] == USER
    assert said == scim.read(asker)
    scim.want(403, "GET", "/Me")
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        scim.want(405, method, "/Me", {}, who="asker")


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/Nope", 404), ("GET", "/Users/x/y", 404), ("GET", "/Users/", 404), ("GET", "/users", 404), ("GET", "/Users/nobody", 404),
    ("GET", "/Schemas/nope", 404), ("GET", "/ResourceTypes/nope", 404), ("PUT", "/Users", 405), ("DELETE", "/Users", 405),
    ("GET", "/Bulk", 405), ("GET", "/Users/.search", 404), ("POST", "/Schemas", 405), ("OPTIONS", "/Users", 405), ("TRACE", "/Users", 405),
    ("POST", "/Users/x", 405), ("GET", "/Users/01890000-0000-7000-8000-000000000000", 404),
    ("GET", "/Users/%2e%2e", 404), ("GET", "/Users;v=1", 404), ("GET", "//Users", 404),
])  # fmt: skip
def test_c14_every_refusal_is_a_scim_error(scim, method, path, status):
    answer = scim.call(method, path, headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code in (status, 404, 405) and answer.status_code >= 400, answer.text
    assert answer.status_code == status or path in ("/Users/.search", "/Users/%2e%2e", "//Users"), answer.status_code
    if answer.status_code == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(("body", "headers", "status"), [
    ("{", {}, 400), ("", {}, 400), ("[]", {}, 400), ("null", {}, 400), ('"x"', {}, 400), ('{"userName":NaN}', {}, 400), ("{}{}", {}, 400),
    ("[" * 100_000, {}, 400), ('{"a":' * 70 + "1" + "}" * 70, {}, 400), (b"\xff\xfe{}", {}, 400), ("\ufeff{}", {}, 400), (b"\xff", {}, 400),
    ('{"userName":"a\\ud800"}', {}, 400), ('{"userName":"a\\u0000"}', {}, 400), ("x" * 1_048_577, {}, 413), ("{}", {"Content-Type": "text/xml"}, 415),
    ("{}", {"Content-Encoding": "gzip"}, 415), ("userName=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
])  # fmt: skip
def test_c14_nor_is_a_body_that_is_none_told_of_otherwise(scim, body, headers, status):
    before = scim.world.intact()
    for method, path in (
        ("POST", "/Users"),
        ("POST", "/Bulk"),
        ("POST", "/Users/.search"),
        ("POST", "/.search"),
        ("POST", "/Groups"),
    ):
        answer = scim.call(method, path, body, headers=headers)
        assert answer.status_code == status or ("search" in path and answer.status_code == 400), (path, answer.text)
    assert scim.world.intact() == before


# --- C15 to C17: what leaving means


def test_c15_who_is_deactivated_has_nothing_left_in_the_same_commit(scim):
    team = scim.world
    account = team.account("acme")
    asked = team.ask("asker", account)
    team.decide("liaison", asked)
    grant = team.decide("hub", asked)["grants"][0]
    team.appoint("colleague", "bu_liaison", "sales", deputy="asker")
    waiting, theirs = (
        team.ask("asker", account, ["engage"]),
        team.ask("liaison", account, ["draft"], beneficiary_id=str(team.ids["asker"])),
    )
    with team.work() as work:
        work.actor = Actor(ActorKind.EMPLOYEE, team.ids["asker"])
        mine = clients.create_client(work, "Mine", ["audit:read"], static=True).bearer
    bearer = team.token("asker")
    assert team.call("GET", "/v1/audit/events?limit=1", bearer=mine).status_code == 200
    before = team.intact()
    scim.patch(f"/Users/{team.ids['asker']}", ("Replace", "active", "False"))
    new = [one for one in team.events() if one["seq"] > before]
    assert {(one["at"], one["request_id"]) for one in new if one["action"] != "token.issued"} == {
        (new[-1]["at"], new[-1]["request_id"])
    }
    assert team.call("GET", "/v1/me", bearer=bearer).status_code == 401
    assert team.call("GET", "/scim/v2/Me", bearer=bearer).status_code == 401
    assert team.call("GET", "/v1/audit/events?limit=1", bearer=mine).status_code == 401
    assert team.get(f"/v1/grants/{grant['id']}", "boss")["state"] == "revoked"
    assert team.codes("boss", "asker", "publish", account) == {"subject_inactive", "grant_revoked"}
    for request in (waiting, theirs):
        assert team.get(f"/v1/rights-requests/{request['id']}", "boss")["state"] == "withdrawn"
    (one,) = team.get("/v1/appointments", "boss", params={"employee_id": team.ids["colleague"]})["items"]
    assert one["deputy_id"] is None


def test_c15_what_waits_for_who_is_deactivated_waits_for_others(scim):
    team = scim.world
    asked = team.ask("asker", team.account("acme"))
    scim.patch(f"/Users/{team.ids['liaison']}", ("replace", "active", False))
    steps = team.get(f"/v1/rights-requests/{asked['id']}", "asker")["steps"]
    assert [(step["kind"], step["state"]) for step in steps] == [
        ("account_liaison", "merged"),
        ("community_manager", "open"),
    ]


@pytest.mark.parametrize("who", ["admin", "boss"])
def test_c16_the_mail_of_who_runs_the_service_is_nobody_elses(scim, ada, who):
    mail = [{"value": f"{who}@WORLD.example", "type": "work", "primary": True}]
    scim.refused(409, "uniqueness", "POST", "/Users", user_document("evil", externalId="e-9", emails=mail))
    scim.refused(409, "uniqueness", "PUT", at(ada), user_document("ada", emails=mail))
    scim.refused(409, "uniqueness", "PATCH", at(ada), patching(("add", "emails", mail)))
    scim.refused(
        409, "uniqueness", "PATCH", at(ada), patching(("add", 'emails[type eq "work"].value', mail[0]["value"]))
    )
    (outcome,) = scim.bulk(("POST", "/Users", user_document("evil", emails=mail)))
    assert outcome["status"] == "409"
    own = f"/Users/{scim.world.ids[who]}"
    scim.put(own, user_document(who, emails=mail, title="T"))
    assert scim.employee(scim.world.ids[who])["title"] == "T"


def test_c16_anybody_elses_mail_makes_somebody_of_their_own(scim):
    made = scim.user("twin", emails=[{"value": "asker@world.example"}])
    assert made["id"] != str(scim.world.ids["asker"]) and scim.employee(scim.world.ids["asker"])["user_name"] == "asker"


def test_c17_hrs_word_ends_even_the_last_of_them(scim):
    team = scim.world
    for who in ("admin", "boss2", "boss"):
        scim.patch(f"/Users/{team.ids[who]}", ("replace", "active", False))
    assert team.get("/v1/appointments?role=strategist&ended=false", "auditor")["items"] == []
    assert [one["role"] for one in team.get("/v1/directory/orphans", "auditor")["roles"]] == ["strategist"]
