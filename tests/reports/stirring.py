"""Something of everything that a report tells of, brought into an enterprise that is there already: over HTTP, as people do.

Who is made here is called ``r.…``, so that nobody of the enterprise is in the way.
"""

from datetime import timedelta

from app.directory import service as directory

STAFF = {
    "r.asker": "R Sales", "r.colleague": "R Sales", "r.liaison": "R Sales", "r.leaver": "R Sales",
    "r.stranger": "R Logistics", "r.other": "R Logistics",
    "r.hub": "R Hub", "r.boss": "R Hub", "r.boss2": "R Hub", "r.writer": "R Hub", "r.analyst": "R Hub", "r.xmanager": "R Hub",
    "r.free": "R Labs", "r.free2": "R Labs", "r.bee": "R Hive",
}  # fmt: skip
LIVELY = ("r.asker", "r.colleague", "r.stranger", "r.free")


def stir(world):
    """Answers the same world."""
    _found(world)
    accounts = _accounts(world)
    _policies(world)
    _requests(world, accounts)
    _learn(world)
    _freezes(world, accounts)
    _reviews(world)
    _models(world)
    _tools(world, accounts)
    _lately(world, accounts)
    return world


def times(at):
    return at.isoformat().replace("+00:00", "Z")


def _found(world):
    for number, unit in STAFF.items():
        world.hire(number, unit)
    for number, role, unit in (
        ("r.liaison", "bu_liaison", "r-sales"), ("r.other", "bu_liaison", "r-logistics"), ("r.hub", "community_manager", None),
        ("r.boss", "strategist", None), ("r.boss2", "strategist", None), ("r.writer", "content_strategist", None),
        ("r.analyst", "social_analyst", None),
    ):  # fmt: skip
        world.appoint(number, role, unit)
    world.appoint("r.xmanager", "community_manager", network="x")
    with world.work() as work:
        sales = directory.unit(work, "r-sales")
        directory.create_unit(work, {"key": "r-field", "name": "R Field", "parent_id": sales.id})
    world.appoint("r.hub", "campaign_manager", "r-sales")


def _accounts(world):
    ids, now = world.ids, world.clock.now
    made = {}
    for n, (unit, network, more) in enumerate((
        ("r-sales", "x", {"steward_id": ids["r.asker"], "backup_steward_id": ids["r.leaver"], "last_validated_at": now}),
        ("r-sales", "linkedin", {"steward_id": ids["r.leaver"], "last_activity_at": now - timedelta(days=70)}),
        ("r-field", "x", {"steward_id": ids["r.asker"], "backup_steward_id": ids["r.liaison"], "risk": "high"}),
        ("r-field", "instagram", {"state": "suspended", "last_activity_at": now - timedelta(days=400)}),
        ("r-logistics", "x", {"last_activity_at": now - timedelta(days=1), "last_validated_at": now - timedelta(days=179)}),
        ("r-logistics", "instagram", {"state": "archived", "official_until": now}),
        ("r-labs", "x", {}), ("r-labs", "linkedin", {"state": "approved"}), ("r-hive", "x", {}),
    )):  # fmt: skip
        made[n] = world.account(f"r_report_{n}", unit, network, **more)
    return made


def _policies(world):
    world.post("/v1/courses", "r.boss", {"key": "r-basics", "title": "Basics", "valid_for_days": 100}, 201)
    world.post("/v1/courses", "r.boss", {"key": "r-deep", "title": "Deeper"}, 201)
    asks = {"attestation_required": True}
    for key, scope, rules, grace in (
        ("r-conduct", {"kind": "enterprise"}, {**asks, "required_training": [{"course": "r-basics"}]}, 60),
        ("r-sales-rules", {"kind": "business_unit", "id": "r-sales"}, {
            **asks, "idle_after_days": 60, "required_training": [{"course": "r-basics", "valid_for_days": 30}, {"course": "r-deep"}],
        }, 0),
        ("r-linked", {"kind": "network", "id": "linkedin"}, {**asks, "required_training": [{"course": "r-deep"}]}, 0),
        ("r-advice", {"kind": "business_unit", "id": "r-logistics"}, {"validate_every_days": 170}, 0),
    ):  # fmt: skip
        world.post("/v1/policies", "r.boss", {"key": key, "title": key, "scope": scope}, 201)
        version = {"text": "Be kind.", "rules": rules, "attestation_grace_days": grace}
        world.post(f"/v1/policies/{key}/versions", "r.writer", version, 201)
        world.post(f"/v1/policies/{key}/versions/1/publish", "r.boss", {})
    world.clock.turn(seconds=1)


def granted(world, who, account, rights, hours, by=("r.liaison", "r.hub"), **more):
    """A request that each of these decides some hours after the one before."""
    asked = world.ask(who, account, rights, **more)
    for decider, after in zip(by, hours, strict=True):
        world.clock.turn(hours=after, seconds=17)
        asked = world.decide(decider, asked)
    assert asked["state"] == "granted", asked
    return asked["grants"]


def _requests(world, accounts):
    world.switch("r.boss", "decentralized", "r-labs")
    world.clock.turn(seconds=1)
    for n, (who, account, rights) in enumerate((
        ("r.asker", 0, ("publish", "engage")), ("r.colleague", 0, ("engage",)), ("r.asker", 1, ("analyze",)),
        ("r.leaver", 0, ("publish",)), ("r.colleague", 3, ("draft",)), ("r.asker", 2, ("draft",)),
    )):  # fmt: skip
        by = ("r.liaison", "r.hub", *(("r.boss",) if account == 2 else ()))
        granted(world, who, accounts[account], rights, (3 + n, 20 * n + 1, 5)[: len(by)], by)
    granted(world, "r.stranger", accounts[4], ("publish",), (2, 30), ("r.other", "r.hub"))
    granted(world, "r.stranger", accounts[0], ("analyze",), (2, 9, 11), ("r.liaison", "r.other", "r.hub"))
    for account in (6, 7):
        assert world.ask("r.free", accounts[account], ("publish", "administer"))["state"] == "granted"
    denied = world.ask("r.asker", accounts[3], ("publish",))
    world.clock.turn(hours=7)
    assert world.decide("r.liaison", denied, "deny")["state"] == "denied"
    again = world.ask("r.colleague", accounts[1], ("publish",))
    world.clock.turn(hours=4)
    world.decide("r.liaison", again, "request_changes")
    world.clock.turn(hours=50)
    world.want(
        200, "PATCH", f"/v1/rights-requests/{again['id']}", "r.colleague", {"justification": "Customer care, daily."}
    )
    for decider, after in (("r.liaison", 6), ("r.hub", 8)):
        world.clock.turn(hours=after)
        again = world.decide(decider, again)
    assert again["state"] == "granted"
    back = world.ask("r.colleague", accounts[2], ("publish",))
    world.post(f"/v1/rights-requests/{back['id']}/withdraw", "r.colleague")


def _learn(world):
    def complete(who, course, days):
        at = times(world.clock.now - timedelta(days=days))
        return world.post(
            "/v1/completions",
            "r.boss",
            {"employee_id": str(world.ids[who]), "course_id": course, "completed_at": at},
            201,
        )

    complete("r.asker", "r-basics", 40)
    complete("r.asker", "r-basics", 200)
    complete("r.asker", "r-deep", 3000)
    complete("r.colleague", "r-basics", 5)
    complete("r.stranger", "r-basics", 300)
    complete("r.free", "r-deep", 1)
    mistaken = complete("r.free", "r-basics", 2)
    world.post(f"/v1/completions/{mistaken['id']}/revoke", "r.boss2", {"reason": "A mistake."})
    for who, key in (
        ("r.asker", "r-conduct"),
        ("r.asker", "r-sales-rules"),
        ("r.free", "r-linked"),
        ("r.stranger", "r-conduct"),
    ):
        world.post(f"/v1/policies/{key}/versions/1/attestations", who, {}, 201)


def _freezes(world, accounts):
    def freeze(kind, id_=None, severity="L1", who="r.boss", **more):
        scope = {"kind": kind, **({"id": id_} if id_ else {})}
        return world.post(
            "/v1/freezes", who, {"scope": scope, "severity": severity, "reason": "=The press asks.", **more}, 201
        )

    lifted = freeze("enterprise", severity="L3")
    world.clock.turn(hours=5)
    world.post(f"/v1/freezes/{lifted['id']}/lift", "r.boss", {"reason": "It is over."})
    freeze("business_unit", "r-field", "L2", until=times(world.clock.now + timedelta(hours=3)))
    freeze("network", "instagram", exempt_employee_ids=[str(world.ids["r.hub"])])
    freeze("account", accounts[4], "L2")
    world.clock.turn(hours=9)


def _reviews(world):
    review(world, "Over", ["grants"], "r-logistics")
    autumn = review(world, "Autumn", ["grants", "accounts"], "r-sales")
    closed = review(world, "Closed", ["appointments"], "r-sales")
    world.post(f"/v1/reviews/{closed['id']}/close", "r.boss", {"reason": "Enough."}, 200)
    items = world.get(f"/v1/reviews/{autumn['id']}/items?kind=grants&limit=200", "r.boss")["items"]
    decided = 0
    for one, word in zip(
        (one for one in items if one["account"] and one["right"] in ("publish", "analyze")),
        ("keep", "end", "keep"),
        strict=False,
    ):
        answer = world.call(
            "POST", f"/v1/reviews/{autumn['id']}/items/{one['id']}/decisions", "r.liaison", {"decision": word}
        )
        decided += answer.status_code == 200
    assert decided >= 2
    world.clock.turn(days=15)


def review(world, title, kinds, unit, **body):
    return world.post(
        "/v1/reviews", "r.boss", {"title": title, "kinds": kinds, "filter": {"business_unit_id": unit}, **body}, 201
    )


def _models(world):
    world.switch("r.boss", "dandelion", "r-logistics")
    tool = world.post("/v1/publishing-tools", "r.boss", {"key": "r-hive", "name": "Hive"}, 201)
    world.switch("r.boss", "honeycomb", "r-hive", platform_id=tool["id"])
    world.post(f"/v1/publishing-tools/{tool['id']}/retire", "r.boss", {"reason": "It is gone."})
    world.switch("r.boss", "centralized", "r-labs")


def _tools(world, accounts):
    """One tool approved for long, one until soon, one whose vendor's contract is over soon, one that only listens."""
    today = world.clock.now.date()
    world.post("/v1/vendors", "r.boss", {"key": "r-vendor", "name": "R", "contract_ends_on": str(today)}, 201)
    for key, days, more in (
        ("r-one", 300, {"kinds": ["publishing", "analytics"]}), ("r-two", 3, {}), ("r-over", 300, {"vendor_id": "r-vendor"}),
        ("r-good", 300, {}), ("r-ears", None, {"kinds": ["listening"]}),
    ):  # fmt: skip
        world.post("/v1/publishing-tools", "r.boss", {"key": key, "name": key.title(), **more}, 201)
        if days is not None:
            said = {"tool_id": key, "summary": "Seen.", "valid_until": times(world.clock.now + timedelta(days=days))}
            made = world.post("/v1/assessments", "r.boss", said, 201)
            world.post(f"/v1/assessments/{made['id']}/decisions", "r.boss2", {"decision": "approve"})
    used = (["r-one", "r-ears"], ["r-one", "r-good"], ["r-two"], ["r-one"], ["r-over"], ["r-hive"], ["r-ears"])
    for n, keys in zip((0, 1, 2, 3, 4, 6, 8), used, strict=True):
        world.want(200, "PATCH", f"/v1/accounts/{accounts[n]}", "r.boss", {"tools": keys})


def _lately(world, accounts):
    """What waits, is paused, has ended or begins later."""
    held = {
        one["id"]: one
        for who in LIVELY
        for one in world.get(f"/v1/grants?employee_id={world.ids[who]}&state=active", "r.boss")["items"]
    }
    first, second = sorted(one["id"] for one in held.values() if one["account_id"] in (accounts[0], accounts[6]))[:2]
    world.post(f"/v1/grants/{first}/suspend", "r.boss", {"reason": "Wait."})
    world.post(f"/v1/grants/{second}/revoke", "r.boss", {"reason": "No more."})
    world.ask("r.colleague", accounts[0], ("publish",))
    endorsed = world.ask("r.stranger", accounts[2], ("engage",))
    world.decide("r.liaison", endorsed)
    due, ends = (times(world.clock.now + timedelta(days=days)) for days in (5, 40))
    review(world, "Late", ["accounts"], "r-sales", due_at=due, ends_at=ends)
    world.clock.turn(days=6)
    review(world, "Fresh", ["grants", "accounts", "appointments"], "r-sales")
    own = world.ask("r.liaison", accounts[0], ("draft",))
    assert own["state"] == "pending"
    world.ask("r.asker", accounts[2], ("publish",))
    world.clock.turn(hours=5, minutes=7)
    world.fire("r.leaver")
