"""Everything else that happens to the organisation, and what should come of it (domain.md 1, 3 to 7)."""

from datetime import timedelta

from .model import KINDS, LIVE, Appointment, Choice, Freeze, Person, Version, working_days_after
from .routes import BARRED, GONE, OK, UNSEEN, Routes
from .typed import widens

MADE = (201, None)
NOT_MINE = (403, "not_the_authority")
ALONE = frozenset({"auditor", "admin"})


class Model(Routes):
    """The whole organisation; each operation answers (status, code) and is done if that is a success."""

    legally_held = erased = frozenset()

    # People and their roles.

    def hire(self, who, unit, kind):
        self.people[who] = Person(unit, kind)

    def fire(self, who):
        if not self.active(who):
            return
        for one in self.grants:
            if one.who == who and one.end is None:
                one.end = "expired" if one.state(self.now) == "expired" else "revoked"
                one.ended_by, one.paused = None, False
        for one in self.appointments:
            one.ended = one.ended or one.who == who
            if one.deputy == who and not one.ended:
                one.deputy = None
        for one in self.requests:
            if who in one.own and one.state_at(self.now) in LIVE:
                one.state, one.due = "withdrawn", None
        self.people[who].active = False

    def rehire(self, who):
        self.people[who].active = True

    def hold(self, actor, who):
        if "strategist" not in self.roles_of(actor):
            return BARRED
        if who in self.legally_held:
            return 409, "legal_hold"
        self.legally_held |= {who}
        return MADE

    def erase(self, actor, who):
        if "admin" not in self.roles_of(actor):
            return BARRED
        if self.active(who):
            return 409, "still_employed"
        if who in self.legally_held:
            return 409, "legal_hold"
        self.erased |= {who}
        return OK

    def codes(self, who, right, account, **more):
        return {"subject_unknown"} if who in self.erased else super().codes(who, right, account, **more)

    def roles_of(self, who):
        return {
            one.role for one in self.appointments
            if not one.ended and not one.lapsed(self.now) and who in (one.who, one.deputy)
        }  # fmt: skip

    def fit(self, who, role):
        if not self.active(who):
            return 409, "conflict"
        if any({held, role} & ALONE for held in self.roles_of(who) - {role}):
            return 409, "separation_of_duties"
        return OK

    def fit_to_stand_in(self, holder, deputy, role):
        if holder == deputy:
            return 422, "validation"
        fit = self.fit(deputy, role)
        return (409, "deputy_cycle") if fit is OK and self.leads_to(deputy, holder, role) else fit

    def leads_to(self, one, other, role):
        """Do the deputies of deputies in a role lead from one person to another?"""
        seen, ahead = set(), {one}
        while ahead - seen:
            seen |= ahead
            ahead = {
                each.deputy for each in self.appointments
                if each.role == role and each.who in seen and each.deputy and not each.ended and not each.lapsed(self.now)
            }  # fmt: skip
        return other in seen

    def appoint(self, actor, who, role, scope, deputy=None, until=None, since=None):
        if not self.active(actor):
            return GONE
        if not self.has(actor, "strategist"):
            return BARRED
        return self.appointed(who, role, scope, deputy, until, since)

    def appointed(self, who, role, scope, deputy=None, until=None, since=None):
        fit = self.fit(who, role)
        if fit is OK and deputy:
            fit = self.fit_to_stand_in(who, deputy, role)
        if fit is not OK:
            return fit
        for one in self.appointments:
            same = (one.who, one.role, one.scope, one.deputy) == (who, role, scope, deputy)
            if same and not one.ended and not one.lapsed(self.now):
                return 409, "already_appointed"
        self.appointments.append(Appointment(who, role, scope, since or self.now, until, deputy))
        return MADE

    def redeputize(self, actor, n, deputy):
        one = self.appointments[n]
        if not self.active(actor):
            return GONE
        if not self.has(actor, "strategist"):
            return BARRED
        if one.ended or one.lapsed(self.now):
            return 409, "appointment_ended"
        fit = self.fit_to_stand_in(one.who, deputy, one.role) if deputy not in (None, one.deputy) else OK
        if fit is OK:
            one.deputy = deputy
        return fit

    def end_appointment(self, actor, n):
        one = self.appointments[n]
        if not self.active(actor):
            return GONE
        if not self.has(actor, "strategist"):
            return BARRED
        if one.ended:
            return 409, "appointment_ended"
        strategists = self.standing_appointments("strategist")
        if one in strategists and not any(other.who != one.who for other in strategists):
            return 409, "last_strategist"
        one.ended = True
        return OK

    # Grants.

    def handle(self, actor, n, verb):
        """Revoke, suspend or resume a grant."""
        one = self.grants[n]
        if not self.active(actor):
            return GONE
        offices = ("strategist", "community_manager", "bu_liaison")
        if verb != "revoke" and not any(self.has(actor, role) for role in offices):
            return BARRED
        if not self.sees_grant(actor, one):
            return UNSEEN
        found = self.may_handle(actor, one, verb)
        if found is not OK:
            return found
        state = one.state(self.now)
        if verb == "revoke" and one.end == "revoked":
            return OK
        if state in ("expired", "revoked", "superseded"):
            return 409, "grant_ended"
        if verb == "suspend" and state == "suspended":
            return 409, "grant_suspended"
        if verb == "resume" and not one.paused:
            return 409, "grant_not_suspended"
        if verb == "resume" and actor == one.who:
            return NOT_MINE
        self.handled(actor, one, verb)
        return OK

    def handled(self, actor, one, verb):
        if verb == "revoke":
            one.end, one.ended_by, one.paused = "revoked", actor, False
        else:
            one.paused, one.paused_by = (True, actor) if verb == "suspend" else (False, None)

    def sees_grant(self, actor, grant):
        places = (self.place(grant.account), self.home(grant.who))
        return actor == grant.who or any(
            one.role in ("strategist", "content_strategist", "auditor")
            or (one.role in ("community_manager", "bu_liaison") and any(self.within(one.scope, at) for at in places))
            for one in self.held(actor)
        )

    def may_handle(self, actor, grant, verb):
        place, own = self.place(grant.account), actor == grant.who and verb == "revoke"
        if own or self.has(actor, "strategist"):
            return OK
        liaison, hub = (self.has(actor, role, place) for role in ("bu_liaison", "community_manager"))
        if not liaison and not hub:
            return BARRED
        given = KINDS[self.model(place[0])].authorities
        zone = self.units[self.accounts[grant.account].unit].zone
        veto = "veto" in given and self.now < working_days_after(grant.since, 5, zone)
        return OK if (liaison and "liaison" in given) or (hub and ("hub" in given or veto)) else NOT_MINE

    # Accounts.

    def step_account(self, actor, account, verb):
        one = self.accounts[account]
        if not self.active(actor):
            return GONE
        if not self.has(actor, "strategist") and not self.has(actor, "community_manager", self.place(account)):
            return BARRED
        if (one.state, verb) not in (("active", "suspend"), ("suspended", "resume")):
            return 409, "wrong_state"
        one.state = "suspended" if verb == "suspend" else "active"
        return OK

    # Freezes.

    def freeze_place(self, kind, id_):
        if kind == "account":
            return self.place(id_)
        return (self.units[id_].path, None) if kind == "business_unit" else ((), id_)

    def offices(self, actor, place):
        freezers = KINDS[self.model(place[0])].freezers
        rows = (("strategist", "strategist"), ("hub", "community_manager"), ("liaison", "bu_liaison"))
        return [
            office for office, role in rows
            if self.has(actor, role, place) and (office == "strategist" or office in freezers)
        ]  # fmt: skip

    def may_freeze_at_all(self, actor):
        return any(self.has(actor, role) for role in ("strategist", "community_manager", "bu_liaison"))

    def freeze(self, actor, kind, id_, exempt=(), until=None):
        if not self.active(actor):
            return GONE
        if not self.may_freeze_at_all(actor):
            return BARRED
        mine = self.offices(actor, self.freeze_place(kind, id_))
        if not mine:
            return NOT_MINE
        self.freezes.append(Freeze(len(self.freezes), kind, id_, mine[0], frozenset(exempt), until))
        return MADE

    def lift(self, actor, n):
        one = self.freezes[n]
        if not self.active(actor):
            return GONE
        if not self.may_freeze_at_all(actor):
            return BARRED
        if not {one.office, "strategist"} & set(self.offices(actor, self.freeze_place(one.kind, one.id))):
            return NOT_MINE
        if not one.holds(self.now):
            return 409, "freeze_ended"
        one.lifted = True
        return OK

    # The model of a unit, and policy.

    def switch(self, actor, model, unit=None, begins=None):
        if not self.active(actor):
            return GONE
        if not self.has(actor, "strategist"):
            return BARRED
        made = Choice(next(self.counter), unit, model, begins or self.now, self.now)
        self.choices.append(made)
        for one in self.requests:
            path = self.place(one.account)[0]
            if one.state_at(self.now) == "pending" and (unit is None or unit in path) and self.choice(path) is made:
                self.requests[one.n] = self.rerouted(one)
        return OK

    def draft(self, actor, policy, rules, begins=None, grace=14):
        if not self.active(actor):
            return GONE
        if not self.has(actor, "strategist") and not self.has(actor, "content_strategist"):
            return BARRED
        if self.looser(policy, rules):
            return 422, "policy_widens"
        n = 1 + sum(one.policy == policy for one in self.versions)
        self.versions.append(Version(policy, n, rules, actor, begins, grace))
        return MADE

    def looser(self, policy, rules):
        floor = self.limits(((), None))
        if self.policies[policy][0] == "enterprise":
            return False
        return any(name in floor and widens(name, floor[name], value) for name, value in rules.items())

    def publish(self, actor, policy, n):
        one = self.version(policy, n)
        if not self.active(actor):
            return GONE
        if not self.has(actor, "strategist"):
            return BARRED
        if one.published:
            return 409, "version_published"
        if one.author == actor and len({each.who for each in self.standing_appointments("strategist")}) > 1:
            return 403, "author_publishes"
        begins = one.wanted or self.now
        if begins < self.now:
            return 422, "validation"
        if self.looser(policy, one.rules):
            return 422, "policy_widens"
        for other in self.versions:
            if other.policy == policy and other.published and (other.over is None or other.over > begins):
                other.over = begins
        one.published, one.begins = True, begins
        return OK

    def version(self, policy, n):
        return next(one for one in self.versions if (one.policy, one.n) == (policy, n))

    def attest(self, actor, policy, n):
        if not self.active(actor):
            return GONE
        one = self.version(policy, n)
        writes = any(self.has(actor, role) for role in ("strategist", "content_strategist", "auditor"))
        if not one.published and not writes:
            return UNSEEN
        if (actor, policy, n) in self.attested:
            return OK
        if not one.published or one.superseded(self.now):
            return 409, "version_not_current"
        self.attested.add((actor, policy, n))
        return MADE

    # Training.

    def complete(self, actor, who, course, days_ago=0):
        if not self.active(actor):
            return GONE
        if not self.has(actor, "strategist"):
            return BARRED
        if days_ago < 0:
            return 422, "validation"
        if actor == who:
            return 403, "self_completion"
        times, at = self.done.setdefault((who, course), set()), self.now - timedelta(days=days_ago)
        if at in times:
            return OK
        times.add(at)
        return MADE
