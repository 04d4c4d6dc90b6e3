"""One service on one database, with everything in it called by its name: each operation is the HTTP call it stands for."""

from datetime import timedelta

from app.directory import store as directory
from app.identity import service as identity
from app.kernel.wire import format_instant
from app.lifecycle import service as lifecycle
from tests.kit import World

from .oracle import Rows

TTL = 20 * 3600


class Side:
    """A world and the ids of what was made in it, in the order in which the model made the same."""

    def __init__(self, world: World, ids):
        self.world, self.name = world, "sqlite" if world.settings.sqlite else "postgresql"
        self.people, self.units, self.accounts = dict(ids["people"]), ids["units"], ids["accounts"]
        self.bearer, self.platform = ids["bearer"], ids["platform"]
        self.requests, self.freezes, self.appointments, self.grants = [], [], [], []
        self.tokens = {}
        world.ids = self.people

    def rows(self):
        return Rows.read(self.world.app.state.engine, self.world.clock.now)

    def token(self, who):
        """A token of theirs; of somebody who has left, the last that they got."""
        now = self.world.clock.now
        token, until = self.tokens.get(who, (None, now))
        if until <= now:
            with self.world.work() as work:
                person = directory.employee(work.session, self.people[who])
                if person.active or token is None:
                    token = identity.issue_token(self.world.app.state.identity, work, who, ttl=TTL)
                    self.tokens[who] = (token, now + timedelta(seconds=TTL - 60))
        return token

    def call(self, who, method, path, body=None):
        return self.world.call(method, path, body=body, bearer=self.token(who))

    # What HR and the operator do.

    def hire(self, who, unit, kind):
        self.world.hire(who, unit, employment_type=kind)
        self.token(who)

    def fire(self, who):
        self.token(who)
        self.world.fire(who)

    def rehire(self, who):
        with self.world.work() as work:
            lifecycle.come_back(work, directory.employee(work.session, self.people[who]), {})

    def appointed(self, who, role, scope):
        told = {"unit": "unit", "network": "network"}
        more = {told[scope[0]]: scope[1]} if scope[0] in told else {}
        self.appointments.append(self.world.appoint(who, role, **more))

    # What people do.

    def appoint(self, actor, who, role, scope, deputy=None, until=None, since=None):
        body = {"employee_id": str(self.people[who]), "role": role}
        body |= {"business_unit_id": str(self.units[scope[1]])} if scope[0] == "unit" else {}
        body |= {"network": scope[1]} if scope[0] == "network" else {}
        body |= {"deputy_id": str(self.people[deputy])} if deputy else {}
        body |= {name: format_instant(at) for name, at in (("valid_until", until), ("valid_from", since)) if at}
        return self.made(self.appointments, self.call(actor, "POST", "/v1/appointments", body))

    @staticmethod
    def made(names, answer):
        if answer.status_code == 201:
            names.append(answer.json()["id"])
        return answer

    def redeputize(self, actor, n, deputy):
        body = {"deputy_id": deputy and str(self.people[deputy])}
        return self.call(actor, "PATCH", f"/v1/appointments/{self.appointments[n]}", body)

    def end_appointment(self, actor, n):
        return self.call(actor, "DELETE", f"/v1/appointments/{self.appointments[n]}")

    def ask(self, asker, account, rights, who=None, until=None):
        body = {"account_id": account, "rights": list(rights), "justification": "Customer care."}
        body |= {"beneficiary_id": str(self.people[who])} if who else {}
        body |= {"until": format_instant(until)} if until else {}
        return self.made(self.requests, self.call(asker, "POST", "/v1/rights-requests", body))

    def decide(self, actor, n, verdict):
        body = {"decision": verdict, "comment": "Seen."}
        return self.call(actor, "POST", f"/v1/rights-requests/{self.requests[n]}/decisions", body)

    def withdraw(self, actor, n):
        return self.call(actor, "POST", f"/v1/rights-requests/{self.requests[n]}/withdraw", {})

    def revise(self, actor, n, rights=None, **more):
        body = {"rights": list(rights)} if rights else {"justification": "More of it."}
        body |= {"until": more["until"] and format_instant(more["until"])} if "until" in more else {}
        return self.call(actor, "PATCH", f"/v1/rights-requests/{self.requests[n]}", body)

    def handle(self, actor, n, verb):
        return self.call(actor, "POST", f"/v1/grants/{self.grants[n]}/{verb}", {"reason": "A test."})

    def step_account(self, actor, account, verb):
        return self.call(actor, "POST", f"/v1/accounts/{self.accounts[account]}/{verb}", {})

    def freeze(self, actor, kind, id_, exempt=(), until=None):
        named = {"business_unit": self.units, "account": self.accounts}.get(kind, {}).get(id_, id_)
        body = {
            "scope": {"kind": kind, **({"id": str(named)} if named else {})}, "severity": "L2", "reason": "A recall.",
            "exempt_employee_ids": [str(self.people[who]) for who in exempt],
            **({"until": format_instant(until)} if until else {}),
        }  # fmt: skip
        return self.made(self.freezes, self.call(actor, "POST", "/v1/freezes", body))

    def lift(self, actor, n):
        return self.call(actor, "POST", f"/v1/freezes/{self.freezes[n]}/lift", {"reason": "Over."})

    def switch(self, actor, model, unit=None, begins=None):
        body = {"model": model, "reason": "A test."}
        body |= {"business_unit_id": str(self.units[unit])} if unit else {}
        body |= {"effective_from": format_instant(begins)} if begins else {}
        body |= {"platform_id": self.platform} if model == "honeycomb" else {}
        return self.call(actor, "PUT", "/v1/governance", body)

    def draft(self, actor, policy, rules, begins=None, grace=14):
        body = {"text": f"# {policy}", "rules": {name: told(name, value) for name, value in rules.items()}}
        body |= {"attestation_grace_days": grace, **({"effective_from": format_instant(begins)} if begins else {})}
        return self.call(actor, "POST", f"/v1/policies/{policy}/versions", body)

    def publish(self, actor, policy, n):
        return self.call(actor, "POST", f"/v1/policies/{policy}/versions/{n}/publish", {})

    def attest(self, actor, policy, n):
        return self.call(actor, "POST", f"/v1/policies/{policy}/versions/{n}/attestations", {})

    def complete(self, actor, who, course, days_ago=0):
        at = format_instant(self.world.clock.now - timedelta(days=days_ago))
        return self.call(
            actor, "POST", "/v1/completions", {"employee_id": who, "course_id": course, "completed_at": at}
        )

    # What is looked at.

    def evaluate(self, who, right, account, asker=None):
        """(decision, codes), asked by a tool or by a person."""
        bearer = self.token(asker) if asker else self.bearer
        answer = self.world.evaluate(None, who, right, account, bearer=bearer)
        return answer["decision"], frozenset(one["code"] for one in answer["context"]["reasons"])

    def see(self, n):
        """A request as the auditor sees it: its state, and of each step what it is, needs, and who may decide it."""
        shown = self.call("auditor", "GET", f"/v1/rights-requests/{self.requests[n]}").json()
        names = {str(id_): name for name, id_ in self.people.items()}
        steps = [
            (one["kind"], one["needed"], one["state"], frozenset(
                names[who] for seat in one["eligible"] for who in (seat["employee_id"], seat["deputy_id"]) if who
            ), len(one["decisions"]))
            for one in shown["steps"]
        ]  # fmt: skip
        return shown["state"], shown["model"], steps


def told(name, value):
    """A rule of the model as it is sent."""
    if name == "employment_types":
        return sorted(value)
    if name == "required_training":
        return [{"course": key, **({"valid_for_days": days} if days else {})} for key, days in sorted(value.items())]
    if name == "posting_hours":
        days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        return {day: [*_spans({hour for at, hour in value if at == n})] for n, day in enumerate(days)}
    return value


def _spans(hours):
    """Hours of a day as spans, those that touch as one."""
    for begins in sorted(hour for hour in hours if hour - 1 not in hours):
        ends = next(hour for hour in range(begins, 25) if hour not in hours)
        yield f"{begins:02d}:00-{ends:02d}:00"
