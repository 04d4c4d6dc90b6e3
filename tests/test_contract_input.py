"""What callers can send: pages and cursors, bodies and queries of every bad kind, addresses that are none."""

import json
from urllib.parse import unquote

import pytest

from app.kernel.errors import DomainError
from app.kernel.problems import STATUS, TYPE_BASE, status_of, type_of

PROBLEM = "application/problem+json"


def kinds(of=DomainError):
    """Every error of the application that a problem can be of."""
    return {of} | {one for child in of.__subclasses__() for one in kinds(child)}


def assert_problem(answer, *statuses):
    """A problem document of a registered type, whose status is the answer's."""
    shown = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code in statuses if statuses else 400 <= answer.status_code < 500, shown
    assert answer.headers["content-type"] == PROBLEM, shown
    told = answer.json()
    assert told["status"] == answer.status_code and unquote(told["instance"]) == answer.request.url.path
    known = {kind.code: status_of(kind) for kind in kinds()} | {"method_not_allowed": 405}
    assert told["type"] in {TYPE_BASE + told["code"], *map(type_of, kinds())} and told["type"].endswith(told["code"]), (
        shown
    )
    assert known[told["code"]] == told["status"], shown
    assert told["title"] and told["detail"] and "Traceback" not in answer.text and "SELECT" not in answer.text
    return told


def test_every_status_in_the_table_is_of_an_error_of_its_own():
    assert len(STATUS) == len(set(STATUS)) and all(status_of(kind) in range(400, 504) for kind in kinds())


@pytest.fixture
def many(team):
    """Rows that are alike in all that one may sort by, but their ids: the clock stands still while they are made."""
    for n in range(7):
        team.post("/v1/business-units", "boss", {"key": f"unit-{n}", "name": "One name"}, 201)
    account = team.account("acme")
    for n in range(7):
        team.post("/v1/clearances", "boss", {"account_id": account, "content_sha256": f"{n:064x}"}, 201)
    for n, right in enumerate(("draft", "publish", "engage", "analyze")):
        team.account(f"acme_{n}")
        for who in ("asker", "colleague"):
            team.ask(who, account, [right])
    for n in range(5):
        team.post("/v1/courses", "boss", {"key": f"course-{n}", "title": "One title"}, 201)
        taught = {"audience": "bu_liaison", "course_id": f"course-{n}", "need": "required"}
        team.post("/v1/curriculum", "boss", taught, 201)
        learnt = {"employee_id": "asker", "course_id": f"course-{n}", "completed_at": "2026-02-01T09:00:00Z"}
        team.post("/v1/completions", "boss", learnt, 201)
        kpi = {"key": f"kpi-{n}", "title": "One title", "definition": "Alike.", "unit": "count", "better": "higher"}
        kpi |= {"kind": "measured", "over_time": "sum", "across_accounts": "sum"}
        team.post("/v1/kpis", "boss", kpi, 201)
        days = {"kpi_id": f"kpi-{n}", "period_from": "2026-02-01", "period_until": "2026-02-08", "value": "1"}
        team.post("/v1/observations", "boss", {"account_id": account, "source": "tool", **days}, 201)
        team.post("/v1/targets", "boss", {"scope": {"kind": "enterprise"}, **days}, 201)
        team.post("/v1/discoveries", "boss", {"network": "x", "handle": f"seen_{n}", "source": "Vendor"}, 201)
        team.post("/v1/vendors", "boss", {"key": f"vendor-{n}", "name": "One name"}, 201)
        tool = team.post("/v1/publishing-tools", "boss", {"key": f"tool-{n}", "name": "One name"}, 201)["id"]
        until = {"summary": "It works.", "valid_until": "2028-01-01T00:00:00Z"}
        made = team.post("/v1/assessments", "boss", {"tool_id": tool, **until}, 201)["id"]
        said = {"title": "One title", "summary": "It is so.", "source": "A journal"}
        found = team.post("/v1/research", "content", said, 201)["id"]
        team.post(f"/v1/research/{found}/citations", "boss", {"subject": {"kind": "assessment", "id": made}}, 201)
    return team


LISTS = {
    "/v1/business-units": ("id", "name", "key", "created_at"),
    "/v1/employees": ("id", "created_at"),
    "/v1/accounts": ("id", "created_at", "handle", "network"),
    "/v1/rights-requests": ("id", "created_at"),
    "/v1/appointments": ("id", "created_at", "valid_from"),
    "/v1/courses": ("id", "key", "created_at"),
    "/v1/curriculum": ("id", "created_at"),
    "/v1/completions": ("id", "completed_at", "created_at"),
    "/v1/vendors": ("id", "key", "created_at"),
    "/v1/publishing-tools": ("id", "key", "created_at"),
    "/v1/assessments": ("id", "created_at"),
    "/v1/research": ("id", "created_at"),
    "/v1/citations": ("id", "created_at"),
    "/v1/kpis": ("id", "key", "created_at"),
    "/v1/observations": ("id", "period_from", "created_at"),
    "/v1/targets": ("id", "period_until", "created_at"),
    "/v1/clearances": ("id", "created_at", "not_after"),
    "/v1/discoveries": ("id", "created_at", "last_seen_at"),
    "/v1/audit/events": ("seq",),
}


def walked(team, path, bearer, between=lambda: None, **params):
    """Every row of a collection, page by page; something may happen in between."""
    seen, cursor = [], None
    while True:
        page = team.want(
            200, "GET", path, bearer=bearer, params={**params, "limit": 3, **({"cursor": cursor} if cursor else {})}
        )
        seen += [one.get("id") or one["seq"] for one in page["items"]]
        assert len(page["items"]) == 3 or page["next_cursor"] is None
        cursor = page["next_cursor"]
        if cursor is None:
            return seen
        between()


def test_a_walk_gives_each_row_once_in_every_order(many):
    bearer = many.token("boss")
    for path, fields in LISTS.items():
        for field in fields:
            up = many.want(200, "GET", path, bearer=bearer, params={"limit": 200, "sort": field})["items"]
            ids = [one.get("id") or one["seq"] for one in up]
            assert walked(many, path, bearer, sort=field) == ids and len(set(ids)) == len(ids) > 3, (path, field)
            assert walked(many, path, bearer, sort=f"-{field}") == ids[::-1], (path, field)
            key = [one[field] for one in up]
            assert key == sorted(key), (path, field)


def test_a_walk_while_rows_are_added_skips_none_that_was_there(many):
    bearer, made = many.token("boss"), []
    there = {one["id"] for one in many.get("/v1/business-units", "boss")["items"]}

    def add():
        n = len(made)
        body = {"key": f"late-{n}", "name": "A first name" if n % 2 else "One name"}
        made.append(many.want(201, "POST", "/v1/business-units", body=body, bearer=bearer)["id"])

    for sort in ("name", "-name", "key", "-created_at"):
        seen = walked(many, "/v1/business-units", bearer, add if len(made) < 8 else lambda: None, sort=sort)
        assert len(seen) == len(set(seen)) and there <= set(seen), sort
    assert len(made) >= 8


def test_a_cursor_is_good_for_its_query_its_order_and_its_caller_only(many):
    """Attack F12."""
    path = "/v1/accounts"
    cursor = many.get(path, "boss", params={"limit": 2, "network": "x"})["next_cursor"]
    many.get(path, "boss", params={"limit": 3, "network": "x", "cursor": cursor})  # another limit will do
    for params in (
        {},
        {"network": "instagram"},
        {"network": "x", "sort": "handle"},
        {"network": "x", "state": "active"},
    ):
        assert_problem(many.call("GET", path, "boss", params={**params, "cursor": cursor}), 400)
    assert_problem(many.call("GET", path, "boss2", params={"network": "x", "cursor": cursor}), 400)
    assert_problem(many.call("GET", "/v1/business-units", "boss", params={"cursor": cursor}), 400)
    for bad in (cursor[:-1], cursor[1:], cursor + "A", cursor.swapcase(), "", "x", "' OR 1=1 --", "é", "a" * 5000):
        told = assert_problem(many.call("GET", path, "boss", params={"network": "x", "cursor": bad}), 400)
        assert told["code"] == "invalid_cursor", bad


def test_limits_orders_and_parameters_that_there_are_not(team):
    """Attack F11."""
    bearer = team.token("boss")
    call = lambda query: team.call("GET", f"/v1/accounts?{query}", bearer=bearer)  # noqa: E731
    bad = (
        "limit=0", "limit=-1", "limit=201", "limit=abc", "limit=1e2", "limit=", "limit=99999999999999999999", "sort=purpose",
        "sort=--id", "sort=", "state=open", "business_unit_id=sales", "hendle=acme", "Limit=5", "limit=1&limit=2", "state[]=active",
        "network=x&network=x", "a=1&b=2",
    )  # fmt: skip
    for query in bad:
        told = assert_problem(call(query), 422)
        assert told["errors"][0]["pointer"].startswith("?"), query
    assert_problem(call("handle=%00"), 400)
    assert call("limit=200&sort=-created_at&network=nope").json() == {"items": [], "next_cursor": None}
    for path in ("/v1/me", "/v1/governance", "/v1/accounts/verify", "/v1/rights-requests"):
        assert_problem(team.call("GET", f"{path}?nothing=1", bearer=bearer), 422)


def bodies(good):
    """Bad bodies made of a good one, with the code of what is wrong where one is meant."""
    text = json.dumps(good)
    name, value = next((name, value) for name, value in good.items() if isinstance(value, str))
    swap = lambda new: text.replace(json.dumps(value), new, 1).encode()  # noqa: E731
    spelled = "".join(f"\\u{ord(letter):04x}" for letter in name)
    return {
        "deep": (('{"a":' * 5000 + "1" + "}" * 5000).encode(), "json_depth"),
        "deep arrays": (b"[" * 100_000, "json_depth"),
        "65 levels": (f'{text[:-1]}, "more": {"[" * 64}{"]" * 64}}}'.encode(), "json_depth"),
        "nan": (f'{text[:-1]}, "more": NaN}}'.encode(), "not_a_number"),
        "infinity": (f'{text[:-1]}, "more": -Infinity}}'.encode(), "not_a_number"),
        "1e999": (f'{text[:-1]}, "more": 1e999}}'.encode(), "number_out_of_range"),
        "4000 digits": (f'{text[:-1]}, "more": {"9" * 4000}}}'.encode(), "number_out_of_range"),
        "a name twice": (f'{text[:-1]}, "{name}": "again"}}'.encode(), "duplicate_key"),
        "a name twice, spelled apart": (f'{text[:-1]}, "{spelled}": "again"}}'.encode(), "duplicate_key"),
        "half a surrogate pair": (swap('"\\ud800"'), "invalid_unicode"),
        "nul": (swap('"a\\u0000b"'), "invalid_unicode"),
        "not utf-8": (swap('"\xff"').decode().encode("latin-1"), "invalid_unicode"),
        "utf-16": (text.encode("utf-16"), "invalid_unicode"),
        "a byte order mark": (b"\xef\xbb\xbf" + text.encode(), "invalid_unicode"),
        "truncated": (text[:-1].encode(), "malformed_json"),
        "garbage after it": (f"{text} x".encode(), "malformed_json"),
        "two documents": (f"{text}\n{text}".encode(), "malformed_json"),
        "huge": (f'{text[:-1]}, "more": "{"x" * 1_048_576}"}}'.encode(), "too_large"),
        "an array": (b"[]", "validation"),
        "a text": (b'"x"', "validation"),
        "null": (b"null", "validation"),
        "empty": (b"", "validation"),
        "an unknown member": (f'{text[:-1]}, "state": "granted"}}'.encode(), "validation"),
        "a number for a text": (swap("12"), "validation"),
        "true for a text": (swap("true"), "validation"),
    }


ROUTES = {
    "POST /v1/discoveries": ("boss", {"handle": "acme2", "network": "x", "source": "Vendor"}),
    "POST /v1/rights-requests": ("asker", {"justification": "Why.", "rights": ["draft"], "account_id": "x:acme"}),
    "POST /v1/accounts": ("liaison", {"handle": "acme2", "network": "x", "business_unit_id": "sales"}),
    "PATCH /v1/business-units/sales": ("boss", {"name": "Sales"}),
    "PUT /v1/governance": ("boss", {"model": "dandelion", "reason": "Why."}),
    "POST /v1/policies/care/versions": ("content", {"text": "Care."}),
    "POST /v1/curriculum": ("content", {"course_id": "b", "audience": "admin", "need": "required"}),
    "POST /v1/courses": ("content", {"key": "basics", "title": "Basics"}),
    "POST /v1/completions": (
        "boss",
        {"employee_id": "asker", "course_id": "b", "completed_at": "2026-02-01T09:00:00Z"},
    ),
}


def test_a_bad_body_is_refused_in_its_own_words_everywhere(team):
    """Attacks E05, E06, F01, F02, F03, F04, F05."""
    team.account("acme")
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    before = {
        path: team.get(path, "boss")
        for path in ("/v1/accounts", "/v1/governance", "/v1/business-units", "/v1/policies")
    }
    for door, (who, good) in ROUTES.items():
        method, path = door.split()
        bearer, json_type = team.token(who), {"Content-Type": "application/json"}
        for what, (raw, code) in bodies(good).items():
            told = assert_problem(team.call(method, path, bearer=bearer, content=raw, headers=json_type))
            assert told["code"] == code, (door, what, told)
        for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""):
            sent = {"Content-Type": media_type}
            assert_problem(team.call(method, path, bearer=bearer, content=json.dumps(good), headers=sent), 415)
        packed = {**json_type, "Content-Encoding": "gzip"}
        assert_problem(team.call(method, path, bearer=bearer, content=b"\x1f\x8b", headers=packed), 415)
    assert before == {path: team.get(path, "boss") for path in before}
    assert team.get("/v1/rights-requests", "boss")["items"] == []


def test_values_are_never_bent_into_shape(team):
    """Attacks B09, F02."""
    ask = lambda **more: team.call(  # noqa: E731
        "POST",
        "/v1/rights-requests",
        "asker",
        {"account_id": account, "rights": ["draft"], "justification": "Why.", **more},
    )
    account = team.account("acme")
    instants = (
        "2026-05-01", "2026-05-01T12:00:00", "2026-05-01T23:59:60Z", "2026-05-01T12:00:00+14:01", "9999-12-31T23:59:59Z",
        "1", 1777600000, 1e300, True, "", "2026-02-30T00:00:00Z", "2026-05-01T12:00:00Z\n",
    )  # fmt: skip
    for until in instants:
        assert_problem(ask(until=until), 422)
    for rights in ([], ["fly"], ["draft", "draft"], "draft", [None], ["draft"] * 6, {"draft": True}):
        assert_problem(ask(rights=rights), 422)
    for why in ("", "   ", "a\u202eb", "x" * 4001, "a\x07b", None, "\u200b"):
        assert_problem(ask(justification=why), 422)
    for who in ("x", "", 12, "00000000-0000-0000-0000-000000000000'", None and ""):
        if who is not None:
            assert_problem(ask(beneficiary_id=who), 422)
    days = lambda value: team.call(  # noqa: E731
        "POST", "/v1/policies/care/versions", "content", {"text": "Care.", "rules": {"max_grant_days": value}}
    )
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    for value in (True, "12", 1.5, 0, -1, 1e30, [], 2**62):
        assert_problem(days(value), 422)
    assert (
        days(12).status_code == 201 and ask(until="2026-05-01T12:00:00+02:00").json()["until"] == "2026-05-01T10:00:00Z"
    )


def test_addresses_that_there_are_not(team):
    bearer = team.token("boss")
    for path in ("/v1/nowhere", "/v1", "/", "/v1/accounts/", "/v1//accounts", "/V1/accounts", "/v1/accounts/%2e%2e/me"):
        assert team.call("GET", path, bearer=bearer).status_code == 404, path
        assert_problem(team.call("GET", path), 404)
    nobody = "00000000-0000-7000-8000-00000000dead"
    for path in (
        "rights-requests",
        "grants",
        "employees",
        "appointments",
        "business-units",
        "policies",
        "publishing-tools",
    ):
        assert_problem(team.call("GET", f"/v1/{path}/{nobody}", bearer=bearer), 404)
    assert_problem(team.call("GET", "/v1/networks/nope", bearer=bearer), 404)
    for bad in ("1", "x" * 36, "%00", "a%00b"):
        assert_problem(team.call("GET", f"/v1/rights-requests/{bad}", bearer=bearer), 400, 422)


def test_a_method_that_an_address_has_not_is_told_which_it_has(team):
    bearer = team.token("boss")
    for method, path, allowed in (
        ("PUT", "/v1/accounts", "GET, POST"),
        ("DELETE", "/v1/accounts/x:acme", "GET, PATCH"),
        ("GET", "/access/v1/evaluation", "POST"),
        ("PATCH", "/v1/governance", "GET, PUT"),
        ("POST", "/healthz", "GET"),
    ):
        answer = team.call(method, path, bearer=bearer)
        assert_problem(answer, 405)
        assert answer.headers["allow"] == allowed


def test_who_sends_no_token_or_a_bad_one_is_told_no_more_than_that(team):
    for headers, challenge in (
        ({}, "Bearer"),
        ({"Authorization": "Basic YTpi"}, "Bearer"),
        ({"Authorization": "Bearer nonsense"}, 'Bearer error="invalid_token"'),
        ({"Authorization": "Bearer"}, 'Bearer error="invalid_token"'),
    ):
        for method, path in (("GET", "/v1/me"), ("POST", "/v1/rights-requests"), ("POST", "/access/v1/evaluation")):
            body = {} if method == "POST" else None
            answer = team.call(method, path, headers=headers, body=body)
            assert_problem(answer, 401)
            assert answer.headers["www-authenticate"] == challenge


def test_health_readiness_and_metrics_are_open(team):
    assert team.client.get("/healthz").json() == {"status": "ok"}
    assert team.client.get("/readyz").json() == {"status": "ok"}
    answer = team.client.get("/metrics")
    assert (
        answer.status_code == 200
        and answer.headers["content-type"].startswith("text/plain")
        and "# TYPE" in answer.text
    )


def test_not_ready_without_its_schema_or_its_database(team, monkeypatch):
    """Attack K12."""
    with team.app.state.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    behind = team.client.get("/readyz")
    assert assert_problem(behind, 503)["code"] == "not_ready" and behind.headers["retry-after"]
    with team.app.state.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    assert_problem(team.client.get("/readyz"), 503)
    assert team.client.get("/healthz").status_code == 200
