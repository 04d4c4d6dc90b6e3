"""What is written into an OpenAPI document, shown on small ones."""

from copy import deepcopy

import pytest

from app.docs.rules import Door, Refusals, finish
from app.docs.rules.document import CLIENT, CONVENTIONS, HEADERS, PARAMETERS, SCOPE_WORDS, client_scopes, held_by
from app.kernel.actor import Permission
from app.roles.rules import ClientScope

PROBLEM = "application/problem+json"


def bare(**operation):
    return {"info": {"title": "T"}, "paths": {"/v1/things/{id}": {"post": {"responses": {"200": {}}, **operation}}}}


def finished(door, refusals=None, *, path="/v1/things/{id}", method="post", people_log_in=True, **operation):
    document = {"info": {"title": "T"}, "paths": {path: {method: {"responses": {"200": {}}, **operation}}}}
    made = finish(
        document,
        {(path, method): door, ("/v1/other", method): Door(Permission.FREEZE_SET)},
        refusals or Refusals(),
        public_url="https://coe",
        people_log_in=people_log_in,
    )
    return made["paths"][path][method]


def refusal(code, title="Refused", **beside):
    return {"description": title, "content": {PROBLEM: {"examples": {code: {"value": {"title": title}}}}, **beside}}


def codes(operation):
    return {
        status: list(answer["content"][PROBLEM]["examples"])
        for status, answer in operation["responses"].items()
        if PROBLEM in answer.get("content", {})
    }


def test_a_document_is_not_changed_by_finishing_it():
    given = bare(description="Do it.")
    finish(given, {}, Refusals(), public_url="https://coe")
    assert given == bare(description="Do it.")


def test_what_all_operations_share_is_written_once():
    made = finish(bare(), {}, Refusals(), public_url="https://coe")
    assert made["info"] == {"title": "T", "description": f"\n{CONVENTIONS}"}
    assert made["components"]["parameters"] == dict(PARAMETERS)
    assert made["components"]["headers"] == dict(HEADERS)
    assert made["components"]["schemas"] == {}
    told = {**bare(), "info": {"title": "T", "description": " Words.\n"}, "components": {"schemas": {"A": {}}, "x": 1}}
    made = finish(told, {}, Refusals(), public_url="https://coe")
    assert made["info"]["description"] == f"Words.\n{CONVENTIONS}"
    assert made["components"]["schemas"] == {"A": {}}
    assert made["components"]["x"] == 1


def test_what_is_shared_is_a_copy():
    made = finish(bare(), {}, Refusals(), public_url="https://coe")
    made["components"]["parameters"]["IfMatch"]["schema"]["type"] = "number"
    made["components"]["headers"]["ETag"]["schema"]["type"] = "number"
    assert PARAMETERS["IfMatch"]["schema"]["type"] == HEADERS["ETag"]["schema"]["type"] == "string"


@pytest.mark.parametrize("people", [True, False])
def test_how_to_authenticate(people):
    made = finish(bare(), {}, Refusals(), public_url="https://coe/at", people_log_in=people)
    schemes = made["components"]["securitySchemes"]
    assert {name: {key: one for key, one in scheme.items() if key != "description"} for name, scheme in schemes.items()} == {
        **(
            {
                "OAuth2": {
                    "type": "oauth2",
                    "flows": {
                        "authorizationCode": {
                            "authorizationUrl": "https://coe/at/oauth/authorize",
                            "tokenUrl": "https://coe/at/oauth/token",
                            "scopes": {},
                        }
                    },
                }
            }
            if people
            else {}
        ),
        "client": {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "https://coe/at/oauth/token",
                    "scopes": {scope.value: words for scope, words in SCOPE_WORDS.items()},
                }
            },
        },
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    }  # fmt: skip
    said = {name: scheme["description"] for name, scheme in schemes.items()}
    assert "PKCE" in said.get("OAuth2", "PKCE")
    assert "client credentials" in said["client"]
    assert "coe token" in said["bearer"]


def test_people_log_in_here_unless_said_otherwise():
    assert "OAuth2" in finish(bare(), {}, Refusals(), public_url="https://coe")["components"]["securitySchemes"]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Grant", "Grant"),
        ("app__governance__grants__wire__Why", "GrantsWhy"),
        ("app__governance__rights_requests__wire__Why", "RightsRequestsWhy"),
        ("Listing_Grant_", "GrantListing"),
        ("Listing_Grant", "Listing_Grant"),
        ("odd__Why", "Why"),
        ("Page_2_", "Page_2_"),
    ],
)
def test_a_shape_is_called_by_a_short_name_wherever_it_is_meant(name, short):
    reference = {"$ref": f"#/components/schemas/{name}"}
    given = bare(
        requestBody={"content": {"application/json": {"schema": {"anyOf": [reference, {"type": "null"}]}}}},
        parameters=[{"$ref": "#/components/parameters/IfMatch"}, {"$ref": "#/components/schemas/Unknown"}, {"$ref": 1}],
    ) | {"components": {"schemas": {name: {"properties": {"of": reference}}}}}
    made = finish(given, {}, Refusals(), public_url="https://coe")
    renamed = {"$ref": f"#/components/schemas/{short}"}
    assert made["components"]["schemas"] == {short: {"properties": {"of": renamed}}}
    operation = made["paths"]["/v1/things/{id}"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"][0] == renamed
    assert [one["$ref"] for one in operation["parameters"]] == [
        "#/components/parameters/IfMatch", "#/components/schemas/Unknown", 1,
    ]  # fmt: skip


def test_two_shapes_never_get_one_name():
    clashing = bare() | {"components": {"schemas": {"app__a__wire__Why": {}, "AWhy": {}}}}
    with pytest.raises(ValueError, match=r"^two shapes would have one name: \['AWhy', 'AWhy'\]$"):
        finish(clashing, {}, Refusals(), public_url="https://coe")


def test_every_method_is_finished_and_what_is_none_is_let_be():
    methods = ("get", "put", "post", "delete", "patch")
    item = {"parameters": [], **{one: {"responses": {}} for one in methods}}
    made = finish({"info": {}, "paths": {"/": item}}, {}, Refusals(), public_url="https://coe")
    assert made["paths"]["/"]["parameters"] == []
    assert all(made["paths"]["/"][one]["security"] == [] for one in methods)


def test_the_first_sentence_takes_the_place_of_a_made_up_summary():
    text = "Is it open? It may be. Or not.\n\nMore of it.\n\nAnd more.\n"
    one = finished(Door(), operationId="look_it_up", summary="Look It Up", description=text)
    assert one["summary"] == "Is it open?"
    assert one["description"] == "It may be. Or not.\n\nMore of it.\n\nAnd more.\n\nNeeds no token: open to everybody."
    own = finished(Door(), operationId="look_it_up", summary="Look", description=text)
    assert own["summary"] == "Look"
    assert own["description"].startswith("Is it open? It may be.")


@pytest.mark.parametrize(
    ("text", "summary", "rest"),
    [
        ("Look it\nup.", "Look it up", []),
        ("Look it up. \n\n  Then\nrest. ", "Look it up", ["Then\nrest."]),
        ("Look!  At\nit..", "Look!", ["At it.."]),
        ("", "Look It Up", []),
        (None, "Look It Up", []),
    ],
)
def test_what_is_left_of_a_description(text, summary, rest):
    said = {} if text is None else {"description": text}
    one = finished(Door(), operationId="look_it_up", summary="Look It Up", **said)
    assert one["summary"] == summary
    assert one["description"] == "\n\n".join([*rest, "Needs no token: open to everybody."])


def test_without_a_summary_there_is_none_to_replace():
    assert "summary" not in finished(Door(), description="Look. At it.")
    assert finished(Door(), summary="", description="Look. At it.")["summary"] == "Look"


def test_who_needs_what():
    one = finished(Door(Permission.DIRECTORY_IMPORT), description="Read a file.")
    assert one["x-permission"] == "directory:import"
    assert one["security"] == [{"OAuth2": []}, {CLIENT: ["hr"]}, {"bearer": []}]
    assert one["description"] == (
        "Read a file.\n\nNeeds the permission `directory:import`. "
        "Held by: `admin` (anywhere). Service clients: scope `hr`."
    )
    elsewhere = finished(Door(Permission.FREEZE_SET), people_log_in=False)
    assert elsewhere["security"] == [{"bearer": []}]
    assert "x-permission" not in finished(Door())
    assert finished(Door())["security"] == []


def test_scopes_of_a_permission():
    assert client_scopes(Permission.OBSERVATION_WRITE) == ["activity"]
    assert client_scopes(Permission.FREEZE_SET) == []
    assert set(SCOPE_WORDS) == set(ClientScope)


def test_it_says_who_holds_a_permission_and_how_far_it_carries():
    assert held_by(Permission.DISCOVERY_RECORD) == (
        "Held by: `strategist`, `community_manager`, `social_analyst` (anywhere). "
        "Service clients: scope `registry:write`."
    )
    assert held_by(Permission.OBSERVATION_WRITE) == (
        "Held by: `strategist` (anywhere); `bu_liaison`, `social_analyst` (in the scope of the appointment). Service "
        "clients: scope `activity`."
    )
    assert held_by(Permission.DECISION_EVALUATE).endswith(" Service clients: scope `decisions`.")
    said = held_by(Permission.GRANT_REVOKE)
    assert "every employee (over what is their own)" in said
    assert said.endswith(").")


def test_a_permission_of_nobody_and_of_several_clients(monkeypatch):
    assert held_by(Permission.DIRECTORY_SYNC) == "Held by: no role. Service clients: scope `hr`."
    both = {ClientScope.HR: {Permission.DIRECTORY_SYNC}, ClientScope.LMS: {Permission.DIRECTORY_SYNC}}
    monkeypatch.setattr("app.docs.rules.document.CLIENT_TABLE", both)
    assert held_by(Permission.DIRECTORY_SYNC) == "Held by: no role. Service clients: scope `hr`, `lms`."


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}], "title": "A"}, {"type": "string", "title": "A"}),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "number"}]},
            {"anyOf": [{"type": "string"}, {"type": "number"}]},
        ),
        ({"anyOf": [{"type": "null"}]}, {}),
        ({"type": "string"}, {"type": "string"}),
    ],
)
def test_a_query_cannot_say_null(schema, told):
    one = finished(Door(), parameters=[{"name": "a", "schema": schema}, {"name": "b"}])
    assert one["parameters"] == [{"name": "a", "schema": told}, {"name": "b"}]


EVERY = Refusals(
    permission={403: refusal("forbidden"), 401: refusal("invalid_token")},
    counted={429: refusal("too_many")},
    strict={422: refusal("unknown_parameter")},
    cursor={"422": refusal("invalid_cursor", "No such page")},
    key={409: refusal("reused")},
    if_match={412: refusal("changed")},
)
CURSOR = [{"name": "cursor", "schema": {}}]


@pytest.mark.parametrize(
    ("door", "asked", "named", "said"),
    [
        (Door(), {}, [], {}),
        (Door(Permission.FREEZE_SET), {}, [], {"401": ["invalid_token"], "403": ["forbidden"]}),
        (Door(counted=True), {}, [], {"429": ["too_many"]}),
        (Door(strict=True), {}, [], {"422": ["unknown_parameter"]}),
        (Door(), {"parameters": CURSOR}, ["cursor"], {"422": ["invalid_cursor"]}),
        (Door(strict=True), {"parameters": CURSOR}, ["cursor"], {"422": ["invalid_cursor", "unknown_parameter"]}),
        (Door(writes=True), {}, ["IdempotencyKey", "IfMatch"], {"409": ["reused"], "412": ["changed"]}),
        (Door(writes=True), {"path": "/v1/things"}, ["IdempotencyKey"], {"409": ["reused"]}),
        (Door(writes=True), {"method": "put"}, ["IfMatch"], {"412": ["changed"]}),
        (Door(writes=True), {"method": "put", "path": "/v1/things"}, [], {}),
        (Door(writes=True), {"method": "put", "parameters": CURSOR}, ["cursor", "IfMatch"], {"412": ["changed"], "422": ["invalid_cursor"]}),
    ],
)  # fmt: skip
def test_what_machinery_refuses_stands_where_it_does(door, asked, named, said):
    one = finished(door, EVERY, **asked)
    assert [each.get("name") or each["$ref"].rsplit("/", 1)[-1] for each in one.get("parameters", [])] == named
    assert {status: sorted(each) for status, each in codes(one).items()} == said
    assert all(
        each["$ref"] == f"#/components/parameters/{each['$ref'].rsplit('/', 1)[-1]}"
        for each in one.get("parameters", [])
        if "$ref" in each
    )


def test_refusals_of_the_route_itself_stay_and_none_is_shared():
    kept = deepcopy(EVERY)
    one = finished(Door(counted=True), EVERY, responses={"429": refusal("later", "Wait")})
    assert codes(one) == {"429": ["later", "too_many"]}
    assert one["responses"]["429"]["description"] == "Wait (`later`); Refused (`too_many`)"
    assert one["responses"]["429"]["content"][PROBLEM]["examples"]["too_many"]["summary"] == "too_many"
    assert kept == EVERY


def test_who_needs_no_token_is_not_told_of_bad_ones():
    gone = finished(Door(), responses={"401": refusal("invalid_token"), "500": refusal("broken")})
    assert list(gone["responses"]) == ["500"]
    other = {"application/json": {}}
    beside = finished(Door(), responses={"401": refusal("invalid_token", **other)})
    assert beside["responses"] == {"401": {"description": "Refused", "content": other}}
    both = refusal("invalid_token")
    both["content"][PROBLEM]["examples"]["late"] = {"value": {"title": "Late"}}
    assert codes(finished(Door(), responses={"401": both})) == {"401": ["late"]}
    named = finished(Door(), Refusals(unauthenticated="who"), responses={"401": refusal("who")})
    assert named["responses"] == {}
    locked = finished(Door(Permission.FREEZE_SET), responses={"401": refusal("invalid_token")})
    assert codes(locked) == {"401": ["invalid_token"]}


def test_words_of_another_kind_of_refusal_stay():
    problem = {"examples": {"lost": {"value": {"title": "It is gone"}}, "gone": {"value": {"title": "It is gone"}}}}
    content = {"application/json": {}, PROBLEM: problem}
    one = finished(Door(), responses={"400": {"description": "`error` says why", "content": content}})
    assert one["responses"]["400"]["description"] == "`error` says why; It is gone (`gone`, `lost`)"


@pytest.mark.parametrize(
    ("status", "said"),
    [("200", "Done."), ("201", "Made."), ("202", "Done."), ("204", "Done; there is no more to say.")],
)
def test_the_framework_s_word_for_a_success_is_put_in_ours(status, said):
    word = {"description": "Successful Response"}
    assert finished(Door(), responses={status: word})["responses"][status]["description"] == said
    own = {"description": "Here it is."}
    assert finished(Door(), responses={status: own})["responses"][status]["description"] == "Here it is."


def test_answers_stand_in_order():
    given = {"404": {}, "200": {}, "412": {}, "201": {}}
    assert list(finished(Door(), responses=given)["responses"]) == ["200", "201", "404", "412"]


@pytest.mark.parametrize(
    ("door", "path", "named"),
    [
        (Door(), "/v1/things", ["X-Request-ID"]),
        (Door(), "/v1/things/{id}", ["X-Request-ID"]),
        (Door(strict=True), "/v1/things/{id}", ["X-Request-ID", "ETag"]),
        (Door(strict=True), "/v1/things", ["X-Request-ID"]),
        (Door(writes=True), "/v1/things", ["X-Request-ID", "ETag", "Coe-Revision"]),
    ],
)
def test_a_success_comes_with_headers(door, path, named):
    given = {"200": {"headers": {"Own": {}}}, "400": {"description": "No"}}
    one = finished(door, path=path, responses=given)["responses"]
    assert one["200"]["headers"] == {
        "Own": {}, **{name: {"$ref": f"#/components/headers/{name.replace('-', '')}"} for name in named},
    }  # fmt: skip
    assert {each["$ref"].rsplit("/", 1)[-1] for each in one["200"]["headers"].values() if each} <= set(HEADERS)
    assert "headers" not in one["400"]
