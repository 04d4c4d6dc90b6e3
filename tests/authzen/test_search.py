"""OpenID AuthZEN Authorization API 1.0, searches: who, on what, which action; and their pages."""

import pytest

from app.authzen.direct import finding
from app.authzen.direct.questions import LongWay
from app.authzen.search.rules import MOST, Window, cut
from app.governance.models.rules import Right
from tests.authzen.conftest import ACCOUNTS, PEOPLE
from tests.authzen.pdp import ACTION, RESOURCE, RIGHTS, SUBJECT, action, resource, subject

SEARCHES = (SUBJECT, RESOURCE, ACTION)
every = pytest.mark.parametrize("path", SEARCHES)


def ids(pdp, *names):
    return sorted(pdp.ids[name] for name in names)


def test_a_subject_search_finds_everybody_who_may(pdp):
    answer = pdp.search(SUBJECT)
    assert all(set(one) == {"type", "id"} and one["type"] == "employee" for one in answer["results"])
    assert pdp.found(SUBJECT) == ids(pdp, "asker", "colleague", "stranger")
    assert pdp.found(SUBJECT, action=action("administer")) == ids(pdp, "hub")
    assert pdp.found(SUBJECT, resource=resource(pdp.ids["news"])) == ids(pdp, "asker")


def test_a_resource_search_finds_everything_they_may(pdp):
    answer = pdp.search(RESOURCE)
    assert all(set(one) == {"type", "id"} and one["type"] == "account" for one in answer["results"])
    assert pdp.found(RESOURCE) == ids(pdp, "acme", "news")
    assert pdp.found(RESOURCE, subject=subject(pdp.ids["stranger"])) == ids(pdp, "acme")
    assert pdp.found(RESOURCE, subject=subject("colleague@world.example"), action=action("analyze")) == ids(pdp, "news")


def test_an_action_search_finds_each_thing_they_may_do(pdp):
    assert pdp.search(ACTION)["results"] == [{"name": "draft"}, {"name": "publish"}]
    assert pdp.found(ACTION, subject=subject(pdp.ids["hub"])) == ["administer"]
    assert pdp.found(ACTION, resource=resource("x:news_x")) == ["draft", "publish"]
    assert pdp.found(ACTION, subject=subject(pdp.ids["liaison"])) == []
    assert set(RIGHTS) == set(Right)


def test_found_is_what_an_evaluation_permits_and_nothing_else(pdp):
    permitted = {
        (who, right, account)
        for who in PEOPLE for right in RIGHTS for account in ACCOUNTS if pdp.decide(who, right, account)
    }  # fmt: skip
    assert len(permitted) == 10
    for right in RIGHTS:
        for account in ACCOUNTS:
            found = pdp.found(SUBJECT, action=action(right), resource=resource(pdp.ids[account]))
            assert found == ids(pdp, *(who for who in PEOPLE if (who, right, account) in permitted))
        for who in PEOPLE:
            found = pdp.found(RESOURCE, action=action(right), subject=subject(pdp.ids[who]))
            assert found == ids(pdp, *(account for account in ACCOUNTS if (who, right, account) in permitted))
    for who in PEOPLE:
        for account in ACCOUNTS:
            found = pdp.found(ACTION, subject=subject(pdp.ids[who]), resource=resource(pdp.ids[account]))
            assert found == [right for right in RIGHTS if (who, right, account) in permitted]


def test_the_id_of_what_is_searched_for_is_ignored(pdp):
    for id_ in (pdp.ids["asker"], "nobody", "", 7, None, [], {"x": 1}):
        assert pdp.search(SUBJECT, subject={"type": "employee", "id": id_}) == pdp.search(SUBJECT)
        assert pdp.search(RESOURCE, resource={"type": "account", "id": id_}) == pdp.search(RESOURCE)


def test_an_action_in_a_search_for_actions_is_ignored(pdp):
    for said in (action("administer"), {}, "x", None):
        assert pdp.search(ACTION, action=said) == pdp.search(ACTION)


def test_what_is_given_is_given_with_its_id(pdp):
    """The same body may be good for one search and not for another."""
    body = {"subject": {"type": "employee"}, "action": action("publish"), "resource": {"type": "account"}}
    for path in SEARCHES:
        pdp.want(400, path, body)
    body["resource"] = resource(pdp.ids["acme"])
    pdp.want(200, SUBJECT, body)
    pdp.want(400, RESOURCE, body)
    pdp.want(400, ACTION, body)


@every
def test_an_unknown_id_finds_nothing(pdp, path):
    good = pdp.good(path)
    for name in ("subject", "resource"):
        if "id" in good[name]:
            for id_ in ("nonexistent", "", "x:nobody", "00000000-0000-7000-8000-00000000dead"):
                assert pdp.found(path, **{name: {**good[name], "id": id_}}) == []
    if path != ACTION:
        assert pdp.found(path, action=action("fly")) == []


@every
def test_an_unknown_type_finds_nothing(pdp, path):
    good = pdp.good(path)
    for name in ("subject", "resource"):
        for kind in ("spaceship", "", "Employee"):
            assert pdp.found(path, **{name: {**good[name], "type": kind}}) == []


@every
def test_the_context_of_a_search_is_that_of_each_evaluation(pdp, path):
    plain = pdp.found(path, "gateway")
    assert plain and pdp.found(path, "gateway", context={"time": "2024-10-26T01:22-07:00"}) == plain
    assert pdp.found(path, "gateway", context={"tool": "no-such-tool"}) == []


@every
def test_the_page_is_the_first_that_is_said(pdp, path):
    answer = pdp.search(path)
    assert list(answer) == ["page", "context", "results"]
    assert answer["page"]["next_token"] == ""
    assert answer["context"]["revision"].isdecimal()


# Whoever may ask about themselves only.


def test_who_may_ask_about_themselves_only_finds_themselves_at_most(pdp):
    assert pdp.found(SUBJECT, "asker") == ids(pdp, "asker")
    assert pdp.found(SUBJECT, "asker", action=action("administer")) == []
    assert pdp.found(SUBJECT, "admin") == []
    assert pdp.found(SUBJECT, "auditor") == pdp.found(SUBJECT, "boss") == pdp.found(SUBJECT)


@pytest.mark.parametrize("path", [RESOURCE, ACTION])
def test_who_may_ask_about_themselves_only_may_not_search_for_others(pdp, path):
    assert pdp.found(path, "asker") == pdp.found(path)
    for who in (pdp.ids["boss"], "colleague", "nobody", ""):
        told = pdp.want(403, path, {**pdp.good(path), "subject": subject(who)}, "asker")
        assert "results" not in told
    assert pdp.found(path, "auditor", subject=subject(pdp.ids["boss"])) == []


# Pages.


def walk(pdp, path, limit, by="tool", **changed):
    """The ids of each page, by tokens alone after the first."""
    page, pages = {"limit": limit}, []
    while page is not None:
        answer = pdp.search(path, by, page=page, **changed)
        pages.append([one.get("id") or one["name"] for one in answer["results"]])
        assert answer["page"]["count"] == len(pages[-1]) <= limit and len(pages) < 10
        page = {"token": answer["page"]["next_token"]} if answer["page"]["next_token"] else None
    return pages


@every
def test_pages_hold_each_result_once_and_the_last_says_that_it_is(pdp, path):
    whole = pdp.found(path)
    for limit in (1, 2, 3, 1000, 2**62):
        pages = walk(pdp, path, limit)
        assert sum(pages, []) == whole
        assert len(pages) == -(-len(whole) // limit)


def test_a_page_that_just_holds_the_rest_is_the_last(pdp):
    assert pdp.search(SUBJECT, page={"limit": 3})["page"] == {"next_token": "", "count": 3}
    assert pdp.search(SUBJECT, page={"limit": 2})["page"]["next_token"]


def test_a_limit_is_a_whole_number_from_nought_on(pdp):
    for limit in (-1, 1.5, "1", True, [], {}):
        pdp.want(400, SUBJECT, {**pdp.good(SUBJECT), "page": {"limit": limit}})
    answer = pdp.search(SUBJECT, page={"limit": 0})
    assert answer["results"] == [] and answer["page"]["count"] == 0 and answer["page"]["next_token"]
    nothing = pdp.search(SUBJECT, page={"limit": 0}, action=action("fly"))
    assert nothing["results"] == [] and nothing["page"]["next_token"] == ""


@pytest.mark.parametrize(
    "page", [None, {}, {"limit": None, "token": None}, {"properties": {"sort": "id"}}, {"more": 1}]
)
def test_a_page_may_say_nothing(pdp, page):
    assert pdp.search(SUBJECT, page=page) == pdp.search(SUBJECT)


def test_a_page_of_a_wrong_type_is_400(pdp):
    for page in ("x", 1, True, [], {"token": 1}, {"token": []}, {"properties": "x"}):
        pdp.want(400, SUBJECT, {**pdp.good(SUBJECT), "page": page})


def begun(pdp, path=SUBJECT, by="tool", **page):
    token = pdp.search(path, by, page=page)["page"]["next_token"]
    assert token
    return token


def test_a_token_brings_its_limit_with_it_and_no_other_is_taken(pdp):
    token, good = begun(pdp, limit=1), pdp.good(SUBJECT)
    second = pdp.search(SUBJECT, page={"token": token})
    assert len(second["results"]) == 1 and second["page"]["next_token"]
    assert pdp.search(SUBJECT, page={"token": token, "limit": 1}) == second
    for limit in (0, 2, 50):
        assert (
            pdp.want(400, SUBJECT, {**good, "page": {"token": token, "limit": limit}})["code"] == "invalid_page_token"
        )


@every
def test_a_token_is_good_for_its_own_search_only(pdp, path):
    token, good = begun(pdp, path, limit=1), pdp.good(path)
    changes = [{"context": {"time": "now"}}, {"context": {"tool": "x"}}]
    changes += [{"subject": {**good["subject"], "properties": {"a": 1}}}] if path != SUBJECT else []
    changes += [{"subject": subject(pdp.ids["colleague"])}] if path != SUBJECT else [{"subject": {"type": "robot"}}]
    changes += [{"resource": resource(pdp.ids["news"])}] if path != RESOURCE else [{"resource": {"type": "robot"}}]
    changes += [{"action": action("draft")}, {"action": action("publish", properties={})}] if path != ACTION else []
    for changed in changes:
        told = pdp.want(400, path, {**good, **changed, "page": {"token": token}})
        assert told["code"] == "invalid_page_token", changed
    for other in SEARCHES:
        if other != path:
            pdp.want(400, other, {**pdp.good(other), "page": {"token": token}})


def test_a_token_is_good_for_its_own_caller_only(pdp):
    page = {"page": {"token": begun(pdp, limit=1)}}
    for who in ("gateway", "boss", "asker"):
        pdp.want(400, SUBJECT, {**pdp.good(SUBJECT), **page}, who)
    pdp.want(200, SUBJECT, {**pdp.good(SUBJECT), **page}, "tool")


def test_what_has_no_meaning_may_change_between_pages(pdp):
    token = begun(pdp, limit=1)
    plain = pdp.search(SUBJECT, page={"token": token})
    assert pdp.search(SUBJECT, page={"token": token}, subject={"id": "x", "type": "employee"}, foo=1) == plain


def test_a_token_that_was_tampered_with_is_400(pdp):
    token, good = begun(pdp, limit=1), pdp.good(SUBJECT)
    changed = [token[:n] + ("A" if one != "A" else "B") + token[n + 1 :] for n, one in enumerate(token)]
    for other in (
        "",
        " ",
        "x",
        token[:-1],
        f"{token}A",
        f"{token}=",
        f" {token}",
        "é",
        token * 2,
        "a3M9NDU2O3N6PTI=",
        *changed,
    ):
        told = pdp.want(400, SUBJECT, {**good, "page": {"token": other}})
        assert told["code"] == "invalid_page_token" and token not in str(told)


def test_a_walk_neither_skips_nor_repeats_what_stays(moving):
    pdp = moving.pdp
    whole = pdp.found(SUBJECT)
    first = pdp.search(SUBJECT, page={"limit": 1})
    gone = next(name for name in ("asker", "colleague", "stranger") if pdp.ids[name] == whole[0])
    moving.post(f"/v1/grants/{moving.grants[gone, 'acme', 'publish']}/revoke", "boss", {"reason": "Over."})
    rest = pdp.search(SUBJECT, page={"token": first["page"]["next_token"]})
    last = pdp.search(SUBJECT, page={"token": rest["page"]["next_token"]})
    assert [one["id"] for one in (*rest["results"], *last["results"])] == whole[1:] and not last["page"]["next_token"]


def test_no_page_is_larger_than_the_largest():
    assert Window(limit=10**9).size == MOST == 200 and Window().size == 50
    found = cut(map(str, range(1000, 1300)), lambda one: True, Window(limit=250))
    assert len(found.results) == 200 and found.following == Window("1199", 250)


def test_no_more_is_tried_than_it_takes_to_know_whether_there_is_more():
    tried = []
    found = cut("hgfedcba", lambda one: tried.append(one) or one in "bdf", Window("a", 2))
    assert found.results == ("b", "d") and found.following.after == "d" and tried == list("bcdef")


def test_a_search_among_too_many_leaves_the_loop_that_answers_everybody(standing, monkeypatch):
    pdp, found = standing.pdp, {path: standing.pdp.found(path) for path in (SUBJECT, RESOURCE)}
    assert all(found.values())
    monkeypatch.setattr(finding, "MOST", 0)
    assert {path: pdp.found(path) for path in (SUBJECT, RESOURCE)} == found
    if standing.app.direct is not None:
        with pytest.raises(LongWay):
            finding._few({1})
