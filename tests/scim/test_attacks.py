"""Bad input and attacks over SCIM, numbered as in the threat list (C01 to C07), with the answers they must get."""

import json

import pytest

from app.scim.documents.rules import ENTERPRISE, USER

from .conftest import PATCH_OP, SEARCH, at, operation, patching, user_document

NOT_BOOLEANS = ["false", "true", "FALSE", "no", "", " True", 0, 1, 0.0, None, [False], [], {}, {"value": False}]


@pytest.fixture
def ada(scim):
    return scim.user("ada", department="Sales", externalId="e-1")


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


NO_FILTERS = [
    "(" * 10_000 + "userName pr" + ")" * 10_000, " or ".join(["userName pr"] * 10_000), " and ".join(["active eq true"] * 500),
    "not (" * 5_000 + "userName pr" + ")" * 5_000, "emails[" * 5_000 + "value pr" + "]" * 5_000, "(" * 900_000,
    'userName eq "' + "a" * 900_000 + '"', 'userName eq "' + "a" * 9_000, 'userName eq "' + "\\" * 9_000, '"' * 9_999,
    "not not not userName pr", "userName eq", "userName", "eq", "", " ", "userName eq a", "userName eq 'a'", "userName regex \"a\"",
    'userName eq "a" or', 'userName eq "a")', '(userName eq "a"', "userName == 1", "active gt true", "userName pr pr", "1" * 9_000,
    "userName eq " + "1" * 5_000, "userName eq 1e999", "userName eq NaN", "id eq 5",
    'meta.created gt "2026-03-02T09:00:00"', 'meta.created gt "9999-12-31T23:59:59-14:00"', 'meta.created gt "yesterday"',
    'emails[type eq "work"', 'emails[emails[type eq "a"]]', 'userName[type eq "a"]', 'userName.a eq "b"', 'userName eq "\\u0000"',
    'userName eq "\x01"',
]  # fmt: skip


def test_c02_a_filter_that_is_none_is_refused(scim):
    for condition in NO_FILTERS:
        answers = [search(scim, condition)]
        if len(condition) < 5_000:
            answers.append(scim.call("GET", "/Users", params={"filter": condition}))
        for answer in answers:
            assert answer.status_code == 400, (condition[:80], answer.text[:300])
            assert answer.json()["scimType"] == "invalidFilter", (condition[:80], answer.text)


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
def test_c03_what_is_not_searched_is_no_oracle(scim, attribute):
    for test in ('eq "a"', "pr", 'sw ""', 'gt "a"'):
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
        patching(("add", 'emails[type eq "work"].primary', value)), patching(("add", 'emails[type eq "work"]', mail)), patching(("add", "phoneNumbers", [mail])),
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
        {"schemas": [PATCH_OP], "Operations": 5852703993},
        {"schemas": [PATCH_OP], "Operations": "replace"},
        {"schemas": [PATCH_OP], "Operations": {"op": "replace", "path": "active", "value": False}},
        {"schemas": [PATCH_OP], "Operations": True},
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
