"""Answers kept under a key: what is no key, and a key whose answer is not there yet; over HTTP, and by plain calls."""

import pytest

from app.kernel import replies


@pytest.mark.parametrize("key", ["", "x" * (replies.MAX_KEY + 1), "a\u00a0b"], ids=["none", "long", "unseen"])
def test_what_is_no_key_is_refused_and_nothing_is_done(team, key):
    body = {"account_id": team.account("acme"), "rights": ["draft"], "justification": "x"}
    sent = {"Idempotency-Key": key.encode("latin-1")}
    answer = team.call("POST", "/v1/rights-requests", "asker", body, headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")
    assert team.get("/v1/rights-requests", "asker")["items"] == []
    body["justification"] = "y"
    sent["Idempotency-Key"] = b"x" * replies.MAX_KEY
    assert team.call("POST", "/v1/rights-requests", "asker", body, headers=sent).status_code == 201


def test_a_key_whose_answer_is_not_there_yet_is_in_use_and_the_callers_own(world):
    def claim(print_="same"):
        with world.work() as work:
            return replies.claim(work.session, work.actor, "key", print_, work.now)

    claimed = claim()
    assert isinstance(claimed, replies.Claim)
    for print_ in ("same", "other"):
        with pytest.raises(replies.KeyInUse) as raised:
            claim(print_)
        assert raised.value.members == {"retry_after": 1}
    with world.work() as work:
        replies.keep(work.session, claimed, replies.Stored(201, {"etag": "1"}, b"{}"))
    assert claim() == replies.Stored(201, {"etag": "1"}, b"{}")
    with pytest.raises(replies.KeyReused):
        claim("other")
    world.clock.turn(hours=24)
    assert claim("other") == claimed
