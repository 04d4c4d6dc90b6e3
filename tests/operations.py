"""One entry for every operation of the API: which permission its lock names, what it is about, and a valid request.

The permissions stand here once more, beside the routes' own: a door whose lock is changed is noticed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

FORM_TYPE = "multipart/form-data; boundary=here"
FORM = (
    b'--here\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\nContent-Type: text/csv\r\n\r\n'
    b"Employee ID,First Name,Last Name,Preferred Name,Work Email,Job Title,Department,Location,Worker Type,Hire Date,"
    b"Termination Date,Status,Manager ID\r\n--here--\r\n"
)
"""A file of people with nobody in it."""
SCIM_MESSAGE = "urn:ietf:params:scim:api:messages:2.0"
SCIM_USER = {"userName": "somebody.new", "active": True}
SCIM_GROUP = {"displayName": "Some group"}
SCIM_NEW = {"method": "POST", "path": "/Users", "bulkId": "1", "data": SCIM_USER}
SCIM_PATCH = {
    "schemas": [f"{SCIM_MESSAGE}:PatchOp"], "Operations": [{"op": "replace", "path": "displayName", "value": "Another"}]
}  # fmt: skip
COMPLETIONS = (
    b'--here\r\nContent-Disposition: form-data; name="file"; filename="done.csv"\r\nContent-Type: text/csv\r\n\r\n'
    b"employee,course,completed_at\r\n--here--\r\n"
)
"""A file of completions, of nobody."""
OBSERVATIONS = (
    b'--here\r\nContent-Disposition: form-data; name="file"; filename="seen.csv"\r\nContent-Type: text/csv\r\n\r\n'
    b"account,kpi,period_from,period_until,value\r\n--here--\r\n"
)
"""A file of observations, of nothing."""
SIGHTINGS = (
    b'--here\r\nContent-Disposition: form-data; name="file"; filename="seen.csv"\r\nContent-Type: text/csv\r\n\r\n'
    b"network,handle,source,seen_at\r\n--here--\r\n"
)
"""A file of sightings, of nothing."""
WORD = {"decision": "approve", "comment": "Seen."}
WHY = {"reason": "It is over."}
PARKED = {"step": "handle_parked", "reference": "https://records.example/parked"}
TAUGHT = {"audience": "auditor", "course_id": "course-here", "need": "recommended"}


@dataclass(frozen=True, slots=True)
class Operation:
    """``thing``: the kind of thing that it is about, if it is about one, and ``body`` what is sent.

    ``hides``: what must be readable for the thing to be seen at all. ``needs``: permissions beyond the lock's, held over
    the thing, and with ``beyond`` also where it goes. ``only``, ``but``: whose things the domain narrows it to.
    ``form``: what is sent instead of a JSON body; ``headers``: where what is asked stands in these. ``aside``: the thing
    is only named on the way; what is done or read is the caller's own. ``without``: roles to which the model in force, or
    whose the thing is, gives it not. ``query``: what follows the path, with the thing's id. ``cookie``: a page, or the
    form of one: asked for with a cookie, by people.
    """

    door: str
    lock: str
    thing: str | None = None
    body: dict[str, Any] | Callable[..., dict[str, Any]] | None = None
    hides: str | None = None
    needs: tuple[str, ...] = ()
    beyond: bool = False
    only: str | None = None
    but: str | None = None
    reads: bool = False
    form: bytes | None = None
    headers: Callable[..., dict[str, str]] | None = None
    aside: bool = False
    without: tuple[str, ...] = ()
    parts: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    cookie: bool = False

    @property
    def method(self):
        return self.door.split()[0]

    @property
    def path(self):
        return self.door.split()[1]

    @property
    def only_reads(self):
        return self.reads or self.method == "GET"

    def target(self, id_, **parts):
        """The address of a thing; of one that is part of another both ids are its id, with a colon between."""
        whole, _, part = str(id_).partition(":")
        told = self.path + (f"?{self.query}" if self.query else "")
        return told.format(**{"id": whole, "item_id": part or whole, "entry_id": part or whole, **self.parts, **parts})

    def sent(self, org, thing):
        return self.body(org, thing) if callable(self.body) else self.body

    def named(self, org, thing):
        """As a server hands them over."""
        told = self.headers(org, thing) if self.headers else {}
        return tuple((name.lower(), value) for name, value in told.items())


ASKED, GRANTED, LEARNT = "rights_request:read", "grant:read", "completion:read"
CLEARED, REVIEWED, TOLD, FOUND = "clearance:read", "review:read", "webhook:manage", "discovery:read"
OBSERVED, AIMED = "observation:read", "target:read"


def _asking(org, thing):
    return {
        "account_id": org.free,
        "rights": ["publish"],
        "justification": "Customer care.",
        "beneficiary_id": thing.id,
    }


def _asked(org, thing):
    return {
        "subject": {"type": "employee", "id": thing.id}, "action": {"name": "publish"},
        "resource": {"type": "account", "id": org.free},
    }  # fmt: skip


def _checked(org, thing):
    return {"X-Coe-Subject": thing.id, "X-Coe-Right": "publish", "X-Coe-Account": org.free}


def _sought(org, thing):
    return {
        "subject": {"type": "employee"}, "action": {"name": "publish"}, "resource": {"type": "account", "id": org.free}
    }  # fmt: skip


def _asked_for(org, thing):
    return {**_asked(org, thing), "context": {"justification": "Customer care."}}


def _network(org, thing):
    form = {"kind": "name", "paths": ["/@{handle}"], "url": "https://loom.example/@{handle}", "max_length": 30}
    return {"key": "loom", "name": "Loom", "hosts": ["loom.example"], "forms": [form]}


def _switched(org, thing):
    return {"model": "dandelion", "business_unit_id": thing.id, "reason": "It has its own staff."}


def _appointed(org, thing):
    return {"employee_id": thing.id, "role": "social_analyst", "business_unit_id": org.unit_of(thing)}


def _proposed(org, thing):
    return {"network": "x", "handle": "brand_new", "business_unit_id": thing.id, "purpose": "News."}


def _seen(org, thing):
    return {"network": "x", "handle": "never_seen", "source": "Vendor", "business_unit_id": thing.id}


def _merged(org, thing):
    return {"into_id": org.target, "reason": "One team."}


def _planned(org, thing):
    dates = {"starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-04-02T09:00:00Z"}
    return {
        "key": "new-campaign", "title": "New", "purpose": "To be seen.", "business_unit_id": thing.id, **dates,
        "manager_id": str(org.ids["boss"]), "account_ids": [org.free],
    }  # fmt: skip


def _completed(org, thing):
    return {"employee_id": thing.id, "course_id": "course-here", "completed_at": "2026-01-31T09:00:00Z"}


def _cited(org, thing):
    return {"subject": {"kind": "assessment", "id": org.things["assessment"]["here"].id}}


def _budgeted(org, thing):
    time = {"starts_on": "2026-01-01", "ends_on": "2027-01-01"}
    return {
        "objective_id": "objective-here",
        "business_unit_id": thing.id,
        "currency": "EUR",
        "allocated": "100.00",
        **time,
    }


def _frozen(org, thing):
    return {"scope": {"kind": "account", "id": thing.id}, "severity": "L1", "reason": "Wait."}


def _submitted(org, thing):
    return {"account_id": thing.id, "content_sha256": "f" * 64}


def _redeemed(org, thing):
    return {"content_sha256": org.contents[thing.id]}


def _review(org, thing):
    narrowed = {"business_unit_id": thing.id, "network": thing.at.network}
    return {"title": "Autumn", "kinds": ["grants"], "filter": narrowed}


def _retiring(org, thing):
    return {"title": "Spring", "flags": ["no_mfa"], "business_unit_id": thing.id, "network": thing.at.network}


def _asking_whether(org, thing):
    return {"title": "Spring", "flags": "no_mfa", "unit": thing.id, "network": thing.at.network or ""}


def _reassigned(org, thing):
    return {"reviewer_id": str(org.ids["scribe" if "field" in thing.at.units else "theirs"]), **WHY}


def _hooked(org, thing):
    told = {"name": "New", "url": "https://tool.example.com/events", "events": ["grant.*"]}
    return {**told, "business_unit_id": org.unit_of(thing)}


def _kpi(org, thing):
    meaning = {"kind": "measured", "unit": "count", "over_time": "sum", "across_accounts": "sum", "better": "higher"}
    return {"key": "new-kpi", "title": "New", "definition": "A figure.", **meaning}


def _observed(org, thing):
    days = {"period_from": "2026-02-09", "period_until": "2026-02-16"}
    return {"account_id": thing.id, "kpi_id": "kpi-here", **days, "value": "7", "source": "tool"}


def _aimed(org, thing):
    days = {"period_from": "2026-02-09", "period_until": "2026-02-16"}
    return {"kpi_id": "kpi-here", "scope": {"kind": "account", "id": thing.id}, **days, "value": "7"}


def _scim():
    """Every door of SCIM: one lock for all, but for who asks about themselves."""
    base, sync = "/scim/v2", "directory:sync"
    for name, thing, body in (("Users", "person", SCIM_USER), ("Groups", "group", SCIM_GROUP)):
        yield Operation(f"GET {base}/{name}", sync)
        yield Operation(f"POST {base}/{name}/.search", sync, body={}, reads=True)
        yield Operation(f"POST {base}/{name}", sync, body=body)
        yield Operation(f"GET {base}/{name}/{{id}}", sync, thing)
        yield Operation(f"PUT {base}/{name}/{{id}}", sync, thing, body)
        yield Operation(f"PATCH {base}/{name}/{{id}}", sync, thing, SCIM_PATCH)
        yield Operation(f"DELETE {base}/{name}/{{id}}", sync, thing)
    for name, kind in (("ResourceTypes", "User"), ("Schemas", "urn:ietf:params:scim:schemas:core:2.0:User")):
        yield Operation(f"GET {base}/{name}", sync)
        yield Operation(f"GET {base}/{name}/{{name}}", sync, parts={"name": kind})
    yield Operation(f"GET {base}", sync)
    yield Operation(f"POST {base}/.search", sync, body={}, reads=True)
    yield Operation(
        f"POST {base}/Bulk", sync, body={"schemas": [f"{SCIM_MESSAGE}:BulkRequest"], "Operations": [SCIM_NEW]}
    )
    yield Operation(f"GET {base}/ServiceProviderConfig", sync)
    yield Operation(f"GET {base}/Me", "me:read")


OPERATIONS = (
    Operation("GET /v1/me", "me:read"),
    Operation("GET /v1/me/notices", "me:read"),
    Operation("GET /v1/me/notification-settings", "me:read"),
    Operation("PUT /v1/me/notification-settings", "me:update", body={"email": "daily"}),
    Operation("GET /v1/approvals", "approval:read"),
    Operation("GET /v1/rights-requests", ASKED),
    Operation("GET /v1/rights-requests/{id}", ASKED, "request", hides=ASKED),
    Operation("POST /v1/rights-requests", "rights_request:create", "person", _asking),
    Operation("POST /v1/rights-requests/preview", "rights_request:create", "person", _asking, reads=True),
    Operation("PATCH /v1/rights-requests/{id}", "rights_request:update", "request", {"justification": "Better."}, hides=ASKED),
    Operation("POST /v1/rights-requests/{id}/decisions", "rights_request:decide", "request", WORD, hides=ASKED),
    Operation("POST /v1/rights-requests/{id}/withdraw", "rights_request:update", "request", {}, hides=ASKED),
    Operation("GET /v1/grants", GRANTED),
    Operation("GET /v1/grants/{id}", GRANTED, "grant", hides=GRANTED),
    Operation("POST /v1/grants/{id}/renew", "grant:renew", "grant", {"justification": "Still."}, hides=GRANTED),
    Operation("POST /v1/grants/{id}/revoke", "grant:revoke", "grant", WHY, hides=GRANTED),
    Operation("POST /v1/grants/{id}/suspend", "grant:suspend", "grant", WHY, hides=GRANTED),
    # Nobody resumes their own right, whatever their role.
    Operation("POST /v1/grants/{id}/resume", "grant:suspend", "suspended grant", WHY, hides=GRANTED, but="mine"),
    Operation("POST /v1/grants/{id}/passport", "grant:passport", "grant", {}, hides=GRANTED),
    Operation("GET /v1/passports/revocations", "passport:read_revocations"),
    Operation("GET /v1/campaigns", "campaign:read"),
    Operation("GET /v1/campaigns/{id}", "campaign:read", "campaign"),
    Operation("POST /v1/campaigns", "campaign:manage", "unit alone", _planned),
    Operation("PATCH /v1/campaigns/{id}", "campaign:manage", "campaign", {"title": "Another title"}),
    Operation("POST /v1/campaigns/{id}/end", "campaign:manage", "campaign", WHY),
    # For oneself; that one takes part is asked after every question of permission.
    Operation("POST /v1/campaigns/{id}/requests", "rights_request:create", "campaign", {}, aside=True),
    Operation("GET /v1/clearances", CLEARED),
    Operation("GET /v1/clearances/{id}", CLEARED, "cleared post", hides=CLEARED),
    Operation("POST /v1/clearances", "clearance:submit", "active account", _submitted),
    # Nobody clears what they submitted, and nobody else takes it back.
    Operation("POST /v1/clearances/{id}/decisions", "clearance:decide", "post", WORD, hides=CLEARED, but="mine"),
    Operation("POST /v1/clearances/{id}/withdraw", "clearance:submit", "post", {}, hides=CLEARED, only="mine"),
    Operation("POST /v1/clearances/{id}/redeem", "clearance:redeem", "cleared post", _redeemed, hides=CLEARED),
    Operation("GET /v1/reviews", REVIEWED),
    Operation("GET /v1/reviews/{id}", REVIEWED, "review", hides=REVIEWED),
    Operation("GET /v1/reviews/{id}/evidence", REVIEWED, "review", hides=REVIEWED),
    Operation("POST /v1/reviews", "review:create", "unit", _review),
    Operation("POST /v1/reviews/preview", "review:create", "unit", _review, reads=True),
    Operation("POST /v1/reviews/{id}/close", "review:manage", "review", WHY, hides=REVIEWED),
    Operation("GET /v1/reviews/{id}/items", REVIEWED, "review with items", hides=REVIEWED),
    Operation("GET /v1/reviews/{id}/items/{item_id}", REVIEWED, "review item", hides=REVIEWED),
    Operation("POST /v1/reviews/{id}/items/{item_id}/decisions", "review:decide", "review item", {"decision": "keep"}, hides=REVIEWED),
    # Nobody picks who is to judge about their own, whatever their role.
    Operation("POST /v1/reviews/{id}/items/{item_id}/reassign", "review:manage", "review item", _reassigned, hides=REVIEWED, but="mine"),
    Operation("GET /v1/retirements", "retirement:read"),
    Operation("GET /v1/retirements/{id}", "retirement:read", "retirement"),
    Operation("POST /v1/retirements", "retirement:manage", "unit", _retiring),
    Operation("POST /v1/retirements/preview", "retirement:manage", "unit", _retiring, reads=True),
    Operation("POST /v1/retirements/{id}/end", "retirement:manage", "retirement", WHY),
    Operation("GET /v1/retirements/{id}/items", "retirement:read", "retirement"),
    Operation("GET /v1/retirements/{id}/items/{item_id}", "retirement:read", "retirement item"),
    Operation(
        "POST /v1/retirements/{id}/items/{item_id}/answer", "retirement:answer", "retirement item", {"answer": "keep", **WHY}
    ),
    Operation(
        "POST /v1/retirements/{id}/items/{item_id}/decide", "retirement:manage", "orphaned item", {"decision": "retire", **WHY}
    ),
    Operation("GET /v1/accounts", "account:read"),
    Operation("GET /v1/accounts/{id}", "account:read", "active account"),
    Operation("POST /v1/accounts", "account:propose", "unit", _proposed),
    Operation("PATCH /v1/accounts/{id}", "account:update", "active account", {"display_name": "Anew"}),
    # Unit and risk tier decide who governs an account: whoever could change them could choose their own judge.
    Operation("PATCH /v1/accounts/{id}", "account:update", "active account", {"risk": "high"}, needs=("account:stop",)),
    Operation(
        "PATCH /v1/accounts/{id}", "account:update", "active account",
        lambda org, thing: {"business_unit_id": org.target}, needs=("account:stop",), beyond=True,
    ),
    Operation("POST /v1/accounts/{id}/decisions", "account:decide", "proposed account", WORD),
    # A proposal is taken back by whoever made it, and by nobody else (domain: 3).
    Operation("POST /v1/accounts/{id}/withdraw", "account:propose", "proposed account", {}, only="mine"),
    Operation("POST /v1/accounts/{id}/validate", "account:manage", "active account", {}),
    Operation("POST /v1/accounts/{id}/activity", "account:record_activity", "active account", {}),
    Operation("POST /v1/accounts/{id}/activate", "account:manage", "approved account", WHY),
    Operation("POST /v1/accounts/{id}/suspend", "account:stop", "active account", WHY),
    Operation("POST /v1/accounts/{id}/resume", "account:stop", "suspended account", WHY),
    Operation("POST /v1/accounts/{id}/decommission", "account:stop", "active account", WHY),
    Operation("GET /v1/accounts/{id}/decommissioning", "account:read", "active account"),
    Operation("POST /v1/accounts/{id}/decommissioning", "account:decommission", "decommissioning account", PARKED),
    Operation("POST /v1/accounts/{id}/archive", "account:stop", "decommissioning account", WHY),
    Operation("GET /v1/discoveries", FOUND),
    Operation("GET /v1/discoveries/{id}", FOUND, "discovery", hides=FOUND),
    Operation("GET /v1/discoveries/{id}/sightings", FOUND, "discovery", hides=FOUND),
    # Whatever anybody of the hub sees, wherever that is.
    Operation("POST /v1/discoveries", "discovery:record", "unit", _seen),
    Operation("POST /v1/discoveries/import", "discovery:record", form=SIGHTINGS),
    Operation(
        "POST /v1/discoveries/{id}/adopt", "discovery:resolve", "discovery", {"business_unit_id": "sales"}, hides=FOUND
    ),
    Operation("POST /v1/discoveries/{id}/dispute", "discovery:resolve", "discovery", WHY, hides=FOUND),
    Operation("POST /v1/discoveries/{id}/taken-down", "discovery:resolve", "discovery", WHY, hides=FOUND),
    Operation("POST /v1/discoveries/{id}/ignore", "discovery:resolve", "discovery", WHY, hides=FOUND),
    Operation("POST /v1/discoveries/{id}/reopen", "discovery:resolve", "disputed discovery", WHY, hides=FOUND),
    Operation("GET /v1/networks", "network:read"),
    Operation("GET /v1/networks/{key}", "network:read", parts={"key": "x"}),
    Operation("POST /v1/networks", "network:write", None, _network),
    *(
        Operation(f"POST /access/v1/{name}", "decision:evaluate", "person", _asked, reads=True)
        for name in ("evaluation", "evaluations", "search/resource", "search/action")
    ),
    Operation("GET /access/v1/check", "decision:evaluate", "person", headers=_checked),
    # Who may ask about themselves only finds themselves at most.
    Operation("POST /access/v1/search/subject", "decision:evaluate", None, _sought, reads=True),
    Operation(
        "GET /v1/decisions/explain", "decision:evaluate", "person",
        query="employee_id={id}&account_id=x:free&right=publish",
    ),
    # Of those who may, each sees those whose grants they may see: nobody is refused.
    Operation("GET /v1/accounts/{id}/publishers", GRANTED, "active account", aside=True),
    Operation("POST /access/v1/requests", "rights_request:create", "person", _asked_for),
    Operation("GET /access/v1/requests/{id}", ASKED, "request", hides=ASKED),
    Operation("POST /access/v1/requests/{id}/cancel", "rights_request:update", "request", {}, hides=ASKED),
    Operation("GET /v1/publishing-tools", "tool:read"),
    Operation("GET /v1/publishing-tools/{id}", "tool:read", "tool"),
    Operation(
        "POST /v1/publishing-tools", "tool:write", "unit",
        lambda org, thing: {"key": "newtool", "name": "New tool", "business_unit_id": thing.id},
    ),
    Operation("PATCH /v1/publishing-tools/{id}", "tool:write", "tool", {"kinds": ["publishing"]}),
    Operation("POST /v1/publishing-tools/{id}/retire", "tool:write", "tool"),
    Operation("GET /v1/vendors", "vendor:read"),
    Operation("GET /v1/vendors/{id}", "vendor:read", "vendor"),
    Operation("POST /v1/vendors", "vendor:write", None, {"key": "newvendor", "name": "New"}),
    Operation("PATCH /v1/vendors/{id}", "vendor:write", "vendor", {"name": "Another name"}),
    Operation("GET /v1/assessments", "vendor:read"),
    Operation("GET /v1/assessments/{id}", "vendor:read", "assessment"),
    Operation(
        "POST /v1/assessments", "vendor:write", "tool",
        lambda org, thing: {"tool_id": thing.id, "summary": "It works.", "valid_until": "2028-01-01T00:00:00Z"},
    ),
    Operation("POST /v1/assessments/{id}/decisions", "vendor:approve", "assessment", {"decision": "approve"}),
    Operation("GET /v1/research", "research:read"),
    Operation("GET /v1/research/{id}", "research:read", "finding"),
    Operation(
        "POST /v1/research", "research:write", None, {"title": "New", "summary": "It is so.", "source": "A journal"}
    ),
    Operation("POST /v1/research/{id}/withdraw", "research:write", "finding", WHY),
    Operation("GET /v1/research/{id}/citations", "research:read", "finding"),
    Operation("POST /v1/research/{id}/citations", "research:cite", "finding", _cited),
    Operation("GET /v1/citations", "research:read"),
    Operation("GET /v1/webhooks", TOLD),
    Operation("GET /v1/webhooks/{id}", TOLD, "webhook", hides=TOLD),
    Operation("GET /v1/webhooks/{id}/deliveries", TOLD, "webhook", hides=TOLD),
    Operation("POST /v1/webhooks", TOLD, "colleague", _hooked),
    Operation("PATCH /v1/webhooks/{id}", TOLD, "webhook", {"name": "Another name"}, hides=TOLD),
    Operation("DELETE /v1/webhooks/{id}", TOLD, "webhook", hides=TOLD),
    Operation("POST /v1/webhooks/{id}/rotate", TOLD, "webhook", {}, hides=TOLD),
    Operation("POST /v1/webhooks/{id}/redeliver", TOLD, "webhook", {"from_seq": 1}, hides=TOLD),
    Operation("GET /v1/governance", "governance:read"),
    Operation("PUT /v1/governance", "governance:switch", "unit", _switched),
    Operation("PUT /v1/governance", "governance:switch", None, {"model": "organic", "reason": "Let them."}),
    Operation("POST /v1/governance/preview", "governance:switch", "unit", _switched, reads=True),
    Operation("GET /v1/appointments", "appointment:read"),
    Operation("GET /v1/appointments/{id}", "appointment:read", "appointment"),
    Operation("POST /v1/appointments", "appointment:create", "colleague", _appointed),
    Operation("PATCH /v1/appointments/{id}", "appointment:create", "appointment", {"deputy_id": None}),
    Operation("DELETE /v1/appointments/{id}", "appointment:end", "appointment"),
    Operation("GET /v1/permissions", "permission:read"),
    Operation("GET /v1/policies", "policy:read"),
    Operation("GET /v1/policies/{id}", "policy:read", "policy"),
    Operation(
        "POST /v1/policies", "policy:draft", "unit",
        lambda org, thing: {"key": "newpolicy", "title": "New", "scope": {"kind": "business_unit", "id": thing.id}},
    ),
    Operation("GET /v1/policies/{id}/versions", "policy:read", "policy"),
    Operation("GET /v1/policies/{id}/versions/{n}", "policy:read", "policy", parts={"n": 1}),
    Operation("GET /v1/policies/{id}/versions/{n}", "policy:read", "policy", parts={"n": 2}, hides="draft"),
    Operation("POST /v1/policies/{id}/versions", "policy:draft", "policy", {"text": "Be kind."}),
    Operation("POST /v1/policies/{id}/versions/{n}/publish", "policy:publish", "policy", {}, parts={"n": 2}),
    Operation("POST /v1/policies/{id}/versions/{n}/retire", "policy:publish", "policy", WHY, parts={"n": 1}),
    Operation("POST /v1/policies/{id}/versions/{n}/preview", "policy:draft", "policy", {}, parts={"n": 2}, reads=True),
    Operation("GET /v1/policies/{id}/versions/{n}/differences", "policy:read", "policy", parts={"n": 2}, hides="draft"),
    Operation("POST /v1/policies/{id}/versions/{n}/attestations", "attestation:create", "policy", {}, parts={"n": 1}, aside=True),
    Operation("GET /v1/policies/{id}/versions/{n}/attestations", "attestation:read", "policy", parts={"n": 1}, aside=True),
    Operation("GET /v1/policies/{id}/versions/{n}/coverage", "attestation:read", "policy", parts={"n": 1}, aside=True),
    Operation("GET /v1/limits", "policy:read"),
    Operation("GET /v1/policy-conflicts", "policy:read"),
    Operation("GET /v1/freezes", "freeze:read"),
    Operation("GET /v1/freezes/{id}", "freeze:read", "freeze"),
    # Under hub_and_spoke the hub freezes, not the liaison; what the strategist froze only a strategist lifts (domain: 4).
    Operation("POST /v1/freezes", "freeze:set", "active account", _frozen, without=("bu_liaison",)),
    Operation("POST /v1/freezes/{id}/lift", "freeze:lift", "freeze", WHY, without=("bu_liaison", "community_manager")),
    # A report is cut to what of the enterprise one may see, and says so.
    Operation("GET /v1/reports", "report:read"),
    Operation("GET /v1/reports/{key}", "report:read", parts={"key": "inventory"}),
    Operation("GET /v1/courses", "course:read"),
    Operation("GET /v1/courses/{id}", "course:read", "course"),
    Operation("POST /v1/courses", "course:write", None, {"key": "newcourse", "title": "New"}),
    Operation("PATCH /v1/courses/{id}", "course:write", "course", {"title": "Another title"}),
    Operation("POST /v1/courses/{id}/retire", "course:write", "course", WHY),
    Operation("GET /v1/strategy/goals", "strategy:read"),
    Operation("GET /v1/strategy/goals/{id}", "strategy:read", "goal"),
    Operation("POST /v1/strategy/goals", "strategy:approve", None, {"key": "newgoal", "title": "New"}),
    Operation("PATCH /v1/strategy/goals/{id}", "strategy:approve", "goal", {"title": "Another title"}),
    Operation("POST /v1/strategy/goals/{id}/retire", "strategy:approve", "goal", WHY),
    Operation("GET /v1/strategy/objectives", "strategy:read"),
    Operation("GET /v1/strategy/objectives/{id}", "strategy:read", "objective"),
    Operation(
        "POST /v1/strategy/objectives", "strategy:draft", "unit",
        lambda org, thing: {"key": "newone", "title": "New", "goal_id": "goal-here", "business_unit_id": thing.id},
    ),
    Operation("PATCH /v1/strategy/objectives/{id}", "strategy:draft", "objective", {"title": "Another title"}),
    Operation("POST /v1/strategy/objectives/{id}/retire", "strategy:draft", "objective", WHY),
    Operation("GET /v1/strategy/versions", "strategy:read"),
    Operation("GET /v1/strategy/versions/{id}", "strategy:read", "strategy"),
    Operation("GET /v1/strategy/versions/{id}", "strategy:read", "strategy draft", hides="strategy:draft"),
    Operation(
        "POST /v1/strategy/versions", "strategy:draft", "unit",
        lambda org, thing: {"purpose": "To be near.", "business_unit_id": thing.id},
    ),
    Operation(
        "PATCH /v1/strategy/versions/{id}", "strategy:draft", "strategy draft", {"purpose": "Another"}, hides="strategy:draft",
    ),
    Operation("POST /v1/strategy/versions/{id}/submit", "strategy:draft", "strategy draft", {}, hides="strategy:draft"),
    Operation("POST /v1/strategy/versions/{id}/withdraw", "strategy:draft", "strategy draft", {}, hides="strategy:draft"),
    Operation(
        "POST /v1/strategy/versions/{id}/decisions", "strategy:approve", "strategy submitted", {"decision": "approve"},
        hides="strategy:draft",
    ),
    Operation("GET /v1/strategy/budgets", "budget:read"),
    Operation("GET /v1/strategy/budgets/{id}", "budget:read", "budget", hides="budget:read"),
    Operation("POST /v1/strategy/budgets", "budget:write", "unit", _budgeted),
    Operation(
        "PATCH /v1/strategy/budgets/{id}", "budget:write", "budget", {"allocated": "5.00", **WHY}, hides="budget:read"
    ),
    Operation("GET /v1/strategy/budgets/{id}/entries", "budget:read", "budget", hides="budget:read"),
    Operation(
        "POST /v1/strategy/budgets/{id}/entries", "budget:record", "budget",
        {"kind": "spent", "amount": "1.50", "occurred_on": "2026-02-01"}, hides="budget:read",
    ),
    Operation(
        "POST /v1/strategy/budgets/{id}/entries/{entry_id}/void", "budget:record", "budget entry", WHY, hides="budget:read",
    ),
    Operation("GET /v1/strategy/returns", "budget:read"),
    Operation("GET /v1/maturity", "maturity:read", "unit alone", query="business_unit_id={id}"),
    Operation(
        "POST /v1/maturity/declarations", "maturity:declare", "unit",
        lambda org, thing: {"business_unit_id": thing.id, "open_dialogue": True},
    ),
    Operation("GET /v1/curriculum", "course:read"),
    Operation("GET /v1/curriculum/{id}", "course:read", "curriculum entry"),
    Operation("POST /v1/curriculum", "course:write", None, TAUGHT),
    Operation("POST /v1/curriculum/{id}/retire", "course:write", "curriculum entry", WHY),
    Operation("GET /v1/me/learning", "me:read"),
    Operation("GET /v1/employees/{id}/learning", LEARNT, "person"),
    Operation("GET /v1/learning/coverage", "report:read", "unit alone", query="business_unit_id={id}"),
    Operation("GET /v1/liaisons", "appointment:read"),
    Operation("GET /v1/liaisons/{id}", "appointment:read", "unit"),
    Operation("GET /v1/completions", LEARNT),
    Operation("GET /v1/completions/{id}", LEARNT, "completion", hides=LEARNT),
    Operation("POST /v1/completions", "completion:write", "person", _completed, but="mine"),
    Operation("POST /v1/completions/import", "completion:write", form=COMPLETIONS),
    Operation("POST /v1/completions/{id}/revoke", "completion:write", "completion", WHY, hides=LEARNT),
    Operation("GET /v1/kpis", "kpi:read"),
    Operation("GET /v1/kpis/{id}", "kpi:read", "kpi"),
    Operation("POST /v1/kpis", "kpi:write", None, _kpi),
    Operation("PATCH /v1/kpis/{id}", "kpi:write", "kpi", {"title": "Another title"}),
    Operation("POST /v1/kpis/{id}/retire", "kpi:write", "kpi", WHY),
    Operation("GET /v1/observations", OBSERVED),
    Operation("POST /v1/observations", "observation:write", "active account", _observed),
    Operation("POST /v1/observations/import", "observation:write", form=OBSERVATIONS),
    Operation("GET /v1/targets", AIMED),
    Operation("GET /v1/targets/{id}", AIMED, "target", hides=AIMED),
    Operation("POST /v1/targets", "target:write", "active account", _aimed),
    Operation("DELETE /v1/targets/{id}", "target:write", "target", hides=AIMED),
    Operation(
        "GET /v1/measurement/comparison", OBSERVED, query="kpi_id=kpi-here&by=network&from=2026-01-01&until=2026-03-01"
    ),
    Operation(
        "GET /v1/measurement/series", OBSERVED, "active account",
        query="kpi_id=kpi-here&account_id={id}&from=2026-01-01&until=2026-03-01",
    ),
    Operation("GET /v1/business-units", "business_unit:read"),
    Operation("GET /v1/business-units/{id}", "business_unit:read", "unit"),
    Operation(
        "POST /v1/business-units", "business_unit:write", "unit",
        lambda org, thing: {"key": "newunit", "name": "New", "parent_id": thing.id},
    ),
    Operation("PATCH /v1/business-units/{id}", "business_unit:write", "unit", {"name": "Another name"}),
    Operation("POST /v1/business-units/{id}/close", "business_unit:write", "unit", WHY),
    Operation("POST /v1/business-units/{id}/merge", "business_unit:write", "unit", _merged),
    Operation("GET /v1/employees", "employee:read"),
    Operation("GET /v1/employees/{id}", "employee:read", "person"),
    Operation("POST /v1/employees/{id}/erase", "employee:erase", "person", WHY),
    Operation("POST /v1/employees/{id}/hold", "legal_hold:set", "person", WHY),
    Operation("POST /v1/employees/{id}/release", "legal_hold:set", "person", WHY),
    Operation("GET /v1/legal-holds", "legal_hold:read"),
    Operation("GET /v1/directory/imports", "directory:import"),
    Operation("GET /v1/directory/imports/{id}", "directory:import", "import"),
    Operation("GET /v1/directory/imports/{id}/rejects", "directory:import", "import"),
    Operation("POST /v1/directory/imports", "directory:import", form=FORM),
    Operation("GET /v1/directory/changes", "directory:read_changes"),
    Operation("GET /v1/directory/orphans", "directory:read_orphans"),
    Operation("GET /v1/audit/events", "audit:read"),
    Operation("GET /v1/audit/checkpoints", "audit:read"),
    Operation("GET /v1/groups", "group:read"),
    Operation("GET /v1/group-mappings", "group:read"),
    Operation("GET /v1/group-mappings/{id}", "group:read", "mapping"),
    Operation("POST /v1/group-mappings/{id}/end", "group:map", "mapping", WHY),
    Operation(
        "POST /v1/group-mappings", "group:map", "group",
        lambda org, thing: {"group_id": thing.id, "role": "social_analyst", "reason": "They keep the list."},
    ),
    *_scim(),
)  # fmt: skip

CONSOLE = (
    Operation("GET /console", "me:read", cookie=True),
    Operation("POST /console/logout", "me:read", body={}, cookie=True),
    Operation("GET /console/approvals", "approval:read", cookie=True),
    Operation("GET /console/accounts", "account:read", cookie=True),
    Operation("GET /console/accounts.csv", "account:read", cookie=True),
    Operation("GET /console/accounts/{id}", "account:read", "active account", cookie=True),
    Operation("POST /console/accounts/{id}/decisions", "account:decide", "proposed account", WORD, cookie=True),
    # For oneself, on whichever account; that the model has a ceiling comes after every question of permission.
    Operation(
        "POST /console/accounts/{id}/requests", "rights_request:create", "active account",
        {"rights": "administer", "justification": "Customer care."}, aside=True, cookie=True,
    ),
    Operation("GET /console/people/{id}", "employee:read", "person", cookie=True),
    Operation("GET /console/requests", ASKED, cookie=True),
    Operation("GET /console/requests/{id}", ASKED, "request", hides=ASKED, cookie=True),
    Operation("POST /console/requests/{id}/decisions", "rights_request:decide", "request", WORD, hides=ASKED, cookie=True),
    Operation("POST /console/requests/{id}/withdraw", "rights_request:update", "request", {}, hides=ASKED, cookie=True),
    Operation("POST /console/clearances/{id}/decisions", "clearance:decide", "post", WORD, hides=CLEARED, but="mine", cookie=True),
    Operation(
        "POST /console/reviews/{id}/items/{item_id}/decisions", "review:decide", "review item", {"decision": "keep"},
        hides=REVIEWED, cookie=True,
    ),
    Operation("GET /console/models", "governance:read", cookie=True),
    Operation("GET /console/models/preview", "governance:switch", "unit", query="model=dandelion&unit={id}", cookie=True),
    Operation(
        "POST /console/models", "governance:switch", "unit",
        lambda org, thing: {"model": "dandelion", "unit": thing.id, "reason": "It has its own staff."}, cookie=True,
    ),
    Operation("GET /console/freezes", "freeze:read", cookie=True),
    Operation(
        "POST /console/freezes", "freeze:set", "active account",
        lambda org, thing: {"target": f"account:{thing.id}", "severity": "L1", "reason": "Wait."},
        without=("bu_liaison",), cookie=True,
    ),
    Operation(
        "POST /console/freezes/{id}/lift", "freeze:lift", "freeze", WHY, without=("bu_liaison", "community_manager"), cookie=True
    ),
    Operation("GET /console/campaigns", "campaign:read", cookie=True),
    Operation("GET /console/campaigns/{id}", "campaign:read", "campaign", cookie=True),
    Operation("POST /console/campaigns/{id}/end", "campaign:manage", "campaign", WHY, cookie=True),
    Operation("POST /console/campaigns/{id}/requests", "rights_request:create", "campaign", {}, aside=True, cookie=True),
    Operation("GET /console/discoveries", FOUND, cookie=True),
    Operation("GET /console/discoveries/{id}", FOUND, "discovery", hides=FOUND, cookie=True),
    Operation(
        "POST /console/discoveries/{id}/adopt", "discovery:resolve", "discovery", {"unit": "sales"}, hides=FOUND, cookie=True
    ),
    Operation(
        "POST /console/discoveries/{id}/words", "discovery:resolve", "discovery", {"word": "dispute", **WHY}, hides=FOUND,
        cookie=True,
    ),
    Operation("GET /console/retirements", "retirement:read", cookie=True),
    Operation("GET /console/retirements/new", "retirement:manage", "unit alone", query="flags=no_mfa&unit={id}", cookie=True),
    Operation("POST /console/retirements", "retirement:manage", "unit", _asking_whether, cookie=True),
    Operation("GET /console/retirements/{id}", "retirement:read", "retirement", cookie=True),
    Operation("POST /console/retirements/{id}/end", "retirement:manage", "retirement", WHY, cookie=True),
    Operation(
        "POST /console/retirements/{id}/items/{item_id}/answer", "retirement:answer", "retirement item", {"word": "keep", **WHY},
        cookie=True,
    ),
    Operation(
        "POST /console/retirements/{id}/items/{item_id}/decide", "retirement:manage", "orphaned item", {"word": "retire", **WHY},
        cookie=True,
    ),
    Operation("GET /console/programme", "strategy:read", cookie=True),
    Operation("GET /console/programme/strategies/{id}", "strategy:read", "strategy", cookie=True),
    Operation("GET /console/programme/strategies/{id}", "strategy:read", "strategy draft", hides="strategy:draft", cookie=True),
    Operation(
        "POST /console/programme/strategies/{id}/decisions", "strategy:approve", "strategy submitted", {"decision": "approve"},
        hides="strategy:draft", cookie=True,
    ),
    Operation("GET /console/measurement", OBSERVED, query="kpi=kpi-here&by=network&from=2026-01-01&until=2026-03-01", cookie=True),
    Operation("GET /console/reports", "report:read", cookie=True),
    Operation("GET /console/reports/{key}", "report:read", parts={"key": "inventory"}, cookie=True),
)  # fmt: skip
"""The pages of the console and what their forms are sent to: the same locks, and the same answers behind them."""

PUBLIC = {
    "GET /v1/accounts/verify": "anybody may ask whether an account is official",
    "GET /openapi.json": "the contract is no secret", "HEAD /openapi.json": "as GET",
    "GET /docs": "Swagger UI", "GET /docs/oauth2-redirect": "where its login comes back to", "ANY /static/{path}": "its files",
    "GET /healthz": "asked by whoever runs the service", "GET /readyz": "likewise", "GET /metrics": "likewise",
    "GET /.well-known/authzen-configuration": "AuthZEN 1.0, 9.2",
    "GET /access/v1/request-schema": "what an access request has to say is no secret",
    "GET /.well-known/jwks.json": "public keys", "GET /.well-known/openid-configuration": "RFC 8414 3",
    "GET /oauth/authorize": "where people log in", "POST /oauth/authorize": "where people log in",
    "GET /console/login": "where people sign in to the console", "POST /console/login": "likewise",
    "GET /console/login/away": "where people go from there to sign in at an issuer of their company's",
    "GET /console/login/back": "where they come back to",
    "POST /oauth/token": "authenticates its caller itself (RFC 6749 3.2)",
}  # fmt: skip
"""Every door without a permission, and why."""
