"""How often one caller may ask: by class of routes, by who they are and not by their token, and never at the cost of a freeze."""

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.kernel import rates
from app.kernel.access import SYSTEM
from app.kernel.actor import Actor, ActorKind
from app.kernel.rates import Limits, Rate, TooManyRequests, read_limit
from app.main import furnish
from app.settings import BadSettings, load

SOMEBODY = Actor(ActorKind.EMPLOYEE, "one")
NOBODY_KNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def _within_one_window(monkeypatch):
    """Limits are counted by the machine's clock: no test is to lie across the end of a minute."""
    now = time.time() // 60 * 60 + 10
    for module in ("limits.storage.memory", "limits.strategies", "app.kernel.rates"):
        clock = SimpleNamespace(time=lambda: now, monotonic=time.monotonic)
        monkeypatch.setattr(f"{module}.time", clock)


@pytest.fixture
def limited(team):
    """The same service with limits of its own."""

    def limit(**told):
        furnish(
            team.app,
            team.settings.model_copy(update={f"limit_{name}": text for name, text in told.items()}),
            team.clock,
        )
        team.house = team.app.state.house
        return team

    return limit


def three():
    return Limits({Rate.READS: read_limit("3/minute")})


def asks(limits, times, rate=Rate.READS, actor=SOMEBODY, bearer="a"):
    for _ in range(times):
        limits.turn_away(rate, bearer)
        limits.count(rate, actor, bearer)


def test_a_caller_asks_so_often_and_then_waits():
    limits = three()
    asks(limits, 3)
    with pytest.raises(TooManyRequests, match="3 per 1 minute of reads") as refused:
        asks(limits, 1)
    assert 1 <= refused.value.members["retry_after"] <= 60


def test_another_token_of_the_same_caller_does_not_help_and_another_caller_does_not_wait():
    limits = three()
    asks(limits, 3)
    with pytest.raises(TooManyRequests):
        asks(limits, 1, bearer="b")
    asks(limits, 3, actor=SYSTEM, bearer="c")
    asks(limits, 3, actor=Actor(ActorKind.CLIENT, "one"), bearer="d")


def test_classes_are_counted_apart_and_what_has_no_limit_is_not_counted():
    limits = three()
    asks(limits, 3)
    asks(limits, 1_000, rate=Rate.WRITES)
    assert limits.limited(Rate.READS) and not limits.limited(Rate.WRITES)


def test_who_does_not_wait_is_turned_away_by_their_token_until_the_time_is_over(monkeypatch):
    limits = three()
    asks(limits, 3)
    with pytest.raises(TooManyRequests):
        limits.count(Rate.READS, SOMEBODY, "a")
    with pytest.raises(TooManyRequests):
        limits.turn_away(Rate.READS, "a")
    limits.turn_away(Rate.READS, "b")  # a token that nobody was told to wait with
    limits.turn_away(Rate.WRITES, "a")
    later = time.monotonic() + 120
    monkeypatch.setattr(rates.time, "monotonic", lambda: later)
    limits.turn_away(Rate.READS, "a")


def test_only_so_many_who_wait_are_remembered(monkeypatch):
    monkeypatch.setattr(rates, "MANY", 2)
    limits = three()
    asks(limits, 3)
    for bearer in "abc":
        with pytest.raises(TooManyRequests):
            limits.count(Rate.READS, SOMEBODY, bearer)
    limits.turn_away(Rate.READS, "a")
    with pytest.raises(TooManyRequests):
        limits.turn_away(Rate.READS, "c")


@pytest.mark.parametrize("text", ["many", "6000", "0/minute", "-1/second", "6000/fortnight"])
def test_a_limit_that_is_none_is_refused_by_name(text):
    with pytest.raises(BadSettings, match=r"COE_LIMIT_WRITES: .*such as 100/second"):
        load(_env_file=None, limit_writes=text)


def test_a_limit_may_be_lifted():
    told = load(_env_file=None, limit_writes="", limit_decisions="5/second")
    assert set(told.limits) == {Rate.READS, Rate.DECISIONS}
    assert load(_env_file=None, limit_writes=told.as_environment()["COE_LIMIT_WRITES"]).limits.get(Rate.WRITES) is None


def test_B15_who_asks_for_rights_without_end_is_told_to_wait(limited):
    team = limited(writes="5/minute")
    account = team.account("acme")
    answers = [team.call("POST", "/v1/rights-requests", "asker", wanted(account)) for _ in range(8)]
    assert [one.status_code for one in answers[:5]] == [201, 409, 409, 409, 409]
    for one in answers[5:]:
        assert one.status_code == 429 and one.json()["code"] == "too_many_requests"
        assert one.headers["content-type"] == "application/problem+json"
        assert int(one.headers["retry-after"]) == one.json()["retry_after"] >= 1
    assert team.call("GET", "/v1/me", "asker").status_code == 200
    assert team.call("POST", "/v1/rights-requests", "colleague", wanted(account)).status_code == 201


def wanted(account):
    return {"account_id": account, "rights": ["publish"], "justification": "Care."}


def test_B16_who_guesses_ids_is_told_to_wait(limited):
    team = limited(reads="20/minute")
    bearer = team.token("asker")
    tried = [team.call("GET", f"/v1/grants/{NOBODY_KNOWN}", bearer=bearer).status_code for _ in range(25)]
    assert tried == [404] * 20 + [429] * 5
    assert team.call("POST", "/v1/rights-requests/preview", "asker", wanted(NOBODY_KNOWN)).status_code == 429


def test_who_does_not_wait_costs_the_database_nothing(limited):
    team = limited(reads="2/minute")
    bearer, asked = team.token("asker"), []

    def load_actor(*told):
        asked.append(told)
        return team.house.load_actor(*told)

    team.app.state.house = replace(team.house, load_actor=load_actor)
    assert [team.call("GET", "/v1/me", bearer=bearer).status_code for _ in range(6)] == [200] * 2 + [429] * 4
    assert len(asked) == 3


def test_the_press_is_stopped_however_often_one_has_asked(limited):
    team = limited(writes="1/minute", reads="1/minute")
    stop = {"scope": {"kind": "enterprise"}, "severity": "L2", "reason": "A crisis."}
    frozen = [team.post("/v1/freezes", "boss", stop, 201) for _ in range(3)]
    for one in frozen:
        team.post(f"/v1/freezes/{one['id']}/lift", "boss", {"reason": "Over."})


def test_an_answer_is_given_again_to_who_repeats_a_key_only_within_the_limit(limited):
    team = limited(writes="2/minute")
    account, key = team.account("acme"), {"Idempotency-Key": "one-key-of-many"}
    said = [team.call("POST", "/v1/rights-requests", "asker", wanted(account), headers=key) for _ in range(3)]
    assert [one.status_code for one in said] == [201, 201, 429]


def test_a_refusal_changes_nothing(limited):
    team = limited(writes="1/minute")
    team.ask("asker", team.account("acme"))
    before = team.intact()
    assert team.call("POST", "/v1/rights-requests", "asker", wanted(team.account("more"))).status_code == 429
    assert team.intact() == before + 1  # the account


def test_a_feed_is_told_in_its_own_words(limited):
    from app.clients import service as clients

    team = limited(feeds="2/minute")
    with team.work() as work:
        hr = clients.create_client(work, "HR", ["hr"], static=True).bearer
    answers = [team.call("GET", "/scim/v2/Users", bearer=hr) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert answers[2].json()["status"] == "429" and int(answers[2].headers["retry-after"]) >= 1


@pytest.mark.parametrize("way", ["routes", "short"])
def test_decisions_are_counted_only_where_that_is_set_and_told_in_the_same_words_either_way(limited, way):
    from app.clients import service as clients
    from tests.shadow import shortened

    team = limited(decisions="3/minute")
    account = team.account("acme")
    with team.work() as work:
        bearers = [clients.create_client(work, name, ["decisions"], static=True).bearer for name in ("one", "other")]
    if way == "short":
        shortened(team)
    body = {"subject": {"type": "employee", "id": "asker"}, "action": {"name": "publish"},
            "resource": {"type": "account", "id": account}}  # fmt: skip
    answers = [team.call("POST", "/access/v1/evaluation", bearer=bearers[0], body=body) for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert answers[3].json()["code"] == answers[4].json()["code"] == "too_many_requests"
    assert int(answers[4].headers["retry-after"]) >= 1
    assert (
        team.call("POST", "/access/v1/evaluations", bearer=bearers[0], body={**body, "evaluations": []}).status_code
        == 429
    )
    assert team.call("POST", "/access/v1/evaluation", bearer=bearers[1], body=body).status_code == 200
    if way == "short":
        assert team.prompt.looked
