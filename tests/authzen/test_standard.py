"""OpenID AuthZEN Authorization API 1.0, sentence by sentence: what a question is, how it travels, what comes back."""

import json

import pytest

from tests.authzen.pdp import ACTION, ENDPOINTS, EVALUATION, EVALUATIONS, RESOURCE, SUBJECT, action, resource, subject

every = pytest.mark.parametrize("path", ENDPOINTS)
REQUIRED = {
    EVALUATION: ("subject", "action", "resource"), EVALUATIONS: ("subject", "action", "resource"),
    SUBJECT: ("subject", "action", "resource"), RESOURCE: ("subject", "action", "resource"),
    ACTION: ("subject", "resource"),
}  # fmt: skip


def test_a_permit_is_true_and_a_refusal_false_and_both_are_answers(pdp):
    yes, no = (pdp.want(200, EVALUATION, pdp.question(who)) for who in ("asker", "boss"))
    assert yes["decision"] is True and no["decision"] is False


def test_a_refusal_is_no_error_whatever_its_reason(pdp):
    for asked in (
        pdp.question("nobody"), pdp.question(account="x:nobody"), pdp.question(right="fly"), pdp.question("liaison"),
        pdp.question(account="shut"), pdp.question("stranger", account="news"), pdp.question(right="engage"),
        pdp.question(who="", right="", account=""),
    ):  # fmt: skip
        assert pdp.want(200, EVALUATION, asked)["decision"] is False


def test_a_context_in_the_answer_is_an_object(pdp):
    for who in ("asker", "boss", "nobody"):
        assert isinstance(pdp.want(200, EVALUATION, pdp.question(who))["context"], dict)


@every
def test_what_is_required_and_missing_is_400(pdp, path):
    good = pdp.good(path)
    for name in REQUIRED[path]:
        pdp.want(400, path, {key: value for key, value in good.items() if key != name})
        pdp.want(400, path, {**good, name: None})


@every
def test_what_is_required_inside_and_missing_is_400(pdp, path):
    good = pdp.good(path)
    pdp.want(200, path, good)
    for name in REQUIRED[path]:
        for inner in good[name]:
            pdp.want(400, path, {**good, name: {key: value for key, value in good[name].items() if key != inner}})


@every
def test_a_wrong_type_is_400(pdp, path):
    good = pdp.good(path)
    for name in REQUIRED[path]:
        for value in ("alice", 1, 1.5, True, [], [good[name]], {}):
            pdp.want(400, path, {**good, name: value})
        for inner in good[name]:
            for value in (1, 1.5, True, None, [], {}, ["publish"]):
                pdp.want(400, path, {**good, name: {**good[name], inner: value}})


@every
def test_a_context_may_be_there_or_not_and_is_an_object(pdp, path):
    good = pdp.good(path)
    plain = pdp.want(200, path, good)
    for context in ({}, {"time": "1985-10-26T01:22-07:00"}, {"ip": "10.0.0.1", "deep": {"a": [1, None]}}, None):
        assert pdp.want(200, path, {**good, "context": context}) == plain
    for context in ("x", 1, True, []):
        pdp.want(400, path, {**good, "context": context})


@every
def test_properties_are_taken_and_are_no_facts(pdp, path):
    good = pdp.good(path)
    plain = pdp.want(200, path, good)
    told = {
        "role": "strategist",
        "active": True,
        "state": "active",
        "right": "publish",
        "deep": {"a": [1, None]},
        "n": None,
    }
    for name in REQUIRED[path]:
        assert pdp.want(200, path, {**good, name: {**good[name], "properties": told}}) == plain
        assert pdp.want(200, path, {**good, name: {**good[name], "properties": {}}}) == plain


def test_properties_make_no_permit_of_a_refusal(pdp):
    for asked in (
        pdp.question("boss"),
        pdp.question("liaison"),
        pdp.question(account="shut"),
        pdp.question(right="engage"),
    ):
        told = {"role": "admin", "active": True, "state": "active", "grants": ["publish"], "decision": True}
        more = {name: {**asked[name], "properties": told} for name in ("subject", "action", "resource")}
        assert pdp.want(200, EVALUATION, {**more, "context": told})["decision"] is False


@pytest.mark.parametrize("path", [EVALUATION, EVALUATIONS])
def test_properties_are_an_object(pdp, path):
    good = pdp.good(path)
    for name in REQUIRED[path]:
        for value in ("x", 1, True, []):
            pdp.want(400, path, {**good, name: {**good[name], "properties": value}})


@every
def test_unknown_members_are_ignored_wherever_they_are(pdp, path):
    good = pdp.good(path)
    plain = pdp.want(200, path, good)
    more = {name: {**value, "futureField": {"nested": True}, "": 1} for name, value in good.items()}
    assert pdp.want(200, path, {**more, "foo": "bar", "futureField": [1], "decision": False}) == plain


@every
def test_the_order_of_members_says_nothing(pdp, path):
    good = pdp.good(path)
    turned = {name: dict(reversed(value.items())) for name, value in reversed(good.items())}
    assert json.dumps(turned) != json.dumps(good)
    assert pdp.want(200, path, turned) == pdp.want(200, path, good)


def test_of_a_name_given_twice_the_last_counts(pdp):
    text = json.dumps(pdp.question())
    first = json.dumps(pdp.question("boss"))
    for inner in ('"subject": "x"', '"subject": {"type": "employee", "id": "nobody"}'):
        assert pdp.want(200, EVALUATION, f"{{{inner}, {text[1:]}")["decision"] is True
    assert pdp.want(200, EVALUATION, f"{text[:-1]}, {first[1:]}")["decision"] is False


@every
def test_the_body_is_one_json_object(pdp, path):
    text = json.dumps(pdp.good(path))
    for raw in (
        "", " ", "null", "true", "1", '"x"', "[]", f"[{text}]", text[:-1], f"{text}x", f"{text}{text}", "{'subject': 1}",
        f'{text[:-1]}, "n": NaN}}', f'{text[:-1]}, "n": -Infinity}}', f"{text[:-1]},}}", "subject=alice", "<xml/>",
    ):  # fmt: skip
        pdp.want(400, path, raw)
    for raw in (text.encode("utf-16"), b'{"a": "\xff"}', b"\xef\xbb\xbf" + text.encode()):
        pdp.want(400, path, raw)


@every
def test_the_content_type_is_json(pdp, path):
    good = pdp.good(path)
    for media_type in (
        None, "", "text/plain", "text/json", "application/x-www-form-urlencoded", "application/xml", "application/scim+json",
        "application/problem+json", "json", "application/jsonx", "application/json-seq",
    ):  # fmt: skip
        pdp.want(400, path, good, **{"Content-Type": media_type})
    for media_type in (
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json ;x=y",
    ):
        pdp.want(200, path, good, **{"Content-Type": media_type})


@every
def test_the_answer_is_a_json_object_and_says_so(pdp, path):
    answer = pdp.send(path, pdp.good(path))
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json(), dict)


@every
def test_who_does_not_say_who_they_are_is_401(pdp, path):
    for header in (None, "", "Bearer", "Bearer nonsense", "Basic YTpi", f"bearer{pdp.bearers['tool']}"):
        answer = pdp.send(path, pdp.good(path), None, Authorization=header)
        assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer")
        assert "decision" not in answer.json() and "results" not in answer.json()


@every
def test_who_may_not_ask_at_all_is_403(pdp, path):
    answer = pdp.want(403, path, pdp.good(path), "lms")
    assert "decision" not in answer and "results" not in answer


@every
def test_errors_say_what_is_wrong_and_decide_nothing(pdp, path):
    answer = pdp.send(path, {})
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["status"] == 400 and told["detail"] and "decision" not in told
    assert {one["pointer"] for one in told["errors"]} == {f"/{name}" for name in REQUIRED[path]}


@every
def test_questions_are_posted(pdp, path):
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        answer = pdp.send(path, pdp.good(path), method=method)
        assert answer.status_code == 405 and answer.headers["allow"] == "POST", method


@every
@pytest.mark.parametrize("given", ["bfe9eb29-ab87-4ca3-be83-a1d5d8305716", "a b", '#1; {"x": [1]}', "/" * 300, "~"])
def test_the_callers_request_id_comes_back_whatever_it_is(pdp, path, given):
    for body, who, status in (
        (pdp.good(path), "tool", 200),
        ({}, "tool", 400),
        ("{", "tool", 400),
        (pdp.good(path), None, 401),
    ):
        answer = pdp.send(path, body, who, **{"X-Request-ID": given})
        assert answer.status_code == status
        assert answer.headers.get_list("x-request-id") == [given]


@every
def test_a_request_without_an_id_is_as_good(pdp, path):
    answer = pdp.send(path, pdp.good(path))
    assert answer.status_code == 200 and answer.headers["x-request-id"]


def test_the_same_question_has_the_same_answer(pdp):
    for who in ("asker", "boss"):
        answers = [pdp.want(200, EVALUATION, pdp.question(who)) for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]


@every
def test_asking_changes_nothing(pdp, standing, path):
    before = standing.intact()
    answer = pdp.send(path, pdp.good(path), **{"Idempotency-Key": "key-1"})
    assert answer.status_code == 200 and "coe-revision" not in answer.headers
    assert standing.intact() == before


def test_subjects_and_resources_have_types_and_another_type_is_another_thing(pdp):
    asked = pdp.question()
    for name in ("subject", "resource"):
        for kind in ("user", "Employee", "employee ", "", "account" if name == "subject" else "employee"):
            body = {**asked, name: {**asked[name], "type": kind}}
            assert pdp.want(200, EVALUATION, body)["decision"] is False, body


def test_names_are_compared_as_they_are(pdp):
    for right in ("Publish", "PUBLISH", "publish ", " publish", "publish\t"):
        assert pdp.want(200, EVALUATION, pdp.question(right=right))["decision"] is False


def test_one_may_ask_about_oneself_and_only_whose_role_says_so_about_others(pdp):
    assert pdp.decide("asker", by="asker") is True
    for by, who, status in (
        ("asker", "colleague", 403),
        ("asker", "nobody", 403),
        ("auditor", "asker", 200),
        ("admin", "asker", 403),
    ):
        pdp.want(status, EVALUATION, pdp.question(who), by)


def test_a_whole_request_as_the_standard_shows_one(pdp):
    body = {
        "subject": subject(pdp.ids["asker"], properties={"department": "Sales", "ip_address": "172.217.22.14"}),
        "resource": resource(pdp.ids["acme"], properties={"library_record": {"title": "AuthZEN in Action"}}),
        "action": action("publish", properties={"period": "2W"}),
        "context": {
            "time": "1985-10-26T01:22-07:00",
            "schema": "https://schema.example.com/access-request.schema.json",
        },
    }
    assert pdp.want(200, EVALUATION, body)["decision"] is True
