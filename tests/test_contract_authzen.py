"""AuthZEN 1.0 has rules of its own for what a body may hold; a refusal is always 200."""

import json

import pytest

PATH = "/access/v1/evaluation"


@pytest.fixture
def question(team):
    account = team.account("acme_sales")
    return {
        "subject": {"type": "employee", "id": "asker"}, "action": {"name": "publish"},
        "resource": {"type": "account", "id": account},
    }  # fmt: skip


@pytest.fixture
def send(team):
    bearer = team.token("boss")

    def send(raw, **headers):
        sent = {"Content-Type": "application/json", **headers}
        return team.call(
            "POST", PATH, bearer=bearer, content=raw, headers={k: v for k, v in sent.items() if v is not None}
        )

    return send


def changed(question, **members):
    return json.dumps({**question, **members})


def test_unknown_members_are_ignored_at_every_level(question, send):
    plain = send(json.dumps(question)).json()
    assert plain["decision"] is False and [one["code"] for one in plain["context"]["reasons"]] == ["no_grant"]
    more = {
        "subject": {**question["subject"], "properties": {"role": "strategist", "active": True}, "more": 1},
        "action": {**question["action"], "properties": {"method": "GET"}},
        "resource": {**question["resource"], "properties": {"state": "active", "business_unit": "sales"}},
        "context": {"time": "2026-01-01", "tool": {"not": "a text"}, "nested": {"a": [1, 2, {"b": None}]}},
        "evaluations_semantic": "x",
        "x-own": [1],
    }
    answer = send(changed(question, **more))
    assert answer.status_code == 200 and answer.json() == plain


def test_of_a_name_given_twice_the_last_counts(team, question, send):
    text = json.dumps(question)
    twice = text[:-1] + ', "action": {"name": "nonsense", "name": "fly"}}'
    assert [one["code"] for one in send(twice).json()["context"]["reasons"]] == ["right_unknown"]
    assert send(text[:-1] + ', "action": {"name": "fly"}, "action": {"name": "publish"}}').json() == send(text).json()


def test_what_is_missing_or_of_a_wrong_type_is_400(question, send):
    bad = [{k: v for k, v in question.items() if k != name} for name in question]
    bad += [
        {**question, name: {k: v for k, v in question[name].items() if k != k2}}
        for name in question
        for k2 in question[name]
    ]
    bad += [{**question, name: value} for name in question for value in (None, "x", 1, [], {}, True)]
    bad += [{**question, "subject": {"type": "employee", "id": value}} for value in (None, 1, True, [], {})]
    bad += [{**question, "subject": {"type": 1, "id": "asker"}}, {**question, "action": {"name": 1}}]
    bad += [{**question, "context": value} for value in ("x", 1, [])]
    for body in bad:
        answer = send(json.dumps(body))
        assert answer.status_code == 400 and answer.json()["status"] == 400, body
        assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_no_json_is_400(question, send):
    text = json.dumps(question)
    raws = (
        "", " ", "null", "[]", '"x"', "1", text[:-1], text + "x", text + text, "{'a': 1}", "\x00",
        text[:-1] + ', "context": {"n": NaN}}', text[:-1] + ', "context": {"n": -Infinity}}',
        text[:-1] + f', "context": {{"n": {"9" * 5000}}}}}', '{"a":' * 5000 + "1" + "}" * 5000,
        text.replace("asker", "\\ud800"), text.replace("asker", "a\\u0000b"),
    )  # fmt: skip
    for raw in raws:
        answer = send(raw)
        assert answer.status_code == 400 and answer.json()["code"], raw[-60:]
    assert send(text.encode("utf-16")).status_code == 400
    assert send(b'{"a": "\xff"}').status_code == 400
    assert send(b"\xef\xbb\xbf" + text.encode()).status_code == 400
    assert send(text[:-1] + f', "context": {{"n": "{"x" * 1_048_576}"}}}}').status_code == 413


def test_a_wrong_content_type_is_400(question, send):
    text = json.dumps(question)
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/xml", None):
        answer = send(text, **{"Content-Type": media_type})
        assert answer.status_code == 400 and answer.json()["status"] == 400, media_type
    assert send(text, **{"Content-Type": "application/json; charset=utf-8"}).status_code == 200


def test_the_id_of_the_request_comes_back(question, send):
    assert send(json.dumps(question), **{"X-Request-ID": "bfe9eb29"}).headers["x-request-id"] == "bfe9eb29"
    assert send("{", **{"X-Request-ID": "bfe9eb29"}).headers["x-request-id"] == "bfe9eb29"


def test_other_types_are_unknown_and_no_error(question, send):
    for name, code in (("subject", "subject_unknown"), ("resource", "account_unknown")):
        answer = send(changed(question, **{name: {**question[name], "type": "robot"}}))
        assert answer.status_code == 200 and answer.json()["decision"] is False
        assert [one["code"] for one in answer.json()["context"]["reasons"]] == [code]


def test_an_evaluation_changes_nothing_and_tells_the_revision_it_knows(team, question, send):
    before = team.intact()
    answer = send(json.dumps(question), **{"Idempotency-Key": "key-1"})
    assert answer.json()["context"]["revision"] == str(before) and team.intact() == before
    assert "coe-revision" not in answer.headers


def test_a_person_is_named_by_id_number_address_or_name_and_never_by_two_peoples(team, question, send):
    team.hire("E-7", user_name="seven", email="shared@world.example")
    team.hire("E-8", user_name="eight", email="shared@world.example")
    for name in (str(team.ids["E-7"]), "E-7", "seven", "SEVEN", "Seven "):
        found = send(changed(question, subject={"type": "employee", "id": name})).json()["context"]["reasons"]
        assert [one["code"] for one in found] == ["no_grant"], name
    for name in ("shared@world.example", "nobody", "", "e-7", "%", "' OR 1=1 --", "x" * 5000):
        found = send(changed(question, subject={"type": "employee", "id": name})).json()["context"]["reasons"]
        assert [one["code"] for one in found] == ["subject_unknown"], name
