"""The stages of maturity over HTTP, as an enterprise grows."""


def stage(team, who="boss", **asked):
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return [one["stage"] for one in team.get(f"/v1/maturity?{query}", who)["assessments"]]


def granted(team, who, account):
    return team.ask(who, account, ["publish"])["grants"][0]["id"]


def test_an_enterprise_grows_and_can_look_back(team):
    team.switch("boss", "decentralized")
    ours, theirs = team.account("acme", language="en"), team.account("acme_log", "logistics", language="fr")
    began = team.clock.now
    assert stage(team) == [None]
    granted(team, "asker", ours)
    assert stage(team) == ["advocate"]
    team.clock.turn(days=1)
    granted(team, "colleague", ours)
    assert stage(team) == ["team"] == stage(team, "liaison", business_unit_id="sales")
    for who in ("stranger", "liaison"):
        granted(team, who, theirs)
    assert stage(team) == ["team"]  # nobody has said that people answer
    said = team.post("/v1/maturity/declarations", "boss", {"open_dialogue": True, "note": "We do."}, 201)
    assert said["declared_by"] == str(team.ids["boss"]) and stage(team) == ["business"]
    team.post("/v1/policies", "boss", {"key": "care", "title": "Care", "scope": {"kind": "enterprise"}}, 201)
    rules = {"attestation_required": True}
    team.post("/v1/policies/care/versions", "content", {"text": "Care.", "rules": rules}, 201)
    team.post("/v1/policies/care/versions/1/publish", "boss")
    assert stage(team) == ["business"]
    for who in ("asker", "colleague", "stranger", "liaison"):
        team.post("/v1/policies/care/versions/1/attestations", who, {}, 201)
    assert stage(team) == ["enterprise"]
    team.clock.turn(days=1)
    team.post("/v1/maturity/declarations", "boss", {"open_dialogue": False}, 201)
    then = [f"{one.isoformat()[:19]}Z" for one in (began, team.clock.now)]
    assert team.get(f"/v1/maturity?at={then[1]}&at={then[0]}", "boss")["assessments"][0]["stage"] == "advocate"
    assert stage(team) == ["team"]


def test_what_is_asked_of_maturity_is_checked(team):
    team.want(422, "GET", "/v1/maturity?at=2030-01-01T00:00:00Z", "boss")
    team.want(422, "GET", "/v1/maturity?" + "&".join(["at=2026-01-01T00:00:00Z"] * 25), "boss")
    team.want(404, "GET", "/v1/maturity?business_unit_id=nowhere", "boss")
    team.want(403, "GET", "/v1/maturity", "liaison")  # the enterprise is not theirs
    team.want(403, "POST", "/v1/maturity/declarations", "liaison", {"open_dialogue": True})
    team.post("/v1/maturity/declarations", "liaison", {"open_dialogue": True, "business_unit_id": "sales"}, 201)
