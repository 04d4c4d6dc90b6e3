"""What the organisation should look like, in plain Python: written from domain.md, sharing no rule with the service.

It knows people, units and accounts by their names. Everything is worked out anew whenever it is asked, at ``Org.now``.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from .typed import combined

RIGHTS = ("draft", "publish", "engage", "analyze", "administer")
STEPS = ("account_liaison", "beneficiary_liaison", "community_manager", "strategist")
ROLE_OF = {STEPS[0]: "bu_liaison", STEPS[1]: "bu_liaison", STEPS[2]: "community_manager", STEPS[3]: "strategist"}
UP = {STEPS[0]: STEPS[2], STEPS[1]: STEPS[2], STEPS[2]: STEPS[3]}
LIVE = ("pending", "changes_requested")
COE_ASKS = frozenset({
    "strategist", "content_strategist", "community_manager", "bu_liaison", "campaign_manager", "social_analyst",
    "developer", "auditor",
})  # fmt: skip
"""Who may ask for decisions about others."""


@dataclass(frozen=True)
class Kind:
    """A column of the table of the five models (domain.md 4)."""

    steps: tuple = ()
    ceiling: frozenset = frozenset(RIGHTS)
    automatic: frozenset = frozenset()
    for_others: bool = False
    default: int = 365
    most: int = 365
    advisory: bool = False
    more: bool = True  # high risk adds the strategist, another unit's account the beneficiary's liaison
    authorities: frozenset = frozenset()
    freezers: frozenset = frozenset()
    platform: bool = False
    until_appointment_ends: bool = False


_FOUR = frozenset(RIGHTS) - {"administer"}
KINDS = {
    "decentralized": Kind(automatic=frozenset(RIGHTS), most=730, advisory=True, more=False),
    "centralized": Kind(
        steps=STEPS[3:], ceiling=frozenset({"draft", "analyze"}), more=False, until_appointment_ends=True
    ),
    "hub_and_spoke": Kind(
        steps=(STEPS[0], STEPS[2]), ceiling=_FOUR, for_others=True, default=180,
        authorities=frozenset({"liaison", "hub"}), freezers=frozenset({"hub"}),
    ),
    "dandelion": Kind(
        steps=STEPS[:1], for_others=True, default=180, authorities=frozenset({"liaison", "veto"}),
        freezers=frozenset({"hub", "liaison"}),
    ),
    "honeycomb": Kind(
        steps=(STEPS[0], STEPS[2]), ceiling=_FOUR, automatic=frozenset({"draft", "engage"}), platform=True,
        authorities=frozenset({"hub"}), freezers=frozenset({"hub"}),
    ),
}  # fmt: skip


def covers(held, asked):
    """Does the right that is held answer for the one that is asked?"""
    return held == asked or (held == "publish" and asked == "draft")


@dataclass
class Person:
    unit: str
    kind: str = "employee"
    active: bool = True


@dataclass
class Unit:
    path: tuple
    zone: str = "UTC"


@dataclass
class Account:
    unit: str
    network: str
    high: bool = False
    state: str = "active"


@dataclass
class Appointment:
    who: str
    role: str
    scope: tuple  # ("enterprise",), ("unit", key) or ("network", key)
    since: datetime
    until: datetime | None = None
    deputy: str | None = None
    ended: bool = False

    def lapsed(self, at):
        return self.until is not None and self.until <= at


@dataclass
class Grant:
    n: int
    who: str
    account: str
    right: str
    request: int
    since: datetime
    until: datetime
    paused: bool = False
    paused_by: str | None = None
    end: str | None = None
    ended_by: str | None = None

    def state(self, at):
        if self.end:
            return self.end
        if at >= self.until:
            return "expired"
        return "suspended" if self.paused else "active"


@dataclass
class Word:
    kind: str
    verdict: str
    by: str
    seat: str


@dataclass
class Request:
    n: int
    asker: str
    who: str
    account: str
    rights: tuple
    until: datetime | None
    model: str
    choice: int
    steps: tuple
    state: str
    due: datetime | None
    expires: datetime
    passed: tuple = ()
    words: list = field(default_factory=list)
    round: int = 1

    @property
    def own(self):
        return {self.asker, self.who}

    def state_at(self, at):
        return "expired" if self.state in LIVE and at >= self.expires else self.state


@dataclass
class Freeze:
    n: int
    kind: str
    id: str | None
    office: str
    exempt: frozenset
    until: datetime | None
    lifted: bool = False

    def holds(self, at):
        return not self.lifted and (self.until is None or at < self.until)


@dataclass
class Version:
    policy: str
    n: int
    rules: dict
    author: str
    wanted: datetime | None
    grace: int
    published: bool = False
    begins: datetime | None = None
    over: datetime | None = None

    def in_force(self, at):
        return self.published and self.begins <= at and (self.over is None or at < self.over)

    def superseded(self, at):
        return self.over is not None and self.over <= at


@dataclass(frozen=True)
class Choice:
    n: int
    unit: str | None
    model: str
    begins: datetime
    made: datetime


@dataclass(frozen=True)
class Standing:
    kind: str
    needed: int
    state: str
    seats: tuple = ()
    given: tuple = ()

    @property
    def people(self):
        return {one for holder, deputies in self.seats for one in (holder, *deputies)}


class Org:
    """The organisation, and the one predicate: ``codes``."""

    def __init__(self, now):
        self.now = now
        self.people, self.units, self.accounts = {}, {}, {}
        self.appointments, self.grants, self.requests, self.freezes = [], [], [], []
        self.policies, self.versions, self.choices = {}, [], []
        self.courses, self.done, self.attested = {}, {}, set()
        self.counter = count(1)

    # Where things are, and who is who.

    def active(self, who):
        return self.people[who].active

    def place(self, account):
        """(the path of the account's unit, its network)"""
        one = self.accounts[account]
        return self.units[one.unit].path, one.network

    def home(self, who):
        return self.units[self.people[who].unit].path, None

    @staticmethod
    def within(scope, place):
        path, network = place
        return scope[0] == "enterprise" or (scope[1] in path if scope[0] == "unit" else scope[1] == network)

    def standing_appointments(self, role=None):
        return [
            one for one in self.appointments
            if not one.ended and one.since <= self.now and not one.lapsed(self.now) and self.active(one.who)
            and role in (None, one.role)
        ]  # fmt: skip

    def held(self, who):
        return [one for one in self.standing_appointments() if one.who == who]

    def has(self, who, role, place=None):
        return any(one.role == role and (place is None or self.within(one.scope, place)) for one in self.held(who))

    def coe(self, who):
        return any(
            one.role in ("strategist", "content_strategist")
            or (one.role == "community_manager" and one.scope[0] == "enterprise")
            for one in self.held(who)
        )

    def seats(self, role, place):
        """(holder, deputies) of everyone who may decide as this role at a place."""
        found = {}
        for one in self.standing_appointments(role):
            if self.within(one.scope, place):
                deputies = found.setdefault(one.who, set())
                if one.deputy and self.active(one.deputy):
                    deputies.add(one.deputy)
        return {holder: frozenset(deputies) for holder, deputies in found.items()}

    # Which model, which policies.

    def choice(self, path):
        best, rank = None, None
        for one in self.choices:
            if one.begins > self.now or (one.unit is not None and one.unit not in path):
                continue
            here = (-1 if one.unit is None else path.index(one.unit), one.begins, one.made, one.n)
            if rank is None or here > rank:
                best, rank = one, here
        return best

    def model(self, path):
        found = self.choice(path)
        return found.model if found else "hub_and_spoke"

    def in_force(self, place, without=()):
        return [
            one for one in self.versions
            if one.in_force(self.now) and one.policy not in without and self.within(self.policies[one.policy], place)
        ]  # fmt: skip

    def limits(self, place, without=()):
        return combined(self.in_force(place, without))

    # The one predicate.

    def codes(self, who, right, account, *, tool=True, without=()):
        """Every code for which it is refused now; none: it is permitted."""
        there, place = self.accounts[account], self.place(account)
        kind = KINDS[self.model(place[0])]
        found = set()
        if not self.active(who):
            found.add("subject_inactive")
        if there.state != "active":
            found.add("account_not_active")
        if any(self.stops(one, who, account) for one in self.freezes):
            found.add("frozen")
        found |= self.grant_codes(who, right, account)
        if right not in kind.ceiling and not self.coe(who):
            found.add("above_model_ceiling")
        if kind.platform and not tool:
            found.add("tool_not_the_platform")
        if not kind.advisory:
            found |= self.policy_codes(who, right, there, self.in_force(place, without))
        return found

    def stops(self, freeze, who, account):
        path, network = self.place(account)
        covered = {
            "enterprise": True, "business_unit": freeze.id in path, "network": freeze.id == network,
            "account": freeze.id == account,
        }  # fmt: skip
        return freeze.holds(self.now) and who not in freeze.exempt and covered[freeze.kind]

    def grant_codes(self, who, right, account):
        mine = [one for one in self.grants if one.who == who and one.account == account and covers(one.right, right)]
        states = [one.state(self.now) for one in mine]
        if "active" in states:
            return set()
        if not mine:
            return {"no_grant"}
        living = [state for state in states if state != "superseded"] or ["superseded"]
        return {{"superseded": "grant_expired"}.get(living[-1], f"grant_{living[-1]}")}

    def policy_codes(self, who, right, account, versions):
        asked, found = combined(versions), set()
        types, hours = asked.get("employment_types"), asked.get("posting_hours")
        if types is not None and self.people[who].kind not in types:
            found.add("employment_type_excluded")
        for course, days in asked.get("required_training", {}).items():
            found |= self.training(who, course, days)
        for one in versions:
            grace = one.begins + timedelta(days=one.grace)
            if "attestation_required" in one.rules and (who, one.policy, one.n) not in self.attested:
                found |= {"attestation_missing"} if self.now >= grace else set()
        if hours is not None and right in ("publish", "engage"):
            local = self.now.astimezone(ZoneInfo(self.units[account.unit].zone))
            found |= set() if (local.weekday(), local.hour) in hours else {"outside_posting_hours"}
        return found

    def training(self, who, course, days):
        done = self.done.get((who, course))
        if not done:
            return {"training_missing"}
        told = [one for one in (days, self.courses[course]) if one is not None]
        over = told and max(done) + timedelta(days=min(told)) <= self.now
        return {"training_expired"} if over else set()

    def permits(self, **how):
        """All that is permitted now."""
        return {
            (one.who, right, one.account)
            for one in self.grants for right in RIGHTS
            if covers(one.right, right) and not self.codes(one.who, right, one.account, **how)
        }  # fmt: skip


def working_days_after(at, days, zone):
    local = at.astimezone(ZoneInfo(zone))
    while days:
        local += timedelta(days=1)
        days -= local.weekday() < 5
    return local.astimezone(UTC)


def most_decisions(choices):
    """How many distinct decisions seats can give, by who may sit in each: nobody sits twice."""
    if not choices:
        return 0
    first, *rest = choices
    return max([most_decisions(rest), *(1 + most_decisions([one - {person} for one in rest]) for person in first)])
