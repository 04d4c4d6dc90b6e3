"""What every operation has in common, written into the OpenAPI document once the framework has made it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from app.kernel.actor import Permission, Reach
from app.roles.rules import CLIENT_TABLE, EMPLOYEE, TABLE, ClientScope

METHODS: Final = ("get", "put", "post", "delete", "patch")
PROBLEM: Final = "application/problem+json"
_SHAPES: Final = "#/components/schemas/"
_SUCCESS: Final[Mapping[str, str]] = {"200": "Done.", "201": "Made.", "204": "Done; there is no more to say."}

Document = dict[str, Any]
Answers = Mapping[int | str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Door:
    """What a route says of itself. ``permission`` None: open to everybody. ``writes``: it may change something."""

    permission: Permission | None = None
    writes: bool = False
    strict: bool = False
    """It refuses what it does not know in its query."""
    counted: bool = False
    """One caller may ask it only so often."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """What the machinery that routes share may answer, as ``problems.responses`` writes it, by what brings it about."""

    permission: Answers = field(default_factory=dict)
    counted: Answers = field(default_factory=dict)
    strict: Answers = field(default_factory=dict)
    cursor: Answers = field(default_factory=dict)
    key: Answers = field(default_factory=dict)
    if_match: Answers = field(default_factory=dict)
    unauthenticated: str = "invalid_token"


SCOPE_WORDS: Final[Mapping[ClientScope, str]] = MappingProxyType(
    {
        ClientScope.DECISIONS: "Ask whether a person may post (publishing tools)",
        ClientScope.HR: "State employees and units (SCIM)",
        ClientScope.LMS: "State completed courses",
        ClientScope.REGISTRY_READ: "Read accounts, units, networks, policies and the model in force",
        ClientScope.REGISTRY_WRITE: "Propose and describe accounts",
        ClientScope.ACTIVITY: "State when an account was last active",
        ClientScope.AUDIT_READ: "Read the audit log",
        ClientScope.EVENTS: "Receive events",
    }
)
_REACH_WORDS: Final[Mapping[Reach, str]] = MappingProxyType(
    {
        Reach.ANYWHERE: "anywhere",
        Reach.IN_SCOPE: "in the scope of the appointment",
        Reach.ELIGIBLE: "where a step waits for them",
        Reach.OWN: "over what is their own",
    }
)

LOGIN: Final = "OAuth2"
CLIENT: Final = "client"
BEARER: Final = "bearer"
_LOGIN: Final = (
    "People log in: authorization code with PKCE (RFC 7636, `S256` only), no client secret. What a person may do "
    "follows from their appointments, never from the token."
)
_CLIENT: Final = "Services show their client id and secret (client credentials, RFC 6749 4.4)."
_BEARER: Final = "A token that you have already, for instance from `coe token` or your identity provider."

PARAMETERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "maxLength": 255},
            "description": "A name of your own for this request. Sent again within 24 hours with the same body, it is "
            "answered as the first time and done once; with another body it is refused.",
        },
        "IfMatch": {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": 'The `ETag` you read, e.g. `"3"`: refused (412) if the thing has changed since.',
        },
    }
)

HEADERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "ETag": {
            "description": "Names this state of the thing; send it back as `If-Match`.",
            "schema": {"type": "string", "examples": ['"3"']},
        },
        "CoeRevision": {
            "description": "The revision of this write, a growing decimal number; absent when nothing changed.",
            "schema": {"type": "string", "pattern": "^[0-9]+$", "examples": ["1042"]},
        },
        "XRequestID": {
            "description": "Your own `X-Request-ID`, or one made for you; it stands in the log and in the audit event.",
            "schema": {"type": "string"},
        },
    }
)

CONVENTIONS: Final = """
**Headers.** `X-Request-ID`: give a request a name of your own; it comes back with every answer, is logged and is
audited. `Idempotency-Key` on a POST makes it safe to send again. `ETag` comes with single resources; sent back as
`If-Match` it refuses a change of what has changed since. `Coe-Revision` comes with every write.

**Collections** answer `{"items": [...], "next_cursor": ...}`; pass `next_cursor` as `cursor` for the next page. Times
are RFC 3339 in UTC; unknown fields and query parameters are refused. One caller may ask only so often: 429 says in
`Retry-After` how many seconds to wait (RFC 6585 4). A freeze is never counted, a decision only where that is set.
"""


def finish(
    document: Mapping[str, Any],
    doors: Mapping[tuple[str, str], Door],
    refusals: Refusals,
    *,
    public_url: str,
    people_log_in: bool = True,
) -> Document:
    """The document with security, permissions, common headers and refusals on each operation.

    ``doors``: by path and lower-case method; an operation that is not among them is open to everybody.
    ``public_url``: where OAuth stands; OpenAPI's own schema wants it written out (OpenAPI 3.1, 4.8.30).
    ``people_log_in``: False where they do so at an identity provider of their own, and only services get tokens here.
    """
    finished = deepcopy(dict(document))
    info = finished["info"]
    info["description"] = f"{info.get('description', '').strip()}\n{CONVENTIONS}"
    parts = finished.setdefault("components", {})
    parts["securitySchemes"] = _security_schemes(public_url, people_log_in=people_log_in)
    parts["parameters"] = deepcopy(dict(PARAMETERS))
    parts["headers"] = deepcopy(dict(HEADERS))
    _rename_shapes(finished)
    for path, method, operation in operations(finished):
        door = doors.get((path, method), Door())
        _summarise(operation)
        _lock(operation, door.permission, refusals, people_log_in=people_log_in)
        _finish(path, method, operation, door, refusals)
    return finished


def _security_schemes(public_url: str, *, people_log_in: bool) -> Document:
    token = f"{public_url}/oauth/token"
    scopes = {scope.value: words for scope, words in SCOPE_WORDS.items()}
    code = {"authorizationUrl": f"{public_url}/oauth/authorize", "tokenUrl": token, "scopes": {}}
    # Two schemes, although one could hold both flows: Swagger UI shows all flows of a scheme as authorized at once.
    login = {"type": "oauth2", "description": _LOGIN, "flows": {"authorizationCode": code}}
    client = {
        "type": "oauth2",
        "description": _CLIENT,
        "flows": {"clientCredentials": {"tokenUrl": token, "scopes": scopes}},
    }
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": _BEARER}
    return {**({LOGIN: login} if people_log_in else {}), CLIENT: client, BEARER: bearer}


def _rename_shapes(document: Document) -> None:
    """Shorter names for shapes that the framework named after a whole module or a generic class."""
    shapes = document["components"].get("schemas", {})
    names = {name: _short(name) for name in shapes}
    if len(set(names.values())) < len(names):
        raise ValueError(f"two shapes would have one name: {sorted(names.values())}")
    document["components"]["schemas"] = {names[name]: shape for name, shape in shapes.items()}
    _rename_refs(document, names)


def _short(name: str) -> str:
    """``app__governance__grants__wire__Why`` is ``GrantsWhy``, ``Listing_Grant_`` is ``GrantListing``."""
    *modules, last = name.split("__")
    if len(modules) > 1:
        last = modules[-2].title().replace("_", "") + last
    generic = re.fullmatch(r"([A-Za-z]+)_([A-Za-z]+)_", last)
    return f"{generic[2]}{generic[1]}" if generic else last


def _rename_refs(part: Any, names: Mapping[str, str]) -> None:
    if isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str) and reference.startswith(_SHAPES):
            name = reference.removeprefix(_SHAPES)
            part["$ref"] = _SHAPES + names.get(name, name)
    for member in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _rename_refs(member, names)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Document]]:
    """Every operation with its path and lower-case method, in the order of the document."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _finish(path: str, method: str, operation: Document, door: Door, refusals: Refusals) -> None:
    for parameter in operation.get("parameters", []):
        _drop_null(parameter)
    keyed = door.writes and method == "post"
    matched = door.writes and "{" in path
    _add_parameters(operation, [*(["IdempotencyKey"] if keyed else []), *(["IfMatch"] if matched else [])])
    pages = any(one.get("name") == "cursor" for one in operation.get("parameters", []))
    for holds, answers in (
        (door.permission is not None, refusals.permission),
        (door.counted, refusals.counted),
        (door.strict, refusals.strict),
        (pages, refusals.cursor),
        (keyed, refusals.key),
        (matched, refusals.if_match),
    ):
        if holds:
            _add_refusals(operation, answers)
    _describe_answers(path, operation, door)


def _summarise(operation: Document) -> None:
    """The first sentence of what is said about it, in the place of a summary made from the function's name."""
    text = operation.get("description", "")
    generated = operation.get("operationId", "").replace("_", " ").title() == operation.get("summary")
    if text and generated:
        paragraph, _, rest = text.partition("\n\n")
        first, *more = re.split(r"(?<=[.?!]) ", " ".join(paragraph.split()), maxsplit=1)
        operation["summary"] = first.rstrip(".")
        text = "\n\n".join(filter(None, (*more, rest.strip())))
    operation["description"] = text


def _lock(operation: Document, permission: Permission | None, refusals: Refusals, *, people_log_in: bool) -> None:
    if permission is None:
        operation["security"] = []
        _drop_refusal(operation, refusals.unauthenticated)
        sentence = "Needs no token: open to everybody."
    else:
        operation["x-permission"] = permission.value
        scopes = client_scopes(permission)
        people: list[Document] = [{LOGIN: []}] if people_log_in else []
        operation["security"] = [*people, *({CLIENT: [scope]} for scope in scopes), {BEARER: []}]
        sentence = f"Needs the permission `{permission}`. {held_by(permission)}"
    operation["description"] = "\n\n".join(filter(None, (operation["description"], sentence)))


def client_scopes(permission: Permission) -> list[str]:
    """The scopes with which a service client has this permission."""
    return [scope.value for scope, held in CLIENT_TABLE.items() if permission in held]


def held_by(permission: Permission) -> str:
    """A sentence: which roles have this permission, how far it carries, and which service clients have it."""
    reaches: dict[Reach, list[str]] = {}
    for role, held in TABLE.items():
        if permission in held:
            reaches.setdefault(held[permission], []).append("every employee" if role == EMPLOYEE else f"`{role}`")
    people = "; ".join(f"{', '.join(who)} ({_REACH_WORDS[reach]})" for reach, who in reaches.items())
    scopes = client_scopes(permission)
    clients = f" Service clients: scope {', '.join(f'`{one}`' for one in scopes)}." if scopes else ""
    return f"Held by: {people or 'no role'}.{clients}"


def _drop_null(parameter: Document) -> None:
    """A query cannot say null: "or null" is only the framework's way of writing "may be left out"."""
    schema = parameter.get("schema", {})
    ways = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    if ways:
        schema.update(ways[0] if len(ways) == 1 else {"anyOf": ways})


def _add_parameters(operation: Document, names: Iterable[str]) -> None:
    added = [{"$ref": f"#/components/parameters/{name}"} for name in names]
    if added:
        operation["parameters"] = [*operation.get("parameters", []), *added]


def _add_refusals(operation: Document, answers: Answers) -> None:
    for status, answer in answers.items():
        known = operation["responses"].setdefault(str(status), deepcopy(dict(answer)))
        _examples(known).update(deepcopy(_examples(answer)))


def _drop_refusal(operation: Document, code: str) -> None:
    """Take one code out, and what then says nothing more: our form of it, and the answer, if that was its only form."""
    for status, answer in list(operation["responses"].items()):
        examples = _examples(answer)
        if examples.pop(code, None) and not examples:
            del answer["content"][PROBLEM]
            if not answer["content"]:
                del operation["responses"][status]


def _examples(answer: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer.get("content", {}).get(PROBLEM, {}).get("examples", {})
    return found


def _describe_answers(path: str, operation: Document, door: Door) -> None:
    operation["responses"] = dict(sorted(operation["responses"].items()))
    for status, answer in operation["responses"].items():
        if answer.get("description") == "Successful Response":  # the framework's word for any
            answer["description"] = _SUCCESS.get(status, "Done.")
        _describe_refusals(answer)
        for name in _header_names(path, status, door):
            answer.setdefault("headers", {})[name] = {"$ref": f"#/components/headers/{name.replace('-', '')}"}


def _describe_refusals(answer: Document) -> None:
    """Name the codes by what they mean; the framework's list of examples shows the codes alone."""
    meanings: dict[str, list[str]] = {}
    for code, example in sorted(_examples(answer).items()):
        meanings.setdefault(example["value"]["title"], []).append(f"`{code}`")
        example["summary"] = code
    # An answer with another form beside ours has words of its own.
    own = [answer["description"]] if len(answer.get("content", {})) > 1 else []
    if meanings:
        answer["description"] = "; ".join([*own, *(f"{what} ({', '.join(codes)})" for what, codes in meanings.items())])


def _header_names(path: str, status: str, door: Door) -> Iterator[str]:
    """Those of a success; X-Request-ID comes with refusals, too, which is said once, for all."""
    if not status.startswith("2"):
        return
    yield "X-Request-ID"
    if door.writes or (door.strict and path.endswith("}")):
        yield "ETag"
    if door.writes:
        yield "Coe-Revision"
