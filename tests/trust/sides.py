"""The model beside one service or two: each operation is done by all of them, and all must agree."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

from .model import RIGHTS
from .oracle import findings, untouched
from .side import told

RESTRICTS = frozenset({"fire", "freeze", "end_appointment"})
ABOUT = {
    "self_approval": "I-09", "already_decided": "I-10", "request_not_pending": "I-12", "not_the_approver": "I-13",
    "no_longer_allowed": "I-15", "until_too_late": "I-15", "deputy_cycle": "I-18", "separation_of_duties": "I-19",
    "last_strategist": "I-20", "forbidden": "I-20", "policy_widens": "I-27", "version_published": "I-28",
    "author_publishes": "I-19", "attestation_missing": "I-28", "version_not_current": "I-28", "training_missing": "I-29",
    "training_expired": "I-29", "frozen": "I-30", "not_the_authority": "I-31", "freeze_ended": "I-31",
    "grant_expired": "I-34", "grant_revoked": "I-36", "grant_ended": "I-36", "above_model_ceiling": "I-17",
    "subject_inactive": "I-07", "grant_suspended": "I-36", "legal_hold": "I-44", "still_employed": "I-44",
}  # fmt: skip
"""Which invariant a code stands for, where the model and the service differ by it."""


class Broken(AssertionError):
    """What does not hold: (invariant, what is wrong, on which side)."""

    def __init__(self, found, told):
        self.found = found
        super().__init__("\n".join([*("{} ({}): {}".format(*one) for one in found), "", *told]))

    @property
    def invariants(self):
        return {one[0] for one in self.found}


class Sides:
    """``thorough``: look at every right ever granted and every request after each step, not at a sample of them."""

    def __init__(self, org, sides, *, thorough=False):
        self.org, self.sides, self.thorough = org, sides, thorough
        self.told, self.tally, self.turn = [], Counter(), 0
        self.pool = ThreadPoolExecutor(len(sides))
        self.before = {side: side.rows() for side in sides}
        for side in sides:
            self.name_appointments(side)

    def name_appointments(self, side):
        """The appointments of the founding, as the model numbers them."""
        rows = {(one["employee_id"], one["role"]): one["id"] for one in self.before[side].appointments.values()}
        side.appointments = [rows[side.people[one.who], one.role] for one in self.org.appointments]

    def each(self, method, *args, **more):
        """What all sides answer, asked at once: they have nothing to do with one another."""
        return list(self.pool.map(lambda side: getattr(side, method)(*args, **more), self.sides))

    def close(self):
        self.pool.shutdown()

    def do(self, operation, *args, **more):
        """One operation everywhere; answers (status, code). Raises ``Broken``."""
        restricts = operation in RESTRICTS or args[-1:] in (("revoke",), ("suspend",))
        permitted = self.org.permits() if restricts else None
        some = sorted(self.held())[-2:] if restricts else []
        before = [self.each("evaluate", *one) for one in some]
        want = getattr(self.org, operation)(*args, **more)
        found, answers = [], []
        for side, reply in zip(self.sides, self.each(operation, *args, **more), strict=True):
            answer = _answer(reply)
            answers.append(answer)
            if reply is not None and answer != want:
                found += [(tag, f"{answer}, wanted {want}", side.name) for tag in _about(answer, want)]
        said = " ".join([operation, *map(_said, args), *(f"{name}={_said(value)}" for name, value in more.items())])
        self.told.append(f"{self.org.now:%Y-%m-%d %H:%M:%S.%f} {said} -> {answers[0]}")
        self.tally[operation, *(answers[0] or ("done",))[:2]] += 1
        if any(one != answers[0] for one in answers):
            found.append(("I-54", f"{answers}", "both"))
        if permitted is not None and not self.org.permits() <= permitted:
            found.append(("I-08", f"permits {self.org.permits() - permitted}", "model"))
        after = [self.each("evaluate", *one) for one in some]
        if any(
            now[0] and not then[0] for pair in zip(before, after, strict=True) for then, now in zip(*pair, strict=True)
        ):
            found.append(("I-08", f"of {some} was {before}, is {after}", "all"))
        self.check(operation, found)
        return answers[0]

    def turn_clock(self, at):
        """It is later now."""
        self.org.now = at
        for side in self.sides:
            side.world.clock.now = at
        self.told.append(f"{at:%Y-%m-%d %H:%M:%S.%f}")
        self.tally["clock", "turned", None] += 1
        self.check("clock", [])

    def check(self, operation, found):
        """Everything that must hold after a step."""
        for side, after in zip(self.sides, self.each("rows"), strict=True):
            before, self.before[side] = self.before[side], after
            self.name_grants(side, after)
            reach = self.reach(side)
            found += [(*one, side.name) for one in findings(before, after, reach)]
            if operation == "switch":
                found += [(*one, side.name) for one in untouched(before, after)]
            found += [(*one, side.name) for one in self.differences(side, after)]
        if not self.org.permits() <= self.org.permits(without={"sales-care", "nordic-care", "x-care"}):
            found.append(("I-27", "a narrower policy permits more", "model"))
        if self.thorough or not found:
            found += self.look()
        if found:
            raise Broken(found, self.told[-60:])

    # Names of what was made.

    def name_grants(self, side, rows):
        ids = {(one["request_id"], one["right"]): id_ for id_, one in rows.grants.items()}
        requests = {str(one): one for one in rows.requests}
        for one in self.org.grants[len(side.grants) :]:
            id_ = (
                ids.get((requests.get(str(side.requests[one.request])), one.right))
                if one.request < len(side.requests)
                else None
            )
            if id_ is not None:
                side.grants.append(id_)

    def reach(self, side):
        units, accounts, people = (_inverse(one) for one in (side.units, side.accounts, side.people))

        def covers(appointment, request, kind):
            place = self.org.place(accounts[str(request["account_id"])])
            if kind == "beneficiary_liaison" and appointment["role"] == "bu_liaison":
                place = self.org.home(people[str(request["beneficiary_id"])])
            scope = {
                "enterprise": ("enterprise",), "network": ("network", appointment["network"]),
                "business_unit": ("unit", units.get(str(appointment["business_unit_id"]))),
            }  # fmt: skip
            return self.org.within(scope[appointment["scope_kind"]], place)

        return covers

    # The rows beside the model.

    def differences(self, side, rows):
        """Where rows and model say something else."""
        org, by = self.org, _Names(side, rows)
        pairs = (
            ("I-36", "grants", [by.grant(id_) for id_ in side.grants],
             [(one.who, one.account, one.right, one.since, one.until, one.end, one.paused) for one in org.grants]),
            ("I-11", "number of grants", len(rows.grants), len(org.grants)),
            ("I-12", "requests", [by.request(id_) for id_ in side.requests],
             [(one.asker, one.who, one.state, one.model, one.rights, one.steps, one.passed, one.round,
               [(word.kind, word.verdict, word.by, word.seat) for word in one.words],
               one.due if one.state == "pending" else None) for one in org.requests]),
            ("I-17", "number of requests", len(rows.requests), len(org.requests)),
            ("I-18", "appointments", [by.appointment(id_) for id_ in side.appointments],
             [(one.who, one.role, one.deputy, one.ended) for one in org.appointments]),
            ("I-31", "freezes", [by.freeze(id_) for id_ in side.freezes],
             [(one.office, one.lifted) for one in org.freezes]),
            ("I-07", "who is here", by.active(), {name for name, one in org.people.items() if one.active}),
        )  # fmt: skip
        for tag, what, have, want in pairs:
            if have != want:
                apart = (
                    [pair for pair in zip(have, want, strict=False) if pair[0] != pair[1]]
                    if isinstance(have, list)
                    else []
                )
                yield tag, f"{what}: (service, model) {apart or (have, want)}"
                yield from self.too_much(what, apart)

    @staticmethod
    def too_much(what, apart):
        """Which promise is broken where the service gives more than it should."""
        if what == "grants" and any(there[4] > here[4] for there, here in apart):
            yield "I-15", "a grant lasts longer than it should"
        if what == "requests" and any(there[2] == "granted" != here[2] for there, here in apart):
            yield "I-13", "what was granted lacks an approval that counts"

    # What is answered beside the model.

    def look(self):
        """Decisions and requests as they are answered; a sample that wanders, or all."""
        self.turn += 1
        held = sorted(self.held())
        anyone = [(who, right, account) for who in self.org.people for account in self.org.accounts for right in RIGHTS]
        asked = held if self.thorough else held[self.turn * 7 % len(held) :][:1] if held else []
        other = [anyone[self.turn * 37 % len(anyone)]] if self.turn % 2 else []
        found = self.evaluated([*asked, *other])
        pending = [one.n for one in self.org.requests if one.state_at(self.org.now) == "pending"]
        for n in pending if self.thorough else pending[self.turn % len(pending) :][:1] if pending else []:
            found += self.seen(n)
        return found

    def held(self):
        """Every right that somebody ever had, and ``draft`` beside it."""
        return {(one.who, right, one.account) for one in self.org.grants for right in (one.right, "draft")}

    def evaluated(self, triples):
        """Ask about these, by a tool and, every third time, by somebody without one."""
        found = []
        for who, right, account in triples:
            asker = "auditor" if self.turn % 4 == 3 else None
            codes = frozenset(self.org.codes(who, right, account, tool=asker is None))
            answers = self.each("evaluate", who, right, account, asker)
            self.tally["evaluate", "permit" if not codes else "refuse", None] += 1
            self.tally.update(("reason", code, None) for code in codes)
            for side, answer in zip(self.sides, answers, strict=True):
                if answer != (not codes, codes):
                    tags = {ABOUT.get(code, "I-07") for code in codes ^ answer[1]} | {"I-07"}
                    found += [
                        (tag, f"{who} {right} {account}: {answer}, wanted {set(codes)}", side.name) for tag in tags
                    ]
            if len(set(answers)) > 1:
                found.append(("I-54", f"{who} {right} {account}: {answers}", "both"))
        return found

    def seen(self, n):
        """A request as it is shown; none waits for nobody without saying so."""
        request = self.org.now_routed(deepcopy(self.org.requests[n]))
        found = []
        for side, (state, model, steps) in zip(self.sides, self.each("see", n), strict=True):
            self.tally["see", state, None] += 1
            if state == "pending":
                open_ = [one for one in steps if one[2] in ("open", "blocked_no_approver")]
                self.tally.update(("see", one[2], None) for one in open_)
                if not open_ or (open_[0][2] == "open" and not open_[0][3]):
                    found.append(("I-16", f"request {n} waits for nobody: {steps}", side.name))
            want = request.state_at(self.org.now), request.model
            if (state, model) != want:
                found.append(("I-17", f"request {n} is {state}, {model}; wanted {want}", side.name))
            elif state == "pending":
                stands = [
                    (one.kind, one.needed, one.state, frozenset(one.people)) for one in self.org.standing(request)
                ]
                if [one[:4] for one in steps] != stands:
                    found.append(("I-13", f"request {n} stands {steps}; wanted {stands}", side.name))
                    more = set().union(*(one[3] for one in steps)) - set().union(*(one[3] for one in stands))
                    if more & self.of_theirs(request):
                        found.append(("I-09", f"request {n} may be decided by those whose it is: {more}", side.name))
        return found

    def of_theirs(self, request):
        """Whose the request is, and who stands in for them."""
        return request.own | {one.deputy for one in self.org.appointments if one.who in request.own}

    def end(self):
        """What holds of a whole run: the log is whole and rebuilds every table, and much of what was granted is answered as
        the model has it.
        """
        found = self.evaluated(sorted(self.held())[:20])
        for one in self.org.requests[-10:]:
            found += self.seen(one.n)
        for side in self.sides:
            side.world.intact()
            found += [("I-39", str(one), side.name) for one in side.world.untold()]
        if found:
            raise Broken(found, self.told[-60:])


def _inverse(names):
    return {str(id_): name for name, id_ in names.items()}


class _Names:
    """Rows by the names that the model uses."""

    def __init__(self, side, rows):
        self.rows, self.people, self.accounts = rows, _inverse(side.people), _inverse(side.accounts)
        self.paused = {one["grant_id"] for one in rows.pauses.values() if one["resumed_at"] is None}
        self.said = {}
        for one in rows.words.values():
            self.said.setdefault((one["request_id"], one["round"]), []).append(one)

    def row(self, table, id_):
        rows = getattr(self.rows, table)
        return rows[next(one for one in rows if str(one) == str(id_))]

    def who(self, id_):
        return id_ and self.people[str(id_)]

    def grant(self, id_):
        one = self.rows.grants[id_]
        where = self.accounts[str(one["account_id"])]
        named = (self.who(one["employee_id"]), where, one["right"], one["valid_from"], one["valid_until"], one["end"])
        return (*named, id_ in self.paused)

    def request(self, id_):
        one = self.row("requests", id_)
        said = self.said.get((one["id"], one["round"]), ())
        words = [
            (each["kind"], each["decision"], self.who(each["decided_by"]), self.who(each["principal_id"]))
            for each in said
        ]
        own = self.who(one["requester_id"]), self.who(one["beneficiary_id"])
        steps = tuple((step["kind"], step["needed"]) for step in one["steps"])
        due = one["due_at"] if one["state"] == "pending" else None
        return (
            *own,
            one["state"],
            one["model"],
            tuple(one["rights"]),
            steps,
            tuple(one["passed"]),
            one["round"],
            words,
            due,
        )

    def appointment(self, id_):
        one = self.row("appointments", id_)
        return self.who(one["employee_id"]), one["role"], self.who(one["deputy_id"]), one["ended_at"] is not None

    def freeze(self, id_):
        one = self.row("freezes", id_)
        return one["authority"], one["lifted_at"] is not None

    def active(self):
        return {self.who(one["id"]) for one in self.rows.people.values() if one["active"]}


def _said(value):
    return str({name: told(name, one) for name, one in value.items()} if isinstance(value, dict) else value)


def _answer(reply):
    """(status, code), and the reasons of a refused request; None for what no caller does."""
    if reply is None:
        return None
    body = reply.json() if reply.status_code >= 400 else {}
    if body.get("code") == "request_refused":
        return 422, "request_refused", {one["code"] for one in body["reasons"]}
    return reply.status_code, body.get("code")


def _about(answer, want):
    """Which invariants a wrong answer touches."""
    codes = {code for one in (answer, want) if one for code in (one[1], *(one[2] if len(one) > 2 else ()))}
    return {ABOUT[code] for code in codes if code in ABOUT} or {"I-07"}
