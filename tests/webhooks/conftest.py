import json
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
import standardwebhooks.webhooks as verifier

from app.clients import service as clients
from app.kernel.access import SYSTEM
from app.sweeping import service as sweeping
from app.webhooks.sending import worker
from tests.authzen.requests.receiver import Receiver

PATH = "/v1/webhooks"


class Hooks:
    """The webhooks of a team, and somebody who listens."""

    def __init__(self, team, receiver):
        self.team, self.receiver, self.secrets = team, receiver, {}
        self.sender = sweeping.sender_of(team.settings)
        self.house = replace(team.house, operator=SYSTEM)

    def make(self, who="developer", events=("grant.*",), unit=None, url=None, status=201, **more):
        body = {"name": "Tool", "url": url or self.receiver.url, "events": list(events), **more}
        made = self.team.post(PATH, who, {**body, **({"business_unit_id": unit} if unit else {})}, status)
        if status == 201:
            self.secrets[made["id"]] = made["secret"]
        return made

    def get(self, hook, who="boss", status=200):
        return self.team.get(f"{PATH}/{hook['id']}", who, status)

    def change(self, hook, who="boss", status=200, **changes):
        return self.team.want(status, "PATCH", f"{PATH}/{hook['id']}", who, changes)

    def deliveries(self, hook, who="boss", **query):
        """Oldest first."""
        asked = "&".join(f"{name}={value}" for name, value in {"limit": 200, "sort": "seq", **query}.items())
        return self.team.get(f"{PATH}/{hook['id']}/deliveries?{asked}", who)["items"]

    def redeliver(self, hook, who="boss", status=200, **body):
        return self.team.post(f"{PATH}/{hook['id']}/redeliver", who, body, status)

    def send(self, **more):
        return worker.deliver(self.sender, self.house, **more)

    @property
    def heard(self):
        """What the receiver heard, as it would order it: two at a time are sent to one."""
        return sorted(self.receiver.told, key=lambda one: one["data"]["seq"])

    @property
    def told(self):
        """The types of what the receiver heard, in order."""
        return [one["type"] for one in self.heard]

    @property
    def ids(self):
        return [headers["webhook-id"] for _, headers, _ in self.receiver.calls]

    def event(self, action="course.created", who="boss"):
        """Something happens that everybody may see."""
        n = len(self.team.events(action="course.created"))
        made = self.team.post("/v1/courses", who, {"key": f"course-{n}", "title": "A course"}, 201)
        return made["id"]

    def rows(self, table="webhook_delivery"):
        with self.team.work(write=False) as work:
            return [dict(row) for row in work.session.execute(sa.text(f"SELECT * FROM {table}")).mappings()]

    def client(self, *scopes):
        with self.team.work() as work:
            return clients.create_client(work, "Follower", scopes, static=True)

    def verified(self, secret, call):
        _, headers, body = call
        return verifier.Webhook(secret).verify(body, headers)


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def hooks(team, receiver):
    return Hooks(team, receiver)


@pytest.fixture
def at_our_time(team, monkeypatch):
    """The reference library asks the machine's clock: here it asks the one that is turned by hand."""

    class Turned(datetime):
        @classmethod
        def now(cls, tz=None):
            return team.clock.now

    monkeypatch.setattr(verifier, "datetime", Turned)


def granted(team, account, who="asker", liaison="liaison"):
    """A right that somebody asked for and two people agreed to."""
    asked = team.ask(who, account)
    team.decide(liaison, asked)
    return team.decide("hub", asked)["grants"][0]


def as_json(value):
    return json.dumps(value, sort_keys=True)
