"""What tests stand on: a whole service on a fresh, migrated database, with a clock that is turned by hand."""

import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache

from fastapi.testclient import TestClient

from app.audit.rules import Known
from app.audit.service import KNOWN
from app.directory import store as directory
from app.identity import service as identity
from app.kernel.access import operator_work
from app.kernel.actor import Scope, ScopeKind
from app.lifecycle import service as lifecycle
from app.main import create_app, furnish
from app.roles import service as roles
from app.roles.rules import Role
from app.settings import Settings

from .shadow import Shadow

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
HALF_AN_HOUR = timedelta(minutes=30)


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def turn(self, **by):
        self.now += timedelta(**by)


class Refused(AssertionError):
    """Another status than the test wanted."""


@cache
def _application(seat=0):
    """One application for all tests of a process: what it works with is changed, its routes are built once.

    ``seat``: another one, for a world that is there at the same time.
    """
    with tempfile.TemporaryDirectory() as folder:
        return create_app(Settings(_env_file=None, database_url="sqlite://", key_dir=f"{folder}/keys"))


class World:
    """A service, and everybody who calls it."""

    def __init__(self, url, folder, seat=0):
        self.clock = Clock()
        self.settings = Settings(
            _env_file=None, database_url=url, key_dir=folder / "keys", spool_dir=folder / "spool",
            public_url="http://127.0.0.1:8000",
        )  # fmt: skip
        self.app = _application(seat)
        furnish(self.app, self.settings, self.clock)
        self.house = self.app.state.house
        self.launched = []  # the imports that a process would be started for
        self.app.state.launch_import = self.launched.append
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.ids, self.carries = {}, {}
        self.shadow = Shadow(self)

    def close(self):
        self.client.close()
        self.app.state.engine.dispose()

    def anew(self):
        """The database is another now, or an older copy: as a process that was started just now, know nothing of its log."""
        self.app.state.house.writes.kw["info"][KNOWN] = Known()

    # What an operator does at the command line.

    def work(self, *, write=True):
        return operator_work(self.house, write=write)

    def hire(self, number, department="Sales", **more):
        with self.work() as work:
            values = {
                "employee_number": number,
                "user_name": number,
                "email": f"{number}@world.example".lower(),
                "display_name": number.title(),
                "business_unit_id": lifecycle.department(work, department),
                **more,
            }
            self.ids[number] = lifecycle.join(work, values).id
        return self.ids[number]

    def fire(self, number):
        with self.work() as work:
            lifecycle.leave(work, directory.employee(work.session, self.ids[number]), "terminated")

    def appoint(self, number, role, unit=None, network=None, **more):
        scope = Scope(ScopeKind.ENTERPRISE)
        with self.work() as work:
            if unit:
                scope = Scope(ScopeKind.BUSINESS_UNIT, business_unit_id=directory.unit(work.session, unit).id)
            if network:
                scope = Scope(ScopeKind.NETWORK, network=network)
            if "deputy" in more:
                more["deputy_id"] = self.ids[more.pop("deputy")]
            return roles.appoint(work, self.ids[number], Role(role), scope, **more).id

    def token(self, who):
        with self.work() as work:
            return identity.issue_token(self.app.state.identity, work, who)

    def carried(self, who):
        """A token of theirs as clients keep one: until half an hour has gone by, or the clock was set back."""
        token, since = self.carries.get(who, (None, None))
        if token is None or not timedelta(0) <= self.clock.now - since < HALF_AN_HOUR:
            token, _ = self.carries[who] = self.token(who), self.clock.now
        return token

    # What callers do over HTTP.

    def call(self, method, path, who=None, body=None, *, bearer=None, headers=None, **more):
        sent = dict(headers or {})
        if who or bearer:
            sent["Authorization"] = f"Bearer {bearer or self.carried(who)}"
        if body is not None:
            more["json"] = body
        answer = self.client.request(method, path, headers=sent, **more)
        if path == "/access/v1/evaluation" and answer.status_code == 200 and body and self.shadow:
            self.shadow.compare(sent, body, answer.json())
        return answer

    def want(self, status, method, path, who=None, body=None, **more):
        answer = self.call(method, path, who, body, **more)
        if answer.status_code != status:
            raise Refused(f"{method} {path} as {who}: {answer.status_code}, wanted {status}: {answer.text[:600]}")
        return answer.json()

    def get(self, path, who, status=200, **more):
        return self.want(status, "GET", path, who, **more)

    def post(self, path, who, body=None, status=200, **more):
        return self.want(status, "POST", path, who, {} if body is None else body, **more)

    def account(self, handle, unit="sales", network="x", **more):
        """An active account, as an inventory import would bring it."""
        from app.accounts import service as inventory
        from app.accounts import store as accounts
        from app.audit import service as audit
        from app.networks import rules
        from app.networks import store as networks

        with self.work() as work:
            named = rules.canonical(networks.network(work.session, network), handle)
            values = {
                "network": network,
                "handle": named.canonical,
                "handle_written": named.written,
                "url": named.url,
                "skeleton": named.skeleton,
                "business_unit_id": directory.unit(work.session, unit).id,
                "state": "active",
                "source": "inventory",
                "official_from": work.now,
                **more,
            }
            made = accounts.add(work.session, work.now, values)
            audit.record(work, "account.imported", ("account", made.id), after=inventory.told(made))
            return str(made.id)

    def work_off(self, account, who="boss"):
        """Say that all is done that has to be before an account is archived."""
        for step in ("credentials_rotated", "handle_parked", "evidence_kept"):
            body = {"step": step, "reference": f"https://records.example/{step}"}
            self.post(f"/v1/accounts/{account}/decommissioning", who, body)

    def retire(self, account, who="boss"):
        """Bring an account in use from the network to the archive."""
        self.post(f"/v1/accounts/{account}/decommission", who)
        self.work_off(account, who)
        return self.post(f"/v1/accounts/{account}/archive", who)

    def ask(self, who, account, rights=("publish",), status=201, **more):
        body = {"account_id": account, "rights": list(rights), "justification": "Customer care.", **more}
        return self.post("/v1/rights-requests", who, body, status)

    def decide(self, who, request, decision="approve", status=200, comment="Seen."):
        path = f"/v1/rights-requests/{request['id']}/decisions"
        return self.post(path, who, {"decision": decision, "comment": comment}, status)

    def evaluate(self, asker, who, right, account, bearer=None, **context):
        body = {
            "subject": {"type": "employee", "id": who},
            "action": {"name": right},
            "resource": {"type": "account", "id": account},
            "context": context,
        }
        return self.post("/access/v1/evaluation", asker, body, bearer=bearer)

    def codes(self, asker, who, right, account, **context):
        answer = self.evaluate(asker, who, right, account, **context)
        assert answer["decision"] is not bool(answer["context"]["reasons"])
        return {one["code"] for one in answer["context"]["reasons"]}

    def switch(self, who, model, unit=None, **more):
        body = {"model": model, "reason": "A test.", **({"business_unit_id": unit} if unit else {}), **more}
        return self.want(200, "PUT", "/v1/governance", who, body)

    def events(self, **equal):
        from app.audit import service as audit
        from app.kernel.pages import Page

        with self.work(write=False) as work:
            return audit.events(work, Page(limit=200, sort="-seq"), equal)

    def intact(self):
        """How many events the chain holds; fails if it was altered."""
        from app.audit import service as audit

        with self.work(write=False) as work:
            count = audit.verify(work)
        assert isinstance(count, int), count
        return count

    def untold(self):
        """Where the tables are not what the log alone makes of them."""
        from app.replaying import service as replaying

        with self.work(write=False) as work:
            return replaying.replay(work).differences


def staffed(world):
    """A small organisation: two people in sales, its liaison, the hub, two strategists, and people elsewhere."""
    for number in ("asker", "colleague", "liaison"):
        world.hire(number, "Sales")
    for number in ("hub", "boss", "boss2", "auditor", "admin", "developer", "content"):
        world.hire(number, "Communications")
    world.hire("stranger", "Logistics")
    world.hire("otherliaison", "Logistics")
    world.appoint("liaison", "bu_liaison", "sales")
    world.appoint("otherliaison", "bu_liaison", "logistics")
    world.appoint("hub", "community_manager")
    world.appoint("boss", "strategist")
    world.appoint("boss2", "strategist")
    world.appoint("auditor", "auditor")
    world.appoint("admin", "admin")
    world.appoint("developer", "developer")
    world.appoint("content", "content_strategist")
    return world


def active_numbers(session):
    """HR's employee id -> our id, of everyone active."""
    return {number: id_ for part in directory.walk_active(session) for number, id_ in part.items()}
