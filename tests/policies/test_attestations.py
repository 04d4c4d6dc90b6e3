"""Accepting a version of a policy, and what waits for it."""

import hashlib
from datetime import timedelta

import pytest

TEXT = "Be kind."


@pytest.fixture
def account(team):
    return team.account("acme")


@pytest.fixture
def held(team, account):
    asked = team.ask("asker", account)
    for who in ("liaison", "hub"):
        asked = team.decide(who, asked)
    return asked["grants"][0]


def publish(team, key="care", text=TEXT, grace=14, rules=None, n=1, scope=None, **more):
    if n == 1:
        team.post("/v1/policies", "boss", {"key": key, "title": "Care", "scope": scope or {"kind": "enterprise"}}, 201)
    body = {
        "text": text,
        "rules": {"attestation_required": True} if rules is None else rules,
        "attestation_grace_days": grace,
    }
    team.post(f"/v1/policies/{key}/versions", "content", {**body, **more}, 201)
    return team.post(f"/v1/policies/{key}/versions/{n}/publish", "boss", {})


def attest(team, who="asker", n=1, status=201, key="care", **body):
    return team.want(status, "POST", f"/v1/policies/{key}/versions/{n}/attestations", who, body)


def codes(team, account, who="asker"):
    return team.codes("boss", who, "publish", account)


@pytest.mark.usefixtures("held")
def test_rights_pause_after_the_grace_until_the_version_is_accepted(team, account):
    publish(team)
    team.clock.turn(days=14, seconds=-1)
    assert codes(team, account) == set()
    team.clock.turn(seconds=1)
    assert codes(team, account) == {"attestation_missing"}
    made = attest(team)
    assert (
        made["employee_id"] == str(team.ids["asker"])
        and made["text_sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    )
    assert codes(team, account) == set()


@pytest.mark.usefixtures("held")
def test_a_new_version_wants_accepting_anew_unless_it_does_not_ask(team, account):
    publish(team, grace=0)
    attest(team)
    publish(team, n=2, text="Be kinder.", grace=7)
    assert codes(team, account) == set()  # in its grace, though the one before is over
    team.clock.turn(days=7)
    assert codes(team, account) == {"attestation_missing"}
    attest(team, n=2)
    assert codes(team, account) == set()
    publish(team, n=3, text="As you like.", rules={})
    team.clock.turn(days=30)
    assert codes(team, account) == set()


@pytest.mark.usefixtures("held")
def test_each_version_in_scope_is_wanted(team, account):
    publish(team, grace=0)
    publish(team, key="sales-care", grace=0, scope={"kind": "business_unit", "id": "sales"})
    publish(team, key="elsewhere", grace=0, scope={"kind": "business_unit", "id": "logistics"})
    answer = team.evaluate("boss", "asker", "publish", account)
    assert {one["policy"] for one in answer["context"]["reasons"]} == {"care@1", "sales-care@1"}
    attest(team)
    answer = team.evaluate("boss", "asker", "publish", account)
    assert [one["remedy"]["call"] for one in answer["context"]["reasons"]] == [
        "POST /v1/policies/sales-care/versions/1/attestations"
    ]


def test_twice_is_once(team):
    """Attack B12."""
    publish(team)
    first, second = attest(team), attest(team, status=200)
    assert first == second and len(team.events(action="policy_version.attested")) == 1


def test_what_may_be_accepted(team):
    publish(team, grace=0)
    team.post("/v1/policies/care/versions", "content", {"text": "Next."}, 201)
    attest(team, "content", n=2, status=409)
    attest(team, n=2, status=404)  # a draft that one may not see
    team.post("/v1/policies/care/versions/2/publish", "boss", {})
    assert attest(team, n=1, status=409)["code"] == "version_not_current"
    team.post("/v1/policies/care/versions/2/retire", "boss", {"reason": "Done."})
    assert attest(team, n=2, status=409)["code"] == "version_not_current"


def test_a_version_dated_ahead_may_be_accepted_before_it_begins(team):
    ahead = (team.clock.now + timedelta(days=3)).isoformat()
    publish(team, effective_from=ahead)
    attest(team)


def test_by_its_hash(team):
    made = publish(team)
    assert attest(team, status=409, text_sha256="0" * 64)["code"] == "text_differs"
    attest(team, text_sha256=made["text_sha256"])


@pytest.mark.parametrize(
    "body", [{"employee_id": "x"}, {"text_sha256": "ABC"}, {"text_sha256": "G" * 64}, {"on_behalf_of": "x"}]
)
def test_nobody_accepts_for_another_and_bad_input_is_refused(team, body):
    """Attack B12."""
    publish(team)
    attest(team, status=422, **body)
    assert team.events(action="policy_version.attested") == []


def test_who_sees_whose(team):
    publish(team)
    for who in ("asker", "stranger"):
        attest(team, who)

    def seen(who):
        items = team.get("/v1/policies/care/versions/1/attestations", who)["items"]
        return {name for name, id_ in team.ids.items() if str(id_) in {one["employee_id"] for one in items}}

    assert seen("boss") == seen("content") == {"asker", "stranger"}
    assert seen("asker") == {"asker"} and seen("liaison") >= {"asker"} and seen("colleague") == set()


@pytest.mark.usefixtures("held")
def test_coverage_by_unit_of_those_who_hold_rights(team):
    publish(team)
    before = team.get("/v1/policies/care/versions/1/coverage", "boss")
    assert (before["due"], before["attested"]) == (1, 0) and len(before["items"]) == 1
    attest(team)
    attest(team, "stranger")  # who holds nothing is not due
    after = team.get("/v1/policies/care/versions/1/coverage", "boss")
    assert (after["due"], after["attested"]) == (1, 1)
    assert team.get("/v1/policies/care/versions/1/coverage", "colleague")["items"] == []


@pytest.mark.usefixtures("held")
def test_coverage_counts_who_accepted_this_very_version(team):
    publish(team)
    attest(team)
    publish(team, n=2)
    publish(team, key="other")

    def covered(version):
        told = team.get(f"/v1/policies/{version}/coverage", "boss")
        return told["due"], told["attested"], [(one["due"], one["attested"]) for one in told["items"]]

    assert covered("care/versions/1") == (1, 1, [(1, 1)])
    assert covered("care/versions/2") == covered("other/versions/1") == (1, 0, [(1, 0)])
    attest(team, n=2)
    assert covered("care/versions/2") == covered("care/versions/1") == (1, 1, [(1, 1)])
    assert covered("other/versions/1") == (1, 0, [(1, 0)])


@pytest.mark.usefixtures("held")
def test_one_is_told_what_to_do_and_by_when(team):
    publish(team, grace=7)
    team.post("/v1/courses", "content", {"key": "brand", "title": "Brand", "valid_for_days": 90}, 201)
    publish(team, key="learn", rules={"required_training": [{"course": "brand"}]})
    by = (team.clock.now + timedelta(days=7)).isoformat().replace("+00:00", "Z")
    duties = {one["reason"]["code"]: one for one in team.get("/v1/me", "asker")["duties"]}
    assert duties["attestation_missing"]["by"] == by and duties["training_missing"]["by"] is None
    assert team.get("/v1/me", "colleague")["duties"] == []  # who holds nothing owes nothing
    attest(team)
    done = {"employee_id": str(team.ids["asker"]), "course_id": "brand", "completed_at": team.clock.now.isoformat()}
    team.post("/v1/completions", "boss", done, 201)
    assert team.get("/v1/me", "asker")["duties"] == []
    team.clock.turn(days=60)
    (again,) = team.get("/v1/me", "asker")["duties"]
    assert again["reason"]["code"] == "training_expired" and again["by"] > team.clock.now.isoformat()
