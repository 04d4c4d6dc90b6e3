"""A process that only decides, as it is served: it learns of what another one writes, and says when it knows too little."""

from time import monotonic, sleep

import pytest
from fastapi.testclient import TestClient

from app.clients import service as clients
from app.kernel.clock import system_clock
from app.main import create_app
from app.settings import Settings

PATIENCE = 20


def until(told):
    ends = monotonic() + PATIENCE
    while not told():
        assert monotonic() < ends, "it never came"
        sleep(0.02)


@pytest.fixture
def deciding(team, tmp_path):
    """Another process' application on the same database, with the machine's clock, as the team's from now on."""
    team.clock.now = system_clock()
    with team.work() as work:
        team.bearer = clients.create_client(work, "Tool", ["decisions"], static=True).bearer
    told = Settings(
        _env_file=None, database_url=team.settings.database_url, key_dir=team.settings.keys, role="decisions",
        public_url="http://127.0.0.1:8000",
    )  # fmt: skip
    made = create_app(told)
    yield made
    made.state.engine.dispose()


def asked(client, team, account, **context):
    body = {
        "subject": {"type": "employee", "id": "asker"}, "action": {"name": "publish"},
        "resource": {"type": "account", "id": account}, "context": context,
    }  # fmt: skip
    return client.post("/access/v1/evaluation", json=body, headers={"Authorization": f"Bearer {team.bearer}"})


def test_it_is_ready_once_it_knows_everything_and_only_while_it_hears_of_the_rest(deciding):
    """Attack I01."""
    assert TestClient(deciding).get("/readyz").json()["code"] == "not_ready"
    with TestClient(deciding) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        deciding.state.follower.stop()
        until(lambda: client.get("/readyz").status_code == 503)
    assert TestClient(deciding).get("/readyz").status_code == 503


def test_what_another_process_writes_is_known_here_in_a_moment_or_when_it_is_asked_for(deciding, team):
    account = team.account("acme")
    team.switch("boss", "decentralized")
    with TestClient(deciding) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        direct, ways = deciding.direct, []
        answer = direct.answer

        def watched(scope, body):
            reply = answer(scope, body)
            ways.append("short")
            return reply

        direct.answer = watched
        team.clock.now = system_clock()
        made = team.ask("asker", account)["grants"][0]["id"]
        until(lambda: asked(client, team, account).json()["decision"])
        team.clock.now = system_clock()
        for verb, decision in (("suspend", False), ("resume", True), ("revoke", False)):
            reply = team.call("POST", f"/v1/grants/{made}/{verb}", "boss", {"reason": "As agreed."})
            told = asked(client, team, account, at_least_revision=reply.headers["coe-revision"])
            assert told.json()["decision"] is decision, verb
        assert ways
        late = asked(client, team, account, at_least_revision="999999")
        assert late.status_code == 503 and late.json()["code"] == "revision_unavailable"
