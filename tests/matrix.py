"""An organisation in which everybody who can call exists at once, with things of every kind here, elsewhere and their own."""

from dataclasses import dataclass
from uuid import UUID

from app.clients import service as clients
from app.console.sessions import service as sessions
from app.directory import service as directory
from app.groups import service as groups
from app.imports.rules import Summary
from app.imports.runs import service as imports
from app.imports.runs.rules import Asked, File, RunState
from app.roles import service as roles
from app.roles.rules import SCOPES, ClientScope, Role
from tests.kit import World

ROLES_HERE = {"enterprise": None, "business_unit": "sales", "network": "x"}
"""Each kind of scope, covering the things that are here and none of those that are away."""


@dataclass(frozen=True, slots=True)
class Place:
    """Units from below the root down (keys), and a network."""

    units: frozenset[str]
    network: str | None = None


HERE, AWAY = Place(frozenset({"sales", "field"}), "x"), Place(frozenset({"logistics"}), "instagram")
HOME, BEYOND = Place(frozenset({"sales"})), Place(frozenset({"target"}))
"""Where every caller works, and a unit in nobody's scope."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody: an employee, perhaps with a role over a scope or as deputy of one who has it, or a client with a scope."""

    name: str
    key: str = ""
    role: str | None = None
    scope: tuple[str, str | None] | None = None
    deputy: bool = False
    client: str | None = None

    def covers(self, place):
        """Does the scope of this caller's role hold there?"""
        kind, key = self.scope or (None, None)
        return (
            kind == "enterprise"
            or (kind == "business_unit" and key in place.units)
            or (kind == "network" and key == place.network)
        )


NOBODY = Caller("nobody")
PLAIN = Caller("employee", "caller-0")
PEOPLE = (
    PLAIN,
    *(
        Caller(f"{role} ({kind})", f"caller-{role}-{kind}", str(role), (str(kind), ROLES_HERE[kind]))
        for role, kinds in SCOPES.items()
        for kind in sorted(kinds)
    ),
    Caller("deputy of bu_liaison", "caller-deputy", "bu_liaison", ("business_unit", "sales"), deputy=True),
)
CLIENTS = tuple(Caller(f"client ({scope})", f"client-{scope}", client=str(scope)) for scope in ClientScope)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to call about. ``at``: where authority over it is held; ``seen_from``: where else it may be seen from.

    ``step``: the role whose decision it waits for. ``unit``: the id of its unit, where that matters.
    """

    id: str
    at: Place
    seen_from: tuple[Place, ...] = ()
    step: str | None = None
    unit: str | None = None


class Org(World):
    """A world with its callers (``bearer``) and things: ``things[kind][where]``; one's own are at ``caller.name``."""

    def __init__(self, url, folder):
        super().__init__(url, folder)
        self.bearers, self.cookies, self.things, self.contents = {}, {}, {}, {}
        _units(self)
        _staff(self)
        _callers(self)
        _accounts(self)
        self.switch("boss", "decentralized")  # so that rights are granted as they are asked for
        _grants(self)
        self.clock.turn(seconds=1)
        self.switch("boss", "hub_and_spoke")
        _suspensions(self)
        _posts(self)
        _proposals(self)
        _roles(self)
        _requests(self)
        _rest(self)
        _completions(self)
        _strategies(self)
        _campaigns(self)
        _figures(self)
        _found(self)
        _vendors(self)
        _reviews(self)
        _retirements(self)

    def token(self, who):
        if who not in self.bearers:
            self.bearers[who] = super().token(who)
        return self.bearers[who]

    def bearer(self, caller):
        return None if caller is NOBODY else self.token(caller.key)

    def signed_in(self, caller):
        """The cookie of the console, and the token of its forms; nobody has them."""
        if caller is NOBODY:
            return "", "made up"
        if caller.key not in self.cookies:
            desk = self.app.state.console
            with self.work() as work:
                made = sessions.begin(work, self.ids[caller.key])
            self.cookies[caller.key] = f"{desk.cookie}={desk.seal(made)}", desk.form_token(made)
        return self.cookies[caller.key]

    def put(self, kind, where, id_, at, seen_from=(), step=None, unit=None):
        self.things.setdefault(kind, {})[where] = Thing(str(id_), at, tuple(seen_from), step, unit)

    def thing(self, kind, where, caller):
        return self.things[kind].get(caller.name if where == "mine" else where)

    def unit_of(self, thing):
        return thing.unit


def _units(org):
    with org.work() as work:
        made = {
            key: directory.create_unit(work, {"key": key, "name": key.title()})
            for key in ("sales", "logistics", "target")
        }
        made["field"] = directory.create_unit(work, {"key": "field", "name": "Field", "parent_id": made["sales"].id})
    org.put("unit", "here", made["field"].id, HERE)
    org.put("unit", "away", made["logistics"].id, AWAY)
    org.target = str(made["target"].id)


def _staff(org):
    """Those who do what must have happened before anybody calls."""
    for number, unit in (("clerk", "field"), ("scribe", "field"), ("stranger", "logistics"), ("theirs", "logistics")):
        org.hire(number, unit)
    for number in ("boss", "writer"):
        org.hire(number, "target")
    org.appoint("boss", "strategist")
    org.appoint("writer", "content_strategist")
    org.appoint("scribe", "bu_liaison", "field")
    org.appoint("theirs", "bu_liaison", "logistics")
    for where, number, unit, at in (("here", "clerk", "field", HERE), ("away", "stranger", "logistics", AWAY)):
        there = Place(at.units)
        unit_id = org.things["unit"][where].id
        org.put("person", where, org.ids[number], there)
        org.put("colleague", where, org.ids[number], there, unit=unit_id)
        org.put("appointment", where, org.appoint(number, "campaign_manager", unit), there)


def _callers(org):
    for caller in PEOPLE:
        org.hire(caller.key, "sales")
        org.put("person", caller.name, org.ids[caller.key], HOME)
    with org.work() as work:
        for caller in CLIENTS:
            org.bearers[caller.key] = clients.create_client(work, caller.name, [caller.client], static=True).bearer


def _accounts(org):
    """One's own are away, so that nothing but being their steward opens them."""
    for state in ("active", "approved", "suspended", "decommissioning"):
        kind = f"{state} account"
        org.put(kind, "here", org.account(f"here_{state[:8]}", "field", "x", state=state), HERE)
        org.put(kind, "away", org.account(f"away_{state}", "logistics", "instagram", state=state), AWAY)
        for n, caller in enumerate(PEOPLE):
            mine = {"state": state, "steward_id": org.ids[caller.key]}
            org.put(kind, caller.name, org.account(f"mine_{state}_{n}", "logistics", "instagram", **mine), AWAY)
    org.free = org.account("free", "field", "x")


def _proposals(org):
    """Only liaisons propose under hub_and_spoke: everybody is one for as long as that takes."""
    cases = [("here", "scribe", "field", HERE, HERE), ("away", "theirs", "logistics", AWAY, AWAY)]
    cases += [(caller.name, caller.key, "logistics", AWAY, HOME) for caller in PEOPLE]
    for n, (where, who, unit, at, home) in enumerate(cases):
        held = None if who in ("scribe", "theirs") else org.appoint(who, "bu_liaison", unit)
        body = {"network": at.network, "handle": f"proposed_{n}", "business_unit_id": unit}
        made = org.post("/v1/accounts", who, body, 201)
        org.put("proposed account", where, made["id"], at, [at, Place(home.units)], "community_manager")
        if held:
            with org.work() as work:
                roles.end(work, held)


def _roles(org):
    held = {}
    for caller in PEOPLE:
        if caller.role is None or caller.deputy:
            continue
        kind, key = caller.scope
        deputies = [one for one in PEOPLE if one.deputy and (one.role, one.scope) == (caller.role, caller.scope)]
        scope = {"unit": key} if kind == "business_unit" else {"network": key} if kind == "network" else {}
        held[caller.name] = org.appoint(
            caller.key, caller.role, **scope, **({"deputy": deputies[0].key} if deputies else {})
        )
        org.put("appointment", caller.name, held[caller.name], HOME)


def _cases(org, network_kind="active account"):
    """Who has something on which account: here, away, of our person elsewhere, and everyone's own away."""
    here, away = (org.things[network_kind][where].id for where in ("here", "away"))
    ours, theirs = Place(HERE.units), Place(AWAY.units)
    yield "here", "clerk", here, HERE, ours
    yield "away", "stranger", away, AWAY, theirs
    yield "abroad", "clerk", away, AWAY, ours
    for caller in PEOPLE:
        yield caller.name, caller.key, away, AWAY, HOME


def _grants(org):
    for where, who, account, at, home in _cases(org):
        for kind, right in (("grant", "publish"), ("suspended grant", "engage")):
            (grant,) = org.ask(who, account, [right])["grants"]
            org.put(kind, where, grant["id"], at, [at, home])


def _suspensions(org):
    for thing in org.things["suspended grant"].values():
        org.post(f"/v1/grants/{thing.id}/suspend", "boss", {"reason": "A pause."})


def _posts(org):
    """Posts to be cleared, and cleared ones, each of other content: who may publish there submitted them."""
    for where, who, account, at, _ in _cases(org):
        for kind in ("post", "cleared post"):
            content = f"{len(org.contents):064x}"
            body = {"account_id": account, "content_sha256": content}
            made = org.post("/v1/clearances", who, body, 201)
            if kind == "cleared post":
                org.post(f"/v1/clearances/{made['id']}/decisions", "writer", {"decision": "approve"})
            org.contents[made["id"]] = content
            org.put(kind, where, made["id"], at, [at])


def _requests(org):
    for where, who, account, at, home in _cases(org):
        asked = org.ask(who, account, ["analyze"])
        assert asked["steps"][0]["state"] == "open", asked
        org.put("request", where, asked["id"], at, [at, home], asked["steps"][0]["role"])


def _rest(org):
    for where, unit, at in (("here", "field", HERE), ("away", "logistics", AWAY)):
        scope = {"kind": "business_unit", "id": unit}
        policy = org.post("/v1/policies", "writer", {"key": f"policy-{where}", "title": "Ours", "scope": scope}, 201)
        for n in (1, 2):
            org.post(f"/v1/policies/{policy['id']}/versions", "writer", {"text": f"Version {n}."}, 201)
        org.post(f"/v1/policies/{policy['id']}/versions/1/publish", "boss", {})
        org.put("policy", where, policy["id"], at)
        org.put("import", where, _imported(org), at)
        group, mapping = _grouped(org, org.things["unit"][where].id)
        org.put("group", where, group, at)
        org.put("mapping", where, mapping, at)
        stop = {
            "scope": {"kind": "account", "id": org.things["active account"][where].id},
            "severity": "L1",
            "reason": "Wait.",
        }
        org.put("freeze", where, org.post("/v1/freezes", "boss", stop, 201)["id"], at)
        hook = {"name": "Tool", "url": "https://tool.example.com/events", "events": ["*"], "business_unit_id": unit}
        org.put("webhook", where, org.post("/v1/webhooks", "boss", hook, 201)["id"], at, [Place(at.units)])
        tool = {"key": f"tool-{where}", "name": "Tool", "business_unit_id": org.things["unit"][where].id}
        org.put("tool", where, org.post("/v1/publishing-tools", "boss", tool, 201)["id"], at)


def _completions(org):
    """One's own are of the course that is away."""
    for where, at in (("here", HERE), ("away", AWAY)):
        course = org.post("/v1/courses", "writer", {"key": f"course-{where}", "title": "A course"}, 201)
        org.put("course", where, course["id"], at)
        taught = {"audience": "bu_liaison", "course_id": course["id"], "need": "required"}
        org.put("curriculum entry", where, org.post("/v1/curriculum", "writer", taught, 201)["id"], at)
    cases = [("here", "clerk", Place(HERE.units)), ("away", "stranger", Place(AWAY.units))]
    cases += [(caller.name, caller.key, HOME) for caller in PEOPLE]
    for where, who, home in cases:
        course = "course-here" if where == "here" else "course-away"
        body = {"employee_id": str(org.ids[who]), "course_id": course, "completed_at": "2026-01-30T09:00:00Z"}
        org.put("completion", where, org.post("/v1/completions", "boss", body, 201)["id"], home, [home])


def _strategies(org):
    for where, unit, at in (("here", "field", HERE), ("away", "logistics", AWAY)):
        org.put("unit alone", where, org.things["unit"][where].id, Place(at.units))
        org.put(
            "goal",
            where,
            org.post("/v1/strategy/goals", "boss", {"key": f"goal-{where}", "title": "A goal"}, 201)["id"],
            at,
        )
        new = {
            "key": f"objective-{where}",
            "title": "An objective",
            "goal_id": f"goal-{where}",
            "business_unit_id": unit,
        }
        org.put("objective", where, org.post("/v1/strategy/objectives", "writer", new, 201)["id"], at)
        for kind in ("strategy", "strategy draft", "strategy submitted"):
            made = org.post(
                "/v1/strategy/versions", "writer", {"purpose": "To be near.", "business_unit_id": unit}, 201
            )
            if kind != "strategy draft":
                org.post(f"/v1/strategy/versions/{made['id']}/submit", "writer", {})
            if kind == "strategy":
                org.post(f"/v1/strategy/versions/{made['id']}/decisions", "boss", {"decision": "approve"})
            org.put(kind, where, made["id"], at, [at])
        time = {"starts_on": "2026-01-01", "ends_on": "2028-01-01", "currency": "EUR", "allocated": "100.00"}
        budget = org.post(
            "/v1/strategy/budgets",
            "boss",
            {"objective_id": f"objective-{where}", "business_unit_id": unit, **time},
            201,
        )
        spent = {"kind": "spent", "amount": "2.50", "occurred_on": "2026-01-15"}
        entry = org.post(f"/v1/strategy/budgets/{budget['id']}/entries", "boss", spent, 201)
        org.put("budget", where, budget["id"], at, [at])
        org.put("budget entry", where, f"{budget['id']}:{entry['id']}", at, [at])


def _campaigns(org):
    """The boss manages them: whoever plans one names somebody who may."""
    org.appoint("boss", "campaign_manager", "enterprise")
    dates = {"starts_at": "2026-03-01T09:00:00Z", "ends_at": "2026-09-01T09:00:00Z"}
    for where, unit, at in (("here", "field", HERE), ("away", "logistics", AWAY)):
        account = org.things["active account"][where].id
        said = {"key": f"campaign-{where}", "title": "A campaign", "purpose": "To be seen.", "account_ids": [account]}
        made = org.post("/v1/campaigns", "boss", {**said, **dates, "business_unit_id": unit}, 201)
        org.put("campaign", where, made["id"], Place(at.units))


def _figures(org):
    """A KPI here and one away; and of every account an observation and a target, one's own being one's custody."""
    meaning = {"kind": "measured", "unit": "count", "over_time": "sum", "across_accounts": "sum", "better": "higher"}
    days = {"period_from": "2026-02-02", "period_until": "2026-02-09", "value": "5"}
    for where, at in (("here", HERE), ("away", AWAY)):
        kpi = {"key": f"kpi-{where}", "title": "A figure", "definition": "What it means.", **meaning}
        org.put("kpi", where, org.post("/v1/kpis", "writer", kpi, 201)["id"], at)
    for where, account in org.things["active account"].items():
        said = {"account_id": account.id, "kpi_id": "kpi-here", "source": "tool", **days}
        seen = org.post("/v1/observations", "boss", said, 201)
        org.put("observation", where, seen["id"], account.at, [account.at])
        aim = {"kpi_id": "kpi-here", "scope": {"kind": "account", "id": account.id}, **days}
        org.put("target", where, org.post("/v1/targets", "boss", aim, 201)["id"], account.at, [account.at])


def _found(org):
    """What was seen on the networks, and what of it is disputed."""
    for where, unit, at in (("here", "field", HERE), ("away", "logistics", AWAY)):
        for kind, handle in (("discovery", f"seen_{where}"), ("disputed discovery", f"passes_{where}")):
            body = {"network": at.network, "handle": handle, "source": "Vendor", "business_unit_id": unit}
            made = org.post("/v1/discoveries", "boss", body, 201)["id"]
            if kind == "disputed discovery":
                org.post(f"/v1/discoveries/{made}/dispute", "boss", {"reason": "It is not ours."})
            org.put(kind, where, made, at, [at])


def _vendors(org):
    """A vendor, an assessment of another tool than those here and away, which waits for a decision, and a finding."""
    for where, at in (("here", HERE), ("away", AWAY)):
        made = org.post("/v1/vendors", "boss", {"key": f"vendor-{where}", "name": "A vendor"}, 201)
        org.put("vendor", where, made["id"], at)
        org.post("/v1/publishing-tools", "boss", {"key": f"sold-{where}", "name": "A tool"}, 201)
        until = {"summary": "It works.", "valid_until": "2028-01-01T00:00:00Z"}
        assessed = org.post("/v1/assessments", "boss", {"tool_id": f"sold-{where}", **until}, 201)
        org.put("assessment", where, assessed["id"], at)
        said = {"title": "A finding", "summary": "It is so.", "source": "A journal"}
        org.put("finding", where, org.post("/v1/research", "writer", said, 201)["id"], at)


def _imported(org):
    """A run of an import that has ended."""
    with org.work() as work:
        made = imports.begin(work, Asked(), File("people.csv", 1), RunState.RUNNING)
        imports.end(work, made, RunState.DONE, summary=Summary().as_dict())
        return made.id


def _grouped(org, unit_id):
    """A group of the identity provider, and what membership of it means."""
    with org.work() as work:
        group = groups.create(work, {"display_name": "A group", "external_id": None}, [])
        mapped = groups.map_group(work, group.id, Role.CAMPAIGN_MANAGER, UUID(unit_id), None, "They keep the list.")
        return group.id, mapped.id


def _reviews(org):
    """One whose items are everybody's own, elsewhere; and two of one item each, so that nobody's own is in them."""
    for where, number, unit, at in (("here", "clerk", "field", HERE), ("away", "stranger", "logistics", AWAY)):
        narrowed = {"business_unit_id": unit, "right": "publish", "employee_id": str(org.ids[number])}
        review, (item,) = _reviewed(org, narrowed)
        there = Place(at.units)
        org.put("review", where, review, there, [there])
        org.put("review with items", where, review, at, [there], "bu_liaison")
        org.put("review item", where, f"{review}:{item['id']}", at, [there], "bu_liaison")
    review, found = _reviewed(org, {"business_unit_id": "logistics", "right": "publish"})
    by_holder = {one["holder_id"]: one["id"] for one in found}
    people = [("abroad", "clerk"), *((caller.name, caller.key) for caller in PEOPLE)]
    for where, number in people:
        item = f"{review}:{by_holder[str(org.ids[number])]}"
        org.put("review item", where, item, AWAY, [Place(AWAY.units)], "bu_liaison")


def _reviewed(org, narrowed):
    body = {"title": "Rights", "kinds": ["grants"], "filter": narrowed}
    review = org.post("/v1/reviews", "boss", body, 201)["id"]
    return review, org.get(f"/v1/reviews/{review}/items?limit=200", "boss")["items"]


def _retirements(org):
    """Here and away; who looks after an account of the latter is asked about it, the others have nobody to be asked."""
    for where, unit, at in (("here", "field", HERE), ("away", "logistics", AWAY)):
        body = {"title": "Spring", "flags": ["unvalidated"], "business_unit_id": unit, "network": at.network}
        campaign = org.post("/v1/retirements", "boss", body, 201)["id"]
        org.put("retirement", where, campaign, at)
        for name in ("here", "away", *(caller.name for caller in PEOPLE)):
            account = org.things["active account"][name].id
            for one in org.get(f"/v1/retirements/{campaign}/items?account_id={account}", "boss")["items"]:
                org.put("retirement item", name, f"{campaign}:{one['id']}", at)
                if one["state"] == "orphaned":
                    org.put("orphaned item", name, f"{campaign}:{one['id']}", at)
