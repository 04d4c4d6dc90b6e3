"""A company to which anything happens, at instants that are noted together with what was decided then.

What happens is drawn at random and may well be refused: only what was answered counts. HTTP wherever there is a door.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from app.clients import service as clients
from app.directory import store as directory
from app.governance.evaluation import service as evaluation
from app.governance.evaluation.service import Question
from app.governance.history.service import Past
from app.identity import service as identity
from app.kernel.errors import Conflict
from app.kernel.wire import format_instant
from app.lifecycle import service as lifecycle
from app.sweeping.service import TASKS

MOMENT, TTL = timedelta(microseconds=1), 20 * 3600
RIGHTS = ("draft", "publish", "publish", "engage", "analyze", "administer")
MODELS = ("decentralized", "centralized", "hub_and_spoke", "hub_and_spoke", "dandelion", "honeycomb")
ZONES = ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
UNITS = ("sales", "field", "nordics", "logistics")
PEOPLE = ("asker", "colleague", "liaison", "stranger", "content", "hub", "agent", "newcomer")
TOOLS = (None, "postwell", "salestool", "cargotool", "nosuch")
CONTENTS = (None, "a" * 64, "b" * 64)
WHY = {"reason": "A test."}
WEEK = {day: ["08:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
NIGHTS = {day: ["00:00-06:00", "20:00-24:00"] for day in ("mon", "wed", "sat", "sun")}


@dataclass(frozen=True, slots=True)
class Note:
    """A question, the instant at which it was asked, and the answer."""

    at: object
    asked: dict
    answer: dict


def look(work, question):
    """What is so at present: the person's employment, and all that a decision depends on."""
    asked = asking(question)
    person = directory.find_employees(work.session, asked.subject)[0]
    return employment(person), facts(evaluation.Evaluator(work).facts(asked, person), work.now)


def look_back(work, question, at):
    """The same, as it was at an instant."""
    asked, past = asking(question), Past(work, at)
    person = directory.find_employees(work.session, asked.subject)[0]
    return employment(past._employment(person)), facts(past.facts(asked, person), at)


def asking(question):
    return Question(
        question["employee_id"], question["right"], question["account_id"], None, question["content_sha256"]
    )


def employment(one):
    return one.active, one.employment_type, one.starts_at, one.ends_at


def facts(one, at):
    """As far as it matters at this instant: neither what is only planned by then, nor when a row was written last."""
    frozen = [
        (each.id, each.target, each.until, each.exempt) for each in (one.resource.freezes if one.resource else ())
        if each.state_at(at) == "in_force"
    ]  # fmt: skip
    grants = [
        (each.id, each.right, each.state_at(at), each.created_at, each.valid_from, each.valid_until,
         # That it had expired was perhaps written down later.
         *((each.ended_at, each.suspended_since, each.suspended_by, each.review_ends_at) if each.state_at(at) != "expired" else ()),
         each.review_due_at if each.review_due_at and each.review_due_at <= at < each.valid_until else None)
        for each in one.grants
    ]  # fmt: skip
    resource = one.resource and replace(one.resource, freezes=())
    return one.right, one.subject, resource, sorted(frozen), grants, one.clearance


class Chronicle:
    """``notes``: what was asked and answered; ``facts``: what such answers rest on; ``listed``: who could publish where, by
    (instant, account).

    ``only``: what may happen beside grants, so that much of it does; else everything.
    """

    def __init__(self, world, seed, only=()):
        self.only = {"grant", *only} if only else ()
        self.world, self.luck = world, Random(seed)
        self.tally, self.notes, self.listed, self.bearers = Counter(), [], {}, {}
        self.grants, self.freezes, self.clearances, self.completions, self.reviews = [], [], [], [], []
        self.appointments, self.versions, self.held, self.facts = [], [], [], []
        self.found()

    def found(self):
        world = self.world
        for key, parent in (("field", "sales"), ("nordics", None)):
            parent_id = world.get(f"/v1/business-units/{parent}", "boss")["id"] if parent else None
            body = {"key": key, "name": key.title(), **({"parent_id": parent_id} if parent_id else {})}
            world.post("/v1/business-units", "boss", body, 201)
        self.units = {key: world.get(f"/v1/business-units/{key}", "boss")["id"] for key in UNITS}
        world.hire("agent", "Field", employment_type="agency")
        world.hire("newcomer", "Sales", hired_on=(world.clock.now + timedelta(days=2)).date())
        self.accounts = {
            "x:acme": world.account("acme", "sales"), "x:bank": world.account("bank", "field", risk="high"),
            "instagram:cargo": world.account("cargo", "logistics", "instagram"),
        }  # fmt: skip
        for key, unit in (("postwell", None), ("salestool", "sales"), ("cargotool", "logistics")):
            body = {"key": key, "name": key.title(), "business_unit_id": unit and self.units[unit]}
            made = world.post("/v1/publishing-tools", "boss", body, 201)
            self.platform = self.platform if key != "postwell" else made["id"]
        for key, days in (("basics", None), ("crisis", 20)):
            world.post("/v1/courses", "boss", {"key": key, "title": key.title(), "valid_for_days": days}, 201)
        scopes = {
            "house": {"kind": "enterprise"}, "care": {"kind": "business_unit", "id": self.units["sales"]},
            "pictures": {"kind": "network", "id": "instagram"},
        }  # fmt: skip
        for key, scope in scopes.items():
            world.post("/v1/policies", "content", {"key": key, "title": key.title(), "scope": scope}, 201)
        with world.work() as work:
            self.gateway = clients.create_client(work, "gate", ["decisions"], gateway=True, static=True).bearer
            self.tool = clients.create_client(work, "tool", ["decisions"], tool_key="salestool", static=True).bearer

    platform = None

    # Calling.

    def bearer(self, who):
        """A token of theirs that lasts, since asking for one is an event of its own; of who has left, the last they had."""
        token, until = self.bearers.get(who, ("none", self.world.clock.now))
        if until <= self.world.clock.now:
            try:
                with self.world.work() as work:
                    token = identity.issue_token(self.world.app.state.identity, work, who, ttl=TTL)
            except Conflict:
                return token
            self.bearers[who] = token, self.world.clock.now + timedelta(seconds=TTL - 60)
        return token

    def try_to(self, method, path, who, body=None):
        """The answer, or None where it was refused."""
        sent = None if method == "GET" else ({} if body is None else body)
        answer = self.world.call(method, path, body=sent, bearer=self.bearer(who))
        assert answer.status_code < 500, answer.text
        self.tally[method, path.split("/")[2], path.rsplit("/", 1)[-1][:12], answer.is_success] += 1
        return answer.json() if answer.is_success else None

    def some(self, *likely):
        return self.luck.choice(likely)

    def chance(self, share):
        return self.luck.random() < share

    def ahead(self, *hours):
        """An instant ahead."""
        return format_instant(self.world.clock.now + timedelta(hours=self.some(*hours)))

    # One step.

    def go(self, steps):
        for _ in range(steps):
            names = [name for name in dir(self) if name.startswith("do_") and (not self.only or name[3:] in self.only)]
            weights = [getattr(type(self), name).__dict__.get("often", 2) for name in names]
            (name,) = self.luck.choices(names, weights)
            self.tally["did", name[3:]] += 1
            getattr(self, name)()
            self.note()
            self.later()

    def later(self):
        """Time goes on by no time to speak of, or by as much as makes a difference."""
        long = (timedelta(days=1), timedelta(days=4)) if not self.only else ()
        by = self.some(
            MOMENT, timedelta(minutes=17), timedelta(hours=3), timedelta(hours=7), timedelta(hours=13), *long
        )
        self.world.clock.now += by

    def note(self):
        """What is decided now of somebody, what decisions about a few others rest on, and who may publish somewhere."""
        self.bearer("auditor")  # before anything is asked: what is noted knows of it, too
        asked = self.question()
        self.notes.append(Note(self.world.clock.now, asked, self.evaluated(asked)))
        with self.world.work(write=False) as work:
            for _ in range(6):
                question = self.question()
                self.facts.append((work.now, question, *look(work, question)))
        if self.chance(0.3):
            account = self.accounts[self.some(*self.accounts)]
            self.listed[self.world.clock.now, account] = self.publishers(account)

    def question(self):
        who, account, right = self.some(*PEOPLE), self.some(*self.accounts), self.some(*RIGHTS)
        if self.held and self.chance(0.7):
            who, account, right = self.some(*self.held[-8:])
        tool, content = self.some(*TOOLS, "postwell", "postwell", "postwell"), self.some(*CONTENTS)
        return {"employee_id": who, "account_id": account, "right": right, "tool": tool, "content_sha256": content}

    def evaluated(self, asked):
        """The decision as a gateway hears it."""
        said = {name: asked[name] for name in ("tool", "content_sha256") if asked[name]}
        found = self.world.evaluate(
            None, asked["employee_id"], asked["right"], asked["account_id"], bearer=self.gateway, **said
        )
        return {"decision": found["decision"], **found["context"]}

    def explained(self, asked, at=None):
        """The same, explained; as it was at an instant."""
        params = {name: value for name, value in asked.items() if value}
        params |= {"as_of": format_instant(at)} if at else {}
        return self.world.get("/v1/decisions/explain", None, bearer=self.gateway, params=params)

    def publishers(self, account, at=None, who="auditor"):
        params = {"limit": 200, **({"as_of": format_instant(at)} if at else {})}
        path = f"/v1/accounts/{account}/publishers"
        return self.world.get(path, None, bearer=self.bearer(who), params=params)["items"]

    # What may happen.

    def do_grant(self):
        who, account = self.some(*PEOPLE, "asker", "colleague"), self.some(*self.accounts)
        until = {"until": self.ahead(30, 200, 900)} if self.chance(0.4) else {}
        right = self.some(*RIGHTS)
        body = {"account_id": self.accounts[account], "rights": [right], "justification": "Care.", **until}
        made = self.try_to("POST", "/v1/rights-requests", who, body)
        for approver in ("liaison", "otherliaison", "hub", "boss", "boss2"):
            if made and made["state"] == "pending":
                word = {"decision": "approve", "comment": "Seen."}
                made = self.try_to("POST", f"/v1/rights-requests/{made['id']}/decisions", approver, word) or made
        for one in (made or {}).get("grants", ()):
            self.grants.append(one["id"])
            self.held.append((who, account, right))

    do_grant.often = 18

    def do_change_grant(self):
        if self.grants:
            verb = self.some("revoke", "suspend", "suspend", "resume", "resume")
            self.try_to("POST", f"/v1/grants/{self.some(*self.grants[-6:])}/{verb}", self.some("boss", "asker"), WHY)

    do_change_grant.often = 5

    def do_freeze(self):
        kind = self.some("enterprise", "business_unit", "network", "account")
        id_ = {
            "enterprise": None, "business_unit": self.units[self.some(*UNITS)], "network": self.some("x", "instagram"),
            "account": self.accounts[self.some(*self.accounts)],
        }[kind]  # fmt: skip
        body = {
            "scope": {"kind": kind, **({"id": id_} if id_ else {})}, "severity": "L2", "reason": "A recall.",
            "exempt_employee_ids": [str(self.world.ids[self.some(*PEOPLE)])] if self.chance(0.3) else [],
            **({"until": self.ahead(3, 20, 70)} if self.chance(0.6) else {}),
        }  # fmt: skip
        made = self.try_to("POST", "/v1/freezes", "boss", body)
        self.freezes += [made["id"]] if made else []

    def do_lift(self):
        for id_ in self.freezes:
            self.try_to("POST", f"/v1/freezes/{id_}/lift", "boss", WHY)
        self.freezes.clear()

    do_lift.often = 6

    def do_step_account(self):
        if self.chance(0.4):
            self.try_to("POST", f"/v1/accounts/{self.accounts[self.some(*self.accounts)]}/suspend", "boss", WHY)
        else:
            for id_ in self.accounts.values():
                self.try_to("POST", f"/v1/accounts/{id_}/resume", "boss", WHY)

    def do_move_account(self):
        unit = {"business_unit_id": self.some(*UNITS)}
        self.try_to("PATCH", f"/v1/accounts/{self.accounts[self.some(*self.accounts)]}", "boss", unit)

    def do_propose(self):
        """A handle that is proposed in vain, and perhaps proposed again."""
        body = {"network": "x", "handle": "fresh", "business_unit_id": "sales", "purpose": "News."}
        made = self.try_to("POST", "/v1/accounts", "liaison", body)
        if made:
            word = {"decision": self.some("deny", "approve"), "comment": "Seen."}
            self.accounts["x:fresh"] = made["id"]
            if self.try_to("POST", f"/v1/accounts/{made['id']}/decisions", "hub", word):
                self.try_to("POST", f"/v1/accounts/{made['id']}/activate", "boss", WHY)

    def do_switch(self):
        model = self.some(*MODELS)
        body = {"model": model, **WHY, **({"platform_id": self.platform} if model == "honeycomb" else {})}
        body |= {"business_unit_id": self.units[self.some(*UNITS)]} if self.chance(0.7) else {}
        body |= {"effective_from": self.ahead(4, 40)} if self.chance(0.3) else {}
        self.try_to("PUT", "/v1/governance", "boss", body)

    def do_publish_policy(self):
        rules = {
            "required_training": [{"course": self.some("basics", "crisis"), **self.some({}, {"valid_for_days": 9})}],
            "attestation_required": True, "employment_types": self.some(["employee"], ["employee", "agency"]),
            "posting_hours": self.some(WEEK, NIGHTS), "allowed_tools": self.some(["postwell"], ["postwell", "salestool"]),
            "clearance_required": True, "mover_grace_days": self.some(0, 1, 3), "max_grant_days": 90,
        }  # fmt: skip
        key, some = self.some("house", "care", "pictures"), self.luck.sample(sorted(rules), self.some(0, 1, 1, 2, 3))
        body = {"text": f"# {key}", "rules": {name: rules[name] for name in some}}
        body["attestation_grace_days"] = self.some(0, 0, 2)
        body |= {"effective_from": self.ahead(5, 50)} if self.chance(0.3) else {}
        made = self.try_to("POST", f"/v1/policies/{key}/versions", "content", body)
        if made and self.try_to("POST", f"/v1/policies/{key}/versions/{made['n']}/publish", "boss"):
            self.versions.append((key, made["n"]))

    do_publish_policy.often = 3

    def do_retire_policy(self):
        if self.versions:
            key, n = self.some(*self.versions[-4:])
            self.try_to("POST", f"/v1/policies/{key}/versions/{n}/retire", "boss", WHY)

    def do_attest(self):
        for key, n in self.versions[-4:]:
            for who in self.luck.sample(PEOPLE, 3):
                self.try_to("POST", f"/v1/policies/{key}/versions/{n}/attestations", who)

    do_attest.often = 3

    def do_complete(self):
        for who in self.luck.sample(PEOPLE, 4):
            at = format_instant(self.world.clock.now - timedelta(days=self.some(0, 0, 8, 19)))
            body = {"employee_id": who, "course_id": self.some("basics", "crisis"), "completed_at": at}
            made = self.try_to("POST", "/v1/completions", "boss", body)
            self.completions += [made["id"]] if made else []

    do_complete.often = 3

    def do_revoke_completion(self):
        if self.completions:
            self.try_to("POST", f"/v1/completions/{self.some(*self.completions)}/revoke", "boss", WHY)

    def do_change_course(self):
        days = {"valid_for_days": self.some(None, 5, 20, 100)}
        self.try_to("PATCH", f"/v1/courses/{self.some('basics', 'crisis')}", "boss", days)

    def do_appoint(self):
        role = self.some("content_strategist", "community_manager", "community_manager", "bu_liaison")
        body = {"employee_id": str(self.world.ids[self.some(*PEOPLE)]), "role": role}
        body |= {"business_unit_id": self.units["sales"]} if role == "bu_liaison" or self.chance(0.2) else {}
        body |= {"valid_from": self.ahead(6, 30)} if self.chance(0.3) else {}
        body |= {"valid_until": self.ahead(60, 200)} if self.chance(0.4) else {}
        made = self.try_to("POST", "/v1/appointments", "boss", body)
        self.appointments += [made["id"]] if made else []

    def do_end_appointment(self):
        if self.appointments:
            self.try_to("DELETE", f"/v1/appointments/{self.some(*self.appointments)}", "boss")

    def do_hr(self):
        """HR says something: how somebody is employed, where, from when, until when, or that they are not."""
        who, today = self.some(*PEOPLE), self.world.clock.now.date()
        day = lambda *days: today + timedelta(days=self.some(*days))  # noqa: E731
        values = self.some(
            {"employment_type": self.some("employee", "agency", "contractor")},
            {"business_unit_id": self.some(*UNITS)}, {"business_unit_id": self.some(*UNITS)},
            {"terminated_on": day(0, 1, 2, 3)}, {"terminated_on": None}, {"hired_on": day(-1, 0, 1, 2)},
            {"hired_on": day(0, 1), "terminated_on": day(2, 4)}, {"title": f"Number {self.luck.random()}"},
        )  # fmt: skip
        with self.world.work() as work:
            if "business_unit_id" in values:
                values["business_unit_id"] = directory.unit(work.session, values["business_unit_id"]).id
            person = directory.employee(work.session, self.world.ids[who])
            lifecycle.restate(work, person, values, active=self.chance(0.85), reason="HR's feed says so")

    do_hr.often = 8

    def do_rehire(self):
        with self.world.work() as work:
            for who in PEOPLE:
                person = directory.employee(work.session, self.world.ids[who])
                lifecycle.restate(work, person, {"terminated_on": None}, active=True, reason="HR's feed says so")

    def do_move_unit(self):
        parent = {"parent_id": self.some(self.units["sales"], self.units["logistics"], "enterprise")}
        if parent["parent_id"] == "enterprise":
            parent["parent_id"] = self.world.get("/v1/business-units/enterprise", None, bearer=self.bearer("boss"))[
                "id"
            ]
        self.try_to("PATCH", f"/v1/business-units/{self.some('field', 'nordics', 'logistics')}", "boss", parent)

    def do_rezone(self):
        self.try_to("PATCH", f"/v1/business-units/{self.some(*UNITS)}", "boss", {"timezone": self.some(*ZONES)})

    do_rezone.often = 4

    def do_merge(self):
        """A unit with people, accounts and a tool of its own is merged into another."""
        n, who = self.tally["did", "merge"], self.some(*PEOPLE)
        body = {
            "key": f"shop-{n}",
            "name": f"Shop {n}",
            "timezone": self.some(*ZONES),
            "parent_id": self.units["sales"],
        }
        unit = self.try_to("POST", "/v1/business-units", "boss", body)["id"]
        with self.world.work() as work:
            person = directory.employee(work.session, self.world.ids[who])
            values = {"business_unit_id": directory.unit(work.session, unit).id}
            if self.chance(0.5):
                values["hired_on"] = self.world.clock.now.date() + timedelta(days=self.some(0, 1))
            if self.chance(0.3):
                values["terminated_on"] = self.world.clock.now.date() + timedelta(days=self.some(1, 2))
            lifecycle.amend(work, person, values)
        account = self.accounts[self.some(*self.accounts)]
        self.try_to("PATCH", f"/v1/accounts/{account}", "boss", {"business_unit_id": unit})
        child = self.some("field", "nordics")
        self.try_to("PATCH", f"/v1/business-units/{child}", "boss", {"parent_id": unit})
        self.note()
        self.later()
        into = self.units[self.some("sales", "logistics")]
        self.try_to("POST", f"/v1/business-units/{unit}/merge", "boss", {"into_id": into, **WHY})

    def do_tools(self):
        """A tool is taken out of use, and one of another name registered."""
        if self.chance(0.3):
            self.try_to("POST", f"/v1/publishing-tools/{self.some('salestool', 'cargotool')}/retire", "boss")
        self.try_to("POST", "/v1/publishing-tools", "boss", {"key": "nosuch", "name": "None such"})

    do_tools.often = 1

    def do_submit(self):
        content = self.some(*CONTENTS[1:])
        body = {"account_id": self.accounts[self.some(*self.accounts)], "content_sha256": content}
        made = self.try_to("POST", "/v1/clearances", "content", {**body, "not_after": self.ahead(20, 150)})
        if made:
            self.clearances.append((made["id"], content))
            if self.chance(0.7):
                word = {"decision": self.some("approve", "approve", "deny")}
                self.try_to("POST", f"/v1/clearances/{made['id']}/decisions", "boss", word)

    do_submit.often = 5

    def do_use_clearance(self):
        for id_, content in self.clearances[-3:]:
            if self.chance(0.4):
                self.try_to("POST", f"/v1/clearances/{id_}/withdraw", "content")
            else:
                path = f"/v1/clearances/{id_}/redeem"
                self.world.call("POST", path, body={"content_sha256": content}, bearer=self.gateway)

    do_use_clearance.often = 3

    def do_review(self):
        now = self.world.clock.now
        dates = {"due_at": format_instant(now + timedelta(days=1)), "ends_at": format_instant(now + timedelta(days=2))}
        body = {"title": "Rights", "kinds": ["grants"], **dates, "filter": {"network": self.some("x", "instagram")}}
        made = self.try_to("POST", "/v1/reviews", "boss", body)
        self.reviews += [made["id"]] if made else []

    def do_answer_review(self):
        for id_ in self.reviews[-2:]:
            if self.chance(0.2):
                self.try_to("POST", f"/v1/reviews/{id_}/close", "boss2", WHY)
            found = self.try_to("GET", f"/v1/reviews/{id_}/items?limit=200", "boss") or {"items": []}
            for one in found["items"]:
                word = {"decision": self.some("keep", "keep", "keep", "end")}
                for who in self.luck.sample(["liaison", "otherliaison", "hub", "boss"], 2):
                    self.try_to("POST", f"/v1/reviews/{id_}/items/{one['id']}/decisions", who, word)

    do_answer_review.often = 3

    def do_sweep(self):
        """What time has done is written down."""
        for task in TASKS:
            with self.world.work() as work:
                task.run(work, 100)

    do_sweep.often = 3
