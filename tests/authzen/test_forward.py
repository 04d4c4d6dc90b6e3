"""What a gateway asks in headers is answered in a status, and is what an evaluation says of the same."""

import pytest

from tests.authzen.conftest import ACCOUNTS, PEOPLE
from tests.authzen.pdp import EVALUATION, RIGHTS
from tests.kit import World

CHECK = "/access/v1/check"
ODD = (
    "", " ", "\t", "a b", "a\tb", "a" * 321, "é", "x\x7f", "'; --\x01", '"}, "action": {"name": "publish"',
)  # fmt: skip
"""What cannot stand in such a header."""
CLEVER = ('asker"', 'asker","type":"employee', "asker%22", "asker\\u0000", "{}", "*", "asker,asker", "asker;", "$asker")
"""What can, and is a text that names nobody and nothing."""


def named(pdp, who="asker", right="publish", account="acme"):
    return {
        "X-Coe-Subject": pdp.ids.get(who, who), "X-Coe-Right": right, "X-Coe-Account": pdp.ids.get(account, account)
    }  # fmt: skip


def check(pdp, headers, by="gateway", **more):
    return pdp.send(CHECK, b"", by, "GET", **headers, **{"Content-Type": None}, **more)


def agreed(pdp, who, right, account, by):
    """Both ways of asking; the same of both."""
    answer = check(pdp, named(pdp, who, right, account), by)
    said = pdp.want(200, EVALUATION, pdp.question(who, right, account), by)
    reasons = said["context"]["reasons"]
    assert answer.headers["cache-control"] == "no-store"
    if said["decision"]:
        assert (answer.status_code, answer.content) == (204, b"")
        assert "x-coe-reasons" not in answer.headers
        return True
    told = answer.json()
    assert (answer.status_code, told["code"], told["status"]) == (403, "not_permitted", 403)
    assert answer.headers["x-coe-reasons"] == ", ".join(one["code"] for one in reasons)
    assert [{"policy": None, **one} for one in told["reasons"]] == reasons
    assert told["model"] == said["context"]["model"]
    return False


def test_it_says_what_an_evaluation_says(pdp):
    found = {
        (who, right, account): agreed(pdp, who, right, account, "gateway")
        for who in (*PEOPLE, "nobody") for right in (*RIGHTS, "fly") for account in (*ACCOUNTS, "x:nobody")
    }  # fmt: skip
    assert found["asker", "publish", "acme"] and found["asker", "draft", "acme"]
    assert not found["liaison", "engage", "acme"] and not found["asker", "publish", "shut"]
    assert 3 < sum(found.values()) < len(found) / 2


def test_an_account_is_named_by_its_handle_too(pdp):
    assert check(pdp, named(pdp, account="x:ACME_X")).status_code == 204
    assert check(pdp, named(pdp, "asker@world.example")).status_code == 204


def test_it_changes_nothing_and_takes_no_other_method(pdp, standing):
    before = standing.intact()
    check(pdp, named(pdp))
    assert standing.intact() == before
    for method in ("POST", "PUT", "HEAD", "OPTIONS"):
        assert pdp.send(CHECK, b"", "gateway", method, **named(pdp)).status_code == 405


@pytest.mark.parametrize("name", ["X-Coe-Subject", "X-Coe-Right", "X-Coe-Account"])
def test_what_is_missing_or_odd_is_no_permit(pdp, name):
    good = named(pdp)
    assert check(pdp, good).status_code == 204
    told = check(pdp, {key: value for key, value in good.items() if key != name})
    assert told.status_code == 422 and [one["pointer"].lower() for one in told.json()["errors"]] == [f"{name.lower()}:"]
    for value in ODD:
        assert check(pdp, {**good, name: value.encode()}).status_code == 422, value


@pytest.mark.parametrize("name", ["X-Coe-Subject", "X-Coe-Right", "X-Coe-Account"])
def test_no_text_in_a_header_is_more_than_a_text(pdp, name):
    for value in CLEVER:
        answer = check(pdp, {**named(pdp), name: value})
        unknown = {
            "X-Coe-Subject": "subject_unknown",
            "X-Coe-Right": "right_unknown",
            "X-Coe-Account": "account_unknown",
        }
        assert answer.status_code == 403 and unknown[name] in answer.headers["x-coe-reasons"], value


def test_a_header_that_is_there_twice_is_no_permit(pdp):
    good = named(pdp)
    for name in (*good, "X-Coe-Tool", "X-Coe-Content-SHA256"):
        value = good.get(name, "a" * 64)
        twice = [
            *({**good, name: value}).items(),
            (name.lower(), value),
            ("Authorization", f"Bearer {pdp.bearers['gateway']}"),
        ]
        answer = pdp.client.request("GET", CHECK, headers=twice)
        assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "repeated_header", name


def test_who_may_not_ask_is_told_nothing(pdp):
    nobody = check(pdp, named(pdp), None)
    assert nobody.status_code == 401 and nobody.headers["www-authenticate"] == "Bearer"
    assert check(pdp, named(pdp), None, Authorization="Bearer coe_x").status_code == 401
    for by in ("lms", "admin"):
        answer = check(pdp, named(pdp), by)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert "x-coe-reasons" not in answer.headers
    assert check(pdp, named(pdp), "asker").status_code == 204
    assert check(pdp, named(pdp, "colleague"), "asker").json()["code"] == "forbidden"
    assert agreed(pdp, "colleague", "publish", "acme", "boss")


def test_a_query_says_nothing_here(pdp):
    for query in ("subject=asker", "x-coe-subject=asker"):
        assert pdp.send(f"{CHECK}?{query}", b"", "gateway", "GET", **named(pdp)).status_code == 422


def test_a_right_that_is_taken_back_counts_in_the_next_answer(moving: World):
    pdp = moving.pdp
    assert check(pdp, named(pdp)).status_code == 204
    moving.post(f"/v1/grants/{moving.grants['asker', 'acme', 'publish']}/revoke", "boss", {"reason": "Over."})
    answer = check(pdp, named(pdp))
    assert (answer.status_code, answer.headers["x-coe-reasons"]) == (403, "grant_revoked")


def test_the_tool_and_the_content_count_as_in_an_evaluation(moving: World):
    pdp, good = moving.pdp, named(moving.pdp)
    moving.post("/v1/publishing-tools", "developer", {"key": "fanfare", "name": "Fanfare"}, 201)
    moving.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    rules = {"allowed_tools": ["fanfare"], "clearance_required": True}
    moving.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": rules}, 201)
    moving.post("/v1/policies/care/versions/1/publish", "boss")
    digest, other = "a" * 64, "b" * 64
    asked = moving.post("/v1/clearances", "asker", {"account_id": pdp.ids["acme"], "content_sha256": digest}, 201)
    moving.post(f"/v1/clearances/{asked['id']}/decisions", "content", {"decision": "approve"})

    def told(by="gateway", **more):
        answer = check(pdp, {**good, **{name.replace("_", "-"): value for name, value in more.items()}}, by)
        return answer.headers.get("x-coe-reasons", answer.status_code)

    assert told(X_Coe_Tool="fanfare", X_Coe_Content_SHA256=digest) == 204
    assert told(X_Coe_Tool="fanfare", X_Coe_Content_SHA256=other) == "clearance_content_mismatch"
    assert told(X_Coe_Tool="fanfare") == "clearance_missing"
    assert told(X_Coe_Tool="kazoo", X_Coe_Content_SHA256=digest) == "tool_not_allowed, tool_not_registered"
    unnamed = told(X_Coe_Content_SHA256=digest)
    assert unnamed == told("tool", X_Coe_Tool="fanfare", X_Coe_Content_SHA256=digest) != 204
    assert told(X_Coe_Tool="fanfare", X_Coe_Content_SHA256=digest.upper()) == 422
