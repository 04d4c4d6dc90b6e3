"""What the short way leaves to the long one, and that nobody sees a difference; and when it permits nothing at all."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from uuid import UUID

import jwt
import pytest

from app.authzen.direct.api import LARGEST
from app.authzen.direct.callers import Callers
from app.clients import rules as clients
from app.clients import service as client_service
from app.decisions.memory.hashed import ABSENT
from app.roles.rules import ClientScope
from tests.authzen.pdp import ENDPOINTS, EVALUATION, RESOURCE

short = pytest.mark.parametrize("moving", ["short"], indirect=True)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_an_address_takes_no_parameters(pdp, path):
    refused = pdp.want(422, f"{path}?x=1", pdp.good(path))
    assert [one["code"] for one in refused["errors"]] == ["unknown_parameter"] and "decision" not in refused


def test_a_nul_in_a_text_is_refused_however_it_is_spelled(pdp):
    pdp.want(400, EVALUATION, pdp.question("a\0b"))  # JSON has it as \\u0000


@short
def test_who_has_not_heard_of_changes_for_a_while_permits_nothing_and_looks_nothing_up_in_memory(moving):
    pdp = moving.pdp
    found = pdp.found(RESOURCE)
    assert pdp.decide() is True
    moving.prompt.fresh = False
    answer = pdp.want(200, EVALUATION, pdp.question())
    assert answer["decision"] is False
    assert [one["code"] for one in answer["context"]["reasons"]] == ["decision_stale"]
    looked = moving.prompt.desk
    moving.post(f"/v1/grants/{moving.grants['asker', 'acme', 'publish']}/revoke", "boss", {"reason": "Over."})
    assert looked and moving.accounts["acme"] in found and moving.accounts["acme"] not in pdp.found(RESOURCE)
    moving.prompt.fresh = True
    assert pdp.decide() is False and pdp.decide(account="news") is True


@short
def test_an_answer_given_before_is_not_given_again_once_this_process_has_written(moving, monkeypatch):
    pdp, prompt = moving.pdp, moving.prompt
    assert [pdp.decide(), pdp.decide()] == [True, True]  # the second as it was remembered
    index = prompt.shadow.index
    monkeypatch.setattr(prompt.shadow, "caught_up", lambda: index)  # what is written now is not known there yet
    path = f"/v1/grants/{moving.grants['asker', 'acme', 'publish']}/revoke"
    prompt.expected = int(moving.call("POST", path, "boss", {"reason": "Over."}).headers["coe-revision"])
    assert pdp.decide() is False


@short
def test_a_clients_access_token_is_taken_until_it_ends_and_a_persons_or_a_strangers_is_another_matter(moving):
    pdp = moving.pdp
    with moving.work() as work:
        made = client_service.create_client(work, "Poster", ["decisions"])
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.secret}
    pdp.bearers["poster"] = moving.client.post("/oauth/token", data=form).json()["access_token"]
    looked = moving.prompt.looked
    assert pdp.decide(by="poster") is True and moving.prompt.looked > looked
    pdp.bearers["stranger"] = jwt.encode({"sub": "x"}, "k" * 32, headers={"kid": "another"})
    pdp.want(401, EVALUATION, pdp.question(), "stranger")
    assert pdp.decide(by="boss") is True
    moving.clock.turn(hours=1)
    pdp.want(401, EVALUATION, pdp.question(), "poster")


def test_a_client_whose_owner_is_unknown_speaks_for_nobody_here():
    """Whoever has the database says who that is."""
    bearer = f"{clients.BEARER_PREFIX}{'x' * 40}"
    decisions = frozenset({ClientScope.DECISIONS})
    client = clients.Client("tool", "Tool", id=UUID(int=1), static=True, scopes=decisions, owner_id=UUID(int=2))
    people = SimpleNamespace(row_of=lambda _id: ABSENT)
    index = SimpleNamespace(
        world=SimpleNamespace(clients_by_bearer={clients.digest(bearer): client}), people=people
    )  # fmt: skip
    assert Callers(None).recognise(f"Bearer {bearer}".encode(), index, 0) is None
    index.world = SimpleNamespace(clients_by_bearer={clients.digest(bearer): replace(client, owner_id=None)})
    assert Callers(None).recognise(f"Bearer {bearer}".encode(), index, 0) is not None


def sent_in_pieces(pdp, app, pieces):
    """The status and the body of the answer to an evaluation that comes like this."""
    messages = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {pdp.bearers['tool']}".encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": EVALUATION, "raw_path": EVALUATION.encode(), "root_path": "", "query_string": b"", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    heard = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        heard.append(message)

    asyncio.run(app(scope, receive, send))
    return heard[0]["status"], b"".join(one.get("body", b"") for one in heard)


def test_a_body_in_pieces_is_one_body_and_one_that_is_too_large_is_refused(pdp, standing):
    whole = pdp.send(EVALUATION, pdp.question()).request.content
    status, body = sent_in_pieces(pdp, standing.app, [whole[:7], whole[7:]])
    assert status == 200 and b'"decision":true' in body
    status, body = sent_in_pieces(pdp, standing.app, [b" " * LARGEST, whole])
    assert status == 413 and b"decision" not in body
