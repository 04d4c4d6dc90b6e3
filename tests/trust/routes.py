"""How a request should go from hand to hand: its route, who may decide it, what it leads to (domain.md 3 and 4)."""

from copy import deepcopy
from datetime import timedelta

from .model import (
    KINDS,
    LIVE,
    ROLE_OF,
    STEPS,
    UP,
    Grant,
    Org,
    Request,
    Standing,
    Word,
    covers,
    most_decisions,
    working_days_after,
)

OK = (200, None)
GONE, UNSEEN, BARRED = (401, "invalid_token"), (404, "not_found"), (403, "forbidden")
NOT_PENDING = (409, "request_not_pending")
KEEP = object()
OWED = {"training_missing", "training_expired", "attestation_missing"}
"""What policy requires of a person: with any of it open nothing is granted automatically."""


class Routes(Org):
    """Requests and decisions; each answers (status, code), with the reasons' codes where a request is refused."""

    def route(self, rights, account, who, *, taken=False):
        there, place = self.accounts[account], self.place(account)
        key = self.model(place[0])
        if key == "dandelion" and len(self.seats("bu_liaison", place)) < 2:
            key = "hub_and_spoke"
        kind = KINDS[key]
        owed = self.policy_codes(who, "draft", there, self.in_force(place)) & OWED
        automatic = set(rights) <= kind.automatic and not (there.high and kind.more) and (kind.advisory or not owed)
        wanted = set() if automatic else set(kind.steps)
        if there.high and kind.more:
            wanted.add("strategist")
        if there.unit != self.people[who].unit and kind.more:
            wanted.add("beneficiary_liaison")
        least = self.limits(place).get("min_approvals", {}).get("high" if there.high else "standard", 0)
        least = 0 if kind.advisory else least
        if not wanted and least > 0:
            wanted.add("community_manager")
        if not wanted and taken:
            wanted.add("strategist")
        ordered = [one for one in STEPS if one in wanted]
        return tuple((one, max(1, least) if one == ordered[-1] else 1) for one in ordered)

    def seats_of(self, request, kind):
        return self.seats(
            ROLE_OF[kind], self.home(request.who) if kind == "beneficiary_liaison" else self.place(request.account)
        )

    def able(self, request, kind):
        """[(holder, deputies)] who may still decide, in the order in which people came."""
        barred = request.own | {person for one in request.words for person in (one.by, one.seat)}
        found = self.seats_of(request, kind)
        return [(one, found[one] - barred) for one in self.people if one in found and one not in barred]

    def given(self, request, kind):
        there = [self.seats_of(request, one) for one in (kind, UP.get(kind)) if one]
        return [
            one for one in request.words
            if one.kind == kind and one.verdict == "approve"
            and any(one.seat in seats and one.by in {one.seat, *seats[one.seat]} for seats in there)
        ]  # fmt: skip

    def standing(self, request):
        """Where each step stands; what has too few who may decide it goes up."""
        needed, found, seen = dict(request.steps), [], False
        for kind in STEPS:
            if kind not in needed:
                continue
            if kind in request.passed:
                said = any(one.kind == kind for one in request.words)
                found.append(Standing(kind, needed[kind], "approved" if said else "merged"))
                continue
            able, given = self.able(request, kind), self.given(request, kind)
            enough = (
                bool(able)
                and len(given) + most_decisions([{holder, *others} for holder, others in able]) >= needed[kind]
            )
            if not enough and kind in UP:
                needed[UP[kind]] = max(needed.get(UP[kind], 0), needed[kind])
                found.append(Standing(kind, needed[kind], "merged"))
                continue
            state = "blocked_no_approver" if not enough else "waiting" if seen else "open"
            if not seen and kind in UP and request.due is not None and self.now >= request.due:
                able += [one for one in self.able(request, UP[kind]) if one not in able]
            found.append(Standing(kind, needed[kind], state, tuple(able), tuple(given)))
            seen = True
        return found

    def open_step(self, request):
        return next((one for one in self.standing(request) if one.state in ("open", "blocked_no_approver")), None)

    def sees(self, who, request):
        if who in request.own or any(who in (one.by, one.seat) for one in request.words):
            return True
        places = (self.place(request.account), self.home(request.who))
        stood_for = [one for one in self.standing_appointments() if one.deputy == who]
        for one in [*self.held(who), *stood_for]:
            if one.role in ("strategist", "content_strategist", "auditor"):
                return True
            if one.role in ("community_manager", "bu_liaison") and any(self.within(one.scope, at) for at in places):
                return True
        pending = request.state_at(self.now) == "pending"
        return pending and any(who in step.people for step in self.standing(request))

    # What may be asked.

    def against(self, asker, who, account, rights, until):
        """Every code against asking for this."""
        place = self.place(account)
        kind, limits, found = KINDS[self.model(place[0])], self.limits(place), set()
        if not self.active(who):
            found.add("subject_inactive")
        if who != asker and not (kind.for_others and self.has(asker, "bu_liaison", self.home(who))):
            found.add("not_for_others")
        if set(rights) - kind.ceiling and not self.coe(who):
            found.add("above_model_ceiling")
        if any(one.state(self.now) == "suspended" and one.right in rights for one in self.of_pair(who, account)):
            found.add("grant_suspended")
        if until is not None and until <= self.now:
            found.add("until_in_the_past")
        elif until is not None and until > self.now + timedelta(days=self.most(kind, limits)):
            found.add("until_too_late")
        if not kind.advisory and self.people[who].kind not in limits.get("employment_types", {self.people[who].kind}):
            found.add("employment_type_excluded")
        return found

    @staticmethod
    def most(kind, limits):
        return kind.most if kind.advisory else min(kind.most, limits.get("max_grant_days", kind.most))

    def of_pair(self, who, account):
        return [one for one in self.grants if one.who == who and one.account == account]

    def taken_away(self, who, account, rights):
        """Was such a right taken from them by somebody else?"""
        return any(
            ((one.end == "revoked" and one.ended_by != who) or one.paused_by not in (None, who))
            and any(covers(one.right, right) or covers(right, one.right) for right in rights)
            for one in self.of_pair(who, account)
        )

    def fresh(self, request):
        """Route a request anew: its words are reset."""
        path = self.place(request.account)[0]
        choice = self.choice(path)
        taken = self.taken_away(request.who, request.account, request.rights)
        request.steps = self.route(request.rights, request.account, request.who, taken=taken)
        request.model, request.choice = self.model(path), choice.n if choice else 0
        request.words, request.passed, request.round = [], (), request.round + 1
        request.due = working_days_after(self.now, 2, self.units[self.accounts[request.account].unit].zone)
        request.expires = self.now + timedelta(days=30)
        request.state = "pending"

    def rerouted(self, request):
        """What becomes of a pending request whose route is no more the one to take."""
        after = deepcopy(request)
        if self.against(request.asker, request.who, request.account, request.rights, request.until):
            after.state, after.due = "denied", None
            return after
        self.fresh(after)
        after.steps = after.steps or request.steps
        return after

    def outdated(self, request):
        if request.state_at(self.now) != "pending":
            return False
        choice = self.choice(self.place(request.account)[0])
        steps = self.route(request.rights, request.account, request.who)
        return (choice.n if choice else 0) != request.choice or steps not in ((), request.steps)

    def now_routed(self, request):
        """As whoever looks at it sees it, and whoever acts upon it finds it: it has waited all the same."""
        if not self.outdated(request):
            return request
        after = self.rerouted(request)
        after.due, after.expires = (
            (request.due, request.expires) if after.state == "pending" else (None, request.expires)
        )
        return after

    # The operations.

    def ask(self, asker, account, rights, who=None, until=None):
        who = who or asker
        if not self.active(asker):
            return GONE
        if who != asker and not self.has(asker, "bu_liaison", self.home(who)):
            return BARRED
        found = self.against(asker, who, account, rights, until)
        if found:
            return 422, "request_refused", found
        settled = self.others_waiting(who, account, rights)
        if settled is None:
            return 409, "already_requested"
        self.replace(settled)
        made = Request(
            len(self.requests), asker, who, account, tuple(rights), until, "", 0, (), "", None, self.now, round=0
        )
        self.fresh(made)
        self.requests.append(made)
        self.grant_if_through(made, asker)
        return 201, None

    def others_waiting(self, who, account, rights, but=None):
        """The requests that turn out to be refused by now; None where one for the same right waits."""
        refused = []
        for one in self.requests:
            if one is but or (one.who, one.account) != (who, account) or not set(one.rights) & set(rights):
                continue
            if one.state_at(self.now) in LIVE:
                now = self.now_routed(one)
                if now.state in LIVE:
                    return None
                refused.append(now)
        return refused

    def replace(self, changed):
        for one in changed:
            self.requests[one.n] = one

    def grant_if_through(self, request, actor):
        if {kind for kind, _ in request.steps} <= set(request.passed):
            request.state, request.due = "granted", None
            self.issue(request, actor)

    def issue(self, request, actor):
        path = self.place(request.account)
        kind, limits = KINDS[self.model(path[0])], self.limits(path)
        most = self.now + timedelta(days=self.most(kind, limits))
        until = request.until or min(self.now + timedelta(days=kind.default), most)
        ends = [one.until for one in self.held(request.who)]
        if request.until is None and kind.until_appointment_ends and ends and None not in ends:
            until = min(max(ends), most)
        for right in request.rights:
            for one in self.of_pair(request.who, request.account):
                if one.right == right and one.end is None:
                    lapsed = one.state(self.now) == "expired"
                    one.end, one.ended_by, one.paused = (
                        ("expired", None, False) if lapsed else ("superseded", actor, False)
                    )
            self.grants.append(Grant(len(self.grants), request.who, request.account, right, request.n, self.now, until))

    def decide(self, actor, n, verdict):
        if not self.active(actor):
            return GONE
        request = deepcopy(self.now_routed(self.requests[n]))
        if not self.sees(actor, request):
            return UNSEEN
        if request.state == "denied" != self.requests[n].state:
            self.requests[n] = request
            return NOT_PENDING
        if request.state_at(self.now) != "pending":
            return NOT_PENDING
        step, seat = self.seat(actor, request)
        if seat is None:
            return step
        if not self.say(request, step, actor, seat, verdict):
            return 409, "no_longer_allowed"
        self.requests[n] = request
        return OK

    def seat(self, actor, request):
        """(step, whose seat), or (the refusal, None)."""
        if actor in request.own:
            return (403, "self_approval"), None
        if any(actor in (one.by, one.seat) for one in request.words):
            return (409, "already_decided"), None
        step = self.open_step(request)
        holders = [holder for holder, deputies in step.seats if actor in {holder, *deputies}]
        if holders:
            return step, actor if actor in holders else holders[0]
        there = self.seats_of(request, step.kind)
        if any(actor in deputies and holder in request.own for holder, deputies in there.items()):
            return (403, "self_approval"), None
        return (403, "not_the_approver"), None

    def say(self, request, step, actor, seat, verdict):
        """Take a word in; False where what it would grant is not allowed any more."""
        steps = self.standing(request)
        request.words.append(Word(step.kind, verdict, actor, seat))
        if verdict != "approve":
            request.state, request.due = ("denied", request.due) if verdict == "deny" else ("changes_requested", None)
            return True
        if len(self.given(request, step.kind)) < step.needed:
            return True
        before = steps[: steps.index(step) + 1]
        passed = {*request.passed, *(one.kind for one in before if one.state in ("merged", "open"))}
        request.passed = tuple(one for one in STEPS if one in passed)
        request.due = working_days_after(self.now, 2, self.units[self.accounts[request.account].unit].zone)
        if {kind for kind, _ in request.steps} <= passed:
            if self.against(request.asker, request.who, request.account, request.rights, request.until):
                return False
            request.state, request.due = "granted", None
            self.issue(request, actor)
        return True

    def mine(self, actor, n):
        request = self.requests[n]
        if not self.active(actor):
            return GONE
        if not self.sees(actor, request):
            return UNSEEN
        if actor != request.asker:
            return BARRED
        return OK if request.state_at(self.now) in LIVE else NOT_PENDING

    def withdraw(self, actor, n):
        found = self.mine(actor, n)
        if found is OK:
            self.requests[n].state, self.requests[n].due = "withdrawn", None
        return found

    def revise(self, actor, n, rights=None, until=KEEP):
        found = self.mine(actor, n)
        if found is not OK:
            return found
        old = self.requests[n]
        rights, until = tuple(rights or old.rights), old.until if until is KEEP else until
        refusals = self.against(actor, old.who, old.account, rights, until)
        if refusals:
            return 422, "request_refused", refusals
        settled = self.others_waiting(old.who, old.account, rights, but=old)
        if settled is None:
            return 409, "already_requested"
        self.replace(settled)
        old.rights, old.until = rights, until
        self.fresh(old)
        self.grant_if_through(old, actor)
        return OK
