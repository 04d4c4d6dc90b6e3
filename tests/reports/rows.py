"""The rows of all tables, and what ``domain.md`` says of who is there and what holds; for figures to be computed from.

Nothing here is taken from the service but the names of its tables and columns.
"""

import sqlalchemy as sa

from app.schema import METADATA


class Rows:
    """All rows of a world, and what part of it is looked at: a unit (its key) with all below it, a network, or both."""

    def __init__(self, world, unit=None, network=None):
        self.world, self.now, self.kept = world, world.clock.now, {}
        self.unit, self.network = unit, network

    def table(self, name):
        if name not in self.kept:
            with self.world.house.reads() as session:
                found = session.execute(sa.select(METADATA.tables[name])).mappings()
                self.kept[name] = [dict(one) for one in found]
        return self.kept[name]

    def by_id(self, name):
        return {one["id"]: one for one in self.table(name)}

    # Where things are.

    def path(self, unit_id):
        """The ids from the root down, by the parents alone."""
        units, found = self.by_id("business_unit"), []
        while unit_id is not None:
            found.insert(0, unit_id)
            unit_id = units[unit_id]["parent_id"]
        return found

    def key(self, unit_id):
        return self.by_id("business_unit")[unit_id]["key"]

    def inside_unit(self, unit_id):
        return self.unit is None or self.unit in [self.key(one) for one in self.path(unit_id)]

    def inside(self, account):
        return self.inside_unit(account["business_unit_id"]) and self.network in (None, account["network"])

    def accounts(self):
        return [one for one in self.table("account") if self.inside(one)]

    def covers(self, row, unit_id, network):
        """Does the scope of an appointment or a policy hold there?"""
        if row["scope_kind"] == "enterprise":
            return True
        if row["scope_kind"] == "network":
            return row["network"] == network
        return row["business_unit_id"] in self.path(unit_id)

    # Who is there, and what is in force.

    def employed(self, person_id):
        one = self.by_id("employee")[person_id]
        begun = one["starts_at"] is None or one["starts_at"] <= self.now
        return one["active"] and begun and (one["ends_at"] is None or one["ends_at"] > self.now)

    def policies(self):
        """Versions in force, each with its policy's scope."""
        found = []
        for one in self.table("policy_version"):
            begun = one["published_at"] is not None and one["effective_from"] <= self.now
            over = one["superseded_at"] is not None and one["superseded_at"] <= self.now
            if begun and not over and one["state"] != "retired":
                found.append({**self.by_id("policy")[one["policy_id"]], "version": one})
        return found

    def appointments(self):
        return [
            one
            for one in self.table("appointment")
            if one["ended_at"] is None and one["valid_from"] <= self.now
            and (one["valid_until"] is None or one["valid_until"] > self.now) and self.employed(one["employee_id"])
        ]  # fmt: skip

    def people_with(self, role, unit_id=None, network=None):
        return {
            one["employee_id"]
            for one in self.appointments()
            if one["role"] == role and self.covers(one, unit_id, network)
        }

    def grants(self):
        """Those that have neither ended nor lapsed, on accounts of the part, each with its account."""
        there = {one["id"]: one for one in self.accounts()}
        return [
            {**one, "account": there[one["account_id"]]}
            for one in self.table("posting_grant")
            if one["end"] is None and one["valid_until"] > self.now and one["account_id"] in there
        ]

    def paused(self, grant):
        pauses = [
            one
            for one in self.table("grant_suspension")
            if one["grant_id"] == grant["id"] and one["resumed_at"] is None
        ]
        begun = any(not one["scheduled"] or one["suspended_at"] <= self.now for one in pauses)
        return begun or (grant["review_ends_at"] is not None and grant["review_ends_at"] <= self.now)
