"""SCIM as an OpenAPI document, for whoever makes requests up: the service's own leaves it out, since SCIM describes itself.

What is sent here is what RFC 7643 and RFC 7644 write, roughly; what comes back is held to their forms.
"""

from tests.operations import SCIM_MESSAGE

BASE = "/scim/v2"
MEDIA_TYPE = "application/scim+json"
CORE = "urn:ietf:params:scim:schemas:core:2.0"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SYNC = "directory:sync"

_TEXT = {"type": "string", "maxLength": 60}
_ANY = {"type": ["string", "boolean", "integer", "null", "array", "object"]}


def _object(required=(), **properties):
    return {"type": "object", "required": list(required), "properties": properties}


def _list(items, most=3):
    return {"type": "array", "items": items, "maxItems": most}


_EMAIL = _object(
    value={"type": "string", "format": "email"}, type={"enum": ["work", "home"]}, primary={"type": "boolean"}
)
_USER = _object(
    ["userName"],
    schemas=_list({"enum": [f"{CORE}:User", ENTERPRISE]}, 2),
    userName=_TEXT, externalId=_TEXT, displayName=_TEXT, title=_TEXT, userType={"enum": ["employee", "agency", "x"]},
    active={"enum": [True, False, "True", "False"]}, name=_object(givenName=_TEXT, familyName=_TEXT, formatted=_TEXT),
    emails=_list(_EMAIL), addresses=_list(_object(locality=_TEXT, type=_TEXT)), password=_TEXT,
    **{ENTERPRISE: _object(employeeNumber=_TEXT, department=_TEXT, manager=_object(value=_TEXT))},
)  # fmt: skip
_GROUP = _object(["displayName"], displayName=_TEXT, externalId=_TEXT, members=_list(_object(value=_TEXT)))
_PATHS = [
    "active", "userName", "displayName", "title", "emails", 'emails[type eq "work"].value', "name.givenName", "members",
    'members[value eq "x"]', f"{ENTERPRISE}:department", f"{ENTERPRISE}:manager", "id", "groups", "nonsense", "externalId",
]  # fmt: skip
_PATCH = _object(
    ["schemas", "Operations"],
    schemas={"const": [f"{SCIM_MESSAGE}:PatchOp"]},
    Operations={
        **_list(_object(["op"], op={"enum": ["add", "remove", "replace", "Replace"]}, path={"enum": _PATHS}, value=_ANY)),
        "minItems": 1,
    },
)  # fmt: skip
_BULK = _object(
    ["schemas", "Operations"],
    schemas={"const": [f"{SCIM_MESSAGE}:BulkRequest"]},
    failOnErrors={"type": "integer"},
    Operations=_list(
        _object(
            ["method", "path"],
            method={"enum": ["POST", "PUT", "PATCH", "DELETE"]},
            path={"enum": ["/Users", "/Groups", "/Users/x", "/Users/bulkId:1", "/Me"]},
            bulkId=_TEXT,
            data={"anyOf": [_USER, _GROUP, _PATCH]},
        )
    ),
)
_FILTERS = [
    'userName eq "clerk"', 'userName sw "c" and active eq true', 'emails[type eq "work" and value co "@"]', "title pr",
    'not (displayName eq "x")', 'meta.lastModified gt "2026-01-01T00:00:00Z"', "userName eq", 'nonsense eq "x"', "(((",
    f'{ENTERPRISE}:department eq "Field"', 'members.value eq "x"', "active gt true", 'externalId eq "\u2028"',
]  # fmt: skip
_ASKED = {
    "filter": {"anyOf": [{"enum": _FILTERS}, {"type": "string", "maxLength": 30}]},
    "startIndex": {"type": "integer"},
    "count": {"type": "integer"},
    "attributes": {"enum": ["userName", "displayName,emails.value", "nonsense", ""]},
    "excludedAttributes": {"enum": ["groups", "members", "userName"]},
    "sortBy": {"enum": ["userName", "meta.created", "emails", "nonsense"]},
    "sortOrder": {"enum": ["ascending", "descending", "sideways"]},
    "cursor": {"type": "string", "maxLength": 30},
}
_SEARCH = _object(schemas={"const": [f"{SCIM_MESSAGE}:SearchRequest"]}, **_ASKED)

_RESOURCE = _object(["schemas", "id", "meta"], id={"type": "string"}, meta=_object(["resourceType", "location"]))
_FOUND = _object(
    ["schemas", "totalResults"],
    schemas={"const": [f"{SCIM_MESSAGE}:ListResponse"]},
    totalResults={"type": "integer", "minimum": 0},
    Resources={"type": "array", "items": {"type": "object"}},
)
_DONE = _object(["schemas", "Operations"], schemas={"const": [f"{SCIM_MESSAGE}:BulkResponse"]})
_ERROR = _object(
    ["schemas", "status"],
    schemas={"const": [f"{SCIM_MESSAGE}:Error"]},
    status={"type": "string", "pattern": "^[45][0-9][0-9]$"},
    scimType={"type": "string"},
    detail={"type": "string"},
)
REFUSALS = (400, 401, 403, 404, 409, 412, 413, 415)


def _answer(schema):
    return {"description": "As RFC 7644 has it.", "content": {MEDIA_TYPE: {"schema": schema}}}


def _operation(answers, body=None, permission=SYNC, parameters=()):
    told = {str(status): _answer(_ERROR) for status in REFUSALS}
    told |= {
        str(s): {"description": "No more to say."} if schema is None else _answer(schema)
        for s, schema in answers.items()
    }
    sent = {"required": True, "content": {MEDIA_TYPE: {"schema": body}}}
    return {
        "responses": told, "parameters": list(parameters), "x-permission": permission,
        **({} if body is None else {"requestBody": sent}),
    }  # fmt: skip


def _query():
    return [{"name": name, "in": "query", "schema": schema} for name, schema in _ASKED.items()]


def _id(name="id"):
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 60}}


def _of_each(name, body):
    one, any_of = f"{BASE}/{name}/{{id}}", {200: _RESOURCE}
    version = {"name": "If-Match", "in": "header", "schema": {"type": "string", "maxLength": 20}}
    yield f"{BASE}/{name}", "get", _operation({200: _FOUND}, parameters=_query())
    yield f"{BASE}/{name}", "post", _operation({201: _RESOURCE, 200: _RESOURCE}, body)
    yield f"{BASE}/{name}/.search", "post", _operation({200: _FOUND}, _SEARCH)
    yield one, "get", _operation(any_of, parameters=[_id()])
    yield one, "put", _operation(any_of, body, parameters=[_id(), version])
    yield one, "patch", _operation({**any_of, 204: None}, _PATCH, parameters=[_id(), version])
    yield one, "delete", _operation({204: None}, parameters=[_id(), version])


def _all():
    yield from _of_each("Users", _USER)
    yield from _of_each("Groups", _GROUP)
    yield BASE, "get", _operation({200: _FOUND}, parameters=_query())
    yield f"{BASE}/.search", "post", _operation({200: _FOUND}, _SEARCH)
    yield f"{BASE}/Bulk", "post", _operation({200: _DONE}, _BULK)
    yield f"{BASE}/Me", "get", _operation({200: _RESOURCE}, permission="me:read")
    for name in ("ResourceTypes", "Schemas"):
        yield f"{BASE}/{name}", "get", _operation({200: _FOUND})
        yield f"{BASE}/{name}/{{name}}", "get", _operation({200: _object(["schemas"])}, parameters=[_id("name")])
    yield f"{BASE}/ServiceProviderConfig", "get", _operation({200: _object(["schemas"])})


def paths():
    """The paths of SCIM, as an OpenAPI document has them."""
    found = {}
    for path, method, operation in _all():
        found.setdefault(path, {})[method] = operation
    return found
