"""A random history of an organisation, made by the calls that people and systems make; some of them are refused."""

import random
from datetime import timedelta
from types import SimpleNamespace

from app.audit import service as audit
from app.clients import service as clients
from app.directory import store as directory
from app.governance.grants.tables import Grant
from app.identity import service as identity
from app.lifecycle import service as lifecycle
from app.sweeping import service as sweeps
from app.sweeping.worker import sweep

WHY = {"reason": "A test."}
PEOPLE = ("asker", "colleague", "liaison", "hub", "stranger", "otherliaison", "content", "boss")
RIGHTS = ("draft", "publish", "engage", "analyze", "administer")
MODELS = ("decentralized", "centralized", "hub_and_spoke", "dandelion", "honeycomb")
NAMES = ("asker", "colleague", "one@world.example", "two@world.example", "Three", "liaison@world.example", "77")
DIGESTS = tuple(f"{n:064x}" for n in range(3))
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Europe/Berlin")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PARTS = (0, 0, 1, 499_999, 999_499, 999_500, 999_999)


class History:
    """One course of events; ``seed`` tells which."""

    def __init__(self, world, seed):
        self.world, self.chance, self.told = world, random.Random(seed), []
        self.units, self.accounts, self.people = ["sales", "logistics", "communications"], [], list(PEOPLE)
        self.made = {kind: [] for kind in ("requests", "grants", "freezes", "appointments", "clearances", "completions",
                                           "policies", "reviews", "tools", "clients", "scim")}  # fmt: skip
        world.shadow = None
        with world.work() as work:
            self.hr = clients.create_client(work, "HR", ["hr"], static=True).bearer
        for handle, unit in (("acme", "sales"), ("depot", "logistics")):
            self.accounts.append(world.account(handle, unit))
        for key in ("basics", "crisis"):
            self.call("POST", "/v1/courses", "boss", {"key": key, "title": key.title()})
        for key in ("fanfare", "platform"):
            self.keep(
                "tools", self.call("POST", "/v1/publishing-tools", "developer", {"key": key, "name": key.title()})
            )
        self.call("PUT", "/v1/governance", "boss", {"model": "decentralized", **WHY})
        world.clock.turn(seconds=1)
        for who, account in (("asker", 0), ("colleague", 0), ("stranger", 1), ("liaison", 0)):
            self.ask(who, self.accounts[account], ["publish", "engage"])

    # How things are called.

    def call(self, method, path, who=None, body=None, bearer=None):
        """One request; it may be refused, but never break anything. Answers what came back where it was a success."""
        world = self.world
        if bearer is None:
            bearer = identity.employee_token(
                world.app.state.identity, SimpleNamespace(id=world.ids[who]), world.clock.now, "cli"
            )
        answer = world.client.request(method, path, json=body, headers={"Authorization": f"Bearer {bearer}"})
        self.told.append((str(world.clock.now), method, path, who, body, answer.status_code))
        assert answer.status_code < 500, (self.told[-1], answer.text)
        return answer.json() if answer.is_success and answer.content else None

    def keep(self, kind, made):
        if made:
            self.made[kind].append(made["id"])
        return made

    def any(self, kind):
        """One of what was made; the newest more often than others."""
        found = self.made[kind]
        return (found[-1] if self.chance.random() < 0.5 else self.chance.choice(found)) if found else "0" * 8

    def pick(self, *several):
        return self.chance.choice(several)

    def later(self, most=20 * DAY):
        """An instant to come, with any part of a second."""
        at = self.world.clock.now + self.chance.random() * most
        return at.replace(microsecond=self.pick(*PARTS))

    def said(self, at):
        return at.isoformat().replace("+00:00", "Z")

    # What happens.

    def step(self):
        """Something happens."""
        self.chance.choice(HAPPENINGS)(self)

    def ask(self, who=None, account=None, rights=None):
        body = {"account_id": account or self.pick(*self.accounts), "justification": "Care.",
                "rights": rights or self.chance.sample(RIGHTS, 2)}  # fmt: skip
        if self.chance.random() < 0.5:
            body["until"] = self.said(self.later())
        made = self.keep("requests", self.call("POST", "/v1/rights-requests", who or self.pick(*PEOPLE), body))
        self.grants_of(made)

    def grants_of(self, request):
        for one in (request or {}).get("grants", ()):
            self.made["grants"].append(one["id"])

    def decide(self):
        word = {"decision": self.pick("approve", "approve", "deny", "request_changes"), "comment": "Seen."}
        path = f"/v1/rights-requests/{self.any('requests')}/decisions"
        for who in ("liaison", "otherliaison", "hub", "boss2"):
            self.grants_of(self.call("POST", path, who, word))

    def handle_grant(self):
        verb = self.pick("revoke", "suspend", "resume", "resume", "renew", "passport")
        body = {"renew": {"justification": "Again."}, "passport": {}}.get(verb, WHY)
        made = self.call(
            "POST", f"/v1/grants/{self.any('grants')}/{verb}", self.pick("boss", "boss", "asker", "hub"), body
        )
        if verb == "renew":
            self.grants_of(self.keep("requests", made))

    def redate_grant(self):
        """As a grant made by another process, whose clock is a little ahead or behind, would stand there."""
        with self.world.work() as work:
            row = self.chance.choice(work.session.query(Grant).order_by(Grant.id).all())
            row.valid_until = max(row.valid_from + MINUTE, self.later(3 * DAY))
            audit.record(work, "grant.resumed", ("grant", row.id))

    def freeze(self):
        if self.chance.random() < 0.5:
            self.call("POST", f"/v1/freezes/{self.any('freezes')}/lift", "boss", WHY)
            return
        kind = self.pick("enterprise", "business_unit", "network", "account")
        id_ = {"business_unit": self.pick(*self.units), "network": "x", "account": self.pick(*self.accounts)}.get(kind)
        body = {"scope": {"kind": kind, **({"id": id_} if id_ else {})}, "severity": "L2", **WHY}
        if self.chance.random() < 0.7:
            body["until"] = self.said(self.later(DAY))
        if self.chance.random() < 0.3:
            body["exempt_employee_ids"] = [str(self.world.ids[self.pick("asker", "hub")])]
        self.keep("freezes", self.call("POST", "/v1/freezes", "boss", body))

    def switch(self):
        body = {"model": self.pick(*MODELS), **WHY}
        if body["model"] == "honeycomb":
            body["platform_id"] = self.any("tools")
        if self.chance.random() < 0.5:
            body["business_unit_id"] = self.pick(*self.units)
        if self.chance.random() < 0.4:
            body["effective_from"] = self.said(self.later(5 * DAY))
        self.call("PUT", "/v1/governance", "boss", body)

    def rule(self):
        key = f"p{len(self.made['policies']) % 4}"
        if self.chance.random() < 0.3:
            self.call("POST", f"/v1/policies/{key}/versions/{self.pick(1, 2, 3)}/retire", "boss", WHY)
            return
        scope = self.pick(
            {"kind": "enterprise"}, {"kind": "business_unit", "id": "sales"}, {"kind": "network", "id": "x"}
        )
        self.call("POST", "/v1/policies", "boss", {"key": key, "title": key, "scope": scope})
        every = {
            "required_training": [{"course": self.pick("basics", "crisis"), "valid_for_days": self.pick(1, 5, 30)}],
            "attestation_required": True, "max_grant_days": 60, "employment_types": self.pick(["employee"], ["contractor"]),
            "allowed_tools": self.pick(["fanfare"], ["platform", "fanfare"]), "clearance_required": True,
            "posting_hours": {day: ["08:00-12:30"] for day in ("mon", "tue", "thu", "sat")},
        }  # fmt: skip
        rules = {name: every[name] for name in self.chance.sample(sorted(every), self.pick(1, 2))}
        body = {"text": "Care.", "rules": rules, "attestation_grace_days": self.pick(0, 2)}
        if self.chance.random() < 0.4:
            body["effective_from"] = self.said(self.later(3 * DAY))
        made = self.call("POST", f"/v1/policies/{key}/versions", "boss", body)
        if made:
            self.made["policies"].append((key, made["n"]))
            self.call("POST", f"/v1/policies/{key}/versions/{made['n']}/publish", "boss2", {})

    def comply(self):
        who = self.pick("asker", "colleague", "stranger")
        if self.made["policies"] and self.chance.random() < 0.4:
            key, n = self.any("policies")
            self.call("POST", f"/v1/policies/{key}/versions/{n}/attestations", who, {})
        elif self.chance.random() < 0.7:
            at = self.world.clock.now - self.chance.random() * 10 * DAY
            body = {"employee_id": str(self.world.ids[who]), "course_id": self.pick("basics", "crisis"),
                    "completed_at": self.said(at.replace(microsecond=self.pick(*PARTS)))}  # fmt: skip
            self.keep("completions", self.call("POST", "/v1/completions", "boss", body))
        elif self.chance.random() < 0.5:
            self.call("POST", f"/v1/completions/{self.any('completions')}/revoke", "boss", WHY)
        else:
            body = {"valid_for_days": self.pick(None, 1, 7, 90)}
            self.call("PATCH", f"/v1/courses/{self.pick('basics', 'crisis')}", "content", body)

    def account(self):
        id_ = self.pick(*self.accounts)
        roll = self.chance.random()
        if roll < 0.5:
            verb = self.pick("suspend", "resume", "resume", "validate", "activity", "decommission", "activate")
            self.call("POST", f"/v1/accounts/{id_}/{verb}", "boss", {} if verb in ("validate", "activity") else WHY)
        elif roll < 0.7:
            body = {"handle": self.pick("fresh", "Fresh2"), "network": "x", "business_unit_id": self.pick(*self.units),
                    "display_name": "New", "purpose": "News."}  # fmt: skip
            made = self.call("POST", "/v1/accounts", self.pick("liaison", "boss", "asker"), body)
            if made:
                self.accounts.append(made["id"])
        elif roll < 0.9:
            word = {"decision": self.pick("approve", "deny"), "comment": "Seen."}
            for who in ("liaison", "hub", "boss2"):
                self.call("POST", f"/v1/accounts/{id_}/decisions", who, word)
        else:
            self.call("PATCH", f"/v1/accounts/{id_}", "boss", {"purpose": "Other news."})

    def person(self):
        """HR says something of somebody: names, dates, kind, unit; that they are gone, or back."""
        number, world = self.pick("asker", "colleague", "stranger", "liaison"), self.world
        with world.work() as work:
            who, day = directory.employee(work.session, world.ids[number]), world.clock.now.date()
            roll = self.chance.random()
            values = self.pick(
                {"email": self.pick(*NAMES, None)}, {"email": self.pick(*NAMES)},
                {"terminated_on": self.pick(None, day + DAY, day + 3 * DAY)}, {"hired_on": self.pick(None, day + DAY, day)},
                {"employment_type": self.pick("employee", "contractor")}, {"title": "Other"},
                {"business_unit_id": directory.unit(work.session, self.pick(*self.units)).id},
            )  # fmt: skip
            if roll < 0.75:
                lifecycle.amend(work, who, values)
            elif roll < 0.85:
                lifecycle.restate(work, who, values, active=False, reason="gone")
            else:
                lifecycle.restate(work, who, values, active=True, reason="back")

    def scim(self):
        """The identity provider's word: people come, are called so and so, go, and come again."""
        roll, name = self.chance.random(), self.pick(*NAMES, "new1", "new2")
        if roll < 0.4:
            body = {"userName": name, "emails": [{"value": self.pick("one@world.example", "two@world.example")}]}
            self.keep("scim", self.call("POST", "/scim/v2/Users", None, body, bearer=self.hr))
            return
        path = f"/scim/v2/Users/{self.any('scim') if self.chance.random() < 0.7 else self.world.ids['colleague']}"
        if roll < 0.5:
            self.call("DELETE", path, None, bearer=self.hr)
            return
        what, value = self.pick(("userName", name), ("active", False), ("active", True), ("title", "Any"))
        patch = {"Operations": [{"op": "replace", "path": what, "value": value}]}
        self.call("PATCH", path, None, patch, bearer=self.hr)

    def unit(self):
        roll, n = self.chance.random(), len(self.units)
        if roll < 0.5:
            self.call("PATCH", f"/v1/business-units/{self.pick(*self.units)}", "boss", {"timezone": self.pick(*ZONES)})
        elif roll < 0.8 and n < 8:
            body = {"key": f"unit{n}", "name": f"Unit {n}", "timezone": self.pick(*ZONES)}
            if self.call("POST", "/v1/business-units", "boss", body):
                self.units.append(f"unit{n}")
        else:
            with self.world.work(write=False) as work:
                into = str(directory.unit(work.session, self.pick(*self.units)).id)
            body = {"into_id": into, **WHY}
            self.call("POST", f"/v1/business-units/{self.pick(*self.units)}/merge", "boss", body)

    def appoint(self):
        if self.chance.random() < 0.4:
            self.call("DELETE", f"/v1/appointments/{self.any('appointments')}", "boss")
            return
        role = self.pick("content_strategist", "community_manager", "bu_liaison", "social_analyst")
        body = {"employee_id": str(self.world.ids[self.pick("asker", "colleague", "stranger")]), "role": role}
        if role == "bu_liaison":
            body["business_unit_id"] = self.pick(*self.units)
        if self.chance.random() < 0.5:
            body["valid_from"] = self.said(begins := self.later(DAY))
            body["valid_until"] = self.said(begins + HOUR + timedelta(microseconds=self.pick(*PARTS)))
        self.keep("appointments", self.call("POST", "/v1/appointments", "boss", body))

    def clear(self):
        roll, path = self.chance.random(), f"/v1/clearances/{self.any('clearances')}"
        digest = self.pick(*DIGESTS[:2])
        if roll < 0.4:
            body = {"account_id": self.pick(*self.accounts[:2]), "content_sha256": digest}
            if self.chance.random() < 0.5:
                body["not_after"] = self.said(self.later(2 * DAY))
            self.keep("clearances", self.call("POST", "/v1/clearances", self.pick("asker", "content", "liaison"), body))
        elif roll < 0.75:
            word = {"decision": self.pick("approve", "approve", "deny"), "comment": "Seen."}
            self.call("POST", f"{path}/decisions", "boss", word)
        elif roll < 0.9:
            self.call("POST", f"{path}/redeem", None, {"content_sha256": digest}, bearer=self.world.gateway)
        else:
            self.call("POST", f"{path}/withdraw", "boss", {})

    def review(self):
        roll = self.chance.random()
        if roll < 0.4:
            due = self.later(3 * DAY)
            body = {"title": "Rights", "kinds": ["grants"], "due_at": self.said(due), "ends_at": self.said(due + DAY)}
            self.keep("reviews", self.call("POST", "/v1/reviews", "boss", body))
        elif roll < 0.85:
            path = f"/v1/reviews/{self.any('reviews')}/items"
            items = (self.call("GET", path, "boss") or {}).get("items") or [{"id": "0"}]
            word = {"decision": self.pick("keep", "keep", "end"), "comment": "Seen."}
            for who in ("hub", "boss", "boss2"):
                self.call("POST", f"{path}/{self.pick(*items)['id']}/decisions", who, word)
        else:
            self.call("POST", f"/v1/reviews/{self.any('reviews')}/close", "boss", WHY)

    def tool(self):
        n = len(self.made["tools"])
        body = {"key": self.pick("fanfare", "platform", f"tool{n}"), "name": f"Tool {n}"}
        if self.chance.random() < 0.5:
            body["business_unit_id"] = self.pick(*self.units)
        self.keep("tools", self.call("POST", "/v1/publishing-tools", "developer", body))
        if self.chance.random() < 0.3:
            self.call("POST", f"/v1/publishing-tools/{self.any('tools')}/retire", "developer")

    def swept(self):
        sweep(self.world.house, sweeps.tasks(self.world.settings))

    def wait(self):
        self.world.clock.turn(seconds=self.pick(1, 30, 59, 60, 3599))
        self.world.clock.turn(microseconds=self.pick(0, 1, 500, 999_999))

    def wait_long(self):
        self.world.clock.turn(hours=self.pick(1, 5, 23, 24, 24 * 7, 24 * 30))


H = History
HAPPENINGS = (
    H.ask, H.ask, H.decide, H.decide, H.handle_grant, H.handle_grant, H.redate_grant, H.freeze, H.freeze, H.switch, H.rule,
    H.rule, H.comply, H.comply, H.account, H.account, H.person, H.person, H.person, H.scim, H.scim, H.unit, H.appoint,
    H.clear, H.clear, H.review, H.review, H.tool, H.swept, H.wait, H.wait, H.wait_long,
)  # fmt: skip
