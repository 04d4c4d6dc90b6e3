"""The organisation that every run starts from: in a database, and in the model."""

from app.clients import service as clients
from tests.kit import START, staffed

from .model import Account, Unit
from .moves import Model

ROOT = "enterprise"
PEOPLE = {
    "asker": ("sales", "employee"), "colleague": ("sales", "employee"), "liaison": ("sales", "employee"),
    "hub": ("communications", "employee"), "boss": ("communications", "employee"), "boss2": ("communications", "employee"),
    "auditor": ("communications", "employee"), "admin": ("communications", "employee"),
    "developer": ("communications", "employee"), "content": ("communications", "employee"),
    "stranger": ("logistics", "employee"), "otherliaison": ("logistics", "employee"),
    "liaison2": ("sales", "employee"), "deputy": ("sales", "employee"), "agent": ("sales", "agency"),
    "viking": ("nordics", "contractor"), "xhub": ("communications", "employee"),
}  # fmt: skip
FIRST = 12
"""So many of them are ``staffed`` already."""
APPOINTED = (
    ("liaison", "bu_liaison", ("unit", "sales")), ("otherliaison", "bu_liaison", ("unit", "logistics")),
    ("hub", "community_manager", ("enterprise",)), ("boss", "strategist", ("enterprise",)),
    ("boss2", "strategist", ("enterprise",)), ("auditor", "auditor", ("enterprise",)), ("admin", "admin", ("enterprise",)),
    ("developer", "developer", ("enterprise",)), ("content", "content_strategist", ("enterprise",)),
    ("liaison2", "bu_liaison", ("unit", "sales")), ("xhub", "community_manager", ("network", "x")),
)  # fmt: skip
UNITS = {"sales": "UTC", "communications": "UTC", "logistics": "UTC", "nordics": "Europe/Stockholm"}
ACCOUNTS = {
    "x:acme": ("sales", False), "x:bank": ("sales", True), "instagram:fjord": ("nordics", False),
    "instagram:cargo": ("logistics", False),
}  # fmt: skip
POLICIES = {
    "care": ("enterprise",), "house": ("enterprise",), "sales-care": ("unit", "sales"), "nordic-care": ("unit", "nordics"),
    "x-care": ("network", "x"),
}  # fmt: skip
COURSES = {"basics": 365, "crisis": None}


def found(world):
    """Put the organisation into a database; answers what has an id, by name."""
    staffed(world)
    ids = {"units": {}, "accounts": {}}
    root = world.get("/v1/business-units?key=enterprise", "boss")["items"][0]["id"]
    ids["units"] = {one["key"]: one["id"] for one in world.get("/v1/business-units", "boss")["items"]}
    body = {"key": "nordics", "name": "Nordics", "parent_id": ids["units"]["sales"], "timezone": "Europe/Stockholm"}
    ids["units"] |= {"nordics": world.post("/v1/business-units", "boss", body, 201)["id"], ROOT: root}
    for who, (unit, kind) in [*PEOPLE.items()][FIRST:]:
        world.hire(who, unit, employment_type=kind)
    for who, role, (scope, *name) in APPOINTED[-2:]:
        world.appoint(who, role, **{scope: name[0]})
    for name, (unit, high) in ACCOUNTS.items():
        network, _, handle = name.partition(":")
        ids["accounts"][name] = world.account(handle, unit, network, risk="high" if high else "standard")
    for key, (scope, *name) in POLICIES.items():
        told = {"kind": {"unit": "business_unit"}.get(scope, scope), **({"id": name[0]} if name else {})}
        world.post("/v1/policies", "boss", {"key": key, "title": key, "scope": told}, 201)
    for key, days in COURSES.items():
        world.post("/v1/courses", "boss", {"key": key, "title": key, "valid_for_days": days}, 201)
    tool = world.post("/v1/publishing-tools", "developer", {"key": "fanfare", "name": "Fanfare"}, 201)
    with world.work() as work:
        ids["bearer"] = clients.create_client(work, "Fanfare", ["decisions"], tool_key="fanfare", static=True).bearer
    return {**ids, "platform": tool["id"], "people": dict(world.ids)}


def model():
    """The same organisation, as it should be."""
    org = Model(START)
    org.units[ROOT] = Unit((ROOT,))
    for key, zone in UNITS.items():
        org.units[key] = Unit((ROOT, *(("sales",) if key == "nordics" else ()), key), zone)
    for who, (unit, kind) in PEOPLE.items():
        org.hire(who, unit, kind)
    for one in APPOINTED:
        assert org.appointed(*one) == (201, None), one
    for name, (unit, high) in ACCOUNTS.items():
        org.accounts[name] = Account(unit, name.partition(":")[0], high)
    org.policies, org.courses = dict(POLICIES), dict(COURSES)
    return org
