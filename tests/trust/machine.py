"""What happens to the organisation, at random.

There is one rule, whose seed hypothesis draws, and which chooses by weight: hypothesis itself would leave most rules out of
most runs, and a run without requests, freezes or time shows nothing.
"""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from .model import KINDS, LIVE, RIGHTS

ROLES = (
    "bu_liaison", "bu_liaison", "community_manager", "community_manager", "strategist", "content_strategist", "auditor",
    "developer",
)  # fmt: skip
TYPES = ({"employee"}, {"employee", "contractor"}, {"employee", "agency", "contractor"}, {"employee", "agency"})
HOURS = (
    frozenset((day, hour) for day in range(5) for hour in range(8, 18)),
    frozenset((day, hour) for day in range(7) for hour in range(24)),
    frozenset((day, hour) for day in range(5) for hour in range(10, 16)),
    frozenset((day, hour) for day in range(7) for hour in range(6, 22)),
)
NEWCOMERS = 3
SAFE = "auditor"
"""Reads for the oracle, and is therefore never dismissed."""


def rules_of(luck, likely=()):
    """Some typed rules, one of the likely among them."""
    said = {
        "max_grant_days": lambda: luck.choice((30, 90, 200, 400)),
        "required_training": lambda: {
            key: luck.choice((None, 30, 200)) for key in luck.sample(["basics", "crisis"], luck.randint(1, 2))
        },
        "attestation_required": lambda: True,
        "employment_types": lambda: luck.choice(TYPES),
        "posting_hours": lambda: luck.choice(HOURS),
        "min_approvals": lambda: {luck.choice(("standard", "high")): luck.choice((1, 1, 2, 2, 3))},
    }
    names = {
        *luck.sample(sorted(said), luck.choice((0, 1, 1, 1, 1, 2, 3))),
        *luck.sample(sorted(likely), min(1, len(likely))),
    }
    return {name: said[name]() for name in sorted(names)}


def happens(often=2, when=lambda self: True):
    """Something that may happen: how often, and when it can at all."""

    def mark(action):
        action.often, action.when = often, when
        return action

    return mark


class Machine(RuleBasedStateMachine):
    """``make``: what makes the sides; ``watch``: takes the tally of each run when it ends."""

    make, watch = None, None

    def __init__(self):
        super().__init__()
        self.stack, self.sound, self.turns = ExitStack(), True, 0
        self.sides = self.stack.enter_context(type(self).make())
        self.org, self.do = self.sides.org, self.sides.do

    @rule(drawn=st.integers(0, 2**32 - 1))
    def step(self, drawn):
        """One of all that can happen now; the same number brings something else at every step."""
        self.turns += 1
        luck = Random(f"{drawn} {self.turns}")
        can = [one for one in ACTIONS if one.when(self)]
        self.sound = False
        (action,) = luck.choices(can, [one.often for one in can])
        self.sides.tally["rule", action.__name__, None] += 1
        action(self, luck)
        self.sound = True

    def teardown(self):
        try:
            if self.sound:
                self.sides.end()
        finally:
            type(self).watch(self.sides.tally)
            self.stack.close()

    # Whom and what to take.

    def anyone(self, luck, *likely):
        """One of the likely, mostly; else anybody at all, here or gone."""
        likely = sorted({one for one in likely if one})
        return luck.choice(likely) if likely and luck.random() < 0.8 else luck.choice(list(self.org.people))

    def active(self, luck):
        return luck.choice([name for name, one in self.org.people.items() if one.active])

    def holders(self, *roles):
        return [one.who for one in self.org.standing_appointments() if one.role in roles]

    def pending(self):
        return [one.n for one in self.org.requests if one.state_at(self.org.now) == "pending"]

    def deciders(self, n):
        request = self.org.now_routed(self.org.requests[n])
        if request.state_at(self.org.now) != "pending":
            return []
        return sorted(self.org.open_step(request).people)

    # Requests.

    @happens(often=5)
    def ask_and_have_it_approved(self, luck):
        """Somebody asks for what they may have, and it goes all its way."""
        who, account = self.active(luck), luck.choice(list(self.org.accounts))
        ceiling = KINDS[self.org.model(self.org.place(account)[0])].ceiling
        rights = luck.sample(sorted(ceiling), luck.choice((1, 1, 2)))
        until = self.org.now + timedelta(days=luck.choice((5, 20, 100))) if luck.random() < 0.4 else None
        self.do("ask", who, account, rights, until=until)
        n = len(self.org.requests) - 1
        for _ in range(6):
            may = self.deciders(n) if n >= 0 else []
            if may and luck.random() < 0.2:
                self.do("decide", who, n, "approve")
            if not may:
                return
            self.do("decide", luck.choice(may), n, "approve")

    @happens()
    def ask(self, luck):
        account, rights = luck.choice(list(self.org.accounts)), luck.sample(RIGHTS, luck.choice((1, 1, 2)))
        asker = self.anyone(luck, *self.holders("bu_liaison"), "asker")
        who = self.anyone(luck) if luck.random() < 0.4 else None
        until = self.org.now + timedelta(days=luck.choice((-1, 10, 100, 300, 500))) if luck.random() < 0.3 else None
        self.do("ask", asker, account, rights, who, until)

    @happens(often=1, when=lambda self: self.pending())
    def ask_once_more(self, luck):
        """For what is waited for already: the same, or some of it."""
        request = self.org.requests[luck.choice(self.pending())]
        rights = sorted(luck.sample(sorted(request.rights), luck.randint(1, len(request.rights))))
        self.do("ask", request.who, request.account, rights)

    @happens(often=1, when=lambda self: self.pending() and not all(one.active for one in self.org.people.values()))
    def decide_though_gone(self, luck):
        """Whoever has left still has a token."""
        gone = [name for name, one in self.org.people.items() if not one.active]
        self.do("decide", luck.choice(gone), luck.choice(self.pending()), luck.choice(("approve", "deny")))

    @happens(when=lambda self: self.pending())
    def decide(self, luck):
        n = luck.choice(self.pending())
        own = self.org.requests[n].own
        deputies = [one.deputy for one in self.org.appointments if one.who in own]
        actor = self.anyone(luck, *self.deciders(n), *own, *deputies)
        self.do("decide", actor, n, luck.choice(("approve", "approve", "approve", "deny", "request_changes")))

    @happens(when=lambda self: self.org.requests)
    def decide_whatever_it_is(self, luck):
        n = luck.randrange(len(self.org.requests))
        self.do("decide", self.anyone(luck, *self.holders("strategist", "community_manager")), n, "approve")

    @happens(when=lambda self: self.pending())
    def two_decide(self, luck):
        """As if side by side: the second comes when the first is done."""
        n = luck.choice(self.pending())
        first = self.anyone(luck, *self.deciders(n))
        second = luck.choice((first, self.anyone(luck, *self.deciders(n))))
        self.do("decide", first, n, "approve")
        self.do("decide", second, n, luck.choice(("approve", "deny")))

    @happens(when=lambda self: self.org.requests)
    def revise(self, luck):
        waiting = [one.n for one in self.org.requests if one.state in LIVE] or range(len(self.org.requests))
        n = luck.choice(list(waiting))
        more = {"rights": luck.sample(RIGHTS[:4], 1)} if luck.random() < 0.5 else {}
        more |= {"until": self.org.now + timedelta(days=luck.choice((10, 40)))} if luck.random() < 0.3 else {}
        self.do("revise", self.anyone(luck, self.org.requests[n].asker), n, **more)

    @happens(when=lambda self: self.org.requests)
    def withdraw(self, luck):
        n = luck.randrange(len(self.org.requests))
        self.do("withdraw", self.anyone(luck, self.org.requests[n].asker), n)

    # Grants, accounts, freezes.

    @happens(when=lambda self: self.org.grants)
    def handle_a_grant(self, luck):
        running = [one.n for one in self.org.grants if one.end is None] or [0]
        n = luck.choice(running) if luck.random() < 0.8 else luck.randrange(len(self.org.grants))
        actor = self.anyone(
            luck, *self.holders("strategist", "community_manager", "bu_liaison"), self.org.grants[n].who
        )
        verb = (
            "resume"
            if self.org.grants[n].paused and luck.random() < 0.7
            else luck.choice(("revoke", "suspend", "suspend"))
        )
        self.do("handle", actor, n, verb)

    @happens(often=1)
    def stop_an_account_or_let_it_run(self, luck):
        suspended = [name for name, one in self.org.accounts.items() if one.state == "suspended"]
        account = luck.choice(suspended or list(self.org.accounts))
        verb = "resume" if suspended or luck.random() < 0.2 else "suspend"
        self.do("step_account", self.anyone(luck, *self.holders("strategist", "community_manager")), account, verb)

    @happens()
    def freeze(self, luck):
        kind = luck.choice(("enterprise", "business_unit", "network", "account"))
        id_ = {
            "enterprise": None, "business_unit": luck.choice(["sales", "nordics", "logistics"]),
            "network": luck.choice(["x", "instagram"]), "account": luck.choice(list(self.org.accounts)),
        }[kind]  # fmt: skip
        exempt = [self.active(luck)] if luck.random() < 0.3 else []
        until = self.org.now + timedelta(hours=luck.choice((1, 30, 200))) if luck.random() < 0.5 else None
        actor = self.anyone(luck, *self.holders("strategist", "community_manager", "bu_liaison"))
        self.do("freeze", actor, kind, id_, exempt, until)

    @happens(when=lambda self: any(one.holds(self.org.now) for one in self.org.freezes))
    def lift_every_freeze(self, luck):
        for one in self.org.freezes:
            if one.holds(self.org.now):
                self.do("lift", self.anyone(luck, *self.holders("strategist")), one.n)

    @happens(when=lambda self: self.org.freezes)
    def lift(self, luck):
        actor = self.anyone(luck, *self.holders("strategist", "community_manager", "bu_liaison"))
        self.do("lift", actor, luck.randrange(len(self.org.freezes)))

    # Models and policies.

    @happens(often=1)
    def switch(self, luck):
        unit = luck.choice((None, "sales", "nordics", "logistics"))
        begins = self.org.now + timedelta(hours=luck.choice((5, 100))) if luck.random() < 0.25 else None
        self.do("switch", self.anyone(luck, *self.holders("strategist")), luck.choice(list(KINDS)), unit, begins)

    @happens()
    def publish_a_policy(self, luck):
        policy = luck.choice([*self.org.policies, "care", "house"])
        begins = self.org.now + timedelta(hours=luck.choice((2, 50))) if luck.random() < 0.2 else None
        writer = self.anyone(luck, *self.holders("content_strategist", "strategist"))
        likely = self.org.limits(((), None)) if luck.random() < 0.6 else ()
        made, _ = self.do("draft", writer, policy, rules_of(luck, likely), begins, luck.choice((0, 0, 14)))
        if made == 201:
            n = max(one.n for one in self.org.versions if one.policy == policy)
            others = [who for who in self.holders("strategist") if who != writer]
            self.do("publish", self.anyone(luck, *others), policy, n)

    @happens(when=lambda self: self.org.limits(((), None)))
    def say_more_of_what_the_enterprise_rules(self, luck):
        policy = luck.choice([name for name, (kind, *_) in self.org.policies.items() if kind != "enterprise"])
        writer = self.anyone(luck, *self.holders("content_strategist", "strategist"))
        self.do("draft", writer, policy, rules_of(luck, self.org.limits(((), None))), None, 0)

    @happens(when=lambda self: self.org.versions)
    def publish_again(self, luck):
        one = luck.choice(self.org.versions)
        self.do("publish", self.anyone(luck, *self.holders("strategist")), one.policy, one.n)

    @happens(often=4, when=lambda self: self.org.versions)
    def attest(self, luck):
        one = luck.choice([each for each in self.org.versions if each.published] or self.org.versions)
        for actor in {self.anyone(luck, *(each.who for each in self.org.grants)): None, self.anyone(luck): None}:
            self.do("attest", actor, one.policy, one.n)

    @happens()
    def complete(self, luck):
        actor = self.anyone(luck, *self.holders("strategist"))
        who = self.anyone(luck, *(each.who for each in self.org.grants))
        self.do("complete", actor, who, luck.choice(("basics", "crisis")), luck.choice((0, 1, 25, 190, -1)))

    # People and their roles.

    @happens(often=1)
    def fire(self, luck):
        who = self.anyone(luck, *(one.who for one in self.org.grants))
        if who != SAFE and self.org.active(who):
            self.do("fire", who)

    @happens(when=lambda self: not all(one.active for one in self.org.people.values()))
    def rehire(self, luck):
        self.do("rehire", luck.choice([name for name, one in self.org.people.items() if not one.active]))

    @happens(often=1, when=lambda self: f"new{NEWCOMERS}" not in self.org.people)
    def hire(self, luck):
        n = 1 + sum(name.startswith("new") for name in self.org.people)
        unit, kind = luck.choice(("sales", "nordics", "logistics")), luck.choice(("employee", "agency", "contractor"))
        self.do("hire", f"new{n}", unit, kind)

    @happens(when=lambda self: not self.org.standing_appointments("strategist"))
    def begin_again(self, luck):
        """The last strategist has left: an operator appoints one."""
        fit = [
            name for name, one in self.org.people.items()
            if one.active and not self.org.roles_of(name) & {"auditor", "admin", "strategist"}
        ]  # fmt: skip
        if fit:
            self.do("appointed", luck.choice(fit), "strategist", ("enterprise",))

    @happens()
    def appoint(self, luck):
        role = luck.choice(ROLES)
        unit = ("unit", luck.choice(("sales", "nordics", "logistics")))
        scope = ("enterprise",)
        if role in ("bu_liaison", "community_manager"):
            scope = unit if role == "bu_liaison" else luck.choice((scope, unit, ("network", "x")))
        deputy = self.anyone(luck, "deputy", "hub", "liaison") if luck.random() < 0.5 else None
        until = self.org.now + timedelta(days=luck.choice((3, 60))) if luck.random() < 0.3 else None
        who = self.anyone(luck, "deputy", "hub", "liaison", "colleague")
        self.do("appoint", self.anyone(luck, *self.holders("strategist")), who, role, scope, deputy, until)

    @happens()
    def redeputize(self, luck):
        running = [n for n, one in enumerate(self.org.appointments) if not one.ended]
        n = luck.choice([n for n in running if self.org.appointments[n].role in ROLES[:4]] or running)
        one = self.org.appointments[n]
        same = [each.who for each in self.org.appointments if each.role == one.role and each.who != one.who]
        deputy = self.anyone(luck, *same) if luck.random() < 0.9 else None
        self.do("redeputize", self.anyone(luck, *self.holders("strategist")), n, deputy)

    @happens()
    def end_an_appointment(self, luck):
        strategists = [n for n, one in enumerate(self.org.appointments) if one.role == "strategist"]
        n = luck.choice(strategists) if luck.random() < 0.4 else luck.randrange(len(self.org.appointments))
        if self.org.appointments[n].who != SAFE:
            self.do("end_appointment", self.anyone(luck, *self.holders("strategist")), n)

    # Time.

    def instants(self):
        """When something is over, or begins."""
        found = [one.until for one in (*self.org.grants, *self.org.freezes, *self.org.appointments)]
        found += [one.due for one in self.org.requests] + [one.expires for one in self.org.requests]
        found += [one.begins for one in (*self.org.choices, *self.org.versions)]
        found += [
            max(done) + timedelta(days=days)
            for done in self.org.done.values() if done for days in (30, 200, 365)
        ]  # fmt: skip
        return sorted({one for one in found if one is not None and one > self.org.now})

    @happens()
    def wait(self, luck):
        by = luck.choice(
            (
                timedelta(minutes=7),
                timedelta(hours=5),
                timedelta(hours=13),
                timedelta(days=3),
                timedelta(days=3),
                timedelta(days=33),
            )
        )
        self.sides.turn_clock(self.org.now + by)

    @happens(when=lambda self: self.instants())
    def wait_for_the_very_instant(self, luck):
        at = luck.choice(self.instants()[:3])
        before = at - timedelta(microseconds=1)
        if before > self.org.now:
            self.sides.turn_clock(before)
        self.sides.turn_clock(at)

    @happens()
    def wait_for_working_hours(self, luck):
        """Most things are tried on a weekday at noon."""
        at = datetime(*self.org.now.timetuple()[:3], 11, 30, tzinfo=UTC)
        while at <= self.org.now or at.weekday() > 4:
            at += timedelta(days=1)
        self.sides.turn_clock(at)


ACTIONS = [one for one in vars(Machine).values() if hasattr(one, "often")]
