"""Attacks on the short way's door: what it takes, the routes would answer word for word the same."""

import json
from uuid import UUID

import pytest

from tests.attacks5.both import ASKED, EVALUATION, EVALUATIONS, headers, messages, opened, same, sent


@pytest.fixture
def door(team):
    return opened(team)


def raw(**more):
    return json.dumps({**ASKED, **more}).encode()


def differing(cases, fine):
    """The names of the cases in which the two ways differ, or something else is wrong."""
    found = []
    for what, one in cases.items():
        try:
            ok = fine(one)
        except Exception as error:  # noqa: BLE001 - one that escapes is what is looked for
            ok = print(what, repr(error)[:500])
        if not ok:
            found.append(what)
    return found


def test_a_plain_question_takes_the_short_way(door):
    assert same(door, raw())[1]["decision"] is True
    assert door.taken == 2


BODIES = {
    "an integer beyond 64 bits": raw(properties=7).replace(b"7", b"99999999999999999999"),
    "an integer beyond 63 bits": raw(properties=7).replace(b"7", b"18446744073709551615"),
    "the smallest beyond": raw(properties=7).replace(b"7", b"9223372036854775808"),
    "a large integer in a list": raw(properties=7).replace(b"7", b"[\n99999999999999999999]"),
    "a large integer behind a comma": raw(properties=7).replace(b"7", b"[1,99999999999999999999]"),
    "a large integer in a text": raw(properties=" 99999999999999999999"),
    "the largest integer": raw(properties=7).replace(b"7", b"9223372036854775807"),
    "below all of them": raw(properties=7).replace(b"7", b"-9223372036854775809"),
    "an integer of 5000 digits": raw(properties=7).replace(b"7", b"9" * 5000),
    "a fraction too large": raw(properties=7).replace(b"7", b"1e999"),
    "a long fraction": raw(properties=7).replace(b"7", b"1234567890123456789012345.5"),
    "NaN": raw(properties=7).replace(b"7", b"NaN"),
    "minus infinity": raw(properties=7).replace(b"7", b"-Infinity"),
    "64 levels": raw(more=7).replace(b"7", b"[" * 63 + b"]" * 63),
    "65 levels": raw(more=7).replace(b"7", b"[" * 64 + b"]" * 64),
    "brackets in a text": raw(more="[" * 500),
    "a NUL in a text": raw(more="\0"),
    "a NUL in the subject": raw(subject={"type": "employee", "id": "as\0ker"}),
    "an escaped backslash before u0000": raw(more="\\u0000"),
    "half of a surrogate pair": raw(more=7).replace(b"7", b'"\\ud800"'),
    "half of a pair as a name": raw(more=7).replace(b'"more"', b'"\\udc00"'),
    "a byte order mark": b"\xef\xbb\xbf" + raw(),
    "no UTF-8": raw(more=7).replace(b"7", b'"\xff"'),
    "a control character": raw(more=7).replace(b"7", b'"\x01"'),
    "a repeated member": raw()[:-1] + b',"action":{"name":"engage"}}',
    "nothing": b"",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "rubbish behind": raw() + b"}",
    "blanks around": b" \r\n\t" + raw() + b"\n",
    "a form feed around": b"\x0c" + raw(),
    "no subject": json.dumps({"action": ASKED["action"], "resource": ASKED["resource"]}).encode(),
    "the subject a text": raw(subject="asker"),
    "the subject a list": raw(subject=["type", "id"]),
    "the id a number": raw(subject={"type": "employee", "id": 7}),
    "properties null": raw(subject={"type": "employee", "id": "asker", "properties": None}),
    "properties a list": raw(subject={"type": "employee", "id": "asker", "properties": []}),
    "properties of an action": raw(action={"name": "publish", "properties": 7}),
    "another type": raw(subject={"type": "user", "id": "asker"}),
    "another type of resource": raw(resource={"type": "post", "id": "x:acme"}),
    "an empty id": raw(subject={"type": "employee", "id": ""}),
    "no such right": raw(action={"name": "PUBLISH"}),
    "an empty context": raw(context={}),
    "the context null": raw(context=None),
    "the context a list": raw(context=[]),
    "a tool that is a number": raw(context={"tool": 7}),
    "a digest that is a list": raw(context={"content_sha256": []}),
    "an empty tool": raw(context={"tool": ""}),
    "a tool": raw(context={"tool": "hootsuite"}),
    "a revision null": raw(context={"at_least_revision": None}),
    "a revision that is a number": raw(context={"at_least_revision": 1}),
    "a revision of 1": raw(context={"at_least_revision": "1"}),
    "a revision of nothing": raw(context={"at_least_revision": ""}),
    "a revision below zero": raw(context={"at_least_revision": "-1"}),
    "a revision in other digits": raw(context={"at_least_revision": "١"}),
    "a revision with a line end": raw(context={"at_least_revision": "1\n"}),
    "a revision of 19 digits": raw(context={"at_least_revision": "1" * 19}),
    "consistency null": raw(context={"consistency": None}),
    "consistency full": raw(context={"consistency": "full"}),
    "consistency of another kind": raw(context={"consistency": "some"}),
    "an id with blanks": raw(subject={"type": "employee", "id": " ASKER "}),
    "an address in capitals": raw(subject={"type": "employee", "id": "ASKER@WORLD.EXAMPLE"}),
    "full-width letters": raw(subject={"type": "employee", "id": "ａｓｋｅｒ"}),
    "a network in capitals": raw(resource={"type": "account", "id": "X:acme"}),
    "a handle by its address": raw(resource={"type": "account", "id": "x:https://x.com/ACME/"}),
    "a handle at": raw(resource={"type": "account", "id": "x:@Acme"}),
    "no handle": raw(resource={"type": "account", "id": "x:"}),
    "only a handle": raw(resource={"type": "account", "id": "acme"}),
    "an id that is a urn": raw(resource={"type": "account", "id": "urn:uuid:00000000-0000-7000-8000-000000000001"}),
}  # fmt: skip


@pytest.mark.parametrize("bearer", ["bearer", "gateway"])
def test_every_body_is_answered_the_same_either_way(door, bearer):
    given = headers(door, bearer=getattr(door, bearer))
    asked = {(what, path): (body, path) for what, body in BODIES.items() for path in (EVALUATION, EVALUATIONS)}
    assert not differing(asked, lambda one: same(door, one[0], given, path=one[1])[0] in (200, 400))


BATCHES = {
    "evaluations an object": {**ASKED, "evaluations": {}},
    "evaluations a text": {**ASKED, "evaluations": ""},
    "evaluations false": {**ASKED, "evaluations": False},
    "evaluations zero": {**ASKED, "evaluations": 0},
    "evaluations null": {**ASKED, "evaluations": None},
    "no evaluations": {**ASKED, "evaluations": []},
    "no evaluations, bad options": {**ASKED, "evaluations": [], "options": 7},
    "no evaluations, an unknown semantic": {**ASKED, "options": {"evaluations_semantic": "some"}},
    "no evaluations, options null": {**ASKED, "options": None},
    "options a list": {**ASKED, "evaluations": [{}], "options": []},
    "a semantic null": {**ASKED, "evaluations": [{}], "options": {"evaluations_semantic": None}},
    "one that says nothing": {**ASKED, "evaluations": [{}]},
    "a text among them": {**ASKED, "evaluations": [{}, "x"]},
    "one that takes the subject away": {**ASKED, "evaluations": [{"subject": None}, {}]},
    "a bad one, and the first refusal": {
        **ASKED, "evaluations": [{"action": {}}, {}], "options": {"evaluations_semantic": "deny_on_first_deny"},
    },
    "the first permit": {
        **ASKED, "evaluations": [{"action": {"name": "engage"}}, {}, {}],
        "options": {"evaluations_semantic": "permit_on_first_permit"},
    },
    "a bad subject at the top that nobody uses": {
        "subject": 7, "action": ASKED["action"], "resource": ASKED["resource"], "evaluations": [ASKED],
    },
    "a bad action at the top that nobody uses": {**ASKED, "action": {}, "evaluations": [ASKED]},
    "a bad context at the top that nobody uses": {**ASKED, "context": 7, "evaluations": [{"context": {}}]},
    "a future revision at the top of items with their own": {
        **ASKED, "context": {"consistency": "full"}, "evaluations": [{"context": {}}],
    },
    "deep in one of many": {**ASKED, "evaluations": [{}] * 100, "more": json.loads("[" * 90 + "]" * 90)},
    "not deep but many": {**ASKED, "evaluations": [ASKED] * 100},
    "1000": {**ASKED, "evaluations": [{}] * 1000},
    "1001": {**ASKED, "evaluations": [{}] * 1001},
    "an approval": {**ASKED, "evaluations": [{"context": {"approval": {"id": "x"}}}]},
}  # fmt: skip


def test_every_batch_is_answered_the_same_either_way(door):
    assert not differing(BATCHES, lambda body: same(door, body, path=EVALUATIONS)[0] in (200, 400))


SEARCHES = [
    ("subject", {"subject": {"type": "employee"}, "action": {"name": "publish"}, "resource": ASKED["resource"]}),
    ("subject", {"subject": {"type": "employee"}, "action": {"name": "none"}, "resource": ASKED["resource"]}),
    ("subject", {"subject": {"type": "x"}, "action": {"name": "publish"}, "resource": {"type": "account", "id": "x:no"}}),
    ("resource", {"subject": ASKED["subject"], "action": {"name": "publish"}, "resource": {"type": "account"}}),
    ("resource", {"subject": {"type": "employee", "id": "?"}, "action": {"name": "publish"}, "resource": {"type": "account"}}),
    ("action", {"subject": ASKED["subject"], "resource": ASKED["resource"]}),
    ("action", {"subject": ASKED["subject"], "resource": ASKED["resource"], "page": {"limit": 1}}),
    ("action", {"subject": ASKED["subject"], "resource": ASKED["resource"], "page": {"limit": 0}}),
    ("action", {"subject": ASKED["subject"], "resource": ASKED["resource"], "page": {"limit": -1}}),
    ("action", {"subject": ASKED["subject"], "resource": ASKED["resource"], "page": {"limit": True}}),
    ("action", {"subject": ASKED["subject"], "resource": ASKED["resource"], "page": {"token": "x"}}),
    ("action", {"subject": ASKED["subject"], "resource": ASKED["resource"], "page": 7}),
    ("action", {"subject": ASKED["subject"], "resource": ASKED["resource"], "context": {"consistency": "full"}}),
    ("action", {"subject": 7, "resource": ASKED["resource"]}),
    ("action", {}),
]  # fmt: skip


def test_every_search_is_answered_the_same_either_way(door):
    for kind, body in SEARCHES:
        status, _ = same(door, body, path=f"/access/v1/search/{kind}")
        assert status in (200, 400), body


def test_headers_are_read_as_the_routes_read_them(door):
    kind, bearer = (b"content-type", b"application/json"), (b"authorization", b"Bearer " + door.bearer.encode())
    every = (
        [bearer],
        [kind],
        [(b"authorization", b""), bearer, kind],
        [bearer, (b"authorization", b""), kind],
        [bearer, bearer, kind],
        [bearer, (b"content-type", b"text/plain"), kind],
        [bearer, kind, (b"content-type", b"text/plain")],
        [bearer, kind, kind],
        [bearer, (b"content-type", b"application/json; charset=utf-8")],
        [bearer, (b"content-type", b"application/json; charset=latin-1")],
        [bearer, (b"content-type", b"Application/JSON")],
        [bearer, (b"content-type", b"application/problem+json")],
        [(b"authorization", b"bearer " + door.bearer.encode()), kind],
        [(b"authorization", b"BEARER " + door.bearer.encode()), kind],
        [(b"authorization", b"Bearer  " + door.bearer.encode()), kind],
        [(b"authorization", b"Bearer " + door.bearer.encode() + b" "), kind],
        [(b"authorization", b"Bearer " + door.bearer.encode() + b"\n"), kind],
        [(b"authorization", b"Bearer " + door.bearer.upper().encode()), kind],
        [(b"authorization", b"Basic " + door.bearer.encode()), kind],
        [(b"authorization", b"Bearer coe_"), kind],
        [(b"authorization", b"Bearer " + b"a" * 100_000), kind],
        [bearer, kind, (b"content-encoding", b"gzip")],
        [bearer, kind, (b"content-encoding", b"identity")],
        [bearer, kind, (b"x-padding", b"a" * 200_000)],
        [bearer, kind, (b"transfer-encoding", b"chunked")],
        [bearer, kind, (b"accept", b"text/html")],
        [bearer, kind, (b"cookie", b"a=b")],
    )
    asked = {str(given)[:200]: given for given in every}
    assert not differing(asked, lambda given: same(door, raw(), given)[0] in (200, 400, 401, 415))


def test_a_request_is_named_the_same_either_way(door):
    for names in (
        [b"abc"],
        [b"a b"],
        [b"a", b"b"],
        [b""],
        [b"\xff"],
        [b"a\r\nset-cookie: b"],
        [b"a" * 129],
        [b"a" * 128],
    ):
        given = headers(door, *((b"x-request-id", one) for one in names))
        short = sent(door, given, messages(raw()))[1][b"x-request-id"]
        door.app.direct = None
        routed = sent(door, given, messages(raw()))[1][b"x-request-id"]
        door.app.direct = door.direct
        assert short == routed or (UUID(short[:36].decode()) and UUID(routed.decode())), names  # ours, of both ways


def test_other_methods_and_addresses_are_the_routes_own(door):
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "post"):
        assert same(door, b"", method=method)[0] == 405
    for path in (EVALUATION + "/", "/access/v1//evaluation", "/access/v1/Evaluation", "/access/v1/evaluation%2F"):
        assert same(door, raw(), path=path)[0] == 404
    assert door.taken == 0
    for query, status in ((b"a=b", 422), (b"%00", 400), (b"", 200), (b"consistency=full", 422)):
        assert same(door, raw(), query_string=query)[0] == status


def test_a_body_in_parts_is_one_body(door):
    body = raw()
    for parts in (
        messages(*(body[n : n + 1] for n in range(len(body)))),
        messages(body, b""),
        messages(b"", b"", body),
        [{"type": "http.request", "more_body": True}, *messages(body)],
        [*messages(body[:5])[:-1], {"type": "http.request", "body": body[:5], "more_body": True},
         {"type": "http.request", "body": body[5:]}],
        [{"type": "http.request", "body": body}],
        [{"type": "http.request"}],
    ):  # fmt: skip
        assert same(door, b"", received=parts)[0] in (200, 400)


def test_who_goes_away_in_the_middle_is_not_answered(door):
    for received in (
        [{"type": "http.disconnect"}],
        [*messages(raw(), b"")[:1], {"type": "http.disconnect"}],
        [{"type": "http.request", "more_body": True}, {"type": "http.disconnect"}],
    ):
        assert sent(door, headers(door), received)[0] is None


def test_a_body_that_is_too_large_is_refused_however_it_comes(door):
    limit = 1024 * 1024
    for size in (limit, limit + 1):
        body = raw(more="a" * (size - len(raw(more=""))))
        assert len(body) == size
        for parts in (messages(body), messages(*(body[n : n + 9999] for n in range(0, size, 9999)))):
            assert same(door, b"", received=parts)[0] == (200 if size == limit else 413)


def test_a_body_of_very_many_parts_costs_what_it_holds(door):
    """Looking again at all parts with each that comes makes one slow sender everybody's delay."""

    class Part(dict):
        looked = 0

        def __getitem__(self, name):
            Part.looked += 1
            return super().__getitem__(name)

        def get(self, name, default=None):
            Part.looked += 1
            return super().get(name, default)

    many = 2000
    parts = [Part(type="http.request", body=b" ", more_body=True) for _ in range(many)]
    assert sent(door, headers(door), [*parts, *messages(raw())])[0] == 200
    assert Part.looked < 20 * many


def items(*given, **common):
    return json.dumps({"evaluations": given, **common}).encode()


DEEP = {"a": {"a": {"a": {"a": []}}}}


@pytest.mark.parametrize("path", [EVALUATION, EVALUATIONS])
@pytest.mark.parametrize(
    "body",
    [
        raw(context={"content_sha256": "0" * 64}),
        raw(subject={**ASKED["subject"], "properties": []}),
        raw(more=99999999999999999999),
        raw(more=DEEP),
        raw()[:-1] + b',"resource":' + json.dumps(ASKED["resource"]).encode() + b"}",
        b'{"subject":' + b'{"a":' * 70 + b"1" + b"}" * 70 + b"," + raw()[1:],
        items(ASKED, ASKED),
        items({}, **ASKED),
        items(ASKED, {}, **ASKED),
        # As many quotation marks as two bare questions have, and something else in them.
        items({}, {}, **ASKED, context={"at_least_revision": "999999", **dict.fromkeys("abcd", "e"), "f": "g", "h": "i"}),
        items({}, {}, **ASKED, more=DEEP, **{f"n{n}": 99999999999999999999 for n in range(8)}),
        items({**ASKED, "more": 99999999999999999999}, {name: ASKED[name] for name in ("subject", "action")}),
        items({**ASKED, "action": {"name": 'pub"lish'}}, ASKED),
    ],
)  # fmt: skip
def test_a_question_with_more_in_it_than_it_needs_is_looked_through(door, path, body):
    same(door, body, path=path)
