"""Calls at once, pages while others write, and what is very large: nothing is lost, doubled or left half done."""

from collections import Counter
from threading import Barrier, Thread

import pytest

from app.kernel.ids import new_id
from app.lifecycle import service as lifecycle
from tests.imports.bench import Bench, hr

from .conftest import patching, user_document

ROUNDS = 8
FINE = {200, 201, 204, 404, 409, 412, 503}
"""503: the database gave a lock up, and says to try again. Never 500."""


def together(*calls):
    """Their answers, in the order of the calls."""
    answers, gate = [None] * len(calls), Barrier(len(calls))

    def run(n, call):
        gate.wait()
        answers[n] = call()

    threads = [Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def statuses(answers):
    found = Counter(one.status_code for one in answers)
    assert set(found) <= FINE, [one.text for one in answers if one.status_code not in FINE]
    return found


# --- pages (I-26)


def walk(scim, between=lambda: None, **params):
    """Every id by cursor, three at a time; ``between`` happens after every page."""
    ids, cursor = [], ""
    while cursor is not None:
        page = scim.get("/Users", params={"cursor": cursor, "count": 3, **params})
        ids += [one["id"] for one in page.get("Resources", [])]
        cursor = page.get("nextCursor")
        between()
    return ids


@pytest.mark.parametrize("params", [
    {}, {"sortBy": "userName"}, {"sortBy": "userName", "sortOrder": "descending"}, {"sortBy": "title"}, {"sortBy": "title", "sortOrder": "descending"},
    {"sortBy": "meta.created"}, {"sortBy": "emails"}, {"sortBy": "active", "filter": 'userName sw "u"'},
], ids=str)  # fmt: skip
def test_a_walk_meets_everybody_who_was_there_throughout_once(scim, params):
    stay = [scim.user(f"u{n}", title=f"T{n % 3}" if n % 2 else None)["id"] for n in range(9)]
    leave = [scim.user(f"u-gone{n}", title="T1")["id"] for n in range(3)]
    quiet = walk(scim, **params)
    assert len(quiet) == len(set(quiet)) and {*stay, *leave} <= set(quiet)
    names = iter(["a-new", "u5-new", "zz-new", "u-new", *(f"u{n}-more" for n in range(50))])

    def between():
        if leave:
            scim.delete(f"/Users/{leave.pop()}")
        scim.user(next(names), title="T1")

    busy = walk(scim, between, **params) if params.get("sortOrder") == "descending" else bounded(scim, between, params)
    assert len(busy) == len(set(busy)) and set(stay) <= set(busy)


def bounded(scim, between, params):
    """As ``walk``, but others stop writing one day: in ascending order whoever is new comes further down."""
    left = [8]

    def some():
        left[0] -= 1
        if left[0] >= 0:
            between()

    return walk(scim, some, **params)


def test_a_walk_goes_back_the_way_it_came(scim):
    for n in range(7):
        scim.user(f"u{n}", title=f"T{n % 3}" if n % 2 else None)
    for params in ({}, {"sortBy": "title"}, {"sortBy": "title", "sortOrder": "descending"}):
        pages, cursor = [], ""
        while cursor is not None:
            page = scim.get("/Users", params={"cursor": cursor, "count": 4, **params})
            pages.append([one["id"] for one in page["Resources"]])
            cursor = page.get("nextCursor")
        back, cursor = [], page["previousCursor"]
        while cursor is not None:
            page = scim.get("/Users", params={"cursor": cursor, "count": 4, **params})
            back.append([one["id"] for one in page["Resources"]])
            cursor = page.get("previousCursor")
        assert back[::-1] == pages[:-1], params


def test_pages_by_index_are_those_of_the_whole_list(scim):
    for n in range(7):
        scim.user(f"u{n}", title=f"T{n % 3}" if n % 2 else None)
    for params in (
        {},
        {"sortBy": "title"},
        {"sortBy": "userName", "sortOrder": "descending"},
        {"filter": "title pr", "sortBy": "title"},
    ):
        whole = [one["id"] for one in scim.get("/Users", params=params)["Resources"]]
        parts = []
        for start in range(1, len(whole) + 1, 4):
            page = scim.get("/Users", params={"startIndex": start, "count": 4, **params})
            assert (page["startIndex"], page["totalResults"]) == (start, len(whole))
            parts += [one["id"] for one in page["Resources"]]
        assert parts == whole and len(set(whole)) == len(whole)


# --- writers


def test_two_puts_with_one_etag_are_one(scim):
    made = scim.user("ada")
    for n in range(ROUNDS):
        etag = scim.read(made["id"])["meta"]["version"]
        put = lambda title, etag=etag: scim.call(
            "PUT", f"/Users/{made['id']}", user_document("ada", title=title), headers={"If-Match": etag}
        )  # noqa: E731
        found = statuses(together(*(lambda name=name: put(f"{name}{n}") for name in "abc")))
        assert found[200] == 1 and found[412] + found[503] == 2, found
    scim.world.intact()


def test_patches_without_an_etag_all_count(scim):
    made = scim.user("ada")
    for n in range(ROUNDS):
        answers = together(
            *(lambda name=name: scim.call("PATCH", f"/Users/{made['id']}", patching(("replace", name, f"{name}{n}"))) for name in ("title", "nickName", "displayName"))
        )  # fmt: skip
        said = scim.read(made["id"])
        for name, answer in zip(("title", "nickName", "displayName"), answers, strict=True):
            assert answer.status_code in (204, 412, 503), answer.text
            assert (said.get(name) == f"{name}{n}") is (answer.status_code == 204)


def test_one_person_is_created_once(scim):
    for n in range(ROUNDS):
        body = user_document(f"u{n}", externalId=f"e-{n}")
        found = statuses(together(*(lambda body=body: scim.call("POST", "/Users", body) for _ in range(3))))
        assert found[201] == 1 and scim.found(f'userName eq "u{n}"')[0] == 1, found
    assert len(scim.world.events(action="employee.joined")) - len(scim.world.ids) == ROUNDS


def test_a_rehire_is_created_anew_once(scim):
    made = scim.user("ada", externalId="e-1")
    for _ in range(ROUNDS):
        scim.patch(f"/Users/{made['id']}", ("replace", "active", False))
        body = user_document("ada", externalId="e-1")
        found = statuses(together(*(lambda body=body: scim.call("POST", "/Users", body) for _ in range(3))))
        assert found[200] == 1 and scim.employee(made["id"])["active"] is True, found
    assert len(scim.world.events(action="employee.rejoined")) == ROUNDS


def test_a_member_who_is_deleted_while_they_join_is_none(scim):
    for n in range(ROUNDS):
        made, group = scim.user(f"u{n}"), scim.group(f"g{n}")
        join = patching(("add", "members", [{"value": made["id"]}]))
        statuses_or_400 = together(
            lambda made=made: scim.call("DELETE", f"/Users/{made['id']}"), lambda group=group, join=join: scim.call("PATCH", f"/Groups/{group['id']}", join),
        )  # fmt: skip
        assert {one.status_code for one in statuses_or_400} <= {*FINE, 400}
        said = scim.get(f"/Groups/{group['id']}").get("members", [])
        assert said == [] or scim.call("GET", f"/Users/{made['id']}").status_code == 200


def test_a_feed_deactivates_while_a_file_says_otherwise(scim, tmp_path):
    """Attack H10."""
    team = scim.world
    bench = Bench(team.house, tmp_path / "file.csv")
    bench.people([hr("1")])
    _, (id_,) = scim.found(f'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "{1}"')
    account = team.account("acme")
    for n in range(ROUNDS):
        bearer = team.token(id_)
        body = {"account_id": account, "rights": ["publish"], "justification": "Care."}
        asked = team.want(201, "POST", "/v1/rights-requests", None, body, bearer=bearer)
        team.decide("liaison", asked)
        grant = team.decide("hub", asked)["grants"][0]["id"]
        answers = together(
            lambda: scim.call("PATCH", f"/Users/{id_}", patching(("replace", "active", False))), lambda n=n: bench.people([hr("1", Job_Title=f"T{n}")]),
        )  # fmt: skip
        assert answers[0].status_code in (204, 412, 503) and answers[1] is not None, answers
        shown = scim.employee(id_)
        state = team.get(f"/v1/grants/{grant}", "boss")["state"]
        if answers[0].status_code == 204:  # whoever was last, the right is gone and nothing brings it back
            assert state == "revoked"
        assert shown["active"] or state == "revoked"
        if not shown["active"]:
            bench.people([hr("1", Job_Title=f"Back{n}")])
        assert scim.employee(id_)["active"] is True
        if state != "revoked":
            team.post(f"/v1/grants/{grant}/revoke", "boss", {"reason": "Next."})
    team.intact()


# --- large things


def test_a_group_of_two_thousand(scim):
    team, ids = scim.world, [new_id() for _ in range(2000)]
    with team.work() as work:
        for start in range(0, 2000, 500):
            unit_id = lifecycle.department(work, "Sales")
            names = [(id_, f"u{start + n}") for n, id_ in enumerate(ids[start : start + 500])]
            lifecycle.join_many(work, [
                {"id": id_, "employee_number": name, "user_name": name, "display_name": name, "business_unit_id": unit_id} for id_, name in names
            ])  # fmt: skip
    ids = [str(one) for one in ids]
    group = scim.group("Everybody", *ids[:1000])
    path = f"/Groups/{group['id']}"
    scim.patch(path, ("add", "members", [{"value": one} for one in ids]))
    assert [one["value"] for one in scim.get(path)["members"]] == ids
    assert scim.found(f'members.value eq "{ids[-1]}"', "Groups") == (1, [group["id"]])
    team.post("/v1/group-mappings", "boss", {"group_id": group["id"], "role": "social_analyst", "reason": "x"}, 201)
    scim.patch(
        path,
        ("remove", "members", [{"value": one} for one in ids[700:]]),
        *[("remove", f'members[value eq "{one}"]') for one in ids[500:700]],
    )
    assert [one["value"] for one in scim.get(path)["members"]] == ids[:500]
    held = lambda id_: team.get(f"/v1/appointments?employee_id={id_}&ended=false", "boss")["items"]  # noqa: E731
    assert len(held(ids[0])) == 1 and held(ids[-1]) == held(ids[600]) == []
    scim.delete(path)
    assert held(ids[0]) == []
    team.intact()


def test_an_attribute_of_sixty_kilobytes(scim):
    """Attack E07."""
    for text in ("x" * 60_000, "é" * 60_000, "\U0001f600" * 15_000):
        made = scim.user("big", nickName=text)
        assert scim.read(made["id"])["nickName"] == text
        assert scim.found('nickName pr and userName eq "big"') == (1, [made["id"]])
        assert scim.get("/Users", params={"sortBy": "nickName"})["totalResults"] == len(scim.world.ids) + 1
        scim.delete(f"/Users/{made['id']}")
    scim.refused(400, "invalidValue", "POST", "/Users", user_document("huge", nickName="x" * 66_000))
    for name in ("userName", "displayName", "title", "externalId"):
        scim.refused(400, "invalidValue", "POST", "/Users", {**user_document("huge"), name: "x" * 5_000})
    scim.refused(400, "invalidValue", "POST", "/Users", user_document("huge", department="x" * 5_000))
    scim.refused(400, "invalidValue", "POST", "/Groups", {"displayName": "x" * 5_000})


def test_a_person_of_many_entries(scim):
    mails = [{"value": f"m{n}@x.example", "type": "other"} for n in range(201)]
    made = scim.user("many", emails=mails[:200])
    assert scim.found('emails.value eq "m199@x.example"') == (1, [made["id"]])
    scim.refused(400, "invalidValue", "POST", "/Users", user_document("more", emails=mails))
    scim.refused(400, "invalidValue", "PATCH", f"/Users/{made['id']}", patching(("add", "emails", mails[200:])))


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud800", "\\udfff", "a\\udc00b", "\\ud800\\ud800"])
def test_what_is_no_text_is_refused_wherever_it_stands_on_both_databases(scim, bad):
    """Attacks E05, E06."""
    made, group = scim.user("ada"), scim.group("Editors")
    before = scim.world.intact()
    user, team = f"/Users/{made['id']}", f"/Groups/{group['id']}"
    patch = '{"Operations": [{"op": "replace", "path": "%s", "value": "%s"}]}'
    bodies = [
        ("POST", "/Users", '{"userName": "%s"}'), ("POST", "/Users", '{"userName": "x", "nickName": "%s"}'), ("POST", "/Users", '{"userName": "x", "%s": 1}'),
        ("POST", "/Users", '{"userName": "x", "externalId": "%s"}'), ("POST", "/Users", '{"userName": "x", "emails": [{"value": "%s"}]}'),
        ("POST", "/Users", '{"userName": "x", "password": "%s"}'), ("POST", "/Users", '{"userName": "x", "schemas": ["%s"]}'),
        ("PUT", user, '{"userName": "ada", "title": "%s"}'), ("POST", "/Groups", '{"displayName": "%s"}'),
        ("PUT", team, '{"displayName": "x", "members": [{"value": "%s"}]}'), ("PUT", team, '{"displayName": "x", "externalId": "%s"}'),
        ("PATCH", user, patch % ("title", "%s")), ("PATCH", user, patch % ("%s", "x")), ("PATCH", user, patch % ('emails[value eq \\"%s\\"].value', "x")),
        ("POST", "/Users/.search", '{"filter": "userName eq \\"%s\\""}'), ("POST", "/.search", '{"sortBy": "%s"}'), ("POST", "/.search", '{"cursor": "%s"}'),
        ("POST", "/Bulk", '{"Operations": [{"method": "POST", "path": "/Users", "bulkId": "%s", "data": {"userName": "x"}}]}'),
        ("POST", "/Bulk", '{"Operations": [{"method": "DELETE", "path": "/Users/%s"}]}'),
    ]  # fmt: skip
    for method, path, body in bodies:
        answer = scim.call(method, path, body.replace("%s", bad))
        assert answer.status_code == 400, (method, path, body, answer.status_code)
    assert scim.world.intact() == before and scim.read(made["id"]) == made


@pytest.mark.parametrize("raw", ["%00", "%ED%A0%80", "%FF", "%C0%80", "%F4%90%80%80"])
def test_nor_in_an_address(scim, raw):
    for path in (
        f"/Users/{raw}",
        f"/Groups/{raw}",
        f'/Users?filter=userName%20eq%20"{raw}"',
        f"/Users?cursor={raw}",
        f"/Users?sortBy={raw}",
        f"/Schemas/{raw}",
    ):
        answer = scim.call("GET", path)
        assert answer.status_code in (200, 400, 404), (path, answer.text)
        assert answer.status_code != 200 or answer.json()["totalResults"] == 0 or "sortBy" in path
