"""Every operation x everybody who can call x things here, away, abroad and one's own, held against ``/v1/permissions``.

What must come out is worked out from the table as the service itself tells it, with what domain.md 9 adds: what one may
not see is not there (404), what one sees but may not do is refused (403). The table is pinned below, so that nothing is
allowed to anybody without two places saying so.
"""

import asyncio
import json
import logging
import re
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import sessionmaker

from app.kernel.access import AllowPublic
from app.kernel.actor import Permission
from app.kernel.ids import new_id
from app.kernel.rates import Limits
from tests.expectations import PINNED, Outcome, cells, expected, may, reaches, sees
from tests.matrix import CLIENTS, NOBODY, PEOPLE, PLAIN, Org
from tests.operations import CONSOLE, FORM_TYPE, OPERATIONS, PUBLIC
from tests.routes import METHODS, doors, send, spellings

REFUSED_BY_THE_MATTER = frozenset(
    {
        "request_refused",
        "business_unit_not_empty",
        "checklist_incomplete",
        "no_legal_hold",
        "not_a_member",
        "not_permitted",
        "still_employed",
    }
)
"""Refusals that come after every question of permission: the model's, with its reasons, the state of the thing, and a
decision that is told as a status.
"""
EVERY = (*OPERATIONS, *CONSOLE)
ALONE = {
    "/v1/accounts/{id}/publishers",
    "/v1/audit/checkpoints",
    "/v1/citations",
    "/v1/discoveries/{id}/sightings",
    "/v1/legal-holds",
    "/v1/policies/{id}/versions/{n}/attestations",
    "/v1/research/{id}/citations",
    "/v1/reviews/{id}/items",
    "/v1/strategy/budgets/{id}/entries",
    "/v1/webhooks/{id}/deliveries",
}
"""Lists of which the organisation has one thing, or none."""
FAR_SEEING = tuple(one for one in PEOPLE if one.role in ("strategist", "admin"))
FOLDED = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b(versions/|version )\d+\b")
REFUSAL = re.compile(r"<code>(\w+)</code>, \d{3}")
BY_STATUS = {401: Outcome.UNKNOWN, 403: Outcome.REFUSED, 404: Outcome.HIDDEN}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def org(request, tmp_path_factory):
    """One organisation for the whole module: what a call changes is undone."""
    folder = tmp_path_factory.mktemp("permissions")
    with _quietly(), _database(request, folder) as url:
        made = Org(url, folder)
        yield made
        made.close()


@contextmanager
def _quietly():
    """Without a line of log for each of thousands of requests."""
    usual = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**usual)


@contextmanager
def _database(request, folder):
    if request.param == "sqlite":
        template, copy = request.getfixturevalue("sqlite_template"), folder / "coe.db"
        copy.write_bytes(template.read_bytes())
        yield f"sqlite:///{copy}"
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    name = f"coe_{uuid4().hex}"
    with sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as admin:
        admin.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template.database}")
        yield server.set(database=name).render_as_string(hide_password=False)
        admin.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def table(org):
    """``/v1/permissions`` as it is served: permission -> role (or ``client``) -> how far (or which scopes)."""
    items = org.get("/v1/permissions", PLAIN.key)["items"]
    return {one["permission"]: {**one["roles"], "client": one["client_scopes"]} for one in items}


@pytest.fixture
def built(org):
    return doors(org.app)


# What does come out.


class Untold(Limits):
    """Nothing of what is denied is told: that would be written, and by a transaction of its own."""

    def tells(self, actor):
        return False


UNTOLD = Untold({})


class NotToBeOpened:
    """Stands where transactions that write begin, while something is called that may only read."""

    def begin(self):
        raise AssertionError("a reading operation opened a writing transaction")


@contextmanager
def undone(org, *, only_reads):
    """Whatever is called in here is undone; what may only read cannot even begin to write."""
    usual = org.house
    if only_reads:
        org.app.state.house = replace(usual, writes=NotToBeOpened(), deciding=None, limits=UNTOLD)
        try:
            yield
        finally:
            org.app.state.house = usual
        return
    with org.app.state.engine.connect() as connection:
        outer = connection.begin()
        maker = sessionmaker(connection, join_transaction_mode="create_savepoint")
        org.app.state.house = replace(usual, writes=maker, reads=maker, urgent=None, deciding=None, limits=UNTOLD)
        try:
            yield
        finally:
            org.app.state.house = usual
            outer.rollback()


def outcome(status, headers, text):
    if 200 <= status < 300:
        return Outcome.ALLOWED
    if status == 303:  # a page: where to sign in, or what comes after a form
        signing_in = re.fullmatch(r"/console/login(\?next=.*)?", headers["location"])
        return Outcome.UNKNOWN if signing_in else Outcome.ALLOWED
    code = json.loads(text).get("code") if text.startswith(b"{") else None
    page = REFUSAL.search(text.decode()) if text.startswith(b"<!doctype") else None
    code = page[1] if page else code
    if code in REFUSED_BY_THE_MATTER:
        return Outcome.ALLOWED
    return BY_STATUS.get(status) or f"{status} {text[:300].decode()}"


async def ask(org, operation, caller, thing, target=None):
    body = operation.sent(org, thing)
    sent = None if body is None else json.dumps(body).encode()
    told = target or operation.target(thing.id if thing else None)
    if operation.cookie:
        return await _ask_page(org, operation, caller, body, told)
    with undone(org, only_reads=operation.only_reads):
        if operation.form:
            form = {"body": operation.form, "media_type": FORM_TYPE}
            return await send(org.app, operation.method, told, bearer=org.bearer(caller), **form)
        headers = operation.named(org, thing)
        return await send(org.app, operation.method, told, bearer=org.bearer(caller), body=sent, headers=headers)


async def _ask_page(org, operation, caller, body, told):
    """As a browser would, with the cookie of a sign-in and the token of its forms."""
    cookie, form_token = org.signed_in(caller)
    headers = [("cookie", cookie)] if cookie else []
    with undone(org, only_reads=operation.only_reads):
        if body is None:
            return await send(org.app, operation.method, told, headers=headers)
        sent = urlencode({**body, "form_token": form_token, "key": str(new_id())}).encode()
        media_type = "application/x-www-form-urlencoded"
        return await send(org.app, operation.method, told, body=sent, media_type=media_type, headers=headers)


def folded(answer):
    """An answer without what says which thing was asked for, and when."""
    status, headers, text = answer
    kept = {name: value for name, value in headers.items() if name != "x-request-id"}
    return status, kept, FOLDED.sub("-", text.decode())


async def _judge(org, table, operation, caller, where, thing):
    """What is wrong with this cell, if anything is."""
    named = f"{operation.door} ({', '.join(operation.sent(org, thing) or ())}) as {caller.name}, {where or 'no thing'}"
    answer = await ask(org, operation, caller, thing)
    found, wanted = outcome(*answer), expected(table, operation, caller, where, thing)
    if found != wanted:
        return f"{named}: {found}, wanted {wanted}"
    if found is Outcome.HIDDEN:
        other = operation.target(thing.id, n=7) if operation.hides == "draft" else operation.target(new_id())
        absent = await ask(org, operation, caller, thing, other)
        if folded(answer) != folded(absent):
            return f"{named}: another answer than for what is not there: {answer} {absent}"
    return None


def test_every_cell(org, table):
    """Attack B01."""

    async def judged():
        return [
            await _judge(org, table, operation, *cell) for operation in EVERY for cell in cells(org, table, operation)
        ]

    found = asyncio.run(judged())
    wrong = [one for one in found if one]
    if wrong:
        pytest.fail(f"{len(wrong)} of {len(found)} cells are wrong:\n" + "\n".join(wrong), pytrace=False)
    assert len(found) > 2000
    org.intact()


# The doors themselves.


def test_every_door_has_one_lock_and_an_entry(built):
    """Attack B01."""
    entries = {}
    for one in EVERY:
        entries.setdefault(one.door, set()).add((one.lock, one.reads))
    locked = {one.name: one for one in built if one.name not in PUBLIC}
    assert set(locked) == set(entries), (
        "each door stands in tests/operations.py, with its lock or as public with the reason"
    )
    for name, door in locked.items():
        assert len(door.locks) == 1, name
        assert {(door.lock, door.locks[0].reads)} == entries[name], name
    assert len({one.name for one in built}) == len(built), "one address, one door"


def test_public_doors_are_public_by_name(built):
    public = {one.name: one for one in built if one.name in PUBLIC}
    assert set(public) == set(PUBLIC)
    for name, door in public.items():
        assert all(isinstance(lock, AllowPublic) for lock in door.locks), name
        assert len(door.locks) == (name == "GET /v1/accounts/verify"), name


@pytest.mark.parametrize(
    "target", ["/v1/accounts/verify?url=https://x.com/nobody", "/.well-known/jwks.json", "/metrics", "/docs"]
)
def test_what_is_public_only_reads(org, target):
    with undone(org, only_reads=True):
        assert asyncio.run(send(org.app, "GET", target))[0] == 200


def test_the_table_is_the_one_that_was_agreed(table):
    """Attack B01."""
    agreed = {}
    for line in PINNED.strip().splitlines():
        permission, rest = line.split(maxsplit=1)
        pairs = [pair.split() for pair in rest.split(", ")]
        roles = {role: reach for role, reach in pairs if role != "client"}
        agreed[permission] = {**roles, "client": [scope for role, scope in pairs if role == "client"]}
    assert table == agreed
    assert set(agreed) == set(Permission)
    assert {role for row in agreed.values() for role in row} <= {"employee", "client"} | {one.role for one in PEOPLE}


def test_no_permission_is_left_without_a_door():
    enforced = {one.lock for one in EVERY} | {needed for one in EVERY for needed in one.needs}
    assert set(Permission) - enforced == {"employee:read_details"}, "which decides what of a person is shown, below"


# What is shown.


def seen_of(org, table, caller, kind, permission):
    """The ids of the things of a kind that this caller sees, by the table."""
    found = set()
    for name, thing in org.things[kind].items():
        where = "mine" if name == caller.name else name
        if sees(table, caller, permission, where, thing):
            found.add(thing.id)
    return found


@pytest.mark.parametrize(
    ("path", "kinds", "permission"),
    [
        ("/v1/rights-requests", ["request"], "rights_request:read"),
        ("/v1/grants", ["grant", "suspended grant"], "grant:read"),
        ("/v1/completions", ["completion"], "completion:read"),
        ("/v1/clearances", ["post", "cleared post"], "clearance:read"),
        ("/v1/observations", ["observation"], "observation:read"),
        ("/v1/targets", ["target"], "target:read"),
        ("/v1/discoveries", ["discovery", "disputed discovery"], "discovery:read"),
    ],
)
def test_lists_hold_what_one_may_see_and_nothing_else(org, table, path, kinds, permission):
    """Attack B02."""
    known = {thing.id for kind in kinds for thing in org.things[kind].values()}
    callers = [one for one in PEOPLE if reaches(table, one, permission)]
    assert len(callers) > 5
    for caller in callers:
        listed = {one["id"] for one in org.get(f"{path}?limit=200", caller.key)["items"]}
        wanted = set().union(*(seen_of(org, table, caller, kind, permission) for kind in kinds))
        assert listed & known == wanted, caller.name


def test_a_persons_details_are_shown_to_whom_the_table_says_and_found_by_no_other(org, table):
    """Attacks B03, B17."""
    for caller in PEOPLE:
        for name, thing in org.things["person"].items():
            where = "mine" if name == caller.name else name
            wanted = may(table, caller, "employee:read_details", where, thing, thing.at)
            shown = org.get(f"/v1/employees/{thing.id}", caller.key)
            assert (shown["email"] is not None) == (shown["employee_number"] is not None) == wanted, (caller.name, name)
        for number, name in (("clerk", "here"), ("stranger", "away")):
            thing = org.things["person"][name]
            wanted = may(table, caller, "employee:read_details", name, thing, thing.at)
            for query in (f"employee_number={number}", f"user_name={number}", f"email={number}@world.example"):
                assert bool(org.get(f"/v1/employees?{query}", caller.key)["items"]) == wanted, (caller.name, query)


def test_drafts_of_policies_are_listed_for_those_who_see_them(org, table):
    for caller in (*PEOPLE, *(one for one in CLIENTS if reaches(table, one, "policy:read"))):
        listed = org.get(f"/v1/policies/{org.things['policy']['here'].id}/versions", caller.key)["items"]
        wanted = [1, 2] if sees(table, caller, "draft", None, None) else [1]
        assert [one["n"] for one in listed] == wanted, caller.name


def test_an_account_is_open_to_all_and_the_words_on_its_registration_to_those_concerned(org, table):
    for caller in (*PEOPLE, *(one for one in CLIENTS if reaches(table, one, "account:read"))):
        for name in ("here", "away", PLAIN.name, *({caller.name} & set(org.things["proposed account"]))):
            thing = org.things["proposed account"][name]
            where = "mine" if name == caller.name else name
            wanted = sees(table, caller, "rights_request:read", where, thing)
            shown = org.get(f"/v1/accounts/{thing.id}", caller.key)
            assert (shown["registration"] is not None) == wanted, (caller.name, name)


def orders(org):
    """Every list of the document, with each order that it may be asked in."""
    for path, item in org.app.openapi()["paths"].items():
        told = {one["name"]: one for one in item.get("get", {}).get("parameters", []) if "name" in one}
        if "cursor" in told:
            yield from ((path, order) for order in told["sort"]["schema"]["enum"])


def listed(org, operation, order, limit):
    """What somebody who sees much of it is shown, page by page, of five things as many as there are."""
    thing = org.things[operation.thing]["here"].id if "{id}" in operation.path else None
    seen, cursor = [], ""
    while cursor is not None and len(seen) < 5:
        query = urlencode({"limit": limit, "sort": order, **({"cursor": cursor} if cursor else {})})
        target = f"{operation.target(thing)}?{query}"
        asked = (asyncio.run(send(org.app, "GET", target, bearer=org.bearer(one))) for one in FAR_SEEING)
        status, _, text = next(one for one in asked if one[0] != 403)
        assert status == 200, (target, text)
        page = json.loads(text)
        seen += page["items"]
        cursor = page["next_cursor"]
    return seen[:5]


def test_page_by_page_a_list_shows_what_it_shows_at_once(org):
    entries, alone = {one.door: one for one in OPERATIONS}, set()
    for path, order in orders(org):
        operation = entries[f"GET {path}"]
        whole = listed(org, operation, order, 5)
        assert listed(org, operation, order, 1) == whole, (path, order)
        if len(whole) < 2:
            alone.add(path)
    assert alone == ALONE


# Other ways in (trust: B13).


def closed(operation, org, table):
    """Nobody, and the plain employee if this operation is closed to them, with a thing that it is closed for."""
    found = {}
    for caller, where, thing in cells(org, table, operation):
        if caller in (NOBODY, PLAIN) and expected(table, operation, caller, where, thing) is not Outcome.ALLOWED:
            found.setdefault(caller, thing)
    return found.items()


def test_no_other_spelling_of_an_address_opens_anything(org, table, built):
    """Attack B13."""

    async def tried():
        for operation in EVERY:
            for caller, thing in closed(operation, org, table):
                target = operation.target(thing.id if thing else None)
                for spelled in spellings(target):
                    if any(door.name in PUBLIC and door.leads(spelled) for door in built):
                        continue
                    status, headers, _ = await ask(org, operation, caller, thing, spelled)
                    yield (
                        status,
                        f"{operation.method} {spelled} as {caller.name}: {status} {headers.get('location', '')}",
                    )

    async def opened():
        refused = (400, 401, 403, 404, 405, 415, 422)
        return [told async for status, told in tried() if status not in refused and "/console/login" not in told]

    wrong = asyncio.run(opened())
    if wrong:
        pytest.fail(f"{len(wrong)} spellings:\n" + "\n".join(wrong[:40]), pytrace=False)


def test_no_other_method_is_answered(org, built):
    """Attack B13."""

    async def wrong():
        for path in {door.path for door in built if door.method != "ANY"}:
            target = path.format(id=new_id(), item_id=new_id(), entry_id=new_id(), key="x", n=1, name="User")
            known = {door.method for door in built if door.leads(target)}
            for method in METHODS:
                if method in known:
                    continue
                status, headers, _ = await send(org.app, method, target, bearer=org.token("boss"), body=b"{}")
                if status != 405 or not set(headers["allow"].split(", ")) <= known:
                    yield f"{method} {target}: {status} {headers}"

    async def found():
        return [one async for one in wrong()]

    assert asyncio.run(found()) == []


OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def test_no_header_makes_another_request_of_it(org):
    """Attack B13."""

    def same(answer):
        return answer[0], {name: value for name, value in answer[1].items() if name != "x-request-id"}, answer[2]

    async def compared(method, target, bearer, body, headers):
        plain = await send(org.app, method, target, bearer=bearer, body=body)
        return same(plain), same(await send(org.app, method, target, bearer=bearer, body=body, headers=headers))

    for door, kind, other in (
        ("GET /v1/appointments/{id}", "appointment", "DELETE"), ("GET /v1/accounts/{id}", "active account", "PATCH"),
        ("GET /v1/business-units/{id}", "unit", "PATCH"), ("GET /v1/governance", None, "PUT"),
    ):  # fmt: skip
        method, path = door.split()
        target = path.format(id=org.things[kind]["here"].id if kind else "")
        with undone(org, only_reads=True):
            for name in OVERRIDES:
                plain, overridden = asyncio.run(compared(method, target, org.token("boss"), None, [(name, other)]))
                assert plain == overridden and plain[0] == 200
            assert asyncio.run(send(org.app, method, f"{target}?_method={other}", bearer=org.token("boss")))[0] == 422
    elsewhere = [
        ("X-Original-URL", "/healthz"),
        ("X-Rewrite-URL", "/healthz"),
        ("X-Forwarded-User", "boss"),
        ("X-Forwarded-Prefix", "/docs"),
    ]
    for header in elsewhere:
        plain, changed = asyncio.run(compared("GET", "/v1/me", None, None, [header]))
        assert plain == changed and plain[0] == 401
    for header in (("X-Original-URL", "/v1/me"), ("X-Rewrite-URL", "/v1/me")):
        plain, changed = asyncio.run(compared("GET", "/healthz", None, None, [header]))
        assert plain == changed and plain[2] == b'{"status":"ok"}'
