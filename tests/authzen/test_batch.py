"""OpenID AuthZEN Authorization API 1.0, access evaluations: many questions at once."""

import pytest

from tests.authzen.pdp import EVALUATIONS, RIGHTS, action, resource, subject


def item(pdp, who="asker", right="publish", account="acme", **more):
    return pdp.question(who, right, account, **more)


def told(answers):
    return [one["decision"] for one in answers]


def test_answers_come_in_the_order_of_the_questions_and_are_as_many(pdp):
    asked = [item(pdp, who) for who in ("asker", "boss", "colleague", "nobody", "stranger", "hub")]
    assert told(pdp.batch(asked)) == [True, False, True, False, True, False]
    assert told(pdp.batch(asked[::-1])) == [False, True, False, True, False, True]


def test_every_answer_has_a_decision_and_a_context_of_its_own(pdp):
    yes, no = pdp.batch([item(pdp), item(pdp, "boss")])
    assert yes["context"]["grant_id"] and not yes["context"]["reasons"]
    assert [one["code"] for one in no["context"]["reasons"]] == ["no_grant"]


def test_there_is_no_decision_about_the_whole(pdp):
    assert set(pdp.want(200, EVALUATIONS, {"evaluations": [item(pdp)]})) == {"evaluations"}


def test_an_item_is_answered_as_the_same_question_alone(pdp):
    asked = [
        item(pdp, who, right, account)
        for who in ("asker", "colleague", "liaison", "stranger", "hub", "nobody") for right in (*RIGHTS, "fly")
        for account in ("acme", "news", "shut", "empty", "x:nobody")
    ]  # fmt: skip
    answers = pdp.batch(asked)
    assert sum(told(answers)) == 10
    for n in range(0, len(asked), 7):
        assert pdp.want(200, "/access/v1/evaluation", asked[n]) == answers[n]
    assert pdp.batch(asked[::-1]) == answers[::-1]


def test_what_stands_at_the_top_holds_for_items_that_do_not_say_it(pdp):
    top = {
        "subject": subject(pdp.ids["asker"]),
        "action": action("publish"),
        "context": {"time": "2024-05-31T15:22-07:00"},
    }
    items = [{"resource": resource(pdp.ids[name])} for name in ("acme", "news", "empty")]
    assert told(pdp.batch(items, **top)) == [True, True, False]
    items[1]["action"] = action("analyze")
    items[2] = {"subject": subject(pdp.ids["colleague"]), "resource": resource(pdp.ids["acme"])}
    assert told(pdp.batch(items, **top)) == [True, False, True]


def test_an_empty_item_is_all_of_what_stands_at_the_top(pdp):
    assert told(pdp.batch([{}, {}, {"action": action("analyze")}], **item(pdp))) == [True, True, False]


def test_what_stands_at_the_top_is_taken_whole_and_never_merged(pdp):
    top = item(pdp)
    for part in ({"type": "employee"}, {"id": pdp.ids["asker"]}, {}):
        (answer,) = pdp.batch([{"subject": part}], **top)
        assert answer["decision"] is False and answer["context"]["error"]["status"] == 400
    (answer,) = pdp.batch([{"action": {"properties": {"soft": True}}}], **top)
    assert answer["context"]["error"]["errors"][0]["pointer"] == "/evaluations/0/action/name"


def test_the_context_of_an_item_takes_the_place_of_the_whole_context_at_the_top(pdp):
    top = {**item(pdp), "context": {"tool": "no-such-tool"}}
    answers = pdp.batch([{}, {"context": {}}, {"context": {"time": "now"}}, {"context": None}], "gateway", **top)
    assert told(answers) == [False, True, True, True]
    assert [one["code"] for one in answers[0]["context"]["reasons"]] == ["tool_not_registered"]


def test_nothing_need_stand_at_the_top_if_every_item_says_it(pdp):
    assert told(pdp.batch([item(pdp), item(pdp, "boss")])) == [True, False]


@pytest.mark.parametrize("without", [{}, {"evaluations": []}, {"evaluations": None}])
def test_without_items_it_is_a_single_evaluation(pdp, without):
    for who, decision in (("asker", True), ("boss", False)):
        answer = pdp.want(200, EVALUATIONS, {**item(pdp, who), **without})
        assert answer == pdp.want(200, "/access/v1/evaluation", item(pdp, who))
        assert answer["decision"] is decision
    for name in ("subject", "action", "resource"):
        body = {key: value for key, value in item(pdp).items() if key != name}
        assert pdp.want(400, EVALUATIONS, {**body, **without})["errors"][0]["pointer"] == f"/{name}"


def test_all_are_executed_unless_said_otherwise(pdp):
    items = [item(pdp, "boss"), item(pdp), item(pdp, "nobody"), item(pdp)]
    plain = pdp.batch(items)
    assert told(plain) == [False, True, False, True]
    for options in ({}, None, {"another_option": "value"}, {"evaluations_semantic": "execute_all", "more": [1]}):
        assert pdp.batch(items, options=options) == plain


def test_deny_on_first_deny_ends_with_the_first_refusal(pdp):
    options = {"evaluations_semantic": "deny_on_first_deny"}
    yes, no = item(pdp), item(pdp, "boss")
    for items, decisions in (
        ([yes, no, yes], [True, False]), ([no, yes], [False]), ([yes, yes], [True, True]), ([yes, {}, yes], [True, False])
    ):  # fmt: skip
        assert told(pdp.batch(items, options=options)) == decisions


def test_permit_on_first_permit_ends_with_the_first_permit(pdp):
    options = {"evaluations_semantic": "permit_on_first_permit"}
    yes, no = item(pdp), item(pdp, "boss")
    for items, decisions in (
        ([no, yes, no], [False, True]), ([yes, no], [True]), ([no, no], [False, False]), ([{}, yes, yes], [False, True])
    ):  # fmt: skip
        assert told(pdp.batch(items, options=options)) == decisions


def test_an_unknown_semantic_is_400(pdp):
    for value in ("sometimes", "EXECUTE_ALL", "execute_all ", "", 1, True, [], ["execute_all"]):
        pdp.want(400, EVALUATIONS, {"evaluations": [item(pdp)], "options": {"evaluations_semantic": value}})


def test_wrong_types_of_the_whole_are_400(pdp):
    good = {"evaluations": [item(pdp)]}
    for name, values in (
        ("evaluations", ("x", 1, True, {}, {"0": item(pdp)})),
        ("options", ("x", 1, True, [])),
        ("context", ("x", [])),
    ):
        for value in values:
            pdp.want(400, EVALUATIONS, {**good, name: value})
    for name in ("subject", "action", "resource"):
        for value in ("alice", 1, [], {}, {"type": 1, "name": 1}):
            pdp.want(400, EVALUATIONS, {**good, name: value})


def test_an_item_that_is_none_is_refused_alone_and_says_why(pdp):
    bad = [
        {}, [], "x", 1, None, True, [item(pdp)], {**item(pdp), "subject": "alice"}, {**item(pdp), "action": {"name": 123}},
        {**item(pdp), "resource": {"type": "account"}}, {**item(pdp), "subject": None}, {**item(pdp), "context": []},
    ]  # fmt: skip
    items = [one for other in bad for one in (other, item(pdp))]
    answers = pdp.batch(items)
    assert told(answers) == [False, True] * len(bad)
    for n, one in enumerate(answers[::2]):
        error = one["context"]["error"]
        assert (error["status"], error["code"]) == (400, "malformed_request") and error["message"]
        assert error["errors"] and all(
            found["pointer"].startswith(f"/evaluations/{2 * n}") for found in error["errors"]
        )


@pytest.mark.parametrize("other", [[], "x", 1, None, True], ids=repr)
def test_an_item_that_is_no_object_leaves_the_others_their_answers(pdp, other):
    assert told(pdp.batch([item(pdp), other, item(pdp)])) == [True, False, True]


def test_unknown_members_of_an_item_are_ignored(pdp):
    more = {"evaluations": [1], "options": {"evaluations_semantic": "x"}, "foo": None}
    assert pdp.batch([{**item(pdp), **more}]) == pdp.batch([item(pdp)])


def test_about_whom_one_may_not_ask_that_item_is_refused(pdp):
    mine, theirs, nobodys = pdp.batch([item(pdp), item(pdp, "colleague"), item(pdp, "nobody")], "asker")
    assert mine["decision"] is True
    for one in (theirs, nobodys):
        assert one["decision"] is False and one["context"]["error"]["status"] == 403
    assert theirs["context"] == nobodys["context"]


def test_a_thousand_questions_are_answered_and_one_more_is_too_many(pdp):
    items = [item(pdp, who) for who in ("asker", "boss")] * 500
    assert told(pdp.batch(items)) == [True, False] * 500
    refused = pdp.want(400, EVALUATIONS, {"evaluations": [*items, {}]})
    assert [(one["pointer"], one["code"]) for one in refused["errors"]] == [("/evaluations", "too_long")]


def test_all_answers_know_the_same_writes(pdp, standing):
    answers = pdp.batch([item(pdp), item(pdp, "boss"), {}])
    assert {one["context"]["revision"] for one in answers} == {str(standing.intact())}
