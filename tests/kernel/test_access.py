"""What every route does before its own work: headers that say one thing, and denials that are written down."""

import asyncio
from dataclasses import replace

import pytest

from app.kernel.access import AllowInside
from app.kernel.actor import Permission
from tests.kit import staffed


@pytest.fixture
def org(world):
    return staffed(world)


def test_one_request_has_one_key(org):
    headers = [("Idempotency-Key", "a-key-of-sixteen"), ("Idempotency-Key", "another-of-16-ch"), *bearer(org)]
    answer = org.client.post("/v1/rights-requests", json={}, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (400, "One request has one Idempotency-Key.")


@pytest.mark.parametrize("tags", ["3", '"x"', '"1", 2', '"1",', "W/3"])
def test_if_match_takes_etags_and_nothing_else(org, tags):
    account = org.account("acme")
    answer = org.client.patch(
        f"/v1/accounts/{account}", json={"purpose": "x"}, headers=[("If-Match", tags), *bearer(org)]
    )
    assert answer.status_code == 400 and "If-Match takes ETags" in answer.json()["detail"]


def test_a_denial_that_left_nothing_behind_is_no_revision(org, monkeypatch):
    known = []
    house = org.app.state.house
    monkeypatch.setattr(org.app.state, "house", replace(house, seal=lambda _: None, committed=known.append))
    freeze = {"target": {"kind": "enterprise"}, "severity": "L1", "reason": "x"}
    assert org.client.post("/v1/freezes", json=freeze, headers=bearer(org, "stranger")).status_code == 403
    assert known == []


def bearer(org, who="hub"):
    return [("Authorization", f"Bearer {org.token(who)}")]


def test_a_route_that_opens_its_transaction_itself_is_never_public():
    assert asyncio.run(AllowInside(Permission.ME_READ)()) is Permission.ME_READ
    with pytest.raises(RuntimeError, match="never public"):
        asyncio.run(AllowInside(None)())
