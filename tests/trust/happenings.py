"""Short stories in which each invariant could break: told with a bug in the service and without."""

from datetime import timedelta

from .machine import HOURS

ENTERPRISE = ("enterprise",)


def granted(one, who="asker", rights=("publish",), **more):
    """A right on an account of sales, by the liaison and the hub."""
    n = len(one.org.requests)
    one.do("ask", who, "x:acme", rights, **more)
    one.do("decide", "liaison2", n, "approve")
    one.do("decide", "hub", n, "approve")


def later(one, **by):
    one.turn_clock(one.org.now + timedelta(**by))


def deciding(one):
    """Everybody tries to decide everything, more than once."""
    one.do("ask", "liaison", "x:acme", ["publish"])
    one.do("redeputize", "boss", 9, "deputy")
    for actor in ("liaison", "otherliaison", "liaison2", "liaison2", "deputy", "hub", "boss", "boss2"):
        one.do("decide", actor, 0, "approve")
    one.do("ask", "colleague", "x:bank", ["engage"])
    one.do("decide", "liaison", 1, "deny")
    one.do("decide", "liaison2", 1, "approve")
    one.do("ask", "asker", "x:acme", ["engage"], until=one.org.now + timedelta(days=9))
    one.do("decide", "liaison", 2, "approve")
    one.do("revise", "asker", 2, ["draft"])
    one.do("decide", "hub", 2, "approve")
    one.do("decide", "liaison", 2, "approve")
    one.do("decide", "hub", 2, "approve")


def standing_in(one):
    """Deputies: of whom the request is, of who has left, of one another."""
    one.do("redeputize", "boss", 0, "asker")
    one.do("redeputize", "boss", 9, "liaison")
    one.do("redeputize", "boss", 0, "liaison2")
    one.do("redeputize", "boss", 0, "deputy")
    one.do("ask", "liaison", "x:acme", ["publish"])
    one.do("decide", "deputy", 0, "approve")
    one.do("ask", "colleague", "x:acme", ["publish"])
    one.do("decide", "deputy", 1, "approve")
    one.do("ask", "agent", "x:acme", ["publish"])
    one.do("fire", "deputy")
    one.do("decide", "deputy", 2, "approve")


def two_of_the_hub(one):
    """Two must approve; one of those who did is of the hub no more."""
    one.do("draft", "boss", "care", {"min_approvals": {"standard": 2}})
    one.do("publish", "boss2", "care", 1)
    one.do("appoint", "boss", "colleague", "community_manager", ENTERPRISE)
    one.do("ask", "asker", "x:acme", ["publish"])
    one.do("decide", "liaison", 0, "approve")
    one.do("decide", "hub", 0, "approve")
    one.do("decide", "hub", 0, "approve")
    one.do("end_appointment", "boss", 2)
    one.do("decide", "colleague", 0, "approve")


def back_in_office(one):
    """Two of the hub have approved, of whom one was out of office when the other did; whoever else could is of it no more."""
    one.do("draft", "boss", "care", {"min_approvals": {"standard": 2}})
    one.do("publish", "boss2", "care", 1)
    one.do("appoint", "boss", "colleague", "community_manager", ENTERPRISE)
    one.do("appoint", "boss", "agent", "community_manager", ENTERPRISE)
    one.do("ask", "stranger", "instagram:cargo", ["publish"])
    one.do("decide", "otherliaison", 0, "approve")
    one.do("decide", "hub", 0, "approve")
    one.do("end_appointment", "boss", 2)
    one.do("decide", "colleague", 0, "approve")
    one.do("appoint", "boss", "hub", "community_manager", ENTERPRISE)
    one.do("end_appointment", "boss", 12)
    one.do("decide", "boss", 0, "approve")
    one.do("decide", "boss2", 0, "approve")


def nobody_left(one):
    """A request whose every approver is missing waits for nobody, and says so."""
    for n in (0, 9, 2, 10, 4):
        one.do("end_appointment", "boss", n)
    one.do("ask", "boss", "x:acme", ["publish"])
    one.do("end_appointment", "boss", 3)


def switching(one):
    """Another model while something waits, and something is held."""
    granted(one)
    one.do("ask", "colleague", "x:acme", ["draft"])
    one.do("decide", "liaison", 1, "approve")
    one.do("switch", "boss", "centralized", "sales")
    one.do("decide", "boss", 1, "approve")
    one.do("switch", "boss", "hub_and_spoke", "sales")


def refused_by_now(one):
    """A switch dated ahead has begun, and refuses what waits: whoever may not see it learns nothing of that."""
    one.do("ask", "asker", "x:acme", ["publish"])
    one.do("switch", "boss", "centralized", None, one.org.now + timedelta(hours=1))
    later(one, hours=1)
    one.do("decide", "stranger", 0, "approve")
    one.do("decide", "boss", 0, "approve")


def overdue_on_another_route(one):
    """A step that is overdue is not begun anew because the route has changed meanwhile: the next up may decide it."""
    one.do("ask", "asker", "x:acme", ["publish"])
    one.do("switch", "boss", "dandelion", "sales", one.org.now + timedelta(hours=1))
    later(one, days=5)
    one.do("decide", "hub", 0, "approve")


def owing_what_policy_asks(one):
    """Somebody of another unit would ask only their own liaison, had they learnt what policy asks; as long as they have
    not, the route is the long one, and what is said on it counts."""
    one.do("draft", "boss", "house", {"required_training": {"basics": None}}, None, 0)
    one.do("publish", "boss2", "house", 1)
    one.do("switch", "boss", "honeycomb", "nordics")
    one.do("ask", "asker", "instagram:fjord", ["draft"])
    one.do("decide", "liaison2", 0, "approve")
    one.do("decide", "liaison", 0, "approve")
    one.do("complete", "boss", "asker", "basics", 0)
    one.do("decide", "liaison2", 0, "approve")


def roles_and_offices(one):
    """Who may appoint whom, and to what."""
    one.do("appoint", "liaison", "liaison", "strategist", ENTERPRISE)
    one.do("appoint", "boss", "auditor", "bu_liaison", ("unit", "sales"))
    one.do("appoint", "boss", "colleague", "bu_liaison", ("unit", "sales"), "admin")
    one.do("end_appointment", "boss", 4)
    one.do("end_appointment", "boss", 3)


def freezing(one):
    """Freezes that overlap, set and lifted by whoever may, and by others."""
    granted(one)
    one.do("freeze", "liaison", "account", "x:acme")
    one.do("freeze", "boss", "network", "x")
    one.do("freeze", "hub", "business_unit", "sales", ["colleague"])
    one.do("lift", "hub", 0)
    one.do("freeze", "hub", "enterprise", None, [], one.org.now + timedelta(hours=1))
    one.do("lift", "boss", 0)
    later(one, hours=1)
    one.do("lift", "boss2", 1)


def policies(one):
    """What policy asks, when it is over, and who may loosen it."""
    granted(one)
    one.do("draft", "boss", "care", {"max_grant_days": 90, "attestation_required": True}, grace=0)
    one.do("publish", "boss2", "care", 1)
    one.do("attest", "asker", "care", 1)
    one.do("draft", "boss", "sales-care", {"max_grant_days": 100})
    one.do("draft", "boss", "house", {"required_training": {"basics": 30}, "posting_hours": HOURS[0]})
    one.do("publish", "boss2", "house", 1)
    one.do("complete", "boss", "asker", "basics")
    later(one, days=30)
    one.do("draft", "boss", "care", {"max_grant_days": 60})
    one.do("publish", "boss2", "care", 2)


def granting(one):
    """A right is held, granted anew, paused, revoked, over."""
    granted(one)
    one.do("handle", "hub", 0, "suspend")
    one.do("handle", "hub", 0, "resume")
    granted(one, until=one.org.now + timedelta(days=10))
    granted(one, "colleague", ("draft",), until=one.org.now + timedelta(days=10))
    one.do("handle", "hub", 1, "revoke")
    one.do("handle", "hub", 1, "suspend")
    later(one, days=10)


def leaving(one):
    """Somebody who holds a right leaves and comes back, and so does somebody who holds a role."""
    granted(one)
    one.do("ask", "asker", "x:bank", ["engage"])
    one.do("fire", "asker")
    one.do("rehire", "asker")
    one.do("fire", "liaison2")
    one.do("rehire", "liaison2")


def forgetting(one):
    """Somebody who held a right has left, is held, and another is erased; whoever may not, tries first."""
    granted(one)
    granted(one, "colleague", ("draft",))
    one.do("fire", "colleague")
    one.do("erase", "admin", "asker")
    one.do("hold", "boss", "asker")
    one.do("fire", "asker")
    one.do("erase", "boss", "asker")
    one.do("erase", "admin", "asker")
    one.do("erase", "admin", "colleague")


def refused_and_hidden(one):
    """Whoever may not, tries; so does whoever may not even see it; and nothing can be written for a while."""
    one.do("ask", "asker", "x:acme", ["publish"])
    one.do("decide", "stranger", 0, "approve")
    one.do("decide", "asker", 0, "approve")
    one.without_log("decide", "liaison", 0, "approve")
    one.do("decide", "liaison", 0, "approve")
    one.do("revise", "asker", 0, ["draft"])
    one.do("appoint", "liaison", "liaison", "strategist", ENTERPRISE)
