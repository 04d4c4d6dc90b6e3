"""What clients send and what it means, by plain calls: every spelling beside the standard's."""

import pytest

from app.lifecycle.documents.rules import ENTERPRISE
from app.scim.dialect import rules
from app.scim.dialect.rules import MAX_BRACKETS, MAX_FILTER, MAX_PATCH, NOTHING, PATCH_OP, NotUnderstood, TooMany
from app.scim.documents.rules import GROUP, MAX_ENTRIES, USER

OLD = "urn:scim:schemas:extension:enterprise:1.0"


def refusal(call, *words):
    with pytest.raises(NotUnderstood) as found:
        call(*words)
    return str(found.value), found.value.scim_type


# --- whole resources -------------------------------------------------------------------------------------------------


def test_a_user_is_told_in_the_words_of_the_standard():
    said = {
        "Schemas": ["whatever"], "userName": "ada", "Active": "False", f"{USER}:title": "Editor",
        "emails": {"value": "a@x", "Primary": "True"}, "phoneNumbers": [{"value": "1", "primary": None}, "2"], "photos": "p",
        f"{ENTERPRISE}:department": "Sales", f" {ENTERPRISE.upper()}:Manager": "m1", f"{OLD}:employeeNumber": "7",
        ENTERPRISE: {"costCenter": "4"},
    }  # fmt: skip
    assert rules.resource("User", said) == {
        "schemas": [USER, ENTERPRISE], "userName": "ada", "Active": False, "title": "Editor",
        "emails": [{"value": "a@x", "Primary": True}], "phoneNumbers": [{"value": "1", "primary": None}, "2"], "photos": "p",
        ENTERPRISE: {"department": "Sales", "Manager": {"value": "m1"}, "employeeNumber": "7", "costCenter": "4"},
    }  # fmt: skip


def test_a_user_without_the_extension_names_the_core_alone():
    assert rules.resource("User", {"userName": "ada"}) == {"schemas": [USER], "userName": "ada"}
    assert rules.resource("User", {USER: {"userName": "ada"}}) == {"schemas": [USER], "userName": "ada"}
    assert rules.resource("User", {ENTERPRISE: None}) == {"schemas": [USER, ENTERPRISE], ENTERPRISE: None}
    assert rules.resource("User", {f"{USER}": "x"}) == {"schemas": [USER]}
    assert rules.resource("User", {f"{ENTERPRISE}x": 1}) == {"schemas": [USER], f"{ENTERPRISE}x": 1}


def test_a_group_is_told_in_the_words_of_the_standard():
    said = {"schemas": [GROUP], f"{GROUP}:displayName": "Press", "Members": "m1", "active": "True"}
    assert rules.resource("Group", said) == {
        "displayName": "Press", "Members": [{"value": "m1"}], "active": "True", "schemas": [GROUP],
    }  # fmt: skip
    assert rules.resource("Group", {f"{USER}:x": 1}) == {f"{USER}:x": 1, "schemas": [GROUP]}


@pytest.mark.parametrize("said", [None, [], "x", 1])
def test_what_is_no_object_is_left_to_whoever_reads_it(said):
    assert rules.resource("User", said) is said and rules.patch("User", said) is said


def test_the_schemas_of_another_kind_are_refused():
    assert refusal(rules.resource, "User", {"schemas": [GROUP]}) == (
        "The schemas are not those of a User",
        "invalidValue",
    )
    assert refusal(rules.resource, "Group", {"schemas": [USER]})[0] == "The schemas are not those of a Group"
    assert rules.resource("User", {"schemas": [USER, "x"]}) == {"schemas": [USER]}
    assert rules.resource("User", {"schemas": GROUP}) == {"schemas": [USER]}


def test_a_boolean_is_one_or_one_of_two_texts():
    assert [rules.boolean(one, "active") for one in (True, False, "True", "False")] == [True, False, True, False]
    for value in ("true", "", 1, 0, None, []):
        assert refusal(rules.boolean, value, "active") == (
            'active must be true or false (or the text "True" or "False")', "invalidValue",
        )  # fmt: skip
    assert refusal(rules.resource, "User", {"active": "yes"})[0].startswith("active must be")
    assert refusal(rules.resource, "User", {"emails": [{"primary": "yes"}]})[0].startswith("primary must be")


def test_an_attribute_has_so_many_entries_and_no_more():
    many = [{"value": str(n)} for n in range(MAX_ENTRIES)]
    assert rules.resource("User", {"roles": many})["roles"] == many
    said = f"An attribute has at most {MAX_ENTRIES} entries"
    assert refusal(rules.resource, "User", {"roles": [*many, {}]}) == (said, "invalidValue")
    unlisted = [*many, {}]
    assert rules.resource("User", {"nickName": unlisted})["nickName"] == unlisted


@pytest.mark.parametrize(("said", "meant"), [
    ("m1", {"value": "m1"}), (["m1", "m2"], {"value": "m1"}), ([{"value": "m1"}], {"value": "m1"}), ([], None),
    ("", None), ({}, None), ({"value": ""}, None), ({"value": None, "displayName": "M"}, None), (7, 7), (None, None),
    ({"Value": "m1", "$REF": "r", "DisplayName": "M", "x": 1}, {"Value": "m1", "$REF": "r", "DisplayName": "M"}),
    ({"displayName": "M", "$ref": "r"}, None),
])  # fmt: skip
def test_a_manager_in_each_spelling(said, meant):
    assert rules.manager(said) == meant


@pytest.mark.parametrize(("said", "meant"), [
    ("m1", [{"value": "m1"}]), ({"value": "m1"}, [{"value": "m1"}]), (["m1", {"value": "m2"}], [{"value": "m1"}, {"value": "m2"}]),
    ([], []), (None, None), (7, 7),
])  # fmt: skip
def test_members_in_each_spelling(said, meant):
    assert rules.members(said) == meant


# --- PATCH -----------------------------------------------------------------------------------------------------------


def patched(kind, *operations):
    found = rules.patch(kind, {"schemas": ["x"], "operations": list(operations)})
    assert found["schemas"] == [PATCH_OP] and set(found) == {"schemas", "Operations"}
    return found["Operations"]


def op(name, path=None, *value):
    return {"op": name, **({"path": path} if path else {}), **({"value": value[0]} if value else {})}


@pytest.mark.parametrize(("sent", "meant"), [
    (op("Replace", "active", "False"), op("replace", "active", False)),
    (op("ADD", "title", "Editor"), op("add", "title", "Editor")),
    (op("replace", "title", ""), op("remove", "title")), (op("add", "title", None), op("remove", "title")),
    (op("remove", "title"), op("remove", "title")), (op("remove", "title", None), op("remove", "title")),
    (op("remove", "emails", [{"value": "a"}]), op("remove", "emails", [{"value": "a"}])),
    (op("remove"), op("remove")), (op("remove", " "), op("remove")),
    (op("remove", ENTERPRISE), op("remove", ENTERPRISE)), (op("remove", f" {ENTERPRISE} "), op("remove", ENTERPRISE)),
    (op("replace", "manager", "m1"), op("replace", f"{ENTERPRISE}:manager", {"value": "m1"})),
    (op("replace", "Manager.Value", "m1"), op("replace", f"{ENTERPRISE}:manager", {"value": "m1"})),
    (op("replace", f"{ENTERPRISE.upper()}:manager", ["m1"]), op("replace", f"{ENTERPRISE}:manager", {"value": "m1"})),
    (op("replace", f"{OLD}:manager", ""), op("remove", f"{ENTERPRISE}:manager")),
    (op("replace", "manager", {}), op("remove", f"{ENTERPRISE}:manager")),
    (op("replace", f"{USER}:title", "x"), op("replace", "title", "x")),
    (op("replace", f"{ENTERPRISE}:department", "Sales"), op("replace", f"{ENTERPRISE}:department", "Sales")),
    (op("add", 'emails[type eq "work"].primary', "True"), op("add", 'emails[type eq "work"].primary', True)),
    (op("add", "emails", {"value": "a", "primary": "True"}), op("add", "emails", [{"value": "a", "primary": True}])),
    (op("add", "Emails", "a"), op("add", "Emails", "a")),
    (op("add", "nickName", {"value": "a"}), op("add", "nickName", {"value": "a"})),
    (op("add", None, "x"), op("add", None, "x")),
])  # fmt: skip
def test_an_operation_on_a_user_in_the_words_of_the_standard(sent, meant):
    assert patched("User", sent) == [meant]


@pytest.mark.parametrize(("sent", "meant"), [
    (op("remove", 'members[value eq "m1"]'), op("remove", "members", [{"value": "m1"}])),
    (op("remove", 'Members[ VALUE  EQ "m1" ]'), op("remove", "members", [{"value": "m1"}])),
    (op("add", 'members[value eq "m1"]', "x"), op("add", 'members[value eq "m1"]', "x")),
    (op("remove", "Members", "m1"), op("remove", "members", [{"value": "m1"}])),
    (op("remove", "members"), op("remove", "members")), (op("add", "Members", ["m1"]), op("add", "members", [{"value": "m1"}])),
    (op("replace", "members", []), op("replace", "members", [])),
    (op("replace", "displayName", ""), op("replace", "displayName", "")),
    (op("add", "manager", "m1"), op("add", "manager", "m1")), (op("replace", "active", "x"), op("replace", "active", "x")),
    (op("replace", "members", None), op("replace", "members", None)),
])  # fmt: skip
def test_an_operation_on_a_group_in_the_words_of_the_standard(sent, meant):
    assert patched("Group", sent) == [meant]


def lenient(name, path, *value):
    return {**op(name, path, *value), "lenient": True}


def test_an_operation_without_a_path_is_one_for_each_member():
    value = {
        "ID": "1", "schemas": [], "Meta": {}, "groups": [], "active": "True", "name.givenName": "Ada",
        f"{ENTERPRISE}:department": "Sales", ENTERPRISE: {"manager": "", "costCenter": "4"}, f"{USER}:title": "",
    }  # fmt: skip
    assert patched("User", op("Replace", None, value)) == [
        lenient("replace", "active", True), lenient("replace", "name.givenName", "Ada"), lenient("remove", "title"),
        lenient("replace", f"{ENTERPRISE}:department", "Sales"), lenient("remove", f"{ENTERPRISE}:manager"),
        lenient("replace", f"{ENTERPRISE}:costCenter", "4"),
    ]  # fmt: skip
    assert patched("User", op("add", ENTERPRISE, {"department": "Sales"})) == [
        lenient("add", f"{ENTERPRISE}:department", "Sales")
    ]
    assert patched("User", op("add", USER, {"title": "x"})) == [lenient("add", "title", "x")]
    assert patched("User", op("add", None, {ENTERPRISE: "x"})) == [lenient("add", ENTERPRISE, "x")]
    assert patched("Group", op("replace", None, {"members": "m1", "id": "1"})) == [
        lenient("replace", "members", [{"value": "m1"}])
    ]


def test_what_leaves_nothing_changes_nothing():
    assert patched("User", op("replace", None, {"id": "1"})) == [NOTHING]
    assert patched("User", op("replace", None, {}), op("replace", None, {"meta": 1})) == [NOTHING]
    assert patched("User") == []


def test_members_that_are_added_or_removed_one_after_the_other_are_one_operation():
    add = [op("add", "members", one) for one in ("m1", ["m2"], {"value": "m3"})]
    remove = [op("remove", f'members[value eq "{one}"]') for one in ("m4", "m5")]
    assert patched("Group", *add, *remove, add[0]) == [
        op("add", "members", [{"value": "m1"}, {"value": "m2"}, {"value": "m3"}]),
        op("remove", "members", [{"value": "m4"}, {"value": "m5"}]), op("add", "members", [{"value": "m1"}]),
    ]  # fmt: skip
    replace = op("replace", "members", ["m1"])
    assert len(patched("Group", replace, replace)) == 2
    assert len(patched("Group", op("remove", "members"), op("remove", "members"))) == 2
    assert len(patched("Group", add[0], op("add", None, {"members": "m1"}))) == 2
    assert len(patched("Group", op("add", "other", ["a"]), op("add", "other", ["b"]))) == 2


@pytest.mark.parametrize(("sent", "said", "kind"), [
    ("x", "An operation is an object", "invalidSyntax"), (None, "An operation is an object", "invalidSyntax"),
    ({}, "op must be add, replace or remove", "invalidSyntax"), (op("move", "title"), "op must be add, replace or remove", "invalidSyntax"),
    (op("add", 7, 1), f"path must be a text of at most {MAX_FILTER} characters", "invalidPath"),
    (op("add", "x" * (MAX_FILTER + 1), 1), f"path must be a text of at most {MAX_FILTER} characters", "invalidPath"),
    (op("add", "title"), "add needs a value for title", "invalidValue"),
    (op("replace", "active", "x"), 'active must be true or false (or the text "True" or "False")', "invalidValue"),
    (op("replace", "emails.Primary", "x"), 'emails.Primary must be true or false (or the text "True" or "False")', "invalidValue"),
])  # fmt: skip
def test_what_cannot_be_understood_is_refused_in_the_standards_terms(sent, said, kind):
    assert refusal(rules.patch, "User", {"Operations": [sent]}) == (said, kind)


def test_a_path_may_be_as_long_as_that():
    path = "x" * MAX_FILTER
    assert patched("User", op("add", path, 1)) == [op("add", path, 1)]
    assert patched("User", {"OP": "add", "PATH": "title", "Value": "x"}) == [op("add", "title", "x")]


def test_what_is_no_list_of_operations_is_left_to_whoever_reads_it():
    for said in ({}, {"Operations": {}}, {"Operations": None}, {"x": [1]}):
        assert rules.patch("User", said) is said


def test_a_patch_holds_so_many_operations_and_no_more():
    many = [op("add", "title", "x")] * MAX_PATCH
    assert len(patched("User", *many)) == MAX_PATCH
    with pytest.raises(TooMany, match=rf"^A PATCH may hold {MAX_PATCH} operations; send the rest in another\.$"):
        patched("User", *many, many[0])


# --- filters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "meant"), [
    ('manager eq "m1"', f'{ENTERPRISE}:manager eq "m1"'), ('MANAGER.value pr', f"{ENTERPRISE}:manager.value pr"),
    ('title eq "the manager"', 'title eq "the manager"'), (r'title eq "a\" manager"', r'title eq "a\" manager"'),
    ('managers eq "x"', 'managers eq "x"'), ("name.manager pr", "name.manager pr"), (f"{ENTERPRISE}:manager pr", f"{ENTERPRISE}:manager pr"),
    ('(manager pr) and not (manager eq "x")', f'({ENTERPRISE}:manager pr) and not ({ENTERPRISE}:manager eq "x")'),
])  # fmt: skip
def test_a_bare_manager_in_a_filter_is_the_extensions(said, meant):
    assert rules.condition(said) == meant


def test_a_filter_may_be_so_long_and_so_deep():
    said = (f"A filter may hold {MAX_FILTER} characters and {MAX_BRACKETS} parentheses", "invalidFilter")
    for fits in ("x" * MAX_FILTER, "(" * MAX_BRACKETS):
        assert rules.condition(fits) == fits
        assert refusal(rules.condition, fits + fits[0]) == said
