import pytest

from app.authzen.requests import worker
from app.sweeping import service as sweeping
from tests.authzen.requests.receiver import Receiver

PATH = "/access/v1/requests"


class Door:
    """The profile's door of a team, and what goes through it."""

    def __init__(self, team, receiver):
        self.team, self.receiver = team, receiver

    def body(self, account, right="publish", who="asker", **more):
        return {
            "subject": {"type": "employee", "id": who}, "action": {"name": right},
            "resource": {"type": "account", "id": account}, "context": {"justification": "Customer care."}, **more,
        }  # fmt: skip

    def items(self, *pairs, who="asker", **more):
        items = [
            {"action": {"name": right}, "resource": {"type": "account", "id": account}, **extra}
            for account, right, extra in ((*pair, {})[:3] for pair in pairs)
        ]
        why = {"justification": "Customer care."}
        return {"subject": {"type": "employee", "id": who}, "items": items, "context": why, **more}

    def submit(self, body, who="asker", status=202, **more):
        return self.team.want(status, "POST", PATH, who, body, **more)

    def look(self, task, who="asker", status=200):
        return self.team.get(f"{PATH}/{task['id']}", who, status)

    def cancel(self, task, who="asker", status=200, body=None, **more):
        return self.team.want(status, "POST", f"{PATH}/{task['id']}/cancel", who, body, **more)

    def decide(self, who, request_id, decision="approve", status=200):
        return self.team.decide(who, {"id": request_id}, decision, status)

    def approve(self, request_id):
        self.decide("liaison", request_id)
        self.decide("hub", request_id)

    def refusal(self, account, right="publish", who="asker", **context):
        answer = self.team.evaluate("asker", who, right, account, **context)
        assert answer["decision"] is False
        return answer["context"]

    @property
    def courier(self):
        return sweeping.courier_of(self.team.settings)

    def deliver(self, **more):
        return worker.deliver(self.courier, self.team.house, **more)


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def door(team, receiver):
    return Door(team, receiver)


@pytest.fixture
def account(team):
    return team.account("acme_sales")
